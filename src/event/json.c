/*
 * Why jansson's memory is an arena: the daemon must publish in the very moment
 * when memory cannot be had. The tree is never released, only forgotten.
 *
 * json_string() refuses a text with a single byte that is not UTF-8, and a
 * process may name itself so: every string is checked here first.
 */
#include "event/json.h"

#include <jansson.h>
#include <stdalign.h>

#include "base/json_arena.h"
#include "base/text.h"
#include "event/schema.h"

#define KEY_MAX 64        /* a key of the schema with "_hex", a name of memory.stat */
#define REQUIRED_KEEP 256 /* bytes a required string keeps at least */

struct event_json {
	bool failed, cut_required;
	bool omit[EVENT_SCHEMA_ROWS];
	struct json_arena arena;
	alignas(max_align_t) char memory[LIMIT_JSON_ARENA];
	char out[LIMIT_EVENT_JSON];
};

size_t event_json_size(void)
{
	return sizeof(struct event_json);
}

struct event_json *event_json_init(void *storage)
{
	struct event_json *j = storage;
	j->arena = json_arena_on(j->memory, sizeof(j->memory));
	json_object_seed(0); /* reads /dev/urandom: now, not in the middle of a storm */
	return j;
}

static void put(struct event_json *j, json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new_nocheck(object, key, value) != 0)
		j->failed = true;
}

static void append(struct event_json *j, json_t *array, json_t *value)
{
	if (json_array_append_new(array, value) != 0)
		j->failed = true;
}

/* `s` written by `how` in scratch room at the arena's far end, out of reach of what jansson takes meanwhile. */
static json_t *rewritten(struct event_json *j, struct slice s, size_t growth,
			 void (*how)(struct text *t, struct slice s))
{
	size_t size = s.n * growth + 1;
	if (size > j->arena.cap - j->arena.n)
		return NULL;
	j->arena.cap -= size;
	struct text t = text_on(j->memory + j->arena.cap, size);
	how(&t, s);
	json_t *value = json_stringn_nocheck(t.p, t.n);
	j->arena.cap += size;
	return value;
}

static json_t *string_of(struct event_json *j, struct slice s)
{
	return text_is_utf8(s) ? json_stringn_nocheck(s.p, s.n) : rewritten(j, s, 3, text_add_utf8);
}

static json_t *hex_of(struct event_json *j, struct slice s)
{
	return rewritten(j, s, 2, text_add_hex);
}

static void put_hex(struct event_json *j, json_t *object, const char *key, json_t *value)
{
	char name[KEY_MAX];
	struct text t = text_on(name, sizeof(name));
	text_addf(&t, "%s_hex", key);
	put(j, object, text_cstr(&t), value);
}

static void put_string(struct event_json *j, json_t *object, const char *key, struct slice s)
{
	put(j, object, key, string_of(j, s));
	if (!text_is_utf8(s))
		put_hex(j, object, key, hex_of(j, s));
}

static json_t *array_of(struct event_json *j, const struct event_strings *strings,
			json_t *(*make)(struct event_json *j, struct slice s))
{
	json_t *array = json_array();
	for (uint32_t i = 0; i < strings->count; i++)
		append(j, array, make(j, strings->item[i]));
	return array;
}

static void put_strings(struct event_json *j, json_t *object, const char *key, const struct event_strings *strings)
{
	bool valid = true;
	for (uint32_t i = 0; i < strings->count; i++)
		valid = valid && text_is_utf8(strings->item[i]);
	put(j, object, key, array_of(j, strings, string_of));
	if (!valid)
		put_hex(j, object, key, array_of(j, strings, hex_of));
}

/* Names of memory.stat are [a-z0-9_]; whatever else a strange kernel prints becomes '_': a key has no _hex beside it.
 */
static json_t *map_of(struct event_json *j, const struct event_stat *stat, uint32_t count)
{
	json_t *map = json_object();
	for (uint32_t i = 0; i < count; i++) {
		char key[KEY_MAX];
		struct text t = text_on(key, sizeof(key));
		text_add(&t, stat[i].name);
		for (size_t c = 0; c < t.n; c++)
			if (key[c] <= ' ' || key[c] > '~')
				key[c] = '_';
		if (stat[i].value <= INT64_MAX)
			put(j, map, text_cstr(&t), json_integer((json_int_t)stat[i].value));
	}
	return map;
}

/* The object that `path` lies in, made when it is not there yet, and the last part of the path. */
static json_t *object_of(struct event_json *j, json_t *root, const char *path, const char **leaf)
{
	json_t *at = root;
	for (const char *dot; (dot = strchr(path, '.')); path = dot + 1) {
		char key[KEY_MAX];
		struct text t = text_on(key, sizeof(key));
		text_add(&t, slice_of(path, (size_t)(dot - path)));
		json_t *next = json_object_get(at, text_cstr(&t));
		if (!next) {
			next = json_object();
			put(j, at, key, next);
		}
		at = next;
	}
	*leaf = path;
	return at;
}

/* `s` cut at a character's border to what a required string may keep. */
static struct slice kept(struct slice s)
{
	size_t n = REQUIRED_KEEP;
	if (s.n <= n)
		return s;
	for (int i = 0; i < 3 && ((unsigned char)s.p[n] & 0xc0) == 0x80; i++)
		n--;
	return slice_sub(s, 0, n);
}

static bool is_text(const struct event_field *f)
{
	return f->kind == EVENT_STR || f->kind == EVENT_STRINGS;
}

static uint32_t count_of(const char *base, const struct event_field *f)
{
	uint32_t count;
	memcpy(&count, base + f->count_offset, sizeof(count));
	return count;
}

static bool is_there(const char *base, const struct event_field *f)
{
	const void *at = base + f->offset;
	switch (f->kind) {
	case EVENT_U64:
		return ((const struct opt_u64 *)at)->set && ((const struct opt_u64 *)at)->v <= INT64_MAX;
	case EVENT_I64:
		return ((const struct opt_i64 *)at)->set;
	case EVENT_STR:
		return slice_present(*(const struct slice *)at);
	case EVENT_TRUE:
		return *(const bool *)at;
	case EVENT_STRINGS:
		return ((const struct event_strings *)at)->count != 0;
	case EVENT_LIST:
	case EVENT_MAP:
		return count_of(base, f) != 0;
	case EVENT_LEFT_OUT:
		break;
	}
	return false;
}

static bool is_cut(const struct event_json *j, const struct event *e, const struct event_field *f)
{
	return j->cut_required && f->required && f->kind == EVENT_STR &&
	       ((const struct slice *)((const char *)e + f->offset))->n > REQUIRED_KEEP;
}

static void add_left_out(struct event_json *j, json_t *root, const struct event *e)
{
	const struct event_field *schema = event_schema();
	json_t *names = json_array();
	for (size_t i = 0; schema[i].path; i++)
		if (j->omit[i] || is_cut(j, e, &schema[i]))
			append(j, names, json_string_nocheck(schema[i].path));
	if (json_array_size(names))
		put(j, root, "left_out", names);
}

static json_t *list_of(struct event_json *j, const char *base, const struct event_field *f, uint32_t count);

/* One member of the struct at `base`, when it is there. */
static void add_field(struct event_json *j, json_t *root, const char *base, const struct event_field *f)
{
	if (!is_there(base, f))
		return;
	const void *at = base + f->offset;
	const char *key;
	json_t *object = object_of(j, root, f->path, &key);
	switch (f->kind) {
	case EVENT_U64:
		put(j, object, key, json_integer((json_int_t)((const struct opt_u64 *)at)->v));
		break;
	case EVENT_I64:
		put(j, object, key, json_integer(((const struct opt_i64 *)at)->v));
		break;
	case EVENT_STR:
		put_string(j, object, key,
			   j->cut_required && f->required ? kept(*(const struct slice *)at)
							  : *(const struct slice *)at);
		break;
	case EVENT_TRUE:
		put(j, object, key, json_true());
		break;
	case EVENT_STRINGS:
		put_strings(j, object, key, at);
		break;
	case EVENT_LIST:
		put(j, object, key, list_of(j, at, f, count_of(base, f)));
		break;
	case EVENT_MAP:
		put(j, object, key, map_of(j, at, count_of(base, f)));
		break;
	case EVENT_LEFT_OUT:
		break;
	}
}

static json_t *list_of(struct event_json *j, const char *base, const struct event_field *f, uint32_t count)
{
	json_t *list = json_array();
	for (uint32_t i = 0; i < count; i++) {
		json_t *element = json_object();
		for (const struct event_field *item = f->items; item->path; item++)
			add_field(j, element, base + i * f->stride, item);
		append(j, list, element);
	}
	return list;
}

/* The length of the encoded event, 0 when it does not fit. */
static size_t try_encode(struct event_json *j, const struct event *e)
{
	json_arena_enter(&j->arena);
	j->failed = false;
	json_t *root = json_object();
	const struct event_field *schema = event_schema();
	for (size_t i = 0; schema[i].path; i++)
		if (!j->omit[i])
			add_field(j, root, (const char *)e, &schema[i]);
	add_left_out(j, root, e);
	size_t n = j->failed ? 0 : json_dumpb(root, j->out, sizeof(j->out), JSON_COMPACT);
	json_arena_leave(&j->arena);
	return n <= sizeof(j->out) ? n : 0;
}

/* About how long a member's text is in JSON; 0 = not there, or no text. */
static size_t text_weight(const struct event *e, const struct event_field *f)
{
	const void *at = (const char *)e + f->offset;
	const struct slice *s = at;
	size_t count = 1, weight = 0;
	if (f->kind == EVENT_STRINGS) {
		count = ((const struct event_strings *)at)->count;
		s = ((const struct event_strings *)at)->item;
	}
	for (size_t i = 0; i < count; i++) {
		if (!slice_present(s[i]))
			continue;
		size_t each = text_is_utf8(s[i]) ? 1 : 5;
		weight += 3 + s[i].n * each;
		for (size_t c = 0; c < s[i].n; c++)
			weight += (unsigned char)s[i].p[c] < ' ' ? 5 : 0;
	}
	return weight;
}

/* Gives up the next part; false when nothing is left to give up. */
static bool omit_next(struct event_json *j, const struct event *e)
{
	static const char *const order[] = {
	    "cgroup.stat",    "host_memory.zones", "tasks.top",      "victim.history",
	    "victim.cmdline", "identity.outer",    "victim.parents", "group.cgroup",
	    "victim.exe",     "cgroup.limit_path", "cgroup.path",
	};
	const struct event_field *schema = event_schema();
	for (size_t o = 0; o < ARRAY_COUNT(order); o++)
		for (size_t i = 0; schema[i].path; i++)
			if (!j->omit[i] && strcmp(schema[i].path, order[o]) == 0 &&
			    is_there((const char *)e, &schema[i]))
				return j->omit[i] = true;
	size_t heaviest = SIZE_MAX, most = 0;
	for (size_t i = 0; schema[i].path; i++) {
		size_t weight =
		    j->omit[i] || schema[i].required || !is_text(&schema[i]) ? 0 : text_weight(e, &schema[i]);
		if (weight > most) {
			most = weight;
			heaviest = i;
		}
	}
	if (heaviest != SIZE_MAX)
		return j->omit[heaviest] = true;
	if (j->cut_required)
		return false;
	return j->cut_required = true;
}

struct slice event_json_encode(struct event_json *j, const struct event *e)
{
	memset(j->omit, 0, sizeof(j->omit));
	j->cut_required = false;
	size_t n;
	do
		n = try_encode(j, e);
	while (n == 0 && omit_next(j, e));
	return slice_of(j->out, n);
}
