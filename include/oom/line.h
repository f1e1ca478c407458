/*
 * oom/line: what one line of the kernel log says about an OOM, if anything.
 *
 * One table row per line the kernel can print (2.6.32 to 7.x); no kernel
 * version is ever asked. Every row is anchored at the start of the line, names
 * are taken by their last delimiter. Pure; slices borrow from the text given.
 */
#ifndef OOM_LINE_H
#define OOM_LINE_H

#include "base/slice.h"

/* A number that may be missing. */
struct oom_num {
	bool set;
	uint64_t v;
};
struct oom_int {
	bool set;
	int64_t v;
};

enum oom_line_kind {
	OOM_LINE_OTHER = 0,    /* nothing of an OOM report, or nothing we keep */
	OOM_LINE_TRIGGER,      /* X invoked oom-killer: … */
	OOM_LINE_CPUSET,       /* X cpuset=… mems_allowed=… (to 4.20) */
	OOM_LINE_CPU,          /* CPU: 1 PID: 2 Comm: … of the stack dump */
	OOM_LINE_TASK_IN,      /* Task in A killed as a result of limit of B (to 4.20) */
	OOM_LINE_TASK_IN_TAIL, /* " killed as a result of limit of B" alone (3.15 to 3.17) */
	OOM_LINE_LIMIT_OF,     /* Memory limit reached of cgroup B (4.1 to 4.20, no victim) */
	OOM_LINE_COUNTER,      /* memory: usage …kB, limit …kB, failcnt … and its siblings */
	OOM_LINE_STATS_HEAD,   /* Memory cgroup stats[ for PATH]: [name:NKB …] */
	OOM_LINE_STAT,         /* "name N", one or more lines: memory.stat (only after a stats head) */
	OOM_LINE_MEM_INFO,     /* Mem-Info: */
	OOM_LINE_MEM_PAGES, /* active_anon:1 inactive_anon:2 …: page counts of the whole host, or more rows of them */
	OOM_LINE_ZONE,      /* Node 0 DMA32 free:1kB min:2kB … */
	OOM_LINE_HUGEPAGES, /* Node 0 hugepages_total=… hugepages_size=…kB */
	OOM_LINE_FREE_LIST, /* Node 0 Normal: 5*4kB (U) … = 7124kB */
	OOM_LINE_PAGES_OF,  /* N total pagecache pages, N pages RAM, Free swap = NkB … */
	OOM_LINE_TABLE_TITLE, /* Tasks state (memory values in pages): */
	OOM_LINE_TABLE_HEAD,  /* [ pid ] uid tgid …: the columns */
	OOM_LINE_TABLE_ROW,   /* [ 123] 0 123 … name */
	OOM_LINE_SUMMARY,     /* oom-kill:constraint=… */
	OOM_LINE_SELECTED,    /* Out of memory: Kill process N (c) score S or sacrifice child (to 5.0): chosen, not yet
				 killed */
	OOM_LINE_SHARING,     /* Kill process N (c) sharing same memory (to 4.2): a kill with no sizes */
	OOM_LINE_KILLED,      /* [Out of memory: ]Killed process N (c) … : the kill */
	OOM_LINE_EXITING,     /* …: OOM victim N (c) is already exiting. Skip killing the task */
	OOM_LINE_GROUP,       /* Tasks in PATH are going to be killed due to memory.oom.group set */
	OOM_LINE_REAPED,      /* oom_reaper: reaped process N (c), now … */
	OOM_LINE_NO_KILLABLE, /* Out of memory and no killable processes... */
	OOM_LINE_PANIC,       /* Kernel panic - not syncing: Out of memory … and its older texts */
	OOM_LINE_MANUAL,      /* sysrq: Manual OOM execution */
	OOM_LINE_OTHER_DUMP,  /* page allocation failure and its like: brings CPU, cpuset and Mem-Info lines of its own
			       */
	OOM_LINE_KINDS,
};

/* Which words the kernel put before "Killed process": tells the scope when nothing else does. */
enum oom_prefix {
	OOM_PREFIX_NONE = 0,   /* no prefix (to 5.0) */
	OOM_PREFIX_GLOBAL,     /* Out of memory */
	OOM_PREFIX_MEMCG,      /* Memory cgroup out of memory */
	OOM_PREFIX_ALLOCATING, /* Out of memory (oom_kill_allocating_task) */
	OOM_PREFIX_MEMPOLICY,  /* No available memory (MPOL_BIND) (2.6.32) */
	OOM_PREFIX_OTHER,      /* any other word: a kernel yet to come, or a patched one */
};

enum oom_counter { OOM_COUNTER_MEMORY, OOM_COUNTER_MEMSW, OOM_COUNTER_KMEM, OOM_COUNTER_SWAP, OOM_COUNTERS };

struct oom_usage {
	struct oom_num usage_kb, limit_kb, failcnt;
	bool unlimited; /* the kernel printed its "no limit" number; limit_kb is then unset */
};

/* Columns a task table may have; the header row says which, and in which order. */
enum oom_column {
	OOM_COLUMN_UNKNOWN, /* a word we do not know: its number is passed over */
	OOM_COLUMN_UID,
	OOM_COLUMN_TGID,
	OOM_COLUMN_TOTAL_VM,
	OOM_COLUMN_RSS,
	OOM_COLUMN_RSS_ANON,
	OOM_COLUMN_RSS_FILE,
	OOM_COLUMN_RSS_SHMEM,
	OOM_COLUMN_CPU,
	OOM_COLUMN_NR_PTES,
	OOM_COLUMN_NR_PMDS,
	OOM_COLUMN_PGTABLES_BYTES,
	OOM_COLUMN_SWAPENTS,
	OOM_COLUMN_OOM_ADJ,
	OOM_COLUMN_OOM_SCORE_ADJ,
	OOM_COLUMNS,
};
#define OOM_TABLE_WORDS 24
struct oom_table_layout {
	uint8_t count; /* columns between pid and name; 0 = no header seen */
	uint8_t column[OOM_TABLE_WORDS];
};

/* Host-wide numbers of Mem-Info that we keep. Pages unless the name says kb. */
enum oom_host_number {
	OOM_HOST_RAM,      /* pages RAM */
	OOM_HOST_RESERVED, /* pages reserved */
	OOM_HOST_HIGHMEM,
	OOM_HOST_PAGECACHE,  /* total pagecache pages */
	OOM_HOST_SWAP_CACHE, /* pages in swap cache */
	OOM_HOST_FREE_SWAP_KB,
	OOM_HOST_TOTAL_SWAP_KB,
	OOM_HOST_ACTIVE_ANON,
	OOM_HOST_INACTIVE_ANON,
	OOM_HOST_ACTIVE_FILE,
	OOM_HOST_INACTIVE_FILE,
	OOM_HOST_UNEVICTABLE,
	OOM_HOST_DIRTY,
	OOM_HOST_WRITEBACK,
	OOM_HOST_SLAB_RECLAIMABLE,
	OOM_HOST_SLAB_UNRECLAIMABLE,
	OOM_HOST_MAPPED,
	OOM_HOST_SHMEM,
	OOM_HOST_PAGETABLES,
	OOM_HOST_FREE,
	OOM_HOST_FREE_PCP,
	OOM_HOST_FREE_CMA,
	OOM_HOST_HWPOISONED,
	OOM_HOST_CMA_RESERVED,
	OOM_HOST_NUMBERS,
};
struct oom_host_pair {
	enum oom_host_number which;
	uint64_t v;
};
#define OOM_MEM_PAIRS 40

struct oom_line {
	enum oom_line_kind kind;
	union {
		struct {
			struct slice comm;
			struct oom_num gfp_mask;
			struct slice gfp_flags; /* "GFP_KERNEL|__GFP_COMP", absent when the kernel does not name them */
			struct oom_int order, oom_score_adj, oom_adj;
			struct slice nodemask; /* absent when the line has none or says (null) */
		} trigger;
		struct {
			struct slice from_comm; /* "COMM cpuset=NAME": nothing tells where the comm ends */
			struct slice mems_allowed;
		} cpuset;
		struct {
			struct oom_num pid, cpu;
			struct slice
			    from_comm; /* the rest of the line, from the comm on: nothing tells where that ends */
			struct slice release; /* kernel release, absent when it cannot be told */
		} cpu;
		struct {
			struct slice task_path, limit_path; /* absent when not printed or "(null)"… */
		} task_in;                                  /* TASK_IN, TASK_IN_TAIL, LIMIT_OF */
		struct {
			enum oom_counter which;
			struct oom_usage usage;
		} counter;
		struct {
			struct slice path; /* of a head; absent on RHEL 7 */
			struct slice rows; /* walk with oom_stats_next() */
			bool in_kb;        /* " name:NKB" on the head's own line (to 5.2); else "name N" by lines */
		} stats;                   /* STATS_HEAD, STAT */
		struct {
			uint32_t count;
			struct oom_host_pair pair[OOM_MEM_PAIRS];
		} pages; /* MEM_PAGES, PAGES_OF */
		struct {
			struct oom_num node; /* absent on kernels without NUMA */
			struct slice name;
			struct oom_num free_kb, min_kb, low_kb, high_kb, present_kb, managed_kb;
		} zone;
		struct {
			struct oom_num node;
			uint64_t total, free, surplus, size_kb;
		} hugepages;
		struct {
			struct oom_num node;
			struct slice name;
			uint64_t smallest_block_kb; /* page size: the factor of the first column */
			uint64_t largest_block_kb;  /* largest order with a free block, 0 when none */
			uint64_t total_kb;
			uint64_t count[16]; /* free blocks by order */
			uint32_t orders;
		} free_list;
		struct oom_table_layout layout;
		struct {
			uint64_t pid;
			uint64_t value[OOM_COLUMNS]; /* two's complement for oom_score_adj and uid -2 */
			uint32_t have;               /* bit per enum oom_column */
			struct slice comm;
		} row;
		struct {
			struct slice constraint, nodemask, cpuset, mems_allowed;
			struct slice limit_path,
			    task_path;  /* absent when not printed (CONFIG_MEMCG=n) or not certain */
			bool global;    /* ",global_oom" */
			bool ambiguous; /* names allow more than one reading; what differs is left out */
			struct slice comm;
			struct oom_num pid, uid; /* absent when the tail is missing */
		} summary;
		struct {
			enum oom_prefix prefix;
			struct slice prefix_text;
			uint64_t pid;
			struct slice comm;
			struct oom_num score;
		} selected; /* SELECTED, SHARING, EXITING */
		struct {
			enum oom_prefix prefix;
			struct slice prefix_text;
			uint64_t pid;
			struct slice comm;
			struct oom_num total_vm_kb, anon_rss_kb, file_rss_kb, shmem_rss_kb, uid, pgtables_kb;
			struct oom_int oom_score_adj;
		} killed;
		struct {
			struct slice path;
		} group;
		struct {
			uint64_t pid;
			struct slice comm;
			struct oom_num anon_rss_kb, file_rss_kb, shmem_rss_kb;
		} reaped;
		struct {
			struct slice text;
			enum oom_prefix prefix;
		} no_victim; /* NO_KILLABLE, PANIC */
	};
};

/* What the reader of the line must know from lines before it. */
struct oom_line_context {
	bool open;                             /* a report is being read: lines that others print too count */
	const struct oom_table_layout *layout; /* NULL: no table is open; then no TABLE_ROW is seen */
	bool in_stats;                         /* a stats head came before: rows of memory.stat count */
	bool in_mem_info;                      /* Mem-Info came before: its rows count */
};

/*
 * Reads one line. Returns out->kind. `text` is one record: it may hold
 * newlines (Mem-Info's page counts, memory.stat, hostile names).
 */
enum oom_line_kind oom_line_parse(struct slice text, const struct oom_line_context *ctx,
				  struct oom_line *out) ATTR_NONNULL;

/*
 * The summary once more, now that the kill line told the victim's comm: where
 * the summary's names allow several readings, those with another comm are out.
 */
bool oom_line_parse_summary(struct slice text, struct slice expect_comm, struct oom_line *out) ATTR_NONNULL;

/*
 * A record that lost its end (kmsg_record.cut): as oom_line_parse(), but
 * without what may lack its last bytes. A torn kill line is still a kill.
 */
enum oom_line_kind oom_line_parse_torn(struct slice text, const struct oom_line_context *ctx,
				       struct oom_line *out) ATTR_NONNULL;

/* True for a text that would be a kill line, whoever wrote it: to count forgeries. */
bool oom_line_is_kill(struct slice text);

/* True when the kernel may build this line with pr_cont, so that a piece of it may follow. */
bool oom_line_may_continue(enum oom_line_kind kind);

/*
 * May `piece` be what the kernel printed next on the line `so_far` of this kind? Pieces are
 * whole printks (printk never cuts one in the middle), so a stranger's piece
 * shows as one that does not fit. For pieces whose printer is not known.
 */
enum oom_fit {
	OOM_FIT_NO,
	OOM_FIT_YES,
	OOM_FIT_FREE, /* a free-text name belongs here: the piece may be it, or a stranger's */
};
enum oom_fit oom_line_fits(enum oom_line_kind kind, struct slice so_far, struct slice piece);

/* The next row of `stats.rows`; false at the end or at the first thing that is no row. */
bool oom_stats_next(struct slice *rows, bool in_kb, struct slice *name, uint64_t *value) ATTR_NONNULL;

/* "TRIGGER", for tests and debugging. */
const char *oom_line_kind_name(enum oom_line_kind kind);

/* Kilobytes that mean "no limit" or an underflow (2^63 bytes and up). */
bool oom_kb_is_unlimited(uint64_t kb);
bool oom_kb_is_nonsense(uint64_t kb);

#endif
