/*
 * One client. What goes out is chosen a line at a time, and a line once begun is
 * always finished: the end of an event's line that left the ring; the event in
 * progress; lines of our own; the word of what was lost; the next event.
 */
#include "sink/socket_client.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/text.h"
#include "sink/socket_request.h"

/* Lines sent to one client, and reads of what it sent, before the others get their turn. */
#define LINES_PER_TURN 64
#define READS_PER_TURN 4
/* Discarded of what a client sent and nobody read, so that it sees the end of the stream and not a reset. */
#define DRAIN_READS 64

void sink_socket_client_open(struct sink_socket_client *c, int fd, const struct sink_socket_ring *ring,
			     struct slice hello)
{
	c->open = true;
	c->fd = fd;
	c->blocked = c->input_ended = c->asked = c->closing = false;
	c->next = c->live_from = c->skip_from = c->skip_to = ring->next;
	c->offset = c->request_n = c->rest_n = c->rest_at = 0;
	c->dropped = 0;
	c->said_n = c->said_at = 0;
	memcpy(c->said, hello.p, hello.n);
	c->said_n = hello.n;
}

static void say(struct sink_socket_client *c, struct slice line)
{
	if (c->said_at == c->said_n)
		c->said_at = c->said_n = 0;
	if (line.n > sizeof(c->said) - c->said_n)
		return; /* cannot be: hello, a gap and an error fit, and nothing is said twice */
	memcpy(c->said + c->said_n, line.p, line.n);
	c->said_n += line.n;
}

/* To the next event, over those that went out already. */
static void step(struct sink_socket_client *c)
{
	c->offset = 0;
	c->next++;
	if (c->next == c->skip_from)
		c->next = c->skip_to;
}

/* Makes the line in progress independent of the ring. */
static void keep_rest(struct sink_socket_client *c, const struct sink_socket_ring *ring)
{
	struct slice line = sink_socket_ring_line(ring, c->next);
	struct slice rest = slice_sub(line, c->offset, line.n);
	memcpy(c->rest, rest.p, rest.n);
	c->rest_n = rest.n;
	c->rest_at = 0;
	step(c);
}

static void refuse(struct sink_socket_client *c, const struct sink_socket_ring *ring, struct slice error)
{
	if (c->offset)
		keep_rest(c, ring);
	say(c, error);
	c->closing = true;
}

void sink_socket_client_lose(struct sink_socket_client *c, struct sink_counters *counters)
{
	if (c->closing)
		return;
	c->dropped++;
	counters->dropped++;
}

void sink_socket_client_evict(struct sink_socket_client *c, const struct sink_socket_ring *ring,
			      struct sink_counters *counters)
{
	if (c->closing || c->next != ring->first)
		return;
	if (c->offset) {
		keep_rest(c, ring);
		return;
	}
	sink_socket_client_lose(c, counters);
	step(c);
}

bool sink_socket_client_has_output(const struct sink_socket_client *c, const struct sink_socket_ring *ring)
{
	return c->rest_at < c->rest_n || c->said_at < c->said_n ||
	       (!c->closing && (c->dropped || c->next < ring->next));
}

/* What is to be sent now; empty when there is nothing. */
static struct slice output(struct sink_socket_client *c, const struct sink_socket_ring *ring)
{
	if (c->rest_at < c->rest_n)
		return slice_of(c->rest + c->rest_at, c->rest_n - c->rest_at);
	if (c->offset == 0 && c->said_at == c->said_n && c->dropped && !c->closing) {
		char storage[64];
		struct text t = text_on(storage, sizeof(storage));
		text_addf(&t, "{\"type\":\"dropped\",\"count\":%llu}\n", (unsigned long long)c->dropped);
		say(c, text_slice(&t));
		c->dropped = 0;
	}
	if (c->offset == 0 && c->said_at < c->said_n)
		return slice_of(c->said + c->said_at, c->said_n - c->said_at);
	if (c->closing || c->next >= ring->next)
		return SLICE_NONE;
	struct slice line = sink_socket_ring_line(ring, c->next);
	return slice_sub(line, c->offset, line.n);
}

/* `n` bytes of output() are out. */
static void advance(struct sink_socket_client *c, const struct sink_socket_ring *ring, size_t n,
		    struct sink_counters *counters)
{
	if (c->rest_at < c->rest_n) {
		c->rest_at += n;
		counters->sent += c->rest_at == c->rest_n;
	} else if (c->offset == 0 && c->said_at < c->said_n) {
		c->said_at += n;
	} else {
		c->offset += n;
		if (c->offset == sink_socket_ring_line(ring, c->next).n) {
			counters->sent++;
			step(c);
		}
	}
}

int sink_socket_client_write(struct sink_socket_client *c, const struct sink_socket_ring *ring,
			     struct sink_counters *counters)
{
	for (int i = 0; i < LINES_PER_TURN; i++) {
		struct slice out = output(c, ring);
		if (out.n == 0)
			return 0;
		ssize_t n = send(c->fd, out.p, out.n, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n >= 0) {
			advance(c, ring, (size_t)n, counters);
		} else if (errno == EAGAIN || errno == EWOULDBLOCK) {
			c->blocked = true;
			return 0;
		} else if (errno != EINTR) {
			return -errno;
		}
	}
	return 0;
}

/* Back to `from`, unless that went out on this connection already. */
static void rewind_to(struct sink_socket_client *c, const struct sink_socket_ring *ring, uint64_t from)
{
	if (from >= c->live_from)
		return;
	if (c->offset)
		keep_rest(c, ring);
	c->skip_from = c->live_from;
	c->skip_to = c->next;
	c->next = from;
}

static void answer(struct sink_socket_client *c, const struct sink_socket_ring *ring, struct slice line)
{
	struct sink_socket_request request;
	if (!sink_socket_request_parse(line, &request)) {
		refuse(c, ring, SLICE(SINK_SOCKET_ERROR("not a request: {\\\"replay\\\":N} or {\\\"after\\\":ID}")));
		return;
	}
	c->asked = true;
	uint64_t seq, retained = ring->next - ring->first;
	switch (request.kind) {
	case SINK_SOCKET_REPLAY:
		rewind_to(c, ring, ring->next - (request.count < retained ? request.count : retained));
		return;
	case SINK_SOCKET_AFTER:
		if (sink_socket_ring_find(ring, request.id, &seq)) {
			rewind_to(c, ring, seq + 1);
		} else {
			say(c, SLICE("{\"type\":\"replay-gap\"}\n"));
			rewind_to(c, ring, ring->first);
		}
		return;
	}
}

static bool is_blank(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!memchr(" \t\r\n", s.p[i], 4))
			return false;
	return true;
}

/* What was received may hold a whole line now. */
static void take_request(struct sink_socket_client *c, const struct sink_socket_ring *ring)
{
	struct slice all = slice_of(c->request, c->request_n), line = all;
	if (!c->asked) {
		struct slice tail = all;
		bool whole = take_until(&tail, SLICE("\n"), &line);
		if (!whole && all.n > LIMIT_REQUEST) {
			refuse(c, ring, SLICE(SINK_SOCKET_ERROR("request too long")));
			return;
		}
		if (!whole && (!c->input_ended || all.n == 0))
			return;
		answer(c, ring, line);
		line = whole ? tail : SLICE_NONE;
	}
	if (c->closing)
		return;
	c->request_n = 0;
	if (!is_blank(line))
		refuse(c, ring, SLICE(SINK_SOCKET_ERROR("one request only")));
}

int sink_socket_client_read(struct sink_socket_client *c, const struct sink_socket_ring *ring)
{
	for (int i = 0; i < READS_PER_TURN && !c->input_ended && !c->closing; i++) {
		ssize_t n = recv(c->fd, c->request + c->request_n, sizeof(c->request) - c->request_n, MSG_DONTWAIT);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -errno;
		c->input_ended = n == 0;
		c->request_n += (size_t)n;
		take_request(c, ring);
	}
	return 0;
}

void sink_socket_client_hang_up(int fd)
{
	char waste[4096];
	for (int i = 0; i < DRAIN_READS && recv(fd, waste, sizeof(waste), MSG_DONTWAIT) > 0; i++)
		;
	close(fd);
}
