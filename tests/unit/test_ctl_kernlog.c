/* ctl/kernlog, ctl/input, ctl/reader: a saved log as events, packed or not, and what is said of one that holds none. */
#include "ctl_fixture.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ctl/input.h"
#include "ctl/kernlog.h"
#include "ctl/reader.h"

#define KILL                                                                                                           \
	"Memory cgroup out of memory: Killed process 77 (ruby) total-vm:900kB, anon-rss:500kB, file-rss:40kB, "        \
	"shmem-rss:0kB, UID:5 pgtables:8kB oom_score_adj:0"

static json_t *explained(const char *log)
{
	struct ctl_kernlog *k = ctl_kernlog_new();
	struct slice s = slice_cstr(log), line;
	json_t *all = json_array(), *event;
	assert_non_null(k);
	while (take_line(&s, &line))
		ctl_kernlog_vote(k, line);
	s = slice_cstr(log);
	while (take_line(&s, &line)) {
		ctl_kernlog_feed(k, line);
		while ((event = ctl_kernlog_take(k)))
			json_array_append_new(all, event);
	}
	ctl_kernlog_end(k);
	while ((event = ctl_kernlog_take(k)))
		json_array_append_new(all, event);
	ctl_kernlog_free(k);
	return all;
}

static void a_kill_is_the_same_in_every_rendering(void **state)
{
	static const char *const before[] = {"[   12.345678] ",
					     "[Tue Nov  3 10:11:12 2015] ",
					     "Nov  3 10:11:12 host kernel: [   12.345678] ",
					     "Nov  3 10:11:12 host kernel: ",
					     "2023-11-03T10:11:12.123456+01:00 host kernel: ",
					     "kern  :err   : [   12.345678] ",
					     "<3>[   12.345678] ",
					     "3,77,12345678,-;",
					     ""};
	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(before); i++) {
		char log[512];
		uint64_t pid = 0, kb = 0;
		snprintf(log, sizeof(log), "%s%s\n", before[i], KILL);
		json_t *all = explained(log);
		const json_t *e = json_array_get(all, 0);
		print_message("%s\n", before[i]);
		assert_int_equal(json_array_size(all), 1);
		assert_true(ctl_num(e, "victim.pid", &pid) && pid == 77);
		assert_true(ctl_num(e, "victim.memory.anon_rss_kb", &kb) && kb == 500);
		assert_true(ctl_is(e, "victim.comm", "ruby"));
		assert_true(ctl_is(e, "scope", "memcg"));
		assert_true(slice_starts(ctl_str(e, "id"), SLICE("00000000000000000000000000000000-")));
		/* What the rendering does not carry is not there. */
		assert_int_equal(ctl_get(e, "monotonic_usec") != NULL,
				 strstr(before[i], "12.345678") || strchr(before[i], ','));
		assert_int_equal(ctl_get(e, "realtime_usec") != NULL, strchr(before[i], '+') != NULL);
		assert_int_equal(ctl_get(e, "kmsg_seq") != NULL, strchr(before[i], ';') != NULL);
		assert_null(ctl_get(e, "boot_id"));
		json_decref(all);
	}
}

static void a_journal_entry_tells_boot_and_time_but_not_the_daemons_id(void **state)
{
	json_t *all =
	    explained("{\"_TRANSPORT\":\"kernel\",\"SYSLOG_FACILITY\":\"0\",\"_HOSTNAME\":\"db1\",\"PRIORITY\":\"3\","
		      "\"__REALTIME_TIMESTAMP\":\"1700000000000000\",\"_BOOT_ID\":\"0123456789abcdef0123456789abcdef\","
		      "\"_SOURCE_MONOTONIC_TIMESTAMP\":\"5\",\"MESSAGE\":\"" KILL "\"}\n");
	const json_t *e = json_array_get(all, 0);
	(void)state;
	assert_int_equal(json_array_size(all), 1);
	assert_true(ctl_is(e, "boot_id", "0123456789abcdef0123456789abcdef"));
	assert_true(ctl_is(e, "time", "2023-11-14T22:13:20.000000Z"));
	assert_true(ctl_is(e, "host.name", "db1"));
	assert_true(slice_starts(ctl_str(e, "id"), SLICE("00000000000000000000000000000000-")));
	json_decref(all);
}

static void an_echo_of_another_program_is_no_kill(void **state)
{
	json_t *all = explained("Nov  3 10:11:12 host kernel: [   12.345678] " KILL "\n"
				"Nov  3 10:11:13 host npd[8]: " KILL "\n");
	(void)state;
	assert_int_equal(json_array_size(all), 1);
	json_decref(all);
}

static void a_ring_written_to_the_log_twice_counts_once(void **state)
{
	json_t *all =
	    explained("[   12.345678] " KILL "\n[   13.000000] x\n[    1.000000] boot\n[   12.345678] " KILL "\n"
		      "[   99.000000] " KILL "\n");
	(void)state;
	assert_int_equal(json_array_size(all), 2);
	json_decref(all);
}

static void a_groups_first_victim_counts_once_though_the_lines_between_are_lost(void **state)
{
	json_t *all = explained("[   12.345678] " KILL "\n[   12.400000] " KILL "\n[   99.000000] " KILL "\n");
	(void)state;
	assert_int_equal(json_array_size(all), 2);
	json_decref(all);
	all = explained("Nov  3 10:11:12 h kernel: " KILL "\nNov  3 10:11:13 h kernel: " KILL "\n"
			"Nov  3 10:21:13 h kernel: " KILL "\n");
	assert_int_equal(json_array_size(all), 2);
	json_decref(all);
}

static void a_gap_in_a_capture_is_an_event(void **state)
{
	json_t *all = explained("6,10,1000,-;a\n3,20,2000,-;" KILL "\n");
	uint64_t count = 0;
	(void)state;
	assert_int_equal(json_array_size(all), 2);
	assert_true(ctl_is(json_array_get(all, 0), "type", "records-lost"));
	assert_true(ctl_num(json_array_get(all, 0), "count", &count) && count == 9);
	json_decref(all);
}

/* --- files ------------------------------------------------------------------ */

static char path[] = "/tmp/test_ctl_kernlog.XXXXXX";

static int make_file(void **state)
{
	(void)state;
	memcpy(path + strlen(path) - 6, "XXXXXX", 6);
	int fd = mkstemp(path);
	return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
	(void)state;
	return unlink(path);
}

static void write_bytes(const char *p, size_t n)
{
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(p, 1, n, f), n);
	fclose(f);
}

static bool pack(const char *tool)
{
	char command[256];
	snprintf(command, sizeof(command), "command -v %s >/dev/null || exit 9; %s <%s >%s.p && mv %s.p %s", tool, tool,
		 path, path, path, path);
	int status = system(command);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 9)
		return false;
	assert_int_equal(status, 0);
	return true;
}

struct found {
	uint64_t events;
	char first[16];
};

static bool count_event(void *context, const json_t *event)
{
	struct found *f = context;
	struct slice comm = ctl_str(event, "victim.comm");
	if (f->events++ == 0)
		snprintf(f->first, sizeof(f->first), "%.*s", (int)comm.n, comm.p ? comm.p : "");
	return true;
}

static int read_file(struct ctl_options o, bool only_log, struct found *f)
{
	struct ctl_match m = {0};
	*f = (struct found){0};
	o.quiet = true;
	o.file = only_log ? NULL : path;
	return ctl_each(&o, &m, only_log ? path : NULL, count_event, f);
}

static void packed_logs_are_read(void **state)
{
	static const char *const tools[] = {"gzip", "xz", "zstd", "bzip2", "iconv -f UTF-8 -t UTF-16"};
	static const char log[] = "[   12.345678] " KILL "\n";
	struct found f;
	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(tools); i++) {
		write_bytes(log, sizeof(log) - 1);
		if (!pack(tools[i])) {
			print_message("%s is not installed: not tried\n", tools[i]);
			continue;
		}
		assert_int_equal(read_file((struct ctl_options){0}, true, &f), 0);
		assert_int_equal(f.events, 1);
	}
}

static void a_file_of_events_is_told_from_a_log(void **state)
{
	static const char events[] =
	    "{\"type\":\"hello\",\"version\":1}\n{\"version\":1,\"type\":\"oom-kill\",\"victim\":{\"comm\":"
	    "\"a\"}}\n\nbroken\n{\"version\":1,\"type\":\"oom-kill\",\"victim\":{\"comm\":\"b\"}}\n";
	struct found f;
	(void)state;
	write_bytes(events, sizeof(events) - 1);
	assert_int_equal(read_file((struct ctl_options){0}, false, &f), 0);
	assert_int_equal(f.events, 2);
	assert_string_equal(f.first, "a");
	assert_int_equal(read_file((struct ctl_options){.has_lines = true, .lines = 1}, false, &f), 0);
	assert_int_equal(f.events, 1);
	assert_string_equal(f.first, "b");
	assert_int_equal(read_file((struct ctl_options){.reverse = true}, false, &f), 0);
	assert_int_equal(f.events, 2);
	assert_string_equal(f.first, "b");
	assert_int_equal(read_file((struct ctl_options){.has_lines = true}, false, &f), 1); /* -n 0 */
	write_bytes("[   12.345678] " KILL "\n", strlen("[   12.345678] " KILL "\n"));
	assert_int_equal(read_file((struct ctl_options){0}, false, &f), 0);
	assert_int_equal(f.events, 1);
}

static void files_without_a_kill_give_status_1(void **state)
{
	static const char *const files[] = {"",
					    "hello\nworld\n",
					    "[   12.345678] usb 1-1: new\n",
					    "\x7f"
					    "ELF\x02\x01",
					    "Nov  3 10:11:13 host npd[8]: " KILL "\n",
					    "{\"a\":1}\n",
					    "\x1f\x8b garbage"};
	struct found f;
	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(files); i++) {
		write_bytes(files[i], strlen(files[i]));
		assert_int_equal(read_file((struct ctl_options){0}, true, &f), 1);
		assert_int_equal(f.events, 0);
	}
}

static void a_line_of_megabytes_is_cut_and_the_next_one_read(void **state)
{
	size_t n = 3u << 20;
	char *big = malloc(n + 200);
	struct found f;
	(void)state;
	assert_non_null(big);
	memset(big, 'a', n);
	int tail = snprintf(big + n, 200, "\n[   12.345678] %s\n", KILL);
	write_bytes(big, n + (size_t)tail);
	assert_int_equal(read_file((struct ctl_options){0}, true, &f), 0);
	assert_int_equal(f.events, 1);

	struct ctl_input in;
	struct slice line;
	assert_int_equal(ctl_input_open(&in, path), 0);
	assert_true(ctl_input_line(&in, &line));
	assert_int_equal(line.n, CTL_INPUT_LINE);
	assert_true(ctl_input_line(&in, &line));
	assert_true(slice_starts(line, SLICE("[   12.345678] ")));
	assert_false(ctl_input_line(&in, &line));
	assert_int_equal(in.cut_lines, 1);
	assert_int_equal(ctl_input_close(&in), 0);
	free(big);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_kill_is_the_same_in_every_rendering),
	    cmocka_unit_test(a_journal_entry_tells_boot_and_time_but_not_the_daemons_id),
	    cmocka_unit_test(an_echo_of_another_program_is_no_kill),
	    cmocka_unit_test(a_ring_written_to_the_log_twice_counts_once),
	    cmocka_unit_test(a_groups_first_victim_counts_once_though_the_lines_between_are_lost),
	    cmocka_unit_test(a_gap_in_a_capture_is_an_event),
	    cmocka_unit_test_setup_teardown(packed_logs_are_read, make_file, remove_file),
	    cmocka_unit_test_setup_teardown(a_file_of_events_is_told_from_a_log, make_file, remove_file),
	    cmocka_unit_test_setup_teardown(files_without_a_kill_give_status_1, make_file, remove_file),
	    cmocka_unit_test_setup_teardown(a_line_of_megabytes_is_cut_and_the_next_one_read, make_file, remove_file),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
