/*
 * sink/storage: the memory a sink takes once, before readiness is announced.
 * Zeroed pages; a page that was never touched costs nothing, and one that is
 * given back costs nothing again. Never grows.
 */
#ifndef SINK_STORAGE_H
#define SINK_STORAGE_H

#include <stddef.h>

#include "base/compiler.h"

/* NULL with errno set when it cannot be had. */
void *sink_storage_map(size_t size) ATTR_MUST_CHECK;
void sink_storage_unmap(void *p, size_t size);
/* Gives back the whole pages inside [p, p + size); they read as zeroes afterwards. Keeps errno. */
void sink_storage_forget(void *p, size_t size) ATTR_NONNULL;

#endif
