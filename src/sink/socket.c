/*
 * The live socket: the listener, the clients' places, and the one ring they all
 * read from.
 *
 * A client that is not waiting for room is written to at once in publish; the
 * rest is left to dispatch. When accept(2) fails for want of something (files,
 * memory, a security module's consent) the connection stays queued and poll(2)
 * would report it for ever, so the listener rests: a timer takes its place among
 * the descriptors for a second.
 */
#include "sink/socket.h"

#include <errno.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/text.h"
#include "sink/socket_client.h"
#include "sink/socket_listen.h"
#include "sink/socket_request.h"
#include "sink/storage.h"

#define ACCEPTS_PER_TURN 64

struct sink_socket {
	int listener, timer; /* -1: none */
	bool resting;        /* the timer runs, the listener is not asked */
	char boot_id[SINK_SOCKET_ID];
	size_t boot_id_n;
	char path[LIMIT_PATH]; /* of the file to remove at the end, or empty */
	struct sink_socket_place place;
	struct sink_counters counters;
	uint32_t clients;
	struct sink_socket_client
	    *polled[LIMIT_CLIENTS + 1]; /* whose descriptor each of pollfds is; NULL: the listener */
	struct sink_socket_client client[LIMIT_CLIENTS];
	struct sink_socket_ring ring;
};

struct sink_socket *sink_socket_new(struct slice boot_id)
{
	struct sink_socket *s = sink_storage_map(sizeof(*s));
	if (!s)
		return NULL;
	s->listener = -1;
	s->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (s->timer < 0) {
		int error = errno;
		sink_storage_unmap(s, sizeof(*s));
		errno = error;
		return NULL;
	}
	if (sink_socket_request_is_id(boot_id)) {
		memcpy(s->boot_id, boot_id.p, boot_id.n);
		s->boot_id_n = boot_id.n;
	}
	return s;
}

void sink_socket_free(struct sink_socket *s)
{
	if (!s)
		return;
	for (uint32_t i = 0; i < LIMIT_CLIENTS; i++)
		if (s->client[i].open)
			sink_socket_client_hang_up(s->client[i].fd);
	if (s->path[0])
		sink_socket_listen_remove(s->path, &s->place);
	if (s->listener >= 0)
		close(s->listener);
	close(s->timer);
	sink_storage_unmap(s, sizeof(*s));
}

int sink_socket_listen(struct sink_socket *s, const char *path, const char *group)
{
	size_t n = strlen(path);
	if (s->listener >= 0)
		return -EBUSY;
	if (n >= sizeof(s->path))
		return -ENAMETOOLONG;
	int fd = sink_socket_listen_at(path, group, "/etc/group", &s->place);
	if (fd < 0)
		return fd;
	memcpy(s->path, path, n + 1);
	s->listener = fd;
	return 0;
}

int sink_socket_adopt(struct sink_socket *s, int listen_fd)
{
	if (s->listener >= 0)
		return -EBUSY;
	int r = sink_socket_listen_check(listen_fd);
	if (r == 0)
		s->listener = listen_fd;
	return r;
}

static void close_client(struct sink_socket *s, struct sink_socket_client *c)
{
	sink_socket_client_hang_up(c->fd);
	c->open = false;
	s->clients--;
}

static void write_to(struct sink_socket *s, struct sink_socket_client *c)
{
	int r = c->blocked ? 0 : sink_socket_client_write(c, &s->ring, &s->counters);
	bool finished = c->closing && !sink_socket_client_has_output(c, &s->ring);
	if (r < 0 || finished)
		close_client(s, c);
}

static void read_from(struct sink_socket *s, struct sink_socket_client *c)
{
	if (sink_socket_client_read(c, &s->ring) < 0)
		close_client(s, c);
}

/* Our encoder keeps to LIMIT_EVENT_JSON; a line that does not is lost to all, and each is told. */
static bool fits(const struct sink_message *m)
{
	return m->json.n <= LIMIT_EVENT_JSON;
}

void sink_socket_retain(struct sink_socket *s, struct slice id, struct slice json)
{
	if (json.n <= LIMIT_EVENT_JSON)
		sink_socket_ring_put(&s->ring, id, json);
}

void sink_socket_publish(struct sink_socket *s, const struct sink_message *m)
{
	bool full = sink_socket_ring_full(&s->ring);
	for (uint32_t i = 0; i < LIMIT_CLIENTS; i++) {
		struct sink_socket_client *c = &s->client[i];
		if (c->open && !fits(m))
			sink_socket_client_lose(c, &s->counters);
		else if (c->open && full)
			sink_socket_client_evict(c, &s->ring, &s->counters);
	}
	if (fits(m))
		sink_socket_ring_put(&s->ring, m->event->id, m->json);
	for (uint32_t i = 0; i < LIMIT_CLIENTS; i++)
		if (s->client[i].open)
			write_to(s, &s->client[i]);
}

uint32_t sink_socket_pollfds(struct sink_socket *s, struct pollfd *fds)
{
	uint32_t n = 0;
	for (uint32_t i = 0; i < LIMIT_CLIENTS; i++) {
		struct sink_socket_client *c = &s->client[i];
		if (!c->open)
			continue;
		/* Without either, POLLHUP still tells that the client has gone. */
		short events = c->input_ended || c->closing ? 0 : POLLIN;
		if (sink_socket_client_has_output(c, &s->ring))
			events |= POLLOUT;
		s->polled[n] = c;
		fds[n++] = (struct pollfd){.fd = c->fd, .events = events};
	}
	if (s->listener >= 0) {
		s->polled[n] = NULL;
		fds[n++] = (struct pollfd){.fd = s->resting ? s->timer : s->listener, .events = POLLIN};
	}
	return n;
}

static void add_id(struct text *t, const char *key, struct slice id)
{
	if (slice_present(id))
		text_addf(t, ",\"%s\":\"%.*s\"", key, (int)id.n, id.p);
}

static void welcome(struct sink_socket *s, struct sink_socket_client *c, int fd)
{
	char storage[sizeof(c->said)];
	struct text t = text_on(storage, sizeof(storage));
	text_add(&t, SLICE("{\"type\":\"hello\",\"version\":1"));
	add_id(&t, "boot_id", s->boot_id_n ? slice_of(s->boot_id, s->boot_id_n) : SLICE_NONE);
	add_id(&t, "oldest_id", sink_socket_ring_oldest_id(&s->ring));
	add_id(&t, "newest_id", sink_socket_ring_newest_id(&s->ring));
	text_add(&t, SLICE("}\n"));
	sink_socket_client_open(c, fd, &s->ring, text_slice(&t));
	s->clients++;
	/* Most clients that want a replay have asked for it by now. */
	read_from(s, c);
	if (c->open)
		write_to(s, c);
}

static void turn_away(int fd)
{
	static const char full[] = SINK_SOCKET_ERROR("too many clients");
	(void)!send(fd, full, sizeof(full) - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
	sink_socket_client_hang_up(fd);
}

static struct sink_socket_client *free_place(struct sink_socket *s)
{
	for (uint32_t i = 0; i < LIMIT_CLIENTS; i++)
		if (!s->client[i].open)
			return &s->client[i];
	return NULL;
}

static void rest(struct sink_socket *s)
{
	static const struct itimerspec second = {.it_value = {.tv_sec = 1}};
	s->resting = timerfd_settime(s->timer, 0, &second, NULL) == 0;
	s->counters.errors++;
}

static void accept_clients(struct sink_socket *s)
{
	for (int i = 0; i < ACCEPTS_PER_TURN; i++) {
		int fd = accept4(s->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return;
		if (fd < 0 && (errno == EINTR || errno == ECONNABORTED))
			continue;
		if (fd < 0) {
			rest(s);
			return;
		}
		struct sink_socket_client *c = free_place(s);
		if (c)
			welcome(s, c, fd);
		else
			turn_away(fd);
	}
}

static void serve(struct sink_socket *s, struct sink_socket_client *c, short revents)
{
	if (revents & (POLLHUP | POLLERR | POLLNVAL)) {
		close_client(s, c);
		return;
	}
	if (revents & POLLOUT)
		c->blocked = false;
	if (revents & POLLIN)
		read_from(s, c);
	if (c->open)
		write_to(s, c);
}

void sink_socket_dispatch(struct sink_socket *s, const struct pollfd *fds, uint32_t count)
{
	bool knock = false;
	for (uint32_t i = 0; i < count; i++) {
		struct sink_socket_client *c = s->polled[i];
		if (!fds[i].revents)
			continue;
		if (!c)
			knock = true;
		else if (c->open && c->fd == fds[i].fd) /* not closed by a publish in between */
			serve(s, c, fds[i].revents);
	}
	if (!knock)
		return;
	s->resting = false;
	accept_clients(s);
}

uint32_t sink_socket_clients(const struct sink_socket *s)
{
	return s->clients;
}

const struct sink_counters *sink_socket_counters(const struct sink_socket *s)
{
	return &s->counters;
}
