/*
 * Asking the rows.
 *
 * What a file says is weighed before it is believed. A pod uid in it must be the
 * path's: a cgroup whose name borrows another pod's container id gets nothing.
 * Labels under docker come from the image as well as from whoever started the
 * container, so they count only beside something an image cannot know: the
 * path's pod uid, compose's hash of the service, the name ECS's agent gives.
 */
#include "host/container_files.h"

#include <errno.h>
#include <sys/stat.h>

#include "base/text.h"
#include "host/container_place.h"
#include "host/container_rows.h"

/* Whose names are wanted. */
struct ask {
	struct slice id;
	struct slice runtime; /* as the path tells it */
	struct slice pod_uid;
	unsigned int of;
	uint32_t uid; /* of HOST_ROW_OF_USER */
	struct slice home;
	struct host_trust trust;
};

static void tell(struct host_found *out, enum host_name name, struct slice s)
{
	if (s.n > 0 && s.n <= HOST_FOUND_MAX && !out->name[name].p)
		out->name[name] = arena_copy(&out->arena, s);
}

static void begin(struct host_found *out)
{
	memset(out->name, 0, sizeof(out->name));
	out->rank = 0;
	out->arena = arena_on(out->text, sizeof(out->text));
}

static void count_failure(struct host_names_counters *c, int error)
{
	switch (error) {
	case 0:
	case -ENOENT:
	case -ENOTDIR:
		break;
	case -EPERM:
		c->untrusted++;
		break;
	case -EBADMSG:
		c->broken++;
		break;
	case -EFBIG:
		c->oversize++;
		break;
	default:
		c->failed++;
	}
}

static int read_json(struct host_files *f, const struct host_row *row, const struct ask *ask, const char *path,
		     struct host_found *out)
{
	int r = row->source == HOST_ROW_RECORD ? host_json_open_record(&f->json, f->root_fd, path, ask->trust, ask->id)
					       : host_json_open(&f->json, f->root_fd, path, ask->trust);
	if (r < 0)
		return r;
	for (const struct host_row_key *key = row->keys; key->at[0]; key++)
		tell(out, key->name, host_json_string(&f->json, key->at));
	host_json_close(&f->json);
	return 0;
}

/* What is looked for in a directory, and what was found. */
struct look {
	const struct ask *ask;
	struct host_found *out;
	uint32_t names;
	struct slice name;
};

#define LIST_BUFFER (64 * 1024)
/* A node runs some hundred pods (the kubelet's default is 110), a pod a few containers and their former selves. */
#define LIST_MAX 8192

static bool each_log_link(void *data, struct slice file)
{
	struct look *look = data;
	struct slice name = file, id, pod, space;
	if (!slice_ends(name, SLICE(".log")))
		return false;
	name.n -= 4;
	size_t dash = slice_rfind(name, SLICE("-"));
	if (dash == SLICE_NPOS)
		return false;
	id = slice_sub(name, dash + 1, name.n);
	name.n = dash;
	/* The kubelet cuts a name that would be longer than a file name may be, and with it the id. */
	bool same = slice_eq(id, look->ask->id) || (file.n == 255 && id.n >= 12 && slice_starts(look->ask->id, id));
	if (!same || !take_until(&name, SLICE("_"), &pod) || !take_until(&name, SLICE("_"), &space))
		return false;
	tell(look->out, HOST_NAME_CONTAINER, name);
	tell(look->out, HOST_NAME_POD, pod);
	tell(look->out, HOST_NAME_POD_NAMESPACE, space);
	return true;
}

static bool each_log_dir(void *data, struct slice name)
{
	struct look *look = data;
	struct slice space, pod;
	if (!take_until(&name, SLICE("_"), &space) || !take_until(&name, SLICE("_"), &pod) ||
	    !slice_eq(name, look->ask->id))
		return false;
	tell(look->out, HOST_NAME_POD, pod);
	tell(look->out, HOST_NAME_POD_NAMESPACE, space);
	return true;
}

static bool each_counted(void *data, struct slice name)
{
	struct look *look = data;
	if (look->names++ == 0)
		look->name = arena_copy(&look->out->arena, name);
	return look->names > 1;
}

static host_tree_each_fn *const each_of[] = {
    [HOST_ROW_LOG_LINK] = each_log_link,
    [HOST_ROW_LOG_DIR] = each_log_dir,
    [HOST_ROW_ONLY_ONE] = each_counted,
    [HOST_ROW_DIRECTORY] = each_counted,
};

static int read_directory(struct host_files *f, const struct host_row *row, const struct ask *ask, const char *path,
			  struct host_found *out)
{
	struct look look = {.ask = ask, .out = out};
	struct host_trust trust = ask->trust;
	trust.group_writes_dir = row->source == HOST_ROW_LOG_LINK || row->source == HOST_ROW_LOG_DIR;
	int r =
	    host_tree_list(f->root_fd, path, trust, f->json.text, LIST_BUFFER, LIST_MAX, each_of[row->source], &look);
	if (r < 0)
		return r;
	if (row->source == HOST_ROW_ONLY_ONE && look.names == 1)
		tell(out, HOST_NAME_CONTAINER, look.name);
	size_t bar = slice_find(ask->id, SLICE("_"));
	if (row->source == HOST_ROW_DIRECTORY && bar != SLICE_NPOS)
		tell(out, row->name, slice_sub(ask->id, bar + 1, ask->id.n));
	return 0;
}

static bool is_invocation_id(struct slice s)
{
	return s.n == 32 && strspn(s.p, "0123456789abcdef") == 32;
}

static int read_link(struct host_files *f, const struct host_row *row, const struct ask *ask, const char *path,
		     struct host_found *out)
{
	char text[HOST_FOUND_MAX + 1];
	ssize_t n = host_tree_readlink(f->root_fd, path, ask->trust, text, sizeof(text) - 1);
	if (n < 0)
		return (int)n;
	text[n] = '\0';
	struct slice s = slice_of(text, (size_t)n);
	if (row->name != HOST_NAME_INVOCATION || is_invocation_id(s))
		tell(out, row->name, s);
	return 0;
}

static int read_path(struct host_files *f, const struct host_row *row, const struct ask *ask, const char *path,
		     struct host_found *out)
{
	struct slice id = ask->id, allocation;
	switch (row->source) {
	case HOST_ROW_FILE:
	case HOST_ROW_RECORD:
		return read_json(f, row, ask, path, out);
	case HOST_ROW_LINK:
		return read_link(f, row, ask, path, out);
	case HOST_ROW_ID:
		tell(out, row->name, ask->id);
		return 0;
	case HOST_ROW_ALLOCATION:
		if (take_until(&id, SLICE("."), &allocation) && allocation.n == 36)
			tell(out, row->name, id);
		return 0;
	default:
		return read_directory(f, row, ask, path, out);
	}
}

/* Moves a name from `from` to `to`, over what is there. */
static void promote(struct host_found *out, enum host_name from, enum host_name to)
{
	if (out->name[from].p)
		out->name[to] = out->name[from];
}

/* Takes out what is not proven. False: nothing of it may be believed. */
static bool weigh(const struct ask *ask, struct host_found *out)
{
	struct slice *name = out->name;
	if (name[HOST_NAME_POD_UID].p && ask->pod_uid.p && !slice_eq(name[HOST_NAME_POD_UID], ask->pod_uid))
		return false;
	if (name[HOST_NAME_CONTAINER].p)
		take_literal(&name[HOST_NAME_CONTAINER], SLICE("/")); /* docker's own spelling */
	if (!name[HOST_CLAIM_COMPOSE_HASH].p)
		name[HOST_NAME_COMPOSE_PROJECT] = name[HOST_NAME_COMPOSE_SERVICE] = SLICE_NONE;
	if (!slice_starts(name[HOST_NAME_CONTAINER],
			  SLICE("ecs-"))) /* as its agent calls containers, and no image can */
		name[HOST_NAME_ECS_TASK] = name[HOST_NAME_ECS_CONTAINER] = SLICE_NONE;
	if (name[HOST_CLAIM_POD_UID].p && slice_eq(name[HOST_CLAIM_POD_UID], ask->pod_uid)) {
		promote(out, HOST_CLAIM_POD_UID, HOST_NAME_POD_UID);
		promote(out, HOST_CLAIM_CONTAINER, HOST_NAME_CONTAINER);
		promote(out, HOST_CLAIM_POD, HOST_NAME_POD);
		promote(out, HOST_CLAIM_POD_NAMESPACE, HOST_NAME_POD_NAMESPACE);
	}
	return true;
}

static bool row_applies(const struct host_row *row, const struct ask *ask)
{
	if (!(row->of & ask->of) || (row->source == HOST_ROW_ONLY_ONE && !ask->pod_uid.p))
		return false;
	return !row->runtime || slice_eq(slice_cstr(row->runtime), ask->runtime) ||
	       (!ask->runtime.p && ask->of == HOST_ROW_OF_BARE);
}

/* Whether an id may be an element of a path, and all of it. */
static bool is_element(struct slice id)
{
	return id.n > 0 && id.n <= 255 && !memchr(id.p, '/', id.n) && !memchr(id.p, '\0', id.n) &&
	       !slice_eq(id, SLICE(".")) && !slice_eq(id, SLICE(".."));
}

static struct host_place_paths paths_of(const struct host_files *f, const struct host_row *row, const struct ask *ask)
{
	return (struct host_place_paths){
	    .files = f,
	    .place = row->place,
	    .template_ = row->path,
	    .id = ask->id,
	    .pod_uid = ask->pod_uid,
	    .home = ask->home,
	    .user = ask->of == HOST_ROW_OF_USER && row->place != HOST_PLACE_ROOT,
	    .uid = ask->uid,
	};
}

/* True when the row told something. */
static bool read_row(struct host_files *f, const struct host_row *row, const struct ask *ask, struct host_found *out)
{
	struct host_place_paths paths = paths_of(f, row, ask);
	for (const char *path; (path = host_place_next(&paths));) {
		begin(out);
		int r = read_path(f, row, ask, path, out);
		if (r < 0)
			count_failure(f->counters, r);
		else if (!weigh(ask, out))
			f->counters->untrusted++;
		else if (out->name[HOST_NAME_CONTAINER].p || out->name[HOST_NAME_POD].p)
			return true;
	}
	begin(out);
	return false;
}

static unsigned int of_whom(const struct host_identity *id, const struct host_container_id *ct)
{
	if (id->user_owned)
		return HOST_ROW_OF_USER;
	if (ct->runtime.p)
		return HOST_ROW_OF_SYSTEM;
	return id->pod_by_host ? HOST_ROW_OF_BARE : HOST_ROW_OF_PLAIN;
}

void host_files_container(struct host_files *f, const struct host_identity *id, const struct host_container_id *ct,
			  struct host_found *out)
{
	char home[HOST_PLACE_PATH];
	struct ask ask = {
	    .id = ct->id,
	    .runtime = ct->runtime,
	    .pod_uid = id->pod_by_host && is_element(id->pod_uid) ? id->pod_uid : SLICE_NONE,
	    .of = of_whom(id, ct),
	    .uid = id->owner_uid,
	    .trust = {.root_uid = f->root_uid, .user = id->user_owned, .uid = id->owner_uid},
	};
	begin(out);
	if (!is_element(ask.id))
		return;
	if (ask.of == HOST_ROW_OF_USER)
		ask.home = host_place_home(f, ask.uid, home, sizeof(home));
	struct host_rows rows = host_container_rows();
	for (size_t i = 0; i < rows.count; i++) {
		const struct host_row *row = &rows.row[i];
		if (!row_applies(row, &ask) || !read_row(f, row, &ask, out))
			continue;
		out->rank = (uint8_t)i;
		if (row->runtime && !ask.runtime.p)
			tell(out, HOST_NAME_RUNTIME, slice_cstr(row->runtime));
		return;
	}
}

void host_files_pod(struct host_files *f, struct slice pod_uid, struct host_found *out)
{
	struct ask ask = {.id = pod_uid, .of = HOST_ROW_OF_SYSTEM, .trust = {.root_uid = f->root_uid}};
	begin(out);
	struct host_rows rows = host_pod_rows();
	for (size_t i = 0; i < rows.count && is_element(pod_uid); i++)
		if (read_row(f, &rows.row[i], &ask, out))
			return;
}

void host_files_unit(struct host_files *f, struct slice unit, struct host_found *out)
{
	struct ask ask = {.id = unit, .of = HOST_ROW_OF_SYSTEM, .trust = {.root_uid = f->root_uid}};
	begin(out);
	if (!is_element(unit))
		return;
	struct host_rows rows = host_unit_rows();
	for (size_t i = 0; i < rows.count; i++) {
		const char *path;
		struct host_place_paths paths = paths_of(f, &rows.row[i], &ask);
		while ((path = host_place_next(&paths)))
			count_failure(f->counters, read_link(f, &rows.row[i], &ask, path, out));
	}
}

int host_files_init(struct host_files *f, int root_fd, struct host_names_counters *counters)
{
	struct stat st;
	if (fstat(root_fd, &st) < 0)
		return -errno;
	*f = (struct host_files){.root_fd = root_fd, .root_uid = st.st_uid, .counters = counters};
	int r = host_json_init(&f->json);
	if (r == 0)
		host_place_configure(f);
	return r;
}

void host_files_destroy(struct host_files *f)
{
	host_json_destroy(&f->json);
}
