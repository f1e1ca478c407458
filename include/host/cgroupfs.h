/*
 * host/cgroupfs: the mounted hierarchy that has the memory controller, and who
 * may make folders in it.
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

#endif
