/*
 * app/notify: what the daemon tells systemd (sd_notify). Nothing happens when
 * it was not started by systemd.
 */
#ifndef APP_NOTIFY_H
#define APP_NOTIFY_H

#include <stdint.h>

#include "base/compiler.h"

/* May wait for PID 1, and allocates: at start only. All others never do, and are lost when PID 1 does not read. */
void app_notify_ready(const char *status) ATTR_NONNULL;
void app_notify_status(const char *status) ATTR_NONNULL;
/* May wait too. */
void app_notify_stopping(void);
void app_notify_reloading(uint64_t monotonic_usec);
void app_notify_reloaded(const char *status) ATTR_NONNULL;
/* Half of WatchdogSec= in microseconds, 0 when systemd wants no keep-alive. */
uint64_t app_notify_watchdog_interval(void);
void app_notify_watchdog(void);
/* The listening socket that systemd passed (oomwatchd.socket), or -1. */
int app_notify_listen_fd(void);

#endif
