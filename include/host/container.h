/*
 * host/container: names for what a cgroup path only numbers, from local files.
 *
 * host_names_learn() reads the runtimes' files; it is called while the thing is
 * alive: when its cgroup is first seen, and again whenever the recorder looks
 * at it. host_names_find() is asked at the kill: it touches no file, and the
 * names are still there when the runtime has long removed its own.
 *
 * Whose word it is. A file is believed about system containers only when it and
 * all directories on its way belong to the owner of the root directory (root)
 * and nobody else may write them; a user's files only about that user's own
 * (rootless) containers, which are kept apart. A container inside another one
 * is the inner runtime's: its id is looked up nowhere on this host, so that a
 * container that may make cgroups cannot borrow its neighbour's name. Where a
 * file tells a pod uid it must be the path's. Labels that an image can bring
 * along (compose, Kubernetes, ECS under docker) count only with a sign that the
 * one who started the container set them.
 *
 * A file that is missing, torn, too large or not to be trusted costs its names
 * and is counted; it is looked for again later, at growing intervals.
 */
#ifndef HOST_CONTAINER_H
#define HOST_CONTAINER_H

#include "host/identity.h"

/* Containers whose names are kept: the system's, and users' own, who so push nobody else's names out. */
#define HOST_NAMES_CONTAINERS 1024
#define HOST_NAMES_USER_CONTAINERS 224
/* Pods and units: under a kubelet with systemd each container has one of each. */
#define HOST_NAMES_OTHERS 2048
/* A first look that found nothing is repeated after this, then after twice as long, and so on … */
#define HOST_NAMES_RETRY_USEC (100ull * 1000)
/* … up to this; complete names are renewed as rarely (`docker rename`). */
#define HOST_NAMES_RENEW_USEC (600ull * 1000 * 1000)
/* So many looks at one user's own files in so long a time: he can make cgroups faster than we can read. */
#define HOST_NAMES_USER_LOOKS 32
#define HOST_NAMES_USER_LOOKS_USEC (4ull * 1000 * 1000)
/* A unit's invocation id changes with every start, and OOM-killed services are restarted in 100 ms (RestartSec=). */
#define HOST_NAMES_UNIT_USEC (100ull * 1000)

/* Absent where not known. */
struct host_names {
	struct slice container_name, container_image;
	struct slice container_runtime;                                 /* where the path did not tell it */
	struct slice outer_name[LIMIT_OUTER], outer_image[LIMIT_OUTER]; /* beside host_identity.outer */
	struct slice pod_uid;                                           /* where the path did not tell it */
	struct slice pod_name, pod_namespace;
	struct slice compose_project, compose_service;
	struct slice ecs_task, ecs_container; /* Amazon ECS: the task's ARN, the name in its task definition */
	struct slice invocation_id;           /* of host_identity.unit, 32 hex */
	struct slice machine;                 /* as machined calls what runs in that unit */
};

struct host_names_counters {
	uint64_t looked;    /* subjects whose files were looked for */
	uint64_t put_off;   /* looks at a user's files that were too many in their time */
	uint64_t untrusted; /* files refused for their owner or mode, or for a pod uid that is not the path's */
	uint64_t broken;    /* files that are not JSON, also at the second look, or need more memory than there is */
	uint64_t oversize;  /* files over the bound */
	uint64_t failed;    /* files that could not be read for another reason than that they are not there */
	uint64_t cut;       /* names left out because a record was full */
	uint64_t evicted;   /* records given up for a newer one */
	uint32_t records;
};

struct host_names_cache;

size_t host_names_cache_size(void);
/*
 * Makes a cache in `storage` (zeroed, aligned for any object), takes the address space for reading, and reads where the
 * runtimes keep their files where that can be set (storage.conf, daemon.json, containerd's config.toml). `root_fd`, the
 * directory all paths are taken below, is borrowed.
 */
int host_names_cache_init(void *storage, int root_fd, struct host_names_cache **out) ATTR_MUST_CHECK ATTR_NONNULL;
void host_names_cache_close(struct host_names_cache *c) ATTR_NONNULL;

/*
 * Reads what is not known yet about the container, pod and unit of `id`. The work is bounded: a dozen lookups, at most
 * three files read; but a disk may not answer, so host/namer calls it. One thread may, others may find meanwhile.
 * True when files were looked for, false when everything due was already there (no system call).
 */
bool host_names_learn(struct host_names_cache *c, const struct host_identity *id, uint64_t now_usec) ATTR_NONNULL;

/* What is known, copied into `arena`, without looking at a file. False: not all of it, the files may tell more. */
bool host_names_find(struct host_names_cache *c, const struct host_identity *id, struct arena *arena,
		     struct host_names *out) ATTR_NONNULL;

/* Whether host_names_learn() would look at files now; no system call. */
bool host_names_due(struct host_names_cache *c, const struct host_identity *id, uint64_t now_usec) ATTR_NONNULL;

struct host_names_counters host_names_counters(const struct host_names_cache *c) ATTR_NONNULL;

#endif
