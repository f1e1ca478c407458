/*
 * host/process: what /proc tells about one process, read at once and in the
 * order in which it perishes (a dying process loses cmdline and exe first, on
 * cgroup v1 its cgroup too; stat and status live until it is reaped).
 *
 * The parsers are pure and take what one read() gave. The reader takes the
 * directory descriptor of a /proc (or of a tree that looks like one).
 */
#ifndef HOST_PROCESS_H
#define HOST_PROCESS_H

#include "base/arena.h"
#include "base/limits.h"
#include "host/cmdline.h"

/* Bits of `have`: a member is meaningful only when its bit is set. */
enum host_process_have {
	HOST_HAVE_TGID = 1u << 0,
	HOST_HAVE_PPID = 1u << 1,
	HOST_HAVE_START = 1u << 2,
	HOST_HAVE_UID = 1u << 3,
	HOST_HAVE_OOM_SCORE = 1u << 4,
	HOST_HAVE_OOM_SCORE_ADJ = 1u << 5,
	HOST_HAVE_RSS = 1u << 6,
	HOST_HAVE_LOGINUID = 1u << 7,
};

struct host_process {
	uint32_t have;
	int32_t pid; /* what was asked for: may be a thread */
	int32_t tgid, ppid;
	uint32_t uid;         /* real uid */
	uint32_t loginuid;    /* (uint32_t)-1 is never stored: the bit is then unset */
	uint64_t start_ticks; /* stat field 22, clock ticks since boot (CLOCK_BOOTTIME): the identity beside the pid */
	int64_t oom_score;    /* absent where the kernel shows 0 only because the task is dying */
	int64_t oom_score_adj;
	uint64_t rss_kb;   /* VmRSS; absent for a process without mm */
	struct slice comm; /* stat field 2: the bytes themselves */
	struct slice exe;  /* the link's text, " (deleted)" taken off */
	bool exe_deleted;
	struct slice cmdline; /* arguments, each ended by NUL (the last may lack it) */
	bool cmdline_cut;     /* longer than LIMIT_CMDLINE */
	struct slice cgroup;  /* memory controller's path on v1, the unified path on v2, " (deleted)" taken off */
	bool cgroup_deleted;
	struct slice ns_pid; /* NSpid as printed: pids from the outermost namespace inwards, "123\t7\t1" (take_word) */
	char state;          /* of stat: R S D Z X …, 0 unknown */
	bool dying;          /* SIGKILL pending or already in do_exit: what needs its memory may be gone or half gone */
	bool exiting;        /* in do_exit (PF_EXITING): cgroup v1 shows "/" from here on */
};

/*
 * Reads /proc/<pid> below `proc_fd`. Strings are copied into `arena`. Returns 0 when anything at all was read (accept
 * partial results), -ESRCH when the process is gone, another negative errno when /proc cannot be used.
 * Order: stat, cgroup, cmdline, exe, status, oom_score, oom_score_adj, loginuid. The command line is read by
 * `cmdlines` meanwhile and waited for no longer than HOST_PROCESS_PATIENCE_USEC, since it may block for ever; NULL: it
 * is read in its turn, however long that takes.
 */
#define HOST_PROCESS_PATIENCE_USEC 2000
int host_process_read(int proc_fd, int32_t pid, struct arena *arena, struct host_cmdlines *cmdlines,
		      struct host_process *out) ATTR_MUST_CHECK;

/* Only stat: start time, ppid, comm, state. The cheap identity check against a reused pid. */
int host_process_read_stat(int proc_fd, int32_t pid, struct arena *arena,
			   struct host_process *out) ATTR_MUST_CHECK ATTR_NONNULL;

/* Pure parsers. Each fills what the text tells and sets the bits; slices borrow from the text. False: not that file. */
bool host_parse_stat(struct slice text, struct host_process *out) ATTR_NONNULL;
bool host_parse_status(struct slice text, struct host_process *out) ATTR_NONNULL;
/* Picks the memory cgroup: the line whose controllers hold "memory", else "0::". On "0::" a final " (deleted)" is taken
 * off (v1 never adds one). On v1 a dying process shows "/" for every controller: then the path is left out, not
 * reported as "/". */
bool host_parse_cgroup(struct slice text, bool dying, struct slice *path, bool *deleted) ATTR_NONNULL;

/* Ancestors, nearest first, up to `max`; each is read with its comm and start time, and a parent younger than its child
 * (a reused pid) ends the walk. Returns how many. */
struct host_parent {
	int32_t pid;
	struct slice comm;
};
uint32_t host_process_parents(int proc_fd, const struct host_process *of, struct arena *arena, struct host_parent *out,
			      uint32_t max) ATTR_NONNULL;

/* Clock ticks a second of start_ticks (sysconf(_SC_CLK_TCK)). */
uint64_t host_ticks_per_sec(void);

/* The name of a uid from <root>/etc/passwd (never NSS: it may ask the network). False when not there. */
bool host_user_name(int root_fd, uint32_t uid, struct arena *arena, struct slice *name) ATTR_NONNULL;

/* Facts of this host, read once at start. Absent slices where unknown. Strings are copied into `arena`. */
struct host_self {
	struct slice name;       /* kernel host name; uname(2) when proc does not show it */
	struct slice machine_id; /* <root>/etc/machine-id, 32 hex */
	struct slice kernel;     /* release */
	struct slice boot_id;    /* 32 hex, dashes taken out, of /proc/sys/kernel/random/boot_id */
};
void host_self_read(int root_fd, int proc_fd, struct arena *arena, struct host_self *out) ATTR_NONNULL;

#endif
