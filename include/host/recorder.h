/*
 * host/recorder: the flight recorder. It knows every process from before it
 * dies: host/store fed by the kernel's process events, by scans of /proc and by
 * samples of memory use.
 *
 * How it learns, with the connector (host/events):
 *   fork   the child refers to what its parent has; no file is read
 *   exec   stat, command line, executable and cgroup are read at once
 *   comm, uid, exit   are taken from the event itself
 *   moves  inotify on every cgroup.procs (host/moves): members that are not known to be there are looked at
 *   looks  a process that lives on after fork or exec is looked at again: its cgroup after 200 ms (and after 2 and
 *          20 ms where cgroups are not all watched), all of it after 1.5 s
 *   samples  every interval, `statm`: of each process of 16 MiB or more and of
 *          at most HOST_RECORDER_SAMPLES others in turn; a large one's cgroup
 *          with it; up to 64 whose snapshot is older than ten minutes are read again
 *   pressure  while PSI says memory is short, a sampling pass a second
 *   command lines   come from threads of their own (host/cmdline), as soon as the process lets them be read
 *   naps   while more than 500 events come in a second, they are taken once a millisecond instead of one by one; what
 *          was born and died in between is then not even looked at
 *   loss   when the kernel had to drop events, /proc is scanned anew, at most every five seconds
 *
 * Without the connector it scans: every 5 ms it asks /proc/loadavg for the last
 * pid given out and reads the processes in between; every two seconds, or when
 * that is no guide, it lists /proc. When nothing new appears, the 5 ms grow to
 * 50 ms. The young are looked at after 2 ms, then every 20 ms, then every 200 ms
 * until they are two seconds old, since no exec is told of. What lives shorter is
 * not known, nor is a parent that went before; a program that the kill line names
 * differently is not told.
 *
 * A victim that lives five milliseconds must be read in that time: the caller should run ahead of what it watches
 * (Nice=-20). Measured on two processors with four to nineteen others wanting to run: so, 1 victim of 10,000
 * was not wholly known; without, up to 4 of 200 in a bad run.
 *
 * The descriptor of /proc is borrowed. No call blocks; each does a bounded
 * piece of work and says when there is more.
 */
#ifndef HOST_RECORDER_H
#define HOST_RECORDER_H

#include <poll.h>

#include "base/clock.h"
#include "host/cmdline.h"
#include "host/events.h"
#include "host/moves.h"
#include "host/pressure.h"
#include "host/store.h"

/* Ceiling of the store: address space taken at the start, touched only as it fills. About 30,000 processes. */
#define HOST_RECORDER_MEMORY (16 * 1024 * 1024)
#define HOST_RECORDER_INTERVAL_SEC 30
#define HOST_RECORDER_SAMPLES 1024
#define HOST_RECORDER_LARGE_KB (16 * 1024)
#define HOST_RECORDER_POLLFDS 3

struct host_recorder_options {
	int proc_fd;
	int root_fd;                    /* where sys/fs/cgroup is looked for; 0 or less: moves are not watched */
	size_t memory;                  /* 0: HOST_RECORDER_MEMORY; else at least HOST_STORE_MIN_SIZE */
	uint32_t interval_sec;          /* of sampling; 0: off */
	struct host_cmdlines *cmdlines; /* borrowed; NULL: command lines are read at once, however long it takes */
	bool watch_cgroups;             /* the caller empties host_recorder_new_cgroup() every turn */
	bool no_events;                 /* do without the connector */
};

enum host_recorder_mode { HOST_RECORDER_EVENTS, HOST_RECORDER_SCANNING };

struct host_recorder_counters {
	uint32_t live, dead, stubs; /* records now */
	uint64_t bytes;             /* of the store in use */
	uint64_t evicted, refused;
	uint64_t events, events_lost, events_bad; /* events_lost counts losses, each of one or more events */
	uint64_t reads, looks, samples, passes, scans, rescans;
	uint64_t moves, moves_lost; /* cgroups whose members were looked at; overruns of inotify */
	uint32_t watches;           /* cgroups watched */
	uint64_t cmdlines_refused;  /* not asked for, since all that read them were stuck */
	uint64_t pressure;          /* times PSI said that memory is short */
};

/* A value that was read but not yet given to its record: see recorder_look.c. */
struct host_recorder_pending {
	uint32_t record;
	int32_t pid;
	uint64_t start_usec;
	uint32_t cgroup; /* interned, held */
	uint32_t rss_kb;
	bool deleted, has_cgroup, has_rss, gone;
};
#define HOST_RECORDER_PENDING 128

/* What one process's files said; slices of `process` lie in these. */
struct host_recorder_reading {
	struct host_process process;
	struct host_cmdlines *cmdlines;
	int ticket; /* for the command line that comes later; -1: none does */
	bool later; /* it was not the time to ask for it */
	char stat[1024];
	char status[4096];
	char cgroup[LIMIT_PROC_FILE];
	char cmdline[LIMIT_CMDLINE + 1];
	char exe[LIMIT_PATH];
	char number[32];
};

/* A command line that was asked for: whose it is. */
struct host_recorder_ask {
	uint32_t record;
	int32_t pid;
	uint64_t start_usec;
	uint16_t ask;
	int8_t ticket;
};

enum host_recorder_scan { HOST_SCAN_NONE, HOST_SCAN_FIRST, HOST_SCAN_AFTER_LOSS, HOST_SCAN_ROUTINE };

struct host_recorder {
	struct host_recorder_options options;
	enum host_recorder_mode mode;
	int refusal; /* why there is no connector: negative errno; 0 with it or when not asked for */
	struct host_store store;
	void *memory;
	size_t memory_size;
	struct host_events events;
	struct host_moves moves;
	int pressure_fd;
	uint64_t boot_offset_usec; /* CLOCK_BOOTTIME - CLOCK_MONOTONIC */
	struct host_recorder_counters counters;

	/* private: the scan under way */
	enum host_recorder_scan scan;
	int scan_fd;
	uint64_t scan_began_usec, scan_next_usec;
	bool scan_wanted;
	size_t dents_at, dents_size;
	/* sampling */
	bool sampling;
	uint32_t sample_at, sample_turns, refreshed;
	uint64_t sample_next_usec, short_until_usec;
	/* scanning mode */
	int loadavg_fd;
	bool pids_are_ours; /* /proc and this process number processes alike */
	int32_t last_pid;
	uint64_t hint_next_usec, hint_every_usec;

	/* moves: what members of a cgroup turned out to be */
	uint32_t moved, not_moved;
	uint64_t moved_usec; /* the last time that somebody was moved somewhere */
	uint32_t met;        /* members listed since … */
	uint64_t met_since_usec;
	bool look_early; /* processes forked now are looked at after 2 ms */

	/* naps: CLOCK_MONOTONIC; 0: awake */
	uint64_t nap_until_usec, rate_since_usec, rate_events;
	bool busy;

	/* command lines that are being read */
	uint32_t ask_count;
	struct host_recorder_ask ask[HOST_CMDLINE_TICKETS];
	uint16_t last_ask;
	uint64_t nudge_usec, crowded_usec; /* when readers that do not get on are helped; when a scan goes on */

	uint32_t pending_count;
	struct host_recorder_pending pending[HOST_RECORDER_PENDING];
	struct host_event event[HOST_EVENTS_BATCH];
	struct host_recorder_reading reading;
	char dents[4096] __attribute__((aligned(8)));
};

/* 0, or a negative errno: ENOMEM, EINVAL. A connector that is refused is not an error: see mode,
 * host_recorder_reason(). */
int host_recorder_open(struct host_recorder *r, const struct host_recorder_options *options,
		       struct clock_now now) ATTR_MUST_CHECK ATTR_NONNULL;
void host_recorder_close(struct host_recorder *r) ATTR_NONNULL;

/* Why it scans, for one line of log: "no CAP_NET_ADMIN" …; absent with the connector. */
struct slice host_recorder_reason(const struct host_recorder *r) ATTR_NONNULL;

/* What to poll for: how many entries of `out` were filled. */
uint32_t host_recorder_pollfds(const struct host_recorder *r, struct pollfd out[HOST_RECORDER_POLLFDS]) ATTR_NONNULL;
/* CLOCK_MONOTONIC when tick has something to do; UINT64_MAX: nothing but events. */
uint64_t host_recorder_deadline(const struct host_recorder *r) ATTR_NONNULL;
/*
 * The answer to a poll. Takes up to 256 events. True: more may wait; come back before sleeping. Call it before kernel
 * records are read, so that the exec of a victim is known before its kill line.
 */
bool host_recorder_dispatch(struct host_recorder *r, const struct pollfd *polled, uint32_t count,
			    struct clock_now now) ATTR_NONNULL;
/* Takes what has come in since the poll, without waiting: before host_recorder_find, in the turn of a kill line. */
void host_recorder_catch_up(struct host_recorder *r, struct clock_now now) ATTR_NONNULL;
/* What is due by time: looks, a slice of a scan, a slice of a sampling pass. True: more is due now. */
bool host_recorder_tick(struct host_recorder *r, struct clock_now now) ATTR_NONNULL;

/* The first scan is over: from here on every process that is alive is known. */
bool host_recorder_ready(const struct host_recorder *r) ATTR_NONNULL;

void host_recorder_count(const struct host_recorder *r, struct host_recorder_counters *out) ATTR_NONNULL;

/* What was known of one process. A value: strings lie in its own text. */
struct host_found {
	struct host_process process; /* `have` tells; TGID is always the pid; start is good to one tick when !exact */
	bool exact;                  /* process.start_ticks is /proc's own */
	bool alive;                  /* as far as is known */
	bool killed;                 /* SIGKILL ended it */
	uint64_t start_usec;         /* CLOCK_BOOTTIME */
	uint64_t age_ms;             /* of cgroup and command line, at the time asked for */
	uint32_t cgroup_note;        /* host_recorder_note_cgroup() */
	uint32_t parent_count;
	struct host_parent parent[LIMIT_PARENTS]; /* nearest first, also those that have exited */
	struct host_history history;
	struct arena arena;
	char text[LIMIT_CMDLINE + 3 * LIMIT_PATH];
};

/*
 * The process that a kill at `q->at_usec` (CLOCK_BOOTTIME) was about; no file is read, nothing allocated. slop_usec is
 * how far the kernel log's clock may be off: printk stamps drift from CLOCK_MONOTONIC over a long uptime.
 *
 * A process that died before it could be looked at has its parent's cgroup only by inheritance, or that of before its
 * exec; when somebody was moved since, that may have been itself, and no cgroup is told.
 */
bool host_recorder_find(struct host_recorder *r, const struct host_store_query *q,
			struct host_found *out) ATTR_MUST_CHECK ATTR_NONNULL;
/* Whether `live`, read from /proc, is the process that was found, and not another one with its number. */
bool host_found_is(const struct host_found *f, const struct host_process *live, uint64_t ticks_per_sec) ATTR_NONNULL;
/*
 * Whether `live`, read from /proc by the number of a kill's victim, got that number from the victim: the one that was
 * found has ended, and `live` is another one, or is not even dying (a start time is good to a tick, in which a number
 * can change hands). While the found one is alive, as far as is known, its exit may have been lost; then `live` may be
 * the victim.
 */
bool host_found_replaced_by(const struct host_found *f, const struct host_process *live,
			    uint64_t ticks_per_sec) ATTR_NONNULL;
/* growth of a found process that died at death_usec (CLOCK_BOOTTIME) with rss_kb. */
enum host_growth host_recorder_growth(const struct host_recorder *r, const struct host_found *f, uint64_t death_usec,
				      uint64_t rss_kb) ATTR_NONNULL;

/*
 * Cgroups as they are first seen, once each: a path in `to`, and a slot that names it until the caller has called
 * host_recorder_release_cgroup(). False: no more. Needs watch_cgroups.
 * A note (a number of the caller's) stays with the cgroup while any process in it is known, and comes with host_found.
 */
bool host_recorder_new_cgroup(struct host_recorder *r, char *to, size_t cap, struct slice *path,
			      uint32_t *slot) ATTR_NONNULL;
void host_recorder_note_cgroup(struct host_recorder *r, uint32_t slot, uint32_t note) ATTR_NONNULL;
void host_recorder_release_cgroup(struct host_recorder *r, uint32_t slot) ATTR_NONNULL;

#endif
