/*
 * Where runtimes keep their files.
 *
 * Defaults: containerd's state directory (--state), k3s and RKE2, k0s, the
 * microk8s snap; docker's data root, the docker snap; the graph and run roots
 * of containers-storage.conf(5), of rootless podman below the home directory and
 * the runtime directory. CRI-O takes containers-storage's unless its
 * own configuration says otherwise.
 */
#include "host/container_place.h"

#include <stdlib.h>

#include "base/text.h"

#define DIRS 4

struct conf {
	const char *file;
	const char *key; /* of a TOML line `key = "/dir"` */
};

static const struct place {
	const char *dir[DIRS];
	const char *user_dir[DIRS];
	struct conf conf[2]; /* the first that says something wins */
} places[HOST_PLACES] = {
    [HOST_PLACE_CONTAINERD] = {.dir = {"run/containerd", "run/k3s/containerd",
				       "var/snap/microk8s/common/run/containerd", "run/k0s/containerd"},
			       .conf = {{"etc/containerd/config.toml", "state"}}},
    [HOST_PLACE_DOCKER] = {.dir = {"var/lib/docker", "var/snap/docker/common/var-lib-docker"},
			   .user_dir = {"%H/.local/share/docker"}},
    [HOST_PLACE_STORAGE] = {.dir = {"var/lib/containers/storage"},
			    .user_dir = {"%H/.local/share/containers/storage"},
			    .conf = {{"etc/containers/storage.conf", "graphroot"},
				     {"usr/share/containers/storage.conf", "graphroot"}}},
    [HOST_PLACE_STORAGE_RUN] = {.dir = {"run/containers/storage"},
				.user_dir = {"run/user/%U/containers"},
				.conf = {{"etc/containers/storage.conf", "runroot"},
					 {"usr/share/containers/storage.conf", "runroot"}}},
    [HOST_PLACE_CRIO] = {.dir = {"var/lib/containers/storage"},
			 .conf = {{"etc/crio/crio.conf", "root"}, {"etc/containers/storage.conf", "graphroot"}}},
    [HOST_PLACE_CRIO_RUN] = {.dir = {"run/containers/storage"},
			     .conf = {{"etc/crio/crio.conf", "runroot"}, {"etc/containers/storage.conf", "runroot"}}},
    [HOST_PLACE_KUBELET] = {.dir = {"var/lib/kubelet", "var/snap/microk8s/common/var/lib/kubelet",
				    "var/lib/k0s/kubelet"}},
    [HOST_PLACE_LXD] = {.dir = {"var/snap/lxd/common/lxd", "var/lib/incus", "var/lib/lxd"}},
    [HOST_PLACE_ROOT] = {.dir = {"."}},
};

/* Of containers/storage; overlay is the default, vfs where nothing else works. */
static const char *const drivers[] = {"overlay", "vfs", "btrfs", "zfs"};

/* Writes one template out. False when something it needs is not known or it does not fit. */
static bool expand(const struct host_place_paths *p, const char *driver, const char *from, struct text *to)
{
	for (; *from; from++) {
		if (*from != '%') {
			text_add(to, slice_of(from, 1));
			continue;
		}
		switch (*++from) {
		case 'I':
			text_add(to, p->id);
			break;
		case 'P':
			text_add(to, p->pod_uid);
			break;
		case 'D':
			text_add(to, slice_cstr(driver));
			break;
		case 'U':
			text_addf(to, "%u", p->uid);
			break;
		case 'H':
			if (!p->home.p)
				return false;
			text_add(to, p->home);
			break;
		default:
			return false;
		}
	}
	return !to->cut;
}

/* The directory number `i` of the place, the configured one ("" when there is none) first; NULL: there is no such. */
static const char *directory(const struct host_place_paths *p, unsigned int i)
{
	const struct place *place = &places[p->place];
	const char *moved = p->files->moved[p->place];
	if (p->user)
		return i < DIRS ? place->user_dir[i] : NULL;
	if (i == 0)
		return moved;
	return i - 1 < DIRS ? place->dir[i - 1] : NULL;
}

const char *host_place_next(struct host_place_paths *p)
{
	unsigned int variants = strstr(p->template_, "%D") ? ARRAY_COUNT(drivers) : 1;
	for (const char *dir; (dir = directory(p, p->at / variants));) {
		const char *driver = drivers[p->at++ % variants];
		struct text t = text_on(p->path, sizeof(p->path));
		if (!*dir || !expand(p, driver, dir, &t))
			continue;
		text_add(&t, SLICE("/"));
		if (expand(p, driver, p->template_, &t))
			return text_cstr(&t);
	}
	return NULL;
}

/* The value of `key = "/dir"`, before the first table for a key without one: `state` is a name other tables use too. */
static struct slice toml_directory(struct slice text, struct slice key, bool top)
{
	struct slice line, value;
	while (take_line(&text, &line)) {
		line = slice_trim(line);
		if (top && slice_starts(line, SLICE("[")))
			break;
		if (!take_literal(&line, key))
			continue;
		line = slice_trim(line);
		if (!take_literal(&line, SLICE("=")))
			continue;
		line = slice_trim(line);
		if (take_literal(&line, SLICE("\"")) && take_until(&line, SLICE("\""), &value) &&
		    slice_starts(value, SLICE("/")))
			return value;
	}
	return SLICE_NONE;
}

static void move_place(struct host_files *f, enum host_place place, struct slice dir)
{
	struct text t = text_on(f->moved[place], sizeof(f->moved[place]));
	text_add(&t, dir);
	bool literal = slice_find(dir, SLICE("%")) == SLICE_NPOS && !memchr(dir.p, '\0', dir.n);
	if (t.cut || !literal || slice_eq(slice_sub(dir, 1, dir.n), slice_cstr(places[place].dir[0])))
		t.n = 0;
	text_cstr(&t);
}

static struct host_trust system_trust(const struct host_files *f)
{
	return (struct host_trust){.root_uid = f->root_uid};
}

static void configure_place(struct host_files *f, enum host_place place)
{
	for (size_t i = 0; i < ARRAY_COUNT(places[place].conf); i++) {
		const struct conf *conf = &places[place].conf[i];
		if (!conf->file)
			break;
		ssize_t n = host_tree_read(f->root_fd, conf->file, system_trust(f), f->json.text, HOST_JSON_MAX);
		if (n < 0)
			continue;
		struct slice dir = toml_directory(slice_of(f->json.text, (size_t)n), slice_cstr(conf->key),
						  place == HOST_PLACE_CONTAINERD);
		if (dir.p) {
			move_place(f, place, dir);
			break;
		}
	}
}

void host_place_configure(struct host_files *f)
{
	static const char *const docker_keys[][2] = {{"data-root"}, {"graph"}}; /* "graph" up to docker 17.04 */
	for (int place = 0; place < HOST_PLACES; place++)
		configure_place(f, (enum host_place)place);
	if (host_json_open(&f->json, f->root_fd, "etc/docker/daemon.json", system_trust(f)) < 0)
		return;
	for (size_t i = 0; i < ARRAY_COUNT(docker_keys); i++) {
		struct slice dir = host_json_string(&f->json, docker_keys[i]);
		if (!dir.p || !slice_starts(dir, SLICE("/")))
			continue;
		move_place(f, HOST_PLACE_DOCKER, dir);
		break;
	}
	host_json_close(&f->json);
}

/* name:password:uid:gid:gecos:home:shell */
static bool home_of(struct slice line, uint32_t uid, struct slice *home)
{
	struct slice field[6];
	uint64_t number;
	for (size_t i = 0; i < ARRAY_COUNT(field); i++)
		if (!take_until(&line, SLICE(":"), &field[i]))
			return false;
	*home = field[5];
	return slice_to_u64(field[2], &number) && number == uid && slice_starts(*home, SLICE("/"));
}

struct slice host_place_home(struct host_files *f, uint32_t uid, char *buf, size_t cap)
{
	struct slice found = SLICE_NONE, line;
	ssize_t n = host_tree_read(f->root_fd, "etc/passwd", system_trust(f), f->json.text, HOST_JSON_MAX);
	struct slice text = slice_of(f->json.text, n < 0 ? 0 : (size_t)n);
	while (!found.p && take_line(&text, &line)) {
		struct slice home;
		struct arena a = arena_on(buf, cap);
		if (home_of(line, uid, &home) && !memchr(home.p, '\0', home.n))
			found = arena_copy(&a, home);
	}
	return found;
}
