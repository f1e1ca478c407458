/*
 * host/cmdline: /proc/PID/cmdline for a caller that must not wait.
 *
 * That file is the only one read here that needs the process's memory map (proc_pid_cmdline_read, fs/proc/base.c:
 * access_remote_vm takes mmap_lock). Whoever holds the map for writing holds up its readers: for milliseconds a task
 * that lost its processor in mmap(2), for a second one that forks with much memory, for ever one that waits there for a
 * disk, an NFS server or a FUSE process that does not answer. Memory being short makes all of these likely. So a few
 * threads read it; each can be lost to a process that is stuck, until that one goes on or ends.
 *
 * The caller is one thread. An ask is a ticket until it is forgotten; nothing here allocates after the start.
 */
#ifndef HOST_CMDLINE_H
#define HOST_CMDLINE_H

#include "base/compiler.h"
#include "base/limits.h"
#include "base/slice.h"

#define HOST_CMDLINE_READERS 4
#define HOST_CMDLINE_TICKETS 64
/* A read that takes longer holds up its reader: another is woken. */
#define HOST_CMDLINE_SLOW_USEC 1000

struct host_cmdlines;

struct host_cmdline {
	struct slice text; /* arguments, each ended by NUL; empty: there is none (any more) */
	bool cut;          /* longer than LIMIT_CMDLINE */
};

/* NULL and errno when there is no memory or not one thread can be made. The threads take no signals. */
struct host_cmdlines *host_cmdlines_open(void) ATTR_MUST_CHECK;
/* Does not wait for readers that are stuck: what they use is given back when the last of them comes back. */
void host_cmdlines_close(struct host_cmdlines *c) ATTR_NONNULL;

/* Has "cmdline" below the process's directory `dir` read, which stays the caller's. A ticket, or -1: all tickets are
 * out, all readers are stuck, or there is no descriptor; host_cmdlines_stuck() tells which. */
int host_cmdlines_ask(struct host_cmdlines *c, int dir) ATTR_NONNULL;
/* True when the ticket's answer is there; it is good until the ticket is forgotten. */
bool host_cmdlines_answer(struct host_cmdlines *c, int ticket, struct host_cmdline *out) ATTR_NONNULL;
/* The same, but waits for it, no longer than this. */
bool host_cmdlines_await(struct host_cmdlines *c, int ticket, uint64_t usec, struct host_cmdline *out) ATTR_NONNULL;
/* Gives a ticket back, answered or not. */
void host_cmdlines_forget(struct host_cmdlines *c, int ticket) ATTR_NONNULL;

/* Asks that no reader has taken up. While there are some, call it again within HOST_CMDLINE_SLOW_USEC: it has another
 * reader help when those at work do not get on. */
uint32_t host_cmdlines_waiting(struct host_cmdlines *c) ATTR_NONNULL;
/* Lets them go first, if they have something to read: after asking. */
void host_cmdlines_step_back(struct host_cmdlines *c) ATTR_NONNULL;
/* No reader is free, and none has been for a while. */
bool host_cmdlines_stuck(const struct host_cmdlines *c) ATTR_NONNULL;
/* Asks that were refused so far because of that. */
uint64_t host_cmdlines_refused(const struct host_cmdlines *c) ATTR_NONNULL;

#endif
