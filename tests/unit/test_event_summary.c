#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/text.h"
#include "event/summary.h"
#include "event/words.h"

static struct event e;

static struct opt_u64 num(uint64_t v)
{
	return (struct opt_u64){true, v};
}

static void expect(const char *want)
{
	event_summary(&e);
	if (!slice_eq(e.summary, slice_cstr(want)))
		fail_msg("%.*s\ninstead of\n%s", (int)e.summary.n, e.summary.p, want);
}

static int memcg(void **state)
{
	(void)state;
	event_init(&e, EVENT_OOM_KILL);
	e.scope = SLICE("memcg");
	e.report = SLICE("full");
	e.victim.pid = num(4242);
	e.victim.comm = SLICE("ruby");
	e.victim.memory.rss_kb = num(498 * 1024);
	e.cgroup.path = e.cgroup.limit_path = SLICE("/system.slice/sidekiq.service");
	e.identity.unit = SLICE("sidekiq.service");
	e.cgroup.memory.limit_kb = num(512 * 1024);
	return 0;
}

static void a_service_over_its_limit(void **state)
{
	(void)state;
	expect("sidekiq.service: process 4242 (ruby) killed, out of memory: held 498 MiB, limit 512 MiB of "
	       "/system.slice/sidekiq.service reached");
}

static void a_limit_that_was_not_reached_is_not_told_to_be(void **state)
{
	(void)state;
	e.cgroup.memory.usage_kb = num(100 * 1024);
	expect("sidekiq.service: process 4242 (ruby) killed, out of memory: held 498 MiB, in memory cgroup "
	       "/system.slice/sidekiq.service");
}

static void swap_is_told_when_there_was_some(void **state)
{
	(void)state;
	e.victim.memory.swap_kb = num(0);
	expect("sidekiq.service: process 4242 (ruby) killed, out of memory: held 498 MiB, limit 512 MiB of "
	       "/system.slice/sidekiq.service reached");
	e.victim.memory.swap_kb = num(20 * 1024);
	expect("sidekiq.service: process 4242 (ruby) killed, out of memory: held 498 MiB and 20 MiB of swap, limit 512 "
	       "MiB "
	       "of /system.slice/sidekiq.service reached");
}

static void a_pod_goes_by_its_name_and_else_by_its_number(void **state)
{
	(void)state;
	e.identity.unit = SLICE("cri-containerd-0123.scope");
	e.identity.pod.uid = SLICE("11111111-2222-3333-4444-555555555555");
	e.identity.container.id = SLICE("0123456789abcdef0123");
	e.cgroup.limit_path = SLICE("/kubepods");
	expect("pod 11111111-2222-3333-4444-555555555555 (container 0123456789ab): process 4242 (ruby) killed, out of "
	       "memory: held 498 MiB, limit 512 MiB of /kubepods reached");
	e.identity.pod.name = SLICE("web");
	e.identity.pod.namespace_ = SLICE("default");
	e.identity.container.name = SLICE("app");
	expect("pod default/web (container app): process 4242 (ruby) killed, out of memory: held 498 MiB, limit 512 "
	       "MiB of "
	       "/kubepods reached");
}

static void each_kind_of_owner_has_its_words(void **state)
{
	(void)state;
	char storage[256];
	struct text t = text_on(storage, sizeof(storage));
#define WHOSE(want)                                                                                                    \
	do {                                                                                                           \
		t.n = 0;                                                                                               \
		event_words_whose(&t, &e);                                                                             \
		assert_string_equal(text_cstr(&t), want);                                                              \
	} while (0)
	e.identity.container.name = SLICE("app");
	WHOSE("sidekiq.service (container app)");
	e.identity.unit = SLICE("docker-01.scope");
	WHOSE("container app");
	e.identity.container.name = SLICE_NONE;
	e.identity.container.id = SLICE("0123456789abcdef0123");
	e.identity.outer[0].id = SLICE("fedcba9876543210fedc");
	e.identity.outer[1].id = SLICE("00112233445566778899");
	e.identity.outer_count = 2;
	WHOSE("container 0123456789ab in 001122334455");
	e.identity.outer[1].name = SLICE("ci-7");
	WHOSE("container 0123456789ab in ci-7");
	e.identity.machine = SLICE("guest");
	WHOSE("container 0123456789ab in machine guest");
	e.identity.outer_count = 0;
	WHOSE("container 0123456789ab in machine guest");
	e.identity.container.id = SLICE_NONE;
	e.identity.machine = SLICE("guest");
	WHOSE("machine guest");
	e.identity.machine = SLICE_NONE;
	e.identity.user_unit = SLICE("firefox.service");
	e.victim.uid = num(1000);
	WHOSE("firefox.service of user 1000");
	e.victim.user = SLICE("alice");
	WHOSE("firefox.service of user alice");
	e.identity.user_unit = SLICE_NONE;
	e.identity.session = SLICE("3");
	WHOSE("session 3 of user alice");
	e.identity.session = e.identity.unit = SLICE_NONE;
	WHOSE("/system.slice/sidekiq.service");
	e.cgroup.path = SLICE("/");
	WHOSE("");
}

static void the_host_out_of_memory_tells_what_was_left(void **state)
{
	(void)state;
	e.scope = SLICE("global");
	expect("host out of memory: process 4242 (ruby) of sidekiq.service killed, held 498 MiB");
	e.host_memory.total_kb = num(16 * 1024 * 1024);
	e.host_memory.free_kb = num(52 * 1024);
	e.host_memory.swap_total_kb = num(0);
	e.host_memory.swap_free_kb = num(0);
	expect("host out of memory: process 4242 (ruby) of sidekiq.service killed, held 498 MiB, 52 MiB of 16 GiB RAM "
	       "free, "
	       "no swap");
	e.host_memory.swap_total_kb = num(1024 * 1024);
	e.identity.unit = SLICE_NONE;
	e.cgroup.path = SLICE_NONE;
	expect("host out of memory: process 4242 (ruby) killed, held 498 MiB, 52 MiB of 16 GiB RAM free, 0 kB of 1 GiB "
	       "swap "
	       "free");
}

static void nodes_policies_and_kills_by_hand_are_told_apart(void **state)
{
	(void)state;
	e.scope = SLICE("cpuset");
	e.cpuset = SLICE("batch");
	expect("nodes of cpuset batch out of memory: process 4242 (ruby) of sidekiq.service killed, held 498 MiB");
	e.scope = SLICE("mempolicy");
	expect("nodes of a memory policy out of memory: process 4242 (ruby) of sidekiq.service killed, held 498 MiB");
	e.scope = SLICE_NONE;
	expect("out of memory: process 4242 (ruby) of sidekiq.service killed, held 498 MiB");
	e.manual = true;
	expect("OOM kill asked for by hand: process 4242 (ruby) of sidekiq.service killed, held 498 MiB");
}

static void what_is_not_known_is_not_said(void **state)
{
	(void)state;
	event_init(&e, EVENT_OOM_KILL);
	e.scope = SLICE("memcg");
	e.report = SLICE("suppressed");
	e.victim.pid = num(7);
	expect("process 7 killed, out of memory: the limit of its memory cgroup reached; the kernel printed no report "
	       "(rate "
	       "limit)");
	e.cgroup.limit_path = SLICE("/a");
	e.victim.memory.anon_rss_kb = num(300);
	e.victim.memory.file_rss_kb = num(20);
	e.group.index = num(1);
	e.report = SLICE("partial");
	expect("process 7 killed, out of memory: held 320 kB, limit of /a reached");
	e.group.index = num(3);
	e.report = SLICE("full");
	expect("process 7 killed, out of memory: held 320 kB, limit of /a reached; kill 3 of a group");
}

static void hostile_names_are_shown_not_obeyed(void **state)
{
	(void)state;
	e.victim.comm = SLICE("\x1b[2J\n\xff\xc3\xa9");
	e.identity.unit = SLICE("a\x7f.service");
	event_summary(&e);
	assert_true(slice_starts(e.summary, SLICE("a\\x7f.service: process 4242 (\\x1b[2J\\x0a\\xff\xc3\xa9) killed")));
	assert_true(text_is_utf8(e.summary));
}

static void a_long_path_loses_its_middle_at_a_characters_border(void **state)
{
	(void)state;
	char path[3001];
	for (size_t i = 0; i < 3000; i += 3)
		memcpy(path + i, "€", 3);
	memcpy(path, "/a", 2);
	path[2] = 'b';
	e.cgroup.limit_path = slice_of(path, 3000);
	event_summary(&e);
	assert_true(e.summary.n < 300);
	assert_true(slice_find(e.summary, SLICE("of /ab€")) != SLICE_NPOS);
	assert_true(slice_find(e.summary, SLICE("€…€")) != SLICE_NPOS);
	assert_true(slice_find(e.summary, SLICE("\\x")) == SLICE_NPOS);
}

static void the_worst_names_stay_within_the_bound_of_a_sentence(void **state)
{
	(void)state;
	char bad[4096];
	memset(bad, 0xff, sizeof(bad));
	e.identity.pod.name = e.identity.pod.namespace_ = e.identity.container.name = e.victim.comm =
	    e.cgroup.limit_path = slice_of(bad, sizeof(bad));
	event_summary(&e);
	assert_true(e.summary.n < EVENT_WORDS_SENTENCE);
	assert_true(text_is_utf8(e.summary));
}

static void the_other_types_have_a_sentence_too(void **state)
{
	(void)state;
	event_init(&e, EVENT_NO_VICTIM);
	e.scope = SLICE("global");
	e.kernel_text = SLICE("Out of memory and no killable processes...");
	expect("host out of memory, nothing killed: Out of memory and no killable processes...");
	e.panic = true;
	e.kernel_text = SLICE("Kernel panic - not syncing: System is deadlocked on memory");
	expect("host out of memory, kernel panic: Kernel panic - not syncing: System is deadlocked on memory");
	e.panic = false;
	e.scope = SLICE("memcg");
	e.cgroup.limit_path = SLICE("/a");
	e.kernel_text = SLICE_NONE;
	expect("/a out of memory, nothing killed");
	event_init(&e, EVENT_RECORDS_LOST);
	e.count = num(12);
	e.from_seq = num(5);
	e.to_seq = num(16);
	expect("12 kernel log records lost (sequence 5 to 16): OOM kills among them are unknown");
	event_init(&e, EVENT_KILLS_UNSEEN);
	e.kernel_count = num(5);
	e.reported_count = num(3);
	expect("the kernel counted 5 OOM kills, 3 were seen in its log: 2 went unseen");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup(name, memcg)
	    TEST(a_service_over_its_limit),
	    TEST(swap_is_told_when_there_was_some),
	    TEST(a_limit_that_was_not_reached_is_not_told_to_be),
	    TEST(a_pod_goes_by_its_name_and_else_by_its_number),
	    TEST(each_kind_of_owner_has_its_words),
	    TEST(the_host_out_of_memory_tells_what_was_left),
	    TEST(nodes_policies_and_kills_by_hand_are_told_apart),
	    TEST(what_is_not_known_is_not_said),
	    TEST(hostile_names_are_shown_not_obeyed),
	    TEST(a_long_path_loses_its_middle_at_a_characters_border),
	    TEST(the_worst_names_stay_within_the_bound_of_a_sentence),
	    TEST(the_other_types_have_a_sentence_too),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
