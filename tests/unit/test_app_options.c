#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/options.h"

#define MAX_ARGS 16

/* Parses with stdout and stderr going nowhere: the texts are tested with the program itself. */
static enum app_options_outcome parse(struct app_options *o, const char *const *args)
{
	char *argv[MAX_ARGS + 2] = {(char *)(uintptr_t) "oomwatchd"};
	int argc = 1;
	for (; args[argc - 1]; argc++)
		argv[argc] = (char *)(uintptr_t)args[argc - 1];
	int null = open("/dev/null", O_WRONLY), out = dup(STDOUT_FILENO), err = dup(STDERR_FILENO);
	dup2(null, STDOUT_FILENO);
	dup2(null, STDERR_FILENO);
	enum app_options_outcome outcome = app_options_parse(o, argc, argv);
	dup2(out, STDOUT_FILENO);
	dup2(err, STDERR_FILENO);
	close(null);
	close(out);
	close(err);
	return outcome;
}

#define PARSE(o, ...) parse(o, (const char *const[]){__VA_ARGS__, NULL})

static void without_options_it_is_the_service(void **state)
{
	(void)state;
	struct app_options o;
	unsetenv("STATE_DIRECTORY");
	assert_int_equal(parse(&o, (const char *const[]){NULL}), APP_OPTIONS_RUN);
	assert_false(o.foreground);
	assert_true(o.live);
	assert_true(o.journal);
	assert_string_equal(o.source, "/dev/kmsg");
	assert_string_equal(o.proc, "/proc");
	assert_string_equal(o.socket, "/run/oomwatchd/events.sock");
	assert_string_equal(o.state, "/var/lib/oomwatchd");
	assert_null(o.metrics_file);
	assert_int_equal(o.from, APP_FROM_RESUME);
	assert_int_equal(o.sample_interval, 30);
	assert_int_equal(o.recorder_memory, 16);
	assert_int_equal(o.cmdline, EVENT_CMDLINE_FULL);
}

static void systemd_says_where_the_state_is(void **state)
{
	(void)state;
	struct app_options o;
	setenv("STATE_DIRECTORY", "/var/lib/elsewhere", 1);
	assert_int_equal(parse(&o, (const char *const[]){NULL}), APP_OPTIONS_RUN);
	assert_string_equal(o.state, "/var/lib/elsewhere");
	assert_int_equal(PARSE(&o, "--state=/x"), APP_OPTIONS_RUN);
	assert_string_equal(o.state, "/x");
	unsetenv("STATE_DIRECTORY");
}

static void the_foreground_has_no_journal_socket_or_state(void **state)
{
	(void)state;
	struct app_options o;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(PARSE(&o, i ? "-f" : "--foreground"), APP_OPTIONS_RUN);
		assert_true(o.foreground);
		assert_false(o.journal);
		assert_null(o.socket);
		assert_null(o.state);
		assert_int_equal(o.from, APP_FROM_END);
	}
}

static void the_foreground_has_what_is_asked_for(void **state)
{
	(void)state;
	struct app_options o;
	assert_int_equal(PARSE(&o, "-f", "--journal=yes", "--socket=/s", "--state=/t", "--from=boot", "--json"),
			 APP_OPTIONS_RUN);
	assert_true(o.journal && o.json);
	assert_string_equal(o.socket, "/s");
	assert_string_equal(o.state, "/t");
	assert_int_equal(o.from, APP_FROM_BOOT);
}

static void none_is_none_for_the_service_too(void **state)
{
	(void)state;
	struct app_options o;
	assert_int_equal(PARSE(&o, "--journal=no", "--socket=none", "--state=none"), APP_OPTIONS_RUN);
	assert_false(o.journal);
	assert_null(o.socket);
	assert_null(o.state);
}

static void a_capture_is_read_from_its_beginning_and_without_proc(void **state)
{
	(void)state;
	struct app_options o;
	assert_int_equal(PARSE(&o, "-f", "--source=saved.kmsg"), APP_OPTIONS_RUN);
	assert_false(o.live);
	assert_null(o.proc);
	assert_int_equal(o.from, APP_FROM_BOOT);
	assert_int_equal(PARSE(&o, "-f", "--source=-", "--proc=/p", "--root=/r"), APP_OPTIONS_RUN);
	assert_string_equal(o.proc, "/p");
	assert_string_equal(o.root, "/r");
	assert_true(o.root_given);
}

static void how_much_of_a_command_line_leaves_can_be_chosen(void **state)
{
	(void)state;
	struct app_options o;
	assert_int_equal(PARSE(&o, "--cmdline=none"), APP_OPTIONS_RUN);
	assert_int_equal(o.cmdline, EVENT_CMDLINE_NONE);
	assert_int_equal(PARSE(&o, "--cmdline=argv0"), APP_OPTIONS_RUN);
	assert_int_equal(o.cmdline, EVENT_CMDLINE_ARGV0);
}

static void sampling_can_be_off_or_as_rare_as_a_day(void **state)
{
	(void)state;
	struct app_options o;
	assert_int_equal(PARSE(&o, "--sample-interval=0"), APP_OPTIONS_RUN);
	assert_int_equal(o.sample_interval, 0);
	assert_int_equal(PARSE(&o, "--sample-interval=86400"), APP_OPTIONS_RUN);
	assert_int_equal(o.sample_interval, 86400);
	assert_int_equal(PARSE(&o, "--recorder-memory=1"), APP_OPTIONS_RUN);
	assert_int_equal(o.recorder_memory, 1);
	assert_int_equal(PARSE(&o, "--recorder-memory=1024"), APP_OPTIONS_RUN);
	assert_int_equal(o.recorder_memory, 1024);
}

static void wrong_usage_is_said(void **state)
{
	(void)state;
	static const char *const wrong[] = {
	    "--bogus",
	    "--from=start",
	    "--from=",
	    "--journal=maybe",
	    "--cmdline=all",
	    "--sample-interval",
	    "--sample-interval=-1",
	    "--source=",
	    "--sample-interval=1h",
	    "argument",
	    "--json=yes",
	    "--sample-interval=86401",
	    "--recorder-memory=0",
	    "--recorder-memory=1025",
	    "--recorder-memory=16M",
	    "--cmdline=",
	    "--sample-interval=99999999999999999999",
	};
	struct app_options o;
	for (size_t i = 0; i < ARRAY_COUNT(wrong); i++)
		if (PARSE(&o, wrong[i]) != APP_OPTIONS_USAGE)
			fail_msg("%s was taken", wrong[i]);
}

static void help_and_version_are_answers(void **state)
{
	(void)state;
	struct app_options o;
	assert_int_equal(PARSE(&o, "--help"), APP_OPTIONS_DONE);
	assert_int_equal(PARSE(&o, "--version"), APP_OPTIONS_DONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(without_options_it_is_the_service),
	    cmocka_unit_test(systemd_says_where_the_state_is),
	    cmocka_unit_test(the_foreground_has_no_journal_socket_or_state),
	    cmocka_unit_test(the_foreground_has_what_is_asked_for),
	    cmocka_unit_test(none_is_none_for_the_service_too),
	    cmocka_unit_test(a_capture_is_read_from_its_beginning_and_without_proc),
	    cmocka_unit_test(how_much_of_a_command_line_leaves_can_be_chosen),
	    cmocka_unit_test(sampling_can_be_off_or_as_rare_as_a_day),
	    cmocka_unit_test(wrong_usage_is_said),
	    cmocka_unit_test(help_and_version_are_answers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
