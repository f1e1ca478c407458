/* Cells from a block: a bump pointer for those never used, a list for those given back. */
#include "host/pool.h"

void host_pool_init(struct host_pool *p, void *storage, size_t size)
{
	size_t cells = size / sizeof(struct host_cell);
	*p = (struct host_pool){.cell = storage, .cap = cells > UINT32_MAX ? UINT32_MAX : (uint32_t)cells, .top = 1};
}

uint32_t host_pool_take(struct host_pool *p)
{
	uint32_t i = p->free;
	if (i)
		p->free = p->cell[i].next;
	else if (p->top < p->cap)
		i = p->top++;
	else
		return 0;
	p->cell[i].next = 0;
	p->used++;
	return i;
}

void host_pool_give(struct host_pool *p, uint32_t chain)
{
	while (chain) {
		uint32_t next = p->cell[chain].next;
		p->cell[chain].next = p->free;
		p->free = chain;
		p->used--;
		chain = next;
	}
}
