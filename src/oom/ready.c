/*
 * The first kill of a memory.oom.group shows as such only by the line behind it
 * (oom_kill_process: __oom_kill_process, then mem_cgroup_print_oom_group). So a
 * kill is held while nothing but unrelated lines follow, for a few of them, and
 * not at all when the source has no more at the moment.
 */
#include "oom/ready.h"

/* Unrelated records for which a kill is held at most. */
#define HOLD_RECORDS 32

void oom_ready_hold(struct oom_ready_list *l, struct oom_decision *of, const struct kmsg_record *at,
		    const struct oom_incident *in)
{
	l->newest = (struct oom_ready){.incident = *in, .of = of};
	l->newest.at.caller_kind = at->caller_kind;
	l->newest.at.caller_id = at->caller_id;
	l->newest.at.seq = at->seq;
	l->newest.at.usec = at->usec;
	of->ready_uses = true;
	of->last_usec = at->usec;
}

bool oom_ready_may_wait(struct oom_ready_list *l, uint64_t usec)
{
	bool near = usec <= l->newest.at.usec || usec - l->newest.at.usec <= LIMIT_GROUP_PAUSE_USEC;
	return near && l->newest.held++ < HOLD_RECORDS;
}

void oom_ready_add(struct oom_ready_list *l, const struct oom_ready *r, struct oom_assembler_counters *counters)
{
	if (l->next == l->count)
		l->next = l->count = 0;
	if (l->count == OOM_READY)
		return; /* not reached while the list is emptied between feeds */
	struct oom_ready *to = &l->ready[l->count++];
	*to = *r;
	struct oom_incident *in = &to->incident;
	bool tell = r->of->has_report && !r->of->mixed && !r->without_report;
	in->report = tell ? &r->of->body->report : NULL;
	r->of->ready_uses = true;
	counters->incidents++;
	counters->partial += in->detail == OOM_DETAIL_PARTIAL;
	counters->suppressed += in->detail == OOM_DETAIL_SUPPRESSED;
}

void oom_ready_settle(struct oom_ready_list *l, struct oom_assembler_counters *counters)
{
	if (!l->newest.of)
		return;
	oom_ready_add(l, &l->newest, counters);
	l->newest.of = NULL;
}

/* Taken for one more of a group: the next line could show it to be the first of another group instead. */
static bool is_uncertain_member(const struct oom_ready *r)
{
	const struct oom_incident *in = &r->incident;
	return r->of && r->of->group && in->kind == OOM_INCIDENT_KILL && r->is_member &&
	       !oom_decision_is_member(r->of, in->pid);
}

void oom_ready_settle_early(struct oom_ready_list *l, struct oom_assembler_counters *counters)
{
	struct oom_ready *r = &l->newest;
	if (is_uncertain_member(r)) {
		r->incident.group_index = 0;
		r->incident.group_path = SLICE_NONE;
		r->without_report = true;
		r->incident.is_chosen = false;
		if (r->of->has_report)
			r->incident.detail = OOM_DETAIL_PARTIAL;
	}
	oom_ready_settle(l, counters);
}

bool oom_ready_take(struct oom_ready_list *l, struct oom_incident *out)
{
	if (l->next == l->count)
		return false;
	*out = l->ready[l->next++].incident;
	return true;
}

bool oom_ready_clear(struct oom_ready_list *l)
{
	if (l->next != l->count)
		return false;
	l->next = l->count = 0;
	return true;
}
