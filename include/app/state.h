/*
 * app/state: where the daemon was in the kernel log, kept over restarts.
 *
 * One small file, replaced by rename, so that a crash at any instant leaves the
 * old one or the new one. It is not synced: within the same boot the page cache
 * is the truth, and after a reboot the journal tells what was published since.
 */
#ifndef APP_STATE_H
#define APP_STATE_H

#include "base/slice.h"

struct app_state {
	char boot_id[33];
	/* Sequence numbers of the kernel's ring; 0: none yet. */
	uint64_t kill; /* the last kill that need not be published again */
	uint64_t from; /* a restart reads what comes behind: below `read` while a report is open or an event waits */
	uint64_t read; /* the last record read: losses and kill lines up to it are accounted for */
	uint64_t
	    stamp; /* the kernel's stamp of about the record `from`, microseconds: what an earlier boot is read from */
	bool counted;     /* `kernel` is known */
	uint64_t kernel;  /* what oom_kill of /proc/vmstat comes to with all kill lines up to `read` */
	bool timed;       /* `distance` is known */
	int64_t distance; /* of the kernel's stamps from CLOCK_MONOTONIC (kmsg/stamp): minutes after a year */
};

enum app_state_load {
	APP_STATE_LOADED,
	APP_STATE_NONE, /* no file: the first start */
	APP_STATE_BAD,  /* not ours, torn or empty: renamed to "cursor.bad" */
};

/* Opens the directory, making the last element of it when missing. A descriptor or a negative errno. */
int app_state_open(const char *dir) ATTR_MUST_CHECK ATTR_NONNULL;
/* An enum app_state_load, or a negative errno. */
int app_state_load(int dir_fd, struct app_state *out) ATTR_MUST_CHECK ATTR_NONNULL;
/* 0 or a negative errno. Never blocks for long: no sync. */
int app_state_save(int dir_fd, const struct app_state *s) ATTR_MUST_CHECK ATTR_NONNULL;

#endif
