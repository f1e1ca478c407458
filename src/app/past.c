/*
 * What was before this process: kills that an earlier run published, so that
 * none is published twice; events for clients that ask for them; and kills of
 * the boot before, which only the journal still knows.
 *
 * The position file is written after the journal was told, and journald stores
 * what it was told a little later. So a run that is killed in between leaves
 * kills that only the journal shows, and the journal must have come to the end
 * of its queue before it is asked: our own first message shows when that is.
 *
 * journald does not keep the kernel's sequence numbers. A kill of an earlier
 * boot has its stamp in microseconds in their place: the same whenever it is
 * asked for, and no number of that boot's ring in practice (that would take as
 * many records as microseconds had passed).
 */
#include <errno.h>
#include <unistd.h>

#include "app/parts.h"
#include "base/log.h"
#include "base/text.h"
#include "sink/journal_past.h"

/* How long a start may wait for journald to store what was sent before it. The kernel's ring waits meanwhile. */
#define WAIT_MSEC 2000
/* Records of the boot before that are looked at: some ten times what a ring of the usual size holds. */
#define RECORDS 65536
/* What PID 1 tells journald of units; and more messages in an interval than any storm makes. */
#define LIMITS "/run/systemd/units"
#define ENOUGH_MESSAGES 100000

static bool has(const struct app_numbers *set, uint64_t v)
{
	for (uint32_t i = 0; i < set->count; i++)
		if (set->number[i] == v)
			return true;
	return false;
}

static void add(struct app_numbers *set, uint64_t v)
{
	if (set->count < LIMIT_PAST_EVENTS)
		set->number[set->count++] = v;
}

bool app_past_has(const struct app_daemon *d, uint64_t seq)
{
	return (d->resumed && seq <= d->loaded.kill) || has(&d->past_seq, seq);
}

static struct slice own_unit(const struct app_daemon *d, struct arena *arena)
{
	struct host_process self;
	struct host_identity id;
	if (d->proc_fd < 0 || host_process_read(d->proc_fd, (int32_t)getpid(), arena, NULL, &self) < 0)
		return SLICE_NONE;
	host_identity_parse(self.cgroup, arena, &id);
	return arena_copy(arena, id.unit);
}

/*
 * journald drops what is over its limit and does not tell the sender. PID 1 passes a unit's own limit on to it in these
 * links; without them that of journald.conf counts.
 */
static void say_limit(struct slice unit)
{
	char storage[512], value[32];
	uint64_t burst;
	struct text path = text_on(storage, sizeof(storage));
	if (!slice_present(unit) || access(LIMITS, F_OK) < 0)
		return;
	text_addf(&path, LIMITS "/log-rate-limit-burst:%.*s", (int)unit.n, unit.p);
	ssize_t n = readlink(text_cstr(&path), value, sizeof(value));
	if (n > 0 && slice_to_u64(slice_of(value, (size_t)n), &burst) && burst >= ENOUGH_MESSAGES)
		return;
	log_line(
	    LOG_LEVEL_WARNING,
	    "journald limits the messages of %.*s, and may drop events of a storm without a word to us; its socket "
	    "has them all (LogRateLimitIntervalSec=1s and LogRateLimitBurst=1000000 in the unit lift the limit)",
	    (int)unit.n, unit.p);
}

/* Another boot's, when the position that was found is one. */
static struct slice earlier_boot(const struct app_daemon *d)
{
	bool other = d->loaded.boot_id[0] && strcmp(d->loaded.boot_id, d->state.boot_id) != 0;
	return other ? slice_cstr(d->loaded.boot_id) : SLICE_NONE;
}

/* A number of our own JSON: the name with its quotes can stand nowhere else in it. */
static bool number_of(struct slice json, struct slice name, uint64_t *out)
{
	size_t at = slice_find(json, name);
	if (at == SLICE_NPOS)
		return false;
	json = slice_sub(json, at + name.n, json.n);
	return take_u64(&json, out);
}

static void remember(struct app_daemon *d, const struct sink_journal_past_event *e)
{
	struct slice id = e->id;
	uint64_t v;
	if (take_literal(&id, d->self.boot_id) && take_literal(&id, SLICE("-"))) {
		if (e->type == EVENT_RECORDS_LOST && number_of(e->json, SLICE("\"to_seq\":"), &v))
			d->told_to = v > d->told_to ? v : d->told_to;
		else if (slice_to_u64(id, &v) && (e->type == EVENT_OOM_KILL || e->type == EVENT_NO_VICTIM))
			add(&d->past_seq, v);
	} else if (slice_present(earlier_boot(d)) && take_literal(&id, earlier_boot(d)) &&
		   number_of(e->json, SLICE("\"monotonic_usec\":"), &v)) {
		add(&d->past_stamp, v);
	}
	if (d->socket)
		sink_socket_retain(d->socket, e->id, e->json);
}

static int read_events(struct app_daemon *d, struct sink_journal_past *journal)
{
	struct sink_journal_past_event e;
	int r = sink_journal_past_choose_events(journal, d->self.boot_id, earlier_boot(d), LIMIT_PAST_EVENTS);
	while (r >= 0 && (r = sink_journal_past_next_event(journal, &e)) > 0)
		remember(d, &e);
	return r;
}

/* ---- the boot before ---- */

static void publish_earlier(struct app_daemon *d, uint64_t realtime_of_zero)
{
	struct oom_incident incident;
	struct host_self host = d->self;
	host.kernel = SLICE_NONE; /* may have been another then */
	while (oom_assembler_take(d->assembler, &incident)) {
		if (has(&d->past_stamp, incident.usec))
			continue;
		add(&d->past_stamp, incident.usec);
		const struct event_input in = {
		    .incident = &incident,
		    .host = &host,
		    .boot_id = earlier_boot(d),
		    .realtime_usec = {true, realtime_of_zero + incident.usec},
		    .foreign_seq = true,
		    .cmdline = d->o->cmdline,
		    .recovered = true,
		};
		event_build(&d->event, &in);
		app_publish_single(d, (struct sink_mark){0});
		if (d->journal)
			sink_journal_flush(d->journal, clock_read().monotonic_usec);
		d->kills += incident.kind == OOM_INCIDENT_KILL;
	}
}

static int recover(struct app_daemon *d, struct sink_journal_past *journal)
{
	struct sink_journal_past_record r;
	struct kmsg_record rec = {.flag = '-'};
	uint64_t realtime_of_zero = 0, before = d->kills;
	int got = sink_journal_past_choose_records(journal, earlier_boot(d), d->loaded.stamp, RECORDS);
	while (got >= 0 && (got = sink_journal_past_next_record(journal, &r)) > 0) {
		if (r.usec < d->loaded.stamp)
			continue;
		rec.seq = r.usec > rec.seq ? r.usec : rec.seq + 1;
		rec.usec = r.usec;
		rec.level = r.level;
		rec.text = r.text;
		realtime_of_zero = r.realtime_usec - r.usec;
		oom_assembler_feed(d->assembler, &rec);
		publish_earlier(d, realtime_of_zero);
	}
	oom_assembler_end(d->assembler);
	publish_earlier(d, realtime_of_zero);
	d->lines_before = oom_assembler_counters(d->assembler)->kill_lines;
	if (sink_journal_past_cut(journal))
		log_line(LOG_LEVEL_WARNING,
			 "journal: only %d kernel records of the boot before were looked at; later kills of it are in "
			 "journalctl -k -b %s",
			 RECORDS, d->loaded.boot_id);
	if (d->kills > before)
		log_line(LOG_LEVEL_NOTICE, "%llu kill%s of the boot before recovered from the journal",
			 (unsigned long long)(d->kills - before), d->kills - before == 1 ? "" : "s");
	return got;
}

void app_past_read(struct app_daemon *d)
{
	char text[APP_FACTS_TEXT], token[96];
	struct arena arena = arena_on(text, sizeof(text));
	struct sink_journal_past journal;
	if (!d->journal || !d->source.live || d->o->from != APP_FROM_RESUME || !d->self.boot_id.n)
		return;
	struct text t = text_on(token, sizeof(token));
	text_addf(&t, "%d-%llu", (int)getpid(), (unsigned long long)d->start.boottime_usec);
	bool said = sink_journal_begin(d->journal, text_slice(&t));
	struct slice unit = own_unit(d, &arena);
	say_limit(unit);
	int r = sink_journal_past_open(&journal, unit);
	if (r >= 0) {
		if (!said || !sink_journal_past_wait(&journal, text_slice(&t), WAIT_MSEC))
			log_line(LOG_LEVEL_WARNING, "journald does not keep up, or is not there: kills published just "
						    "before this start may be published "
						    "again");
		r = read_events(d, &journal);
	}
	if (r >= 0 && slice_present(earlier_boot(d)))
		r = recover(d, &journal);
	sink_journal_past_close(&journal);
	if (r < 0)
		log_line(LOG_LEVEL_WARNING,
			 "the journal cannot be read back: %s; kills published just before this start may be "
			 "published again, socket clients get no events from before it",
			 strerror(-r));
	d->state_stale = true;
	d->now = clock_read();
}
