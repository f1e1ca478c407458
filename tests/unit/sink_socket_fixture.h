/* A server and clients in one process: what the tests of the event socket share. */
#ifndef SINK_SOCKET_FIXTURE_H
#define SINK_SOCKET_FIXTURE_H

#include "sink_fixture.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "sink/socket.h"

#define BOOT "0123456789abcdef0123456789abcdef"
#define HELLO "{\"type\":\"hello\",\"version\":1,\"boot_id\":\"" BOOT "\""

static struct sink_socket *server;
static uint64_t published; /* events so far; they are numbered from 0 */

/* One client: what it received and has not looked at yet. */
struct peer {
	int fd;
	bool ended; /* the server closed */
	size_t n;
	char got[1 << 18];
};
static struct peer peers[LIMIT_CLIENTS + 1];

static inline const char *socket_path(void)
{
	return in_dir("events.sock");
}

static inline int start(void **state)
{
	(void)state;
	published = 0;
	server = sink_socket_new(SLICE(BOOT));
	return server ? sink_socket_listen(server, socket_path(), "no such group") : -1;
}

static inline int stop(void **state)
{
	(void)state;
	sink_socket_free(server);
	server = NULL;
	for (size_t i = 0; i < ARRAY_COUNT(peers); i++)
		if (peers[i].fd > 0) {
			close(peers[i].fd);
			peers[i].fd = 0;
		}
	return access(socket_path(), F_OK) == 0;
}

/* One turn of the daemon's loop; whether anything was to be done. */
static inline bool turn(void)
{
	struct pollfd fds[LIMIT_CLIENTS + 1];
	uint32_t n = sink_socket_pollfds(server, fds);
	assert_true(n <= LIMIT_CLIENTS + 1);
	int ready = poll(fds, n, 0);
	assert_true(ready >= 0);
	sink_socket_dispatch(server, fds, n);
	return ready > 0;
}

/* Turns until nothing is to be done; a server that finds work for ever is a busy loop. */
static inline void settle(void)
{
	for (int i = 0; turn(); i++)
		assert_true(i < 10000);
}

static inline struct peer *connect_peer(struct peer *p)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	memcpy(a.sun_path, socket_path(), strlen(socket_path()));
	*p = (struct peer){.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
	assert_true(p->fd > 0);
	assert_int_equal(connect(p->fd, (struct sockaddr *)&a, sizeof(a)), 0);
	return p;
}

static inline void send_text(struct peer *p, const char *text)
{
	assert_int_equal(send(p->fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

/* At most `n` bytes more; how many there were. */
static inline size_t receive(struct peer *p, size_t n)
{
	if (n > sizeof(p->got) - p->n)
		n = sizeof(p->got) - p->n;
	ssize_t r = n ? recv(p->fd, p->got + p->n, n, 0) : 0;
	if (r < 0 && errno == EAGAIN)
		return 0;
	p->ended = p->ended || (n && r <= 0);
	p->n += r > 0 ? (size_t)r : 0;
	return r > 0 ? (size_t)r : 0;
}

/* The next whole line, valid until the next call; absent when there is none yet. */
static inline struct slice next_line(struct peer *p)
{
	static char line[LIMIT_EVENT_JSON + 2];
	for (;;) {
		struct slice c = slice_of(p->got, p->n), one;
		if (take_until(&c, SLICE("\n"), &one)) {
			assert_true(one.n < sizeof(line));
			memcpy(line, one.p, one.n);
			size_t used = one.n + 1;
			memmove(p->got, p->got + used, p->n - used);
			p->n -= used;
			return slice_of(line, used - 1);
		}
		if (!receive(p, sizeof(p->got)))
			return SLICE_NONE;
	}
}

static inline void expect_line(struct peer *p, const char *expected)
{
	settle();
	assert_text(next_line(p), expected);
}

static inline void expect_nothing(struct peer *p)
{
	settle();
	assert_false(slice_present(next_line(p)));
	assert_false(p->ended);
}

static inline void expect_end(struct peer *p)
{
	settle();
	assert_false(slice_present(next_line(p)));
	assert_true(p->ended);
}

/* {"n":<number>,"pad":"xxx"} */
static inline void publish_padded(size_t pad)
{
	static char json[LIMIT_EVENT_JSON + 100], id[64];
	int n = snprintf(json, sizeof(json), "{\"n\":%llu,\"pad\":\"", (unsigned long long)published);
	memset(json + n, 'x', pad);
	memcpy(json + n + pad, "\"}", 2);
	int id_n = snprintf(id, sizeof(id), BOOT "-%llu", (unsigned long long)published);
	event_init(&event, EVENT_OOM_KILL);
	event.id = slice_of(id, (size_t)id_n);
	sink_socket_publish(server,
			    &(struct sink_message){.event = &event, .json = slice_of(json, (size_t)n + pad + 2)});
	published++;
}

static inline void publish(uint64_t count)
{
	for (uint64_t i = 0; i < count; i++)
		publish_padded(3);
}

static inline uint64_t number_in(struct slice line, struct slice key)
{
	uint64_t n = 0;
	if (!take_literal(&line, key) || !take_u64(&line, &n))
		fail_msg("not %.*s: %.*s", (int)key.n, key.p, (int)line.n, line.p);
	return n;
}

/* Events from `first` to before `end`, whole and in order. */
static inline void expect_events(struct peer *p, uint64_t first, uint64_t end)
{
	for (uint64_t i = first; i < end; i++) {
		struct slice line = next_line(p);
		for (int tries = 0; !slice_present(line) && tries < 1000; tries++) {
			turn();
			line = next_line(p);
		}
		assert_true(slice_present(line));
		assert_true(slice_ends(line, SLICE("\"}")));
		assert_int_equal(number_in(line, SLICE("{\"n\":")), i);
	}
}

/* Connects and reads the hello. */
static inline struct peer *greeted(struct peer *p)
{
	connect_peer(p);
	settle();
	struct slice line = next_line(p);
	assert_true(slice_starts(line, SLICE(HELLO)));
	assert_true(slice_ends(line, SLICE("}")));
	return p;
}

/* Gives the server's end of every connection the least buffer there is: a line then goes out in many pieces. */
static inline void narrow(void)
{
	struct pollfd fds[LIMIT_CLIENTS + 1];
	uint32_t n = sink_socket_pollfds(server, fds);
	int least = 1;
	for (uint32_t i = 0; i < n; i++)
		assert_int_equal(setsockopt(fds[i].fd, SOL_SOCKET, SO_SNDBUF, &least, sizeof(least)), 0);
}

static inline unsigned open_files(void)
{
	unsigned n = 0;
	DIR *d = opendir("/proc/self/fd");
	assert_non_null(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

#endif
