/*
 * oom/line_rows: the readers behind the rows of the line table. Private to
 * oom/: everyone else calls oom_line_parse().
 *
 * Each is given the whole text, fills its part of `out` and says whether the
 * line really is of its kind. `out->kind` is already set and may be refined.
 */
#ifndef OOM_LINE_ROWS_H
#define OOM_LINE_ROWS_H

#include "oom/line.h"

typedef bool oom_line_reader(struct slice text, const struct oom_line_context *ctx, struct oom_line *out);

/* line_kill.c */
oom_line_reader oom_line_read_killed, oom_line_read_selected, oom_line_read_sharing, oom_line_read_exiting;
/* line_summary.c */
oom_line_reader oom_line_read_summary;
enum oom_fit oom_summary_fits(struct slice so_far, struct slice piece);
/* The keys of a summary, in the order they are printed in. */
enum {
	OOM_SUMMARY_CPUSET = 1,
	OOM_SUMMARY_MEMS,
	OOM_SUMMARY_LIMIT, /* ,oom_memcg= or ,global_oom */
	OOM_SUMMARY_TASK_PATH,
	OOM_SUMMARY_TASK,
};
/* How far the summary has come when `piece` is its newest: the key it ends with, or begins with; 0 when none. */
uint8_t oom_summary_key(struct slice piece);
/* line_memory.c */
oom_line_reader oom_line_read_task_in, oom_line_read_task_in_tail, oom_line_read_limit_of, oom_line_read_counter,
    oom_line_read_stats_head, oom_line_read_stat;
/* line_host.c */
oom_line_reader oom_line_read_mem_pages, oom_line_read_zone, oom_line_read_hugepages, oom_line_read_free_list,
    oom_line_read_pages_of;
/* line_table.c */
oom_line_reader oom_line_read_table_head, oom_line_read_table_row;

/* "PREFIX: " in front of the kernel's kill, selection and "already exiting" lines. False: not one of the kernel's. */
bool oom_take_prefix(struct slice *c, struct slice marker, enum oom_prefix *prefix, struct slice *prefix_text);

static inline struct oom_num oom_num_of(uint64_t v)
{
	return (struct oom_num){true, v};
}

/* As the kernel prints a path: absolute, no empty element, no '/' at the end. */
bool oom_path_is_kernfs(struct slice s);

/* A path as printed: absent for "(null)", "(name too long)", "(error)" and anything else that is none. */
static inline struct slice oom_path_of(struct slice s)
{
	return oom_path_is_kernfs(s) ? s : SLICE_NONE;
}

/* True when `ancestor` is `path` or lies above it. */
bool oom_path_is_within(struct slice path, struct slice ancestor);

#endif
