/*
 * The lines that name a process to die: kill, selection, "sharing same memory",
 * "already exiting".
 *
 * mm/oom_kill.c: __oom_kill_process() (4.19 on), oom_kill_process() (before).
 * The forms, oldest first:
 *   Killed process N (comm)                                           to 2.6.35
 *   Killed process N (comm) total-vm:…, anon-rss:…, file-rss:…        2.6.36 to 4.4; shmem-rss from 4.5
 *   Killed process N, UID U, (comm) total-vm:…                        RHEL 6
 *   Killed process N (comm), UID U, total-vm:…                        RHEL 7
 *   WORDS: Killed process N (comm) total-vm:…, …                      5.1 on
 *   … shmem-rss:…kB, UID:U pgtables:…kB oom_score_adj:A               5.4 on
 *
 * The comm is any bytes but NUL, so it ends at the last place where the tail
 * can begin, never at the first. The tail is held to its grammar to the end of
 * the line: text that only looks like a kill line (a firewall's log prefix, say)
 * goes on with something else.
 */
#include "oom/line_rows.h"

/* TASK_COMM_LEN - 1 */
#define COMM_MAX 15
/* PID_MAX_LIMIT of 64-bit kernels */
#define PID_MAX (4u << 20)

static bool take_pid(struct slice *c, uint64_t *pid)
{
	return take_u64(c, pid) && *pid > 0 && *pid <= PID_MAX;
}

static const struct {
	struct slice text;
	enum oom_prefix prefix;
} prefixes[] = {
    {SLICE("Out of memory"), OOM_PREFIX_GLOBAL},
    {SLICE("Memory cgroup out of memory"), OOM_PREFIX_MEMCG},
    {SLICE("Out of memory (oom_kill_allocating_task)"), OOM_PREFIX_ALLOCATING},
    {SLICE("No available memory (MPOL_BIND)"), OOM_PREFIX_MEMPOLICY},
    {SLICE("Out of Memory"), OOM_PREFIX_GLOBAL}, /* 2.4 and early 2.6 */
};

/* A cause that a later or patched kernel may print: it must begin as the known ones do and be plain words. */
static bool is_future_prefix(struct slice s)
{
	if (s.n > 80 ||
	    !(slice_starts(s, SLICE("Out of memory")) || slice_starts(s, SLICE("Memory cgroup out of memory"))))
		return false;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == ' ' ||
			     c == '_' || c == '-' || c == '(' || c == ')' || c == '/';
		if (!plain)
			return false;
	}
	return true;
}

bool oom_take_prefix(struct slice *c, struct slice marker, enum oom_prefix *prefix, struct slice *prefix_text)
{
	if (slice_starts(*c, marker)) {
		*prefix = OOM_PREFIX_NONE;
		*prefix_text = SLICE_NONE;
		return take_literal(c, marker);
	}
	struct slice rest = *c, words;
	if (!take_until(&rest, SLICE(": "), &words) || !take_literal(&rest, marker))
		return false;
	*prefix = OOM_PREFIX_OTHER;
	for (size_t i = 0; i < ARRAY_COUNT(prefixes); i++)
		if (slice_eq(words, prefixes[i].text))
			*prefix = prefixes[i].prefix;
	if (*prefix == OOM_PREFIX_OTHER && !is_future_prefix(words))
		return false;
	*prefix_text = words;
	*c = rest;
	return true;
}

/* The fields behind the comm, in the order of the enum. */
static const struct {
	struct slice name;
	bool in_kb;
} tail_fields[] = {
    {SLICE("total-vm"), true}, {SLICE("anon-rss"), true}, {SLICE("file-rss"), true},       {SLICE("shmem-rss"), true},
    {SLICE("UID"), false},     {SLICE("pgtables"), true}, {SLICE("oom_score_adj"), false},
};
enum { TAIL_TOTAL_VM, TAIL_ANON, TAIL_FILE, TAIL_SHMEM, TAIL_UID, TAIL_PGTABLES, TAIL_ADJ };

static void tail_store(struct oom_line *out, size_t which, int64_t v)
{
	struct oom_num num = oom_num_of((uint64_t)v);
	switch (which) {
	case TAIL_TOTAL_VM:
		out->killed.total_vm_kb = num;
		break;
	case TAIL_ANON:
		out->killed.anon_rss_kb = num;
		break;
	case TAIL_FILE:
		out->killed.file_rss_kb = num;
		break;
	case TAIL_SHMEM:
		out->killed.shmem_rss_kb = num;
		break;
	case TAIL_UID:
		out->killed.uid = num;
		break;
	case TAIL_PGTABLES:
		out->killed.pgtables_kb = num;
		break;
	case TAIL_ADJ:
		out->killed.oom_score_adj = (struct oom_int){true, v};
		break;
	}
}

static bool take_tail_name(struct slice *c, struct slice *name)
{
	size_t i = 0;
	while (i < c->n && ((c->p[i] >= 'a' && c->p[i] <= 'z') || (c->p[i] >= 'A' && c->p[i] <= 'Z') ||
			    c->p[i] == '_' || c->p[i] == '-'))
		i++;
	*name = slice_sub(*c, 0, i);
	*c = slice_sub(*c, i, c->n);
	return i > 0;
}

/* "name:value[kB]", and nothing else in the word. */
static bool read_field(struct slice word, struct oom_line *out)
{
	struct slice name;
	int64_t v;
	if (!take_tail_name(&word, &name) || !take_literal(&word, SLICE(":")) || !take_i64(&word, &v))
		return false;
	bool in_kb = take_literal(&word, SLICE("kB"));
	if (word.n)
		return false;
	for (size_t i = 0; i < ARRAY_COUNT(tail_fields); i++)
		if (slice_eq(name, tail_fields[i].name) && in_kb == tail_fields[i].in_kb && (v >= 0 || i == TAIL_ADJ))
			tail_store(out, i, v);
	return true;
}

static struct slice take_field_word(struct slice *c)
{
	size_t i = 0;
	while (i < c->n && c->p[i] != ' ' && c->p[i] != ',' && c->p[i] != '\n')
		i++;
	struct slice word = slice_sub(*c, 0, i);
	*c = slice_sub(*c, i, c->n);
	return word;
}

/*
 * " total-vm:1kB, anon-rss:2kB … oom_score_adj:0". The last word may be torn or
 * garbled (serial consoles) and then says nothing. Any other word that is not of
 * the grammar means that this is no kill line.
 */
static bool read_tail(struct slice c, struct oom_line *out)
{
	while (c.n) {
		take_literal(&c, SLICE(","));
		take_blanks(&c);
		if (take_literal(&c, SLICE("\n"))) /* a mailer's line end */
			take_blanks(&c);
		if (c.n == 0)
			break;
		struct slice word = take_field_word(&c);
		if (!read_field(word, out) && c.n)
			return false;
	}
	return true;
}

/* Takes ", UID n," off the end of `s` (RHEL 7 prints it between comm and sizes). */
static bool strip_uid(struct slice *s, struct oom_num *uid)
{
	size_t at = slice_rfind(*s, SLICE("), UID "));
	if (at == SLICE_NPOS)
		return false;
	struct slice rest = slice_sub(*s, at + strlen("), UID "), s->n);
	uint64_t v;
	if (!take_u64(&rest, &v) || !slice_eq(rest, SLICE(",")))
		return false;
	*uid = oom_num_of(v);
	*s = slice_sub(*s, 0, at + 1);
	return true;
}

/* "comm) total-vm:… …": false when this is not how the line goes on. */
static bool read_comm_and_tail(struct slice c, struct oom_line *out)
{
	struct slice rest = c, comm;
	if (!take_until_last(&rest, SLICE(" total-vm:"), &comm))
		return false;
	struct slice tail = slice_sub(c, comm.n, c.n);
	if (comm.n && comm.p[comm.n - 1] == ',' && !strip_uid(&comm, &out->killed.uid))
		return false;
	if (!slice_ends(comm, SLICE(")")))
		return false;
	if (!read_tail(tail, out))
		return false;
	out->killed.comm = slice_sub(comm, 0, comm.n - 1);
	return true;
}

/* "comm)" and nothing behind it (to 2.6.35; a dot in 2.4), or a name torn before its ')': then it is left out. */
static bool read_bare_comm(struct slice c, struct oom_line *out)
{
	if (slice_ends(c, SLICE(").")))
		out->killed.comm = slice_sub(c, 0, c.n - 2);
	else if (slice_ends(c, SLICE(")")))
		out->killed.comm = slice_sub(c, 0, c.n - 1);
	return slice_present(out->killed.comm) || c.n <= COMM_MAX;
}

bool oom_line_read_killed(struct slice text, const struct oom_line_context *ctx, struct oom_line *out)
{
	(void)ctx;
	struct slice c = text;
	uint64_t uid;
	if (!oom_take_prefix(&c, SLICE("Killed process "), &out->killed.prefix, &out->killed.prefix_text) ||
	    !take_pid(&c, &out->killed.pid))
		return false;
	if (take_literal(&c, SLICE(", UID "))) {
		if (!take_u64(&c, &uid) || !take_literal(&c, SLICE(",")))
			return false;
		out->killed.uid = oom_num_of(uid);
	}
	if (!take_literal(&c, SLICE(" (")))
		return false;
	return read_comm_and_tail(c, out) || read_bare_comm(c, out);
}

/* "N (comm)" + one of the endings; the comm ends at the last ")" that the ending follows. */
static bool read_named(struct slice c, struct slice ending, struct oom_line *out, struct slice *behind)
{
	return take_pid(&c, &out->selected.pid) && take_literal(&c, SLICE(" (")) &&
	       take_until_last(&c, ending, &out->selected.comm) && (*behind = c, true);
}

bool oom_line_read_selected(struct slice text, const struct oom_line_context *ctx, struct oom_line *out)
{
	(void)ctx;
	struct slice c = text, behind;
	if (!oom_take_prefix(&c, SLICE("Kill process "), &out->selected.prefix, &out->selected.prefix_text) &&
	    !oom_take_prefix(&c, SLICE("kill process "), &out->selected.prefix, &out->selected.prefix_text))
		return false;
	if (out->selected.prefix == OOM_PREFIX_NONE || !read_named(c, SLICE(") score "), out, &behind))
		return false;
	int64_t score;
	if (take_i64(&behind, &score) && behind.n > 0 && score >= 0)
		out->selected.score = oom_num_of((uint64_t)score);
	return true;
}

bool oom_line_read_sharing(struct slice text, const struct oom_line_context *ctx, struct oom_line *out)
{
	(void)ctx;
	struct slice c = text, behind;
	return take_literal(&c, SLICE("Kill process ")) &&
	       read_named(c, SLICE(") sharing same memory"), out, &behind) && behind.n == 0;
}

bool oom_line_read_exiting(struct slice text, const struct oom_line_context *ctx, struct oom_line *out)
{
	(void)ctx;
	struct slice c = text, behind;
	return oom_take_prefix(&c, SLICE("OOM victim "), &out->selected.prefix, &out->selected.prefix_text) &&
	       out->selected.prefix != OOM_PREFIX_NONE &&
	       read_named(c, SLICE(") is already exiting. Skip killing the task"), out, &behind) && behind.n == 0;
}
