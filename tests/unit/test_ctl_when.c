/* ctl/when: times as people write them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "ctl/when.h"

#define NOW 1793527200000000ull /* 2026-11-01 10:00:00 UTC, 11:00 in Berlin */

static uint64_t parsed(const char *word)
{
	uint64_t usec = 0;
	if (!ctl_when_parse(slice_cstr(word), NOW, &usec))
		fail_msg("\"%s\" is not understood", word);
	return usec / 1000000;
}

static int in_utc(void **state)
{
	(void)state;
	setenv("TZ", "UTC", 1);
	tzset();
	return 0;
}

static int in_berlin(void **state)
{
	(void)state;
	setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
	tzset();
	return 0;
}

static void dates_clocks_words_and_spans_are_understood(void **state)
{
	(void)state;
	const uint64_t now = NOW / 1000000, today = now - 36000;
	assert_int_equal(parsed("now"), now);
	assert_int_equal(parsed("today"), today);
	assert_int_equal(parsed("yesterday"), today - 86400);
	assert_int_equal(parsed("tomorrow"), today + 86400);
	assert_int_equal(parsed("2026-11-01"), today);
	assert_int_equal(parsed("2026-11-01 08:30"), today + 8 * 3600 + 1800);
	assert_int_equal(parsed("2026-11-01T08:30:05"), today + 8 * 3600 + 1805);
	assert_int_equal(parsed("08:30"), today + 8 * 3600 + 1800);
	assert_int_equal(parsed("@1700000000"), 1700000000);
	assert_int_equal(parsed("-2h"), now - 7200);
	assert_int_equal(parsed("2h ago"), now - 7200);
	assert_int_equal(parsed("1 day 3 hours ago"), now - 86400 - 3 * 3600);
	assert_int_equal(parsed("+5min"), now + 300);
	assert_int_equal(parsed("-90"), now - 90);
	assert_int_equal(parsed("2026-11-01T08:30:00+02:00"), today + 6 * 3600 + 1800);
	assert_int_equal(parsed("2026-11-01 08:30:00 UTC"), today + 8 * 3600 + 1800);
}

static void local_dates_follow_the_zone_and_its_summer(void **state)
{
	(void)state;
	assert_int_equal(parsed("2026-11-01 11:00:00"), NOW / 1000000);
	assert_int_equal(parsed("2026-07-01 12:00"), 1782900000); /* 10:00 UTC */
}

static void nonsense_is_refused(void **state)
{
	static const char *const words[] = {"",           " ",
					    "soon",       "2026",
					    "2026-13-01", "2026-11-01 25:00",
					    "-2q",        "-",
					    "5 ago x",    "2026-11-01 x",
					    "@",          "@12x",
					    "1h",         "--2h",
					    "10:3x",      "99999999999999999999y ago"};
	uint64_t usec;
	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(words); i++)
		if (ctl_when_parse(slice_cstr(words[i]), NOW, &usec))
			fail_msg("\"%s\" was taken for a time", words[i]);
}

static void spans_are_said_in_two_units(void **state)
{
	static const struct {
		uint64_t sec;
		const char *text;
	} spans[] = {{0, "0s"}, {59, "59s"}, {61, "1min 1s"}, {3600, "1h"}, {93784, "1d 2h"}, {86400 * 400, "400d"}};
	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(spans); i++) {
		char s[64];
		struct text t = text_on(s, sizeof(s));
		ctl_when_add_span(&t, spans[i].sec);
		assert_string_equal(text_cstr(&t), spans[i].text);
	}
}

static void a_time_is_shown_in_the_local_zone(void **state)
{
	char s[64];
	struct text t = text_on(s, sizeof(s));
	(void)state;
	ctl_when_add(&t, NOW, false);
	assert_string_equal(text_cstr(&t), "2026-11-01 11:00:00");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(dates_clocks_words_and_spans_are_understood, in_utc),
	    cmocka_unit_test_setup(local_dates_follow_the_zone_and_its_summer, in_berlin),
	    cmocka_unit_test_setup(nonsense_is_refused, in_utc),
	    cmocka_unit_test_setup(spans_are_said_in_two_units, in_utc),
	    cmocka_unit_test_setup(a_time_is_shown_in_the_local_zone, in_berlin),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
