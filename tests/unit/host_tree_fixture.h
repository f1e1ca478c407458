/* A root directory of one's own, below /tmp, with what a test puts into it. */
#ifndef HOST_TREE_FIXTURE_H
#define HOST_TREE_FIXTURE_H

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/text.h"
#include "host/tree.h"

#define assert_slice(got, want) check_slice((got), slice_cstr(want), __LINE__)

static inline void check_slice(struct slice got, struct slice want, int line)
{
	if (slice_eq(got, want))
		return;
	print_message("line %d: got <%.*s>, want <%.*s>\n", line, (int)got.n, got.p ? got.p : "(absent)", (int)want.n,
		      want.p ? want.p : "(absent)");
	fail();
}

struct root {
	char path[64];
	int fd;
	struct host_trust trust; /* the system's word */
};

static inline void run_shell(const char *fmt, ...) ATTR_PRINTF(1, 2);
static inline void run_shell(const char *fmt, ...)
{
	char command[8192];
	va_list args;
	va_start(args, fmt);
	vsnprintf(command, sizeof(command), fmt, args);
	va_end(args);
	if (system(command) != 0)
		fail_msg("failed: %s", command);
}

static inline void root_new(struct root *r)
{
	strcpy(r->path, "/tmp/host-tree-XXXXXX");
	assert_non_null(mkdtemp(r->path));
	assert_int_equal(chmod(r->path, 0755), 0);
	r->fd = open(r->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_true(r->fd >= 0);
	r->trust = (struct host_trust){.root_uid = geteuid()};
}

static inline void root_free(struct root *r)
{
	close(r->fd);
	run_shell("chmod -R u+rwx %s; rm -rf %s", r->path, r->path);
}

static inline void make_directories(int fd, const char *path)
{
	char part[4096];
	for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
		memcpy(part, path, (size_t)(slash - path));
		part[slash - path] = '\0';
		if (mkdirat(fd, part, 0755) == 0)
			assert_int_equal(fchmodat(fd, part, 0755, 0), 0);
		else
			assert_int_equal(errno, EEXIST);
	}
}

/* The file `path` with these bytes, the directories above it made where they are missing. */
static inline void put_bytes(struct root *r, const char *path, struct slice content)
{
	make_directories(r->fd, path);
	int fd = openat(r->fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	assert_true(fd >= 0);
	assert_int_equal(fchmod(fd, 0644), 0);
	for (size_t done = 0; done < content.n;) {
		ssize_t n = write(fd, content.p + done, content.n - done);
		assert_true(n > 0);
		done += (size_t)n;
	}
	close(fd);
}

static inline void put(struct root *r, const char *path, const char *content)
{
	put_bytes(r, path, slice_cstr(content));
}

static inline void put_link(struct root *r, const char *path, const char *target)
{
	make_directories(r->fd, path);
	assert_int_equal(symlinkat(target, r->fd, path), 0);
}

static inline void put_mode(struct root *r, const char *path, mode_t mode)
{
	assert_int_equal(fchmodat(r->fd, path, mode, 0), 0);
}

static inline void put_owner(struct root *r, const char *path, uid_t uid)
{
	assert_int_equal(fchownat(r->fd, path, uid, uid, AT_SYMLINK_NOFOLLOW), 0);
}

/* True, and the test must return, when this is not root. */
static inline bool not_root(void)
{
	if (geteuid() == 0)
		return false;
	print_message("*** SKIPPED: only root can give files to another user\n");
	return true;
}

#endif
