/*
 * Events out of the daemon's socket. What it retains is asked for by one line;
 * where the retained end and the live ones begin is told by the newest id of
 * its greeting. Who follows outlives a restart of the daemon: it comes back and
 * asks for what was published after the last event it saw.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/limits.h"
#include "ctl/reader.h"
#include "ctl/say.h"
#include "ctl/signals.h"

#define LINE_MAX_BYTES (2 * LIMIT_EVENT_JSON)
/* oomwatchd greets at once; whoever does not is something else. */
#define GREETING_MS 5000
/* Between two attempts to come back. */
#define AWAY_MS 500

struct socket_reader {
	struct ctl_reader base;
	int fd;
	const char *path;
	bool follow, greeted, done, failed;
	bool returning; /* it was greeted before, and the connection has ended since */
	bool said;      /* that it waits for the daemon */
	uint64_t replay;
	char newest[128]; /* id of the newest event retained when it was greeted first */
	char last[128];   /* id of the last event seen, or of the newest one it did not ask for; "" = none */
	uint64_t dropped;
	bool gap;
	size_t from, to;
	char buffer[4 * LINE_MAX_BYTES];
};

static void notice(struct socket_reader *r, const json_t *j)
{
	uint64_t count;
	struct slice error = ctl_str(j, "error");
	if (ctl_is(j, "type", "dropped") && ctl_num(j, "count", &count)) {
		r->dropped += count;
		ctl_say("%s: %llu events were dropped because this program did not read fast enough", r->path,
			(unsigned long long)count);
	} else if (ctl_is(j, "type", "error")) {
		ctl_say("%s: %.*s", r->path, (int)error.n, error.p ? error.p : "");
	}
}

static void remember(char *to, size_t size, struct slice id)
{
	if (slice_present(id) && id.n < size) {
		memcpy(to, id.p, id.n);
		to[id.n] = '\0';
	}
}

/* Nothing seen, and nothing retained at the first greeting: then all that is retained now is new. */
static bool ask(struct socket_reader *r)
{
	char line[192];
	uint64_t replay = r->returning ? UINT64_MAX : r->replay;
	int n;
	if (r->returning && r->last[0])
		n = snprintf(line, sizeof(line), "{\"after\":\"%s\"}\n", r->last);
	else
		n = snprintf(line, sizeof(line), "{\"replay\":%llu}\n", (unsigned long long)replay);
	return replay == 0 || send(r->fd, line, (size_t)n, MSG_NOSIGNAL) == n;
}

/* The greeting: asks for the replay; with nothing retained there is nothing to wait for. */
static void greet(struct socket_reader *r, const json_t *hello)
{
	r->greeted = true;
	if (!r->returning) {
		remember(r->newest, sizeof(r->newest), ctl_str(hello, "newest_id"));
		if (r->replay == 0)
			remember(r->last, sizeof(r->last), ctl_str(hello, "newest_id"));
	}
	if (!r->follow && (r->newest[0] == '\0' || r->replay == 0))
		r->done = true;
	else if (!ask(r))
		r->done = true;
}

static enum ctl_next not_oomwatchd(struct socket_reader *r, const char *what)
{
	ctl_say("%s: %s: is it oomwatchd's socket?", r->path, what);
	r->done = r->failed = true;
	r->base.fd = -1;
	return CTL_NEXT_FAILED;
}

static bool is_newest(const struct socket_reader *r, const json_t *event)
{
	return slice_eq(ctl_str(event, "id"), slice_cstr(r->newest));
}

static bool take_buffered_line(struct socket_reader *r, struct slice *line)
{
	char *p = r->buffer + r->from, *end = memchr(p, '\n', r->to - r->from);
	if (!end)
		return false;
	*line = slice_of(p, (size_t)(end - p));
	r->from += line->n + 1;
	return true;
}

/* More bytes. False: the other side has gone, or nothing now and `block` is not set. */
static bool receive(struct socket_reader *r, bool block)
{
	memmove(r->buffer, r->buffer + r->from, r->to - r->from);
	r->to -= r->from;
	r->from = 0;
	if (r->to == sizeof(r->buffer)) { /* no event is that long */
		r->done = true;
		return false;
	}
	if (ctl_poll(r->fd, POLLIN, block ? -1 : 0) <= 0)
		return false;
	ssize_t n = recv(r->fd, r->buffer + r->to, sizeof(r->buffer) - r->to, 0);
	if (n <= 0) {
		r->done = n == 0 || errno != EINTR;
		r->base.fd = r->done ? -1 : r->fd;
		return false;
	}
	r->to += (size_t)n;
	return true;
}

/* The first line: a greeting, or why there is none. */
static enum ctl_next take_greeting(struct socket_reader *r, const json_t *j)
{
	if (j && ctl_is(j, "type", "hello")) {
		if (r->returning)
			ctl_say("%s: oomwatchd is back", r->path);
		greet(r, j);
		r->returning = r->said = false;
		return CTL_NEXT_EVENT;
	}
	if (j && ctl_is(j, "type", "error") && r->returning) {
		r->done = true; /* too many clients came back at once: later, then */
		return CTL_NEXT_END;
	}
	if (j && ctl_is(j, "type", "error")) {
		notice(r, j);
		r->done = r->failed = true;
		return CTL_NEXT_FAILED;
	}
	return not_oomwatchd(r, "what answers does not speak as oomwatchd does");
}

static enum ctl_next next_event(struct ctl_reader *base, json_t **event)
{
	struct socket_reader *r = (struct socket_reader *)base;
	struct slice line;
	while (!r->done && !ctl_interrupted()) {
		if (!take_buffered_line(r, &line)) {
			/* A daemon that is about to start greets when it has read the kernel's log. */
			if (!r->greeted && ctl_poll(r->fd, POLLIN, r->returning ? -1 : GREETING_MS) == 0)
				return not_oomwatchd(r, "no greeting within 5 seconds");
			/* Not following, the reader waits for the newest retained event: it is on its way. */
			if (!receive(r, !r->follow || !r->greeted) && r->follow)
				break;
			continue;
		}
		json_t *j = ctl_event_parse(line);
		if (!r->greeted) {
			enum ctl_next greeting = take_greeting(r, j);
			json_decref(j);
			if (greeting != CTL_NEXT_EVENT)
				return greeting;
			continue;
		}
		if (!j)
			continue;
		if (ctl_get(j, "id")) {
			r->done = !r->follow && is_newest(r, j);
			remember(r->last, sizeof(r->last), ctl_str(j, "id"));
			*event = j;
			return CTL_NEXT_EVENT;
		}
		notice(r, j);
		json_decref(j);
	}
	if (!r->greeted && r->done && !r->failed && !r->returning)
		return not_oomwatchd(r, "the connection was closed without a greeting");
	return r->failed ? CTL_NEXT_FAILED : CTL_NEXT_END;
}

static void say_empty(const struct ctl_reader *base)
{
	const struct socket_reader *r = (const struct socket_reader *)base;
	ctl_say("%s: the daemon retains no event since its start; older ones are in the journal", r->path);
}

static int close_socket(struct ctl_reader *base)
{
	struct socket_reader *r = (struct socket_reader *)base;
	if (r->fd >= 0)
		close(r->fd);
	free(r);
	return 0;
}

static int connect_to(const char *path)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof(a.sun_path))
		return -ENAMETOOLONG;
	memcpy(a.sun_path, path, strlen(path));
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0) {
		int saved = errno;
		close(fd);
		return -saved;
	}
	return fd;
}

static const char *cure(int error)
{
	switch (error) {
	case -ENOENT:
	case -ECONNREFUSED:
		return ": oomwatchd is not running: systemctl start oomwatchd";
	case -EACCES:
		return ": be root, or in the group oomwatch";
	default:
		return "";
	}
}

/* Until there is a connection again; false: a signal asks to stop. */
static bool come_back(struct socket_reader *r)
{
	if (!r->said)
		ctl_say("%s: the connection has ended: waiting for oomwatchd to come back", r->path);
	r->said = r->returning = true;
	r->greeted = false;
	r->from = r->to = 0;
	if (r->fd >= 0)
		close(r->fd);
	do {
		r->fd = -1;
		if (ctl_poll(-1, 0, AWAY_MS) < 0 && ctl_interrupted())
			return false;
		r->fd = connect_to(r->path);
	} while (r->fd < 0);
	r->base.fd = r->fd;
	r->done = false;
	return true;
}

static bool wait_for_more(struct ctl_reader *base)
{
	struct socket_reader *r = (struct socket_reader *)base;
	if (r->done)
		return r->follow && !r->failed && come_back(r);
	int n = ctl_poll(r->fd, POLLIN, -1);
	return n > 0 || (n < 0 && errno == EINTR && !ctl_interrupted());
}

int ctl_reader_socket(const char *path, uint64_t replay, bool follow, struct ctl_reader **out)
{
	struct socket_reader *r = calloc(1, sizeof(*r));
	int fd = r ? connect_to(path) : -ENOMEM;
	if (fd < 0) {
		ctl_say("%s: %s%s", path, strerror(-fd), cure(fd));
		free(r);
		return 1;
	}
	r->base = (struct ctl_reader){
	    .next = next_event, .wait = wait_for_more, .say_empty = say_empty, .fd = fd, .close = close_socket};
	r->fd = fd;
	r->path = path;
	r->follow = follow;
	r->replay = replay;
	*out = &r->base;
	return 0;
}
