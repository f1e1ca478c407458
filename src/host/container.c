/*
 * What is asked of the files, when, and what is remembered.
 *
 * Three subjects, each with its own record: the outermost container, the pod,
 * the unit. A container is known by its runtime for as long as it lives, so its
 * record is renewed rarely; a unit's invocation changes with every start of it,
 * so its two links are read again whenever they may have changed.
 *
 * The lock is for the records. It is not held while a file is read; a record stays
 * where it is meanwhile, since only the one who learns makes and gives up records.
 */
#include "host/container.h"

#include <pthread.h>

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
	pthread_mutex_t lock;    /* of what follows */
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
	if (r < 0)
		return r;
	pthread_mutex_init(&c->lock, NULL);
	*out = c;
	return 0;
}

void host_names_cache_close(struct host_names_cache *c)
{
	host_files_destroy(&c->files);
	pthread_mutex_destroy(&c->lock);
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

static struct host_names_record *due_locked(struct host_names_cache *c, const struct host_names_key *key, uint64_t now)
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

/* The record, when it is due for a look at its files; it is made when there is none. */
static struct host_names_record *due(struct host_names_cache *c, const struct host_names_key *key, uint64_t now)
{
	pthread_mutex_lock(&c->lock);
	struct host_names_record *rec = due_locked(c, key, now);
	pthread_mutex_unlock(&c->lock);
	return rec;
}

/* Keeps what was found. When nothing was, or only a poorer source is left, what is known stays: the runtime's file may
 * be gone, and the names are wanted still. */
static void keep_locked(struct host_names_cache *c, struct host_names_record *rec, bool found, uint64_t now)
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

static void keep(struct host_names_cache *c, struct host_names_record *rec, bool found, uint64_t now)
{
	pthread_mutex_lock(&c->lock);
	keep_locked(c, rec, found, now);
	pthread_mutex_unlock(&c->lock);
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
	pthread_mutex_lock(&c->lock);
	for (size_t i = 0; i < HOST_NAMES; i++) /* a link that is gone is remembered */
		if (!c->found.name[i].p)
			c->found.name[i] = arena_copy(&c->found.arena, host_names_record_get(rec, (enum host_name)i));
	host_names_record_put(rec, &c->found, &c->counters);
	rec->due_usec = now + HOST_NAMES_UNIT_USEC;
	pthread_mutex_unlock(&c->lock);
	return true;
}

bool host_names_learn(struct host_names_cache *c, const struct host_identity *id, uint64_t now_usec)
{
	bool unit = learn_unit(c, id, now_usec);
	bool container = learn_container(c, id, now_usec);
	bool pod = learn_pod(c, id, now_usec);
	return unit || container || pod;
}

static bool is_due(struct host_names_cache *c, struct host_names_key key, uint64_t now)
{
	const struct host_names_record *rec = host_names_record_find(&c->records, &key);
	return !rec || now >= rec->due_usec;
}

bool host_names_due(struct host_names_cache *c, const struct host_identity *id, uint64_t now_usec)
{
	const struct host_container_id *ct = outermost(id);
	pthread_mutex_lock(&c->lock);
	bool due = (id->unit.p && is_due(c, unit_key(id), now_usec)) ||
		   (ct && is_due(c, container_key(id, ct), now_usec)) ||
		   (pod_is_ours(id) && is_due(c, pod_key(id), now_usec));
	pthread_mutex_unlock(&c->lock);
	return due;
}

static struct slice get(const struct host_names_record *rec, enum host_name which, struct arena *arena)
{
	return arena_copy(arena, host_names_record_get(rec, which));
}

static bool find_unit(struct host_names_cache *c, const struct host_identity *id, struct arena *arena,
		      struct host_names *out)
{
	struct host_names_key key = unit_key(id);
	if (!id->unit.p)
		return true;
	struct host_names_record *rec = host_names_record_find(&c->records, &key);
	if (!rec)
		return false;
	out->invocation_id = get(rec, HOST_NAME_INVOCATION, arena);
	out->machine = get(rec, HOST_NAME_MACHINE, arena);
	return out->invocation_id.p;
}

static bool find_pod(struct host_names_cache *c, const struct host_identity *id, struct arena *arena,
		     struct host_names *out)
{
	struct host_names_key key = pod_key(id);
	if (!pod_is_ours(id))
		return true;
	struct host_names_record *rec = host_names_record_find(&c->records, &key);
	if (!rec)
		return false;
	out->pod_name = get(rec, HOST_NAME_POD, arena);
	out->pod_namespace = get(rec, HOST_NAME_POD_NAMESPACE, arena);
	return out->pod_name.p;
}

static void copy_innermost(const struct host_names_record *rec, const struct host_identity *id, struct arena *arena,
			   struct host_names *out)
{
	out->container_name = get(rec, HOST_NAME_CONTAINER, arena);
	out->container_image = get(rec, HOST_NAME_IMAGE, arena);
	out->container_runtime = get(rec, HOST_NAME_RUNTIME, arena);
	out->compose_project = get(rec, HOST_NAME_COMPOSE_PROJECT, arena);
	out->compose_service = get(rec, HOST_NAME_COMPOSE_SERVICE, arena);
	out->ecs_task = get(rec, HOST_NAME_ECS_TASK, arena);
	out->ecs_container = get(rec, HOST_NAME_ECS_CONTAINER, arena);
	if (!id->pod_uid.p)
		out->pod_uid = get(rec, HOST_NAME_POD_UID, arena);
	struct slice pod = get(rec, HOST_NAME_POD, arena);
	if (pod.p) {
		out->pod_name = pod;
		out->pod_namespace = get(rec, HOST_NAME_POD_NAMESPACE, arena);
	}
}

/* Not when another pod's cgroup was given this container's id. */
static bool same_pod(const struct host_names_record *rec, const struct host_identity *id)
{
	struct slice uid = host_names_record_get(rec, HOST_NAME_POD_UID);
	return !uid.p || !pod_is_ours(id) || slice_eq(uid, id->pod_uid);
}

static bool find_container(struct host_names_cache *c, const struct host_identity *id, struct arena *arena,
			   struct host_names *out)
{
	const struct host_container_id *ct = outermost(id);
	if (!ct)
		return true;
	struct host_names_key key = container_key(id, ct);
	struct host_names_record *rec = host_names_record_find(&c->records, &key);
	if (!rec || !same_pod(rec, id))
		return false;
	if (id->outer_count) {
		out->outer_name[id->outer_count - 1] = get(rec, HOST_NAME_CONTAINER, arena);
		out->outer_image[id->outer_count - 1] = get(rec, HOST_NAME_IMAGE, arena);
		return out->outer_name[id->outer_count - 1].p;
	}
	copy_innermost(rec, id, arena, out);
	return out->container_name.p || out->pod_name.p;
}

bool host_names_find(struct host_names_cache *c, const struct host_identity *id, struct arena *arena,
		     struct host_names *out)
{
	*out = (struct host_names){0};
	pthread_mutex_lock(&c->lock);
	bool unit = find_unit(c, id, arena, out);
	bool pod = find_pod(c, id, arena, out);
	bool container = find_container(c, id, arena, out);
	pthread_mutex_unlock(&c->lock);
	return unit && pod && container;
}
