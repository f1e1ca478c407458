#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "host/reckon.h"

#define SEC 1000000ull

static void kills_before_the_start_are_not_ours(void **state)
{
	(void)state;
	struct host_reckon r = {0};
	assert_int_equal(host_reckon_check(&r, 1 * SEC, 40, 0), 0);
	assert_int_equal(host_reckon_check(&r, 9 * SEC, 42, 2), 0);
	assert_int_equal(host_reckon_deadline(&r), UINT64_MAX);
}

static void a_line_that_comes_late_is_no_loss(void **state)
{
	(void)state;
	struct host_reckon r = {0};
	host_reckon_check(&r, 1 * SEC, 0, 0);
	assert_int_equal(host_reckon_check(&r, 2 * SEC, 1, 0), 0);
	assert_int_equal(host_reckon_deadline(&r), 4 * SEC);
	assert_int_equal(host_reckon_check(&r, 5 * SEC, 1, 1), 0);
	assert_int_equal(host_reckon_deadline(&r), UINT64_MAX);
}

static void a_storm_under_way_is_no_loss(void **state)
{
	(void)state;
	struct host_reckon r = {0};
	host_reckon_check(&r, 0, 0, 0);
	for (uint64_t i = 1; i < 100; i++)
		assert_int_equal(host_reckon_check(&r, i * SEC, i * 10, i * 10 - i % 3), 0);
}

static void a_difference_that_stays_is_said_once(void **state)
{
	(void)state;
	struct host_reckon r = {0};
	host_reckon_check(&r, 1 * SEC, 7, 0);
	assert_int_equal(host_reckon_check(&r, 2 * SEC, 17, 3), 0);
	assert_int_equal(host_reckon_check(&r, 3 * SEC, 17, 3), 0);
	assert_int_equal(host_reckon_check(&r, 4 * SEC, 17, 3), 7);
	assert_int_equal(host_reckon_check(&r, 9 * SEC, 17, 3), 0);
	assert_int_equal(host_reckon_check(&r, 99 * SEC, 18, 4), 0);
}

static void a_base_taken_between_count_and_line_is_corrected(void **state)
{
	(void)state;
	struct host_reckon r = {0};
	host_reckon_check(&r, 1 * SEC, 1, 0);
	host_reckon_check(&r, 2 * SEC, 1, 1);
	host_reckon_check(&r, 3 * SEC, 2, 1);
	assert_int_equal(host_reckon_check(&r, 6 * SEC, 2, 1), 1);
}

static void a_restart_goes_on_from_the_distance_before(void **state)
{
	(void)state;
	struct host_reckon r = {0};
	host_reckon_resume(&r, 5);
	host_reckon_check(&r, 1 * SEC, 9, 2);
	assert_int_equal(host_reckon_check(&r, 4 * SEC, 9, 2), 2);
}

static void what_is_expected_survives_a_restart_whatever_was_read_before(void **state)
{
	(void)state;
	struct host_reckon before = {0}, after;
	uint64_t kernel;
	assert_false(host_reckon_expected(&before, 0, &kernel));
	host_reckon_check(&before, 1 * SEC, 100, 0);
	host_reckon_check(&before, 2 * SEC, 160, 60);
	assert_true(host_reckon_expected(&before, 60, &kernel));
	host_reckon_resume(&after, kernel);
	assert_int_equal(host_reckon_check(&after, 3 * SEC, 160, 0), 0);
	assert_int_equal(host_reckon_check(&after, 9 * SEC, 163, 3), 0);
	assert_int_equal(host_reckon_deadline(&after), UINT64_MAX);
	host_reckon_check(&after, 10 * SEC, 165, 3);
	assert_int_equal(host_reckon_check(&after, 19 * SEC, 165, 3), 2);
}

static void a_counter_read_while_a_processor_goes_away_is_not_believed(void **state)
{
	(void)state;
	struct host_reckon r = {0};
	host_reckon_check(&r, 1 * SEC, 100, 0);
	assert_int_equal(host_reckon_check(&r, 2 * SEC, 41, 1), 0); /* what that processor counted is nowhere */
	assert_int_equal(host_reckon_check(&r, 3 * SEC, 101, 1), 0);
	assert_int_equal(host_reckon_check(&r, 9 * SEC, 101, 1), 0);
	assert_int_equal(host_reckon_deadline(&r), UINT64_MAX);
	host_reckon_check(&r, 10 * SEC, 102, 1);
	assert_int_equal(host_reckon_check(&r, 19 * SEC, 102, 1), 1);
}

static void a_counter_that_fell_and_stays_is_the_new_base(void **state)
{
	(void)state;
	struct host_reckon r = {0};
	host_reckon_resume(&r, 100);
	host_reckon_check(&r, 1 * SEC, 7, 0);
	assert_int_equal(host_reckon_deadline(&r), 3 * SEC);
	assert_int_equal(host_reckon_check(&r, 3 * SEC, 7, 0), 0);
	assert_int_equal(host_reckon_deadline(&r), UINT64_MAX);
	host_reckon_check(&r, 4 * SEC, 9, 1);
	assert_int_equal(host_reckon_check(&r, 6 * SEC, 9, 1), 1);
}

static void the_counter_is_read_and_its_absence_is_not_zero(void **state)
{
	(void)state;
	char dir[] = "/tmp/oomwatchd-reckon-XXXXXX";
	assert_non_null(mkdtemp(dir));
	int fd = open(dir, O_RDONLY | O_DIRECTORY);
	uint64_t v = 77;
	assert_false(host_reckon_read(fd, &v));
	const char *texts[] = {"nr_free_pages 1\noom_kill_more 3\n", "oom_kill 12\nzone_reclaim 3\n", "oom_kill x\n"};
	const bool there[] = {false, true, false};
	for (size_t i = 0; i < 3; i++) {
		int f = openat(fd, "vmstat", O_WRONLY | O_CREAT | O_TRUNC, 0600);
		dprintf(f, "%s", texts[i]);
		close(f);
		assert_int_equal(host_reckon_read(fd, &v), there[i]);
	}
	assert_int_equal(v, 12);
	unlinkat(fd, "vmstat", 0);
	close(fd);
	rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(kills_before_the_start_are_not_ours),
	    cmocka_unit_test(a_line_that_comes_late_is_no_loss),
	    cmocka_unit_test(a_storm_under_way_is_no_loss),
	    cmocka_unit_test(a_difference_that_stays_is_said_once),
	    cmocka_unit_test(a_base_taken_between_count_and_line_is_corrected),
	    cmocka_unit_test(a_restart_goes_on_from_the_distance_before),
	    cmocka_unit_test(what_is_expected_survives_a_restart_whatever_was_read_before),
	    cmocka_unit_test(a_counter_read_while_a_processor_goes_away_is_not_believed),
	    cmocka_unit_test(a_counter_that_fell_and_stays_is_the_new_base),
	    cmocka_unit_test(the_counter_is_read_and_its_absence_is_not_zero),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
