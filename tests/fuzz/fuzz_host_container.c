/*
 * host/container: any bytes in the place of a runtime's file, and any name in the place of the kubelet's. The first
 * byte picks which. Nothing breaks; what is told is bounded; a later look with the file gone tells the same.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "host/container.h"
#include "host/container_files.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ID "9d1f0c0e7b6a5d4c3b2a190817263544536271809fa0b1c2d3e4f50617283940"
#define POD_PATH "/kubepods/burstable/pod5a1c7f3e-0d3b-4b6e-9a55-1f2e3d4c5b6a"

static const struct {
	const char *cgroup, *file; /* a file that ends with '/' is a directory: the bytes are the name of an entry */
} cases[] = {
    {POD_PATH "/" ID, "run/containerd/io.containerd.runtime.v2.task/k8s.io/" ID "/config.json"},
    {POD_PATH "/crio-" ID, "run/containers/storage/overlay-containers/" ID "/userdata/config.json"},
    {"/docker/" ID, "var/lib/docker/containers/" ID "/config.v2.json"},
    {POD_PATH "/" ID, "var/lib/docker/containers/" ID "/config.v2.json"},
    {"/machine.slice/libpod-" ID ".scope", "var/lib/containers/storage/overlay-containers/containers.json"},
    {"/docker/" ID, "etc/docker/daemon.json"},
    {"/machine.slice/libpod-" ID ".scope", "etc/containers/storage.conf"},
    {"/system.slice/docker-" ID ".scope", "etc/containerd/config.toml"},
    {"/user.slice/user-0.slice/user@0.service/user.slice/libpod-" ID ".scope", "etc/passwd"},
    {POD_PATH "/" ID, "var/log/containers/"},
    {POD_PATH, "var/log/pods/"},
    {POD_PATH "/" ID, "var/lib/kubelet/pods/5a1c7f3e-0d3b-4b6e-9a55-1f2e3d4c5b6a/containers/"},
};

static void must(bool true_for_any_input)
{
	if (!true_for_any_input)
		abort();
}

static void make_directories(int root, const char *path)
{
	char part[256];
	for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
		memcpy(part, path, (size_t)(slash - path));
		part[slash - path] = '\0';
		(void)mkdirat(root, part, 0755);
	}
}

static void put(int root, const char *path, const uint8_t *data, size_t size)
{
	int fd = openat(root, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	must(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	close(fd);
}

/* The path of the entry that these bytes name, or NULL when no file can have that name. */
static const char *entry(const char *dir, const uint8_t *name, size_t n, char *out)
{
	if (n == 0 || n > 255 || memchr(name, '/', n) || memchr(name, '\0', n) || (n <= 2 && name[0] == '.'))
		return NULL;
	size_t at = strlen(dir);
	memcpy(out, dir, at);
	memcpy(out + at, name, n);
	out[at + n] = '\0';
	return out;
}

static void check(struct slice s)
{
	must(!s.p || (s.n > 0 && s.n <= HOST_FOUND_MAX));
}

static void learn_and_find(int root, const char *cgroup, const char *path)
{
	char text[2048];
	struct arena arena = arena_on(text, sizeof(text));
	char names_text[16384];
	struct arena names = arena_on(names_text, sizeof(names_text));
	struct host_identity id;
	struct host_names before, after;
	struct host_names_cache *cache = NULL;
	void *storage = calloc(1, host_names_cache_size());

	must(storage && host_names_cache_init(storage, root, &cache) == 0);
	host_identity_parse(slice_cstr(cgroup), &arena, &id);
	host_names_learn(cache, &id, 1);
	host_names_find(cache, &id, &names, &before);
	check(before.container_name);
	check(before.container_image);
	check(before.pod_name);
	check(before.pod_namespace);
	check(before.compose_project);
	must(unlinkat(root, path, 0) == 0);
	must(host_names_learn(cache, &id, UINT64_MAX / 2));
	host_names_find(cache, &id, &names, &after);
	must(before.container_name.n == after.container_name.n && before.pod_name.n == after.pod_name.n);
	host_names_cache_close(cache);
	free(storage);
}

static void remove_all(int root, const char *path)
{
	char part[256];
	size_t n = strlen(path);
	memcpy(part, path, n + 1);
	while (n-- > 0)
		if (part[n] == '/') {
			part[n] = '\0';
			(void)unlinkat(root, part, AT_REMOVEDIR);
		}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char name[512], dir[] = "/tmp/fuzz-names-XXXXXX";
	if (size == 0 || size > 65536)
		return 0;
	size_t which = data[0] % ARRAY_COUNT(cases);
	const char *file = cases[which].file, *path = file;
	must(mkdtemp(dir) && chmod(dir, 0755) == 0);
	int root = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	must(root >= 0);
	make_directories(root, file);
	data++;
	size--;
	if (file[strlen(file) - 1] == '/')
		path = entry(file, data, size, name);
	if (path) {
		put(root, path, data, size);
		learn_and_find(root, cases[which].cgroup, path);
	}
	remove_all(root, file);
	must(rmdir(dir) == 0);
	close(root);
	return 0;
}
