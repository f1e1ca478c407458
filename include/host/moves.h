/*
 * host/moves: who was put into another cgroup. The kernel has no event for it,
 * but whoever moves a process writes to the cgroup's cgroup.procs (or tasks, on
 * v1), and inotify tells of writes there. Every folder of the hierarchy that has
 * the memory controller is watched; new ones are found by their parent's watch.
 *
 * What it says is "look at the members of this cgroup": after a write, and once
 * for each folder that is new to it. A process that is *born* elsewhere
 * (CLONE_INTO_CGROUP) makes no write; it is looked at after its exec.
 */
#ifndef HOST_MOVES_H
#define HOST_MOVES_H

#include "base/limits.h"
#include "host/intern.h"

/* Folders watched; each costs the kernel about 1 kB. More are not watched, and `incomplete` says so. */
#define HOST_MOVES_MAX 8192
/* Their paths take this part of the pool at most, 3 MB of the default: 8192 paths as Kubernetes makes them. */
#define HOST_MOVES_SHARE 4

struct host_watch {
	int32_t wd;               /* 0: unused */
	uint32_t path;            /* interned, held: the cgroup */
	uint32_t same_hash, next; /* next: of the queue, or of the free list */
	bool queued, unread;      /* unread: its folders are yet to be found */
};

struct host_moves {
	int fd;          /* inotify; -1: closed */
	int mount_fd;    /* the hierarchy's mount point */
	bool incomplete; /* not every folder is watched */
	uint32_t watches;
	uint32_t cells; /* of the pool, that their paths take */
	uint64_t lost;  /* times the kernel's queue ran over: everything is looked at again then */
	/* private */
	struct host_intern *strings;
	struct host_watch *watch; /* [0] is never used */
	uint32_t *by_wd;
	uint32_t top, free, first, last;
	char path[LIMIT_PATH + 64];
	char buf[4096] __attribute__((aligned(8)));
};

#define HOST_MOVES_SIZE ((HOST_MOVES_MAX + 1) * sizeof(struct host_watch) + HOST_MOVES_MAX * sizeof(uint32_t))

/* `storage` is HOST_MOVES_SIZE zeroed bytes. 0, or a negative errno: ENOENT: no cgroup hierarchy below root_fd. */
int host_moves_open(struct host_moves *m, int root_fd, struct host_intern *strings,
		    void *storage) ATTR_MUST_CHECK ATTR_NONNULL;
void host_moves_close(struct host_moves *m) ATTR_NONNULL;
/* Takes what inotify has to say. False: the descriptor is broken. */
bool host_moves_take(struct host_moves *m) ATTR_NONNULL;
/* The next cgroup whose members are to be looked at, with its cgroup.procs open for the caller to read and close.
 * False: none. `*cgroup` is good until the next call. */
bool host_moves_next(struct host_moves *m, uint32_t *cgroup, int *procs_fd) ATTR_NONNULL;

#endif
