#include "base/arena.h"

#include <stdalign.h>

struct arena arena_on(void *storage, size_t cap)
{
	return (struct arena){.p = storage, .cap = cap};
}

void arena_reset(struct arena *a)
{
	a->n = 0;
	a->refused = 0;
}

struct slice arena_copy(struct arena *a, struct slice s)
{
	if (!s.p)
		return s;
	if (s.n >= a->cap - a->n) {
		a->refused++;
		return SLICE_NONE;
	}
	char *to = a->p + a->n;
	if (s.n)
		memcpy(to, s.p, s.n);
	to[s.n] = '\0';
	a->n += s.n + 1;
	return slice_of(to, s.n);
}

void *arena_alloc(struct arena *a, size_t size)
{
	size_t pad = -(uintptr_t)(a->p + a->n) & (alignof(max_align_t) - 1);
	if (size > a->cap || pad + size > a->cap - a->n) {
		a->refused++;
		return NULL;
	}
	void *to = a->p + a->n + pad;
	a->n += pad + size;
	return memset(to, 0, size);
}
