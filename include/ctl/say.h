/* ctl/say: one line for the person at the keyboard, on stderr: "oomwatchctl: …". Hostile bytes are shown as \xNN. */
#ifndef CTL_SAY_H
#define CTL_SAY_H

#include "base/compiler.h"

void ctl_say(const char *fmt, ...) ATTR_PRINTF(1, 2) ATTR_NONNULL;

#endif
