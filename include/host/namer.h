/*
 * host/namer: names of containers, pods and units (host/container), read by a thread of its own. Runtimes keep their
 * files on disks, and a disk may be slow or hang, most likely while memory is short: nobody else may wait for it.
 *
 * The caller is one thread.
 */
#ifndef HOST_NAMER_H
#define HOST_NAMER_H

#include "host/container.h"

/* Cgroups that wait to be read about, one of them that of a kill. */
#define HOST_NAMER_QUEUE 16
/* How long a kill waits for names that are not known yet. One that waited in vain makes the next ones not wait, until
 * the disk has answered. */
#define HOST_NAMER_PATIENCE_USEC (20 * 1000)
/* Names of one event. */
#define HOST_NAMER_TEXT 8192

struct host_namer;

/* Whose the cgroup is that was asked for: nobody's but the host's, or this user's (host_identity_disown). */
struct host_namer_owner {
	bool user;
	uint32_t uid;
};

/* `root_fd`: see host_names_cache_init; it is borrowed for as long as the process lives. 0, or a negative errno. */
int host_namer_open(int root_fd, struct host_namer **out) ATTR_MUST_CHECK ATTR_NONNULL;
/* Does not wait for a reader that is stuck. */
void host_namer_close(struct host_namer *n) ATTR_NONNULL;

/* False: too many wait for now. */
bool host_namer_has_room(struct host_namer *n) ATTR_NONNULL;
/* Has it read what is not known yet about the cgroup `path`. Needs room. */
void host_namer_ask(struct host_namer *n, struct slice path, struct host_namer_owner owner) ATTR_NONNULL;

/* What is known about `id`, parsed from `path` and disowned by the caller as `owner` says; copied into `arena`. When
 * that is not all, it is read now, before all that waits, and waited for within the bound. */
void host_namer_find(struct host_namer *n, const struct host_identity *id, struct slice path,
		     struct host_namer_owner owner, struct arena *arena, struct host_names *out) ATTR_NONNULL;

#endif
