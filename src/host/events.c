/*
 * The proc connector, drivers/connector/cn_proc.c.
 *
 * A datagram is nlmsghdr, cn_msg, proc_event, each the kernel's own layout: 4-byte
 * aligned, so the 64-bit stamp is read by copying. Up to 4.17 an exit event has
 * no parent members and is shorter; nothing here reads them.
 *
 * Asking (cn_proc_mcast_ctl): the plain request is understood by all kernels and
 * answered; the answer is in the queue when sendto() returns, since the kernel's
 * side runs in it. From 6.6 on, a second request may carry an event mask (struct
 * proc_input). It is never answered: an older kernel passes over a request of
 * that size, a newer one puts its answer through the mask, which has no bit for it.
 * Before 6.6 each LISTEN adds a listener for good, so IGNORE is sent at the end,
 * or every fork on the host would go on making messages for nobody.
 */
#include "host/events.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <linux/filter.h>

#define AT_CONNECTOR sizeof(struct nlmsghdr)
#define AT_EVENT (AT_CONNECTOR + sizeof(struct cn_msg))
#define AT_DATA (AT_EVENT + offsetof(struct proc_event, event_data))

/* Since 6.6, linux/cn_proc.h; Debian 12's headers are older. */
struct mask_request {
	uint32_t op;
	uint32_t events;
};

#define WANTED (PROC_EVENT_FORK | PROC_EVENT_EXEC | PROC_EVENT_COMM | PROC_EVENT_UID | PROC_EVENT_EXIT)

static bool get(struct slice *c, void *to, size_t n)
{
	if (c->n < n)
		return false;
	memcpy(to, c->p, n);
	c->p += n;
	c->n -= n;
	return true;
}

static bool get_ids(struct slice *c, int32_t *pid, int32_t *tgid)
{
	return get(c, pid, sizeof(*pid)) && get(c, tgid, sizeof(*tgid));
}

static bool read_fork(struct slice c, struct host_event *out)
{
	int32_t parent_thread, child_thread;
	if (!get_ids(&c, &parent_thread, &out->parent) || !get_ids(&c, &child_thread, &out->pid))
		return false;
	if (child_thread == out->pid)
		out->kind = HOST_EVENT_FORK;
	return true;
}

/* The kinds that begin with the ids of one task. */
static bool read_task(struct slice c, enum host_event_kind kind, struct host_event *out)
{
	int32_t thread;
	uint32_t word;
	if (!get_ids(&c, &thread, &out->pid))
		return false;
	if (thread != out->pid)
		return true;
	if (kind == HOST_EVENT_COMM) {
		if (!get(&c, out->comm, sizeof(out->comm)))
			return false;
		out->comm_size = (uint8_t)strnlen(out->comm, sizeof(out->comm));
	} else if (kind == HOST_EVENT_UID) {
		if (!get(&c, &out->uid, sizeof(out->uid)))
			return false;
	} else if (kind == HOST_EVENT_EXIT) {
		if (!get(&c, &word, sizeof(word)))
			return false;
		out->killed = (word & 0x7f) == 9;
	}
	out->kind = kind;
	return true;
}

bool host_event_parse(struct slice datagram, struct host_event *out)
{
	struct slice c = datagram;
	struct nlmsghdr nl;
	struct cn_msg cn;
	uint32_t what, cpu;
	uint64_t stamp_nsec;

	*out = (struct host_event){0};
	if (!get(&c, &nl, sizeof(nl)) || nl.nlmsg_len < AT_EVENT || nl.nlmsg_len > datagram.n || nl.nlmsg_pid != 0 ||
	    nl.nlmsg_type != NLMSG_DONE)
		return false;
	c.n = nl.nlmsg_len - sizeof(nl);
	if (!get(&c, &cn, sizeof(cn)) || cn.id.idx != CN_IDX_PROC || cn.id.val != CN_VAL_PROC || cn.len > c.n)
		return false;
	c.n = cn.len;
	if (!get(&c, &what, sizeof(what)) || !get(&c, &cpu, sizeof(cpu)) || !get(&c, &stamp_nsec, sizeof(stamp_nsec)))
		return false;
	out->stamp_usec = stamp_nsec / 1000;
	switch (what) {
	case PROC_EVENT_NONE:
		out->kind = HOST_EVENT_ACK;
		return get(&c, &out->error, sizeof(out->error));
	case PROC_EVENT_FORK:
		return read_fork(c, out);
	case PROC_EVENT_EXEC:
		return read_task(c, HOST_EVENT_EXEC, out);
	case PROC_EVENT_COMM:
		return read_task(c, HOST_EVENT_COMM, out);
	case PROC_EVENT_UID:
		return read_task(c, HOST_EVENT_UID, out);
	case PROC_EVENT_EXIT:
		return read_task(c, HOST_EVENT_EXIT, out);
	}
	return true;
}

/* Loads are big-endian to the filter, the message is the host's: constants are turned, registers need not be. */
static int attach_filter(int fd)
{
	struct sock_filter code[] = {
	    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, AT_EVENT),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htonl(PROC_EVENT_NONE), 12, 0),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htonl(PROC_EVENT_FORK), 4, 0),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htonl(PROC_EVENT_EXEC), 7, 0),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htonl(PROC_EVENT_COMM), 6, 0),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htonl(PROC_EVENT_UID), 5, 0),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htonl(PROC_EVENT_EXIT), 4, 8),
	    /* fork: the child's thread and process ids */
	    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, AT_DATA + offsetof(struct fork_proc_event, child_pid)),
	    BPF_STMT(BPF_MISC | BPF_TAX, 0),
	    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, AT_DATA + offsetof(struct fork_proc_event, child_tgid)),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_X, 0, 3, 4),
	    /* the others: ids come first */
	    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, AT_DATA),
	    BPF_STMT(BPF_MISC | BPF_TAX, 0),
	    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, AT_DATA + sizeof(int32_t)),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_X, 0, 0, 1),
	    BPF_STMT(BPF_RET | BPF_K, HOST_EVENTS_MESSAGE),
	    BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog program = {.len = ARRAY_COUNT(code), .filter = code};
	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) < 0 ? -errno : 0;
}

static int request(int fd, const void *what, uint16_t size)
{
	char datagram[AT_EVENT + sizeof(struct mask_request)] = {0};
	struct nlmsghdr nl = {.nlmsg_len = (uint32_t)(AT_EVENT + size), .nlmsg_type = NLMSG_DONE};
	struct cn_msg cn = {.id = {.idx = CN_IDX_PROC, .val = CN_VAL_PROC}, .len = size};
	struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	memcpy(datagram, &nl, sizeof(nl));
	memcpy(datagram + AT_CONNECTOR, &cn, sizeof(cn));
	memcpy(datagram + AT_EVENT, what, size);
	ssize_t n = sendto(fd, datagram, nl.nlmsg_len, 0, (struct sockaddr *)&kernel, sizeof(kernel));
	return n < 0 ? -errno : 0;
}

/* The kernel's answer among the events that may already wait; these few are lost, which is before the first scan. */
static int await_answer(struct host_events *e)
{
	struct host_event event[HOST_EVENTS_BATCH];
	uint32_t count;
	for (int turn = 0; turn < 64; turn++) {
		int n = host_events_take(e, event, &count);
		if (n == -ENOBUFS)
			continue;
		if (n <= 0)
			return n < 0 ? n : -ENOTCONN;
		for (uint32_t i = 0; i < count; i++)
			if (event[i].kind == HOST_EVENT_ACK)
				return -(int)event[i].error;
	}
	return -ENOTCONN;
}

static int listen_for_events(struct host_events *e)
{
	const struct mask_request masked = {.op = PROC_CN_MCAST_LISTEN, .events = WANTED};
	const uint32_t plain = PROC_CN_MCAST_LISTEN;
	int r = request(e->fd, &plain, sizeof(plain));
	if (r == 0)
		r = await_answer(e);
	return r < 0 ? r : request(e->fd, &masked, sizeof(masked));
}

static void prepare_batch(struct host_events *e)
{
	for (size_t i = 0; i < HOST_EVENTS_BATCH; i++) {
		e->vec[i] = (struct iovec){.iov_base = e->message[i], .iov_len = sizeof(e->message[i])};
		e->header[i] = (struct mmsghdr){.msg_hdr = {.msg_name = &e->from[i],
							    .msg_namelen = sizeof(e->from[i]),
							    .msg_iov = &e->vec[i],
							    .msg_iovlen = 1}};
	}
}

static int set_up(struct host_events *e)
{
	struct sockaddr_nl self = {.nl_family = AF_NETLINK, .nl_groups = CN_IDX_PROC};
	int size = HOST_EVENTS_BUFFER / 2; /* the kernel doubles it for its own overhead (sock_setsockopt) */
	socklen_t len = sizeof(e->buffer);
	if (setsockopt(e->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		setsockopt(e->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (getsockopt(e->fd, SOL_SOCKET, SO_RCVBUF, &e->buffer, &len) < 0)
		e->buffer = 0;
	int r = attach_filter(e->fd);
	if (r < 0)
		return r;
	if (bind(e->fd, (struct sockaddr *)&self, sizeof(self)) < 0)
		return -errno;
	return listen_for_events(e);
}

int host_events_open(struct host_events *e)
{
	*e = (struct host_events){.fd = -1};
	prepare_batch(e);
	e->fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_CONNECTOR);
	if (e->fd < 0)
		return -errno;
	int r = set_up(e);
	if (r < 0) {
		close(e->fd);
		e->fd = -1;
	}
	return r;
}

void host_events_close(struct host_events *e)
{
	const uint32_t ignore = PROC_CN_MCAST_IGNORE;
	if (e->fd < 0)
		return;
	int r = request(e->fd, &ignore, sizeof(ignore));
	(void)r; /* nothing can be done about it */
	close(e->fd);
	e->fd = -1;
}

static bool from_kernel(const struct host_events *e, int i)
{
	const struct msghdr *m = &e->header[i].msg_hdr;
	return m->msg_namelen == sizeof(e->from[i]) && e->from[i].nl_pid == 0 && !(m->msg_flags & MSG_TRUNC);
}

int host_events_take(struct host_events *e, struct host_event out[HOST_EVENTS_BATCH], uint32_t *count)
{
	*count = 0;
	int n = recvmmsg(e->fd, e->header, HOST_EVENTS_BATCH, MSG_DONTWAIT, NULL);
	if (n < 0) {
		if (errno == EAGAIN || errno == EINTR)
			return 0;
		e->lost += errno == ENOBUFS;
		return -errno;
	}
	for (int i = 0; i < n; i++) {
		struct slice datagram = slice_of(e->message[i], e->header[i].msg_len);
		if (!from_kernel(e, i) || !host_event_parse(datagram, &out[*count]))
			e->bad++;
		else if (out[*count].kind != HOST_EVENT_NONE)
			++*count;
		e->header[i].msg_hdr.msg_namelen = sizeof(e->from[i]);
	}
	return n;
}
