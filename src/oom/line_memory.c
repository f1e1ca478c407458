/*
 * The memory cgroup's block: who hit whose limit (to 4.20), the counters, and
 * memory.stat in its three shapes.
 *
 * mm/memcontrol.c mem_cgroup_print_oom_info() (to 4.20),
 * mem_cgroup_print_oom_meminfo() (5.0 on). "Task in A killed as a result of
 * limit of B" prints the victim's cgroup first and the limit's second.
 */
#include "oom/line_rows.h"

#define AS_RESULT " killed as a result of limit of "

/* What the kernel prints where it has no path to print (mem_cgroup_print_oom_info, kernfs). */
static bool is_path_or_excuse(struct slice s)
{
	return oom_path_is_kernfs(s) || slice_eq(s, SLICE("(null)")) || slice_eq(s, SLICE("(name too long)")) ||
	       slice_eq(s, SLICE("(error)"));
}

/*
 * Both paths are chosen by whoever made the cgroups and may hold the words in
 * between; the limit's cgroup is the victim's own or an ancestor. Only what all
 * readings agree on is told.
 */
bool oom_line_read_task_in(struct slice text, const struct oom_line_context *ctx, struct oom_line *out)
{
	(void)ctx;
	struct slice c = text;
	if (!take_literal(&c, SLICE("Task in ")))
		return false;
	if (slice_find(c, SLICE(AS_RESULT)) == SLICE_NPOS) { /* 3.15 to 3.17 print the rest in a record of its own */
		out->task_in.task_path = oom_path_of(c);
		/* else it is the cpuset line of a process called "Task in /x" */
		return slice_find(c, SLICE(" cpuset=")) == SLICE_NPOS;
	}
	bool any = false;
	for (size_t from = 0, at; (at = slice_find(slice_sub(c, from, c.n), SLICE(AS_RESULT))) != SLICE_NPOS;
	     from += at + 1) {
		struct slice task = slice_sub(c, 0, from + at);
		struct slice limit = slice_sub(c, from + at + strlen(AS_RESULT), c.n);
		bool paths = slice_present(oom_path_of(task)) && slice_present(oom_path_of(limit));
		if (!is_path_or_excuse(task) || !is_path_or_excuse(limit) ||
		    (paths && !oom_path_is_within(task, limit)))
			continue;
		if (any && !slice_eq(out->task_in.task_path, oom_path_of(task)))
			out->task_in.task_path = SLICE_NONE;
		if (any && !slice_eq(out->task_in.limit_path, oom_path_of(limit)))
			out->task_in.limit_path = SLICE_NONE;
		if (!any) {
			out->task_in.task_path = oom_path_of(task);
			out->task_in.limit_path = oom_path_of(limit);
		}
		any = true;
	}
	return true;
}

bool oom_line_read_task_in_tail(struct slice text, const struct oom_line_context *ctx, struct oom_line *out)
{
	(void)ctx;
	struct slice c = text;
	take_blanks(&c); /* syslog files eat the leading blank */
	if (!take_literal(&c, slice_trim(SLICE(AS_RESULT))) || !take_literal(&c, SLICE(" ")))
		return false;
	out->task_in.limit_path = oom_path_of(c);
	return true;
}

bool oom_line_read_limit_of(struct slice text, const struct oom_line_context *ctx, struct oom_line *out)
{
	(void)ctx;
	struct slice c = text;
	if (!take_literal(&c, SLICE("Memory limit reached of cgroup ")))
		return false;
	out->task_in.limit_path = oom_path_of(c);
	return true;
}

bool oom_kb_is_nonsense(uint64_t kb)
{
	return kb >= 1ull << 53 && kb != 18014398509481983ull; /* 2^63 bytes and up: an underflow … */
}

bool oom_kb_is_unlimited(uint64_t kb)
{
	/* PAGE_COUNTER_MAX in kB: 2^53 less up to a 64 kB page; 3.x: 2^54 - 1 (RES_COUNTER_MAX). */
	return kb >= (1ull << 53) - 64 && (kb <= 1ull << 53 || kb == 18014398509481983ull);
}

static const struct {
	struct slice lead;
	enum oom_counter which;
} counters[] = {
    {SLICE("memory: usage "), OOM_COUNTER_MEMORY},
    {SLICE("memory+swap: usage "), OOM_COUNTER_MEMSW},
    {SLICE("kmem: usage "), OOM_COUNTER_KMEM},
    {SLICE("swap: usage "), OOM_COUNTER_SWAP},
};

bool oom_line_read_counter(struct slice text, const struct oom_line_context *ctx, struct oom_line *out)
{
	(void)ctx;
	struct oom_usage *u = &out->counter.usage;
	for (size_t i = 0; i < ARRAY_COUNT(counters); i++) {
		struct slice c = text;
		uint64_t usage, limit, failcnt;
		if (!take_literal(&c, counters[i].lead))
			continue;
		out->counter.which = counters[i].which;
		if (!take_u64(&c, &usage) || !take_literal(&c, SLICE("kB")))
			return false;
		if (!oom_kb_is_nonsense(usage))
			u->usage_kb = oom_num_of(usage);
		if (!take_literal(&c, SLICE(", limit ")) || !take_u64(&c, &limit) || !take_literal(&c, SLICE("kB")))
			return true; /* torn behind the usage */
		u->unlimited = oom_kb_is_unlimited(limit);
		if (!u->unlimited && !oom_kb_is_nonsense(limit))
			u->limit_kb = oom_num_of(limit);
		if (take_literal(&c, SLICE(", failcnt ")) && take_u64(&c, &failcnt) && c.n == 0)
			u->failcnt = oom_num_of(failcnt);
		return true;
	}
	return false;
}

static bool is_stat_name(struct slice s)
{
	if (s.n == 0)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (!((s.p[i] >= 'a' && s.p[i] <= 'z') || (s.p[i] >= '0' && s.p[i] <= '9') || s.p[i] == '_'))
			return false;
	return true;
}

/* " name:NKB" at the front. */
static bool take_kb_row(struct slice *c, struct slice *name, uint64_t *value)
{
	struct slice s = *c;
	if (!take_literal(&s, SLICE(" ")) || !take_until(&s, SLICE(":"), name) || !is_stat_name(*name) ||
	    !take_u64(&s, value) || !(take_literal(&s, SLICE("KB")) || take_literal(&s, SLICE("kB"))))
		return false;
	*c = s;
	return true;
}

bool oom_stats_next(struct slice *rows, bool in_kb, struct slice *name, uint64_t *value)
{
	if (in_kb)
		return take_kb_row(rows, name, value);
	struct slice s = *rows, line;
	if (!take_line(&s, &line) || !take_until(&line, SLICE(" "), name) || !is_stat_name(*name) ||
	    !slice_to_u64(slice_trim(line), value))
		return false;
	*rows = s;
	return true;
}

/* Where the trailing run of " name:NKB" rows begins. */
static size_t rows_begin(struct slice c)
{
	size_t begin = c.n;
	for (;;) {
		size_t at = slice_rfind(slice_sub(c, 0, begin), SLICE(" "));
		struct slice row, name;
		uint64_t value;
		if (at == SLICE_NPOS)
			return begin;
		row = slice_sub(c, at, begin);
		if (!take_kb_row(&row, &name, &value) || row.n != 0)
			return begin;
		begin = at;
	}
}

bool oom_line_read_stats_head(struct slice text, const struct oom_line_context *ctx, struct oom_line *out)
{
	(void)ctx;
	struct slice c = text;
	if (!take_literal(&c, SLICE("Memory cgroup stats")))
		return false;
	struct slice behind = c;
	if (c.n && c.p[c.n - 1] == ' ') /* pr_cont leaves a blank behind the last row (to 5.2) */
		behind = c = slice_sub(c, 0, c.n - 1);
	size_t begin = rows_begin(c);
	out->stats.rows = slice_sub(behind, begin, behind.n);
	out->stats.in_kb = begin < behind.n;
	c = slice_sub(c, 0, begin);
	if (take_literal(&c, SLICE(" for "))) {
		if (slice_ends(c, SLICE(":")))
			c = slice_sub(c, 0, c.n - 1);
		out->stats.path = oom_path_of(c);
		return true;
	}
	return c.n == 0 || slice_eq(slice_trim(c), SLICE(":")) || slice_eq(c, SLICE(" for")); /* its first piece */
}

/* A record of the kernel's full size: its last line was cut somewhere, so its number cannot be believed. */
#define CUT_RECORD 960

bool oom_line_read_stat(struct slice text, const struct oom_line_context *ctx, struct oom_line *out)
{
	if (!ctx->in_stats)
		return false;
	if (text.n >= CUT_RECORD) {
		size_t last = slice_rfind(text, SLICE("\n"));
		if (last != SLICE_NPOS)
			text = slice_sub(text, 0, last);
	}
	struct slice rows = text, name;
	uint64_t value;
	out->stats.rows = text;
	return oom_stats_next(&rows, false, &name, &value);
}
