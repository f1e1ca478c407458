/*
 * event/verdict_host: the rules that read Mem-Info: what became of the host's
 * memory. Private to event/. Each returns whether its evidence is there and
 * writes its words to `t` when it is.
 */
#ifndef EVENT_VERDICT_HOST_H
#define EVENT_VERDICT_HOST_H

#include "base/text.h"
#include "event/event.h"

/* No zone that counts has plenty free. */
bool event_verdict_is_short(const struct event *e) ATTR_NONNULL;

bool event_verdict_fragmentation(const struct event *e, struct text *t) ATTR_NONNULL;
bool event_verdict_hugepages(const struct event *e, struct text *t) ATTR_NONNULL;
bool event_verdict_host_kernel(const struct event *e, struct text *t) ATTR_NONNULL;
bool event_verdict_host_shared(const struct event *e, struct text *t) ATTR_NONNULL;
bool event_verdict_host_locked(const struct event *e, struct text *t) ATTR_NONNULL;
bool event_verdict_no_swap(const struct event *e, struct text *t) ATTR_NONNULL;
bool event_verdict_exhausted(const struct event *e, struct text *t) ATTR_NONNULL;
bool event_verdict_swap_full(const struct event *e, struct text *t) ATTR_NONNULL;

#endif
