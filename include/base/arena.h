/*
 * base/arena: a fixed block that strings are copied into, for values that own
 * their text. Nothing is freed singly; arena_reset() forgets all.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/slice.h"

struct arena {
	char *p; /* borrowed storage */
	size_t n, cap;
	uint32_t refused; /* copies that did not fit: they came back as SLICE_NONE */
};

struct arena arena_on(void *storage, size_t cap) ATTR_NONNULL;
void arena_reset(struct arena *a) ATTR_NONNULL;
/* A copy with a NUL behind it (not counted in the slice). An absent slice stays absent. SLICE_NONE when it does not
 * fit. */
struct slice arena_copy(struct arena *a, struct slice s) ATTR_NONNULL;
/* `size` zeroed bytes aligned for any object, or NULL. */
void *arena_alloc(struct arena *a, size_t size) ATTR_NONNULL;

#endif
