#include "sink_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

#include "sink/stream.h"

static char got[1 << 20];

static struct slice read_all(int fd)
{
	size_t n = 0;
	ssize_t r;
	while (n < sizeof(got) && (r = read(fd, got + n, sizeof(got) - n)) > 0)
		n += (size_t)r;
	return slice_of(got, n);
}

static struct slice written(struct sink_stream form, struct slice json)
{
	int p[2];
	assert_int_equal(pipe(p), 0);
	form.fd = p[1];
	sink_stream_publish(&form, &(struct sink_message){.event = &event, .json = json});
	assert_int_equal(form.counters.sent, 1);
	close(p[1]);
	struct slice s = read_all(p[0]);
	close(p[0]);
	return s;
}

static void json_is_one_line(void **state)
{
	(void)state;
	make_kill();
	assert_text(written((struct sink_stream){.form = SINK_STREAM_JSON}, SLICE("{\"a\":1}")), "{\"a\":1}\n");
}

static void a_readable_line_is_time_and_summary(void **state)
{
	(void)state;
	make_kill();
	assert_text(written((struct sink_stream){.form = SINK_STREAM_READABLE}, SLICE("{}")),
		    "2026-01-31T23:59:59.000001Z ruby (pid 99) of web.service was killed\n");
}

static void colour_comes_only_when_asked_for_and_ends_before_the_line_does(void **state)
{
	(void)state;
	make_kill();
	assert_text(written((struct sink_stream){.form = SINK_STREAM_READABLE, .colour = true}, SLICE("{}")),
		    "2026-01-31T23:59:59.000001Z \033[31mruby (pid 99) of web.service was killed\033[0m\n");
	event_init(&event, EVENT_RECORDS_LOST);
	event.summary = SLICE("3 records lost");
	assert_text(written((struct sink_stream){.form = SINK_STREAM_READABLE, .colour = true}, SLICE("{}")),
		    "\033[33m3 records lost\033[0m\n");
	assert_text(written((struct sink_stream){.form = SINK_STREAM_JSON, .colour = true}, SLICE("{}")), "{}\n");
}

static void an_event_without_time_and_summary_still_says_what_it_is(void **state)
{
	(void)state;
	event_init(&event, EVENT_KILLS_UNSEEN);
	assert_text(written((struct sink_stream){.form = SINK_STREAM_READABLE}, SLICE("{}")), "kills-unseen\n");
}

/* A reader in another process: it takes small bites, and says by its exit status whether all lines were whole. */
static pid_t slow_reader(int from, int other_end, size_t line, size_t lines)
{
	pid_t pid = fork();
	if (pid)
		return pid;
	close(other_end);
	char bite[1000];
	size_t total = 0;
	ssize_t n;
	while ((n = read(from, bite, sizeof(bite))) > 0) {
		for (ssize_t i = 0; i < n; i++, total++)
			if (bite[i] != (total % (line + 1) == line ? '\n' : 'x'))
				_exit(1);
		struct timespec pause = {.tv_nsec = 20000};
		nanosleep(&pause, NULL);
	}
	_exit(total == lines * (line + 1) ? 0 : 2);
}

static void interrupt(int signal)
{
	(void)signal;
}

static void write_to_a_slow_reader_under_signals(int pipe_flags)
{
	enum { LINE = 30000, LINES = 20 };
	static char json[LINE];
	memset(json, 'x', sizeof(json));
	int p[2];
	assert_int_equal(pipe(p), 0);
	pid_t reader = slow_reader(p[0], p[1], LINE, LINES);
	close(p[0]);
	assert_int_equal(fcntl(p[1], F_SETFL, pipe_flags), 0);
	struct sigaction a = {.sa_handler = interrupt}, before;
	sigaction(SIGALRM, &a, &before);
	struct itimerval often = {.it_interval.tv_usec = 500, .it_value.tv_usec = 500}, never = {.it_value.tv_sec = 0};
	setitimer(ITIMER_REAL, &often, NULL);
	struct sink_stream s = {.fd = p[1], .form = SINK_STREAM_JSON};
	for (int i = 0; i < LINES; i++)
		sink_stream_publish(&s, &(struct sink_message){.event = &event, .json = slice_of(json, LINE)});
	setitimer(ITIMER_REAL, &never, NULL);
	sigaction(SIGALRM, &before, NULL);
	close(p[1]);
	int status;
	assert_int_equal(waitpid(reader, &status, 0), reader);
	assert_int_equal(status, 0);
	assert_int_equal(s.counters.sent, LINES);
	assert_int_equal(s.counters.dropped + s.counters.errors, 0);
}

static void a_full_pipe_and_signals_tear_no_line(void **state)
{
	(void)state;
	write_to_a_slow_reader_under_signals(0);
}

static void a_full_non_blocking_pipe_and_signals_tear_no_line(void **state)
{
	(void)state;
	write_to_a_slow_reader_under_signals(O_NONBLOCK);
}

static void a_reader_that_left_breaks_the_stream_and_later_events_are_counted(void **state)
{
	(void)state;
	make_kill();
	int p[2];
	assert_int_equal(pipe(p), 0);
	close(p[0]);
	struct sink_stream s = {.fd = p[1], .form = SINK_STREAM_JSON};
	struct sink_message m = {.event = &event, .json = SLICE("{}")};
	sink_stream_publish(&s, &m);
	assert_true(s.broken);
	assert_int_equal(s.counters.dropped, 1);
	sink_stream_publish(&s, &m);
	assert_int_equal(s.counters.dropped, 2);
	assert_int_equal(s.counters.errors, 1);
	assert_int_equal(s.counters.sent, 0);
	close(p[1]);
}

static void a_line_torn_by_a_full_disk_does_not_run_into_the_next(void **state)
{
	(void)state;
	make_kill();
	int fd = open(in_dir("out"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	unlink(in_dir("out"));
	struct rlimit before, five;
	getrlimit(RLIMIT_FSIZE, &before);
	five = (struct rlimit){.rlim_cur = 5, .rlim_max = before.rlim_max};
	struct sink_stream s = {.fd = fd, .form = SINK_STREAM_JSON};
	setrlimit(RLIMIT_FSIZE, &five);
	sink_stream_publish(&s, &(struct sink_message){.event = &event, .json = SLICE("{\"lost\":1}")});
	setrlimit(RLIMIT_FSIZE, &before);
	assert_false(s.broken);
	assert_int_equal(s.counters.dropped, 1);
	sink_stream_publish(&s, &(struct sink_message){.event = &event, .json = SLICE("{\"good\":2}")});
	sink_stream_publish(&s, &(struct sink_message){.event = &event, .json = SLICE("{\"good\":3}")});
	assert_int_equal(s.counters.sent, 2);
	lseek(fd, 0, SEEK_SET);
	assert_text(read_all(fd), "{\"los\n{\"good\":2}\n{\"good\":3}\n");
	close(fd);
}

int main(void)
{
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(json_is_one_line),
	    cmocka_unit_test(a_readable_line_is_time_and_summary),
	    cmocka_unit_test(colour_comes_only_when_asked_for_and_ends_before_the_line_does),
	    cmocka_unit_test(an_event_without_time_and_summary_still_says_what_it_is),
	    cmocka_unit_test(a_full_pipe_and_signals_tear_no_line),
	    cmocka_unit_test(a_full_non_blocking_pipe_and_signals_tear_no_line),
	    cmocka_unit_test(a_reader_that_left_breaks_the_stream_and_later_events_are_counted),
	    cmocka_unit_test(a_line_torn_by_a_full_disk_does_not_run_into_the_next),
	};
	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
