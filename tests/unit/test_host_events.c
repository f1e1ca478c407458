/* host/events: datagrams as the kernel makes them, bent ones, and the real connector. */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <linux/cn_proc.h>
#include <linux/connector.h>

#include "host/events.h"

#define AT_CONNECTOR sizeof(struct nlmsghdr)
#define AT_EVENT (AT_CONNECTOR + sizeof(struct cn_msg))
#define WHOLE (AT_EVENT + sizeof(struct proc_event))

static char datagram[WHOLE + 64];
static struct nlmsghdr nl;
static struct cn_msg cn;
static struct proc_event ev;
/* A type of its own name since 6.6, one inside the struct before. */
typedef __typeof__(ev.what) event_kind;

static int setup(void **state)
{
	(void)state;
	nl = (struct nlmsghdr){.nlmsg_len = WHOLE, .nlmsg_type = NLMSG_DONE};
	cn = (struct cn_msg){.id = {CN_IDX_PROC, CN_VAL_PROC}, .len = sizeof(ev)};
	memset(&ev, 0, sizeof(ev));
	ev.timestamp_ns = 123456789;
	return 0;
}

static bool parse_sized(size_t n, struct host_event *out)
{
	memcpy(datagram, &nl, sizeof(nl));
	memcpy(datagram + AT_CONNECTOR, &cn, sizeof(cn));
	memcpy(datagram + AT_EVENT, &ev, sizeof(ev));
	return host_event_parse(slice_of(datagram, n), out);
}

static bool parse(struct host_event *out)
{
	return parse_sized(WHOLE, out);
}

static void a_fork_names_child_and_parent_process(void **state)
{
	struct host_event e;
	(void)state;
	ev.what = PROC_EVENT_FORK;
	ev.event_data.fork =
	    (struct fork_proc_event){.parent_pid = 12, .parent_tgid = 10, .child_pid = 20, .child_tgid = 20};
	assert_true(parse(&e));
	assert_int_equal(e.kind, HOST_EVENT_FORK);
	assert_int_equal(e.pid, 20);
	assert_int_equal(e.parent, 10);
	assert_int_equal(e.stamp_usec, 123456);
}

static void what_threads_do_is_no_event(void **state)
{
	static const event_kind kinds[] = {PROC_EVENT_EXEC, PROC_EVENT_COMM, PROC_EVENT_UID, PROC_EVENT_EXIT};
	struct host_event e;
	(void)state;
	ev.what = PROC_EVENT_FORK;
	ev.event_data.fork =
	    (struct fork_proc_event){.parent_pid = 10, .parent_tgid = 10, .child_pid = 21, .child_tgid = 20};
	assert_true(parse(&e));
	assert_int_equal(e.kind, HOST_EVENT_NONE);
	for (size_t i = 0; i < ARRAY_COUNT(kinds); i++) {
		ev.what = kinds[i];
		ev.event_data.exec = (struct exec_proc_event){.process_pid = 21, .process_tgid = 20};
		assert_true(parse(&e));
		assert_int_equal(e.kind, HOST_EVENT_NONE);
	}
}

static void an_exit_tells_whether_sigkill_was_the_cause(void **state)
{
	static const struct {
		uint32_t code;
		bool killed;
	} rows[] = {{9, true}, {9 | 0x80, true}, {0, false}, {9 << 8, false}, {15, false}, {11, false}};
	struct host_event e;
	(void)state;
	ev.what = PROC_EVENT_EXIT;
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		ev.event_data.exit =
		    (struct exit_proc_event){.process_pid = 20, .process_tgid = 20, .exit_code = rows[i].code};
		assert_true(parse(&e));
		assert_int_equal(e.kind, HOST_EVENT_EXIT);
		assert_int_equal(e.killed, rows[i].killed);
	}
}

static void an_exit_of_an_older_kernel_has_no_parent_and_is_read(void **state)
{
	struct host_event e;
	(void)state;
	ev.what = PROC_EVENT_EXIT;
	ev.event_data.exit = (struct exit_proc_event){.process_pid = 20, .process_tgid = 20, .exit_code = 9};
	cn.len = 16 + 16;
	nl.nlmsg_len = (uint32_t)(AT_EVENT + cn.len);
	assert_true(parse_sized(nl.nlmsg_len, &e));
	assert_int_equal(e.kind, HOST_EVENT_EXIT);
	assert_true(e.killed);
}

static void a_name_may_fill_its_field_and_hold_any_byte(void **state)
{
	struct host_event e;
	(void)state;
	ev.what = PROC_EVENT_COMM;
	ev.event_data.comm = (struct comm_proc_event){.process_pid = 20, .process_tgid = 20, .comm = "a\n\x01\xff b"};
	assert_true(parse(&e));
	assert_int_equal(e.kind, HOST_EVENT_COMM);
	assert_true(slice_eq(slice_of(e.comm, e.comm_size), SLICE("a\n\x01\xff b")));
	memset(ev.event_data.comm.comm, 'x', 16);
	assert_true(parse(&e));
	assert_int_equal(e.comm_size, 16);
}

static void a_uid_is_the_real_one(void **state)
{
	struct host_event e;
	(void)state;
	ev.what = PROC_EVENT_UID;
	ev.event_data.id = (struct id_proc_event){.process_pid = 20, .process_tgid = 20, .r.ruid = 1000, .e.euid = 5};
	assert_true(parse(&e));
	assert_int_equal(e.kind, HOST_EVENT_UID);
	assert_int_equal(e.uid, 1000);
}

static void an_answer_carries_its_error(void **state)
{
	struct host_event e;
	(void)state;
	ev.what = PROC_EVENT_NONE;
	ev.event_data.ack.err = EPERM;
	assert_true(parse(&e));
	assert_int_equal(e.kind, HOST_EVENT_ACK);
	assert_int_equal(e.error, EPERM);
}

static void kinds_that_are_not_known_are_passed_over(void **state)
{
	struct host_event e;
	(void)state;
	ev.what = PROC_EVENT_SID;
	assert_true(parse(&e));
	assert_int_equal(e.kind, HOST_EVENT_NONE);
	ev.what = (event_kind)0x12345678;
	assert_true(parse(&e));
	assert_int_equal(e.kind, HOST_EVENT_NONE);
}

static void what_is_not_the_kernels_or_not_the_connectors_is_refused(void **state)
{
	struct host_event e;
	(void)state;
	ev.what = PROC_EVENT_EXEC;
	nl.nlmsg_pid = 4711;
	assert_false(parse(&e));
	nl.nlmsg_pid = 0;
	nl.nlmsg_type = NLMSG_ERROR;
	assert_false(parse(&e));
	nl.nlmsg_type = NLMSG_DONE;
	cn.id.idx = CN_IDX_CIFS;
	assert_false(parse(&e));
	cn.id.idx = CN_IDX_PROC;
	cn.id.val = 7;
	assert_false(parse(&e));
	cn.id.val = CN_VAL_PROC;
	assert_true(parse(&e));
}

static void a_datagram_cut_anywhere_is_refused_or_whole(void **state)
{
	static const event_kind kinds[] = {PROC_EVENT_NONE, PROC_EVENT_FORK, PROC_EVENT_EXEC,
					   PROC_EVENT_COMM, PROC_EVENT_UID,  PROC_EVENT_EXIT};
	struct host_event e;
	(void)state;
	for (size_t k = 0; k < ARRAY_COUNT(kinds); k++) {
		ev.what = kinds[k];
		for (size_t n = 0; n < WHOLE; n++) {
			nl.nlmsg_len = WHOLE;
			assert_false(parse_sized(n, &e));
			nl.nlmsg_len = (uint32_t)n;
			assert_false(parse_sized(WHOLE, &e)); /* cn.len goes beyond it */
		}
	}
}

/* ---- the real one ---- */

static struct host_events live;

static bool open_live(void)
{
	int r = host_events_open(&live);
	if (r == 0)
		return true;
	print_message("needs connector: process events are refused here: %s\n", strerror(-r));
	return false;
}

static void collect(int32_t pid, uint32_t *kinds, struct host_event *last)
{
	struct host_event event[HOST_EVENTS_BATCH];
	uint32_t count;
	for (int turn = 0; turn < 200 && !(*kinds & 1u << HOST_EVENT_EXIT); turn++) {
		struct pollfd fd = {.fd = live.fd, .events = POLLIN};
		poll(&fd, 1, 50);
		if (host_events_take(&live, event, &count) < 0)
			continue;
		for (uint32_t i = 0; i < count; i++) {
			if (event[i].pid != pid)
				continue;
			*kinds |= 1u << event[i].kind;
			last[event[i].kind] = event[i];
		}
	}
}

static void the_kernel_tells_of_a_life(void **state)
{
	struct host_event last[HOST_EVENT_ACK + 1] = {0};
	uint32_t kinds = 0;
	(void)state;
	if (!open_live())
		skip();
	pid_t pid = fork();
	if (pid == 0) {
		prctl(PR_SET_NAME, "renamed (1) x");
		execl("/bin/sh", "sh", "-c", "kill -9 $$", (char *)NULL);
		_exit(1);
	}
	waitpid(pid, NULL, 0);
	collect(pid, &kinds, last);
	host_events_close(&live);
	assert_int_equal(kinds,
			 1u << HOST_EVENT_FORK | 1u << HOST_EVENT_COMM | 1u << HOST_EVENT_EXEC | 1u << HOST_EVENT_EXIT);
	assert_int_equal(last[HOST_EVENT_FORK].parent, getpid());
	assert_true(
	    slice_eq(slice_of(last[HOST_EVENT_COMM].comm, last[HOST_EVENT_COMM].comm_size), SLICE("renamed (1) x")));
	assert_true(last[HOST_EVENT_EXIT].killed);
	assert_true(last[HOST_EVENT_FORK].stamp_usec <= last[HOST_EVENT_EXEC].stamp_usec);
	assert_int_equal(live.bad, 0);
}

static void a_queue_that_runs_over_is_counted_and_goes_on(void **state)
{
	struct host_event event[HOST_EVENTS_BATCH];
	uint32_t count, kinds = 0;
	struct host_event last[HOST_EVENT_ACK + 1] = {0};
	(void)state;
	if (!open_live())
		skip();
	int small = 4096;
	setsockopt(live.fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	for (int k = 0; k < 100; k++) {
		pid_t pid = fork();
		if (pid == 0)
			_exit(0);
		waitpid(pid, NULL, 0);
	}
	int r, turns = 0;
	while ((r = host_events_take(&live, event, &count)) != -ENOBUFS && turns++ < 100)
		continue;
	assert_int_equal(r, -ENOBUFS);
	assert_int_equal(live.lost, 1);
	while (host_events_take(&live, event, &count) > 0)
		continue;
	pid_t pid = fork();
	if (pid == 0)
		_exit(0);
	waitpid(pid, NULL, 0);
	collect(pid, &kinds, last);
	host_events_close(&live);
	assert_true(kinds & 1u << HOST_EVENT_EXIT);
}

#define T(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(a_fork_names_child_and_parent_process),
	    T(what_threads_do_is_no_event),
	    T(an_exit_tells_whether_sigkill_was_the_cause),
	    T(an_exit_of_an_older_kernel_has_no_parent_and_is_read),
	    T(a_name_may_fill_its_field_and_hold_any_byte),
	    T(a_uid_is_the_real_one),
	    T(an_answer_carries_its_error),
	    T(kinds_that_are_not_known_are_passed_over),
	    T(what_is_not_the_kernels_or_not_the_connectors_is_refused),
	    T(a_datagram_cut_anywhere_is_refused_or_whole),
	    T(the_kernel_tells_of_a_life),
	    T(a_queue_that_runs_over_is_counted_and_goes_on),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
