/*
 * kmsg/stamp: the kernel's stamps moved onto CLOCK_MONOTONIC. Pure.
 *
 * printk stamps records with local_clock(): it begins near CLOCK_MONOTONIC's
 * zero and is not disciplined, so the two part by parts per million (0.4 µs a
 * second was measured, 10 ppm is 26 s in a month). Nothing exports their
 * distance, but every record that is read as it arrives shows it from above:
 * time of reading − stamp = distance + delivery, and the least of several is
 * nearly the distance itself (delivery takes 0.3 to 4 ms).
 */
#ifndef KMSG_STAMP_H
#define KMSG_STAMP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"

/* How long an observation counts: at 10 ppm the distance moves 6 ms in it. */
#define KMSG_STAMP_WINDOW_USEC (600ll * 1000 * 1000)
/* A record may come this late (we were stopped, the machine was busy) before an older observation is the better one. */
#define KMSG_STAMP_LATE_USEC (50ll * 1000)
/* What the clocks may part by meanwhile, 100 ppm: more than a timer is off, and NTP slews at most five times that. */
#define KMSG_STAMP_DRIFT(usec) ((usec) / 10000)

struct kmsg_stamp {
	/* least of the present and of the last half window */
	struct {
		bool set;
		int64_t least;
	} half[2];
	bool known;
	int64_t last_known; /* when both halves are empty */
	uint64_t half_began;
	uint64_t seen_at; /* of the last observation that counted; 0: before this process, or none */
};

/* A record of stamp `usec` was read at `now` (monotonic) right after it arrived: never call it for replayed records. */
void kmsg_stamp_observe(struct kmsg_stamp *s, uint64_t now, uint64_t usec) ATTR_NONNULL;

/* The distance as it is known, CLOCK_MONOTONIC less the stamps, to be kept for kmsg_stamp_resume() in the same boot.
 * False: never observed. */
bool kmsg_stamp_distance(const struct kmsg_stamp *s, int64_t *usec) ATTR_MUST_CHECK ATTR_NONNULL;
void kmsg_stamp_resume(struct kmsg_stamp *s, int64_t usec) ATTR_NONNULL;

/* The moment of `usec` in CLOCK_MONOTONIC, never later than `now`. Without any observation the two clocks are taken to
 * be one. */
uint64_t kmsg_stamp_monotonic(const struct kmsg_stamp *s, uint64_t now, uint64_t usec) ATTR_NONNULL;

#endif
