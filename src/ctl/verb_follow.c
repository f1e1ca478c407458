/* follow: events as they happen, from the daemon's socket, or from the journal where that cannot be reached. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/limits.h"
#include "ctl/list.h"
#include "ctl/reader.h"
#include "ctl/runner.h"
#include "ctl/say.h"
#include "ctl/signals.h"
#include "ctl/verbs.h"

static bool show(const struct ctl_options *o, const struct ctl_out *out, const json_t *event)
{
	char s[4096];
	struct text t = text_on(s, sizeof(s));
	if (o->json != CTL_JSON_OFF) {
		if (!ctl_event_write(event, o->json == CTL_JSON_PRETTY, out->f))
			return false;
	} else {
		ctl_list_add_time(&t, event, false);
		size_t at = t.n + 2;
		fprintf(out->f, "%s%s%s  ", ctl_style(out, CTL_DIM), text_cstr(&t), ctl_style(out, CTL_PLAIN));
		t = text_on(s, sizeof(s));
		ctl_add_shown(&t, event, "summary");
		fputs(ctl_style(out, ctl_is_kill(event) ? CTL_BOLD : CTL_YELLOW), out->f);
		ctl_put_wrapped(out, text_slice(&t), at, at);
		fprintf(out->f, "%s\n", ctl_style(out, CTL_PLAIN));
		t = text_on(s, sizeof(s));
		ctl_add_shown(&t, event, "verdict.text");
		if (t.n) {
			fputs("    ", out->f);
			ctl_put_wrapped(out, text_slice(&t), 4, 4);
			fputc('\n', out->f);
		}
	}
	return fflush(out->f) == 0;
}

static void run(const struct ctl_options *o, const json_t *event)
{
	char *json = json_dumps(event, JSON_COMPACT);
	if (json)
		ctl_runner_run(o->exec, slice_cstr(json));
	free(json);
}

/* The journal will do as well, but nothing comes there while no daemon runs. */
static void say_why_journal(const struct ctl_options *o)
{
	if (o->quiet)
		return;
	if (errno == EACCES)
		ctl_say("following the journal: " CTL_SOCKET " is for root and the group oomwatch");
	else
		ctl_say("following the journal: oomwatchd is not running (no " CTL_SOCKET "): "
			"systemctl start oomwatchd");
}

static int open_live(const struct ctl_options *o, struct ctl_match *m, struct ctl_reader **r)
{
	uint64_t replay = o->has_lines ? o->lines : 0;
	bool elsewhere = o->directory || o->root || o->file;
	if (o->file) {
		int rc = ctl_reader_file(o->file, false, r);
		if (rc || *r)
			return rc;
	}
	if (o->socket || (!elsewhere && access(CTL_SOCKET, R_OK | W_OK) == 0))
		return ctl_reader_socket(o->socket ? o->socket : CTL_SOCKET, replay, true, r);
	if (!elsewhere)
		say_why_journal(o);
	return ctl_reader_journal(o, m, CTL_OLDEST_FIRST, true, r);
}

int ctl_verb_follow(const struct ctl_options *o)
{
	struct ctl_options plain = *o;
	struct ctl_reader *r = NULL;
	struct ctl_match m;
	struct ctl_out out;
	json_t *event;
	enum ctl_next next = CTL_NEXT_END;
	bool ok = true;
	int rc = ctl_query(o, o->args, o->arg_count, &m);
	if (!rc)
		rc = open_live(o, &m, &r);
	if (rc)
		return rc;
	plain.no_pager = true;
	ctl_out_open(&out, &plain);
	ctl_catch_signals();
	while (ok && !ctl_interrupted()) {
		next = r->next(r, &event);
		if (next == CTL_NEXT_EVENT) {
			if (ctl_match_event(&m, event)) {
				ok = show(o, &out, event);
				if (ok && o->exec)
					run(o, event);
			}
			json_decref(event);
		} else if (next == CTL_NEXT_FAILED || !r->wait || !r->wait(r)) {
			break;
		}
	}
	bool ended = !ctl_interrupted() && r->wait && ok;
	rc = r->close(r);
	if (!ctl_out_close(&out))
		return 1;
	return rc ? rc : next == CTL_NEXT_FAILED || ended;
}
