/*
 * oom/assembler_private: what the parts of the assembler share: the decisions
 * (assembler_decisions.c), kills (assembler_kill.c), reports
 * (assembler_report.c) and the records that lead to them (assembler.c).
 */
#ifndef OOM_ASSEMBLER_PRIVATE_H
#define OOM_ASSEMBLER_PRIVATE_H

#include "oom/assembler.h"
#include "oom/decision.h"
#include "oom/line_rows.h"
#include "oom/ready.h"

/* Decisions in memory: one per caller, and those that incidents still to be taken point to. */
#define OOM_DECISIONS (LIMIT_OPEN_REPORTS + OOM_READY + 1)
/* Kills remembered, to know one that is printed again. */
#define OOM_RECENT 64
/* The lines of one dump follow each other within a slow console's pace; behind a longer pause it has ended. */
#define OOM_DUMP_PAUSE_USEC (1000ull * 1000)

/* A kill published. */
struct oom_recent {
	struct oom_killed killed;
	uint64_t usec;
	bool first; /* of its decision */
};

/* Records were lost, or reports mixed: what is seen without its beginning may have had one. */
struct oom_doubt {
	bool on, is_new;
	uint64_t until_usec;
	bool may_mix; /* an open report was lost, of a kernel that prints several at once */
};

struct oom_assembler {
	struct oom_assembler_counters counters;
	uint64_t hint;
	uint64_t last_seq;
	bool seen_any;
	uint32_t used; /* decisions in use */
	struct oom_doubt doubt;
	struct oom_num manual_usec, no_victim_usec;
	struct oom_ready_list out;
	uint32_t recent_next;
	struct oom_recent recent[OOM_RECENT];
	struct oom_decision decision[OOM_DECISIONS];
	struct oom_decision_body body[OOM_DECISIONS];
};

/* Stamps of two processors may go back a little; 0 is no stamp (the beginning of a saved log). */
static inline uint64_t oom_elapsed(uint64_t now, uint64_t then)
{
	return then && now > then ? now - then : 0;
}

/* The caller's decision, open or closed, or NULL. */
struct oom_decision *oom_assembler_find(struct oom_assembler *a, const struct kmsg_record *rec) ATTR_NONNULL;
/* A new decision in place of the caller's last one, which must have been ended. */
struct oom_decision *oom_assembler_begin(struct oom_assembler *a, const struct kmsg_record *rec) ATTR_NONNULL;
/* The decision that a line of a report belongs to: the open one, or a new one whose beginning was not seen. */
struct oom_decision *oom_assembler_for_line(struct oom_assembler *a, const struct kmsg_record *rec) ATTR_NONNULL;
/* The kernel has gone on to something else: a complete report without its kill had none. */
void oom_assembler_end_decision(struct oom_assembler *a, struct oom_decision *d) ATTR_NONNULL;
/* The same where that is not known. */
void oom_assembler_give_up(struct oom_assembler *a, struct oom_decision *d) ATTR_NONNULL;
/* Gives up what is older than any report. */
void oom_assembler_expire(struct oom_assembler *a, uint64_t usec) ATTR_NONNULL;
void oom_assembler_forget(struct oom_assembler *a) ATTR_NONNULL;
void oom_assembler_note_time(struct oom_doubt *d, uint64_t usec) ATTR_NONNULL;
void oom_assembler_doubt_goes_on(struct oom_doubt *d, uint64_t usec) ATTR_NONNULL;

void oom_assembler_on_killed(struct oom_assembler *a, const struct kmsg_record *rec,
			     const struct oom_line *line) ATTR_NONNULL;
void oom_assembler_on_sharing(struct oom_assembler *a, const struct kmsg_record *rec,
			      const struct oom_line *line) ATTR_NONNULL;
void oom_assembler_on_group(struct oom_assembler *a, const struct kmsg_record *rec, struct slice path) ATTR_NONNULL;

void oom_assembler_on_trigger(struct oom_assembler *a, const struct kmsg_record *rec,
			      const struct oom_line *line) ATTR_NONNULL;
/* Lines that only an OOM report holds: seen without its beginning, they are the rest of a torn one. */
bool oom_assembler_stands_alone(enum oom_line_kind kind);
void oom_assembler_on_report_line(struct oom_assembler *a, const struct kmsg_record *rec,
				  const struct oom_line *line) ATTR_NONNULL;
/* A summary is worth a look at /proc as soon as it names the victim. */
void oom_assembler_hint_from_waiting(struct oom_assembler *a, const struct oom_decision *d) ATTR_NONNULL;
void oom_assembler_on_no_victim(struct oom_assembler *a, const struct kmsg_record *rec,
				const struct oom_line *line) ATTR_NONNULL;
void oom_assembler_on_exiting(struct oom_assembler *a, const struct kmsg_record *rec,
			      const struct oom_line *line) ATTR_NONNULL;
void oom_assembler_on_reaped(struct oom_assembler *a, const struct oom_line *line) ATTR_NONNULL;

#endif
