/*
 * host/unit: systemd's rules for unit names and for reading a unit out of a
 * cgroup path, one path element at a time. Pure; everything borrows.
 */
#ifndef HOST_UNIT_H
#define HOST_UNIT_H

#include "base/text.h"

/* A loadable unit name: at most 255 bytes of [0-9A-Za-z:_.\-@], a known suffix, not a bare template. */
bool host_unit_is_name(struct slice name) ATTR_PURE;

/* Reads one path level after the other: slices first, then the element that is the unit or is not. */
struct host_unit_walk {
	struct slice slice; /* innermost of the leading slices; absent when there is none */
	struct slice unit;
	bool done; /* the first element that is no slice was seen: nothing below it matters */
};
void host_unit_step(struct host_unit_walk *w, struct slice element) ATTR_NONNULL;

/* user@UID.service or capsule@NAME.service: below it the names are that user's. A capsule's uid is dynamic and not in
 * its name: `uid` is then HOST_UNIT_NO_UID. */
#define HOST_UNIT_NO_UID UINT32_MAX
bool host_unit_is_user_manager(struct slice element, uint32_t *uid) ATTR_NONNULL;
/* session-ID.scope */
bool host_unit_is_session(struct slice element, struct slice *id) ATTR_NONNULL;
/* user-UID.slice */
bool host_unit_is_user_slice(struct slice element, uint32_t *uid) ATTR_NONNULL;

/* Adds `s` with \xNN undone; false when a backslash begins anything else or it does not fit. A '-' stays a '-'. */
bool host_unit_unescape(struct slice s, struct text *out) ATTR_NONNULL;

#endif
