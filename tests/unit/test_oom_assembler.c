/* oom/assembler: lines in, incidents out. What belongs together, what does not, and what cannot be told. */
#include "oom_story.h"

static const struct story pod = {"trig", "/pod", "/pod/a", 268, "hog", 3};
static const struct story other = {"trag", "/box", "/box/b", 500, "pig", 2};
static const struct story host = {"trig", NULL, "/svc", 268, "hog", 3};

/* What a report said when its incident was taken. */
struct seen {
	struct slice trigger, task_path, limit_path, group_path, text, cpuset;
	bool has_report;
	struct oom_num trigger_pid;
	uint64_t tasks, stats;
	char store[1024];
	size_t used;
};

static struct slice keep(struct seen *to, struct slice s)
{
	if (!slice_present(s))
		return SLICE_NONE;
	assert_true(to->used + s.n < sizeof(to->store));
	char *at = to->store + to->used;
	if (s.n)
		memcpy(at, s.p, s.n);
	to->used += s.n;
	return slice_of(at, s.n);
}

static void note(const struct oom_incident *in, uint32_t index, void *user)
{
	struct seen *to = (struct seen *)user + index;
	memset(to, 0, sizeof(*to));
	to->group_path = keep(to, in->group_path);
	to->text = keep(to, in->text);
	to->has_report = in->report != NULL;
	if (!in->report)
		return;
	to->trigger = keep(to, in->report->trigger.comm);
	to->trigger_pid = in->report->trigger.pid;
	to->task_path = keep(to, in->report->task_path);
	to->limit_path = keep(to, in->report->limit_path);
	to->cpuset = keep(to, in->report->cpuset);
	to->tasks = in->report->task_count;
	to->stats = in->report->stat_count;
}

struct test {
	struct stream s;
	struct seen seen[KILLS_MAX];
};

static struct test *begin(void)
{
	struct test *t = test_calloc(1, sizeof(*t));
	t->s = stream_begin();
	t->s.seen = note;
	t->s.user = t->seen;
	return t;
}

/* Ends the stream, which must have given `count` incidents in all. */
static void end(struct test *t, uint32_t count)
{
	uint32_t got = stream_end(&t->s);
	test_free(t);
	assert_int_equal(got, count);
}

static const struct oom_assembler_counters *counters(const struct test *t)
{
	return oom_assembler_counters(t->s.a);
}

static void assert_kill(const struct test *t, uint32_t i, uint32_t pid, enum oom_incident_detail detail)
{
	assert_true(i < t->s.count);
	const struct oom_incident *in = &t->s.out[i];
	assert_int_equal(in->kind, OOM_INCIDENT_KILL);
	assert_int_equal(in->pid, pid);
	if (in->detail != detail)
		fail_msg("kill %u: detail %d, want %d", pid, in->detail, detail);
}

static void assert_group(const struct test *t, uint32_t i, uint32_t index, uint32_t first, const char *path)
{
	const struct oom_incident *in = &t->s.out[i];
	assert_int_equal(in->group_index, index);
	if (index)
		assert_int_equal(in->group_first_seq, t->s.out[first].seq);
	assert_text(t->seen[i].group_path, slice_cstr(path));
}

/* ---- one decision ---- */

static void a_whole_report_and_its_kill_are_one_full_incident(void **state)
{
	(void)state;
	struct test *t = begin();
	story_report(&t->s, &pod);
	assert_int_equal(oom_assembler_hint(t->s.a), 268);
	story_kill(&t->s, &pod);
	assert_int_equal(oom_assembler_hint(t->s.a), 268);
	assert_int_equal(t->s.count, 0);
	stream_settle(&t->s);
	assert_kill(t, 0, 268, OOM_DETAIL_FULL);
	const struct oom_incident *in = &t->s.out[0];
	assert_int_equal(in->prefix, OOM_PREFIX_MEMCG);
	assert_text(incident_comm(in), SLICE("hog"));
	assert_num(in->total_vm_kb, 31824);
	assert_num(in->uid, 0);
	assert_num(in->pgtables_kb, 100);
	assert_int(in->oom_score_adj, 0);
	assert_true(in->is_chosen);
	assert_int_equal(in->group_index, 0);
	assert_text(t->seen[0].trigger, SLICE("trig"));
	assert_num(t->seen[0].trigger_pid, 900);
	assert_text(t->seen[0].task_path, SLICE("/pod/a"));
	assert_text(t->seen[0].limit_path, SLICE("/pod"));
	assert_int_equal(t->seen[0].tasks, 3);
	assert_int_equal(t->seen[0].stats, 2);
	stream_line(&t->s, "unrelated");
	assert_int_equal(oom_assembler_hint(t->s.a), 0);
	assert_int_equal(counters(t)->kill_lines, 1);
	assert_int_equal(counters(t)->incidents, 1);
	assert_int_equal(counters(t)->reports, 1);
	end(t, 1);
}

static void a_global_report_and_its_kill_are_one_full_incident(void **state)
{
	(void)state;
	struct test *t = begin();
	story_report(&t->s, &host);
	story_kill(&t->s, &host);
	stream_settle(&t->s);
	assert_kill(t, 0, 268, OOM_DETAIL_FULL);
	assert_int_equal(t->s.out[0].prefix, OOM_PREFIX_GLOBAL);
	assert_text(t->seen[0].task_path, SLICE("/svc"));
	assert_false(slice_present(t->seen[0].limit_path));
	end(t, 1);
}

static void a_report_of_3_10_takes_cause_and_score_from_its_selection_line(void **state)
{
	(void)state;
	struct test *t = begin();
	story_old_report(&t->s, &pod);
	story_select(&t->s, &pod);
	assert_int_equal(oom_assembler_hint(t->s.a), 268);
	story_old_kill_of(&t->s, 268, "hog");
	stream_settle(&t->s);
	assert_kill(t, 0, 268, OOM_DETAIL_FULL);
	assert_int_equal(t->s.out[0].prefix, OOM_PREFIX_MEMCG);
	assert_num(t->s.out[0].score, 994);
	assert_true(t->s.out[0].is_chosen);
	assert_text(t->seen[0].task_path, SLICE("/pod/a"));
	assert_text(t->seen[0].cpuset, SLICE("/"));
	end(t, 1);
}

static void a_kill_line_alone_is_a_whole_incident(void **state)
{
	(void)state;
	struct test *t = begin();
	stream_line(&t->s, "unrelated");
	story_kill(&t->s, &pod);
	stream_settle(&t->s);
	assert_kill(t, 0, 268, OOM_DETAIL_SUPPRESSED);
	assert_false(t->seen[0].has_report);
	assert_false(t->s.out[0].is_chosen);
	/* to 5.0 the selection line is always there */
	story_select(&t->s, &other);
	story_old_kill_of(&t->s, 500, "pig");
	stream_settle(&t->s);
	assert_kill(t, 1, 500, OOM_DETAIL_SUPPRESSED);
	assert_int_equal(t->s.out[1].prefix, OOM_PREFIX_MEMCG);
	assert_num(t->s.out[1].score, 994);
	end(t, 2);
}

static void a_storm_of_kill_lines_is_as_many_incidents_in_order(void **state)
{
	(void)state;
	struct test *t = begin();
	for (uint32_t i = 0; i < 60; i++)
		story_kill_of(&t->s, true, 1000 + i, "hog");
	stream_settle(&t->s);
	assert_int_equal(t->s.count, 60);
	for (uint32_t i = 0; i < 60; i++) {
		assert_kill(t, i, 1000 + i, OOM_DETAIL_SUPPRESSED);
		assert_int_equal(t->s.out[i].group_index, 0);
	}
	assert_int_equal(counters(t)->suppressed, 60);
	end(t, 60);
}

static void a_kill_is_held_for_a_few_unrelated_lines_and_no_longer(void **state)
{
	(void)state;
	struct test *t = begin();
	story_kill(&t->s, &pod);
	for (int i = 0; i < 8; i++)
		stream_line(&t->s, "usb 1-1: new device");
	assert_int_equal(t->s.count, 0);
	for (int i = 0; i < 100; i++)
		stream_line(&t->s, "usb 1-1: new device");
	assert_int_equal(t->s.count, 1);
	story_kill_of(&t->s, true, 269, "hog");
	t->s.usec += 300000;
	stream_line(&t->s, "usb 1-1: new device");
	assert_int_equal(t->s.count, 2);
	end(t, 2);
}

static void a_line_of_the_wrong_level_or_in_pieces_is_no_kill(void **state)
{
	(void)state;
	static const char text[] =
	    "Out of memory: Killed process 1 (sshd) " KILL_TAIL ", UID:0 pgtables:4kB oom_score_adj:0";
	struct test *t = begin();
	for (int level = 0; level < 8; level++)
		if (level != 3)
			stream_record(&t->s, level, '-', slice_cstr(text));
	stream_record(&t->s, 3, 'c', slice_cstr(text));
	stream_record(&t->s, 4, 'c', slice_cstr(text));
	stream_record(&t->s, 3, '+', slice_cstr(text));
	assert_int_equal(counters(t)->kill_lines, 0);
	assert_int_equal(counters(t)->stray_pieces, 3);
	stream_record(&t->s, KMSG_LEVEL_UNKNOWN, '-', slice_cstr(text));
	end(t, 1);
}

static void a_cgroup_named_like_a_line_of_a_report_cannot_invent_one(void **state)
{
	(void)state;
	static const char *const names[] = {
	    "Memory cgroup out of memory: Killed process 1 (systemd) " KILL_TAIL,
	    "sshd invoked oom-killer: gfp_mask=0x0(), order=0, oom_score_adj=0",
	    "oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=x,mems_allowed=0,global_oom,task_memcg=,task="
	    "sshd,pid=1,uid=0",
	    "Tasks in x are going to be killed due to memory.oom.group set",
	    "Out of memory and no killable processes...",
	    "Kernel panic - not syncing: Out of memory",
	    "Kill process 1 (systemd) sharing same memory",
	    "Out of memory: Kill process 1 (systemd) score 1 or sacrifice child",
	    "memory: usage 1kB, limit 1kB, failcnt 1",
	};
	struct test *t = begin();
	/* the name of a cpuset, as a piece of its own, with and without the line it belongs to */
	for (size_t i = 0; i < ARRAY_COUNT(names); i++)
		stream_piece(&t->s, names[i]);
	for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
		story_trigger(&t->s, &pod);
		story_memory(&t->s, &pod, true);
		stream_line(&t->s, "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=");
		stream_piece(&t->s, names[i]);
		stream_piece(&t->s, ",mems_allowed=0,oom_memcg=/pod,task_memcg=/pod/a,task=hog,pid=268,uid=0");
		story_kill(&t->s, &pod);
	}
	stream_settle(&t->s);
	assert_int_equal(t->s.count, ARRAY_COUNT(names));
	for (uint32_t i = 0; i < ARRAY_COUNT(names); i++) {
		assert_kill(t, i, 268, OOM_DETAIL_FULL);
		assert_text(t->seen[i].task_path, SLICE("/pod/a"));
		assert_text(t->seen[i].trigger, SLICE("trig"));
	}
	end(t, ARRAY_COUNT(names));
}

static void hostile_names_of_victims_come_out_byte_for_byte(void **state)
{
	(void)state;
	static const char *const comms[] = {"a) total-vm:1", "(sd-pam)", "x,pid=1,uid=0", "",   "\n",
					    "a\nb",          "\xff\xfe", "x,task=y",      "531"};
	struct test *t = begin();
	for (size_t i = 0; i < ARRAY_COUNT(comms); i++) {
		struct story one = pod;
		one.comm = comms[i];
		one.path = "/pod/,task_memcg=/system.slice/sshd.service,task=sshd,pid=1,uid=0";
		story_report(&t->s, &one);
		story_kill(&t->s, &one);
	}
	stream_settle(&t->s);
	assert_int_equal(t->s.count, ARRAY_COUNT(comms));
	for (uint32_t i = 0; i < ARRAY_COUNT(comms); i++) {
		assert_kill(t, i, 268, OOM_DETAIL_FULL);
		assert_text(incident_comm(&t->s.out[i]), slice_cstr(comms[i]));
		assert_true(t->s.out[i].is_chosen);
		assert_text(t->seen[i].task_path,
			    SLICE("/pod/,task_memcg=/system.slice/sshd.service,task=sshd,pid=1,uid=0"));
		assert_text(t->seen[i].limit_path, SLICE("/pod"));
	}
	end(t, ARRAY_COUNT(comms));
}

/* ---- who was chosen ---- */

static void a_child_killed_in_place_of_the_chosen_one_does_not_get_its_cgroup(void **state)
{
	(void)state;
	struct test *t = begin();
	story_old_report(&t->s, &pod);
	story_select(&t->s, &pod);
	story_old_kill_of(&t->s, 269, "other"); /* the table lists it */
	stream_settle(&t->s);
	assert_kill(t, 0, 269, OOM_DETAIL_FULL);
	assert_false(t->s.out[0].is_chosen);
	assert_false(t->s.out[0].score.set);
	assert_text(t->seen[0].limit_path, SLICE("/pod"));
	end(t, 1);
}

static void a_thread_killed_for_its_leader_is_the_chosen_process(void **state)
{
	(void)state;
	struct test *t = begin();
	story_trigger(&t->s, &pod);
	story_memory(&t->s, &pod, true);
	stream_line(&t->s, "[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name");
	stream_line(&t->s, "[    271]     0   268     7956     7804   102400        0             0 thread");
	story_summary(&t->s, &pod);
	story_kill_of(&t->s, true, 271, "thread");
	stream_settle(&t->s);
	assert_kill(t, 0, 271, OOM_DETAIL_FULL);
	assert_true(t->s.out[0].is_chosen);
	assert_text(t->seen[0].task_path, SLICE("/pod/a"));
	end(t, 1);
}

static void a_kill_that_the_report_did_not_choose_is_another_decisions(void **state)
{
	(void)state;
	struct test *t = begin();
	story_report(&t->s, &pod);
	story_kill(&t->s, &other); /* not in the table of three */
	stream_settle(&t->s);
	assert_kill(t, 0, 500, OOM_DETAIL_SUPPRESSED);
	assert_false(t->seen[0].has_report);
	end(t, 1);
}

static void without_a_table_another_pid_is_not_joined_to_the_report(void **state)
{
	(void)state;
	struct story bare = pod;
	bare.rows = 0;
	struct test *t = begin();
	story_report(&t->s, &bare);
	story_kill_of(&t->s, true, 269, "hog");
	stream_settle(&t->s);
	assert_kill(t, 0, 269, OOM_DETAIL_PARTIAL);
	assert_false(t->seen[0].has_report);
	end(t, 1);
}

static void a_kill_of_another_scope_is_not_joined_to_the_report(void **state)
{
	(void)state;
	struct test *t = begin();
	story_report(&t->s, &pod);
	story_kill_of(&t->s, false, 268, "hog");
	stream_settle(&t->s);
	assert_kill(t, 0, 268, OOM_DETAIL_SUPPRESSED);
	assert_false(t->seen[0].has_report);
	story_report(&t->s, &host);
	story_kill_of(&t->s, true, 268, "hog");
	stream_settle(&t->s);
	assert_int_equal(t->s.out[1].pid, 268);
	assert_false(t->seen[1].has_report);
	end(t, 2);
}

static void a_selection_without_a_kill_leaves_the_next_one_alone(void **state)
{
	(void)state;
	struct test *t = begin();
	story_old_report(&t->s, &pod);
	story_select(&t->s, &pod);   /* gone already: nobody dies */
	story_select(&t->s, &other); /* the next decision, its report suppressed */
	story_old_kill_of(&t->s, 500, "pig");
	stream_settle(&t->s);
	assert_kill(t, 0, 500, OOM_DETAIL_SUPPRESSED);
	assert_false(t->seen[0].has_report);
	assert_num(t->s.out[0].score, 994);
	end(t, 1);
}

static void a_report_that_ends_without_a_kill_is_told_when_the_next_begins(void **state)
{
	(void)state;
	struct test *t = begin();
	story_report(&t->s, &pod);
	story_report(&t->s, &other);
	assert_int_equal(t->s.count, 1);
	assert_int_equal(t->s.out[0].kind, OOM_INCIDENT_NO_VICTIM);
	assert_false(t->s.out[0].panic);
	assert_text(t->seen[0].limit_path, SLICE("/pod"));
	story_kill(&t->s, &other);
	stream_settle(&t->s);
	assert_kill(t, 1, 500, OOM_DETAIL_FULL);
	assert_text(t->seen[1].limit_path, SLICE("/box"));
	assert_int_equal(counters(t)->abandoned, 1);
	end(t, 2);
}

static void a_report_is_given_up_after_half_a_minute(void **state)
{
	(void)state;
	struct test *t = begin();
	story_report(&t->s, &pod);
	t->s.usec += 31000000;
	stream_line(&t->s, "unrelated");
	assert_int_equal(t->s.count, 1);
	assert_int_equal(t->s.out[0].kind, OOM_INCIDENT_NO_VICTIM);
	story_kill(&t->s, &pod);
	stream_settle(&t->s);
	assert_kill(t, 1, 268, OOM_DETAIL_SUPPRESSED);
	end(t, 2);
}

static void the_page_size_shows_in_what_the_kill_line_and_the_row_both_tell(void **state)
{
	(void)state;
	struct test *t = begin();
	story_report(&t->s, &pod); /* 7956 pages and 31824 kB */
	story_kill(&t->s, &pod);
	oom_assembler_settle(t->s.a);
	struct oom_incident in;
	assert_true(oom_assembler_take(t->s.a, &in));
	assert_num(in.report->page_kb, 4);
	end(t, 0);
}

/* ---- groups ---- */

static void a_group_is_one_decision_and_the_first_victim_is_counted_once(void **state)
{
	(void)state;
	struct test *t = begin();
	story_report(&t->s, &pod);
	story_kill(&t->s, &pod);
	story_group(&t->s, "/pod");
	story_kill_of(&t->s, true, 269, "other");
	story_kill(&t->s, &pod);
	story_kill_of(&t->s, true, 270, "other");
	stream_settle(&t->s);
	assert_int_equal(t->s.count, 3);
	for (uint32_t i = 0; i < 3; i++) {
		assert_kill(t, i, 268 + i, OOM_DETAIL_FULL);
		assert_group(t, i, i + 1, 0, "/pod");
		assert_text(t->seen[i].limit_path, SLICE("/pod"));
		assert_int_equal(t->s.out[i].is_chosen, i == 0);
	}
	assert_int_equal(counters(t)->kill_lines, 4);
	assert_int_equal(counters(t)->repeats, 1);
	end(t, 3);
}

static void a_group_read_line_by_line_lacks_only_the_first_ones_index(void **state)
{
	(void)state;
	struct test *t = begin();
	story_report(&t->s, &pod);
	story_kill(&t->s, &pod);
	stream_settle(&t->s);
	story_group(&t->s, "/pod");
	stream_settle(&t->s);
	story_kill_of(&t->s, true, 269, "other");
	stream_settle(&t->s);
	story_kill(&t->s, &pod);
	stream_settle(&t->s);
	story_kill_of(&t->s, true, 270, "other");
	stream_settle(&t->s);
	assert_int_equal(t->s.count, 3);
	assert_group(t, 0, 0, 0, NULL);
	assert_group(t, 1, 2, 0, "/pod");
	assert_group(t, 2, 3, 0, "/pod");
	end(t, 3);
}

static void sizes_that_changed_do_not_make_two_of_one_victim(void **state)
{
	(void)state;
	struct test *t = begin();
	story_kill(&t->s, &pod);
	story_group(&t->s, "/pod");
	stream_err(&t->s, "Memory cgroup out of memory: Killed process 268 (hog) total-vm:9kB, anon-rss:8kB, "
			  "file-rss:44kB, shmem-rss:0kB, "
			  "UID:0 pgtables:1kB oom_score_adj:0");
	end(t, 1);
}

static void two_groups_back_to_back_in_a_storm_are_two(void **state)
{
	(void)state;
	for (int settled = 0; settled < 2; settled++) {
		struct test *t = begin();
		for (uint32_t g = 0; g < 2; g++) {
			const char *path = g ? "/box" : "/pod";
			story_kill_of(&t->s, true, 100 * g + 1, "first");
			if (settled)
				stream_settle(&t->s);
			story_group(&t->s, path);
			story_kill_of(&t->s, true, 100 * g + 1, "first");
			story_kill_of(&t->s, true, 100 * g + 2, "second");
		}
		stream_settle(&t->s);
		assert_int_equal(t->s.count, 4);
		assert_int_equal(counters(t)->repeats, 2);
		assert_group(t, 0, settled ? 0 : 1, 0, settled ? NULL : "/pod");
		assert_group(t, 1, 2, 0, "/pod");
		assert_group(t, 2, settled ? 0 : 1, 2, settled ? NULL : "/box");
		/* Behind a settled first kill of the second group its own members are still its own. */
		if (t->s.out[3].group_index)
			assert_group(t, 3, 2, 2, "/box");
		end(t, 4);
	}
}

static void a_member_that_could_be_the_first_of_another_group_is_told_as_a_kill_and_no_more(void **state)
{
	(void)state;
	struct test *t = begin();
	story_kill_of(&t->s, true, 1, "first");
	story_group(&t->s, "/pod");
	story_kill_of(&t->s, true, 2, "second");
	stream_settle(&t->s); /* neither a table nor a caller shows whose it is, and the next line is not there yet */
	assert_group(t, 1, 0, 0, NULL);
	assert_kill(t, 1, 2, OOM_DETAIL_SUPPRESSED);
	t->s.caller_kind = 'T';
	story_kill_of(&t->s, true, 1, "first");
	story_group(&t->s, "/pod");
	story_kill_of(&t->s, true, 2, "second");
	stream_settle(&t->s);
	assert_group(t, 3, 2, 2, "/pod");
	end(t, 4);
}

static void a_kill_behind_a_group_is_no_member_where_that_can_be_told(void **state)
{
	(void)state;
	struct test *t = begin();
	story_report(&t->s, &pod);
	story_kill(&t->s, &pod);
	story_group(&t->s, "/pod");
	story_kill_of(&t->s, true, 269, "other");
	story_kill_of(&t->s, false, 269, "other"); /* another cause */
	story_kill_of(&t->s, true, 777, "not listed");
	t->s.usec += 300000;
	story_kill_of(&t->s, true, 270, "other"); /* listed, and long after */
	stream_settle(&t->s);
	assert_int_equal(t->s.count, 5);
	assert_group(t, 1, 2, 0, "/pod");
	for (uint32_t i = 2; i < 5; i++) {
		assert_group(t, i, 0, 0, NULL);
		assert_false(t->seen[i].has_report);
	}
	end(t, 5);
}

static void unrelated_lines_between_a_first_kill_and_its_groups_line_change_nothing(void **state)
{
	(void)state;
	struct test *t = begin();
	story_kill_of(&t->s, true, 1, "first");
	stream_line(&t->s, "usb 1-1: new device");
	stream_line(&t->s, "oom_reaper: reaped process 77 (x), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB");
	stream_piece(&t->s, "reboot(b) ");
	story_group(&t->s, "/pod");
	stream_line(&t->s, "usb 1-1: new device");
	story_kill_of(&t->s, true, 2, "second");
	story_trigger(&t->s, &other); /* another decision: the group is over */
	stream_settle(&t->s);
	assert_group(t, 0, 1, 0, "/pod");
	assert_group(t, 1, 2, 0, "/pod");
	end(t, 2);
}

static void a_groups_line_in_pieces_is_a_groups_line(void **state)
{
	(void)state;
	struct test *t = begin();
	story_kill_of(&t->s, true, 1, "first");
	stream_line(&t->s, "Tasks in ");
	stream_piece(&t->s, "/pod");
	stream_piece(&t->s, " are going to be killed due to memory.oom.group set");
	story_kill_of(&t->s, true, 1, "first");
	story_kill_of(&t->s, true, 2, "second");
	story_trigger(&t->s, &other); /* another decision: the group is over */
	stream_settle(&t->s);
	assert_int_equal(t->s.count, 2);
	assert_group(t, 0, 1, 0, "/pod");
	assert_group(t, 1, 2, 0, "/pod");
	end(t, 2);
}

static void members_of_a_group_whose_first_kill_was_lost_are_single_partial_kills(void **state)
{
	(void)state;
	struct test *t = begin();
	stream_gap(&t->s);
	story_group(&t->s, "/pod");
	story_kill_of(&t->s, true, 1, "first");
	story_kill_of(&t->s, true, 2, "second");
	stream_settle(&t->s);
	assert_int_equal(t->s.count, 2);
	for (uint32_t i = 0; i < 2; i++) {
		assert_kill(t, i, i + 1, OOM_DETAIL_PARTIAL);
		assert_group(t, i, 0, 0, NULL);
	}
	end(t, 2);
}

static void processes_that_share_the_victims_memory_are_kills_without_sizes(void **state)
{
	(void)state;
	for (int after = 0; after < 2; after++) { /* to 3.1 before the kill line, from 3.2 behind it */
		struct test *t = begin();
		story_old_report(&t->s, &pod);
		story_select(&t->s, &pod);
		if (!after)
			stream_err(&t->s, "Kill process 280 (a) b) sharing same memory");
		story_old_kill_of(&t->s, 268, "hog");
		if (after)
			stream_err(&t->s, "Kill process 280 (a) b) sharing same memory");
		stream_settle(&t->s);
		assert_int_equal(t->s.count, 2);
		const struct oom_incident *mate = &t->s.out[after ? 1 : 0], *victim = &t->s.out[after ? 0 : 1];
		assert_int_equal(mate->pid, 280);
		assert_true(mate->sharing);
		assert_text(incident_comm(mate), SLICE("a) b"));
		assert_false(mate->total_vm_kb.set);
		assert_false(mate->is_chosen);
		assert_int_equal(mate->detail, OOM_DETAIL_FULL);
		assert_int_equal(victim->pid, 268);
		assert_true(victim->is_chosen);
		assert_int_equal(t->s.out[1].group_index, 2);
		assert_int_equal(t->s.out[1].group_first_seq, t->s.out[0].seq);
		end(t, 2);
	}
}

/* ---- no victim ---- */

static void no_killable_processes_and_the_panic_behind_it_are_one_incident(void **state)
{
	(void)state;
	for (int settled = 0; settled < 2; settled++) {
		struct test *t = begin();
		story_trigger(&t->s, &host);
		story_memory(&t->s, &host, true);
		stream_line(&t->s, "Out of memory and no killable processes...");
		if (settled)
			stream_settle(&t->s);
		stream_line(&t->s, "Kernel panic - not syncing: System is deadlocked on memory");
		stream_line(&t->s, "---[ end Kernel panic - not syncing: System is deadlocked on memory ]---");
		stream_settle(&t->s);
		assert_int_equal(t->s.count, 1);
		assert_int_equal(t->s.out[0].kind, OOM_INCIDENT_NO_VICTIM);
		assert_int_equal(t->s.out[0].detail, OOM_DETAIL_FULL);
		assert_int_equal(t->s.out[0].panic, !settled);
		assert_text(t->seen[0].text, SLICE("Out of memory and no killable processes..."));
		assert_text(t->seen[0].trigger, SLICE("trig"));
		end(t, 1);
	}
}

static void a_memory_cgroup_that_can_kill_nobody_may_say_so_again_and_again(void **state)
{
	(void)state;
	struct test *t = begin();
	for (int i = 0; i < 5; i++) {
		story_trigger(&t->s, &pod);
		story_memory(&t->s, &pod, true);
		stream_line(&t->s, "Out of memory and no killable processes...");
	}
	end(t, 5);
}

static void a_panic_alone_is_an_incident(void **state)
{
	(void)state;
	struct test *t = begin();
	stream_line(&t->s, "Kernel panic - not syncing: Out of memory: compulsory panic_on_oom is enabled");
	stream_settle(&t->s);
	assert_int_equal(t->s.out[0].kind, OOM_INCIDENT_NO_VICTIM);
	assert_true(t->s.out[0].panic);
	assert_int_equal(t->s.out[0].detail, OOM_DETAIL_PARTIAL);
	end(t, 1);
}

static void a_victim_that_is_already_exiting_is_no_kill(void **state)
{
	(void)state;
	static const char text[] =
	    "Memory cgroup out of memory: OOM victim 268 (hog) is already exiting. Skip killing the task";
	struct test *t = begin();
	stream_line(&t->s, text); /* its report was suppressed: nothing had been said */
	assert_int_equal(t->s.count, 0);
	story_report(&t->s, &pod);
	stream_line(&t->s, text);
	stream_settle(&t->s);
	assert_int_equal(t->s.count, 1);
	assert_int_equal(t->s.out[0].kind, OOM_INCIDENT_NO_VICTIM);
	assert_text(t->seen[0].text, slice_cstr(text));
	story_kill(&t->s, &other);
	stream_settle(&t->s);
	assert_kill(t, 1, 500, OOM_DETAIL_SUPPRESSED);
	assert_false(t->seen[1].has_report);
	end(t, 2);
}

static void sysrq_is_told_by_its_own_line_or_by_order_minus_one(void **state)
{
	(void)state;
	struct test *t = begin();
	stream_line(&t->s, "sysrq: Manual OOM execution");
	story_old_report(&t->s, &host);
	story_select(&t->s, &host);
	story_old_kill_of(&t->s, host.pid, host.comm);
	oom_assembler_settle(t->s.a);
	struct oom_incident in;
	assert_true(oom_assembler_take(t->s.a, &in));
	assert_true(in.report->manual);
	stream_line(&t->s, "sysrq: Manual OOM execution"); /* its own report would have order -1 on this kernel */
	story_report(&t->s, &host);
	story_kill(&t->s, &host);
	oom_assembler_settle(t->s.a);
	assert_true(oom_assembler_take(t->s.a, &in));
	assert_false(in.report->manual);
	stream_line(&t->s, "kworker/0:1 invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=-1, oom_score_adj=0");
	story_memory(&t->s, &host, true);
	story_summary(&t->s, &host);
	story_kill(&t->s, &host);
	oom_assembler_settle(t->s.a);
	assert_true(oom_assembler_take(t->s.a, &in));
	assert_true(in.report->manual);
	end(t, 0);
}

static void the_reaper_of_a_process_nobody_announced_is_counted(void **state)
{
	(void)state;
	struct test *t = begin();
	story_kill(&t->s, &pod);
	stream_line(&t->s, "oom_reaper: reaped process 268 (hog), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB");
	assert_int_equal(counters(t)->silent_reaps, 0);
	stream_line(&t->s, "oom_reaper: reaped process 269 (hog), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB");
	assert_int_equal(counters(t)->silent_reaps, 1);
	end(t, 1);
}

/* ---- losses ---- */

static void behind_a_gap_in_a_report_only_what_follows_is_told(void **state)
{
	(void)state;
	struct test *t = begin();
	story_trigger(&t->s, &other);
	story_memory(&t->s, &other, true);
	stream_gap(&t->s);
	story_summary(&t->s, &pod);
	story_kill(&t->s, &pod);
	stream_settle(&t->s);
	assert_kill(t, 0, 268, OOM_DETAIL_PARTIAL);
	assert_text(t->seen[0].task_path, SLICE("/pod/a"));
	assert_false(slice_present(t->seen[0].trigger));
	end(t, 1);
}

static void a_kill_line_right_behind_a_gap_is_partial_and_a_whole_report_is_not(void **state)
{
	(void)state;
	struct test *t = begin();
	stream_gap(&t->s);
	story_kill_of(&t->s, true, 1, "x");
	story_kill_of(&t->s, true, 2, "y"); /* a member of the same group, perhaps */
	stream_settle(&t->s);
	assert_kill(t, 0, 1, OOM_DETAIL_PARTIAL);
	assert_kill(t, 1, 2, OOM_DETAIL_PARTIAL);
	stream_gap(&t->s);
	story_report(&t->s, &pod);
	story_kill(&t->s, &pod);
	story_kill_of(&t->s, true, 3, "z");
	stream_settle(&t->s);
	assert_kill(t, 2, 268, OOM_DETAIL_FULL);
	assert_kill(t, 3, 3, OOM_DETAIL_SUPPRESSED);
	end(t, 4);
}

static void doubt_behind_a_gap_ends_after_half_a_minute(void **state)
{
	(void)state;
	struct test *t = begin();
	stream_gap(&t->s);
	stream_line(&t->s, "unrelated");
	t->s.usec += 31000000;
	story_kill_of(&t->s, true, 1, "x");
	stream_settle(&t->s);
	assert_kill(t, 0, 1, OOM_DETAIL_SUPPRESSED);
	end(t, 1);
}

static void a_first_victim_printed_again_behind_a_gap_is_still_one_kill(void **state)
{
	(void)state;
	struct test *t = begin();
	story_report(&t->s, &pod);
	story_kill(&t->s, &pod);
	stream_gap(&t->s); /* the group's line */
	story_kill_of(&t->s, true, 269, "other");
	story_kill(&t->s, &pod);
	stream_settle(&t->s);
	assert_int_equal(t->s.count, 2);
	assert_int_equal(counters(t)->repeats, 1);
	end(t, 2);
}

static void a_pid_used_again_is_another_kill(void **state)
{
	(void)state;
	struct test *t = begin();
	story_kill(&t->s, &pod);
	t->s.usec += 10000000;
	story_kill(&t->s, &pod);
	t->s.usec += 10000000;
	stream_gap(&t->s);
	story_kill(&t->s, &pod);
	end(t, 3);
}

static void a_passage_that_a_saved_log_holds_twice_is_counted_once(void **state)
{
	(void)state;
	struct test *t = begin();
	uint64_t usec = t->s.usec;
	for (int i = 0; i < 2; i++) {
		t->s.usec = usec;
		story_kill(&t->s, &pod);
		story_kill_of(&t->s, true, 500, "pig");
	}
	end(t, 2);
}

static void a_groups_line_that_a_saved_log_holds_twice_begins_no_second_group(void **state)
{
	(void)state;
	struct test *t = begin();
	story_report(&t->s, &pod);
	story_kill(&t->s, &pod);
	uint64_t usec = t->s.usec;
	for (int i = 0; i < 2; i++) {
		t->s.usec = usec;
		story_group(&t->s, "/pod");
		story_kill_of(&t->s, true, 269, "other");
		story_kill_of(&t->s, true, 270, "other");
	}
	stream_settle(&t->s);
	assert_int_equal(t->s.count, 3);
	for (uint32_t i = 0; i < 3; i++) {
		assert_kill(t, i, 268 + i, OOM_DETAIL_FULL);
		assert_group(t, i, i + 1, 0, "/pod");
	}
	end(t, 3);
}

static void records_of_another_boot_are_not_joined_to_those_before(void **state)
{
	(void)state;
	struct test *t = begin();
	story_trigger(&t->s, &pod);
	story_memory(&t->s, &pod, true);
	t->s.seq = 3;
	t->s.usec = 1000;
	story_kill(&t->s, &pod);
	stream_settle(&t->s);
	assert_kill(t, 0, 268, OOM_DETAIL_SUPPRESSED);
	assert_false(t->seen[0].has_report);
	end(t, 1);
}

static void a_torn_kill_line_is_a_kill_with_what_is_certain(void **state)
{
	(void)state;
	struct test *t = begin();
	static const char text[] = "Out of memory: Killed process 5 (a) b) total-vm:12kB, anon-rss:34";
	const struct kmsg_record rec = {
	    .seq = 200, .usec = 6000000, .level = 3, .flag = '-', .cut = true, .text = slice_cstr(text)};
	oom_assembler_feed(t->s.a, &rec);
	stream_settle(&t->s);
	assert_kill(t, 0, 5, OOM_DETAIL_PARTIAL);
	assert_text(incident_comm(&t->s.out[0]), SLICE("a) b"));
	assert_num(t->s.out[0].total_vm_kb, 12);
	assert_false(t->s.out[0].anon_rss_kb.set);
	end(t, 1);
}

static void a_name_longer_than_any_is_kept_in_part_and_said(void **state)
{
	(void)state;
	struct test *t = begin();
	char comm[201];
	memset(comm, 'x', 200);
	comm[200] = '\0';
	story_kill_of(&t->s, true, 5, comm);
	stream_settle(&t->s);
	assert_true(t->s.out[0].comm_cut);
	assert_int_equal(t->s.out[0].comm_len, LIMIT_COMM);
	end(t, 1);
}

/* ---- at the same time ---- */

static void call_as(struct test *t, uint32_t tid)
{
	t->s.caller_kind = tid ? 'T' : 0;
	t->s.caller_id = tid;
}

static void reports_of_different_callers_do_not_mix(void **state)
{
	(void)state;
	struct test *t = begin();
	call_as(t, 900);
	story_trigger(&t->s, &pod);
	call_as(t, 901);
	stream_line(&t->s, "trag invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0");
	call_as(t, 900);
	story_memory(&t->s, &pod, true);
	call_as(t, 901);
	story_memory(&t->s, &other, true);
	story_summary(&t->s, &other);
	call_as(t, 900);
	story_summary(&t->s, &pod);
	call_as(t, 901);
	story_kill(&t->s, &other);
	call_as(t, 900);
	story_kill(&t->s, &pod);
	stream_settle(&t->s);
	assert_int_equal(t->s.count, 2);
	assert_kill(t, 0, 500, OOM_DETAIL_FULL);
	assert_text(t->seen[0].limit_path, SLICE("/box"));
	assert_text(t->seen[0].trigger, SLICE("trag"));
	assert_num(t->seen[0].trigger_pid, 901); /* its CPU line was not printed: the caller is the trigger */
	assert_kill(t, 1, 268, OOM_DETAIL_FULL);
	assert_text(t->seen[1].limit_path, SLICE("/pod"));
	assert_num(t->seen[1].trigger_pid, 900);
	end(t, 2);
}

static void pieces_of_another_caller_are_not_ours(void **state)
{
	(void)state;
	struct test *t = begin();
	call_as(t, 900);
	story_trigger(&t->s, &pod);
	story_memory(&t->s, &pod, true);
	stream_line(&t->s, "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=");
	call_as(t, 901);
	stream_piece(&t->s, "theirs");
	call_as(t, 900);
	stream_piece(&t->s, "ours");
	call_as(t, 901);
	stream_piece(&t->s, ",mems_allowed=7");
	call_as(t, 900);
	stream_piece(&t->s, ",mems_allowed=0,oom_memcg=/pod,task_memcg=/pod/a,task=hog,pid=268,uid=0");
	assert_int_equal(oom_assembler_hint(t->s.a), 268);
	story_kill(&t->s, &pod);
	stream_settle(&t->s);
	assert_text(t->seen[0].cpuset, SLICE("ours"));
	assert_int_equal(counters(t)->stray_pieces, 2);
	end(t, 1);
}

static void more_open_reports_than_there_is_room_for_give_up_the_oldest(void **state)
{
	(void)state;
	struct test *t = begin();
	for (uint32_t i = 0; i < LIMIT_OPEN_REPORTS * 2; i++) {
		call_as(t, 900 + i);
		story_trigger(&t->s, &pod);
		story_memory(&t->s, &pod, true);
		story_summary(&t->s, &pod);
	}
	assert_int_equal(t->s.count, 0); /* that they ended without a kill is not known */
	call_as(t, 900 + LIMIT_OPEN_REPORTS * 2 - 1);
	story_kill(&t->s, &pod);
	stream_settle(&t->s);
	assert_kill(t, 0, 268, OOM_DETAIL_FULL);
	end(t, 1);
}

static void callers_that_have_killed_leave_room_for_open_reports(void **state)
{
	(void)state;
	struct test *t = begin();
	call_as(t, 900);
	story_report(&t->s, &pod);
	for (uint32_t i = 0; i < 20; i++) {
		call_as(t, 1000 + i);
		story_kill_of(&t->s, true, 2000 + i, "x");
	}
	call_as(t, 900);
	story_kill(&t->s, &pod);
	stream_settle(&t->s);
	assert_kill(t, 20, 268, OOM_DETAIL_FULL);
	end(t, 21);
}

static void mixed_reports_of_old_kernels_tell_only_their_kills(void **state)
{
	(void)state;
	struct test *t = begin();
	stream_line(&t->s, "trig invoked oom-killer: gfp_mask=0xd0, order=0, oom_score_adj=0");
	stream_line(&t->s, "trig cpuset=/ mems_allowed=0");
	stream_line(&t->s, "trag invoked oom-killer: gfp_mask=0x201da, order=0, oom_score_adj=0");
	stream_line(&t->s, "CPU: 1 PID: 900 Comm: trig Not tainted 3.10.0 #1");
	stream_line(&t->s, "trag cpuset=/ mems_allowed=0");
	stream_line(&t->s, "CPU: 0 PID: 901 Comm: trag Not tainted 3.10.0 #1");
	stream_line(&t->s, "Task in /pod/a killed as a result of limit of /pod");
	story_memory(&t->s, &pod, false);
	story_table(&t->s, &pod, "[ pid ]   uid  tgid total_vm      rss nr_ptes swapents oom_score_adj name");
	story_select(&t->s, &pod);
	story_old_kill_of(&t->s, 268, "hog");
	stream_line(&t->s, "Task in /box/b killed as a result of limit of /box");
	story_memory(&t->s, &other, false);
	story_select(&t->s, &other);
	story_old_kill_of(&t->s, 500, "pig");
	stream_settle(&t->s);
	assert_int_equal(t->s.count, 2);
	assert_kill(t, 0, 268, OOM_DETAIL_PARTIAL);
	assert_false(t->seen[0].has_report);
	assert_int_equal(t->s.out[0].prefix, OOM_PREFIX_MEMCG);
	assert_num(t->s.out[0].score, 994);
	assert_kill(t, 1, 500, OOM_DETAIL_PARTIAL);
	assert_false(slice_present(t->seen[1].trigger));
	assert_text(t->seen[1].limit_path, SLICE("/box"));
	/* the next report stands alone again */
	t->s.usec += 2000000;
	story_old_report(&t->s, &pod);
	story_select(&t->s, &pod);
	story_old_kill_of(&t->s, 268, "hog");
	stream_settle(&t->s);
	assert_kill(t, 2, 268, OOM_DETAIL_FULL);
	assert_text(t->seen[2].trigger, SLICE("trig"));
	end(t, 3);
}

static void an_old_report_that_ended_silently_long_ago_does_not_mix(void **state)
{
	(void)state;
	struct test *t = begin();
	story_old_report(&t->s, &pod); /* already exiting: nothing follows */
	t->s.usec += 2000000;
	story_old_report(&t->s, &other);
	story_select(&t->s, &other);
	story_old_kill_of(&t->s, 500, "pig");
	stream_settle(&t->s);
	assert_int_equal(t->s.count, 2);
	assert_int_equal(t->s.out[0].kind, OOM_INCIDENT_NO_VICTIM);
	assert_kill(t, 1, 500, OOM_DETAIL_FULL);
	assert_text(t->seen[1].trigger, SLICE("trag"));
	end(t, 2);
}

static void a_suppressed_kill_inside_anothers_stack_dump_does_not_get_its_report(void **state)
{
	(void)state;
	struct test *t = begin();
	stream_line(&t->s, "trig invoked oom-killer: gfp_mask=0xd0, order=0, oom_score_adj=0");
	stream_line(&t->s, "trig cpuset=/ mems_allowed=0");
	stream_line(&t->s, "CPU: 1 PID: 900 Comm: trig Not tainted 3.10.0 #1");
	story_select(&t->s, &other);
	story_old_kill_of(&t->s, 500, "pig");
	stream_settle(&t->s);
	assert_int_equal(t->s.out[0].pid, 500);
	assert_false(t->seen[0].has_report);
	end(t, 1);
}

static void a_failed_allocation_inside_a_report_changes_nothing_of_it(void **state)
{
	(void)state;
	static const char *const dump[] = {
	    ("kworker/0:1: page allocation failure: order:4, mode:0xcc0(GFP_KERNEL), "
	     "nodemask=(null),cpuset=/,mems_allowed=0"),
	    "CPU: 0 PID: 7 Comm: trig Not tainted 6.1.0-13-amd64 #1",
	    "Call Trace:",
	    " warn_alloc+0x1/0x2",
	    "Mem-Info:",
	    "active_anon:999 inactive_anon:999\n free:999 free_pcp:999",
	    "Node 0 DMA free:999kB min:999kB low:999kB high:999kB",
	    "999 pages RAM",
	};
	for (int at = 0; at < 4; at++) {
		struct test *t = begin();
		story_trigger(&t->s, &pod);
		if (at == 0)
			stream_lines(&t->s, dump, ARRAY_COUNT(dump));
		story_memory(&t->s, &pod, true);
		if (at == 1)
			stream_lines(&t->s, dump, ARRAY_COUNT(dump));
		story_table(&t->s, &pod,
			    "[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name");
		if (at == 2)
			stream_lines(&t->s, dump, ARRAY_COUNT(dump));
		story_summary(&t->s, &pod);
		if (at == 3)
			stream_lines(&t->s, dump, ARRAY_COUNT(dump));
		story_kill(&t->s, &pod);
		oom_assembler_settle(t->s.a);
		struct oom_incident in;
		assert_true(oom_assembler_take(t->s.a, &in));
		assert_int_equal(in.detail, OOM_DETAIL_FULL);
		assert_num(in.report->trigger.pid, 900);
		assert_false(in.report->has_mem_info);
		assert_false(in.report->host[OOM_HOST_FREE].set);
		assert_int_equal(in.report->zone_count, 0);
		assert_int_equal(in.report->task_count, 3);
		end(t, 0);
	}
}

/* ---- the rest of the contract ---- */

static void what_an_incident_points_to_stays_until_the_next_record(void **state)
{
	(void)state;
	struct test *t = begin();
	t->s.seen = NULL;
	call_as(t, 900);
	story_report(&t->s, &pod);
	story_kill(&t->s, &pod);
	for (uint32_t i = 0; i < 3; i++) { /* reports that are given up in the same feed */
		call_as(t, 901 + i);
		story_report(&t->s, &other);
	}
	call_as(t, 0);
	t->s.usec += 40000000;
	const struct kmsg_record rec = {
	    .seq = t->s.seq++, .usec = t->s.usec, .level = 6, .flag = '-', .text = SLICE("unrelated")};
	oom_assembler_feed(t->s.a, &rec);
	struct oom_incident in[8];
	uint32_t n = 0;
	while (oom_assembler_take(t->s.a, &in[n]))
		n++;
	assert_int_equal(n, 3);
	for (uint32_t i = 0; i < n; i++) {
		assert_int_equal(in[i].kind, OOM_INCIDENT_NO_VICTIM);
		assert_text(in[i].report->limit_path, SLICE("/box"));
	}
	end(t, 1);
}

static void where_to_read_again_is_the_first_line_of_what_is_open(void **state)
{
	(void)state;
	struct test *t = begin();
	uint64_t seq, usec;
	stream_line(&t->s, "unrelated");
	assert_false(oom_assembler_open_since(t->s.a, &seq, &usec));
	uint64_t first = t->s.seq, stamp = t->s.usec + 10;
	story_report(&t->s, &pod);
	assert_true(oom_assembler_open_since(t->s.a, &seq, &usec));
	assert_int_equal(seq, first);
	assert_int_equal(usec, stamp);
	story_kill(&t->s, &pod);
	assert_true(oom_assembler_open_since(t->s.a, &seq, &usec)); /* the kill is held */
	assert_int_equal(seq, first);
	stream_settle(&t->s);
	assert_false(oom_assembler_open_since(t->s.a, &seq, &usec));
	story_group(&t->s, "/pod");
	assert_true(oom_assembler_open_since(t->s.a, &seq, &usec)); /* members may come */
	assert_int_equal(seq, first);
	stream_gap(&t->s);
	assert_false(oom_assembler_open_since(t->s.a, &seq, &usec));
	end(t, 1);
}

static void the_counters_add_up(void **state)
{
	(void)state;
	struct test *t = begin();
	story_report(&t->s, &pod);
	story_kill(&t->s, &pod);
	story_group(&t->s, "/pod");
	story_kill(&t->s, &pod);
	story_kill_of(&t->s, true, 269, "other");
	story_kill_of(&t->s, false, 1, "x");
	stream_gap(&t->s);
	story_kill_of(&t->s, false, 2, "y");
	stream_line(&t->s, "Out of memory and no killable processes...");
	stream_settle(&t->s);
	const struct oom_assembler_counters *c = counters(t);
	assert_int_equal(c->kill_lines, 5);
	assert_int_equal(c->repeats, 1);
	assert_int_equal(c->incidents, t->s.count);
	assert_int_equal(c->incidents, c->kill_lines - c->repeats + 1);
	uint64_t partial = 0, suppressed = 0;
	for (uint32_t i = 0; i < t->s.count; i++) {
		partial += t->s.out[i].detail == OOM_DETAIL_PARTIAL;
		suppressed += t->s.out[i].detail == OOM_DETAIL_SUPPRESSED;
	}
	assert_int_equal(c->partial, partial);
	assert_int_equal(c->suppressed, suppressed);
	end(t, 5);
}

static void an_open_report_at_the_end_of_the_source_is_no_incident(void **state)
{
	(void)state;
	struct test *t = begin();
	story_report(&t->s, &pod);
	end(t, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_whole_report_and_its_kill_are_one_full_incident),
	    cmocka_unit_test(a_global_report_and_its_kill_are_one_full_incident),
	    cmocka_unit_test(a_report_of_3_10_takes_cause_and_score_from_its_selection_line),
	    cmocka_unit_test(a_kill_line_alone_is_a_whole_incident),
	    cmocka_unit_test(a_storm_of_kill_lines_is_as_many_incidents_in_order),
	    cmocka_unit_test(a_kill_is_held_for_a_few_unrelated_lines_and_no_longer),
	    cmocka_unit_test(a_line_of_the_wrong_level_or_in_pieces_is_no_kill),
	    cmocka_unit_test(a_cgroup_named_like_a_line_of_a_report_cannot_invent_one),
	    cmocka_unit_test(hostile_names_of_victims_come_out_byte_for_byte),
	    cmocka_unit_test(a_child_killed_in_place_of_the_chosen_one_does_not_get_its_cgroup),
	    cmocka_unit_test(a_thread_killed_for_its_leader_is_the_chosen_process),
	    cmocka_unit_test(a_kill_that_the_report_did_not_choose_is_another_decisions),
	    cmocka_unit_test(without_a_table_another_pid_is_not_joined_to_the_report),
	    cmocka_unit_test(a_kill_of_another_scope_is_not_joined_to_the_report),
	    cmocka_unit_test(a_selection_without_a_kill_leaves_the_next_one_alone),
	    cmocka_unit_test(a_report_that_ends_without_a_kill_is_told_when_the_next_begins),
	    cmocka_unit_test(a_report_is_given_up_after_half_a_minute),
	    cmocka_unit_test(the_page_size_shows_in_what_the_kill_line_and_the_row_both_tell),
	    cmocka_unit_test(a_group_is_one_decision_and_the_first_victim_is_counted_once),
	    cmocka_unit_test(a_group_read_line_by_line_lacks_only_the_first_ones_index),
	    cmocka_unit_test(sizes_that_changed_do_not_make_two_of_one_victim),
	    cmocka_unit_test(two_groups_back_to_back_in_a_storm_are_two),
	    cmocka_unit_test(a_member_that_could_be_the_first_of_another_group_is_told_as_a_kill_and_no_more),
	    cmocka_unit_test(a_kill_behind_a_group_is_no_member_where_that_can_be_told),
	    cmocka_unit_test(unrelated_lines_between_a_first_kill_and_its_groups_line_change_nothing),
	    cmocka_unit_test(a_groups_line_in_pieces_is_a_groups_line),
	    cmocka_unit_test(members_of_a_group_whose_first_kill_was_lost_are_single_partial_kills),
	    cmocka_unit_test(processes_that_share_the_victims_memory_are_kills_without_sizes),
	    cmocka_unit_test(no_killable_processes_and_the_panic_behind_it_are_one_incident),
	    cmocka_unit_test(a_memory_cgroup_that_can_kill_nobody_may_say_so_again_and_again),
	    cmocka_unit_test(a_panic_alone_is_an_incident),
	    cmocka_unit_test(a_victim_that_is_already_exiting_is_no_kill),
	    cmocka_unit_test(sysrq_is_told_by_its_own_line_or_by_order_minus_one),
	    cmocka_unit_test(the_reaper_of_a_process_nobody_announced_is_counted),
	    cmocka_unit_test(behind_a_gap_in_a_report_only_what_follows_is_told),
	    cmocka_unit_test(a_kill_line_right_behind_a_gap_is_partial_and_a_whole_report_is_not),
	    cmocka_unit_test(doubt_behind_a_gap_ends_after_half_a_minute),
	    cmocka_unit_test(a_first_victim_printed_again_behind_a_gap_is_still_one_kill),
	    cmocka_unit_test(a_pid_used_again_is_another_kill),
	    cmocka_unit_test(a_passage_that_a_saved_log_holds_twice_is_counted_once),
	    cmocka_unit_test(a_groups_line_that_a_saved_log_holds_twice_begins_no_second_group),
	    cmocka_unit_test(records_of_another_boot_are_not_joined_to_those_before),
	    cmocka_unit_test(a_torn_kill_line_is_a_kill_with_what_is_certain),
	    cmocka_unit_test(a_name_longer_than_any_is_kept_in_part_and_said),
	    cmocka_unit_test(reports_of_different_callers_do_not_mix),
	    cmocka_unit_test(pieces_of_another_caller_are_not_ours),
	    cmocka_unit_test(more_open_reports_than_there_is_room_for_give_up_the_oldest),
	    cmocka_unit_test(callers_that_have_killed_leave_room_for_open_reports),
	    cmocka_unit_test(mixed_reports_of_old_kernels_tell_only_their_kills),
	    cmocka_unit_test(an_old_report_that_ended_silently_long_ago_does_not_mix),
	    cmocka_unit_test(a_suppressed_kill_inside_anothers_stack_dump_does_not_get_its_report),
	    cmocka_unit_test(a_failed_allocation_inside_a_report_changes_nothing_of_it),
	    cmocka_unit_test(what_an_incident_points_to_stays_until_the_next_record),
	    cmocka_unit_test(where_to_read_again_is_the_first_line_of_what_is_open),
	    cmocka_unit_test(the_counters_add_up),
	    cmocka_unit_test(an_open_report_at_the_end_of_the_source_is_no_incident),
	};
	return cmocka_run_group_tests_name("oom/assembler", tests, NULL, NULL);
}
