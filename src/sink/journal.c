/*
 * Events to journald over its native protocol, on a non-blocking datagram
 * socket of our own, and a queue for the time when journald does not read.
 *
 * Why not sd_journal_sendv(): it sends on a blocking socket it keeps to itself.
 * While journald does not read (stopped, or itself the victim of the OOM) it
 * blocks for ever, and asking a second socket first leaves a race with every
 * other writer of the machine for the last free place in the queue; for an
 * absent journald it reports success. Nothing may block the reader of the
 * kernel's ring. The protocol is documented and stable
 * (systemd.io/JOURNAL_NATIVE_PROTOCOL), one datagram an event, or a sealed memfd
 * when that is too large for a datagram.
 *
 * Kernel facts: a send to a connected AF_UNIX datagram socket fails with EAGAIN
 * while the receiver's queue is full, and poll(2) says POLLOUT when it is not
 * (unix_dgram_sendmsg, unix_dgram_poll); with ECONNREFUSED once the receiver has
 * gone for good. With systemd as PID 1 the socket outlives a restart of journald.
 */
#include "sink/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include "sink/journal_fields.h"
#include "sink/storage.h"

/* One message: the JSON, and each string of the event's arena under at most two names. */
#define MESSAGE_MAX (LIMIT_EVENT_JSON + 2 * EVENT_ARENA + 8192)
/* Messages sent by one flush: 4 MiB of queue must not keep the loop from the kernel's ring. */
#define FLUSH_MESSAGES 128
#define RETRY_USEC 1000000u
/* An emptied queue that had grown over this gives its pages back. */
#define KEEP_BYTES (64 * 1024)

_Static_assert(LIMIT_JOURNAL_BACKLOG >= 2 * MESSAGE_MAX, "the queue must hold any message");

struct head {
	uint32_t n;
	struct sink_mark mark;
};

struct sink_journal {
	struct sockaddr_un address;
	socklen_t address_len;
	int fd;            /* connected, or -1 */
	bool resting;      /* the last attempt failed for another reason than a full queue: wait for retry_at */
	uint64_t retry_at; /* monotonic */
	uint64_t unsaid;   /* dropped since an event last got through */
	struct sink_counters counters;

	/* The queue: records of a head and as many bytes as it says, going round the end of `ring`. */
	size_t tail, used;
	size_t touched; /* bytes of `ring` that may be resident */
	uint32_t waiting;
	char ring[LIMIT_JOURNAL_BACKLOG];
	char message[MESSAGE_MAX];
};

/* A message, in two pieces when it goes round the end of the ring. */
struct pieces {
	struct iovec at[3];
	int count;
};

struct sink_journal *sink_journal_new_at(const char *socket_path)
{
	size_t n = strlen(socket_path);
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	if (n >= sizeof(address.sun_path)) {
		errno = ENAMETOOLONG;
		return NULL;
	}
	memcpy(address.sun_path, socket_path, n);
	struct sink_journal *j = sink_storage_map(sizeof(*j));
	if (!j)
		return NULL;
	j->address = address;
	j->address_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n + 1);
	j->fd = -1;
	return j;
}

struct sink_journal *sink_journal_new(void)
{
	return sink_journal_new_at("/run/systemd/journal/socket");
}

static void disconnect(struct sink_journal *j)
{
	if (j->fd >= 0)
		close(j->fd);
	j->fd = -1;
}

void sink_journal_free(struct sink_journal *j)
{
	if (!j)
		return;
	disconnect(j);
	sink_storage_unmap(j, sizeof(*j));
}

static int connect_to_journald(struct sink_journal *j)
{
	if (j->fd >= 0)
		return 0;
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)&j->address, j->address_len) < 0) {
		int error = errno;
		close(fd);
		return -error;
	}
	j->fd = fd;
	return 0;
}

static int write_all(int fd, const struct pieces *m)
{
	for (int i = 0; i < m->count; i++)
		for (size_t done = 0; done < m->at[i].iov_len;) {
			ssize_t n = write(fd, (char *)m->at[i].iov_base + done, m->at[i].iov_len - done);
			if (n < 0 && errno != EINTR)
				return -errno;
			done += n > 0 ? (size_t)n : 0;
		}
	return 0;
}

static int send_header(int fd, const struct msghdr *h)
{
	for (;;) {
		if (sendmsg(fd, h, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
			return 0;
		if (errno != EINTR)
			return -errno;
	}
}

/* Seals: exactly these four are what journald since 230 takes for a sealed file. */
static int send_in_memfd(int fd, const struct pieces *m)
{
	int file = memfd_create("oomwatchd-event", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (file < 0)
		return -errno;
	int r = write_all(file, m);
	if (r == 0 && fcntl(file, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) < 0)
		r = -errno;
	if (r == 0) {
		union {
			struct cmsghdr head;
			char room[CMSG_SPACE(sizeof(int))];
		} control = {.room = {0}};
		struct msghdr h = {.msg_control = &control, .msg_controllen = sizeof(control.room)};
		struct cmsghdr *c = CMSG_FIRSTHDR(&h);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &file, sizeof(int));
		r = send_header(fd, &h);
	}
	close(file);
	return r;
}

static int send_once(int fd, struct pieces *m)
{
	struct msghdr h = {.msg_iov = m->at, .msg_iovlen = (size_t)m->count};
	int r = send_header(fd, &h);
	/* ENOBUFS: no contiguous memory for so large a datagram; a file needs none. */
	return r == -EMSGSIZE || r == -ENOBUFS ? send_in_memfd(fd, m) : r;
}

static bool receiver_gone(int r)
{
	return r == -ECONNREFUSED || r == -ECONNRESET || r == -ENOTCONN || r == -EPIPE;
}

/* Another try later may do: journald is away, or the machine is short of something. */
static bool passes(int r)
{
	static const int passing[] = {ENOENT, ECONNREFUSED, ECONNRESET, ENOTCONN, EPIPE,  EACCES, ENOTDIR,
				      EPERM,  ENOBUFS,      ENOMEM,     EMFILE,   ENFILE, ENOSPC, ETOOMANYREFS};
	for (size_t i = 0; i < ARRAY_COUNT(passing); i++)
		if (r == -passing[i])
			return true;
	return false;
}

/* Whether to wait for the clock; when not, poll(2) tells when journald reads again. */
static bool must_rest(const struct sink_journal *j, int r)
{
	return r != -EAGAIN || j->fd < 0;
}

/* One event, with the word of what is missing before it. -EAGAIN when journald does not read. */
static int send_event(struct sink_journal *j, struct pieces *m)
{
	char said[48];
	struct text t = text_on(said, sizeof(said));
	if (j->unsaid) {
		text_addf(&t, "OOM_DROPPED=%llu\n", (unsigned long long)j->unsaid);
		m->at[m->count++] = (struct iovec){.iov_base = said, .iov_len = t.n};
	}
	int r = -ECONNREFUSED;
	/* A second time when the receiver is gone: a new journald may listen at the same path. */
	for (int attempt = 0; attempt < 2 && receiver_gone(r); attempt++) {
		r = connect_to_journald(j);
		if (r == 0)
			r = send_once(j->fd, m);
		if (receiver_gone(r))
			disconnect(j);
	}
	if (r == 0) {
		j->unsaid = 0;
		j->counters.sent++;
	} else if (r != -EAGAIN) {
		j->counters.errors++;
	}
	return r;
}

static void drop(struct sink_journal *j)
{
	j->counters.dropped++;
	j->unsaid++;
}

static void ring_read(const struct sink_journal *j, size_t at, void *to, size_t n)
{
	at %= sizeof(j->ring);
	size_t first = n < sizeof(j->ring) - at ? n : sizeof(j->ring) - at;
	memcpy(to, j->ring + at, first);
	memcpy((char *)to + first, j->ring, n - first);
}

static void ring_write(struct sink_journal *j, size_t at, const void *from, size_t n)
{
	at %= sizeof(j->ring);
	size_t first = n < sizeof(j->ring) - at ? n : sizeof(j->ring) - at;
	memcpy(j->ring + at, from, first);
	memcpy(j->ring, (const char *)from + first, n - first);
}

static struct pieces oldest(struct sink_journal *j)
{
	struct head h;
	ring_read(j, j->tail, &h, sizeof(h));
	size_t at = (j->tail + sizeof(h)) % sizeof(j->ring);
	size_t first = h.n < sizeof(j->ring) - at ? h.n : sizeof(j->ring) - at;
	struct pieces m = {.at = {{.iov_base = j->ring + at, .iov_len = first}}, .count = 1};
	if (first < h.n)
		m.at[m.count++] = (struct iovec){.iov_base = j->ring, .iov_len = h.n - first};
	return m;
}

static void forget_oldest(struct sink_journal *j)
{
	struct head h;
	ring_read(j, j->tail, &h, sizeof(h));
	j->tail = (j->tail + sizeof(h) + h.n) % sizeof(j->ring);
	j->used -= sizeof(h) + h.n;
	j->waiting--;
	if (j->waiting)
		return;
	j->tail = 0;
	if (j->touched > KEEP_BYTES) {
		sink_storage_forget(j->ring, j->touched);
		j->touched = 0;
	}
}

static void enqueue(struct sink_journal *j, struct slice message, struct sink_mark mark)
{
	const struct head h = {.n = (uint32_t)message.n, .mark = mark};
	while (sizeof(j->ring) - j->used < sizeof(h) + h.n) {
		forget_oldest(j);
		drop(j);
	}
	ring_write(j, j->tail + j->used, &h, sizeof(h));
	ring_write(j, j->tail + j->used + sizeof(h), message.p, h.n);
	j->used += sizeof(h) + h.n;
	j->waiting++;
	size_t end = j->tail + j->used;
	j->touched = end > sizeof(j->ring) ? sizeof(j->ring) : end > j->touched ? end : j->touched;
}

void sink_journal_publish(struct sink_journal *j, const struct sink_message *m)
{
	struct text t = text_on(j->message, sizeof(j->message));
	sink_journal_fields(m, &t);
	if (j->waiting) {
		enqueue(j, text_slice(&t), m->mark);
		return;
	}
	struct pieces all = {.at = {{.iov_base = t.p, .iov_len = t.n}}, .count = 1};
	int r = send_event(j, &all);
	if (r == 0)
		return;
	if (r != -EAGAIN && !passes(r)) {
		drop(j);
		return;
	}
	j->resting = must_rest(j, r);
	j->retry_at = 0;
	enqueue(j, text_slice(&t), m->mark);
}

void sink_journal_flush(struct sink_journal *j, uint64_t now_usec)
{
	if (j->resting && now_usec < j->retry_at)
		return;
	j->resting = false;
	for (int i = 0; i < FLUSH_MESSAGES && j->waiting; i++) {
		struct pieces m = oldest(j);
		int r = send_event(j, &m);
		if (r == -EAGAIN || passes(r)) {
			j->resting = must_rest(j, r);
			j->retry_at = now_usec + RETRY_USEC;
			return;
		}
		forget_oldest(j);
		if (r < 0)
			drop(j);
	}
}

uint32_t sink_journal_waiting(const struct sink_journal *j)
{
	return j->waiting;
}

bool sink_journal_oldest(const struct sink_journal *j, struct sink_mark *mark)
{
	struct head h;
	if (!j->waiting)
		return false;
	ring_read(j, j->tail, &h, sizeof(h));
	*mark = h.mark;
	return true;
}

bool sink_journal_begin(struct sink_journal *j, struct slice token)
{
	static const char said[] =
	    "MESSAGE=reading the kernel's log\nPRIORITY=6\nSYSLOG_IDENTIFIER=oomwatchd\nOOM_START=";
	struct pieces m = {
	    .at = {{.iov_base = (char *)said, .iov_len = sizeof(said) - 1},
		   {.iov_base = (char *)token.p, .iov_len = token.n},
		   {.iov_base = (char *)"\n", .iov_len = 1}},
	    .count = 3,
	};
	return connect_to_journald(j) == 0 && send_once(j->fd, &m) == 0;
}

void sink_journal_reopen(struct sink_journal *j)
{
	disconnect(j);
	j->resting = j->waiting > 0;
	j->retry_at = 0;
}

int sink_journal_poll_fd(const struct sink_journal *j)
{
	return j->waiting && !j->resting ? j->fd : -1;
}

uint64_t sink_journal_deadline(const struct sink_journal *j)
{
	return j->waiting && j->resting ? j->retry_at : UINT64_MAX;
}

const struct sink_counters *sink_journal_counters(const struct sink_journal *j)
{
	return &j->counters;
}
