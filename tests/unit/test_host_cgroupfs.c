/* host/cgroupfs: on a made-up hierarchy, some of it given away. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "host/cgroupfs.h"
#include "host/unit.h"

static char dir[64];
static int root_fd, mount_fd;

static void folder(const char *path, mode_t mode)
{
	assert_int_equal(mkdirat(root_fd, path, 0700), 0);
	assert_int_equal(fchmodat(root_fd, path, mode, 0), 0);
}

static int setup(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/host-cgroupfs-XXXXXX");
	assert_non_null(mkdtemp(dir));
	root_fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	folder("sys", 0755);
	folder("sys/fs", 0755);
	folder("sys/fs/cgroup", 0755);
	close(openat(root_fd, "sys/fs/cgroup/cgroup.controllers", O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
	folder("sys/fs/cgroup/system.slice", 0755);
	folder("sys/fs/cgroup/system.slice/web.service", 0755);
	folder("sys/fs/cgroup/system.slice/ci.service", 0755);
	folder("sys/fs/cgroup/system.slice/ci.service/deep", 0755);
	folder("sys/fs/cgroup/shared", 0775);
	folder("sys/fs/cgroup/all", 0757);
	mount_fd = host_cgroupfs_open(root_fd);
	return mount_fd < 0;
}

static int teardown(void **state)
{
	(void)state;
	close(mount_fd);
	close(root_fd);
	pid_t pid = fork();
	if (pid == 0) {
		execlp("rm", "rm", "-r", dir, (char *)NULL);
		_exit(1);
	}
	waitpid(pid, NULL, 0);
	return 0;
}

static int owner(const char *path, uint32_t *uid)
{
	*uid = 7;
	return host_cgroupfs_owner(mount_fd, slice_cstr(path), geteuid(), uid);
}

static void folders_of_root_alone_are_the_hosts(void **state)
{
	(void)state;
	uint32_t uid;
	assert_int_equal(owner("/", &uid), 0);
	assert_int_equal(owner("/system.slice/", &uid), 0);
	assert_int_equal(owner("/system.slice/web.service/", &uid), 0);
	assert_int_equal(owner("//system.slice//web.service", &uid), 0);
	assert_int_equal(uid, 7);
}

static void a_folder_that_was_given_away_is_its_owners_and_so_is_all_below(void **state)
{
	(void)state;
	uint32_t uid;
	if (fchownat(root_fd, "sys/fs/cgroup/system.slice/ci.service", 1001, (gid_t)-1, 0) < 0) {
		print_message("needs root: gives a folder away\n");
		skip();
	}
	assert_int_equal(owner("/system.slice/ci.service/", &uid), 1);
	assert_int_equal(uid, 1001);
	assert_int_equal(owner("/system.slice/ci.service/deep/", &uid), 1);
	assert_int_equal(uid, 1001);
	assert_int_equal(owner("/system.slice/", &uid), 0);
}

static void a_folder_that_others_may_write_is_nobodys(void **state)
{
	(void)state;
	uint32_t uid;
	assert_int_equal(owner("/shared/", &uid), 1);
	assert_int_equal(uid, HOST_UNIT_NO_UID);
	assert_int_equal(owner("/all", &uid), 1);
	assert_int_equal(uid, HOST_UNIT_NO_UID);
}

static void what_is_gone_or_no_path_is_not_told(void **state)
{
	(void)state;
	uint32_t uid;
	char longest[5000];
	assert_int_equal(owner("/system.slice/gone.service/", &uid), -ENOENT);
	assert_int_equal(owner("/cgroup.controllers", &uid), -ENOTDIR);
	memset(longest, 'a', sizeof(longest));
	longest[0] = '/';
	assert_int_equal(host_cgroupfs_owner(mount_fd, slice_of(longest, sizeof(longest)), 0, &uid), -EINVAL);
	assert_int_equal(host_cgroupfs_owner(mount_fd, slice_of("/a\0b", 4), 0, &uid), -EINVAL);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static void put_limit(const char *path, const char *text)
{
	int fd = openat(mount_fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static void the_only_limit_above_somebody_is_the_one_that_was_hit(void **state)
{
	(void)state;
	struct host_cgroup_limit l;
	struct slice path = SLICE("/system.slice/ci.service/deep");
	assert_int_equal(host_cgroupfs_only_limit(mount_fd, path, &l), 0);
	put_limit("system.slice/memory.max", "max\n");
	put_limit("system.slice/ci.service/memory.max", "33554432\n");
	put_limit("system.slice/ci.service/deep/memory.max", "max\n");
	assert_int_equal(host_cgroupfs_only_limit(mount_fd, path, &l), 1);
	assert_true(slice_eq(l.path, SLICE("/system.slice/ci.service")));
	assert_true(l.kb_known);
	assert_int_equal(l.kb, 32768);
	assert_int_equal(host_cgroupfs_only_limit(mount_fd, SLICE("/system.slice/web.service"), &l), 0);
}

static void of_two_limits_nobody_knows_which_was_hit(void **state)
{
	(void)state;
	struct host_cgroup_limit l;
	struct slice path = SLICE("/system.slice/ci.service/deep");
	put_limit("system.slice/ci.service/memory.max", "33554432\n");
	put_limit("system.slice/ci.service/deep/memory.max", "0\n");
	assert_int_equal(host_cgroupfs_only_limit(mount_fd, path, &l), 0);
	put_limit("system.slice/ci.service/memory.max", "max\n");
	assert_int_equal(host_cgroupfs_only_limit(mount_fd, path, &l), 1);
	assert_true(slice_eq(l.path, path));
	assert_int_equal(l.kb, 0);
}

static void what_is_gone_may_have_had_the_limit(void **state)
{
	(void)state;
	struct host_cgroup_limit l;
	put_limit("system.slice/memory.max", "33554432\n");
	assert_int_equal(host_cgroupfs_only_limit(mount_fd, SLICE("/system.slice/gone.service"), &l), -ENOENT);
	assert_int_equal(host_cgroupfs_only_limit(mount_fd, slice_of("/a\0b", 4), &l), -EINVAL);
}

static void on_v1_memory_and_swap_have_limits_of_their_own(void **state)
{
	(void)state;
	struct host_cgroup_limit l;
	struct slice path = SLICE("/shared");
	put_limit("shared/memory.limit_in_bytes", "9223372036854771712\n");
	put_limit("shared/memory.memsw.limit_in_bytes", "9223372036854771712\n");
	put_limit("shared/memory.kmem.limit_in_bytes", "9223372036854771712\n");
	assert_int_equal(host_cgroupfs_only_limit(mount_fd, path, &l), 0);
	put_limit("shared/memory.limit_in_bytes", "1048576\n");
	assert_int_equal(host_cgroupfs_only_limit(mount_fd, path, &l), 1);
	assert_true(l.kb_known && l.kb == 1024);
	put_limit("shared/memory.memsw.limit_in_bytes", "2097152\n");
	assert_int_equal(host_cgroupfs_only_limit(mount_fd, path, &l), 1);
	assert_false(l.kb_known); /* either may be the one */
	put_limit("shared/memory.memsw.limit_in_bytes", "1048576\n");
	assert_int_equal(host_cgroupfs_only_limit(mount_fd, path, &l), 1);
	assert_true(l.kb_known);
	put_limit("shared/memory.kmem.limit_in_bytes", "1048576\n");
	assert_int_equal(host_cgroupfs_only_limit(mount_fd, path, &l), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(folders_of_root_alone_are_the_hosts),
	    T(a_folder_that_was_given_away_is_its_owners_and_so_is_all_below),
	    T(a_folder_that_others_may_write_is_nobodys),
	    T(what_is_gone_or_no_path_is_not_told),
	    T(the_only_limit_above_somebody_is_the_one_that_was_hit),
	    T(of_two_limits_nobody_knows_which_was_hit),
	    T(what_is_gone_may_have_had_the_limit),
	    T(on_v1_memory_and_swap_have_limits_of_their_own),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
