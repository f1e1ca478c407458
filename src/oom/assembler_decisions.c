/*
 * Which decisions are open, and whose. There are more in memory than can be
 * open: an incident that was handed out points into its decision until the next
 * record is fed.
 */
#include "oom/assembler_private.h"

void oom_assembler_note_time(struct oom_doubt *d, uint64_t usec)
{
	if (d->is_new)
		d->until_usec = usec + LIMIT_REPORT_AGE_USEC;
	d->is_new = false;
	if (d->on && usec > d->until_usec)
		*d = (struct oom_doubt){0};
}

void oom_assembler_doubt_goes_on(struct oom_doubt *d, uint64_t usec)
{
	d->on = true;
	d->until_usec = usec + OOM_DUMP_PAUSE_USEC;
}

struct oom_decision *oom_assembler_find(struct oom_assembler *a, const struct kmsg_record *rec)
{
	for (size_t i = 0; a->used && i < OOM_DECISIONS; i++) {
		struct oom_decision *d = &a->decision[i];
		if (d->used && d->caller_kind == rec->caller_kind && d->caller_id == rec->caller_id)
			return d;
	}
	return NULL;
}

void oom_assembler_give_up(struct oom_assembler *a, struct oom_decision *d)
{
	a->counters.abandoned += d->has_report && !d->closed;
	a->used--;
	d->used = false;
}

static void publish_silent_end(struct oom_assembler *a, struct oom_decision *d)
{
	struct oom_ready r = {.of = d};
	r.incident = (struct oom_incident){
	    .kind = OOM_INCIDENT_NO_VICTIM,
	    .detail = OOM_DETAIL_FULL,
	    .seq = d->body->report.first_seq,
	    .usec = d->body->report.first_usec,
	    .text = SLICE("the report ended without a kill: the victim was already exiting"),
	};
	oom_ready_add(&a->out, &r, &a->counters);
}

/* The kernel has gone on to something else: a complete report without its kill had none. */
void oom_assembler_end_decision(struct oom_assembler *a, struct oom_decision *d)
{
	oom_decision_read_waiting(d, NULL);
	if (oom_decision_ended_silently(d))
		publish_silent_end(a, d);
	oom_assembler_give_up(a, d);
}

static struct oom_decision *unused_decision(struct oom_assembler *a)
{
	struct oom_decision *oldest = NULL;
	for (size_t i = 0; i < OOM_DECISIONS; i++) {
		struct oom_decision *d = &a->decision[i];
		bool older = oldest && (d->closed != oldest->closed ? d->closed : d->last_usec < oldest->last_usec);
		if (d->used && (!oldest || older))
			oldest = d;
	}
	if (a->used >= LIMIT_OPEN_REPORTS)
		oom_assembler_give_up(a, oldest);
	for (size_t i = 0; i < OOM_DECISIONS; i++)
		if (!a->decision[i].used && !a->decision[i].ready_uses)
			return &a->decision[i];
	return oldest; /* not reached: there are more decisions than can be open or waiting to be taken */
}

/* A new decision in place of the caller's last one, which must have been ended. */
struct oom_decision *oom_assembler_begin(struct oom_assembler *a, const struct kmsg_record *rec)
{
	struct oom_decision *last = oom_assembler_find(a, rec);
	if (last)
		oom_assembler_give_up(a, last);
	struct oom_decision *d = unused_decision(a);
	oom_decision_begin(d, rec);
	a->used++;
	d->doubt = a->doubt.on;
	return d;
}

/* The decision that a line of a report belongs to: the open one, or a new one whose beginning was not seen. */
struct oom_decision *oom_assembler_for_line(struct oom_assembler *a, const struct kmsg_record *rec)
{
	struct oom_decision *d = oom_assembler_find(a, rec);
	if (!oom_decision_is_open(d)) {
		d = oom_assembler_begin(a, rec);
		d->body->report.partial = true;
	}
	d->has_report = true;
	return d;
}

void oom_assembler_expire(struct oom_assembler *a, uint64_t usec)
{
	for (size_t i = 0; a->used && i < OOM_DECISIONS; i++) {
		struct oom_decision *d = &a->decision[i];
		if (d->used && oom_elapsed(usec, d->last_usec) > LIMIT_REPORT_AGE_USEC)
			oom_assembler_end_decision(a, d);
	}
}

void oom_assembler_forget(struct oom_assembler *a)
{
	for (size_t i = 0; i < OOM_DECISIONS; i++)
		a->decision[i].used = false;
	a->used = 0;
	a->manual_usec.set = false;
}
