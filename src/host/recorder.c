/*
 * The recorder's turn: what events tell goes into the store at once, what is due
 * by time follows in bounded slices.
 *
 * An exec is read when its event is taken, before anything else: a victim may
 * live five milliseconds. Unless the same batch already tells of its exit; then
 * there is nothing left to read.
 */
#include "host/recorder.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

#include "host/recorder_private.h"

#define BATCHES_A_TURN 4
#define CATCH_UP_BATCHES 64
/* A victim takes some milliseconds to grow; one of a nap is not missed. Each wake-up costs as much as several events.
 */
#define NAP_USEC 1000
#define BUSY_EVENTS_SEC 500
#define RATE_WINDOW_USEC 50000

static int take_memory(struct host_recorder *r)
{
	uint64_t key[2] = {0};
	r->memory_size = r->options.memory ? r->options.memory : HOST_RECORDER_MEMORY;
	if (r->memory_size < HOST_STORE_MIN_SIZE)
		return -EINVAL;
	/* The watches lie behind the store, outside its ceiling: 200 kB when 8192 cgroups are watched. */
	r->memory_size += HOST_MOVES_SIZE;
	r->memory =
	    mmap(NULL, r->memory_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (r->memory == MAP_FAILED) {
		r->memory = NULL;
		return -errno;
	}
	/* A page of its own for each first byte that is used, not two megabytes. */
	madvise(r->memory, r->memory_size, MADV_NOHUGEPAGE);
	ssize_t n = getrandom(key, sizeof(key), GRND_NONBLOCK);
	(void)
	    n; /* before the kernel has any entropy the keys stay guessable; buckets may then be crowded, never wrong */
	return host_store_init(&r->store, r->memory, r->memory_size - HOST_MOVES_SIZE, key, host_ticks_per_sec());
}

static void set_offset(struct host_recorder *r, struct clock_now now)
{
	r->boot_offset_usec = now.boottime_usec - now.monotonic_usec;
}

static void watch_moves(struct host_recorder *r)
{
	char *behind = (char *)r->memory + r->memory_size - HOST_MOVES_SIZE;
	if (r->options.root_fd <= 0)
		return;
	int error = host_moves_open(&r->moves, r->options.root_fd, &r->store.strings, behind);
	(void)error; /* without them there are more looks: first_look asks for the descriptor */
}

int host_recorder_open(struct host_recorder *r, const struct host_recorder_options *options, struct clock_now now)
{
	memset(r, 0, sizeof(*r));
	r->options = *options;
	r->reading.cmdlines = options->cmdlines;
	r->events.fd = r->moves.fd = r->moves.mount_fd = r->pressure_fd = r->scan_fd = r->loadavg_fd = -1;
	int error = take_memory(r);
	if (error < 0) {
		host_recorder_close(r);
		return error;
	}
	r->store.watch_cgroups = options->watch_cgroups;
	r->nudge_usec = UINT64_MAX;
	set_offset(r, now);
	if (!options->no_events)
		r->refusal = host_events_open(&r->events);
	r->mode = r->events.fd >= 0 ? HOST_RECORDER_EVENTS : HOST_RECORDER_SCANNING;
	r->sample_next_usec = now.boottime_usec + (uint64_t)options->interval_sec * 1000000;
	if (options->interval_sec)
		r->pressure_fd = host_pressure_open(options->proc_fd);
	host_recorder_scan_open(r, now.boottime_usec);
	watch_moves(r);
	return 0;
}

void host_recorder_close(struct host_recorder *r)
{
	while (r->ask_count)
		host_cmdlines_forget(r->options.cmdlines, r->ask[--r->ask_count].ticket);
	host_events_close(&r->events);
	host_moves_close(&r->moves);
	host_recorder_scan_close(r);
	if (r->pressure_fd >= 0)
		close(r->pressure_fd);
	r->pressure_fd = -1;
	if (r->memory)
		munmap(r->memory, r->memory_size);
	r->memory = NULL;
}

struct slice host_recorder_reason(const struct host_recorder *r)
{
	if (r->mode == HOST_RECORDER_EVENTS)
		return SLICE_NONE;
	switch (-r->refusal) {
	case 0:
		return SLICE("process events were not asked for");
	case EPERM:
	case EACCES:
		return SLICE("process events need CAP_NET_ADMIN");
	case ECONNREFUSED:
		return SLICE(
		    "no process events in this network namespace, or none in this kernel (CONFIG_PROC_EVENTS)");
	case EPROTONOSUPPORT:
	case EAFNOSUPPORT:
		return SLICE(
		    "this kernel has no netlink connector (CONFIG_CONNECTOR), or the sandbox denies AF_NETLINK");
	case ENOTCONN:
		return SLICE("no process events in this pid or user namespace");
	}
	return SLICE("the process events socket failed");
}

uint32_t host_recorder_learn(struct host_recorder *r, int32_t pid, uint32_t what, uint64_t as_of_usec,
			     uint64_t now_usec)
{
	uint32_t i = host_store_live(&r->store, pid);
	if (i && host_store_at(&r->store, i)->ask && !(what & HOST_READ_YOUNG))
		what &= ~(uint32_t)HOST_READ_CMDLINE; /* one that is stuck must not take a second reader */
	int error = host_reading_take(&r->reading, r->options.proc_fd, pid, what);
	r->counters.reads++;
	if (error == 0)
		return host_recorder_put(r, as_of_usec, now_usec);
	if (i && error == -ESRCH && r->mode == HOST_RECORDER_SCANNING)
		host_store_gone(&r->store, i, now_usec, true);
	return 0;
}

static void on_fork(struct host_recorder *r, const struct host_event *e, uint64_t at_usec, uint64_t now_usec)
{
	bool inherited;
	uint32_t i = host_store_fork(&r->store, e->parent, e->pid, at_usec, &inherited);
	if (i)
		host_store_await(&r->store, i, host_recorder_first_look(r), now_usec);
	if (!inherited)
		host_recorder_learn(r, e->pid, HOST_READ_ALL | HOST_READ_YOUNG, HOST_ANY_TIME, now_usec);
	else if (i && host_store_at(&r->store, host_store_at(&r->store, i)->parent)->ask)
		host_recorder_learn(r, e->pid, HOST_READ_CMDLINE | HOST_READ_YOUNG, at_usec, now_usec);
}

/* A process in a pid namespace, or one that has changed its cgroup since it was forked (how containers begin), may have
 * numbers of its own; they are in status, which is dear, so others wait for their last look. */
static bool wants_status(struct host_recorder *r, uint32_t i, uint32_t cgroup_before)
{
	const struct host_record *rec = host_store_at(&r->store, i);
	return (rec->flags & HOST_RECORD_NESTED) || rec->cgroup != cgroup_before;
}

static void on_exec(struct host_recorder *r, const struct host_event *e, uint64_t at_usec, uint64_t now_usec)
{
	uint32_t i = host_store_exec(&r->store, e->pid, at_usec);
	uint32_t cgroup = i ? host_store_at(&r->store, i)->cgroup : 0;
	i = host_recorder_learn(r, e->pid, (i ? HOST_READ_PROGRAM : HOST_READ_ALL) | HOST_READ_YOUNG, at_usec,
				now_usec);
	if (!i)
		return;
	host_store_await(&r->store, i, host_recorder_first_look(r), now_usec);
	if (wants_status(r, i, cgroup))
		host_recorder_learn(r, e->pid, HOST_READ_STATUS, at_usec, now_usec);
}

static bool exits_later(const struct host_recorder *r, uint32_t k, uint32_t count)
{
	for (uint32_t j = k + 1; j < count; j++)
		if (r->event[j].kind == HOST_EVENT_EXIT && r->event[j].pid == r->event[k].pid)
			return true;
	return false;
}

static void on_event(struct host_recorder *r, uint32_t k, uint32_t count, uint64_t now_usec)
{
	const struct host_event *e = &r->event[k];
	uint64_t at_usec = e->stamp_usec + r->boot_offset_usec;
	switch (e->kind) {
	case HOST_EVENT_FORK:
		on_fork(r, e, at_usec, now_usec);
		break;
	case HOST_EVENT_EXEC:
		if (exits_later(r, k, count))
			host_store_exec(&r->store, e->pid, at_usec);
		else
			on_exec(r, e, at_usec, now_usec);
		break;
	case HOST_EVENT_COMM:
		host_store_rename(&r->store, e->pid, at_usec, slice_of(e->comm, e->comm_size));
		break;
	case HOST_EVENT_UID:
		host_store_set_uid(&r->store, e->pid, at_usec, e->uid);
		break;
	case HOST_EVENT_EXIT:
		host_store_exit(&r->store, e->pid, at_usec, e->killed);
		break;
	case HOST_EVENT_ACK:
	case HOST_EVENT_NONE:
		break;
	}
}

/* A socket that is broken for good leaves scanning. */
static void lose_events(struct host_recorder *r, int error)
{
	host_events_close(&r->events);
	host_recorder_scan_close(r);
	r->refusal = error;
	r->mode = HOST_RECORDER_SCANNING;
}

bool host_recorder_drain(struct host_recorder *r, uint32_t batches, uint64_t now_usec)
{
	uint32_t count;
	host_recorder_collect(r, now_usec);
	if (r->mode != HOST_RECORDER_EVENTS)
		return false;
	for (uint32_t n = 0; n < batches; n++) {
		int got = host_events_take(&r->events, r->event, &count);
		if (got == -ENOBUFS) {
			r->scan_wanted = true;
			continue;
		}
		if (got < 0) {
			lose_events(r, got);
			host_recorder_scan_open(r, now_usec);
			return false;
		}
		r->counters.events += count;
		for (uint32_t k = 0; k < count; k++)
			on_event(r, k, count, now_usec);
		if (r->ask_count)
			host_cmdlines_step_back(r->options.cmdlines);
		if (got < HOST_EVENTS_BATCH)
			return false;
	}
	return true;
}

static void measure_rate(struct host_recorder *r, uint64_t now_usec)
{
	uint64_t span = now_usec - r->rate_since_usec;
	if (span < RATE_WINDOW_USEC)
		return;
	r->busy = (r->counters.events - r->rate_events) * 1000000 > BUSY_EVENTS_SEC * span;
	r->rate_since_usec = now_usec;
	r->rate_events = r->counters.events;
}

static bool take_events(struct host_recorder *r, struct clock_now now)
{
	uint64_t before = r->counters.events;
	bool more = host_recorder_drain(r, BATCHES_A_TURN, now.boottime_usec);
	measure_rate(r, now.monotonic_usec);
	bool nap = r->busy && !more && r->counters.events != before;
	r->nap_until_usec = nap ? now.monotonic_usec + NAP_USEC : 0;
	return more;
}

uint32_t host_recorder_pollfds(const struct host_recorder *r, struct pollfd out[HOST_RECORDER_POLLFDS])
{
	uint32_t n = 0;
	if (r->events.fd >= 0 && !r->nap_until_usec)
		out[n++] = (struct pollfd){.fd = r->events.fd, .events = POLLIN};
	if (r->moves.fd >= 0)
		out[n++] = (struct pollfd){.fd = r->moves.fd, .events = POLLIN};
	if (r->pressure_fd >= 0)
		out[n++] = (struct pollfd){.fd = r->pressure_fd, .events = POLLPRI};
	return n;
}

static void on_pressure(struct host_recorder *r, short revents, uint64_t now_usec)
{
	switch (host_pressure_read(revents)) {
	case HOST_PRESSURE_NONE:
		break;
	case HOST_PRESSURE_SHORT:
		r->counters.pressure++;
		r->short_until_usec = now_usec + 10 * 1000 * 1000;
		if (!r->sampling && r->sample_next_usec > now_usec + 1000 * 1000)
			r->sample_next_usec = now_usec;
		break;
	case HOST_PRESSURE_BROKEN:
		close(r->pressure_fd);
		r->pressure_fd = -1;
		break;
	}
}

bool host_recorder_dispatch(struct host_recorder *r, const struct pollfd *polled, uint32_t count, struct clock_now now)
{
	set_offset(r, now);
	/* Woken from a nap by something else, maybe a kill line: what came in is taken first. */
	bool moved = false, more = r->nap_until_usec && take_events(r, now);
	for (uint32_t i = 0; i < count; i++) {
		if (polled[i].fd < 0 || !polled[i].revents)
			continue;
		if (polled[i].fd == r->events.fd)
			more |= take_events(r, now);
		else if (polled[i].fd == r->moves.fd)
			moved = true;
		else if (polled[i].fd == r->pressure_fd)
			on_pressure(r, polled[i].revents, now.boottime_usec);
	}
	/* After the events: who was moved was forked before. */
	if (moved && !host_moves_take(&r->moves))
		host_moves_close(&r->moves);
	return host_recorder_follow_moves(r, now.boottime_usec) || more;
}

void host_recorder_catch_up(struct host_recorder *r, struct clock_now now)
{
	set_offset(r, now);
	host_recorder_drain(r, CATCH_UP_BATCHES, now.boottime_usec);
	if (r->moves.fd >= 0 && !host_moves_take(&r->moves))
		host_moves_close(&r->moves);
	host_recorder_follow_moves(r, now.boottime_usec);
}

static uint64_t sample_due(const struct host_recorder *r)
{
	if (!r->options.interval_sec)
		return UINT64_MAX;
	return r->sampling ? 0 : r->sample_next_usec;
}

static uint64_t smaller(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

uint64_t host_recorder_deadline(const struct host_recorder *r)
{
	uint64_t due = smaller(smaller(host_recorder_look_due(r), host_recorder_scan_due(r)),
			       smaller(host_recorder_moves_due(r), sample_due(r)));
	due = smaller(due, r->nudge_usec);
	if (due != UINT64_MAX)
		due = due > r->boot_offset_usec ? due - r->boot_offset_usec : 0;
	return r->nap_until_usec ? smaller(due, r->nap_until_usec) : due;
}

bool host_recorder_tick(struct host_recorder *r, struct clock_now now)
{
	set_offset(r, now);
	bool more = r->nap_until_usec && now.monotonic_usec >= r->nap_until_usec && take_events(r, now);
	host_recorder_collect(r, now.boottime_usec);
	more |= host_recorder_look(r, now.boottime_usec);
	more |= host_recorder_follow_moves(r, now.boottime_usec);
	more |= host_recorder_scan(r, now.boottime_usec);
	more |= host_recorder_sample(r, now.boottime_usec);
	host_recorder_bury(r, now.boottime_usec);
	return more;
}

bool host_recorder_ready(const struct host_recorder *r)
{
	return r->scan != HOST_SCAN_FIRST && r->nudge_usec == UINT64_MAX;
}

void host_recorder_count(const struct host_recorder *r, struct host_recorder_counters *out)
{
	const struct host_store *s = &r->store;
	*out = r->counters;
	out->live = s->live;
	out->dead = s->dead;
	out->stubs = s->stubs;
	out->bytes = (uint64_t)(s->live + s->dead + s->stubs) * sizeof(struct host_record) +
		     (uint64_t)s->pool.used * sizeof(struct host_cell);
	out->evicted = s->counters.evicted;
	out->refused = s->counters.refused;
	out->events_lost = r->events.lost;
	out->events_bad = r->events.bad;
	out->moves_lost = r->moves.lost;
	out->cmdlines_refused = r->options.cmdlines ? host_cmdlines_refused(r->options.cmdlines) : 0;
	out->watches = r->moves.watches;
}
