#include "event/from_path.h"

#include "host/identity.h"

static void set_container(struct event *e, const struct host_container_id *id, struct event_container *to)
{
	to->id = arena_copy(&e->arena, id->id);
	to->runtime = arena_copy(&e->arena, id->runtime);
}

/* What is true of a path and of all below it: a unit stays the unit, a slice without one may be followed by more. */
static void set_unit(struct event *e, const struct host_identity *id, struct slice source)
{
	static const char *const qos[] = {
	    [HOST_QOS_NONE] = NULL,
	    [HOST_QOS_GUARANTEED] = "Guaranteed",
	    [HOST_QOS_BURSTABLE] = "Burstable",
	    [HOST_QOS_BEST_EFFORT] = "BestEffort",
	};
	e->sources.identity = source;
	e->identity.unit = arena_copy(&e->arena, id->unit);
	if (slice_present(id->unit) || slice_present(e->cgroup.path))
		e->identity.slice = arena_copy(&e->arena, id->slice);
	e->identity.session = arena_copy(&e->arena, id->session);
	e->identity.machine = arena_copy(&e->arena, id->machine);
	e->identity.user_unit = arena_copy(&e->arena, id->user_unit);
	if (slice_present(id->user_unit) || slice_present(e->cgroup.path))
		e->identity.user_slice = arena_copy(&e->arena, id->user_slice);
	e->identity.pod.uid = arena_copy(&e->arena, id->pod_uid);
	e->identity.pod.qos = slice_cstr(qos[id->qos]);
}

/*
 * Without a path of its own the victim is still known to have lived below the group's or the limit's cgroup. That tells
 * its unit and pod; not its container, which may be one inside the container there.
 */
void event_from_path(struct event *e, struct slice group_path)
{
	struct slice top = slice_present(group_path) ? group_path : e->cgroup.limit_path;
	struct host_identity id;
	if (!slice_present(e->cgroup.path)) {
		if (!slice_present(top))
			return;
		host_identity_parse(top, &e->arena, &id);
		if (slice_present(id.unit) || slice_present(id.pod_uid))
			set_unit(e, &id, SLICE("kernel"));
		return;
	}
	host_identity_parse(e->cgroup.path, &e->arena, &id);
	set_unit(e, &id, e->sources.cgroup);
	if (id.has_container)
		set_container(e, &id.container, &e->identity.container);
	for (uint32_t k = 0; k < id.outer_count && k < LIMIT_OUTER; k++)
		set_container(e, &id.outer[k], &e->identity.outer[e->identity.outer_count++]);
}
