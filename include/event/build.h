/*
 * event/build: joins what the kernel printed with what is known of the process
 * into one event. Pure: every input is an argument, absent inputs are NULL.
 *
 * Who wins: the kill line for the victim's pid, comm and sizes; the record's
 * cgroup over /proc's; facts about a process only when they are about this one
 * (same pid or tgid, and a start time before the kill).
 */
#ifndef EVENT_BUILD_H
#define EVENT_BUILD_H

#include "event/event.h"
#include "host/container.h"
#include "host/identity.h"
#include "host/process.h"
#include "oom/report.h"

enum event_cmdline { EVENT_CMDLINE_FULL, EVENT_CMDLINE_ARGV0, EVENT_CMDLINE_NONE };

/* What was known about the victim, and how. */
struct event_facts {
	const struct host_process *live;   /* read from /proc at the kill, or NULL */
	const struct host_process *cached; /* known from before, or NULL */
	uint64_t cached_age_ms;            /* how old `cached` is */
	const struct host_parent *parent;
	uint32_t parent_count;
	const struct event_point *history;
	uint32_t history_count;
	struct slice growth;
	struct slice user; /* name of the uid that `live`, `cached` or the kill line tells, or absent */
};

struct event_input {
	const struct oom_incident *incident;
	const struct event_facts *facts; /* NULL for a saved capture */
	const struct host_self *host;    /* NULL for a saved capture */
	struct slice boot_id;            /* 32 hex; absent when not known */
	struct opt_u64 realtime_usec;    /* wall clock of the kill; unset when not known */
	uint64_t boot_realtime_usec;     /* wall clock of CLOCK_BOOTTIME zero; 0 = unknown. For victim.start_time */
	bool foreign_usec,
	    foreign_seq; /* of a text log: incident->usec is no kernel stamp, incident->seq a line number; the
			    id has the number all the same, monotonic_usec and kmsg_seq are left out */
	enum event_cmdline cmdline;
	bool recovered;
};

/*
 * Builds a kill or no-victim event with verdict and summary; `e` is initialised here.
 * Published: the id is boot id and sequence number of the kill line. victim.memory.rss_kb is the sum of the kill line's
 * three parts, or the task table's row where a part was not printed (up to 4.4).
 */
void event_build(struct event *e, const struct event_input *in) ATTR_NONNULL;

/*
 * Adds names from local files to a built event: the caller looks them up by the identity of e->cgroup.path. What is
 * already there stays. Says so in sources.identity and renews the summary.
 */
void event_build_names(struct event *e, const struct host_names *names) ATTR_NONNULL;

/* What the path of a built event says of a pod was a user's choice (host_identity_disown): takes it out again. */
void event_build_disown(struct event *e) ATTR_NONNULL;

/*
 * Of a built event whose cgroup.limit_path the kernel did not print: the one cgroup in the victim's path that has a
 * limit, read when it died (host_cgroupfs_only_limit). `limit_kb` unset: not known. Adds the verdict that follows.
 */
void event_build_limit(struct event *e, struct slice limit_path, struct opt_u64 limit_kb) ATTR_NONNULL;

/*
 * The other types; in->incident is not used and may be NULL. Ids, which no kill can have: lost records, the first of
 * them; unseen kills, "<boot_id>-<last_seq>-<kernel_count>".
 */
void event_build_lost(struct event *e, const struct event_input *in, uint64_t from_seq, uint64_t to_seq,
		      uint64_t count) ATTR_NONNULL;
void event_build_unseen(struct event *e, const struct event_input *in, uint64_t kernel_count, uint64_t reported_count,
			uint64_t last_seq) ATTR_NONNULL;

#endif
