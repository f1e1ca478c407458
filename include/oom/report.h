/*
 * oom/report: what the kernel told about one OOM decision and the kills it made.
 *
 * A `struct oom_report` is all that was printed before the kill line (trigger,
 * limit, memory, task table, summary); a `struct oom_incident` is one kill line
 * (or a report that ended without one) with the report it belongs to.
 * Both are values with fixed storage; strings live in the report's own arena.
 */
#ifndef OOM_REPORT_H
#define OOM_REPORT_H

#include "base/arena.h"
#include "base/limits.h"
#include "oom/line.h"

struct oom_task {
	uint64_t pid;
	struct oom_num tgid, uid, total_vm_pages, rss_pages, rss_anon_pages, rss_file_pages, rss_shmem_pages,
	    swap_entries, pgtables_bytes;
	struct oom_int oom_score_adj;
	uint8_t comm_len;
	char comm[LIMIT_COMM];
};

struct oom_stat {
	char name[48];
	uint64_t value; /* as printed: bytes, pages or counts; kB for the form up to 5.2 (see stat_in_kb) */
};

struct oom_zone {
	struct oom_num node, free_kb, min_kb, low_kb, high_kb, present_kb, managed_kb;
	char name[16];
	struct oom_num largest_free_block_kb; /* from the free list; 0 = nothing free at all */
	struct oom_num blocks_at_order;       /* free blocks large enough for the failed order */
};

struct oom_report {
	uint64_t first_seq, first_usec; /* the first line of the report */
	bool partial;                   /* lines were lost, cut, or could not be told from another report's */
	bool has_trigger, has_memcg, has_mem_info, has_table, has_summary;
	bool mem_info_torn;   /* another's Mem-Info was among the lines: of a report that has its own, no number is
				 certain */
	bool has_cpuset_line; /* a line of its own: to 4.20, where no summary is to be expected */
	bool has_cpu_line;    /* the trigger's stack dump began */
	bool trigger_is_old;  /* 2.6.32: "Task in" names the trigger's cgroup, not the victim's */
	bool manual;          /* sysrq: order -1, or "Manual OOM execution" just before */
	bool ambiguous_paths; /* the summary's names allow more than one reading */

	struct {
		struct slice comm;
		struct oom_num pid, cpu; /* of the stack dump: a thread id */
		struct oom_int order, oom_score_adj;
		struct oom_num gfp_mask;
		struct slice gfp_flags; /* as printed, joined by '|' */
	} trigger;
	struct slice kernel_release;
	struct slice constraint, nodemask, cpuset, mems_allowed;

	/* Who the summary (5.0+) or the selection line (to 5.0) names. */
	struct {
		struct oom_num pid, uid, score;
		struct slice comm;
		enum oom_prefix prefix;
	} chosen;
	struct slice task_path;  /* the chosen task's memory cgroup */
	struct slice limit_path; /* whose limit was hit */
	bool global;             /* the summary says global_oom */

	struct oom_usage counter[OOM_COUNTERS];
	bool have_counter[OOM_COUNTERS];
	struct slice stat_path;
	bool stat_in_kb; /* rows of the form name:NKB; otherwise bytes and counts */
	uint32_t stat_count;
	struct oom_stat stat[LIMIT_STAT_ROWS];

	struct oom_num host[OOM_HOST_NUMBERS];
	uint32_t zone_count, zones_dropped;
	struct oom_zone zone[LIMIT_ZONES];
	struct oom_num hugepages_kb, hugepages_free_kb; /* all nodes and sizes together */
	struct oom_num page_kb; /* page size, from the free lists or from comparing units; else unknown */

	struct oom_table_layout layout;
	uint64_t task_count; /* rows seen */
	uint32_t rows;       /* rows kept: the largest by rss, in no order */
	struct oom_task task[LIMIT_TASK_ROWS];

	struct arena arena;
	char text[LIMIT_REPORT_TEXT];
};

enum oom_incident_kind {
	OOM_INCIDENT_KILL,
	OOM_INCIDENT_NO_VICTIM,
};

enum oom_incident_detail {
	OOM_DETAIL_FULL,       /* the whole report was seen */
	OOM_DETAIL_PARTIAL,    /* lines lost, cut or uncertain */
	OOM_DETAIL_SUPPRESSED, /* the kernel printed only the kill line (rate limit) */
};

struct oom_incident {
	enum oom_incident_kind kind;
	enum oom_incident_detail detail;
	uint64_t seq, usec; /* of the kill line (or of the line that said no victim) */

	/* A kill: what its own line says. */
	enum oom_prefix prefix;
	uint64_t pid;
	uint8_t comm_len;
	char comm[LIMIT_COMM];
	bool comm_known; /* false: the line was torn before the name's end */
	bool comm_cut;
	struct oom_num total_vm_kb, anon_rss_kb, file_rss_kb, shmem_rss_kb, pgtables_kb, uid;
	struct oom_int oom_score_adj;
	struct oom_num score; /* of the selection line (to 5.0), when it names this very process */
	bool sharing;         /* killed because it shares the victim's memory (2.6.39 to 4.2): no sizes of its own */

	/* No victim: the kernel's words, e.g. "Out of memory and no killable processes...". */
	struct slice text; /* borrowed from the report, or static */
	bool panic;

	/* Group: index 0 = not known to be one of several. */
	uint32_t group_index;
	uint64_t group_first_seq;
	struct slice group_path; /* memory.oom.group's cgroup, absent for other kinds of group */

	/*
	 * The report this kill belongs to, NULL when suppressed. Valid until the next feed/settle/expire.
	 * The report's chosen/task_path/task rows speak of this victim only when `is_chosen`.
	 */
	const struct oom_report *report;
	bool is_chosen; /* the summary or selection line named this very process (pid, or tgid by the table) */
};

/* The table row of `pid`, or NULL. */
const struct oom_task *oom_report_task(const struct oom_report *r, uint64_t pid) ATTR_NONNULL;
/* A row of memory.stat by name. */
bool oom_report_stat(const struct oom_report *r, struct slice name, uint64_t *out) ATTR_NONNULL;

#endif
