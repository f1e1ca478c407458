/*
 * jansson calls malloc_fn(size) and free_fn(ptr) with nothing beside, so the
 * arena in use has to be known to the whole process: the one pointer below is
 * the program's only writable object at file scope. The program has one thread.
 *
 * A bump allocator is enough: a tree is built, looked at and forgotten whole.
 * Only the newest block is really given back, which is what jansson's lexer
 * does most (a token's buffer, freed before the next token).
 */
#include "base/json_arena.h"

#include <jansson.h>
#include <stdalign.h>
#include <stdlib.h>

static struct json_arena *in_use;

struct json_arena json_arena_on(void *storage, size_t cap)
{
	return (struct json_arena){.p = storage, .cap = cap};
}

static void *take(size_t size)
{
	struct json_arena *a = in_use;
	size_t pad = -(uintptr_t)(a->p + a->n) & (alignof(max_align_t) - 1);
	if (size > a->cap || pad + size > a->cap - a->n) {
		a->refused++;
		return NULL;
	}
	a->last = a->n + pad;
	a->n = a->last + size;
	if (a->n > a->peak)
		a->peak = a->n;
	return a->p + a->last;
}

static void give_back(void *block)
{
	struct json_arena *a = in_use;
	if (block && (char *)block == a->p + a->last)
		a->n = a->last;
}

void json_arena_enter(struct json_arena *a)
{
	a->n = 0;
	a->last = a->cap;
	a->below = in_use;
	in_use = a;
	json_set_alloc_funcs(take, give_back);
}

void json_arena_leave(struct json_arena *a)
{
	in_use = a->below;
	a->below = NULL;
	if (in_use)
		json_set_alloc_funcs(take, give_back);
	else
		json_set_alloc_funcs(malloc, free);
}
