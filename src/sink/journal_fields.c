/*
 * The fields are read off event_schema(): a row that names journald fields is
 * sent under each of its names, so that the table stays the one list.
 *
 * OBJECT_PID is refused even if a row should name it: journald looks that pid up
 * in /proc when it reads the message (server.c dispatch_message_real, the
 * object_pid branch), and the victim's pid is dead or somebody else's by then.
 *
 * PRIORITY: a kill is err, the level at which the kernel prints it
 * (__oom_kill_process, pr_err), so that `journalctl -p err` shows what the kernel
 * said and what it means together. Everything else is a warning: nothing died.
 */
#include "sink/journal_fields.h"

#include "event/schema.h"

static bool fits(const struct text *t, size_t n)
{
	return n < t->cap - t->n;
}

/* One field, or nothing of it when it does not fit. */
static bool add_field(struct text *t, struct slice name, struct slice value)
{
	bool one_line = slice_find(value, SLICE("\n")) == SLICE_NPOS;
	size_t need = name.n + value.n + 2 + (one_line ? 0 : 8);
	if (!fits(t, need))
		return false;
	text_add(t, name);
	if (one_line) {
		text_add(t, SLICE("="));
	} else {
		char le[8];
		for (unsigned i = 0; i < sizeof(le); i++)
			le[i] = (char)((uint64_t)value.n >> (8 * i));
		text_add(t, SLICE("\n"));
		text_add(t, slice_of(le, sizeof(le)));
	}
	text_add(t, value);
	text_add(t, SLICE("\n"));
	return true;
}

static struct slice joined(const struct event_strings *list, struct text *scratch)
{
	for (uint32_t i = 0; i < list->count; i++) {
		if (i)
			text_add(scratch, SLICE(" "));
		text_add(scratch, list->item[i]);
	}
	return text_slice(scratch);
}

/* The row's value as text, SLICE_NONE when the event has none. */
static struct slice value_of(const struct event *e, const struct event_field *row, struct text *scratch)
{
	const void *at = (const char *)e + row->offset;
	switch (row->kind) {
	case EVENT_STR:
		return *(const struct slice *)at;
	case EVENT_U64: {
		const struct opt_u64 *n = at;
		if (!n->set)
			return SLICE_NONE;
		text_addf(scratch, "%llu", (unsigned long long)n->v);
		return text_slice(scratch);
	}
	case EVENT_I64: {
		const struct opt_i64 *n = at;
		if (!n->set)
			return SLICE_NONE;
		text_addf(scratch, "%lld", (long long)n->v);
		return text_slice(scratch);
	}
	case EVENT_TRUE:
		return *(const bool *)at ? SLICE("1") : SLICE_NONE;
	case EVENT_STRINGS: {
		const struct event_strings *list = at;
		return list->count ? joined(list, scratch) : SLICE_NONE;
	}
	case EVENT_LIST:
	case EVENT_MAP:
	case EVENT_LEFT_OUT:
		break; /* have no flat form; OOM_EVENT carries them */
	}
	return SLICE_NONE;
}

/* Written by hand below, or never to be sent. */
static bool is_reserved(struct slice name)
{
	static const char *const reserved[] = {"MESSAGE",           "MESSAGE_ID", "PRIORITY",
					       "SYSLOG_IDENTIFIER", "OOM_EVENT",  "OBJECT_PID"};
	for (size_t i = 0; i < ARRAY_COUNT(reserved); i++)
		if (slice_eq(name, slice_cstr(reserved[i])))
			return true;
	return false;
}

static uint32_t add_row(const struct event *e, const struct event_field *row, struct text *to)
{
	char storage[LIMIT_CMDLINE + LIMIT_CMDLINE_ARGS + 1];
	struct text scratch = text_on(storage, sizeof(storage));
	struct slice value = value_of(e, row, &scratch);
	if (!slice_present(value))
		return 0;
	uint32_t left_out = 0;
	struct slice names = slice_cstr(row->journal), name;
	while (take_word(&names, &name))
		if (!is_reserved(name) && !add_field(to, name, value))
			left_out++;
	return left_out;
}

uint32_t sink_journal_fields(const struct sink_message *m, struct text *to)
{
	const struct event *e = m->event;
	struct slice message = slice_present(e->summary) ? e->summary : slice_cstr(event_type_name(e->type_code));
	uint32_t left_out = 0;
	left_out += !add_field(to, SLICE("MESSAGE"), message);
	left_out += !add_field(to, SLICE("MESSAGE_ID"), slice_cstr(event_message_id(e->type_code)));
	left_out += !add_field(to, SLICE("PRIORITY"), e->type_code == EVENT_OOM_KILL ? SLICE("3") : SLICE("4"));
	left_out += !add_field(to, SLICE("SYSLOG_IDENTIFIER"), SLICE("oomwatchd"));
	left_out += !add_field(to, SLICE("OOM_EVENT"), m->json);
	for (const struct event_field *row = event_schema(); row->path; row++)
		if (row->journal)
			left_out += add_row(e, row, to);
	return left_out;
}
