/*
 * base/json_arena: where jansson takes its memory from.
 *
 * jansson has one allocation hook for the whole process and hands it no context
 * (json_set_alloc_funcs), so exactly one module may own it: this one. Between
 * json_arena_enter() and json_arena_leave() every byte jansson asks for comes
 * from the given arena and none goes back to the system; what does not fit
 * makes the jansson call fail as it does when malloc fails. Outside of such a
 * pair jansson uses malloc, as ever. Each thread has its own pairs.
 */
#ifndef BASE_JSON_ARENA_H
#define BASE_JSON_ARENA_H

#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"

struct json_arena {
	char *p; /* borrowed storage */
	size_t n, cap;
	size_t peak;              /* largest n so far */
	size_t last;              /* offset of the newest block: it alone can be given back */
	uint32_t refused;         /* requests that did not fit */
	struct json_arena *below; /* entered before this one and not yet left */
};

struct json_arena json_arena_on(void *storage, size_t cap) ATTR_NONNULL;

/* From here on jansson's memory is `a`, from its front; what was in it is forgotten. Pairs nest. */
void json_arena_enter(struct json_arena *a) ATTR_NONNULL;
/* The memory is as before the matching enter. No json_t made in between may be touched or released any more; a release
 * before the leave is welcome and costs nothing. */
void json_arena_leave(struct json_arena *a) ATTR_NONNULL;

#endif
