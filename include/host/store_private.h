/* What the files of host/store share; nobody else includes this. */
#ifndef HOST_STORE_PRIVATE_H
#define HOST_STORE_PRIVATE_H

#include "host/store.h"

/* Records of a pid (and of others) begin here, the youngest first, by same_hash. */
static inline uint32_t *host_store_bucket(const struct host_store *s, int32_t pid)
{
	return &s->by_pid[(uint32_t)pid & s->pid_mask];
}
/* To the end of a list. */
void host_store_move(struct host_store *s, uint32_t i, enum host_record_list to) ATTR_NONNULL;
/* A new live record, or 0. */
uint32_t host_store_make(struct host_store *s, int32_t pid, uint64_t start_usec) ATTR_NONNULL;
/* Gives up a live or dead record; it stays as a stub while it has children. */
void host_store_release(struct host_store *s, uint32_t i) ATTR_NONNULL;
void host_store_set_parent(struct host_store *s, uint32_t i, uint32_t parent) ATTR_NONNULL;
void host_store_set_comm(struct host_record *r, struct slice comm) ATTR_NONNULL;

#endif
