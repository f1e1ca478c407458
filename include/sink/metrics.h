/*
 * sink/metrics: counters as Prometheus text, in a file for a textfile collector.
 *
 * Kills are counted here, event by event, in LIMIT_METRICS_SERIES label sets.
 * When a new one finds no place, the set whose last kill is oldest is retired:
 * its series disappears and its count goes to oomwatchd_kills_retired_total, so
 * that the sum over all of them never loses a kill. All other numbers are the
 * daemon's and are handed in at each write. A value that is not known is left out.
 */
#ifndef SINK_METRICS_H
#define SINK_METRICS_H

#include "sink/sink.h"

/* Label sets kept: more than a node has units and containers at a time; fewer than hurt a Prometheus. */
#define LIMIT_METRICS_SERIES 512

struct sink_metrics;

struct sink_metrics_dropped {
	const char *sink; /* "journal", "socket", "stream" */
	uint64_t count;
};

/* How well processes are known before they die. */
struct sink_metrics_recorder {
	bool process_events; /* the kernel tells of processes; else /proc is scanned */
	uint64_t events_lost, forgotten, cmdlines_unread;
};

struct sink_metrics_numbers {
	const char *version; /* of the program */
	uint64_t records_lost, kills_unseen, forged_records;
	const struct sink_metrics_recorder *recorder; /* NULL: there is none */
	const struct sink_metrics_dropped *dropped;
	uint32_t dropped_count;
};

/* In mapped storage; NULL with errno set when it cannot be had. Takes all its memory here. */
struct sink_metrics *sink_metrics_new(void) ATTR_MUST_CHECK;
void sink_metrics_free(struct sink_metrics *s);

/* Counts a kill; other events pass. */
void sink_metrics_publish(struct sink_metrics *s, const struct sink_message *m) ATTR_NONNULL;
/*
 * Writes `path`.tmp beside `path`, mode 0644, and renames it over `path`: a reader sees a whole file or the one before.
 * Not synced: after a crash the counters begin anew anyway. 0 or a negative errno, and `path` is then as it was.
 */
int sink_metrics_write(const struct sink_metrics *s, const char *path,
		       const struct sink_metrics_numbers *n) ATTR_MUST_CHECK ATTR_NONNULL;

#endif
