/* Incidents become events and go to every sink; and what is written now and then: position, metrics, status. */
#include <errno.h>

#include "app/notify.h"
#include "app/parts.h"
#include "base/log.h"
#include "base/text.h"

/* A metrics file that cannot be written is tried again after this; one that can is written at most so often: in a storm
 * a file of 512 series for each kill would keep the reader from the ring. */
#define METRICS_AGAIN_USEC (15ull * 1000 * 1000)
#define METRICS_PAUSE_USEC (1000ull * 1000)
/* Between two words to PID 1, and until it is told again what it did not read. */
#define NOTIFY_PAUSE_USEC (1000ull * 1000)
#define POSITION_PAUSE_USEC (10ull * 1000 * 1000)

static void to_stream(struct app_daemon *d, const struct sink_message *m)
{
	int before = d->stream.error;
	sink_stream_publish(&d->stream, m);
	if (d->stream.error && !before && !d->stream.broken)
		log_line(LOG_LEVEL_ERR, "stdout: cannot write an event: %s; this one is lost",
			 strerror(-d->stream.error));
}

void app_publish_event(struct app_daemon *d, struct sink_mark mark)
{
	struct sink_message m = {.event = &d->event, .json = event_json_encode(d->json, &d->event), .mark = mark};
	if (d->o->foreground)
		to_stream(d, &m);
	if (d->journal)
		sink_journal_publish(d->journal, &m);
	if (d->socket)
		sink_socket_publish(d->socket, &m);
	if (d->metrics)
		sink_metrics_publish(d->metrics, &m);
	d->metrics_stale = true;
}

void app_publish_single(struct app_daemon *d, struct sink_mark mark)
{
	app_publish_event(d, mark);
	d->held = d->held || (d->journal && sink_journal_waiting(d->journal));
}

/* The wall clock of a kernel stamp: as long ago by CLOCK_REALTIME as by CLOCK_MONOTONIC. */
static struct opt_u64 realtime_of(const struct app_daemon *d, uint64_t usec)
{
	if (!d->source.live)
		return (struct opt_u64){0};
	uint64_t at = kmsg_stamp_monotonic(&d->stamp, d->now.monotonic_usec, usec);
	return (struct opt_u64){true, d->now.realtime_usec - (d->now.monotonic_usec - at)};
}

static struct event_input input_for(const struct app_daemon *d, uint64_t usec)
{
	return (struct event_input){
	    .host = d->source.live ? &d->self : NULL,
	    .boot_id = d->source.live ? d->self.boot_id : SLICE_NONE,
	    .realtime_usec = realtime_of(d, usec),
	    .boot_realtime_usec = d->source.live ? d->now.realtime_usec - d->now.boottime_usec : 0,
	    .cmdline = d->o->cmdline,
	};
}

/* A loss or a difference has no record of its own: a restart cannot make it again by reading one. */
static struct sink_mark mark_here(const struct app_daemon *d)
{
	uint64_t from = d->source.next_seq ? d->source.next_seq - 1 : 0;
	return (struct sink_mark){.kill = d->last_kill, .from = from, .stamp = d->last_stamp};
}

static struct sink_mark mark_of(const struct app_daemon *d, const struct oom_incident *incident)
{
	const struct oom_report *r = incident->report;
	uint64_t seq = r ? r->first_seq : incident->seq;
	return (struct sink_mark){
	    .kill = d->last_kill,
	    .from = seq ? seq - 1 : 0,
	    .stamp = r ? r->first_usec : incident->usec,
	};
}

static void publish_incident(struct app_daemon *d, const struct oom_incident *incident)
{
	struct sink_mark mark = mark_of(d, incident);
	bool before = app_past_has(d, incident->seq);
	if (incident->seq > d->last_kill)
		d->last_kill = incident->seq;
	d->state_stale = true;
	/* Read again after a restart: because its report began before the position, or the position is lost. */
	if (before)
		return;
	struct event_input in = input_for(d, incident->usec);
	in.incident = incident;
	in.facts = app_facts_of(d, incident);
	in.recovered = d->source.live &&
		       kmsg_stamp_monotonic(&d->stamp, d->now.monotonic_usec, incident->usec) < d->start.monotonic_usec;
	event_build(&d->event, &in);
	app_facts_limit(d);
	app_facts_name(d);
	app_publish_event(d, mark);
	d->kills += incident->kind == OOM_INCIDENT_KILL;
}

void app_publish_ready(struct app_daemon *d)
{
	struct oom_incident incident;
	while (oom_assembler_take(d->assembler, &incident))
		publish_incident(d, &incident);
}

void app_publish_gap(struct app_daemon *d)
{
	struct kmsg_gap gap = d->source.gap;
	oom_assembler_gap(d->assembler);
	app_publish_ready(d);
	/* Read, or told as lost, before a restart; gone from the ring since. */
	if (gap.from_seq <= d->told_to)
		gap.from_seq = d->told_to + 1;
	if (gap.from_seq > gap.to_seq)
		return;
	gap.count = gap.to_seq - gap.from_seq + 1;
	d->lost += gap.count;
	struct event_input in = input_for(d, d->now.monotonic_usec);
	event_build_lost(&d->event, &in, gap.from_seq, gap.to_seq, gap.count);
	app_publish_single(d, mark_here(d));
	d->state_stale = true;
}

static uint64_t kill_lines(const struct app_daemon *d)
{
	return oom_assembler_counters(d->assembler)->kill_lines - d->lines_before;
}

void app_publish_reckon(struct app_daemon *d)
{
	uint64_t kernel;
	if (!d->source.live || d->proc_fd < 0 || !d->drained || d->now.monotonic_usec < d->reckon_due)
		return;
	d->reckon_due = UINT64_MAX;
	if (!host_reckon_read(d->proc_fd, &kernel))
		return;
	uint64_t lines = kill_lines(d);
	uint64_t unseen = host_reckon_check(&d->reckon, d->now.monotonic_usec, kernel, lines);
	d->reckon_due = host_reckon_deadline(&d->reckon);
	if (!unseen)
		return;
	d->state_stale = true;
	d->unseen += unseen;
	struct event_input in = input_for(d, d->now.monotonic_usec);
	event_build_unseen(&d->event, &in, kernel - d->reckon.kernel_base, lines - d->reckon.lines_base,
			   d->source.next_seq ? d->source.next_seq - 1 : 0);
	app_publish_single(d, mark_here(d));
}

/* What a restart needs now. */
static void position(const struct app_daemon *d, struct app_state *s)
{
	uint64_t seq, usec;
	struct sink_mark waiting;
	*s = d->state;
	s->read = s->from = d->source.next_seq ? d->source.next_seq - 1 : 0;
	s->stamp = d->last_stamp;
	s->kill = d->last_kill;
	s->timed = kmsg_stamp_distance(&d->stamp, &s->distance);
	s->counted = host_reckon_expected(&d->reckon, kill_lines(d), &s->kernel);
	if (oom_assembler_open_since(d->assembler, &seq, &usec) && seq <= s->from) {
		s->from = seq ? seq - 1 : 0;
		s->stamp = usec;
	}
	/* What journald did not take dies with us. */
	if (d->journal && sink_journal_oldest(d->journal, &waiting)) {
		s->kill = waiting.kill;
		if (waiting.from < s->from) {
			s->from = waiting.from;
			s->stamp = waiting.stamp;
		}
	}
}

/* At once after a kill; a position that only moved is kept now and then, so that a restart knows what was read. */
static void save_state(struct app_daemon *d)
{
	struct app_state s;
	d->held = d->held && sink_journal_waiting(d->journal);
	if (d->held)
		d->state_due = UINT64_MAX; /* what is waited for is journald */
	if (d->state_fd < 0 || !d->source.seen_any || d->held)
		return;
	position(d, &s);
	if (s.kill != d->state.kill)
		d->state_stale = true;
	else if (s.read != d->state.read)
		app_earlier(&d->state_due, d->now.monotonic_usec + POSITION_PAUSE_USEC);
	if (!d->state_stale && !d->stop && d->now.monotonic_usec < d->state_due)
		return;
	d->state = s;
	d->state_due = UINT64_MAX;
	int err = app_state_save(d->state_fd, &s);
	if (err < 0 && !d->state_failed)
		log_line(LOG_LEVEL_WARNING,
			 "%s: cannot save the position: %s; after a restart kills since then may be published again",
			 d->o->state, strerror(-err));
	d->state_failed = err < 0;
	d->state_stale = false; /* the next kill tries again */
}

static void write_metrics(struct app_daemon *d)
{
	if (!d->metrics || (d->now.monotonic_usec < d->metrics_due && !(d->stop && d->metrics_stale)))
		return;
	struct sink_metrics_dropped dropped[3];
	uint32_t n = 0;
	if (d->journal)
		dropped[n++] = (struct sink_metrics_dropped){"journal", sink_journal_counters(d->journal)->dropped};
	if (d->socket)
		dropped[n++] = (struct sink_metrics_dropped){"socket", sink_socket_counters(d->socket)->dropped};
	if (d->o->foreground)
		dropped[n++] = (struct sink_metrics_dropped){"stream", d->stream.counters.dropped};
	struct sink_metrics_recorder recorder;
	const struct sink_metrics_numbers numbers = {
	    .version = OOMWATCHD_VERSION,
	    .recorder = app_facts_count(d, &recorder) ? &recorder : NULL,
	    .records_lost = d->lost,
	    .kills_unseen = d->unseen,
	    .forged_records = d->forged,
	    .dropped = dropped,
	    .dropped_count = n,
	};
	int err = sink_metrics_write(d->metrics, d->o->metrics_file, &numbers);
	if (err < 0 && !d->metrics_failed)
		log_line(LOG_LEVEL_WARNING, "%s: cannot write: %s; retrying", d->o->metrics_file, strerror(-err));
	d->metrics_failed = err < 0;
	d->metrics_stale = false;
	d->metrics_pause = d->now.monotonic_usec + METRICS_PAUSE_USEC;
	d->metrics_due = err < 0 ? d->now.monotonic_usec + METRICS_AGAIN_USEC : UINT64_MAX;
}

static uint64_t told_of(const struct app_daemon *d)
{
	return d->kills + d->lost + d->unseen;
}

static bool owes_systemd(const struct app_daemon *d)
{
	return !d->o->foreground && (d->ready_owed || told_of(d) != d->status_told);
}

static void describe(const struct app_daemon *d, struct text *t)
{
	text_addf(t, "watching the kernel log; %llu kill%s published", (unsigned long long)d->kills,
		  d->kills == 1 ? "" : "s");
	if (d->lost)
		text_addf(t, ", %llu record%s lost", (unsigned long long)d->lost, d->lost == 1 ? "" : "s");
	if (d->unseen)
		text_addf(t, ", %llu kill%s unseen", (unsigned long long)d->unseen, d->unseen == 1 ? "" : "s");
}

static void tell_status(struct app_daemon *d)
{
	char storage[160];
	struct text status = text_on(storage, sizeof(storage));
	describe(d, &status);
	d->notify_due = d->now.monotonic_usec + NOTIFY_PAUSE_USEC;
	if (!(d->ready_owed ? app_notify_ready : app_notify_status)(text_cstr(&status)))
		return;
	d->ready_owed = false;
	d->status_told = told_of(d);
}

static void tell_systemd(struct app_daemon *d)
{
	uint64_t now = d->now.monotonic_usec;
	if (owes_systemd(d) && now >= d->notify_due)
		tell_status(d);
	if (d->watchdog_interval && now >= d->watchdog_due)
		d->watchdog_due = now + (app_notify_watchdog() ? d->watchdog_interval : NOTIFY_PAUSE_USEC);
}

void app_publish_flush(struct app_daemon *d)
{
	if (d->journal)
		sink_journal_flush(d->journal, d->now.monotonic_usec);
	save_state(d);
	if (d->metrics_stale)
		app_earlier(&d->metrics_due, d->metrics_pause);
	write_metrics(d);
	tell_systemd(d);
}

void app_publish_reload(struct app_daemon *d)
{
	d->ready_owed |= app_notify_reloading(d->now.monotonic_usec); /* unsaid, it need not be taken back */
	if (d->journal)
		sink_journal_reopen(d->journal);
	d->metrics_stale = true;
	d->metrics_pause = d->notify_due = 0;
	d->metrics_failed = d->state_failed = false; /* what still fails is said again */
	d->state_stale = true;
	app_publish_flush(d);
}

uint64_t app_publish_deadline(const struct app_daemon *d)
{
	uint64_t deadline = d->reckon_due;
	app_earlier(&deadline, d->state_due);
	if (d->journal)
		app_earlier(&deadline, sink_journal_deadline(d->journal));
	if (d->watchdog_interval)
		app_earlier(&deadline, d->watchdog_due);
	if (owes_systemd(d))
		app_earlier(&deadline, d->notify_due);
	if (d->metrics)
		app_earlier(&deadline, d->metrics_due);
	return deadline;
}
