/*
 * Mem-Info: the host's memory as show_mem() prints it. The kernel's page counts
 * keep their names over all versions while rows move, split and grow, so they
 * are read as name:number pairs wherever they stand.
 *
 * mm/page_alloc.c show_free_areas() (to 6.5), mm/show_mem.c (6.6 on).
 */
#include "oom/line_rows.h"

static const struct {
	struct slice name;
	enum oom_host_number which;
} page_names[] = {
    {SLICE("active_anon"), OOM_HOST_ACTIVE_ANON},
    {SLICE("Active_anon"), OOM_HOST_ACTIVE_ANON}, /* 2.6.32 */
    {SLICE("inactive_anon"), OOM_HOST_INACTIVE_ANON},
    {SLICE("active_file"), OOM_HOST_ACTIVE_FILE},
    {SLICE("inactive_file"), OOM_HOST_INACTIVE_FILE},
    {SLICE("unevictable"), OOM_HOST_UNEVICTABLE},
    {SLICE("dirty"), OOM_HOST_DIRTY},
    {SLICE("writeback"), OOM_HOST_WRITEBACK},
    {SLICE("slab_reclaimable"), OOM_HOST_SLAB_RECLAIMABLE},
    {SLICE("slab_unreclaimable"), OOM_HOST_SLAB_UNRECLAIMABLE},
    {SLICE("mapped"), OOM_HOST_MAPPED},
    {SLICE("shmem"), OOM_HOST_SHMEM},
    {SLICE("pagetables"), OOM_HOST_PAGETABLES},
    {SLICE("free"), OOM_HOST_FREE},
    {SLICE("free_pcp"), OOM_HOST_FREE_PCP},
    {SLICE("free_cma"), OOM_HOST_FREE_CMA},
};

static bool take_pair_word(struct slice *c, struct slice *word)
{
	while (c->n && (c->p[0] == ' ' || c->p[0] == '\t' || c->p[0] == '\n'))
		*c = slice_sub(*c, 1, c->n);
	size_t i = 0;
	while (i < c->n && c->p[i] != ' ' && c->p[i] != '\t' && c->p[i] != '\n')
		i++;
	*word = slice_sub(*c, 0, i);
	*c = slice_sub(*c, i, c->n);
	return i > 0;
}

bool oom_line_read_mem_pages(struct slice text, const struct oom_line_context *ctx, struct oom_line *out)
{
	if (!ctx->in_mem_info)
		return false;
	struct slice c = text, word, name;
	while (take_pair_word(&c, &word)) {
		uint64_t v;
		if (!take_until(&word, SLICE(":"), &name) || !slice_to_u64(word, &v))
			return false; /* a unit, a blank after the colon: some other row */
		for (size_t i = 0; i < ARRAY_COUNT(page_names); i++)
			if (slice_eq(name, page_names[i].name) && out->pages.count < OOM_MEM_PAIRS)
				out->pages.pair[out->pages.count++] = (struct oom_host_pair){page_names[i].which, v};
	}
	return out->pages.count > 0;
}

/* "Node N " at the front; absent on kernels without NUMA. */
static void take_node(struct slice *c, struct oom_num *node)
{
	struct slice s = *c;
	uint64_t v;
	if (take_literal(&s, SLICE("Node ")) && take_u64(&s, &v) && take_literal(&s, SLICE(" "))) {
		*node = oom_num_of(v);
		*c = s;
	}
}

bool oom_line_read_zone(struct slice text, const struct oom_line_context *ctx, struct oom_line *out)
{
	if (!ctx->in_mem_info)
		return false;
	struct slice c = text, word, name;
	take_node(&c, &out->zone.node);
	if (!take_until(&c, SLICE(" free:"), &out->zone.name) || out->zone.name.n == 0 ||
	    slice_find(out->zone.name, SLICE(" ")) != SLICE_NPOS)
		return false;
	const struct {
		struct slice name;
		struct oom_num *to;
	} fields[] = {
	    {SLICE("free"), &out->zone.free_kb},       {SLICE("min"), &out->zone.min_kb},
	    {SLICE("low"), &out->zone.low_kb},         {SLICE("high"), &out->zone.high_kb},
	    {SLICE("present"), &out->zone.present_kb}, {SLICE("managed"), &out->zone.managed_kb},
	};
	c = slice_of(c.p - strlen("free:"), c.n + strlen("free:"));
	while (take_word(&c, &word)) {
		uint64_t v;
		if (!take_until(&word, SLICE(":"), &name) || !take_u64(&word, &v) || !slice_eq(word, SLICE("kB")))
			continue; /* "all_unreclaimable? no", or torn */
		for (size_t i = 0; i < ARRAY_COUNT(fields); i++)
			if (slice_eq(name, fields[i].name))
				*fields[i].to = oom_num_of(v);
	}
	return out->zone.free_kb.set;
}

bool oom_line_read_hugepages(struct slice text, const struct oom_line_context *ctx, struct oom_line *out)
{
	if (!ctx->in_mem_info)
		return false;
	struct slice c = text;
	take_node(&c, &out->hugepages.node);
	return take_literal(&c, SLICE("hugepages_total=")) && take_u64(&c, &out->hugepages.total) &&
	       take_literal(&c, SLICE(" hugepages_free=")) && take_u64(&c, &out->hugepages.free) &&
	       take_literal(&c, SLICE(" hugepages_surp=")) && take_u64(&c, &out->hugepages.surplus) &&
	       take_literal(&c, SLICE(" hugepages_size=")) && take_u64(&c, &out->hugepages.size_kb) &&
	       take_literal(&c, SLICE("kB"));
}

/* "Node 0 Normal: 5*4kB (UM) 6*8kB (U) … = 7124kB" */
bool oom_line_read_free_list(struct slice text, const struct oom_line_context *ctx, struct oom_line *out)
{
	if (!ctx->in_mem_info)
		return false;
	struct slice c = text;
	take_node(&c, &out->free_list.node);
	if (!take_until(&c, SLICE(": "), &out->free_list.name) || out->free_list.name.n == 0 ||
	    slice_find(out->free_list.name, SLICE(" ")) != SLICE_NPOS)
		return false;
	uint64_t blocks, size;
	while (take_blanks(&c), take_u64(&c, &blocks)) {
		if (!take_literal(&c, SLICE("*")) || !take_u64(&c, &size) || !take_literal(&c, SLICE("kB")))
			return false;
		uint32_t order = out->free_list.orders;
		if (order == ARRAY_COUNT(out->free_list.count))
			return false;
		out->free_list.count[order] = blocks;
		out->free_list.orders = order + 1;
		if (order == 0)
			out->free_list.smallest_block_kb = size;
		if (blocks)
			out->free_list.largest_block_kb = size;
		struct slice types;
		take_blanks(&c);
		if (take_literal(&c, SLICE("(")) && !take_until(&c, SLICE(")"), &types))
			return false;
	}
	return out->free_list.orders > 1 && take_literal(&c, SLICE("= ")) && take_u64(&c, &out->free_list.total_kb) &&
	       take_literal(&c, SLICE("kB"));
}

/* "N words" and "Words = NkB" rows at the end of Mem-Info. */
static const struct {
	struct slice lead, tail;
	enum oom_host_number which;
} count_rows[] = {
    {SLICE(""), SLICE(" total pagecache pages"), OOM_HOST_PAGECACHE},
    {SLICE(""), SLICE(" pages in swap cache"), OOM_HOST_SWAP_CACHE},
    {SLICE("Free swap  = "), SLICE("kB"), OOM_HOST_FREE_SWAP_KB},
    {SLICE("Free swap = "), SLICE("kB"), OOM_HOST_FREE_SWAP_KB}, /* blanks folded by a text log */
    {SLICE("Total swap = "), SLICE("kB"), OOM_HOST_TOTAL_SWAP_KB},
    {SLICE(""), SLICE(" pages RAM"), OOM_HOST_RAM},
    {SLICE(""), SLICE(" pages HighMem/MovableOnly"), OOM_HOST_HIGHMEM},
    {SLICE(""), SLICE(" pages HighMem"), OOM_HOST_HIGHMEM},
    {SLICE(""), SLICE(" pages reserved"), OOM_HOST_RESERVED},
    {SLICE(""), SLICE(" pages cma reserved"), OOM_HOST_CMA_RESERVED},
    {SLICE(""), SLICE(" pages hwpoisoned"), OOM_HOST_HWPOISONED},
};

bool oom_line_read_pages_of(struct slice text, const struct oom_line_context *ctx, struct oom_line *out)
{
	if (!ctx->in_mem_info)
		return false;
	for (size_t i = 0; i < ARRAY_COUNT(count_rows); i++) {
		struct slice c = text;
		uint64_t v;
		if (!take_literal(&c, count_rows[i].lead) || !take_u64(&c, &v) || !slice_eq(c, count_rows[i].tail))
			continue;
		out->pages.count = 1;
		out->pages.pair[0] = (struct oom_host_pair){count_rows[i].which, v};
		return true;
	}
	return false;
}
