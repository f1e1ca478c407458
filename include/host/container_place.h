/*
 * host/container_place: from a row's template to the paths it stands for.
 *
 * A template may hold %I (the id), %P (the pod's uid), %D (a storage driver) and, in users' places,
 * %H (the user's home directory) and %U (the uid). It is tried below every
 * directory the place may be: where it is configured, then where it is by
 * default, with every driver.
 */
#ifndef HOST_CONTAINER_PLACE_H
#define HOST_CONTAINER_PLACE_H

#include "host/container_files.h"

struct host_place_paths {
	const struct host_files *files;
	enum host_place place;
	const char *template_;
	struct slice id, pod_uid;
	struct slice home; /* absent: not a user's, or not known */
	bool user;
	uint32_t uid;
	unsigned int at; /* how far it is */
	char path[HOST_TREE_PATH];
};

/* The next path, or NULL at the end. */
const char *host_place_next(struct host_place_paths *p) ATTR_NONNULL;

/* Reads where runtimes were told to keep their files. */
void host_place_configure(struct host_files *f) ATTR_NONNULL;

/* The home directory of a uid, from etc/passwd; into `buf`. */
struct slice host_place_home(struct host_files *f, uint32_t uid, char *buf, size_t cap) ATTR_NONNULL;

#endif
