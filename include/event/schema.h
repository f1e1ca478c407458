/*
 * event/schema: the one table of the event's fields: JSON key path, type, place
 * in struct event, journald field, the words that explain it. JSON encoding,
 * the journald fields, the JSON Schema, the man page's table and the tests are
 * all read off it, in its order.
 */
#ifndef EVENT_SCHEMA_H
#define EVENT_SCHEMA_H

#include "event/event.h"

enum event_kind {
	EVENT_U64,      /* struct opt_u64 → integer */
	EVENT_I64,      /* struct opt_i64 → integer */
	EVENT_STR,      /* struct slice → string (with <key>_hex beside it when its bytes are not UTF-8) */
	EVENT_TRUE,     /* bool → true, or absent */
	EVENT_STRINGS,  /* struct event_strings → array of strings */
	EVENT_LIST,     /* counted array of structs → array of objects */
	EVENT_MAP,      /* counted array of struct event_stat → object name → integer */
	EVENT_LEFT_OUT, /* no member: array of key paths, written by event/json alone */
};

#define EVENT_TYPE_BIT(type) (1u << (type))

struct event_field {
	const char *path; /* "victim.memory.rss_kb"; a dot opens an object. Rows of one object stand together. */
	enum event_kind kind;
	size_t offset;                   /* in struct event, or in a list's struct */
	size_t count_offset, stride;     /* EVENT_LIST, EVENT_MAP: of the uint32_t count; size of one element */
	const struct event_field *items; /* EVENT_LIST: the element's rows, ended by path == NULL */
	const char *journal;       /* journald field(s), blank-separated, or NULL. MESSAGE, MESSAGE_ID, PRIORITY and
				      OOM_EVENT are the journal sink's own. EVENT_STRINGS: joined by blanks */
	const char *const *values; /* EVENT_STR: the only values it may have, ended by NULL; or NULL */
	uint32_t types;            /* EVENT_TYPE_BIT() of each enum event_type in which it may appear; 0 = in all */
	bool required;             /* always there: in its types at the top level, else whenever its object is there */
	const char *doc;           /* one line for people */
};

/* The rows, ended by path == NULL; at most EVENT_SCHEMA_ROWS of them. */
#define EVENT_SCHEMA_ROWS 160
const struct event_field *event_schema(void);
/* MESSAGE_ID of a type, 32 hex. */
const char *event_message_id(enum event_type type);
const char *event_type_name(enum event_type type);
/* The verdict codes of the contract, ended by NULL. */
const char *const *event_verdict_codes(void);

#endif
