/*
 * Kills. __oom_kill_process() prints one line for each; with memory.oom.group
 * (4.19 on) oom_kill_process() prints the first victim's, then the group's line,
 * then one for every member, the first victim once more.
 */
#include "oom/assembler_private.h"

/* Within this the first victim of a group is printed again; where records were lost in between only its pid tells. */
#define REPEAT_PAUSE_USEC (5ull * 1000 * 1000)

static void set_comm(struct oom_incident *in, struct slice comm)
{
	in->comm_cut = comm.n > sizeof(in->comm);
	in->comm_len = (uint8_t)(in->comm_cut ? sizeof(in->comm) : comm.n);
	in->comm_known = slice_present(comm);
	if (in->comm_len)
		memcpy(in->comm, comm.p, in->comm_len);
}

static void set_group(const struct oom_decision *d, struct oom_incident *in, uint32_t index)
{
	if (!d->first_known)
		return;
	in->group_index = index;
	in->group_first_seq = d->first_seq;
	in->group_path = d->group ? d->group_path : SLICE_NONE;
}

static void remember_kill(struct oom_assembler *a, struct oom_decision *d, const struct oom_incident *in)
{
	if (d->kills == 0 && !d->group) {
		d->first_seq = in->seq;
		d->first_known = !(in->sharing && d->doubt); /* the kill it belongs to may be among the lost */
	}
	a->recent[a->recent_next++ % OOM_RECENT] =
	    (struct oom_recent){{in->pid, in->total_vm_kb}, in->usec, d->kills == 0 && !d->group};
	d->newest_seq = in->seq;
	oom_decision_remember(d, in->pid, in->total_vm_kb);
}

/*
 * The first victim of a group is printed again; where records were lost in
 * between only its pid tells. And a saved log may hold a passage twice.
 */
static bool is_repeat(struct oom_assembler *a, const struct kmsg_record *rec, const struct oom_line *line)
{
	bool expected = oom_decision_is_open(oom_assembler_find(a, rec));
	for (size_t i = 0; i < OOM_RECENT; i++) {
		const struct oom_recent *k = &a->recent[i];
		if (k->killed.pid != line->killed.pid)
			continue;
		bool same_size = line->killed.total_vm_kb.set && k->killed.total_vm_kb.set &&
				 k->killed.total_vm_kb.v == line->killed.total_vm_kb.v;
		uint64_t pause = same_size ? REPEAT_PAUSE_USEC : LIMIT_GROUP_PAUSE_USEC;
		if ((same_size && !expected && rec->usec == k->usec) ||
		    (a->doubt.on && k->first && oom_elapsed(rec->usec, k->usec) <= pause))
			return true;
	}
	return false;
}

/* The decision this kill line ends or continues. */
static struct oom_decision *decision_for_kill(struct oom_assembler *a, const struct kmsg_record *rec,
					      const struct oom_line *line)
{
	struct oom_decision *d = oom_assembler_find(a, rec);
	if (!d)
		return oom_assembler_begin(a, rec);
	if (d->closed) {
		d->group |= d->body->waiting.on; /* the group's line was begun and not ended */
		d->body->waiting.on = false;
		if (oom_decision_goes_on(d, rec->usec, line))
			return d;
		/* A child born after the table was printed is killed with its group and not in it. */
		bool doubt =
		    d->has_report && d->group && oom_elapsed(rec->usec, d->last_usec) <= LIMIT_GROUP_PAUSE_USEC;
		d = oom_assembler_begin(a, rec);
		d->doubt |= doubt;
		return d;
	}
	oom_decision_read_waiting(d, line);
	if (!d->has_report || oom_decision_may_kill(d, line))
		return d;
	/* Whether the open report still comes to its own end is not known: nothing is told of it. */
	bool own_report = !d->body->report.has_table;
	d = oom_assembler_begin(a, rec);
	d->doubt |= own_report;
	return d;
}

void oom_assembler_on_killed(struct oom_assembler *a, const struct kmsg_record *rec, const struct oom_line *line)
{
	a->counters.kill_lines++;
	a->hint = line->killed.pid;
	if (is_repeat(a, rec, line)) {
		a->counters.repeats++;
		return;
	}
	struct oom_decision *d = decision_for_kill(a, rec, line);
	if (d->closed && oom_decision_already_killed(d, line)) {
		a->counters.repeats++;
		d->last_usec = rec->usec;
		return;
	}
	const struct oom_report *r = &d->body->report;
	bool chosen = r->chosen.pid.set && r->chosen.pid.v == line->killed.pid;
	struct oom_incident in = {
	    .kind = OOM_INCIDENT_KILL,
	    .detail = oom_decision_detail(d, line->killed.prefix),
	    .seq = rec->seq,
	    .usec = rec->usec,
	    .prefix = line->killed.prefix,
	    .pid = line->killed.pid,
	    .total_vm_kb = line->killed.total_vm_kb,
	    .anon_rss_kb = line->killed.anon_rss_kb,
	    .file_rss_kb = line->killed.file_rss_kb,
	    .shmem_rss_kb = line->killed.shmem_rss_kb,
	    .pgtables_kb = line->killed.pgtables_kb,
	    .uid = line->killed.uid,
	    .oom_score_adj = line->killed.oom_score_adj,
	    .score = chosen ? r->chosen.score : (struct oom_num){0},
	    .is_chosen = d->has_report && !d->mixed && oom_decision_chose(d, line),
	};
	set_comm(&in, line->killed.comm);
	if (rec->cut)
		in.detail = OOM_DETAIL_PARTIAL;
	/* The selection line stands right before the kill, suppressed report or not: without a report it is chosen. */
	if (in.prefix == OOM_PREFIX_NONE && (!d->mixed || chosen))
		in.prefix = r->chosen.prefix;
	if (d->has_report)
		oom_decision_learn_page_size(d, line);
	bool member = d->closed;
	remember_kill(a, d, &in);
	if (d->kills > 1)
		set_group(d, &in, d->kills);
	d->prefix = line->killed.prefix;
	d->closed = true;
	if (d->doubt || d->mixed)
		oom_assembler_doubt_goes_on(&a->doubt, rec->usec);
	oom_ready_hold(&a->out, d, rec, &in);
	a->out.newest.is_member = member;
}

/* Killed because it shares the victim's memory; printed before the kill line to 3.1, after it from 3.2 to 4.2. */
void oom_assembler_on_sharing(struct oom_assembler *a, const struct kmsg_record *rec, const struct oom_line *line)
{
	struct oom_decision *d = oom_assembler_find(a, rec);
	if (!d || (d->closed && oom_elapsed(rec->usec, d->last_usec) > LIMIT_GROUP_PAUSE_USEC))
		d = oom_assembler_begin(a, rec);
	oom_decision_read_waiting(d, NULL);
	a->hint = line->selected.pid;
	struct oom_incident in = {
	    .kind = OOM_INCIDENT_KILL,
	    .detail = oom_decision_detail(d, OOM_PREFIX_NONE),
	    .seq = rec->seq,
	    .usec = rec->usec,
	    .prefix = d->mixed ? OOM_PREFIX_NONE : d->body->report.chosen.prefix,
	    .pid = line->selected.pid,
	    .sharing = true,
	};
	set_comm(&in, line->selected.comm);
	remember_kill(a, d, &in);
	set_group(d, &in, d->kills);
	oom_ready_hold(&a->out, d, rec, &in);
}

/* The kill just seen was taken for a member of the group before, and is the first of this one. */
static struct oom_decision *begin_group_with_newest(struct oom_assembler *a)
{
	struct oom_incident in = a->out.newest.incident;
	struct kmsg_record at = a->out.newest.at;
	a->out.newest.of = NULL;
	struct oom_decision *d = oom_assembler_begin(a, &at);
	d->closed = true;
	d->prefix = in.prefix;
	remember_kill(a, d, &in);
	in.detail = oom_decision_detail(d, in.prefix);
	in.is_chosen = false;
	oom_ready_hold(&a->out, d, &at, &in);
	return d;
}

/* The group's first kill went out before its line came, as what it could be told to be. */
static struct oom_decision *begin_group_with_sent(struct oom_assembler *a, const struct kmsg_record *rec,
						  const struct oom_decision *of)
{
	enum oom_prefix prefix = of->prefix;
	uint64_t seq = of->newest_seq;
	struct oom_killed first = of->body->killed[of->kills <= LIMIT_GROUP_PIDS ? of->kills - 1 : 0];
	struct oom_decision *d = oom_assembler_begin(a, rec);
	d->closed = d->first_known = true;
	d->first_seq = seq;
	d->prefix = prefix;
	oom_decision_remember(d, first.pid, first.total_vm_kb);
	return d;
}

/* A saved log may hold a passage twice: a line of the same path and stamp is the same line. */
static bool is_groups_line_again(const struct oom_decision *d, const struct kmsg_record *rec, struct slice path)
{
	return d && d->group && d->kills && rec->usec && rec->usec == d->group_usec && slice_eq(path, d->group_path);
}

/*
 * A cgroup's name may end like this line, which then seems complete before its own end has come; but the group's
 * cgroup is the victim's own or one above it, and never the root (mem_cgroup_get_oom_group).
 */
static struct slice believed_path(const struct oom_decision *d, struct slice path)
{
	const struct oom_report *r = &d->body->report;
	bool above = !slice_present(r->task_path) || oom_path_is_within(r->task_path, path);
	return above && !r->ambiguous_paths && !slice_eq(path, SLICE("/")) ? path : SLICE_NONE;
}

void oom_assembler_on_group(struct oom_assembler *a, const struct kmsg_record *rec, struct slice path)
{
	struct oom_decision *d = oom_assembler_find(a, rec);
	if (is_groups_line_again(d, rec, path))
		return;
	struct oom_ready *newest = &a->out.newest;
	bool killed = d && d->closed && !d->no_victim && oom_elapsed(rec->usec, d->last_usec) <= LIMIT_GROUP_PAUSE_USEC;
	bool held = killed && newest->of == d && newest->incident.kind == OOM_INCIDENT_KILL;
	if (!killed) { /* its first kill was lost */
		d = oom_assembler_begin(a, rec);
		d->doubt = d->closed = true;
	} else if (d->group && d->kills) {
		d = held ? begin_group_with_newest(a) : begin_group_with_sent(a, rec, d);
	}
	d->group = true;
	d->group_path = arena_copy(&d->body->report.arena, believed_path(d, path));
	d->group_usec = d->last_usec = rec->usec;
	if (newest->of == d)
		set_group(d, &newest->incident, 1);
}
