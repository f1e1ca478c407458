/*
 * The summary line (5.0 on; RHEL 8 later builds):
 *
 *   oom-kill:constraint=W,nodemask=L[,cpuset=NAME,mems_allowed=L]
 *           [,oom_memcg=PATH|,global_oom][,task_memcg=PATH],task=COMM,pid=N,uid=N
 *
 * mm/oom_kill.c dump_oom_victim()/dump_oom_summary(), kernel/cgroup/cpuset.c
 * cpuset_print_current_mems_allowed(), mm/memcontrol.c
 * mem_cgroup_print_oom_context(). NAME, PATH and COMM are chosen by whoever
 * made the cgroup or the process, and may hold every delimiter above.
 *
 * What nobody can choose: NAME is one path element, so it holds no '/'; a PATH
 * begins with '/'; the pid and uid stand last; COMM is at most 15 bytes; and
 * the cgroup whose limit was hit is the task's own or an ancestor of it
 * (oom_memcg's subtree is what was searched). All readings that keep to this
 * are made, and only what they agree on is told.
 */
#include "oom/line_rows.h"

#define COMM_MAX 15

bool oom_path_is_within(struct slice path, struct slice ancestor)
{
	if (slice_eq(ancestor, SLICE("/")))
		return path.n > 0 && path.p[0] == '/';
	return slice_starts(path, ancestor) && (path.n == ancestor.n || path.p[ancestor.n] == '/');
}

bool oom_path_is_kernfs(struct slice s)
{
	if (s.n == 0 || s.p[0] != '/')
		return false;
	return s.n == 1 || (s.p[s.n - 1] != '/' && slice_find(s, SLICE("//")) == SLICE_NPOS);
}

static size_t mask_len(struct slice s)
{
	if (slice_starts(s, SLICE("(null)")))
		return strlen("(null)");
	size_t i = 0;
	while (i < s.n && ((s.p[i] >= '0' && s.p[i] <= '9') || s.p[i] == '-' || s.p[i] == ','))
		i++;
	while (i > 0 && s.p[i - 1] == ',') /* the comma before the next key */
		i--;
	return i;
}

static void take_mask(struct slice *c, struct slice *out)
{
	size_t n = mask_len(*c);
	*out = slice_sub(*c, 0, n);
	*c = slice_sub(*c, n, c->n);
}

/* Readings so far, merged: a member stays only while all agree on it. */
struct readings {
	uint32_t count;
	struct slice cpuset, mems_allowed, limit_path, task_path, comm;
	bool global;
	bool differ;
};

static void merge(struct readings *r, struct slice *member, struct slice value)
{
	if (slice_eq(*member, value))
		return;
	*member = SLICE_NONE;
	r->differ = true;
}

static void add_reading(struct readings *r, const struct readings *one)
{
	if (r->count++ == 0) {
		r->cpuset = one->cpuset;
		r->mems_allowed = one->mems_allowed;
		r->limit_path = one->limit_path;
		r->task_path = one->task_path;
		r->comm = one->comm;
		r->global = one->global;
		return;
	}
	merge(r, &r->cpuset, one->cpuset);
	merge(r, &r->mems_allowed, one->mems_allowed);
	merge(r, &r->limit_path, one->limit_path);
	merge(r, &r->task_path, one->task_path);
	merge(r, &r->comm, one->comm);
	if (r->global != one->global) {
		r->global = false;
		r->differ = true;
	}
}

/* `c` is what stands between mems_allowed (or nodemask) and ",task=". */
static void read_memcgs(struct slice c, struct readings one, struct readings *all)
{
	if (c.n == 0) { /* CONFIG_MEMCG=n */
		add_reading(all, &one);
		return;
	}
	if (take_literal(&c, SLICE(",global_oom"))) {
		one.global = true;
		if (take_literal(&c, SLICE(",task_memcg=")) && oom_path_is_kernfs(c)) {
			one.task_path = c;
			add_reading(all, &one);
		} else if (c.n == 0 || (slice_starts(c, SLICE("(")) && slice_ends(c, SLICE(")")))) {
			add_reading(all, &one); /* "(name too long)" */
		}
		return;
	}
	if (!take_literal(&c, SLICE(",oom_memcg=")))
		return;
	for (size_t from = 0, at; (at = slice_find(slice_sub(c, from, c.n), SLICE(",task_memcg="))) != SLICE_NPOS;
	     from += at + 1) {
		struct slice limit = slice_sub(c, 0, from + at);
		struct slice task = slice_sub(c, from + at + strlen(",task_memcg="), c.n);
		if (!oom_path_is_kernfs(limit) || !oom_path_is_kernfs(task) || !oom_path_is_within(task, limit))
			continue;
		one.limit_path = limit;
		one.task_path = task;
		add_reading(all, &one);
	}
}

/* `c` is what stands between the nodemask and ",task=". */
static void read_body(struct slice c, struct readings one, struct readings *all)
{
	if (!take_literal(&c, SLICE(",cpuset="))) { /* CONFIG_CPUSETS=n */
		read_memcgs(c, one, all);
		return;
	}
	for (size_t from = 0, at; (at = slice_find(slice_sub(c, from, c.n), SLICE(",mems_allowed="))) != SLICE_NPOS;
	     from += at + 1) {
		struct slice name = slice_sub(c, 0, from + at);
		struct slice rest = slice_sub(c, from + at + strlen(",mems_allowed="), c.n);
		if (slice_find(name, SLICE("/")) != SLICE_NPOS && !slice_eq(name, SLICE("/")))
			break; /* no longer one path element, and the next ones will not be either */
		one.cpuset = name;
		take_mask(&rest, &one.mems_allowed);
		read_memcgs(rest, one, all);
	}
}

/*
 * All readings of `c`, which begins behind the nodemask and ends before
 * ",pid=". With `expect` only those whose comm is that one.
 */
static void read_all(struct slice c, struct slice expect, struct readings *all)
{
	size_t lead = strlen(",task=");
	size_t from = c.n > COMM_MAX + lead ? c.n - COMM_MAX - lead : 0;
	for (size_t at; (at = slice_find(slice_sub(c, from, c.n), SLICE(",task="))) != SLICE_NPOS; from += at + 1) {
		struct readings one = {.comm = slice_sub(c, from + at + lead, c.n)};
		if (slice_present(expect) && !slice_eq(one.comm, expect))
			continue;
		read_body(slice_sub(c, 0, from + at), one, all);
	}
}

/* ",pid=N,uid=N" off the end. uid -2 is how %d prints 4294967294. */
static bool strip_ids(struct slice *c, struct oom_num *pid, struct oom_num *uid)
{
	struct slice head = *c, tail = *c, digits;
	int64_t p, u;
	if (!take_until_last(&tail, SLICE(",uid="), &head) || !slice_to_i64(tail, &u))
		return false;
	digits = head;
	if (!take_until_last(&digits, SLICE(",pid="), &head) || !slice_to_i64(digits, &p))
		return false;
	if (p > 0)
		*pid = oom_num_of((uint64_t)p);
	if (u >= INT32_MIN && u <= (int64_t)UINT32_MAX)
		*uid = oom_num_of((uint32_t)u);
	*c = head;
	return true;
}

/* ",cpuset=NAME,mems_allowed=LIST" and nothing else: the line was shortened, or the rest is still to come. */
static void read_cpuset_alone(struct slice c, struct oom_line *out)
{
	struct slice name, list;
	if (!take_literal(&c, SLICE(",cpuset=")) || !take_until(&c, SLICE(",mems_allowed="), &name))
		return;
	take_mask(&c, &list);
	if (c.n || list.n == 0)
		return;
	out->summary.cpuset = name;
	out->summary.mems_allowed = list;
}

bool oom_line_parse_summary(struct slice text, struct slice expect_comm, struct oom_line *out)
{
	memset(out, 0, sizeof(*out));
	out->kind = OOM_LINE_SUMMARY;

	struct slice c = text;
	if (!take_literal(&c, SLICE("oom-kill:constraint=")))
		return false;
	size_t word = 0;
	while (word < c.n &&
	       ((c.p[word] >= 'A' && c.p[word] <= 'Z') || (c.p[word] >= '0' && c.p[word] <= '9') || c.p[word] == '_'))
		word++;
	out->summary.constraint = slice_sub(c, 0, word);
	c = slice_sub(c, word, c.n);
	if (!take_literal(&c, SLICE(",nodemask="))) {
		if (c.n == 0)
			out->summary.constraint = SLICE_NONE; /* torn in the word, perhaps */
		return slice_starts(SLICE(",nodemask="), c);
	}
	take_mask(&c, &out->summary.nodemask);

	if (!strip_ids(&c, &out->summary.pid, &out->summary.uid)) {
		read_cpuset_alone(c, out); /* the tail is missing: no other name in it can be told from another */
		return true;
	}
	struct readings all = {0};
	read_all(c, expect_comm, &all);
	if (all.count == 0 && slice_present(expect_comm)) /* another thread's comm: then it tells nothing */
		read_all(c, SLICE_NONE, &all);
	out->summary.cpuset = all.cpuset;
	out->summary.mems_allowed = all.mems_allowed;
	out->summary.limit_path = all.limit_path;
	out->summary.task_path = all.task_path;
	out->summary.comm = all.comm;
	out->summary.global = all.global;
	out->summary.ambiguous = all.differ || all.count == 0;
	return true;
}

bool oom_line_read_summary(struct slice text, const struct oom_line_context *ctx, struct oom_line *out)
{
	(void)ctx;
	return oom_line_parse_summary(text, SLICE_NONE, out);
}

static const struct {
	struct slice text;
	uint8_t key;
} keys[] = {
    {SLICE(",cpuset="), OOM_SUMMARY_CPUSET},        {SLICE(",mems_allowed="), OOM_SUMMARY_MEMS},
    {SLICE(",oom_memcg="), OOM_SUMMARY_LIMIT},      {SLICE(",global_oom"), OOM_SUMMARY_LIMIT},
    {SLICE(",task_memcg="), OOM_SUMMARY_TASK_PATH}, {SLICE(",task="), OOM_SUMMARY_TASK},
};

uint8_t oom_summary_key(struct slice piece)
{
	for (size_t i = ARRAY_COUNT(keys); i-- > 0;)
		if (slice_ends(piece, keys[i].text))
			return keys[i].key;
	for (size_t i = 0; i < ARRAY_COUNT(keys); i++)
		if (slice_starts(piece, keys[i].text))
			return keys[i].key;
	return 0;
}

/* What each piece of the line must begin with, by what the line ends with so far. */
enum oom_fit oom_summary_fits(struct slice so_far, struct slice piece)
{
	if (slice_ends(so_far, SLICE(",oom_memcg=")) || slice_ends(so_far, SLICE(",task_memcg=")))
		return slice_starts(piece, SLICE("/")) ? OOM_FIT_FREE : OOM_FIT_NO;
	if (slice_ends(so_far, SLICE(",cpuset=")))
		return OOM_FIT_FREE;
	if (slice_ends(so_far, SLICE("nodemask=")) || slice_ends(so_far, SLICE(",mems_allowed=")))
		return mask_len(piece) > 0 ? OOM_FIT_YES : OOM_FIT_NO;
	for (size_t i = 0; i < ARRAY_COUNT(keys); i++)
		if (slice_starts(piece, keys[i].text))
			return OOM_FIT_YES;
	return OOM_FIT_NO;
}
