#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <ctype.h>
#include <stdio.h>

#include "event/schema.h"

static size_t row_count(const struct event_field *f)
{
	size_t n = 0;
	while (f[n].path)
		n++;
	return n;
}

static const struct event_field *row(const char *path)
{
	for (const struct event_field *f = event_schema(); f->path; f++)
		if (strcmp(f->path, path) == 0)
			return f;
	fail_msg("no row %s", path);
	return NULL;
}

static void the_top_level_keys_stand_in_the_order_of_the_format(void **state)
{
	static const char *const order[] = {
	    "version",  "type",       "id",        "time",        "realtime_usec", "monotonic_usec", "boot_id",
	    "kmsg_seq", "host",       "recovered", "scope",       "report",        "summary",        "victim",
	    "trigger",  "constraint", "nodemask",  "cpuset",      "mems_allowed",  "cgroup",         "identity",
	    "sources",  "group",      "tasks",     "host_memory", "verdict",
	};
	(void)state;
	size_t at = 0;
	for (size_t i = 0; i < ARRAY_COUNT(order); i++) {
		const struct event_field *f = event_schema();
		size_t n = strlen(order[i]), found = SIZE_MAX;
		for (size_t k = 0; f[k].path && found == SIZE_MAX; k++)
			if (strncmp(f[k].path, order[i], n) == 0 && (f[k].path[n] == '.' || !f[k].path[n]))
				found = k;
		assert_true(found != SIZE_MAX);
		assert_true(i == 0 || found > at);
		at = found;
	}
}

static void members_of_the_victim_stand_in_the_order_of_the_format(void **state)
{
	static const char *const order[] = {
	    "victim.pid",
	    "victim.tgid",
	    "victim.comm",
	    "victim.uid",
	    "victim.user",
	    "victim.exe",
	    "victim.cmdline",
	    "victim.ppid",
	    "victim.parents",
	    "victim.ns_pid",
	    "victim.start_time",
	    "victim.uptime_sec",
	    "victim.oom_score_adj",
	    "victim.oom_score",
	    "victim.memory.total_vm_kb",
	    "victim.memory.rss_kb",
	    "victim.memory.anon_rss_kb",
	    "victim.memory.file_rss_kb",
	    "victim.memory.shmem_rss_kb",
	    "victim.memory.swap_kb",
	    "victim.memory.pgtables_kb",
	    "victim.history",
	    "victim.growth",
	};
	(void)state;
	const struct event_field *f = row(order[0]);
	for (size_t i = 0; i < ARRAY_COUNT(order); i++)
		assert_string_equal(f[i].path, order[i]);
}

static void no_key_stands_twice_and_rows_of_one_object_stand_together(void **state)
{
	(void)state;
	const struct event_field *f = event_schema();
	size_t n = row_count(f);
	assert_true(n <= EVENT_SCHEMA_ROWS);
	for (size_t i = 0; i < n; i++) {
		for (size_t k = i + 1; k < n; k++)
			assert_string_not_equal(f[i].path, f[k].path);
		for (const char *dot = strchr(f[i].path, '.'); dot; dot = strchr(dot + 1, '.')) {
			size_t len = (size_t)(dot - f[i].path) + 1;
			bool left = false;
			for (size_t k = i + 1; k < n; k++) {
				bool inside = strncmp(f[k].path, f[i].path, len) == 0;
				assert_false(left && inside);
				left = left || !inside;
			}
		}
	}
}

static void every_row_lies_inside_the_struct_and_is_explained(void **state)
{
	(void)state;
	for (const struct event_field *f = event_schema(); f->path; f++) {
		assert_true(f->offset < offsetof(struct event, arena));
		assert_non_null(f->doc);
		assert_true(f->doc[0] != '\0');
		assert_true((f->kind == EVENT_LIST) == (f->items != NULL));
		assert_true((f->kind == EVENT_LIST || f->kind == EVENT_MAP) == (f->stride != 0));
		for (const char *c = f->doc; *c; c++)
			assert_true(*c >= ' ' && *c <= '~');
		for (const struct event_field *item = f->items; item && item->path; item++)
			assert_true(item->offset < f->stride && item->doc && !item->required);
	}
}

static void the_journald_fields_are_the_ones_of_the_format(void **state)
{
	static const struct {
		const char *name, *path;
	} want[] = {
	    {"OOM_ID", "id"},
	    {"OOM_SCOPE", "scope"},
	    {"OOM_PID", "victim.pid"},
	    {"OOM_TGID", "victim.tgid"},
	    {"OOM_COMM", "victim.comm"},
	    {"OOM_UID", "victim.uid"},
	    {"OBJECT_UID", "victim.uid"},
	    {"OOM_EXE", "victim.exe"},
	    {"OOM_CMDLINE", "victim.cmdline"},
	    {"OOM_CGROUP", "cgroup.path"},
	    {"OBJECT_SYSTEMD_CGROUP", "cgroup.path"},
	    {"OOM_LIMIT_CGROUP", "cgroup.limit_path"},
	    {"OOM_UNIT", "identity.unit"},
	    {"OBJECT_SYSTEMD_UNIT", "identity.unit"},
	    {"OBJECT_SYSTEMD_USER_UNIT", "identity.user_unit"},
	    {"OBJECT_SYSTEMD_SLICE", "identity.slice"},
	    {"OOM_CONTAINER_ID", "identity.container.id"},
	    {"OOM_CONTAINER_NAME", "identity.container.name"},
	    {"OOM_POD_NAME", "identity.pod.name"},
	    {"OOM_POD_NAMESPACE", "identity.pod.namespace"},
	    {"OOM_POD_UID", "identity.pod.uid"},
	    {"OOM_ANON_RSS_KB", "victim.memory.anon_rss_kb"},
	    {"OOM_TRIGGER_COMM", "trigger.comm"},
	    {"OOM_TRIGGER_PID", "trigger.pid"},
	    {"OOM_VERDICT", "verdict.code"},
	    {"OOM_RECOVERED", "recovered"},
	};
	(void)state;
	size_t seen = 0;
	for (const struct event_field *f = event_schema(); f->path; f++) {
		struct slice names = slice_cstr(f->journal), name;
		while (take_word(&names, &name)) {
			bool known = false;
			for (size_t i = 0; i < ARRAY_COUNT(want); i++)
				known = known || (slice_eq(name, slice_cstr(want[i].name)) &&
						  strcmp(f->path, want[i].path) == 0);
			assert_true(known);
			seen++;
		}
	}
	assert_int_equal(seen, ARRAY_COUNT(want));
}

static void each_type_has_its_own_name_and_message_id(void **state)
{
	(void)state;
	assert_string_equal(event_type_name(EVENT_OOM_KILL), "oom-kill");
	assert_string_equal(event_type_name(EVENT_NO_VICTIM), "oom-no-victim");
	assert_string_equal(event_type_name(EVENT_RECORDS_LOST), "records-lost");
	assert_string_equal(event_type_name(EVENT_KILLS_UNSEEN), "kills-unseen");
	assert_null(event_type_name(EVENT_TYPES));
	assert_string_equal(event_message_id(EVENT_OOM_KILL), "5ef39f0ddfef4293b8e652629a707eda");
	assert_string_equal(event_message_id(EVENT_RECORDS_LOST), "bd0c2a7d54084704ba4a4bcbddf3d583");
	assert_string_equal(event_message_id(EVENT_KILLS_UNSEEN), "bbbfdbe0b3a6443a8387ad6d1a387c0f");
	assert_string_equal(event_message_id(EVENT_NO_VICTIM), "7f36703acfa94008be9694349ea3f709");
	assert_null(event_message_id(EVENT_TYPES));
}

static void there_are_seventeen_verdict_codes(void **state)
{
	(void)state;
	size_t n = 0;
	while (event_verdict_codes()[n])
		n++;
	assert_int_equal(n, 17);
	assert_ptr_equal(row("verdict.code")->values, event_verdict_codes());
}

static void a_new_event_is_empty_but_for_its_type_and_version(void **state)
{
	static struct event e;
	(void)state;
	memset(&e, 0xaa, sizeof(e));
	event_init(&e, EVENT_NO_VICTIM);
	assert_true(e.version.set);
	assert_int_equal(e.version.v, 1);
	assert_true(slice_eq(e.type, SLICE("oom-no-victim")));
	assert_false(slice_present(e.id));
	assert_int_equal(e.host_memory.zone_count, 0);
	assert_true(slice_present(arena_copy(&e.arena, SLICE("x"))));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_top_level_keys_stand_in_the_order_of_the_format),
	    cmocka_unit_test(members_of_the_victim_stand_in_the_order_of_the_format),
	    cmocka_unit_test(no_key_stands_twice_and_rows_of_one_object_stand_together),
	    cmocka_unit_test(every_row_lies_inside_the_struct_and_is_explained),
	    cmocka_unit_test(the_journald_fields_are_the_ones_of_the_format),
	    cmocka_unit_test(each_type_has_its_own_name_and_message_id),
	    cmocka_unit_test(there_are_seventeen_verdict_codes),
	    cmocka_unit_test(a_new_event_is_empty_but_for_its_type_and_version),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
