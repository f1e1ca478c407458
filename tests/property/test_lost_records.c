/*
 * A log that lacks something never tells anything untrue: cut at any byte, beginning at any record, without any one
 * record, with a gap of any size, read in any number of turns. What is left is an event of the whole log with facts
 * missing, or no event.
 */
#include "stories.h"

/* Stories are from 3 to 2,000 records long: of each so many cuts, gaps and turns. */
#define VARIANTS 200
#define LONG_VARIANTS 24
#define LONG 150

static char path[256];

static size_t variants_of(const struct story *s, size_t all)
{
	size_t most = s->count > LONG ? LONG_VARIANTS : VARIANTS;
	return all < most ? all : most;
}

/* The i-th of `n` to be tried out of `all`: every one, or a random choice. */
static size_t choose(size_t i, size_t n, size_t all)
{
	return n == all ? i : random_below(all);
}

static bool has(const json_t *events, uint64_t seq)
{
	size_t i;
	json_t *e;
	json_array_foreach(events, i,
			   e) if (json_integer_value(json_object_get(e, "kmsg_seq")) == (json_int_t)seq) return true;
	return false;
}

/*
 * A kill line that is printed twice is one event, with the first line's number; so is "no killable processes" with the
 * panic behind it. Without the first line the event has the second one's: the same process or end, and the process's
 * memory may have shrunk meanwhile.
 */
static bool is_second_printing(const json_t *e, const json_t *whole, bool (*lost)(uint64_t seq))
{
	size_t i;
	json_t *w;
	const json_t *pid = json_object_get(json_object_get(e, "victim"), "pid");
	json_array_foreach(whole, i, w)
	{
		const json_t *other = json_object_get(json_object_get(w, "victim"), "pid");
		bool same = pid ? json_equal(pid, other) : !other && json_is_true(json_object_get(w, "panic"));
		if (same && lost((uint64_t)json_integer_value(json_object_get(w, "kmsg_seq"))))
			return true;
	}
	return false;
}

static uint64_t lost_from, lost_to;
static bool beginning_is_lost;

static bool is_lost(uint64_t seq)
{
	return seq >= lost_from && seq <= lost_to;
}

static void hold_against_whole(const struct story *s, const json_t *events, const char *what)
{
	size_t i;
	json_t *e;
	json_array_foreach(events, i, e)
	{
		const json_t *whole = event_of(s->events, e);
		if (!whole && is_second_printing(e, s->events, is_lost))
			continue;
		/* A log that begins with a kill line looks as if the kernel had printed no more. */
		if (beginning_is_lost && strcmp(event_word(e, "report"), "suppressed") == 0)
			json_object_set_new(e, "report", json_string("partial"));
		if (!event_is_true(e, whole, path, sizeof(path)))
			fail_event(s->name, what, path, e, whole);
	}
}

/* ---- cut at a byte ---- */

static void check_cut(const struct story *s)
{
	char what[64];
	size_t n = variants_of(s, s->size);
	lost_from = 1;
	lost_to = 0;
	beginning_is_lost = false;
	for (size_t i = 0; i < n; i++) {
		size_t at = choose(i, n, s->size);
		json_t *events = run_bytes(s->bytes, at);
		snprintf(what, sizeof(what), "cut at byte %zu", at);
		hold_against_whole(s, events, what);
		json_decref(events);
	}
}

static void a_capture_cut_at_any_byte_tells_nothing_untrue(void **state)
{
	(void)state;
	with_each_story(check_cut);
}

/* ---- records missing ---- */

/* The story without the records `from` to `to`; the reader saw the gap. */
static json_t *without(const struct story *s, size_t from, size_t to)
{
	json_t *events = json_array();
	run_begin();
	for (size_t i = 0; i < s->count; i++) {
		if (i > from && i <= to)
			continue;
		bool number_jumps = i > 0 && !story_restarts_at(s, i) && s->record[i].seq != s->record[i - 1].seq + 1;
		if (number_jumps || (i == to + 1 && from > 0 && !story_restarts_at(s, i)))
			run_gap(events);
		if (i != from && s->record[i].facility == 0)
			run_record(&s->record[i], events);
	}
	run_end(events);
	return events;
}

/* Two reports whose lines are mixed tell little together; with one of them lost the other may tell more. */
static bool whole_tells_less(const struct story *s)
{
	return strstr(s->name, "/mixed-reports/") != NULL;
}

static void check_without(const struct story *s, size_t from, size_t to)
{
	char what[64];
	if (whole_tells_less(s))
		return;
	json_t *events = without(s, from, to);
	lost_from = s->record[from].seq;
	lost_to = s->record[to].seq;
	beginning_is_lost = from == 0;
	snprintf(what, sizeof(what), "without %llu to %llu", (unsigned long long)lost_from,
		 (unsigned long long)lost_to);
	hold_against_whole(s, events, what);
	size_t i;
	json_t *e;
	json_array_foreach(s->events, i, e)
	{
		uint64_t seq = (uint64_t)json_integer_value(json_object_get(e, "kmsg_seq"));
		bool kill = strcmp(event_word(e, "type"), "oom-kill") == 0;
		if (kill && !is_lost(seq) && !has(events, seq) && !is_second_printing(e, events, is_lost))
			fail_event(s->name, what, "the kill", e, NULL);
	}
	json_decref(events);
}

static void check_each_missing(const struct story *s)
{
	size_t n = variants_of(s, s->count);
	for (size_t i = 0; i < n; i++) {
		size_t at = choose(i, n, s->count);
		check_without(s, at, at);
	}
}

static void a_capture_without_any_one_record_tells_nothing_untrue_and_every_other_kill(void **state)
{
	(void)state;
	with_each_story(check_each_missing);
}

static void check_gap(const struct story *s)
{
	size_t n = variants_of(s, s->count);
	for (size_t i = 0; i < n; i++) {
		size_t from = random_below(s->count), to = from + random_below(s->count - from);
		bool restarts = false;
		for (size_t k = from; k <= to; k++)
			restarts |= story_restarts_at(s, k);
		if (!restarts)
			check_without(s, from, to);
	}
}

static void a_gap_of_any_size_tells_nothing_untrue_and_every_other_kill(void **state)
{
	(void)state;
	with_each_story(check_gap);
}

/* ---- turns ---- */

static void check_turns(const struct story *s)
{
	size_t n = s->count > LONG ? 6 : 30;
	lost_from = 1;
	lost_to = 0;
	beginning_is_lost = false;
	for (size_t k = 0; k < n; k++) {
		json_t *events = json_array();
		size_t often = k == 0 ? 1 : 1 + random_below(12);
		run_begin();
		for (size_t i = 0; i < s->count; i++) {
			bool jumps = i > 0 && !story_restarts_at(s, i) && s->record[i].seq != s->record[i - 1].seq + 1;
			if (jumps)
				run_gap(events);
			if (s->record[i].facility == 0)
				run_record(&s->record[i], events);
			if (random_below(often) == 0)
				run_settle(events);
		}
		run_end(events);
		hold_against_whole(s, events, "read in turns");
		if (json_array_size(events) != json_array_size(s->events))
			fail_msg("%s: %zu events, read in turns %zu", s->name, json_array_size(s->events),
				 json_array_size(events));
		json_decref(events);
	}
}

static void the_turns_in_which_a_ring_is_read_make_nothing_untrue_and_lose_no_event(void **state)
{
	(void)state;
	with_each_story(check_turns);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(a_capture_cut_at_any_byte_tells_nothing_untrue, random_seed),
	    cmocka_unit_test_setup(a_capture_without_any_one_record_tells_nothing_untrue_and_every_other_kill,
				   random_seed),
	    cmocka_unit_test_setup(a_gap_of_any_size_tells_nothing_untrue_and_every_other_kill, random_seed),
	    cmocka_unit_test_setup(the_turns_in_which_a_ring_is_read_make_nothing_untrue_and_lose_no_event,
				   random_seed),
	};
	return cmocka_run_group_tests(tests, property_set_up, property_tear_down);
}
