#include "base/clock.h"

#include <stdio.h>
#include <time.h>

static uint64_t read_usec(clockid_t id)
{
	struct timespec ts = {0};
	clock_gettime(id, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

struct clock_now clock_read(void)
{
	return (struct clock_now){
	    .monotonic_usec = read_usec(CLOCK_MONOTONIC),
	    .realtime_usec = read_usec(CLOCK_REALTIME),
	    .boottime_usec = read_usec(CLOCK_BOOTTIME),
	};
}

void clock_rfc3339(uint64_t realtime_usec, char out[CLOCK_RFC3339_SIZE])
{
	time_t sec = (time_t)(realtime_usec / 1000000);
	struct tm tm;
	if (!gmtime_r(&sec, &tm) || tm.tm_year > 9999 - 1900) {
		snprintf(out, CLOCK_RFC3339_SIZE, "9999-12-31T23:59:59.999999Z");
		return;
	}
	size_t n = strftime(out, CLOCK_RFC3339_SIZE, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(out + n, CLOCK_RFC3339_SIZE - n, ".%06uZ", (unsigned)(realtime_usec % 1000000));
}
