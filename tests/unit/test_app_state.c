#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "app/state.h"

#define BOOT "0123456789abcdef0123456789abcdef"

struct place {
	char path[64];
	int fd;
};

static int set_up(void **state)
{
	struct place *p = calloc(1, sizeof(*p));
	strcpy(p->path, "/tmp/oomwatchd-state-XXXXXX");
	assert_non_null(mkdtemp(p->path));
	p->fd = app_state_open(p->path);
	assert_true(p->fd >= 0);
	*state = p;
	return 0;
}

static int tear_down(void **state)
{
	struct place *p = *state;
	static const char *const names[] = {"cursor", "cursor.bad", "cursor.new"};
	for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
		unlinkat(p->fd, names[i], 0);
		unlinkat(p->fd, names[i], AT_REMOVEDIR);
	}
	close(p->fd);
	rmdir(p->path);
	free(p);
	return 0;
}

static const struct app_state sample = {.boot_id = BOOT,
					.kill = 7,
					.from = 9,
					.read = 12,
					.stamp = 123456789,
					.counted = true,
					.kernel = 3,
					.timed = true,
					.distance = -45};

static void put(int dir_fd, struct slice text)
{
	int fd = openat(dir_fd, "cursor", O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_int_equal(write(fd, text.p, text.n), text.n);
	close(fd);
}

static size_t get(int dir_fd, char *buf, size_t cap)
{
	int fd = openat(dir_fd, "cursor", O_RDONLY);
	ssize_t n = read(fd, buf, cap);
	assert_true(n > 0);
	close(fd);
	return (size_t)n;
}

static void what_is_saved_is_loaded(void **state)
{
	const struct place *p = *state;
	struct app_state s;
	assert_int_equal(app_state_save(p->fd, &sample), 0);
	assert_int_equal(app_state_load(p->fd, &s), APP_STATE_LOADED);
	assert_string_equal(s.boot_id, BOOT);
	assert_int_equal(s.kill, 7);
	assert_int_equal(s.from, 9);
	assert_int_equal(s.read, 12);
	assert_int_equal(s.stamp, 123456789);
	assert_true(s.counted);
	assert_int_equal(s.kernel, 3);
	assert_true(s.timed);
	assert_int_equal(s.distance, -45);
}

static void what_is_not_known_is_not_zero(void **state)
{
	const struct place *p = *state;
	struct app_state s = sample;
	for (int known = 0; known < 4; known++) {
		s.counted = known & 1;
		s.timed = known & 2;
		assert_int_equal(app_state_save(p->fd, &s), 0);
		s.counted = !s.counted;
		s.timed = !s.timed;
		assert_int_equal(app_state_load(p->fd, &s), APP_STATE_LOADED);
		assert_int_equal(s.counted, known & 1);
		assert_int_equal(s.timed, known >> 1);
	}
}

static void a_first_start_finds_nothing_and_complains_of_nothing(void **state)
{
	const struct place *p = *state;
	struct app_state s;
	assert_int_equal(app_state_load(p->fd, &s), APP_STATE_NONE);
	assert_int_not_equal(faccessat(p->fd, "cursor.bad", F_OK, 0), 0);
}

static void a_file_torn_anywhere_is_set_aside(void **state)
{
	const struct place *p = *state;
	char whole[256];
	assert_int_equal(app_state_save(p->fd, &sample), 0);
	size_t n = get(p->fd, whole, sizeof(whole));
	for (size_t cut = 0; cut < n; cut++) {
		struct app_state s;
		put(p->fd, slice_of(whole, cut));
		assert_int_equal(app_state_load(p->fd, &s), APP_STATE_BAD);
		assert_int_equal(faccessat(p->fd, "cursor.bad", F_OK, 0), 0);
		assert_int_equal(app_state_load(p->fd, &s), APP_STATE_NONE);
	}
}

static void what_is_not_a_position_is_set_aside(void **state)
{
	const struct place *p = *state;
	static const char *const texts[] = {
	    "\n",
	    "oomwatchd 2 boot_id=" BOOT " kill=1 from=1 read=1 stamp=1\n",
	    "oomwatchd 1 boot_id=0123456789ABCDEF0123456789abcdef kill=1 from=1 read=1 stamp=1\n",
	    "oomwatchd 1 boot_id=0123 kill=1 from=1 read=1 stamp=1\n",
	    "oomwatchd 1 boot_id=" BOOT " kill=1 from=3 read=2 stamp=1\n",
	    "oomwatchd 1 boot_id=" BOOT " kill=3 from=2 read=2 stamp=1\n",
	    "oomwatchd 1 boot_id=" BOOT " kill=-1 from=1 read=1 stamp=1\n",
	    "oomwatchd 1 boot_id=" BOOT " kill=99999999999999999999 from=1 read=1 stamp=1\n",
	    "oomwatchd 1 boot_id=" BOOT " kill=1 from=1 read=1 stamp=1 kernel=\n",
	    "oomwatchd 1 boot_id=" BOOT " kill=1 from=1 read=1 stamp=1 clock=--1\n",
	    "oomwatchd 1 boot_id=" BOOT " kill=1 from=1 read=1 stamp=1\nmore\n",
	};
	for (size_t i = 0; i < ARRAY_COUNT(texts); i++) {
		struct app_state s = {.kill = 77};
		put(p->fd, slice_cstr(texts[i]));
		if (app_state_load(p->fd, &s) != APP_STATE_BAD)
			fail_msg("taken for a position: %s", texts[i]);
		assert_int_equal(s.kill, 77);
	}
}

static void a_link_or_a_folder_in_its_place_is_not_followed(void **state)
{
	const struct place *p = *state;
	struct app_state s;
	assert_int_equal(symlinkat("/etc/passwd", p->fd, "cursor"), 0);
	assert_int_equal(app_state_load(p->fd, &s), APP_STATE_BAD);
	assert_int_equal(app_state_save(p->fd, &sample), 0);
	assert_int_equal(app_state_load(p->fd, &s), APP_STATE_LOADED);
	assert_int_equal(symlinkat("/nowhere", p->fd, "cursor.new"), 0);
	assert_true(app_state_save(p->fd, &sample) < 0);
	assert_int_equal(app_state_load(p->fd, &s), APP_STATE_LOADED);
	unlinkat(p->fd, "cursor", 0);
	assert_int_equal(mkdirat(p->fd, "cursor", 0700), 0);
	unlinkat(p->fd, "cursor.bad", 0);
	assert_int_equal(app_state_load(p->fd, &s), APP_STATE_BAD);
}

static void a_save_that_fails_leaves_the_old_position(void **state)
{
	const struct place *p = *state;
	struct app_state s = sample;
	assert_int_equal(app_state_save(p->fd, &sample), 0);
	assert_int_equal(mkdirat(p->fd, "cursor.new", 0700), 0); /* cannot be opened for writing */
	s.kill = s.read = s.from = 1000;
	assert_true(app_state_save(p->fd, &s) < 0);
	assert_int_equal(app_state_load(p->fd, &s), APP_STATE_LOADED);
	assert_int_equal(s.kill, 7);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(what_is_saved_is_loaded),
	    TEST(what_is_not_known_is_not_zero),
	    TEST(a_first_start_finds_nothing_and_complains_of_nothing),
	    TEST(a_file_torn_anywhere_is_set_aside),
	    TEST(what_is_not_a_position_is_set_aside),
	    TEST(a_link_or_a_folder_in_its_place_is_not_followed),
	    TEST(a_save_that_fails_leaves_the_old_position),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
