/*
 * ctl/value: reading an event that came as JSON. Nothing is trusted about its
 * shape: a member of another type than the schema's is absent.
 */
#ifndef CTL_VALUE_H
#define CTL_VALUE_H

#include <jansson.h>

#include "base/text.h"

/* One event from a line of JSON; NULL when it is none (not an object with a "type" string). */
json_t *ctl_event_parse(struct slice line) ATTR_MUST_CHECK;

/* The member at a dotted path, or NULL. */
const json_t *ctl_get(const json_t *event, const char *path) ATTR_NONNULL;
/* Its string, absent when there is none; U+FFFD stands for a byte that is not UTF-8. */
struct slice ctl_str(const json_t *event, const char *path) ATTR_NONNULL;
/* Its exact bytes, from <key>_hex where the event has that; nothing when it is absent. Not made safe for a terminal. */
void ctl_add_bytes(struct text *t, const json_t *event, const char *path) ATTR_NONNULL;
/* The same, safe for a terminal. */
void ctl_add_shown(struct text *t, const json_t *event, const char *path) ATTR_NONNULL;
bool ctl_num(const json_t *event, const char *path, uint64_t *out) ATTR_NONNULL;
bool ctl_int(const json_t *event, const char *path, int64_t *out) ATTR_NONNULL;
bool ctl_is(const json_t *event, const char *path, const char *value) ATTR_NONNULL;
bool ctl_is_kill(const json_t *event) ATTR_NONNULL;
/* Asked for by sysrq-f: nobody wanted memory. */
bool ctl_is_manual(const json_t *event) ATTR_NONNULL;

/* --- what more than one verb says about an event -------------------------- */

/* What died, as short as it can be named: pod, container, machine, unit, or command. */
void ctl_add_whose(struct text *t, const json_t *event) ATTR_NONNULL;
/* That, and the command where it says more: "web.service nginx". */
void ctl_add_what(struct text *t, const json_t *event) ATTR_NONNULL;
/* The verdict's code; "(suppressed)", "(partial)" when the kernel's report is missing or torn. */
void ctl_add_verdict(struct text *t, const json_t *event) ATTR_NONNULL;
/* "4 pages in a row (order 2)"; nothing when it is not known. */
void ctl_add_asked(struct text *t, const json_t *event) ATTR_NONNULL;
/* Was some memory used up, or in pieces, beside other that was free? */
bool ctl_zones_tell(const json_t *event) ATTR_NONNULL;
/* "Node 1 DMA32" and what was free in it. */
void ctl_add_zone(struct text *name, struct text *t, const json_t *zone) ATTR_NONNULL;
/* "node 1", "nodes 0,2" */
void ctl_add_nodes(struct text *t, const json_t *event, const char *path) ATTR_NONNULL;
/* "1 GiB pod", "512 MiB own", "host 24 GiB"; nothing when the limit is not known. */
void ctl_add_limit(struct text *t, const json_t *event) ATTR_NONNULL;
/* Resident memory of the victim, kB. */
bool ctl_held_kb(const json_t *event, uint64_t *kb) ATTR_NONNULL;
/* Of another process, when it is in the report's table. */
bool ctl_task_rss_kb(const json_t *event, uint64_t pid, uint64_t *kb) ATTR_NONNULL;
/* The limit that was hit, kB: the cgroup's, or the host's RAM for a global kill. */
bool ctl_limit_kb(const json_t *event, uint64_t *kb) ATTR_NONNULL;
/* Is the cgroup whose limit was hit the victim's own, one above it, or none (the host)? */
enum ctl_limit { CTL_LIMIT_UNKNOWN, CTL_LIMIT_OWN, CTL_LIMIT_ABOVE, CTL_LIMIT_HOST };
enum ctl_limit ctl_limit_kind(const json_t *event) ATTR_NONNULL;
/* "shim (40) < init (1)": the nearest first. Safe for a terminal. */
void ctl_add_parents(struct text *t, const json_t *event) ATTR_NONNULL;
/* How its memory grew, in words. */
void ctl_add_growth(struct text *t, const json_t *event) ATTR_NONNULL;
/* Why a process may hold more than the limit that killed it; NULL when it does not. */
const char *ctl_over_limit(const json_t *event) ATTR_NONNULL;
/* Last element of a cgroup path. */
struct slice ctl_last_element(struct slice path);
/* The command line's exact bytes joined by blanks; the name where it is not known. Not made safe for a terminal. */
void ctl_add_command(struct text *t, const json_t *event) ATTR_NONNULL;

/* The event's JSON on `f` as --json asks (SHORT: one line; PRETTY: indented), and a newline. False: it cannot be
 * written. */
bool ctl_event_write(const json_t *event, bool pretty, FILE *f) ATTR_NONNULL;

#endif
