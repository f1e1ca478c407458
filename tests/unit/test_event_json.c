#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <jansson.h>
#include <stdlib.h>

#include "base/text.h"
#include "event/json.h"
#include "event/schema.h"

static struct event e;
static struct event_json *encoder;
static char reference[4 * EVENT_ARENA];
static uint64_t random_state;

static uint32_t random_below(uint32_t n)
{
	random_state = random_state * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)((random_state >> 33) % n);
}

static int set_up(void **state)
{
	(void)state;
	encoder = event_json_init(malloc(event_json_size()));
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	free(encoder);
	return 0;
}

static json_t *encode_and_load(void)
{
	struct slice line = event_json_encode(encoder, &e);
	assert_true(line.n > 2 && line.n <= LIMIT_EVENT_JSON);
	assert_null(memchr(line.p, '\n', line.n));
	json_error_t error;
	json_t *root = json_loadb(line.p, line.n, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
	if (!root)
		fail_msg("%s: %.*s", error.text, (int)line.n, line.p);
	return root;
}

static json_t *at(json_t *root, const char *path)
{
	char copy[128], *rest = copy;
	snprintf(copy, sizeof(copy), "%s", path);
	for (char *part; (part = strsep(&rest, "."));)
		root = json_object_get(root, part);
	return root;
}

static json_t *hex_beside(json_t *root, const char *path)
{
	char name[128];
	snprintf(name, sizeof(name), "%s_hex", path);
	return at(root, name);
}

static bool is_left_out(json_t *root, const char *path)
{
	size_t i;
	json_t *name;
	json_array_foreach(json_object_get(root, "left_out"), i,
			   name) if (strcmp(json_string_value(name), path) == 0) return true;
	return false;
}

static void expect_text(json_t *value, struct slice s)
{
	struct text t = text_on(reference, sizeof(reference));
	text_add_utf8(&t, s);
	assert_true(json_is_string(value));
	assert_int_equal(json_string_length(value), t.n);
	assert_memory_equal(json_string_value(value), t.p, t.n);
}

static void expect_hex(json_t *value, struct slice s)
{
	struct text t = text_on(reference, sizeof(reference));
	text_add_hex(&t, s);
	assert_true(json_is_string(value));
	assert_string_equal(json_string_value(value), text_cstr(&t));
}

static void expect_field(json_t *root, const char *base, const struct event_field *f)
{
	json_t *value = at(root, f->path), *hex = hex_beside(root, f->path);
	const void *p = base + f->offset;
	const struct slice *s = p;
	const struct event_strings *strings = p;
	uint32_t count = 0;
	bool valid = true;
	if (f->stride)
		memcpy(&count, base + f->count_offset, sizeof(count));
	switch (f->kind) {
	case EVENT_U64:
		if (!((const struct opt_u64 *)p)->set || ((const struct opt_u64 *)p)->v > INT64_MAX)
			assert_null(value);
		else
			assert_int_equal(json_integer_value(value), ((const struct opt_u64 *)p)->v);
		break;
	case EVENT_I64:
		assert_int_equal(value != NULL, ((const struct opt_i64 *)p)->set);
		if (value)
			assert_int_equal(json_integer_value(value), ((const struct opt_i64 *)p)->v);
		break;
	case EVENT_TRUE:
		assert_int_equal(json_is_true(value), *(const bool *)p);
		assert_int_equal(value != NULL, *(const bool *)p);
		break;
	case EVENT_STR:
		assert_int_equal(value != NULL, s->p != NULL);
		assert_int_equal(hex != NULL, s->p && !text_is_utf8(*s));
		if (value)
			expect_text(value, *s);
		if (hex)
			expect_hex(hex, *s);
		break;
	case EVENT_STRINGS:
		assert_int_equal(json_array_size(value), strings->count);
		for (uint32_t i = 0; i < strings->count; i++) {
			expect_text(json_array_get(value, i), strings->item[i]);
			valid = valid && text_is_utf8(strings->item[i]);
		}
		assert_int_equal(json_array_size(hex), valid ? 0 : strings->count);
		for (uint32_t i = 0; i < strings->count && !valid; i++)
			expect_hex(json_array_get(hex, i), strings->item[i]);
		break;
	case EVENT_LIST:
		assert_int_equal(json_array_size(value), count);
		for (uint32_t i = 0; i < count; i++)
			for (const struct event_field *item = f->items; item->path; item++)
				expect_field(json_array_get(value, i), (const char *)p + i * f->stride, item);
		break;
	case EVENT_MAP:
		assert_true(json_object_size(value) <= count);
		assert_int_equal(value != NULL, count != 0);
		break;
	case EVENT_LEFT_OUT:
		break;
	}
}

/* Everything of `e` that is not named in left_out is in the JSON, exactly. */
static void expect_event(json_t *root)
{
	for (const struct event_field *f = event_schema(); f->path; f++)
		if (is_left_out(root, f->path))
			assert_null(at(root, f->path));
		else
			expect_field(root, (const char *)&e, f);
}

static struct slice random_string(uint32_t longest)
{
	static const char *const bits[] = {"a",    "/",    "\\",   "\"",           "\n", "\x1b",
					   "\x7f", "é",    "\xff", "\xc3",         "€",  "\xed\xa0\x80",
					   "😀",    "\xf5", "",     "\xe2\x80\xae", " "};
	char buffer[8192];
	struct text t = text_on(buffer, sizeof(buffer));
	uint32_t n = random_below(longest + 1);
	while (t.n < n)
		if (random_below(4))
			text_add(&t, slice_cstr(bits[random_below(ARRAY_COUNT(bits))]));
		else
			text_add(&t, slice_of((char[]){(char)random_below(256)}, 1));
	return arena_copy(&e.arena, text_slice(&t));
}

static void fill(char *base, const struct event_field *f, uint32_t longest)
{
	void *p = base + f->offset;
	uint32_t most = 0;
	switch (f->kind) {
	case EVENT_U64:
		*(struct opt_u64 *)p =
		    (struct opt_u64){random_below(2), (uint64_t)random_below(UINT32_MAX) << random_below(33)};
		break;
	case EVENT_I64:
		*(struct opt_i64 *)p = (struct opt_i64){random_below(2), (int64_t)random_below(2000) - 1000};
		break;
	case EVENT_TRUE:
		*(bool *)p = random_below(2);
		break;
	case EVENT_STR:
		*(struct slice *)p = random_below(3) ? random_string(longest) : SLICE_NONE;
		break;
	case EVENT_STRINGS: {
		struct event_strings *strings = p;
		uint32_t count = random_below(9);
		strings->item = count ? arena_alloc(&e.arena, count * sizeof(struct slice)) : NULL;
		strings->count = strings->item ? count : 0;
		for (uint32_t i = 0; i < strings->count; i++) {
			strings->item[i] = random_string(longest);
			if (!strings->item[i].p)
				strings->item[i] = SLICE("");
		}
		break;
	}
	case EVENT_LIST:
		/* The list ends where the next member begins: the smallest of the bounds serves for all but is enough.
		 */
		most = 1 + random_below(LIMIT_OUTER);
		memcpy(base + f->count_offset, &most, sizeof(most));
		for (uint32_t i = 0; i < most; i++)
			for (const struct event_field *item = f->items; item->path; item++)
				fill((char *)p + i * f->stride, item, longest);
		break;
	case EVENT_MAP:
		most = random_below(EVENT_STATS + 1);
		for (uint32_t i = 0; i < most; i++) {
			struct event_stat *stat = (struct event_stat *)((char *)p + i * f->stride);
			stat->name = random_string(40);
			if (!stat->name.p)
				stat->name = SLICE("");
			stat->value = (uint64_t)random_below(UINT32_MAX) << random_below(33);
		}
		memcpy(base + f->count_offset, &most, sizeof(most));
		break;
	case EVENT_LEFT_OUT:
		break;
	}
}

static void fill_event(uint64_t seed, uint32_t longest)
{
	random_state = seed;
	event_init(&e, (enum event_type)random_below(EVENT_TYPES));
	for (const struct event_field *f = event_schema(); f->path; f++)
		fill((char *)&e, f, longest);
	for (const struct event_field *f = event_schema(); f->path; f++)
		if (f->required && f->kind == EVENT_STR && !((struct slice *)((char *)&e + f->offset))->p)
			*(struct slice *)((char *)&e + f->offset) = SLICE("required");
}

static void any_bytes_in_any_field_come_back_from_a_json_parser(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 600; seed++) {
		fill_event(seed, 40);
		json_t *root = encode_and_load();
		expect_event(root);
		json_decref(root);
	}
}

static void an_event_of_long_hostile_strings_fits_and_names_what_it_left_out(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 40; seed++) {
		fill_event(seed, 6000);
		for (const struct event_field *f = event_schema(); f->path; f++)
			if (f->required && f->kind == EVENT_STR)
				*(struct slice *)((char *)&e + f->offset) = SLICE("short");
		json_t *root = encode_and_load();
		assert_non_null(json_object_get(root, "left_out"));
		expect_event(root);
		json_decref(root);
	}
}

static void keys_keep_the_order_of_the_table(void **state)
{
	(void)state;
	fill_event(7, 20);
	json_t *root = encode_and_load();
	const char *key, *previous = NULL;
	json_t *value;
	const struct event_field *f = event_schema();
	json_object_foreach(root, key, value)
	{
		if (slice_ends(slice_cstr(key), SLICE("_hex"))) {
			assert_true(slice_starts(slice_cstr(key), slice_cstr(previous)));
			continue;
		}
		previous = key;
		size_t n = strlen(key);
		while (f->path && !(strncmp(f->path, key, n) == 0 && (f->path[n] == '.' || !f->path[n])))
			f++;
		assert_non_null(f->path);
	}
	json_decref(root);
}

static void an_unknown_field_is_left_out_and_a_known_zero_is_not(void **state)
{
	(void)state;
	event_init(&e, EVENT_OOM_KILL);
	e.victim.memory.file_rss_kb = (struct opt_u64){true, 0};
	e.victim.comm = SLICE("");
	struct slice line = event_json_encode(encoder, &e);
	struct slice want =
	    SLICE("{\"version\":1,\"type\":\"oom-kill\",\"victim\":{\"comm\":\"\",\"memory\":{\"file_rss_kb\":0}}}");
	assert_int_equal(line.n, want.n);
	assert_memory_equal(line.p, want.p, want.n);
}

static void a_name_of_valid_utf8_is_published_byte_for_byte(void **state)
{
	(void)state;
	event_init(&e, EVENT_OOM_KILL);
	e.identity.unit = SLICE("sidekiq@default\\x2dhigh.service");
	e.victim.comm = SLICE("a\0b\x1b\x7f\xc3\xa9");
	json_t *root = encode_and_load();
	assert_string_equal(json_string_value(at(root, "identity.unit")), "sidekiq@default\\x2dhigh.service");
	assert_int_equal(json_string_length(at(root, "victim.comm")), 7);
	assert_memory_equal(json_string_value(at(root, "victim.comm")), "a\0b\x1b\x7f\xc3\xa9", 7);
	assert_null(at(root, "victim.comm_hex"));
	json_decref(root);
}

static void invalid_bytes_become_replacement_characters_with_the_hex_right_behind(void **state)
{
	(void)state;
	event_init(&e, EVENT_OOM_KILL);
	e.victim.comm = SLICE("a\xff\xfez");
	e.victim.cmdline = (struct event_strings){2, (struct slice[]){SLICE("ok"), SLICE("\xc3")}};
	struct slice line = event_json_encode(encoder, &e);
	struct slice want = SLICE("\"victim\":{\"comm\":\"a\xef\xbf\xbd\xef\xbf\xbdz\",\"comm_hex\":\"61fffe7a\","
				  "\"cmdline\":[\"ok\",\"\xef\xbf\xbd\"],\"cmdline_hex\":[\"6f6b\",\"c3\"]}}");
	assert_true(slice_ends(line, want));
}

static void a_number_that_json_cannot_hold_is_unknown(void **state)
{
	(void)state;
	event_init(&e, EVENT_OOM_KILL);
	e.cgroup.memory.usage_kb = (struct opt_u64){true, (uint64_t)INT64_MAX + 1};
	e.cgroup.memory.limit_kb = (struct opt_u64){true, INT64_MAX};
	json_t *root = encode_and_load();
	assert_null(at(root, "cgroup.memory.usage_kb"));
	assert_int_equal(json_integer_value(at(root, "cgroup.memory.limit_kb")), INT64_MAX);
	json_decref(root);
}

static void a_strange_name_in_memory_stat_becomes_a_safe_key(void **state)
{
	(void)state;
	event_init(&e, EVENT_OOM_KILL);
	e.cgroup.stat_count = 2;
	e.cgroup.stat[0] = (struct event_stat){SLICE("anon"), 5};
	e.cgroup.stat[1] = (struct event_stat){SLICE("a\0\xff b"), 6};
	json_t *root = encode_and_load();
	assert_int_equal(json_integer_value(at(root, "cgroup.stat.anon")), 5);
	assert_int_equal(json_integer_value(at(root, "cgroup.stat.a___b")), 6);
	json_decref(root);
}

static void bulk_is_left_out_before_anything_else_and_in_the_documented_order(void **state)
{
	(void)state;
	static char big[20000];
	memset(big, 'x', sizeof(big));
	event_init(&e, EVENT_OOM_KILL);
	e.id = SLICE("0-1");
	e.verdict.text = slice_of(big, 12000);
	e.victim.exe = slice_of(big, 4000);
	e.cgroup.path = SLICE("/a");
	e.cgroup.stat_count = 1;
	e.cgroup.stat[0] = (struct event_stat){SLICE("anon"), 5};
	e.host_memory.zone_count = 1;
	e.host_memory.zone[0].zone = SLICE("Normal");
	e.tasks.top_count = 1;
	e.tasks.top[0].comm = slice_of(big, 18000);
	e.victim.history_count = 1;
	e.victim.history[0].rss_kb = (struct opt_u64){true, 1};
	json_t *root = encode_and_load();
	json_t *left_out = json_object_get(root, "left_out");
	assert_int_equal(json_array_size(left_out), 3);
	assert_true(is_left_out(root, "cgroup.stat"));
	assert_true(is_left_out(root, "host_memory.zones"));
	assert_true(is_left_out(root, "tasks.top"));
	assert_int_equal(json_array_size(at(root, "victim.history")), 1);
	assert_int_equal(json_string_length(at(root, "victim.exe")), 4000);
	json_decref(root);
}

static void two_paths_of_4096_invalid_bytes_fit_with_the_better_one_kept(void **state)
{
	(void)state;
	static char path[4096];
	memset(path, 0xff, sizeof(path));
	event_init(&e, EVENT_OOM_KILL);
	e.id = SLICE("0-1");
	e.cgroup.path = e.cgroup.limit_path = slice_of(path, sizeof(path));
	json_t *root = encode_and_load();
	assert_true(is_left_out(root, "cgroup.limit_path"));
	assert_null(at(root, "cgroup.limit_path_hex"));
	expect_text(at(root, "cgroup.path"), e.cgroup.path);
	expect_hex(at(root, "cgroup.path_hex"), e.cgroup.path);
	json_decref(root);
}

static void required_strings_too_long_for_the_event_are_cut_at_a_character_and_named(void **state)
{
	(void)state;
	static char path[60000];
	for (size_t i = 0; i + 3 <= sizeof(path); i += 3)
		memcpy(path + i, "€", 3);
	event_init(&e, EVENT_OOM_KILL);
	e.id = e.summary = e.victim.comm = e.verdict.text = slice_of(path, sizeof(path));
	json_t *root = encode_and_load();
	assert_true(is_left_out(root, "summary"));
	assert_true(is_left_out(root, "verdict.text"));
	assert_null(at(root, "verdict.text"));
	assert_int_equal(json_string_length(at(root, "summary")), 255);
	assert_null(at(root, "summary_hex"));
	json_decref(root);
}

static void encoding_twice_gives_the_same_line(void **state)
{
	(void)state;
	static char first[LIMIT_EVENT_JSON];
	fill_event(3, 100);
	struct slice line = event_json_encode(encoder, &e);
	memcpy(first, line.p, line.n);
	size_t n = line.n;
	line = event_json_encode(encoder, &e);
	assert_int_equal(line.n, n);
	assert_memory_equal(line.p, first, n);
}

static void jansson_serves_others_between_two_events(void **state)
{
	(void)state;
	json_t *mine = json_pack("{s:s}", "kept", "over the encoding");
	fill_event(5, 100);
	event_json_encode(encoder, &e);
	assert_string_equal(json_string_value(json_object_get(mine, "kept")), "over the encoding");
	json_decref(mine);
}

/* Every key the encoder writes is described, with the type it has. */
static void check_described(json_t *schema, json_t *value)
{
	const char *key;
	json_t *member;
	if (json_is_array(value)) {
		size_t i;
		json_array_foreach(value, i, member) check_described(json_object_get(schema, "items"), member);
		return;
	}
	json_object_foreach(value, key, member)
	{
		if (slice_ends(slice_cstr(key), SLICE("_hex")))
			continue;
		json_t *described = json_object_get(json_object_get(schema, "properties"), key);
		if (!described)
			described = json_object_get(schema, "additionalProperties");
		assert_true(json_is_object(described));
		const char *type = json_string_value(json_object_get(described, "type"));
		const char *is = json_is_object(member)    ? "object"
				 : json_is_array(member)   ? "array"
				 : json_is_string(member)  ? "string"
				 : json_is_integer(member) ? "integer"
							   : NULL;
		assert_true(is ? strcmp(type, is) == 0 : json_is_true(json_object_get(described, "const")));
		check_described(described, member);
	}
}

static void the_json_schema_describes_every_key_with_its_type(void **state)
{
	(void)state;
	char *text = event_json_schema();
	assert_non_null(text);
	json_t *schema = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(schema);
	assert_string_equal(json_string_value(json_object_get(schema, "$schema")),
			    "https://json-schema.org/draft/2020-12/schema");
	for (uint64_t seed = 1; seed <= 30; seed++) {
		fill_event(seed, 10);
		json_t *root = encode_and_load();
		check_described(schema, root);
		json_decref(root);
	}
	json_decref(schema);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(any_bytes_in_any_field_come_back_from_a_json_parser),
	    cmocka_unit_test(an_event_of_long_hostile_strings_fits_and_names_what_it_left_out),
	    cmocka_unit_test(keys_keep_the_order_of_the_table),
	    cmocka_unit_test(an_unknown_field_is_left_out_and_a_known_zero_is_not),
	    cmocka_unit_test(a_name_of_valid_utf8_is_published_byte_for_byte),
	    cmocka_unit_test(invalid_bytes_become_replacement_characters_with_the_hex_right_behind),
	    cmocka_unit_test(a_number_that_json_cannot_hold_is_unknown),
	    cmocka_unit_test(a_strange_name_in_memory_stat_becomes_a_safe_key),
	    cmocka_unit_test(bulk_is_left_out_before_anything_else_and_in_the_documented_order),
	    cmocka_unit_test(two_paths_of_4096_invalid_bytes_fit_with_the_better_one_kept),
	    cmocka_unit_test(required_strings_too_long_for_the_event_are_cut_at_a_character_and_named),
	    cmocka_unit_test(encoding_twice_gives_the_same_line),
	    cmocka_unit_test(jansson_serves_others_between_two_events),
	    cmocka_unit_test(the_json_schema_describes_every_key_with_its_type),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
