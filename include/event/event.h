/*
 * event/event: the published value: one kill (or one incident of another type),
 * joined from what the kernel printed, what /proc showed and what was known.
 *
 * A plain struct; every optional member says for itself whether it is there
 * (opt_*.set, slice.p, count). The table in event/schema.h is the one list of
 * its fields: JSON, journald, JSON Schema, man page and tests follow it.
 * Owns its strings: they are copied into `arena`.
 */
#ifndef EVENT_EVENT_H
#define EVENT_EVENT_H

#include "base/arena.h"
#include "base/limits.h"

struct opt_u64 {
	bool set;
	uint64_t v;
};
struct opt_i64 {
	bool set;
	int64_t v;
};

#define EVENT_ARENA (96 * 1024)
#define EVENT_GFP_FLAGS 32
#define EVENT_STATS 128
#define EVENT_ZONES 64

enum event_type { EVENT_OOM_KILL, EVENT_NO_VICTIM, EVENT_RECORDS_LOST, EVENT_KILLS_UNSEEN, EVENT_TYPES };

struct event_strings {
	uint32_t count;
	struct slice *item; /* in the arena */
};

struct event_parent {
	struct opt_u64 pid;
	struct slice comm;
};

struct event_point {
	struct opt_u64 age_sec, rss_kb;
};

struct event_usage {
	struct opt_u64 usage_kb, limit_kb, failcnt;
};

struct event_stat {
	struct slice name;
	uint64_t value;
};

struct event_container {
	struct slice id, name, runtime, image;
};

struct event_task {
	struct opt_u64 pid;
	struct slice comm;
	struct opt_u64 uid, rss_kb, swap_kb;
	struct opt_i64 oom_score_adj;
};

struct event_zone {
	struct opt_u64 node;
	struct slice zone;
	struct opt_u64 free_kb, min_kb, low_kb, high_kb, largest_free_block_kb;
};

struct event {
	enum event_type type_code;
	struct opt_u64 version;
	struct slice type, id, time;
	struct opt_u64 realtime_usec, monotonic_usec;
	struct slice boot_id;
	struct opt_u64 kmsg_seq;
	struct {
		struct slice name, machine_id, kernel;
	} host;
	bool recovered;
	struct slice scope, report, summary;

	struct {
		struct opt_u64 pid, tgid;
		struct slice comm;
		struct opt_u64 uid;
		struct slice user, exe;
		struct event_strings cmdline;
		bool cmdline_cut;
		struct opt_u64 ppid;
		uint32_t parent_count;
		struct event_parent parent[LIMIT_PARENTS];
		struct opt_u64 ns_pid;   /* pid in the innermost pid namespace, only when it has one of its own */
		struct slice start_time; /* RFC 3339 */
		struct opt_u64 uptime_sec;
		struct opt_i64 oom_score_adj;
		struct opt_u64 oom_score;
		struct {
			struct opt_u64 total_vm_kb, rss_kb, anon_rss_kb, file_rss_kb, shmem_rss_kb, swap_kb,
			    pgtables_kb;
		} memory;
		uint32_t history_count;
		struct event_point history[LIMIT_HISTORY]; /* oldest first */
		struct slice growth;
	} victim;

	struct {
		struct opt_u64 pid;
		struct slice comm;
		struct opt_i64 oom_score_adj;
		struct slice gfp_mask; /* "0x…" */
		struct event_strings gfp_flags;
		struct opt_i64 order;
		struct opt_u64 cpu;
	} trigger;

	struct slice constraint, nodemask, cpuset, mems_allowed;

	struct {
		struct slice path, limit_path;
		struct event_usage memory, memsw, kmem, swap;
		uint32_t stat_count;
		struct event_stat stat[EVENT_STATS]; /* numbers as printed */
		struct slice stat_unit; /* of the sizes among them: "bytes", or "kB" in the form up to 5.2 */
	} cgroup;

	struct {
		struct slice unit, user_unit, slice, user_slice, session, machine, invocation_id;
		struct event_container container;
		struct {
			struct slice uid, name, namespace_, qos;
		} pod;
		struct {
			struct slice project, service;
		} compose;
		struct {
			struct slice task, container;
		} ecs;
		uint32_t outer_count;
		struct event_container outer[LIMIT_OUTER];
	} identity;

	struct {
		struct slice cgroup, limit, process, identity;
		struct opt_u64 process_age_ms;
	} sources;

	struct {
		struct slice id, cgroup;
		struct opt_u64 index;
	} group;

	struct {
		struct opt_u64 count;
		uint32_t top_count;
		struct event_task top[LIMIT_EVENT_TOP];
	} tasks;

	struct {
		struct opt_u64 total_kb, free_kb, swap_total_kb, swap_free_kb, slab_unreclaimable_kb,
		    slab_reclaimable_kb, shmem_kb, unevictable_kb, pagecache_kb, anon_kb, pagetables_kb, hugepages_kb,
		    hugepages_free_kb, page_kb;
		uint32_t zone_count;
		struct event_zone zone[EVENT_ZONES];
	} host_memory;

	struct {
		struct slice code, text;
	} verdict;

	/* records-lost and kills-unseen */
	struct opt_u64 count, from_seq, to_seq, kernel_count, reported_count;

	/* oom-no-victim: the kernel's own words */
	struct slice kernel_text;
	bool panic;

	/* private */
	bool manual;          /* sysrq-f */
	bool allocating_task; /* the kill line says oom_kill_allocating_task */
	bool selected;        /* the victim is the task that the kernel chose: no group member, no child in its place */
	struct arena arena;
	char text[EVENT_ARENA];
};

/* Empties `e`, gives it its arena, sets version and type. */
void event_init(struct event *e, enum event_type type) ATTR_NONNULL;

/*
 * Copies the parts of `text` between `stop` bytes, at most `most` of them, into `to`; true when there were more, or no
 * room for all. An empty text is one empty part.
 */
bool event_split(struct event *e, struct slice text, char stop, uint32_t most, struct event_strings *to) ATTR_NONNULL;

#define EVENT_VERSION 1

#endif
