/* oom/collect: lines put into a report; what is told twice and not the same is not told. */
#include "oom_fixture.h"

#include "oom/collect.h"

struct story {
	struct oom_report report;
	struct oom_collect_state state;
};

static struct story *begin(void)
{
	struct story *s = test_malloc(sizeof(*s));
	memset(s, 0xa5, sizeof(*s)); /* nothing may rest on what was there before */
	s->state = (struct oom_collect_state){0};
	oom_report_reset(&s->report, 7, 8);
	return s;
}

static void tell_slice(struct story *s, struct slice text)
{
	const struct oom_line_context ctx = {
	    .open = true,
	    .layout = s->state.in_table ? &s->report.layout : NULL,
	    .in_stats = s->state.in_stats,
	    .in_mem_info = s->state.in_mem_info,
	};
	struct oom_line line;
	if (oom_line_parse(text, &ctx, &line) == OOM_LINE_TRIGGER)
		oom_collect_trigger(&s->report, &line);
	else
		oom_collect(&s->report, &s->state, &line);
}

static void tell(struct story *s, const char *text)
{
	tell_slice(s, slice_cstr(text));
}

#define OLD_TRIGGER "bash invoked oom-killer: gfp_mask=0xd0, order=0, oom_score_adj=0"
#define TRIGGER "bash invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0"
#define CPU_LINE "CPU: 1 PID: 330 Comm: bash Not tainted 6.1.0-13-amd64 #1"
#define TABLE "[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name"

static void a_report_begins_empty(void **state)
{
	(void)state;
	struct story *s = begin();
	const struct oom_report *r = &s->report;
	assert_int_equal(r->first_seq, 7);
	assert_int_equal(r->first_usec, 8);
	assert_false(r->partial || r->has_trigger || r->has_memcg || r->has_mem_info || r->has_table || r->has_summary);
	assert_int_equal(r->stat_count + r->zone_count + r->rows, 0);
	assert_int_equal(r->task_count, 0);
	for (int i = 0; i < OOM_HOST_NUMBERS; i++)
		assert_false(r->host[i].set);
	assert_null(oom_report_task(r, 1));
	uint64_t v;
	assert_false(oom_report_stat(r, SLICE("anon"), &v));
	test_free(s);
}

static void trigger_and_stack_dump_are_joined_by_the_name(void **state)
{
	(void)state;
	struct story *s = begin();
	tell(s, TRIGGER);
	tell(s, "CPU: 0 PID: 9 Comm: bashful Not tainted 6.1.0 #1");
	tell(s, CPU_LINE);
	tell(s, "bash cpuset=my set mems_allowed=0-1");
	assert_text(s->report.trigger.comm, SLICE("bash"));
	assert_num(s->report.trigger.pid, 330);
	assert_num(s->report.trigger.cpu, 1);
	assert_text(s->report.kernel_release, SLICE("6.1.0-13-amd64"));
	assert_text(s->report.cpuset, SLICE("my set"));
	assert_text(s->report.mems_allowed, SLICE("0-1"));
	assert_false(s->report.partial);
	test_free(s);
}

static void two_dumps_of_the_same_name_leave_the_thread_unknown(void **state)
{
	(void)state;
	struct story *s = begin();
	tell(s, TRIGGER);
	tell(s, CPU_LINE);
	tell(s, "CPU: 0 PID: 331 Comm: bash Not tainted 6.1.0-13-amd64 #1");
	tell(s, CPU_LINE);
	assert_false(s->report.trigger.pid.set);
	assert_false(s->report.trigger.cpu.set);
	test_free(s);
}

static void the_dump_behind_the_memory_block_is_anothers(void **state)
{
	(void)state;
	struct story *s = begin();
	tell(s, TRIGGER);
	tell(s, "memory: usage 1kB, limit 2kB, failcnt 3");
	tell(s, CPU_LINE);
	assert_false(s->report.trigger.pid.set);
	test_free(s);
}

static void a_cpuset_line_of_another_task_does_not_count(void **state)
{
	(void)state;
	struct story *s = begin();
	tell(s, OLD_TRIGGER);
	tell(s, "sh cpuset=theirs mems_allowed=0");
	assert_false(slice_present(s->report.cpuset));
	tell(s, "bash cpuset=a/b mems_allowed=0"); /* a name has no '/' */
	assert_false(slice_present(s->report.cpuset));
	tell(s, "bash cpuset=/ mems_allowed=0");
	assert_text(s->report.cpuset, SLICE("/"));
	test_free(s);
}

static void paths_told_twice_and_not_the_same_are_not_told(void **state)
{
	(void)state;
	struct story *s = begin();
	tell(s, OLD_TRIGGER);
	tell(s, "Task in /a/b killed as a result of limit of /a");
	tell(s, "Task in /a/b killed as a result of limit of /a");
	assert_text(s->report.task_path, SLICE("/a/b"));
	assert_text(s->report.limit_path, SLICE("/a"));
	assert_false(s->report.partial);
	tell(s, "Task in /c killed as a result of limit of /c");
	tell(s, "Task in /c killed as a result of limit of /c");
	assert_false(slice_present(s->report.task_path));
	assert_false(slice_present(s->report.limit_path));
	assert_true(s->report.partial);
	test_free(s);
}

static void task_in_of_2_6_32_speaks_of_the_trigger_and_not_of_the_victim(void **state)
{
	(void)state;
	struct story *s = begin();
	tell(s, "bash invoked oom-killer: gfp_mask=0xd0, order=0, oom_adj=0");
	tell(s, "Task in /a/trigger killed as a result of limit of /a");
	assert_false(slice_present(s->report.task_path));
	assert_text(s->report.limit_path, SLICE("/a"));
	test_free(s);
}

static void the_three_records_of_3_16_are_one_task_in(void **state)
{
	(void)state;
	struct story *s = begin();
	tell(s, OLD_TRIGGER);
	tell(s, "Task in /a/b");
	tell(s, " killed as a result of limit of /a");
	tell(s, "");
	assert_text(s->report.task_path, SLICE("/a/b"));
	assert_text(s->report.limit_path, SLICE("/a"));
	test_free(s);
}

static void counters_told_twice_and_not_the_same_are_not_told(void **state)
{
	(void)state;
	struct story *s = begin();
	tell(s, "memory: usage 1kB, limit 2kB, failcnt 3");
	tell(s, "swap: usage 0kB, limit 9007199254740988kB, failcnt 0");
	assert_num(s->report.counter[OOM_COUNTER_MEMORY].limit_kb, 2);
	assert_true(s->report.counter[OOM_COUNTER_SWAP].unlimited);
	assert_true(s->report.have_counter[OOM_COUNTER_SWAP]);
	assert_false(s->report.have_counter[OOM_COUNTER_KMEM]);
	tell(s, "memory: usage 7kB, limit 2kB, failcnt 3");
	tell(s, "memory: usage 1kB, limit 2kB, failcnt 3");
	assert_false(s->report.counter[OOM_COUNTER_MEMORY].limit_kb.set);
	assert_true(s->report.partial);
	test_free(s);
}

static void statistics_of_the_limits_cgroup_count_and_those_below_it_do_not(void **state)
{
	(void)state;
	struct story *s = begin();
	uint64_t v;
	tell(s, "Memory cgroup stats for /a: cache:1KB rss:2KB ");
	tell(s, "Memory cgroup stats for /a/b: cache:8KB rss:9KB swap:7KB ");
	assert_true(s->report.stat_in_kb);
	assert_text(s->report.stat_path, SLICE("/a"));
	assert_int_equal(s->report.stat_count, 2);
	assert_true(oom_report_stat(&s->report, SLICE("rss"), &v));
	assert_int_equal(v, 2);
	assert_false(oom_report_stat(&s->report, SLICE("swap"), &v));
	test_free(s);
}

static void statistics_by_lines_are_gathered_until_the_table(void **state)
{
	(void)state;
	struct story *s = begin();
	uint64_t v;
	tell(s, "Memory cgroup stats for /a:");
	tell(s, "anon 4096");
	tell(s, "an unrelated line");
	tell(s, "file 8192\nslab 1\n");
	tell(s, TABLE);
	tell(s, "late 1");
	assert_int_equal(s->report.stat_count, 3);
	assert_true(oom_report_stat(&s->report, SLICE("file"), &v));
	assert_int_equal(v, 8192);
	assert_false(s->report.stat_in_kb);
	test_free(s);
}

static void more_statistics_than_there_is_room_for_are_dropped(void **state)
{
	(void)state;
	struct story *s = begin();
	tell(s, "Memory cgroup stats for /a:");
	for (int i = 0; i < LIMIT_STAT_ROWS + 10; i++) {
		char text[64];
		snprintf(text, sizeof(text), "row_%d %d", i, i);
		tell(s, text);
	}
	tell(s, "a_name_that_is_longer_than_any_the_kernel_has_ever_printed 1");
	assert_int_equal(s->report.stat_count, LIMIT_STAT_ROWS);
	test_free(s);
}

static void tell_mem_info(struct story *s, unsigned pages)
{
	char text[256];
	tell(s, "Mem-Info:");
	snprintf(text, sizeof(text), "active_anon:%u inactive_anon:2\n free:%u free_pcp:3", pages, pages);
	tell(s, text);
	tell(s, "Node 0 DMA free:44kB min:40kB low:50kB high:60kB");
	tell(s, "Node 0 DMA: 2*4kB (U) 3*8kB (M) 1*16kB (U) = 48kB");
	tell(s, "Node 0 hugepages_total=2 hugepages_free=1 hugepages_surp=0 hugepages_size=2048kB");
	tell(s, "262144 pages RAM");
}

static void mem_info_gives_host_numbers_zones_and_the_page_size(void **state)
{
	(void)state;
	struct story *s = begin();
	tell(s, "bash invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=1, oom_score_adj=0");
	tell_mem_info(s, 5);
	const struct oom_report *r = &s->report;
	assert_num(r->host[OOM_HOST_FREE], 5);
	assert_num(r->host[OOM_HOST_RAM], 262144);
	assert_num(r->page_kb, 4);
	assert_num(r->hugepages_kb, 4096);
	assert_num(r->hugepages_free_kb, 2048);
	assert_int_equal(r->zone_count, 1);
	assert_string_equal(r->zone[0].name, "DMA");
	assert_num(r->zone[0].largest_free_block_kb, 16);
	assert_num(r->zone[0].blocks_at_order, 4); /* order 1 and up */
	assert_false(r->partial || r->mem_info_torn);
	test_free(s);
}

static void the_mem_info_of_a_failed_allocation_is_not_the_reports(void **state)
{
	(void)state;
	struct story *s = begin();
	tell(s, TRIGGER);
	tell(s, "kworker/0:1: page allocation failure: order:4, mode:0xcc0(GFP_KERNEL), "
		"nodemask=(null),cpuset=/,mems_allowed=0");
	tell(s, "CPU: 0 PID: 7 Comm: bash Not tainted 6.1.0-13-amd64 #1"); /* a name as the trigger's */
	tell_mem_info(s, 9);
	assert_false(s->report.has_mem_info);
	assert_true(s->report.mem_info_torn);
	assert_false(s->report.host[OOM_HOST_FREE].set);
	assert_false(s->report.trigger.pid.set);
	assert_int_equal(s->report.zone_count, 0);
	test_free(s);
}

static void a_failed_allocation_inside_mem_info_leaves_no_number(void **state)
{
	(void)state;
	struct story *s = begin();
	tell(s, TRIGGER);
	tell(s, CPU_LINE);
	tell_mem_info(s, 5);
	tell(s, "kworker/0:1: page allocation failure: order:4, mode:0xcc0(GFP_KERNEL)");
	tell(s, "12 total pagecache pages");
	assert_true(s->report.has_mem_info);
	assert_true(s->report.mem_info_torn);
	assert_false(s->report.host[OOM_HOST_FREE].set);
	assert_false(s->report.host[OOM_HOST_PAGECACHE].set);
	assert_num(s->report.trigger.pid, 330);
	test_free(s);
}

static void two_mem_infos_in_one_report_leave_no_number(void **state)
{
	(void)state;
	struct story *s = begin();
	tell(s, TRIGGER);
	tell_mem_info(s, 5);
	tell_mem_info(s, 6);
	tell_mem_info(s, 7);
	assert_true(s->report.mem_info_torn);
	assert_false(s->report.host[OOM_HOST_FREE].set);
	assert_int_equal(s->report.zone_count, 0);
	assert_false(s->report.hugepages_kb.set);
	test_free(s);
}

static void a_memory_cgroups_report_has_no_mem_info_where_gfp_flags_are_named(void **state)
{
	(void)state;
	struct story *s = begin();
	tell(s, TRIGGER);
	tell(s, "memory: usage 1kB, limit 2kB, failcnt 3");
	tell(s, "Memory cgroup stats for /a:");
	tell(s, "anon 1");
	tell_mem_info(s, 5);
	tell(s, "file 2");
	assert_false(s->report.has_mem_info);
	assert_int_equal(s->report.stat_count, 2);
	test_free(s);

	s = begin(); /* the stranger's came first */
	tell(s, TRIGGER);
	tell_mem_info(s, 5);
	tell(s, "memory: usage 1kB, limit 2kB, failcnt 3");
	assert_false(s->report.has_mem_info);
	assert_false(s->report.host[OOM_HOST_FREE].set);
	test_free(s);

	s = begin(); /* up to 3.8 both are the report's own */
	tell(s, OLD_TRIGGER);
	tell(s, "memory: usage 1kB, limit 2kB, failcnt 3");
	tell_mem_info(s, 5);
	assert_true(s->report.has_mem_info);
	assert_num(s->report.host[OOM_HOST_FREE], 5);
	test_free(s);
}

static void tell_row(struct story *s, uint64_t pid, uint64_t tgid, uint64_t rss, const char *comm)
{
	char text[256];
	snprintf(text, sizeof(text), "[%7llu]     0 %5llu %8llu %8llu     4096        1             0 %s",
		 (unsigned long long)pid, (unsigned long long)tgid, (unsigned long long)rss + 100,
		 (unsigned long long)rss, comm);
	tell(s, text);
}

static void rows_of_the_table_are_found_by_pid(void **state)
{
	(void)state;
	struct story *s = begin();
	tell(s, TABLE);
	tell_row(s, 12, 12, 500, "a ] b");
	tell_row(s, 13, 10, 600, "");
	const struct oom_task *t = oom_report_task(&s->report, 13);
	assert_non_null(t);
	assert_num(t->tgid, 10);
	assert_num(t->rss_pages, 600);
	assert_num(t->swap_entries, 1);
	assert_int_equal(t->comm_len, 0);
	assert_text(slice_of(s->report.task[0].comm, s->report.task[0].comm_len), SLICE("a ] b"));
	assert_int_equal(s->report.task_count, 2);
	test_free(s);
}

static int by_rss(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return x < y ? -1 : x > y;
}

static void of_a_long_table_the_largest_rows_are_kept(void **state)
{
	(void)state;
	enum { ROWS = LIMIT_TASK_ROWS * 3 + 7 };
	static uint64_t rss[ROWS];
	uint32_t seed = 5;
	for (int order = 0; order < 3; order++) { /* rising, falling, any */
		struct story *s = begin();
		tell(s, TABLE);
		for (uint32_t i = 0; i < ROWS; i++) {
			seed = seed * 1664525 + 1013904223;
			rss[i] = order == 0 ? i : order == 1 ? ROWS - i : seed >> 20;
			tell_row(s, i + 1, i + 1, rss[i], "task");
		}
		assert_int_equal(s->report.task_count, ROWS);
		assert_int_equal(s->report.rows, LIMIT_TASK_ROWS);
		uint64_t kept[LIMIT_TASK_ROWS];
		for (uint32_t i = 0; i < LIMIT_TASK_ROWS; i++) {
			kept[i] = s->report.task[i].rss_pages.v;
			assert_int_equal(rss[s->report.task[i].pid - 1], kept[i]);
		}
		qsort(kept, LIMIT_TASK_ROWS, sizeof(*kept), by_rss);
		qsort(rss, ROWS, sizeof(*rss), by_rss);
		assert_memory_equal(kept, rss + ROWS - LIMIT_TASK_ROWS, sizeof(kept));
		test_free(s);
	}
}

static void two_tables_in_one_report_are_none(void **state)
{
	(void)state;
	struct story *s = begin();
	tell(s, TABLE);
	tell_row(s, 12, 12, 500, "a");
	tell(s, TABLE);
	tell_row(s, 13, 13, 500, "b");
	tell(s, TABLE);
	tell_row(s, 14, 14, 500, "c");
	assert_false(s->report.has_table);
	assert_int_equal(s->report.task_count, 0);
	assert_int_equal(s->report.rows, 0);
	assert_true(s->report.partial);
	test_free(s);
}

static void a_summary_without_its_tail_makes_the_report_partial(void **state)
{
	(void)state;
	struct story *s = begin();
	tell(s, "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=x,mems_allowed=0");
	assert_true(s->report.has_summary);
	assert_true(s->report.partial);
	assert_text(s->report.cpuset, SLICE("x"));
	assert_false(s->report.chosen.pid.set);
	test_free(s);
}

static void text_beyond_the_reports_room_is_left_out_and_said(void **state)
{
	(void)state;
	struct story *s = begin();
	static char text[40000];
	int n = snprintf(text, sizeof(text), "Memory cgroup stats for /");
	memset(text + n, 'a', 17000);
	memcpy(text + n + 17000, ":", 2);
	tell(s, text);
	assert_false(slice_present(s->report.stat_path));
	assert_true(s->report.partial);
	test_free(s);
}

static void more_zones_than_there_is_room_for_are_counted(void **state)
{
	(void)state;
	struct story *s = begin();
	tell(s, "Mem-Info:");
	for (int i = 0; i < LIMIT_ZONES + 3; i++) {
		char text[128];
		snprintf(text, sizeof(text), "Node %d Normal free:44kB min:40kB low:50kB high:60kB", i);
		tell(s, text);
	}
	tell(s, "Node 0 AZoneWithALongName free:44kB min:40kB");
	assert_int_equal(s->report.zone_count, LIMIT_ZONES);
	assert_int_equal(s->report.zones_dropped, 4);
	test_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_report_begins_empty),
	    cmocka_unit_test(trigger_and_stack_dump_are_joined_by_the_name),
	    cmocka_unit_test(two_dumps_of_the_same_name_leave_the_thread_unknown),
	    cmocka_unit_test(the_dump_behind_the_memory_block_is_anothers),
	    cmocka_unit_test(a_cpuset_line_of_another_task_does_not_count),
	    cmocka_unit_test(paths_told_twice_and_not_the_same_are_not_told),
	    cmocka_unit_test(task_in_of_2_6_32_speaks_of_the_trigger_and_not_of_the_victim),
	    cmocka_unit_test(the_three_records_of_3_16_are_one_task_in),
	    cmocka_unit_test(counters_told_twice_and_not_the_same_are_not_told),
	    cmocka_unit_test(statistics_of_the_limits_cgroup_count_and_those_below_it_do_not),
	    cmocka_unit_test(statistics_by_lines_are_gathered_until_the_table),
	    cmocka_unit_test(more_statistics_than_there_is_room_for_are_dropped),
	    cmocka_unit_test(mem_info_gives_host_numbers_zones_and_the_page_size),
	    cmocka_unit_test(the_mem_info_of_a_failed_allocation_is_not_the_reports),
	    cmocka_unit_test(a_failed_allocation_inside_mem_info_leaves_no_number),
	    cmocka_unit_test(two_mem_infos_in_one_report_leave_no_number),
	    cmocka_unit_test(a_memory_cgroups_report_has_no_mem_info_where_gfp_flags_are_named),
	    cmocka_unit_test(rows_of_the_table_are_found_by_pid),
	    cmocka_unit_test(of_a_long_table_the_largest_rows_are_kept),
	    cmocka_unit_test(two_tables_in_one_report_are_none),
	    cmocka_unit_test(a_summary_without_its_tail_makes_the_report_partial),
	    cmocka_unit_test(text_beyond_the_reports_room_is_left_out_and_said),
	    cmocka_unit_test(more_zones_than_there_is_room_for_are_counted),
	};
	return cmocka_run_group_tests_name("oom/collect", tests, NULL, NULL);
}
