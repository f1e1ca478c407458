/*
 * host/snapshot: /proc entries of processes that are about to die, taken the
 * moment the kernel names them and kept until their kill line is published.
 * Fixed storage; the oldest gives way.
 */
#ifndef HOST_SNAPSHOT_H
#define HOST_SNAPSHOT_H

#include "host/process.h"

#define HOST_SNAPSHOTS 8
#define HOST_SNAPSHOT_TEXT (3 * LIMIT_PATH + 2048)
/* A snapshot this old (monotonic microseconds) is taken again: the pid may be another process by now. */
#define HOST_SNAPSHOT_AGE_USEC (2ull * 1000 * 1000)

struct host_snapshot {
	bool used;
	uint64_t taken_usec;
	struct host_process process;
	uint32_t parent_count;
	struct host_parent parent[LIMIT_PARENTS];
	struct arena arena;
	char text[HOST_SNAPSHOT_TEXT];
};

struct host_snapshots {
	struct host_snapshot slot[HOST_SNAPSHOTS];
};

/* Reads /proc/<pid> unless a fresh snapshot of it is there. A process already gone leaves none. `cmdlines`: see
 * host_process_read. */
void host_snapshots_take(struct host_snapshots *s, int proc_fd, uint64_t pid, struct host_cmdlines *cmdlines,
			 uint64_t now_usec);
/* The snapshot of this pid, or NULL; valid until the next take. */
const struct host_snapshot *host_snapshots_find(const struct host_snapshots *s, uint64_t pid,
						uint64_t now_usec) ATTR_NONNULL;

#endif
