/* ctl/reader_socket and ctl/runner: the daemon's socket from the other side, and a command for each event. */
#include "ctl_fixture.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ctl/reader.h"
#include "ctl/runner.h"

#define HELLO "{\"type\":\"hello\",\"version\":1,\"boot_id\":\"b\",\"oldest_id\":\"a-1\",\"newest_id\":\"a-2\"}\n"
#define EVENT(n) "{\"version\":1,\"type\":\"oom-kill\",\"id\":\"a-" #n "\",\"victim\":{\"pid\":" #n "}}\n"

static char dir[] = "/tmp/test_ctl_socket.XXXXXX", path[64];
static pid_t server;

/* A daemon of few words: greets, waits for a request line when told to, says the rest, and stays or goes. */
static void serve(const char *greeting, const char *expect, const char *rest, bool stay)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	memcpy(a.sun_path, path, strlen(path));
	unlink(path);
	assert_int_equal(bind(listener, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(listener, 1), 0);
	server = fork();
	if (server == 0) {
		char got[128] = "";
		int fd = accept(listener, NULL, NULL);
		bool ok = write(fd, greeting, strlen(greeting)) > 0;
		if (*expect)
			ok = read(fd, got, sizeof(got) - 1) > 0 && strcmp(got, expect) == 0;
		ok = ok && (!*rest || write(fd, rest, strlen(rest)) > 0);
		while (stay && read(fd, got, sizeof(got)) > 0)
			;
		_exit(ok ? 0 : 1);
	}
	close(listener);
}

static void assert_server_was_content(void)
{
	int status;
	assert_int_equal(waitpid(server, &status, 0), server);
	assert_int_equal(status, 0);
}

static int make(void **state)
{
	(void)state;
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/sock", dir);
	return 0;
}

static int clean(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(dir);
}

static uint64_t next_pid(struct ctl_reader *r)
{
	json_t *event;
	uint64_t pid = 0;
	if (r->next(r, &event) != CTL_NEXT_EVENT)
		return 0;
	assert_true(ctl_num(event, "victim.pid", &pid));
	json_decref(event);
	return pid;
}

static void what_is_retained_is_read_up_to_the_newest(void **state)
{
	struct ctl_reader *r;
	(void)state;
	serve(HELLO, "{\"replay\":100}\n", EVENT(1) EVENT(2) EVENT(3), true);
	assert_int_equal(ctl_reader_socket(path, 100, false, &r), 0);
	assert_int_equal(next_pid(r), 1);
	assert_int_equal(next_pid(r), 2);
	assert_int_equal(next_pid(r), 0); /* the third was live, not retained */
	r->close(r);
	assert_server_was_content();
}

static void a_daemon_that_retains_nothing_ends_the_list_at_once(void **state)
{
	struct ctl_reader *r;
	json_t *event;
	(void)state;
	serve("{\"type\":\"hello\",\"version\":1}\n", "", "", true);
	assert_int_equal(ctl_reader_socket(path, 100, false, &r), 0);
	assert_int_equal(r->next(r, &event), CTL_NEXT_END);
	r->close(r);
	assert_server_was_content();
}

static size_t follow_until(struct ctl_reader *r, uint64_t *pids, size_t n, size_t want)
{
	json_t *event;
	do {
		while (r->next(r, &event) == CTL_NEXT_EVENT) {
			assert_true(n < want && ctl_num(event, "victim.pid", &pids[n++]));
			json_decref(event);
		}
	} while (n < want && r->wait(r));
	return n;
}

static void following_takes_live_events_and_outlives_the_daemon(void **state)
{
	struct ctl_reader *r;
	uint64_t pids[4] = {0};
	(void)state;
	serve(HELLO, "", "{\"type\":\"dropped\",\"count\":5}\nnot json\n" EVENT(8) EVENT(9), false);
	assert_int_equal(ctl_reader_socket(path, 0, true, &r), 0);
	assert_int_equal(follow_until(r, pids, 0, 2), 2);
	assert_server_was_content();
	/* a new daemon retains what it published itself, and greets late */
	serve("{\"type\":\"hello\",\"newest_id\":\"a-11\"}\n", "{\"after\":\"a-9\"}\n",
	      "{\"type\":\"replay-gap\"}\n" EVENT(11) EVENT(12), true);
	assert_int_equal(follow_until(r, pids, 2, 4), 4);
	assert_int_equal(pids[0], 8);
	assert_int_equal(pids[1], 9);
	assert_int_equal(pids[2], 11);
	assert_int_equal(pids[3], 12);
	r->close(r);
	assert_server_was_content();
}

static void coming_back_asks_for_what_is_new_to_it(void **state)
{
	static const struct {
		const char *hello, *ask;
	} rows[] = {{HELLO, "{\"after\":\"a-2\"}\n"}, /* retained before it came, and not asked for */
		    {"{\"type\":\"hello\"}\n", "{\"replay\":18446744073709551615}\n"}};
	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		struct ctl_reader *r;
		json_t *event;
		uint64_t pids[1] = {0};
		serve(rows[i].hello, "", "", false);
		assert_int_equal(ctl_reader_socket(path, 0, true, &r), 0);
		assert_server_was_content();
		for (int n = 0; n < 3; n++) /* the greeting, and the end of the connection */
			assert_int_equal(r->next(r, &event), CTL_NEXT_END);
		serve(rows[i].hello, rows[i].ask, EVENT(3), true);
		assert_int_equal(follow_until(r, pids, 0, 1), 1);
		assert_int_equal(pids[0], 3);
		r->close(r);
		assert_server_was_content();
	}
}

static void who_does_not_greet_is_no_daemon(void **state)
{
	static const char *const said[] = {"220 mail.example.org ESMTP\n",
					   "{\"type\":\"error\",\"error\":\"too many\"}\n",
					   "{\"type\":\"oom-kill\",\"id\":\"a-1\"}\n", "half a line"};
	struct ctl_reader *r;
	json_t *event;
	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(said); i++)
		for (int follow = 0; follow < 2; follow++) {
			serve(said[i], "", "", false);
			assert_int_equal(ctl_reader_socket(path, 0, follow, &r), 0);
			assert_int_equal(r->next(r, &event), CTL_NEXT_FAILED);
			assert_int_equal(r->next(r, &event), CTL_NEXT_FAILED);
			r->close(r);
			assert_server_was_content();
		}
}

static void no_daemon_is_a_failure_with_a_cure(void **state)
{
	struct ctl_reader *r;
	(void)state;
	unlink(path);
	assert_int_equal(ctl_reader_socket(path, 0, false, &r), 1);
}

static void a_command_gets_the_event_on_its_input_and_nothing_in_its_words(void **state)
{
	char command[256], out[64], got[256] = "";
	(void)state;
	snprintf(out, sizeof(out), "%s/out", dir);
	FILE *f = fopen(out, "w");
	assert_non_null(f);
	fclose(f);
	assert_int_equal(chmod(out, 0666), 0);
	assert_int_equal(chmod(dir, 0755), 0);
	snprintf(command, sizeof(command), "cat >%s; id -u >>%s", out, out);
	assert_true(ctl_runner_run(command, SLICE("{\"a\":\"$(touch /tmp/never) `id`\"}")));
	f = fopen(out, "r");
	assert_non_null(f);
	size_t n = fread(got, 1, sizeof(got) - 1, f);
	fclose(f);
	unlink(out);
	got[n] = '\0';
	assert_holds(got, "{\"a\":\"$(touch /tmp/never) `id`\"}\n");
	assert_holds(got, geteuid() == 0 ? "\n65534\n" : "\n");
}

static void a_command_that_fails_or_reads_nothing_is_no_harm(void **state)
{
	static char big[1 << 20];
	(void)state;
	memset(big, 'x', sizeof(big));
	assert_true(ctl_runner_run("true", slice_of(big, sizeof(big))));
	assert_false(ctl_runner_run("exit 3", SLICE("x")));
	assert_false(ctl_runner_run("kill -9 $$", SLICE("x")));
	assert_false(ctl_runner_run("/no/such/command", SLICE("x")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_retained_is_read_up_to_the_newest),
	    cmocka_unit_test(a_daemon_that_retains_nothing_ends_the_list_at_once),
	    cmocka_unit_test(following_takes_live_events_and_outlives_the_daemon),
	    cmocka_unit_test(coming_back_asks_for_what_is_new_to_it),
	    cmocka_unit_test(who_does_not_greet_is_no_daemon),
	    cmocka_unit_test(no_daemon_is_a_failure_with_a_cure),
	    cmocka_unit_test(a_command_gets_the_event_on_its_input_and_nothing_in_its_words),
	    cmocka_unit_test(a_command_that_fails_or_reads_nothing_is_no_harm),
	};
	return cmocka_run_group_tests(tests, make, clean);
}
