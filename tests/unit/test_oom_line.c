/* oom/line: every line the kernel prints, in the shapes of its versions; and what only looks like one. */
#include "oom_fixture.h"

#include "oom/line.h"

static const struct oom_line_context everywhere = {.open = true, .in_stats = true, .in_mem_info = true};

static struct oom_line read_in(const char *text, const struct oom_line_context *ctx, enum oom_line_kind want)
{
	struct oom_line line;
	enum oom_line_kind got = oom_line_parse(slice_cstr(text), ctx, &line);
	if (got != want)
		fail_msg("\"%s\": %s, want %s", text, oom_line_kind_name(got), oom_line_kind_name(want));
	assert_int_equal(line.kind, want);
	return line;
}

static struct oom_line read_as(const char *text, enum oom_line_kind want)
{
	return read_in(text, &everywhere, want);
}

/* ---- 3.A ---- */

static void the_trigger_line_is_read_in_the_words_of_every_version(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		uint64_t mask;
		const char *flags, *nodemask;
		int64_t order;
		struct oom_int adj, oom_adj;
	} cases[] = {
	    {"bash invoked oom-killer: gfp_mask=0x201da, order=0, oomkilladj=-17",
	     0x201da,
	     NULL,
	     NULL,
	     0,
	     {0},
	     {1, -17}},
	    {"bash invoked oom-killer: gfp_mask=0x280da, order=0, oom_adj=0", 0x280da, NULL, NULL, 0, {0}, {1, 0}},
	    {"bash invoked oom-killer: gfp_mask=0xd0, order=1, oom_adj=3, oom_score_adj=200",
	     0xd0,
	     NULL,
	     NULL,
	     1,
	     {1, 200},
	     {1, 3}},
	    {"bash invoked oom-killer: gfp_mask=0xd0, order=0, oom_score_adj=-1000",
	     0xd0,
	     NULL,
	     NULL,
	     0,
	     {1, -1000},
	     {0}},
	    {"bash invoked oom-killer: gfp_mask=0x24280ca(GFP_HIGHUSER_MOVABLE|__GFP_ZERO), order=0, oom_score_adj=0",
	     0x24280ca,
	     "GFP_HIGHUSER_MOVABLE|__GFP_ZERO",
	     NULL,
	     0,
	     {1, 0},
	     {0}},
	    {"bash invoked oom-killer: gfp_mask=0x14000c0(GFP_KERNEL), nodemask=0,2-3, order=0, oom_score_adj=0",
	     0x14000c0,
	     "GFP_KERNEL",
	     "0,2-3",
	     0,
	     {1, 0},
	     {0}},
	    {"bash invoked oom-killer: gfp_mask=0x14000c0(GFP_KERNEL), nodemask=(null),  order=0, oom_score_adj=0",
	     0x14000c0,
	     "GFP_KERNEL",
	     NULL,
	     0,
	     {1, 0},
	     {0}},
	    {"bash invoked oom-killer: gfp_mask=0x0(), order=-1, oom_score_adj=0", 0, "", NULL, -1, {1, 0}, {0}},
	    {"bash invoked oom-killer: gfp_mask=0(), order=0, oom_score_adj=0", 0, "", NULL, 0, {1, 0}, {0}},
	    {"bash invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=9, oom_score_adj=999",
	     0xcc0,
	     "GFP_KERNEL",
	     NULL,
	     9,
	     {1, 999},
	     {0}},
	};
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		struct oom_line line = read_as(cases[i].text, OOM_LINE_TRIGGER);
		assert_text(line.trigger.comm, SLICE("bash"));
		assert_num(line.trigger.gfp_mask, cases[i].mask);
		assert_text(line.trigger.gfp_flags, slice_cstr(cases[i].flags));
		assert_text(line.trigger.nodemask, slice_cstr(cases[i].nodemask));
		assert_int(line.trigger.order, cases[i].order);
		assert_int_equal(line.trigger.oom_score_adj.set, cases[i].adj.set);
		assert_int_equal(line.trigger.oom_score_adj.v, cases[i].adj.v);
		assert_int_equal(line.trigger.oom_adj.set, cases[i].oom_adj.set);
		assert_int_equal(line.trigger.oom_adj.v, cases[i].oom_adj.v);
	}
}

static void a_trigger_may_have_any_name_the_kernel_can_hold(void **state)
{
	(void)state;
	static const char *const comms[] = {
	    "",         " ",         "a) total-vm:1", "(sd-pam)",  "x,pid=1,uid=0", "line\nbreak",
	    "\xff\xfe", "CPU 2/KVM", "runc:[2:INIT]", "order=9, x"};
	for (size_t i = 0; i < ARRAY_COUNT(comms); i++) {
		char text[256];
		snprintf(text, sizeof(text),
			 "%s invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0", comms[i]);
		struct oom_line line = read_as(text, OOM_LINE_TRIGGER);
		assert_text(line.trigger.comm, slice_cstr(comms[i]));
		assert_int(line.trigger.order, 0);
	}
}

static void what_stands_before_the_words_of_a_trigger_is_no_longer_than_a_name(void **state)
{
	(void)state;
	read_as("EXT4-fs (loop0): x invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0",
		OOM_LINE_OTHER);
	read_as("bash invoked oom-killer: gfp_mask=words", OOM_LINE_OTHER);
}

static void a_torn_trigger_line_tells_what_stands_complete(void **state)
{
	(void)state;
	struct oom_line line;
	assert_int_equal(
	    oom_line_parse_torn(SLICE("bash invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=10"),
				&everywhere, &line),
	    OOM_LINE_TRIGGER);
	assert_int(line.trigger.order, 0);
	assert_false(line.trigger.oom_score_adj.set);
	line = read_as("bash invoked oom-killer: gfp_mask=0xcc0(GFP_KER", OOM_LINE_TRIGGER);
	assert_false(slice_present(line.trigger.gfp_flags));
	assert_false(line.trigger.order.set);
}

/* ---- 3.B, 3.C ---- */

static void the_cpuset_line_gives_its_list_and_leaves_the_comm_to_who_knows_it(void **state)
{
	(void)state;
	struct oom_line line = read_as("bash cpuset=/ mems_allowed=0", OOM_LINE_CPUSET);
	assert_text(line.cpuset.from_comm, SLICE("bash cpuset=/"));
	assert_text(line.cpuset.mems_allowed, SLICE("0"));
	line = read_as("a cpuset=b cpuset=my set mems_allowed=0,2-3", OOM_LINE_CPUSET);
	assert_text(line.cpuset.from_comm, SLICE("a cpuset=b cpuset=my set"));
	assert_text(line.cpuset.mems_allowed, SLICE("0,2-3"));
	read_as("bash cpuset=/ mems_allowed=all", OOM_LINE_OTHER);
	const struct oom_line_context nothing = {0};
	read_in("bash cpuset=/ mems_allowed=0", &nothing, OOM_LINE_OTHER);
}

static void the_stack_dump_gives_cpu_thread_and_release(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		bool has_cpu;
		uint64_t cpu, pid;
		const char *release;
	} cases[] = {
	    {"Pid: 4123, comm: bash Not tainted 2.6.32-431.el6.x86_64 #1", false, 0, 4123, "2.6.32-431.el6.x86_64"},
	    {"CPU: 3 PID: 4123 Comm: bash Not tainted 3.10.0-1160.el7.x86_64 #1", true, 3, 4123,
	     "3.10.0-1160.el7.x86_64"},
	    {"CPU: 0 PID: 1 Comm: bash Tainted: G        W   E     4.19.0-8-amd64 #1 Debian 4.19.98-1", true, 0, 1,
	     "4.19.0-8-amd64"},
	    {"CPU: 0 PID: 1 Comm: bash Kdump: loaded Not tainted 4.18.0-553.el8.x86_64 #1", true, 0, 1,
	     "4.18.0-553.el8.x86_64"},
	    {"CPU: 0 PID: 1 Comm: bash Not tainted 6.1.0-13-amd64 #1  Debian 6.1.55-1", true, 0, 1, "6.1.0-13-amd64"},
	    {"CPU: 1 UID: 1000 PID: 330 Comm: bash Not tainted 6.12.1-cloud-amd64 #1  Debian 6.12.1-1", true, 1, 330,
	     "6.12.1-cloud-amd64"},
	    {"CPU: 1 UID: 0 PID: 330 Comm: bash Not tainted 6.18.0 #1 PREEMPT(full) 0123456789abcdef", true, 1, 330,
	     "6.18.0"},
	    {"CPU: 1 UID: 0 PID: 330 Comm: bash", true, 1, 330, NULL},
	};
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		struct oom_line line = read_as(cases[i].text, OOM_LINE_CPU);
		assert_num(line.cpu.pid, cases[i].pid);
		assert_int_equal(line.cpu.cpu.set, cases[i].has_cpu);
		assert_int_equal(line.cpu.cpu.v, cases[i].cpu);
		assert_text(line.cpu.release, slice_cstr(cases[i].release));
		assert_true(slice_starts(line.cpu.from_comm, SLICE("bash")));
	}
	read_as("CPU: words PID: 1 Comm: x", OOM_LINE_OTHER);
	read_as("CPU   0: hi:  186, btch:  31 usd:   0", OOM_LINE_OTHER);
}

/* ---- 3.D ---- */

static void task_in_names_the_victims_cgroup_first_and_the_limits_second(void **state)
{
	(void)state;
	struct oom_line line = read_as("Task in /a/b killed as a result of limit of /a", OOM_LINE_TASK_IN);
	assert_text(line.task_in.task_path, SLICE("/a/b"));
	assert_text(line.task_in.limit_path, SLICE("/a"));
	line = read_as("Task in /a/b", OOM_LINE_TASK_IN); /* 3.16: the rest is a record of its own */
	assert_text(line.task_in.task_path, SLICE("/a/b"));
	assert_false(slice_present(line.task_in.limit_path));
	line = read_as(" killed as a result of limit of /a", OOM_LINE_TASK_IN_TAIL);
	assert_text(line.task_in.limit_path, SLICE("/a"));
	line = read_as("killed as a result of limit of /a", OOM_LINE_TASK_IN_TAIL);
	assert_text(line.task_in.limit_path, SLICE("/a"));
	line = read_as("Memory limit reached of cgroup /a", OOM_LINE_LIMIT_OF);
	assert_text(line.task_in.limit_path, SLICE("/a"));
	line = read_as("Task in (name too long) killed as a result of limit of (error)", OOM_LINE_TASK_IN);
	assert_false(slice_present(line.task_in.task_path));
	assert_false(slice_present(line.task_in.limit_path));
}

static void a_path_that_holds_the_words_between_the_paths_is_told_only_where_one_reading_is_possible(void **state)
{
	(void)state;
	/* The limit's cgroup is an ancestor of the task's: only the second reading. */
	struct oom_line line = read_as("Task in /a killed as a result of limit of /b killed as a result of limit of /a "
				       "killed as a result of limit of /b",
				       OOM_LINE_TASK_IN);
	assert_text(line.task_in.task_path, SLICE("/a killed as a result of limit of /b"));
	assert_text(line.task_in.limit_path, SLICE("/a killed as a result of limit of /b"));
	/* Here both keep to that. */
	line = read_as("Task in /a/b killed as a result of limit of /a/c killed as a result of limit of /a/b killed as "
		       "a result of "
		       "limit of /a",
		       OOM_LINE_TASK_IN);
	assert_false(slice_present(line.task_in.task_path));
	assert_false(slice_present(line.task_in.limit_path));
}

static void counters_are_read_and_their_unlimited_and_underflown_values_are_unknown(void **state)
{
	(void)state;
	struct oom_line line = read_as("memory: usage 30720kB, limit 30720kB, failcnt 24", OOM_LINE_COUNTER);
	assert_int_equal(line.counter.which, OOM_COUNTER_MEMORY);
	assert_num(line.counter.usage.usage_kb, 30720);
	assert_num(line.counter.usage.limit_kb, 30720);
	assert_num(line.counter.usage.failcnt, 24);
	assert_false(line.counter.usage.unlimited);

	static const uint64_t unlimited[] = {9007199254740988, 9007199254740991, 9007199254740992, 18014398509481983};
	static const char *const names[] = {"memory", "memory+swap", "kmem", "swap"};
	for (size_t n = 0; n < ARRAY_COUNT(names); n++)
		for (size_t i = 0; i < ARRAY_COUNT(unlimited); i++) {
			char text[128];
			snprintf(text, sizeof(text), "%s: usage 0kB, limit %llukB, failcnt 0", names[n],
				 (unsigned long long)unlimited[i]);
			line = read_as(text, OOM_LINE_COUNTER);
			assert_int_equal(line.counter.which, n);
			assert_num(line.counter.usage.usage_kb, 0);
			assert_true(line.counter.usage.unlimited);
			assert_false(line.counter.usage.limit_kb.set);
		}

	line = read_as("memory: usage 18446744073709537436kB, limit 0kB, failcnt 1", OOM_LINE_COUNTER);
	assert_false(line.counter.usage.usage_kb.set);
	assert_num(line.counter.usage.limit_kb, 0);
	line = read_as("swap: usage 5kB, limit 6", OOM_LINE_COUNTER);
	assert_num(line.counter.usage.usage_kb, 5);
	assert_false(line.counter.usage.limit_kb.set);
	read_as("memory: usage high", OOM_LINE_OTHER);
	read_as("zram: usage 5kB, limit 6kB, failcnt 0", OOM_LINE_OTHER);
}

static void statistics_to_5_2_stand_behind_their_cgroup_in_kb(void **state)
{
	(void)state;
	static const char *const heads[] = {
	    "Memory cgroup stats for /a b: cache:0KB rss:30KB rss_huge:2KB ",
	    "Memory cgroup stats for /a b: cache:0KB rss:30KB rss_huge:2KB",
	};
	for (size_t i = 0; i < ARRAY_COUNT(heads); i++) {
		struct oom_line line = read_as(heads[i], OOM_LINE_STATS_HEAD);
		assert_text(line.stats.path, SLICE("/a b"));
		assert_true(line.stats.in_kb);
		struct slice rows = line.stats.rows, name;
		uint64_t v;
		static const char *const names[] = {"cache", "rss", "rss_huge"};
		static const uint64_t values[] = {0, 30, 2};
		for (size_t n = 0; n < 3; n++) {
			assert_true(oom_stats_next(&rows, true, &name, &v));
			assert_text(name, slice_cstr(names[n]));
			assert_int_equal(v, values[n]);
		}
		assert_false(oom_stats_next(&rows, true, &name, &v));
	}
	struct oom_line line = read_as("Memory cgroup stats: cache:1KB rss:2KB ", OOM_LINE_STATS_HEAD); /* RHEL 7 */
	assert_false(slice_present(line.stats.path));
	assert_true(line.stats.in_kb);
	/* a name that looks like rows is not one: they hold no blank before them there */
	line = read_as("Memory cgroup stats for /x: y:1KB: cache:1KB rss:2KB ", OOM_LINE_STATS_HEAD);
	assert_text(line.stats.path, SLICE("/x: y:1KB"));
}

static void statistics_from_5_3_on_are_lines_of_their_own(void **state)
{
	(void)state;
	struct oom_line line = read_as("Memory cgroup stats for /a:", OOM_LINE_STATS_HEAD);
	assert_text(line.stats.path, SLICE("/a"));
	assert_false(line.stats.in_kb);

	line = read_as("anon 28946432\nfile 0\nslab 1454080\n", OOM_LINE_STAT);
	struct slice rows = line.stats.rows, name;
	uint64_t v, sum = 0;
	uint32_t n = 0;
	for (; oom_stats_next(&rows, false, &name, &v); n++)
		sum += v;
	assert_int_equal(n, 3);
	assert_int_equal(sum, 28946432 + 1454080);

	read_as("workingset_refault_anon 5", OOM_LINE_STAT);
	read_as("Anon 5", OOM_LINE_OTHER);
	read_as("anon", OOM_LINE_OTHER);
	read_as("anon five", OOM_LINE_OTHER);
	const struct oom_line_context nothing = {.open = true};
	read_in("anon 5", &nothing, OOM_LINE_OTHER);
}

static void a_record_of_full_length_lacks_the_end_of_its_last_statistic(void **state)
{
	(void)state;
	char text[1000];
	size_t n = 0;
	for (unsigned i = 0; n < 960; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "row_%03u 1234567\n", i);
	n += (size_t)snprintf(text + n, sizeof(text) - n, "last 12");
	struct oom_line line;
	assert_int_equal(oom_line_parse(slice_of(text, n), &everywhere, &line), OOM_LINE_STAT);
	struct slice rows = line.stats.rows, name;
	uint64_t v;
	while (oom_stats_next(&rows, false, &name, &v))
		assert_false(slice_eq(name, SLICE("last")));
}

/* ---- 3.E ---- */

static void the_page_counts_of_mem_info_are_read_by_name(void **state)
{
	(void)state;
	read_as("Mem-Info:", OOM_LINE_MEM_INFO);
	struct oom_line line =
	    read_as("active_anon:101 inactive_anon:127 isolated_anon:29\n active_file:1200 inactive_file:1204 "
		    "isolated_file:98\n unevictable:394 dirty:296 writeback:17\n slab_reclaimable:13680 "
		    "slab_unreclaimable:4350\n mapped:637 shmem:4 pagetables:414\n sec_pagetables:0 bounce:0\n "
		    "kernel_misc_reclaimable:0\n free:7279 free_pcp:184 free_cma:1094",
		    OOM_LINE_MEM_PAGES);
	assert_int_equal(line.pages.count, 16 - 1); /* all names of the table but 2.6.32's */
	bool found = false;
	for (uint32_t i = 0; i < line.pages.count; i++)
		if (line.pages.pair[i].which == OOM_HOST_SLAB_UNRECLAIMABLE) {
			assert_int_equal(line.pages.pair[i].v, 4350);
			found = true;
		}
	assert_true(found);
	read_as("active_anon:404kB inactive_anon:508kB", OOM_LINE_OTHER);
	read_as("shmem_thp: 0kB", OOM_LINE_OTHER);
	const struct oom_line_context nothing = {.open = true};
	read_in("free:7279 free_pcp:184", &nothing, OOM_LINE_OTHER);
}

static void zones_huge_pages_and_free_lists_are_read_with_and_without_nodes(void **state)
{
	(void)state;
	struct oom_line line =
	    read_as("Node 0 DMA32 free:44000kB boost:0kB min:44000kB low:55000kB high:66000kB reserved_highatomic:0KB "
		    "active_anon:0kB present:1048000kB managed:1000000kB mlocked:0kB all_unreclaimable? yes",
		    OOM_LINE_ZONE);
	assert_num(line.zone.node, 0);
	assert_text(line.zone.name, SLICE("DMA32"));
	assert_num(line.zone.free_kb, 44000);
	assert_num(line.zone.min_kb, 44000);
	assert_num(line.zone.low_kb, 55000);
	assert_num(line.zone.high_kb, 66000);
	assert_num(line.zone.present_kb, 1048000);
	assert_num(line.zone.managed_kb, 1000000);
	line = read_as("Normal free:29116kB min:26624kB low:28672kB high:30720kB", OOM_LINE_ZONE);
	assert_false(line.zone.node.set);
	assert_text(line.zone.name, SLICE("Normal"));

	line = read_as("Node 1 hugepages_total=8 hugepages_free=3 hugepages_surp=0 hugepages_size=2048kB",
		       OOM_LINE_HUGEPAGES);
	assert_int_equal(line.hugepages.total, 8);
	assert_int_equal(line.hugepages.free, 3);
	assert_int_equal(line.hugepages.size_kb, 2048);

	line = read_as("Node 0 Normal: 5*4kB (UM) 6*8kB (U) 0*16kB 1*32kB (C) = 100kB", OOM_LINE_FREE_LIST);
	assert_int_equal(line.free_list.smallest_block_kb, 4);
	assert_int_equal(line.free_list.largest_block_kb, 32);
	assert_int_equal(line.free_list.orders, 4);
	assert_int_equal(line.free_list.count[1], 6);
	assert_int_equal(line.free_list.total_kb, 100);
	line = read_as("DMA: 0*64kB 0*128kB = 0kB", OOM_LINE_FREE_LIST);
	assert_int_equal(line.free_list.smallest_block_kb, 64);
	assert_int_equal(line.free_list.largest_block_kb, 0);
	read_as("lowmem_reserve[]: 0 1679 7903 7903", OOM_LINE_OTHER);
	read_as("Node 0 Normal: 5*4kB (UM) 6*8", OOM_LINE_OTHER);
}

static void the_rows_at_the_end_of_mem_info_are_read(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		enum oom_host_number which;
		uint64_t v;
	} cases[] = {
	    {"2991 total pagecache pages", OOM_HOST_PAGECACHE, 2991},
	    {"166 pages in swap cache", OOM_HOST_SWAP_CACHE, 166},
	    {"Free swap  = 12kB", OOM_HOST_FREE_SWAP_KB, 12},
	    {"Total swap = 102396kB", OOM_HOST_TOTAL_SWAP_KB, 102396},
	    {"262144 pages RAM", OOM_HOST_RAM, 262144},
	    {"0 pages HighMem/MovableOnly", OOM_HOST_HIGHMEM, 0},
	    {"7 pages HighMem", OOM_HOST_HIGHMEM, 7},
	    {"9147 pages reserved", OOM_HOST_RESERVED, 9147},
	    {"4096 pages cma reserved", OOM_HOST_CMA_RESERVED, 4096},
	    {"1 pages hwpoisoned", OOM_HOST_HWPOISONED, 1},
	};
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		struct oom_line line = read_as(cases[i].text, OOM_LINE_PAGES_OF);
		assert_int_equal(line.pages.count, 1);
		assert_int_equal(line.pages.pair[0].which, cases[i].which);
		assert_int_equal(line.pages.pair[0].v, cases[i].v);
	}
	read_as("12 pages shared", OOM_LINE_OTHER);
}

/* ---- 3.I ---- */

static void every_layout_of_the_task_table_is_read_by_its_own_header(void **state)
{
	(void)state;
	static const struct {
		const char *head, *row;
		uint64_t pid, tgid, uid, total_vm, rss, swap;
		bool has_swap, has_adj;
		int64_t adj;
		uint64_t pgtables;
	} cases[] = {
	    {"[ pid ]   uid  tgid total_vm      rss cpu oom_adj name",
	     "[ 4123]   500  4123     8200     7900   1       0 my prog", 4123, 4123, 500, 8200, 7900, 0, false, false,
	     0, 0},
	    {"[ pid ]   uid  tgid total_vm      rss cpu oom_adj oom_score_adj name",
	     "[ 4123]   500  4123     8200     7900   1       0           100 my prog", 4123, 4123, 500, 8200, 7900, 0,
	     false, true, 100, 0},
	    {"[ pid ]   uid  tgid total_vm      rss nr_ptes swapents oom_score_adj name",
	     "[ 4123]   500  4123     8200     7900      19       55          -100 my prog", 4123, 4123, 500, 8200,
	     7900, 55, true, true, -100, 0},
	    {"[ pid ]   uid  tgid total_vm      rss nr_ptes nr_pmds swapents oom_score_adj name",
	     "[ 4123]   500  4123     8200     7900      19       3       55          1000 my prog", 4123, 4123, 500,
	     8200, 7900, 55, true, true, 1000, 0},
	    {"[ pid ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name",
	     "[ 4123]   500  4123     8200     7900    98304       55             0 my prog", 4123, 4123, 500, 8200,
	     7900, 55, true, true, 0, 98304},
	    {"[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name",
	     "[1036087]    -2 1036073 123456789 123456788    98304       55         -1000 my prog", 1036087, 1036073,
	     4294967294, 123456789, 123456788, 55, true, true, -1000, 98304},
	    {"[  pid  ]   uid  tgid total_vm      rss rss_anon rss_file rss_shmem pgtables_bytes swapents "
	     "oom_score_adj name",
	     "[   4123]   500  4123     8200     7900     7000      900         0    98304       55             0 my "
	     "prog",
	     4123, 4123, 500, 8200, 7900, 55, true, true, 0, 98304},
	    {"[  pid  ]   uid  tgid total_vm      rss newest_word pgtables_bytes swapents oom_score_adj name", /* a
														  kernel
														  to
														  come
														*/
	     "[   4123]   500  4123     8200     7900     -7    98304       55             0 my prog", 4123, 4123, 500,
	     8200, 7900, 55, true, true, 0, 98304},
	};
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		struct oom_table_layout layout = read_as(cases[i].head, OOM_LINE_TABLE_HEAD).layout;
		const struct oom_line_context in_table = {.open = true, .layout = &layout};
		struct oom_line line = read_in(cases[i].row, &in_table, OOM_LINE_TABLE_ROW);
		assert_int_equal(line.row.pid, cases[i].pid);
		assert_int_equal(line.row.value[OOM_COLUMN_TGID], cases[i].tgid);
		assert_int_equal(line.row.value[OOM_COLUMN_UID], cases[i].uid);
		assert_int_equal(line.row.value[OOM_COLUMN_TOTAL_VM], cases[i].total_vm);
		assert_int_equal(line.row.value[OOM_COLUMN_RSS], cases[i].rss);
		assert_int_equal(line.row.have >> OOM_COLUMN_SWAPENTS & 1, cases[i].has_swap);
		assert_int_equal(line.row.value[OOM_COLUMN_SWAPENTS], cases[i].swap);
		assert_int_equal(line.row.have >> OOM_COLUMN_OOM_SCORE_ADJ & 1, cases[i].has_adj);
		assert_int_equal((int64_t)line.row.value[OOM_COLUMN_OOM_SCORE_ADJ], cases[i].adj);
		assert_int_equal(line.row.value[OOM_COLUMN_PGTABLES_BYTES], cases[i].pgtables);
		assert_text(line.row.comm, SLICE("my prog"));
	}
	read_as("Tasks state (memory values in pages):", OOM_LINE_TABLE_TITLE);
}

static void the_name_of_a_row_is_all_that_follows_one_blank(void **state)
{
	(void)state;
	struct oom_table_layout layout =
	    read_as("[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name",
		    OOM_LINE_TABLE_HEAD)
		.layout;
	const struct oom_line_context in_table = {.open = true, .layout = &layout};
	static const char *const comms[] = {"", " ", "  9 ] 8", "531", "a\nb", "\xc3", "[ 12]   0  12"};
	for (size_t i = 0; i < ARRAY_COUNT(comms); i++) {
		char text[256];
		snprintf(text, sizeof(text),
			 "[   4123]     0  4123     8200     7900    98304        0             0 %s", comms[i]);
		assert_text(read_in(text, &in_table, OOM_LINE_TABLE_ROW).row.comm, slice_cstr(comms[i]));
	}
	read_in("[   4123]     0  4123     8200     7900    98304        0", &in_table, OOM_LINE_OTHER);
	read_in("[   4123]     0  4123     8200     7900    98304        0             0", &in_table, OOM_LINE_OTHER);
	read_in("[    x  ]     0  4123     8200     7900    98304        0             0 x", &in_table, OOM_LINE_OTHER);
	struct oom_line line;
	assert_int_equal(
	    oom_line_parse_torn(SLICE("[   4123]     0  4123     8200     7900    98304        0             0 my pr"),
				&in_table, &line),
	    OOM_LINE_OTHER);
}

/* ---- 3.K, 3.L ---- */

static void selection_lines_name_cause_process_and_score(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		enum oom_prefix prefix;
		uint64_t pid, score;
		const char *comm;
	} cases[] = {
	    {"Out of memory: kill process 4123 (httpd) score 1190231 or a child", OOM_PREFIX_GLOBAL, 4123, 1190231,
	     "httpd"},
	    {"No available memory (MPOL_BIND): kill process 4123 (httpd) score 5 or a child", OOM_PREFIX_MEMPOLICY,
	     4123, 5, "httpd"},
	    {"Out of memory: Kill process 4123 (httpd) score 0 or sacrifice child", OOM_PREFIX_GLOBAL, 4123, 0,
	     "httpd"},
	    {"Memory cgroup out of memory: Kill process 4123 (x) score 3 or (y) score 187000 or sacrifice child",
	     OOM_PREFIX_MEMCG, 4123, 187000, "x) score 3 or (y"},
	    {"Out of memory (oom_kill_allocating_task): Kill process 4123 () score 9 or sacrifice child",
	     OOM_PREFIX_ALLOCATING, 4123, 9, ""},
	};
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		struct oom_line line = read_as(cases[i].text, OOM_LINE_SELECTED);
		assert_int_equal(line.selected.prefix, cases[i].prefix);
		assert_int_equal(line.selected.pid, cases[i].pid);
		assert_num(line.selected.score, cases[i].score);
		assert_text(line.selected.comm, slice_cstr(cases[i].comm));
	}
	read_as("Kill process 4123 (httpd) score 0 or sacrifice child", OOM_LINE_OTHER);
	struct oom_line line = read_as("Kill process 4123 (a) b) sharing same memory", OOM_LINE_SHARING);
	assert_text(line.selected.comm, SLICE("a) b"));
	line = read_as("Memory cgroup out of memory: OOM victim 77 (x) is already exiting. Skip killing the task",
		       OOM_LINE_EXITING);
	assert_int_equal(line.selected.pid, 77);
}

struct kill_case {
	const char *text;
	enum oom_prefix prefix;
	uint64_t pid;
	const char *comm;
	struct oom_num total, anon, file, shmem, uid, pgtables;
	struct oom_int adj;
};
#define NUM(x)                                                                                                         \
	{                                                                                                              \
		true, x                                                                                                \
	}
#define NO                                                                                                             \
	{                                                                                                              \
		0                                                                                                      \
	}

static void kill_lines_are_read_in_every_shape(void **state)
{
	(void)state;
	static const struct kill_case cases[] = {
	    {"Killed process 4123 (httpd)", OOM_PREFIX_NONE, 4123, "httpd", NO, NO, NO, NO, NO, NO, NO},
	    {"Out of Memory: Killed process 4123 (httpd).", OOM_PREFIX_GLOBAL, 4123, "httpd", NO, NO, NO, NO, NO, NO,
	     NO},
	    {"Killed process 4123 (httpd) total-vm:1kB, anon-rss:2kB, file-rss:3kB", OOM_PREFIX_NONE, 4123, "httpd",
	     NUM(1), NUM(2), NUM(3), NO, NO, NO, NO},
	    {"Killed process 4123, UID 48, (httpd) total-vm:1kB, anon-rss:2kB, file-rss:3kB", OOM_PREFIX_NONE, 4123,
	     "httpd", NUM(1), NUM(2), NUM(3), NO, NUM(48), NO, NO},
	    {"Killed process 4123 (httpd), UID 48, total-vm:1kB, anon-rss:2kB, file-rss:3kB, shmem-rss:4kB",
	     OOM_PREFIX_NONE, 4123, "httpd", NUM(1), NUM(2), NUM(3), NUM(4), NUM(48), NO, NO},
	    {"Killed process 4123 (httpd) total-vm:1kB, anon-rss:2kB, file-rss:3kB, shmem-rss:4kB", OOM_PREFIX_NONE,
	     4123, "httpd", NUM(1), NUM(2), NUM(3), NUM(4), NO, NO, NO},
	    {"Out of memory: Killed process 4123 (httpd) total-vm:1kB, anon-rss:2kB, file-rss:3kB, shmem-rss:4kB",
	     OOM_PREFIX_GLOBAL, 4123, "httpd", NUM(1), NUM(2), NUM(3), NUM(4), NO, NO, NO},
	    {"Memory cgroup out of memory: Killed process 4123 (httpd) total-vm:1kB, anon-rss:2kB, file-rss:3kB, "
	     "shmem-rss:4kB, UID:4294967294 "
	     "pgtables:5kB oom_score_adj:-999",
	     OOM_PREFIX_MEMCG,
	     4123,
	     "httpd",
	     NUM(1),
	     NUM(2),
	     NUM(3),
	     NUM(4),
	     NUM(4294967294),
	     NUM(5),
	     {true, -999}},
	    {"Memory cgroup out of memory: Killed process 4123 (httpd) total-vm:1kB, anon-rss:2kB, file-rss:3kB, "
	     "shmem-rss:4kB, UID:1000",
	     OOM_PREFIX_MEMCG, 4123, "httpd", NUM(1), NUM(2), NUM(3), NUM(4), NUM(1000), NO, NO},
	    {"Out of memory (oom_kill_allocating_task): Killed process 4123 (httpd) total-vm:1kB, anon-rss:2kB, "
	     "file-rss:3kB, shmem-rss:4kB, "
	     "UID:0 pgtables:5kB oom_score_adj:0",
	     OOM_PREFIX_ALLOCATING,
	     4123,
	     "httpd",
	     NUM(1),
	     NUM(2),
	     NUM(3),
	     NUM(4),
	     NUM(0),
	     NUM(5),
	     {true, 0}},
	    {"Out of memory of some new kind (abc): Killed process 4123 (httpd) total-vm:1kB, anon-rss:2kB",
	     OOM_PREFIX_OTHER, 4123, "httpd", NUM(1), NUM(2), NO, NO, NO, NO, NO},
	};
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		const struct kill_case *k = &cases[i];
		struct oom_line line = read_as(k->text, OOM_LINE_KILLED);
		assert_int_equal(line.killed.prefix, k->prefix);
		assert_int_equal(line.killed.pid, k->pid);
		assert_text(line.killed.comm, slice_cstr(k->comm));
		assert_memory_equal(&line.killed.total_vm_kb, &k->total, sizeof(k->total));
		assert_memory_equal(&line.killed.anon_rss_kb, &k->anon, sizeof(k->anon));
		assert_memory_equal(&line.killed.file_rss_kb, &k->file, sizeof(k->file));
		assert_memory_equal(&line.killed.shmem_rss_kb, &k->shmem, sizeof(k->shmem));
		assert_memory_equal(&line.killed.uid, &k->uid, sizeof(k->uid));
		assert_memory_equal(&line.killed.pgtables_kb, &k->pgtables, sizeof(k->pgtables));
		assert_int_equal(line.killed.oom_score_adj.set, k->adj.set);
		assert_int_equal(line.killed.oom_score_adj.v, k->adj.v);
		assert_true(oom_line_is_kill(slice_cstr(k->text)));
	}
}

static void a_victim_may_have_any_name(void **state)
{
	(void)state;
	static const char *const comms[] = {"a) total-vm:1",
					    "(sd-pam)",
					    "x,pid=1,uid=0",
					    "",
					    "a\nb",
					    "\xff\xfe\x80",
					    ") total-vm:9kB",
					    "x), UID 0, y",
					    "next-build (v16",
					    "531",
					    ") ",
					    "(",
					    ")",
					    "x) anon-rss:1k"};
	static const char *const shapes[] = {
	    "Killed process 4123 (%s) total-vm:1kB, anon-rss:2kB, file-rss:3kB",
	    "Killed process 4123, UID 48, (%s) total-vm:1kB, anon-rss:2kB, file-rss:3kB",
	    "Killed process 4123 (%s), UID 48, total-vm:1kB, anon-rss:2kB, file-rss:3kB, shmem-rss:4kB",
	    "Memory cgroup out of memory: Killed process 4123 (%s) total-vm:1kB, anon-rss:2kB, file-rss:3kB, "
	    "shmem-rss:4kB, UID:48 pgtables:5kB "
	    "oom_score_adj:0",
	};
	for (size_t s = 0; s < ARRAY_COUNT(shapes); s++)
		for (size_t i = 0; i < ARRAY_COUNT(comms); i++) {
			char text[512], comm[64];
			snprintf(comm, sizeof(comm), "%s", comms[i]);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
			snprintf(text, sizeof(text), shapes[s], comm);
#pragma GCC diagnostic pop
			struct oom_line line = read_as(text, OOM_LINE_KILLED);
			assert_int_equal(line.killed.pid, 4123);
			assert_text(line.killed.comm, slice_cstr(comms[i]));
			assert_num(line.killed.total_vm_kb, 1);
			assert_num(line.killed.anon_rss_kb, 2);
			if (s)
				assert_num(line.killed.uid, 48);
		}
}

static void what_only_looks_like_a_kill_is_none(void **state)
{
	(void)state;
	static const char *const texts[] = {
	    "foo: Killed process 1 (x) total-vm:1kB, anon-rss:1kB",
	    "systemd[1]: Out of memory: Killed process 1 (x) total-vm:1kB, anon-rss:1kB",
	    " Out of memory: Killed process 1 (x) total-vm:1kB, anon-rss:1kB",
	    "Out of memory: Killed process x (x) total-vm:1kB",
	    "Out of memory: Killed process 0 (x) total-vm:1kB",
	    "Out of memory: Killed process 4194305 (x) total-vm:1kB",
	    "Out of memory: Killed process 99999999999999999999 (x) total-vm:1kB",
	    "Out of memory: Killed process 1 [x] total-vm:1kB",
	    "Killed process [3002]: segfault at 0 ip 0 sp 0 error 4",
	    "Would have killed process 4123 (httpd). But continuing instead.",
	    "Memory cgroup out of memory: OOM victim 1 (x) is already exiting. Skip killing the task",
	    /* a firewall's log prefix: what follows is not how the kernel goes on */
	    ("Out of memory: Killed process 1 (sshd) total-vm:1kB, anon-rss:1kB, file-rss:0kB IN=eth0 OUT= MAC=00 "
	     "SRC=1.2.3.4"),
	    "Out of memory: Killed process 1 (sshd) and so on and on, and more",
	    "Out of memory\nOut of memory: Killed process 1 (x) total-vm:1kB",
	    "lowmemorykiller: Killing 'x' (1), adj 0",
	    "VM: killing process x",
	    "TCP: out of memory -- consider tuning tcp_mem",
	};
	for (size_t i = 0; i < ARRAY_COUNT(texts); i++) {
		struct oom_line line;
		assert_int_not_equal(oom_line_parse(slice_cstr(texts[i]), &everywhere, &line), OOM_LINE_KILLED);
		assert_false(oom_line_is_kill(slice_cstr(texts[i])));
	}
}

static void a_kill_line_cut_anywhere_is_a_kill_without_what_was_lost(void **state)
{
	(void)state;
	static const char whole[] = "Memory cgroup out of memory: Killed process 4123 (a) b c) total-vm:1111kB, "
				    "anon-rss:2222kB, file-rss:3333kB, "
				    "shmem-rss:4444kB, UID:5555 pgtables:6666kB oom_score_adj:777";
	size_t name_begins = strlen("Memory cgroup out of memory: Killed process 4123 (");
	for (size_t n = name_begins; n < strlen(whole); n++) {
		char *copy = test_malloc(n);
		memcpy(copy, whole, n);
		struct oom_line line;
		assert_int_equal(oom_line_parse_torn(slice_of(copy, n), &everywhere, &line), OOM_LINE_KILLED);
		assert_int_equal(line.killed.pid, 4123);
		if (slice_present(line.killed.comm))
			assert_text(line.killed.comm, SLICE("a) b c"));
		assert_true(!line.killed.total_vm_kb.set || line.killed.total_vm_kb.v == 1111);
		assert_true(!line.killed.anon_rss_kb.set || line.killed.anon_rss_kb.v == 2222);
		assert_true(!line.killed.file_rss_kb.set || line.killed.file_rss_kb.v == 3333);
		assert_true(!line.killed.shmem_rss_kb.set || line.killed.shmem_rss_kb.v == 4444);
		assert_true(!line.killed.uid.set || line.killed.uid.v == 5555);
		assert_true(!line.killed.pgtables_kb.set || line.killed.pgtables_kb.v == 6666);
		assert_true(!line.killed.oom_score_adj.set || line.killed.oom_score_adj.v == 777);
		test_free(copy);
	}
}

static void a_garbled_last_word_says_nothing_and_leaves_the_kill(void **state)
{
	(void)state;
	struct oom_line line = read_as("Out of memory: Killed process 4123 (fio) total-vm:1kB, anon-rss:2kB, "
				       "file-rss:3kB, shmem-rss:4kB, UID:0 pgtables:5kB "
				       "oom_score_a0",
				       OOM_LINE_KILLED);
	assert_num(line.killed.pgtables_kb, 5);
	assert_false(line.killed.oom_score_adj.set);
	line = read_as("Out of memory: Killed process 4123 (fio) total-vm:1kB, anon-rss:2kB,\n shmem-rss:4kB",
		       OOM_LINE_KILLED);
	assert_num(line.killed.shmem_rss_kb, 4);
}

/* ---- 3.M, 3.N, 3.O ---- */

static void the_lines_around_a_kill_are_known(void **state)
{
	(void)state;
	struct oom_line line =
	    read_as("Tasks in /a are going to be killed due to memory.oom.group set", OOM_LINE_GROUP);
	assert_text(line.group.path, SLICE("/a"));
	line = read_as("Tasks in /a are going to be killed due to memory.oom.group set/b are going to be killed due to "
		       "memory.oom.group set",
		       OOM_LINE_GROUP);
	assert_text(line.group.path, SLICE("/a are going to be killed due to memory.oom.group set/b"));
	read_as("Tasks in /a are going to be killed soon", OOM_LINE_OTHER);
	line = read_as("oom_reaper: reaped process 4123 (x), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB",
		       OOM_LINE_REAPED);
	assert_int_equal(line.reaped.pid, 4123);
	read_as("oom_reaper: unable to reap pid:4123 (x)", OOM_LINE_OTHER);

	read_as("Out of memory and no killable processes...", OOM_LINE_NO_KILLABLE);
	read_as("Kernel panic - not syncing: Out of memory and no killable processes...\n", OOM_LINE_PANIC);
	read_as("Kernel panic - not syncing: System is deadlocked on memory", OOM_LINE_PANIC);
	read_as("Kernel panic - not syncing: Out of memory: system-wide panic_on_oom is enabled", OOM_LINE_PANIC);
	read_as("Kernel panic - not syncing: Out of memory: compulsory panic_on_oom is enabled", OOM_LINE_PANIC);
	read_as("Kernel panic - not syncing: out of memory. panic_on_oom is selected", OOM_LINE_PANIC);
	read_as("Kernel panic - not syncing: out of memory from page fault. panic_on_oom is selected.", OOM_LINE_PANIC);
	read_as("---[ end Kernel panic - not syncing: Out of memory and no killable processes...", OOM_LINE_OTHER);
	read_as("Kernel panic - not syncing: Fatal exception", OOM_LINE_OTHER);
	read_as("sysrq: Manual OOM execution", OOM_LINE_MANUAL);
	read_as("SysRq : Manual OOM execution", OOM_LINE_MANUAL);

	read_as("kworker/0:1: page allocation failure: order:4, mode:0xcc0(GFP_KERNEL)", OOM_LINE_OTHER_DUMP);
	read_as("x: page allocation stalls for 10000ms, order:0, mode:0x1", OOM_LINE_OTHER_DUMP);
	const struct oom_line_context nothing = {0};
	read_in("kworker/0:1: page allocation failure: order:4, mode:0xcc0(GFP_KERNEL)", &nothing, OOM_LINE_OTHER);
}

static void every_kind_has_a_name(void **state)
{
	(void)state;
	for (int k = 0; k < OOM_LINE_KINDS; k++)
		assert_string_not_equal(oom_line_kind_name((enum oom_line_kind)k), "?");
	assert_string_equal(oom_line_kind_name(OOM_LINE_KINDS), "?");
}

static void an_empty_line_and_any_single_byte_are_nothing(void **state)
{
	(void)state;
	struct oom_line line;
	assert_int_equal(oom_line_parse(SLICE(""), &everywhere, &line), OOM_LINE_OTHER);
	assert_int_equal(oom_line_parse(SLICE_NONE, &everywhere, &line), OOM_LINE_OTHER);
	for (int c = 0; c < 256; c++) {
		char byte = (char)c;
		assert_int_equal(oom_line_parse(slice_of(&byte, 1), &everywhere, &line), OOM_LINE_OTHER);
	}
}

static void every_line_cut_anywhere_is_read_without_a_step_too_far(void **state)
{
	(void)state;
	static const char *const lines[] = {
	    "bash invoked oom-killer: gfp_mask=0x14000c0(GFP_KERNEL), nodemask=0,2-3, order=0, oom_score_adj=0",
	    "bash cpuset=/ mems_allowed=0-3",
	    "CPU: 1 UID: 1000 PID: 330 Comm: bash Not tainted 6.12.1-cloud-amd64 #1",
	    "Task in /a/b killed as a result of limit of /a",
	    "memory+swap: usage 30720kB, limit 9007199254740988kB, failcnt 24",
	    "Memory cgroup stats for /a b: cache:0KB rss:30KB rss_huge:2KB ",
	    "Node 0 Normal: 5*4kB (UM) 6*8kB (U) 0*16kB 1*32kB (C) = 100kB",
	    "Node 1 hugepages_total=8 hugepages_free=3 hugepages_surp=0 hugepages_size=2048kB",
	    "[  pid  ]   uid  tgid total_vm      rss rss_anon rss_file rss_shmem pgtables_bytes swapents oom_score_adj "
	    "name",
	    "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/a,task_memcg=/a/"
	    "b,task=x,pid=5,uid=0",
	    "Memory cgroup out of memory: Kill process 4123 (httpd) score 0 or sacrifice child",
	    "Kill process 4123 (httpd) sharing same memory",
	    "Tasks in /a are going to be killed due to memory.oom.group set",
	};
	for (size_t i = 0; i < ARRAY_COUNT(lines); i++)
		for (size_t n = 0; n <= strlen(lines[i]); n++) {
			char *copy = test_malloc(n ? n : 1);
			memcpy(copy, lines[i], n);
			struct oom_line line;
			(void)oom_line_parse(slice_of(copy, n), &everywhere, &line);
			(void)oom_line_parse_torn(slice_of(copy, n), &everywhere, &line);
			for (int kind = 0; kind < OOM_LINE_KINDS; kind++)
				(void)oom_line_fits((enum oom_line_kind)kind, slice_of(copy, n), SLICE(",task="));
			test_free(copy);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_trigger_line_is_read_in_the_words_of_every_version),
	    cmocka_unit_test(a_trigger_may_have_any_name_the_kernel_can_hold),
	    cmocka_unit_test(what_stands_before_the_words_of_a_trigger_is_no_longer_than_a_name),
	    cmocka_unit_test(a_torn_trigger_line_tells_what_stands_complete),
	    cmocka_unit_test(the_cpuset_line_gives_its_list_and_leaves_the_comm_to_who_knows_it),
	    cmocka_unit_test(the_stack_dump_gives_cpu_thread_and_release),
	    cmocka_unit_test(task_in_names_the_victims_cgroup_first_and_the_limits_second),
	    cmocka_unit_test(a_path_that_holds_the_words_between_the_paths_is_told_only_where_one_reading_is_possible),
	    cmocka_unit_test(counters_are_read_and_their_unlimited_and_underflown_values_are_unknown),
	    cmocka_unit_test(statistics_to_5_2_stand_behind_their_cgroup_in_kb),
	    cmocka_unit_test(statistics_from_5_3_on_are_lines_of_their_own),
	    cmocka_unit_test(a_record_of_full_length_lacks_the_end_of_its_last_statistic),
	    cmocka_unit_test(the_page_counts_of_mem_info_are_read_by_name),
	    cmocka_unit_test(zones_huge_pages_and_free_lists_are_read_with_and_without_nodes),
	    cmocka_unit_test(the_rows_at_the_end_of_mem_info_are_read),
	    cmocka_unit_test(every_layout_of_the_task_table_is_read_by_its_own_header),
	    cmocka_unit_test(the_name_of_a_row_is_all_that_follows_one_blank),
	    cmocka_unit_test(selection_lines_name_cause_process_and_score),
	    cmocka_unit_test(kill_lines_are_read_in_every_shape),
	    cmocka_unit_test(a_victim_may_have_any_name),
	    cmocka_unit_test(what_only_looks_like_a_kill_is_none),
	    cmocka_unit_test(a_kill_line_cut_anywhere_is_a_kill_without_what_was_lost),
	    cmocka_unit_test(a_garbled_last_word_says_nothing_and_leaves_the_kill),
	    cmocka_unit_test(the_lines_around_a_kill_are_known),
	    cmocka_unit_test(every_kind_has_a_name),
	    cmocka_unit_test(an_empty_line_and_any_single_byte_are_nothing),
	    cmocka_unit_test(every_line_cut_anywhere_is_read_without_a_step_too_far),
	};
	return cmocka_run_group_tests_name("oom/line", tests, NULL, NULL);
}
