/*
 * sink/journal_past: what the journal already holds: events of ours from before
 * a restart, and the kernel's records of an earlier boot. Used once, at start;
 * its memory (libsystemd's, mapped and malloc'ed) is given back by close.
 *
 * Only entries whose trusted fields say that they are ours count as events: sent
 * over journald's own socket by our uid, and from our unit where both are known.
 * A user who writes events of his own makes no kill look published.
 */
#ifndef SINK_JOURNAL_PAST_H
#define SINK_JOURNAL_PAST_H

#include "event/event.h"

struct sd_journal;

struct sink_journal_past {
	struct sd_journal *journal; /* owned */
	struct slice unit;          /* borrowed from the caller; absent: unknown */
	uint32_t left;              /* entries still to be looked at */
};

struct sink_journal_past_event {
	enum event_type type;
	struct slice id, json;
};

struct sink_journal_past_record {
	struct slice text;
	uint8_t level;
	uint64_t usec;          /* the kernel's stamp */
	uint64_t realtime_usec; /* of that moment, as far as journald's clocks tell */
};

/* Opens the journal of this machine. `unit` is the one we run in, absent when it is not known. 0 or a negative errno.
 */
int sink_journal_past_open(struct sink_journal_past *p, struct slice unit) ATTR_MUST_CHECK ATTR_NONNULL;
void sink_journal_past_close(struct sink_journal_past *p) ATTR_NONNULL;

/* Waits until the entry of sink_journal_begin(token) is stored, `msec` at most. */
bool sink_journal_past_wait(struct sink_journal_past *p, struct slice token, uint32_t msec) ATTR_NONNULL;

/*
 * Chooses our newest `most` events that were stored during the boots `boot` and `other` (absent: none); next gives
 * them, oldest first: 1, 0 at the end, or a negative errno. Slices are valid until the next call.
 */
int sink_journal_past_choose_events(struct sink_journal_past *p, struct slice boot, struct slice other,
				    uint32_t most) ATTR_MUST_CHECK ATTR_NONNULL;
int sink_journal_past_next_event(struct sink_journal_past *p,
				 struct sink_journal_past_event *out) ATTR_MUST_CHECK ATTR_NONNULL;

/*
 * Chooses the kernel's own records (facility 0) of the boot `boot` with a stamp of about `from_usec` and later, at most
 * `most`; next gives them in order, earlier ones may come first. 1, 0 at the end, or a negative errno.
 */
int sink_journal_past_choose_records(struct sink_journal_past *p, struct slice boot, uint64_t from_usec,
				     uint32_t most) ATTR_MUST_CHECK ATTR_NONNULL;
int sink_journal_past_next_record(struct sink_journal_past *p,
				  struct sink_journal_past_record *out) ATTR_MUST_CHECK ATTR_NONNULL;
/* Whether the choice ended because of `most`. */
bool sink_journal_past_cut(const struct sink_journal_past *p) ATTR_NONNULL;

#endif
