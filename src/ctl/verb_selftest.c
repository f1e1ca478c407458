/*
 * selftest: one real kill in a cgroup of our own, seen through the running
 * daemon: what arrived, how soon, what was known about the process, and what to
 * mend where something is missing.
 */
#include <errno.h>
#include <poll.h>
#include <time.h>
#include <unistd.h>

#include "ctl/cell.h"
#include "ctl/out.h"
#include "ctl/reader.h"
#include "ctl/say.h"
#include "ctl/signals.h"
#include "ctl/verbs.h"

#define ARRIVAL_MS 10000
#define JOURNAL_MS 3000

static int64_t now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

struct check {
	const char *name;
	bool ok, required;
	char detail[200];
};

struct test {
	const struct ctl_options *options;
	struct ctl_out out;
	struct ctl_cell cell;
	pid_t victim;
	int64_t dead_ms, arrived_ms;
	json_t *event;
	struct check check[16];
	size_t checks;
};

static void check(struct test *t, const char *name, bool ok, bool required, struct slice detail)
{
	struct check *c = &t->check[t->checks++];
	struct text d = text_on(c->detail, sizeof(c->detail));
	c->name = name;
	c->ok = ok;
	c->required = required;
	text_add_shown(&d, detail);
	text_cstr(&d);
}

/* Waits for the event of our own process. */
static bool wait_for_event(struct test *t, struct ctl_reader *r)
{
	int64_t deadline = now_ms() + ARRIVAL_MS;
	json_t *event;
	uint64_t pid;
	for (;;) {
		while (r->next(r, &event) == CTL_NEXT_EVENT) {
			if (ctl_is_kill(event) && ctl_num(event, "victim.pid", &pid) && pid == (uint64_t)t->victim) {
				t->arrived_ms = now_ms();
				t->event = event;
				return true;
			}
			json_decref(event);
		}
		int64_t left = deadline - now_ms();
		if (left <= 0 || r->fd < 0 || ctl_poll(r->fd, POLLIN, left) < 0)
			return false;
	}
}

static bool found(void *context, const json_t *event)
{
	(void)event;
	*(bool *)context = true;
	return false;
}

/* Is the event in the journal as well? */
static bool in_journal(const struct test *t)
{
	struct ctl_options o = {.quiet = true};
	struct ctl_match m = {0};
	char id[160];
	struct text w = text_on(id, sizeof(id));
	text_add(&w, SLICE("OOM_ID="));
	text_add(&w, ctl_str(t->event, "id"));
	text_cstr(&w);
	char *words[] = {id};
	int64_t deadline = now_ms() + JOURNAL_MS;
	for (;;) {
		bool yes = false;
		if (ctl_match_parse(&m, words, 1) || ctl_each(&o, &m, NULL, found, &yes) == 2)
			return false;
		if (yes || now_ms() >= deadline || ctl_interrupted())
			return yes;
		ctl_poll(-1, 0, 100);
	}
}

static void judge(struct test *t)
{
	char s[128];
	struct text w = text_on(s, sizeof(s));
	const json_t *e = t->event;
	check(t, "event arrived", e != NULL, true, SLICE_NONE);
	if (!e)
		return;
	text_addf(&w, "%lld ms after the process was dead", (long long)(t->arrived_ms - t->dead_ms));
	check(t, "in time", t->arrived_ms - t->dead_ms < 1000, false, text_slice(&w));
	check(t, "name", ctl_is(e, "victim.comm", CTL_CELL_COMM), true, ctl_str(e, "victim.comm"));
	struct slice limit = ctl_str(e, "cgroup.limit_path"), path = ctl_str(e, "cgroup.path");
	check(t, "report", ctl_is(e, "report", "full"), false, ctl_str(e, "report"));
	check(t, "limit's cgroup", slice_eq(ctl_last_element(limit), slice_cstr(t->cell.name)), false, limit);
	check(t, "victim's cgroup", slice_eq(ctl_last_element(path), slice_cstr(t->cell.name)), true, path);
	char command[512];
	w = text_on(command, sizeof(command));
	if (ctl_get(e, "victim.cmdline"))
		ctl_add_command(&w, e);
	check(t, "command line", ctl_get(e, "victim.cmdline") != NULL, false, text_slice(&w));
	check(t, "executable", ctl_get(e, "victim.exe") != NULL, false, ctl_str(e, "victim.exe"));
	w = text_on(command, sizeof(command));
	ctl_add_parents(&w, e);
	check(t, "parents", w.n > 0, false, text_slice(&w));
	check(t, "verdict", ctl_is(e, "verdict.code", "cgroup-limit"), false, ctl_str(e, "verdict.code"));
	check(t, "in the journal", in_journal(t), false, SLICE_NONE);
}

static const char *cure(const struct check *c)
{
	static const struct {
		const char *name, *cure;
	} cures[] = {
	    {"event arrived",
	     "is it oomwatchd's own socket, and can the daemon read /dev/kmsg? See: journalctl -u oomwatchd"},
	    {"report", "the kernel printed no report: it allows ten in five seconds"},
	    {"command line",
	     "the daemon does not hear of new processes (CAP_NET_ADMIN for the process connector), or runs with "
	     "--cmdline=none"},
	    {"executable", "the daemon may not look at other users' processes: CAP_SYS_PTRACE"},
	    {"in the journal", "is journald running, and the daemon without --journal=no?"},
	};
	for (size_t i = 0; i < ARRAY_COUNT(cures); i++)
		if (strcmp(cures[i].name, c->name) == 0)
			return cures[i].cure;
	return NULL;
}

static bool passed(const struct test *t)
{
	for (size_t i = 0; i < t->checks; i++)
		if (t->check[i].required && !t->check[i].ok)
			return false;
	return true;
}

/* The column of what was seen. */
#define DETAIL 25

static void print(const struct test *t)
{
	const struct ctl_out *out = &t->out;
	for (size_t i = 0; i < t->checks; i++) {
		const struct check *c = &t->check[i];
		enum ctl_style style = c->ok ? CTL_GREEN : c->required ? CTL_RED : CTL_YELLOW;
		fprintf(out->f, "%s%-7s%s %-16s ", ctl_style(out, style),
			c->ok         ? "ok"
			: c->required ? "FAILED"
				      : "missing",
			ctl_style(out, CTL_PLAIN), c->name);
		ctl_put_wrapped(out, slice_cstr(c->detail), DETAIL, DETAIL);
		fputc('\n', out->f);
		if (!c->ok && cure(c)) {
			fprintf(out->f, "%*s", DETAIL, "");
			ctl_put_wrapped(out, slice_cstr(cure(c)), DETAIL, DETAIL);
			fputc('\n', out->f);
		}
	}
	fprintf(out->f, "\n%s%s%s\n", ctl_style(out, CTL_BOLD),
		passed(t) ? "oomwatchd works." : "oomwatchd does not see kills.", ctl_style(out, CTL_PLAIN));
}

static void print_json(const struct test *t)
{
	json_t *checks = json_array(), *j = json_object();
	for (size_t i = 0; i < t->checks; i++)
		json_array_append_new(checks,
				      json_pack("{sssbsbss}", "name", t->check[i].name, "ok", t->check[i].ok,
						"required", t->check[i].required, "detail", t->check[i].detail));
	json_object_set_new(j, "ok", json_boolean(passed(t)));
	json_object_set_new(j, "checks", checks);
	if (t->event) {
		json_object_set_new(j, "milliseconds", json_integer(t->arrived_ms - t->dead_ms));
		json_object_set(j, "event", t->event);
	}
	ctl_event_write(j, t->options->json == CTL_JSON_PRETTY, t->out.f);
	json_decref(j);
}

static int fail(struct test *t, int error)
{
	const struct ctl_cell *c = &t->cell;
	if (error == -ENOMEM)
		ctl_say("the cgroup's limit did not hold: the process was not killed");
	else
		ctl_say("%s: %s%s%s", c->step, strerror(-error), c->cure ? ": " : "", c->cure ? c->cure : "");
	return 1;
}

static int run(struct test *t)
{
	struct ctl_reader *r = NULL;
	int rc = ctl_reader_socket(t->options->socket ? t->options->socket : CTL_SOCKET, 0, true, &r);
	if (rc)
		return rc;
	json_t *early;
	enum ctl_next greeting = r->next(r, &early); /* nothing of ours can be there yet */
	if (greeting == CTL_NEXT_EVENT)
		json_decref(early);
	if (greeting == CTL_NEXT_FAILED) {
		r->close(r);
		return 1;
	}
	int error = ctl_cell_make(&t->cell);
	if (!error) {
		/* A process this short-lived would be unfair to a recorder that is asleep. */
		ctl_poll(-1, 0, 200);
		t->victim = t->cell.pid;
		error = ctl_cell_run(&t->cell);
		t->dead_ms = now_ms();
	}
	if (error) {
		rc = fail(t, error);
	} else {
		wait_for_event(t, r);
		judge(t);
		if (t->options->json == CTL_JSON_OFF)
			print(t);
		else
			print_json(t);
		rc = passed(t) ? 0 : 1;
	}
	r->close(r);
	error = ctl_cell_remove(&t->cell);
	if (error)
		ctl_say("%s could not be removed: %s", t->cell.path, strerror(-error));
	return rc;
}

int ctl_verb_selftest(const struct ctl_options *o)
{
	struct ctl_options plain = *o;
	struct test t = {.options = o};
	if (geteuid() != 0) {
		ctl_say("selftest makes a memory cgroup: it must be run as root");
		return 1;
	}
	plain.no_pager = true;
	ctl_out_open(&t.out, &plain);
	ctl_catch_signals();
	int rc = run(&t);
	json_decref(t.event);
	return ctl_out_close(&t.out) ? rc : 1;
}
