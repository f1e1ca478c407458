/*
 * Why these numbers: out_of_memory() is called when no zone that the request
 * may use is above its min watermark for that order (mm/page_alloc.c,
 * __zone_watermark_ok). Low zones keep much memory free for those who can use
 * nothing else (lowmem_reserve): a full DMA32 zone beside an empty Normal one
 * is the normal picture of an exhausted host, so DMA and DMA32 count only where
 * there is nothing above them. Movable and HighMem cannot serve the kernel's
 * own requests of several pages.
 */
#include "event/verdict_host.h"

#include "event/words.h"

static bool is_global(const struct event *e)
{
	return slice_eq(e->scope, SLICE("global"));
}

static bool is_low_zone(const struct event_zone *z)
{
	return slice_eq(z->zone, SLICE("DMA")) || slice_eq(z->zone, SLICE("DMA32"));
}

static bool is_for_users_only(const struct event_zone *z)
{
	return slice_eq(z->zone, SLICE("Movable")) || slice_eq(z->zone, SLICE("HighMem"));
}

/* The next zone that counts from index `i` on, or NULL. */
static const struct event_zone *next_zone(const struct event *e, uint32_t *i, bool for_kernel)
{
	bool low_only = true, low32 = false;
	for (uint32_t k = 0; k < e->host_memory.zone_count; k++) {
		const struct event_zone *z = &e->host_memory.zone[k];
		if (!is_low_zone(z) && !(for_kernel && is_for_users_only(z)))
			low_only = false;
		low32 = low32 || slice_eq(z->zone, SLICE("DMA32"));
	}
	for (; *i < e->host_memory.zone_count; (*i)++) {
		const struct event_zone *z = &e->host_memory.zone[*i];
		if (for_kernel && is_for_users_only(z))
			continue;
		if (is_low_zone(z) && (!low_only || (low32 && slice_eq(z->zone, SLICE("DMA")))))
			continue;
		(*i)++;
		return z;
	}
	return NULL;
}

/* Free above what the kernel keeps, `times` over: the high watermark, or twice the min one. */
static bool has_free(const struct event_zone *z, uint64_t times)
{
	uint64_t mark = z->high_kb.set ? z->high_kb.v : 2 * z->min_kb.v;
	return z->free_kb.set && (z->high_kb.set || z->min_kb.set) && z->free_kb.v / times > mark;
}

/*
 * Watermarks move while a report is printed, and what is freed meanwhile shows in it: up to twice the high one is still
 * a zone that was short. Without zones, less than a twentieth of all is free.
 */
bool event_verdict_is_short(const struct event *e)
{
	uint32_t i = 0;
	const struct event_zone *z;
	if (!e->host_memory.zone_count)
		return e->host_memory.free_kb.set && e->host_memory.total_kb.set &&
		       e->host_memory.free_kb.v < e->host_memory.total_kb.v / 20;
	while ((z = next_zone(e, &i, false)))
		if (!z->free_kb.set || has_free(z, 2))
			return false;
	return true;
}

bool event_verdict_fragmentation(const struct event *e, struct text *t)
{
	uint64_t page_kb = e->host_memory.page_kb.v;
	if (!is_global(e) || !e->trigger.order.set || e->trigger.order.v <= 0 || e->trigger.order.v > 20 ||
	    !e->host_memory.page_kb.set || page_kb > UINT32_MAX)
		return false;
	uint64_t wanted = page_kb << e->trigger.order.v;
	const struct event_zone *z, *most = NULL;
	for (uint32_t i = 0; (z = next_zone(e, &i, true));) {
		if (!has_free(z, 1) || !z->largest_free_block_kb.set)
			continue;
		if (z->largest_free_block_kb.v >= wanted)
			return false;
		if (!most || z->free_kb.v > most->free_kb.v)
			most = z;
	}
	if (!most)
		return false;
	text_add_size_kb(t, wanted);
	text_addf(t, " in one piece (order %lld) was asked for; zone ", (long long)e->trigger.order.v);
	event_words_name(t, most->zone);
	text_add(t, SLICE(" had "));
	text_add_size_kb(t, most->free_kb.v);
	text_add(t, SLICE(" free, but no block larger than "));
	text_add_size_kb(t, most->largest_free_block_kb.v);
	text_add(t, SLICE(". Next: see the call trace in the kernel log for who asks for such pieces, and raise "
			  "vm.min_free_kbytes"));
	return true;
}

bool event_verdict_hugepages(const struct event *e, struct text *t)
{
	if (!is_global(e) || !e->host_memory.hugepages_kb.set || !e->host_memory.total_kb.set ||
	    !event_words_bulk(e->host_memory.hugepages_kb.v, e->host_memory.total_kb.v))
		return false;
	text_add(t, SLICE("huge pages are reserved: "));
	event_words_share(t, e->host_memory.hugepages_kb.v, e->host_memory.total_kb.v);
	text_add(t, SLICE(" of RAM"));
	if (e->host_memory.hugepages_free_kb.set) {
		text_add(t, SLICE(", "));
		text_add_size_kb(t, e->host_memory.hugepages_free_kb.v);
		text_add(t, SLICE(" of them unused"));
	}
	text_add(t, SLICE(". Next: lower vm.nr_hugepages, or move the load that does not use them"));
	return true;
}

static uint64_t plus(uint64_t sum, struct opt_u64 part)
{
	return __builtin_add_overflow(sum, part.v, &sum) ? UINT64_MAX : sum;
}

/* RAM that stands in no list: pages taken by drivers, vmalloc, a balloon. Zero when a list is not known. */
static uint64_t unlisted_kb(const struct event *e)
{
	const struct opt_u64 lists[] = {
	    e->host_memory.free_kb,
	    e->host_memory.slab_unreclaimable_kb,
	    e->host_memory.slab_reclaimable_kb,
	    e->host_memory.pagecache_kb,
	    e->host_memory.anon_kb,
	    e->host_memory.unevictable_kb,
	    e->host_memory.hugepages_kb,
	};
	uint64_t listed = plus(0, e->host_memory.pagetables_kb);
	for (size_t i = 0; i < ARRAY_COUNT(lists); i++) {
		if (!lists[i].set)
			return 0;
		listed = plus(listed, lists[i]);
	}
	return e->host_memory.total_kb.set && e->host_memory.total_kb.v > listed ? e->host_memory.total_kb.v - listed
										 : 0;
}

bool event_verdict_host_kernel(const struct event *e, struct text *t)
{
	struct opt_u64 slab = e->host_memory.slab_unreclaimable_kb, total = e->host_memory.total_kb;
	uint64_t unlisted = unlisted_kb(e), kernel = plus(plus(unlisted, slab), e->host_memory.pagetables_kb);
	if (!is_global(e) || !total.set || !event_words_bulk(kernel, total.v))
		return false;
	text_add(t, SLICE("the kernel itself holds "));
	event_words_share(t, kernel, total.v);
	text_add(t, SLICE(" of RAM: "));
	text_add_size_kb(t, slab.v);
	text_add(t, SLICE(" in slabs it cannot give back, "));
	text_add_size_kb(t, e->host_memory.pagetables_kb.v);
	text_add(t, SLICE(" in page tables, "));
	text_add_size_kb(t, unlisted);
	text_add(t, SLICE(" in none of its lists (drivers, vmalloc, a balloon). Next: "));
	text_add(t,
		 slab.v > unlisted ? SLICE("slabtop -s c") : SLICE("/proc/vmallocinfo, and the hypervisor's balloon"));
	return true;
}

static bool holds_bulk(const struct event *e, struct opt_u64 part, const char *what, const char *next, struct text *t)
{
	if (!is_global(e) || !part.set || !e->host_memory.total_kb.set ||
	    !event_words_bulk(part.v, e->host_memory.total_kb.v))
		return false;
	text_addf(t, "%s ", what);
	event_words_share(t, part.v, e->host_memory.total_kb.v);
	text_addf(t, " of RAM. Next: %s", next);
	return true;
}

bool event_verdict_host_shared(const struct event *e, struct text *t)
{
	return holds_bulk(e, e->host_memory.shmem_kb, "shared memory and tmpfs, which no kill of a process frees, hold",
			  "df -t tmpfs, ipcs -m, and files of /dev/shm", t);
}

bool event_verdict_host_locked(const struct event *e, struct text *t)
{
	return holds_bulk(e, e->host_memory.unevictable_kb,
			  "locked memory (mlock, ramfs), which can neither be swapped nor dropped, holds",
			  "see VmLck in /proc/PID/status for who locks it", t);
}

static void add_left(const struct event *e, struct text *t)
{
	if (e->host_memory.free_kb.set && e->host_memory.total_kb.set) {
		text_add_size_kb(t, e->host_memory.free_kb.v);
		text_add(t, SLICE(" of "));
		text_add_size_kb(t, e->host_memory.total_kb.v);
		text_add(t, SLICE(" RAM left"));
	} else {
		text_add(t, SLICE("every zone is at its watermark"));
	}
	struct opt_u64 held = event_words_held(e);
	if (!held.set)
		return;
	text_add(t, SLICE("; "));
	event_words_victim(t, e);
	text_add(t, SLICE(" held "));
	text_add_size_kb(t, held.v);
}

bool event_verdict_no_swap(const struct event *e, struct text *t)
{
	if (!is_global(e) || !e->host_memory.swap_total_kb.set || e->host_memory.swap_total_kb.v ||
	    !event_verdict_is_short(e))
		return false;
	text_add(t, SLICE("the host has no swap, and "));
	add_left(e, t);
	text_add(t, SLICE(". Next: give the largest services a limit of their own, add memory, or add swap"));
	return true;
}

/* The last 3 % of swap stay in per-CPU caches of slots and in clusters that are being written. */
static bool swap_is_full(const struct event *e)
{
	return is_global(e) && e->host_memory.swap_total_kb.set && e->host_memory.swap_total_kb.v &&
	       e->host_memory.swap_free_kb.set && e->host_memory.swap_free_kb.v <= e->host_memory.swap_total_kb.v / 32;
}

/* File pages beyond shared memory. */
static uint64_t page_cache_kb(const struct event *e)
{
	struct opt_u64 cache = e->host_memory.pagecache_kb, shmem = e->host_memory.shmem_kb;
	return shmem.v > cache.v ? 0 : cache.v - shmem.v;
}

/* More than a tenth of RAM. */
static bool has_page_cache(const struct event *e)
{
	return e->host_memory.total_kb.set && page_cache_kb(e) > e->host_memory.total_kb.v / 10;
}

static void add_swap(const struct event *e, struct text *t)
{
	text_add(t, SLICE("swap is used up ("));
	text_add_size_kb(t, e->host_memory.swap_free_kb.v);
	text_add(t, SLICE(" of "));
	text_add_size_kb(t, e->host_memory.swap_total_kb.v);
	text_add(t, SLICE(" left)"));
}

bool event_verdict_exhausted(const struct event *e, struct text *t)
{
	if (!swap_is_full(e) || !event_verdict_is_short(e) || has_page_cache(e))
		return false;
	add_swap(e, t);
	text_add(t, SLICE(" and memory too: "));
	add_left(e, t);
	text_add(t, SLICE(". Next: see the largest tasks (tasks.top) for who holds it; give the largest a limit, or "
			  "the host more memory"));
	return true;
}

bool event_verdict_swap_full(const struct event *e, struct text *t)
{
	if (!swap_is_full(e) || !event_verdict_is_short(e))
		return false;
	add_swap(e, t);
	if (has_page_cache(e)) {
		text_add(t, SLICE(", and "));
		text_add_size_kb(t, page_cache_kb(e));
		text_add(t, SLICE(" of page cache could not make up for it: "));
	} else {
		text_add(t, SLICE(": "));
	}
	add_left(e, t);
	text_add(t, SLICE(". Next: add swap, or give the largest services a limit of their own"));
	return true;
}
