/*
 * Lines → decisions → incidents.
 *
 * A decision is what one run of the OOM killer prints: the report (rate-limited,
 * so it may be missing), then one kill line, and with memory.oom.group one more
 * for each member. oom_lock serialises decisions since 4.2, and the printing
 * task is told by `caller=` where CONFIG_PRINTK_CALLER is set; so a decision is
 * looked for by caller, and where the kernel does not tell there is one at a
 * time. What belongs to it: oom/decision. Lines in pieces: oom/waiting. Kill
 * lines are printed whole and are taken from whole records only: a piece may be
 * nothing but a cgroup's name.
 *
 * To 4.1 two reports may be printed at once and nothing tells their lines apart.
 * When a second begins before the first has ended, nothing of either is told
 * but the kill lines themselves.
 */
#include "oom/assembler.h"

#include "oom/assembler_private.h"

size_t oom_assembler_size(void)
{
	return sizeof(struct oom_assembler);
}

struct oom_assembler *oom_assembler_init(void *storage)
{
	struct oom_assembler *a = storage;
	/* Not the bodies: most of them are never touched, and should not become resident. */
	memset(a, 0, offsetof(struct oom_assembler, body));
	for (size_t i = 0; i < OOM_DECISIONS; i++)
		a->decision[i].body = &a->body[i];
	return a;
}

const struct oom_assembler_counters *oom_assembler_counters(const struct oom_assembler *a)
{
	return &a->counters;
}

uint64_t oom_assembler_hint(const struct oom_assembler *a)
{
	return a->hint;
}

bool oom_assembler_open_since(const struct oom_assembler *a, uint64_t *seq, uint64_t *usec)
{
	const struct oom_decision *oldest = NULL;
	for (size_t i = 0; i < OOM_DECISIONS; i++) {
		const struct oom_decision *d = &a->decision[i];
		bool open = (d->used && (!d->closed || d->group)) || a->out.newest.of == d;
		if (open && (!oldest || d->body->report.first_seq < oldest->body->report.first_seq))
			oldest = d;
	}
	if (!oldest)
		return false;
	*seq = oldest->body->report.first_seq;
	*usec = oldest->body->report.first_usec;
	return true;
}

bool oom_assembler_take(struct oom_assembler *a, struct oom_incident *out)
{
	return oom_ready_take(&a->out, out);
}

/* What was handed out before this feed is no longer looked at. */
static void release_taken(struct oom_assembler *a)
{
	if (a->out.count == 0 || !oom_ready_clear(&a->out))
		return;
	for (size_t i = 0; i < OOM_DECISIONS; i++)
		a->decision[i].ready_uses = false;
	if (a->out.newest.of)
		a->out.newest.of->ready_uses = true;
}

/* Kill lines are printed at KERN_ERR in every version; logs that do not keep the level say KMSG_LEVEL_UNKNOWN. */
static bool level_fits_kill(const struct kmsg_record *rec)
{
	return rec->level == 3 || rec->level == KMSG_LEVEL_UNKNOWN;
}

/* The first piece of these lines is flagged 'c' itself on 3.5 to 4.8; never while a 5.x summary or its like waits. */
static bool may_begin_as_piece(const struct oom_decision *d, enum oom_line_kind kind)
{
	if (!oom_decision_is_open(d))
		return false;
	const struct oom_waiting *w = &d->body->waiting;
	bool another = w->on && (w->kind == OOM_LINE_SUMMARY || w->kind == kind);
	return !another && (kind == OOM_LINE_TASK_IN || kind == OOM_LINE_STATS_HEAD || kind == OOM_LINE_CPUSET);
}

/* "Tasks in " without the rest: the first piece of a group's line, behind its first kill. */
static bool begins_group_line(const struct oom_decision *d, const struct kmsg_record *rec)
{
	return d && d->closed && !d->no_victim && slice_starts(rec->text, SLICE("Tasks in "));
}

static void group_line_goes_on(struct oom_assembler *a, struct oom_decision *d, const struct kmsg_record *rec)
{
	struct oom_line line;
	bool doubtful;
	if (!d->closed || oom_waiting_read(&d->body->waiting, 0, SLICE_NONE, &line, &doubtful) != OOM_LINE_GROUP)
		return;
	d->body->waiting.on = false;
	/* A piece that is the path may end in the words of the piece to come. */
	oom_assembler_on_group(a, rec, slice_starts(rec->text, SLICE("/")) ? SLICE_NONE : line.group.path);
}

static void on_line(struct oom_assembler *a, const struct kmsg_record *rec, const struct oom_line *line)
{
	switch (line->kind) {
	case OOM_LINE_KILLED:
		if (level_fits_kill(rec))
			oom_assembler_on_killed(a, rec, line);
		break;
	case OOM_LINE_SHARING:
		if (level_fits_kill(rec))
			oom_assembler_on_sharing(a, rec, line);
		break;
	case OOM_LINE_TRIGGER:
		oom_assembler_on_trigger(a, rec, line);
		break;
	case OOM_LINE_GROUP:
		oom_assembler_on_group(a, rec, line->group.path);
		break;
	case OOM_LINE_NO_KILLABLE:
	case OOM_LINE_PANIC:
		oom_assembler_on_no_victim(a, rec, line);
		break;
	case OOM_LINE_EXITING:
		oom_assembler_on_exiting(a, rec, line);
		break;
	case OOM_LINE_REAPED:
		oom_assembler_on_reaped(a, line);
		break;
	case OOM_LINE_MANUAL:
		a->manual_usec = oom_num_of(rec->usec);
		break;
	default:
		oom_assembler_on_report_line(a, rec, line);
		break;
	}
}

/* Lines that may stand between a kill and the line that is about it. */
static bool leaves_newest_alone(const struct oom_decision *d, enum oom_line_kind kind)
{
	switch (kind) {
	case OOM_LINE_OTHER:
	case OOM_LINE_REAPED:
	case OOM_LINE_MANUAL:
		return true;
	default: /* of a report that is not there */
		return !oom_decision_is_open(d) && kind != OOM_LINE_KILLED && kind != OOM_LINE_SHARING &&
		       kind != OOM_LINE_TRIGGER && kind != OOM_LINE_SELECTED && kind != OOM_LINE_NO_KILLABLE &&
		       !oom_assembler_stands_alone(kind);
	}
}

static void settle_before(struct oom_assembler *a, const struct kmsg_record *rec, const struct oom_decision *d,
			  enum oom_line_kind kind)
{
	bool says_more = kind == OOM_LINE_GROUP || kind == OOM_LINE_PANIC;
	if (!a->out.newest.of || says_more)
		return;
	if (!leaves_newest_alone(d, kind))
		oom_ready_settle(&a->out, &a->counters);
	else if (!oom_ready_may_wait(&a->out, rec->usec))
		oom_ready_settle_early(&a->out, &a->counters);
}

static void note_time(struct oom_assembler *a, const struct kmsg_record *rec)
{
	if (a->seen_any && rec->seq <= a->last_seq) { /* another boot's records, put behind the first's */
		oom_ready_settle_early(&a->out, &a->counters);
		oom_assembler_forget(a);
		a->doubt = (struct oom_doubt){0};
		memset(a->recent, 0, sizeof(a->recent));
		a->no_victim_usec.set = false;
	}
	a->seen_any = true;
	a->last_seq = rec->seq;
	oom_assembler_note_time(&a->doubt, rec->usec);
	oom_assembler_expire(a, rec->usec);
}

static enum oom_line_kind parse(const struct oom_decision *d, const struct kmsg_record *rec, struct oom_line *line)
{
	/* Behind a selection line alone (a suppressed report) comes nothing but its kill. */
	bool open = oom_decision_is_open(d) && d->has_report;
	const struct oom_line_context ctx = {
	    .open = open,
	    .layout = open && d->body->collect.in_table ? &d->body->report.layout : NULL,
	    .in_stats = open && (d->body->collect.in_stats || oom_waiting_is_stats_head(&d->body->waiting)),
	    .in_mem_info = open && d->body->collect.in_mem_info,
	};
	return rec->cut ? oom_line_parse_torn(rec->text, &ctx, line) : oom_line_parse(rec->text, &ctx, line);
}

void oom_assembler_feed(struct oom_assembler *a, const struct kmsg_record *rec)
{
	release_taken(a);
	a->hint = 0;
	note_time(a, rec);

	struct oom_decision *d = oom_assembler_find(a, rec);
	bool piece = rec->flag == 'c' || rec->flag == '+';
	if (piece && d && d->body->waiting.on && oom_waiting_add(&d->body->waiting, rec)) {
		d->last_usec = rec->usec;
		oom_assembler_hint_from_waiting(a, d);
		group_line_goes_on(a, d, rec);
		return;
	}
	struct oom_line line;
	enum oom_line_kind kind = parse(d, rec, &line);
	if (piece && !may_begin_as_piece(d, kind)) {
		a->counters.stray_pieces++;
		kind = line.kind = OOM_LINE_OTHER;
	} else if (kind == OOM_LINE_OTHER && begins_group_line(d, rec)) {
		oom_waiting_begin(&d->body->waiting, OOM_LINE_GROUP, rec);
	}
	settle_before(a, rec, d, kind);
	if (kind == OOM_LINE_OTHER)
		return;
	bool first_of_group = kind == OOM_LINE_GROUP;
	on_line(a, rec, &line);
	if (first_of_group)
		oom_ready_settle(&a->out, &a->counters);
}

void oom_assembler_gap(struct oom_assembler *a)
{
	release_taken(a);
	oom_ready_settle_early(&a->out, &a->counters);
	for (size_t i = 0; i < OOM_DECISIONS; i++) {
		const struct oom_decision *d = &a->decision[i];
		bool mixes = d->used && !d->closed && !d->caller_kind && d->has_report;
		a->doubt.may_mix |= mixes && !slice_present(d->body->report.trigger.gfp_flags);
	}
	/* What came before the gap may be another decision's than what comes behind it. */
	oom_assembler_forget(a);
	a->doubt.on = a->doubt.is_new = true;
}

void oom_assembler_settle(struct oom_assembler *a)
{
	oom_ready_settle_early(&a->out, &a->counters);
}

void oom_assembler_end(struct oom_assembler *a)
{
	release_taken(a);
	oom_ready_settle(&a->out, &a->counters);
	oom_assembler_forget(a);
}
