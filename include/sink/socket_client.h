/*
 * sink/socket_client: one client of the event socket: where it is in the ring,
 * what was begun and not finished, what it asked for.
 *
 * A client holds a number, not a queue: being slow costs no memory. Only the
 * line it is in the middle of is copied, when that is overwritten in the ring.
 */
#ifndef SINK_SOCKET_CLIENT_H
#define SINK_SOCKET_CLIENT_H

#include "sink/sink.h"
#include "sink/socket_ring.h"

struct sink_socket_client {
	bool open;        /* false: a free place. All zero, so that those never used cost no memory (36 kB each) */
	int fd;           /* owned */
	bool blocked;     /* its socket is full: nothing is tried until POLLOUT */
	bool input_ended; /* it shut down its sending side */
	bool asked;       /* it has sent its request */
	bool closing;     /* closed as soon as what was said is out */

	uint64_t next;               /* the event to send */
	size_t offset;               /* bytes of it that are out */
	uint64_t live_from;          /* the first event after it connected */
	uint64_t skip_from, skip_to; /* went out live before the replay began */
	uint64_t dropped;            /* lost and not yet told */

	size_t said_n, said_at; /* lines of our own: hello, replay-gap, dropped, error */
	char said[512];
	size_t request_n;
	char request[LIMIT_REQUEST + 1];
	size_t rest_n, rest_at; /* the end of an event's line that has left the ring */
	char rest[SINK_SOCKET_LINE];
};

/* A new client on `fd`, at the end of the ring; `hello` (with its newline) goes out first. */
void sink_socket_client_open(struct sink_socket_client *c, int fd, const struct sink_socket_ring *ring,
			     struct slice hello) ATTR_NONNULL;
/* Reads what it sent and acts on a whole request. A negative errno: it is gone. */
int sink_socket_client_read(struct sink_socket_client *c,
			    const struct sink_socket_ring *ring) ATTR_MUST_CHECK ATTR_NONNULL;
/* Sends what is due, as far as its socket takes it. A negative errno: it is gone. */
int sink_socket_client_write(struct sink_socket_client *c, const struct sink_socket_ring *ring,
			     struct sink_counters *counters) ATTR_MUST_CHECK ATTR_NONNULL;
/* The oldest event of the ring is about to go. */
void sink_socket_client_evict(struct sink_socket_client *c, const struct sink_socket_ring *ring,
			      struct sink_counters *counters) ATTR_NONNULL;
/* An event will never reach it. */
void sink_socket_client_lose(struct sink_socket_client *c, struct sink_counters *counters) ATTR_NONNULL;
bool sink_socket_client_has_output(const struct sink_socket_client *c,
				   const struct sink_socket_ring *ring) ATTR_NONNULL ATTR_PURE;
/* Closes a client's socket. */
void sink_socket_client_hang_up(int fd);

/* The line of an error, with its newline. */
#define SINK_SOCKET_ERROR(why) "{\"type\":\"error\",\"error\":\"" why "\"}\n"

#endif
