/* host/history: thinning, and the three names on curves as real programs draw them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "host/history.h"

#define SEC 1000000ull
#define INTERVAL (30 * SEC)
#define BOOT (1000 * SEC) /* uptime when the curves begin */

static struct host_history h;

static int setup(void **state)
{
	(void)state;
	h.count = 0;
	return 0;
}

static void add(uint64_t sec, uint64_t kb)
{
	host_history_add(&h, BOOT + sec * SEC, kb);
}

/* Samples kb[] every interval, beginning one interval after the start; dies `rest` seconds after the last. */
static enum host_growth curve(const uint32_t *kb, size_t n, uint64_t rest, uint64_t last_kb)
{
	for (size_t i = 0; i < n; i++)
		host_history_add(&h, BOOT + (i + 1) * INTERVAL, kb[i]);
	const struct host_growth_input in = {.start_usec = BOOT,
					     .death_usec = BOOT + n * INTERVAL + rest * SEC,
					     .rss_kb = last_kb,
					     .interval_usec = INTERVAL};
	return host_history_growth(&h, &in);
}

static enum host_growth die(uint64_t start_sec, uint64_t sec, uint64_t kb)
{
	const struct host_growth_input in = {.start_usec = start_sec == UINT64_MAX ? 0 : BOOT + start_sec * SEC,
					     .death_usec = BOOT + sec * SEC,
					     .rss_kb = kb,
					     .interval_usec = INTERVAL};
	return host_history_growth(&h, &in);
}

static void days_fit_into_thirty_two_points(void **state)
{
	(void)state;
	const uint64_t days = 7 * 24 * 3600;
	for (uint64_t t = 0; t <= days; t += 30)
		add(t, t % 60 ? 1000 : 2000); /* never flat */
	assert_int_equal(h.count, LIMIT_HISTORY);
	assert_int_equal(h.point[0].at, BOOT / HOST_HISTORY_TICK_USEC);
	assert_int_equal(h.point[h.count - 1].at, (BOOT + days * SEC) / HOST_HISTORY_TICK_USEC);
	for (uint32_t i = 1; i < h.count; i++)
		assert_true(h.point[i].at > h.point[i - 1].at);
	/* Dense at the new end: the last three are one interval apart; and no hole is larger than half of its age. */
	assert_int_equal(h.point[31].at - h.point[30].at, 300);
	assert_int_equal(h.point[30].at - h.point[29].at, 300);
	for (uint32_t i = 1; i + 2 < h.count; i++) {
		uint32_t age = h.point[31].at - h.point[i].at, gap = h.point[i + 1].at - h.point[i].at;
		assert_true(gap <= age / 2 + 600);
	}
}

static void a_flat_stretch_is_its_two_ends(void **state)
{
	(void)state;
	for (uint64_t t = 0; t < 1000; t++)
		add(30 * t, 500000 + t % 3);
	assert_int_equal(h.count, 2);
	add(30 * 1000, 600000);
	assert_int_equal(h.count, 3);
	assert_int_equal(h.point[1].at, (BOOT + 999 * INTERVAL) / HOST_HISTORY_TICK_USEC);
}

static void a_slow_rise_is_not_taken_for_flat(void **state)
{
	(void)state;
	for (uint64_t t = 0; t < 200; t++)
		add(30 * t, 100000 + 100 * t); /* 0.1 % a sample */
	assert_true(h.count > 8);
}

static void a_point_that_is_not_newer_replaces_the_last(void **state)
{
	(void)state;
	add(10, 100);
	add(10, 200);
	add(9, 300);
	assert_int_equal(h.count, 1);
	assert_int_equal(h.point[0].rss_kb, 300);
}

static void sizes_beyond_four_tib_saturate(void **state)
{
	(void)state;
	add(1, UINT64_MAX);
	assert_int_equal(h.point[0].rss_kb, UINT32_MAX);
}

/* A Ruby worker that gained some 4 MB a minute for five hours. */
static void a_slow_steady_rise_is_a_leak(void **state)
{
	(void)state;
	uint32_t kb[600];
	for (size_t i = 0; i < 600; i++)
		kb[i] = 180000 + (uint32_t)i * 2000 + (uint32_t)(i * 7919 % 1500);
	assert_int_equal(curve(kb, 600, 12, 1385000), HOST_GROWTH_LEAK);
}

static void a_leak_after_a_warm_up_is_a_leak(void **state)
{
	(void)state;
	uint32_t kb[400];
	for (size_t i = 0; i < 400; i++)
		kb[i] = 600000 + (uint32_t)i * 500;
	assert_int_equal(curve(kb, 400, 5, 800000), HOST_GROWTH_LEAK);
}

/* A leak that doubles: most of it comes late, but not in the last moments. */
static void a_leak_that_accelerates_is_a_leak(void **state)
{
	(void)state;
	uint32_t kb[240];
	for (size_t i = 0; i < 240; i++)
		kb[i] = 100000 + (uint32_t)(i * i * 15);
	assert_int_equal(curve(kb, 240, 5, 965000), HOST_GROWTH_LEAK);
}

static void a_leak_is_told_after_a_week_of_thinning(void **state)
{
	(void)state;
	for (uint64_t t = 0; t <= 7 * 24 * 3600; t += 30)
		add(t, 200000 + t);
	assert_int_equal(die(0, 7 * 24 * 3600 + 10, 805000), HOST_GROWTH_LEAK);
}

/* A server at rest that is asked for one huge report. */
static void a_jump_in_the_last_moments_is_a_spike(void **state)
{
	(void)state;
	uint32_t kb[200];
	for (size_t i = 0; i < 200; i++)
		kb[i] = 210000 + (uint32_t)(i * 31 % 900);
	assert_int_equal(curve(kb, 200, 20, 2000000), HOST_GROWTH_SPIKE);
}

static void a_jump_that_the_last_samples_saw_is_a_spike(void **state)
{
	(void)state;
	uint32_t kb[100];
	for (size_t i = 0; i < 100; i++)
		kb[i] = i < 97 ? 210000 : 210000 + (uint32_t)(i - 96) * 400000;
	assert_int_equal(curve(kb, 100, 20, 1900000), HOST_GROWTH_SPIKE);
}

static void a_leak_that_ends_in_a_jump_is_a_spike(void **state)
{
	(void)state;
	uint32_t kb[200];
	for (size_t i = 0; i < 200; i++)
		kb[i] = 200000 + (uint32_t)i * 1000;
	assert_int_equal(curve(kb, 200, 20, 900000), HOST_GROWTH_SPIKE);
}

static void a_process_that_lived_for_moments_is_a_spike(void **state)
{
	(void)state;
	assert_int_equal(die(0, 2, 64000), HOST_GROWTH_SPIKE);
	add(1, 10000);
	assert_int_equal(die(0, 100, 64000), HOST_GROWTH_SPIKE);
}

/* A database with its buffers full, killed because its neighbours took the rest. */
static void a_plateau_is_steady(void **state)
{
	(void)state;
	uint32_t kb[300];
	for (size_t i = 0; i < 300; i++)
		kb[i] = 4000000 + (uint32_t)(i * 7919 % 90000);
	assert_int_equal(curve(kb, 300, 10, 4090000), HOST_GROWTH_STEADY);
}

static void a_plateau_reached_long_ago_is_steady(void **state)
{
	(void)state;
	uint32_t kb[300];
	for (size_t i = 0; i < 300; i++)
		kb[i] = i < 20 ? 100000 + (uint32_t)i * 95000 : 2000000 + (uint32_t)(i * 31 % 9000);
	assert_int_equal(curve(kb, 300, 10, 2009000), HOST_GROWTH_STEADY);
}

/* A garbage collector's saw, one tooth of 40 samples. */
static void a_sawtooth_is_no_leak(void **state)
{
	(void)state;
	uint32_t kb[400];
	for (size_t i = 0; i < 400; i++)
		kb[i] = 500000 + (uint32_t)(i % 40) * 12000;
	assert_int_equal(curve(kb, 400, 10, 980000), HOST_GROWTH_STEADY);
}

/* The same saw on a rising floor: what is never given back grows. */
static void a_sawtooth_on_a_rising_floor_is_a_leak(void **state)
{
	(void)state;
	uint32_t kb[400];
	for (size_t i = 0; i < 400; i++)
		kb[i] = 500000 + (uint32_t)i * 3000 + (uint32_t)(i % 12) * 12000;
	assert_int_equal(curve(kb, 400, 10, 1740000), HOST_GROWTH_LEAK);
}

static void an_even_rise_turns_from_spike_to_leak_at_ten_intervals(void **state)
{
	(void)state;
	uint32_t kb[32];
	for (size_t i = 0; i < 32; i++)
		kb[i] = (uint32_t)(i + 1) * 10000;
	assert_int_equal(curve(kb, 8, 15, 85000), HOST_GROWTH_SPIKE);
	h.count = 0;
	assert_int_equal(curve(kb, 14, 15, 145000), HOST_GROWTH_LEAK);
}

static void without_samples_an_old_process_is_unknown(void **state)
{
	(void)state;
	assert_int_equal(die(0, 100000, 64000), HOST_GROWTH_UNKNOWN);
	assert_int_equal(die(UINT64_MAX, 10, 64000), HOST_GROWTH_UNKNOWN);
}

static void what_was_watched_for_moments_is_unknown_unless_it_jumped(void **state)
{
	(void)state;
	add(99990, 500000);
	assert_int_equal(die(0, 100000, 510000), HOST_GROWTH_UNKNOWN);
	assert_int_equal(die(0, 100000, 1100000), HOST_GROWTH_SPIKE);
}

static void a_size_of_nothing_is_unknown(void **state)
{
	(void)state;
	add(1, 1000);
	assert_int_equal(die(0, 1000, 0), HOST_GROWTH_UNKNOWN);
}

static void names_are_those_of_the_event(void **state)
{
	(void)state;
	assert_true(slice_eq(host_growth_name(HOST_GROWTH_LEAK), SLICE("leak")));
	assert_true(slice_eq(host_growth_name(HOST_GROWTH_SPIKE), SLICE("spike")));
	assert_true(slice_eq(host_growth_name(HOST_GROWTH_STEADY), SLICE("steady")));
	assert_false(slice_present(host_growth_name(HOST_GROWTH_UNKNOWN)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(days_fit_into_thirty_two_points, setup),
	    cmocka_unit_test_setup(a_flat_stretch_is_its_two_ends, setup),
	    cmocka_unit_test_setup(a_slow_rise_is_not_taken_for_flat, setup),
	    cmocka_unit_test_setup(a_point_that_is_not_newer_replaces_the_last, setup),
	    cmocka_unit_test_setup(sizes_beyond_four_tib_saturate, setup),
	    cmocka_unit_test_setup(a_slow_steady_rise_is_a_leak, setup),
	    cmocka_unit_test_setup(a_leak_after_a_warm_up_is_a_leak, setup),
	    cmocka_unit_test_setup(a_leak_that_accelerates_is_a_leak, setup),
	    cmocka_unit_test_setup(a_leak_is_told_after_a_week_of_thinning, setup),
	    cmocka_unit_test_setup(a_jump_in_the_last_moments_is_a_spike, setup),
	    cmocka_unit_test_setup(a_jump_that_the_last_samples_saw_is_a_spike, setup),
	    cmocka_unit_test_setup(a_leak_that_ends_in_a_jump_is_a_spike, setup),
	    cmocka_unit_test_setup(a_process_that_lived_for_moments_is_a_spike, setup),
	    cmocka_unit_test_setup(a_plateau_is_steady, setup),
	    cmocka_unit_test_setup(a_plateau_reached_long_ago_is_steady, setup),
	    cmocka_unit_test_setup(a_sawtooth_is_no_leak, setup),
	    cmocka_unit_test_setup(a_sawtooth_on_a_rising_floor_is_a_leak, setup),
	    cmocka_unit_test_setup(an_even_rise_turns_from_spike_to_leak_at_ten_intervals, setup),
	    cmocka_unit_test_setup(without_samples_an_old_process_is_unknown, setup),
	    cmocka_unit_test_setup(what_was_watched_for_moments_is_unknown_unless_it_jumped, setup),
	    cmocka_unit_test_setup(a_size_of_nothing_is_unknown, setup),
	    cmocka_unit_test_setup(names_are_those_of_the_event, setup),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
