/*
 * host/pressure: a PSI trigger on <proc>/pressure/memory (kernel 5.2): the
 * descriptor becomes readable (POLLPRI) while memory is short, at most once in
 * HOST_PRESSURE_WINDOW_USEC.
 */
#ifndef HOST_PRESSURE_H
#define HOST_PRESSURE_H

#include <poll.h>

#include "base/slice.h"

/* "Some task waited for memory for 100 ms out of 2 s." A window that is a multiple of 2 s needs no privilege from 6.5
 * on. */
#define HOST_PRESSURE_STALL_USEC 100000
#define HOST_PRESSURE_WINDOW_USEC 2000000

/* The descriptor (owned by the caller, who closes it), or a negative errno: ENOENT, EOPNOTSUPP: no PSI here. */
int host_pressure_open(int proc_fd) ATTR_MUST_CHECK;

enum host_pressure { HOST_PRESSURE_NONE, HOST_PRESSURE_SHORT, HOST_PRESSURE_BROKEN };
/* What poll() said of it. */
enum host_pressure host_pressure_read(short revents);

#endif
