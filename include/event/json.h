/*
 * event/json: a struct event as one line of JSON, and the JSON Schema of it.
 *
 * jansson's memory while encoding is an arena of LIMIT_JSON_ARENA bytes inside
 * the encoder, reset for each event: encoding asks nothing of the system and
 * cannot fail for want of memory.
 */
#ifndef EVENT_JSON_H
#define EVENT_JSON_H

#include "event/event.h"

struct event_json; /* the encoder: arena and output buffer */

/* Size of the storage for an encoder; event_json_init() makes one in it. */
size_t event_json_size(void);
struct event_json *event_json_init(void *storage) ATTR_NONNULL;

/*
 * Encodes `e` without newline, keys in the order of the schema. The slice is valid until the next call.
 *
 * A string with bytes that are not UTF-8 shows U+FFFD for each of them and has the exact bytes in "<key>_hex" right
 * behind it (for an array of strings: an array of all its items in hex). A number above INT64_MAX, which jansson cannot
 * hold and no field means, is left out as unknown.
 *
 * Never fails: when the whole would be longer than LIMIT_EVENT_JSON, parts are left out in this order until it fits,
 * and the key "left_out" (array of key paths) says so: cgroup.stat, host_memory.zones, tasks.top, victim.history,
 * victim.cmdline, identity.outer, victim.parents, group.cgroup, victim.exe, cgroup.limit_path, cgroup.path; then the
 * longest of the other strings that are not required; at last the required ones are cut to 256 bytes each.
 */
struct slice event_json_encode(struct event_json *j, const struct event *e) ATTR_NONNULL;

/* The JSON Schema (draft 2020-12), pretty-printed, malloc'ed NUL-terminated text; NULL when out of memory. */
char *event_json_schema(void);

#endif
