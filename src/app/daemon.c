/*
 * The turn. Nothing here allocates: all storage is taken in app_open(), before
 * readiness is announced.
 */
#include "app/daemon.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "app/notify.h"
#include "app/parts.h"
#include "base/log.h"

/* Records still read after SIGTERM, so that a kill that is already in the ring goes out. */
#define LAST_RECORDS 65536
/* After records were read the kernel's count of kills is looked at, at most this often. */
#define RECKON_PAUSE_USEC (1000ull * 1000)
/* Clients are not kept waiting longer than this for a ring that fills as fast as it is read. */
#define SERVE_AFTER_USEC (3000ull * 1000)
/* journald takes what a capture gave as long as it takes something within this time. */
#define JOURNAL_WAIT_USEC (3000ull * 1000)

/* ---- reading ---- */

static void say_garbage(const struct app_daemon *d)
{
	const struct kmsg_garbage *g = &d->source.garbage;
	if (!g->first_of_kind)
		return;
	if (g->line)
		log_line(LOG_LEVEL_WARNING,
			 "%s:%llu: passed over: %s; expected lines as read from /dev/kmsg (further lines of this kind "
			 "are only "
			 "counted)",
			 d->o->source, (unsigned long long)g->line, kmsg_parse_reason(g->why));
	else
		log_line(LOG_LEVEL_WARNING, "%s: a record was passed over: %s (further ones are only counted)",
			 d->o->source, kmsg_parse_reason(g->why));
}

/* A record of the ring that arrived while we were reading shows how the kernel's clock stands. */
static void observe(struct app_daemon *d, const struct kmsg_record *rec)
{
	if (!d->source.live || !d->caught_up)
		return;
	d->now = clock_read();
	kmsg_stamp_observe(&d->stamp, d->now.monotonic_usec, rec->usec);
	app_earlier(&d->reckon_due, d->now.monotonic_usec + RECKON_PAUSE_USEC);
}

/* A ring that was overwritten before begins in the midst of something: of a report whose first lines are gone, say. */
static void begin_feeding(struct app_daemon *d, const struct kmsg_record *rec)
{
	d->feeding = true;
	if (d->source.live && d->o->from != APP_FROM_END && !d->resumed && rec->seq > 0)
		oom_assembler_gap(d->assembler);
}

static void feed(struct app_daemon *d, const struct kmsg_record *rec)
{
	if (!d->feeding)
		begin_feeding(d, rec);
	oom_assembler_feed(d->assembler, rec);
	d->last_stamp = rec->usec;
	if (d->resumed && rec->seq <= d->loaded.read) /* read again: its kill line was counted then */
		d->lines_before = oom_assembler_counters(d->assembler)->kill_lines;
	uint64_t pid = oom_assembler_hint(d->assembler);
	if (pid)
		app_facts_take(d, pid);
	app_publish_ready(d);
}

static void at_end_of_ring(struct app_daemon *d)
{
	oom_assembler_settle(d->assembler);
	app_publish_ready(d);
	d->drained = true;
	if (d->caught_up)
		return;
	d->caught_up = true;
	d->past_seq.count = d->past_stamp.count = 0;
	d->reckon_due = 0; /* the base: what was killed before, and is no longer in the ring */
}

/* False: nothing more at this moment. */
static bool read_one(struct app_daemon *d)
{
	struct kmsg_record rec;
	int step = kmsg_source_next(&d->source, &rec);
	d->drained = false;
	switch (step) {
	case KMSG_STEP_RECORD:
		observe(d, &rec);
		feed(d, &rec);
		return true;
	case KMSG_STEP_FOREIGN:
		observe(d, &rec);
		if (oom_line_is_kill(rec.text)) {
			d->forged++;
			d->metrics_stale = true;
		}
		return true;
	case KMSG_STEP_GAP:
		app_publish_gap(d);
		return true;
	case KMSG_STEP_GARBAGE:
		say_garbage(d);
		return true;
	case KMSG_STEP_WAIT:
		at_end_of_ring(d);
		return false;
	case KMSG_STEP_END:
		oom_assembler_end(d->assembler);
		app_publish_ready(d);
		d->ended = true;
		return false;
	default:
		log_line(LOG_LEVEL_ERR, "%s: read: %s; no more kills can be seen, restart oomwatchd", d->o->source,
			 strerror(-step));
		d->failed = d->stop = true;
		return false;
	}
}

static void read_records(struct app_daemon *d, uint32_t most)
{
	while (most-- && read_one(d))
		if (d->stream.broken)
			break;
}

/* ---- waiting ---- */

enum { FD_SIGNAL, FD_SOURCE, FD_JOURNAL, FD_RECORDER, FD_FIXED = FD_RECORDER + HOST_RECORDER_POLLFDS };

static int timeout_ms(const struct app_daemon *d, bool more)
{
	uint64_t deadline = more ? 0 : app_publish_deadline(d);
	app_earlier(&deadline, app_facts_deadline(d));
	if (deadline == UINT64_MAX)
		return -1;
	if (deadline <= d->now.monotonic_usec)
		return 0;
	uint64_t ms = (deadline - d->now.monotonic_usec + 999) / 1000;
	return ms > INT32_MAX ? INT32_MAX : (int)ms;
}

static void take_signals(struct app_daemon *d)
{
	struct signalfd_siginfo info;
	while (read(d->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
		if (info.ssi_signo == SIGHUP)
			app_publish_reload(d);
		else
			d->stop = true;
}

/* Clients come in when the ring was read to its end: what they ask for by id is there then. */
static bool serving(const struct app_daemon *d)
{
	bool late = d->now.monotonic_usec - d->opened_usec > SERVE_AFTER_USEC;
	return d->socket && (d->caught_up || late || !d->source.live);
}

/* True: there is more to do at once. */
static bool turn(struct app_daemon *d, bool more)
{
	struct pollfd fds[FD_FIXED + LIMIT_CLIENTS + 1] = {
	    [FD_SIGNAL] = {.fd = d->signal_fd, .events = POLLIN},
	    [FD_SOURCE] = {.fd = d->source.fd, .events = POLLIN},
	    [FD_JOURNAL] = {.fd = d->journal ? sink_journal_poll_fd(d->journal) : -1, .events = POLLOUT},
	};
	for (int i = FD_RECORDER; i < FD_FIXED; i++)
		fds[i].fd = -1;
	uint32_t recorder = d->recording ? host_recorder_pollfds(&d->recorder, fds + FD_RECORDER) : 0;
	uint32_t clients = serving(d) ? sink_socket_pollfds(d->socket, fds + FD_FIXED) : 0;
	int n = poll(fds, FD_FIXED + clients, timeout_ms(d, more));
	d->now = clock_read();
	if (n < 0)
		return more; /* EINTR; and ENOMEM, which passes: nothing in `fds` may be believed */
	more = false;
	if (fds[FD_SIGNAL].revents)
		take_signals(d);
	/* Before the kernel's records, so that the exec of a victim is known before its kill line. */
	if (recorder)
		more = host_recorder_dispatch(&d->recorder, fds + FD_RECORDER, recorder, d->now);
	/* What is left of the turn before is not always seen by poll(2): a pipe's may be in our buffer already. */
	if (fds[FD_SOURCE].revents || !d->drained)
		read_records(d, LIMIT_RECORDS_PER_TURN);
	more |= !d->drained;
	app_publish_reckon(d);
	more |= app_facts_tick(d);
	if (clients)
		sink_socket_dispatch(d->socket, fds + FD_FIXED, clients);
	app_publish_flush(d);
	return more;
}

static void say_totals(const struct app_daemon *d)
{
	const struct kmsg_counters *c = &d->source.counters;
	if (c->garbage)
		log_line(LOG_LEVEL_NOTICE, "%s: %llu line%s passed over, %llu record%s read", d->o->source,
			 (unsigned long long)c->garbage, c->garbage == 1 ? "" : "s", (unsigned long long)c->records,
			 c->records == 1 ? "" : "s");
	if (d->stream.error && !d->stream.broken)
		log_line(LOG_LEVEL_ERR, "stdout: %llu event%s could not be written",
			 (unsigned long long)d->stream.counters.dropped, d->stream.counters.dropped == 1 ? "" : "s");
	if (d->forged)
		log_line(LOG_LEVEL_NOTICE, "%s: %llu kill line%s written by a process, not by the kernel: no event",
			 d->o->source, (unsigned long long)d->forged, d->forged == 1 ? "" : "s");
}

/*
 * A capture is read once, and nothing makes its events again: journald is waited for as long as it takes some. Of a
 * live ring the next start does.
 */
static void wait_for_journald(struct app_daemon *d)
{
	uint64_t unsent, until = d->now.monotonic_usec + JOURNAL_WAIT_USEC;
	for (;;) {
		struct pollfd p = {.fd = sink_journal_poll_fd(d->journal), .events = POLLOUT};
		if (p.fd < 0 || d->now.monotonic_usec >= until)
			break;
		poll(&p, 1, (int)((until - d->now.monotonic_usec) / 1000 + 1));
		uint64_t sent = sink_journal_counters(d->journal)->sent;
		d->now = clock_read();
		sink_journal_flush(d->journal, d->now.monotonic_usec);
		if (sink_journal_counters(d->journal)->sent > sent)
			until = d->now.monotonic_usec + JOURNAL_WAIT_USEC;
	}
	unsent = sink_journal_waiting(d->journal) + sink_journal_counters(d->journal)->dropped;
	if (unsent)
		log_line(LOG_LEVEL_WARNING, "journald did not take %llu event%s", (unsigned long long)unsent,
			 unsent == 1 ? "" : "s");
}

static void last_turn(struct app_daemon *d)
{
	d->stop = true;
	if (!d->ended && !d->failed && d->source.live)
		read_records(d, LAST_RECORDS);
	d->now = clock_read();
	app_publish_flush(d);
	if (d->journal && !d->source.live)
		wait_for_journald(d);
}

/*
 * A page of ours that was swapped out, or dropped because a file backs it, would have to come back while memory is
 * short. Only what is touched: storage is mapped for the worst case. Before 4.4, or without the right to, it goes on.
 */
static void stay_in_memory(void)
{
	(void)mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT);
}

int app_daemon_run(const struct app_options *o)
{
	struct app_daemon *d = mmap(NULL, sizeof(*d), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (d == MAP_FAILED) {
		log_line(LOG_LEVEL_ERR, "memory: %s", strerror(errno));
		return EXIT_FAILURE;
	}
	d->o = o;
	d->reckon_due = d->state_due = d->metrics_due = d->names_due = UINT64_MAX;
	d->metrics_stale = true; /* a collector must not go on with the numbers of the run before */
	d->start = d->now = clock_read();
	if (!app_open(d))
		return EXIT_FAILURE;
	d->opened_usec = d->now.monotonic_usec;
	if (!o->foreground)
		stay_in_memory();
	read_records(d, LIMIT_RECORDS_PER_TURN); /* an empty ring says nothing by itself */
	d->ready_owed = true;

	bool more = true;
	while (!d->stop && !d->ended && !(o->foreground && d->stream.broken))
		more = turn(d, more);

	app_notify_stopping();
	last_turn(d);
	say_totals(d);
	app_close(d);
	bool unwritten = d->stream.error && !d->stream.broken; /* a reader that left had enough */
	return d->failed || unwritten ? EXIT_FAILURE : EXIT_SUCCESS;
}
