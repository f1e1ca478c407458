/*
 * sink/stream: one event a line on a descriptor (stdout of --foreground): JSON,
 * or the readable line on a terminal. The reader's slowness is accepted here
 * (a pipe to a pager blocks): it is for debugging, not for the service.
 */
#ifndef SINK_STREAM_H
#define SINK_STREAM_H

#include "sink/sink.h"

enum sink_stream_form { SINK_STREAM_JSON, SINK_STREAM_READABLE };

struct sink_stream {
	int fd; /* borrowed */
	enum sink_stream_form form;
	bool colour; /* readable form only: red for a kill, yellow for the rest */
	bool broken; /* EPIPE: the reader left; the caller may stop */
	int error;   /* of the first line that was lost, a negative errno */
	bool torn;   /* private: a line was begun and could not be finished */
	struct sink_counters counters;
};

/* Writes the whole line, or counts it as dropped. SIGPIPE must be ignored by the program. */
void sink_stream_publish(struct sink_stream *s, const struct sink_message *m) ATTR_NONNULL;

#endif
