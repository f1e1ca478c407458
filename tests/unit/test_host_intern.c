/* host/intern and host/pool: equal strings once, and every cell comes back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "host/intern.h"

struct fixture {
	struct host_pool pool;
	struct host_intern in;
	uint32_t bucket[64];
	struct host_cell cell[1024];
};

static int setup(void **state)
{
	static const uint64_t key[2] = {1, 2};
	struct fixture *f = calloc(1, sizeof(*f));
	assert_non_null(f);
	host_pool_init(&f->pool, f->cell, sizeof(f->cell));
	host_intern_init(&f->in, &f->pool, f->bucket, ARRAY_COUNT(f->bucket), key);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	free(*state);
	return 0;
}

static void fill(char *to, size_t n, uint32_t seed)
{
	for (size_t i = 0; i < n; i++)
		to[i] = (char)(seed * 31 + i * 7);
}

static void equal_strings_are_kept_once(void **state)
{
	struct fixture *f = *state;
	uint32_t a = host_intern_hold(&f->in, SLICE("/system.slice/web.service"));
	uint32_t used = f->pool.used;
	uint32_t b = host_intern_hold(&f->in, SLICE("/system.slice/web.service"));
	assert_int_not_equal(a, 0);
	assert_int_equal(a, b);
	assert_int_equal(f->pool.used, used);
	assert_int_not_equal(host_intern_hold(&f->in, SLICE("/system.slice/web.servicf")), a);
}

static void a_string_lives_until_its_last_holder_drops_it(void **state)
{
	struct fixture *f = *state;
	char text[16];
	uint32_t a = host_intern_hold(&f->in, SLICE("x"));
	host_intern_share(&f->in, a);
	host_intern_drop(&f->in, a);
	assert_true(slice_eq(host_intern_copy(&f->in, a, text, sizeof(text)), SLICE("x")));
	host_intern_drop(&f->in, a);
	assert_int_equal(f->pool.used, 0);
	assert_int_equal(f->in.strings, 0);
}

static void strings_of_every_length_come_back_as_they_were(void **state)
{
	struct fixture *f = *state;
	static char text[512], back[512];
	uint32_t ref[512];
	for (uint32_t n = 0; n < 512; n++) {
		fill(text, n, n);
		ref[n] = host_intern_hold(&f->in, slice_of(text, n));
		if (!ref[n])
			fail_msg("length %u", n);
		struct slice got = host_intern_copy(&f->in, ref[n], back, sizeof(back));
		assert_true(slice_eq(got, slice_of(text, n)));
		assert_int_equal(host_intern_size(&f->in, ref[n]), n);
		host_intern_drop(&f->in, ref[n]);
	}
	assert_int_equal(f->pool.used, 0);
}

static void an_empty_string_is_not_an_absent_one(void **state)
{
	struct fixture *f = *state;
	uint32_t empty = host_intern_hold(&f->in, slice_of("", 0));
	assert_int_not_equal(empty, 0);
	assert_int_equal(host_intern_hold(&f->in, SLICE_NONE), 0);
	assert_true(host_intern_equals(&f->in, 0, SLICE_NONE));
	assert_false(host_intern_equals(&f->in, empty, SLICE_NONE));
	assert_true(host_intern_equals(&f->in, empty, slice_of("", 0)));
}

static void a_full_pool_refuses_and_loses_nothing(void **state)
{
	struct fixture *f = *state;
	char text[1000];
	uint32_t ref[1024], n = 0;
	for (; n < 1024; n++) {
		fill(text, sizeof(text), n);
		memcpy(text, &n, sizeof(n));
		ref[n] = host_intern_hold(&f->in, slice_of(text, sizeof(text)));
		if (!ref[n])
			break;
	}
	assert_in_range(n, 50, 70);
	assert_true(host_pool_left(&f->pool) < 17);
	for (uint32_t i = 0; i < n; i++)
		host_intern_drop(&f->in, ref[i]);
	assert_int_equal(f->pool.used, 0);
	assert_int_equal(host_pool_left(&f->pool), 1023);
}

static void a_string_longer_than_the_bound_is_refused(void **state)
{
	struct fixture *f = *state;
	static char text[HOST_INTERN_MAX + 1];
	assert_int_equal(host_intern_hold(&f->in, slice_of(text, sizeof(text))), 0);
	assert_int_not_equal(host_intern_hold(&f->in, slice_of(text, HOST_INTERN_MAX)), 0);
}

static void a_note_stays_with_its_string_and_goes_with_it(void **state)
{
	struct fixture *f = *state;
	uint32_t a = host_intern_hold(&f->in, SLICE("/a"));
	assert_int_equal(host_intern_noted(&f->in, a), 0);
	host_intern_note(&f->in, a, 42);
	assert_int_equal(host_intern_noted(&f->in, host_intern_hold(&f->in, SLICE("/a"))), 42);
	host_intern_drop(&f->in, a);
	host_intern_drop(&f->in, a);
	assert_int_equal(host_intern_noted(&f->in, host_intern_hold(&f->in, SLICE("/a"))), 0);
}

static void fresh_strings_come_once_in_order_and_outlive_their_holders(void **state)
{
	struct fixture *f = *state;
	char text[8];
	uint32_t a = host_intern_hold(&f->in, SLICE("/a")), b = host_intern_hold(&f->in, SLICE("/b"));
	host_intern_watch(&f->in, a);
	host_intern_watch(&f->in, b);
	host_intern_watch(&f->in, a);
	host_intern_drop(&f->in, a);
	host_intern_drop(&f->in, b);
	assert_int_equal(host_intern_fresh(&f->in), a);
	assert_true(slice_eq(host_intern_copy(&f->in, a, text, sizeof(text)), SLICE("/a")));
	host_intern_drop(&f->in, a);
	assert_int_equal(host_intern_fresh(&f->in), b);
	host_intern_drop(&f->in, b);
	assert_int_equal(host_intern_fresh(&f->in), 0);
	assert_int_equal(f->pool.used, 0);
}

/* A queue that nobody empties, or not as fast as somebody fills it, must leave room for the processes. */
static void a_long_queue_of_fresh_strings_takes_no_more_than_its_share(void **state)
{
	struct fixture *f = *state;
	char path[1000];
	for (uint32_t i = 0; i < 200; i++) {
		fill(path, sizeof(path), i);
		uint32_t ref = host_intern_hold(&f->in, slice_of(path, sizeof(path)));
		assert_int_not_equal(ref, 0);
		host_intern_watch(&f->in, ref);
		host_intern_drop(&f->in, ref);
	}
	assert_true(f->pool.used <= f->pool.cap / HOST_INTERN_FRESH_SHARE);
	assert_true(f->in.fresh_refused > 0);
	uint32_t ref, count = 0;
	while ((ref = host_intern_fresh(&f->in))) {
		host_intern_drop(&f->in, ref);
		count++;
	}
	assert_int_equal(count + f->in.fresh_refused, 200);
	assert_int_equal(f->pool.used, 0);
	ref = host_intern_hold(&f->in, SLICE("/again"));
	host_intern_watch(&f->in, ref);
	host_intern_drop(&f->in, ref);
	assert_int_equal(host_intern_fresh(&f->in), ref);
}

static void strings_of_one_bucket_do_not_hide_each_other(void **state)
{
	struct fixture *f = *state;
	uint32_t ref[300];
	char text[8];
	for (uint32_t i = 0; i < 300; i++)
		ref[i] = host_intern_hold(&f->in, slice_of((const char *)&i, sizeof(i)));
	for (uint32_t i = 0; i < 300; i += 3)
		host_intern_drop(&f->in, ref[i]);
	for (uint32_t i = 0; i < 300; i++) {
		if (i % 3 == 0)
			continue;
		assert_int_equal(host_intern_hold(&f->in, slice_of((const char *)&i, sizeof(i))), ref[i]);
		assert_int_equal(host_intern_copy(&f->in, ref[i], text, sizeof(text)).n, sizeof(i));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(equal_strings_are_kept_once, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_string_lives_until_its_last_holder_drops_it, setup, teardown),
	    cmocka_unit_test_setup_teardown(strings_of_every_length_come_back_as_they_were, setup, teardown),
	    cmocka_unit_test_setup_teardown(an_empty_string_is_not_an_absent_one, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_full_pool_refuses_and_loses_nothing, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_string_longer_than_the_bound_is_refused, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_note_stays_with_its_string_and_goes_with_it, setup, teardown),
	    cmocka_unit_test_setup_teardown(fresh_strings_come_once_in_order_and_outlive_their_holders, setup,
					    teardown),
	    cmocka_unit_test_setup_teardown(a_long_queue_of_fresh_strings_takes_no_more_than_its_share, setup,
					    teardown),
	    cmocka_unit_test_setup_teardown(strings_of_one_bucket_do_not_hide_each_other, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
