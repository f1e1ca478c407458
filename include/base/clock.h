/*
 * base/clock: the only place where time is read. The loop reads it once a turn
 * and hands it down; pure code takes it as an argument.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"

struct clock_now {
	uint64_t monotonic_usec; /* CLOCK_MONOTONIC */
	uint64_t realtime_usec;  /* CLOCK_REALTIME, read beside it */
	uint64_t boottime_usec;  /* CLOCK_BOOTTIME: what /proc/PID/stat start times count in */
};

struct clock_now clock_read(void);

/* RFC 3339, UTC, microseconds, e.g. "2026-01-31T23:59:59.000001Z" and a NUL. */
#define CLOCK_RFC3339_SIZE 32
void clock_rfc3339(uint64_t realtime_usec, char out[CLOCK_RFC3339_SIZE]) ATTR_NONNULL;

#endif
