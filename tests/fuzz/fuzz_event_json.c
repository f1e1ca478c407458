/*
 * event/json: whatever bytes an event's strings hold, and however many and long they are, the line is JSON that loads,
 * within its bound, and the same the second time. Every byte of the input that is used up goes into some member.
 */
#include <jansson.h>
#include <stdlib.h>

#include "event/json.h"
#include "event/schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	const uint8_t *p;
	size_t n;
};

static void must(bool true_for_any_input)
{
	if (!true_for_any_input)
		abort();
}

static uint64_t next_number(struct input *in)
{
	uint64_t v = 0;
	for (size_t i = 0; i < sizeof(v) && in->n; i++, in->p++, in->n--)
		v = v << 8 | *in->p;
	return v;
}

static uint8_t next_byte(struct input *in)
{
	if (!in->n)
		return 0;
	in->n--;
	return *in->p++;
}

/* A run of the input, repeated: long strings must not need long inputs. */
static struct slice next_string(struct input *in, struct arena *arena)
{
	size_t n = next_byte(in), times = 1;
	if (n == 0)
		return SLICE_NONE;
	if (n > 250) {
		times = (size_t)next_byte(in) * 64;
		n = 8;
	}
	n = n < in->n ? n : in->n;
	char *to = arena_alloc(arena, n * times + 1);
	if (!to)
		return SLICE_NONE;
	for (size_t i = 0; i < times; i++)
		memcpy(to + i * n, in->p, n);
	in->p += n;
	in->n -= n;
	return slice_of(to, n * times);
}

static struct slice some(struct slice s)
{
	return slice_present(s) ? s : SLICE("");
}

static void fill(struct input *in, struct arena *arena, char *base, const struct event_field *f)
{
	void *at = base + f->offset;
	struct event_strings *strings = at;
	struct event_stat *stat = at;
	uint32_t count;
	switch (f->kind) {
	case EVENT_U64:
		*(struct opt_u64 *)at = (struct opt_u64){next_byte(in) & 1, next_number(in)};
		break;
	case EVENT_I64:
		*(struct opt_i64 *)at = (struct opt_i64){next_byte(in) & 1, (int64_t)next_number(in)};
		break;
	case EVENT_STR:
		*(struct slice *)at = next_string(in, arena);
		break;
	case EVENT_TRUE:
		*(bool *)at = next_byte(in) & 1;
		break;
	case EVENT_STRINGS:
		count = next_byte(in) % (LIMIT_CMDLINE_ARGS + 1);
		strings->item = arena_alloc(arena, (count + 1) * sizeof(*strings->item));
		for (; strings->item && strings->count < count; strings->count++)
			strings->item[strings->count] = some(next_string(in, arena));
		break;
	case EVENT_LIST:
		count = next_byte(in) % (LIMIT_OUTER + 1); /* the shortest list's bound */
		memcpy(base + f->count_offset, &count, sizeof(count));
		for (uint32_t i = 0; i < count; i++)
			for (const struct event_field *item = f->items; item->path; item++)
				fill(in, arena, (char *)at + i * f->stride, item);
		break;
	case EVENT_MAP:
		count = next_byte(in) % (EVENT_STATS + 1);
		memcpy(base + f->count_offset, &count, sizeof(count));
		for (uint32_t i = 0; i < count; i++)
			stat[i] = (struct event_stat){some(next_string(in, arena)), next_number(in)};
		break;
	case EVENT_LEFT_OUT:
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct event *e;
	static struct event_json *encoder;
	static char first[LIMIT_EVENT_JSON];
	struct input in = {data, size};
	if (!e) {
		void *storage = malloc(event_json_size());
		e = malloc(sizeof(*e));
		must(e && storage);
		encoder = event_json_init(storage);
	}
	event_init(e, (enum event_type)(next_byte(&in) % EVENT_TYPES));
	for (const struct event_field *f = event_schema(); f->path; f++)
		fill(&in, &e->arena, (char *)e, f);

	struct slice line = event_json_encode(encoder, e);
	must(line.n >= 2 && line.n <= LIMIT_EVENT_JSON && !memchr(line.p, '\n', line.n));
	size_t n = line.n;
	memcpy(first, line.p, n);
	json_t *root = json_loadb(first, n, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
	must(json_is_object(root));
	json_decref(root);
	line = event_json_encode(encoder, e);
	must(slice_eq(line, slice_of(first, n)));
	return 0;
}
