/*
 * event/from_path: whose the victim's cgroup is, put into the event. Private to event/.
 */
#ifndef EVENT_FROM_PATH_H
#define EVENT_FROM_PATH_H

#include "event/event.h"

/*
 * Sets identity and sources.identity from e->cgroup.path. Where that is not known: from `group_path`
 * (memory.oom.group's cgroup, or absent) or else e->cgroup.limit_path, as far as those tell it of everything below
 * them.
 */
void event_from_path(struct event *e, struct slice group_path) ATTR_NONNULL;

#endif
