#include "sink_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "base/text.h"
#include "sink/journal.h"
#include "sink/journal_fields.h"

/* ---- reading the native protocol back ---- */

static char packet[1 << 20];

/* The next field of a message; false at its end, a failed test when it is malformed. */
static bool take_field(struct slice *c, struct slice *name, struct slice *value)
{
	struct slice line;
	if (c->n == 0)
		return false;
	assert_true(take_line(c, &line));
	if (take_until(&line, SLICE("="), name)) {
		*value = line;
		return true;
	}
	uint64_t n = 0;
	assert_true(c->n >= 8);
	for (unsigned i = 0; i < 8; i++)
		n |= (uint64_t)(unsigned char)c->p[i] << (8 * i);
	*name = line;
	assert_true(n < c->n - 8);
	*value = slice_sub(*c, 8, 8 + n);
	assert_int_equal(c->p[8 + n], '\n');
	*c = slice_sub(*c, 8 + n + 1, c->n);
	return true;
}

/* The value of the only field of that name. */
static struct slice field(struct slice message, const char *wanted)
{
	struct slice name, value, found = SLICE_NONE;
	while (take_field(&message, &name, &value))
		if (slice_eq(name, slice_cstr(wanted))) {
			assert_false(slice_present(found));
			found = value;
		}
	return found;
}

static struct slice fields_of(struct slice json)
{
	struct text t = text_on(packet, sizeof(packet));
	assert_int_equal(sink_journal_fields(&(struct sink_message){.event = &event, .json = json}, &t), 0);
	return text_slice(&t);
}

static void a_kill_has_every_field_of_the_contract(void **state)
{
	(void)state;
	make_kill();
	struct slice m = fields_of(SLICE("{\"type\":\"oom-kill\"}"));
	static const struct {
		const char *name, *value;
	} expected[] = {
	    {"MESSAGE", "ruby (pid 99) of web.service was killed"},
	    {"MESSAGE_ID", "5ef39f0ddfef4293b8e652629a707eda"},
	    {"PRIORITY", "3"},
	    {"SYSLOG_IDENTIFIER", "oomwatchd"},
	    {"OOM_EVENT", "{\"type\":\"oom-kill\"}"},
	    {"OOM_ID", "0123456789abcdef0123456789abcdef-4711"},
	    {"OOM_SCOPE", "memcg"},
	    {"OOM_PID", "99"},
	    {"OOM_COMM", "ruby"},
	    {"OOM_UID", "1000"},
	    {"OOM_EXE", "/usr/bin/ruby"},
	    {"OOM_CMDLINE", "ruby -e puts 1"},
	    {"OOM_CGROUP", "/system.slice/web.service"},
	    {"OOM_LIMIT_CGROUP", "/system.slice"},
	    {"OOM_UNIT", "web.service"},
	    {"OOM_CONTAINER_ID", "c0ffee"},
	    {"OOM_CONTAINER_NAME", "web"},
	    {"OOM_POD_NAME", "web-0"},
	    {"OOM_POD_NAMESPACE", "shop"},
	    {"OOM_POD_UID", "11111111-2222-3333-4444-555555555555"},
	    {"OOM_ANON_RSS_KB", "510000"},
	    {"OOM_TRIGGER_COMM", "bundle"},
	    {"OOM_TRIGGER_PID", "77"},
	    {"OOM_VERDICT", "cgroup-limit"},
	    {"OOM_RECOVERED", "1"},
	    {"OBJECT_SYSTEMD_UNIT", "web.service"},
	    {"OBJECT_SYSTEMD_USER_UNIT", "app.service"},
	    {"OBJECT_SYSTEMD_SLICE", "system.slice"},
	    {"OBJECT_SYSTEMD_CGROUP", "/system.slice/web.service"},
	    {"OBJECT_UID", "1000"},
	};
	for (size_t i = 0; i < ARRAY_COUNT(expected); i++) {
		if (!slice_present(field(m, expected[i].name)))
			fail_msg("%s is missing", expected[i].name);
		assert_text(field(m, expected[i].name), expected[i].value);
	}
	assert_false(slice_present(field(m, "OBJECT_PID")));
}

static void what_is_not_known_is_not_sent(void **state)
{
	(void)state;
	event_init(&event, EVENT_OOM_KILL);
	struct slice m = fields_of(SLICE("{}")), name, value;
	while (take_field(&m, &name, &value))
		assert_false(slice_starts(name, SLICE("OBJECT_")) ||
			     (slice_starts(name, SLICE("OOM_")) && !slice_eq(name, SLICE("OOM_EVENT"))));
}

static void every_type_has_its_message_id_and_only_a_kill_is_an_error(void **state)
{
	(void)state;
	static const struct {
		enum event_type type;
		const char *id, *priority;
	} types[] = {
	    {EVENT_OOM_KILL, "5ef39f0ddfef4293b8e652629a707eda", "3"},
	    {EVENT_NO_VICTIM, "7f36703acfa94008be9694349ea3f709", "4"},
	    {EVENT_RECORDS_LOST, "bd0c2a7d54084704ba4a4bcbddf3d583", "4"},
	    {EVENT_KILLS_UNSEEN, "bbbfdbe0b3a6443a8387ad6d1a387c0f", "4"},
	};
	for (size_t i = 0; i < ARRAY_COUNT(types); i++) {
		event_init(&event, types[i].type);
		struct slice m = fields_of(SLICE("{}"));
		assert_text(field(m, "MESSAGE_ID"), types[i].id);
		assert_text(field(m, "PRIORITY"), types[i].priority);
	}
}

static void any_bytes_pass_unchanged_and_forge_no_field(void **state)
{
	(void)state;
	make_kill();
	event.victim.comm = SLICE("a\nOOM_PID=1\nb");
	event.cgroup.path = SLICE("/x\0y\xff\xfe=z");
	event.victim.exe = SLICE("\n");
	struct slice m = fields_of(SLICE("{}"));
	assert_true(slice_eq(field(m, "OOM_COMM"), event.victim.comm));
	assert_true(slice_eq(field(m, "OOM_CGROUP"), event.cgroup.path));
	assert_true(slice_eq(field(m, "OBJECT_SYSTEMD_CGROUP"), event.cgroup.path));
	assert_true(slice_eq(field(m, "OOM_EXE"), event.victim.exe));
	assert_text(field(m, "OOM_PID"), "99");
}

static void a_field_that_does_not_fit_is_left_out_whole(void **state)
{
	(void)state;
	make_kill();
	struct slice whole = fields_of(SLICE("{}"));
	static char copy[1 << 16], small[1 << 16];
	memcpy(copy, whole.p, whole.n);
	whole.p = copy;
	for (size_t cap = 1; cap <= whole.n + 1; cap++) {
		struct text t = text_on(small, cap);
		uint32_t left_out =
		    sink_journal_fields(&(struct sink_message){.event = &event, .json = SLICE("{}")}, &t);
		assert_false(t.cut);
		struct slice c = text_slice(&t), name, value;
		uint32_t n = 0, all = 0;
		for (; take_field(&c, &name, &value); n++) {
			char known[64];
			snprintf(known, sizeof(known), "%.*s", (int)name.n, name.p);
			assert_true(slice_eq(value, field(whole, known)));
		}
		for (struct slice w = whole; take_field(&w, &name, &value);)
			all++;
		assert_int_equal(n + left_out, all);
	}
}

static void every_field_name_is_one_journald_takes(void **state)
{
	(void)state;
	for (const struct event_field *row = event_schema(); row->path; row++) {
		struct slice names = slice_cstr(row->journal), name;
		while (slice_present(names) && take_word(&names, &name)) {
			assert_true(name.n <= 64);
			assert_true(name.p[0] >= 'A' && name.p[0] <= 'Z');
			for (size_t i = 0; i < name.n; i++)
				assert_true((name.p[i] >= 'A' && name.p[i] <= 'Z') || name.p[i] == '_');
			assert_false(slice_eq(name, SLICE("OBJECT_PID")));
		}
	}
}

/* ---- a journald of our own ---- */

static int receiver = -1;
static char address[128];
static struct sink_journal *j;

static void listen_as_journald(void)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	snprintf(address, sizeof(address), "%s", in_dir("journal"));
	memcpy(a.sun_path, address, strlen(address));
	receiver = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_true(receiver >= 0);
	assert_int_equal(bind(receiver, (struct sockaddr *)&a, sizeof(a)), 0);
}

static void stop_journald(void)
{
	close(receiver);
	receiver = -1;
	unlink(address);
}

static int with_journald(void **state)
{
	(void)state;
	listen_as_journald();
	j = sink_journal_new_at(address);
	return j ? 0 : -1;
}

static int without_journald(void **state)
{
	(void)state;
	snprintf(address, sizeof(address), "%s", in_dir("journal"));
	j = sink_journal_new_at(address);
	return j ? 0 : -1;
}

static int end_journald(void **state)
{
	(void)state;
	sink_journal_free(j);
	if (receiver >= 0)
		stop_journald();
	return 0;
}

/* One message as it was received, memfds opened; absent when none is there. */
static struct slice received(bool *in_file)
{
	char control[CMSG_SPACE(sizeof(int))];
	struct iovec io = {packet, sizeof(packet)};
	struct msghdr h = {.msg_iov = &io, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)};
	ssize_t n = recvmsg(receiver, &h, MSG_CMSG_CLOEXEC);
	if (n < 0) {
		assert_int_equal(errno, EAGAIN);
		return SLICE_NONE;
	}
	struct cmsghdr *c = CMSG_FIRSTHDR(&h);
	if (in_file)
		*in_file = c != NULL;
	if (!c)
		return slice_of(packet, (size_t)n);
	int fd;
	memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	assert_int_equal(n, 0);
	assert_int_equal(fcntl(fd, F_GET_SEALS), F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL);
	n = pread(fd, packet, sizeof(packet), 0);
	close(fd);
	return slice_of(packet, (size_t)n);
}

static void publish_number(uint64_t n)
{
	make_kill();
	event.victim.pid = (struct opt_u64)OPT(n);
	sink_journal_publish(j, &(struct sink_message){.event = &event, .json = SLICE("{}")});
}

static uint64_t number_of(struct slice message)
{
	uint64_t n;
	assert_true(slice_to_u64(field(message, "OOM_PID"), &n));
	return n;
}

static void an_event_goes_out_at_once(void **state)
{
	(void)state;
	publish_number(5);
	assert_int_equal(number_of(received(NULL)), 5);
	assert_int_equal(sink_journal_waiting(j), 0);
	assert_int_equal(sink_journal_poll_fd(j), -1);
	assert_true(sink_journal_deadline(j) == UINT64_MAX);
	assert_int_equal(sink_journal_counters(j)->sent, 1);
}

static void a_journald_that_does_not_read_blocks_nobody_and_gets_all_in_order(void **state)
{
	(void)state;
	enum { EVENTS = 3000 };
	for (uint64_t i = 0; i < EVENTS; i++)
		publish_number(i);
	assert_true(sink_journal_waiting(j) > 2000);
	assert_int_equal(sink_journal_counters(j)->dropped, 0);
	assert_true(sink_journal_deadline(j) == UINT64_MAX);
	uint64_t expected = 0;
	while (expected < EVENTS) {
		struct slice m;
		while (slice_present(m = received(NULL)))
			assert_int_equal(number_of(m), expected++);
		struct pollfd p = {.fd = sink_journal_poll_fd(j), .events = POLLOUT};
		if (p.fd >= 0)
			assert_int_equal(poll(&p, 1, 0), 1);
		sink_journal_flush(j, 1);
	}
	assert_int_equal(sink_journal_waiting(j), 0);
	assert_int_equal(sink_journal_counters(j)->sent, EVENTS);
	assert_int_equal(sink_journal_counters(j)->errors, 0);
}

static void a_descriptor_to_wait_for_is_not_writable_while_journald_does_not_read(void **state)
{
	(void)state;
	while (!sink_journal_waiting(j))
		publish_number(1);
	struct pollfd p = {.fd = sink_journal_poll_fd(j), .events = POLLOUT};
	assert_true(p.fd >= 0);
	assert_int_equal(poll(&p, 1, 0), 0);
}

static void publish_marked(uint64_t n)
{
	make_kill();
	event.victim.pid = (struct opt_u64)OPT(n);
	sink_journal_publish(j, &(struct sink_message){.event = &event,
						       .json = SLICE("{}"),
						       .mark = {.kill = n, .from = n + 1, .stamp = n + 2}});
}

static void the_mark_of_the_oldest_that_waits_is_told(void **state)
{
	(void)state;
	struct sink_mark mark;
	uint64_t n = 1000, got = 0;
	assert_false(sink_journal_oldest(j, &mark));
	while (sink_journal_waiting(j) < 40)
		publish_marked(n++);
	while (sink_journal_waiting(j)) {
		uint64_t oldest = n - sink_journal_waiting(j);
		assert_true(sink_journal_oldest(j, &mark));
		assert_int_equal(mark.kill, oldest);
		assert_int_equal(mark.from, oldest + 1);
		assert_int_equal(mark.stamp, oldest + 2);
		assert_int_equal(number_of(received(NULL)), 1000 + got++);
		sink_journal_flush(j, 1);
	}
	assert_false(sink_journal_oldest(j, &mark));
}

static void a_beginning_is_said_with_its_token_or_not_at_all(void **state)
{
	(void)state;
	assert_true(sink_journal_begin(j, SLICE("12-34")));
	struct slice m = received(NULL);
	assert_text(field(m, "OOM_START"), "12-34");
	assert_text(field(m, "SYSLOG_IDENTIFIER"), "oomwatchd");
	assert_false(slice_present(field(m, "MESSAGE_ID")));
	while (!sink_journal_waiting(j))
		publish_number(1);
	assert_false(sink_journal_begin(j, SLICE("12-34")));
	stop_journald();
	assert_false(sink_journal_begin(j, SLICE("12-34")));
}

static void a_reopened_sink_sends_what_waited(void **state)
{
	(void)state;
	while (!sink_journal_waiting(j))
		publish_number(1);
	sink_journal_reopen(j);
	assert_int_equal(sink_journal_poll_fd(j), -1);
	assert_int_equal(sink_journal_deadline(j), 0);
	while (slice_present(received(NULL)))
		;
	sink_journal_flush(j, 1);
	assert_int_equal(sink_journal_waiting(j), 0);
	assert_true(slice_present(received(NULL)));
}

static void an_overfull_queue_drops_the_oldest_and_the_next_event_says_so(void **state)
{
	(void)state;
	static char json[30000];
	memset(json, 'j', sizeof(json));
	enum { EVENTS = 400 };
	for (uint64_t i = 0; i < EVENTS; i++) {
		make_kill();
		event.victim.pid = (struct opt_u64)OPT(i);
		sink_journal_publish(j, &(struct sink_message){.event = &event, .json = slice_of(json, sizeof(json))});
	}
	uint64_t dropped = sink_journal_counters(j)->dropped, said = 0, last = 0, got = 0;
	assert_true(dropped > 200);
	assert_true(sink_journal_waiting(j) > 100);
	for (bool first = true; last != EVENTS - 1; first = false) {
		for (struct slice m; slice_present(m = received(NULL)); got++) {
			uint64_t missing = 0, n = number_of(m);
			if (slice_present(field(m, "OOM_DROPPED")))
				assert_true(slice_to_u64(field(m, "OOM_DROPPED"), &missing));
			assert_int_equal(field(m, "OOM_EVENT").n, sizeof(json));
			assert_int_equal(n, got + said + missing);
			said += missing;
			last = n;
		}
		sink_journal_flush(j, 1);
		assert_true(!first || said == 0);
	}
	assert_int_equal(said, dropped);
	assert_int_equal(got + dropped, EVENTS);
	publish_number(1);
	assert_false(slice_present(field(received(NULL), "OOM_DROPPED")));
}

static void a_message_too_large_for_a_datagram_goes_in_a_sealed_file(void **state)
{
	(void)state;
	static char path[90000], json[LIMIT_EVENT_JSON];
	memset(path, 'p', sizeof(path));
	memset(json, 'j', sizeof(json));
	make_kill();
	event.cgroup.path = slice_of(path, sizeof(path));
	event.victim.exe = slice_of(path, 20000);
	sink_journal_publish(j, &(struct sink_message){.event = &event, .json = slice_of(json, sizeof(json))});
	assert_int_equal(sink_journal_counters(j)->sent, 1);
	bool in_file = false;
	struct slice m = received(&in_file);
	assert_true(slice_eq(field(m, "OOM_CGROUP"), event.cgroup.path));
	assert_true(slice_eq(field(m, "OBJECT_SYSTEMD_CGROUP"), event.cgroup.path));
	assert_int_equal(field(m, "OOM_EVENT").n, sizeof(json));
	if (!in_file) {
		print_message("needs wmem: net.core.wmem_default is so large here that a datagram held it all\n");
		skip();
	}
}

static void large_messages_wait_in_order_too(void **state)
{
	(void)state;
	static char path[90000];
	memset(path, 'p', sizeof(path));
	for (uint64_t i = 0; i < 30; i++) {
		make_kill();
		event.victim.pid = (struct opt_u64)OPT(i);
		if (i % 2)
			event.cgroup.path = slice_of(path, sizeof(path));
		sink_journal_publish(j, &(struct sink_message){.event = &event, .json = SLICE("{}")});
	}
	for (uint64_t expected = 0; expected < 30; sink_journal_flush(j, 1))
		for (struct slice m; slice_present(m = received(NULL)); expected++) {
			assert_int_equal(number_of(m), expected);
			assert_int_equal(field(m, "OOM_CGROUP").n, expected % 2 ? sizeof(path) : 25);
		}
	assert_int_equal(sink_journal_counters(j)->dropped, 0);
}

static void an_absent_journald_is_looked_for_once_a_second(void **state)
{
	(void)state;
	publish_number(0);
	publish_number(1);
	assert_int_equal(sink_journal_waiting(j), 2);
	assert_int_equal(sink_journal_poll_fd(j), -1);
	uint64_t errors = sink_journal_counters(j)->errors;
	assert_true(sink_journal_deadline(j) <= 5000000);
	sink_journal_flush(j, 5000000);
	assert_int_equal(sink_journal_counters(j)->errors, errors + 1);
	assert_true(sink_journal_deadline(j) == 6000000);
	listen_as_journald();
	sink_journal_flush(j, 5999999);
	publish_number(2); /* behind those that wait, not before them */
	assert_int_equal(sink_journal_waiting(j), 3);
	assert_int_equal(sink_journal_counters(j)->errors, errors + 1);
	sink_journal_flush(j, 6000000);
	assert_int_equal(sink_journal_waiting(j), 0);
	for (uint64_t i = 0; i < 3; i++)
		assert_int_equal(number_of(received(NULL)), i);
	assert_int_equal(sink_journal_counters(j)->sent, 3);
	assert_int_equal(sink_journal_counters(j)->dropped, 0);
}

static void a_restarted_journald_is_found_at_once(void **state)
{
	(void)state;
	publish_number(0);
	assert_int_equal(number_of(received(NULL)), 0);
	stop_journald();
	listen_as_journald();
	publish_number(1);
	assert_int_equal(number_of(received(NULL)), 1);
	assert_int_equal(sink_journal_waiting(j), 0);
	assert_int_equal(sink_journal_counters(j)->sent, 2);
}

static void events_of_the_time_without_journald_reach_the_next_one(void **state)
{
	(void)state;
	publish_number(0);
	received(NULL);
	stop_journald();
	for (uint64_t i = 1; i <= 100; i++)
		publish_number(i);
	assert_int_equal(sink_journal_waiting(j), 100);
	listen_as_journald();
	sink_journal_flush(j, 1000000);
	for (uint64_t expected = 1; expected <= 100; sink_journal_flush(j, 1000000))
		for (struct slice m; slice_present(m = received(NULL)); expected++)
			assert_int_equal(number_of(m), expected);
	assert_int_equal(sink_journal_counters(j)->dropped, 0);
}

static void a_journald_that_dies_with_a_full_queue_is_left_for_the_next(void **state)
{
	(void)state;
	for (uint64_t i = 0; i < 2000; i++)
		publish_number(i);
	uint64_t taken = sink_journal_counters(j)->sent, waiting = sink_journal_waiting(j);
	assert_int_equal(taken + waiting, 2000);
	stop_journald();
	struct pollfd p = {.fd = sink_journal_poll_fd(j), .events = POLLOUT};
	assert_int_equal(poll(&p, 1, 0), 1); /* its end wakes us */
	listen_as_journald();
	for (uint64_t expected = taken; expected < 2000; sink_journal_flush(j, 1000000))
		for (struct slice m; slice_present(m = received(NULL)); expected++)
			assert_int_equal(number_of(m), expected);
}

static void a_path_too_long_for_a_socket_is_an_error(void **state)
{
	(void)state;
	char path[200];
	memset(path, 'a', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	assert_null(sink_journal_new_at(path));
	assert_int_equal(errno, ENAMETOOLONG);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, with_journald, end_journald)
#define WITHOUT(test) cmocka_unit_test_setup_teardown(test, without_journald, end_journald)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_kill_has_every_field_of_the_contract),
	    cmocka_unit_test(what_is_not_known_is_not_sent),
	    cmocka_unit_test(every_type_has_its_message_id_and_only_a_kill_is_an_error),
	    cmocka_unit_test(any_bytes_pass_unchanged_and_forge_no_field),
	    cmocka_unit_test(a_field_that_does_not_fit_is_left_out_whole),
	    cmocka_unit_test(every_field_name_is_one_journald_takes),
	    WITH(an_event_goes_out_at_once),
	    WITH(a_journald_that_does_not_read_blocks_nobody_and_gets_all_in_order),
	    WITH(a_descriptor_to_wait_for_is_not_writable_while_journald_does_not_read),
	    WITH(the_mark_of_the_oldest_that_waits_is_told),
	    WITH(a_beginning_is_said_with_its_token_or_not_at_all),
	    WITH(a_reopened_sink_sends_what_waited),
	    WITH(an_overfull_queue_drops_the_oldest_and_the_next_event_says_so),
	    WITH(a_message_too_large_for_a_datagram_goes_in_a_sealed_file),
	    WITH(large_messages_wait_in_order_too),
	    WITHOUT(an_absent_journald_is_looked_for_once_a_second),
	    WITH(a_restarted_journald_is_found_at_once),
	    WITH(events_of_the_time_without_journald_reach_the_next_one),
	    WITH(a_journald_that_dies_with_a_full_queue_is_left_for_the_next),
	    cmocka_unit_test(a_path_too_long_for_a_socket_is_an_error),
	};
	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
