/*
 * oom/collect: one line of a report put into the report. Private to oom/.
 */
#ifndef OOM_COLLECT_H
#define OOM_COLLECT_H

#include "oom/report.h"

/* What the lines so far allow to come: memory.stat rows, Mem-Info rows, table rows. */
struct oom_collect_state {
	bool in_stats, in_mem_info, in_table;
	bool stats_taken; /* the limit's own statistics are in; those of the cgroups below (to 5.2) are passed over */
	bool other_dump;  /* a failed allocation prints the same lines as we do: they count no more */
	bool cpu_differs, paths_differ, tables_differ; /* told twice, and not the same */
	bool heap;                                     /* the rows are a heap, smallest first */
};

void oom_report_reset(struct oom_report *r, uint64_t seq, uint64_t usec) ATTR_NONNULL;

/* Everything but triggers, kills, group and no-victim lines, which are decisions: see the assembler. */
void oom_collect(struct oom_report *r, struct oom_collect_state *state, const struct oom_line *line) ATTR_NONNULL;
void oom_collect_trigger(struct oom_report *r, const struct oom_line *line) ATTR_NONNULL;

#endif
