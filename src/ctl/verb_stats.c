/* stats: who is killed most, when, and why. */
#include <limits.h>

#include "base/log.h"
#include "ctl/out.h"
#include "ctl/reader.h"
#include "ctl/tally.h"
#include "ctl/verbs.h"
#include "ctl/when.h"

#define STEPS 24

static bool each(void *context, const json_t *event)
{
	return ctl_tally_add(context, event);
}

static uint64_t rows_to_show(const struct ctl_options *o)
{
	return o->has_lines ? o->lines : 10;
}

static void print_list(const struct ctl_out *out, const struct ctl_tally *t, enum ctl_tally_by by, uint64_t rows)
{
	const struct ctl_tally_list *l = &t->by[by];
	size_t room = out->width == INT_MAX ? 48 : (size_t)(out->width > 56 ? out->width - 40 : 16);
	if (l->count == 0)
		return;
	fprintf(out->f, "\n%sBy %s%s\n", ctl_style(out, CTL_BOLD), ctl_tally_name(by), ctl_style(out, CTL_PLAIN));
	for (size_t i = 0; i < l->count && i < rows; i++) {
		fprintf(out->f, "  %7llu  ", (unsigned long long)l->row[i].kills);
		struct slice name = slice_cstr(l->row[i].name);
		/* a process may have no name at all, or blanks for one */
		ctl_put_fitted(out, slice_trim(name).n ? name : SLICE("(blank)"), room < 48 ? room : 48, 1);
		fputs("  ", out->f);
		ctl_put_bar(out, l->row[i].kills, t->kills, 20, CTL_BLUE);
		fputc('\n', out->f);
	}
	if (l->count > rows)
		fprintf(out->f, "  %s%9s%llu more%s\n", ctl_style(out, CTL_DIM), "",
			(unsigned long long)(l->count - rows), ctl_style(out, CTL_PLAIN));
}

static void print_time(const struct ctl_out *out, const struct ctl_tally *t)
{
	uint64_t steps[STEPS], from, step, max = 0;
	size_t count = ctl_tally_over_time(t, steps, STEPS, &from, &step);
	for (size_t i = 0; i < count; i++)
		max = steps[i] > max ? steps[i] : max;
	if (count < 2)
		return;
	char s[64];
	struct text span = text_on(s, sizeof(s));
	ctl_when_add_span(&span, step);
	fprintf(out->f, "\n%sOver time%s, a row is %s\n", ctl_style(out, CTL_BOLD), ctl_style(out, CTL_PLAIN),
		text_cstr(&span));
	for (size_t i = 0; i < count; i++) {
		struct text w = text_on(s, sizeof(s));
		ctl_when_add(&w, from + i * step * 1000000, false);
		fprintf(out->f, "  %.16s  %5llu  ", text_cstr(&w), (unsigned long long)steps[i]);
		ctl_put_bar(out, steps[i], max, 30, CTL_BLUE);
		fputc('\n', out->f);
	}
}

static void print(const struct ctl_out *out, const struct ctl_options *o, const struct ctl_tally *t)
{
	char s[256];
	struct text w = text_on(s, sizeof(s));
	text_addf(&w, "%llu kill%s", (unsigned long long)t->kills, t->kills == 1 ? "" : "s");
	fprintf(out->f, "%s%s%s", ctl_style(out, CTL_BOLD), text_cstr(&w), ctl_style(out, CTL_PLAIN));
	size_t at = w.n;
	w = text_on(s, sizeof(s));
	if (t->dated) {
		text_add(&w, SLICE(", "));
		if (t->first_usec != t->last_usec) {
			ctl_when_add(&w, t->first_usec, false);
			text_add(&w, SLICE(" to "));
		}
		ctl_when_add(&w, t->last_usec, true);
	}
	if (t->groups)
		text_addf(&w, "; %llu decision%s killed several processes at once", (unsigned long long)t->groups,
			  t->groups == 1 ? "" : "s");
	ctl_put_wrapped(out, text_slice(&w), at, 0);
	fputc('\n', out->f);
	if (t->lost)
		fprintf(out->f, "%s%llu record%s of the kernel log lost%s\n", ctl_style(out, CTL_YELLOW),
			(unsigned long long)t->lost, t->lost == 1 ? "" : "s", ctl_style(out, CTL_PLAIN));
	if (t->unseen)
		fprintf(out->f, "%s%llu kill%s counted by the kernel but not seen%s\n", ctl_style(out, CTL_YELLOW),
			(unsigned long long)t->unseen, t->unseen == 1 ? "" : "s", ctl_style(out, CTL_PLAIN));
	for (int by = 0; by < CTL_BY_COUNT; by++)
		print_list(out, t, (enum ctl_tally_by)by, rows_to_show(o));
	print_time(out, t);
}

static json_t *as_json(const struct ctl_options *o, const struct ctl_tally *t)
{
	json_t *j = json_pack("{sIsI}", "kills", (json_int_t)t->kills, "groups", (json_int_t)t->groups);
	json_t *lists = json_object();
	if (t->dated)
		json_object_update_new(j, json_pack("{sIsI}", "first_usec", (json_int_t)t->first_usec, "last_usec",
						    (json_int_t)t->last_usec));
	if (t->lost)
		json_object_set_new(j, "records_lost", json_integer((json_int_t)t->lost));
	if (t->unseen)
		json_object_set_new(j, "kills_unseen", json_integer((json_int_t)t->unseen));
	for (int by = 0; by < CTL_BY_COUNT; by++) {
		const struct ctl_tally_list *l = &t->by[by];
		json_t *rows = json_array();
		for (size_t i = 0; i < l->count && (!o->has_lines || i < o->lines); i++)
			json_array_append_new(
			    rows, json_pack("{sssI}", "name", l->row[i].name, "kills", (json_int_t)l->row[i].kills));
		json_object_set_new(lists, ctl_tally_name((enum ctl_tally_by)by), rows);
	}
	json_object_set_new(j, "by", lists);
	uint64_t steps[STEPS], from, step;
	size_t count = ctl_tally_over_time(t, steps, STEPS, &from, &step);
	json_t *rows = json_array();
	for (size_t i = 0; i < count; i++)
		json_array_append_new(rows, json_pack("{sIsIsI}", "from_usec", (json_int_t)(from + i * step * 1000000),
						      "seconds", (json_int_t)step, "kills", (json_int_t)steps[i]));
	json_object_set_new(j, "over_time", rows);
	return j;
}

int ctl_verb_stats(const struct ctl_options *o)
{
	struct ctl_options all = *o;
	struct ctl_tally t = {0};
	struct ctl_match m;
	struct ctl_out out;
	int rc = ctl_query(o, o->args, o->arg_count, &m);
	if (rc)
		return rc;
	all.has_lines = false; /* here -n is the rows of each list, not the events looked at */
	ctl_out_open(&out, o);
	rc = ctl_each(&all, &m, NULL, each, &t);
	if (rc == 0) {
		ctl_tally_sort(&t);
		if (o->json == CTL_JSON_OFF) {
			print(&out, o, &t);
		} else {
			json_t *j = as_json(o, &t);
			ctl_event_write(j, o->json == CTL_JSON_PRETTY, out.f);
			json_decref(j);
		}
	}
	ctl_tally_free(&t);
	return ctl_out_close(&out) ? rc : 1;
}
