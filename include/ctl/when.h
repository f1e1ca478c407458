/*
 * ctl/when: points in time as people write and read them. Words and dates are
 * systemd.time(7)'s, as journalctl --since takes them, in the local time zone.
 */
#ifndef CTL_WHEN_H
#define CTL_WHEN_H

#include <stdint.h>

#include "base/text.h"

/*
 * "2026-11-03 18:17:16", "2026-11-03 18:17", "2026-11-03", "18:17", "@1762193836", "today", "yesterday", "tomorrow",
 * "now", "-2h", "2h ago", "1 day 3 hours ago", and any of the dates with " UTC" or RFC 3339's zones. `now` in
 * microseconds since 1970. False when it is none of these.
 */
bool ctl_when_parse(struct slice word, uint64_t now_usec, uint64_t *out) ATTR_NONNULL;

/* "2026-11-03 18:17:16" in the local zone; with `zone` also its name: "2026-11-03 18:17:16 CET". */
void ctl_when_add(struct text *t, uint64_t usec, bool zone) ATTR_NONNULL;
/* A span, two units at most: "2d 3h", "4min 5s", "12s". */
void ctl_when_add_span(struct text *t, uint64_t sec) ATTR_NONNULL;

#endif
