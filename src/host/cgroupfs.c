/* cgroupfs has no links, so a path is walked by its prefixes; systemd gives the unit's folder to User= (chown, 0755).
 */
#include "host/cgroupfs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "host/file.h"
#include "host/unit.h"

int host_cgroupfs_open(int root_fd)
{
	static const char *const rows[][2] = {
	    {"sys/fs/cgroup/memory", "memory.limit_in_bytes"}, /* v1 */
	    {"sys/fs/cgroup", "cgroup.controllers"},           /* v2 */
	    {"sys/fs/cgroup/unified", "cgroup.controllers"},   /* v2 beside v1 */
	};
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		int fd = openat(root_fd, rows[i][0], O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0)
			continue;
		/* v1's root has a limit file since 2.6; should it ever go, cgroup.procs alone would do. */
		if (faccessat(fd, rows[i][1], F_OK, 0) == 0)
			return fd;
		close(fd);
	}
	return -ENOENT;
}

static int owner_of_one(int mount_fd, const char *path, uint32_t root_uid, uint32_t *uid)
{
	struct stat st;
	if (fstatat(mount_fd, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	if (!S_ISDIR(st.st_mode))
		return -ENOTDIR;
	bool shared = st.st_mode & (S_IWGRP | S_IWOTH);
	if (st.st_uid == root_uid && !shared)
		return 0;
	*uid = shared ? HOST_UNIT_NO_UID : st.st_uid;
	return 1;
}

/* The next prefix of `text` that ends before a '/', the whole at last; its end is cut off by a NUL until the next call.
 */
struct prefixes {
	char text[LIMIT_PATH];
	size_t n, first, at;
	char cut;
};

static bool prefixes_begin(struct prefixes *p, struct slice path)
{
	if (path.n >= sizeof(p->text) || memchr(path.p, '\0', path.n))
		return false;
	memcpy(p->text, path.p, path.n);
	p->text[path.n] = '\0';
	p->n = path.n;
	p->first = p->at = strspn(p->text, "/");
	p->cut = p->text[p->at];
	return true;
}

static const char *prefixes_next(struct prefixes *p)
{
	p->text[p->at] = p->cut;
	while (++p->at <= p->n) {
		p->cut = p->text[p->at];
		if ((p->cut != '/' && p->cut != '\0') || p->text[p->at - 1] == '/')
			continue;
		p->text[p->at] = '\0';
		return p->text + p->first;
	}
	return NULL;
}

int host_cgroupfs_owner(int mount_fd, struct slice path, uint32_t root_uid, uint32_t *uid)
{
	struct prefixes p;
	if (!prefixes_begin(&p, path))
		return -EINVAL;
	for (const char *prefix; (prefix = prefixes_next(&p));) {
		int r = owner_of_one(mount_fd, prefix, root_uid, uid);
		if (r != 0)
			return r;
	}
	return 0;
}

/* ---- limits ---- */

/* v1 shows "none" as PAGE_COUNTER_MAX pages (2^63 less a page; mm/memcontrol.c), v2 as "max". */
#define NO_LIMIT (1ull << 62)

/* In kB into `*kb`. 1: there is one; 0: the file says none, or is not there; a negative errno. */
static int limit_in(int mount_fd, const char *cgroup, const char *file, uint64_t *kb)
{
	char path[LIMIT_PATH + 64], text[64];
	uint64_t bytes;
	bool more;
	snprintf(path, sizeof(path), "%s/%s", cgroup, file);
	ssize_t n = host_file_read(mount_fd, path, text, sizeof(text), &more);
	if (n < 0)
		return n == -ENOENT ? 0 : (int)n;
	struct slice s = slice_of(text, (size_t)n);
	if (!take_u64(&s, &bytes) || bytes >= NO_LIMIT)
		return 0;
	*kb = bytes / 1024;
	return 1;
}

/* 0, or a negative errno; adds to `*limits`, and tells of the latest in `out`. */
static int limits_of_one(int mount_fd, const char *cgroup, uint32_t *limits, struct host_cgroup_limit *out)
{
	uint64_t memory = 0, memsw = 0, kmem;
	int has_memory = limit_in(mount_fd, cgroup, "memory.max", &memory);
	if (has_memory == 0)
		has_memory = limit_in(mount_fd, cgroup, "memory.limit_in_bytes", &memory);
	int has_memsw = limit_in(mount_fd, cgroup, "memory.memsw.limit_in_bytes", &memsw);
	int has_kmem = limit_in(mount_fd, cgroup, "memory.kmem.limit_in_bytes", &kmem);
	if (has_memory < 0 || has_memsw < 0 || has_kmem < 0)
		return has_memory < 0 ? has_memory : has_memsw < 0 ? has_memsw : has_kmem;
	if (faccessat(mount_fd, cgroup, F_OK, 0) < 0) /* only now does it say that a file was not there */
		return -errno;
	*limits += (has_memory || has_memsw) + has_kmem;
	if (has_memory || has_memsw)
		*out = (struct host_cgroup_limit){
		    .path.n = strlen(cgroup),
		    .kb_known = has_memory && (!has_memsw || memory == memsw),
		    .kb = memory,
		};
	return 0;
}

int host_cgroupfs_only_limit(int mount_fd, struct slice path, struct host_cgroup_limit *out)
{
	struct prefixes p;
	uint32_t limits = 0;
	*out = (struct host_cgroup_limit){0};
	if (!prefixes_begin(&p, path))
		return -EINVAL;
	for (const char *prefix; (prefix = prefixes_next(&p));) {
		int r = limits_of_one(mount_fd, prefix, &limits, out);
		if (r < 0)
			return r;
	}
	if (limits != 1 || !out->path.n)
		return 0;
	out->path = slice_of(path.p, p.first + out->path.n);
	return 1;
}
