/* cgroupfs has no links, so a path is walked by its prefixes; systemd gives the unit's folder to User= (chown, 0755).
 */
#include "host/cgroupfs.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
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

int host_cgroupfs_owner(int mount_fd, struct slice path, uint32_t root_uid, uint32_t *uid)
{
	char text[LIMIT_PATH];
	if (path.n >= sizeof(text) || memchr(path.p, '\0', path.n))
		return -EINVAL;
	memcpy(text, path.p, path.n);
	text[path.n] = '\0';
	size_t first = strspn(text, "/");
	/* Each prefix that ends before a '/', the whole at last. */
	for (size_t at = first + 1; at <= path.n; at++) {
		if ((text[at] != '/' && text[at] != '\0') || text[at - 1] == '/')
			continue;
		char end = text[at];
		text[at] = '\0';
		int r = owner_of_one(mount_fd, text + first, root_uid, uid);
		text[at] = end;
		if (r != 0)
			return r;
	}
	return 0;
}
