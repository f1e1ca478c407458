/*
 * host/intern: equal strings are kept once, with a count of who holds them.
 * Pure: storage is given, nothing is allocated.
 *
 * The bytes come from processes, so the hash is keyed (SipHash-1-3): nobody can
 * choose names that fall into one bucket. A reference is a number, 0 = absent;
 * an empty string is not absent and has a number.
 */
#ifndef HOST_INTERN_H
#define HOST_INTERN_H

#include "base/slice.h"
#include "host/pool.h"

#define HOST_INTERN_MAX 8192 /* bytes of one string; a longer one is refused */

struct host_intern {
	struct host_pool *pool; /* borrowed */
	uint32_t *bucket;       /* borrowed, zeroed */
	uint32_t buckets;       /* a power of two */
	uint64_t key[2];
	uint32_t strings;
	uint32_t fresh_first, fresh_last; /* see host_intern_watch */
	uint32_t fresh_cells;             /* of the strings in the queue */
	uint64_t fresh_refused;           /* strings for which it had no room */
};

/* `bucket` is `buckets` zeroed numbers; `buckets` is a power of two. */
void host_intern_init(struct host_intern *in, struct host_pool *pool, uint32_t *bucket, uint32_t buckets,
		      const uint64_t key[2]) ATTR_NONNULL;

/* A reference to the string with these bytes, held once more. 0: `s` is absent, too long, or the pool is empty. */
uint32_t host_intern_hold(struct host_intern *in, struct slice s) ATTR_MUST_CHECK ATTR_NONNULL;
/* Holds `ref` once more; returns it. 0 stays 0. */
uint32_t host_intern_share(struct host_intern *in, uint32_t ref) ATTR_NONNULL;
void host_intern_drop(struct host_intern *in, uint32_t ref) ATTR_NONNULL;

bool host_intern_equals(const struct host_intern *in, uint32_t ref, struct slice s) ATTR_NONNULL;
size_t host_intern_size(const struct host_intern *in, uint32_t ref) ATTR_NONNULL;
/* Cells of the pool that a string of `n` bytes takes. */
uint32_t host_intern_cells(size_t n);
/* The bytes, copied to `to`, at most `cap` of them. SLICE_NONE for 0. */
struct slice host_intern_copy(const struct host_intern *in, uint32_t ref, char *to, size_t cap) ATTR_NONNULL;

/* A number of the caller's beside the string; 0 until set. It is forgotten with the string's last holder. */
void host_intern_note(struct host_intern *in, uint32_t ref, uint32_t note) ATTR_NONNULL;
uint32_t host_intern_noted(const struct host_intern *in, uint32_t ref) ATTR_NONNULL;

/* The queue below holds strings of this part of the pool at most: others need the rest. */
#define HOST_INTERN_FRESH_SHARE 8
/*
 * Puts `ref` at the end of a queue of strings to be looked at, unless it waits there already or there is no room for
 * it; the queue holds it too.
 * host_intern_fresh() takes the first one out: the caller holds it then and must drop it. 0: the queue is empty.
 */
void host_intern_watch(struct host_intern *in, uint32_t ref) ATTR_NONNULL;
uint32_t host_intern_fresh(struct host_intern *in) ATTR_MUST_CHECK ATTR_NONNULL;

#endif
