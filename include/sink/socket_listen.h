/*
 * sink/socket_listen: makes the listening socket of sink/socket at a path, with
 * its owner and mode, and takes it away again.
 */
#ifndef SINK_SOCKET_LISTEN_H
#define SINK_SOCKET_LISTEN_H

#include <sys/types.h>

#include "base/slice.h"

struct sink_socket_place {
	dev_t dev; /* of the socket file made, to know it again */
	ino_t ino;
};

/*
 * A non-blocking listening socket at `path`, mode 0660, or a negative errno. A stale socket file (nobody listens) is
 * replaced; a live one is -EADDRINUSE, anything else there is -EEXIST. The file is never open to others, not for an
 * instant. Its group is `group` where `group_file` (/etc/group) has that name, the caller's otherwise.
 */
int sink_socket_listen_at(const char *path, const char *group, const char *group_file,
			  struct sink_socket_place *place) ATTR_MUST_CHECK ATTR_NONNULL;
/* Removes the file, if it is still the one that was made. */
void sink_socket_listen_remove(const char *path, const struct sink_socket_place *place) ATTR_NONNULL;
/* Whether `fd` is a listening AF_UNIX stream socket; made non-blocking and close-on-exec then. 0 or a negative errno.
 */
int sink_socket_listen_check(int fd) ATTR_MUST_CHECK;

#endif
