#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kmsg/stamp.h"

#define SEC 1000000ull

static void without_observation_the_clocks_are_one(void **state)
{
	(void)state;
	struct kmsg_stamp s = {0};
	assert_int_equal(kmsg_stamp_monotonic(&s, 100 * SEC, 99 * SEC), 99 * SEC);
	assert_int_equal(kmsg_stamp_monotonic(&s, 100 * SEC, 101 * SEC), 100 * SEC);
}

static void the_quickest_delivery_tells_the_distance(void **state)
{
	(void)state;
	struct kmsg_stamp s = {0};
	kmsg_stamp_observe(&s, 1000 * SEC + 4000, 998 * SEC);
	kmsg_stamp_observe(&s, 1001 * SEC + 300, 999 * SEC);
	kmsg_stamp_observe(&s, 1002 * SEC + 9000, 1000 * SEC);
	assert_int_equal(kmsg_stamp_monotonic(&s, 1003 * SEC, 1000 * SEC), 1002 * SEC + 300);
}

static void a_kernel_clock_that_runs_ahead_is_moved_back(void **state)
{
	(void)state;
	struct kmsg_stamp s = {0};
	kmsg_stamp_observe(&s, 1000 * SEC, 1005 * SEC);
	assert_int_equal(kmsg_stamp_monotonic(&s, 1002 * SEC, 1006 * SEC), 1001 * SEC);
}

static void an_old_observation_gives_way_to_drift(void **state)
{
	(void)state;
	struct kmsg_stamp s = {0};
	kmsg_stamp_observe(&s, 1000 * SEC, 1000 * SEC);
	/* 20 minutes at 10 ppm: 12 ms */
	kmsg_stamp_observe(&s, 2200 * SEC + 12000, 2200 * SEC);
	assert_int_equal(kmsg_stamp_monotonic(&s, 2300 * SEC, 2201 * SEC), 2201 * SEC + 12000);
}

static void the_last_half_window_still_counts(void **state)
{
	(void)state;
	struct kmsg_stamp s = {0};
	kmsg_stamp_observe(&s, 1000 * SEC + 100, 1000 * SEC);
	kmsg_stamp_observe(&s, 1301 * SEC + 3000, 1301 * SEC);
	assert_int_equal(kmsg_stamp_monotonic(&s, 1400 * SEC, 1302 * SEC), 1302 * SEC + 100);
}

static void a_long_silence_does_not_hide_the_drift_behind_it(void **state)
{
	(void)state;
	struct kmsg_stamp s = {0};
	kmsg_stamp_observe(&s, 1000 * SEC, 1000 * SEC);
	/* three hours at 10 ppm: 108 ms, more than a record is late in practice */
	for (uint64_t i = 0; i < 10; i++)
		kmsg_stamp_observe(&s, (11800 + i) * SEC + 108000, (11800 + i) * SEC);
	assert_int_equal(kmsg_stamp_monotonic(&s, 11900 * SEC, 11850 * SEC), 11850 * SEC + 108000);
}

static void what_was_observed_before_a_restart_counts_until_there_is_better(void **state)
{
	(void)state;
	struct kmsg_stamp before = {0}, s = {0};
	int64_t distance;
	assert_false(kmsg_stamp_distance(&before, &distance));
	kmsg_stamp_observe(&before, 9000 * SEC, 9300 * SEC);
	assert_true(kmsg_stamp_distance(&before, &distance));
	kmsg_stamp_resume(&s, distance);
	assert_int_equal(kmsg_stamp_monotonic(&s, 9010 * SEC, 9305 * SEC), 9005 * SEC);
	kmsg_stamp_observe(&s, 9011 * SEC, 9312 * SEC);
	assert_int_equal(kmsg_stamp_monotonic(&s, 9012 * SEC, 9312 * SEC), 9011 * SEC);
}

static void a_record_read_ten_seconds_late_does_not_move_the_clock(void **state)
{
	(void)state;
	struct kmsg_stamp s = {0};
	kmsg_stamp_observe(&s, 1000 * SEC, 1000 * SEC);
	kmsg_stamp_observe(&s, 5010 * SEC, 5000 * SEC);
	assert_int_equal(kmsg_stamp_monotonic(&s, 5010 * SEC, 5000 * SEC), 5000 * SEC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(without_observation_the_clocks_are_one),
	    cmocka_unit_test(the_quickest_delivery_tells_the_distance),
	    cmocka_unit_test(a_kernel_clock_that_runs_ahead_is_moved_back),
	    cmocka_unit_test(an_old_observation_gives_way_to_drift),
	    cmocka_unit_test(the_last_half_window_still_counts),
	    cmocka_unit_test(a_long_silence_does_not_hide_the_drift_behind_it),
	    cmocka_unit_test(what_was_observed_before_a_restart_counts_until_there_is_better),
	    cmocka_unit_test(a_record_read_ten_seconds_late_does_not_move_the_clock),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
