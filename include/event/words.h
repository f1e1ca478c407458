/*
 * event/words: pieces that sentences about an event share. Private to event/.
 * Everything is safe to show: hostile bytes come out as \xNN.
 */
#ifndef EVENT_WORDS_H
#define EVENT_WORDS_H

#include "base/text.h"
#include "event/event.h"

/* One sentence of a summary or verdict at most. */
#define EVENT_WORDS_SENTENCE 1536
/* Bytes of a name or path that a sentence shows; a longer one loses its middle to "…". */
#define EVENT_WORDS_NAME 120

void event_words_name(struct text *t, struct slice name) ATTR_NONNULL;

/* The victim's name, or words for one whose name is not known. */
void event_words_victim(struct text *t, const struct event *e) ATTR_NONNULL;

/* Whose the victim was: pod, container, machine, unit, session or cgroup. False, and nothing added, when not known. */
bool event_words_whose(struct text *t, const struct event *e) ATTR_NONNULL;

/* Resident memory of the victim; up to 4.4, where shared memory counts as file memory, of the two parts printed. */
struct opt_u64 event_words_held(const struct event *e) ATTR_NONNULL;

/* "498 MiB of 512 MiB, 97 %" */
void event_words_share(struct text *t, uint64_t part_kb, uint64_t whole_kb) ATTR_NONNULL;

/* Usage stands a little below the limit when a report is printed: charges come in batches. */
static inline bool event_words_at_limit(const struct event_usage *u)
{
	return u->usage_kb.set && u->limit_kb.set && u->usage_kb.v >= u->limit_kb.v - u->limit_kb.v / 32;
}

/*
 * May it be said of a memory cgroup's kill that the limit of memory was reached? Not where the numbers tell that it was
 * not (no limit, another limit, a usage far below it), nor where a policy of somebody's own (BPF) asked for the kill.
 */
bool event_words_limit_hit(const struct event *e) ATTR_NONNULL;

/* More than half. */
static inline bool event_words_bulk(uint64_t part_kb, uint64_t whole_kb)
{
	return part_kb > whole_kb / 2;
}

#endif
