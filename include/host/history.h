/*
 * host/history: how a process's memory went, in at most LIMIT_HISTORY points,
 * and what to call that. Pure.
 *
 * Adding: a stretch in which the size stays within 1/64 of its first point is
 * kept as its two ends. When all points are in use, the one goes whose loss
 * leaves the smallest hole for its age, so that what remains is dense at the
 * new end and spans back to the first point: seconds to days.
 *
 * Growth. With
 *   R     the size at death,
 *   W     "the last moments": five sampling intervals (150 s by default),
 *   base  the lowest size seen; 0 for a process that lived no longer than W,
 *   s(t)  the size at time t: that of the last point not after t,
 * the first that fits is its name:
 *   unknown  nothing is known of the time before the last moments, and the last
 *            moments do not explain half of R either
 *   steady   R - base is less than a tenth of R
 *   spike    at least half of R - base was gained in the last moments:
 *            R - s(death - W) >= (R - base) / 2
 *   leak     it was watched for at least 2 W, and its floor rises: of the lowest
 *            sizes in the four equal quarters of the time watched (here with a
 *            straight line between two points), at least two of three steps
 *            gain a twentieth of R - base, none loses as much, and the last one gains
 *   steady   otherwise (a plateau reached long ago, a sawtooth)
 * A line that rises evenly is therefore a spike when it took less than ten
 * sampling intervals from start to death, and a leak when it took longer.
 */
#ifndef HOST_HISTORY_H
#define HOST_HISTORY_H

#include "base/limits.h"
#include "base/slice.h"

#define HOST_HISTORY_TICK_USEC 100000 /* unit of a point's time */
#define HOST_HISTORY_SCALE 5          /* "the last moments", in sampling intervals */

struct host_point {
	uint32_t at;     /* CLOCK_BOOTTIME in HOST_HISTORY_TICK_USEC: enough for 13 years of uptime */
	uint32_t rss_kb; /* saturates at 4 TiB */
};

struct host_history {
	uint32_t count;
	struct host_point point[LIMIT_HISTORY]; /* oldest first */
};

enum host_growth { HOST_GROWTH_UNKNOWN, HOST_GROWTH_STEADY, HOST_GROWTH_LEAK, HOST_GROWTH_SPIKE };

/* A point that is not newer than the last one replaces its size. */
void host_history_add(struct host_history *h, uint64_t now_usec, uint64_t rss_kb) ATTR_NONNULL;

struct host_growth_input {
	uint64_t start_usec;    /* of the process, CLOCK_BOOTTIME; 0 = not known */
	uint64_t death_usec;    /* CLOCK_BOOTTIME */
	uint64_t rss_kb;        /* size at death: what the kill line says, or the last that is known */
	uint64_t interval_usec; /* sampling interval in use */
};
enum host_growth host_history_growth(const struct host_history *h, const struct host_growth_input *in) ATTR_NONNULL;
/* "steady" "leak" "spike"; absent for unknown. */
struct slice host_growth_name(enum host_growth g);

#endif
