#include "event/event.h"

#include "event/schema.h"

void event_init(struct event *e, enum event_type type)
{
	/* The arena's 96 KiB need no clearing: nothing points there yet. */
	memset(e, 0, offsetof(struct event, text));
	e->arena = arena_on(e->text, sizeof(e->text));
	e->type_code = type;
	e->type = slice_cstr(event_type_name(type));
	e->version = (struct opt_u64){true, EVENT_VERSION};
}

bool event_split(struct event *e, struct slice text, char stop, uint32_t most, struct event_strings *to)
{
	struct slice rest = text;
	uint32_t parts = 1;
	for (size_t i = 0; i < text.n; i++)
		parts += text.p[i] == stop;
	uint32_t count = parts < most ? parts : most;
	*to = (struct event_strings){.item = arena_alloc(&e->arena, count * sizeof(*to->item))};
	while (to->item && to->count < count) {
		struct slice one = rest;
		if (!take_until(&rest, slice_of(&stop, 1), &one))
			rest = SLICE_NONE;
		one = arena_copy(&e->arena, one);
		if (!slice_present(one))
			break;
		to->item[to->count++] = one;
	}
	return to->count < parts;
}
