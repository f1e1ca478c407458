/*
 * The page of one kill: the sentence, the verdict, whose it was, what it held
 * against what limit, who else was there, and what is not known.
 */
#include "ctl/page.h"

#include <limits.h>
#include <stdlib.h>

#include "ctl/page_rows.h"
#include "ctl/when.h"

void ctl_page_heading(const struct ctl_out *out, const char *words)
{
	fprintf(out->f, "\n%s%s%s\n", ctl_style(out, CTL_BOLD), words, ctl_style(out, CTL_PLAIN));
}

void ctl_page_label(const struct ctl_out *out, const char *name)
{
	fprintf(out->f, "  %s%-*s%s", ctl_style(out, CTL_DIM), CTL_PAGE_LABEL - 2, name, ctl_style(out, CTL_PLAIN));
}

void ctl_page_row(const struct ctl_out *out, const char *name, struct text *t)
{
	if (t->n == 0)
		return;
	ctl_page_label(out, name);
	ctl_put_wrapped(out, text_slice(t), CTL_PAGE_LABEL, CTL_PAGE_LABEL);
	fputc('\n', out->f);
}

/* A string of the event as a row; nothing when it is absent. */
void ctl_page_string_row(const struct ctl_out *out, const json_t *event, const char *name, const char *path)
{
	char s[CTL_PAGE_TEXT];
	struct text t = text_on(s, sizeof(s));
	ctl_add_shown(&t, event, path);
	ctl_page_row(out, name, &t);
}

void ctl_page_add_kb(struct text *t, const json_t *event, const char *path, const char *what)
{
	uint64_t kb;
	if (!ctl_num(event, path, &kb))
		return;
	if (t->n)
		text_add(t, SLICE(", "));
	text_add_size_kb(t, kb);
	text_addf(t, " %s", what);
}

static void add_int(struct text *t, const json_t *event, const char *path, const char *what)
{
	int64_t v;
	if (ctl_int(event, path, &v))
		text_addf(t, "%s%s %lld", t->n ? ", " : "", what, (long long)v);
}

/* --- head ----------------------------------------------------------------- */

static void put_head(const struct ctl_out *out, const json_t *event, uint64_t now_usec)
{
	char s[CTL_PAGE_TEXT];
	struct text t = text_on(s, sizeof(s));
	uint64_t usec;
	ctl_add_shown(&t, event, "summary");
	fprintf(out->f, "%s%s%s ", ctl_style(out, CTL_RED), ctl_glyph(out, "\xe2\x97\x8f", "*"),
		ctl_style(out, CTL_PLAIN));
	fputs(ctl_style(out, CTL_BOLD), out->f);
	ctl_put_wrapped(out, text_slice(&t), 2, 2);
	fprintf(out->f, "%s\n\n", ctl_style(out, CTL_PLAIN));

	t = text_on(s, sizeof(s));
	if (ctl_num(event, "realtime_usec", &usec)) {
		ctl_when_add(&t, usec, true);
		if (now_usec > usec) {
			text_add(&t, SLICE(" ("));
			ctl_when_add_span(&t, (now_usec - usec) / 1000000);
			text_add(&t, SLICE(" ago)"));
		}
	} else if (ctl_num(event, "monotonic_usec", &usec)) {
		text_addf(&t, "%llu.%06llu s after boot", (unsigned long long)(usec / 1000000),
			  (unsigned long long)(usec % 1000000));
	}
	if (json_is_true(ctl_get(event, "recovered")))
		text_add(&t, SLICE("; recovered: oomwatchd was not running then"));
	ctl_page_row(out, "Time", &t);
	t = text_on(s, sizeof(s));
	ctl_add_shown(&t, event, "host.name");
	if (ctl_get(event, "host.kernel")) {
		text_add(&t, t.n ? SLICE(", Linux ") : SLICE("Linux "));
		ctl_add_shown(&t, event, "host.kernel");
	}
	ctl_page_row(out, "Host", &t);
	ctl_page_string_row(out, event, "Event", "id");
	t = text_on(s, sizeof(s));
	if (ctl_num(event, "group.index", &usec)) {
		text_addf(&t, "kill %llu of one decision", (unsigned long long)usec);
		if (ctl_get(event, "group.cgroup")) {
			text_add(&t, SLICE(": memory.oom.group of "));
			ctl_add_shown(&t, event, "group.cgroup");
		}
	}
	ctl_page_row(out, "Group", &t);
}

static void put_verdict(const struct ctl_out *out, const json_t *event)
{
	char s[CTL_PAGE_TEXT];
	struct text t = text_on(s, sizeof(s));
	struct slice text = ctl_str(event, "verdict.text"), code = ctl_str(event, "verdict.code");
	if (!slice_present(text) && !slice_present(code))
		return;
	ctl_page_heading(out, "Why");
	text_add_shown(&t, slice_present(text) ? text : code);
	fprintf(out->f, "  %s", ctl_style(out, CTL_YELLOW));
	ctl_put_wrapped(out, text_slice(&t), 2, 2);
	fprintf(out->f, "%s", ctl_style(out, CTL_PLAIN));
	if (slice_present(text) && slice_present(code)) {
		t = text_on(s, sizeof(s));
		text_add_shown(&t, code);
		fprintf(out->f, " %s[", ctl_style(out, CTL_DIM));
		ctl_put(out, text_slice(&t));
		fprintf(out->f, "]%s", ctl_style(out, CTL_PLAIN));
	}
	fputc('\n', out->f);
}

/* --- whose ---------------------------------------------------------------- */

static void container_row(const struct ctl_out *out, const json_t *container, const char *name)
{
	char s[CTL_PAGE_TEXT];
	struct text t = text_on(s, sizeof(s));
	struct slice id = ctl_str(container, "id"), called = ctl_str(container, "name"),
		     image = ctl_str(container, "image");
	struct slice runtime = ctl_str(container, "runtime");
	text_add_shown(&t, slice_present(called) ? called : slice_sub(id, 0, 12));
	if (slice_present(called) && slice_present(id)) {
		text_add(&t, SLICE(" "));
		text_add_shown(&t, slice_sub(id, 0, 12));
	}
	if (slice_present(runtime)) {
		text_add(&t, SLICE(" ("));
		text_add_shown(&t, runtime);
		text_add(&t, SLICE(")"));
	}
	if (slice_present(image)) {
		text_add(&t, SLICE(", image "));
		text_add_shown(&t, image);
	}
	ctl_page_row(out, name, &t);
}

static void put_whose(const struct ctl_out *out, const json_t *event)
{
	static const struct {
		const char *name, *path;
	} rows[] = {{"Unit", "identity.unit"},       {"User unit", "identity.user_unit"},
		    {"Slice", "identity.slice"},     {"Session", "identity.session"},
		    {"Machine", "identity.machine"}, {"Invocation", "identity.invocation_id"}};
	const json_t *outer, *container = ctl_get(event, "identity.container");
	char s[CTL_PAGE_TEXT];
	struct text t = text_on(s, sizeof(s));
	size_t i;
	if (!ctl_get(event, "identity"))
		return;
	ctl_page_heading(out, "Whose");
	if (ctl_get(event, "identity.pod.namespace")) {
		ctl_add_shown(&t, event, "identity.pod.namespace");
		text_add(&t, SLICE("/"));
	}
	text_add_shown(&t, slice_present(ctl_str(event, "identity.pod.name")) ? ctl_str(event, "identity.pod.name")
									      : ctl_str(event, "identity.pod.uid"));
	if (ctl_get(event, "identity.pod.qos")) {
		text_add(&t, SLICE(" ("));
		ctl_add_shown(&t, event, "identity.pod.qos");
		text_add(&t, SLICE(")"));
	}
	ctl_page_row(out, "Pod", &t);
	if (container)
		container_row(out, container, "Container");
	json_array_foreach(ctl_get(event, "identity.outer"), i, outer) container_row(out, outer, i ? "" : "Inside of");
	t = text_on(s, sizeof(s));
	ctl_add_shown(&t, event, "identity.compose.project");
	if (ctl_get(event, "identity.compose.service")) {
		text_add(&t, SLICE("/"));
		ctl_add_shown(&t, event, "identity.compose.service");
	}
	ctl_page_row(out, "Compose", &t);
	for (i = 0; i < ARRAY_COUNT(rows); i++)
		ctl_page_string_row(out, event, rows[i].name, rows[i].path);
}

/* --- victim and trigger ---------------------------------------------------- */

static void add_process(struct text *t, const json_t *event, const char *pid_path, const char *comm_path)
{
	uint64_t pid;
	ctl_add_shown(t, event, comm_path);
	if (ctl_num(event, pid_path, &pid))
		text_addf(t, "%s%llu", t->n ? ", pid " : "pid ", (unsigned long long)pid);
}

static void put_victim(const struct ctl_out *out, const json_t *event)
{
	char s[CTL_PAGE_TEXT], raw[CTL_PAGE_TEXT];
	struct text t = text_on(s, sizeof(s)), r = text_on(raw, sizeof(raw));
	uint64_t v, pid = 0;
	const json_t *parent;
	size_t i;
	if (!ctl_get(event, "victim"))
		return;
	ctl_page_heading(out, "Who died");
	add_process(&t, event, "victim.pid", "victim.comm");
	ctl_num(event, "victim.pid", &pid);
	if (ctl_num(event, "victim.tgid", &v) && v != pid)
		text_addf(&t, " (a thread of process %llu)", (unsigned long long)v);
	if (ctl_num(event, "victim.ns_pid", &v))
		text_addf(&t, ", pid %llu inside its namespace", (unsigned long long)v);
	ctl_page_row(out, "Process", &t);
	if (ctl_get(event, "victim.cmdline")) {
		ctl_add_command(&r, event);
		t = text_on(s, sizeof(s));
		text_add_shown(&t, text_slice(&r));
		ctl_page_row(out, "Command", &t);
	}
	ctl_page_string_row(out, event, "Executable", "victim.exe");
	t = text_on(s, sizeof(s));
	ctl_add_shown(&t, event, "victim.user");
	if (ctl_num(event, "victim.uid", &v))
		text_addf(&t, t.n ? " (uid %llu)" : "uid %llu", (unsigned long long)v);
	ctl_page_row(out, "User", &t);
	t = text_on(s, sizeof(s));
	json_array_foreach(ctl_get(event, "victim.parents"), i, parent)
	{
		text_add(&t, i ? SLICE(" < ") : SLICE(""));
		ctl_add_shown(&t, parent, "comm");
		if (ctl_num(parent, "pid", &v))
			text_addf(&t, " (%llu)", (unsigned long long)v);
	}
	ctl_page_row(out, "Parents", &t);
	t = text_on(s, sizeof(s));
	ctl_add_shown(&t, event, "victim.start_time");
	if (ctl_num(event, "victim.uptime_sec", &v)) {
		text_add(&t, t.n ? SLICE(", ran for ") : SLICE("ran for "));
		ctl_when_add_span(&t, v);
	}
	ctl_page_row(out, "Started", &t);
	t = text_on(s, sizeof(s));
	add_int(&t, event, "victim.oom_score", "score");
	add_int(&t, event, "victim.oom_score_adj", "adjusted by");
	ctl_page_row(out, "Badness", &t);
}

static void put_trigger(const struct ctl_out *out, const json_t *event)
{
	char s[CTL_PAGE_TEXT];
	struct text t = text_on(s, sizeof(s));
	uint64_t trigger, victim = 0, tgid = 0;
	int64_t order;
	const json_t *flag;
	size_t i;
	if (!ctl_get(event, "trigger"))
		return;
	ctl_num(event, "victim.pid", &victim);
	ctl_num(event, "victim.tgid", &tgid);
	bool known = ctl_num(event, "trigger.pid", &trigger);
	bool same = known && (trigger == victim || (tgid && trigger == tgid));
	ctl_page_heading(out, "Whose allocation failed");
	add_process(&t, event, "trigger.pid", "trigger.comm");
	if (same)
		text_add(&t, SLICE(": the victim itself"));
	else if (victim)
		text_add(&t, known ? SLICE(": another process than the one that died") : SLICE(""));
	ctl_page_row(out, "Process", &t);
	t = text_on(s, sizeof(s));
	if (ctl_int(event, "trigger.order", &order) && order >= 0 && order < 20) {
		text_addf(&t, "%lld page%s", 1ll << order, order ? "s in a row" : "");
		if (order)
			text_addf(&t, " (order %lld)", (long long)order);
	} else if (order == -1 && ctl_int(event, "trigger.order", &order)) {
		text_add(&t, SLICE("nothing: somebody asked for the kill (sysrq-f)"));
	}
	if (ctl_get(event, "trigger.gfp_mask")) {
		text_add(&t, t.n ? SLICE(", ") : SLICE(""));
		ctl_add_shown(&t, event, "trigger.gfp_mask");
	}
	json_array_foreach(ctl_get(event, "trigger.gfp_flags"), i, flag)
	{
		text_add(&t, SLICE(" "));
		if (json_is_string(flag))
			text_add_shown(&t, slice_of(json_string_value(flag), json_string_length(flag)));
	}
	ctl_page_row(out, "Asked for", &t);
	t = text_on(s, sizeof(s));
	add_int(&t, event, "trigger.oom_score_adj", "adjusted by");
	add_int(&t, event, "trigger.cpu", "on CPU");
	ctl_page_row(out, "", &t);
	t = text_on(s, sizeof(s));
	ctl_add_shown(&t, event, "cpuset");
	if (ctl_get(event, "mems_allowed")) {
		text_add(&t, t.n ? SLICE(", nodes ") : SLICE("nodes "));
		ctl_add_shown(&t, event, "mems_allowed");
	}
	ctl_page_row(out, "Cpuset", &t);
}

static void put_unknown(const struct ctl_out *out, const json_t *event)
{
	const char *what, *why;
	for (unsigned i = 0; ctl_unknown(event, i, &what, &why); i++) {
		char s[512];
		struct text t = text_on(s, sizeof(s));
		if (i == 0)
			ctl_page_heading(out, "Not known");
		text_addf(&t, "%s: %s.", what, why);
		fputs("  ", out->f);
		ctl_put_wrapped(out, text_slice(&t), 2, 4);
		fputc('\n', out->f);
	}
}

void ctl_page_print(const struct ctl_out *out, const json_t *event, uint64_t now_usec)
{
	bool kill = ctl_is_kill(event);
	put_head(out, event, now_usec);
	put_verdict(out, event);
	if (!kill && !ctl_is(event, "type", "oom-no-victim"))
		return;
	ctl_page_string_row(out, event, "Kernel said", "kernel_text");
	put_whose(out, event);
	put_victim(out, event);
	if (kill)
		ctl_page_put_memory(out, event);
	ctl_page_put_chain(out, event);
	ctl_page_put_stat(out, event);
	put_trigger(out, event);
	ctl_page_put_top(out, event);
	ctl_page_put_host(out, event);
	if (kill)
		put_unknown(out, event);
}
