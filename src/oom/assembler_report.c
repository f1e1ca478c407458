/*
 * The lines before a kill, and the ends of reports that kill nobody.
 */
#include "oom/assembler_private.h"

#define PANIC_PAUSE_USEC (5ull * 1000 * 1000)
#define MANUAL_PAUSE_USEC (1000ull * 1000)

/* Another report of a kernel without a common lock (to 4.1) is being printed: the lines of both will mix. */
static bool may_mix(const struct oom_decision *last, const struct kmsg_record *rec)
{
	return last && !rec->caller_kind && last->has_report && !last->closed &&
	       oom_elapsed(rec->usec, last->last_usec) <= OOM_DUMP_PAUSE_USEC;
}

void oom_assembler_on_trigger(struct oom_assembler *a, const struct kmsg_record *rec, const struct oom_line *line)
{
	struct oom_decision *last = oom_assembler_find(a, rec);
	bool one_at_a_time = slice_present(line->trigger.gfp_flags); /* 4.6 on */
	bool mixed = !one_at_a_time && (may_mix(last, rec) || (a->doubt.on && a->doubt.may_mix));
	if (last && mixed)
		oom_assembler_give_up(a, last);
	else if (last)
		oom_assembler_end_decision(a, last);
	if (mixed)
		oom_assembler_doubt_goes_on(&a->doubt, rec->usec);
	else
		a->doubt = (struct oom_doubt){0};
	struct oom_decision *d = oom_assembler_begin(a, rec);
	struct oom_report *r = &d->body->report;
	d->has_report = true;
	d->mixed = mixed;
	if (rec->caller_kind == 'T')
		r->trigger.pid = oom_num_of(rec->caller_id);
	if (a->manual_usec.set && oom_elapsed(rec->usec, a->manual_usec.v) <= MANUAL_PAUSE_USEC)
		r->manual = true;
	a->manual_usec.set = a->no_victim_usec.set = false;
	a->counters.reports++;
	oom_waiting_begin(&d->body->waiting, OOM_LINE_TRIGGER, rec);
}

/* Lines that only an OOM report holds: seen without its beginning, they are the rest of a torn one. */
bool oom_assembler_stands_alone(enum oom_line_kind kind)
{
	switch (kind) {
	case OOM_LINE_TASK_IN:
	case OOM_LINE_TASK_IN_TAIL:
	case OOM_LINE_LIMIT_OF:
	case OOM_LINE_COUNTER:
	case OOM_LINE_STATS_HEAD:
	case OOM_LINE_TABLE_TITLE:
	case OOM_LINE_TABLE_HEAD:
	case OOM_LINE_SUMMARY:
		return true;
	default:
		return false;
	}
}

/* Printed even when the report is suppressed: not a line of the report. */
static struct oom_decision *decision_for_selection(struct oom_assembler *a, const struct kmsg_record *rec,
						   const struct oom_line *line)
{
	struct oom_decision *d = oom_assembler_find(a, rec);
	a->hint = line->selected.pid;
	if (oom_decision_is_open(d))
		oom_decision_read_waiting(d, NULL);
	return oom_decision_is_open(d) && oom_decision_may_select(d, line) ? d : oom_assembler_begin(a, rec);
}

/* A summary is worth a look at /proc as soon as it names the victim. */
void oom_assembler_hint_from_waiting(struct oom_assembler *a, const struct oom_decision *d)
{
	struct oom_line line;
	const struct oom_waiting *w = &d->body->waiting;
	if (w->kind == OOM_LINE_SUMMARY && oom_line_parse_summary(oom_waiting_text(w), SLICE_NONE, &line) &&
	    line.summary.pid.set)
		a->hint = line.summary.pid.v;
}

void oom_assembler_on_report_line(struct oom_assembler *a, const struct kmsg_record *rec, const struct oom_line *line)
{
	struct oom_decision *d = oom_assembler_find(a, rec);
	if (line->kind == OOM_LINE_SELECTED)
		d = decision_for_selection(a, rec, line);
	else if (oom_decision_is_open(d) || oom_assembler_stands_alone(line->kind))
		d = oom_assembler_for_line(a, rec);
	else
		return;
	oom_decision_read_waiting(d, NULL);
	if (line->kind == OOM_LINE_SUMMARY && d->body->report.has_summary) { /* the decision before it ended silently */
		oom_assembler_end_decision(a, d);
		d = oom_assembler_for_line(a, rec);
	}
	if (rec->cut)
		d->body->report.partial = true;
	d->last_usec = rec->usec;
	if (oom_line_may_continue(line->kind)) {
		oom_waiting_begin(&d->body->waiting, line->kind, rec);
		oom_assembler_hint_from_waiting(a, d);
		return;
	}
	oom_collect(&d->body->report, &d->body->collect, line);
}

void oom_assembler_on_no_victim(struct oom_assembler *a, const struct kmsg_record *rec, const struct oom_line *line)
{
	bool panic = line->kind == OOM_LINE_PANIC;
	struct oom_decision *d = oom_assembler_find(a, rec);
	if (panic && a->no_victim_usec.set && oom_elapsed(rec->usec, a->no_victim_usec.v) <= PANIC_PAUSE_USEC) {
		/* "no killable processes", then the panic it leads to: one incident. */
		if (d && a->out.newest.of == d && a->out.newest.incident.kind == OOM_INCIDENT_NO_VICTIM)
			a->out.newest.incident.panic = true;
		return;
	}
	oom_ready_settle(&a->out, &a->counters);
	if (!oom_decision_is_open(d)) {
		d = oom_assembler_begin(a, rec);
		d->body->report.partial = true;
	}
	oom_decision_read_waiting(d, NULL);
	const struct oom_report *r = &d->body->report;
	bool whole = d->has_report && !d->mixed && !r->partial && !rec->cut && r->has_trigger &&
		     (r->has_memcg || (r->has_mem_info && !r->mem_info_torn));
	struct oom_incident in = {
	    .kind = OOM_INCIDENT_NO_VICTIM,
	    .detail = whole ? OOM_DETAIL_FULL : OOM_DETAIL_PARTIAL,
	    .seq = rec->seq,
	    .usec = rec->usec,
	    .panic = panic,
	    .text =
		arena_copy(&d->body->report.arena, line->kind == OOM_LINE_EXITING ? rec->text : line->no_victim.text),
	};
	d->closed = d->no_victim = true;
	a->no_victim_usec = (struct oom_num){true, rec->usec};
	oom_ready_hold(&a->out, d, rec, &in);
}

void oom_assembler_on_exiting(struct oom_assembler *a, const struct kmsg_record *rec, const struct oom_line *line)
{
	const struct oom_decision *d = oom_assembler_find(a, rec);
	if (d && d->has_report && !d->closed) /* without a report nothing had been said that needs an end */
		oom_assembler_on_no_victim(a, rec, line);
}

void oom_assembler_on_reaped(struct oom_assembler *a, const struct oom_line *line)
{
	for (size_t i = 0; i < OOM_DECISIONS; i++) {
		const struct oom_decision *d = &a->decision[i];
		for (uint32_t k = 0; k < d->kills && k < LIMIT_GROUP_PIDS; k++)
			if (d->body->killed[k].pid == line->reaped.pid)
				return;
	}
	a->counters.silent_reaps++;
}
