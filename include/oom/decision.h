/*
 * oom/decision: one run of the OOM killer, from its first line to its last
 * kill, and what tells whether a line belongs to it. Private to oom/.
 */
#ifndef OOM_DECISION_H
#define OOM_DECISION_H

#include "oom/collect.h"
#include "oom/waiting.h"

struct oom_killed {
	uint64_t pid;
	struct oom_num total_vm_kb;
};

/* The large part, apart so that looking through the decisions touches little memory. */
struct oom_decision_body {
	struct oom_killed killed[LIMIT_GROUP_PIDS];
	struct oom_waiting waiting;
	struct oom_collect_state collect;
	struct oom_report report;
};

struct oom_decision {
	bool used;
	bool ready_uses; /* an incident not yet taken, or taken since the last feed, points here */
	char caller_kind;
	uint32_t caller_id;
	uint64_t last_usec;
	bool has_report; /* some line of the report was seen */
	bool doubt;      /* records were lost before it: lines of this one may be missing */
	bool mixed;      /* its lines cannot be told from another report's: nothing of the report is told */
	bool closed;     /* it killed, or said that it cannot */
	bool no_victim;
	bool group;
	struct slice group_path;
	uint64_t group_usec; /* of the group's line */
	bool first_known;
	uint64_t first_seq, newest_seq; /* of its kills */
	enum oom_prefix prefix;
	uint32_t kills;
	struct oom_decision_body *body;
};

/* Empties `d`; the body stays with it. */
void oom_decision_begin(struct oom_decision *d, const struct kmsg_record *rec) ATTR_NONNULL;

static inline bool oom_decision_is_open(const struct oom_decision *d)
{
	return d && !d->closed;
}

/* Reads the waiting line into the report. `line` is the kill that ends the report, NULL when something else does. */
void oom_decision_read_waiting(struct oom_decision *d, const struct oom_line *killed) __attribute__((nonnull(1)));

/* A complete report that ended without a kill line: the victim was gone already, and the kernel said nothing. */
bool oom_decision_ended_silently(const struct oom_decision *d) ATTR_NONNULL;

/* May this selection line be of this open report? */
bool oom_decision_may_select(const struct oom_decision *d, const struct oom_line *line) ATTR_NONNULL;
/* May this kill line end this open report? */
bool oom_decision_may_kill(const struct oom_decision *d, const struct oom_line *line) ATTR_NONNULL;
/* Is this kill, which follows the decision's own, one more of it: of its group, or a line printed twice? */
bool oom_decision_goes_on(const struct oom_decision *d, uint64_t usec, const struct oom_line *line) ATTR_NONNULL;
/* Is it certain, even if the line behind this kill were the beginning of another group's? */
bool oom_decision_is_member(const struct oom_decision *d, uint64_t pid) ATTR_NONNULL;
/* Did the report choose this very process? Its paths are the victim's then. */
bool oom_decision_chose(const struct oom_decision *d, const struct oom_line *line) ATTR_NONNULL;

bool oom_decision_already_killed(const struct oom_decision *d, const struct oom_line *line) ATTR_NONNULL;
void oom_decision_remember(struct oom_decision *d, uint64_t pid, struct oom_num total_vm_kb) ATTR_NONNULL;
/* The page size shows where the table's row and the kill line give the same total_vm. */
void oom_decision_learn_page_size(struct oom_decision *d, const struct oom_line *line) ATTR_NONNULL;

enum oom_incident_detail oom_decision_detail(const struct oom_decision *d, enum oom_prefix prefix) ATTR_NONNULL;

#endif
