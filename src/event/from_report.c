/*
 * Kernel facts:
 * - 5.0 to 5.2 print CONSTRAINT_NONE for a memory cgroup's kill
 *   (constrained_alloc ran for global ones only): the constraint never decides
 *   against the kill line's own words, nor against the limit's path.
 * - Up to 3.8 a memory cgroup's report has both its own block and Mem-Info.
 * - Who is killed holds memory, so a kill's table has a row at least: without
 *   one its rows are a vendor's that could not be read, and their number is unknown.
 * - A usage counter may underflow (4.15, page_counter): near 2^64 it is unknown.
 */
#include "event/from_report.h"

#include "base/text.h"

/* The kill line's prefix, or the selection line's up to 5.0, where kill lines have none. */
static enum oom_prefix prefix_of(const struct oom_incident *i)
{
	return i->prefix != OOM_PREFIX_NONE || !i->report ? i->prefix : i->report->chosen.prefix;
}

/*
 * "Out of memory" is said of a cpuset's and a policy's nodes too; the summary line, which tells them from the host (5.0
 * on), was among the records that were lost.
 */
static bool lost_its_constraint(const struct oom_incident *i)
{
	return i->prefix == OOM_PREFIX_GLOBAL && i->kind == OOM_INCIDENT_KILL && i->detail == OOM_DETAIL_PARTIAL &&
	       !i->report;
}

static struct slice scope_of(const struct oom_incident *i)
{
	const struct oom_report *r = i->report;
	enum oom_prefix prefix = prefix_of(i);
	bool says_global = prefix == OOM_PREFIX_GLOBAL || prefix == OOM_PREFIX_ALLOCATING;
	if (lost_its_constraint(i))
		return SLICE_NONE;
	if (prefix == OOM_PREFIX_MEMCG)
		return SLICE("memcg");
	if (r && !says_global && !r->global && (r->has_memcg || slice_present(r->limit_path)))
		return SLICE("memcg");
	if (prefix == OOM_PREFIX_MEMPOLICY)
		return SLICE("mempolicy");
	if (r && slice_eq(r->constraint, SLICE("CONSTRAINT_CPUSET")))
		return SLICE("cpuset");
	if (r && slice_eq(r->constraint, SLICE("CONSTRAINT_MEMORY_POLICY")))
		return SLICE("mempolicy");
	if (says_global || (r && (r->global || (!r->partial && r->has_mem_info))))
		return SLICE("global");
	return SLICE_NONE;
}

static struct event_usage usage_of(const struct oom_report *r, enum oom_counter which)
{
	const struct oom_usage *u = &r->counter[which];
	struct event_usage out = {0};
	if (!r->have_counter[which])
		return out;
	if (!oom_kb_is_nonsense(u->usage_kb.v))
		out.usage_kb = event_num(u->usage_kb);
	if (!u->unlimited && !oom_kb_is_unlimited(u->limit_kb.v))
		out.limit_kb = event_num(u->limit_kb);
	out.failcnt = event_num(u->failcnt);
	return out;
}

/*
 * Up to 5.2 statistics are printed of each cgroup below the limit, the limit's own first: without the beginning of the
 * report only their path tells whose they are.
 */
static bool stats_are_the_limits(const struct oom_report *r)
{
	if (slice_present(r->stat_path) && slice_present(r->limit_path))
		return slice_eq(r->stat_path, r->limit_path);
	return r->has_trigger;
}

static void set_cgroup(struct event *e, const struct oom_report *r)
{
	if (!slice_eq(e->scope, SLICE("global")))
		e->cgroup.limit_path = arena_copy(&e->arena, r->limit_path);
	e->cgroup.memory = usage_of(r, OOM_COUNTER_MEMORY);
	e->cgroup.memsw = usage_of(r, OOM_COUNTER_MEMSW);
	e->cgroup.kmem = usage_of(r, OOM_COUNTER_KMEM);
	e->cgroup.swap = usage_of(r, OOM_COUNTER_SWAP);
	uint32_t stats = stats_are_the_limits(r) ? r->stat_count : 0;
	for (uint32_t i = 0; i < stats && e->cgroup.stat_count < EVENT_STATS; i++) {
		struct slice name = arena_copy(&e->arena, slice_cstr(r->stat[i].name));
		if (slice_present(name))
			e->cgroup.stat[e->cgroup.stat_count++] = (struct event_stat){name, r->stat[i].value};
	}
	if (e->cgroup.stat_count)
		e->cgroup.stat_unit = r->stat_in_kb ? SLICE("kB") : SLICE("bytes");
}

static void set_trigger(struct event *e, const struct oom_report *r)
{
	e->trigger.pid = event_num(r->trigger.pid);
	e->trigger.comm = arena_copy(&e->arena, r->trigger.comm);
	e->trigger.oom_score_adj = event_int(r->trigger.oom_score_adj);
	e->trigger.order = event_int(r->trigger.order);
	e->trigger.cpu = event_num(r->trigger.cpu);
	if (r->trigger.gfp_mask.set) {
		char buffer[32];
		struct text t = text_on(buffer, sizeof(buffer));
		text_addf(&t, "0x%llx", (unsigned long long)r->trigger.gfp_mask.v);
		e->trigger.gfp_mask = arena_copy(&e->arena, text_slice(&t));
	}
	if (r->trigger.gfp_flags.n)
		event_split(e, r->trigger.gfp_flags, '|', EVENT_GFP_FLAGS, &e->trigger.gfp_flags);
	e->constraint = arena_copy(&e->arena, r->constraint);
	e->nodemask = arena_copy(&e->arena, r->nodemask);
	e->cpuset = arena_copy(&e->arena, r->cpuset);
	e->mems_allowed = arena_copy(&e->arena, r->mems_allowed);
}

static void set_tasks(struct event *e, const struct oom_incident *in)
{
	const struct oom_report *r = in->report;
	const struct oom_task *top[LIMIT_EVENT_TOP];
	uint32_t n = 0;
	if (!r->has_table || (in->kind == OOM_INCIDENT_KILL && r->task_count == 0))
		return;
	e->tasks.count = event_u64(r->task_count);
	for (uint32_t i = 0; i < r->rows; i++) {
		uint32_t at = n;
		while (at && top[at - 1]->rss_pages.v < r->task[i].rss_pages.v)
			at--;
		if (at == LIMIT_EVENT_TOP)
			continue;
		n += n < LIMIT_EVENT_TOP;
		memmove(top + at + 1, top + at, (n - 1 - at) * sizeof(*top));
		top[at] = &r->task[i];
	}
	for (uint32_t i = 0; i < n; i++)
		e->tasks.top[i] = (struct event_task){
		    .pid = event_u64(top[i]->pid),
		    .comm = arena_copy(&e->arena, slice_of(top[i]->comm, top[i]->comm_len)),
		    .uid = event_uid(top[i]->uid),
		    .rss_kb = event_pages_kb(r, top[i]->rss_pages),
		    .swap_kb = event_pages_kb(r, top[i]->swap_entries),
		    .oom_score_adj = event_int(top[i]->oom_score_adj),
		};
	e->tasks.top_count = n;
}

static void set_host_memory(struct event *e, const struct oom_report *r)
{
	const struct oom_num *host = r->host;
	if (!r->has_mem_info)
		return;
	e->host_memory.total_kb = event_pages_kb(r, host[OOM_HOST_RAM]);
	e->host_memory.free_kb = event_pages_kb(r, host[OOM_HOST_FREE]);
	e->host_memory.swap_total_kb = event_num(host[OOM_HOST_TOTAL_SWAP_KB]);
	e->host_memory.swap_free_kb = event_num(host[OOM_HOST_FREE_SWAP_KB]);
	e->host_memory.slab_unreclaimable_kb = event_pages_kb(r, host[OOM_HOST_SLAB_UNRECLAIMABLE]);
	e->host_memory.slab_reclaimable_kb = event_pages_kb(r, host[OOM_HOST_SLAB_RECLAIMABLE]);
	e->host_memory.shmem_kb = event_pages_kb(r, host[OOM_HOST_SHMEM]);
	e->host_memory.unevictable_kb = event_pages_kb(r, host[OOM_HOST_UNEVICTABLE]);
	e->host_memory.pagecache_kb = event_pages_kb(r, host[OOM_HOST_PAGECACHE]);
	e->host_memory.pagetables_kb = event_pages_kb(r, host[OOM_HOST_PAGETABLES]);
	struct opt_u64 active = event_pages_kb(r, host[OOM_HOST_ACTIVE_ANON]);
	struct opt_u64 inactive = event_pages_kb(r, host[OOM_HOST_INACTIVE_ANON]);
	if (active.set && inactive.set)
		e->host_memory.anon_kb = event_u64(active.v + inactive.v);
	e->host_memory.hugepages_kb = event_num(r->hugepages_kb);
	e->host_memory.hugepages_free_kb = event_num(r->hugepages_free_kb);
	e->host_memory.page_kb = event_num(r->page_kb);
	for (uint32_t i = 0; i < r->zone_count && i < EVENT_ZONES; i++)
		e->host_memory.zone[e->host_memory.zone_count++] = (struct event_zone){
		    .node = event_num(r->zone[i].node),
		    .zone = arena_copy(&e->arena, slice_cstr(r->zone[i].name)),
		    .free_kb = event_num(r->zone[i].free_kb),
		    .min_kb = event_num(r->zone[i].min_kb),
		    .low_kb = event_num(r->zone[i].low_kb),
		    .high_kb = event_num(r->zone[i].high_kb),
		    .largest_free_block_kb = event_num(r->zone[i].largest_free_block_kb),
		};
}

void event_from_report(struct event *e, const struct oom_incident *i)
{
	static const char *const details[] = {
	    [OOM_DETAIL_FULL] = "full",
	    [OOM_DETAIL_PARTIAL] = "partial",
	    [OOM_DETAIL_SUPPRESSED] = "suppressed",
	};
	const struct oom_report *r = i->report;
	e->selected = i->is_chosen;
	e->report = slice_cstr(details[i->detail]);
	e->scope = scope_of(i);
	e->allocating_task = prefix_of(i) == OOM_PREFIX_ALLOCATING;
	if (!r)
		return;
	bool by_hand = r->manual || (r->trigger.order.set && r->trigger.order.v == -1);
	e->manual = by_hand && !slice_eq(e->scope, SLICE("memcg")); /* sysrq-f is of the host */
	set_cgroup(e, r);
	set_trigger(e, r);
	set_tasks(e, i);
	set_host_memory(e, r);
}
