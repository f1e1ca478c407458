/*
 * host/store: what is known of every process, from before it died. Pure state:
 * no file, no clock, no allocation; all storage is given at the start.
 *
 * A record is a life: a pid with its start time. It is *live*, then *dead* (kept
 * a while, since the kill line follows the death), then gone; a dead one that
 * younger records name as their parent stays as a *stub* (pid, comm, parent)
 * until they are gone too. Strings are interned and shared; a forked child
 * begins as a reference to everything its parent has.
 *
 * Identity. /proc tells a start time exactly (in ticks); a fork event tells when
 * the event was made, which is just after the start. A start time from /proc is
 * therefore the same life when it equals an exact one, or is not after an
 * approximate one. A later start is another process with the same number, and
 * ends the life before it.
 *
 * Bounds. Records and cells have fixed numbers. When either runs out, an
 * eviction makes room for a sixteenth of all records: first the dead, oldest first, then
 * the live by size, smallest first, and among equals the oldest first. Stubs that
 * are many go before the living.
 */
#ifndef HOST_STORE_H
#define HOST_STORE_H

#include "host/history.h"
#include "host/intern.h"
#include "host/process.h"

#define HOST_STORE_COMM 16
/* How long a dead process is remembered: one that SIGKILL ended, one that ended otherwise. */
#define HOST_STORE_KEEP_KILLED_USEC (60ull * 1000 * 1000)
#define HOST_STORE_KEEP_OTHER_USEC (2ull * 1000 * 1000)
/* And how many of each at most. */
#define HOST_STORE_MAX_KILLED 2048
#define HOST_STORE_MAX_OTHER 1024

enum host_record_flag {
	HOST_RECORD_EXACT = 1u << 0, /* start_usec is from /proc */
	HOST_RECORD_UID = 1u << 1,   /* uid is known */
	HOST_RECORD_LOGINUID = 1u << 2,
	HOST_RECORD_RSS = 1u << 3,
	HOST_RECORD_EXE_DELETED = 1u << 4,
	HOST_RECORD_CMDLINE_CUT = 1u << 5,
	HOST_RECORD_CGROUP_DELETED = 1u << 6,
	HOST_RECORD_NESTED = 1u << 7,       /* in a pid namespace of its own: ns_pid is worth reading */
	HOST_RECORD_KILLED = 1u << 8,       /* SIGKILL ended it */
	HOST_RECORD_SCANNED = 1u << 9,      /* seen in the scan under way */
	HOST_RECORD_NO_MM = 1u << 10,       /* a kernel thread: it has no memory to look at */
	HOST_RECORD_LEADER_GONE = 1u << 11, /* the thread group goes on without its leader */
	HOST_RECORD_CGROUP_SEEN = 1u << 12, /* its cgroup was read, not only taken over from its parent */
};

/* Live records wait in these for their next look; see recorder.h. */
#define HOST_STORE_LOOKS 4

enum host_record_list {
	HOST_LIST_NONE, /* live, nothing due */
	HOST_LIST_LOOK, /* … HOST_LIST_LOOK + HOST_STORE_LOOKS - 1 */
	HOST_LIST_KILLED = HOST_LIST_LOOK + HOST_STORE_LOOKS,
	HOST_LIST_OTHER,
	HOST_LIST_STUB,
	HOST_LIST_FREE,
	HOST_LISTS,
};

struct host_record {
	int32_t pid, ppid;
	uint64_t start_usec; /* CLOCK_BOOTTIME, as all times here */
	uint64_t seen_usec;  /* when cgroup and command line were last known to be so */
	uint64_t since_usec; /* live: when it entered its list; dead: when it died */
	uint32_t uid, loginuid;
	uint32_t rss_kb;
	uint32_t exe, cgroup, cmdline, ns_pid; /* interned; 0 = unknown */
	uint32_t parent;                       /* a record, or 0 */
	uint32_t children;                     /* records that name this one as parent */
	uint32_t same_hash;
	uint32_t prev, next; /* in its list */
	uint32_t points;     /* cells of the history */
	uint32_t claimed;    /* the kill it was found for: low bits of its time, never 0; 0: none */
	uint32_t proc_ino;   /* inode of /proc/PID: changes with the process; 0 = not known */
	uint16_t flags;
	uint16_t ask; /* the command line that is being read for it; 0: none */
	uint8_t list;
	uint8_t point_count;
	uint8_t comm_size;
	char comm[HOST_STORE_COMM];
};

struct host_store_counters {
	uint64_t evicted; /* records given up for want of room */
	uint64_t refused; /* strings and points that found no room */
};

struct host_store {
	struct host_record *record; /* [0] is never used */
	uint32_t cap, top;
	uint32_t live, dead, stubs;
	uint32_t *by_pid;
	uint32_t pid_mask;
	struct {
		uint32_t first, last, count;
	} list[HOST_LISTS];
	struct host_pool pool;
	struct host_intern strings;
	uint64_t usec_per_tick;
	uint64_t newest_usec; /* latest start seen: what the age of others is measured from when one must go */
	bool watch_cgroups;   /* first-seen cgroups are queued in `strings`; who sets it must empty the queue */
	bool barren;          /* the last eviction freed no record, and nothing was freed since */
	struct host_store_counters counters;
};

#define HOST_STORE_MIN_SIZE (256 * 1024)

/* `storage` is `size` zeroed bytes (untouched until used), at least HOST_STORE_MIN_SIZE; -EINVAL when less. */
int host_store_init(struct host_store *s, void *storage, size_t size, const uint64_t key[2],
		    uint64_t ticks_per_sec) ATTR_MUST_CHECK ATTR_NONNULL;

static inline struct host_record *host_store_at(struct host_store *s, uint32_t i)
{
	return &s->record[i];
}
static inline bool host_record_alive(const struct host_record *r)
{
	return r->pid && r->list < HOST_LIST_KILLED;
}

/* Makes sure that one more record with all its strings fits, by eviction if need be. Any record may go: call it while
 * holding none. fork and put do so themselves. */
void host_store_make_room(struct host_store *s) ATTR_NONNULL;

/* The live record of `pid`, or 0. */
uint32_t host_store_live(const struct host_store *s, int32_t pid) ATTR_NONNULL;

/* A fork: the child refers to all that the parent has. Returns the child's record; `*inherited` says whether the parent
 * was known. 0: there is no room, or a record read later than `at_usec` shows the child already. */
uint32_t host_store_fork(struct host_store *s, int32_t parent, int32_t child, uint64_t at_usec,
			 bool *inherited) ATTR_NONNULL;
/* An exec: what the old program was is no longer true. An exit just before was that of the thread that led until then.
 * 0: the process is not known. */
uint32_t host_store_exec(struct host_store *s, int32_t pid, uint64_t at_usec) ATTR_NONNULL;
void host_store_rename(struct host_store *s, int32_t pid, uint64_t at_usec, struct slice comm) ATTR_NONNULL;
void host_store_set_uid(struct host_store *s, int32_t pid, uint64_t at_usec, uint32_t uid) ATTR_NONNULL;
void host_store_exit(struct host_store *s, int32_t pid, uint64_t at_usec, bool killed) ATTR_NONNULL;

/*
 * What /proc told at `now_usec` about the process that had `p->pid` at `as_of_usec` (a start after that is another
 * process: 0 is returned and nothing is changed). Needs HOST_HAVE_START. Absent members leave the record as it is.
 * Returns the record, made new when the pid or the start time was not known.
 */
uint32_t host_store_put(struct host_store *s, const struct host_process *p, uint64_t as_of_usec,
			uint64_t now_usec) ATTR_NONNULL;
/* A command line alone. */
void host_store_set_cmdline(struct host_store *s, uint32_t i, struct slice cmdline, bool cut) ATTR_NONNULL;
/* A new cgroup alone. */
void host_store_set_cgroup(struct host_store *s, uint32_t i, struct slice path, bool deleted,
			   uint64_t now_usec) ATTR_NONNULL;
/* The same, by a reference the caller holds; the record takes one of its own. */
void host_store_share_cgroup(struct host_store *s, uint32_t i, uint32_t cgroup, bool deleted,
			     uint64_t now_usec) ATTR_NONNULL;
/* A size alone. The history takes a point when `keep`. */
void host_store_set_rss(struct host_store *s, uint32_t i, uint64_t rss_kb, uint64_t now_usec, bool keep) ATTR_NONNULL;

/* Waits for look number `look` (< HOST_STORE_LOOKS) from now on, or for none (HOST_STORE_LOOKS). Live records only. */
void host_store_await(struct host_store *s, uint32_t i, uint32_t look, uint64_t now_usec) ATTR_NONNULL;

/* A live record that is no longer there: an exit that was not seen; `killed` when SIGKILL may have been the cause. */
void host_store_gone(struct host_store *s, uint32_t i, uint64_t now_usec, bool killed) ATTR_NONNULL;
/* Forgets the dead whose time is over. */
void host_store_expire(struct host_store *s, uint64_t now_usec) ATTR_NONNULL;
/* A dead record that turns out to be alive: its leader's exit was not its end. */
void host_store_revive(struct host_store *s, uint32_t i, uint64_t now_usec) ATTR_NONNULL;

/* Links live records to parents that were not known when they were made. */
void host_store_link_parents(struct host_store *s) ATTR_NONNULL;
/* The record of the parent, or 0. */
uint32_t host_store_parent(const struct host_store *s, uint32_t i) ATTR_NONNULL;

/*
 * The life of `pid` that a kill at `at_usec` ended, or 0. A life that began after at_usec + slop_usec or was over
 * before at_usec - slop_usec is never it. When the number went from one to another within the slop, in this order: the
 * name on the kill line, if present; the time to some milliseconds; one that SIGKILL ended, that no other kill line was
 * about; one that still lives; the younger. Marks what it found as the answer to this kill.
 */
struct host_store_query {
	int32_t pid;
	uint64_t at_usec, slop_usec;
	struct slice comm;
};
uint32_t host_store_find(struct host_store *s, const struct host_store_query *q) ATTR_NONNULL;

void host_store_history(const struct host_store *s, uint32_t i, struct host_history *out) ATTR_NONNULL;
/* Next record after `i` in table order that is live, 0 at the end. Starts with i == 0. */
uint32_t host_store_next_live(const struct host_store *s, uint32_t i) ATTR_NONNULL;
static inline struct slice host_record_comm(const struct host_record *r)
{
	return r->comm_size ? slice_of(r->comm, r->comm_size) : SLICE_NONE;
}

#endif
