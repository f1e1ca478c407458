#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/text.h"
#include "event/build.h"
#include "event/facts.h"

#define BOOT "0123456789abcdef0123456789abcdef"
#define SERVICE "/system.slice/sidekiq.service"

static struct event e;
static struct oom_report report;
static struct oom_incident incident;
static struct event_facts facts;
static struct event_input input;
static struct host_process live, cached;

static struct oom_num num(uint64_t v)
{
	return (struct oom_num){true, v};
}

static void expect(struct slice got, const char *want)
{
	assert_int_equal(slice_present(got), want != NULL);
	if (!want)
		return;
	assert_int_equal(got.n, strlen(want));
	assert_memory_equal(got.p, want, got.n);
}

static void expect_num(struct opt_u64 got, uint64_t want)
{
	assert_true(got.set);
	assert_int_equal(got.v, want);
}

static void name_task(struct oom_task *task, const char *comm)
{
	task->comm_len = (uint8_t)strlen(comm);
	memcpy(task->comm, comm, task->comm_len);
}

/* A kill of ruby (4242) in sidekiq.service by its own limit, told in full. */
static int set_up(void **state)
{
	(void)state;
	memset(&report, 0, sizeof(report));
	memset(&facts, 0, sizeof(facts));
	memset(&live, 0, sizeof(live));
	memset(&cached, 0, sizeof(cached));
	report.has_trigger = report.has_memcg = report.has_table = report.has_summary = true;
	report.constraint = SLICE("CONSTRAINT_MEMCG");
	report.task_path = report.limit_path = SLICE(SERVICE);
	report.chosen.pid = num(4242);
	report.chosen.prefix = OOM_PREFIX_MEMCG;
	report.page_kb = num(4);
	report.have_counter[OOM_COUNTER_MEMORY] = true;
	report.counter[OOM_COUNTER_MEMORY] = (struct oom_usage){num(524288), num(524288), num(77), false};
	report.rows = 1;
	report.task_count = 1;
	report.task[0] = (struct oom_task){
	    .pid = 4242, .tgid = num(4242), .uid = num(1000), .rss_pages = num(100), .swap_entries = num(3)};
	name_task(&report.task[0], "ruby");
	incident = (struct oom_incident){.kind = OOM_INCIDENT_KILL,
					 .detail = OOM_DETAIL_FULL,
					 .seq = 900,
					 .usec = 5000000,
					 .prefix = OOM_PREFIX_MEMCG,
					 .pid = 4242,
					 .comm_len = 4,
					 .comm = "ruby",
					 .comm_known = true,
					 .total_vm_kb = num(800000),
					 .anon_rss_kb = num(500000),
					 .file_rss_kb = num(9000),
					 .shmem_rss_kb = num(0),
					 .pgtables_kb = num(1200),
					 .uid = num(1001),
					 .oom_score_adj = {true, -5},
					 .report = &report,
					 .is_chosen = true};
	input = (struct event_input){.incident = &incident,
				     .boot_id = SLICE(BOOT),
				     .realtime_usec = {true, 1700000005000000},
				     .boot_realtime_usec = 1700000000000000};
	live =
	    (struct host_process){.have = HOST_HAVE_START | HOST_HAVE_PPID, .pid = 4242, .ppid = 7, .start_ticks = 100};
	cached = (struct host_process){.have = HOST_HAVE_START | HOST_HAVE_PPID | HOST_HAVE_TGID,
				       .pid = 4242,
				       .tgid = 4242,
				       .ppid = 7,
				       .start_ticks = 100,
				       .cmdline = SLICE("ruby\0-x\0"),
				       .exe = SLICE("/usr/bin/ruby"),
				       .cgroup = SLICE("/cached.slice/c.service")};
	return 0;
}

static void build_with_facts(void)
{
	input.facts = &facts;
	event_build(&e, &input);
}

static void the_kill_line_wins_for_the_victim(void **state)
{
	(void)state;
	event_build(&e, &input);
	expect_num(e.victim.pid, 4242);
	expect(e.victim.comm, "ruby");
	expect_num(e.victim.uid, 1001);
	expect_num(e.victim.tgid, 4242);
	assert_int_equal(e.victim.oom_score_adj.v, -5);
	expect_num(e.victim.memory.anon_rss_kb, 500000);
	expect_num(e.victim.memory.rss_kb, 509000);
	expect_num(e.victim.memory.shmem_rss_kb, 0);
	expect_num(e.victim.memory.swap_kb, 12);
	expect_num(e.victim.memory.pgtables_kb, 1200);
	assert_false(e.victim.oom_score.set);
	expect(e.report, "full");
	expect(e.scope, "memcg");
}

static void the_event_owns_its_strings(void **state)
{
	(void)state;
	char path[] = SERVICE, boot[] = BOOT;
	report.task_path = report.limit_path = slice_cstr(path);
	input.boot_id = slice_cstr(boot);
	event_build(&e, &input);
	memset(path, 'X', sizeof(path));
	memset(boot, 'X', sizeof(boot));
	memset(&report, 0xff, sizeof(report));
	expect(e.cgroup.path, SERVICE);
	expect(e.identity.unit, "sidekiq.service");
	expect(e.identity.slice, "system.slice");
	expect(e.boot_id, BOOT);
}

static void the_id_is_boot_and_sequence_number_and_times_are_absolute(void **state)
{
	(void)state;
	event_build(&e, &input);
	expect(e.id, BOOT "-900");
	expect(e.time, "2023-11-14T22:13:25.000000Z");
	expect_num(e.realtime_usec, 1700000005000000);
	expect_num(e.monotonic_usec, 5000000);
	expect_num(e.kmsg_seq, 900);
	assert_false(e.recovered);
}

static void a_capture_of_an_unknown_boot_has_32_zeros_and_no_time(void **state)
{
	(void)state;
	input.boot_id = SLICE_NONE;
	input.realtime_usec.set = false;
	event_build(&e, &input);
	expect(e.id, "00000000000000000000000000000000-900");
	expect(e.boot_id, NULL);
	expect(e.time, NULL);
	assert_false(e.realtime_usec.set);
	expect_num(e.monotonic_usec, 5000000);
}

static void a_text_logs_line_numbers_and_dates_are_not_the_kernels(void **state)
{
	(void)state;
	input.foreign_usec = input.foreign_seq = true;
	event_build(&e, &input);
	assert_false(e.monotonic_usec.set);
	assert_false(e.kmsg_seq.set);
	expect(e.id, BOOT "-900");
}

static void the_scope_follows_words_before_constraint(void **state)
{
	static const struct {
		enum oom_prefix kill, chosen;
		bool has_report, has_memcg, partial, global;
		const char *constraint, *limit, *want; /* limit: a path, or "Mem-Info" for a report of the host */
	} cases[] = {
	    {OOM_PREFIX_MEMCG, 0, true, true, false, false, "CONSTRAINT_NONE", "/a", "memcg"}, /* 5.0 to 5.2 */
	    {OOM_PREFIX_MEMCG, 0, false, false, false, false, NULL, NULL, "memcg"},
	    {OOM_PREFIX_GLOBAL, 0, true, false, false, true, "CONSTRAINT_CPUSET", NULL, "cpuset"},
	    {OOM_PREFIX_GLOBAL, 0, true, false, false, true, "CONSTRAINT_MEMORY_POLICY", NULL, "mempolicy"},
	    {OOM_PREFIX_GLOBAL, 0, true, false, false, true, "CONSTRAINT_NONE", NULL, "global"},
	    {OOM_PREFIX_GLOBAL, 0, true, true, false, false, NULL, "/a", "global"},
	    {OOM_PREFIX_GLOBAL, 0, false, false, false, false, NULL, NULL, "global"},
	    {OOM_PREFIX_ALLOCATING, 0, false, false, false, false, NULL, NULL, "global"},
	    {OOM_PREFIX_NONE, OOM_PREFIX_MEMCG, true, false, false, false, NULL, NULL, "memcg"},
	    {OOM_PREFIX_NONE, OOM_PREFIX_GLOBAL, true, false, false, false, NULL, NULL, "global"},
	    {OOM_PREFIX_NONE, OOM_PREFIX_MEMPOLICY, true, false, false, false, NULL, NULL, "mempolicy"},
	    {OOM_PREFIX_NONE, 0, true, true, false, false, NULL, NULL, "memcg"},
	    {OOM_PREFIX_NONE, 0, true, false, false, false, NULL, NULL, NULL}, /* neither block: one of them was lost */
	    {OOM_PREFIX_NONE, 0, true, false, false, false, NULL, "Mem-Info", "global"},
	    {OOM_PREFIX_NONE, 0, true, false, true, false, NULL, NULL, NULL},
	    {OOM_PREFIX_NONE, 0, false, false, false, false, NULL, NULL, NULL},
	    {OOM_PREFIX_OTHER, 0, true, false, false, false, "CONSTRAINT_BPF_PSI_MEM", "/a", "memcg"},
	};
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		set_up(state);
		incident.prefix = cases[i].kill;
		incident.report = cases[i].has_report ? &report : NULL;
		report.chosen.prefix = cases[i].chosen;
		report.has_memcg = cases[i].has_memcg;
		report.partial = cases[i].partial;
		report.global = cases[i].global;
		report.constraint = slice_cstr(cases[i].constraint);
		report.has_mem_info = cases[i].limit && cases[i].limit[0] == 'M';
		report.limit_path = report.has_mem_info ? SLICE_NONE : slice_cstr(cases[i].limit);
		event_build(&e, &input);
		expect(e.scope, cases[i].want);
	}
}

static void a_global_kill_has_no_limit_whatever_the_report_says(void **state)
{
	(void)state;
	incident.prefix = OOM_PREFIX_GLOBAL;
	event_build(&e, &input);
	expect(e.cgroup.limit_path, NULL);
	expect(e.cgroup.path, SERVICE);
}

static void an_underflowed_counter_and_no_limit_are_absent(void **state)
{
	(void)state;
	report.counter[OOM_COUNTER_MEMORY].usage_kb = num(18446744073709537436u);
	report.counter[OOM_COUNTER_MEMORY].limit_kb = (struct oom_num){0};
	report.counter[OOM_COUNTER_MEMORY].unlimited = true;
	report.have_counter[OOM_COUNTER_SWAP] = true;
	report.counter[OOM_COUNTER_SWAP] = (struct oom_usage){num(0), num(9007199254740988), num(0), false};
	event_build(&e, &input);
	assert_false(e.cgroup.memory.usage_kb.set);
	assert_false(e.cgroup.memory.limit_kb.set);
	expect_num(e.cgroup.memory.failcnt, 77);
	expect_num(e.cgroup.swap.usage_kb, 0);
	assert_false(e.cgroup.swap.limit_kb.set);
	assert_false(e.cgroup.kmem.usage_kb.set);
}

static void an_unmapped_uid_is_one_number_in_kill_line_summary_and_table(void **state)
{
	(void)state;
	incident.uid.set = false;
	report.chosen.uid = num((uint64_t)-2);
	event_build(&e, &input);
	expect_num(e.victim.uid, 4294967294);
	report.chosen.uid.set = false;
	report.task[0].uid = num((uint64_t)-2);
	event_build(&e, &input);
	expect_num(e.victim.uid, 4294967294);
	expect_num(e.tasks.top[0].uid, 4294967294);
	incident.uid = num(4294967294);
	event_build(&e, &input);
	expect_num(e.victim.uid, 4294967294);
}

static void page_tables_printed_in_bytes_are_divided(void **state)
{
	(void)state;
	incident.pgtables_kb = num(1200 * 1024);
	event_build(&e, &input);
	expect_num(e.victim.memory.pgtables_kb, 1200);
	/* a tiny process whose few tables are more than an eighth of it: kB already */
	incident.total_vm_kb = num(200);
	incident.pgtables_kb = num(36);
	event_build(&e, &input);
	expect_num(e.victim.memory.pgtables_kb, 36);
}

static void sizes_the_kill_line_lacks_come_from_the_table(void **state)
{
	(void)state;
	incident.anon_rss_kb.set = incident.file_rss_kb.set = incident.shmem_rss_kb.set = false;
	incident.total_vm_kb.set = incident.pgtables_kb.set = false;
	report.task[0].pgtables_bytes = num(8192);
	report.task[0].total_vm_pages = num(1000);
	event_build(&e, &input);
	expect_num(e.victim.memory.rss_kb, 400);
	expect_num(e.victim.memory.total_vm_kb, 4000);
	expect_num(e.victim.memory.pgtables_kb, 8);
	assert_false(e.victim.memory.anon_rss_kb.set);
	report.page_kb.set = false;
	event_build(&e, &input);
	assert_false(e.victim.memory.rss_kb.set);
	assert_false(e.victim.memory.swap_kb.set);
}

static void a_row_of_another_name_is_not_the_victims_when_it_was_not_chosen(void **state)
{
	(void)state;
	incident.is_chosen = false;
	incident.uid.set = false;
	event_build(&e, &input);
	expect_num(e.victim.memory.swap_kb, 12);
	name_task(&report.task[0], "java");
	report.chosen.pid = num(1);
	event_build(&e, &input);
	assert_false(e.victim.memory.swap_kb.set);
	assert_false(e.victim.tgid.set);
	assert_false(e.victim.uid.set);
}

static void a_torn_kill_line_leaves_the_name_out(void **state)
{
	(void)state;
	incident.comm_known = false;
	incident.comm_len = 0;
	event_build(&e, &input);
	expect(e.victim.comm, NULL);
	expect_num(e.victim.pid, 4242);
}

static void the_chosen_victims_cgroup_is_the_records_whatever_proc_says(void **state)
{
	(void)state;
	live.cgroup = SLICE("/elsewhere");
	facts.live = &live;
	build_with_facts();
	expect(e.cgroup.path, SERVICE);
	expect(e.sources.cgroup, "kernel");
	expect(e.sources.identity, "kernel");
	expect(e.sources.process, "live");
}

static void a_group_member_has_its_own_cgroup_if_it_lies_below_the_group(void **state)
{
	(void)state;
	incident.is_chosen = false;
	incident.group_index = 2;
	incident.group_first_seq = 890;
	incident.group_path = report.limit_path = SLICE("/g");
	cached.cgroup = SLICE("/g/member");
	facts.cached = &cached;
	build_with_facts();
	expect(e.cgroup.path, "/g/member");
	expect(e.sources.cgroup, "cache");
	expect(e.cgroup.limit_path, "/g");
	expect(e.group.id, BOOT "-890");
	expect(e.group.cgroup, "/g");
	expect_num(e.group.index, 2);
	expect(e.constraint, "CONSTRAINT_MEMCG");
	cached.cgroup = SLICE("/gone");
	build_with_facts();
	expect(e.cgroup.path, NULL);
	expect(e.sources.cgroup, NULL);
	expect(e.identity.unit, NULL);
}

static void a_group_member_is_in_the_groups_cgroup_when_the_chosen_one_was(void **state)
{
	(void)state;
	incident.is_chosen = false;
	incident.group_index = 2;
	incident.group_path = SLICE(SERVICE);
	cached.cgroup = SLICE(SERVICE "/sub"); /* has no memory controller, or the chosen one could not be above it */
	facts.cached = &cached;
	build_with_facts();
	expect(e.cgroup.path, SERVICE);
	expect(e.sources.cgroup, "kernel");
	expect(e.verdict.code, "cgroup-limit");
	report.task_path = SLICE(SERVICE "/payload");
	build_with_facts();
	expect(e.cgroup.path, SERVICE "/sub");
	expect(e.sources.cgroup, "cache");
}

static void below_a_group_or_limit_the_unit_is_known_without_the_victims_path(void **state)
{
	(void)state;
	incident.is_chosen = false;
	event_build(&e, &input);
	expect(e.cgroup.path, NULL);
	expect(e.sources.cgroup, NULL);
	expect(e.identity.unit, "sidekiq.service");
	expect(e.sources.identity, "kernel");
	/* a slice alone: its services are still to come */
	report.limit_path = SLICE("/system.slice");
	event_build(&e, &input);
	expect(e.identity.slice, NULL);
	expect(e.sources.identity, NULL);
	incident.group_path =
	    SLICE("/kubepods.slice/kubepods-burstable.slice/"
		  "kubepods-burstable-pod11111111_2222_3333_4444_555555555555.slice/"
		  "cri-containerd-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef.scope");
	event_build(&e, &input);
	expect(e.identity.pod.uid, "11111111-2222-3333-4444-555555555555");
	expect(e.identity.container.id, NULL);
	incident.group_path = SLICE("/kubepods.slice/kubepods-pod11111111_2222_3333_4444_555555555555.slice");
	event_build(&e, &input);
	expect(e.identity.pod.qos, "Guaranteed");
	expect(e.identity.slice, NULL);
}

static void a_child_killed_in_place_of_the_chosen_keeps_the_limit_but_not_the_parents_cgroup(void **state)
{
	(void)state;
	incident.is_chosen = false;
	report.chosen.pid = num(4000);
	event_build(&e, &input);
	expect(e.cgroup.path, NULL);
	expect(e.cgroup.limit_path, SERVICE);
	expect_num(e.cgroup.memory.limit_kb, 524288);
	cached.cgroup = SLICE("/user.slice/other");
	facts.cached = &cached;
	build_with_facts();
	expect(e.cgroup.path, NULL);
	cached.cgroup = SLICE(SERVICE "/worker");
	build_with_facts();
	expect(e.cgroup.path, SERVICE "/worker");
}

static void a_suppressed_kill_has_a_cgroup_from_the_cache_and_no_limit(void **state)
{
	(void)state;
	incident.report = NULL;
	incident.is_chosen = false;
	incident.detail = OOM_DETAIL_SUPPRESSED;
	facts.cached = &cached;
	facts.cached_age_ms = 1500;
	build_with_facts();
	expect(e.report, "suppressed");
	expect(e.scope, "memcg");
	expect(e.cgroup.path, "/cached.slice/c.service");
	expect(e.identity.unit, "c.service");
	expect(e.sources.cgroup, "cache");
	expect(e.sources.identity, "cache");
	expect(e.cgroup.limit_path, NULL);
	assert_false(e.tasks.count.set);
	assert_false(e.trigger.order.set);
	expect_num(e.sources.process_age_ms, 1500);
	expect(e.verdict.code, NULL);
	expect(e.sources.limit, NULL);
}

static void the_limit_of_a_suppressed_kill_makes_its_verdict(void **state)
{
	(void)state;
	incident.report = NULL;
	incident.is_chosen = false;
	incident.detail = OOM_DETAIL_SUPPRESSED;
	facts.cached = &cached;
	build_with_facts();
	event_build_limit(&e, SLICE("/cached.slice/c.service"), (struct opt_u64){true, 1048576});
	expect(e.cgroup.limit_path, "/cached.slice/c.service");
	expect_num(e.cgroup.memory.limit_kb, 1048576);
	assert_false(e.cgroup.memory.usage_kb.set);
	expect(e.sources.limit, "live");
	expect(e.verdict.code, "cgroup-limit");
	assert_int_not_equal(slice_find(e.summary, SLICE("limit 1 GiB of /cached.slice/c.service reached")),
			     SLICE_NPOS);
	build_with_facts();
	event_build_limit(&e, SLICE("/cached.slice"), (struct opt_u64){0});
	expect(e.verdict.code, "ancestor-limit");
	assert_false(e.cgroup.memory.limit_kb.set);
}

static void what_the_dying_process_lost_comes_from_the_snapshot_before(void **state)
{
	(void)state;
	facts.live = &live;
	facts.cached = &cached;
	facts.cached_age_ms = 20;
	build_with_facts();
	expect(e.victim.exe, "/usr/bin/ruby");
	assert_int_equal(e.victim.cmdline.count, 2);
	expect(e.victim.cmdline.item[1], "-x");
	expect(e.sources.process, "cache");
	expect_num(e.sources.process_age_ms, 20);
	expect_num(e.victim.ppid, 7);
}

static void a_snapshot_that_gave_nothing_is_not_named_as_source(void **state)
{
	(void)state;
	live = cached;
	facts.live = &live;
	facts.cached = &cached;
	build_with_facts();
	expect(e.sources.process, "live");
	assert_false(e.sources.process_age_ms.set);
}

static void a_process_that_started_after_the_kill_is_somebody_else(void **state)
{
	(void)state;
	live.exe = SLICE("/usr/bin/newcomer");
	live.start_ticks = 7 * host_ticks_per_sec(); /* the kill was 5 s after boot */
	facts.live = &live;
	build_with_facts();
	expect(e.victim.exe, NULL);
	expect(e.sources.process, NULL);
	assert_false(e.victim.ppid.set);
	facts.cached = &cached;
	build_with_facts();
	expect(e.victim.exe, "/usr/bin/ruby");
	expect(e.sources.process, "cache");
}

static void start_times_are_held_against_the_boot_clock_not_the_kernels_stamp(void **state)
{
	(void)state;
	input.realtime_usec.v = input.boot_realtime_usec + 3600000000u; /* an hour asleep: the stamp still says 5 s */
	live.start_ticks = 600 * host_ticks_per_sec();
	facts.live = &live;
	build_with_facts();
	expect(e.sources.process, "live");
	/* a capture has only the stamp */
	input.realtime_usec.set = false;
	build_with_facts();
	expect(e.sources.process, NULL);
}

static void of_two_lives_of_one_pid_the_later_before_the_kill_is_the_victim(void **state)
{
	(void)state;
	facts.live = &live;
	facts.cached = &cached;
	live.start_ticks = 200;
	build_with_facts();
	expect(e.sources.process, "live");
	expect(e.victim.exe, NULL);
	live.start_ticks = 50;
	build_with_facts();
	expect(e.victim.exe, "/usr/bin/ruby");
}

static void facts_about_another_pid_are_nobodys(void **state)
{
	(void)state;
	cached.pid = cached.tgid = 99;
	facts.cached = &cached;
	build_with_facts();
	expect(e.victim.exe, NULL);
	/* the kill line names a thread, the snapshot its process */
	incident.pid = 4250;
	report.task[0].pid = 4250;
	report.task[0].tgid = num(99);
	build_with_facts();
	expect(e.victim.exe, "/usr/bin/ruby");
	expect_num(e.victim.tgid, 99);
}

static void the_root_that_a_dying_process_shows_is_not_its_cgroup(void **state)
{
	(void)state;
	incident.report = NULL;
	incident.is_chosen = false;
	live.cgroup = SLICE("/");
	facts.live = &live;
	build_with_facts();
	expect(e.cgroup.path, NULL);
	facts.cached = &cached;
	build_with_facts();
	expect(e.cgroup.path, "/cached.slice/c.service");
}

static void a_score_of_zero_from_a_process_without_memory_is_no_score(void **state)
{
	(void)state;
	live.have |= HOST_HAVE_OOM_SCORE;
	facts.live = &live;
	build_with_facts();
	assert_false(e.victim.oom_score.set);
	cached.have |= HOST_HAVE_OOM_SCORE;
	cached.oom_score = 812;
	facts.cached = &cached;
	build_with_facts();
	expect_num(e.victim.oom_score, 812);
	incident.score = num(1955);
	build_with_facts();
	expect_num(e.victim.oom_score, 1955);
}

static void as_much_of_the_command_line_leaves_as_was_allowed(void **state)
{
	static const struct {
		struct slice line;
		enum event_cmdline mode;
		uint32_t count;
		const char *first;
	} cases[] = {
	    {SLICE("ruby\0--token=x\0"), EVENT_CMDLINE_FULL, 2, "ruby"},
	    {SLICE("ruby\0--token=x\0"), EVENT_CMDLINE_ARGV0, 1, "ruby"},
	    {SLICE("ruby\0--token=x\0"), EVENT_CMDLINE_NONE, 0, NULL},
	    {SLICE("worker --token=x"), EVENT_CMDLINE_ARGV0, 1, "worker"},
	    {SLICE("/opt/my app\0-x\0"), EVENT_CMDLINE_ARGV0, 1, "/opt/my app"},
	    {SLICE("a\0\0b"), EVENT_CMDLINE_FULL, 3, "a"},
	    {SLICE("\0"), EVENT_CMDLINE_FULL, 1, ""},
	    {SLICE(""), EVENT_CMDLINE_FULL, 0, NULL},
	};
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		set_up(state);
		cached.cmdline = cases[i].line;
		facts.cached = &cached;
		input.cmdline = cases[i].mode;
		build_with_facts();
		assert_int_equal(e.victim.cmdline.count, cases[i].count);
		assert_false(e.victim.cmdline_cut);
		if (cases[i].count)
			expect(e.victim.cmdline.item[0], cases[i].first);
	}
}

static void a_command_line_over_the_bound_is_cut_and_says_so(void **state)
{
	(void)state;
	char line[LIMIT_CMDLINE];
	for (size_t i = 0; i < sizeof(line); i++)
		line[i] = i % 2 ? '\0' : 'x';
	cached.cmdline = slice_of(line, 2 * LIMIT_CMDLINE_ARGS);
	facts.cached = &cached;
	build_with_facts();
	assert_int_equal(e.victim.cmdline.count, LIMIT_CMDLINE_ARGS);
	assert_false(e.victim.cmdline_cut);
	cached.cmdline = slice_of(line, sizeof(line));
	build_with_facts();
	assert_int_equal(e.victim.cmdline.count, LIMIT_CMDLINE_ARGS);
	assert_true(e.victim.cmdline_cut);
	cached.cmdline = SLICE("x");
	cached.cmdline_cut = true;
	build_with_facts();
	assert_true(e.victim.cmdline_cut);
}

static void the_innermost_pid_is_published_only_inside_a_namespace(void **state)
{
	(void)state;
	cached.ns_pid = SLICE("4242\t17\t1");
	facts.cached = &cached;
	build_with_facts();
	expect_num(e.victim.ns_pid, 1);
	cached.ns_pid = SLICE("4242");
	build_with_facts();
	assert_false(e.victim.ns_pid.set);
}

static void start_and_age_need_a_known_boot(void **state)
{
	(void)state;
	live.start_ticks = 2 * host_ticks_per_sec() + host_ticks_per_sec() / 2;
	facts.live = &live;
	build_with_facts();
	expect(e.victim.start_time, "2023-11-14T22:13:22.500000Z");
	expect_num(e.victim.uptime_sec, 2);
	input.boot_realtime_usec = 0;
	build_with_facts();
	expect(e.victim.start_time, NULL);
	assert_false(e.victim.uptime_sec.set);
}

static void a_users_name_is_published_for_that_uid_only(void **state)
{
	(void)state;
	facts.user = SLICE("alice");
	build_with_facts();
	expect(e.victim.user, "alice");
	cached.have |= HOST_HAVE_UID;
	cached.uid = 1001;
	facts.cached = &cached;
	build_with_facts();
	expect(e.victim.user, "alice");
	cached.uid = 1002;
	build_with_facts();
	expect(e.victim.user, NULL);
}

static void history_and_parents_go_with_the_snapshot_they_came_with(void **state)
{
	(void)state;
	struct event_point points[LIMIT_HISTORY + 3] = {0};
	struct host_parent parents[] = {{7, SLICE("bash")}, {1, SLICE("systemd")}};
	for (uint32_t i = 0; i < ARRAY_COUNT(points); i++)
		points[i].rss_kb = (struct opt_u64){true, i};
	facts.history = points;
	facts.history_count = ARRAY_COUNT(points);
	facts.growth = SLICE("leak");
	facts.parent = parents;
	facts.parent_count = 2;
	facts.cached = &cached;
	build_with_facts();
	assert_int_equal(e.victim.history_count, LIMIT_HISTORY);
	expect_num(e.victim.history[0].rss_kb, 3);
	expect_num(e.victim.history[LIMIT_HISTORY - 1].rss_kb, LIMIT_HISTORY + 2);
	expect(e.victim.growth, "leak");
	assert_int_equal(e.victim.parent_count, 2);
	expect(e.victim.parent[1].comm, "systemd");
	cached.start_ticks = 1000 * host_ticks_per_sec();
	build_with_facts();
	assert_int_equal(e.victim.history_count, 0);
	expect(e.victim.growth, NULL);
	assert_int_equal(e.victim.parent_count, 0);
}

static void the_parent_that_made_the_victim_is_its_ppid_also_after_it_exited(void **state)
{
	(void)state;
	struct host_parent parents[] = {{7, SLICE("bash")}, {6, SLICE("sshd")}};
	live.ppid = 1; /* who inherits orphans */
	facts.live = &live;
	facts.cached = &cached;
	build_with_facts();
	expect_num(e.victim.ppid, 1);
	facts.parent = parents;
	facts.parent_count = 2;
	build_with_facts();
	expect_num(e.victim.ppid, 7);
}

static void the_ten_largest_tasks_stand_in_order(void **state)
{
	(void)state;
	report.rows = report.task_count = 40;
	for (uint32_t i = 0; i < 40; i++) {
		report.task[i] = (struct oom_task){.pid = i + 1, .rss_pages = num((i * 7) % 40)};
		name_task(&report.task[i], "t");
	}
	event_build(&e, &input);
	expect_num(e.tasks.count, 40);
	assert_int_equal(e.tasks.top_count, LIMIT_EVENT_TOP);
	for (uint32_t i = 0; i < LIMIT_EVENT_TOP; i++)
		expect_num(e.tasks.top[i].rss_kb, (39 - i) * 4);
	report.page_kb.set = false;
	event_build(&e, &input);
	assert_false(e.tasks.top[0].rss_kb.set);
	expect_num(e.tasks.top[0].pid, 18); /* 17 * 7 % 40 = 39 */
	report.has_table = false;
	event_build(&e, &input);
	assert_false(e.tasks.count.set);
	assert_int_equal(e.tasks.top_count, 0);
}

static void an_empty_table_is_no_number_of_tasks_where_somebody_was_killed(void **state)
{
	(void)state;
	report.rows = 0;
	report.task_count = 0;
	event_build(&e, &input);
	assert_false(e.tasks.count.set);
	incident.kind = OOM_INCIDENT_NO_VICTIM;
	event_build(&e, &input);
	expect_num(e.tasks.count, 0);
}

static void memory_of_the_host_is_told_in_kb_of_its_own_page_size(void **state)
{
	(void)state;
	incident.prefix = OOM_PREFIX_GLOBAL;
	report.has_mem_info = true;
	report.page_kb = num(64);
	report.host[OOM_HOST_RAM] = num(1000);
	report.host[OOM_HOST_FREE] = num(10);
	report.host[OOM_HOST_TOTAL_SWAP_KB] = num(0);
	report.host[OOM_HOST_ACTIVE_ANON] = num(3);
	report.zone_count = 1;
	report.zone[0] = (struct oom_zone){.node = num(1), .name = "Normal", .free_kb = num(640), .min_kb = num(500)};
	event_build(&e, &input);
	expect_num(e.host_memory.total_kb, 64000);
	expect_num(e.host_memory.free_kb, 640);
	expect_num(e.host_memory.swap_total_kb, 0);
	assert_false(e.host_memory.swap_free_kb.set);
	assert_false(e.host_memory.anon_kb.set);
	expect_num(e.host_memory.page_kb, 64);
	assert_int_equal(e.host_memory.zone_count, 1);
	expect(e.host_memory.zone[0].zone, "Normal");
	expect_num(e.host_memory.zone[0].min_kb, 500);
	report.has_mem_info = false;
	event_build(&e, &input);
	assert_false(e.host_memory.total_kb.set);
	assert_int_equal(e.host_memory.zone_count, 0);
}

static void the_trigger_and_its_flags_are_told_as_printed(void **state)
{
	(void)state;
	report.trigger.comm = SLICE("puma");
	report.trigger.gfp_mask = num(0xcc0);
	report.trigger.gfp_flags = SLICE("GFP_KERNEL|__GFP_COMP|0x80");
	report.trigger.order = (struct oom_int){true, 0};
	event_build(&e, &input);
	expect(e.trigger.comm, "puma");
	expect(e.trigger.gfp_mask, "0xcc0");
	assert_int_equal(e.trigger.gfp_flags.count, 3);
	expect(e.trigger.gfp_flags.item[2], "0x80");
	assert_true(e.trigger.order.set);
	report.trigger.gfp_mask = num(0);
	report.trigger.gfp_flags = SLICE("");
	event_build(&e, &input);
	expect(e.trigger.gfp_mask, "0x0");
	assert_int_equal(e.trigger.gfp_flags.count, 0);
}

static void a_kill_by_sysrq_shows_in_the_order_or_in_the_line_before(void **state)
{
	(void)state;
	report.manual = true; /* pressed just before a memory cgroup's own kill */
	event_build(&e, &input);
	assert_false(e.manual);
	report.manual = report.has_memcg = false;
	report.limit_path = SLICE_NONE;
	report.global = true;
	incident.prefix = report.chosen.prefix = OOM_PREFIX_GLOBAL;
	report.trigger.order = (struct oom_int){true, 0};
	event_build(&e, &input);
	assert_false(e.manual);
	report.trigger.order.v = -1;
	event_build(&e, &input);
	assert_true(e.manual);
	report.trigger.order.set = false;
	report.manual = true;
	event_build(&e, &input);
	assert_true(e.manual);
	assert_false(e.allocating_task);
	incident.prefix = OOM_PREFIX_ALLOCATING;
	event_build(&e, &input);
	assert_true(e.allocating_task);
}

static void a_uid_of_the_chosen_task_is_not_another_victims(void **state)
{
	(void)state;
	incident.uid.set = incident.is_chosen = false;
	report.rows = 0;
	report.chosen.uid = num(33);
	report.chosen.pid = num(1);
	event_build(&e, &input);
	assert_false(e.victim.uid.set);
	report.chosen.pid = num(4242);
	event_build(&e, &input);
	expect_num(e.victim.uid, 33);
}

static void a_snapshot_without_a_start_time_is_believed(void **state)
{
	(void)state;
	live.have = HOST_HAVE_PPID;
	live.start_ticks = 1000 * host_ticks_per_sec();
	facts.live = &live;
	build_with_facts();
	expect(e.sources.process, "live");
	live.have |= HOST_HAVE_START;
	incident.usec = 0; /* a log without stamps */
	input.realtime_usec.set = false;
	build_with_facts();
	expect(e.sources.process, "live");
	assert_false(e.monotonic_usec.set);
}

static void enclosing_containers_are_told_with_their_names(void **state)
{
#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	(void)state;
	struct host_names names = {.outer_name = {SLICE("node1"), SLICE("stray")}};
	report.task_path = SLICE("/system.slice/docker-" HEX ".scope/docker/" HEX);
	event_build(&e, &input);
	expect(e.identity.container.id, HEX);
	assert_int_equal(e.identity.outer_count, 1);
	expect(e.identity.outer[0].runtime, "docker");
	event_build_names(&e, &names);
	expect(e.identity.outer[0].name, "node1");
	expect(e.identity.outer[1].name, NULL);
}

static void statistics_keep_their_numbers_and_name_their_unit(void **state)
{
	(void)state;
	report.stat_count = 1;
	report.stat[0] = (struct oom_stat){"anon", 4096};
	event_build(&e, &input);
	assert_int_equal(e.cgroup.stat_count, 1);
	expect(e.cgroup.stat[0].name, "anon");
	assert_int_equal(e.cgroup.stat[0].value, 4096);
	expect(e.cgroup.stat_unit, "bytes");
	report.stat_in_kb = true;
	event_build(&e, &input);
	expect(e.cgroup.stat_unit, "kB");
}

static void the_host_names_itself_or_the_report_its_kernel(void **state)
{
	(void)state;
	struct host_self self = {.name = SLICE("web1"), .kernel = SLICE("6.1.0-21-amd64")};
	report.kernel_release = SLICE("6.1.0");
	event_build(&e, &input);
	expect(e.host.kernel, "6.1.0");
	input.host = &self;
	event_build(&e, &input);
	expect(e.host.kernel, "6.1.0-21-amd64");
	expect(e.host.name, "web1");
	expect(e.host.machine_id, NULL);
}

static void a_report_without_a_victim_has_the_kernels_words_and_no_victim(void **state)
{
	(void)state;
	incident.kind = OOM_INCIDENT_NO_VICTIM;
	incident.text = SLICE("Out of memory and no killable processes...\n\n");
	incident.panic = true;
	build_with_facts();
	expect(e.type, "oom-no-victim");
	expect(e.kernel_text, "Out of memory and no killable processes...");
	assert_true(e.panic);
	assert_false(e.victim.pid.set);
	expect(e.cgroup.limit_path, SERVICE);
	expect(e.cgroup.path, NULL);
	expect(e.verdict.code, "unkillable");
}

static void other_types_have_ids_that_no_kill_has(void **state)
{
	(void)state;
	input.incident = NULL;
	event_build_lost(&e, &input, 10, 14, 5);
	expect(e.type, "records-lost");
	expect(e.id, BOOT "-10");
	expect_num(e.count, 5);
	expect_num(e.to_seq, 14);
	assert_true(slice_present(e.summary));
	event_build_unseen(&e, &input, 7, 5, 900);
	expect(e.type, "kills-unseen");
	expect(e.id, BOOT "-900-7");
	expect_num(e.kernel_count, 7);
	expect_num(e.reported_count, 5);
	assert_true(slice_present(e.summary));
}

static void names_from_files_fill_gaps_and_are_named_as_source(void **state)
{
	(void)state;
	struct host_names names = {.container_name = SLICE("app"),
				   .pod_name = SLICE("web"),
				   .pod_namespace = SLICE("default"),
				   .pod_uid = SLICE("not this one")};
	report.task_path = SLICE("/kubepods/burstable/pod11111111-2222-3333-4444-555555555555/"
				 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef");
	event_build(&e, &input);
	expect(e.identity.pod.uid, "11111111-2222-3333-4444-555555555555");
	expect(e.identity.pod.qos, "Burstable");
	event_build_names(&e, &names);
	expect(e.identity.pod.uid, "11111111-2222-3333-4444-555555555555");
	expect(e.identity.pod.name, "web");
	expect(e.identity.container.name, "app");
	expect(e.sources.identity, "file");
	assert_true(slice_starts(e.summary, SLICE("pod default/web (container app): process 4242 (ruby) killed")));
	event_build(&e, &input);
	event_build_names(&e, &(struct host_names){0});
	expect(e.sources.identity, "kernel");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup(name, set_up)
	    TEST(the_kill_line_wins_for_the_victim),
	    TEST(the_event_owns_its_strings),
	    TEST(the_id_is_boot_and_sequence_number_and_times_are_absolute),
	    TEST(a_capture_of_an_unknown_boot_has_32_zeros_and_no_time),
	    TEST(a_text_logs_line_numbers_and_dates_are_not_the_kernels),
	    TEST(the_scope_follows_words_before_constraint),
	    TEST(a_global_kill_has_no_limit_whatever_the_report_says),
	    TEST(an_underflowed_counter_and_no_limit_are_absent),
	    TEST(an_unmapped_uid_is_one_number_in_kill_line_summary_and_table),
	    TEST(page_tables_printed_in_bytes_are_divided),
	    TEST(sizes_the_kill_line_lacks_come_from_the_table),
	    TEST(a_row_of_another_name_is_not_the_victims_when_it_was_not_chosen),
	    TEST(a_torn_kill_line_leaves_the_name_out),
	    TEST(the_chosen_victims_cgroup_is_the_records_whatever_proc_says),
	    TEST(a_group_member_has_its_own_cgroup_if_it_lies_below_the_group),
	    TEST(a_group_member_is_in_the_groups_cgroup_when_the_chosen_one_was),
	    TEST(below_a_group_or_limit_the_unit_is_known_without_the_victims_path),
	    TEST(a_child_killed_in_place_of_the_chosen_keeps_the_limit_but_not_the_parents_cgroup),
	    TEST(a_suppressed_kill_has_a_cgroup_from_the_cache_and_no_limit),
	    TEST(the_limit_of_a_suppressed_kill_makes_its_verdict),
	    TEST(what_the_dying_process_lost_comes_from_the_snapshot_before),
	    TEST(a_snapshot_that_gave_nothing_is_not_named_as_source),
	    TEST(a_process_that_started_after_the_kill_is_somebody_else),
	    TEST(start_times_are_held_against_the_boot_clock_not_the_kernels_stamp),
	    TEST(of_two_lives_of_one_pid_the_later_before_the_kill_is_the_victim),
	    TEST(facts_about_another_pid_are_nobodys),
	    TEST(the_root_that_a_dying_process_shows_is_not_its_cgroup),
	    TEST(a_score_of_zero_from_a_process_without_memory_is_no_score),
	    TEST(as_much_of_the_command_line_leaves_as_was_allowed),
	    TEST(a_command_line_over_the_bound_is_cut_and_says_so),
	    TEST(the_innermost_pid_is_published_only_inside_a_namespace),
	    TEST(start_and_age_need_a_known_boot),
	    TEST(a_users_name_is_published_for_that_uid_only),
	    TEST(history_and_parents_go_with_the_snapshot_they_came_with),
	    TEST(the_parent_that_made_the_victim_is_its_ppid_also_after_it_exited),
	    TEST(the_ten_largest_tasks_stand_in_order),
	    TEST(an_empty_table_is_no_number_of_tasks_where_somebody_was_killed),
	    TEST(memory_of_the_host_is_told_in_kb_of_its_own_page_size),
	    TEST(the_trigger_and_its_flags_are_told_as_printed),
	    TEST(a_kill_by_sysrq_shows_in_the_order_or_in_the_line_before),
	    TEST(a_uid_of_the_chosen_task_is_not_another_victims),
	    TEST(a_snapshot_without_a_start_time_is_believed),
	    TEST(enclosing_containers_are_told_with_their_names),
	    TEST(statistics_keep_their_numbers_and_name_their_unit),
	    TEST(the_host_names_itself_or_the_report_its_kernel),
	    TEST(a_report_without_a_victim_has_the_kernels_words_and_no_victim),
	    TEST(other_types_have_ids_that_no_kill_has),
	    TEST(names_from_files_fill_gaps_and_are_named_as_source),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
