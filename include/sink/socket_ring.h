/*
 * sink/socket_ring: the last LIMIT_RETAINED event lines, each under a sequence
 * number that never repeats. Clients hold numbers, not copies. Pure memory.
 */
#ifndef SINK_SOCKET_RING_H
#define SINK_SOCKET_RING_H

#include <stdalign.h>

#include "base/limits.h"
#include "base/slice.h"

/* A line with its newline, and room up to a page's border, so that a page belongs to one line only. */
#define SINK_SOCKET_LINE (LIMIT_EVENT_JSON + 1)
#define SINK_SOCKET_STRIDE (LIMIT_EVENT_JSON + 4096)
#define SINK_SOCKET_ID 64

/* Zeroed storage is an empty ring; it must begin at a page (sink_storage_map()). */
struct sink_socket_ring {
	uint64_t first, next; /* retained are the numbers first … next - 1 */
	struct {
		uint32_t n;
		uint32_t id_n; /* 0: the event has no id */
		char id[SINK_SOCKET_ID];
	} slot[LIMIT_RETAINED];
	alignas(4096) char line[LIMIT_RETAINED][SINK_SOCKET_STRIDE];
};

/* Whether the oldest line goes when another is put. */
bool sink_socket_ring_full(const struct sink_socket_ring *r) ATTR_NONNULL ATTR_PURE;
/* Retains `json` and its newline; json.n <= LIMIT_EVENT_JSON. An id that is none by its letters is kept as absent. */
void sink_socket_ring_put(struct sink_socket_ring *r, struct slice id, struct slice json) ATTR_NONNULL;
/* The line with its newline; `seq` must be retained. Valid until it is overwritten. */
struct slice sink_socket_ring_line(const struct sink_socket_ring *r, uint64_t seq) ATTR_NONNULL;
/* Ids of the oldest and newest retained events that have one; SLICE_NONE when there is none. */
struct slice sink_socket_ring_oldest_id(const struct sink_socket_ring *r) ATTR_NONNULL;
struct slice sink_socket_ring_newest_id(const struct sink_socket_ring *r) ATTR_NONNULL;
/* The oldest retained event of that id: should two share one, a client rather gets the second again than never. */
bool sink_socket_ring_find(const struct sink_socket_ring *r, struct slice id,
			   uint64_t *seq) ATTR_MUST_CHECK ATTR_NONNULL;

#endif
