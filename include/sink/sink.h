/*
 * sink/sink: where events go. A sink never blocks, never fails its caller, and
 * counts what it lost. A message is offered to each sink in turn.
 */
#ifndef SINK_SINK_H
#define SINK_SINK_H

#include "event/event.h"

/* Where in the kernel's log a restart has to begin to make an event again. The daemon's: a sink that queues hands it
 * back. */
struct sink_mark {
	uint64_t kill;  /* sequence number of the last kill before it */
	uint64_t from;  /* of the record behind which its report begins */
	uint64_t stamp; /* of about that record, by the kernel's clock, microseconds */
};

struct sink_message {
	const struct event *event; /* valid during the call only */
	struct slice json;         /* one line, no newline; valid during the call only */
	struct sink_mark mark;
};

struct sink_counters {
	uint64_t sent;    /* events handed over to the other side */
	uint64_t dropped; /* events given up for this sink */
	uint64_t errors;  /* failed system calls of the other side */
};

#endif
