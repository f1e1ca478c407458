#include "sink_fixture.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/text.h"
#include "sink/metrics.h"

static char file[2 << 20];

static const char *published(const struct sink_metrics *s, const struct sink_metrics_numbers *n)
{
	char path[128];
	snprintf(path, sizeof(path), "%s", in_dir("oom.prom"));
	assert_int_equal(sink_metrics_write(s, path, n), 0);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	ssize_t got = read(fd, file, sizeof(file) - 1);
	assert_true(got > 0);
	file[got] = '\0';
	close(fd);
	assert_int_equal(unlink(path), 0);
	return file;
}

static const struct sink_metrics_numbers nothing = {.version = "1.0"};

static void kill_once(struct sink_metrics *s)
{
	sink_metrics_publish(s, &(struct sink_message){.event = &event, .json = SLICE("{}")});
}

#define HAS(text, part) assert_non_null(strstr(text, part))
#define HAS_NOT(text, part) assert_null(strstr(text, part))

static void kills_are_counted_under_their_labels(void **state)
{
	(void)state;
	struct sink_metrics *s = sink_metrics_new();
	make_kill();
	kill_once(s);
	kill_once(s);
	event.identity.pod.name = SLICE_NONE;
	kill_once(s);
	const char *text = published(s, &nothing);
	HAS(text, "\noomwatchd_kills_total{scope=\"memcg\",unit=\"web.service\",namespace=\"shop\",pod=\"web-0\","
		  "container=\"web\"} 2\n");
	HAS(text, "\noomwatchd_kills_total{scope=\"memcg\",unit=\"web.service\",namespace=\"shop\",pod=\"\","
		  "container=\"web\"} 1\n");
	sink_metrics_free(s);
}

static void events_that_are_no_kill_count_no_kill(void **state)
{
	(void)state;
	struct sink_metrics *s = sink_metrics_new();
	for (enum event_type type = 0; type < EVENT_TYPES; type++) {
		event_init(&event, type);
		if (type != EVENT_OOM_KILL)
			kill_once(s);
	}
	HAS_NOT(published(s, &nothing), "oomwatchd_kills_total{");
	HAS(file, "\noomwatchd_unattributed_total 0\n");
	sink_metrics_free(s);
}

static void hostile_names_are_escaped_and_stay_one_line(void **state)
{
	(void)state;
	struct sink_metrics *s = sink_metrics_new();
	make_kill();
	event.identity.unit = SLICE("a\"} 1\nforged_total{x=\"\\\xff\0z");
	kill_once(s);
	HAS(published(s, &nothing), ",unit=\"a\\\"} 1\\nforged_total{x=\\\"\\\\\xef\xbf\xbd");
	HAS_NOT(file, "\nforged_total");
	sink_metrics_free(s);
}

static void a_name_too_long_is_cut_between_characters(void **state)
{
	(void)state;
	struct sink_metrics *s = sink_metrics_new();
	make_kill();
	static char name[4000];
	for (size_t i = 0; i + 1 < sizeof(name); i += 2)
		memcpy(name + i, i % 4 ? "\xc3\xa4" : "\\\\", 2);
	event.identity.unit = slice_of(name + 1, sizeof(name) - 1);
	event.identity.pod.name = event.identity.pod.namespace_ = event.identity.container.name = event.identity.unit;
	kill_once(s);
	published(s, &nothing);
	assert_true(text_is_utf8(slice_cstr(file)));
	HAS(file, "\"} 1\n");
	sink_metrics_free(s);
}

static void the_stalest_series_makes_room_and_no_kill_leaves_the_sum(void **state)
{
	(void)state;
	struct sink_metrics *s = sink_metrics_new();
	make_kill();
	char unit[32];
	for (int i = 0; i < LIMIT_METRICS_SERIES + 100; i++) {
		event.identity.unit = SLICE("busy.service");
		kill_once(s);
		snprintf(unit, sizeof(unit), "job-%d.service", i);
		event.identity.unit = slice_cstr(unit);
		kill_once(s);
	}
	const char *text = published(s, &nothing);
	HAS(text, "unit=\"busy.service\",namespace=\"shop\",pod=\"web-0\",container=\"web\"} 612\n");
	HAS_NOT(text, "unit=\"job-0.service\"");
	HAS(text, "unit=\"job-611.service\"");
	uint64_t sum = 0;
	unsigned series = 0;
	struct slice all = slice_cstr(text), one, label;
	while (take_line(&all, &one)) {
		uint64_t n;
		if (take_literal(&one, SLICE("oomwatchd_kills_total{")) && take_until_last(&one, SLICE(" "), &label) &&
		    slice_to_u64(one, &n)) {
			sum += n;
			series++;
		}
	}
	assert_int_equal(series, LIMIT_METRICS_SERIES);
	HAS(text, "\noomwatchd_kills_retired_total 101\n");
	HAS(text, "\noomwatchd_series_retired_total 101\n");
	assert_int_equal(sum + 101, 2 * (LIMIT_METRICS_SERIES + 100));
	sink_metrics_free(s);
}

static void the_daemons_numbers_are_printed_and_what_is_not_known_is_not(void **state)
{
	(void)state;
	struct sink_metrics *s = sink_metrics_new();
	HAS_NOT(published(s, &nothing), "last_kill_timestamp");
	HAS_NOT(file, "process_events");
	const struct sink_metrics_recorder recorder = {
	    .process_events = true, .events_lost = 6, .forgotten = 7, .cmdlines_unread = 8};
	const struct sink_metrics_dropped dropped[] = {{"journal", 7}, {"socket", 0}};
	struct sink_metrics_numbers n = {.version = "1.2",
					 .records_lost = 3,
					 .kills_unseen = 4,
					 .forged_records = 5,
					 .recorder = &recorder,
					 .dropped = dropped,
					 .dropped_count = 2};
	make_kill();
	event.realtime_usec = (struct opt_u64)OPT(1769903999000001);
	kill_once(s);
	event.realtime_usec = (struct opt_u64)OPT(1769903998000000); /* a recovered one comes late */
	event.recovered = true;
	kill_once(s);
	event.recovered = false;
	memset(&event.identity, 0, sizeof(event.identity));
	event.realtime_usec = (struct opt_u64)OPT(1769903999000001);
	kill_once(s);
	const char *text = published(s, &n);
	HAS(text, "\noomwatchd_records_lost_total 3\n");
	HAS(text, "\noomwatchd_kills_unseen_total 4\n");
	HAS(text, "\noomwatchd_forged_records_total 5\n");
	HAS(text, "\noomwatchd_process_events 1\n");
	HAS(text, "\noomwatchd_process_events_lost_total 6\n");
	HAS(text, "\noomwatchd_processes_forgotten_total 7\n");
	HAS(text, "\noomwatchd_cmdlines_unread_total 8\n");
	HAS(text, "\noomwatchd_events_dropped_total{sink=\"journal\"} 7\n");
	HAS(text, "\noomwatchd_events_dropped_total{sink=\"socket\"} 0\n");
	HAS(text, "\noomwatchd_unattributed_total 1\n");
	HAS(text, "\noomwatchd_last_kill_timestamp_seconds 1769903999.000001\n");
	HAS(text, "\noomwatchd_build_info{version=\"1.2\"} 1\n");
	sink_metrics_free(s);
}

static void the_last_kill_is_the_last_also_when_the_clock_was_set_back(void **state)
{
	(void)state;
	struct sink_metrics *s = sink_metrics_new();
	make_kill();
	event.recovered = false;
	event.realtime_usec = (struct opt_u64)OPT(1769990399000001);
	kill_once(s);
	event.realtime_usec = (struct opt_u64)OPT(1769903999000001);
	kill_once(s);
	HAS(published(s, &nothing), "\noomwatchd_last_kill_timestamp_seconds 1769903999.000001\n");
	sink_metrics_free(s);
}

static void every_family_has_its_help_and_type_once(void **state)
{
	(void)state;
	struct sink_metrics *s = sink_metrics_new();
	make_kill();
	kill_once(s);
	struct slice all = slice_cstr(published(s, &nothing)), one, name;
	unsigned heads = 0;
	while (take_line(&all, &one)) {
		if (!take_literal(&one, SLICE("# HELP ")))
			continue;
		assert_true(take_until(&one, SLICE(" "), &name));
		char type[160];
		snprintf(type, sizeof(type), "\n# TYPE %.*s ", (int)name.n, name.p);
		const char *first = strstr(file, type);
		assert_non_null(first);
		assert_null(strstr(first + 1, type));
		heads++;
	}
	assert_true(heads >= 9);
	sink_metrics_free(s);
}

static void a_failed_write_leaves_the_old_file_and_no_other(void **state)
{
	(void)state;
	struct sink_metrics *s = sink_metrics_new();
	char path[128], missing[160];
	snprintf(missing, sizeof(missing), "%s/no/such.prom", dir);
	assert_int_equal(sink_metrics_write(s, missing, &nothing), -ENOENT);
	/* A directory cannot be replaced by a file: the temporary one must go again. */
	snprintf(path, sizeof(path), "%s", in_dir("oom.prom"));
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(sink_metrics_write(s, path, &nothing), -EISDIR);
	assert_int_equal(access(in_dir("oom.prom.tmp"), F_OK), -1);
	assert_int_equal(rmdir(path), 0);
	char long_path[LIMIT_PATH];
	memset(long_path, 'a', sizeof(long_path) - 1);
	long_path[sizeof(long_path) - 1] = '\0';
	assert_int_equal(sink_metrics_write(s, long_path, &nothing), -ENAMETOOLONG);
	sink_metrics_free(s);
}

static void what_lies_at_the_temporary_name_is_not_written_through(void **state)
{
	(void)state;
	struct sink_metrics *s = sink_metrics_new();
	char temporary[128], target[128];
	snprintf(temporary, sizeof(temporary), "%s", in_dir("oom.prom.tmp"));
	snprintf(target, sizeof(target), "%s", in_dir("target"));
	assert_int_equal(symlink(target, temporary), 0);
	published(s, &nothing);
	assert_int_equal(access(target, F_OK), -1);
	assert_int_equal(mkfifo(temporary, 0600), 0); /* opening it for writing would block */
	published(s, &nothing);
	sink_metrics_free(s);
}

static void the_file_is_readable_for_a_collector_whatever_the_umask(void **state)
{
	(void)state;
	struct sink_metrics *s = sink_metrics_new();
	char path[128];
	snprintf(path, sizeof(path), "%s", in_dir("oom.prom"));
	mode_t before = umask(0077);
	assert_int_equal(sink_metrics_write(s, path, &nothing), 0);
	umask(before);
	struct stat st;
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	unlink(path);
	sink_metrics_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(kills_are_counted_under_their_labels),
	    cmocka_unit_test(events_that_are_no_kill_count_no_kill),
	    cmocka_unit_test(hostile_names_are_escaped_and_stay_one_line),
	    cmocka_unit_test(a_name_too_long_is_cut_between_characters),
	    cmocka_unit_test(the_stalest_series_makes_room_and_no_kill_leaves_the_sum),
	    cmocka_unit_test(the_daemons_numbers_are_printed_and_what_is_not_known_is_not),
	    cmocka_unit_test(the_last_kill_is_the_last_also_when_the_clock_was_set_back),
	    cmocka_unit_test(every_family_has_its_help_and_type_once),
	    cmocka_unit_test(a_failed_write_leaves_the_old_file_and_no_other),
	    cmocka_unit_test(what_lies_at_the_temporary_name_is_not_written_through),
	    cmocka_unit_test(the_file_is_readable_for_a_collector_whatever_the_umask),
	};
	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
