/*
 * The rules are those of systemd 252 (unit_name_is_valid, cg_path_decode_unit,
 * cg_path_get_unit, skip_user_manager, skip_session; the same since 209, capsules
 * since 256): what journald writes into _SYSTEMD_UNIT= is what comes out here.
 */
#include "host/unit.h"

#define UNIT_NAME_LONGEST 255

static const struct slice unit_types[] = {
    SLICE("service"), SLICE("scope"),  SLICE("slice"),     SLICE("socket"), SLICE("mount"), SLICE("swap"),
    SLICE("target"),  SLICE("device"), SLICE("automount"), SLICE("timer"),  SLICE("path"),
};

static bool is_alphanumeric(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_unit_char(char c)
{
	return is_alphanumeric(c) || c == ':' || c == '-' || c == '_' || c == '.' || c == '\\' || c == '@';
}

static bool is_unit_type(struct slice s)
{
	for (size_t i = 0; i < ARRAY_COUNT(unit_types); i++)
		if (slice_eq(s, unit_types[i]))
			return true;
	return false;
}

bool host_unit_is_name(struct slice name)
{
	struct slice type = name, stem, prefix;
	if (name.n > UNIT_NAME_LONGEST || !take_until_last(&type, SLICE("."), &stem) || stem.n == 0 ||
	    !is_unit_type(type))
		return false;
	for (size_t i = 0; i < stem.n; i++)
		if (!is_unit_char(stem.p[i]))
			return false;
	/* "a@.service" is a template: nothing runs under that name. */
	return !take_until(&stem, SLICE("@"), &prefix) || (prefix.n > 0 && stem.n > 0);
}

/* cg_escape puts a '_' before a name that the kernel could mean. */
static struct slice without_escape(struct slice element)
{
	return slice_starts(element, SLICE("_")) ? slice_sub(element, 1, element.n) : element;
}

void host_unit_step(struct host_unit_walk *w, struct slice element)
{
	struct slice name = without_escape(element);
	bool valid = host_unit_is_name(name), slice = slice_ends(name, SLICE(".slice"));
	if (w->done)
		return;
	/* A slice is never an instance; "a@b.slice" is neither slice nor unit of a process. */
	if (valid && slice && slice_find(name, SLICE("@")) == SLICE_NPOS) {
		w->slice = name;
		return;
	}
	w->done = true;
	if (valid && !slice)
		w->unit = name;
}

/* As parse_uid: no sign, no leading zero, not the two "no user" values. */
static bool to_uid(struct slice s, uint32_t *uid)
{
	uint64_t v;
	if (!slice_to_u64(s, &v) || (s.n > 1 && s.p[0] == '0') || v >= UINT32_MAX || v == UINT16_MAX)
		return false;
	*uid = (uint32_t)v;
	return true;
}

static bool between(struct slice s, struct slice prefix, struct slice suffix, struct slice *middle)
{
	if (s.n <= prefix.n + suffix.n || !slice_starts(s, prefix) || !slice_ends(s, suffix))
		return false;
	*middle = slice_sub(s, prefix.n, s.n - suffix.n);
	return true;
}

bool host_unit_is_user_manager(struct slice element, uint32_t *uid)
{
	struct slice middle;
	if (between(element, SLICE("user@"), SLICE(".service"), &middle))
		return to_uid(middle, uid);
	if (!between(element, SLICE("capsule@"), SLICE(".service"), &middle) || !host_unit_is_name(element))
		return false;
	*uid = HOST_UNIT_NO_UID;
	return true;
}

bool host_unit_is_session(struct slice element, struct slice *id)
{
	struct slice middle;
	if (!between(element, SLICE("session-"), SLICE(".scope"), &middle))
		return false;
	for (size_t i = 0; i < middle.n; i++)
		if (!is_alphanumeric(middle.p[i]))
			return false;
	*id = middle;
	return true;
}

bool host_unit_is_user_slice(struct slice element, uint32_t *uid)
{
	struct slice middle;
	return between(element, SLICE("user-"), SLICE(".slice"), &middle) && to_uid(middle, uid);
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool host_unit_unescape(struct slice s, struct text *out)
{
	struct slice plain;
	while (take_until(&s, SLICE("\\x"), &plain)) {
		int high = s.n >= 2 ? hex_value(s.p[0]) : -1;
		int low = s.n >= 2 ? hex_value(s.p[1]) : -1;
		if (high < 0 || low < 0 || slice_find(plain, SLICE("\\")) != SLICE_NPOS)
			return false;
		char byte = (char)(high << 4 | low);
		text_add(out, plain);
		text_add(out, slice_of(&byte, 1));
		s = slice_sub(s, 2, s.n);
	}
	text_add(out, s);
	return slice_find(s, SLICE("\\")) == SLICE_NPOS && !out->cut;
}
