/*
 * sink/journal: events into journald, with the fields of the schema table.
 *
 * Never blocks: what journald does not take at once waits in a bounded queue
 * (LIMIT_JOURNAL_BACKLOG), in order. When that is full the oldest event is
 * dropped and counted, and the next one that gets through carries
 * OOM_DROPPED=<how many are missing before it>.
 */
#ifndef SINK_JOURNAL_H
#define SINK_JOURNAL_H

#include "sink/sink.h"

struct sink_journal;

/* A journal sink in mapped storage; NULL with errno set when that fails. Takes all its memory here. */
struct sink_journal *sink_journal_new(void) ATTR_MUST_CHECK;
/* The same for a journald that listens on `socket_path` (a namespace, a test); errno ENAMETOOLONG when that is too
 * long. */
struct sink_journal *sink_journal_new_at(const char *socket_path) ATTR_MUST_CHECK ATTR_NONNULL;
void sink_journal_free(struct sink_journal *j);

/* Sends or queues. Never blocks. */
void sink_journal_publish(struct sink_journal *j, const struct sink_message *m) ATTR_NONNULL;
/* Sends what waits, as far as journald takes it. `now` monotonic: an absent journald is looked for once a second. */
void sink_journal_flush(struct sink_journal *j, uint64_t now_usec) ATTR_NONNULL;
/* Events waiting. */
uint32_t sink_journal_waiting(const struct sink_journal *j) ATTR_NONNULL;
/* The mark of the oldest event waiting; false when none is. */
bool sink_journal_oldest(const struct sink_journal *j, struct sink_mark *mark) ATTR_MUST_CHECK ATTR_NONNULL;
/*
 * Says in the journal that the daemon begins, with OOM_START=<token>: journald reads in order, so what was sent before
 * is stored when this is (sink/journal_past). Sent now or never: false when journald does not take it.
 */
bool sink_journal_begin(struct sink_journal *j, struct slice token) ATTR_MUST_CHECK ATTR_NONNULL;
/* Connects anew for the next event, and at once. */
void sink_journal_reopen(struct sink_journal *j) ATTR_NONNULL;
/* For poll(2): a descriptor that becomes POLLOUT when journald reads again, or -1 when nothing waits for that. */
int sink_journal_poll_fd(const struct sink_journal *j) ATTR_NONNULL;
/* When flush wants to be called even if nothing happened (monotonic; 0 = at once), UINT64_MAX = not. */
uint64_t sink_journal_deadline(const struct sink_journal *j) ATTR_NONNULL;
/* `sent` is what journald's socket took: whether journald stored it cannot be known. */
const struct sink_counters *sink_journal_counters(const struct sink_journal *j) ATTR_NONNULL;

#endif
