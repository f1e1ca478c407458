/* host/moves: on a made-up hierarchy; inotify treats its folders as it treats cgroupfs. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "host/moves.h"

struct fixture {
	char dir[64];
	int root_fd;
	struct host_pool pool;
	struct host_intern strings;
	uint32_t bucket[256];
	struct host_cell cell[8192];
	struct host_moves moves;
	char storage[HOST_MOVES_SIZE] __attribute__((aligned(16)));
};

static void folder(struct fixture *f, const char *path)
{
	char file[256];
	if (mkdirat(f->root_fd, path, 0755) < 0)
		assert_int_equal(errno, EEXIST);
	snprintf(file, sizeof(file), "%s/cgroup.procs", path);
	close(openat(f->root_fd, file, O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
}

static void write_to(struct fixture *f, const char *path)
{
	int fd = openat(f->root_fd, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	assert_int_equal(write(fd, "1\n", 2), 2);
	close(fd);
}

static int setup(void **state)
{
	static const uint64_t key[2] = {5, 6};
	struct fixture *f = calloc(1, sizeof(*f));
	assert_non_null(f);
	strcpy(f->dir, "/tmp/host-moves-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	f->root_fd = open(f->dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	mkdirat(f->root_fd, "sys", 0755);
	mkdirat(f->root_fd, "sys/fs", 0755);
	folder(f, "sys/fs/cgroup");
	close(openat(f->root_fd, "sys/fs/cgroup/cgroup.controllers", O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
	folder(f, "sys/fs/cgroup/a.slice");
	folder(f, "sys/fs/cgroup/a.slice/web.service");
	host_pool_init(&f->pool, f->cell, sizeof(f->cell));
	host_intern_init(&f->strings, &f->pool, f->bucket, ARRAY_COUNT(f->bucket), key);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	host_moves_close(&f->moves);
	close(f->root_fd);
	pid_t pid = fork();
	if (pid == 0) {
		execlp("rm", "rm", "-r", f->dir, (char *)NULL);
		_exit(1);
	}
	waitpid(pid, NULL, 0);
	assert_int_equal(f->pool.used, 0);
	free(f);
	return 0;
}

static bool next_is(struct fixture *f, const char *want)
{
	uint32_t cgroup;
	int fd;
	host_moves_take(&f->moves);
	if (!host_moves_next(&f->moves, &cgroup, &fd))
		return want == NULL;
	close(fd);
	if (want && host_intern_equals(&f->strings, cgroup, slice_cstr(want)))
		return true;
	char text[256];
	struct slice got = host_intern_copy(&f->strings, cgroup, text, sizeof(text));
	print_message("got %.*s\n", (int)got.n, got.p);
	return false;
}

static void open_all(struct fixture *f)
{
	assert_int_equal(host_moves_open(&f->moves, f->root_fd, &f->strings, f->storage), 0);
	assert_true(next_is(f, "/"));
	assert_true(next_is(f, "/a.slice"));
	assert_true(next_is(f, "/a.slice/web.service"));
	assert_true(next_is(f, NULL));
	assert_int_equal(f->moves.watches, 3);
	assert_false(f->moves.incomplete);
}

static void every_folder_is_looked_at_once_at_the_start(void **state)
{
	open_all(*state);
}

static void a_write_to_cgroup_procs_or_tasks_is_told(void **state)
{
	struct fixture *f = *state;
	open_all(f);
	write_to(f, "sys/fs/cgroup/a.slice/web.service/cgroup.procs");
	assert_true(next_is(f, "/a.slice/web.service"));
	assert_true(next_is(f, NULL));
	write_to(f, "sys/fs/cgroup/a.slice/tasks");
	assert_true(next_is(f, "/a.slice"));
	write_to(f, "sys/fs/cgroup/a.slice/memory.max");
	assert_true(next_is(f, NULL));
}

static void many_writes_are_one_look(void **state)
{
	struct fixture *f = *state;
	open_all(f);
	for (int i = 0; i < 20; i++) {
		write_to(f, "sys/fs/cgroup/a.slice/cgroup.procs");
		write_to(f, "sys/fs/cgroup/a.slice/web.service/cgroup.procs");
	}
	assert_true(next_is(f, "/a.slice"));
	assert_true(next_is(f, "/a.slice/web.service"));
	assert_true(next_is(f, NULL));
}

static void new_folders_are_found_with_what_is_in_them_already(void **state)
{
	struct fixture *f = *state;
	open_all(f);
	folder(f, "sys/fs/cgroup/new.slice");
	folder(f, "sys/fs/cgroup/new.slice/deep.scope");
	assert_true(next_is(f, "/new.slice"));
	assert_true(next_is(f, "/new.slice/deep.scope"));
	assert_true(next_is(f, NULL));
	write_to(f, "sys/fs/cgroup/new.slice/deep.scope/cgroup.procs");
	assert_true(next_is(f, "/new.slice/deep.scope"));
}

static void folders_that_go_are_forgotten(void **state)
{
	struct fixture *f = *state;
	open_all(f);
	for (int i = 0; i < 3; i++) {
		folder(f, "sys/fs/cgroup/b.slice");
		assert_true(next_is(f, "/b.slice"));
		assert_int_equal(f->moves.watches, 4);
		/* Gone while it waits for its turn, too. */
		write_to(f, "sys/fs/cgroup/b.slice/cgroup.procs");
		assert_true(host_moves_take(&f->moves));
		unlinkat(f->root_fd, "sys/fs/cgroup/b.slice/cgroup.procs", 0);
		assert_int_equal(unlinkat(f->root_fd, "sys/fs/cgroup/b.slice", AT_REMOVEDIR), 0);
		assert_true(next_is(f, NULL));
		assert_int_equal(f->moves.watches, 3);
	}
	assert_true(f->moves.top <= 6);
	assert_false(f->moves.incomplete);
}

static void names_may_hold_any_byte(void **state)
{
	struct fixture *f = *state;
	open_all(f);
	folder(f, "sys/fs/cgroup/ \n\xff:x");
	assert_true(next_is(f, "/ \n\xff:x"));
}

static void without_a_hierarchy_it_does_not_open(void **state)
{
	struct fixture *f = *state;
	int fd = open("/tmp", O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(host_moves_open(&f->moves, fd, &f->strings, f->storage), -ENOENT);
	assert_int_equal(f->moves.fd, -1);
	close(fd);
}

static void the_memory_hierarchy_goes_before_the_unified_one(void **state)
{
	struct fixture *f = *state;
	folder(f, "sys/fs/cgroup/memory");
	close(openat(f->root_fd, "sys/fs/cgroup/memory/memory.limit_in_bytes", O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
	folder(f, "sys/fs/cgroup/memory/v1");
	assert_int_equal(host_moves_open(&f->moves, f->root_fd, &f->strings, f->storage), 0);
	assert_true(next_is(f, "/"));
	assert_true(next_is(f, "/v1"));
	assert_true(next_is(f, NULL));
}

static void a_full_pool_is_told_as_incomplete(void **state)
{
	struct fixture *f = *state;
	open_all(f);
	char name[64];
	uint32_t held[8192], n = 0;
	for (; n < 8192; n++) {
		snprintf(name, sizeof(name), "%u", n);
		if (!(held[n] = host_intern_hold(&f->strings, slice_cstr(name))))
			break;
	}
	folder(f, "sys/fs/cgroup/one-too-many.slice");
	assert_true(next_is(f, NULL));
	assert_true(f->moves.incomplete);
	assert_int_equal(f->moves.watches, 3);
	while (n--)
		host_intern_drop(&f->strings, held[n]);
}

/* Whoever may make folders could fill the store with their paths, and nobody else's strings would fit. */
static void long_paths_take_no_more_than_their_share_of_the_pool(void **state)
{
	struct fixture *f = *state;
	char path[4096] = "sys/fs/cgroup/deep.slice", name[201];
	open_all(f);
	folder(f, path);
	memset(name, 'x', 200);
	name[200] = '\0';
	int top = openat(f->root_fd, path, O_PATH | O_DIRECTORY | O_CLOEXEC), at = top;
	for (int depth = 0; depth < 18; depth++) { /* 18 paths of up to 3600 bytes: 32 kB */
		assert_int_equal(mkdirat(at, name, 0755), 0);
		close(openat(at, "cgroup.procs", O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
		int below = openat(at, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
		close(at);
		at = below;
	}
	close(openat(at, "cgroup.procs", O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
	for (int i = 0; i < 60; i++) {
		snprintf(path, sizeof(path), "wide-%02d-%s", i, name);
		mkdirat(at, path, 0755);
		strcat(path, "/cgroup.procs");
		close(openat(at, path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
	}
	close(at);
	uint32_t cgroup;
	int fd;
	for (int i = 0; i < 200 && (host_moves_take(&f->moves), host_moves_next(&f->moves, &cgroup, &fd)); i++)
		close(fd);
	assert_true(f->moves.incomplete);
	assert_true(f->pool.used <= f->pool.cap / HOST_MOVES_SHARE);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(every_folder_is_looked_at_once_at_the_start),
	    T(a_write_to_cgroup_procs_or_tasks_is_told),
	    T(many_writes_are_one_look),
	    T(new_folders_are_found_with_what_is_in_them_already),
	    T(folders_that_go_are_forgotten),
	    T(names_may_hold_any_byte),
	    T(without_a_hierarchy_it_does_not_open),
	    T(the_memory_hierarchy_goes_before_the_unified_one),
	    T(a_full_pool_is_told_as_incomplete),
	    T(long_paths_take_no_more_than_their_share_of_the_pool),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
