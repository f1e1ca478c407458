/*
 * oom/assembler: lines of the kernel log in, OOM incidents out.
 *
 * Feed every kernel record (facility 0) in order. An incident is ready as soon
 * as the next line about an OOM was fed, or a few others, or
 * oom_assembler_settle() says that the source has no more right now: nothing
 * ever waits for a line that may not come, and one look at a line that is
 * already there tells whether the kill is the first of a memory.oom.group.
 *
 * Pure: `now` is the kernel's stamp of the records themselves; no clock, no
 * I/O, no allocation. The struct is large (about 4 MB, of which what an open
 * report needs is touched, 300 kB each); it belongs in static or mapped storage
 * of the caller.
 */
#ifndef OOM_ASSEMBLER_H
#define OOM_ASSEMBLER_H

#include "kmsg/record.h"
#include "oom/report.h"

struct oom_assembler_counters {
	uint64_t kill_lines;   /* lines that count in /proc/vmstat oom_kill (printed twice = counted twice) */
	uint64_t repeats;      /* kill lines of a pid already published from the same decision */
	uint64_t incidents;    /* handed out */
	uint64_t reports;      /* trigger lines */
	uint64_t partial;      /* incidents with OOM_DETAIL_PARTIAL */
	uint64_t suppressed;   /* incidents with OOM_DETAIL_SUPPRESSED */
	uint64_t stray_pieces; /* pr_cont pieces that belonged to nothing we read */
	uint64_t silent_reaps; /* oom_reaper lines of a pid no kill line was seen for */
	uint64_t abandoned;    /* reports given up without a kill line */
};

struct oom_assembler;

/* Size of the storage oom_assembler_init() wants; aligned as malloc would. */
size_t oom_assembler_size(void);
struct oom_assembler *oom_assembler_init(void *storage) ATTR_NONNULL;

/* One record. Call oom_assembler_take() until it says no before the next feed. */
void oom_assembler_feed(struct oom_assembler *a, const struct kmsg_record *rec) ATTR_NONNULL;

/* Records were lost here: nothing is glued over it, open reports become partial. */
void oom_assembler_gap(struct oom_assembler *a) ATTR_NONNULL;

/* The source has nothing more at this moment. */
void oom_assembler_settle(struct oom_assembler *a) ATTR_NONNULL;

/* The source has ended: what is open is given up (a report without its kill line is no event). */
void oom_assembler_end(struct oom_assembler *a) ATTR_NONNULL;

/*
 * The next ready incident, oldest first; false when there is none. `*out` is
 * copied; what it points to (report, text, group_path) is valid until the next
 * feed, gap, settle or end.
 */
bool oom_assembler_take(struct oom_assembler *a, struct oom_incident *out) ATTR_MUST_CHECK ATTR_NONNULL;

/*
 * The process that the record just fed names as victim (summary, selection or
 * kill line), 0 when none: its /proc entry is perishable, look now.
 */
uint64_t oom_assembler_hint(const struct oom_assembler *a) ATTR_NONNULL;

/*
 * The record from which to read again to lose nothing that is not yet handed out: the first line of the oldest report
 * that waits for its kill line, or of a group that may go on. False when nothing is open.
 */
bool oom_assembler_open_since(const struct oom_assembler *a, uint64_t *seq,
			      uint64_t *usec) ATTR_MUST_CHECK ATTR_NONNULL;

const struct oom_assembler_counters *oom_assembler_counters(const struct oom_assembler *a) ATTR_NONNULL;

#endif
