/*
 * What is asked of the files, when, and what is remembered.
 *
 * Three subjects, each with its own record: the outermost container, the pod,
 * the unit. A container is known by its runtime for as long as it lives, so its
 * record is renewed rarely; a unit's invocation changes with every start of it,
 * so its two links are read again whenever they may have changed.
 */
#include "host/container.h"

#include "host/container_cache.h"

/* Users, by their uid, whose looks are counted; those that share a place share the looks. */
#define USERS 64

struct host_names_cache {
	struct host_names_counters counters;
	struct {
		uint64_t since_usec;
		uint32_t looks;
	} user[USERS];
	struct host_files files;
	struct host_found found; /* scratch of the subject being read */
	struct host_names_records records;
};

size_t host_names_cache_size(void)
{
	return sizeof(struct host_names_cache);
}

int host_names_cache_init(void *storage, int root_fd, struct host_names_cache **out)
{
	struct host_names_cache *c = storage;
	int r = host_files_init(&c->files, root_fd, &c->counters);
	if (r == 0)
		*out = c;
	return r;
}

void host_names_cache_close(struct host_names_cache *c)
{
	host_files_destroy(&c->files);
}

struct host_names_counters host_names_counters(const struct host_names_cache *c)
{
	return c->counters;
}

/*
 * This host's files speak only of the outermost container; those inside are
 * another runtime's, or say they are. One in a machine is the machine's.
 */
static const struct host_container_id *outermost(const struct host_identity *id)
{
	if (!id->has_container || !(id->outermost_by_host || id->user_owned))
		return NULL;
	return id->outer_count ? &id->outer[id->outer_count - 1] : &id->container;
}

static bool pod_is_ours(const struct host_identity *id)
{
	return id->pod_uid.p && id->pod_by_host;
}

static struct host_names_key container_key(const struct host_identity *id, const struct host_container_id *ct)
{
	return (struct host_names_key){HOST_SUBJECT_CONTAINER, id->user_owned, id->owner_uid, ct->id};
}

static struct host_names_key pod_key(const struct host_identity *id)
{
	return (struct host_names_key){.subject = HOST_SUBJECT_POD, .id = id->pod_uid};
}

static struct host_names_key unit_key(const struct host_identity *id)
{
	return (struct host_names_key){.subject = HOST_SUBJECT_UNIT, .id = id->unit};
}

static bool user_may_have_a_look(struct host_names_cache *c, uint32_t uid, uint64_t now)
{
	uint64_t *since = &c->user[uid % USERS].since_usec;
	uint32_t *looks = &c->user[uid % USERS].looks;
	if (now - *since >= HOST_NAMES_USER_LOOKS_USEC) {
		*since = now;
		*looks = 0;
	}
	return (*looks)++ < HOST_NAMES_USER_LOOKS;
}

/* The record, when it is due for a look at its files; it is made when there is none. */
static struct host_names_record *due(struct host_names_cache *c, const struct host_names_key *key, uint64_t now)
{
	struct host_names_record *rec = host_names_record_find(&c->records, key);
	if (rec && now < rec->due_usec)
		return NULL;
	if (key->user && !user_may_have_a_look(c, key->uid, now)) {
		c->counters.put_off++;
		return NULL;
	}
	if (!rec)
		rec = host_names_record_add(&c->records, key, &c->counters);
	if (rec)
		c->counters.looked++;
	return rec;
}

/* Keeps what was found. When nothing was, or only a poorer source is left, what is known stays: the runtime's file may
 * be gone, and the names are wanted still. */
static void keep(struct host_names_cache *c, struct host_names_record *rec, bool found, uint64_t now)
{
	if (found) {
		if (c->found.rank <= rec->rank)
			host_names_record_put(rec, &c->found, &c->counters);
		rec->tries = 0;
		rec->due_usec = now + HOST_NAMES_RENEW_USEC;
		return;
	}
	uint64_t pause = HOST_NAMES_RETRY_USEC << rec->tries;
	if (pause < HOST_NAMES_RENEW_USEC)
		rec->tries++;
	else
		pause = HOST_NAMES_RENEW_USEC;
	rec->due_usec = now + pause;
}

static bool told(const struct host_found *found)
{
	return found->name[HOST_NAME_CONTAINER].p || found->name[HOST_NAME_POD].p;
}

/* A container's file tells its pod's names too. */
static void learn_pod_beside(struct host_names_cache *c, const struct host_identity *id, uint64_t now)
{
	struct slice *name = c->found.name;
	if (!pod_is_ours(id) || !name[HOST_NAME_POD].p || !name[HOST_NAME_POD_NAMESPACE].p)
		return;
	struct host_names_key key = pod_key(id);
	struct host_names_record *rec = due(c, &key, now);
	if (!rec)
		return;
	for (size_t i = 0; i < HOST_NAMES; i++)
		if (i != HOST_NAME_POD && i != HOST_NAME_POD_NAMESPACE)
			name[i] = SLICE_NONE;
	keep(c, rec, true, now);
}

static bool learn_container(struct host_names_cache *c, const struct host_identity *id, uint64_t now)
{
	const struct host_container_id *ct = outermost(id);
	if (!ct)
		return false;
	struct host_names_key key = container_key(id, ct);
	struct host_names_record *rec = due(c, &key, now);
	if (!rec)
		return false;
	host_files_container(&c->files, id, ct, &c->found);
	keep(c, rec, told(&c->found), now);
	learn_pod_beside(c, id, now);
	return true;
}

static bool learn_pod(struct host_names_cache *c, const struct host_identity *id, uint64_t now)
{
	if (!pod_is_ours(id))
		return false;
	struct host_names_key key = pod_key(id);
	struct host_names_record *rec = due(c, &key, now);
	if (!rec)
		return false;
	host_files_pod(&c->files, id->pod_uid, &c->found);
	keep(c, rec, told(&c->found), now);
	return true;
}

static bool learn_unit(struct host_names_cache *c, const struct host_identity *id, uint64_t now)
{
	if (!id->unit.p)
		return false;
	struct host_names_key key = unit_key(id);
	struct host_names_record *rec = due(c, &key, now);
	if (!rec)
		return false;
	host_files_unit(&c->files, id->unit, &c->found);
	for (size_t i = 0; i < HOST_NAMES; i++) /* a link that is gone is remembered */
		if (!c->found.name[i].p)
			c->found.name[i] = arena_copy(&c->found.arena, host_names_record_get(rec, (enum host_name)i));
	host_names_record_put(rec, &c->found, &c->counters);
	rec->due_usec = now + HOST_NAMES_UNIT_USEC;
	return true;
}

bool host_names_learn(struct host_names_cache *c, const struct host_identity *id, uint64_t now_usec)
{
	bool unit = learn_unit(c, id, now_usec);
	bool container = learn_container(c, id, now_usec);
	bool pod = learn_pod(c, id, now_usec);
	return unit || container || pod;
}

static bool find_unit(struct host_names_cache *c, const struct host_identity *id, struct host_names *out)
{
	struct host_names_key key = unit_key(id);
	if (!id->unit.p)
		return true;
	struct host_names_record *rec = host_names_record_find(&c->records, &key);
	if (!rec)
		return false;
	out->invocation_id = host_names_record_get(rec, HOST_NAME_INVOCATION);
	out->machine = host_names_record_get(rec, HOST_NAME_MACHINE);
	return out->invocation_id.p;
}

static bool find_pod(struct host_names_cache *c, const struct host_identity *id, struct host_names *out)
{
	struct host_names_key key = pod_key(id);
	if (!pod_is_ours(id))
		return true;
	struct host_names_record *rec = host_names_record_find(&c->records, &key);
	if (!rec)
		return false;
	out->pod_name = host_names_record_get(rec, HOST_NAME_POD);
	out->pod_namespace = host_names_record_get(rec, HOST_NAME_POD_NAMESPACE);
	return out->pod_name.p;
}

static void copy_innermost(const struct host_names_record *rec, const struct host_identity *id, struct host_names *out)
{
	out->container_name = host_names_record_get(rec, HOST_NAME_CONTAINER);
	out->container_image = host_names_record_get(rec, HOST_NAME_IMAGE);
	out->container_runtime = host_names_record_get(rec, HOST_NAME_RUNTIME);
	out->compose_project = host_names_record_get(rec, HOST_NAME_COMPOSE_PROJECT);
	out->compose_service = host_names_record_get(rec, HOST_NAME_COMPOSE_SERVICE);
	out->ecs_task = host_names_record_get(rec, HOST_NAME_ECS_TASK);
	out->ecs_container = host_names_record_get(rec, HOST_NAME_ECS_CONTAINER);
	if (!id->pod_uid.p)
		out->pod_uid = host_names_record_get(rec, HOST_NAME_POD_UID);
	struct slice pod = host_names_record_get(rec, HOST_NAME_POD);
	if (pod.p) {
		out->pod_name = pod;
		out->pod_namespace = host_names_record_get(rec, HOST_NAME_POD_NAMESPACE);
	}
}

/* Not when another pod's cgroup was given this container's id. */
static bool same_pod(const struct host_names_record *rec, const struct host_identity *id)
{
	struct slice uid = host_names_record_get(rec, HOST_NAME_POD_UID);
	return !uid.p || !pod_is_ours(id) || slice_eq(uid, id->pod_uid);
}

static bool find_container(struct host_names_cache *c, const struct host_identity *id, struct host_names *out)
{
	const struct host_container_id *ct = outermost(id);
	if (!ct)
		return true;
	struct host_names_key key = container_key(id, ct);
	struct host_names_record *rec = host_names_record_find(&c->records, &key);
	if (!rec || !same_pod(rec, id))
		return false;
	if (id->outer_count) {
		out->outer_name[id->outer_count - 1] = host_names_record_get(rec, HOST_NAME_CONTAINER);
		out->outer_image[id->outer_count - 1] = host_names_record_get(rec, HOST_NAME_IMAGE);
		return out->outer_name[id->outer_count - 1].p;
	}
	copy_innermost(rec, id, out);
	return out->container_name.p || out->pod_name.p;
}

bool host_names_find(struct host_names_cache *c, const struct host_identity *id, struct host_names *out)
{
	*out = (struct host_names){0};
	bool unit = find_unit(c, id, out);
	bool pod = find_pod(c, id, out);
	bool container = find_container(c, id, out);
	return unit && pod && container;
}
