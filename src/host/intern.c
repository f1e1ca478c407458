/*
 * A string is a chain of cells. The first cell carries the head, so short
 * strings (a cgroup path, a program's name) take one cell or two.
 *
 * SipHash-1-3 after Aumasson and Bernstein's description.
 */
#include "host/intern.h"

struct head {
	uint32_t bucket_next, fresh_next, holders, note;
	uint64_t hash;
	uint16_t size;
	bool watched;
};

#define HEAD_SIZE sizeof(struct head)
#define FIRST_DATA (HOST_CELL_DATA - HEAD_SIZE)

static struct head head_of(const struct host_intern *in, uint32_t ref)
{
	struct head h;
	memcpy(&h, in->pool->cell[ref].data, sizeof(h));
	return h;
}

static void set_head(struct host_intern *in, uint32_t ref, const struct head *h)
{
	memcpy(in->pool->cell[ref].data, h, sizeof(*h));
}

static uint64_t rotate(uint64_t v, int by)
{
	return v << by | v >> (64 - by);
}

static void sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = rotate(v[1], 13) ^ v[0];
	v[0] = rotate(v[0], 32);
	v[2] += v[3];
	v[3] = rotate(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = rotate(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = rotate(v[1], 17) ^ v[2];
	v[2] = rotate(v[2], 32);
}

static uint64_t hash_of(const uint64_t key[2], struct slice s)
{
	uint64_t v[4] = {key[0] ^ 0x736f6d6570736575, key[1] ^ 0x646f72616e646f6d, key[0] ^ 0x6c7967656e657261,
			 key[1] ^ 0x7465646279746573};
	uint64_t word, last = (uint64_t)s.n << 56;
	size_t i = 0;
	for (; i + 8 <= s.n; i += 8) {
		memcpy(&word, s.p + i, 8);
		v[3] ^= word;
		sip_round(v);
		v[0] ^= word;
	}
	for (int shift = 0; i < s.n; i++, shift += 8)
		last |= (uint64_t)(unsigned char)s.p[i] << shift;
	v[3] ^= last;
	sip_round(v);
	v[0] ^= last;
	v[2] ^= 0xff;
	for (int n = 0; n < 3; n++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

void host_intern_init(struct host_intern *in, struct host_pool *pool, uint32_t *bucket, uint32_t buckets,
		      const uint64_t key[2])
{
	*in = (struct host_intern){.pool = pool, .bucket = bucket, .buckets = buckets, .key = {key[0], key[1]}};
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

bool host_intern_equals(const struct host_intern *in, uint32_t ref, struct slice s)
{
	if (!ref || !s.p)
		return !ref && !s.p;
	if (head_of(in, ref).size != s.n)
		return false;
	size_t at = smaller(s.n, FIRST_DATA);
	if (memcmp(in->pool->cell[ref].data + HEAD_SIZE, s.p, at))
		return false;
	for (uint32_t i = in->pool->cell[ref].next; at < s.n; i = in->pool->cell[i].next) {
		size_t n = smaller(s.n - at, HOST_CELL_DATA);
		if (memcmp(in->pool->cell[i].data, s.p + at, n))
			return false;
		at += n;
	}
	return true;
}

struct slice host_intern_copy(const struct host_intern *in, uint32_t ref, char *to, size_t cap)
{
	if (!ref)
		return SLICE_NONE;
	size_t size = smaller(head_of(in, ref).size, cap), at = smaller(size, FIRST_DATA);
	memcpy(to, in->pool->cell[ref].data + HEAD_SIZE, at);
	for (uint32_t i = in->pool->cell[ref].next; at < size; i = in->pool->cell[i].next) {
		size_t n = smaller(size - at, HOST_CELL_DATA);
		memcpy(to + at, in->pool->cell[i].data, n);
		at += n;
	}
	return slice_of(to, size);
}

size_t host_intern_size(const struct host_intern *in, uint32_t ref)
{
	return ref ? head_of(in, ref).size : 0;
}

static uint32_t find(const struct host_intern *in, uint64_t hash, struct slice s)
{
	for (uint32_t i = in->bucket[hash & (in->buckets - 1)]; i;) {
		struct head h = head_of(in, i);
		if (h.hash == hash && host_intern_equals(in, i, s))
			return i;
		i = h.bucket_next;
	}
	return 0;
}

uint32_t host_intern_cells(size_t n)
{
	size_t rest = n > FIRST_DATA ? n - FIRST_DATA : 0;
	return (uint32_t)((rest + HOST_CELL_DATA - 1) / HOST_CELL_DATA + 1);
}

/* The chain of cells for `s`, without its head; 0 when the pool cannot hold it. */
static uint32_t store(struct host_pool *pool, struct slice s)
{
	if (host_intern_cells(s.n) > host_pool_left(pool))
		return 0;
	uint32_t first = host_pool_take(pool);
	if (!first)
		return 0;
	size_t at = smaller(s.n, FIRST_DATA);
	memcpy(pool->cell[first].data + HEAD_SIZE, s.p, at);
	for (uint32_t last = first; at < s.n; last = pool->cell[last].next) {
		uint32_t i = host_pool_take(pool);
		pool->cell[last].next = i;
		if (!i) {
			host_pool_give(pool, first);
			return 0;
		}
		size_t n = smaller(s.n - at, HOST_CELL_DATA);
		memcpy(pool->cell[i].data, s.p + at, n);
		at += n;
	}
	return first;
}

uint32_t host_intern_hold(struct host_intern *in, struct slice s)
{
	if (!s.p || s.n > HOST_INTERN_MAX)
		return 0;
	uint64_t hash = hash_of(in->key, s);
	uint32_t ref = find(in, hash, s);
	if (ref)
		return host_intern_share(in, ref);
	ref = store(in->pool, s);
	if (!ref)
		return 0;
	uint32_t *bucket = &in->bucket[hash & (in->buckets - 1)];
	struct head h = {.bucket_next = *bucket, .holders = 1, .hash = hash, .size = (uint16_t)s.n};
	set_head(in, ref, &h);
	*bucket = ref;
	in->strings++;
	return ref;
}

uint32_t host_intern_share(struct host_intern *in, uint32_t ref)
{
	if (ref) {
		struct head h = head_of(in, ref);
		h.holders++;
		set_head(in, ref, &h);
	}
	return ref;
}

static void unlink_from_bucket(struct host_intern *in, uint32_t ref, const struct head *h)
{
	uint32_t *bucket = &in->bucket[h->hash & (in->buckets - 1)];
	if (*bucket == ref) {
		*bucket = h->bucket_next;
		return;
	}
	for (uint32_t i = *bucket; i;) {
		struct head before = head_of(in, i);
		if (before.bucket_next == ref) {
			before.bucket_next = h->bucket_next;
			set_head(in, i, &before);
			return;
		}
		i = before.bucket_next;
	}
}

void host_intern_drop(struct host_intern *in, uint32_t ref)
{
	if (!ref)
		return;
	struct head h = head_of(in, ref);
	if (--h.holders) {
		set_head(in, ref, &h);
		return;
	}
	unlink_from_bucket(in, ref, &h);
	host_pool_give(in->pool, ref);
	in->strings--;
}

void host_intern_note(struct host_intern *in, uint32_t ref, uint32_t note)
{
	if (!ref)
		return;
	struct head h = head_of(in, ref);
	h.note = note;
	set_head(in, ref, &h);
}

uint32_t host_intern_noted(const struct host_intern *in, uint32_t ref)
{
	return ref ? head_of(in, ref).note : 0;
}

void host_intern_watch(struct host_intern *in, uint32_t ref)
{
	if (!ref)
		return;
	struct head h = head_of(in, ref);
	if (h.watched)
		return;
	uint32_t cells = host_intern_cells(h.size);
	if (in->fresh_cells + cells > in->pool->cap / HOST_INTERN_FRESH_SHARE) {
		in->fresh_refused++;
		return;
	}
	in->fresh_cells += cells;
	h.watched = true;
	h.holders++;
	h.fresh_next = 0;
	set_head(in, ref, &h);
	if (in->fresh_last) {
		struct head last = head_of(in, in->fresh_last);
		last.fresh_next = ref;
		set_head(in, in->fresh_last, &last);
	} else {
		in->fresh_first = ref;
	}
	in->fresh_last = ref;
}

uint32_t host_intern_fresh(struct host_intern *in)
{
	uint32_t ref = in->fresh_first;
	if (!ref)
		return 0;
	struct head h = head_of(in, ref);
	h.watched = false;
	in->fresh_cells -= host_intern_cells(h.size);
	set_head(in, ref, &h);
	in->fresh_first = h.fresh_next;
	if (!in->fresh_first)
		in->fresh_last = 0;
	return ref;
}
