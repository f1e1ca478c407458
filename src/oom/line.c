/*
 * The line table: one row for each line the kernel can print about an OOM. A
 * row is tried when the text begins with its lead and holds its mark; the first
 * whose reader agrees decides. A new kernel's line is one new row.
 */
#include "oom/line.h"

#include "oom/line_rows.h"

#define INVOKES " invoked oom-killer"
#define INVOKED INVOKES ": gfp_mask="
/* TASK_COMM_LEN - 1: what has more in front of the words is another message that holds somebody's text. */
#define COMM_MAX 15

static bool take_int_field(struct slice *c, struct slice name, struct oom_int *to)
{
	struct slice s = *c;
	int64_t v;
	if (!take_literal(&s, name) || !take_i64(&s, &v))
		return false;
	*to = (struct oom_int){true, v};
	*c = s;
	return true;
}

/* A nodemask or CPU list: it may hold commas, never blanks. */
static bool take_nodemask(struct slice *c, struct slice *to)
{
	if (!take_literal(c, SLICE("nodemask=")))
		return false;
	size_t i = 0;
	while (i < c->n && c->p[i] != ' ')
		i++;
	struct slice list = slice_sub(*c, 0, i);
	*c = slice_sub(*c, i, c->n);
	if (slice_ends(list, SLICE(",")))
		list = slice_sub(list, 0, list.n - 1);
	*to = list.n == 0 || slice_eq(list, SLICE("(null)")) ? SLICE_NONE : list;
	return true;
}

/* Flags as the kernel names them, with whatever a mailer's line end left between them. */
static bool take_flags(struct slice *c, struct slice *to)
{
	struct slice s = *c;
	bool whole = take_until(&s, SLICE(")"), to);
	if (!whole) { /* torn */
		*to = SLICE_NONE;
		s = SLICE_NONE;
	}
	struct slice flags = whole ? *to : *c;
	for (size_t i = 0; i < flags.n; i++) {
		char f = flags.p[i];
		bool word = (f >= 'A' && f <= 'Z') || (f >= 'a' && f <= 'z') || (f >= '0' && f <= '9') || f == '_';
		if (!word && f != '|' && !(whole && f == ' '))
			return false;
	}
	*c = s;
	return true;
}

/* The last word of a torn line: the beginning of a field. Anything else there belongs to another line. */
static bool is_torn_field(struct slice word)
{
	static const struct slice names[] = {SLICE("nodemask="), SLICE("order="), SLICE("oom_score_adj="),
					     SLICE("oom_adj=")};
	for (size_t i = 0; i < ARRAY_COUNT(names); i++)
		if (slice_starts(names[i], word) || slice_starts(word, names[i]))
			return true;
	return slice_eq(word, SLICE("..."));
}

/*
 * These lines begin with few enough bytes before a name that the name, which may hold all the words of a trigger, makes
 * them look like one of a process called so.
 */
static bool begins_another_line(struct slice comm, bool open)
{
	return slice_starts(comm, SLICE("Tasks in /")) ||
	       (open && (slice_starts(comm, SLICE("Task in /")) || slice_find(comm, SLICE(" cpuset=")) != SLICE_NPOS));
}

/* "comm invoked oom-killer: gfp_mask=0x…[(FLAGS)], [nodemask=…, ]order=…[, oom_adj=…][, oom_score_adj=…]" */
static bool read_trigger(struct slice text, const struct oom_line_context *ctx, struct oom_line *out)
{
	struct slice c = text, word;
	uint64_t mask;
	if (slice_ends(c, SLICE(INVOKES))) { /* shortened by whoever pasted it */
		out->trigger.comm = slice_sub(c, 0, c.n - strlen(INVOKES));
		return out->trigger.comm.n <= COMM_MAX && !begins_another_line(out->trigger.comm, ctx->open);
	}
	if (!take_until_last(&c, SLICE(INVOKED), &out->trigger.comm) || out->trigger.comm.n > COMM_MAX ||
	    begins_another_line(out->trigger.comm, ctx->open) || !take_hex(&c, &mask))
		return false;
	out->trigger.gfp_mask = oom_num_of(mask);
	if (take_literal(&c, SLICE("(")) && !take_flags(&c, &out->trigger.gfp_flags))
		return false;
	for (bool next_line = false; c.n;) {
		if (take_literal(&c, SLICE(",")) || take_blanks(&c))
			continue;
		next_line |= c.p[0] == '\n'; /* patched kernels have more to say there; no cgroup's name does */
		if (take_literal(&c, SLICE("\n")))
			continue;
		if (take_nodemask(&c, &out->trigger.nodemask) ||
		    take_int_field(&c, SLICE("order="), &out->trigger.order) ||
		    take_int_field(&c, SLICE("oom_score_adj="), &out->trigger.oom_score_adj) ||
		    take_int_field(&c, SLICE("oom_adj="), &out->trigger.oom_adj) ||
		    take_int_field(&c, SLICE("oomkilladj="), &out->trigger.oom_adj))
			continue;
		if (take_word(&c, &word))
			return next_line || (c.n == 0 && is_torn_field(word));
	}
	return true;
}

static bool is_node_list(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!((s.p[i] >= '0' && s.p[i] <= '9') || s.p[i] == ',' || s.p[i] == '-'))
			return false;
	return true;
}

/* "comm cpuset=NAME mems_allowed=LIST" (to 4.20); NAME is one path element and may hold blanks. */
static bool read_cpuset(struct slice text, const struct oom_line_context *ctx, struct oom_line *out)
{
	(void)ctx;
	struct slice c = text;
	if (!take_until_last(&c, SLICE(" mems_allowed="), &out->cpuset.from_comm)) { /* its first piece? */
		out->cpuset.from_comm = text;
		return slice_ends(text, SLICE(" cpuset="));
	}
	out->cpuset.mems_allowed = slice_trim(c);
	return is_node_list(out->cpuset.mems_allowed) &&
	       slice_find(out->cpuset.from_comm, SLICE(" cpuset=")) != SLICE_NPOS;
}

/*
 * "CPU: 1 [UID: 0 ]PID: 2 Comm: …" (3.10 on), "Pid: 2, comm: … " (to 3.9). Behind the comm stand the taint flags, the
 * release and "#N …"; the release is the word before the last " #".
 */
static bool read_cpu(struct slice text, const struct oom_line_context *ctx, struct oom_line *out)
{
	(void)ctx;
	struct slice c = text, skipped, behind;
	uint64_t v;
	if (take_literal(&c, SLICE("CPU: "))) {
		if (!take_u64(&c, &v))
			return false;
		out->cpu.cpu = oom_num_of(v);
		if (take_literal(&c, SLICE(" UID: ")) && !take_u64(&c, &v))
			return false;
		if (!take_literal(&c, SLICE(" PID: ")) || !take_u64(&c, &v) || !take_literal(&c, SLICE(" Comm: ")))
			return false;
	} else if (!take_literal(&c, SLICE("Pid: ")) || !take_u64(&c, &v) || !take_literal(&c, SLICE(", comm: "))) {
		return false;
	}
	out->cpu.pid = oom_num_of(v);
	out->cpu.from_comm = c;
	if (!take_until_last(&c, SLICE("ainted"), &skipped))
		return true;
	take_literal(&c, SLICE(":"));
	for (struct slice word; take_word(&c, &word);) {
		bool number = word.p[0] >= '0' && word.p[0] <= '9' && slice_find(word, SLICE(".")) != SLICE_NPOS;
		if (number) {
			behind = slice_trim(c);
			out->cpu.release = slice_starts(behind, SLICE("#")) ? word : SLICE_NONE;
			break;
		}
	}
	return true;
}

static bool read_group(struct slice text, const struct oom_line_context *ctx, struct oom_line *out)
{
	(void)ctx;
	struct slice c = text;
	if (!take_literal(&c, SLICE("Tasks in ")) ||
	    !take_until_last(&c, SLICE(" are going to be killed due to memory.oom.group set"), &out->group.path) ||
	    c.n != 0)
		return false;
	out->group.path = oom_path_of(out->group.path);
	return true;
}

static bool read_reaped(struct slice text, const struct oom_line_context *ctx, struct oom_line *out)
{
	(void)ctx;
	struct slice c = text;
	return take_literal(&c, SLICE("oom_reaper: reaped process ")) && take_u64(&c, &out->reaped.pid);
}

static bool read_words(struct slice text, const struct oom_line_context *ctx, struct oom_line *out)
{
	(void)ctx;
	out->no_victim.text = text;
	return true;
}

static bool read_nothing(struct slice text, const struct oom_line_context *ctx, struct oom_line *out)
{
	(void)ctx;
	(void)out;
	return text.n > 0;
}

static bool read_mem_info(struct slice text, const struct oom_line_context *ctx, struct oom_line *out)
{
	(void)ctx;
	(void)out;
	return slice_eq(slice_trim(text), SLICE("Mem-Info:")); /* more is a comm in front of another line */
}

static bool read_other_dump(struct slice text, const struct oom_line_context *ctx, struct oom_line *out)
{
	(void)text;
	(void)out;
	return ctx->open;
}

/* When a line can come at all: most records are nothing of a report, and should cost next to nothing. */
enum when { ALWAYS, OPEN, IN_STATS, IN_MEM_INFO, IN_TABLE };

static const struct {
	enum oom_line_kind kind;
	enum when when;
	struct slice first; /* bytes the text may begin with; none: any */
	struct slice lead;  /* the text begins with it */
	struct slice mark;  /* and holds it somewhere */
	oom_line_reader *read;
} rows[] = {
#define ANY SLICE("")
    {OOM_LINE_KILLED, ALWAYS, SLICE("OMNK"), ANY, SLICE("Killed process "), oom_line_read_killed},
    {OOM_LINE_SELECTED, ALWAYS, SLICE("OMN"), ANY, SLICE("ill process "), oom_line_read_selected},
    {OOM_LINE_SHARING, ALWAYS, ANY, SLICE("Kill process "), SLICE(") sharing same memory"), oom_line_read_sharing},
    {OOM_LINE_EXITING, ALWAYS, SLICE("OMN"), ANY, SLICE(": OOM victim "), oom_line_read_exiting},
    {OOM_LINE_SUMMARY, ALWAYS, ANY, SLICE("oom-kill:constraint="), ANY, oom_line_read_summary},
    {OOM_LINE_GROUP, ALWAYS, ANY, SLICE("Tasks in "), SLICE(" are going to be killed"), read_group},
    {OOM_LINE_REAPED, ALWAYS, ANY, SLICE("oom_reaper: reaped process "), ANY, read_reaped},
    {OOM_LINE_TRIGGER, ALWAYS, ANY, ANY, SLICE(INVOKES), read_trigger},
    {OOM_LINE_NO_KILLABLE, ALWAYS, ANY, SLICE("Out of memory and no killable processes"), ANY, read_words},
    {OOM_LINE_PANIC, ALWAYS, ANY, SLICE("Kernel panic - not syncing: Out of memory"), ANY, read_words},
    {OOM_LINE_PANIC, ALWAYS, ANY, SLICE("Kernel panic - not syncing: out of memory"), ANY, read_words},
    {OOM_LINE_PANIC, ALWAYS, ANY, SLICE("Kernel panic - not syncing: System is deadlocked on memory"), ANY, read_words},
    {OOM_LINE_MANUAL, ALWAYS, ANY, SLICE("sysrq: Manual OOM execution"), ANY, read_nothing},
    {OOM_LINE_MANUAL, ALWAYS, ANY, SLICE("SysRq : Manual OOM execution"), ANY, read_nothing},
    {OOM_LINE_MANUAL, ALWAYS, ANY, SLICE("sysrq: SysRq : Manual OOM execution"), ANY, read_nothing},
    {OOM_LINE_LIMIT_OF, ALWAYS, ANY, SLICE("Memory limit reached of cgroup "), ANY, oom_line_read_limit_of},
    {OOM_LINE_COUNTER, ALWAYS, SLICE("mks"), ANY, SLICE(": usage "), oom_line_read_counter},
    {OOM_LINE_STATS_HEAD, ALWAYS, ANY, SLICE("Memory cgroup stats"), ANY, oom_line_read_stats_head},
    {OOM_LINE_MEM_INFO, OPEN, ANY, SLICE("Mem-Info:"), ANY, read_mem_info},
    {OOM_LINE_MEM_PAGES, IN_MEM_INFO, ANY, ANY, SLICE(":"), oom_line_read_mem_pages},
    {OOM_LINE_ZONE, IN_MEM_INFO, ANY, ANY, SLICE(" free:"), oom_line_read_zone},
    {OOM_LINE_HUGEPAGES, IN_MEM_INFO, ANY, ANY, SLICE("hugepages_total="), oom_line_read_hugepages},
    {OOM_LINE_FREE_LIST, IN_MEM_INFO, ANY, ANY, SLICE("kB"), oom_line_read_free_list},
    {OOM_LINE_PAGES_OF, IN_MEM_INFO, ANY, ANY, ANY, oom_line_read_pages_of},
    {OOM_LINE_TABLE_TITLE, ALWAYS, ANY, SLICE("Tasks state (memory values in pages):"), ANY, read_nothing},
    {OOM_LINE_TABLE_HEAD, ALWAYS, ANY, SLICE("["), SLICE("pid"), oom_line_read_table_head},
    {OOM_LINE_TABLE_ROW, IN_TABLE, ANY, SLICE("["), ANY, oom_line_read_table_row},
    /* before those that its comm may look like, "Task in /x" or "Pid: 1, comm: x" */
    {OOM_LINE_CPUSET, OPEN, ANY, ANY, SLICE(" cpuset="), read_cpuset},
    {OOM_LINE_CPU, OPEN, ANY, SLICE("CPU: "), SLICE(" PID: "), read_cpu},
    {OOM_LINE_CPU, OPEN, ANY, SLICE("Pid: "), SLICE(", comm: "), read_cpu},
    {OOM_LINE_TASK_IN, ALWAYS, ANY, SLICE("Task in "), ANY, oom_line_read_task_in},
    {OOM_LINE_TASK_IN_TAIL, ALWAYS, ANY, SLICE(" killed as a result of limit of "), ANY, oom_line_read_task_in_tail},
    {OOM_LINE_TASK_IN_TAIL, ALWAYS, ANY, SLICE("killed as a result of limit of "), ANY, oom_line_read_task_in_tail},
    {OOM_LINE_STAT, IN_STATS, ANY, ANY, ANY, oom_line_read_stat},
    {OOM_LINE_OTHER_DUMP, OPEN, ANY, ANY, SLICE(": page allocation failure"), read_other_dump},
    {OOM_LINE_OTHER_DUMP, OPEN, ANY, ANY, SLICE(": page allocation stalls for "), read_other_dump},
    {OOM_LINE_OTHER_DUMP, OPEN, ANY, ANY, SLICE(": vmalloc error: size "), read_other_dump},
    {OOM_LINE_OTHER_DUMP, OPEN, ANY, SLICE("sysrq: Show Memory"), ANY, read_other_dump},
    {OOM_LINE_OTHER_DUMP, OPEN, ANY, SLICE("SysRq : Show Memory"), ANY, read_other_dump},
    {OOM_LINE_OTHER_DUMP, OPEN, ANY, SLICE("sysrq: SysRq : Show Memory"), ANY, read_other_dump},
#undef ANY
};

static bool may_come(enum when when, const struct oom_line_context *ctx)
{
	switch (when) {
	case OPEN:
		return ctx->open;
	case IN_STATS:
		return ctx->in_stats;
	case IN_MEM_INFO:
		return ctx->in_mem_info;
	case IN_TABLE:
		return ctx->layout != NULL;
	default:
		return true;
	}
}

enum oom_line_kind oom_line_parse(struct slice text, const struct oom_line_context *ctx, struct oom_line *out)
{
	char first = text.n ? text.p[0] : '\0';
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		if (!may_come(rows[i].when, ctx) || (rows[i].lead.n && rows[i].lead.p[0] != first) ||
		    (rows[i].first.n && !memchr(rows[i].first.p, first, rows[i].first.n)) ||
		    !slice_starts(text, rows[i].lead) || slice_find(text, rows[i].mark) == SLICE_NPOS)
			continue;
		memset(out, 0, sizeof(*out));
		if (rows[i].read(text, ctx, out)) {
			out->kind = rows[i].kind;
			return out->kind;
		}
	}
	memset(out, 0, sizeof(*out));
	return OOM_LINE_OTHER;
}

/* Up to the last blank or line end: what stands behind it may lack its own end. */
static struct slice without_last_word(struct slice s)
{
	while (s.n && s.p[s.n - 1] != ' ' && s.p[s.n - 1] != '\n')
		s.n--;
	return slice_sub(s, 0, s.n ? s.n - 1 : 0);
}

enum oom_line_kind oom_line_parse_torn(struct slice text, const struct oom_line_context *ctx, struct oom_line *out)
{
	enum oom_line_kind kind = oom_line_parse(text, ctx, out);
	if (kind == OOM_LINE_TABLE_ROW) { /* the name is its end */
		memset(out, 0, sizeof(*out));
		return OOM_LINE_OTHER;
	}
	if (kind != OOM_LINE_KILLED)
		return oom_line_parse(without_last_word(text), ctx, out);
	struct oom_line shorter;
	if (oom_line_parse(without_last_word(text), ctx, &shorter) == kind)
		*out = shorter;
	else
		out->killed.oom_score_adj = (struct oom_int){0};
	if (!out->killed.total_vm_kb.set)
		out->killed.comm = SLICE_NONE; /* a ')' of the name itself may be where it was torn */
	return kind;
}

bool oom_line_is_kill(struct slice text)
{
	struct oom_line line = {0};
	const struct oom_line_context none = {0};
	return oom_line_read_killed(text, &none, &line);
}

static enum oom_fit trigger_fits(struct slice so_far, struct slice piece)
{
	if (slice_ends(so_far, SLICE("nodemask="))) {
		bool list =
		    piece.n > 0 && ((piece.p[0] >= '0' && piece.p[0] <= '9') || slice_starts(piece, SLICE("(null)")));
		return list ? OOM_FIT_YES : OOM_FIT_NO;
	}
	return slice_starts(piece, SLICE(", ")) ? OOM_FIT_YES : OOM_FIT_NO;
}

static enum oom_fit task_in_fits(struct slice so_far, struct slice piece)
{
	if (slice_starts(piece, SLICE(" killed as a result of limit of "))) /* behind a path that ends like it, too */
		return OOM_FIT_YES;
	if (slice_eq(so_far, SLICE("Task in ")) || slice_ends(so_far, SLICE(" limit of ")) ||
	    slice_eq(so_far, SLICE("Memory limit reached of cgroup ")))
		return slice_starts(piece, SLICE("/")) ? OOM_FIT_FREE : OOM_FIT_NO;
	return OOM_FIT_NO;
}

static enum oom_fit group_fits(struct slice so_far, struct slice piece)
{
	if (slice_eq(so_far, SLICE("Tasks in ")))
		return slice_starts(piece, SLICE("/")) ? OOM_FIT_FREE : OOM_FIT_NO;
	return slice_starts(piece, SLICE(" are going to be killed")) ? OOM_FIT_YES : OOM_FIT_NO;
}

static enum oom_fit stats_fits(struct slice so_far, struct slice piece)
{
	struct slice name;
	uint64_t value;
	if (slice_ends(so_far, SLICE("stats")))
		return slice_starts(piece, SLICE(" for ")) || slice_starts(piece, SLICE(":")) ? OOM_FIT_YES
											      : OOM_FIT_NO;
	if (slice_ends(so_far, SLICE(" for ")))
		return slice_starts(piece, SLICE("/")) ? OOM_FIT_FREE : OOM_FIT_NO;
	if (slice_starts(piece, SLICE(":")))
		return OOM_FIT_YES;
	return oom_stats_next(&piece, true, &name, &value) ? OOM_FIT_YES : OOM_FIT_NO;
}

static enum oom_fit cpuset_fits(struct slice so_far, struct slice piece)
{
	struct slice list = piece;
	if (slice_ends(so_far, SLICE(" cpuset=")))
		return OOM_FIT_FREE;
	if (take_literal(&list, SLICE(" mems_allowed="))) /* behind a name that ends like it, too */
		return is_node_list(list) ? OOM_FIT_YES : OOM_FIT_NO;
	return slice_ends(so_far, SLICE(" mems_allowed=")) && piece.n && is_node_list(piece) ? OOM_FIT_YES : OOM_FIT_NO;
}

/*
 * Lines that some kernel builds with pr_cont, and what may follow on each. Free
 * lists and lowmem_reserve rows are built so too; torn, they only cost their
 * numbers, so they are not here.
 */
static enum oom_fit (*const continued[OOM_LINE_KINDS])(struct slice so_far, struct slice piece) = {
    [OOM_LINE_SUMMARY] = oom_summary_fits, [OOM_LINE_TRIGGER] = trigger_fits, [OOM_LINE_TASK_IN] = task_in_fits,
    [OOM_LINE_LIMIT_OF] = task_in_fits,    [OOM_LINE_GROUP] = group_fits,     [OOM_LINE_STATS_HEAD] = stats_fits,
    [OOM_LINE_CPUSET] = cpuset_fits,
};

bool oom_line_may_continue(enum oom_line_kind kind)
{
	return continued[kind] != NULL;
}

enum oom_fit oom_line_fits(enum oom_line_kind kind, struct slice so_far, struct slice piece)
{
	return continued[kind] ? continued[kind](so_far, piece) : OOM_FIT_NO;
}

static const char *const kind_names[OOM_LINE_KINDS] = {
    [OOM_LINE_OTHER] = "OTHER",
    [OOM_LINE_TRIGGER] = "TRIGGER",
    [OOM_LINE_CPUSET] = "CPUSET",
    [OOM_LINE_CPU] = "CPU",
    [OOM_LINE_TASK_IN] = "TASK_IN",
    [OOM_LINE_TASK_IN_TAIL] = "TASK_IN_TAIL",
    [OOM_LINE_LIMIT_OF] = "LIMIT_OF",
    [OOM_LINE_COUNTER] = "COUNTER",
    [OOM_LINE_STATS_HEAD] = "STATS_HEAD",
    [OOM_LINE_STAT] = "STAT",
    [OOM_LINE_MEM_INFO] = "MEM_INFO",
    [OOM_LINE_MEM_PAGES] = "MEM_PAGES",
    [OOM_LINE_ZONE] = "ZONE",
    [OOM_LINE_HUGEPAGES] = "HUGEPAGES",
    [OOM_LINE_FREE_LIST] = "FREE_LIST",
    [OOM_LINE_PAGES_OF] = "PAGES_OF",
    [OOM_LINE_TABLE_TITLE] = "TABLE_TITLE",
    [OOM_LINE_TABLE_HEAD] = "TABLE_HEAD",
    [OOM_LINE_TABLE_ROW] = "TABLE_ROW",
    [OOM_LINE_SUMMARY] = "SUMMARY",
    [OOM_LINE_SELECTED] = "SELECTED",
    [OOM_LINE_SHARING] = "SHARING",
    [OOM_LINE_KILLED] = "KILLED",
    [OOM_LINE_EXITING] = "EXITING",
    [OOM_LINE_GROUP] = "GROUP",
    [OOM_LINE_REAPED] = "REAPED",
    [OOM_LINE_NO_KILLABLE] = "NO_KILLABLE",
    [OOM_LINE_PANIC] = "PANIC",
    [OOM_LINE_MANUAL] = "MANUAL",
    [OOM_LINE_OTHER_DUMP] = "OTHER_DUMP",
};

const char *oom_line_kind_name(enum oom_line_kind kind)
{
	return kind < OOM_LINE_KINDS && kind_names[kind] ? kind_names[kind] : "?";
}
