/*
 * Slots of equal size, not a byte ring: nothing goes round an end, and the
 * promise "at least LIMIT_RETAINED" holds for lines of any length. The price is
 * address space, not memory: pages past a line's end are untouched or given back.
 */
#include "sink/socket_ring.h"

#include "sink/socket_request.h"
#include "sink/storage.h"

#define PAGE 4096

static struct slice id_of(const struct sink_socket_ring *r, uint64_t seq)
{
	uint32_t i = seq % LIMIT_RETAINED;
	return r->slot[i].id_n ? slice_of(r->slot[i].id, r->slot[i].id_n) : SLICE_NONE;
}

bool sink_socket_ring_full(const struct sink_socket_ring *r)
{
	return r->next - r->first == LIMIT_RETAINED;
}

void sink_socket_ring_put(struct sink_socket_ring *r, struct slice id, struct slice json)
{
	uint32_t i = r->next % LIMIT_RETAINED;
	if (sink_socket_ring_full(r))
		r->first++;
	uint32_t had = r->slot[i].n;
	memcpy(r->line[i], json.p, json.n);
	r->line[i][json.n] = '\n';
	r->slot[i].n = (uint32_t)json.n + 1;
	if (had / PAGE > r->slot[i].n / PAGE)
		sink_storage_forget(r->line[i] + r->slot[i].n, SINK_SOCKET_STRIDE - r->slot[i].n);
	r->slot[i].id_n = sink_socket_request_is_id(id) ? (uint32_t)id.n : 0;
	if (r->slot[i].id_n)
		memcpy(r->slot[i].id, id.p, id.n);
	r->next++;
}

struct slice sink_socket_ring_line(const struct sink_socket_ring *r, uint64_t seq)
{
	uint32_t i = seq % LIMIT_RETAINED;
	return slice_of(r->line[i], r->slot[i].n);
}

struct slice sink_socket_ring_oldest_id(const struct sink_socket_ring *r)
{
	for (uint64_t seq = r->first; seq < r->next; seq++)
		if (slice_present(id_of(r, seq)))
			return id_of(r, seq);
	return SLICE_NONE;
}

struct slice sink_socket_ring_newest_id(const struct sink_socket_ring *r)
{
	for (uint64_t seq = r->next; seq > r->first; seq--)
		if (slice_present(id_of(r, seq - 1)))
			return id_of(r, seq - 1);
	return SLICE_NONE;
}

bool sink_socket_ring_find(const struct sink_socket_ring *r, struct slice id, uint64_t *seq)
{
	for (uint64_t s = r->first; s < r->next; s++)
		if (slice_eq(id_of(r, s), id)) {
			*seq = s;
			return true;
		}
	return false;
}
