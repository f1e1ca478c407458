/*
 * ctl/signals: SIGINT and SIGTERM as a question instead of an end, without the
 * race between asking and waiting: they are let in only while waiting.
 */
#ifndef CTL_SIGNALS_H
#define CTL_SIGNALS_H

#include <stdbool.h>
#include <stdint.h>

/* From now on the two signals are remembered, and held back outside of ctl_poll(). */
void ctl_catch_signals(void);
/* One of them came. */
bool ctl_interrupted(void);
/* In a child, before exec: the signals are as they always are. */
void ctl_release_signals(void);

/* poll(2) of one descriptor (-1: none, only time passes) for `ms` (negative: without end); ends early when a signal
 * comes. */
int ctl_poll(int fd, short events, int64_t ms);

#endif
