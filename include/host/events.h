/*
 * host/events: the kernel's process events (fork, exec, comm, uid, exit) over
 * the proc connector: a netlink socket in the first network namespace, for whom
 * the kernel lets listen (CAP_NET_ADMIN up to 6.5; anyone since).
 *
 * Only whole processes are of interest. What threads do is dropped in the
 * kernel by a socket filter, together with the kinds not named here; a kernel that
 * knows an event mask (6.6) does not even make those for us.
 *
 * The parser is pure. The socket half never blocks.
 */
#ifndef HOST_EVENTS_H
#define HOST_EVENTS_H

#include <sys/socket.h>

#include <linux/netlink.h>

#include "base/slice.h"

enum host_event_kind {
	HOST_EVENT_NONE,
	HOST_EVENT_FORK,
	HOST_EVENT_EXEC,
	HOST_EVENT_COMM,
	HOST_EVENT_UID,
	HOST_EVENT_EXIT,
	HOST_EVENT_ACK, /* the answer to our request; `error` */
};

struct host_event {
	enum host_event_kind kind;
	int32_t pid;         /* the process it is about: for a fork the child */
	int32_t parent;      /* fork */
	uint32_t uid;        /* uid: the real one */
	uint32_t error;      /* ack: 0 or an errno */
	bool killed;         /* exit: by SIGKILL */
	uint64_t stamp_usec; /* CLOCK_MONOTONIC when the kernel made the event */
	uint8_t comm_size;
	char comm[16]; /* comm */
};

/*
 * One datagram as it came. False: not a message of the proc connector, or cut short. An event of another kind, or of a
 * thread, is true with HOST_EVENT_NONE.
 */
bool host_event_parse(struct slice datagram, struct host_event *out) ATTR_NONNULL;

/* Messages taken by one receive, and room for one: 16 (netlink) + 20 (connector) + 40 bytes today. */
#define HOST_EVENTS_BATCH 64
#define HOST_EVENTS_MESSAGE 128
/* Receive buffer asked for: about 10,000 events of 768 bytes (sk_buff truesize) while the daemon cannot run. */
#define HOST_EVENTS_BUFFER (8 * 1024 * 1024)

struct host_events {
	int fd;        /* -1 when closed; owned */
	int buffer;    /* receive buffer got, as the kernel counts it */
	uint64_t lost; /* times the kernel said ENOBUFS: each is one or more events */
	uint64_t bad;  /* datagrams that were not the kernel's, or not well formed */
	/* private */
	struct mmsghdr header[HOST_EVENTS_BATCH];
	struct iovec vec[HOST_EVENTS_BATCH];
	struct sockaddr_nl from[HOST_EVENTS_BATCH];
	char message[HOST_EVENTS_BATCH][HOST_EVENTS_MESSAGE];
};

/*
 * Opens the socket and asks for events. 0, or a negative errno: EPERM (no CAP_NET_ADMIN), ECONNREFUSED (another network
 * namespace, or a kernel without it), EPROTONOSUPPORT, ENOTCONN (the kernel took the request and did not answer:
 * another pid or user namespace). The socket is closed then.
 */
int host_events_open(struct host_events *e) ATTR_MUST_CHECK ATTR_NONNULL;
void host_events_close(struct host_events *e) ATTR_NONNULL;

/*
 * Up to HOST_EVENTS_BATCH events into `out`. Returns how many datagrams were taken (0: none wait), with `*count` events
 * made of them; -ENOBUFS: the kernel had to drop some, read on; another negative errno: the socket is broken.
 */
int host_events_take(struct host_events *e, struct host_event out[HOST_EVENTS_BATCH],
		     uint32_t *count) ATTR_MUST_CHECK ATTR_NONNULL;

#endif
