/*
 * event/from_report: the part of an event that the kernel's report tells: the
 * decision, the limit, the trigger, the host, the other tasks. Private to event/.
 */
#ifndef EVENT_FROM_REPORT_H
#define EVENT_FROM_REPORT_H

#include "event/event.h"
#include "oom/report.h"

/* Sets scope and report, and from in->report (when there is one) all but victim, cgroup.path and group. */
void event_from_report(struct event *e, const struct oom_incident *i) ATTR_NONNULL;

static inline struct opt_u64 event_num(struct oom_num n)
{
	return (struct opt_u64){n.set, n.v};
}

static inline struct opt_i64 event_int(struct oom_int n)
{
	return (struct opt_i64){n.set, n.v};
}

static inline struct opt_u64 event_u64(uint64_t v)
{
	return (struct opt_u64){true, v};
}

static inline struct opt_u64 event_pages_kb(const struct oom_report *r, struct oom_num pages)
{
	uint64_t kb;
	if (!pages.set || !r->page_kb.set || __builtin_mul_overflow(pages.v, r->page_kb.v, &kb))
		return (struct opt_u64){0};
	return event_u64(kb);
}

/* A uid that cannot be mapped is 4294967294 in the kill line and -2 in the summary and the table: one number here. */
static inline struct opt_u64 event_uid(struct oom_num n)
{
	bool negative = n.v >= (uint64_t)INT32_MIN;
	if (!n.set || (n.v > UINT32_MAX && !negative))
		return (struct opt_u64){0};
	return event_u64((uint32_t)n.v);
}

#endif
