/*
 * host/container_cache: records of names, a fixed number of them, the longest
 * unused given up first. Pure.
 */
#ifndef HOST_CONTAINER_CACHE_H
#define HOST_CONTAINER_CACHE_H

#include "host/container_files.h"

enum host_subject { HOST_SUBJECT_CONTAINER, HOST_SUBJECT_POD, HOST_SUBJECT_UNIT };

/* Whose record; `user` keeps what users' cgroups claim apart from the system's. */
struct host_names_key {
	enum host_subject subject;
	bool user;
	uint32_t uid; /* when `user` */
	struct slice id;
};

/*
 * Key and names of one record. A thousand containers with a pod and a unit each are 1.7 MB, the whole cache is less
 * than 2 MB.
 */
#define HOST_NAMES_CONTAINER_TEXT 840
#define HOST_NAMES_OTHER_TEXT 320

struct host_names_record {
	uint64_t hash;
	uint64_t due_usec; /* when its files are worth a look again */
	char *text;        /* the key, then the names in order */
	uint32_t uid;
	uint16_t chain;      /* next of the same bucket; 0 = none */
	uint16_t prev, next; /* in its list, the longest unused first */
	uint8_t subject;
	uint8_t list;
	uint8_t tries; /* looks that found nothing, in a row */
	uint8_t rank;  /* of the source the names are from */
	uint16_t key_size;
	uint16_t size[HOST_NAMES]; /* HOST_NAMES_ABSENT where there is none */
};
#define HOST_NAMES_ABSENT UINT16_MAX

enum { HOST_NAMES_SYSTEM, HOST_NAMES_USER, HOST_NAMES_OTHER, HOST_NAMES_LISTS };

#define HOST_NAMES_LONG (HOST_NAMES_CONTAINERS + HOST_NAMES_USER_CONTAINERS)
#define HOST_NAMES_BUCKETS 4096

struct host_names_records {
	uint16_t bucket[HOST_NAMES_BUCKETS];
	struct {
		uint16_t first, last, count;
	} list[HOST_NAMES_LISTS];
	/* [0] is never used; then the lists' own, one list after the other */
	struct host_names_record record[1 + HOST_NAMES_LONG + HOST_NAMES_OTHERS];
	char container_text[HOST_NAMES_LONG][HOST_NAMES_CONTAINER_TEXT];
	char other_text[HOST_NAMES_OTHERS][HOST_NAMES_OTHER_TEXT];
};

/* The record of `key`, now the most recently used; NULL when there is none. `r` begins as zeroes. */
struct host_names_record *host_names_record_find(struct host_names_records *r,
						 const struct host_names_key *key) ATTR_NONNULL;
/* A new, empty record, for a key that has none; NULL when the key is too long. */
struct host_names_record *host_names_record_add(struct host_names_records *r, const struct host_names_key *key,
						struct host_names_counters *counters) ATTR_NONNULL;
/* Replaces the names. */
void host_names_record_put(struct host_names_record *rec, const struct host_found *found,
			   struct host_names_counters *counters) ATTR_NONNULL;
struct slice host_names_record_get(const struct host_names_record *rec, enum host_name which) ATTR_NONNULL;

#endif
