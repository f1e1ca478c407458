/*
 * event/summary: the event as one sentence for a tired person: what died, whose
 * it was, why, how much it held. Pure. Hostile bytes are shown as \xNN.
 */
#ifndef EVENT_SUMMARY_H
#define EVENT_SUMMARY_H

#include "event/event.h"

/* Sets e->summary. Call after event_verdict(). */
void event_summary(struct event *e) ATTR_NONNULL;

#endif
