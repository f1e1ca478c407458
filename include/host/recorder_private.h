/* What the files of host/recorder share; nobody else includes this. */
#ifndef HOST_RECORDER_PRIVATE_H
#define HOST_RECORDER_PRIVATE_H

#include "host/recorder.h"

enum host_recorder_read {
	HOST_READ_CGROUP = 1u << 0,
	HOST_READ_CMDLINE = 1u << 1,
	HOST_READ_EXE = 1u << 2,
	HOST_READ_STATUS = 1u << 3,
	HOST_READ_LOGINUID = 1u << 4,
	HOST_READ_YOUNG = 1u << 5, /* it has just begun: its command line is asked for whatever it does */
	HOST_READ_PROGRAM = HOST_READ_CGROUP | HOST_READ_CMDLINE | HOST_READ_EXE,
	HOST_READ_ALL = HOST_READ_PROGRAM | HOST_READ_STATUS | HOST_READ_LOGINUID,
};

/* Reads stat, and of the rest what `what` names, of one process: all of the same one, whatever happens to the number.
 * 0, or -ESRCH, or what else went wrong. */
int host_reading_take(struct host_recorder_reading *rd, int proc_fd, int32_t pid, uint32_t what) ATTR_NONNULL;
/* The cgroup alone. `is_root`: it is known to be "/"; otherwise a "/" is asked about again, since on v1 a dying process
 * shows it. False: not known. */
bool host_reading_cgroup(struct host_recorder_reading *rd, int proc_fd, int32_t pid, bool is_root, struct slice *path,
			 bool *deleted) ATTR_NONNULL;
/* Resident kB of statm; 0 for a process without memory. -ESRCH when it is gone. */
int64_t host_reading_rss(struct host_recorder_reading *rd, int proc_fd, int32_t pid) ATTR_NONNULL;
/* Threads of a process, its leader included; 0 when it is gone. */
uint32_t host_reading_threads(int proc_fd, int32_t pid) ATTR_NONNULL;

/* as_of_usec when any start time will do. */
#define HOST_ANY_TIME (UINT64_MAX / 2)

/* Reads a process and puts what it says into the store. `as_of_usec`: see host_store_put. The record, or 0. */
uint32_t host_recorder_learn(struct host_recorder *r, int32_t pid, uint32_t what, uint64_t as_of_usec,
			     uint64_t now_usec) ATTR_NONNULL;

/* Takes events until none wait or `batches` are done; true: there may be more. */
bool host_recorder_drain(struct host_recorder *r, uint32_t batches, uint64_t now_usec) ATTR_NONNULL;

/* recorder_look.c: each does a bounded piece; true: more is due now. now_usec is CLOCK_BOOTTIME. */
bool host_recorder_look(struct host_recorder *r, uint64_t now_usec) ATTR_NONNULL;
bool host_recorder_sample(struct host_recorder *r, uint64_t now_usec) ATTR_NONNULL;
void host_recorder_bury(struct host_recorder *r, uint64_t now_usec) ATTR_NONNULL;
/* The next look; UINT64_MAX: none. */
uint64_t host_recorder_look_due(const struct host_recorder *r) ATTR_NONNULL;

/* Puts what was read and is pending to the records it is about, if they are still alive. */
void host_recorder_believe(struct host_recorder *r, uint64_t now_usec) ATTR_NONNULL;
struct host_recorder_pending *host_recorder_read_cgroup(struct host_recorder *r, uint32_t i) ATTR_NONNULL;
/* The look a process begins with after fork or exec. */
uint32_t host_recorder_first_look(const struct host_recorder *r) ATTR_NONNULL;

/* recorder_cmdlines.c */
/* Puts what `reading` says into the store, and remembers whose the command line is that comes later. */
uint32_t host_recorder_put(struct host_recorder *r, uint64_t as_of_usec, uint64_t now_usec) ATTR_NONNULL;
/* Takes the command lines that have come. */
void host_recorder_collect(struct host_recorder *r, uint64_t now_usec) ATTR_NONNULL;
/* So many are being read that no scan should add to them. */
bool host_recorder_crowded(struct host_recorder *r, uint64_t now_usec) ATTR_NONNULL;
/* What `reading` has is not wanted. */
void host_recorder_drop_reading(struct host_recorder *r) ATTR_NONNULL;

/* recorder_moves.c */
bool host_recorder_follow_moves(struct host_recorder *r, uint64_t now_usec) ATTR_NONNULL;
/* CLOCK_BOOTTIME when cgroups that wait are to be followed; UINT64_MAX: none waits. */
uint64_t host_recorder_moves_due(const struct host_recorder *r) ATTR_NONNULL;

/* recorder_scan.c */
bool host_recorder_scan(struct host_recorder *r, uint64_t now_usec) ATTR_NONNULL;
uint64_t host_recorder_scan_due(const struct host_recorder *r) ATTR_NONNULL;
void host_recorder_scan_open(struct host_recorder *r, uint64_t now_usec) ATTR_NONNULL;
void host_recorder_scan_close(struct host_recorder *r) ATTR_NONNULL;

#endif
