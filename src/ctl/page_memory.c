/* The page's pictures: what was held against which limit, the chain of cgroups, who else was there. */
#include "ctl/page_rows.h"

#include <limits.h>

#include "ctl/plot.h"
#include "ctl/when.h"

static void bar_row(const struct ctl_out *out, const char *name, uint64_t part, uint64_t whole, const char *of)
{
	char s[256];
	struct text t = text_on(s, sizeof(s));
	ctl_page_label(out, name);
	/* Behind the bar stands "1023 MiB, 100 % of 1023 MiB limit" at most. */
	if (whole) {
		ctl_put_bar(out, part, whole, out->width < 80 ? 16 : 28, part * 10 >= whole * 9 ? CTL_RED : CTL_BLUE);
		text_add(&t, SLICE(" "));
	}
	text_add_size_kb(&t, part);
	if (whole) {
		text_addf(&t, ", %llu %% of ", (unsigned long long)((double)part * 100 / (double)whole));
		text_add_size_kb(&t, whole);
		text_addf(&t, " %s", of);
	}
	ctl_put(out, text_slice(&t));
	fputc('\n', out->f);
}

static void put_history(const struct ctl_out *out, const json_t *event)
{
	struct ctl_point p[128];
	const json_t *point, *list = ctl_get(event, "victim.history");
	uint64_t first = 0, age, kb;
	size_t i, n = 0;
	char left[64];
	json_array_foreach(list, i, point)
	{
		if (n == ARRAY_COUNT(p) - 1 || !ctl_num(point, "age_sec", &age) || !ctl_num(point, "rss_kb", &kb))
			continue;
		if (n == 0)
			first = age;
		if (age <= first)
			p[n++] = (struct ctl_point){first - age, kb};
	}
	/* The last point is the kill itself, where its size is known. */
	if (n && ctl_held_kb(event, &kb)) {
		n -= p[n - 1].x == first;
		p[n++] = (struct ctl_point){first, kb};
	}
	struct text t = text_on(left, sizeof(left));
	if (n >= 2) {
		text_add(&t, SLICE("-"));
		ctl_when_add_span(&t, first);
		fputc('\n', out->f);
		ctl_plot_line(out, p, n, out->width == INT_MAX || out->width > 90 ? 64 : (size_t)out->width - 18, 4,
			      text_cstr(&t), "killed");
	}
	char s[128];
	t = text_on(s, sizeof(s));
	ctl_add_growth(&t, event);
	ctl_page_row(out, "Growth", &t);
}

static void usage_row(const struct ctl_out *out, const json_t *event, const char *name, const char *key)
{
	char path[64], s[256];
	uint64_t usage, limit, failcnt;
	snprintf(path, sizeof(path), "cgroup.%s.usage_kb", key);
	if (!ctl_num(event, path, &usage))
		return;
	snprintf(path, sizeof(path), "cgroup.%s.limit_kb", key);
	bool limited = ctl_num(event, path, &limit);
	if (limited && limit) {
		bar_row(out, name, usage, limit, "limit");
	} else {
		struct text t = text_on(s, sizeof(s));
		text_add_size_kb(&t, usage);
		text_add(&t, limited ? SLICE(", none allowed") : SLICE(", no limit"));
		ctl_page_row(out, name, &t);
	}
	snprintf(path, sizeof(path), "cgroup.%s.failcnt", key);
	if (ctl_num(event, path, &failcnt) && failcnt) {
		struct text t = text_on(s, sizeof(s));
		text_addf(&t, "limit hit %llu time%s", (unsigned long long)failcnt, failcnt == 1 ? "" : "s");
		ctl_page_row(out, "", &t);
	}
}

void ctl_page_put_memory(const struct ctl_out *out, const json_t *event)
{
	char s[512];
	struct text t = text_on(s, sizeof(s));
	uint64_t held, limit;
	ctl_page_heading(out, "Memory");
	if (ctl_held_kb(event, &held)) {
		if (ctl_limit_kb(event, &limit))
			bar_row(out, "Victim held", held, limit,
				ctl_limit_kind(event) == CTL_LIMIT_HOST ? "RAM" : "limit");
		else
			bar_row(out, "Victim held", held, 0, "");
		const char *why = ctl_over_limit(event);
		if (why) {
			text_add(&t, slice_cstr(why));
			ctl_page_row(out, "", &t);
			t = text_on(s, sizeof(s));
		}
	}
	ctl_page_add_kb(&t, event, "victim.memory.anon_rss_kb", "anonymous");
	ctl_page_add_kb(&t, event, "victim.memory.file_rss_kb", "file");
	ctl_page_add_kb(&t, event, "victim.memory.shmem_rss_kb", "shared");
	ctl_page_add_kb(&t, event, "victim.memory.swap_kb", "swapped");
	ctl_page_add_kb(&t, event, "victim.memory.pgtables_kb", "page tables");
	ctl_page_add_kb(&t, event, "victim.memory.total_vm_kb", "address space");
	ctl_page_row(out, "of which", &t);
	put_history(out, event);
}

/* The victim's cgroup, one element a line, with the one whose limit was hit marked. */
void ctl_page_put_chain(const struct ctl_out *out, const json_t *event)
{
	struct slice path = ctl_str(event, "cgroup.path"), limit = ctl_str(event, "cgroup.limit_path");
	struct slice rest = slice_present(path) ? path : limit;
	size_t depth = 0, columns = out->width == INT_MAX ? SIZE_MAX : (size_t)out->width;
	if (!ctl_get(event, "cgroup"))
		return;
	ctl_page_heading(out, "Control group");
	const char *start = rest.p;
	while (rest.n) {
		struct slice element, s = slice_sub(rest, 1, rest.n);
		if (!take_until(&s, SLICE("/"), &element)) {
			element = s;
			s = slice_sub(s, s.n, s.n);
		}
		char shown[1024];
		struct text t = text_on(shown, sizeof(shown));
		size_t end = (size_t)(element.p + element.n - start);
		bool here =
		    slice_present(limit) && limit.n == end && slice_starts(slice_present(path) ? path : limit, limit);
		text_add(&t, depth ? SLICE("") : SLICE("/"));
		text_add_shown(&t, element);
		fprintf(out->f, "  %*s%s%s", (int)(depth < 20 ? 2 * depth : 40), "",
			depth ? ctl_glyph(out, "\xe2\x94\x94 ", "` ") : "", ctl_style(out, here ? CTL_RED : CTL_PLAIN));
		size_t used = 2 + (depth < 20 ? 2 * depth : 40) + 2 + (here ? 18 : 0);
		ctl_put_fitted(out, text_slice(&t), columns > used + 10 ? columns - used : 10, 0);
		fprintf(out->f, "%s%s\n",
			here ? ctl_glyph(out, "  \xe2\x86\x90 limit reached", "  <- limit reached") : "",
			ctl_style(out, CTL_PLAIN));
		rest = s.n ? slice_of(s.p - 1, s.n + 1) : SLICE("");
		depth++;
	}
	if (slice_present(path) && slice_present(limit) && !slice_starts(path, limit))
		ctl_page_string_row(out, event, "Limit of", "cgroup.limit_path");
	usage_row(out, event, "Memory", "memory");
	usage_row(out, event, "Memory+swap", "memsw");
	usage_row(out, event, "Swap", "swap");
	usage_row(out, event, "Kernel", "kmem");
}

void ctl_page_put_stat(const struct ctl_out *out, const json_t *event)
{
	/* `of`: is counted in that one too */
	static const struct {
		const char *name, *label, *of;
	} wanted[] = {{"anon", "anonymous", NULL},
		      {"rss", "anonymous", NULL},
		      {"file", "file cache", NULL},
		      {"cache", "file cache", NULL},
		      {"shmem", "shared", "file cache"},
		      {"kernel", "kernel", NULL},
		      {"slab_unreclaimable", "fixed slab", "kernel"},
		      {"sock", "sockets", NULL},
		      {"unevictable", "locked", NULL}};
	char s[512];
	struct text t = text_on(s, sizeof(s));
	bool in_kb = ctl_is(event, "cgroup.stat_unit", "kB");
	const char *last = "";
	for (size_t i = 0; i < ARRAY_COUNT(wanted); i++) {
		char path[64];
		uint64_t v;
		snprintf(path, sizeof(path), "cgroup.stat.%s", wanted[i].name);
		if (!ctl_num(event, path, &v) || v == 0)
			continue;
		text_add(&t, t.n ? SLICE(", ") : SLICE(""));
		text_add_size_kb(&t, in_kb ? v : v / 1024);
		bool part = wanted[i].of && strcmp(wanted[i].of, last) == 0;
		text_addf(&t, part ? " of that %s" : " %s", wanted[i].label);
		last = wanted[i].label;
	}
	/* In kB, a kernel counts what the cgroup holds itself, without those below it. */
	ctl_page_row(out, in_kb ? "Itself held" : ctl_get(event, "cgroup.memory.usage_kb") ? "of which" : "Held", &t);
}

static void put_zones(const struct ctl_out *out, const json_t *event)
{
	const json_t *zone;
	size_t i;
	if (!ctl_zones_tell(event))
		return;
	json_array_foreach(ctl_get(event, "host_memory.zones"), i, zone)
	{
		char s[128], name[64];
		struct text t = text_on(s, sizeof(s)), n = text_on(name, sizeof(name));
		ctl_add_zone(&n, &t, zone);
		ctl_page_row(out, text_cstr(&n), &t);
	}
}

void ctl_page_put_host(const struct ctl_out *out, const json_t *event)
{
	static const struct {
		const char *name, *path;
	} rows[] = {{"Anonymous", "host_memory.anon_kb"},
		    {"Shared, tmpfs", "host_memory.shmem_kb"},
		    {"Page cache", "host_memory.pagecache_kb"},
		    {"Fixed slab", "host_memory.slab_unreclaimable_kb"},
		    {"Other slab", "host_memory.slab_reclaimable_kb"},
		    {"Locked", "host_memory.unevictable_kb"},
		    {"Page tables", "host_memory.pagetables_kb"},
		    {"Huge pages", "host_memory.hugepages_kb"},
		    {"Free", "host_memory.free_kb"}};
	uint64_t total, v, swap, swap_free;
	if (!ctl_get(event, "host_memory"))
		return;
	bool known = ctl_num(event, "host_memory.total_kb", &total);
	ctl_page_heading(out, "The host's memory");
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
		if (ctl_num(event, rows[i].path, &v) && v)
			bar_row(out, rows[i].name, v, known ? total : 0, "RAM");
	put_zones(out, event);
	if (ctl_num(event, "host_memory.swap_total_kb", &swap) &&
	    ctl_num(event, "host_memory.swap_free_kb", &swap_free)) {
		if (swap == 0) {
			ctl_page_label(out, "Swap");
			fputs("none\n", out->f);
		} else {
			bar_row(out, "Swap used", swap > swap_free ? swap - swap_free : 0, swap, "swap");
		}
	}
}

void ctl_page_put_top(const struct ctl_out *out, const json_t *event)
{
	const json_t *task, *list = ctl_get(event, "tasks.top");
	uint64_t kb, max = 0, v, victim = UINT64_MAX, count;
	size_t i;
	if (!json_is_array(list) || json_array_size(list) == 0)
		return;
	json_array_foreach(list, i, task) if (ctl_num(task, "rss_kb", &kb) && kb > max) max = kb;
	ctl_num(event, "victim.pid", &victim);
	/* Behind the bar stands " 1023 MiB swapped, adj -999  <- killed" at most. */
	size_t bar = out->width >= 100 ? 20 : 5;
	ctl_page_heading(out, "Largest tasks then");
	json_array_foreach(list, i, task)
	{
		char s[128];
		struct text t = text_on(s, sizeof(s));
		bool dead = ctl_num(task, "pid", &v) && v == victim;
		fprintf(out->f, "  %s%7llu  ", ctl_style(out, dead ? CTL_RED : CTL_PLAIN), (unsigned long long)v);
		ctl_add_shown(&t, task, "comm");
		ctl_put_fitted(out, text_slice(&t), 16, 1);
		t = text_on(s, sizeof(s));
		if (ctl_num(task, "rss_kb", &kb))
			text_add_size_kb(&t, kb);
		else
			text_add(&t, SLICE("-"));
		ctl_put_fitted(out, text_slice(&t), 9, -1);
		fprintf(out->f, "%s  ", ctl_style(out, CTL_PLAIN));
		ctl_put_bar(out, ctl_num(task, "rss_kb", &kb) ? kb : 0, max, bar, dead ? CTL_RED : CTL_BLUE);
		t = text_on(s, sizeof(s));
		if (ctl_num(task, "swap_kb", &kb) && kb)
			ctl_page_add_kb(&t, task, "swap_kb", "swapped");
		int64_t adj;
		if (ctl_int(task, "oom_score_adj", &adj) && adj)
			text_addf(&t, "%sadj %lld", t.n ? ", " : "", (long long)adj);
		if (t.n)
			fprintf(out->f, " %s", text_cstr(&t));
		fprintf(out->f, "%s\n", dead ? ctl_glyph(out, "  \xe2\x86\x90 killed", "  <- killed") : "");
	}
	if (ctl_num(event, "tasks.count", &count) && count > json_array_size(list))
		fprintf(out->f, "  %sof %llu tasks%s\n", ctl_style(out, CTL_DIM), (unsigned long long)count,
			ctl_style(out, CTL_PLAIN));
}
