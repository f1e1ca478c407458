/*
 * ctl/runner: one command per event, one at a time, bounded in time, never with
 * root's rights: started by root it runs as nobody.
 */
#ifndef CTL_RUNNER_H
#define CTL_RUNNER_H

#include "base/slice.h"

/* A command that runs longer is ended, with all it started. */
#define CTL_RUNNER_SECONDS 30

/*
 * Runs `command` by /bin/sh with `input` and a newline on its stdin, and waits for it. False: it could not be run,
 * failed or took too long (said on stderr).
 */
bool ctl_runner_run(const char *command, struct slice input) ATTR_NONNULL;

#endif
