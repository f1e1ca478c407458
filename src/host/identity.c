/*
 * One walk over the path, from the root down, because trust runs that way: the
 * host named the first elements, and whoever was given a subtree named the rest.
 * The unit, the machine and the owner come from the host's part; containers and
 * pods are recognised element by element (host/runtime) at every depth.
 *
 * machined makes machine-<escaped name>.scope (machine_start_scope), libvirt asks
 * it to; nspawn without registering makes <name>.scope with the children payload
 * and supervisor (nspawn-cgroup.c), seen on 6.12 as /machine.slice/m1.scope/payload.
 * With --keep-unit the unit is whoever's that starts it, and only payload tells.
 *
 * The host's systemd makes scopes and slices below slices only. One that lies
 * elsewhere was made by whoever that place is for, a container of no known shape
 * say: it is not the runtime's whose form it has.
 */
#include "host/identity.h"

#include "base/text.h"
#include "host/runtime.h"
#include "host/unit.h"

/* ---- machines ---- */

static const struct machine_shape {
	struct slice prefix, suffix;
	bool escaped; /* made by unit_name_escape: a '-' in there stands for '/', which no machine has in its name */
	bool needs_guest; /* only with the children nspawn makes, in machine.slice: the name alone tells nothing */
} machine_shapes[] = {
    {SLICE("machine-"), SLICE(".scope"), true, false},
    {SLICE("systemd-nspawn@"), SLICE(".service"), false, false},
    {SLICE("systemd-vmspawn@"), SLICE(".service"), false, false},
    {SLICE(""), SLICE(".scope"), false, true},
};

static bool is_machine_name(struct slice s)
{
	return s.n > 0 && slice_find(s, SLICE("/")) == SLICE_NPOS && slice_find(s, SLICE("\0")) == SLICE_NPOS;
}

static bool fits_machine(const struct machine_shape *row, const struct host_unit_walk *w, bool guest, struct text *name)
{
	if (!slice_starts(w->unit, row->prefix) || !slice_ends(w->unit, row->suffix) || (row->needs_guest && !guest))
		return false;
	struct slice raw = slice_sub(w->unit, row->prefix.n, w->unit.n - row->suffix.n);
	if (row->escaped && slice_find(raw, SLICE("-")) != SLICE_NPOS)
		return false;
	name->n = 0;
	return host_unit_unescape(raw, name) && is_machine_name(text_slice(name));
}

static bool find_machine(const struct host_unit_walk *w, struct slice next, struct text *name)
{
	bool guest = slice_eq(w->slice, SLICE("machine.slice")) &&
		     (slice_eq(next, SLICE("payload")) || slice_eq(next, SLICE("supervisor")));
	for (size_t i = 0; i < ARRAY_COUNT(machine_shapes); i++)
		if (fits_machine(&machine_shapes[i], w, guest, name))
			return true;
	return false;
}

/* ---- the walk ---- */

struct walk {
	struct slice path;
	struct arena *arena;
	struct host_identity *out;
	struct host_unit_walk system, user;
	bool in_slices; /* of the host, and below nothing else */
	bool in_unit;   /* below a service or scope of the host */
	bool in_user;   /* below a user's manager or session: `user` reads on */
	bool by_host;   /* the host named the outermost container */
	struct host_runtime_scope scope;
	struct host_container_id found[LIMIT_OUTER + 1]; /* outermost first */
	uint32_t count;
};

static bool next_element(struct slice *rest, struct slice *element)
{
	while (take_literal(rest, SLICE("/")))
		;
	if (rest->n == 0)
		return false;
	if (!take_until(rest, SLICE("/"), element)) {
		*element = *rest;
		*rest = SLICE_NONE;
	}
	return true;
}

/* The element that ends the slices was read: what it says of users and machines. */
static void read_unit(struct walk *w, struct slice element, struct slice rest, bool is_container)
{
	struct host_identity *out = w->out;
	struct slice next = SLICE_NONE;
	char storage[256];
	struct text name = text_on(storage, sizeof(storage));
	uint32_t uid;
	if (host_unit_is_user_manager(element, &uid)) {
		w->in_user = out->user_owned = true;
		out->owner_uid = uid;
	} else if (host_unit_is_session(element, &out->session)) {
		w->in_user = true;
		out->user_owned = host_unit_is_user_slice(w->system.slice, &out->owner_uid);
	} else if (!is_container && slice_present(w->system.unit)) {
		next_element(&rest, &next);
		bool known = find_machine(&w->system, next, &name);
		if (known)
			out->machine = arena_copy(w->arena, text_slice(&name));
		out->in_machine = known || slice_eq(next, SLICE("payload"));
	}
}

/* A container's element ends the host's part even where its name looks like a slice (lxc.payload.a.slice). */
static void step_units(struct walk *w, struct slice element, struct slice rest, bool is_container)
{
	struct host_unit_walk *now = w->in_user ? &w->user : &w->system;
	bool was_done = now->done;
	host_unit_step(now, element);
	now->done |= is_container;
	if (!w->in_user && now->done && !was_done)
		read_unit(w, element, rest, is_container);
}

static struct slice with_dashes(struct slice uid, struct arena *arena)
{
	char text[36];
	if (uid.n != sizeof(text))
		return uid;
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = uid.p[i] == '_' ? '-' : uid.p[i];
	return arena_copy(arena, slice_of(text, sizeof(text)));
}

/* The name of `element` is the choice of whoever may make folders above it. */
static void set_named_in(struct walk *w, struct slice element)
{
	w->out->named_in = slice_of(w->path.p, (size_t)(element.p - w->path.p));
	w->out->named_in_unit = w->in_unit;
}

/* A pod inside of something is told only with what that is, or it would pass for the host's. */
static bool may_tell_pod(const struct walk *w, struct slice element)
{
	if (w->count || slice_present(w->out->machine))
		return true;
	return !w->out->in_machine && (w->in_slices || !slice_ends(element, SLICE(".slice")));
}

static void step_pod(struct walk *w, struct slice element)
{
	struct slice uid;
	enum host_qos qos;
	w->scope.parent_is_pod = false;
	if (!host_runtime_pod(&w->scope, element, &uid, &qos))
		return;
	w->scope.parent_is_pod = true;
	if (w->out->user_owned || w->out->qos != HOST_QOS_NONE || !may_tell_pod(w, element))
		return;
	w->out->pod_uid = with_dashes(uid, w->arena);
	w->out->qos = qos;
	w->out->pod_by_host = !w->scope.inner;
	if (w->out->pod_by_host)
		set_named_in(w, element);
}

static void add_container(struct walk *w, struct host_container_id container)
{
	if (w->count == ARRAY_COUNT(w->found)) {
		w->count--;
		w->out->outer_dropped++;
	}
	w->found[w->count++] = container;
}

static void step(struct walk *w, struct slice element, struct slice rest)
{
	struct host_container_id container;
	bool was_in_machine = w->out->in_machine;
	bool is_container = host_runtime_container(&w->scope, element, &container);
	step_units(w, element, rest, is_container);
	step_pod(w, element);
	if (is_container && w->count == 0 && !w->out->user_owned && !was_in_machine) {
		set_named_in(w, element);
		/* ".scope" is the only suffix of a shape; a name of lxc may end so as well. */
		bool is_scope = container.id.p + container.id.n < element.p + element.n;
		w->by_host = w->in_slices || !is_scope;
	}
	if (is_container)
		add_container(w, container);
	w->in_slices = !w->system.done;
	w->in_unit = slice_present(w->system.unit);
	if (is_container || w->out->in_machine != was_in_machine)
		w->scope = (struct host_runtime_scope){.inner = true};
	else
		host_runtime_step(&w->scope, element);
}

static void finish(struct walk *w)
{
	struct host_identity *out = w->out;
	out->unit = w->system.unit;
	out->slice = slice_present(w->system.slice) ? w->system.slice : SLICE("-.slice");
	if (w->in_user) {
		out->user_unit = w->user.unit;
		out->user_slice = slice_present(w->user.slice) ? w->user.slice : SLICE("-.slice");
	}
	if (w->count == 0)
		return;
	out->has_container = true;
	out->container = w->found[w->count - 1];
	out->outer_count = w->count - 1;
	for (uint32_t i = 0; i < out->outer_count; i++)
		out->outer[i] = w->found[out->outer_count - 1 - i];
	out->outermost_by_host = w->by_host && !out->user_owned && !out->in_machine;
	out->container_by_host = out->outermost_by_host && w->count == 1;
}

void host_identity_parse(struct slice path, struct arena *arena, struct host_identity *out)
{
	struct walk w = {.path = path, .arena = arena, .out = out, .in_slices = true};
	struct slice element;
	*out = (struct host_identity){0};
	if (!slice_starts(path, SLICE("/")))
		return;
	while (next_element(&path, &element))
		step(&w, element, path);
	finish(&w);
}

void host_identity_disown(struct host_identity *id, uint32_t uid)
{
	id->user_owned = true;
	id->owner_uid = uid;
	id->container_by_host = id->outermost_by_host = id->pod_by_host = false;
	id->pod_uid = id->named_in = SLICE_NONE;
	id->named_in_unit = false;
	id->qos = HOST_QOS_NONE;
}
