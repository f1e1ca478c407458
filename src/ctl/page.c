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
		if (ctl_get(event, "group.id")) {
			text_add(&t, SLICE("; all of it: oomwatchctl info group.id="));
			ctl_add_shown(&t, event, "group.id");
		}
	}
	ctl_page_row(out, "Group", &t);
}

static void put_verdict(const struct ctl_out *out, const json_t *event)
{
	char s[CTL_PAGE_TEXT];
	struct text t = text_on(s, sizeof(s));
	bool text = ctl_get(event, "verdict.text"), code = ctl_get(event, "verdict.code");
	ctl_add_shown(&t, event, text ? "verdict.text" : "verdict.code");
	if (text && code) {
		text_add(&t, SLICE(" ["));
		ctl_add_shown(&t, event, "verdict.code");
		text_add(&t, SLICE("]"));
	}
	if (t.n == 0)
		ctl_add_advice(&t, event);
	if (t.n == 0)
		return;
	ctl_page_heading(out, "Why");
	fprintf(out->f, "  %s", ctl_style(out, CTL_YELLOW));
	ctl_put_wrapped(out, text_slice(&t), 2, 2);
	fprintf(out->f, "%s\n", ctl_style(out, CTL_PLAIN));
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
	} rows[] = {{"Unit", "identity.unit"},
		    {"User unit", "identity.user_unit"},
		    {"Session", "identity.session"},
		    {"Machine", "identity.machine"},
		    {"Invocation", "identity.invocation_id"}};
	const json_t *outer, *container = ctl_get(event, "identity.container");
	char s[CTL_PAGE_TEXT];
	struct text t = text_on(s, sizeof(s));
	size_t i;
	/* The root's name is no answer: with nothing else the control group below says more. */
	bool slice = !ctl_is(event, "identity.slice", "-.slice");
	if (json_object_size(ctl_get(event, "identity")) < (slice ? 1u : 2u))
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
	if (slice)
		ctl_page_string_row(out, event, "Slice", "identity.slice");
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
	ctl_page_put_victim(out, event);
	if (kill)
		ctl_page_put_memory(out, event);
	ctl_page_put_chain(out, event);
	ctl_page_put_stat(out, event);
	ctl_page_put_trigger(out, event);
	ctl_page_put_top(out, event);
	ctl_page_put_host(out, event);
	if (kill)
		put_unknown(out, event);
}
