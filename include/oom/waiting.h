/*
 * oom/waiting: a line that the kernel builds with pr_cont, kept until what may
 * follow it has come. Private to oom/.
 */
#ifndef OOM_WAITING_H
#define OOM_WAITING_H

#include "base/limits.h"
#include "kmsg/record.h"
#include "oom/line.h"

struct oom_waiting {
	bool on;
	enum oom_line_kind kind;
	bool torn;       /* bytes are missing inside: a cut record, a piece without room */
	bool doubt_name; /* the cpuset may be a stranger's */
	bool doubt_path; /* a path may be a stranger's, or lack its end */
	bool tail_last;  /* the newest piece is the summary's ",task=…" */
	bool name_taken; /* the newest piece was taken for a cpuset's name, and nothing but its place told so */
	bool path_taken; /* the same of a path, of any piece so far */
	bool full_piece; /* the newest piece is as long as the kernel can print one: it may lack its end */
	uint8_t key;     /* how far a summary has come: see oom_summary_key() */
	uint32_t pieces;
	size_t n;
	char text[LIMIT_LINE];
};

/* `kind`: of the line that begins with `rec`. */
void oom_waiting_begin(struct oom_waiting *w, enum oom_line_kind kind, const struct kmsg_record *rec) ATTR_NONNULL;

/* A record flagged 'c' or '+'. False: it does not belong to the line. */
bool oom_waiting_add(struct oom_waiting *w, const struct kmsg_record *rec) ATTR_NONNULL;

static inline struct slice oom_waiting_text(const struct oom_waiting *w)
{
	return slice_of(w->text, w->n);
}

/* Rows of memory.stat may follow what waits. */
bool oom_waiting_is_stats_head(const struct oom_waiting *w) ATTR_NONNULL;

/*
 * What the line says, without what is in doubt; `*doubtful` when something was
 * left out. Where a summary's names allow several readings, and it speaks of
 * `pid`, those with another comm than `comm` are out (SLICE_NONE: not known).
 */
enum oom_line_kind oom_waiting_read(const struct oom_waiting *w, uint64_t pid, struct slice comm, struct oom_line *out,
				    bool *doubtful) ATTR_NONNULL;

#endif
