/*
 * host/container_files: which files hold a container's, a pod's or a unit's
 * names, and how to read them. One table row per runtime and kind of file.
 * No state but where the runtimes keep their files.
 */
#ifndef HOST_CONTAINER_FILES_H
#define HOST_CONTAINER_FILES_H

#include "host/container.h"
#include "host/container_json.h"

/* What a file can tell. The order is the one in which a full record is filled. */
enum host_name {
	HOST_NAME_CONTAINER,
	HOST_NAME_POD,
	HOST_NAME_POD_NAMESPACE,
	HOST_NAME_POD_UID,
	HOST_NAME_IMAGE,
	HOST_NAME_RUNTIME,
	HOST_NAME_COMPOSE_PROJECT,
	HOST_NAME_COMPOSE_SERVICE,
	HOST_NAME_ECS_TASK,
	HOST_NAME_ECS_CONTAINER,
	HOST_NAME_INVOCATION,
	HOST_NAME_MACHINE,
	HOST_NAMES, /* what follows is only weighed, never kept */
	HOST_CLAIM_POD_UID = HOST_NAMES,
	HOST_CLAIM_POD,
	HOST_CLAIM_POD_NAMESPACE,
	HOST_CLAIM_CONTAINER,
	HOST_CLAIM_COMPOSE_HASH,
	HOST_CLAIMS,
};

/* One name of at most this many bytes; a longer one is left out (Kubernetes: 253; an image by digest: about 330). */
#define HOST_FOUND_MAX 512

struct host_found {
	struct slice name[HOST_CLAIMS];
	uint8_t rank; /* of the source: a smaller one knows better */
	struct arena arena;
	char text[4096];
};

/* Directories that administrators move. */
enum host_place {
	HOST_PLACE_CONTAINERD,  /* containerd's state directory */
	HOST_PLACE_DOCKER,      /* docker's data root */
	HOST_PLACE_STORAGE,     /* podman's graph root */
	HOST_PLACE_STORAGE_RUN, /* … and run root */
	HOST_PLACE_CRIO,        /* the same of CRI-O, which may have its own */
	HOST_PLACE_CRIO_RUN,
	HOST_PLACE_KUBELET, /* kubelet's root directory */
	HOST_PLACE_LXD,     /* of LXD and Incus */
	HOST_PLACE_ROOT,    /* everything with one place only */
	HOST_PLACES,
};

#define HOST_PLACE_PATH 256

struct host_files {
	int root_fd;
	uint32_t root_uid;
	struct host_json json;
	struct host_names_counters *counters;     /* borrowed */
	char moved[HOST_PLACES][HOST_PLACE_PATH]; /* as configured; "" where not */
};

int host_files_init(struct host_files *f, int root_fd,
		    struct host_names_counters *counters) ATTR_MUST_CHECK ATTR_NONNULL;
void host_files_destroy(struct host_files *f) ATTR_NONNULL;

/* Whose names: the container `ct` of `id`, which is its outermost. */
void host_files_container(struct host_files *f, const struct host_identity *id, const struct host_container_id *ct,
			  struct host_found *out) ATTR_NONNULL;
void host_files_pod(struct host_files *f, struct slice pod_uid, struct host_found *out) ATTR_NONNULL;
void host_files_unit(struct host_files *f, struct slice unit, struct host_found *out) ATTR_NONNULL;

#endif
