/* ctl/tally: who is killed most, and when. */
#include "ctl_fixture.h"

#include "ctl/tally.h"

static void add(struct ctl_tally *t, const char *more)
{
	json_t *j = merged(more);
	assert_true(ctl_tally_add(t, j));
	json_decref(j);
}

static void the_most_killed_stand_first(void **state)
{
	struct ctl_tally t = {0};
	(void)state;
	add(&t, "{'type':'oom-kill'}");
	add(&t, "{'type':'oom-kill','victim':{'comm':'java'}}");
	add(&t, "{'type':'oom-kill','victim':{'comm':'java'},'identity':{'container':null,'pod':null}}");
	ctl_tally_sort(&t);
	assert_int_equal(t.kills, 3);
	assert_string_equal(t.by[CTL_BY_COMMAND].row[0].name, "java");
	assert_int_equal(t.by[CTL_BY_COMMAND].row[0].kills, 2);
	assert_string_equal(t.by[CTL_BY_POD].row[0].name, "shop/web-0");
	assert_int_equal(t.by[CTL_BY_POD].row[0].kills, 2);
	ctl_tally_free(&t);
}

static void a_containers_scope_is_not_counted_as_a_unit(void **state)
{
	struct ctl_tally t = {0};
	(void)state;
	add(&t, "{'type':'oom-kill'}");
	assert_int_equal(t.by[CTL_BY_UNIT].count, 0);
	json_t *j = event_of("{'type':'oom-kill','identity':{'unit':'db.service'}}");
	assert_true(ctl_tally_add(&t, j));
	json_decref(j);
	assert_string_equal(t.by[CTL_BY_UNIT].row[0].name, "db.service");
	ctl_tally_free(&t);
}

static void losses_are_counted_apart(void **state)
{
	struct ctl_tally t = {0};
	(void)state;
	add(&t, "{'type':'records-lost','count':12}");
	add(&t, "{'type':'kills-unseen','kernel_count':5,'reported_count':3}");
	assert_int_equal(t.kills, 0);
	assert_int_equal(t.lost, 12);
	assert_int_equal(t.unseen, 2);
	ctl_tally_free(&t);
}

static void steps_of_time_hold_every_kill(void **state)
{
	struct ctl_tally t = {0};
	uint64_t steps[24], from, step, sum = 0;
	(void)state;
	for (int i = 0; i < 100; i++) {
		char more[96];
		snprintf(more, sizeof(more), "{'type':'oom-kill','realtime_usec':%llu}",
			 1790000000000000ull + (unsigned)i * 3600000000ull);
		add(&t, more);
	}
	size_t n = ctl_tally_over_time(&t, steps, 24, &from, &step);
	assert_true(n > 1 && n <= 24);
	for (size_t i = 0; i < n; i++)
		sum += steps[i];
	assert_int_equal(sum, 100);
	assert_true(from <= 1790000000000000);
	assert_int_equal(from / 1000000 % step, 0);
	ctl_tally_free(&t);
	assert_int_equal(ctl_tally_over_time(&t, steps, 24, &from, &step), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_most_killed_stand_first),
	    cmocka_unit_test(a_containers_scope_is_not_counted_as_a_unit),
	    cmocka_unit_test(losses_are_counted_apart),
	    cmocka_unit_test(steps_of_time_hold_every_kill),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
