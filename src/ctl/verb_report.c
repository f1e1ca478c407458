/* report: the page of one or many kills as an HTML file. */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl/html.h"
#include "ctl/out.h"
#include "ctl/reader.h"
#include "ctl/say.h"
#include "ctl/verbs.h"

/* Events shown in full; older ones stay in the table. */
#define SECTIONS 200

struct report {
	struct ctl_tally tally;
	json_t *events; /* array of all */
};

static bool each(void *context, const json_t *event)
{
	struct report *r = context;
	return ctl_tally_add(&r->tally, event) && json_array_append_new(r->events, json_deep_copy(event)) == 0;
}

static void write_page(FILE *f, const struct ctl_options *o, const struct report *r)
{
	const json_t *event;
	size_t i, count = json_array_size(r->events), skipped = count > SECTIONS ? count - SECTIONS : 0;
	char title[256];
	struct text t = text_on(title, sizeof(title));
	struct slice host = SLICE_NONE;
	json_array_foreach(r->events, i, event) if (!slice_present(host)) host = ctl_str(event, "host.name");
	text_add(&t, slice_present(host) ? SLICE("OOM kills on ") : SLICE("OOM kills"));
	text_add(&t, host);
	ctl_html_begin(f, text_cstr(&t));
	ctl_html_overview(f, &r->tally);
	if (count > 1) {
		ctl_html_table_begin(f);
		json_array_foreach(r->events, i, event)
		    ctl_html_table_row(f, event, i < skipped ? 0 : (unsigned)(i - skipped + 1));
		ctl_html_table_end(f);
	}
	if (skipped)
		fprintf(f, "<p class=\"dim\">In full below: the newest %d.</p>\n", SECTIONS);
	json_array_foreach(r->events, i, event) if (i >= skipped)
	    ctl_html_section(f, event, (unsigned)(i - skipped + 1));
	ctl_html_end(f, o->now_usec);
}

/* Written beside the file and renamed: a reader never sees half a page. */
static int write_file(const struct ctl_options *o, const struct report *r)
{
	char temporary[4096];
	if (snprintf(temporary, sizeof(temporary), "%s.XXXXXX", o->output) >= (int)sizeof(temporary)) {
		ctl_say("%s: %s", o->output, strerror(ENAMETOOLONG));
		return 1;
	}
	int fd = mkstemp(temporary);
	FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;
	bool ok = f != NULL;
	if (ok) {
		mode_t mask = umask(0);
		umask(mask);
		write_page(f, o, r);
		ok = fchmod(fd, 0666 & ~mask) == 0 && fflush(f) == 0 && !ferror(f);
		ok = fclose(f) == 0 && ok;
		ok = ok && rename(temporary, o->output) == 0;
	}
	if (ok)
		return 0;
	ctl_say("%s: %s", o->output, strerror(errno));
	if (fd >= 0)
		unlink(temporary);
	return 1;
}

static int write_json(const struct ctl_options *o, const struct report *r)
{
	const json_t *event;
	size_t i;
	FILE *f = o->output ? fopen(o->output, "we") : stdout;
	bool ok = f != NULL;
	for (i = 0; ok && i < json_array_size(r->events); i++) {
		event = json_array_get(r->events, i);
		ok = ctl_event_write(event, o->json == CTL_JSON_PRETTY, f);
	}
	ok = ok && fflush(f) == 0;
	if (!ok)
		ctl_say("%s: %s", o->output ? o->output : "stdout", strerror(errno));
	if (f && f != stdout)
		fclose(f);
	return ok ? 0 : 1;
}

int ctl_verb_report(const struct ctl_options *o)
{
	struct report r = {.events = json_array()};
	struct ctl_match m;
	int rc = ctl_query(o, o->args, o->arg_count, &m);
	if (rc)
		return rc;
	if (!o->output && o->json == CTL_JSON_OFF && isatty(STDOUT_FILENO)) {
		json_decref(r.events);
		return ctl_usage("report writes HTML: give --output=FILE, or a pipe");
	}
	rc = ctl_each(o, &m, NULL, each, &r);
	if (rc == 0 && o->json != CTL_JSON_OFF) {
		rc = write_json(o, &r);
	} else if (rc == 0 && o->output && strcmp(o->output, "-") != 0) {
		rc = write_file(o, &r);
	} else if (rc == 0) {
		write_page(stdout, o, &r);
		rc = fflush(stdout) == 0 ? 0 : 1;
	}
	ctl_tally_free(&r.tally);
	json_decref(r.events);
	return rc;
}
