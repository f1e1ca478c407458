/* Reading events, and the few phrases that the table, the page and the report share. */
#include "ctl/value.h"

#include <limits.h>
#include <stdlib.h>

json_t *ctl_event_parse(struct slice line)
{
	/* U+0000 may stand in an argument's text only as an escape; jansson must be told that this is welcome. */
	json_t *j = json_loadb(line.p, line.n, JSON_ALLOW_NUL, NULL);
	if (j && json_is_object(j) && json_is_string(json_object_get(j, "type")))
		return j;
	json_decref(j);
	return NULL;
}

const json_t *ctl_get(const json_t *event, const char *path)
{
	char key[64];
	for (;;) {
		size_t n = strcspn(path, ".");
		if (n >= sizeof(key))
			return NULL;
		memcpy(key, path, n);
		key[n] = '\0';
		event = json_object_get(event, key);
		if (!event || path[n] == '\0')
			return event;
		path += n + 1;
	}
}

struct slice ctl_str(const json_t *event, const char *path)
{
	const json_t *j = ctl_get(event, path);
	return json_is_string(j) ? slice_of(json_string_value(j), json_string_length(j)) : SLICE_NONE;
}

/* False when it is no hex: then the readable string must do. */
static bool add_hex(struct text *t, const json_t *hex)
{
	struct slice digits = SLICE("0123456789abcdef"), s = slice_of(json_string_value(hex), json_string_length(hex));
	size_t before = t->n;
	for (size_t i = 0; i < s.n; i += 2) {
		size_t high = slice_find(digits, slice_sub(s, i, i + 1));
		size_t low = i + 1 < s.n ? slice_find(digits, slice_sub(s, i + 1, i + 2)) : SLICE_NPOS;
		if (high == SLICE_NPOS || low == SLICE_NPOS) {
			t->n = before;
			return false;
		}
		text_add(t, slice_of((char[]){(char)(high << 4 | low)}, 1));
	}
	return true;
}

void ctl_add_bytes(struct text *t, const json_t *event, const char *path)
{
	char name[80];
	struct text w = text_on(name, sizeof(name));
	text_addf(&w, "%s_hex", path);
	const json_t *hex = ctl_get(event, text_cstr(&w));
	if (!json_is_string(hex) || !add_hex(t, hex))
		text_add(t, ctl_str(event, path));
}

void ctl_add_shown(struct text *t, const json_t *event, const char *path)
{
	char bytes[8192]; /* a cgroup's path may have PATH_MAX bytes */
	struct text w = text_on(bytes, sizeof(bytes));
	ctl_add_bytes(&w, event, path);
	text_add_shown(t, text_slice(&w));
}

bool ctl_int(const json_t *event, const char *path, int64_t *out)
{
	const json_t *j = ctl_get(event, path);
	if (!json_is_integer(j))
		return false;
	*out = json_integer_value(j);
	return true;
}

bool ctl_num(const json_t *event, const char *path, uint64_t *out)
{
	int64_t v;
	if (!ctl_int(event, path, &v) || v < 0)
		return false;
	*out = (uint64_t)v;
	return true;
}

bool ctl_is(const json_t *event, const char *path, const char *value)
{
	return slice_eq(ctl_str(event, path), slice_cstr(value));
}

bool ctl_is_manual(const json_t *event)
{
	int64_t order;
	return ctl_int(event, "trigger.order", &order) && order == -1;
}

bool ctl_is_kill(const json_t *event)
{
	return ctl_is(event, "type", "oom-kill");
}

/* Of one inside of another first the outermost: it is the one that the host knows. */
static void add_container(struct text *t, const json_t *event)
{
	const json_t *outer = ctl_get(event, "identity.outer");
	outer = json_array_get(outer, json_array_size(outer) - 1);
	if (outer) {
		struct slice name = ctl_str(outer, "name");
		text_add_shown(t, slice_present(name) ? name : slice_sub(ctl_str(outer, "id"), 0, 12));
		text_add(t, SLICE("/"));
	}
	if (ctl_get(event, "identity.container.name"))
		ctl_add_shown(t, event, "identity.container.name");
	else
		text_add_shown(t, slice_sub(ctl_str(event, "identity.container.id"), 0, 12));
}

/* A session's scope or the manager of a user says less than what ran there. */
static bool is_telling(const json_t *event, struct slice unit)
{
	return slice_present(unit) && !(slice_starts(unit, SLICE("user@")) && ctl_get(event, "identity.user_unit")) &&
	       !slice_starts(unit, SLICE("session-")) && !slice_eq(unit, SLICE("init.scope"));
}

void ctl_add_whose(struct text *t, const json_t *event)
{
	static const char *const plain[] = {"identity.machine", "identity.unit", "identity.user_unit"};
	bool container = ctl_get(event, "identity.container.id") || ctl_get(event, "identity.container.name");
	if (ctl_get(event, "identity.pod.name")) {
		if (ctl_get(event, "identity.pod.namespace")) {
			ctl_add_shown(t, event, "identity.pod.namespace");
			text_add(t, SLICE("/"));
		}
		ctl_add_shown(t, event, "identity.pod.name");
		if (container) {
			text_add(t, SLICE("/"));
			add_container(t, event);
		}
		return;
	}
	if (container) {
		add_container(t, event);
		return;
	}
	for (size_t i = 0; i < ARRAY_COUNT(plain); i++)
		if (is_telling(event, ctl_str(event, plain[i]))) {
			ctl_add_shown(t, event, plain[i]);
			return;
		}
	/* A cgroup that belongs to nobody known still tells one process of that name from the next. */
	struct slice path = ctl_str(event, "cgroup.path");
	if (path.n > 1 && !ctl_get(event, "identity.unit") && !ctl_get(event, "identity.user_unit"))
		ctl_add_shown(t, event, "cgroup.path");
	else
		ctl_add_shown(t, event, "victim.comm");
}

void ctl_add_what(struct text *t, const json_t *event)
{
	size_t from = t->n;
	ctl_add_whose(t, event);
	struct slice whose = slice_sub(text_slice(t), from, t->n);
	char shown[64];
	struct text c = text_on(shown, sizeof(shown));
	ctl_add_shown(&c, event, "victim.comm");
	/* One without letters stands in brackets, as in the sentence. */
	if (ctl_get(event, "victim.comm") && !slice_trim(text_slice(&c)).n) {
		text_addf(t, " (%.*s)", (int)c.n, c.p);
		return;
	}
	/* "nginx.service nginx" says nothing more than "nginx.service". */
	if (!slice_starts(whose, text_slice(&c)) && !slice_eq(ctl_last_element(whose), text_slice(&c))) {
		text_add(t, SLICE(" "));
		text_add(t, text_slice(&c));
	}
}

void ctl_add_verdict(struct text *t, const json_t *event)
{
	bool torn = ctl_get(event, "report") && !ctl_is(event, "report", "full");
	if (ctl_get(event, "verdict.code")) {
		ctl_add_shown(t, event, "verdict.code");
	} else if (torn) {
		text_add(t, SLICE("("));
		ctl_add_shown(t, event, "report");
		text_add(t, SLICE(")"));
	}
}

bool ctl_task_rss_kb(const json_t *event, uint64_t pid, uint64_t *kb)
{
	const json_t *task;
	uint64_t v;
	size_t i;
	json_array_foreach(ctl_get(event, "tasks.top"), i, task)
	{
		if (ctl_num(task, "pid", &v) && v == pid)
			return ctl_num(task, "rss_kb", kb);
	}
	return false;
}

bool ctl_held_kb(const json_t *event, uint64_t *kb)
{
	return ctl_num(event, "victim.memory.rss_kb", kb) || ctl_num(event, "victim.memory.anon_rss_kb", kb);
}

enum ctl_limit ctl_limit_kind(const json_t *event)
{
	struct slice own = ctl_str(event, "cgroup.path"), limit = ctl_str(event, "cgroup.limit_path");
	struct slice scope = ctl_str(event, "scope");
	if (!slice_present(limit))
		return slice_present(scope) && !slice_eq(scope, SLICE("memcg")) ? CTL_LIMIT_HOST : CTL_LIMIT_UNKNOWN;
	if (!slice_present(own))
		return CTL_LIMIT_UNKNOWN;
	return slice_eq(own, limit) ? CTL_LIMIT_OWN : CTL_LIMIT_ABOVE;
}

bool ctl_limit_kb(const json_t *event, uint64_t *kb)
{
	if (ctl_limit_kind(event) == CTL_LIMIT_HOST)
		return ctl_num(event, "host_memory.total_kb", kb);
	return ctl_num(event, "cgroup.memory.limit_kb", kb);
}

void ctl_add_parents(struct text *t, const json_t *event)
{
	const json_t *parent;
	uint64_t pid;
	size_t i;
	json_array_foreach(ctl_get(event, "victim.parents"), i, parent)
	{
		text_add(t, i ? SLICE(" < ") : SLICE(""));
		ctl_add_shown(t, parent, "comm");
		if (ctl_num(parent, "pid", &pid))
			text_addf(t, " (%llu)", (unsigned long long)pid);
	}
}

void ctl_add_growth(struct text *t, const json_t *event)
{
	static const struct {
		const char *code, *words;
	} rows[] = {{"spike", "spike: at least half of it came in the last moments"},
		    {"leak", "leak: it grew all the time it was watched"},
		    {"steady", "steady: neither a leak nor a spike could be seen"}};
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
		if (ctl_is(event, "victim.growth", rows[i].code)) {
			text_add(t, slice_cstr(rows[i].words));
			return;
		}
	ctl_add_shown(t, event, "victim.growth");
}

const char *ctl_over_limit(const json_t *event)
{
	uint64_t held, limit;
	enum ctl_limit kind = ctl_limit_kind(event);
	if ((kind != CTL_LIMIT_OWN && kind != CTL_LIMIT_ABOVE) || !ctl_held_kb(event, &held) ||
	    !ctl_limit_kb(event, &limit) || held <= limit)
		return NULL;
	return "more than the limit: pages it shares, as those of its program file, may be charged to another cgroup";
}

struct slice ctl_last_element(struct slice path)
{
	size_t slash = slice_rfind(path, SLICE("/"));
	return slash == SLICE_NPOS || path.n < 2 ? path : slice_sub(path, slash + 1, path.n);
}

/* The last element of its path; a pod's is a long number that the pod's name says better. */
static void add_limit_name(struct text *t, const json_t *event)
{
	char bytes[8192];
	struct text path = text_on(bytes, sizeof(bytes));
	ctl_add_bytes(&path, event, "cgroup.limit_path");
	struct slice name = ctl_last_element(text_slice(&path));
	if (ctl_get(event, "identity.pod") &&
	    (slice_starts(name, SLICE("pod")) || slice_find(name, SLICE("-pod")) != SLICE_NPOS))
		text_add(t, SLICE("pod"));
	else
		text_add_shown(t, name);
}

void ctl_add_asked(struct text *t, const json_t *event)
{
	int64_t order;
	if (!ctl_int(event, "trigger.order", &order))
		return;
	if (order >= 0 && order < 20)
		text_addf(t, "%lld page%s", 1ll << order, order ? "s in a row" : "");
	if (order > 0 && order < 20)
		text_addf(t, " (order %lld)", (long long)order);
	if (order == -1)
		text_add(t, SLICE("nothing: somebody asked for the kill (sysrq-f)"));
}

bool ctl_zones_tell(const json_t *event)
{
	int64_t order;
	return (ctl_int(event, "trigger.order", &order) && order > 0) || ctl_is(event, "scope", "cpuset") ||
	       ctl_is(event, "scope", "mempolicy");
}

static void add_kb(struct text *t, const json_t *zone, const char *key, const char *what)
{
	uint64_t kb;
	if (!ctl_num(zone, key, &kb))
		return;
	text_add(t, t->n ? SLICE(", ") : SLICE(""));
	text_add_size_kb(t, kb);
	text_addf(t, " %s", what);
}

void ctl_add_zone(struct text *name, struct text *t, const json_t *zone)
{
	uint64_t node;
	if (ctl_num(zone, "node", &node))
		text_addf(name, "Node %llu ", (unsigned long long)node);
	ctl_add_shown(name, zone, "zone");
	add_kb(t, zone, "free_kb", "free");
	add_kb(t, zone, "largest_free_block_kb", "in one piece at most");
	add_kb(t, zone, "min_kb", "reserve");
}

void ctl_add_nodes(struct text *t, const json_t *event, const char *path)
{
	struct slice nodes = ctl_str(event, path);
	bool many = slice_find(nodes, SLICE(",")) != SLICE_NPOS || slice_find(nodes, SLICE("-")) != SLICE_NPOS;
	text_add(t, many ? SLICE("nodes ") : SLICE("node "));
	ctl_add_shown(t, event, path);
}

/* The memory that ran out, where it was not all of the host's. */
static bool add_nodes(struct text *t, const json_t *event)
{
	const char *key = ctl_is(event, "scope", "cpuset")      ? "mems_allowed"
			  : ctl_is(event, "scope", "mempolicy") ? "nodemask"
								: NULL;
	if (!key || !slice_present(ctl_str(event, key)))
		return false;
	ctl_add_nodes(t, event, key);
	return true;
}

void ctl_add_limit(struct text *t, const json_t *event)
{
	uint64_t kb;
	if (ctl_limit_kind(event) == CTL_LIMIT_HOST && add_nodes(t, event))
		return;
	bool known = ctl_limit_kb(event, &kb);
	if (known)
		text_add_size_kb(t, kb);
	switch (ctl_limit_kind(event)) {
	case CTL_LIMIT_OWN:
		text_add(t, known ? SLICE(" own") : SLICE("own"));
		break;
	case CTL_LIMIT_HOST:
		text_add(t, known ? SLICE(" host") : SLICE("host"));
		break;
	case CTL_LIMIT_ABOVE:
		text_add(t, known ? SLICE(" ") : SLICE(""));
		add_limit_name(t, event);
		break;
	case CTL_LIMIT_UNKNOWN:
		break;
	}
}

void ctl_add_command(struct text *t, const json_t *event)
{
	const json_t *args = ctl_get(event, "victim.cmdline"), *hex = ctl_get(event, "victim.cmdline_hex"), *arg;
	size_t i;
	if (!json_is_array(args) || json_array_size(args) == 0) {
		ctl_add_bytes(t, event, "victim.comm");
		return;
	}
	json_array_foreach(args, i, arg)
	{
		const json_t *exact = json_array_get(hex, i);
		if (i)
			text_add(t, SLICE(" "));
		if (json_is_string(arg) && !(json_is_string(exact) && add_hex(t, exact)))
			text_add(t, slice_of(json_string_value(arg), json_string_length(arg)));
	}
	if (json_is_true(ctl_get(event, "victim.cmdline_cut")))
		text_add(t, SLICE(" …"));
}

bool ctl_event_write(const json_t *event, bool pretty, FILE *f)
{
	size_t flags = pretty ? JSON_INDENT(2) : JSON_COMPACT;
	return json_dumpf(event, f, flags | JSON_ENCODE_ANY) == 0 && fputc('\n', f) != EOF;
}
