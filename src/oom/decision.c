/*
 * What belongs together. A kill line is never joined to a report that may be
 * another's: the words before it, the pid the report chose and the report's own
 * task table must agree. In doubt it is a kill without a report.
 *
 * mm/oom_kill.c, by version:
 * - to 5.0 the chosen process may be spared for one of its children
 *   (oom_kill_process), but a selection line stands right before every kill,
 *   suppressed report or not. From 5.1 on, where the kill line has its cause in
 *   front, the chosen one dies; only where its leader has exited the line names
 *   the first live thread (find_lock_task_mm).
 * - the members of a group are below the cgroup that was short, so a complete
 *   task table lists each of them (dump_tasks, mem_cgroup_scan_tasks).
 */
#include "oom/decision.h"

#include "oom/line_rows.h"

void oom_decision_begin(struct oom_decision *d, const struct kmsg_record *rec)
{
	struct oom_decision_body *body = d->body;
	*d = (struct oom_decision){
	    .used = true,
	    .caller_kind = rec->caller_kind,
	    .caller_id = rec->caller_id,
	    .last_usec = rec->usec,
	    .body = body,
	};
	body->waiting.on = false;
	body->collect = (struct oom_collect_state){0};
	oom_report_reset(&body->report, rec->seq, rec->usec);
}

void oom_decision_read_waiting(struct oom_decision *d, const struct oom_line *killed)
{
	struct oom_waiting *w = &d->body->waiting;
	struct oom_report *r = &d->body->report;
	struct oom_line line;
	bool doubtful;
	if (!w->on)
		return;
	w->on = false;
	oom_waiting_read(w, killed ? killed->killed.pid : 0, killed ? killed->killed.comm : SLICE_NONE, &line,
			 &doubtful);
	if (doubtful)
		r->partial = true;
	if (line.kind == OOM_LINE_TRIGGER)
		oom_collect_trigger(r, &line);
	else
		oom_collect(r, &d->body->collect, &line);
}

bool oom_decision_ended_silently(const struct oom_decision *d)
{
	const struct oom_report *r = &d->body->report;
	return d->has_report && !d->closed && !d->mixed && !r->partial && r->has_trigger &&
	       (r->has_summary || r->has_table);
}

/* The words before a kill or selection line against the report's own blocks. */
static bool scope_agrees(const struct oom_report *r, enum oom_prefix prefix)
{
	bool says_global = prefix == OOM_PREFIX_GLOBAL || prefix == OOM_PREFIX_ALLOCATING;
	if (prefix == OOM_PREFIX_MEMCG)
		return !r->global && !(r->has_mem_info && !r->has_memcg);
	if (says_global)
		return !slice_present(r->limit_path) && !(r->has_memcg && !r->has_mem_info);
	return true;
}

bool oom_decision_may_select(const struct oom_decision *d, const struct oom_line *line)
{
	const struct oom_report *r = &d->body->report;
	if (!scope_agrees(r, line->selected.prefix))
		return false;
	/* Chosen before, and nobody died: that decision was over. 5.0 prints the summary and this line about one pid.
	 */
	return !r->chosen.pid.set || (r->has_summary && r->chosen.pid.v == line->selected.pid);
}

static bool table_is_complete(const struct oom_report *r)
{
	return r->has_table && r->task_count == r->rows && !r->partial;
}

/* The row of `pid`, or of the process that has it as a thread. */
static bool table_lists(const struct oom_report *r, uint64_t pid)
{
	for (uint32_t i = 0; i < r->rows; i++)
		if (r->task[i].pid == pid || (r->task[i].tgid.set && r->task[i].tgid.v == pid))
			return true;
	return false;
}

static bool is_thread_of_chosen(const struct oom_report *r, uint64_t pid)
{
	const struct oom_task *row = oom_report_task(r, pid);
	return row && row->tgid.set && row->tgid.v == r->chosen.pid.v;
}

/*
 * The dump was read from its trigger on, without a gap, and is still before its
 * memory block: a kill here is somebody else's (kernels to 4.1, which had no
 * common lock).
 */
static bool is_too_early(const struct oom_report *r)
{
	return r->has_trigger && r->has_cpu_line && !r->partial && !r->has_memcg && !r->has_mem_info && !r->has_table &&
	       !r->has_summary && !slice_present(r->trigger.gfp_flags);
}

bool oom_decision_may_kill(const struct oom_decision *d, const struct oom_line *line)
{
	const struct oom_report *r = &d->body->report;
	bool caused = line->killed.prefix != OOM_PREFIX_NONE;
	if (!scope_agrees(r, caused ? line->killed.prefix : r->chosen.prefix) || is_too_early(r))
		return false;
	if (!r->chosen.pid.set || r->chosen.pid.v == line->killed.pid || is_thread_of_chosen(r, line->killed.pid))
		return true;
	if (caused)
		return r->partial && !r->has_table && slice_eq(line->killed.comm, r->chosen.comm);
	return !table_is_complete(r) || table_lists(r, line->killed.pid); /* a child */
}

bool oom_decision_chose(const struct oom_decision *d, const struct oom_line *line)
{
	const struct oom_report *r = &d->body->report;
	if (r->chosen.pid.set)
		return r->chosen.pid.v == line->killed.pid || is_thread_of_chosen(r, line->killed.pid);
	/* "Task in" speaks of the chosen one, which from 5.1 on is the one that dies (and 4.18 of RHEL 8, which has
	 * both). */
	return !r->has_summary && slice_present(r->task_path) && line->killed.prefix != OOM_PREFIX_NONE;
}

bool oom_decision_already_killed(const struct oom_decision *d, const struct oom_line *line)
{
	uint32_t known = d->kills < LIMIT_GROUP_PIDS ? d->kills : LIMIT_GROUP_PIDS;
	for (uint32_t i = 0; i < known; i++) {
		const struct oom_killed *k = &d->body->killed[i];
		if (k->pid != line->killed.pid)
			continue;
		/* Within a group the sizes may have changed; without one only the very same line is a repetition. */
		bool same_size = k->total_vm_kb.set == line->killed.total_vm_kb.set &&
				 k->total_vm_kb.v == line->killed.total_vm_kb.v;
		return d->group || same_size;
	}
	return false;
}

bool oom_decision_goes_on(const struct oom_decision *d, uint64_t usec, const struct oom_line *line)
{
	bool near = usec <= d->last_usec || usec - d->last_usec <= LIMIT_GROUP_PAUSE_USEC;
	if (!near || d->no_victim || (d->kills && d->prefix != line->killed.prefix))
		return false;
	if (oom_decision_already_killed(d, line))
		return true;
	const struct oom_report *r = &d->body->report;
	bool stranger = d->has_report && table_is_complete(r) && !table_lists(r, line->killed.pid);
	return d->group && !stranger;
}

bool oom_decision_is_member(const struct oom_decision *d, uint64_t pid)
{
	const struct oom_report *r = &d->body->report;
	return d->caller_kind == 'T' || (d->has_report && r->has_table && table_lists(r, pid));
}

void oom_decision_remember(struct oom_decision *d, uint64_t pid, struct oom_num total_vm_kb)
{
	if (d->kills < LIMIT_GROUP_PIDS)
		d->body->killed[d->kills] = (struct oom_killed){pid, total_vm_kb};
	d->kills++;
}

void oom_decision_learn_page_size(struct oom_decision *d, const struct oom_line *line)
{
	static const uint64_t sizes[] = {4, 8, 16, 64};
	struct oom_report *r = &d->body->report;
	const struct oom_task *row = oom_report_task(r, line->killed.pid);
	if (r->page_kb.set || !row || !row->total_vm_pages.set || row->total_vm_pages.v == 0 ||
	    !line->killed.total_vm_kb.set)
		return;
	for (size_t i = 0; i < ARRAY_COUNT(sizes); i++)
		if (line->killed.total_vm_kb.v == row->total_vm_pages.v * sizes[i])
			r->page_kb = (struct oom_num){true, sizes[i]};
}

enum oom_incident_detail oom_decision_detail(const struct oom_decision *d, enum oom_prefix prefix)
{
	const struct oom_report *r = &d->body->report;
	if (d->mixed || (d->doubt && !d->has_report))
		return OOM_DETAIL_PARTIAL;
	if (!d->has_report)
		return OOM_DETAIL_SUPPRESSED;
	/* Words before "Killed process" came with the summary line; a cpuset line of its own went away with it. */
	bool wants_summary = prefix != OOM_PREFIX_NONE && !r->has_cpuset_line;
	bool memory = r->has_memcg || (r->has_mem_info && !r->mem_info_torn);
	bool whole = r->has_trigger && memory && !r->partial && (r->has_summary || !wants_summary);
	return whole ? OOM_DETAIL_FULL : OOM_DETAIL_PARTIAL;
}
