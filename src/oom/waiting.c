/*
 * printk stores each pr_cont as a record of its own when another processor
 * printed in between, or when the sum would be longer than a record (log_store
 * and cont_add up to 5.9, prb_reserve_in_last from 5.10). The level of such a
 * piece tells nothing and, without CONFIG_PRINTK_CALLER, neither does anything
 * else; strangers' pieces stand between ours (seen with sysrq's help text).
 *
 * What can be relied on: pieces are whole printks, one or several glued, and
 * ours all come, in order, or a gap is reported. So where exactly one piece
 * came that could be the name, it is; where two did, neither is told.
 *
 * One printk longer than a record is cut without a sign (vscnprintf in
 * vprintk_store): a path of that length may lack its end and would name another
 * cgroup.
 */
#include "oom/waiting.h"

#include "oom/line_rows.h"

/* The least that any kernel cuts a printk at: 1024 less a prefix of 48, less two (with CONFIG_PRINTK_CALLER to 6.2). */
#define PIECE_FULL 973

static void note_newest(struct oom_waiting *w, struct slice piece)
{
	uint8_t key = oom_summary_key(piece);
	if (key > w->key)
		w->key = key;
	w->tail_last = slice_starts(piece, SLICE(",task="));
	w->full_piece = piece.n >= PIECE_FULL;
}

void oom_waiting_begin(struct oom_waiting *w, enum oom_line_kind kind, const struct kmsg_record *rec)
{
	memset(w, 0, offsetof(struct oom_waiting, text));
	w->on = true;
	w->kind = kind;
	w->pieces = 1;
	w->n = rec->text.n < sizeof(w->text) ? rec->text.n : sizeof(w->text);
	w->torn = rec->cut || w->n < rec->text.n;
	if (w->n)
		memcpy(w->text, rec->text.p, w->n);
	note_newest(w, rec->text);
}

/* A piece that does not fit where the line stands: was one before it a stranger's, and this the one it should be? */
static void weigh_stranger(struct oom_waiting *w, struct slice piece)
{
	uint8_t key = w->kind == OOM_LINE_SUMMARY ? oom_summary_key(piece) : 0;
	if (w->name_taken || key) /* a key of ours: what was taken for the keys before it was a name's */
		w->doubt_name = true;
	if ((w->path_taken && slice_starts(piece, SLICE("/"))) || key > OOM_SUMMARY_MEMS)
		w->doubt_path = true;
}

bool oom_waiting_add(struct oom_waiting *w, const struct kmsg_record *rec)
{
	struct slice so_far = oom_waiting_text(w), piece = rec->text;
	enum oom_fit fit = oom_line_fits(w->kind, so_far, piece);
	uint8_t key = w->kind == OOM_LINE_SUMMARY ? oom_summary_key(piece) : 0;
	bool in_order = fit == OOM_FIT_FREE || key == 0 || key > w->key;
	if (fit == OOM_FIT_NO || !in_order) {
		weigh_stranger(w, piece);
		return false;
	}
	w->torn |= rec->cut;
	w->doubt_path |= w->full_piece;
	if (w->pieces == LIMIT_LINE_PIECES || piece.n > sizeof(w->text) - w->n) {
		w->torn = true;
		w->tail_last = false;
		return true;
	}
	w->name_taken = fit == OOM_FIT_FREE && !rec->caller_kind && slice_ends(so_far, SLICE("cpuset="));
	w->path_taken |= fit == OOM_FIT_FREE && !rec->caller_kind && slice_starts(piece, SLICE("/"));
	w->pieces++;
	if (piece.n)
		memcpy(w->text + w->n, piece.p, piece.n);
	w->n += piece.n;
	note_newest(w, piece);
	return true;
}

bool oom_waiting_is_stats_head(const struct oom_waiting *w)
{
	return w->on && w->kind == OOM_LINE_STATS_HEAD;
}

static void forget_paths(struct oom_line *out)
{
	out->summary.limit_path = out->summary.task_path = SLICE_NONE;
	out->summary.ambiguous = true;
}

static bool read_summary(const struct oom_waiting *w, uint64_t pid, struct slice comm, struct oom_line *out)
{
	struct slice text = oom_waiting_text(w);
	if (!oom_line_parse_summary(text, SLICE_NONE, out))
		return false;
	if (slice_present(comm) && out->summary.pid.set && out->summary.pid.v == pid)
		oom_line_parse_summary(text, comm, out);
	if (w->torn || w->doubt_name)
		out->summary.cpuset = out->summary.mems_allowed = SLICE_NONE;
	if (w->torn)
		out->summary.nodemask = SLICE_NONE;
	if (w->torn || w->doubt_path)
		forget_paths(out);
	if (w->torn && !w->tail_last) { /* what stands last may be the middle of a name */
		out->summary.pid = out->summary.uid = (struct oom_num){0};
		out->summary.comm = SLICE_NONE;
		out->summary.global = false;
	}
	return true;
}

/* Names and numbers at the end of a torn line lack what came behind them. */
static void leave_out(const struct oom_waiting *w, struct oom_line *out)
{
	switch (out->kind) {
	case OOM_LINE_TRIGGER:
		if (w->torn)
			out->trigger.order = out->trigger.oom_score_adj = (struct oom_int){0};
		break;
	case OOM_LINE_TASK_IN:
	case OOM_LINE_TASK_IN_TAIL:
	case OOM_LINE_LIMIT_OF:
		out->task_in.task_path = out->task_in.limit_path = SLICE_NONE;
		break;
	case OOM_LINE_STATS_HEAD:
		out->stats.path = SLICE_NONE;
		break;
	case OOM_LINE_CPUSET:
		out->cpuset.from_comm = SLICE_NONE; /* belongs to nobody then */
		break;
	case OOM_LINE_GROUP:
		out->group.path = SLICE_NONE;
		break;
	default:
		break;
	}
}

enum oom_line_kind oom_waiting_read(const struct oom_waiting *w, uint64_t pid, struct slice comm, struct oom_line *out,
				    bool *doubtful)
{
	const struct oom_line_context ctx = {.open = w->kind != OOM_LINE_TRIGGER};
	struct slice text = oom_waiting_text(w);
	*doubtful = w->torn || w->doubt_path;
	if (w->kind == OOM_LINE_SUMMARY) {
		if (!read_summary(w, pid, comm, out))
			*out = (struct oom_line){.kind = OOM_LINE_OTHER};
		return out->kind;
	}
	enum oom_line_kind kind = oom_line_parse(text, &ctx, out);
	if (*doubtful || w->doubt_name)
		leave_out(w, out);
	return kind;
}
