/*
 * app/notify: what the daemon tells systemd (sd_notify). Nothing happens when
 * it was not started by systemd.
 */
#ifndef APP_NOTIFY_H
#define APP_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"

/* None of these waits. False: PID 1 does not read just now, say it again later. */
bool app_notify_ready(const char *status) ATTR_MUST_CHECK ATTR_NONNULL;
bool app_notify_status(const char *status) ATTR_MUST_CHECK ATTR_NONNULL;
bool app_notify_reloading(uint64_t monotonic_usec) ATTR_MUST_CHECK; /* READY=1 ends it */
bool app_notify_watchdog(void) ATTR_MUST_CHECK;
/* Nothing hangs on it. */
void app_notify_stopping(void);
/* Half of WatchdogSec= in microseconds, 0 when systemd wants no keep-alive. */
uint64_t app_notify_watchdog_interval(void);
/* The listening socket that systemd passed (oomwatchd.socket), or -1. */
int app_notify_listen_fd(void);

#endif
