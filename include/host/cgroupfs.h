/*
 * host/cgroupfs: the mounted hierarchy that has the memory controller: who may
 * make folders in it, and where a limit is set.
 *
 * A path alone does not tell whom a cgroup was delegated to: below a service
 * with Delegate= and User=, or a folder that an administrator gave away, every
 * name is that user's choice. The folder's owner does tell.
 */
#ifndef HOST_CGROUPFS_H
#define HOST_CGROUPFS_H

#include "base/slice.h"

/* The mount point, of the hierarchy host_parse_cgroup() chooses; -ENOENT: none below root_fd. */
int host_cgroupfs_open(int root_fd) ATTR_MUST_CHECK;

/*
 * 1: somebody but `root_uid` may make folders in the cgroup `path`, or made one on the way to it: `*uid`, or
 * HOST_UNIT_NO_UID when its group or everybody may. 0: nobody else may. A negative errno: not to be told, as when it is
 * gone.
 */
int host_cgroupfs_owner(int mount_fd, struct slice path, uint32_t root_uid, uint32_t *uid) ATTR_MUST_CHECK ATTR_NONNULL;

struct host_cgroup_limit {
	struct slice path; /* of the cgroup that has it; a part of the path asked for */
	bool kb_known;     /* false on cgroup v1 when memory and memory+swap have different limits: either may be hit */
	uint64_t kb;
};

/*
 * Where a memory cgroup kill of somebody in `path` comes from when the kernel does not say: 1 and the limit when just
 * one cgroup of `path` and those above it has one now. 0: none has, or several have. A negative errno: not to be told,
 * as when one of them is gone. On v1 a limit of kernel memory alone (memory.kmem.limit_in_bytes) counts as one more.
 */
int host_cgroupfs_only_limit(int mount_fd, struct slice path,
			     struct host_cgroup_limit *out) ATTR_MUST_CHECK ATTR_NONNULL;

#endif
