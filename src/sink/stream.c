/*
 * One event a line on a descriptor that may be a file, a pipe or a terminal, and
 * may have been made non-blocking by whoever shares it (a terminal's flags
 * belong to every process on it): EAGAIN is waited out, not treated as a loss.
 *
 * A line that could not be finished (a full disk) is ended before the next one
 * begins, so that a torn line never runs into a good one.
 */
#include "sink/stream.h"

#include <errno.h>
#include <poll.h>
#include <sys/uio.h>
#include <unistd.h>

#define PIECES 8

struct line {
	struct iovec piece[PIECES];
	int count;
};

static void add(struct line *l, struct slice s)
{
	if (s.n)
		l->piece[l->count++] = (struct iovec){.iov_base = (char *)(uintptr_t)s.p, .iov_len = s.n};
}

static void skip(struct line *l, int *first, size_t n)
{
	while (n && n >= l->piece[*first].iov_len)
		n -= l->piece[(*first)++].iov_len;
	if (n) {
		l->piece[*first].iov_base = (char *)l->piece[*first].iov_base + n;
		l->piece[*first].iov_len -= n;
	}
}

/* 0 when all of it is out, a negative errno otherwise; `*begun` when some of it is. */
static int write_all(int fd, struct line *l, bool *begun)
{
	for (int first = 0; first < l->count;) {
		ssize_t n = writev(fd, l->piece + first, l->count - first);
		if (n >= 0) {
			*begun = *begun || n > 0;
			skip(l, &first, (size_t)n);
		} else if (errno == EAGAIN || errno == EWOULDBLOCK) {
			struct pollfd p = {.fd = fd, .events = POLLOUT};
			if (poll(&p, 1, -1) < 0 && errno != EINTR)
				return -errno;
		} else if (errno != EINTR) {
			return -errno;
		}
	}
	return 0;
}

static void add_readable(struct line *l, const struct event *e, bool colour)
{
	struct slice what = slice_present(e->summary) ? e->summary : e->type;
	if (slice_present(e->time)) {
		add(l, e->time);
		add(l, SLICE(" "));
	}
	if (colour)
		add(l, e->type_code == EVENT_OOM_KILL ? SLICE("\033[31m") : SLICE("\033[33m"));
	add(l, what);
	if (colour)
		add(l, SLICE("\033[0m"));
}

void sink_stream_publish(struct sink_stream *s, const struct sink_message *m)
{
	if (s->broken) {
		s->counters.dropped++;
		return;
	}
	struct line l = {.count = 0};
	if (s->torn)
		add(&l, SLICE("\n"));
	if (s->form == SINK_STREAM_JSON)
		add(&l, m->json);
	else
		add_readable(&l, m->event, s->colour);
	add(&l, SLICE("\n"));

	bool begun = false;
	int r = write_all(s->fd, &l, &begun);
	if (r == 0) {
		s->torn = false;
		s->counters.sent++;
		return;
	}
	s->torn = s->torn || begun;
	s->broken = r == -EPIPE;
	if (!s->error)
		s->error = r;
	s->counters.errors++;
	s->counters.dropped++;
}
