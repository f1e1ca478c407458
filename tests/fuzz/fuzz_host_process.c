/*
 * host/process: any bytes as stat, status and cgroup. A fact is only there with its bit, strings lie in the text, and
 * what stands in a process's name never becomes one of its numbers.
 */
#include <stdlib.h>

#include "host/process.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool true_for_any_input)
{
	if (!true_for_any_input)
		abort();
}

static bool inside(struct slice part, struct slice whole)
{
	return !part.p || (part.p >= whole.p && part.p + part.n <= whole.p + whole.n);
}

static void check_form(struct slice text, const struct host_process *p)
{
	must(inside(p->comm, text) && inside(p->ns_pid, text));
	must((p->have & HOST_HAVE_PPID) || p->ppid == 0);
	must((p->have & HOST_HAVE_TGID) || p->tgid == 0);
	must((p->have & HOST_HAVE_UID) || p->uid == 0);
	must((p->have & HOST_HAVE_RSS) || p->rss_kb == 0);
	must((p->have & HOST_HAVE_START) || p->start_ticks == 0);
	must(p->ppid >= 0 && p->tgid >= 0);
	must(!p->exiting || p->dying);
}

static void check_stat(struct slice text)
{
	struct host_process p = {0};
	if (!host_parse_stat(text, &p)) {
		must(p.have == 0 && !p.comm.p);
		return;
	}
	check_form(text, &p);
	must(p.comm.p && p.comm.p[p.comm.n] == ')');
}

/* The kernel prints any name as it is: the numbers behind it must come out the same. */
static void check_name(struct slice name)
{
	struct slice head = SLICE("7 ("), tail = SLICE(") S 42 7 7 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 9001 0\n");
	size_t n = head.n + name.n + tail.n;
	char *text = malloc(n);
	struct host_process p = {0};
	must(text);
	memcpy(text, head.p, head.n);
	if (name.n)
		memcpy(text + head.n, name.p, name.n);
	memcpy(text + head.n + name.n, tail.p, tail.n);
	must(host_parse_stat(slice_of(text, n), &p));
	must(p.comm.n == name.n && (name.n == 0 || memcmp(p.comm.p, name.p, name.n) == 0));
	must(p.state == 'S' && p.ppid == 42 && p.start_ticks == 9001 && !p.dying);
	free(text);
}

static void check_cgroup(struct slice text)
{
	struct slice alive, dying;
	bool deleted, deleted_dying;
	bool known = host_parse_cgroup(text, false, &alive, &deleted);
	must(known == host_parse_cgroup(text, true, &dying, &deleted_dying));
	must(known == slice_present(alive) && deleted == deleted_dying);
	must(!slice_present(dying) || slice_eq(alive, dying));
	must(!slice_present(alive) || slice_present(dying) || slice_eq(alive, SLICE("/")));
	must(!slice_present(alive) || inside(alive, text));
	must(slice_find(alive, SLICE("\n")) == SLICE_NPOS);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = slice_of((const char *)data, size);
	struct host_process p = {0};
	check_stat(text);
	check_name(text);
	host_parse_status(text, &p);
	check_form(text, &p);
	check_cgroup(text);
	return 0;
}
