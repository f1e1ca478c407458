/*
 * event/verdict: why it happened, in plain words. Pure, over a built event.
 *
 * One rule a row, in order; the first whose evidence is there decides. A rule
 * reads only what the kernel said; where the evidence is missing no verdict is
 * given (never a guess dressed as fact). The text names the number that decided
 * and one next step.
 *
 * Order: first what makes sizes beside the point (manual, unkillable,
 * allocating-task, cpuset-limit, mempolicy-limit). Then what held the memory
 * when it was not the victim, the most particular first: in a memory cgroup
 * swap-limit, kernel-memory, shared-memory, locked-memory; on the host
 * fragmentation, hugepages-reserved, kernel-memory, shared-memory,
 * locked-memory. Then adjusted: why a small process died for a large one. At
 * last whose limit it was: cgroup-limit, ancestor-limit; host-no-swap,
 * host-exhausted (swap used up and hardly any page cache left), swap-full (swap
 * used up with page cache left). "The bulk" is more than half.
 *
 * A kill whose report the kernel suppressed has no limit, no sizes of others
 * and so, but for allocating-task, no verdict.
 */
#ifndef EVENT_VERDICT_H
#define EVENT_VERDICT_H

#include "event/event.h"

/* Sets e->verdict, or leaves it absent. Call after everything else is filled in. */
void event_verdict(struct event *e) ATTR_NONNULL;

#endif
