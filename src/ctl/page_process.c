/* The page's two processes: the one that died, and the one whose allocation failed. */
#include "ctl/page_rows.h"

#include <limits.h>

#include "ctl/when.h"

static void add_int(struct text *t, const json_t *event, const char *path, const char *what)
{
	int64_t v;
	if (ctl_int(event, path, &v))
		text_addf(t, "%s%s %lld", t->n ? ", " : "", what, (long long)v);
}

static void add_process(struct text *t, const json_t *event, const char *pid_path, const char *comm_path)
{
	uint64_t pid;
	ctl_add_shown(t, event, comm_path);
	if (ctl_num(event, pid_path, &pid))
		text_addf(t, "%s%llu", t->n ? ", pid " : "pid ", (unsigned long long)pid);
}

void ctl_page_put_victim(const struct ctl_out *out, const json_t *event)
{
	char s[CTL_PAGE_TEXT], raw[CTL_PAGE_TEXT];
	struct text t = text_on(s, sizeof(s)), r = text_on(raw, sizeof(raw));
	uint64_t v, pid = 0;
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
	ctl_add_parents(&t, event);
	ctl_page_row(out, "Parents", &t);
	t = text_on(s, sizeof(s));
	/* In the local zone, as the time of the kill above. */
	if (ctl_when_parse(ctl_str(event, "victim.start_time"), 0, &v))
		ctl_when_add(&t, v, false);
	if (ctl_num(event, "victim.uptime_sec", &v)) {
		text_add(&t, t.n ? SLICE(", ran for ") : SLICE("ran for "));
		text_add(&t, v ? SLICE("") : SLICE("less than "));
		ctl_when_add_span(&t, v ? v : 1);
	}
	ctl_page_row(out, "Started", &t);
	t = text_on(s, sizeof(s));
	add_int(&t, event, "victim.oom_score", "oom_score");
	add_int(&t, event, "victim.oom_score_adj", "oom_score_adj");
	ctl_page_row(out, "Badness", &t);
}

/* --- the trigger, beside the victim when that is another one --------------- */

static void put_pair(const struct ctl_out *out, const char *name, struct text *left, struct text *right)
{
	size_t room = out->width == INT_MAX || out->width > 100 ? 40 : ((size_t)out->width - CTL_PAGE_LABEL) / 2;
	if (left->n == 0 && right->n == 0)
		return;
	ctl_page_label(out, name);
	ctl_put_fitted(out, left->n ? text_slice(left) : SLICE("-"), room - 2, 1);
	fputs("  ", out->f);
	ctl_put_fitted(out, right->n ? text_slice(right) : SLICE("-"), room - 2, 0);
	fputc('\n', out->f);
}

static void add_adj(struct text *t, const json_t *event, const char *path)
{
	int64_t v;
	if (ctl_int(event, path, &v))
		text_addf(t, "%lld", (long long)v);
}

static void put_both(const struct ctl_out *out, const json_t *event)
{
	char left[256], right[256];
	struct text l = text_on(left, sizeof(left)), r = text_on(right, sizeof(right));
	uint64_t v, kb;
	text_add(&l, SLICE("asked for memory"));
	text_add(&r, SLICE("was killed"));
	put_pair(out, "", &l, &r);
	l = text_on(left, sizeof(left));
	r = text_on(right, sizeof(right));
	add_process(&l, event, "trigger.pid", "trigger.comm");
	add_process(&r, event, "victim.pid", "victim.comm");
	put_pair(out, "Process", &l, &r);
	l = text_on(left, sizeof(left));
	r = text_on(right, sizeof(right));
	if (ctl_num(event, "trigger.pid", &v) && ctl_task_rss_kb(event, v, &kb))
		text_add_size_kb(&l, kb);
	if (ctl_held_kb(event, &v))
		text_add_size_kb(&r, v);
	put_pair(out, "Held", &l, &r);
	l = text_on(left, sizeof(left));
	r = text_on(right, sizeof(right));
	add_adj(&l, event, "trigger.oom_score_adj");
	add_adj(&r, event, "victim.oom_score_adj");
	put_pair(out, "oom_score_adj", &l, &r);
}

static void put_request(const struct ctl_out *out, const json_t *event)
{
	char s[CTL_PAGE_TEXT];
	struct text t = text_on(s, sizeof(s));
	const json_t *flag;
	size_t i;
	ctl_add_asked(&t, event);
	if (ctl_get(event, "trigger.gfp_mask")) {
		text_add(&t, t.n ? SLICE(", gfp_mask ") : SLICE("gfp_mask "));
		ctl_add_shown(&t, event, "trigger.gfp_mask");
	}
	json_array_foreach(ctl_get(event, "trigger.gfp_flags"), i, flag)
	{
		text_add(&t, SLICE(" "));
		if (json_is_string(flag))
			text_add_shown(&t, slice_of(json_string_value(flag), json_string_length(flag)));
	}
	add_int(&t, event, "trigger.cpu", "on CPU");
	ctl_page_row(out, "Asked for", &t);
	t = text_on(s, sizeof(s));
	ctl_add_shown(&t, event, "cpuset");
	if (ctl_get(event, "mems_allowed")) {
		text_add(&t, t.n ? SLICE(", ") : SLICE(""));
		ctl_add_nodes(&t, event, "mems_allowed");
	}
	ctl_page_row(out, "Cpuset", &t);
}

void ctl_page_put_trigger(const struct ctl_out *out, const json_t *event)
{
	char s[CTL_PAGE_TEXT];
	struct text t = text_on(s, sizeof(s));
	uint64_t trigger, victim = 0, tgid = 0;
	if (!ctl_get(event, "trigger"))
		return;
	bool died = ctl_num(event, "victim.pid", &victim), known = ctl_num(event, "trigger.pid", &trigger);
	ctl_num(event, "victim.tgid", &tgid);
	bool same = died && known && (trigger == victim || (tgid && trigger == tgid));
	bool manual = ctl_is_manual(event);
	ctl_page_heading(out, manual ? "What carried it out" : "Whose allocation failed");
	if (died && known && !same && !manual) {
		put_both(out, event);
	} else {
		add_process(&t, event, "trigger.pid", "trigger.comm");
		text_add(&t, same ? SLICE(": the victim itself") : SLICE(""));
		ctl_page_row(out, "Process", &t);
		t = text_on(s, sizeof(s));
		add_adj(&t, event, "trigger.oom_score_adj");
		ctl_page_row(out, "oom_score_adj", &t);
	}
	put_request(out, event);
}
