/*
 * The task table, read by its own header row: seven layouts so far (2.6.32 to
 * 7.x) and patched ones, none of them known by version.
 *
 * mm/oom_kill.c dump_tasks()/dump_task(). Widths are minima; columns never lose
 * their separating blank; the name is the rest of the record behind exactly one
 * blank and may be anything.
 */
#include "oom/line_rows.h"

static const struct {
	struct slice word;
	enum oom_column column;
} columns[] = {
    {SLICE("uid"), OOM_COLUMN_UID},
    {SLICE("tgid"), OOM_COLUMN_TGID},
    {SLICE("total_vm"), OOM_COLUMN_TOTAL_VM},
    {SLICE("rss"), OOM_COLUMN_RSS},
    {SLICE("rss_anon"), OOM_COLUMN_RSS_ANON},
    {SLICE("rss_file"), OOM_COLUMN_RSS_FILE},
    {SLICE("rss_shmem"), OOM_COLUMN_RSS_SHMEM},
    {SLICE("cpu"), OOM_COLUMN_CPU},
    {SLICE("nr_ptes"), OOM_COLUMN_NR_PTES},
    {SLICE("nr_pmds"), OOM_COLUMN_NR_PMDS},
    {SLICE("pgtables_bytes"), OOM_COLUMN_PGTABLES_BYTES},
    {SLICE("swapents"), OOM_COLUMN_SWAPENTS},
    {SLICE("oom_adj"), OOM_COLUMN_OOM_ADJ},
    {SLICE("oom_score_adj"), OOM_COLUMN_OOM_SCORE_ADJ},
};

static enum oom_column column_of(struct slice word)
{
	for (size_t i = 0; i < ARRAY_COUNT(columns); i++)
		if (slice_eq(columns[i].word, word))
			return columns[i].column;
	return OOM_COLUMN_UNKNOWN;
}

static bool take_bracketed(struct slice *c, struct slice *inner)
{
	return take_literal(c, SLICE("[")) && take_until(c, SLICE("]"), inner) && (*inner = slice_trim(*inner), true);
}

bool oom_line_read_table_head(struct slice text, const struct oom_line_context *ctx, struct oom_line *out)
{
	(void)ctx;
	struct slice c = text, word;
	if (!take_bracketed(&c, &word) || !slice_eq(word, SLICE("pid")))
		return false;
	while (take_word(&c, &word)) {
		if (slice_eq(word, SLICE("name")))
			return out->layout.count > 0;
		if (out->layout.count == OOM_TABLE_WORDS)
			return false;
		out->layout.column[out->layout.count++] = (uint8_t)column_of(word);
	}
	return false;
}

bool oom_line_read_table_row(struct slice text, const struct oom_line_context *ctx, struct oom_line *out)
{
	struct slice c = text, pid;
	if (!ctx->layout || ctx->layout->count == 0)
		return false;
	if (!take_bracketed(&c, &pid) || !slice_to_u64(pid, &out->row.pid))
		return false;
	for (uint32_t i = 0; i < ctx->layout->count; i++) {
		int64_t v;
		if (take_blanks(&c) == 0 || !take_i64(&c, &v))
			return false;
		enum oom_column column = ctx->layout->column[i];
		if (column == OOM_COLUMN_UID) /* printed with %d: 4294967294 shows as -2 */
			v = (int64_t)(uint32_t)v;
		out->row.value[column] = (uint64_t)v;
		out->row.have |= 1u << column;
	}
	if (!take_literal(&c, SLICE(" ")))
		return false;
	out->row.comm = c;
	return true;
}
