/*
 * base/usage: one look for the --help of both programs.
 */
#ifndef BASE_USAGE_H
#define BASE_USAGE_H

#include "base/compiler.h"

/* `left` and beside it `help`, whose lines end in '\n', to standard output; on lines of their own where `left` is wide.
 */
void usage_row(const char *left, const char *help) ATTR_NONNULL;

/* An option's row: "-x, --name=VALUE". `letter` 0: it has none; `value` NULL: it takes none. */
void usage_option(char letter, const char *name, const char *value, const char *help) __attribute__((nonnull(2, 4)));

#endif
