/*
 * base/thread: a thread for what may wait longer than the program can. Nobody joins it, since it may never come back.
 */
#ifndef BASE_THREAD_H
#define BASE_THREAD_H

#include <stddef.h>

#include "base/compiler.h"

/* Runs `run(arg)` in a thread of its own that takes no signals, on a stack of `stack` bytes: what is not used of it
 * costs no memory. 0, or a negative errno. */
int thread_start(size_t stack, void *(*run)(void *), void *arg) ATTR_MUST_CHECK ATTR_NONNULL;

#endif
