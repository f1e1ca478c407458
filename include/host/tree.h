/*
 * host/tree: files below a root directory whose word can be trusted.
 *
 * A path is walked one element at a time from the root's descriptor, so that
 *  - no symlink, no ".." and no absolute target leads out of that tree (a
 *    link's target is taken as if the root were "/");
 *  - every directory and link on the way, and the file itself, is looked at
 *    before it is believed: who owns it and who else may write it;
 *  - nothing but a regular file is ever opened for reading: no FIFO is waited
 *    for, no device is woken.
 * Refused for trust is -EPERM, an element that is not what it should be is
 * -ENOTDIR, -ELOOP or -EINVAL; a user's file that is not on this machine is
 * -EREMOTE; else the kernel's errno.
 */
#ifndef HOST_TREE_H
#define HOST_TREE_H

#include <sys/types.h>

#include "base/slice.h"

/*
 * Whose files are believed. The system's word: everything is owned by `root_uid` (0 on a real host) and neither group
 * nor others may write it. A user's word, for that user's own things only: directories belong to root_uid or to `uid`,
 * the file to `uid`, and others may not write them (the user's private group may).
 */
struct host_trust {
	uint32_t root_uid;
	bool user;
	uint32_t uid;          /* when `user` */
	bool group_writes_dir; /* a directory the group may write is accepted: /var/log of Ubuntu is root:syslog 0775 */
};

/* The longest path, with link targets put in. */
#define HOST_TREE_PATH 4096
/* Links followed in one walk; the kernel's own bound is 40 (MAXSYMLINKS). */
#define HOST_TREE_LINKS 16

/* A regular file, opened for reading; its size in `size`. */
int host_tree_open(int root_fd, const char *path, struct host_trust trust, uint64_t *size) ATTR_MUST_CHECK ATTR_NONNULL;

/* The whole file into `buf`: how many bytes, -EFBIG when it is longer than `cap`. */
ssize_t host_tree_read(int root_fd, const char *path, struct host_trust trust, char *buf,
		       size_t cap) ATTR_MUST_CHECK ATTR_NONNULL;

/* The text of the link at `path` (the way to it is walked as ever), whole and not followed. */
ssize_t host_tree_readlink(int root_fd, const char *path, struct host_trust trust, char *buf,
			   size_t cap) ATTR_MUST_CHECK ATTR_NONNULL;

/*
 * Calls `each` with every name in the directory until it says stop (true) or `max` names were seen; "." and ".." are
 * left out. `buf` is scratch for the kernel's records (a few KiB at least). Returns 1 when stopped, 0 at the end,
 * -EFBIG when there are more than `max` names.
 */
typedef bool host_tree_each_fn(void *data, struct slice name);
int host_tree_list(int root_fd, const char *path, struct host_trust trust, char *buf, size_t cap, size_t max,
		   host_tree_each_fn *each, void *data) __attribute__((warn_unused_result, nonnull(2, 4, 7)));

#endif
