/* host/store_facts: which processes are news of the cgroup they are in. Times are microseconds since boot. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "host/store.h"

#define SEC 1000000ull
#define UNIT "/system.slice/sidekiq.service"

static struct host_store s;
static void *memory;

static int setup(void **state)
{
	static const uint64_t key[2] = {3, 4};
	(void)state;
	memory = calloc(1, HOST_STORE_MIN_SIZE);
	assert_non_null(memory);
	assert_int_equal(host_store_init(&s, memory, HOST_STORE_MIN_SIZE, key, 100), 0);
	s.watch_cgroups = true;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	free(memory);
	return 0;
}

static uint32_t put(int32_t pid, uint64_t start_usec, const char *cgroup)
{
	const struct host_process p = {
	    .have = HOST_HAVE_START,
	    .pid = pid,
	    .start_ticks = start_usec / (SEC / 100),
	    .comm = SLICE("ruby"),
	    .cgroup = slice_cstr(cgroup),
	};
	return host_store_put(&s, &p, 1000 * SEC, start_usec);
}

static uint32_t forked(int32_t parent, int32_t child, uint64_t at)
{
	bool inherited;
	return host_store_fork(&s, parent, child, at, &inherited);
}

/* The next cgroup that is news; NULL: none is. */
static const char *news(void)
{
	static const char *const known[] = {"/init.scope", UNIT, "/other.slice/other.service"};
	uint32_t ref = host_intern_fresh(&s.strings);
	const char *found = ref ? "?" : NULL;
	for (size_t i = 0; ref && i < ARRAY_COUNT(known); i++)
		if (host_intern_equals(&s.strings, ref, slice_cstr(known[i])))
			found = known[i];
	host_intern_drop(&s.strings, ref);
	return found;
}

static void assert_news(const char *want)
{
	const char *got = news();
	if (want)
		assert_string_equal(got ? got : "none", want);
	else
		assert_null(got);
}

static void a_cgroup_is_news_with_its_first_process(void **state)
{
	(void)state;
	put(10, SEC, UNIT);
	put(11, SEC, UNIT);
	assert_news(UNIT);
	assert_news(NULL);
}

static void a_unit_that_starts_again_is_news_again(void **state)
{
	(void)state;
	put(1, SEC, "/init.scope");
	assert_news("/init.scope");
	for (int32_t pid = 20; pid < 23; pid++) {
		uint64_t at = (uint64_t)pid * SEC;
		uint32_t i = forked(1, pid, at);
		host_store_set_cgroup(&s, i, SLICE(UNIT), false, at);
		assert_news(UNIT);
		assert_news(NULL);
		host_store_exit(&s, pid, at + 1, true);
	}
}

static void a_child_enters_nothing(void **state)
{
	(void)state;
	put(20, SEC, UNIT);
	assert_news(UNIT);
	uint32_t i = forked(20, 21, 2 * SEC);
	host_store_set_cgroup(&s, i, SLICE(UNIT), false, 2 * SEC);
	host_store_share_cgroup(&s, i, host_store_at(&s, i)->cgroup, true, 2 * SEC);
	assert_news(NULL);
}

static void a_process_that_is_moved_is_news_of_where_it_went(void **state)
{
	(void)state;
	uint32_t there = put(30, SEC, "/other.slice/other.service"), i = put(20, SEC, UNIT);
	assert_news("/other.slice/other.service");
	assert_news(UNIT);
	host_store_share_cgroup(&s, i, host_store_at(&s, there)->cgroup, false, 2 * SEC);
	assert_news("/other.slice/other.service");
	assert_news(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(a_cgroup_is_news_with_its_first_process, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_unit_that_starts_again_is_news_again, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_child_enters_nothing, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_process_that_is_moved_is_news_of_where_it_went, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
