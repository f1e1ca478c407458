/*
 * Puts lines into a report. Where two lines contradict each other (another
 * processor's failed allocation or show_mem prints CPU, cpuset and Mem-Info
 * lines like ours) what they tell is left out, for good, and the report is
 * partial.
 */
#include "oom/collect.h"

void oom_report_reset(struct oom_report *r, uint64_t seq, uint64_t usec)
{
	/* Tables are guarded by their counts: only what is before them needs clearing, and the arena is reset. */
	memset(r, 0, offsetof(struct oom_report, stat));
	memset(r->host, 0, sizeof(r->host));
	r->zone_count = r->zones_dropped = 0;
	r->hugepages_kb = r->hugepages_free_kb = r->page_kb = (struct oom_num){0};
	r->layout = (struct oom_table_layout){0};
	r->task_count = 0;
	r->rows = 0;
	r->arena = arena_on(r->text, sizeof(r->text));
	r->first_seq = seq;
	r->first_usec = usec;
}

static struct slice keep(struct oom_report *r, struct slice s)
{
	struct slice copy = arena_copy(&r->arena, s);
	if (slice_present(s) && !slice_present(copy))
		r->partial = true;
	return copy;
}

static void forget_host(struct oom_report *r, struct oom_collect_state *state)
{
	memset(r->host, 0, sizeof(r->host));
	r->zone_count = r->zones_dropped = 0;
	r->hugepages_kb = r->hugepages_free_kb = (struct oom_num){0};
	state->in_mem_info = false;
}

/*
 * From 3.9 on a report has the cgroup's block or Mem-Info, never both
 * (dump_header); that the kernel is that new shows where it names gfp flags
 * (4.6), where its dump begins with "CPU:" (3.10), and in memory.stat (3.9). Of
 * a report whose beginning was not seen it is not known.
 */
static bool has_memcg_only(const struct oom_report *r, const struct oom_collect_state *state)
{
	return !r->has_trigger || slice_present(r->trigger.gfp_flags) || r->trigger.cpu.set || state->stats_taken;
}

static void collect_memcg(struct oom_report *r, struct oom_collect_state *state)
{
	r->has_memcg = true;
	if (!r->has_mem_info || !has_memcg_only(r, state))
		return;
	forget_host(r, state);
	r->has_mem_info = false;
}

/* Whose its numbers are is not known; none of the rows that may still come are either. */
static void tear_mem_info(struct oom_report *r, struct oom_collect_state *state)
{
	forget_host(r, state);
	r->mem_info_torn = true;
}

/* "Task in" and its siblings: the kernel prints each path once. */
static void collect_paths(struct oom_report *r, struct oom_collect_state *state, const struct oom_line *line)
{
	const struct {
		struct slice *to;
		struct slice from;
	} path[] = {{&r->task_path, line->task_in.task_path}, {&r->limit_path, line->task_in.limit_path}};
	collect_memcg(r, state);
	for (size_t i = 0; i < ARRAY_COUNT(path); i++)
		if (slice_present(path[i].from) && slice_present(*path[i].to) && !slice_eq(path[i].from, *path[i].to))
			state->paths_differ = true;
	if (state->paths_differ) {
		r->task_path = r->limit_path = SLICE_NONE;
		r->partial = true;
		return;
	}
	for (size_t i = 0; i < ARRAY_COUNT(path); i++)
		if (!slice_present(*path[i].to))
			*path[i].to = keep(r, path[i].from);
	if (r->trigger_is_old)
		r->task_path =
		    SLICE_NONE; /* 2.6.32 prints the trigger's cgroup there (dump_header), not the victim's */
}

void oom_collect_trigger(struct oom_report *r, const struct oom_line *line)
{
	r->has_trigger = true;
	r->trigger.comm = keep(r, line->trigger.comm);
	r->trigger.gfp_mask = line->trigger.gfp_mask;
	r->trigger.gfp_flags = keep(r, line->trigger.gfp_flags);
	r->trigger.order = line->trigger.order;
	r->trigger.oom_score_adj = line->trigger.oom_score_adj;
	if (slice_present(line->trigger.nodemask))
		r->nodemask = keep(r, line->trigger.nodemask);
	r->trigger_is_old = line->trigger.oom_adj.set && !line->trigger.oom_score_adj.set;
	/* sysrq-f; is_sysrq_oom() in mm/oom_kill.c. Its own line before is needed only where the order does not tell.
	 */
	if (line->trigger.order.set && line->trigger.order.v == -1)
		r->manual = true;
	else if (slice_present(r->trigger.gfp_flags))
		r->manual = false;
	if (!line->trigger.order.set) /* printed by every kernel: the line lost its end */
		r->partial = true;
}

/* Whoever prints "comm …" is the trigger: only then does the line belong to this report. */
static bool take_trigger(const struct oom_report *r, struct slice *c)
{
	return r->has_trigger && take_literal(c, r->trigger.comm);
}

static void collect_cpuset(struct oom_report *r, struct oom_collect_state *state, const struct oom_line *line)
{
	struct slice name = line->cpuset.from_comm;
	if (state->other_dump || !slice_present(line->cpuset.mems_allowed) || !take_trigger(r, &name) ||
	    !take_literal(&name, SLICE(" cpuset=")) ||
	    (slice_find(name, SLICE("/")) != SLICE_NPOS && !slice_eq(name, SLICE("/"))))
		return;
	bool again = r->has_cpuset_line;
	r->has_cpuset_line = true;
	if (!again) {
		r->cpuset = keep(r, name);
		r->mems_allowed = keep(r, line->cpuset.mems_allowed);
	} else if (!slice_eq(name, r->cpuset) || !slice_eq(line->cpuset.mems_allowed, r->mems_allowed)) {
		r->cpuset = r->mems_allowed = SLICE_NONE; /* a thread of the same program has printed one too */
	}
}

static void collect_cpu(struct oom_report *r, struct oom_collect_state *state, const struct oom_line *line)
{
	struct slice rest = line->cpu.from_comm;
	bool ours = take_trigger(r, &rest) && (rest.n == 0 || rest.p[0] == ' ') && !r->has_memcg;
	if (!ours || state->other_dump)
		return;
	/* caller= told the pid already: another task's dump shows by that. */
	bool known = r->trigger.pid.set && !r->has_cpu_line;
	if (known && r->trigger.pid.v != line->cpu.pid.v)
		return;
	bool differs = r->has_cpu_line && (state->cpu_differs || r->trigger.pid.v != line->cpu.pid.v);
	if (r->has_mem_info &&
	    (differs || !r->has_cpu_line)) /* the stack dump comes first: was it another's Mem-Info? */
		tear_mem_info(r, state);
	if (differs) {
		state->cpu_differs = true;
		r->trigger.pid = r->trigger.cpu = (struct oom_num){0};
		return;
	}
	if (r->has_mem_info)
		return;
	r->has_cpu_line = true;
	r->trigger.pid = line->cpu.pid;
	r->trigger.cpu = line->cpu.cpu;
	if (!slice_present(r->kernel_release))
		r->kernel_release = keep(r, line->cpu.release);
}

static void add_stats(struct oom_report *r, struct slice rows, bool in_kb)
{
	struct slice name;
	uint64_t value;
	r->stat_in_kb = in_kb;
	while (oom_stats_next(&rows, in_kb, &name, &value)) {
		if (r->stat_count == LIMIT_STAT_ROWS || name.n >= sizeof(r->stat[0].name))
			continue;
		struct oom_stat *s = &r->stat[r->stat_count++];
		memcpy(s->name, name.p, name.n);
		s->name[name.n] = '\0';
		s->value = value;
	}
}

static void collect_stats(struct oom_report *r, struct oom_collect_state *state, const struct oom_line *line)
{
	bool first = !state->stats_taken;
	if (line->kind == OOM_LINE_STATS_HEAD)
		state->stats_taken = true;
	collect_memcg(r, state);
	if (line->kind == OOM_LINE_STATS_HEAD) {
		state->in_stats = first;
		if (!first)
			return;
		r->stat_path = keep(r, line->stats.path);
	}
	add_stats(r, line->stats.rows, line->stats.in_kb);
}

static struct oom_zone *find_zone(struct oom_report *r, struct oom_num node, struct slice name)
{
	for (uint32_t i = 0; i < r->zone_count; i++) {
		struct oom_zone *z = &r->zone[i];
		if (z->node.set == node.set && z->node.v == node.v && slice_eq(slice_cstr(z->name), name))
			return z;
	}
	return NULL;
}

static void collect_zone(struct oom_report *r, const struct oom_line *line)
{
	if (find_zone(r, line->zone.node, line->zone.name))
		return;
	if (r->zone_count == LIMIT_ZONES || line->zone.name.n >= sizeof(r->zone[0].name)) {
		r->zones_dropped++;
		return;
	}
	struct oom_zone *z = &r->zone[r->zone_count++];
	*z = (struct oom_zone){
	    .node = line->zone.node,
	    .free_kb = line->zone.free_kb,
	    .min_kb = line->zone.min_kb,
	    .low_kb = line->zone.low_kb,
	    .high_kb = line->zone.high_kb,
	    .present_kb = line->zone.present_kb,
	    .managed_kb = line->zone.managed_kb,
	};
	memcpy(z->name, line->zone.name.p, line->zone.name.n);
}

static void collect_free_list(struct oom_report *r, const struct oom_line *line)
{
	if (!r->page_kb.set && line->free_list.smallest_block_kb)
		r->page_kb = (struct oom_num){true, line->free_list.smallest_block_kb};
	struct oom_zone *z = find_zone(r, line->free_list.node, line->free_list.name);
	if (!z)
		return;
	z->largest_free_block_kb = (struct oom_num){true, line->free_list.largest_block_kb};
	if (!r->trigger.order.set || r->trigger.order.v < 0)
		return;
	z->blocks_at_order = (struct oom_num){true, 0};
	for (uint64_t o = (uint64_t)r->trigger.order.v; o < line->free_list.orders; o++)
		z->blocks_at_order.v += line->free_list.count[o];
}

static void collect_hugepages(struct oom_report *r, const struct oom_line *line)
{
	uint64_t total, free;
	if (__builtin_mul_overflow(line->hugepages.total, line->hugepages.size_kb, &total) ||
	    __builtin_mul_overflow(line->hugepages.free, line->hugepages.size_kb, &free))
		return;
	r->hugepages_kb = (struct oom_num){true, r->hugepages_kb.v + total};
	r->hugepages_free_kb = (struct oom_num){true, r->hugepages_free_kb.v + free};
}

static struct oom_num column(const struct oom_line *line, enum oom_column c)
{
	return (struct oom_num){line->row.have >> c & 1, line->row.value[c]};
}

/* Puts the row at `i` where it belongs among those below it; the smallest stands first. */
static void sift_down(struct oom_task *t, uint32_t n, uint32_t i)
{
	struct oom_task moved = t[i];
	for (uint32_t child; (child = 2 * i + 1) < n; i = child) {
		if (child + 1 < n && t[child + 1].rss_pages.v < t[child].rss_pages.v)
			child++;
		if (moved.rss_pages.v <= t[child].rss_pages.v)
			break;
		t[i] = t[child];
	}
	t[i] = moved;
}

/* Room for one more row: a free one, or that of the smallest when it is smaller. */
static struct oom_task *row_for(struct oom_report *r, struct oom_collect_state *state, uint64_t rss)
{
	if (r->rows < LIMIT_TASK_ROWS)
		return &r->task[r->rows++];
	if (!state->heap)
		for (uint32_t i = r->rows / 2; i-- > 0;)
			sift_down(r->task, r->rows, i);
	state->heap = true;
	return r->task[0].rss_pages.v < rss ? &r->task[0] : NULL;
}

static void collect_row(struct oom_report *r, struct oom_collect_state *state, const struct oom_line *line)
{
	r->task_count++;
	struct oom_task *t = row_for(r, state, line->row.value[OOM_COLUMN_RSS]);
	if (!t)
		return;
	struct oom_num adj = column(line, OOM_COLUMN_OOM_SCORE_ADJ);
	*t = (struct oom_task){
	    .pid = line->row.pid,
	    .tgid = column(line, OOM_COLUMN_TGID),
	    .uid = column(line, OOM_COLUMN_UID),
	    .total_vm_pages = column(line, OOM_COLUMN_TOTAL_VM),
	    .rss_pages = column(line, OOM_COLUMN_RSS),
	    .rss_anon_pages = column(line, OOM_COLUMN_RSS_ANON),
	    .rss_file_pages = column(line, OOM_COLUMN_RSS_FILE),
	    .rss_shmem_pages = column(line, OOM_COLUMN_RSS_SHMEM),
	    .swap_entries = column(line, OOM_COLUMN_SWAPENTS),
	    .pgtables_bytes = column(line, OOM_COLUMN_PGTABLES_BYTES),
	    .oom_score_adj = {adj.set, (int64_t)adj.v},
	};
	t->comm_len = (uint8_t)(line->row.comm.n < sizeof(t->comm) ? line->row.comm.n : sizeof(t->comm));
	memcpy(t->comm, line->row.comm.p, t->comm_len);
	if (state->heap)
		sift_down(r->task, r->rows, 0);
}

/* A second one in the same report is a stranger's, or the first was. */
static void collect_table_head(struct oom_report *r, struct oom_collect_state *state, const struct oom_line *line)
{
	if (r->has_table)
		state->tables_differ = true;
	if (state->tables_differ) {
		r->has_table = state->in_table = false;
		r->task_count = r->rows = 0;
		r->partial = true;
		return;
	}
	r->layout = line->layout;
	r->has_table = state->in_table = true;
}

static void collect_counter(struct oom_report *r, struct oom_collect_state *state, const struct oom_line *line)
{
	enum oom_counter which = line->counter.which;
	struct oom_usage *u = &r->counter[which];
	collect_memcg(r, state);
	if (r->have_counter[which] &&
	    (u->usage_kb.v != line->counter.usage.usage_kb.v || u->limit_kb.v != line->counter.usage.limit_kb.v)) {
		*u = (struct oom_usage){0};
		r->partial = true;
	} else if (!r->have_counter[which]) {
		*u = line->counter.usage;
	}
	r->have_counter[which] = true;
}

static void collect_mem_info(struct oom_report *r, struct oom_collect_state *state)
{
	bool behind_ours = r->has_table || r->has_summary || r->chosen.pid.set;
	if (behind_ours || (r->has_memcg && has_memcg_only(r, state)))
		return;
	state->in_stats = false;
	if (r->has_mem_info || state->other_dump) {
		tear_mem_info(r, state);
		return;
	}
	r->has_mem_info = state->in_mem_info = !r->mem_info_torn;
}

static void collect_other_dump(struct oom_report *r, struct oom_collect_state *state)
{
	if (r->has_table || r->has_summary)
		return; /* what it could be taken for is behind us */
	state->other_dump = true;
	if (!state->in_mem_info)
		return;
	tear_mem_info(r, state);
}

static void collect_summary(struct oom_report *r, const struct oom_line *line)
{
	r->has_summary = true;
	r->constraint = keep(r, line->summary.constraint);
	if (slice_present(line->summary.nodemask) && !slice_eq(line->summary.nodemask, SLICE("(null)")))
		r->nodemask = keep(r, line->summary.nodemask);
	r->cpuset = keep(r, line->summary.cpuset);
	r->mems_allowed = keep(r, line->summary.mems_allowed);
	r->limit_path = keep(r, line->summary.limit_path);
	r->task_path = keep(r, line->summary.task_path);
	r->global = line->summary.global;
	r->ambiguous_paths = line->summary.ambiguous;
	r->chosen.pid = line->summary.pid;
	r->chosen.uid = line->summary.uid;
	r->chosen.comm = keep(r, line->summary.comm);
	if (!line->summary.pid.set)
		r->partial = true;
}

static void collect_selected(struct oom_report *r, const struct oom_line *line)
{
	r->chosen.score = line->selected.score;
	r->chosen.prefix = line->selected.prefix;
	if (r->chosen.pid.set)
		return; /* 5.0 prints both; the summary came first and tells more */
	r->chosen.pid = (struct oom_num){true, line->selected.pid};
	r->chosen.comm = keep(r, line->selected.comm);
}

void oom_collect(struct oom_report *r, struct oom_collect_state *state, const struct oom_line *line)
{
	switch (line->kind) {
	case OOM_LINE_CPUSET:
		collect_cpuset(r, state, line);
		break;
	case OOM_LINE_CPU:
		collect_cpu(r, state, line);
		break;
	case OOM_LINE_TASK_IN:
	case OOM_LINE_TASK_IN_TAIL:
	case OOM_LINE_LIMIT_OF:
		collect_paths(r, state, line);
		break;
	case OOM_LINE_COUNTER:
		collect_counter(r, state, line);
		break;
	case OOM_LINE_OTHER_DUMP:
		collect_other_dump(r, state);
		break;
	case OOM_LINE_STATS_HEAD:
	case OOM_LINE_STAT:
		collect_stats(r, state, line);
		break;
	case OOM_LINE_MEM_INFO:
		collect_mem_info(r, state);
		break;
	case OOM_LINE_MEM_PAGES:
	case OOM_LINE_PAGES_OF:
		for (uint32_t i = 0; i < line->pages.count; i++)
			if (!r->host[line->pages.pair[i].which].set)
				r->host[line->pages.pair[i].which] = (struct oom_num){true, line->pages.pair[i].v};
		break;
	case OOM_LINE_ZONE:
		collect_zone(r, line);
		break;
	case OOM_LINE_FREE_LIST:
		collect_free_list(r, line);
		break;
	case OOM_LINE_HUGEPAGES:
		collect_hugepages(r, line);
		break;
	case OOM_LINE_TABLE_TITLE:
	case OOM_LINE_TABLE_HEAD:
		state->in_stats = state->in_mem_info = false;
		if (line->kind == OOM_LINE_TABLE_HEAD)
			collect_table_head(r, state, line);
		break;
	case OOM_LINE_TABLE_ROW:
		collect_row(r, state, line);
		break;
	case OOM_LINE_SUMMARY:
		state->in_table = false;
		collect_summary(r, line);
		break;
	case OOM_LINE_SELECTED:
		state->in_table = false;
		collect_selected(r, line);
		break;
	default:
		break;
	}
}
