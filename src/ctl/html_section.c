/* One event as a section of the page: the same things in the same order as on the terminal's page. */
#include "ctl/html.h"
#include "ctl/page.h"
#include "ctl/svg.h"
#include "ctl/when.h"

static void begin_row(FILE *f, const char *name)
{
	fprintf(f, "<dt>%s</dt><dd>", name);
}

static void text_row(FILE *f, const char *name, struct slice s, bool code)
{
	if (!slice_present(s) || s.n == 0)
		return;
	begin_row(f, name);
	fputs(code ? "<code>" : "", f);
	ctl_html_text(f, s);
	fputs(code ? "</code></dd>\n" : "</dd>\n", f);
}

/* A string of the event, byte for byte. */
static void string_row(FILE *f, const json_t *event, const char *name, const char *path, bool code)
{
	char s[8192];
	struct text t = text_on(s, sizeof(s));
	ctl_add_bytes(&t, event, path);
	text_row(f, name, text_slice(&t), code);
}

static void number_row(FILE *f, const json_t *event, const char *name, const char *path)
{
	int64_t v;
	if (!ctl_int(event, path, &v))
		return;
	begin_row(f, name);
	fprintf(f, "%lld</dd>\n", (long long)v);
}

static void add_process(struct text *t, const json_t *event, const char *comm, const char *pid)
{
	uint64_t v;
	ctl_add_bytes(t, event, comm);
	if (ctl_num(event, pid, &v))
		text_addf(t, "%s%llu", t->n ? ", pid " : "pid ", (unsigned long long)v);
}

static void put_when(FILE *f, const json_t *event)
{
	char s[96];
	struct text t = text_on(s, sizeof(s));
	uint64_t usec;
	if (ctl_num(event, "realtime_usec", &usec))
		ctl_when_add(&t, usec, true);
	else if (ctl_num(event, "monotonic_usec", &usec))
		text_addf(&t, "%llu.%06llu s after boot", (unsigned long long)(usec / 1000000),
			  (unsigned long long)(usec % 1000000));
	text_row(f, "Time", text_slice(&t), false);
	string_row(f, event, "Host", "host.name", false);
	string_row(f, event, "Kernel", "host.kernel", false);
}

static void put_whose(FILE *f, const json_t *event)
{
	static const struct {
		const char *name, *path;
	} rows[] = {{"Pod", "identity.pod.name"},
		    {"Namespace", "identity.pod.namespace"},
		    {"Pod uid", "identity.pod.uid"},
		    {"Container", "identity.container.name"},
		    {"Container id", "identity.container.id"},
		    {"Image", "identity.container.image"},
		    {"Runtime", "identity.container.runtime"},
		    {"Compose project", "identity.compose.project"},
		    {"Service", "identity.compose.service"},
		    {"Machine", "identity.machine"},
		    {"Unit", "identity.unit"},
		    {"User unit", "identity.user_unit"}};
	bool slice = !ctl_is(event, "identity.slice", "-.slice");
	if (json_object_size(ctl_get(event, "identity")) < (slice ? 1u : 2u))
		return;
	fputs("<h3>Whose</h3><dl>", f);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
		string_row(f, event, rows[i].name, rows[i].path, false);
	if (slice)
		string_row(f, event, "Slice", "identity.slice", false);
	fputs("</dl>\n", f);
}

static void put_victim(FILE *f, const json_t *event)
{
	char s[8192];
	struct text t = text_on(s, sizeof(s));
	uint64_t v;
	fputs("<h3>Who died</h3><dl>", f);
	add_process(&t, event, "victim.comm", "victim.pid");
	text_row(f, "Process", text_slice(&t), false);
	t = text_on(s, sizeof(s));
	if (ctl_get(event, "victim.cmdline"))
		ctl_add_command(&t, event);
	text_row(f, "Command", text_slice(&t), true);
	string_row(f, event, "Executable", "victim.exe", true);
	t = text_on(s, sizeof(s));
	ctl_add_bytes(&t, event, "victim.user");
	if (ctl_num(event, "victim.uid", &v))
		text_addf(&t, t.n ? " (uid %llu)" : "uid %llu", (unsigned long long)v);
	text_row(f, "User", text_slice(&t), false);
	t = text_on(s, sizeof(s));
	ctl_add_parents(&t, event);
	text_row(f, "Parents", text_slice(&t), false);
	t = text_on(s, sizeof(s));
	if (ctl_num(event, "victim.uptime_sec", &v)) {
		text_add(&t, v ? SLICE("") : SLICE("less than "));
		ctl_when_add_span(&t, v ? v : 1);
	}
	text_row(f, "Ran for", text_slice(&t), false);
	number_row(f, event, "oom_score", "victim.oom_score");
	number_row(f, event, "oom_score_adj", "victim.oom_score_adj");
	fputs("</dl>\n", f);
}

static size_t add_part(struct ctl_svg_part *parts, size_t n, const json_t *event, const char *path, const char *name,
		       uint64_t divisor)
{
	uint64_t v;
	if (!ctl_num(event, path, &v) || v / divisor == 0)
		return n;
	parts[n] = (struct ctl_svg_part){name, v / divisor, (unsigned)n};
	return n + 1;
}

static void put_memory(FILE *f, const json_t *event)
{
	struct ctl_svg_part parts[8];
	size_t n = 0;
	uint64_t limit = 0;
	fputs("<h3>What it held</h3>", f);
	n = add_part(parts, n, event, "victim.memory.anon_rss_kb", "anonymous", 1);
	n = add_part(parts, n, event, "victim.memory.file_rss_kb", "file", 1);
	n = add_part(parts, n, event, "victim.memory.shmem_rss_kb", "shared", 1);
	if (n == 0)
		n = add_part(parts, n, event, "victim.memory.rss_kb", "resident", 1);
	ctl_limit_kb(event, &limit);
	ctl_svg_stack(f, parts, n, limit, ctl_limit_kind(event) == CTL_LIMIT_HOST ? "RAM" : "limit");

	const char *why = ctl_over_limit(event);
	if (why)
		fprintf(f, "<p class=\"dim\">It held %s.</p>\n", why);

	struct ctl_svg_point p[128];
	const json_t *point;
	size_t i, count = 0;
	uint64_t held;
	json_array_foreach(ctl_get(event, "victim.history"), i,
			   point) if (count < ARRAY_COUNT(p) - 1 && ctl_num(point, "age_sec", &p[count].age_sec) &&
				      ctl_num(point, "rss_kb", &p[count].kb)) count++;
	if (count && ctl_held_kb(event, &held)) {
		count -= p[count - 1].age_sec == 0;
		p[count++] = (struct ctl_svg_point){0, held};
	}
	if (count >= 2 && p[0].age_sec) {
		fputs("<h3>Before the kill</h3>", f);
		ctl_svg_history(f, p, count, ctl_limit_kind(event) == CTL_LIMIT_HOST ? 0 : limit);
	}
	char s[128];
	struct text t = text_on(s, sizeof(s));
	ctl_add_growth(&t, event);
	if (t.n) {
		fputs("<dl>", f);
		text_row(f, "Growth", text_slice(&t), false);
		fputs("</dl>\n", f);
	}
}

static void usage_row(FILE *f, const json_t *event, const char *name, const char *key)
{
	char path[64];
	uint64_t usage, limit, failcnt;
	snprintf(path, sizeof(path), "cgroup.%s.usage_kb", key);
	if (!ctl_num(event, path, &usage))
		return;
	begin_row(f, name);
	ctl_html_size(f, usage);
	snprintf(path, sizeof(path), "cgroup.%s.limit_kb", key);
	bool limited = ctl_num(event, path, &limit);
	if (limited && limit) {
		fputs(" of ", f);
		ctl_html_size(f, limit);
	} else if (limited) {
		fputs(", none allowed", f);
	} else {
		fputs(", no limit", f);
	}
	snprintf(path, sizeof(path), "cgroup.%s.failcnt", key);
	if (ctl_num(event, path, &failcnt) && failcnt)
		fprintf(f, ", limit hit %llu time%s", (unsigned long long)failcnt, failcnt == 1 ? "" : "s");
	fputs("</dd>\n", f);
}

static void put_cgroup(FILE *f, const json_t *event)
{
	static const struct {
		const char *path, *name;
	} stats[] = {{"cgroup.stat.anon", "anonymous"},  {"cgroup.stat.rss", "anonymous"},
		     {"cgroup.stat.file", "file cache"}, {"cgroup.stat.cache", "file cache"},
		     {"cgroup.stat.kernel", "kernel"},   {"cgroup.stat.sock", "sockets"}};
	struct ctl_svg_part parts[8];
	size_t n = 0;
	uint64_t limit = 0;
	if (!ctl_get(event, "cgroup"))
		return;
	fputs("<h3>Control group</h3><dl>", f);
	string_row(f, event, "Victim's", "cgroup.path", true);
	string_row(f, event, "Limit of", "cgroup.limit_path", true);
	usage_row(f, event, "Memory", "memory");
	usage_row(f, event, "Memory+swap", "memsw");
	usage_row(f, event, "Swap", "swap");
	usage_row(f, event, "Kernel", "kmem");
	fputs("</dl>\n", f);
	for (size_t i = 0; i < ARRAY_COUNT(stats); i++)
		n = add_part(parts, n, event, stats[i].path, stats[i].name,
			     ctl_is(event, "cgroup.stat_unit", "kB") ? 1 : 1024);
	if (n) {
		ctl_num(event, "cgroup.memory.limit_kb", &limit);
		ctl_svg_stack(f, parts, n, limit, "limit");
	}
}

static void put_zones(FILE *f, const json_t *event)
{
	const json_t *zone;
	size_t i;
	if (!ctl_zones_tell(event))
		return;
	fputs("<dl>", f);
	json_array_foreach(ctl_get(event, "host_memory.zones"), i, zone)
	{
		char s[128], name[64];
		struct text t = text_on(s, sizeof(s)), n = text_on(name, sizeof(name));
		ctl_add_zone(&n, &t, zone);
		fputs("<dt>", f);
		ctl_html_text(f, text_slice(&n));
		fputs("</dt><dd>", f);
		ctl_html_text(f, text_slice(&t));
		fputs("</dd>\n", f);
	}
	fputs("</dl>\n", f);
}

static void put_host(FILE *f, const json_t *event)
{
	static const struct {
		const char *path, *name;
	} rows[] = {{"host_memory.anon_kb", "anonymous"},
		    {"host_memory.pagecache_kb", "page cache"},
		    {"host_memory.slab_unreclaimable_kb", "fixed slab"},
		    {"host_memory.slab_reclaimable_kb", "other slab"},
		    {"host_memory.pagetables_kb", "page tables"},
		    {"host_memory.hugepages_kb", "huge pages"},
		    {"host_memory.free_kb", "free"}};
	struct ctl_svg_part parts[8];
	uint64_t total = 0, swap, swap_free;
	size_t n = 0;
	if (!ctl_get(event, "host_memory"))
		return;
	fputs("<h3>The host's memory</h3>", f);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
		n = add_part(parts, n, event, rows[i].path, rows[i].name, 1);
	ctl_num(event, "host_memory.total_kb", &total);
	ctl_svg_stack(f, parts, n, total, "RAM");
	put_zones(f, event);
	if (!ctl_num(event, "host_memory.swap_total_kb", &swap) ||
	    !ctl_num(event, "host_memory.swap_free_kb", &swap_free))
		return;
	fputs("<dl>", f);
	begin_row(f, "Swap");
	if (swap) {
		ctl_html_size(f, swap > swap_free ? swap - swap_free : 0);
		fputs(" used of ", f);
		ctl_html_size(f, swap);
	} else {
		fputs("none", f);
	}
	fputs("</dd></dl>\n", f);
}

static void pair_row(FILE *f, const char *name, struct slice left, struct slice right)
{
	fprintf(f, "<tr><th>%s</th><td>", name);
	ctl_html_text(f, left.n ? left : SLICE("-"));
	fputs("</td><td>", f);
	ctl_html_text(f, right.n ? right : SLICE("-"));
	fputs("</td></tr>\n", f);
}

/* The process whose allocation failed, beside the one that died for it. */
static void put_both(FILE *f, const json_t *event, uint64_t trigger)
{
	char left[256], right[256];
	struct text l = text_on(left, sizeof(left)), r = text_on(right, sizeof(right));
	uint64_t kb;
	int64_t adj;
	fputs("<table class=\"pair\"><tr><th></th><th>asked for memory</th><th>was killed</th></tr>\n", f);
	add_process(&l, event, "trigger.comm", "trigger.pid");
	add_process(&r, event, "victim.comm", "victim.pid");
	pair_row(f, "Process", text_slice(&l), text_slice(&r));
	l = text_on(left, sizeof(left));
	r = text_on(right, sizeof(right));
	if (ctl_task_rss_kb(event, trigger, &kb))
		text_add_size_kb(&l, kb);
	if (ctl_held_kb(event, &kb))
		text_add_size_kb(&r, kb);
	pair_row(f, "Held", text_slice(&l), text_slice(&r));
	l = text_on(left, sizeof(left));
	r = text_on(right, sizeof(right));
	if (ctl_int(event, "trigger.oom_score_adj", &adj))
		text_addf(&l, "%lld", (long long)adj);
	if (ctl_int(event, "victim.oom_score_adj", &adj))
		text_addf(&r, "%lld", (long long)adj);
	pair_row(f, "oom_score_adj", text_slice(&l), text_slice(&r));
	fputs("</table>\n", f);
}

static void put_trigger(FILE *f, const json_t *event)
{
	char s[512];
	struct text t = text_on(s, sizeof(s));
	uint64_t trigger, victim, tgid = 0;
	const json_t *flag;
	size_t i;
	if (!ctl_get(event, "trigger"))
		return;
	bool both = ctl_num(event, "trigger.pid", &trigger) && ctl_num(event, "victim.pid", &victim);
	ctl_num(event, "victim.tgid", &tgid);
	bool same = both && (trigger == victim || trigger == tgid);
	bool manual = ctl_is_manual(event);
	fprintf(f, "<h3>%s</h3>", manual ? "What carried it out" : "Whose allocation failed");
	if (both && !same && !manual)
		put_both(f, event, trigger);
	fputs("<dl>", f);
	add_process(&t, event, "trigger.comm", "trigger.pid");
	text_add(&t, same ? SLICE(": the victim itself") : SLICE(""));
	if (!both || same || manual)
		text_row(f, "Process", text_slice(&t), false);
	t = text_on(s, sizeof(s));
	ctl_add_asked(&t, event);
	text_row(f, "Asked for", text_slice(&t), false);
	t = text_on(s, sizeof(s));
	ctl_add_bytes(&t, event, "trigger.gfp_mask");
	json_array_foreach(ctl_get(event, "trigger.gfp_flags"), i, flag)
	{
		text_add(&t, SLICE(" "));
		text_add(&t, slice_of(json_string_value(flag), json_string_length(flag)));
	}
	text_row(f, "gfp_mask", text_slice(&t), true);
	string_row(f, event, "Cpuset", "cpuset", false);
	string_row(f, event, "Nodes", "mems_allowed", false);
	fputs("</dl>\n", f);
}

static void size_or_dash(FILE *f, const json_t *task, const char *key)
{
	uint64_t kb;
	if (ctl_num(task, key, &kb))
		ctl_html_size(f, kb);
	else
		fputc('-', f);
}

static void put_top(FILE *f, const json_t *event)
{
	const json_t *task, *list = ctl_get(event, "tasks.top");
	uint64_t v, victim = UINT64_MAX;
	int64_t adj;
	size_t i;
	if (!json_is_array(list) || json_array_size(list) == 0)
		return;
	ctl_num(event, "victim.pid", &victim);
	fputs("<h3>Largest tasks then</h3><div class=\"scroll\"><table><tr><th class=\"n\">PID</th><th>Name</th>"
	      "<th class=\"n\">Resident</th><th class=\"n\">Swapped</th><th class=\"n\">adj</th></tr>\n",
	      f);
	json_array_foreach(list, i, task)
	{
		bool pid = ctl_num(task, "pid", &v);
		fprintf(f, "<tr%s><td class=\"n\">", pid && v == victim ? " class=\"dead\"" : "");
		if (pid)
			fprintf(f, "%llu", (unsigned long long)v);
		fputs("</td><td>", f);
		char s[256];
		struct text t = text_on(s, sizeof(s));
		ctl_add_bytes(&t, task, "comm");
		ctl_html_text(f, text_slice(&t));
		fputs("</td><td class=\"n\">", f);
		size_or_dash(f, task, "rss_kb");
		fputs("</td><td class=\"n\">", f);
		size_or_dash(f, task, "swap_kb");
		fputs("</td><td class=\"n\">", f);
		if (ctl_int(task, "oom_score_adj", &adj))
			fprintf(f, "%lld", (long long)adj);
		else
			fputc('-', f);
		fputs("</td></tr>\n", f);
	}
	fputs("</table></div>\n", f);
}

void ctl_html_section(FILE *f, const json_t *event, unsigned number)
{
	const char *what, *why;
	fprintf(f, "<section id=\"kill%u\"><h2>", number);
	ctl_html_text(f, ctl_str(event, "summary"));
	fputs("</h2>\n", f);
	char s[2048];
	struct text t = text_on(s, sizeof(s));
	ctl_add_bytes(&t, event, "verdict.text");
	if (t.n == 0)
		ctl_add_advice(&t, event);
	if (t.n) {
		fputs("<p class=\"why\">", f);
		ctl_html_text(f, text_slice(&t));
		fputs("</p>\n", f);
	}
	fputs("<dl>", f);
	string_row(f, event, "Verdict", "verdict.code", false);
	put_when(f, event);
	string_row(f, event, "Event", "id", true);
	fputs("</dl>\n", f);
	if (ctl_is_kill(event)) {
		put_memory(f, event);
		put_whose(f, event);
		put_victim(f, event);
	}
	put_cgroup(f, event);
	put_trigger(f, event);
	put_top(f, event);
	put_host(f, event);
	for (unsigned i = 0; ctl_is_kill(event) && ctl_unknown(event, i, &what, &why); i++)
		fprintf(f, "%s<p class=\"dim\"><b>%s</b>: %s.</p>\n", i ? "" : "<h3>Not known</h3>", what, why);
	fputs("</section>\n", f);
}
