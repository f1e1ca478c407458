/*
 * What the property tests share: the stories of the corpus as steps of a source, changed copies of them run through the
 * parser, events compared. Randomness comes from a seed, which is printed; OOMWATCHD_SEED=N runs another one.
 */
#ifndef PROPERTY_STORIES_H
#define PROPERTY_STORIES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <glob.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "event/build.h"
#include "event/json.h"
#include "kmsg/source.h"
#include "oom/assembler.h"

/* ---- randomness: xorshift64*, the same on every machine ---- */

static uint64_t random_state;

static inline int random_seed(void **state)
{
	const char *given = getenv("OOMWATCHD_SEED");
	uint64_t seed = given ? strtoull(given, NULL, 0) : 20261128;
	(void)state;
	random_state = seed * 0x9e3779b97f4a7c15ull | 1;
	print_message("# OOMWATCHD_SEED=%llu\n", (unsigned long long)seed);
	return 0;
}

static inline uint64_t random_u64(void)
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return random_state * 0x2545f4914f6cdd1dull;
}

/* 0 … n - 1 */
static inline size_t random_below(size_t n)
{
	return (size_t)(random_u64() >> 11) % n;
}

/* ---- running ---- */

static struct oom_assembler *property_assembler;
static struct event_json *property_json;

static inline int property_set_up(void **state)
{
	void *assembler = malloc(oom_assembler_size()), *json = malloc(event_json_size());
	if (!assembler || !json)
		return -1;
	property_assembler = assembler;
	property_json = event_json_init(json);
	return random_seed(state);
}

static inline int property_tear_down(void **state)
{
	(void)state;
	free(property_assembler);
	free(property_json);
	return 0;
}

/* Begins a stream; what comes out of it is put behind `events`. */
static inline void run_begin(void)
{
	property_assembler = oom_assembler_init(property_assembler);
}

static inline void run_take(json_t *events)
{
	struct oom_incident incident;
	static struct event e;
	while (oom_assembler_take(property_assembler, &incident)) {
		const struct event_input in = {.incident = &incident, .cmdline = EVENT_CMDLINE_FULL};
		event_build(&e, &in);
		struct slice line = event_json_encode(property_json, &e);
		json_t *event = json_loadb(line.p, line.n, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
		if (!event)
			fail_msg("no JSON: %.*s", (int)line.n, line.p);
		json_array_append_new(events, event);
	}
}

static inline void run_record(const struct kmsg_record *rec, json_t *events)
{
	oom_assembler_feed(property_assembler, rec);
	run_take(events);
}

static inline void run_gap(json_t *events)
{
	oom_assembler_gap(property_assembler);
	run_take(events);
}

static inline void run_settle(json_t *events)
{
	oom_assembler_settle(property_assembler);
	run_take(events);
}

static inline void run_end(json_t *events)
{
	oom_assembler_end(property_assembler);
	run_take(events);
}

/* A capture's bytes, through the reader of captures. */
static inline json_t *run_bytes(const char *bytes, size_t n)
{
	static struct kmsg_source source;
	struct kmsg_record rec;
	json_t *events = json_array();
	char path[64];
	int step, fd = memfd_create("capture", MFD_CLOEXEC);
	assert_true(fd >= 0 && write(fd, bytes, n) == (ssize_t)n);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	assert_int_equal(kmsg_source_open(&source, path, KMSG_FROM_BOOT, 0), 0);
	run_begin();
	while ((step = kmsg_source_next(&source, &rec)) != KMSG_STEP_END) {
		assert_true(step >= 0);
		if (step == KMSG_STEP_RECORD)
			run_record(&rec, events);
		else if (step == KMSG_STEP_GAP)
			run_gap(events);
	}
	run_end(events);
	kmsg_source_close(&source);
	close(fd);
	return events;
}

/* ---- stories ---- */

struct story {
	const char *name;
	char *bytes;
	size_t size;
	size_t count;
	struct kmsg_record *record; /* of the kernel and foreign ones, as read; their texts are owned */
	bool has_caller;
	json_t *events; /* of the whole */
};

static inline char *story_read(const char *path, size_t *size)
{
	FILE *f = fopen(path, "rb");
	assert_non_null(f);
	fseek(f, 0, SEEK_END);
	*size = (size_t)ftell(f);
	rewind(f);
	char *bytes = malloc(*size + 1);
	assert_true(bytes && fread(bytes, 1, *size, f) == *size);
	fclose(f);
	return bytes;
}

static inline void story_load(struct story *s, const char *path)
{
	static struct kmsg_source source;
	struct kmsg_record rec;
	int step;
	s->name = path;
	s->bytes = story_read(path, &s->size);
	s->events = run_bytes(s->bytes, s->size);
	assert_int_equal(kmsg_source_open(&source, path, KMSG_FROM_BOOT, 0), 0);
	while ((step = kmsg_source_next(&source, &rec)) != KMSG_STEP_END) {
		if (step != KMSG_STEP_RECORD && step != KMSG_STEP_FOREIGN)
			continue;
		s->record = reallocarray(s->record, s->count + 1, sizeof(*s->record));
		char *text = malloc(rec.text.n + 1);
		assert_true(s->record && text);
		memcpy(text, rec.text.p, rec.text.n);
		rec.text.p = text;
		s->has_caller |= rec.caller_kind != 0;
		s->record[s->count++] = rec;
	}
	kmsg_source_close(&source);
}

static inline void story_free(struct story *s)
{
	for (size_t i = 0; i < s->count; i++)
		free((char *)s->record[i].text.p);
	free(s->record);
	free(s->bytes);
	json_decref(s->events);
	*s = (struct story){0};
}

/* Calls `check` with every story of the corpus. */
static inline void with_each_story(void (*check)(const struct story *s))
{
	glob_t found;
	assert_int_equal(glob("tests/corpus/*/*/kmsg", 0, NULL, &found), 0);
	assert_true(found.gl_pathc >= 40);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		struct story s = {0};
		story_load(&s, found.gl_pathv[i]);
		check(&s);
		story_free(&s);
	}
	globfree(&found);
}

/* A number went back or did not move: another boot's records, put behind the first's. */
static inline bool story_restarts_at(const struct story *s, size_t i)
{
	return i > 0 && s->record[i].seq <= s->record[i - 1].seq;
}

/* ---- events ---- */

/* The event of the record `seq` (told by monotonic_usec too where a capture holds several boots), or NULL. */
static inline json_t *event_of(const json_t *events, const json_t *like)
{
	size_t i;
	json_t *e;
	json_array_foreach(
	    events, i,
	    e) if (json_equal(json_object_get(e, "kmsg_seq"), json_object_get(like, "kmsg_seq")) &&
		   json_equal(json_object_get(e, "monotonic_usec"), json_object_get(like, "monotonic_usec"))) return e;
	return NULL;
}

static inline const char *event_word(const json_t *e, const char *key)
{
	const char *word = json_string_value(json_object_get(e, key));
	return word ? word : "";
}

/* Does everything that `part` tells hold by `whole`? Else the first key path that does not is in `path`. */
static inline bool is_true_part(const json_t *part, const json_t *whole, char *path, size_t size)
{
	const char *key;
	json_t *value;
	size_t n = strlen(path), i;
	if (json_is_array(part) && json_array_size(part) == json_array_size(whole)) {
		json_array_foreach(part, i,
				   value) if (!is_true_part(value, json_array_get(whole, i), path, size)) return false;
		return true;
	}
	if (!json_is_object(part) || !json_is_object(whole))
		return json_equal(part, whole);
	json_object_foreach((json_t *)part, key, value)
	{
		snprintf(path + n, size - n, "%s%s", n ? "." : "", key);
		if (!is_true_part(value, json_object_get(whole, key), path, size))
			return false;
		path[n] = '\0';
	}
	return true;
}

/*
 * May `got`, of a log that lacks something, stand for the kill that `whole` tells of? Every fact it has must be the
 * whole's; it may call itself partial; the sentences made of the facts are not held against each other word for word.
 */
static inline bool event_is_true(const json_t *got, const json_t *whole, char *path, size_t size)
{
	json_t *facts = json_copy((json_t *)got);
	const char *words = event_word(got, "kernel_text");
	bool partial = strcmp(event_word(got, "report"), "partial") == 0;
	json_object_del(facts, "summary");
	json_object_del(facts, "verdict");
	if (partial)
		json_object_del(facts, "report");
	if (partial && strncmp(words, event_word(whole, "kernel_text"), strlen(words)) == 0)
		json_object_del(facts, "kernel_text");
	path[0] = '\0';
	bool good = whole && is_true_part(facts, whole, path, size);
	json_decref(facts);
	if (!good)
		return false;
	const char *code = event_word(json_object_get(got, "verdict"), "code");
	snprintf(path, size, "verdict.code");
	if (partial && (strstr(code, "-limit") || strncmp(code, "host-", 5) == 0))
		return true; /* what is true of every such kill; that more could be said is not known */
	return !*code || strcmp(code, event_word(json_object_get(whole, "verdict"), "code")) == 0;
}

static inline void fail_event(const char *story, const char *what, const char *path, const json_t *got,
			      const json_t *whole)
{
	char *a = json_dumps(got, JSON_INDENT(1)), *b = whole ? json_dumps(whole, JSON_INDENT(1)) : NULL;
	fail_msg("%s, %s: %s is not true\n%s\nof\n%s", story, what, path, a ? a : "", b ? b : "no such event");
}

#endif
