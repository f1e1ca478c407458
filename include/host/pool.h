/*
 * host/pool: 64-byte cells handed out from one block that never grows. Strings
 * and histories of the flight recorder are chains of cells, so there is one
 * ceiling for both and nothing to fragment. Cells not yet used are not touched:
 * on lazily mapped memory the resident size follows use.
 */
#ifndef HOST_POOL_H
#define HOST_POOL_H

#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"

#define HOST_CELL_SIZE 64
#define HOST_CELL_DATA (HOST_CELL_SIZE - sizeof(uint32_t))

struct host_cell {
	uint32_t next; /* the chain's, or the free list's; 0 ends it */
	uint8_t data[HOST_CELL_DATA];
};

struct host_pool {
	struct host_cell *cell; /* borrowed; [0] is never handed out */
	uint32_t cap, top;      /* cells, cells ever touched */
	uint32_t free;          /* list of given-back cells */
	uint32_t used;
};

void host_pool_init(struct host_pool *p, void *storage, size_t size) ATTR_NONNULL;
/* A cell with next == 0 and unspecified data, or 0 when there is none. */
uint32_t host_pool_take(struct host_pool *p) ATTR_MUST_CHECK ATTR_NONNULL;
/* Gives back a whole chain; 0 is an empty one. */
void host_pool_give(struct host_pool *p, uint32_t chain) ATTR_NONNULL;

static inline uint32_t host_pool_left(const struct host_pool *p)
{
	return p->cap > p->used + 1 ? p->cap - 1 - p->used : 0;
}

#endif
