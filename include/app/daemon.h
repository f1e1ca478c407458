/*
 * app/daemon: owns everything, and is the only place where two stages meet.
 *
 * One turn: wait → signals → read at most LIMIT_RECORDS_PER_TURN records → feed
 * → for each incident: what is perishable, build, encode, publish → flush sinks.
 */
#ifndef APP_DAEMON_H
#define APP_DAEMON_H

#include "app/options.h"

/* Runs until the source ends or a signal says so. Exit status of the program. */
int app_daemon_run(const struct app_options *o) ATTR_NONNULL;

#endif
