/*
 * host/identity: any bytes as a path. What comes out must keep to its form, and what an outsider adds below a path must
 * not change what the host said: the input is read as "<path>\0<addition>".
 */
#include <stdlib.h>

#include "base/text.h"
#include "host/identity.h"
#include "host/unit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool true_for_any_input)
{
	if (!true_for_any_input)
		abort();
}

static bool present(struct slice s)
{
	return slice_present(s);
}

static void check_form(struct slice path, const struct host_identity *id)
{
	must(present(id->slice) == slice_starts(path, SLICE("/")));
	must(!present(id->unit) || (host_unit_is_name(id->unit) && !slice_ends(id->unit, SLICE(".slice"))));
	must(!present(id->user_unit) || host_unit_is_name(id->user_unit));
	must(!present(id->slice) || host_unit_is_name(id->slice));
	must(!present(id->session) || id->session.n > 0);
	must(!present(id->machine) || (id->in_machine && present(id->unit) && id->machine.n > 0));
	must(id->outer_count <= LIMIT_OUTER && (id->has_container || id->outer_count == 0));
	must(id->outer_dropped == 0 || id->outer_count == LIMIT_OUTER);
	must(!id->has_container || id->container.id.n > 0);
	must(!id->container_by_host ||
	     (id->has_container && id->outer_count == 0 && !id->user_owned && !id->in_machine));
	must(!id->outermost_by_host || (id->has_container && !id->user_owned && !id->in_machine));
	must(id->container_by_host == (id->outermost_by_host && id->outer_count == 0));
	must(!present(id->pod_uid) || id->pod_uid.n == 36 || id->pod_uid.n == 32);
	must(present(id->pod_uid) == (id->qos != HOST_QOS_NONE));
	must(!id->pod_by_host || present(id->pod_uid));
}

static struct host_container_id outermost(const struct host_identity *id)
{
	return id->outer_count ? id->outer[id->outer_count - 1] : id->container;
}

static void check_below(const struct host_identity *above, const struct host_identity *below)
{
	if (present(above->unit) || above->has_container) {
		must(slice_eq(above->unit, below->unit) && slice_eq(above->slice, below->slice));
		must(slice_eq(above->session, below->session));
		must(above->user_owned == below->user_owned && above->owner_uid == below->owner_uid);
		must(!above->user_owned || (!present(below->pod_uid) == !present(above->pod_uid)));
	}
	if (present(above->machine) || above->has_container)
		must(slice_eq(above->machine, below->machine));
	if (above->has_container) {
		must(slice_eq(outermost(above).id, outermost(below).id));
		must(above->outermost_by_host == below->outermost_by_host);
		must(!below->container_by_host || slice_eq(above->container.id, below->container.id));
	}
	if (present(above->pod_uid))
		must(slice_eq(above->pod_uid, below->pod_uid) && above->pod_by_host == below->pod_by_host);
	else if (above->has_container || present(above->machine))
		must(!below->pod_by_host);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice rest = slice_of((const char *)data, size), path;
	char storage[2048];
	struct arena arena = arena_on(storage, sizeof(storage));
	struct host_identity above, below;
	if (!take_until(&rest, SLICE("\0"), &path)) {
		path = rest;
		rest = SLICE_NONE;
	}
	host_identity_parse(path, &arena, &above);
	check_form(path, &above);
	char *longer = malloc(size + 1);
	must(longer);
	struct text joined = text_on(longer, size + 1);
	text_add(&joined, path);
	text_add(&joined, SLICE("/"));
	text_add(&joined, rest);
	host_identity_parse(text_slice(&joined), &arena, &below);
	check_form(text_slice(&joined), &below);
	check_below(&above, &below);
	free(longer);
	return 0;
}
