/*
 * Where each runtime tells a name, and what is known of that file.
 *
 * containerd: the bundle's config.json (internal/cri/annotations). The moby and
 *   default namespaces hold bundles too; docker's name is not in them.
 * CRI-O: config.json of the container's user data. The kubelet's four labels are
 *   JSON in an annotation; Kubernetes sets them last, so no pod can forge them.
 * docker: config.v2.json, which is renamed into place. Labels are the image's
 *   and the container's in one map. compose marks what it made itself with
 *   config-hash; an image built by compose carries project and service without.
 * podman: neither name nor labels are in its config.json (labels are only in its
 *   database); the name is in the list that its storage keeps. Containers made
 *   with --rm are in volatile-containers.json from podman 4.4 (storage 1.44) on,
 *   in the run root when the store is transient.
 * Nomad: the path is the only file that tells; docker tasks are docker's.
 * LXD, Incus: the container is called <project>_<name>, in the default project
 *   <name>; neither part can hold '_'. Plain LXC may hold it: the directory tells.
 */
#include "host/container_rows.h"

static const struct host_row_key cri_keys[] = {
    {HOST_NAME_CONTAINER, {"annotations", "io.kubernetes.cri.container-name"}},
    {HOST_NAME_IMAGE, {"annotations", "io.kubernetes.cri.image-name"}},
    {HOST_NAME_POD, {"annotations", "io.kubernetes.cri.sandbox-name"}},
    {HOST_NAME_POD_NAMESPACE, {"annotations", "io.kubernetes.cri.sandbox-namespace"}},
    {HOST_NAME_POD_UID, {"annotations", "io.kubernetes.cri.sandbox-uid"}},
    {0, {NULL}},
};

static const struct host_row_key nerdctl_keys[] = {
    {HOST_NAME_CONTAINER, {"annotations", "nerdctl/name"}},
    {0, {NULL}},
};

#define CRIO_LABELS "annotations", "io.kubernetes.cri-o.Labels", HOST_JSON_TEXT

static const struct host_row_key crio_keys[] = {
    {HOST_NAME_CONTAINER, {CRIO_LABELS, "io.kubernetes.container.name"}},
    {HOST_NAME_IMAGE, {"annotations", "io.kubernetes.cri-o.ImageName"}},
    {HOST_NAME_POD, {CRIO_LABELS, "io.kubernetes.pod.name"}},
    {HOST_NAME_POD, {"annotations", "io.kubernetes.cri-o.KubeName"}},
    {HOST_NAME_POD_NAMESPACE, {CRIO_LABELS, "io.kubernetes.pod.namespace"}},
    {HOST_NAME_POD_NAMESPACE, {"annotations", "io.kubernetes.cri-o.Namespace"}},
    {HOST_NAME_POD_UID, {CRIO_LABELS, "io.kubernetes.pod.uid"}},
    {0, {NULL}},
};

#define DOCKER_LABELS "Config", "Labels"

static const struct host_row_key docker_keys[] = {
    {HOST_NAME_CONTAINER, {"Name"}},
    {HOST_NAME_IMAGE, {"Config", "Image"}},
    {HOST_NAME_COMPOSE_PROJECT, {DOCKER_LABELS, "com.docker.compose.project"}},
    {HOST_NAME_COMPOSE_SERVICE, {DOCKER_LABELS, "com.docker.compose.service"}},
    {HOST_CLAIM_COMPOSE_HASH, {DOCKER_LABELS, "com.docker.compose.config-hash"}},
    {HOST_NAME_ECS_TASK, {DOCKER_LABELS, "com.amazonaws.ecs.task-arn"}},
    {HOST_NAME_ECS_CONTAINER, {DOCKER_LABELS, "com.amazonaws.ecs.container-name"}},
    {HOST_CLAIM_CONTAINER, {DOCKER_LABELS, "io.kubernetes.container.name"}},
    {HOST_CLAIM_POD, {DOCKER_LABELS, "io.kubernetes.pod.name"}},
    {HOST_CLAIM_POD_NAMESPACE, {DOCKER_LABELS, "io.kubernetes.pod.namespace"}},
    {HOST_CLAIM_POD_UID, {DOCKER_LABELS, "io.kubernetes.pod.uid"}},
    {0, {NULL}},
};

static const struct host_row_key storage_keys[] = {
    {HOST_NAME_CONTAINER, {"names", "0"}},
    {HOST_NAME_IMAGE, {"metadata", HOST_JSON_TEXT, "image-name"}},
    {0, {NULL}},
};

enum {
	OF_SYSTEM = HOST_ROW_OF_SYSTEM,
	OF_USER = HOST_ROW_OF_USER,
	OF_BARE = HOST_ROW_OF_BARE,
	OF_PLAIN = HOST_ROW_OF_PLAIN,
};

static const struct host_row container_rows[] = {
    {"containerd", OF_SYSTEM | OF_BARE, HOST_ROW_FILE, HOST_PLACE_CONTAINERD,
     "io.containerd.runtime.v2.task/k8s.io/%I/config.json", cri_keys, 0},
    {"containerd", OF_SYSTEM, HOST_ROW_FILE, HOST_PLACE_CONTAINERD,
     "io.containerd.runtime.v2.task/default/%I/config.json", nerdctl_keys, 0},
    {"cri-o", OF_SYSTEM | OF_BARE, HOST_ROW_FILE, HOST_PLACE_CRIO_RUN, "%D-containers/%I/userdata/config.json",
     crio_keys, 0},
    {"cri-o", OF_SYSTEM | OF_BARE, HOST_ROW_FILE, HOST_PLACE_CRIO, "%D-containers/%I/userdata/config.json", crio_keys,
     0},
    {"docker", OF_SYSTEM | OF_USER | OF_BARE, HOST_ROW_FILE, HOST_PLACE_DOCKER, "containers/%I/config.v2.json",
     docker_keys, 0},
    {"podman", OF_SYSTEM | OF_USER, HOST_ROW_RECORD, HOST_PLACE_STORAGE, "%D-containers/volatile-containers.json",
     storage_keys, 0},
    {"podman", OF_SYSTEM | OF_USER, HOST_ROW_RECORD, HOST_PLACE_STORAGE, "%D-containers/containers.json", storage_keys,
     0},
    {"podman", OF_SYSTEM | OF_USER, HOST_ROW_RECORD, HOST_PLACE_STORAGE_RUN, "%D-containers/volatile-containers.json",
     storage_keys, 0},
    {"lxc", OF_SYSTEM, HOST_ROW_DIRECTORY, HOST_PLACE_LXD, "containers/%I", NULL, HOST_NAME_CONTAINER},
    {"lxc", OF_SYSTEM | OF_USER, HOST_ROW_ID, HOST_PLACE_ROOT, "", NULL, HOST_NAME_CONTAINER},
    {NULL, OF_PLAIN, HOST_ROW_ALLOCATION, HOST_PLACE_ROOT, "", NULL, HOST_NAME_CONTAINER},
    {NULL, OF_SYSTEM | OF_BARE, HOST_ROW_LOG_LINK, HOST_PLACE_ROOT, "var/log/containers", NULL, 0},
    {NULL, OF_SYSTEM | OF_BARE, HOST_ROW_ONLY_ONE, HOST_PLACE_KUBELET, "pods/%P/containers", NULL, 0},
};

static const struct host_row pod_rows[] = {
    {NULL, OF_SYSTEM, HOST_ROW_LOG_DIR, HOST_PLACE_ROOT, "var/log/pods", NULL, 0},
};

static const struct host_row unit_rows[] = {
    {NULL, OF_SYSTEM, HOST_ROW_LINK, HOST_PLACE_ROOT, "run/systemd/units/invocation:%I", NULL, HOST_NAME_INVOCATION},
    {NULL, OF_SYSTEM, HOST_ROW_LINK, HOST_PLACE_ROOT, "run/systemd/machines/unit:%I", NULL, HOST_NAME_MACHINE},
};

struct host_rows host_container_rows(void)
{
	return (struct host_rows){container_rows, ARRAY_COUNT(container_rows)};
}

struct host_rows host_pod_rows(void)
{
	return (struct host_rows){pod_rows, ARRAY_COUNT(pod_rows)};
}

struct host_rows host_unit_rows(void)
{
	return (struct host_rows){unit_rows, ARRAY_COUNT(unit_rows)};
}
