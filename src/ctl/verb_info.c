/* info: one page an event; explain: the same for a saved kernel log. */
#include "ctl/list.h"
#include "ctl/page.h"
#include "ctl/reader.h"
#include "ctl/say.h"
#include "ctl/verbs.h"

/* A saved log with more kills than this is shown as a table first. */
#define PAGES 3

struct pages {
	const struct ctl_options *options;
	struct ctl_out out;
	uint64_t shown;
	bool failed;
	/* explain without a match: a table beside the pages, which are kept back until it is known how many there are
	 */
	bool overview;
	struct ctl_list *list;
	json_t *kept; /* the first of each row */
	uint64_t kills;
};

static void print_page(struct pages *p, const json_t *event)
{
	if (p->shown++)
		fprintf(p->out.f, "\n%s\n\n", ctl_glyph(&p->out, "\xe2\x94\x80\xe2\x94\x80\xe2\x94\x80", "---"));
	ctl_page_print(&p->out, event, p->options->now_usec);
}

static bool each(void *context, const json_t *event)
{
	struct pages *p = context;
	if (p->options->json != CTL_JSON_OFF) {
		p->failed = !ctl_event_write(event, p->options->json == CTL_JSON_PRETTY, p->out.f);
		return !p->failed;
	}
	if (!p->overview) {
		print_page(p, event);
		return true;
	}
	size_t rows = ctl_list_rows(p->list);
	p->kills++;
	p->failed = !ctl_list_add(p->list, event);
	if (ctl_list_rows(p->list) > rows && rows < PAGES)
		json_array_append_new(p->kept, json_deep_copy(event));
	return !p->failed;
}

int ctl_verb_info(const struct ctl_options *o)
{
	struct ctl_options newest = *o;
	struct pages p = {.options = o};
	struct ctl_match m;
	int rc = ctl_query(o, o->args, o->arg_count, &m);
	if (rc)
		return rc;
	/* As coredumpctl: without a word, the newest. */
	if (m.count == 0 && !o->has_lines && !o->has_since && !o->has_until) {
		newest.has_lines = true;
		newest.lines = 1;
	}
	ctl_out_open(&p.out, o);
	rc = ctl_each(&newest, &m, NULL, each, &p);
	return ctl_out_close(&p.out) && !p.failed ? rc : 1;
}

static void print_overview(struct pages *p)
{
	const json_t *event;
	size_t i;
	if (p->kills > 1)
		ctl_list_print(p->list, &p->out);
	if (ctl_list_rows(p->list) > PAGES) {
		fprintf(p->out.f, "\n%s%llu events. A PID or a name behind the file shows one in full.%s\n",
			ctl_style(&p->out, CTL_DIM), (unsigned long long)p->kills, ctl_style(&p->out, CTL_PLAIN));
		return;
	}
	if (p->kills > 1)
		fputc('\n', p->out.f);
	json_array_foreach(p->kept, i, event) print_page(p, event);
}

int ctl_verb_explain(const struct ctl_options *o)
{
	struct pages p = {.options = o};
	struct ctl_match m;
	if (o->arg_count < 1)
		return ctl_usage("explain needs a file, or - for standard input");
	if (o->directory || o->root || o->socket || o->file)
		return ctl_usage(
		    "explain reads the file it is given; --directory, --file, --root and --socket do not belong to it");
	int rc = ctl_query(o, o->args + 1, o->arg_count - 1, &m);
	if (rc)
		return rc;
	ctl_out_open(&p.out, o);
	p.overview = m.count == 0;
	p.list = ctl_list_new(p.out.width);
	p.kept = json_array();
	if (!p.list || !p.kept) {
		ctl_say("out of memory");
		rc = 1;
	} else {
		rc = ctl_each(o, &m, o->args[0], each, &p);
	}
	if (rc == 0 && p.overview && o->json == CTL_JSON_OFF)
		print_overview(&p);
	ctl_list_free(p.list);
	json_decref(p.kept);
	return ctl_out_close(&p.out) && !p.failed ? rc : 1;
}
