/* host/store: lives, who is found for a kill, ancestors, bounds. Times are microseconds since boot. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "host/store.h"

#define SEC 1000000ull
#define NOW (1000 * SEC)
#define HZ 100
#define TICK (SEC / HZ)
#define SIZE HOST_STORE_MIN_SIZE

static struct host_store s;
static void *memory;

static int setup(void **state)
{
	static const uint64_t key[2] = {3, 4};
	(void)state;
	memory = calloc(1, SIZE);
	assert_non_null(memory);
	assert_int_equal(host_store_init(&s, memory, SIZE, key, HZ), 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	free(memory);
	return 0;
}

/* As /proc tells it. */
static struct host_process process(int32_t pid, int32_t ppid, uint64_t start_usec, const char *comm)
{
	return (struct host_process){
	    .have = HOST_HAVE_START | HOST_HAVE_PPID | HOST_HAVE_UID,
	    .pid = pid,
	    .ppid = ppid,
	    .uid = 1000,
	    .start_ticks = start_usec / TICK,
	    .comm = slice_cstr(comm),
	    .exe = SLICE("/usr/bin/prog"),
	    .cmdline = slice_of("prog\0-x\0", 8),
	    .cgroup = SLICE("/system.slice/prog.service"),
	};
}

static uint32_t put(int32_t pid, int32_t ppid, uint64_t start_usec, const char *comm)
{
	struct host_process p = process(pid, ppid, start_usec, comm);
	return host_store_put(&s, &p, NOW * 100, NOW);
}

static uint32_t fork_at(int32_t parent, int32_t child, uint64_t at)
{
	bool inherited;
	return host_store_fork(&s, parent, child, at, &inherited);
}

static uint32_t find(int32_t pid, uint64_t at)
{
	const struct host_store_query q = {.pid = pid, .at_usec = at, .slop_usec = 10000};
	return host_store_find(&s, &q);
}

static void assert_string(uint32_t ref, const char *want)
{
	assert_true(host_intern_equals(&s.strings, ref, slice_cstr(want)));
}

static void assert_comm(uint32_t i, const char *want)
{
	assert_true(slice_eq(host_record_comm(host_store_at(&s, i)), slice_cstr(want)));
}

static void assert_all_given_back(void)
{
	assert_int_equal(s.live, 0);
	assert_int_equal(s.dead, 0);
	assert_int_equal(s.stubs, 0);
	assert_int_equal(s.strings.strings, 0);
	assert_int_equal(s.pool.used, 0);
	for (int list = 0; list < HOST_LIST_FREE; list++)
		assert_int_equal(s.list[list].count, 0);
}

static void a_forked_child_has_what_its_parent_has(void **state)
{
	(void)state;
	uint32_t parent = put(10, 1, NOW, "prog");
	uint32_t used = s.pool.used, child = fork_at(10, 11, NOW + SEC);
	const struct host_record *c = host_store_at(&s, child);
	assert_int_not_equal(child, 0);
	assert_string(c->exe, "/usr/bin/prog");
	assert_string(c->cgroup, "/system.slice/prog.service");
	assert_int_equal(c->cmdline, host_store_at(&s, parent)->cmdline);
	assert_int_equal(c->uid, 1000);
	assert_int_equal(c->ppid, 10);
	assert_comm(child, "prog");
	assert_int_equal(s.pool.used, used);
}

static void a_thousand_workers_are_not_a_thousand_copies(void **state)
{
	(void)state;
	put(10, 1, NOW, "prog");
	uint32_t used = s.pool.used;
	for (int32_t k = 0; k < 400; k++)
		fork_at(10, 100 + k, NOW + SEC);
	assert_int_equal(s.live, 401);
	assert_int_equal(s.pool.used, used);
	/* And when each is read from /proc on its own. */
	for (int32_t k = 0; k < 400; k++)
		put(100 + k, 10, NOW + SEC, "prog");
	assert_int_equal(s.live, 401);
	assert_int_equal(s.pool.used, used);
}

static void an_exec_forgets_the_old_program_until_the_new_one_is_read(void **state)
{
	(void)state;
	put(10, 1, NOW, "shell");
	uint32_t child = fork_at(10, 11, NOW + SEC);
	assert_int_equal(host_store_exec(&s, 11, NOW + SEC + 500), child);
	const struct host_record *c = host_store_at(&s, child);
	assert_int_equal(c->exe, 0);
	assert_int_equal(c->cmdline, 0);
	assert_int_equal(c->comm_size, 0);
	assert_string(c->cgroup, "/system.slice/prog.service");
	assert_int_equal(put(11, 10, NOW + SEC, "new"), child);
	assert_comm(child, "new");
	assert_string(c->exe, "/usr/bin/prog");
}

static void a_start_just_before_its_fork_event_is_the_same_life(void **state)
{
	(void)state;
	uint32_t child = fork_at(10, 11, NOW + 3);
	struct host_process p = process(11, 10, NOW, "x");
	assert_int_equal(host_store_put(&s, &p, NOW * 2, NOW + SEC), child);
	assert_int_equal(host_store_at(&s, child)->start_usec, NOW);
	assert_true(host_store_at(&s, child)->flags & HOST_RECORD_EXACT);
}

static void a_later_start_is_another_process_and_ends_the_one_before(void **state)
{
	(void)state;
	uint32_t old = put(11, 1, NOW, "old"), young = put(11, 1, NOW + 5 * SEC, "young");
	assert_int_not_equal(old, young);
	assert_false(host_record_alive(host_store_at(&s, old)));
	assert_int_equal(host_store_live(&s, 11), young);
	assert_int_equal(s.live, 1);
	assert_int_equal(s.dead, 1);
}

static void what_proc_says_of_a_process_that_began_after_the_event_is_not_believed(void **state)
{
	(void)state;
	uint32_t old = put(11, 1, NOW, "old");
	struct host_process p = process(11, 1, NOW + 5 * SEC, "young");
	assert_int_equal(host_store_put(&s, &p, NOW + 2 * SEC, NOW + 6 * SEC), 0);
	assert_comm(old, "old");
	assert_true(host_record_alive(host_store_at(&s, old)));
}

static void an_earlier_start_than_the_known_one_is_stale_and_not_believed(void **state)
{
	(void)state;
	uint32_t i = put(11, 1, NOW + 5 * SEC, "young");
	assert_int_equal(put(11, 1, NOW, "old"), 0);
	assert_comm(i, "young");
}

static void a_fork_event_older_than_what_was_read_changes_only_the_parent(void **state)
{
	(void)state;
	uint32_t parent = put(10, 1, NOW - 50 * SEC, "parent"), i = put(11, 1, NOW - 1000, "read");
	bool inherited;
	assert_int_equal(host_store_fork(&s, 10, 11, NOW - 900, &inherited), 0);
	assert_true(inherited);
	assert_comm(i, "read");
	assert_int_equal(host_store_at(&s, i)->parent, parent);
	assert_int_equal(host_store_at(&s, i)->ppid, 10);
}

static void a_fork_for_a_pid_that_lives_means_a_lost_exit(void **state)
{
	(void)state;
	put(10, 1, NOW, "parent");
	uint32_t old = put(11, 1, NOW, "old"), young = fork_at(10, 11, NOW + 20 * SEC);
	assert_int_not_equal(young, 0);
	assert_int_not_equal(young, old);
	assert_comm(young, "parent");
	assert_int_equal(find(11, NOW + 30 * SEC), young);
}

static void events_older_than_the_life_are_not_about_it(void **state)
{
	(void)state;
	uint32_t i = put(11, 1, NOW + 10 * SEC, "young");
	host_store_exit(&s, 11, NOW, true);
	host_store_rename(&s, 11, NOW, SLICE("wrong"));
	host_store_set_uid(&s, 11, NOW, 4711);
	assert_int_equal(host_store_exec(&s, 11, NOW), 0);
	assert_true(host_record_alive(host_store_at(&s, i)));
	assert_comm(i, "young");
	assert_int_equal(host_store_at(&s, i)->uid, 1000);
}

static void the_dead_are_found_until_their_time_is_over(void **state)
{
	(void)state;
	uint32_t killed = put(11, 1, NOW, "killed"), ended = put(12, 1, NOW, "ended");
	host_store_exit(&s, 11, NOW + 10 * SEC, true);
	host_store_exit(&s, 12, NOW + 10 * SEC, false);
	host_store_expire(&s, NOW + 11 * SEC);
	assert_int_equal(find(11, NOW + 10 * SEC), killed);
	assert_int_equal(find(12, NOW + 10 * SEC), ended);
	host_store_expire(&s, NOW + 20 * SEC);
	assert_int_equal(find(11, NOW + 10 * SEC), killed);
	assert_int_equal(find(12, NOW + 10 * SEC), 0);
	host_store_expire(&s, NOW + 100 * SEC);
	assert_int_equal(find(11, NOW + 10 * SEC), 0);
	assert_all_given_back();
}

static void who_began_after_the_kill_or_ended_before_it_is_never_found(void **state)
{
	(void)state;
	uint32_t first = put(11, 1, NOW, "first");
	host_store_exit(&s, 11, NOW + 10 * SEC, true);
	uint32_t second = put(11, 1, NOW + 20 * SEC, "second");
	assert_int_equal(find(11, NOW + 5 * SEC), first);
	assert_int_equal(find(11, NOW + 10 * SEC + 5000), first);
	assert_int_equal(find(11, NOW + 15 * SEC), 0);
	assert_int_equal(find(11, NOW + 20 * SEC), second);
	assert_int_equal(find(11, NOW - SEC), 0);
	assert_int_equal(find(12, NOW + 5 * SEC), 0);
}

static void of_two_lives_that_fit_the_killed_one_is_found(void **state)
{
	(void)state;
	/* The number went to a short-lived process right after the kill; the clocks cannot tell them apart. */
	uint32_t victim = put(11, 1, NOW, "victim");
	host_store_exit(&s, 11, NOW + SEC, true);
	put(11, 1, NOW + SEC + TICK, "next");
	host_store_exit(&s, 11, NOW + SEC + 2 * TICK, false);
	const struct host_store_query q = {.pid = 11, .at_usec = NOW + SEC, .slop_usec = 200000};
	assert_int_equal(host_store_find(&s, &q), victim);
	/* And when the next one still lives, its name decides. */
	put(11, 1, NOW + SEC + 3 * TICK, "next");
	assert_int_equal(host_store_find(&s, &q), victim);
	const struct host_store_query named = {
	    .pid = 11, .at_usec = NOW + SEC, .slop_usec = 200000, .comm = SLICE("next")};
	assert_comm(host_store_find(&s, &named), "next");
}

static void a_killed_life_without_a_name_goes_before_the_next_one_of_the_same_name(void **state)
{
	(void)state;
	put(5, 1, NOW - SEC, "sh");
	uint32_t victim = fork_at(5, 11, NOW);
	host_store_exec(&s, 11, NOW + 1000); /* could not be read any more */
	host_store_exit(&s, 11, NOW + 6000, true);
	uint32_t other = fork_at(5, 11, NOW + 7000);
	host_store_rename(&s, 11, NOW + 7500, SLICE("hog"));
	const struct host_store_query q = {.pid = 11, .at_usec = NOW + 5000, .slop_usec = 50000, .comm = SLICE("hog")};
	assert_int_not_equal(other, 0);
	assert_int_equal(host_store_find(&s, &q), victim);
}

static void two_kills_of_one_number_find_two_lives(void **state)
{
	(void)state;
	uint32_t first = put(11, 1, NOW, "same");
	host_store_exit(&s, 11, NOW + SEC, true);
	uint32_t second = put(11, 1, NOW + SEC + TICK, "same");
	struct host_store_query q = {.pid = 11, .at_usec = NOW + SEC, .slop_usec = 200000, .comm = SLICE("same")};
	assert_int_equal(host_store_find(&s, &q), first);
	assert_int_equal(host_store_find(&s, &q), first); /* the same kill asked for again */
	q.at_usec += TICK + 500;
	assert_int_equal(host_store_find(&s, &q), second);
}

static void ancestors_are_known_after_they_exited(void **state)
{
	(void)state;
	put(10, 1, NOW, "shell");
	uint32_t middle = fork_at(10, 11, NOW + SEC);
	host_store_rename(&s, 11, NOW + SEC, SLICE("middle"));
	uint32_t victim = fork_at(11, 12, NOW + 2 * SEC);
	host_store_exit(&s, 11, NOW + 3 * SEC, false);
	host_store_exit(&s, 10, NOW + 3 * SEC, false);
	host_store_expire(&s, NOW + 100 * SEC);
	assert_int_equal(s.stubs, 2);
	assert_int_equal(host_store_parent(&s, victim), middle);
	assert_comm(middle, "middle");
	assert_comm(host_store_parent(&s, middle), "shell");
	/* Stubs keep no strings, are not found, and go with their last descendant. */
	assert_int_equal(find(11, NOW + 2 * SEC), 0);
	host_store_exit(&s, 12, NOW + 101 * SEC, true);
	host_store_expire(&s, NOW + 1000 * SEC);
	assert_all_given_back();
}

static void a_reparented_process_keeps_the_parent_that_made_it(void **state)
{
	(void)state;
	put(1, 0, SEC, "init");
	put(10, 1, NOW, "shell");
	uint32_t i = fork_at(10, 11, NOW + SEC);
	host_store_exit(&s, 10, NOW + 2 * SEC, false);
	assert_int_equal(put(11, 1, NOW + SEC, "orphan"), i);
	assert_int_equal(host_store_at(&s, i)->ppid, 10);
	assert_comm(host_store_parent(&s, i), "shell");
}

static void a_parent_that_is_younger_than_its_child_is_none(void **state)
{
	(void)state;
	put(10, 1, NOW + 50 * SEC, "reused");
	uint32_t i = put(11, 10, NOW, "child");
	assert_int_equal(host_store_parent(&s, i), 0);
}

static void parents_read_after_their_children_are_linked_later(void **state)
{
	(void)state;
	uint32_t child = put(11, 300, NOW, "child"), parent = put(300, 1, NOW - SEC, "wrapped");
	host_store_link_parents(&s);
	assert_int_equal(host_store_at(&s, child)->parent, parent);
	host_store_exit(&s, 300, NOW + SEC, false);
	host_store_expire(&s, NOW + 100 * SEC);
	assert_comm(host_store_parent(&s, child), "wrapped");
}

static void a_line_of_parents_that_fork_and_exit_does_not_grow(void **state)
{
	(void)state;
	put(10, 1, NOW, "line");
	uint64_t at = NOW;
	int32_t pid = 10;
	for (int k = 0; k < 5000; k++) {
		int32_t next = pid == 30000 ? 10 : pid + 1;
		at += 10000;
		fork_at(pid, next, at);
		host_store_exit(&s, pid, at + 10, false);
		host_store_expire(&s, at + 10);
		pid = next;
	}
	assert_int_equal(s.counters.evicted, 0);
	assert_true(s.live + s.dead + s.stubs <= 2 * SEC / 10000 + 20);
	uint32_t i = host_store_live(&s, pid), depth = 0;
	while (depth < LIMIT_PARENTS && (i = host_store_parent(&s, i)))
		depth++;
	assert_int_equal(depth, LIMIT_PARENTS);
}

static void eviction_takes_the_dead_then_the_smallest(void **state)
{
	(void)state;
	struct host_process p;
	for (int32_t k = 0; k < (int32_t)s.cap - 1; k++) {
		p = process(100 + k, 1, NOW, "x");
		p.have |= HOST_HAVE_RSS;
		p.rss_kb = k % 2 ? 200000 : 3000;
		assert_int_not_equal(host_store_put(&s, &p, NOW * 2, NOW), 0);
	}
	host_store_exit(&s, 101, NOW + SEC, false);
	host_store_exit(&s, 103, NOW + SEC, true);
	assert_int_not_equal(put(50, 1, NOW, "late"), 0);
	assert_in_range(s.counters.evicted, s.cap / 16, s.cap / 16 + 1);
	assert_int_equal(find(101, NOW + SEC), 0);
	assert_int_not_equal(find(103, NOW + SEC), 0);
	for (int32_t k = 5; k < (int32_t)s.cap - 1; k += 2)
		assert_int_not_equal(host_store_live(&s, 100 + k), 0);
}

static void a_table_full_of_stubs_is_emptied(void **state)
{
	(void)state;
	/* Each generation leaves a second child behind, so that no chain can be cut. */
	put(10, 1, NOW, "line");
	uint64_t at = NOW;
	int32_t pid = 10;
	for (int k = 0; k < 3000; k++) {
		at += 10;
		fork_at(pid, pid + 1, at);
		fork_at(pid, pid + 2, at + 1);
		host_store_exit(&s, pid, at + 2, true);
		host_store_exit(&s, pid + 2, at + 3, true);
		pid += 1;
		if (host_store_live(&s, pid) == 0)
			fail_msg("generation %d is not known", k);
	}
	assert_true(s.live + s.dead + s.stubs < s.cap);
	assert_int_not_equal(put(5, 1, NOW, "still there is room"), 0);
}

static void a_full_pool_leaves_records_without_strings_and_counts_it(void **state)
{
	(void)state;
	static char text[4000];
	/* One process may not fill the pool: others go for it, and what does not fit is unknown, never wrong. */
	for (int32_t k = 0; k < 400; k++) {
		struct host_process p = process(100 + k, 1, NOW, "big");
		memset(text, 'a' + k % 26, sizeof(text));
		memcpy(text, &k, sizeof(k));
		p.cmdline = slice_of(text, sizeof(text));
		uint32_t i = host_store_put(&s, &p, NOW * 2, NOW);
		assert_int_not_equal(i, 0);
		assert_true(host_intern_equals(&s.strings, host_store_at(&s, i)->cmdline, p.cmdline));
	}
	assert_true(s.counters.evicted > 0);
	assert_int_equal(s.counters.refused, 0);
}

static void a_history_longer_than_a_cell_comes_back_whole(void **state)
{
	(void)state;
	uint32_t i = put(11, 1, NOW, "x");
	struct host_history want = {0}, got;
	for (uint64_t k = 0; k < 100; k++) {
		uint64_t kb = 1000 + 1000 * (k * k % 17);
		host_history_add(&want, NOW + k * 30 * SEC, kb);
		host_store_set_rss(&s, i, kb, NOW + k * 30 * SEC, true);
		host_store_history(&s, i, &got);
		assert_int_equal(got.count, want.count);
		assert_memory_equal(got.point, want.point, got.count * sizeof(got.point[0]));
	}
	host_store_exit(&s, 11, NOW, false);
	host_store_expire(&s, NOW + 100 * SEC);
	assert_all_given_back();
}

static void a_leader_that_went_before_its_threads_comes_back(void **state)
{
	(void)state;
	uint32_t i = put(11, 1, NOW, "java");
	host_store_exit(&s, 11, NOW + SEC, false);
	host_store_revive(&s, i, NOW + 2 * SEC);
	host_store_expire(&s, NOW + 100 * SEC);
	assert_int_equal(host_store_live(&s, 11), i);
	host_store_exit(&s, 11, NOW + 200 * SEC, true);
	assert_int_equal(find(11, NOW + 200 * SEC), i);
}

static void an_exec_by_a_thread_goes_on_with_the_life_of_the_leader_it_ended(void **state)
{
	(void)state;
	uint32_t parent = put(5, 1, NOW - SEC, "sh"), i = fork_at(5, 11, NOW);
	host_store_exit(&s, 5, NOW + 1000, false);
	host_store_exit(&s, 11, NOW + 2000, true);
	assert_int_equal(host_store_exec(&s, 11, NOW + 3000), i);
	put(11, 1, NOW - NOW % TICK, "runc");
	assert_int_equal(host_store_live(&s, 11), i);
	assert_int_equal(host_store_parent(&s, i), parent);
	assert_int_equal(host_store_at(&s, i)->ppid, 5);
	assert_false(host_store_at(&s, i)->flags & (HOST_RECORD_KILLED | HOST_RECORD_LEADER_GONE));
	/* Not one who is gone for long: then a fork was lost. */
	host_store_exit(&s, 11, NOW + 4000, true);
	assert_int_equal(host_store_exec(&s, 11, NOW + 10 * SEC), 0);
	assert_int_equal(find(11, NOW + 4000), i);
}

static void kernel_threads_are_told_by_their_want_of_memory(void **state)
{
	(void)state;
	struct host_process p = process(2, 0, SEC, "kthreadd");
	p.have |= HOST_HAVE_TGID;
	p.exe = p.cmdline = SLICE_NONE;
	uint32_t i = host_store_put(&s, &p, NOW, NOW);
	assert_true(host_store_at(&s, i)->flags & HOST_RECORD_NO_MM);
	p = process(3, 0, SEC, "init");
	p.have |= HOST_HAVE_TGID | HOST_HAVE_RSS;
	i = host_store_put(&s, &p, NOW, NOW);
	assert_false(host_store_at(&s, i)->flags & HOST_RECORD_NO_MM);
}

static void absent_members_leave_what_was_known(void **state)
{
	(void)state;
	uint32_t i = put(11, 1, NOW, "x");
	struct host_process dying = {.have = HOST_HAVE_START, .pid = 11, .start_ticks = NOW / TICK, .exiting = true};
	assert_int_equal(host_store_put(&s, &dying, NOW * 2, NOW + SEC), i);
	assert_string(host_store_at(&s, i)->exe, "/usr/bin/prog");
	assert_string(host_store_at(&s, i)->cgroup, "/system.slice/prog.service");
	assert_comm(i, "x");
}

static void a_storage_that_is_too_small_is_refused(void **state)
{
	static const uint64_t key[2] = {0, 0};
	struct host_store tiny;
	(void)state;
	assert_int_equal(host_store_init(&tiny, memory, HOST_STORE_MIN_SIZE - 1, key, HZ), -22);
}

/* Anything in any order: nothing is lost track of, and all comes back. */
static void random_lives_leave_nothing_behind(void **state)
{
	(void)state;
	uint64_t at = NOW, seed = 88172645463325252ull;
	char cmdline[64];
	for (int step = 0; step < 200000; step++) {
		seed ^= seed << 13;
		seed ^= seed >> 7;
		seed ^= seed << 17;
		int32_t pid = 1 + (int32_t)(seed >> 8) % 700, other = 1 + (int32_t)(seed >> 24 & 0xffff) % 700;
		pid = pid < 1 ? 1 : pid;
		at += seed % 1000;
		struct host_process p = process(pid, other, at - seed % 5000, "r");
		uint32_t i = host_store_live(&s, pid);
		switch (seed >> 40 & 7) {
		case 0:
		case 1:
			fork_at(other, pid, at);
			break;
		case 2:
			host_store_exec(&s, pid, at);
			break;
		case 3:
			memset(cmdline, (int)(seed & 0xff), sizeof(cmdline));
			p.cmdline = slice_of(cmdline, seed % sizeof(cmdline));
			host_store_put(&s, &p, at, at);
			break;
		case 4:
			host_store_exit(&s, pid, at, seed >> 50 & 1);
			break;
		case 5:
			if (i)
				host_store_await(&s, i, seed >> 50 & 7, at);
			break;
		case 6:
			if (i)
				host_store_set_rss(&s, i, seed % 1000000, at, true);
			break;
		case 7:
			host_store_expire(&s, at);
			(void)find(pid, at);
			break;
		}
	}
	for (int32_t pid = 1; pid < 701; pid++)
		host_store_exit(&s, pid, at, false);
	host_store_expire(&s, at + 1000 * SEC);
	assert_all_given_back();
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(a_forked_child_has_what_its_parent_has),
	    T(a_thousand_workers_are_not_a_thousand_copies),
	    T(an_exec_forgets_the_old_program_until_the_new_one_is_read),
	    T(a_start_just_before_its_fork_event_is_the_same_life),
	    T(a_later_start_is_another_process_and_ends_the_one_before),
	    T(what_proc_says_of_a_process_that_began_after_the_event_is_not_believed),
	    T(an_earlier_start_than_the_known_one_is_stale_and_not_believed),
	    T(a_fork_event_older_than_what_was_read_changes_only_the_parent),
	    T(a_fork_for_a_pid_that_lives_means_a_lost_exit),
	    T(events_older_than_the_life_are_not_about_it),
	    T(the_dead_are_found_until_their_time_is_over),
	    T(who_began_after_the_kill_or_ended_before_it_is_never_found),
	    T(a_killed_life_without_a_name_goes_before_the_next_one_of_the_same_name),
	    T(two_kills_of_one_number_find_two_lives),
	    T(of_two_lives_that_fit_the_killed_one_is_found),
	    T(ancestors_are_known_after_they_exited),
	    T(a_reparented_process_keeps_the_parent_that_made_it),
	    T(a_parent_that_is_younger_than_its_child_is_none),
	    T(parents_read_after_their_children_are_linked_later),
	    T(a_line_of_parents_that_fork_and_exit_does_not_grow),
	    T(eviction_takes_the_dead_then_the_smallest),
	    T(a_table_full_of_stubs_is_emptied),
	    T(a_full_pool_leaves_records_without_strings_and_counts_it),
	    T(a_history_longer_than_a_cell_comes_back_whole),
	    T(a_leader_that_went_before_its_threads_comes_back),
	    T(an_exec_by_a_thread_goes_on_with_the_life_of_the_leader_it_ended),
	    T(kernel_threads_are_told_by_their_want_of_memory),
	    T(absent_members_leave_what_was_known),
	    T(a_storage_that_is_too_small_is_refused),
	    T(random_lives_leave_nothing_behind),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
