/*
 * oom/ready: incidents on their way out: the newest kill, held while the line
 * behind it may still say something of it, and those ready to be taken.
 * Private to oom/.
 */
#ifndef OOM_READY_H
#define OOM_READY_H

#include "oom/assembler.h"
#include "oom/decision.h"

/* Incidents that one feed can make ready: the kill held so far, and every open report given up. */
#define OOM_READY 8

struct oom_ready {
	struct oom_incident incident;
	struct oom_decision *of;
	struct kmsg_record at; /* caller and stamp only */
	bool is_member;        /* of a group that began before it */
	bool without_report;   /* the decision's report may not be this kill's */
	uint32_t held;         /* unrelated records since */
};

struct oom_ready_list {
	struct oom_ready newest; /* .of != NULL: held */
	uint32_t count, next;
	struct oom_ready ready[OOM_READY];
};

/* Puts the incident of record `at` on hold; the one held before must have been settled. */
void oom_ready_hold(struct oom_ready_list *l, struct oom_decision *of, const struct kmsg_record *at,
		    const struct oom_incident *in) ATTR_NONNULL;
/* An unrelated record came: true while the kill may still wait for the line that is about it. */
bool oom_ready_may_wait(struct oom_ready_list *l, uint64_t usec) ATTR_NONNULL;
/* What is held becomes ready: all there is to know of it is known. */
void oom_ready_settle(struct oom_ready_list *l, struct oom_assembler_counters *counters) ATTR_NONNULL;
/* The same before that: it claims no more than is certain. */
void oom_ready_settle_early(struct oom_ready_list *l, struct oom_assembler_counters *counters) ATTR_NONNULL;
/* An incident that nothing more can be said of. */
void oom_ready_add(struct oom_ready_list *l, const struct oom_ready *r,
		   struct oom_assembler_counters *counters) ATTR_NONNULL;
bool oom_ready_take(struct oom_ready_list *l, struct oom_incident *out) ATTR_NONNULL;
/* Forgets what was taken; false while something is still to be taken. */
bool oom_ready_clear(struct oom_ready_list *l) ATTR_NONNULL;

#endif
