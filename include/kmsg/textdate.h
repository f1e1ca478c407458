/*
 * kmsg/textdate: the dates that programs write before a line of the kernel log.
 *
 * Month and weekday names are never looked up: they are in the writer's
 * language. A date with year and zone gives a wall-clock time; any other gives
 * only something that grows with time, so that two lines can be told to lie
 * seconds or days apart. Pure.
 */
#ifndef KMSG_TEXTDATE_H
#define KMSG_TEXTDATE_H

#include "base/slice.h"

struct kmsg_textdate {
	bool present;
	bool has_realtime;      /* year and zone were both there */
	uint64_t realtime_usec; /* since 1970-01-01 UTC */
	uint64_t day;           /* of the month, or since 1970 when the whole date is numeric */
	uint32_t month;         /* stands for the month's name (and year, if any): equal for equal names */
	uint64_t usec_of_day;
	bool comma; /* fraction behind a comma: only dmesg --time-format=iso writes that */
};

/* "2023-11-03T10:11:12.123456+01:00", also with a blank for the T, a comma, "Z", "+0100", or no zone at all. */
bool kmsg_textdate_take_iso(struct slice *c, struct kmsg_textdate *out) ATTR_NONNULL;
/* "Nov  3 10:11:12", "jun 20 03:23:46.123456", "3月 18 18:47:12", "Thg 11 28 10:11:12", "Nov  3 2023 10:11:12", "2023
 * Nov 3 10:11:12". */
bool kmsg_textdate_take_short(struct slice *c, struct kmsg_textdate *out) ATTR_NONNULL;
/* "Tue Nov  3 10:11:12 2015", weekday and month in any language. */
bool kmsg_textdate_take_ctime(struct slice *c, struct kmsg_textdate *out) ATTR_NONNULL;
/* "Tue 2015-11-03 10:11:12 UTC", as journalctl -o short-full writes it. */
bool kmsg_textdate_take_full(struct slice *c, struct kmsg_textdate *out) ATTR_NONNULL;
/* "1787068905.416344": seconds since 1970 with six digits behind the dot. */
bool kmsg_textdate_take_unix(struct slice *c, struct kmsg_textdate *out) ATTR_NONNULL;

/* "123.456789" -> 123456789; one to nine digits behind the dot. */
bool kmsg_textdate_take_seconds(struct slice *c, uint64_t *usec) ATTR_NONNULL;
/* The same with the decimal sign of any language: "0,002367". */
bool kmsg_textdate_take_delta(struct slice *c, uint64_t *usec) ATTR_NONNULL;
/* "Nov28 16:06", "Nov  3 10:11", "déc.28 16:06": what dmesg -e and -H write where a minute begins. */
bool kmsg_textdate_skip_minute(struct slice *c) ATTR_NONNULL;

#endif
