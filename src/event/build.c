/*
 * The join. Every line here answers "whose word is it?": the kill line's for
 * the victim, the report's for the decision, /proc's for what the kernel does
 * not print. Kernel facts it rests on:
 *
 * - The report's summary, selection line and task_memcg speak of the task that
 *   was chosen. The one that is killed may be its child (to 5.0,
 *   oom_kill_process), a thread when the leader has exited (5.x), or another
 *   member of the group (4.19+, oom_kill_memcg_member): for those the path is
 *   not theirs.
 * - 5.4.0 and some builds after it print page tables in bytes under the label
 *   kB (__oom_kill_process).
 */
#include "event/build.h"

#include "base/clock.h"
#include "base/text.h"
#include "event/facts.h"
#include "event/from_path.h"
#include "event/from_report.h"
#include "event/summary.h"
#include "event/verdict.h"

static void set_id(struct event *e, struct slice *id, struct slice boot_id, uint64_t seq)
{
	char buffer[128];
	struct text t = text_on(buffer, sizeof(buffer));
	text_add(&t, slice_present(boot_id) ? boot_id : SLICE("00000000000000000000000000000000"));
	text_addf(&t, "-%llu", (unsigned long long)seq);
	*id = arena_copy(&e->arena, text_slice(&t));
}

static struct slice rfc3339(struct event *e, uint64_t realtime_usec)
{
	char buffer[CLOCK_RFC3339_SIZE];
	clock_rfc3339(realtime_usec, buffer);
	return arena_copy(&e->arena, slice_cstr(buffer));
}

static void set_origin(struct event *e, const struct event_input *in, uint64_t seq)
{
	set_id(e, &e->id, in->boot_id, seq);
	e->boot_id = arena_copy(&e->arena, in->boot_id);
	e->realtime_usec = in->realtime_usec;
	if (in->realtime_usec.set)
		e->time = rfc3339(e, in->realtime_usec.v);
	if (!in->host)
		return;
	e->host.name = arena_copy(&e->arena, in->host->name);
	e->host.machine_id = arena_copy(&e->arena, in->host->machine_id);
	e->host.kernel = arena_copy(&e->arena, in->host->kernel);
}

/* The victim's own row: another task's of the same number would be a report that is not ours. */
static const struct oom_task *row_of(const struct oom_incident *i)
{
	const struct oom_task *row = i->report ? oom_report_task(i->report, i->pid) : NULL;
	if (row && !i->is_chosen && !i->comm_known)
		return NULL;
	if (row && !i->is_chosen && !slice_eq(slice_of(row->comm, row->comm_len), slice_of(i->comm, i->comm_len)))
		return NULL;
	return row;
}

static struct opt_u64 pgtables_kb(const struct oom_incident *i)
{
	struct opt_u64 printed = event_num(i->pgtables_kb);
	bool whole_kb = printed.v % 1024 == 0; /* so are bytes of whole tables, and no small process's kB */
	if (printed.set && i->total_vm_kb.set && whole_kb && printed.v > i->total_vm_kb.v / 8)
		printed.v /= 1024;
	return printed;
}

static void set_row_memory(struct event *e, const struct oom_report *r, const struct oom_task *row)
{
	e->victim.memory.total_vm_kb = event_pages_kb(r, row->total_vm_pages);
	e->victim.memory.rss_kb = event_pages_kb(r, row->rss_pages);
	e->victim.memory.anon_rss_kb = event_pages_kb(r, row->rss_anon_pages);
	e->victim.memory.file_rss_kb = event_pages_kb(r, row->rss_file_pages);
	e->victim.memory.shmem_rss_kb = event_pages_kb(r, row->rss_shmem_pages);
	e->victim.memory.swap_kb = event_pages_kb(r, row->swap_entries);
	e->victim.memory.pgtables_kb = (struct opt_u64){row->pgtables_bytes.set, row->pgtables_bytes.v / 1024};
}

static void prefer(struct opt_u64 *to, struct opt_u64 better)
{
	if (better.set)
		*to = better;
}

static void set_memory(struct event *e, const struct oom_incident *i, const struct oom_task *row)
{
	uint64_t sum;
	if (row)
		set_row_memory(e, i->report, row);
	prefer(&e->victim.memory.total_vm_kb, event_num(i->total_vm_kb));
	prefer(&e->victim.memory.anon_rss_kb, event_num(i->anon_rss_kb));
	prefer(&e->victim.memory.file_rss_kb, event_num(i->file_rss_kb));
	prefer(&e->victim.memory.shmem_rss_kb, event_num(i->shmem_rss_kb));
	prefer(&e->victim.memory.pgtables_kb, pgtables_kb(i));
	if (i->anon_rss_kb.set && i->file_rss_kb.set && i->shmem_rss_kb.set &&
	    !__builtin_add_overflow(i->anon_rss_kb.v, i->file_rss_kb.v, &sum) &&
	    !__builtin_add_overflow(sum, i->shmem_rss_kb.v, &sum))
		e->victim.memory.rss_kb = event_u64(sum);
}

static struct opt_u64 have(const struct host_process *p, uint32_t bit, int64_t v)
{
	return (struct opt_u64){(p->have & bit) && v >= 0, (uint64_t)v};
}

/* Is `path` the cgroup `top` or one below it? */
static bool is_within(struct slice path, struct slice top)
{
	if (slice_eq(top, SLICE("/")))
		return slice_starts(path, top);
	return slice_starts(path, top) && (path.n == top.n || path.p[top.n] == '/');
}

/*
 * The memory cgroup the kernel named, for the victim it chose, and for the members of its group when the chosen one was
 * in the group's own cgroup: on cgroup v2, where alone groups are, a cgroup with processes of its own has no children
 * with a memory controller (cgroup_migrate_vet_dst), so nobody below it was in another memory cgroup.
 */
static struct slice kernel_path(const struct oom_incident *i)
{
	const struct oom_report *r = i->report;
	bool in_group = r && slice_present(i->group_path) && slice_eq(i->group_path, r->task_path);
	return r && (i->is_chosen || in_group) ? r->task_path : SLICE_NONE;
}

/*
 * Else /proc's path, unless it contradicts the record: whoever died of a limit, or as a member of a group, was below
 * it.
 */
static void set_path(struct event *e, const struct oom_incident *i, const struct event_known *known)
{
	struct slice path = kernel_path(i);
	if (slice_present(path)) {
		e->cgroup.path = arena_copy(&e->arena, path);
		e->sources.cgroup = SLICE("kernel");
		return;
	}
	if (!slice_present(known->cgroup) ||
	    (slice_present(i->group_path) && !is_within(known->cgroup, i->group_path)) ||
	    (slice_present(e->cgroup.limit_path) && !is_within(known->cgroup, e->cgroup.limit_path)))
		return;
	e->cgroup.path = arena_copy(&e->arena, known->cgroup);
	e->sources.cgroup = known->cgroup_source;
}

/*
 * A process that rewrote its title has it all in one argument: its first word is then as much as argv0 may tell.
 */
static void set_cmdline(struct event *e, const struct host_process *p, enum event_cmdline mode)
{
	struct slice line = p->cmdline, first;
	if (!line.n || mode == EVENT_CMDLINE_NONE)
		return;
	if (line.p[line.n - 1] == '\0')
		line.n--;
	if (mode == EVENT_CMDLINE_FULL) {
		e->victim.cmdline_cut = event_split(e, line, '\0', LIMIT_CMDLINE_ARGS, &e->victim.cmdline);
		e->victim.cmdline_cut |= p->cmdline_cut;
		return;
	}
	if (!take_until(&line, SLICE("\0"), &first) && !take_until(&line, SLICE(" "), &first))
		first = line;
	event_split(e, first, '\0', 1, &e->victim.cmdline);
}

static struct slice last_word(struct slice s)
{
	struct slice word = SLICE_NONE;
	size_t words = 0;
	while (take_word(&s, &word))
		words++;
	return words > 1 ? word : SLICE_NONE;
}

static void set_start(struct event *e, const struct event_input *in, const struct host_process *p)
{
	uint64_t since_boot, start;
	if (!(p->have & HOST_HAVE_START) || !in->boot_realtime_usec ||
	    __builtin_mul_overflow(p->start_ticks, 1000000 / host_ticks_per_sec(), &since_boot) ||
	    __builtin_add_overflow(since_boot, in->boot_realtime_usec, &start))
		return;
	e->victim.start_time = rfc3339(e, start);
	if (in->realtime_usec.set)
		e->victim.uptime_sec =
		    event_u64(in->realtime_usec.v > start ? (in->realtime_usec.v - start) / 1000000 : 0);
}

/* What only /proc knows. */
static void set_process(struct event *e, const struct event_input *in, const struct event_known *known)
{
	const struct host_process *p = &known->process;
	e->sources.process = known->process_source;
	if (slice_eq(known->process_source, SLICE("cache")))
		e->sources.process_age_ms = event_u64(in->facts->cached_age_ms);
	uint64_t ns_pid;
	e->victim.exe = arena_copy(&e->arena, p->exe);
	e->victim.ppid = have(p, HOST_HAVE_PPID, p->ppid);
	if (slice_to_u64(last_word(p->ns_pid), &ns_pid))
		e->victim.ns_pid = event_u64(ns_pid);
	set_cmdline(e, p, in->cmdline);
	set_start(e, in, p);
}

static void set_parents(struct event *e, const struct event_facts *facts)
{
	for (uint32_t i = 0; i < facts->parent_count && i < LIMIT_PARENTS; i++)
		e->victim.parent[e->victim.parent_count++] = (struct event_parent){
		    .pid = event_u64((uint64_t)facts->parent[i].pid),
		    .comm = arena_copy(&e->arena, facts->parent[i].comm),
		};
	/* An orphan's /proc names who adopted it; the first of the parents is the one that made it. */
	if (e->victim.parent_count)
		e->victim.ppid = e->victim.parent[0].pid;
}

static void set_history(struct event *e, const struct event_facts *facts)
{
	uint32_t n = facts->history_count < LIMIT_HISTORY ? facts->history_count : LIMIT_HISTORY;
	if (n)
		memcpy(e->victim.history, facts->history + (facts->history_count - n), n * sizeof(*facts->history));
	e->victim.history_count = n;
	e->victim.growth = arena_copy(&e->arena, facts->growth);
}

/* Who: the kill line first, then the report where it speaks of this process, then /proc. */
static void set_victim(struct event *e, const struct oom_incident *i, const struct oom_task *row,
		       const struct event_known *known)
{
	const struct host_process *p = &known->process;
	const struct oom_report *r = i->report;
	bool named = r && (i->is_chosen || (r->chosen.pid.set && r->chosen.pid.v == i->pid));
	e->victim.pid = event_u64(i->pid);
	if (i->comm_known)
		e->victim.comm = arena_copy(&e->arena, slice_of(i->comm, i->comm_len));
	e->victim.tgid = have(p, HOST_HAVE_TGID, p->tgid);
	e->victim.uid = have(p, HOST_HAVE_UID, p->uid);
	if (p->have & HOST_HAVE_OOM_SCORE_ADJ)
		e->victim.oom_score_adj = (struct opt_i64){true, p->oom_score_adj};
	e->victim.oom_score = have(p, HOST_HAVE_OOM_SCORE, p->oom_score);
	if (row) {
		prefer(&e->victim.tgid, event_num(row->tgid));
		prefer(&e->victim.uid, event_uid(row->uid));
		if (row->oom_score_adj.set)
			e->victim.oom_score_adj = event_int(row->oom_score_adj);
	}
	if (named)
		prefer(&e->victim.uid, event_uid(r->chosen.uid));
	prefer(&e->victim.oom_score, event_num(i->score));
	prefer(&e->victim.uid, event_uid(i->uid));
	if (i->oom_score_adj.set)
		e->victim.oom_score_adj = event_int(i->oom_score_adj);
	set_memory(e, i, row);
}

/* What came beside the snapshots counts only when the snapshot it came with does. */
static void set_companions(struct event *e, const struct event_facts *facts, const struct event_known *known)
{
	bool nobody = !facts->live && !facts->cached;
	if (nobody || known->live || known->cached)
		set_parents(e, facts);
	if (!facts->cached || known->cached)
		set_history(e, facts);
	struct opt_u64 uid = have(&known->process, HOST_HAVE_UID, known->process.uid);
	if (nobody || (uid.set && e->victim.uid.set && uid.v == e->victim.uid.v))
		e->victim.user = arena_copy(&e->arena, facts->user);
}

static struct opt_u64 killed_boottime(const struct event_input *in)
{
	if (in->realtime_usec.set && in->boot_realtime_usec)
		return (struct opt_u64){in->realtime_usec.v >= in->boot_realtime_usec,
					in->realtime_usec.v - in->boot_realtime_usec};
	/* The kernel's stamp stops while the host sleeps, the start times do not; of a capture there is nothing better.
	 */
	return (struct opt_u64){in->incident->usec && !in->foreign_usec, in->incident->usec};
}

static void build_kill(struct event *e, const struct event_input *in)
{
	const struct oom_incident *i = in->incident;
	const struct oom_task *row = row_of(i);
	struct event_known known;
	event_facts_of(in->facts, i->pid, row ? event_num(row->tgid) : (struct opt_u64){0}, killed_boottime(in),
		       &known);
	e->recovered = in->recovered;
	set_victim(e, i, row, &known);
	set_process(e, in, &known);
	if (in->facts)
		set_companions(e, in->facts, &known);
	set_path(e, i, &known);
	event_from_path(e, i->group_path);
	if (i->group_index) {
		set_id(e, &e->group.id, in->boot_id, i->group_first_seq);
		e->group.cgroup = arena_copy(&e->arena, i->group_path);
		e->group.index = event_u64(i->group_index);
	}
}

/* panic() is given its text with the newlines that pr_err would want (oom_kill.c to 4.17). */
static struct slice without_newlines(struct slice s)
{
	while (slice_ends(s, SLICE("\n")))
		s = slice_sub(s, 0, s.n - 1);
	return s;
}

void event_build(struct event *e, const struct event_input *in)
{
	const struct oom_incident *i = in->incident;
	event_init(e, i->kind == OOM_INCIDENT_KILL ? EVENT_OOM_KILL : EVENT_NO_VICTIM);
	set_origin(e, in, i->seq);
	e->monotonic_usec = (struct opt_u64){i->usec && !in->foreign_usec, i->usec};
	e->kmsg_seq = (struct opt_u64){!in->foreign_seq, i->seq};
	if (i->report && !slice_present(e->host.kernel))
		e->host.kernel = arena_copy(&e->arena, i->report->kernel_release);
	event_from_report(e, i);
	if (i->kind == OOM_INCIDENT_KILL) {
		build_kill(e, in);
	} else {
		e->kernel_text = arena_copy(&e->arena, without_newlines(i->text));
		e->panic = i->panic;
	}
	event_verdict(e);
	event_summary(e);
}

void event_build_lost(struct event *e, const struct event_input *in, uint64_t from_seq, uint64_t to_seq, uint64_t count)
{
	event_init(e, EVENT_RECORDS_LOST);
	set_origin(e, in, from_seq);
	e->count = event_u64(count);
	e->from_seq = event_u64(from_seq);
	e->to_seq = event_u64(to_seq);
	event_summary(e);
}

void event_build_unseen(struct event *e, const struct event_input *in, uint64_t kernel_count, uint64_t reported_count,
			uint64_t last_seq)
{
	event_init(e, EVENT_KILLS_UNSEEN);
	set_origin(e, in, last_seq);
	/* The record at last_seq may be a kill with an id of its own. */
	char buffer[160];
	struct text t = text_on(buffer, sizeof(buffer));
	text_add(&t, e->id);
	text_addf(&t, "-%llu", (unsigned long long)kernel_count);
	e->id = arena_copy(&e->arena, text_slice(&t));
	e->kmsg_seq = event_u64(last_seq);
	e->kernel_count = event_u64(kernel_count);
	e->reported_count = event_u64(reported_count);
	event_summary(e);
}

void event_build_limit(struct event *e, struct slice limit_path, struct opt_u64 limit_kb)
{
	e->cgroup.limit_path = arena_copy(&e->arena, limit_path);
	e->cgroup.memory.limit_kb = limit_kb;
	e->sources.limit = SLICE("live");
	event_verdict(e);
	event_summary(e);
}

void event_build_disown(struct event *e)
{
	e->identity.pod.uid = e->identity.pod.qos = SLICE_NONE;
	event_summary(e);
}

static bool add_name(struct event *e, struct slice *to, struct slice name)
{
	if (slice_present(*to) || !slice_present(name))
		return false;
	*to = arena_copy(&e->arena, name);
	return true;
}

void event_build_names(struct event *e, const struct host_names *names)
{
	bool added = false;
	added |= add_name(e, &e->identity.container.name, names->container_name);
	added |= add_name(e, &e->identity.container.image, names->container_image);
	added |= add_name(e, &e->identity.container.runtime, names->container_runtime);
	added |= add_name(e, &e->identity.pod.uid, names->pod_uid);
	added |= add_name(e, &e->identity.pod.name, names->pod_name);
	added |= add_name(e, &e->identity.pod.namespace_, names->pod_namespace);
	added |= add_name(e, &e->identity.compose.project, names->compose_project);
	added |= add_name(e, &e->identity.compose.service, names->compose_service);
	added |= add_name(e, &e->identity.ecs.task, names->ecs_task);
	added |= add_name(e, &e->identity.ecs.container, names->ecs_container);
	added |= add_name(e, &e->identity.machine, names->machine);
	added |= add_name(e, &e->identity.invocation_id, names->invocation_id);
	for (uint32_t i = 0; i < e->identity.outer_count; i++) {
		added |= add_name(e, &e->identity.outer[i].name, names->outer_name[i]);
		added |= add_name(e, &e->identity.outer[i].image, names->outer_image[i]);
	}
	if (!added)
		return;
	e->sources.identity = SLICE("file");
	event_summary(e);
}
