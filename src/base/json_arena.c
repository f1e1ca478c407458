/*
 * jansson calls malloc_fn(size) and free_fn(ptr) with nothing beside, so the
 * arena in use has to be known to whoever calls: each thread has its own. Once
 * hooked jansson stays so, since another thread may be in the midst of it. These
 * are the program's only writable objects at file scope.
 *
 * A bump allocator is enough: a tree is built, looked at and forgotten whole.
 * Only the newest block is really given back, which is what jansson's lexer
 * does most (a token's buffer, freed before the next token).
 */
#include "base/json_arena.h"

#include <jansson.h>
#include <pthread.h>
#include <stdalign.h>
#include <stdlib.h>

static _Thread_local struct json_arena *in_use;
static pthread_once_t once = PTHREAD_ONCE_INIT;

struct json_arena json_arena_on(void *storage, size_t cap)
{
	return (struct json_arena){.p = storage, .cap = cap};
}

static void *take(size_t size)
{
	struct json_arena *a = in_use;
	if (!a)
		return malloc(size);
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
	if (!a)
		free(block);
	else if (block && (char *)block == a->p + a->last)
		a->n = a->last;
}

static void hook(void)
{
	json_set_alloc_funcs(take, give_back);
}

void json_arena_enter(struct json_arena *a)
{
	a->n = 0;
	a->last = a->cap;
	a->below = in_use;
	in_use = a;
	pthread_once(&once, hook);
}

void json_arena_leave(struct json_arena *a)
{
	in_use = a->below;
	a->below = NULL;
}
