/*
 * host/reckon: the kernel's own count of kills held against the kill lines that
 * were read. Pure, but for reading the counter.
 *
 * /proc/vmstat oom_kill (4.13 on) rises by one for each "Killed process" line,
 * just before it is printed (mm/oom_kill.c __oom_kill_process()); a group
 * member printed twice counts twice in both. So the distance of the two is
 * constant when everything was read and falls when a late line arrives: only a
 * distance that grew and stayed is a loss.
 *
 * The counter is a sum over the processors that are online. While one goes away,
 * what it counted is missing for an instant (vmstat.c sum_vm_events(), until
 * vm_events_fold_cpu()): a count that fell by itself is believed only when it stays.
 */
#ifndef HOST_RECKON_H
#define HOST_RECKON_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"

/* How long a grown distance must stay: a slow console delays a line by milliseconds, a stopped machine by more. */
#define HOST_RECKON_PATIENCE_USEC (2ull * 1000 * 1000)

struct host_reckon {
	bool based;
	int64_t base;                     /* kernel's count less lines read, when last all was well */
	uint64_t kernel_base, lines_base; /* at the first check */
	uint64_t kernel_seen;             /* the greatest count that was read */
	bool suspect;
	int64_t suspect_distance;
	uint64_t suspect_since;
};

/*
 * `kernel` is the counter, `lines` the kill lines read so far; ask when the source has nothing more at this moment.
 * Returns how many kills were never seen (said once), 0 when all is well or it is too early to say.
 */
uint64_t host_reckon_check(struct host_reckon *r, uint64_t now_usec, uint64_t kernel, uint64_t lines) ATTR_NONNULL;

/* Continues over a restart in the same boot: the kernel's count belongs to no line read yet. */
void host_reckon_resume(struct host_reckon *r, uint64_t kernel) ATTR_NONNULL;
/* What the kernel's count comes to with these lines, to be kept for host_reckon_resume(). False: never looked yet. */
bool host_reckon_expected(const struct host_reckon *r, uint64_t lines, uint64_t *kernel) ATTR_MUST_CHECK ATTR_NONNULL;

/* When to ask again although nothing happened (monotonic), UINT64_MAX = not. */
uint64_t host_reckon_deadline(const struct host_reckon *r) ATTR_NONNULL;

/* Reads oom_kill of <proc>/vmstat. False where the kernel does not count (before 4.13) or the file cannot be read. */
bool host_reckon_read(int proc_fd, uint64_t *kernel) ATTR_NONNULL;

#endif
