/* Points that thin with age, and the three words for a curve. See the header for both rules. */
#include "host/history.h"

/* Within 1/64 of `of`. */
static bool same(uint32_t size, uint32_t of)
{
	return (size > of ? size - of : of - size) <= of / 64;
}

/*
 * The inner point whose removal leaves the least gap, measured against its own age; compared crosswise, so
 * that all is done in whole numbers.
 */
static uint32_t least_missed(const struct host_history *h, uint32_t now)
{
	uint32_t best = 1;
	uint64_t best_gap = UINT64_MAX, best_age = 1;
	for (uint32_t i = 1; i + 1 < h->count; i++) {
		uint64_t gap = h->point[i + 1].at - h->point[i - 1].at;
		uint64_t age = (uint64_t)(now - h->point[i].at) + 1;
		if (best_gap == UINT64_MAX || gap * best_age < best_gap * age) {
			best = i;
			best_gap = gap;
			best_age = age;
		}
	}
	return best;
}

void host_history_add(struct host_history *h, uint64_t now_usec, uint64_t rss_kb)
{
	struct host_point p = {
	    .at = (uint32_t)(now_usec / HOST_HISTORY_TICK_USEC),
	    .rss_kb = rss_kb > UINT32_MAX ? UINT32_MAX : (uint32_t)rss_kb,
	};
	uint32_t n = h->count;
	if (n && h->point[n - 1].at >= p.at) {
		h->point[n - 1].rss_kb = p.rss_kb;
		return;
	}
	if (n >= 2 && same(h->point[n - 1].rss_kb, h->point[n - 2].rss_kb) && same(p.rss_kb, h->point[n - 2].rss_kb)) {
		h->point[n - 1] = p;
		return;
	}
	if (n == LIMIT_HISTORY) {
		uint32_t out = least_missed(h, p.at);
		memmove(&h->point[out], &h->point[out + 1], (n - out - 1) * sizeof(h->point[0]));
		n--;
	}
	h->point[n] = p;
	h->count = n + 1;
}

/* Size at `at`: on the line between its neighbours; before the first point, the first; after the last, the last. */
static uint64_t size_at(const struct host_history *h, uint32_t at)
{
	if (at <= h->point[0].at)
		return h->point[0].rss_kb;
	for (uint32_t i = 1; i < h->count; i++) {
		struct host_point a = h->point[i - 1], b = h->point[i];
		if (at > b.at)
			continue;
		uint64_t part = at - a.at, whole = b.at - a.at;
		if (b.rss_kb >= a.rss_kb)
			return a.rss_kb + (uint64_t)(b.rss_kb - a.rss_kb) * part / whole;
		return a.rss_kb - (uint64_t)(a.rss_kb - b.rss_kb) * part / whole;
	}
	return h->point[h->count - 1].rss_kb;
}

/* Size at `at`, as it was last seen. Growth between two points that lie far apart is thereby taken to be recent. */
static uint64_t last_size_at(const struct host_history *h, uint32_t at)
{
	uint32_t i = h->count - 1;
	while (i && h->point[i].at > at)
		i--;
	return h->point[i].rss_kb;
}

static uint64_t lowest(const struct host_history *h)
{
	uint64_t low = UINT64_MAX;
	for (uint32_t i = 0; i < h->count; i++)
		if (h->point[i].rss_kb < low)
			low = h->point[i].rss_kb;
	return low;
}

/* The lowest size between two times, ends included. */
static uint64_t floor_between(const struct host_history *h, uint32_t from, uint32_t to)
{
	uint64_t low = size_at(h, from), end = size_at(h, to);
	if (end < low)
		low = end;
	for (uint32_t i = 0; i < h->count; i++)
		if (h->point[i].at >= from && h->point[i].at <= to && h->point[i].rss_kb < low)
			low = h->point[i].rss_kb;
	return low;
}

/* What a program holds on to shows in the low points between its allocations: those must rise, to the end. */
static bool floor_rises(const struct host_history *h, uint32_t from, uint32_t to, uint64_t gained)
{
	uint64_t low[4];
	uint32_t rises = 0;
	for (uint64_t q = 0; q < 4; q++)
		low[q] = floor_between(h, from + (uint32_t)((to - from) * q / 4),
				       from + (uint32_t)((to - from) * (q + 1) / 4));
	for (uint32_t q = 1; q < 4; q++) {
		if (low[q] < low[q - 1] && (low[q - 1] - low[q]) * 20 >= gained)
			return false;
		rises += low[q] > low[q - 1] && (low[q] - low[q - 1]) * 20 >= gained;
	}
	return low[3] > low[2] && rises >= 2;
}

static enum host_growth name_watched(const struct host_history *h, uint32_t death, uint32_t moments, bool young)
{
	uint64_t size = h->point[h->count - 1].rss_kb, base = young ? 0 : lowest(h);
	uint32_t first = h->point[0].at;
	bool watched = first + moments <= death;
	uint64_t earlier = young ? 0 : last_size_at(h, death > moments ? death - moments : 0);
	uint64_t recent = size > earlier ? size - earlier : 0;

	if (!young && !watched)
		return size && recent * 2 >= size ? HOST_GROWTH_SPIKE : HOST_GROWTH_UNKNOWN;
	if ((size - base) * 10 < size)
		return HOST_GROWTH_STEADY;
	if (recent * 2 >= size - base)
		return HOST_GROWTH_SPIKE;
	if (death - first >= 2 * moments && floor_rises(h, first, death, size - base))
		return HOST_GROWTH_LEAK;
	return HOST_GROWTH_STEADY;
}

enum host_growth host_history_growth(const struct host_history *h, const struct host_growth_input *in)
{
	uint64_t moments_usec = in->interval_usec * HOST_HISTORY_SCALE;
	bool young = in->start_usec && in->death_usec < in->start_usec + moments_usec;
	if (!in->rss_kb || (!h->count && !young))
		return HOST_GROWTH_UNKNOWN;
	if (!h->count)
		return HOST_GROWTH_SPIKE;

	struct host_history full = *h;
	uint32_t death = (uint32_t)(in->death_usec / HOST_HISTORY_TICK_USEC);
	while (full.count && full.point[full.count - 1].at >= death)
		full.count--;
	if (full.count == LIMIT_HISTORY)
		full.count--;
	if (!full.count)
		return young ? HOST_GROWTH_SPIKE : HOST_GROWTH_UNKNOWN;
	full.point[full.count++] = (struct host_point){
	    .at = death,
	    .rss_kb = in->rss_kb > UINT32_MAX ? UINT32_MAX : (uint32_t)in->rss_kb,
	};
	return name_watched(&full, death, (uint32_t)(moments_usec / HOST_HISTORY_TICK_USEC), young);
}

struct slice host_growth_name(enum host_growth g)
{
	switch (g) {
	case HOST_GROWTH_STEADY:
		return SLICE("steady");
	case HOST_GROWTH_LEAK:
		return SLICE("leak");
	case HOST_GROWTH_SPIKE:
		return SLICE("spike");
	case HOST_GROWTH_UNKNOWN:
		break;
	}
	return SLICE_NONE;
}
