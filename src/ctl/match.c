/* Words of the command line against events. See the header for the rules. */
#include "ctl/match.h"

#include "event/schema.h"

/* journald's own fields that an event can answer as well. */
static const struct {
	const char *field, *path;
} journal_fields[] = {
    {"MESSAGE", "summary"},
    {"_HOSTNAME", "host.name"},
    {"_MACHINE_ID", "host.machine_id"},
    {"_BOOT_ID", "boot_id"},
};

static bool has_unit_suffix(struct slice s)
{
	static const char *const suffix[] = {".service", ".scope", ".slice", ".socket", ".mount", ".swap"};
	for (size_t i = 0; i < ARRAY_COUNT(suffix); i++)
		if (slice_ends(s, slice_cstr(suffix[i])))
			return true;
	return false;
}

static bool is_field_name(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!(s.p[i] == '_' || (s.p[i] >= 'A' && s.p[i] <= 'Z') || (s.p[i] >= '0' && s.p[i] <= '9')))
			return false;
	return s.n > 0;
}

static bool is_key_path(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!(s.p[i] == '_' || s.p[i] == '.' || (s.p[i] >= 'a' && s.p[i] <= 'z') ||
		      (s.p[i] >= '0' && s.p[i] <= '9')))
			return false;
	return s.n > 0 && s.n < 128;
}

static bool parse_word(struct slice word, struct ctl_term *t)
{
	struct slice value = word, key;
	uint64_t number;
	if (take_until(&value, SLICE("="), &key)) {
		t->key = key;
		t->value = value;
		t->kind = is_field_name(key) ? CTL_TERM_FIELD : CTL_TERM_PATH;
		return t->kind == CTL_TERM_FIELD || is_key_path(key);
	}
	t->value = word;
	t->kind = slice_to_u64(word, &number)      ? CTL_TERM_PID
		  : slice_starts(word, SLICE("/")) ? CTL_TERM_EXE
		  : has_unit_suffix(word)          ? CTL_TERM_UNIT
						   : CTL_TERM_NAME;
	return word.n > 0;
}

const char *ctl_match_parse(struct ctl_match *m, char *const *words, int count)
{
	*m = (struct ctl_match){0};
	if (count > CTL_TERMS)
		return "too many matches";
	for (int i = 0; i < count; i++)
		if (!parse_word(slice_cstr(words[i]), &m->term[m->count++]))
			return "not a PID, name, unit, path or FIELD=VALUE";
	return NULL;
}

static bool equals(const json_t *event, const char *path, struct slice value)
{
	const json_t *j = ctl_get(event, path);
	int64_t number;
	if (json_is_string(j))
		return slice_eq(slice_of(json_string_value(j), json_string_length(j)), value);
	if (json_is_integer(j))
		return slice_to_i64(value, &number) && number == json_integer_value(j);
	return json_is_true(j) && (slice_eq(value, SLICE("true")) || slice_eq(value, SLICE("1")));
}

static bool equals_any(const json_t *event, const char *const *paths, size_t count, struct slice value)
{
	for (size_t i = 0; i < count; i++)
		if (equals(event, paths[i], value))
			return true;
	return false;
}

/* The front of a container's id is enough, as its tools print it. */
static bool is_id(struct slice id, struct slice value)
{
	return slice_eq(id, value) || (value.n >= 8 && slice_starts(id, value));
}

static bool match_outer(const json_t *event, struct slice value)
{
	const json_t *outer;
	size_t i;
	json_array_foreach(ctl_get(event, "identity.outer"), i,
			   outer) if (slice_eq(ctl_str(outer, "name"), value) ||
				      is_id(ctl_str(outer, "id"), value)) return true;
	return false;
}

static bool match_name(const json_t *event, struct slice value)
{
	static const char *const names[] = {"victim.comm",           "identity.container.name",
					    "identity.container.id", "identity.pod.name",
					    "identity.pod.uid",      "identity.machine",
					    "identity.user_unit",    "identity.compose.service",
					    "identity.unit",         "id"};
	struct slice id = ctl_str(event, "identity.container.id"), unit = ctl_str(event, "identity.unit");
	struct slice user_unit = ctl_str(event, "identity.user_unit"), exe = ctl_str(event, "victim.exe");
	struct slice rest;
	if (equals_any(event, names, ARRAY_COUNT(names), value))
		return true;
	/* "nginx" for nginx.service, as systemctl takes it. */
	rest = unit;
	if (take_literal(&rest, value) && slice_eq(rest, SLICE(".service")))
		return true;
	rest = user_unit;
	if (take_literal(&rest, value) && slice_eq(rest, SLICE(".service")))
		return true;
	/* The kernel's name is cut at 15 bytes; the executable's is not. */
	if (value.n > 15 && slice_eq(ctl_last_element(exe), value))
		return true;
	struct slice ns = ctl_str(event, "identity.pod.namespace"), pod = ctl_str(event, "identity.pod.name");
	rest = value;
	if (slice_present(ns) && slice_present(pod) && take_literal(&rest, ns) && take_literal(&rest, SLICE("/")) &&
	    slice_eq(rest, pod))
		return true;
	return is_id(id, value) || match_outer(event, value);
}

static bool match_field(const json_t *event, struct slice field, struct slice value)
{
	for (size_t i = 0; i < ARRAY_COUNT(journal_fields); i++)
		if (slice_eq(field, slice_cstr(journal_fields[i].field)))
			return equals(event, journal_fields[i].path, value);
	if (slice_eq(field, SLICE("MESSAGE_ID"))) {
		for (int type = 0; type < EVENT_TYPES; type++)
			if (slice_eq(value, slice_cstr(event_message_id(type))))
				return ctl_is(event, "type", event_type_name(type));
		return false;
	}
	for (const struct event_field *f = event_schema(); f->path; f++) {
		struct slice names = slice_cstr(f->journal), name;
		while (take_word(&names, &name))
			if (slice_eq(name, field)) {
				if (f->kind != EVENT_STRINGS)
					return equals(event, f->path, value);
				char joined[LIMIT_CMDLINE + 64];
				struct text t = text_on(joined, sizeof(joined));
				ctl_add_command(&t, event);
				return ctl_get(event, f->path) && slice_eq(text_slice(&t), value);
			}
	}
	return false;
}

static bool match_term(const struct ctl_match *m, const struct ctl_term *t, const json_t *event)
{
	static const char *const pids[] = {"victim.pid", "victim.tgid", "victim.comm"};
	static const char *const units[] = {"identity.unit", "identity.user_unit", "identity.slice",
					    "identity.user_slice"};
	static const char *const paths[] = {"victim.exe", "cgroup.path", "cgroup.limit_path"};
	char path[128];
	switch (t->kind) {
	case CTL_TERM_PID:
		return equals_any(event, pids, ARRAY_COUNT(pids), t->value);
	case CTL_TERM_NAME:
		return match_name(event, t->value);
	case CTL_TERM_UNIT:
		return equals_any(event, units, ARRAY_COUNT(units), t->value);
	case CTL_TERM_EXE:
		return equals_any(event, paths, ARRAY_COUNT(paths), t->value);
	case CTL_TERM_FIELD:
		return m->fields_done || match_field(event, t->key, t->value);
	case CTL_TERM_PATH:
		memcpy(path, t->key.p, t->key.n);
		path[t->key.n] = '\0';
		return equals(event, path, t->value);
	}
	return false;
}

bool ctl_match_same_subject(const struct ctl_term *a, const struct ctl_term *b)
{
	if (a->kind == CTL_TERM_FIELD || a->kind == CTL_TERM_PATH)
		return a->kind == b->kind && slice_eq(a->key, b->key);
	bool a_name = a->kind == CTL_TERM_NAME || a->kind == CTL_TERM_UNIT || a->kind == CTL_TERM_EXE;
	bool b_name = b->kind == CTL_TERM_NAME || b->kind == CTL_TERM_UNIT || b->kind == CTL_TERM_EXE;
	return a->kind == b->kind || (a_name && b_name);
}

/* The same text in JSON and in a field of the journal, and no other text reads as it. */
static bool is_plain(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < '!' || s.p[i] > '~')
			return false;
	return s.n > 0 && s.n <= 4096; /* PATH_MAX */
}

const char *const *ctl_match_fields(const struct ctl_term *t)
{
	static const char *const pid[] = {"OOM_PID", "OOM_TGID", "OOM_COMM", NULL};
	static const char *const exe[] = {"OOM_EXE", "OOM_CGROUP", "OOM_LIMIT_CGROUP", NULL};
	/* A user's slice has no field of its own. */
	static const char *const unit[] = {"OOM_UNIT", "OBJECT_SYSTEMD_USER_UNIT", NULL};
	if (!is_plain(t->value))
		return NULL;
	switch (t->kind) {
	case CTL_TERM_PID: /* "042" is 42 */
		return slice_starts(t->value, SLICE("0")) ? NULL : pid;
	case CTL_TERM_EXE:
		return exe;
	case CTL_TERM_UNIT:
		return slice_ends(t->value, SLICE(".slice")) ? NULL : unit;
	case CTL_TERM_NAME:
	case CTL_TERM_FIELD:
	case CTL_TERM_PATH:
		break;
	}
	return NULL;
}

/* A value stands in the JSON as it is, unless JSON has an escape for a byte of it, or it is put together from parts. */
static bool text_holds(const struct ctl_term *t, struct slice json)
{
	if (t->kind == CTL_TERM_FIELD || t->kind == CTL_TERM_PATH)
		return true;
	if (t->kind == CTL_TERM_PID && slice_starts(t->value, SLICE("0"))) /* "042" is 42 */
		return true;
	for (size_t i = 0; i < t->value.n; i++) {
		unsigned char c = (unsigned char)t->value.p[i];
		if (c <= ' ' || c > '~' || c == '"' || c == '\\' || (c == '/' && t->kind != CTL_TERM_EXE))
			return true;
	}
	return slice_find(json, t->value) != SLICE_NPOS;
}

bool ctl_match_text(const struct ctl_match *m, struct slice json)
{
	for (uint32_t i = 0; i < m->count; i++) {
		bool any = false;
		for (uint32_t j = 0; j < m->count && !any; j++)
			any = ctl_match_same_subject(&m->term[i], &m->term[j]) && text_holds(&m->term[j], json);
		if (!any)
			return false;
	}
	return true;
}

static bool in_time(const struct ctl_match *m, const json_t *event)
{
	uint64_t usec;
	if (!m->has_since && !m->has_until)
		return true;
	if (!ctl_num(event, "realtime_usec", &usec))
		return false;
	return (!m->has_since || usec >= m->since_usec) && (!m->has_until || usec <= m->until_usec);
}

bool ctl_match_event(const struct ctl_match *m, const json_t *event)
{
	if (!in_time(m, event))
		return false;
	for (uint32_t i = 0; i < m->count; i++) {
		bool any = false;
		for (uint32_t j = 0; j < m->count && !any; j++)
			any = ctl_match_same_subject(&m->term[i], &m->term[j]) && match_term(m, &m->term[j], event);
		if (!any)
			return false;
	}
	return true;
}
