/*
 * event/facts: which of the things known about a pid are about this victim, and
 * all of those as one. Pure.
 *
 * A pid is reused; a process is its pid and its start time. A snapshot of a
 * process that started after the kill is somebody else. Of two snapshots with
 * different start times the later one is the victim. What the fresher snapshot
 * lacks (a dying process loses its command line first) the other one gives.
 */
#ifndef EVENT_FACTS_H
#define EVENT_FACTS_H

#include "event/build.h"

struct event_known {
	const struct host_process *live, *cached; /* those that are about the victim, or NULL */
	struct host_process process;              /* the two as one; slices borrow */
	struct slice process_source;              /* "live", "cache", or absent when nothing is known */
	struct slice cgroup, cgroup_source;
};

/* Kernel stamps and /proc's start times are read off different clocks, the latter in ticks: slack before "after". */
#define EVENT_FACTS_SLACK_USEC (1000 * 1000)

/*
 * `pid` as the kill line has it, `tgid` as the task table has it; `killed_usec` = the kill on CLOCK_BOOTTIME, unset
 * when not known. `facts` may be NULL.
 */
void event_facts_of(const struct event_facts *facts, uint64_t pid, struct opt_u64 tgid, struct opt_u64 killed_usec,
		    struct event_known *out) __attribute__((nonnull(5)));

#endif
