/* host/container: whose word counts, what is remembered, and what it costs. */
/* LINK: -Wl,--wrap=openat */
#include "host/container_cache.h"
#include "host_container_fixture.h"

/* Every access to a file begins with openat(2): here they are counted, and a torn file is made whole after one look. */
int __real_openat(int fd, const char *path, int flags, ...);
int __wrap_openat(int fd, const char *path, int flags, ...);

static uint32_t opened;
static struct {
	const char *name; /* of the torn file; NULL: none */
	struct root *root;
	const char *path, *whole;
	uint32_t looks;
} torn;

int __wrap_openat(int fd, const char *path, int flags, ...)
{
	va_list args;
	va_start(args, flags);
	mode_t mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;
	va_end(args);
	opened++;
	int got = __real_openat(fd, path, flags, mode);
	if (torn.name && !(flags & O_PATH) && strcmp(path, torn.name) == 0 && torn.looks++ == 0) {
		/* As a writer would: another file of that name, whole. */
		const char *name = torn.name;
		torn.name = NULL;
		assert_int_equal(unlinkat(torn.root->fd, torn.path, 0), 0);
		put(torn.root, torn.path, torn.whole);
		torn.name = name;
	}
	return got;
}

#define SEC 1000000ull
#define C "9d1f0c0e7b6a5d4c3b2a190817263544536271809fa0b1c2d3e4f50617283940"
#define D "3f2a7c81d4e5b69708192a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f"
#define DOCKER_C "/docker/" C
#define DOCKER_C_FILE "var/lib/docker/containers/" C "/config.v2.json"

/* ---- whose word ---- */

static void put_docker(struct bench *b, const char *id, const char *name)
{
	char path[256], text[512];
	snprintf(path, sizeof(path), "var/lib/docker/containers/%s/config.v2.json", id);
	snprintf(text, sizeof(text), "{\"Name\":\"/%s\",\"Config\":{\"Image\":\"image:%s\"}}", name, name);
	put(&b->root, path, text);
}

static void a_file_others_may_write_names_no_system_container(void **state)
{
	struct bench *b = *state;
	put_docker(b, C, "web");
	put_mode(&b->root, DOCKER_C_FILE, 0666);
	learn(b, DOCKER_C, 0);
	assert_slice(find(b, DOCKER_C).container_name, NULL);
	assert_int_equal(host_names_counters(b->cache).untrusted, 1);
	put_mode(&b->root, DOCKER_C_FILE, 0600);
	put_mode(&b->root, "var/lib", 0777);
	learn(b, DOCKER_C, 10 * SEC);
	assert_slice(find(b, DOCKER_C).container_name, NULL);
	assert_int_equal(host_names_counters(b->cache).untrusted, 2);
	put_mode(&b->root, "var/lib", 0755);
	learn(b, DOCKER_C, 100 * SEC);
	assert_slice(find(b, DOCKER_C).container_name, "web");
}

#define USER "/user.slice/user-1000.slice/user@1000.service/user.slice/docker-" C ".scope"

static void a_users_cgroup_does_not_get_a_system_containers_name(void **state)
{
	struct bench *b = *state;
	put_docker(b, C, "web");
	put(&b->root, "etc/passwd", "ann:x:1000:1000::/home/ann:/bin/sh\n");
	learn(b, DOCKER_C, 0);
	assert_slice(find(b, DOCKER_C).container_name, "web");
	learn(b, USER, 0);
	assert_slice(find(b, USER).container_name, NULL);
	assert_slice(find(b, USER).container_image, NULL);
}

static void a_users_file_names_only_that_users_container(void **state)
{
	struct bench *b = *state;
	if (not_root())
		skip();
	put(&b->root, "etc/passwd", "ann:x:1000:1000::/home/ann:/bin/sh\nbob:x:1001:1001::/home/bob:/bin/sh\n");
	put(&b->root, "home/ann/.local/share/docker/containers/" C "/config.v2.json", "{\"Name\":\"/hers\"}");
	run_shell("chown -R 1000 %s/home/ann", b->root.path);
	learn(b, USER, 0);
	assert_slice(find(b, USER).container_name, "hers");
	assert_slice(find(b, DOCKER_C).container_name, NULL);
	learn(b, DOCKER_C, 0);
	assert_slice(find(b, DOCKER_C).container_name, NULL);
	const char *bobs = "/user.slice/user-1001.slice/user@1001.service/user.slice/docker-" C ".scope";
	learn(b, bobs, 0);
	assert_slice(find(b, bobs).container_name, NULL);
	/* Not even when his home leads to hers. */
	put_link(&b->root, "home/bob/.local/share/docker", "/home/ann/.local/share/docker");
	run_shell("chown -hR 1001 %s/home/bob", b->root.path);
	learn(b, bobs, 10 * SEC);
	assert_slice(find(b, bobs).container_name, NULL);
	assert_true(host_names_counters(b->cache).untrusted > 0);
}

static void a_container_in_a_container_does_not_get_a_neighbours_name(void **state)
{
	struct bench *b = *state;
	put_docker(b, C, "web");
	put_docker(b, D, "build");
	const char *inside = "/docker/" D "/docker/" C;
	learn(b, DOCKER_C, 0);
	learn(b, inside, 0);
	struct host_names names = find(b, inside);
	assert_slice(names.container_name, NULL);
	assert_slice(names.container_image, NULL);
	assert_slice(names.outer_name[0], "build");
	assert_slice(names.outer_image[0], "image:build");
}

/* By the neighbour's form, in what is a container that no form shows: only the host's own are asked for. */
static void what_is_made_in_a_unit_or_machine_does_not_get_a_neighbours_name(void **state)
{
	static const char *const paths[] = {
	    "/system.slice/ci.service/docker-" C ".scope",
	    "/system.slice/ci.service/payload/system.slice/docker-" C ".scope",
	    "/system.slice/ci.service/payload/docker/" C,
	    "/job/docker-" C ".scope",
	    "/machine.slice/m1.scope/payload/docker/" C,
	};
	struct bench *b = *state;
	put_docker(b, C, "web");
	for (size_t i = 0; i < ARRAY_COUNT(paths); i++) {
		learn(b, paths[i], 0);
		assert_slice(find(b, paths[i]).container_name, NULL);
	}
	/* Nor when there was no room for the machine's name. */
	b->arena = arena_on(b->text, 1);
	learn(b, paths[ARRAY_COUNT(paths) - 1], 100 * SEC);
	assert_slice(find(b, paths[ARRAY_COUNT(paths) - 1]).container_name, NULL);
	b->arena = arena_on(b->text, sizeof(b->text));
	const char *own = "/system.slice/docker-" C ".scope";
	learn(b, own, 0);
	assert_slice(find(b, own).container_name, "web");
}

static void a_pods_container_does_not_name_another_pods(void **state)
{
	struct bench *b = *state;
	const char *own = "/kubepods/pod5a1c7f3e-0d3b-4b6e-9a55-1f2e3d4c5b6a/" C;
	const char *other = "/kubepods/pod11111111-2222-3333-4444-555555555555/" C;
	put(&b->root, "run/containerd/io.containerd.runtime.v2.task/k8s.io/" C "/config.json",
	    "{\"annotations\":{\"io.kubernetes.cri.container-name\":\"app\",\"io.kubernetes.cri.sandbox-name\":\"web\","
	    "\"io.kubernetes.cri.sandbox-uid\":\"5a1c7f3e-0d3b-4b6e-9a55-1f2e3d4c5b6a\"}}");
	learn(b, own, 0);
	assert_slice(find(b, own).container_name, "app");
	learn(b, other, 0);
	assert_slice(find(b, other).container_name, NULL);
	assert_slice(find(b, other).pod_name, NULL);
}

static void an_id_that_is_no_file_name_is_not_looked_for(void **state)
{
	struct bench *b = *state;
	struct host_found found;
	struct host_files files;
	struct host_names_counters counters = {0};
	struct host_identity id = {.has_container = true};
	static const char *const ids[] = {".", "..", "a/b", "", "../../../etc"};
	assert_int_equal(host_files_init(&files, b->root.fd, &counters), 0);
	for (size_t i = 0; i < ARRAY_COUNT(ids); i++) {
		struct host_container_id ct = {slice_cstr(ids[i]), SLICE("docker")};
		opened = 0;
		host_files_container(&files, &id, &ct, &found);
		assert_int_equal(opened, 0);
	}
	struct host_container_id nul = {SLICE("a\0b"), SLICE("docker")};
	opened = 0;
	host_files_container(&files, &id, &nul, &found);
	assert_int_equal(opened, 0);
	host_files_destroy(&files);
}

static void ubuntus_log_directory_is_believed(void **state)
{
	struct bench *b = *state;
	const char *pod = "/kubepods.slice/kubepods-pod5a1c7f3e_0d3b_4b6e_9a55_1f2e3d4c5b6a.slice";
	put(&b->root, "var/log/pods/shop_web_5a1c7f3e-0d3b-4b6e-9a55-1f2e3d4c5b6a/app/0.log", "");
	put_mode(&b->root, "var/log", 0775);
	learn(b, pod, 0);
	assert_slice(find(b, pod).pod_name, "web");
}

/* ---- torn, missing, too large ---- */

static void a_torn_file_is_read_once_more(void **state)
{
	struct bench *b = *state;
	put(&b->root, DOCKER_C_FILE, "{\"Name\":\"/we");
	torn.name = "config.v2.json";
	torn.root = &b->root;
	torn.path = DOCKER_C_FILE;
	torn.whole = "{\"Name\":\"/web\"}";
	torn.looks = 0;
	learn(b, DOCKER_C, 0);
	torn.name = NULL;
	assert_int_equal(torn.looks, 2);
	assert_slice(find(b, DOCKER_C).container_name, "web");
	assert_int_equal(host_names_counters(b->cache).broken, 0);
}

static void a_broken_file_is_counted_and_looked_at_again_later(void **state)
{
	struct bench *b = *state;
	put(&b->root, DOCKER_C_FILE, "{\"Name\":\"/we");
	assert_true(learn(b, DOCKER_C, 0));
	assert_int_equal(host_names_counters(b->cache).broken, 1);
	assert_false(learn(b, DOCKER_C, 1));
	put_docker(b, C, "web");
	assert_false(learn(b, DOCKER_C, HOST_NAMES_RETRY_USEC - 1));
	assert_true(learn(b, DOCKER_C, HOST_NAMES_RETRY_USEC));
	assert_slice(find(b, DOCKER_C).container_name, "web");
}

static void looks_for_what_is_not_there_grow_rare(void **state)
{
	struct bench *b = *state;
	uint32_t looks = 0;
	for (uint64_t now = 0; now < 3600 * SEC; now += SEC)
		looks += learn(b, DOCKER_C, now);
	assert_int_equal(looks, 18); /* the pause doubles from 100 ms up to ten minutes */
}

static void a_file_too_large_is_counted(void **state)
{
	struct bench *b = *state;
	put_docker(b, C, "web");
	run_shell("truncate -s 1048577 %s/" DOCKER_C_FILE, b->root.path);
	learn(b, DOCKER_C, 0);
	assert_int_equal(host_names_counters(b->cache).oversize, 1);
	run_shell("rm %s/" DOCKER_C_FILE "; mkfifo %s/" DOCKER_C_FILE, b->root.path, b->root.path);
	learn(b, DOCKER_C, 100 * SEC);
	assert_int_equal(host_names_counters(b->cache).failed, 1);
	assert_slice(find(b, DOCKER_C).container_name, NULL);
}

/* ---- what is remembered ---- */

static void a_lookup_touches_no_file(void **state)
{
	struct bench *b = *state;
	const char *path = "/system.slice/docker-" C ".scope";
	put_docker(b, C, "web");
	put_link(&b->root, "run/systemd/units/invocation:docker-" C ".scope", "0123456789abcdef0123456789abcdef");
	assert_true(learn(b, path, 0));
	opened = 0;
	assert_slice(find(b, path).container_name, "web");
	assert_slice(find(b, path).invocation_id, "0123456789abcdef0123456789abcdef");
	assert_false(learn(b, path, 1));
	assert_slice(find(b, "/docker/" D).container_name, NULL);
	assert_int_equal(opened, 0);
}

static bool knows_all(struct bench *b, const char *path)
{
	struct host_identity id = identity(b, path);
	struct host_names names;
	return host_names_find(b->cache, &id, &b->arena, &names);
}

static void a_lookup_tells_when_a_look_at_files_may_tell_more(void **state)
{
	struct bench *b = *state;
	const char *path = "/system.slice/docker-" C ".scope";
	put_link(&b->root, "run/systemd/units/invocation:docker-" C ".scope", "0123456789abcdef0123456789abcdef");
	assert_false(knows_all(b, path));
	learn(b, path, 0);
	assert_slice(find(b, path).invocation_id, "0123456789abcdef0123456789abcdef");
	assert_false(knows_all(b, path)); /* the unit is known, the container is not */
	put_docker(b, C, "web");
	learn(b, path, HOST_NAMES_RETRY_USEC);
	assert_true(knows_all(b, path));
	assert_true(knows_all(b, "/nothing/of/ours"));
}

static void names_outlive_the_container(void **state)
{
	struct bench *b = *state;
	put_docker(b, C, "web");
	learn(b, DOCKER_C, 0);
	run_shell("rm -rf %s/var", b->root.path);
	for (uint64_t now = 0; now < 5 * HOST_NAMES_RENEW_USEC; now += HOST_NAMES_RENEW_USEC)
		learn(b, DOCKER_C, now);
	assert_slice(find(b, DOCKER_C).container_name, "web");
	assert_slice(find(b, DOCKER_C).container_image, "image:web");
}

static void a_renamed_container_is_renamed_at_the_next_renewal(void **state)
{
	struct bench *b = *state;
	put_docker(b, C, "web");
	learn(b, DOCKER_C, 0);
	put_docker(b, C, "a-much-longer-name");
	assert_false(learn(b, DOCKER_C, HOST_NAMES_RENEW_USEC - 1));
	assert_true(learn(b, DOCKER_C, HOST_NAMES_RENEW_USEC));
	assert_slice(find(b, DOCKER_C).container_name, "a-much-longer-name");
	assert_slice(find(b, DOCKER_C).container_image, "image:a-much-longer-name");
}

static void a_restarted_unit_has_its_new_invocation(void **state)
{
	struct bench *b = *state;
	const char *path = "/system.slice/web.service", *link = "run/systemd/units/invocation:web.service";
	put_link(&b->root, link, "00000000000000000000000000000001");
	learn(b, path, 0);
	assert_slice(find(b, path).invocation_id, "00000000000000000000000000000001");
	assert_int_equal(unlinkat(b->root.fd, link, 0), 0);
	learn(b, path, SEC);
	assert_slice(find(b, path).invocation_id, "00000000000000000000000000000001");
	put_link(&b->root, link, "00000000000000000000000000000002");
	learn(b, path, SEC + HOST_NAMES_UNIT_USEC);
	assert_slice(find(b, path).invocation_id, "00000000000000000000000000000002");
}

static void a_pods_name_is_known_from_its_container(void **state)
{
	struct bench *b = *state;
	const char *pod = "/kubepods.slice/kubepods-pod5a1c7f3e_0d3b_4b6e_9a55_1f2e3d4c5b6a.slice";
	char path[512];
	snprintf(path, sizeof(path), "%s/cri-containerd-" C ".scope", pod);
	put(&b->root, "run/containerd/io.containerd.runtime.v2.task/k8s.io/" C "/config.json",
	    "{\"annotations\":{\"io.kubernetes.cri.container-name\":\"app\",\"io.kubernetes.cri.sandbox-name\":\"web\","
	    "\"io.kubernetes.cri.sandbox-namespace\":\"shop\"}}");
	learn(b, path, 0);
	assert_slice(find(b, pod).pod_name, "web");
	assert_slice(find(b, pod).pod_namespace, "shop");
	assert_slice(find(b, pod).container_name, NULL);
}

/* ---- how much ---- */

static void id_of(char out[65], unsigned int i)
{
	snprintf(out, 65, "%064x", i);
}

static void learn_many(struct bench *b, const char *prefix, const char *suffix, unsigned int from, unsigned int to)
{
	char id[65], path[256];
	for (unsigned int i = from; i < to; i++) {
		id_of(id, i);
		snprintf(path, sizeof(path), "%s%s%s", prefix, id, suffix);
		learn(b, path, 0);
	}
}

static size_t known(struct bench *b, unsigned int from, unsigned int to)
{
	char id[65], path[256];
	size_t n = 0;
	for (unsigned int i = from; i < to; i++) {
		id_of(id, i);
		snprintf(path, sizeof(path), "/docker/%s", id);
		n += find(b, path).container_name.p != NULL;
	}
	return n;
}

/* As under a kubelet with systemd: each container with a pod and a scope of its own. */
static const char *path_in_pod(char *to, size_t cap, const char *id, unsigned int i)
{
	snprintf(to, cap,
		 "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod5a1c7f3e_0d3b_4b6e_9a55_%012x.slice/"
		 "cri-containerd-%s.scope",
		 i, id);
	return to;
}

static void put_pod(struct bench *b, const char *id, unsigned int i)
{
	char path[512], text[512];
	snprintf(path, sizeof(path), "run/containerd/io.containerd.runtime.v2.task/k8s.io/%s/config.json", id);
	snprintf(text, sizeof(text),
		 "{\"annotations\":{\"io.kubernetes.cri.container-name\":\"app\",\"io.kubernetes.cri.image-name\":"
		 "\"registry.example/team/app@sha256:%s\",\"io.kubernetes.cri.sandbox-name\":\"web-%u\","
		 "\"io.kubernetes.cri.sandbox-namespace\":\"shop\",\"io.kubernetes.cri.sandbox-uid\":"
		 "\"5a1c7f3e-0d3b-4b6e-9a55-%012x\"}}",
		 id, i, i);
	put(&b->root, path, text);
	snprintf(path, sizeof(path), "run/systemd/units/invocation:cri-containerd-%s.scope", id);
	put_link(&b->root, path, "0123456789abcdef0123456789abcdef");
}

static void a_thousand_containers_cost_less_than_two_megabytes(void **state)
{
	struct bench *b = *state;
	char id[65], path[512], name[32];
	assert_true(host_names_cache_size() < 2000 * 1000);
	for (unsigned int i = 0; i < 1000; i++) {
		id_of(id, i);
		put_pod(b, id, i);
		learn(b, path_in_pod(path, sizeof(path), id, i), 0);
	}
	for (unsigned int i = 0; i < 1000; i++) {
		id_of(id, i);
		snprintf(name, sizeof(name), "web-%u", i);
		struct host_names n = find(b, path_in_pod(path, sizeof(path), id, i));
		assert_slice(n.container_name, "app");
		assert_slice(n.pod_name, name);
		assert_slice(n.invocation_id, "0123456789abcdef0123456789abcdef");
	}
	assert_int_equal(host_names_counters(b->cache).records, 3000);
	assert_int_equal(host_names_counters(b->cache).evicted, 0);
	assert_int_equal(host_names_counters(b->cache).cut, 0);
}

static void the_longest_unused_is_given_up_first(void **state)
{
	struct bench *b = *state;
	unsigned int max = HOST_NAMES_CONTAINERS;
	char id[65];
	for (unsigned int i = 0; i < 4; i++) {
		id_of(id, i);
		put_docker(b, id, "web");
	}
	learn_many(b, "/docker/", "", 0, max);
	assert_int_equal(known(b, 0, 4), 4);
	learn_many(b, "/docker/", "", max, 2 * max - 4);
	assert_int_equal(known(b, 1, 3), 2); /* used again: they outlast 0 and 3 */
	learn_many(b, "/docker/", "", 2 * max - 4, 2 * max - 2);
	assert_int_equal(known(b, 1, 3), 2);
	learn_many(b, "/docker/", "", 3 * max, 4 * max - 1);
	assert_int_equal(known(b, 1, 3), 1);
	assert_int_equal(host_names_counters(b->cache).records, max);
}

static void a_user_with_many_cgroups_pushes_no_system_name_out(void **state)
{
	struct bench *b = *state;
	put_docker(b, C, "web");
	learn(b, DOCKER_C, 0);
	for (unsigned int i = 0; i < 5000; i++) {
		char id[65], path[256];
		id_of(id, i);
		snprintf(path, sizeof(path), "/user.slice/user-1000.slice/user@1000.service/user.slice/docker-%s.scope",
			 id);
		learn(b, path, i * SEC);
	}
	assert_slice(find(b, DOCKER_C).container_name, "web");
	assert_int_equal(host_names_counters(b->cache).records, HOST_NAMES_USER_CONTAINERS + 2);
}

/* Each look reads files whose length the user chose. */
static void a_user_with_many_cgroups_is_looked_at_no_more_than_so_often(void **state)
{
	struct bench *b = *state;
	const char *prefix = "/user.slice/user-1000.slice/user@1000.service/user.slice/docker-";
	learn_many(b, prefix, ".scope", 0, 1000);
	uint64_t looked = host_names_counters(b->cache).looked - 1; /* his manager's unit */
	assert_int_equal(looked, HOST_NAMES_USER_LOOKS);
	assert_int_equal(host_names_counters(b->cache).put_off, 1000 - HOST_NAMES_USER_LOOKS);
	learn_many(b, "/user.slice/user-1001.slice/user@1001.service/user.slice/docker-", ".scope", 0, 1);
	assert_int_equal(host_names_counters(b->cache).looked, looked + 3); /* another user's unit and container */
	put_docker(b, C, "web");
	learn(b, DOCKER_C, 0);
	assert_slice(find(b, DOCKER_C).container_name, "web");
}

static void a_name_that_finds_no_room_is_left_out_and_counted(void **state)
{
	struct bench *b = *state;
	char text[4096], name[1024];
	memset(name, 'n', sizeof(name));
	name[500] = '\0';
	snprintf(text, sizeof(text),
		 "{\"Name\":\"/%s\",\"Config\":{\"Image\":\"%s\",\"Labels\":{\"com.docker.compose.project\":\"shop\","
		 "\"com.docker.compose.config-hash\":\"1\"}}}",
		 name, name);
	put(&b->root, DOCKER_C_FILE, text);
	learn(b, DOCKER_C, 0);
	assert_slice(find(b, DOCKER_C).container_name, name);
	assert_slice(find(b, DOCKER_C).container_image, NULL);
	assert_slice(find(b, DOCKER_C).compose_project, "shop");
	assert_int_equal(host_names_counters(b->cache).cut, 1);
	/* Over the bound of one name. */
	memset(name, 'n', 600);
	name[600] = '\0';
	snprintf(text, sizeof(text), "{\"Name\":\"/%s\"}", name);
	put(&b->root, "var/lib/docker/containers/" D "/config.v2.json", text);
	learn(b, "/docker/" D, 0);
	assert_slice(find(b, "/docker/" D).container_name, NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_file_others_may_write_names_no_system_container),
	    TEST(a_users_cgroup_does_not_get_a_system_containers_name),
	    TEST(a_users_file_names_only_that_users_container),
	    TEST(a_container_in_a_container_does_not_get_a_neighbours_name),
	    TEST(what_is_made_in_a_unit_or_machine_does_not_get_a_neighbours_name),
	    TEST(a_pods_container_does_not_name_another_pods),
	    TEST(an_id_that_is_no_file_name_is_not_looked_for),
	    TEST(ubuntus_log_directory_is_believed),
	    TEST(a_torn_file_is_read_once_more),
	    TEST(a_broken_file_is_counted_and_looked_at_again_later),
	    TEST(looks_for_what_is_not_there_grow_rare),
	    TEST(a_file_too_large_is_counted),
	    TEST(a_lookup_touches_no_file),
	    TEST(a_lookup_tells_when_a_look_at_files_may_tell_more),
	    TEST(names_outlive_the_container),
	    TEST(a_renamed_container_is_renamed_at_the_next_renewal),
	    TEST(a_restarted_unit_has_its_new_invocation),
	    TEST(a_pods_name_is_known_from_its_container),
	    TEST(a_thousand_containers_cost_less_than_two_megabytes),
	    TEST(the_longest_unused_is_given_up_first),
	    TEST(a_user_with_many_cgroups_pushes_no_system_name_out),
	    TEST(a_user_with_many_cgroups_is_looked_at_no_more_than_so_often),
	    TEST(a_name_that_finds_no_room_is_left_out_and_counted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
