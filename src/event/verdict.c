/*
 * Kernel facts the memory-cgroup rules rest on:
 * - On cgroup v1 a charge may fail for memory+swap or kernel memory alone
 *   (try_charge, __memcg_kmem_charge): memory is then below its own limit. On
 *   v2 swap is never charged first: a full swap beside a full memory is a
 *   memory limit.
 * - Usage stands a little below the limit when the report is printed: charges
 *   come in batches and a huge page is 2 MiB.
 * - memory.stat on v1 from 6.5 on counts the cgroup alone; total_* its subtree.
 */
#include "event/verdict.h"

#include "event/verdict_host.h"
#include "event/words.h"

static bool is_memcg(const struct event *e)
{
	return slice_eq(e->scope, SLICE("memcg"));
}

static bool manual(const struct event *e, struct text *t)
{
	if (!e->manual)
		return false;
	text_add(t, SLICE("asked for by hand (sysrq-f), not by a lack of memory"));
	if (e->host_memory.free_kb.set) {
		text_add(t, SLICE(": "));
		text_add_size_kb(t, e->host_memory.free_kb.v);
		text_add(t, SLICE(" were free"));
	}
	text_add(t, SLICE(". Next: find who wrote f to /proc/sysrq-trigger or pressed the keys"));
	return true;
}

#define PANIC SLICE("Kernel panic - not syncing: ")

/* Names stand in the middle of the kernel's words, so only their two ends are believed. */
static bool is_exempt(struct slice words)
{
	take_literal(&words, PANIC);
	return slice_starts(words, SLICE("Out of memory and no killable process")) ||
	       slice_starts(words, SLICE("System is deadlocked on memory"));
}

static bool is_dying(struct slice words)
{
	return slice_ends(words, SLICE(" is already exiting. Skip killing the task")) ||
	       slice_ends(words, SLICE("the victim was already exiting"));
}

static bool is_forbidden(struct slice words)
{
	return slice_starts(words, PANIC) && slice_find(words, SLICE("panic_on_oom")) != SLICE_NPOS;
}

static bool unkillable(const struct event *e, struct text *t)
{
	if (e->type_code != EVENT_NO_VICTIM)
		return false;
	if (is_forbidden(e->kernel_text))
		text_add(t, SLICE("nothing was killed: vm.panic_on_oom made the kernel panic. Next: set it to 0 to "
				  "have a process killed instead"));
	else if (is_dying(e->kernel_text))
		text_add(t, SLICE("nothing more was killed: the process chosen was dying already. Next: where this "
				  "goes on, see what keeps it from ending (state D in /proc/PID/status)"));
	else if (is_exempt(e->kernel_text))
		text_add(t, SLICE("no process that holds memory here may be killed: each is exempt (oom_score_adj "
				  "-1000), the kernel's own, or dying already. Next: see what holds the memory, and "
				  "who set oom_score_adj"));
	else
		text_add(t, SLICE("nothing was killed, and the kernel's words for why are cut. Next: see the lines "
				  "before in the kernel log"));
	return true;
}

static bool allocating_task(const struct event *e, struct text *t)
{
	if (!e->allocating_task)
		return false;
	text_add(t, SLICE("vm.oom_kill_allocating_task is set: "));
	event_words_victim(t, e);
	text_add(t, SLICE(" was killed because it asked for memory"));
	struct opt_u64 held = event_words_held(e);
	if (held.set) {
		text_add(t, SLICE(", not for the "));
		text_add_size_kb(t, held.v);
		text_add(t, SLICE(" it held"));
	}
	text_add(t, SLICE(". Next: set it to 0 to have the largest process chosen"));
	return true;
}

/* "the memory node 1", "the memory nodes 0,2"; whether there may be more than one. */
static bool add_nodes(struct text *t, struct slice nodes)
{
	bool many = slice_find(nodes, SLICE(",")) != SLICE_NPOS || slice_find(nodes, SLICE("-")) != SLICE_NPOS ||
		    !slice_present(nodes);
	text_add(t, many ? SLICE("the memory nodes") : SLICE("the memory node"));
	if (slice_present(nodes)) {
		text_add(t, SLICE(" "));
		event_words_name(t, nodes);
	}
	return many;
}

static bool cpuset_limit(const struct event *e, struct text *t)
{
	if (!slice_eq(e->scope, SLICE("cpuset")))
		return false;
	bool many = add_nodes(t, e->mems_allowed);
	if (slice_present(e->cpuset)) {
		text_add(t, SLICE(" of cpuset "));
		event_words_name(t, e->cpuset);
	}
	text_add(t, many ? SLICE(" are") : SLICE(" is"));
	text_add(t, SLICE(" used up, whatever other nodes have. Next: widen cpuset.mems, or move load away"));
	return true;
}

static bool mempolicy_limit(const struct event *e, struct text *t)
{
	if (!slice_eq(e->scope, SLICE("mempolicy")))
		return false;
	bool many = add_nodes(t, e->nodemask);
	text_add(t, SLICE(" that a memory policy allows "));
	text_add(t, many ? SLICE("are") : SLICE("is"));
	text_add(t, SLICE(" used up. Next: look at numactl or mbind of "));
	event_words_name(t, slice_present(e->trigger.comm) ? e->trigger.comm : SLICE("the trigger"));
	return true;
}

/* Known to be below: a usage that is not known says nothing. */
static bool below_limit(const struct event_usage *u)
{
	return u->usage_kb.set && !event_words_at_limit(u);
}

static bool swap_limit(const struct event *e, struct text *t)
{
	const struct event_usage *u = event_words_at_limit(&e->cgroup.memsw) ? &e->cgroup.memsw : &e->cgroup.swap;
	if (!is_memcg(e) || !event_words_at_limit(u) || !u->limit_kb.v || !below_limit(&e->cgroup.memory))
		return false;
	text_add(t, u == &e->cgroup.memsw ? SLICE("memory+swap limit ") : SLICE("swap limit "));
	text_add_size_kb(t, u->limit_kb.v);
	text_add(t, SLICE(" reached ("));
	text_add_size_kb(t, u->usage_kb.v);
	text_add(t, SLICE(" in use), while memory stood at "));
	text_add_size_kb(t, e->cgroup.memory.usage_kb.v);
	text_add(t, SLICE(". Next: raise memory.memsw.limit_in_bytes or memory.swap.max"));
	return true;
}

/* A size of memory.stat in kB. */
static bool stat_kb(const struct event *e, const char *name, uint64_t *kb)
{
	bool bytes = slice_eq(e->cgroup.stat_unit, SLICE("bytes"));
	for (uint32_t i = 0; i < e->cgroup.stat_count; i++) {
		if (!slice_eq(e->cgroup.stat[i].name, slice_cstr(name)))
			continue;
		*kb = bytes ? e->cgroup.stat[i].value / 1024 : e->cgroup.stat[i].value;
		return true;
	}
	return false;
}

static bool is_bulk_of_usage(const struct event *e, uint64_t kb)
{
	return is_memcg(e) && e->cgroup.memory.usage_kb.set && kb && event_words_bulk(kb, e->cgroup.memory.usage_kb.v);
}

/* What of the kernel's memory in this cgroup cannot be given back. */
static bool kernel_kb(const struct event *e, uint64_t *kb)
{
	static const char *const parts[] = {"slab_unreclaimable", "kernel_stack", "pagetables",
					    "sec_pagetables",     "percpu",       "vmalloc"};
	uint64_t all, reclaimable, part;
	if (stat_kb(e, "kernel", &all) && stat_kb(e, "slab_reclaimable", &reclaimable)) {
		*kb = all > reclaimable ? all - reclaimable : 0;
		return true;
	}
	bool any = false;
	*kb = 0;
	for (size_t i = 0; i < ARRAY_COUNT(parts); i++)
		if (stat_kb(e, parts[i], &part) && !__builtin_add_overflow(*kb, part, kb))
			any = true;
	if (!any && e->cgroup.kmem.usage_kb.set) {
		*kb = e->cgroup.kmem.usage_kb.v;
		any = true;
	}
	return any;
}

static bool kernel_memory(const struct event *e, struct text *t)
{
	uint64_t kb;
	if (is_memcg(e) && event_words_at_limit(&e->cgroup.kmem) && e->cgroup.kmem.limit_kb.v &&
	    below_limit(&e->cgroup.memory)) {
		text_add(t, SLICE("kernel memory limit "));
		text_add_size_kb(t, e->cgroup.kmem.limit_kb.v);
		text_add(t, SLICE(" reached. Next: raise memory.kmem.limit_in_bytes, or do without it"));
		return true;
	}
	if (!kernel_kb(e, &kb) || !is_bulk_of_usage(e, kb))
		return false;
	text_add(t, SLICE("the kernel's own memory for this cgroup is "));
	event_words_share(t, kb, e->cgroup.memory.usage_kb.v);
	text_add(t,
		 SLICE(". Next: see slab and percpu in cgroup.stat, and slabtop: often dentries, sockets or threads"));
	return true;
}

static bool shared_memory(const struct event *e, struct text *t)
{
	uint64_t kb;
	if ((!stat_kb(e, "total_shmem", &kb) && !stat_kb(e, "shmem", &kb)) || !is_bulk_of_usage(e, kb))
		return false;
	text_add(t, SLICE("shared memory and tmpfs are "));
	event_words_share(t, kb, e->cgroup.memory.usage_kb.v);
	text_add(t,
		 SLICE("; a kill does not free a tmpfs. Next: look at /dev/shm, /tmp and other tmpfs mounts in there"));
	return true;
}

static bool locked_memory(const struct event *e, struct text *t)
{
	uint64_t kb;
	if ((!stat_kb(e, "total_unevictable", &kb) && !stat_kb(e, "unevictable", &kb)) || !is_bulk_of_usage(e, kb))
		return false;
	text_add(t, SLICE("locked memory (mlock, ramfs), which can neither be swapped nor dropped, is "));
	event_words_share(t, kb, e->cgroup.memory.usage_kb.v);
	text_add(t, SLICE(". Next: see VmLck in /proc/PID/status for who locks it"));
	return true;
}

static uint64_t weight_of(struct opt_u64 rss, struct opt_u64 swap)
{
	uint64_t sum;
	return __builtin_add_overflow(rss.v, swap.v, &sum) ? UINT64_MAX : sum;
}

/* What adjustments are a share of: all memory in question with its swap, 0 = not known (mem_cgroup_get_max). */
static uint64_t memory_in_question(const struct event *e)
{
	const struct event_usage *swap = &e->cgroup.swap;
	if (!is_memcg(e))
		return weight_of(e->host_memory.total_kb, e->host_memory.swap_total_kb);
	bool swap_unlimited = (swap->usage_kb.set && !swap->limit_kb.set) || e->cgroup.memsw.usage_kb.set;
	return swap_unlimited ? 0 : weight_of(e->cgroup.memory.limit_kb, swap->limit_kb);
}

/*
 * The kernel's sum (oom_badness): pages held, and a thousandth of all memory in question for each point of adjustment.
 * `theirs` is clearly more than `own`, and the adjustments make up for the difference.
 */
static bool outweighed(const struct event *e, uint64_t own, const struct event_task *other)
{
	uint64_t theirs = weight_of(other->rss_kb, other->swap_kb);
	uint64_t all = memory_in_question(e);
	if (!other->rss_kb.set || !other->oom_score_adj.set || other->oom_score_adj.v >= e->victim.oom_score_adj.v ||
	    theirs <= own || theirs / 3 < own / 2)
		return false;
	uint64_t points = (uint64_t)(e->victim.oom_score_adj.v - other->oom_score_adj.v);
	return all == 0 || theirs - own <= all / 1000 * points;
}

static bool adjusted(const struct event *e, struct text *t)
{
	bool host_is_short = is_memcg(e) || event_verdict_is_short(e);
	if (!e->selected || !host_is_short || !e->victim.oom_score_adj.set || e->victim.oom_score_adj.v <= 0 ||
	    !e->victim.memory.rss_kb.set)
		return false;
	uint64_t own = weight_of(e->victim.memory.rss_kb, e->victim.memory.swap_kb);
	for (uint32_t i = 0; i < e->tasks.top_count; i++) {
		const struct event_task *other = &e->tasks.top[i];
		bool self = other->pid.v == e->victim.pid.v || (e->victim.tgid.set && other->pid.v == e->victim.tgid.v);
		if (self || !outweighed(e, own, other))
			continue;
		event_words_victim(t, e);
		text_add(t, SLICE(" held "));
		text_add_size_kb(t, own);
		text_addf(t, " with oom_score_adj %lld; ", (long long)e->victim.oom_score_adj.v);
		event_words_name(t, other->comm);
		text_addf(t, " (%llu) held ", (unsigned long long)other->pid.v);
		text_add_size_kb(t, weight_of(other->rss_kb, other->swap_kb));
		text_addf(t, " with %lld and was spared. Next: see what holds the memory, and who set the adjustments",
			  (long long)other->oom_score_adj.v);
		return true;
	}
	return false;
}

static bool lies_below(struct slice path, struct slice top)
{
	if (slice_eq(top, SLICE("/")))
		return path.n > 1;
	return top.n && path.n > top.n && slice_starts(path, top) && path.p[top.n] == '/';
}

static void add_limit(const struct event *e, struct text *t)
{
	struct opt_u64 limit = e->cgroup.memory.limit_kb, held = event_words_held(e);
	text_add(t, SLICE("limit "));
	if (limit.set) {
		text_add_size_kb(t, limit.v);
		text_add(t, SLICE(" "));
	}
	if (!slice_eq(e->cgroup.limit_path, e->cgroup.path)) {
		text_add(t, SLICE("of the parent "));
		event_words_name(t, e->cgroup.limit_path);
		text_add(t, SLICE(" "));
	}
	text_add(t, SLICE("reached"));
	if (!held.set)
		return;
	text_add(t, SLICE("; "));
	event_words_victim(t, e);
	text_add(t, SLICE(" held "));
	text_add_size_kb(t, held.v);
	if (limit.set && limit.v && held.v <= limit.v && held.v <= UINT64_MAX / 100)
		text_addf(t, " of it, %llu %%", (unsigned long long)(held.v * 100 / limit.v));
	if (slice_present(e->group.cgroup) && !e->selected)
		text_add(t, SLICE(", and died as a member of its group (memory.oom.group)"));
}

/* Less than half of the limit: something else filled it. */
static bool held_little(const struct event *e)
{
	struct opt_u64 held = event_words_held(e);
	return held.set && e->cgroup.memory.limit_kb.set &&
	       weight_of(held, e->victim.memory.swap_kb) < e->cgroup.memory.limit_kb.v / 2;
}

static bool cgroup_limit(const struct event *e, struct text *t)
{
	if (!is_memcg(e) || !slice_present(e->cgroup.limit_path) || !slice_eq(e->cgroup.limit_path, e->cgroup.path) ||
	    !event_words_limit_hit(e))
		return false;
	struct slice unit = slice_present(e->identity.user_unit) ? e->identity.user_unit : e->identity.unit;
	add_limit(e, t);
	if (held_little(e)) {
		text_add(t, SLICE(". Next: see the largest tasks (tasks.top) and cgroup.stat for what holds the rest"));
		return true;
	}
	text_add(t, SLICE(". Next: raise "));
	if (slice_present(e->identity.pod.uid)) {
		text_add(t, SLICE("the container's resources.limits.memory"));
	} else if (slice_ends(unit, SLICE(".service"))) {
		text_add(t, SLICE("MemoryMax= of "));
		event_words_name(t, unit);
	} else {
		text_add(t, SLICE("the limit"));
	}
	text_add(t, SLICE(", or find what "));
	event_words_victim(t, e);
	text_add(t, SLICE(" keeps"));
	return true;
}

static bool ancestor_limit(const struct event *e, struct text *t)
{
	/* A member of a group below the limit is below it, wherever in the group it was. */
	struct slice path = slice_present(e->cgroup.path) ? e->cgroup.path : e->group.cgroup;
	if (!is_memcg(e) || !lies_below(path, e->cgroup.limit_path) || !event_words_limit_hit(e))
		return false;
	add_limit(e, t);
	text_add(t, SLICE(". Next: see who else lives below it (the largest tasks, tasks.top), then raise that limit, "
			  "or give the largest "
			  "a limit of its own"));
	return true;
}

static const struct {
	const char *code;
	bool (*decides)(const struct event *e, struct text *t);
} rules[] = {
    {"manual", manual},
    {"unkillable", unkillable},
    {"allocating-task", allocating_task},
    {"cpuset-limit", cpuset_limit},
    {"mempolicy-limit", mempolicy_limit},
    {"swap-limit", swap_limit},
    {"kernel-memory", kernel_memory},
    {"shared-memory", shared_memory},
    {"locked-memory", locked_memory},
    {"fragmentation", event_verdict_fragmentation},
    {"hugepages-reserved", event_verdict_hugepages},
    {"kernel-memory", event_verdict_host_kernel},
    {"shared-memory", event_verdict_host_shared},
    {"locked-memory", event_verdict_host_locked},
    {"adjusted", adjusted},
    {"cgroup-limit", cgroup_limit},
    {"ancestor-limit", ancestor_limit},
    {"host-no-swap", event_verdict_no_swap},
    {"host-exhausted", event_verdict_exhausted},
    {"swap-full", event_verdict_swap_full},
};

void event_verdict(struct event *e)
{
	char buffer[EVENT_WORDS_SENTENCE];
	for (size_t i = 0; i < ARRAY_COUNT(rules); i++) {
		struct text t = text_on(buffer, sizeof(buffer));
		if (!rules[i].decides(e, &t))
			continue;
		e->verdict.code = slice_cstr(rules[i].code);
		e->verdict.text = arena_copy(&e->arena, text_slice(&t));
		return;
	}
}
