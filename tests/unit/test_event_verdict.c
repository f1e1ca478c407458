#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>

#include "event/schema.h"
#include "event/verdict.h"

#define MIB 1024u
#define GIB (1024u * 1024u)

static struct event e;

static struct opt_u64 num(uint64_t v)
{
	return (struct opt_u64){true, v};
}

static void expect(const char *code)
{
	e.verdict.code = e.verdict.text = SLICE_NONE;
	event_verdict(&e);
	if (code ? !slice_eq(e.verdict.code, slice_cstr(code)) : slice_present(e.verdict.code))
		fail_msg("%s instead of %s: %.*s", e.verdict.code.p ? e.verdict.code.p : "none", code ? code : "none",
			 (int)e.verdict.text.n, e.verdict.text.p ? e.verdict.text.p : "");
	assert_int_equal(slice_present(e.verdict.text), code != NULL);
	bool known = !code;
	for (size_t i = 0; event_verdict_codes()[i]; i++)
		known = known || strcmp(event_verdict_codes()[i], code) == 0;
	assert_true(known);
	if (code)
		assert_true(slice_find(e.verdict.text, SLICE("Next: ")) != SLICE_NPOS);
}

static void says(const char *words)
{
	if (slice_find(e.verdict.text, slice_cstr(words)) == SLICE_NPOS)
		fail_msg("\"%s\" is not in: %.*s", words, (int)e.verdict.text.n, e.verdict.text.p);
}

/* ruby held 498 MiB of its service's 512 MiB. */
static int memcg(void **state)
{
	(void)state;
	event_init(&e, EVENT_OOM_KILL);
	e.scope = SLICE("memcg");
	e.selected = true;
	e.victim.pid = num(42);
	e.victim.comm = SLICE("ruby");
	e.victim.memory.rss_kb = num(498 * MIB);
	e.victim.oom_score_adj = (struct opt_i64){true, 0};
	e.cgroup.path = e.cgroup.limit_path = SLICE("/system.slice/sidekiq.service");
	e.identity.unit = SLICE("sidekiq.service");
	e.cgroup.memory = (struct event_usage){num(512 * MIB), num(512 * MIB), num(9)};
	e.cgroup.stat_unit = SLICE("bytes");
	e.trigger.order = (struct opt_i64){true, 0};
	return 0;
}

static struct event_zone zone(const char *name, uint64_t free_kb, uint64_t min_kb, uint64_t high_kb, uint64_t block_kb)
{
	return (struct event_zone){.node = num(0),
				   .zone = slice_cstr(name),
				   .free_kb = num(free_kb),
				   .min_kb = num(min_kb),
				   .high_kb = num(high_kb),
				   .largest_free_block_kb = num(block_kb)};
}

/* A host of 16 GiB and 2 GiB of swap, all used up; the low zones keep their reserve. */
static int host(void **state)
{
	memcg(state);
	e.scope = SLICE("global");
	e.cgroup.limit_path = SLICE_NONE;
	e.cgroup.memory = (struct event_usage){0};
	e.host_memory.total_kb = num(16 * GIB);
	e.host_memory.free_kb = num(130 * MIB);
	e.host_memory.swap_total_kb = num(2 * GIB);
	e.host_memory.swap_free_kb = num(0);
	e.host_memory.slab_unreclaimable_kb = num(200 * MIB);
	e.host_memory.slab_reclaimable_kb = num(100 * MIB);
	e.host_memory.shmem_kb = num(50 * MIB);
	e.host_memory.unevictable_kb = num(0);
	e.host_memory.pagecache_kb = num(100 * MIB);
	e.host_memory.anon_kb = num(15 * GIB);
	e.host_memory.pagetables_kb = num(100 * MIB);
	e.host_memory.hugepages_kb = num(0);
	e.host_memory.page_kb = num(4);
	e.host_memory.zone[0] = zone("DMA", 15676, 60, 88, 4096);
	e.host_memory.zone[1] = zone("DMA32", 65232, 14692, 22036, 4096);
	e.host_memory.zone[2] = zone("Normal", 52640, 52824, 79236, 8);
	e.host_memory.zone_count = 3;
	return 0;
}

static void add_stat(const char *name, uint64_t value)
{
	e.cgroup.stat[e.cgroup.stat_count++] = (struct event_stat){slice_cstr(name), value};
}

static void its_own_limit_is_a_cgroup_limit_and_the_text_names_the_numbers(void **state)
{
	(void)state;
	expect("cgroup-limit");
	says("limit 512 MiB reached; ruby held 498 MiB of it, 97 %");
	says("MemoryMax= of sidekiq.service");
	e.identity.user_unit = SLICE("app.service");
	expect("cgroup-limit");
	says("MemoryMax= of app.service");
	e.victim.memory.rss_kb = num(200 * MIB);
	expect("cgroup-limit");
	says("what holds the rest");
}

static void a_limit_that_is_not_known_is_not_made_up(void **state)
{
	(void)state;
	e.cgroup.memory = (struct event_usage){0};
	expect("cgroup-limit");
	says("limit reached; ruby held 498 MiB. Next");
	e.cgroup.memory.limit_kb = num(100 * MIB); /* shared pages charged elsewhere: no share of it */
	expect("cgroup-limit");
	says("held 498 MiB. Next");
	e.cgroup.memory.limit_kb = num(0);
	expect("cgroup-limit");
}

static void a_limit_that_was_not_reached_is_not_told_to_be(void **state)
{
	(void)state;
	e.cgroup.memory = (struct event_usage){.usage_kb = num(300 * MIB)}; /* unlimited: a BPF policy killed */
	expect(NULL);
	e.cgroup.memory.limit_kb = num(900 * MIB); /* far below */
	expect(NULL);
	e.cgroup.memory.limit_kb = num(400 * MIB); /* a charge of a huge page may fail so early */
	expect("cgroup-limit");
	e.constraint = SLICE("CONSTRAINT_BPF_PSI_MEM");
	expect(NULL);
	e.cgroup.memory.usage_kb = num(400 * MIB);
	expect("cgroup-limit");
	e.cgroup.limit_path = SLICE("/system.slice");
	expect("ancestor-limit");
	e.cgroup.memory.usage_kb = num(100 * MIB);
	expect(NULL);
}

static void a_parents_limit_is_an_ancestor_limit(void **state)
{
	(void)state;
	e.cgroup.limit_path = SLICE("/system.slice");
	expect("ancestor-limit");
	says("of the parent /system.slice reached");
	e.cgroup.path = SLICE("/machine.slice/libpod-1.scope/container");
	e.cgroup.limit_path = SLICE("/machine.slice/libpod-1.scope");
	expect("ancestor-limit");
	e.cgroup.limit_path = SLICE("/");
	expect("ancestor-limit");
}

static void a_member_of_a_group_below_the_limit_is_below_the_limit(void **state)
{
	(void)state;
	e.cgroup.limit_path = SLICE("/a");
	e.cgroup.path = SLICE_NONE;
	e.group.cgroup = SLICE("/a/b");
	expect("ancestor-limit");
	assert_true(slice_find(e.verdict.text, SLICE("member of its group")) == SLICE_NPOS);
	e.selected = false;
	expect("ancestor-limit");
	says("97 %, and died as a member of its group");
	e.group.cgroup = SLICE("/a"); /* in it, or in a cgroup below it: not known */
	expect(NULL);
}

static void a_name_that_only_begins_alike_is_no_parent(void **state)
{
	(void)state;
	e.cgroup.path = SLICE("/ab");
	e.cgroup.limit_path = SLICE("/a");
	expect(NULL);
}

static void without_the_limits_or_the_victims_cgroup_there_is_no_verdict(void **state)
{
	(void)state;
	e.cgroup.limit_path = SLICE_NONE;
	expect(NULL);
	e.cgroup.limit_path = e.cgroup.path;
	e.cgroup.path = SLICE_NONE;
	expect(NULL);
}

static void memory_and_swap_together_at_their_limit_is_a_swap_limit(void **state)
{
	(void)state;
	e.cgroup.memsw = (struct event_usage){num(600 * MIB), num(600 * MIB), num(1)};
	expect("cgroup-limit"); /* memory is at its limit as well */
	e.cgroup.memory.usage_kb = num(300 * MIB);
	expect("swap-limit");
	says("memory+swap limit 600 MiB");
	e.cgroup.memsw.usage_kb = num(500 * MIB);
	expect("cgroup-limit");
	e.cgroup.memsw.usage_kb = num(600 * MIB);
	e.cgroup.memory.usage_kb = (struct opt_u64){0}; /* underflowed: may be anything */
	expect("cgroup-limit");
}

static void a_forbidden_swap_is_not_a_swap_limit(void **state)
{
	(void)state;
	e.cgroup.swap = (struct event_usage){num(0), num(0), num(0)};
	e.cgroup.memory.usage_kb = num(300 * MIB);
	expect("cgroup-limit");
	e.cgroup.swap = (struct event_usage){num(64 * MIB), num(64 * MIB), num(0)};
	expect("swap-limit");
	says("swap limit 64 MiB");
}

static void kernel_memory_above_half_of_the_usage_is_kernel_memory(void **state)
{
	(void)state;
	add_stat("slab_unreclaimable", 200ull * 1024 * MIB);
	add_stat("kernel_stack", 50ull * 1024 * MIB);
	expect("cgroup-limit");
	e.cgroup.kmem.usage_kb = num(400 * MIB); /* with reclaimable slabs in it: the parts say more */
	expect("cgroup-limit");
	add_stat("percpu", 10ull * 1024 * MIB);
	expect("kernel-memory");
	says("260 MiB of 512 MiB, 50 %");
	add_stat("kernel", 300ull * 1024 * MIB); /* the kernel's own sum, with what it could give back */
	add_stat("slab_reclaimable", 100ull * 1024 * MIB);
	expect("cgroup-limit");
}

static void kernel_memory_on_version_one_is_its_own_counter(void **state)
{
	(void)state;
	e.cgroup.kmem = (struct event_usage){num(200 * MIB), {0}, num(0)};
	expect("cgroup-limit");
	e.cgroup.kmem.usage_kb = num(300 * MIB);
	expect("kernel-memory");
	e.cgroup.kmem = (struct event_usage){num(64 * MIB), num(64 * MIB), num(3)};
	e.cgroup.memory.usage_kb = num(300 * MIB);
	expect("kernel-memory");
	says("kernel memory limit 64 MiB");
}

static void shared_memory_above_half_of_the_usage_is_shared_memory(void **state)
{
	(void)state;
	add_stat("shmem", 256ull * 1024 * MIB);
	expect("cgroup-limit");
	e.cgroup.stat[0].value += 1024;
	expect("shared-memory");
	e.cgroup.stat_unit = SLICE("kB");
	e.cgroup.stat[0].value = 300 * MIB;
	expect("shared-memory");
	says("300 MiB of 512 MiB");
	e.cgroup.memory.usage_kb = (struct opt_u64){0};
	expect("cgroup-limit");
}

static void a_subtrees_statistics_go_before_the_cgroups_own(void **state)
{
	(void)state;
	add_stat("shmem", 0);
	add_stat("total_shmem", 400ull * 1024 * MIB);
	expect("shared-memory");
}

static void unevictable_memory_above_half_of_the_usage_is_locked_memory(void **state)
{
	(void)state;
	add_stat("unevictable", 200ull * 1024 * MIB);
	expect("cgroup-limit");
	e.cgroup.stat[0].value = 400ull * 1024 * MIB;
	expect("locked-memory");
}

static void a_small_process_with_an_adjustment_beside_a_large_one_is_adjusted(void **state)
{
	(void)state;
	e.victim.memory.rss_kb = num(100 * MIB);
	e.victim.oom_score_adj.v = 900;
	e.tasks.top[0] = (struct event_task){
	    .pid = num(42), .comm = SLICE("ruby"), .rss_kb = num(100 * MIB), .oom_score_adj = {true, 900}};
	e.tasks.top[1] = (struct event_task){
	    .pid = num(43), .comm = SLICE("java"), .rss_kb = num(400 * MIB), .oom_score_adj = {true, -500}};
	e.tasks.top_count = 2;
	expect("adjusted");
	says("ruby held 100 MiB with oom_score_adj 900; java (43) held 400 MiB with -500 and was spared");
	e.selected = false; /* a member of a group, or a child in place of its parent */
	expect("cgroup-limit");
	e.selected = true;
	e.victim.oom_score_adj.v = 1; /* 3 points of a thousand of 512 MiB do not make up for 300 MiB */
	e.tasks.top[1].oom_score_adj.v = -2;
	expect("cgroup-limit");
	e.cgroup.swap.usage_kb = num(0); /* with swap without a limit nobody can tell */
	expect("adjusted");
	e.cgroup.swap.usage_kb.set = false;
	e.victim.oom_score_adj.v = 900;
	e.tasks.top[1].oom_score_adj.v = -500;
	e.tasks.top[1].rss_kb = num(140 * MIB); /* larger, but not clearly */
	expect("cgroup-limit");
	e.tasks.top[1].rss_kb = num(400 * MIB);
	e.tasks.top[1].oom_score_adj.v = 900;
	expect("cgroup-limit");
	e.tasks.top[1].oom_score_adj.v = 0;
	e.victim.oom_score_adj.v = 0;
	expect("cgroup-limit");
	e.victim.oom_score_adj.v = 900;
	e.victim.tgid = num(43); /* the large one is the victim itself under its process's number */
	expect("cgroup-limit");
	e.victim.tgid = (struct opt_u64){0};
	e.victim.memory.swap_kb = num(500 * MIB);
	expect("cgroup-limit");
	e.victim.memory.rss_kb = (struct opt_u64){0};
	expect("cgroup-limit");
}

static void a_kill_by_sysrq_is_manual_whatever_the_memory(void **state)
{
	(void)state;
	e.manual = true;
	expect("manual");
	says("130 MiB were free");
	e.type_code = EVENT_NO_VICTIM;
	expect("manual");
}

static void a_report_without_a_victim_is_unkillable(void **state)
{
	(void)state;
	e.type_code = EVENT_NO_VICTIM;
	e.kernel_text = SLICE("Out of memory and no killable processes...");
	expect("unkillable");
	says("oom_score_adj -1000");
	e.kernel_text = SLICE("Kernel panic - not syncing: Out of memory: system-wide panic_on_oom is enabled");
	expect("unkillable");
	says("vm.panic_on_oom made the kernel panic");
	e.kernel_text = SLICE("Kernel panic - not syncing: System is deadlocked on memory\n");
	expect("unkillable");
	says("oom_score_adj -1000");
}

static void a_victim_that_was_dying_already_is_not_told_to_be_exempt(void **state)
{
	static const char *const ends[] = {
	    "Out of memory: OOM victim 1 (panic_on_oom) is already exiting. Skip killing the task",
	    "Out of memory: OOM victim 1 (no killable) is already exiting. Skip killing the task",
	    "the report ended without a kill: the victim was already exiting",
	};
	(void)state;
	e.type_code = EVENT_NO_VICTIM;
	for (size_t i = 0; i < ARRAY_COUNT(ends); i++) {
		e.kernel_text = slice_cstr(ends[i]);
		expect("unkillable");
		says("dying already");
		says("state D");
	}
	e.kernel_text = SLICE("Kernel panic - not syncing: Out of memory: sys");
	expect("unkillable");
	says("the kernel's words for why are cut");
}

static void the_allocating_task_is_told_even_without_a_report(void **state)
{
	(void)state;
	event_init(&e, EVENT_OOM_KILL);
	e.scope = SLICE("global");
	e.report = SLICE("suppressed");
	expect(NULL);
	e.allocating_task = true;
	e.victim.comm = SLICE("ruby");
	expect("allocating-task");
	says("vm.oom_kill_allocating_task");
}

static void bound_nodes_are_a_cpuset_or_a_mempolicy_limit(void **state)
{
	(void)state;
	e.scope = SLICE("cpuset");
	e.cpuset = SLICE("batch");
	e.mems_allowed = SLICE("1");
	expect("cpuset-limit");
	says("the memory node 1 of cpuset batch is used up");
	e.scope = SLICE("mempolicy");
	e.nodemask = SLICE("0,2");
	expect("mempolicy-limit");
	says("nodes 0,2");
}

static void memory_and_swap_used_up_is_host_exhausted(void **state)
{
	(void)state;
	expect("host-exhausted");
	says("130 MiB of 16 GiB RAM left; ruby held 498 MiB");
	e.host_memory.swap_free_kb = num(60 * MIB);
	expect("host-exhausted");
	e.host_memory.swap_free_kb = num(200 * MIB); /* swap is left: something else it was, and nobody said what */
	expect(NULL);
}

static void swap_used_up_with_page_cache_left_is_swap_full(void **state)
{
	(void)state;
	e.host_memory.pagecache_kb = num(3 * GIB);
	expect("swap-full");
	says("2.9 GiB of page cache could not make up for it: 130 MiB of 16 GiB RAM left");
	e.host_memory.shmem_kb = num(2 * GIB); /* most of that cache is shared memory, which only swap could take */
	expect("host-exhausted");
}

static void a_host_without_swap_is_told_so(void **state)
{
	(void)state;
	e.host_memory.swap_total_kb = num(0);
	expect("host-no-swap");
	e.host_memory.swap_total_kb = (struct opt_u64){0};
	e.host_memory.swap_free_kb = (struct opt_u64){0};
	expect(NULL);
}

static void a_host_with_plenty_free_is_not_exhausted(void **state)
{
	(void)state;
	e.host_memory.swap_total_kb = num(0);
	e.host_memory.zone[2].free_kb = num(9 * GIB);
	expect(NULL);
	e.host_memory.zone_count = 0; /* rows lost: the host's own numbers remain */
	expect("host-no-swap");
	e.host_memory.free_kb = num(9 * GIB);
	expect(NULL);
}

static void one_starved_node_does_not_make_a_starved_host(void **state)
{
	(void)state;
	e.host_memory.zone[3] = zone("Normal", 4 * GIB, 52824, 79236, 4096);
	e.host_memory.zone_count = 4;
	expect(NULL);
}

static void many_pages_in_one_piece_among_scattered_free_ones_is_fragmentation(void **state)
{
	(void)state;
	e.trigger.order.v = 3;
	e.host_memory.zone[2] = zone("Normal", 300 * MIB, 52824, 79236, 16);
	expect("fragmentation");
	says("32 kB in one piece (order 3)");
	says("zone Normal had 300 MiB free, but no block larger than 16 kB");
	e.host_memory.zone[2].largest_free_block_kb = num(32);
	expect(NULL);
	e.host_memory.zone[2] = zone("Normal", 52640, 52824, 79236, 16); /* hardly anything free: no wonder */
	expect("host-exhausted");
	e.host_memory.zone[2] = zone("Normal", 300 * MIB, 52824, 79236, 16);
	e.trigger.order.v = 0;
	expect(NULL);
}

static void fragmentation_needs_the_page_size_and_a_zone_the_request_could_use(void **state)
{
	(void)state;
	e.trigger.order.v = 3;
	e.host_memory.zone[2] = zone("Normal", 300 * MIB, 52824, 79236, 16);
	e.host_memory.page_kb = (struct opt_u64){0};
	expect(NULL);
	e.host_memory.page_kb = num(4);
	e.host_memory.zone[2].zone = SLICE("Movable"); /* DMA32 above DMA is then the one that counts, and has blocks */
	expect(NULL);
	e.host_memory.zone[1].largest_free_block_kb = num(16);
	expect("fragmentation");
	says("zone DMA32");
}

static void hugepages_over_half_of_ram_are_named(void **state)
{
	(void)state;
	e.host_memory.hugepages_kb = num(8 * GIB);
	expect("host-exhausted");
	e.host_memory.hugepages_kb = num(9 * GIB);
	e.host_memory.hugepages_free_kb = num(7 * GIB);
	expect("hugepages-reserved");
	says("9 GiB of 16 GiB, 56 % of RAM, 7 GiB of them unused");
}

static void slab_shared_or_locked_memory_over_half_of_ram_is_named(void **state)
{
	(void)state;
	e.host_memory.slab_unreclaimable_kb = num(9 * GIB);
	expect("kernel-memory");
	host(state);
	e.host_memory.shmem_kb = num(9 * GIB);
	expect("shared-memory");
	host(state);
	e.host_memory.unevictable_kb = num(9 * GIB);
	expect("locked-memory");
	host(state);
	e.host_memory.shmem_kb = e.host_memory.unevictable_kb = num(8 * GIB);
	e.host_memory.slab_unreclaimable_kb = num(8 * GIB - 100 * MIB); /* and page tables */
	expect("host-exhausted");
	e.host_memory.pagetables_kb = num(101 * MIB);
	expect("kernel-memory");
}

static void mem_info_in_a_memory_cgroups_report_decides_nothing(void **state)
{
	(void)state;
	e.scope = SLICE("memcg"); /* up to 3.8 both blocks are printed */
	e.host_memory.swap_total_kb = num(0);
	e.host_memory.hugepages_kb = e.host_memory.shmem_kb = e.host_memory.unevictable_kb = num(9 * GIB);
	e.host_memory.slab_unreclaimable_kb = num(9 * GIB);
	e.trigger.order.v = 3;
	e.host_memory.zone[2] = zone("Normal", 300 * MIB, 52824, 79236, 16);
	expect(NULL);
	e.host_memory.swap_total_kb = num(2 * GIB);
	expect(NULL);
}

static void ram_that_is_in_no_list_is_the_kernels(void **state)
{
	(void)state;
	e.host_memory.anon_kb = num(1 * GIB);
	expect("kernel-memory");
	says("vmallocinfo");
	e.host_memory.hugepages_kb = (struct opt_u64){0}; /* a list is not known: it may all be there */
	expect("host-exhausted");
}

static void a_small_adjusted_process_on_an_exhausted_host_is_adjusted(void **state)
{
	(void)state;
	e.victim.oom_score_adj.v = 1000;
	e.tasks.top[0] = (struct event_task){
	    .pid = num(1), .comm = SLICE("vm"), .rss_kb = num(12 * GIB), .oom_score_adj = {true, 0}};
	e.tasks.top_count = 1;
	expect("adjusted");
	e.host_memory.zone[2].free_kb = num(9 * GIB); /* not a lack of memory at all: whatever it was, not that */
	expect(NULL);
}

static void hostile_names_are_safe_to_show_in_the_text(void **state)
{
	(void)state;
	e.victim.comm = SLICE("\x1b[2J\xff");
	expect("cgroup-limit");
	says("\\x1b[2J\\xff held");
}

static void an_event_that_says_nothing_gets_no_verdict(void **state)
{
	(void)state;
	event_init(&e, EVENT_OOM_KILL);
	expect(NULL);
	e.scope = SLICE("global");
	expect(NULL);
	e.scope = SLICE("memcg");
	expect(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define MEMCG(name) cmocka_unit_test_setup(name, memcg)
#define HOST(name) cmocka_unit_test_setup(name, host)
	    MEMCG(its_own_limit_is_a_cgroup_limit_and_the_text_names_the_numbers),
	    MEMCG(a_limit_that_is_not_known_is_not_made_up),
	    MEMCG(a_limit_that_was_not_reached_is_not_told_to_be),
	    MEMCG(a_parents_limit_is_an_ancestor_limit),
	    MEMCG(a_member_of_a_group_below_the_limit_is_below_the_limit),
	    MEMCG(a_name_that_only_begins_alike_is_no_parent),
	    MEMCG(without_the_limits_or_the_victims_cgroup_there_is_no_verdict),
	    MEMCG(memory_and_swap_together_at_their_limit_is_a_swap_limit),
	    MEMCG(a_forbidden_swap_is_not_a_swap_limit),
	    MEMCG(kernel_memory_above_half_of_the_usage_is_kernel_memory),
	    MEMCG(kernel_memory_on_version_one_is_its_own_counter),
	    MEMCG(shared_memory_above_half_of_the_usage_is_shared_memory),
	    MEMCG(a_subtrees_statistics_go_before_the_cgroups_own),
	    MEMCG(unevictable_memory_above_half_of_the_usage_is_locked_memory),
	    MEMCG(a_small_process_with_an_adjustment_beside_a_large_one_is_adjusted),
	    HOST(a_kill_by_sysrq_is_manual_whatever_the_memory),
	    HOST(a_report_without_a_victim_is_unkillable),
	    HOST(a_victim_that_was_dying_already_is_not_told_to_be_exempt),
	    HOST(the_allocating_task_is_told_even_without_a_report),
	    HOST(bound_nodes_are_a_cpuset_or_a_mempolicy_limit),
	    HOST(memory_and_swap_used_up_is_host_exhausted),
	    HOST(swap_used_up_with_page_cache_left_is_swap_full),
	    HOST(a_host_without_swap_is_told_so),
	    HOST(a_host_with_plenty_free_is_not_exhausted),
	    HOST(one_starved_node_does_not_make_a_starved_host),
	    HOST(many_pages_in_one_piece_among_scattered_free_ones_is_fragmentation),
	    HOST(fragmentation_needs_the_page_size_and_a_zone_the_request_could_use),
	    HOST(hugepages_over_half_of_ram_are_named),
	    HOST(slab_shared_or_locked_memory_over_half_of_ram_is_named),
	    HOST(mem_info_in_a_memory_cgroups_report_decides_nothing),
	    HOST(ram_that_is_in_no_list_is_the_kernels),
	    HOST(a_small_adjusted_process_on_an_exhausted_host_is_adjusted),
	    MEMCG(hostile_names_are_safe_to_show_in_the_text),
	    MEMCG(an_event_that_says_nothing_gets_no_verdict),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
