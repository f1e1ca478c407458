/* Names read by a thread. A disk that does not answer is a reader held up at a gate of the test's own. */
/* LINK: -Wl,--wrap=host_names_learn */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "host/namer.h"
#include "host_tree_fixture.h"

#define A "1111111111111111111111111111111111111111111111111111111111111111"
#define B "2222222222222222222222222222222222222222222222222222222222222222"

static pthread_mutex_t gate_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t gate_moved = PTHREAD_COND_INITIALIZER;
static bool gate_shut;
static unsigned at_gate, learned;

bool __real_host_names_learn(struct host_names_cache *c, const struct host_identity *id, uint64_t now_usec);
bool __wrap_host_names_learn(struct host_names_cache *c, const struct host_identity *id, uint64_t now_usec);

bool __wrap_host_names_learn(struct host_names_cache *c, const struct host_identity *id, uint64_t now_usec)
{
	pthread_mutex_lock(&gate_lock);
	at_gate++;
	pthread_cond_broadcast(&gate_moved);
	while (gate_shut)
		pthread_cond_wait(&gate_moved, &gate_lock);
	at_gate--;
	pthread_mutex_unlock(&gate_lock);
	bool r = __real_host_names_learn(c, id, now_usec);
	pthread_mutex_lock(&gate_lock);
	learned++;
	pthread_cond_broadcast(&gate_moved);
	pthread_mutex_unlock(&gate_lock);
	return r;
}

static void shut_gate(bool shut)
{
	pthread_mutex_lock(&gate_lock);
	gate_shut = shut;
	pthread_cond_broadcast(&gate_moved);
	pthread_mutex_unlock(&gate_lock);
}

static void wait_until_held_up(void)
{
	pthread_mutex_lock(&gate_lock);
	while (!at_gate)
		pthread_cond_wait(&gate_moved, &gate_lock);
	pthread_mutex_unlock(&gate_lock);
}

static void wait_until_learned(unsigned n)
{
	pthread_mutex_lock(&gate_lock);
	while (learned < n)
		pthread_cond_wait(&gate_moved, &gate_lock);
	pthread_mutex_unlock(&gate_lock);
}

struct bench {
	struct root root;
	struct host_namer *namer;
	struct arena arena, names;
	char text[8192], names_text[HOST_NAMER_TEXT];
};

static void put_docker(struct bench *b, const char *id, const char *name)
{
	char path[256], json[256];
	snprintf(path, sizeof(path), "var/lib/docker/containers/%s/config.v2.json", id);
	snprintf(json, sizeof(json), "{\"ID\":\"%s\",\"Name\":\"/%s\"}", id, name);
	put(&b->root, path, json);
}

static int set_up(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));
	assert_non_null(b);
	learned = 0;
	root_new(&b->root);
	put_docker(b, A, "web");
	put_docker(b, B, "db");
	b->arena = arena_on(b->text, sizeof(b->text));
	b->names = arena_on(b->names_text, sizeof(b->names_text));
	assert_int_equal(host_namer_open(b->root.fd, &b->namer), 0);
	*state = b;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *b = *state;
	if (b->namer)
		host_namer_close(b->namer);
	root_free(&b->root);
	free(b);
	return 0;
}

static void ask(struct bench *b, const char *path)
{
	host_namer_ask(b->namer, slice_cstr(path), (struct host_namer_owner){0});
}

static struct slice name_of(struct bench *b, const char *path)
{
	struct host_identity id;
	struct host_names names;
	arena_reset(&b->arena);
	arena_reset(&b->names);
	host_identity_parse(slice_cstr(path), &b->arena, &id);
	host_namer_find(b->namer, &id, slice_cstr(path), (struct host_namer_owner){0}, &b->names, &names);
	return names.container_name;
}

static void what_was_asked_for_is_known_when_its_files_are_gone(void **state)
{
	struct bench *b = *state;
	ask(b, "/docker/" A);
	wait_until_learned(1);
	assert_int_equal(unlinkat(b->root.fd, "var/lib/docker/containers/" A "/config.v2.json", 0), 0);
	assert_true(slice_eq(name_of(b, "/docker/" A), SLICE("web")));
}

/* The wait is bounded, and a busy machine may not be quick enough at the first try. */
static void what_was_not_asked_for_is_read_when_it_is_wanted(void **state)
{
	struct bench *b = *state;
	struct slice name = SLICE_NONE;
	for (int i = 0; i < 1000 && !slice_present(name); i++)
		name = name_of(b, "/docker/" B);
	assert_true(slice_eq(name, SLICE("db")));
	assert_false(slice_present(name_of(b, "/docker/" A "0")));
}

static void what_was_looked_for_in_vain_is_not_waited_for_again(void **state)
{
	struct bench *b = *state;
	uint64_t began = clock_read().monotonic_usec;
	ask(b, "/docker/" A "0");
	ask(b, "/system.slice/a.service");
	wait_until_learned(2);
	shut_gate(true);
	assert_false(slice_present(name_of(b, "/docker/" A "0")));
	assert_false(slice_present(name_of(b, "/system.slice/a.service")));
	shut_gate(false);
	if (clock_read().monotonic_usec - began >= HOST_NAMES_RETRY_USEC)
		skip(); /* this machine was too slow: it is time to look again */
	usleep(10000);
	assert_int_equal(learned, 2);
}

static void a_disk_that_does_not_answer_holds_up_nobody(void **state)
{
	struct bench *b = *state;
	ask(b, "/docker/" A);
	wait_until_learned(1);
	shut_gate(true);
	ask(b, "/docker/" B);
	wait_until_held_up();
	for (int i = 0; i < 100; i++) {
		assert_false(slice_present(name_of(b, "/docker/" B)));
		assert_true(slice_eq(name_of(b, "/docker/" A), SLICE("web")));
	}
	shut_gate(false);
	wait_until_learned(3); /* the one of a kill waited too */
	assert_true(slice_eq(name_of(b, "/docker/" B), SLICE("db")));
}

static void so_many_wait_and_a_kill_goes_before_them(void **state)
{
	struct bench *b = *state;
	unsigned asked = 0;
	shut_gate(true);
	ask(b, "/a.slice");
	wait_until_held_up();
	while (host_namer_has_room(b->namer)) {
		ask(b, "/b.slice");
		assert_true(++asked <= HOST_NAMER_QUEUE);
	}
	assert_int_equal(asked, HOST_NAMER_QUEUE - 1);
	assert_false(slice_present(name_of(b, "/docker/" A)));
	assert_false(slice_present(name_of(b, "/docker/" B)));
	assert_false(host_namer_has_room(b->namer));
	shut_gate(false);
	wait_until_learned(1 + asked + 1);
	assert_true(host_namer_has_room(b->namer));
	assert_true(slice_eq(name_of(b, "/docker/" B), SLICE("db")));
	assert_int_equal(learned, 1 + asked + 1);
}

static void it_closes_while_the_disk_does_not_answer(void **state)
{
	struct bench *b = *state;
	shut_gate(true);
	ask(b, "/docker/" A);
	wait_until_held_up();
	host_namer_close(b->namer);
	b->namer = NULL;
	shut_gate(false);
	wait_until_learned(1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(what_was_asked_for_is_known_when_its_files_are_gone, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(what_was_not_asked_for_is_read_when_it_is_wanted, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(what_was_looked_for_in_vain_is_not_waited_for_again, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(a_disk_that_does_not_answer_holds_up_nobody, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(so_many_wait_and_a_kill_goes_before_them, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(it_closes_while_the_disk_does_not_answer, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
