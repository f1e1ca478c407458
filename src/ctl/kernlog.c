/*
 * Lines → records → incidents → events. What the log does not carry stays
 * absent: no time where the log gives none with year and zone, no kernel stamp
 * and no sequence number where they were only stand-ins.
 */
#include "ctl/kernlog.h"

#include <stdlib.h>

#include "ctl/say.h"
#include "ctl/value.h"
#include "event/build.h"
#include "event/json.h"
#include "oom/assembler.h"

/* Records an incident may lag behind: it is ready one record after its kill line, a settled one a few later. */
#define ORIGINS 256
/* A kill of the same number and size within this time is the same kill: dates of a log have seconds, and clocks lag. */
#define REPEAT_USEC 5000000ull

/* What a record's rendering told beside its words. */
struct origin {
	uint64_t seq;
	bool used, has_usec, has_nearness, has_seq, has_realtime;
	uint64_t realtime_usec;
	uint8_t boot_id_len, host_len;
	char boot_id[32], host[64];
};

struct seen {
	uint64_t usec, pid, total_vm_kb;
	uint64_t boot; /* counts restarts */
};

struct ctl_kernlog {
	struct ctl_kernlog_counters counters;
	struct kmsg_textlog log;
	struct oom_assembler *assembler;
	struct event_json *json;
	struct event *event;
	struct origin origin[ORIGINS];
	size_t next_origin;
	bool has_seq;
	uint64_t seq; /* newest own sequence number, to name what a gap swallowed */
	struct seen *seen;
	size_t seen_count, seen_cap;
	uint64_t boot;
	json_t *ready; /* array of events */
	size_t taken;
};

struct ctl_kernlog *ctl_kernlog_new(void)
{
	struct ctl_kernlog *k = calloc(1, sizeof(*k));
	if (!k)
		return NULL;
	void *assembler = malloc(oom_assembler_size()), *json = malloc(event_json_size());
	k->event = malloc(sizeof(*k->event));
	k->ready = json_array();
	if (!assembler || !json || !k->event || !k->ready) {
		free(assembler);
		free(json);
		free(k->event);
		json_decref(k->ready);
		free(k);
		return NULL;
	}
	k->assembler = oom_assembler_init(assembler);
	k->json = event_json_init(json);
	kmsg_textlog_init(&k->log);
	return k;
}

void ctl_kernlog_free(struct ctl_kernlog *k)
{
	if (!k)
		return;
	free(k->assembler);
	free(k->json);
	free(k->event);
	free(k->seen);
	json_decref(k->ready);
	free(k);
}

static void publish(struct ctl_kernlog *k)
{
	json_t *event = ctl_event_parse(event_json_encode(k->json, k->event));
	if (event)
		json_array_append_new(k->ready, event);
}

static void remember(struct ctl_kernlog *k, const struct kmsg_textlog_record *r)
{
	struct origin *o = &k->origin[k->next_origin++ % ORIGINS];
	*o = (struct origin){.seq = r->rec.seq,
			     .used = true,
			     .has_usec = r->has_usec,
			     .has_nearness = r->has_nearness,
			     .has_seq = r->has_seq,
			     .has_realtime = r->has_realtime,
			     .realtime_usec = r->realtime_usec};
	if (r->boot_id.n == sizeof(o->boot_id)) {
		memcpy(o->boot_id, r->boot_id.p, r->boot_id.n);
		o->boot_id_len = sizeof(o->boot_id);
	}
	if (r->host.n && r->host.n <= sizeof(o->host)) {
		memcpy(o->host, r->host.p, r->host.n);
		o->host_len = (uint8_t)r->host.n;
	}
}

static const struct origin *origin_of(const struct ctl_kernlog *k, uint64_t seq)
{
	static const struct origin unknown;
	for (size_t i = 0; i < ORIGINS; i++) {
		const struct origin *o = &k->origin[(k->next_origin + ORIGINS - 1 - i) % ORIGINS];
		if (o->used && o->seq == seq)
			return o;
	}
	return &unknown;
}

/*
 * The same kill again: with the same microsecond, a ring that was read into the log more than once (WSL does at each
 * start); moments later, the second line of a group's first victim in a log that lost the lines between (grep does). No
 * number is given to another process that soon. A capture is taken at its word instead: its numbers tell what is
 * missing.
 */
static bool seen_before(struct ctl_kernlog *k, const struct oom_incident *i, bool stamped)
{
	struct seen s = {i->usec, i->pid, i->total_vm_kb.set ? i->total_vm_kb.v : 0, k->boot};
	for (size_t n = k->seen_count; n-- > 0;) {
		const struct seen *o = &k->seen[n];
		uint64_t apart = o->usec > s.usec ? o->usec - s.usec : s.usec - o->usec;
		bool same_boot = o->boot == s.boot, same_moment = stamped && apart == 0;
		if (o->pid == s.pid && o->total_vm_kb == s.total_vm_kb &&
		    (same_moment || (same_boot && apart <= REPEAT_USEC)))
			return true;
	}
	if (k->seen_count == k->seen_cap) {
		size_t cap = k->seen_cap ? 2 * k->seen_cap : 64;
		struct seen *more = reallocarray(k->seen, cap, sizeof(*more));
		if (!more)
			return false;
		k->seen = more;
		k->seen_cap = cap;
	}
	k->seen[k->seen_count++] = s;
	return false;
}

static void build(struct ctl_kernlog *k, const struct oom_incident *incident)
{
	const struct origin *o = origin_of(k, incident->seq);
	bool kill = incident->kind == OOM_INCIDENT_KILL;
	if (kill && o->has_nearness && !o->has_seq && seen_before(k, incident, o->has_usec)) {
		k->counters.duplicates++;
		return;
	}
	struct event_input in = {.incident = incident, .cmdline = EVENT_CMDLINE_FULL};
	in.realtime_usec = (struct opt_u64){o->has_realtime, o->realtime_usec};
	event_build(k->event, &in);
	struct event *e = k->event;
	/* The id stays without boot: its number is a line's, and must not be taken for the daemon's id of another kill.
	 */
	e->boot_id = arena_copy(&e->arena, o->boot_id_len ? slice_of(o->boot_id, o->boot_id_len) : SLICE_NONE);
	e->kmsg_seq.set &= o->has_seq;
	e->monotonic_usec.set &= o->has_usec;
	if (o->host_len)
		e->host.name = arena_copy(&e->arena, slice_of(o->host, o->host_len));
	k->counters.kills += kill;
	publish(k);
}

static void drain(struct ctl_kernlog *k)
{
	struct oom_incident incident;
	while (oom_assembler_take(k->assembler, &incident))
		build(k, &incident);
}

static void lost(struct ctl_kernlog *k, const struct kmsg_textlog_record *r)
{
	struct event_input in = {.cmdline = EVENT_CMDLINE_FULL};
	uint64_t count = r->rec.seq - k->seq - 1;
	oom_assembler_gap(k->assembler);
	drain(k);
	k->counters.lost += count;
	event_build_lost(k->event, &in, k->seq + 1, r->rec.seq - 1, count);
	publish(k);
}

void ctl_kernlog_record(struct ctl_kernlog *k, const struct kmsg_textlog_record *r)
{
	if (r->restart) {
		oom_assembler_end(k->assembler);
		drain(k);
		k->boot++;
	} else if (r->gap && k->has_seq && r->rec.seq > k->seq + 1) {
		lost(k, r);
	}
	k->has_seq = r->has_seq;
	k->seq = r->rec.seq;
	if (r->rec.facility != 0) {
		k->counters.echoes += oom_line_is_kill(r->rec.text);
		return;
	}
	remember(k, r);
	oom_assembler_feed(k->assembler, &r->rec);
	drain(k);
}

void ctl_kernlog_vote(struct ctl_kernlog *k, struct slice line)
{
	kmsg_textlog_vote(&k->log, line);
}

void ctl_kernlog_feed(struct ctl_kernlog *k, struct slice line)
{
	struct kmsg_textlog_record r;
	if (kmsg_textlog_feed(&k->log, line, &r))
		ctl_kernlog_record(k, &r);
}

void ctl_kernlog_end(struct ctl_kernlog *k)
{
	struct kmsg_textlog_record r;
	while (kmsg_textlog_end(&k->log, &r))
		ctl_kernlog_record(k, &r);
	oom_assembler_settle(k->assembler);
	drain(k);
	oom_assembler_end(k->assembler);
	drain(k);
	const struct oom_assembler_counters *c = oom_assembler_counters(k->assembler);
	k->counters.reports = c->reports;
	k->counters.abandoned = c->abandoned;
}

json_t *ctl_kernlog_take(struct ctl_kernlog *k)
{
	if (k->taken == json_array_size(k->ready)) {
		json_array_clear(k->ready);
		k->taken = 0;
		return NULL;
	}
	return json_incref(json_array_get(k->ready, k->taken++));
}

const struct ctl_kernlog_counters *ctl_kernlog_counters(const struct ctl_kernlog *k)
{
	return &k->counters;
}

const struct kmsg_textlog_counters *ctl_kernlog_lines(const struct ctl_kernlog *k)
{
	return &k->log.counters;
}
