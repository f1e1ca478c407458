/*
 * base/log: the program's own diagnostics, on stderr.
 *
 * Each line begins with the syslog level as "<N>" when stderr is not a terminal
 * (journald and `systemd-cat` read it), with the program's name otherwise. One
 * call is one line and one write(2); control characters in it are shown as \xNN.
 * Only app/, ctl/ and main call this: lower layers return errors.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/compiler.h"

enum log_level {
	LOG_LEVEL_ERR = 3,
	LOG_LEVEL_WARNING = 4,
	LOG_LEVEL_NOTICE = 5,
	LOG_LEVEL_INFO = 6,
};

void log_line(enum log_level level, const char *fmt, ...) ATTR_PRINTF(2, 3) ATTR_NONNULL;

#endif
