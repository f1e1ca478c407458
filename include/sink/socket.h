/*
 * sink/socket: the live socket: newline-delimited JSON to any number of clients
 * (LIMIT_CLIENTS), with replay of the last LIMIT_RETAINED events.
 *
 * Protocol: on connect {"type":"hello","version":1,"boot_id":…,"oldest_id":…,
 * "newest_id":…} (a key whose value is not known is left out), then events as
 * they happen. A client may send one line, {"replay":N} or {"after":"<id>"}, at
 * any time: it gets the retained events asked for before the live ones; an id
 * no longer retained is answered with {"type":"replay-gap"} first, and with all
 * that is retained. An event goes out at most once a connection: what was sent
 * live before the line was read is not repeated. A request that is too long, no
 * such JSON or a second one gets {"type":"error","error":…} and is closed, as
 * does the client that is one too many. A client may shut down its sending side
 * and goes on receiving. A client that does not read loses events; when it
 * drains it gets {"type":"dropped","count":N} and goes on.
 *
 * Never blocks; all memory is taken by sink_socket_new().
 */
#ifndef SINK_SOCKET_H
#define SINK_SOCKET_H

#include <poll.h>

#include "sink/sink.h"

struct sink_socket;

/* `boot_id` goes into the hello line. NULL with errno set when memory cannot be had. */
struct sink_socket *sink_socket_new(struct slice boot_id) ATTR_MUST_CHECK;
/* Closes all; removes the socket file that sink_socket_listen() made. */
void sink_socket_free(struct sink_socket *s);

/* Makes and listens on `path`: a stale socket file (nobody listens) is replaced, a live one is -EADDRINUSE, anything
 * else there is -EEXIST. Mode 0660; group `group` when it exists (else the caller's). 0 or a negative errno; -EBUSY
 * when there is a listening socket already. */
int sink_socket_listen(struct sink_socket *s, const char *path, const char *group) ATTR_MUST_CHECK ATTR_NONNULL;
/* Uses a listening socket that systemd passed; takes the descriptor, unless it is refused (-EINVAL when it is not a
 * listening AF_UNIX stream socket). Its file is not unlinked at the end. */
int sink_socket_adopt(struct sink_socket *s, int listen_fd) ATTR_MUST_CHECK ATTR_NONNULL;

/* Retains what was published before this process began: before there are clients, oldest first. Lines that are too long
 * are passed over. */
void sink_socket_retain(struct sink_socket *s, struct slice id, struct slice json) ATTR_NONNULL;
/* Retains and sends to whoever can take it. */
void sink_socket_publish(struct sink_socket *s, const struct sink_message *m) ATTR_NONNULL;
/* Adds its descriptors to `fds` (room for LIMIT_CLIENTS + 1); returns how many. */
uint32_t sink_socket_pollfds(struct sink_socket *s, struct pollfd *fds) ATTR_NONNULL;
/* Acts on what poll said; `fds` as filled by the last sink_socket_pollfds(). Bounded work a call. */
void sink_socket_dispatch(struct sink_socket *s, const struct pollfd *fds, uint32_t count) ATTR_NONNULL;
uint32_t sink_socket_clients(const struct sink_socket *s) ATTR_NONNULL;
/* `sent` and `dropped` count once for each client. */
const struct sink_counters *sink_socket_counters(const struct sink_socket *s) ATTR_NONNULL;

#endif
