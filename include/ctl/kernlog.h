/*
 * ctl/kernlog: a saved kernel log, in any rendering, as events: the same parser
 * and the same join as the daemon's.
 */
#ifndef CTL_KERNLOG_H
#define CTL_KERNLOG_H

#include <jansson.h>

#include "base/slice.h"
#include "kmsg/textlog.h"

struct ctl_kernlog;

struct ctl_kernlog_counters {
	uint64_t kills, echoes; /* echoes: another program repeated a kill line; never evidence */
	uint64_t duplicates;    /* the same kill, the same stamp: a ring that was written to the log twice */
	uint64_t lost;          /* records missing between the numbers of a capture */
	uint64_t reports;       /* "invoked oom-killer" */
	uint64_t abandoned;     /* reports without a kill line */
};

/* NULL when memory cannot be had. */
struct ctl_kernlog *ctl_kernlog_new(void) ATTR_MUST_CHECK;
void ctl_kernlog_free(struct ctl_kernlog *k);

/* A line of the sample, before the first feed. */
void ctl_kernlog_vote(struct ctl_kernlog *k, struct slice line) ATTR_NONNULL;
void ctl_kernlog_feed(struct ctl_kernlog *k, struct slice line) ATTR_NONNULL;
/* One record that came as one (a journal's). `rec` as kmsg/textlog gives it. */
void ctl_kernlog_record(struct ctl_kernlog *k, const struct kmsg_textlog_record *rec) ATTR_NONNULL;
void ctl_kernlog_end(struct ctl_kernlog *k) ATTR_NONNULL;
/* The next event, owned by the caller; NULL when there is none yet. */
json_t *ctl_kernlog_take(struct ctl_kernlog *k) ATTR_NONNULL;

const struct ctl_kernlog_counters *ctl_kernlog_counters(const struct ctl_kernlog *k) ATTR_NONNULL;
const struct kmsg_textlog_counters *ctl_kernlog_lines(const struct ctl_kernlog *k) ATTR_NONNULL;

#endif
