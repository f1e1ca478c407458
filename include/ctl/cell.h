/*
 * ctl/cell: a memory cgroup of our own with a process in it that grows until the
 * kernel kills it: for the self-test. Knows both cgroup versions. Never more
 * than CTL_CELL_LIMIT is used: the process gives up by itself if the limit does
 * not hold.
 */
#ifndef CTL_CELL_H
#define CTL_CELL_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/compiler.h"

#define CTL_CELL_LIMIT (32ull << 20)
#define CTL_CELL_COMM "oomw-selftest"

struct ctl_cell {
	char path[256]; /* of the folder; "" = none was made */
	char name[64];  /* its last element */
	int version;    /* 1 or 2 */
	pid_t pid;      /* the process, 0 = none */
	int start_fd;
	const char *step; /* what was being done when something failed */
	const char *cure; /* what to do about it, or NULL */
};

/* Makes the cgroup and the process, which waits in it. 0 or a negative errno; `step` and `cure` tell more. */
int ctl_cell_make(struct ctl_cell *c) ATTR_MUST_CHECK ATTR_NONNULL;
/* Lets the process grow and waits for its end. 0: the kernel killed it; -ENOMEM: it met its own bound, the limit did
 * not hold; else a negative errno. */
int ctl_cell_run(struct ctl_cell *c) ATTR_MUST_CHECK ATTR_NONNULL;
/* Ends the process if need be and removes the cgroup. 0 or a negative errno. */
int ctl_cell_remove(struct ctl_cell *c) ATTR_MUST_CHECK ATTR_NONNULL;

#endif
