/* host/tree: links, owners, modes, and things that are no files. */
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "host_tree_fixture.h"

static ssize_t read_of(struct root *r, const char *path, char *buf, size_t cap)
{
	return host_tree_read(r->fd, path, r->trust, buf, cap);
}

static void check_read(struct root *r, const char *path, const char *want)
{
	char buf[256];
	ssize_t n = read_of(r, path, buf, sizeof(buf));
	if (n < 0)
		fail_msg("%s: %s", path, strerror((int)-n));
	assert_slice(slice_of(buf, (size_t)n), want);
}

static void check_refused(struct root *r, const char *path, int error)
{
	char buf[256];
	ssize_t n = read_of(r, path, buf, sizeof(buf));
	if (n != -error)
		fail_msg("%s: got %zd (%s), want %s", path, n, strerror((int)-n), strerror(error));
}

static int setup(void **state)
{
	struct root *r = calloc(1, sizeof(*r));
	assert_non_null(r);
	root_new(r);
	*state = r;
	return 0;
}

static int teardown(void **state)
{
	root_free(*state);
	free(*state);
	return 0;
}

static void a_file_is_read_whole(void **state)
{
	struct root *r = *state;
	put(r, "a/b/c", "content");
	check_read(r, "a/b/c", "content");
	check_read(r, "/a//b/./c", "content");
	put(r, "empty", "");
	check_read(r, "empty", "");
	check_refused(r, "a/b/d", ENOENT);
	check_refused(r, "a/b/c/d", ENOTDIR);
}

static void a_link_to_an_absolute_path_stays_below_the_root(void **state)
{
	struct root *r = *state;
	put(r, "data/docker/f", "inside");
	put(r, "etc/passwd", "the tree's own");
	put_link(r, "var/docker", "/data/docker");
	put_link(r, "var/secret", "/etc/passwd");
	check_read(r, "var/docker/f", "inside");
	check_read(r, "var/secret", "the tree's own");
}

static void dot_dot_does_not_lead_out_of_the_root(void **state)
{
	struct root *r = *state;
	put(r, "etc/hostname", "the tree's own");
	put(r, "a/b/f", "beside");
	put_link(r, "up", "../../../../../../etc/hostname");
	put_link(r, "a/b/up", "../../../../../../../../../../../etc/hostname");
	put_link(r, "a/c", "../a/b/../b");
	check_read(r, "up", "the tree's own");
	check_read(r, "a/b/up", "the tree's own");
	check_read(r, "../../etc/hostname", "the tree's own");
	check_read(r, "a/c/f", "beside");
}

static void a_link_of_proc_is_only_its_text(void **state)
{
	struct root *r = *state;
	char path[64];
	put(r, "f", "in the tree");
	int fd = openat(r->fd, "f", O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	snprintf(path, sizeof(path), "proc/self/fd/%d", fd);
	struct root real = {.fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC), .trust = {.root_uid = 0}};
	assert_true(real.fd >= 0);
	char buf[64];
	/* /proc/self/fd/N names /tmp/…, and /tmp is everybody's: the text is walked, and refused. */
	assert_int_equal(read_of(&real, path, buf, sizeof(buf)), -EPERM);
	close(real.fd);
	close(fd);
}

static void a_ring_of_links_ends(void **state)
{
	struct root *r = *state;
	put_link(r, "a", "b");
	put_link(r, "b", "a");
	put_link(r, "self", "self/self");
	check_refused(r, "a", ELOOP);
	check_refused(r, "a/f", ELOOP);
	check_refused(r, "self", ELOOP);
}

static void a_link_that_makes_the_path_too_long_is_refused(void **state)
{
	struct root *r = *state;
	char target[4096], path[4096];
	memset(target, 'x', sizeof(target));
	target[4000] = '\0';
	put_link(r, "l", target);
	memset(path, 'y', sizeof(path));
	memcpy(path, "l/", 2);
	path[200] = '\0';
	check_refused(r, path, ENAMETOOLONG);
	memset(path, 'y', sizeof(path));
	char *longer = malloc(HOST_TREE_PATH + 10);
	assert_non_null(longer);
	memset(longer, 'z', HOST_TREE_PATH + 9);
	longer[HOST_TREE_PATH + 9] = '\0';
	check_refused(r, longer, ENAMETOOLONG);
	free(longer);
}

static void what_is_no_file_is_refused_without_waiting(void **state)
{
	struct root *r = *state;
	assert_int_equal(mkfifoat(r->fd, "fifo", 0644), 0);
	put_link(r, "to-fifo", "fifo");
	check_refused(r, "fifo", EINVAL);
	check_refused(r, "to-fifo", EINVAL);
	/* A socket tells whether it was opened for reading: that would be ENXIO. */
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s/socket", r->path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	put_mode(r, "socket", 0600);
	check_refused(r, "socket", EINVAL);
	close(fd);
	put(r, "d/f", "");
	check_refused(r, "d", EINVAL);
	check_refused(r, "", EISDIR);
	check_refused(r, "d/..", EISDIR);
	check_refused(r, "fifo/x", ENOTDIR);
}

static void what_others_may_write_is_not_believed(void **state)
{
	struct root *r = *state;
	put(r, "d/e/f", "x");
	put_mode(r, "d/e/f", 0646);
	check_refused(r, "d/e/f", EPERM);
	put_mode(r, "d/e/f", 0664);
	check_refused(r, "d/e/f", EPERM);
	put_mode(r, "d/e/f", 0600);
	check_read(r, "d/e/f", "x");
	put_mode(r, "d", 01777);
	check_refused(r, "d/e/f", EPERM);
	put_mode(r, "d", 0775);
	check_refused(r, "d/e/f", EPERM);
	r->trust.group_writes_dir = true;
	check_read(r, "d/e/f", "x");
	put_mode(r, "d/e/f", 0664); /* directories only */
	check_refused(r, "d/e/f", EPERM);
}

static void what_another_owns_is_not_believed(void **state)
{
	struct root *r = *state;
	if (not_root())
		skip();
	put(r, "d/f", "x");
	put_owner(r, "d/f", 1234);
	check_refused(r, "d/f", EPERM);
	put_owner(r, "d/f", 0);
	check_read(r, "d/f", "x");
	put_owner(r, "d", 1234);
	check_refused(r, "d/f", EPERM);
	put_link(r, "l", "g");
	put(r, "g", "x");
	check_read(r, "l", "x");
	put_owner(r, "l", 1234);
	check_refused(r, "l", EPERM);
	put_link(r, "m", "h");
	put(r, "h/f", "x");
	check_read(r, "m/f", "x");
	put_owner(r, "m", 1234);
	check_refused(r, "m/f", EPERM);
}

static void a_users_file_is_the_users_and_nobody_elses(void **state)
{
	struct root *r = *state;
	if (not_root())
		skip();
	put(r, "home/u/f", "x");
	r->trust.user = true;
	r->trust.uid = 1234;
	check_refused(r, "home/u/f", EPERM); /* root's file is not the user's word */
	put_owner(r, "home/u/f", 1234);
	put_owner(r, "home/u", 1234);
	put_mode(r, "home/u", 0775);
	check_read(r, "home/u/f", "x");
	put_mode(r, "home/u", 0777);
	check_refused(r, "home/u/f", EPERM);
	put_mode(r, "home/u", 0755);
	put_owner(r, "home/u", 1235);
	check_refused(r, "home/u/f", EPERM);
	/* A user's link to somebody else's file: the file's owner decides. */
	put_owner(r, "home/u", 1234);
	put(r, "home/root-secret", "x");
	put_link(r, "home/u/l", "../root-secret");
	put_owner(r, "home/u/l", 1234);
	check_refused(r, "home/u/l", EPERM);
}

/* In a mount namespace of its own. 0: as it should be; else the line. */
static int mounts_of_a_user(struct root *r)
{
	char path[128], buf[64];
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return -1;
	r->fd = open(r->path, O_PATH | O_DIRECTORY | O_CLOEXEC); /* the old one still sees the old namespace */
	snprintf(path, sizeof(path), "%s/home/u/m", r->path);
	if (mount("none", path, "tmpfs", 0, "mode=755") < 0)
		return -1;
	put(r, "home/u/m/status", "x");
	put_owner(r, "home/u/m/status", 1234);
	if (read_of(r, "home/u/m/status", buf, sizeof(buf)) != 1)
		return __LINE__;
	/* proc stands for all that is not local: what it would say is never asked. */
	if (mount("none", path, "proc", 0, NULL) < 0)
		return -1;
	if (read_of(r, "home/u/m/status", buf, sizeof(buf)) != -EREMOTE ||
	    read_of(r, "home/u/m", buf, sizeof(buf)) != -EREMOTE ||
	    read_of(r, "home/u/l/status", buf, sizeof(buf)) != -EREMOTE)
		return __LINE__;
	r->trust.user = false; /* the system's own mounts are the system's choice */
	return read_of(r, "home/u/m/version", buf, 1) == -EFBIG ? 0 : __LINE__;
}

static void a_users_mount_that_may_never_answer_is_not_entered(void **state)
{
	struct root *r = *state;
	if (not_root())
		skip();
	put(r, "home/u/m/f", "x");
	put_link(r, "home/u/l", "/home/u/m");
	put_owner(r, "home/u/l", 1234);
	r->trust.user = true;
	r->trust.uid = 1234;
	int status;
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(mounts_of_a_user(r) & 0xff);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0xff) {
		print_message("*** SKIPPED: mounting is not allowed here\n");
		skip();
	}
	if (status != 0)
		fail_msg("the child ended with status %#x: line %d", (unsigned)status, WEXITSTATUS(status));
}

static void a_file_longer_than_the_bound_is_refused(void **state)
{
	struct root *r = *state;
	char buf[8];
	put(r, "f", "12345678");
	assert_int_equal(read_of(r, "f", buf, sizeof(buf)), 8);
	put(r, "f", "123456789");
	assert_int_equal(read_of(r, "f", buf, sizeof(buf)), -EFBIG);
	uint64_t size;
	int fd = host_tree_open(r->fd, "f", r->trust, &size);
	assert_true(fd >= 0);
	assert_int_equal(size, 9);
	close(fd);
}

static void a_link_is_read_and_not_followed(void **state)
{
	struct root *r = *state;
	char buf[32];
	put(r, "run/file", "x");
	put_link(r, "run/systemd/l", "0123456789abcdef");
	put_link(r, "sys", "run/systemd");
	ssize_t n = host_tree_readlink(r->fd, "run/systemd/l", r->trust, buf, sizeof(buf));
	assert_int_equal(n, 16);
	assert_slice(slice_of(buf, (size_t)n), "0123456789abcdef");
	assert_int_equal(host_tree_readlink(r->fd, "sys/l", r->trust, buf, sizeof(buf)), 16);
	assert_int_equal(host_tree_readlink(r->fd, "run/systemd/l", r->trust, buf, 16), -ENAMETOOLONG);
	assert_int_equal(host_tree_readlink(r->fd, "run/file", r->trust, buf, sizeof(buf)), -EINVAL);
	assert_int_equal(host_tree_readlink(r->fd, "run/none", r->trust, buf, sizeof(buf)), -ENOENT);
	if (geteuid() == 0) {
		put_owner(r, "run/systemd/l", 1234);
		assert_int_equal(host_tree_readlink(r->fd, "run/systemd/l", r->trust, buf, sizeof(buf)), -EPERM);
	}
}

struct seen {
	uint32_t count, stop_at;
};

static bool each(void *data, struct slice name)
{
	struct seen *seen = data;
	assert_true(name.n > 0);
	return ++seen->count == seen->stop_at;
}

static int list(struct root *r, const char *path, size_t max, struct seen *seen)
{
	_Alignas(8) char buf[4096];
	return host_tree_list(r->fd, path, r->trust, buf, sizeof(buf), max, each, seen);
}

static void a_directory_is_listed_up_to_a_bound(void **state)
{
	struct root *r = *state;
	char name[64];
	for (int i = 0; i < 300; i++) {
		snprintf(name, sizeof(name), "d/a_file_with_a_longer_name_%d", i);
		put(r, name, "");
	}
	struct seen seen = {0};
	assert_int_equal(list(r, "d", 1000, &seen), 0);
	assert_int_equal(seen.count, 300);
	seen = (struct seen){0};
	assert_int_equal(list(r, "d", 299, &seen), -EFBIG);
	assert_int_equal(seen.count, 299);
	seen = (struct seen){.stop_at = 5};
	assert_int_equal(list(r, "d", 1000, &seen), 1);
	assert_int_equal(seen.count, 5);
	seen = (struct seen){0};
	assert_int_equal(list(r, "d/none", 10, &seen), -ENOENT);
	assert_int_equal(list(r, "d/a_file_with_a_longer_name_1", 10, &seen), -ENOTDIR);
	put_mode(r, "d", 0777);
	assert_int_equal(list(r, "d", 1000, &seen), -EPERM);
	assert_int_equal(seen.count, 0);
}

static void no_descriptor_is_left_open(void **state)
{
	struct root *r = *state;
	char buf[64];
	struct seen seen = {0};
	int before = dup(r->fd);
	close(before);
	put(r, "d/e/f", "x");
	put_link(r, "l", "/d/../d/e/f");
	put_link(r, "loop", "loop");
	assert_int_equal(mkfifoat(r->fd, "d/fifo", 0644), 0);
	check_read(r, "l", "x");
	check_refused(r, "loop", ELOOP);
	check_refused(r, "d/fifo", EINVAL);
	check_refused(r, "d/none", ENOENT);
	check_refused(r, "d/..", EISDIR);
	put_mode(r, "d/e/f", 0666);
	check_refused(r, "l", EPERM);
	assert_int_equal(host_tree_readlink(r->fd, "l", r->trust, buf, sizeof(buf)), 11);
	assert_int_equal(list(r, "d/e", 10, &seen), 0);
	int after = dup(r->fd);
	close(after);
	assert_int_equal(before, after);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(a_file_is_read_whole, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_link_to_an_absolute_path_stays_below_the_root, setup, teardown),
	    cmocka_unit_test_setup_teardown(dot_dot_does_not_lead_out_of_the_root, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_link_of_proc_is_only_its_text, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_ring_of_links_ends, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_link_that_makes_the_path_too_long_is_refused, setup, teardown),
	    cmocka_unit_test_setup_teardown(what_is_no_file_is_refused_without_waiting, setup, teardown),
	    cmocka_unit_test_setup_teardown(what_others_may_write_is_not_believed, setup, teardown),
	    cmocka_unit_test_setup_teardown(what_another_owns_is_not_believed, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_users_file_is_the_users_and_nobody_elses, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_users_mount_that_may_never_answer_is_not_entered, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_file_longer_than_the_bound_is_refused, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_link_is_read_and_not_followed, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_directory_is_listed_up_to_a_bound, setup, teardown),
	    cmocka_unit_test_setup_teardown(no_descriptor_is_left_open, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
