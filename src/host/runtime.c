/*
 * Container names are matched as whole elements against one table, a row per
 * shape. Where an id is part of a longer name the rest is compared too, so that
 * crio-conmon-<id>.scope is nothing and "crio-" is not the hex digit c.
 *
 * A path starts afresh inside a container: docker in LXC is
 * /lxc/101/ns/docker/<id>. What a row wants to lie above an id is therefore
 * looked for in the scope: the elements since the root or since the innermost
 * container or machine.
 */
#include "host/runtime.h"

#include "host/unit.h"

/* ---- forms of ids ---- */

static bool is_hex(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!((s.p[i] >= '0' && s.p[i] <= '9') || (s.p[i] >= 'a' && s.p[i] <= 'f')))
			return false;
	return true;
}

static bool is_hex64(struct slice s)
{
	return s.n == 64 && is_hex(s);
}

/* 8-4-4-4-12 lower-case hex digits with `dash` between. */
static bool is_uuid(struct slice s, char dash)
{
	static const size_t dash_at[] = {8, 13, 18, 23, 36};
	size_t from = 0;
	if (s.n != 36)
		return false;
	for (size_t i = 0; i < ARRAY_COUNT(dash_at); i++) {
		if (!is_hex(slice_sub(s, from, dash_at[i])) || (dash_at[i] < s.n && s.p[dash_at[i]] != dash))
			return false;
		from = dash_at[i] + 1;
	}
	return true;
}

/* BuildKit draws 25 digits to the base 36. */
static bool is_build_id(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!((s.p[i] >= '0' && s.p[i] <= '9') || (s.p[i] >= 'a' && s.p[i] <= 'z')))
			return false;
	return s.n == 25;
}

static bool is_name(struct slice s)
{
	return s.n > 0;
}

/* Garden's groups for containers within and over their share of CPU are not handles. */
static bool is_garden_handle(struct slice s)
{
	return s.n > 0 && !slice_eq(s, SLICE("good")) && !slice_eq(s, SLICE("bad"));
}

/* <allocation>.<task> */
static bool is_nomad_task(struct slice s)
{
	return s.n > 37 && s.p[36] == '.' && is_uuid(slice_sub(s, 0, 36), '-');
}

/* ---- containers ---- */

#define ANY SLICE_NONE

/*
 * An element is <prefix><id><suffix>. A row that ends in ".scope" also stands for <slice>:<name>:<id>, which runc makes
 * of the same name when the CRI says systemd and the runtime cgroupfs. `first` and `parent` are the elements of the
 * scope that must lie above, where the name alone does not tell.
 */
static const struct shape {
	struct slice runtime, prefix, suffix, first, parent;
	bool (*is_id)(struct slice s);
} shapes[] = {
    {SLICE("containerd"), SLICE("cri-containerd-"), SLICE(".scope"), ANY, ANY, is_hex64},
    {SLICE("cri-o"), SLICE("crio-"), SLICE(".scope"), ANY, ANY, is_hex64},
    {SLICE("cri-o"), SLICE("crio-"), SLICE(""), ANY, ANY, is_hex64},
    {SLICE("docker"), SLICE("docker-"), SLICE(".scope"), ANY, ANY, is_hex64},
    {SLICE("docker"), SLICE(""), SLICE(""), SLICE("docker"), ANY, is_hex64},
    {SLICE("docker"), SLICE(""), SLICE(""), SLICE("docker"), SLICE("buildkit"), is_build_id},
    {SLICE("docker"), SLICE(""), SLICE(""), SLICE("ecs"), ANY, is_hex64},
    {SLICE("podman"), SLICE("libpod-"), SLICE(".scope"), ANY, ANY, is_hex64},
    {SLICE("podman"), SLICE("libpod-"), SLICE(""), ANY, ANY, is_hex64},
    {SLICE("podman"), SLICE("libpod-payload-"), SLICE(""), ANY, ANY, is_hex64},
    {SLICE("lxc"), SLICE("lxc.payload."), SLICE(""), ANY, ANY, is_name},
    {SLICE("lxc"), SLICE(""), SLICE(""), SLICE("lxc"), SLICE("lxc"), is_name},
    {ANY, SLICE(""), SLICE(""), SLICE("garden"), SLICE("garden"), is_garden_handle},
    {ANY, SLICE(""), SLICE(""), SLICE("garden"), SLICE("good"), is_garden_handle},
    {ANY, SLICE(""), SLICE(""), SLICE("garden"), SLICE("bad"), is_garden_handle},
    {ANY, SLICE(""), SLICE(".scope"), SLICE("nomad.slice"), SLICE("share.slice"), is_nomad_task},
    {ANY, SLICE(""), SLICE(".scope"), SLICE("nomad.slice"), SLICE("reserve.slice"), is_nomad_task},
    {ANY, SLICE(""), SLICE(""), SLICE("nomad"), SLICE("nomad"), is_nomad_task},
};

static bool required(struct slice want, struct slice got)
{
	return !slice_present(want) || slice_eq(want, got);
}

/* "kubepods-burstable-pod<uid>.slice:cri-containerd:<id>" */
static bool split_colons(struct slice element, struct slice *slice, struct slice *name, struct slice *id)
{
	struct slice rest = element;
	if (!take_until(&rest, SLICE(":"), slice) || !take_until(&rest, SLICE(":"), name))
		return false;
	*id = rest;
	return slice_ends(*slice, SLICE(".slice")) && host_unit_is_name(*slice);
}

static bool fits_colons(const struct shape *row, struct slice element, struct slice *id)
{
	struct slice slice, name;
	return slice_eq(row->suffix, SLICE(".scope")) && row->prefix.n > 0 &&
	       split_colons(element, &slice, &name, id) && slice_eq(name, slice_sub(row->prefix, 0, row->prefix.n - 1));
}

static bool fits(const struct shape *row, const struct host_runtime_scope *scope, struct slice element,
		 struct slice *id)
{
	if (!required(row->first, scope->first) || !required(row->parent, scope->parent))
		return false;
	if (fits_colons(row, element, id))
		return row->is_id(*id);
	if (element.n < row->prefix.n + row->suffix.n || !slice_starts(element, row->prefix) ||
	    !slice_ends(element, row->suffix))
		return false;
	*id = slice_sub(element, row->prefix.n, element.n - row->suffix.n);
	return row->is_id(*id);
}

/*
 * Nothing but an id: containerd on cgroupfs below a pod, or docker with --cgroup-parent. Only in a tree without units,
 * where runtimes make the names; podman calls its pods so too, below libpod_parent.
 */
static bool is_bare_id(const struct host_runtime_scope *scope, struct slice element)
{
	return is_hex64(element) &&
	       (scope->parent_is_pod || (!scope->has_unit && !slice_eq(scope->first, SLICE("libpod_parent"))));
}

bool host_runtime_container(const struct host_runtime_scope *scope, struct slice element, struct host_container_id *out)
{
	for (size_t i = 0; i < ARRAY_COUNT(shapes); i++) {
		struct slice id;
		if (!fits(&shapes[i], scope, element, &id))
			continue;
		*out = (struct host_container_id){.id = id, .runtime = shapes[i].runtime};
		return true;
	}
	*out = (struct host_container_id){.id = element, .runtime = SLICE_NONE};
	return is_bare_id(scope, element);
}

/* ---- pods ---- */

static const struct {
	struct slice dir;   /* cgroupfs: /kubepods/<dir>/pod<uid> */
	struct slice infix; /* systemd: kubepods-<infix>pod<uid>.slice */
	enum host_qos qos;
} qos_classes[] = {
    {SLICE("burstable"), SLICE("burstable-"), HOST_QOS_BURSTABLE},
    {SLICE("besteffort"), SLICE("besteffort-"), HOST_QOS_BEST_EFFORT},
};

/* A uid of the API server, or the 32 digits of a static pod's configuration hash. */
static bool is_pod_uid(struct slice s, char dash)
{
	return is_uuid(s, dash) || (s.n == 32 && is_hex(s));
}

/* [<root>-]kubepods[-<class>]-pod<uid with _>.slice, with or without ":<name>:<id>" behind it */
static bool is_pod_slice(struct slice element, struct slice *uid, enum host_qos *qos)
{
	struct slice slice = element, name, id, root;
	if (!split_colons(element, &slice, &name, &id))
		slice = element;
	if (!slice_ends(slice, SLICE(".slice")))
		return false;
	slice.n -= SLICE(".slice").n;
	if (!take_until(&slice, SLICE("kubepods-"), &root) || (root.n > 0 && root.p[root.n - 1] != '-'))
		return false;
	*qos = HOST_QOS_GUARANTEED;
	for (size_t i = 0; i < ARRAY_COUNT(qos_classes) && *qos == HOST_QOS_GUARANTEED; i++)
		if (take_literal(&slice, qos_classes[i].infix))
			*qos = qos_classes[i].qos;
	if (!take_literal(&slice, SLICE("pod")))
		return false;
	*uid = slice;
	return is_pod_uid(slice, '_');
}

/* kubepods[/<class>]/pod<uid> */
static bool is_pod_dir(const struct host_runtime_scope *scope, struct slice element, struct slice *uid,
		       enum host_qos *qos)
{
	if (!take_literal(&element, SLICE("pod")) || !is_pod_uid(element, '-'))
		return false;
	*uid = element;
	*qos = HOST_QOS_GUARANTEED;
	if (slice_eq(scope->parent, SLICE("kubepods")))
		return true;
	for (size_t i = 0; i < ARRAY_COUNT(qos_classes); i++) {
		if (!slice_eq(scope->parent, qos_classes[i].dir))
			continue;
		*qos = qos_classes[i].qos;
		return slice_eq(scope->grandparent, SLICE("kubepods"));
	}
	return false;
}

bool host_runtime_pod(const struct host_runtime_scope *scope, struct slice element, struct slice *uid,
		      enum host_qos *qos)
{
	return is_pod_slice(element, uid, qos) || is_pod_dir(scope, element, uid, qos);
}

/* ---- scope ---- */

/* Cgroups that a runtime puts between a container's own and what is inside. */
static bool is_wrapper(struct slice element)
{
	return slice_eq(element, SLICE("ns")) || slice_eq(element, SLICE("container")) ||
	       slice_eq(element, SLICE("payload"));
}

void host_runtime_step(struct host_runtime_scope *scope, struct slice element)
{
	if (scope->inner && !slice_present(scope->first) && is_wrapper(element))
		return;
	if (!slice_present(scope->first))
		scope->first = element;
	scope->grandparent = scope->parent;
	scope->parent = element;
	scope->has_unit |= host_unit_is_name(element);
}
