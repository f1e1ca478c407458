/*
 * Who goes when there is no room. One sweep frees about a sixteenth, so that its
 * cost (a walk over the table) is spread over as many new records.
 */
#include "host/store.h"
#include "host/store_private.h"

/* Cells one put can need: two paths and a command line of the longest size, a cgroup, and a history. */
#define CELLS_FOR_ONE 512
/* The youngest of those that SIGKILL ended are what kill lines still to come are about: this part of the table. */
#define KILLED_KEPT_TO_LAST 64
/* A record that was never sampled is taken for 1 MiB: it may be a victim that has just begun to grow. */
#define UNKNOWN_KB 1024
#define CLASSES 32

static uint32_t magnitude(uint64_t v)
{
	uint32_t m = v ? 64 - (uint32_t)__builtin_clzll(v) : 0;
	return m < CLASSES ? m : CLASSES - 1;
}

/* Small before large; among those of a size, old before young. */
static uint32_t rank(const struct host_store *s, const struct host_record *r)
{
	uint64_t kb = r->flags & HOST_RECORD_RSS ? r->rss_kb : UNKNOWN_KB;
	uint64_t age_sec = s->newest_usec > r->start_usec ? (s->newest_usec - r->start_usec) / 1000000 : 0;
	return magnitude(kb) * CLASSES + (CLASSES - 1 - magnitude(age_sec));
}

static uint32_t records_left(const struct host_store *s)
{
	return s->list[HOST_LIST_FREE].count + (s->cap - s->top);
}

static bool has_room(const struct host_store *s, uint32_t records)
{
	return records_left(s) >= records && host_pool_left(&s->pool) >= CELLS_FOR_ONE;
}

/* Oldest first, until there is room for `records` or only `keep` are left. */
static uint32_t release_dead(struct host_store *s, enum host_record_list list, uint32_t keep, uint32_t records)
{
	uint32_t done = 0;
	while (!has_room(s, records) && s->list[list].count > keep) {
		host_store_release(s, s->list[list].first);
		done++;
	}
	return done;
}

static uint32_t release_live(struct host_store *s, uint32_t quota)
{
	uint32_t count[CLASSES * CLASSES] = {0};
	for (uint32_t i = 0; (i = host_store_next_live(s, i));)
		count[rank(s, &s->record[i])]++;
	uint32_t limit = 0, sum = 0;
	while (limit < ARRAY_COUNT(count) && sum + count[limit] <= quota)
		sum += count[limit++];
	/* The class at the limit goes in table order until the quota is full. */
	uint32_t done = 0, of_limit = quota - sum;
	for (uint32_t i = 0; done < quota && (i = host_store_next_live(s, i));) {
		uint32_t rk = rank(s, &s->record[i]);
		if (rk > limit || (rk == limit && !of_limit))
			continue;
		of_limit -= rk == limit;
		host_store_release(s, i);
		done++;
	}
	return done;
}

/*
 * Stubs live by their children, so they cannot go one by one. Processes that fork and die in a long line could make
 * many records stubs; then all go at once, before anyone who lives, and everybody loses the ancestors that are gone.
 */
static uint32_t forget_stubs(struct host_store *s)
{
	uint32_t done = s->stubs;
	for (uint32_t i = 1; i < s->top; i++) {
		struct host_record *r = &s->record[i];
		if (!r->pid || !r->parent || (r->list != HOST_LIST_STUB && s->record[r->parent].list != HOST_LIST_STUB))
			continue;
		s->record[r->parent].children--;
		r->parent = 0;
	}
	while (s->list[HOST_LIST_STUB].first) {
		uint32_t i = s->list[HOST_LIST_STUB].first;
		host_store_move(s, i, HOST_LIST_FREE);
		s->record[i].pid = 0;
	}
	s->stubs = 0;
	return done;
}

void host_store_make_room(struct host_store *s)
{
	if (has_room(s, 1) || s->barren)
		return;
	uint32_t quota = s->cap / 16, done;
	done = release_dead(s, HOST_LIST_OTHER, 0, quota);
	done += release_dead(s, HOST_LIST_KILLED, s->cap / KILLED_KEPT_TO_LAST, quota);
	if (!has_room(s, quota) && s->stubs > quota)
		done += forget_stubs(s);
	if (!has_room(s, quota))
		done += release_live(s, quota);
	done += release_dead(s, HOST_LIST_KILLED, 0, 1);
	if (!has_room(s, 1))
		done += forget_stubs(s);
	s->counters.evicted += done;
	s->barren = !has_room(s, 1);
}
