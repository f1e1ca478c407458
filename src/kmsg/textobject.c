/*
 * Entries as JSON objects: one a line (journalctl -o json, Docker), or a key a
 * line (json-pretty, dmesg --json).
 *
 * dmesg --json is one object {"dmesg": [{…},{…}]} (util-linux lib/jsonwrt.c).
 * Other programs' logs use the same short keys: they count only in that array.
 */
#include "kmsg/textdate.h"
#include "kmsg/textentry_parts.h"
#include "kmsg/textjson.h"

static bool index_of(struct slice word, const char *const *names, size_t count, uint64_t *index)
{
	for (*index = 0; *index < count; ++*index)
		if (slice_eq(word, slice_cstr(names[*index])))
			return true;
	return false;
}

/* "pri" is a number, or with -x the level's name beside "fac". */
static void set_dmesg_field(struct kmsg_entry *e, struct slice key, struct slice value)
{
	static const char *const facilities[] = {"kern", "user", "mail", "daemon", "auth",     "syslog",
						 "lpr",  "news", "uucp", "cron",   "authpriv", "ftp"};
	static const char *const levels[] = {"emerg", "alert", "crit", "err", "warn", "notice", "info", "debug"};
	if (slice_eq(key, SLICE("msg"))) {
		while (slice_ends(value, SLICE("\n")))
			value.n--;
		kmsg_entry_set_message(e, value);
		e->has_identifier = e->identifier_kernel = true;
	} else if (slice_eq(key, SLICE("fac"))) {
		e->has_facility = true;
		if (!index_of(value, facilities, ARRAY_COUNT(facilities), &e->facility))
			e->facility = 1;
	} else if (slice_eq(key, SLICE("pri"))) {
		e->has_priority =
		    slice_to_u64(value, &e->priority) || index_of(value, levels, ARRAY_COUNT(levels), &e->priority);
	} else if (slice_eq(key, SLICE("time"))) {
		e->has_monotonic = kmsg_textdate_take_seconds(&value, &e->monotonic_usec);
	}
}

/* One "KEY" : VALUE pair. */
static bool take_pair(struct kmsg_entry_reader *r, struct slice *c, bool *docker)
{
	struct kmsg_textjson_text key = {r->key, 0, sizeof(r->key), false};
	struct kmsg_textjson_text value = {r->value, 0, sizeof(r->value), false};
	take_blanks(c);
	if (!kmsg_textjson_take_string(c, &key))
		return false;
	take_blanks(c);
	if (!take_literal(c, SLICE(":")) || !kmsg_textjson_take_value(c, &value))
		return false;
	struct slice name = slice_of(key.p, key.n), v = slice_of(value.p, value.n);
	if (r->dmesg) {
		set_dmesg_field(&r->entry, name, v);
		r->entry.message_cut |= value.cut;
		return true;
	}
	if (slice_eq(name, SLICE("log"))) {
		*docker = true;
		name = SLICE("MESSAGE");
		while (slice_ends(v, SLICE("\n")))
			v.n--;
	}
	kmsg_entry_set_field(&r->entry, name, v);
	if (value.cut && slice_eq(name, SLICE("MESSAGE")))
		r->entry.message_cut = true;
	return true;
}

enum kmsg_entry_step kmsg_entry_object(struct kmsg_entry_reader *r, struct slice line)
{
	bool docker = false;
	if (!take_literal(&line, SLICE("{")))
		return KMSG_ENTRY_NOT_MINE;
	kmsg_entry_begin(r);
	take_blanks(&line);
	if (line.n == 0) {
		r->state = KMSG_ENTRY_PRETTY;
		return KMSG_ENTRY_MORE;
	}
	/* A torn object still tells what stood before the tear; without its message it tells nothing. */
	while (take_pair(r, &line, &docker)) {
		take_blanks(&line);
		if (!take_literal(&line, SLICE(",")))
			break;
	}
	r->spent = true;
	if (docker)
		return r->entry.has_message ? KMSG_ENTRY_LINE : KMSG_ENTRY_NOT_MINE;
	return r->entry.has_message || r->entry.has_transport ? KMSG_ENTRY_READY : KMSG_ENTRY_NOT_MINE;
}

/* "dmesg": [ */
static bool is_dmesg_head(struct slice line)
{
	if (!take_literal(&line, SLICE("\"dmesg\"")))
		return false;
	take_blanks(&line);
	if (!take_literal(&line, SLICE(":")))
		return false;
	take_blanks(&line);
	return slice_eq(line, SLICE("["));
}

/* "KEY" : [ and nothing more: what is no UTF-8, or stands more than once, has a line for each byte or string. */
static bool take_array_head(struct kmsg_entry_reader *r, struct slice line)
{
	char name[sizeof(r->key)];
	struct kmsg_textjson_text key = {name, 0, sizeof(name), false};
	if (!kmsg_textjson_take_string(&line, &key))
		return false;
	take_blanks(&line);
	if (!take_literal(&line, SLICE(":")))
		return false;
	take_blanks(&line);
	if (!slice_eq(line, SLICE("[")))
		return false;
	kmsg_entry_keep_key(r, slice_of(key.p, key.n));
	return true;
}

enum kmsg_entry_step kmsg_entry_array_line(struct kmsg_entry_reader *r, struct slice line)
{
	struct kmsg_textjson_text text = {r->value, 0, sizeof(r->value), false};
	uint64_t byte;
	take_blanks(&line);
	if (slice_starts(line, SLICE("]"))) {
		kmsg_entry_set_kept(r);
		r->state = KMSG_ENTRY_PRETTY;
	} else if (slice_starts(line, SLICE("\""))) {
		if (r->value_len == 0 && kmsg_textjson_take_string(&line, &text))
			r->value_len = text.n;
	} else if (take_u64(&line, &byte) && byte < 256) {
		kmsg_entry_keep_byte(r, (char)byte);
	} else {
		r->state = KMSG_ENTRY_OUTSIDE;
		r->spent = true;
		return KMSG_ENTRY_NOT_MINE;
	}
	return KMSG_ENTRY_MORE;
}

enum kmsg_entry_step kmsg_entry_pretty_line(struct kmsg_entry_reader *r, struct slice line)
{
	bool docker = false;
	take_blanks(&line);
	if (take_literal(&line, SLICE("}"))) {
		if (!r->dmesg || !take_literal(&line, SLICE(",{")))
			r->state = KMSG_ENTRY_OUTSIDE;
		r->spent = true;
		return KMSG_ENTRY_READY;
	}
	kmsg_entry_begin(r);
	if (is_dmesg_head(line)) {
		r->dmesg = true;
		r->state = KMSG_ENTRY_OUTSIDE;
		return KMSG_ENTRY_MORE;
	}
	if (take_array_head(r, line)) {
		r->state = KMSG_ENTRY_ARRAY;
		return KMSG_ENTRY_MORE;
	}
	if (take_pair(r, &line, &docker) || line.n == 0)
		return KMSG_ENTRY_MORE;
	r->state = KMSG_ENTRY_OUTSIDE;
	r->spent = true;
	return KMSG_ENTRY_NOT_MINE;
}
