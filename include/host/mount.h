/*
 * host/mount: may a descriptor be looked at without waiting for somebody else?
 *
 * A file system over the network hangs with its server, a FUSE one as long as
 * the user who serves it likes. Neither question here touches the file system:
 * both are answered from /proc.
 */
#ifndef HOST_MOUNT_H
#define HOST_MOUNT_H

#include "base/slice.h"

/* The mount that `fd` (O_PATH will do) is on, or a negative errno. */
int host_mount_id(int fd) ATTR_MUST_CHECK;
/* Whether a mount of this process is of a kind that lives on this machine. False also when it cannot be told. */
bool host_mount_is_local(int id);

#endif
