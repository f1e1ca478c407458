/* host/container: every story of tests/corpus/names, with its files and when they are gone. */
#include <dirent.h>

#include "host_container_fixture.h"

#define SEC 1000000ull

static void add_name(struct text *t, const char *key, size_t index, bool indexed, struct slice value)
{
	if (!value.p)
		return;
	text_addf(t, "%s", key);
	if (indexed)
		text_addf(t, "[%zu]", index);
	text_addf(t, "=%.*s\n", (int)value.n, value.p);
}

static void spell(struct text *t, const struct host_names *n)
{
	const struct {
		const char *key;
		struct slice value;
	} rest[] = {
	    {"container_runtime", n->container_runtime},
	    {"pod_uid", n->pod_uid},
	    {"pod_name", n->pod_name},
	    {"pod_namespace", n->pod_namespace},
	    {"compose_project", n->compose_project},
	    {"compose_service", n->compose_service},
	    {"ecs_task", n->ecs_task},
	    {"ecs_container", n->ecs_container},
	    {"invocation_id", n->invocation_id},
	    {"machine", n->machine},
	};
	add_name(t, "container_name", 0, false, n->container_name);
	add_name(t, "container_image", 0, false, n->container_image);
	for (size_t i = 0; i < LIMIT_OUTER; i++) {
		add_name(t, "outer_name", i, true, n->outer_name[i]);
		add_name(t, "outer_image", i, true, n->outer_image[i]);
	}
	for (size_t i = 0; i < ARRAY_COUNT(rest); i++)
		add_name(t, rest[i].key, 0, false, rest[i].value);
}

static const char *slurp(const char *dir, const char *file, char *buf, size_t cap)
{
	char path[512];
	snprintf(path, sizeof(path), "%s/%s", dir, file);
	FILE *f = fopen(path, "re");
	if (!f)
		return NULL;
	size_t n = fread(buf, 1, cap - 1, f);
	fclose(f);
	buf[n] = '\0';
	return buf;
}

static uint32_t wrong_stories;

static void check_found(const char *dir, const char *when, const struct host_names *names, const char *want)
{
	char got[4096];
	struct text t = text_on(got, sizeof(got));
	spell(&t, names);
	if (strcmp(text_cstr(&t), want) == 0)
		return;
	print_message("%s, %s:\n--- got\n%s--- want\n%s", dir, when, got, want);
	wrong_stories++;
}

static void tell_story(const char *dir)
{
	char cgroup[4096], want[4096], owner[1024];
	struct bench b = {.arena = arena_on(b.text, sizeof(b.text))};
	assert_non_null(slurp(dir, "cgroup", cgroup, sizeof(cgroup)));
	assert_non_null(slurp(dir, "names", want, sizeof(want)));
	cgroup[strcspn(cgroup, "\n")] = '\0';
	bool owned = slurp(dir, "owner", owner, sizeof(owner));
	if (owned && not_root())
		return;
	root_new(&b.root);
	run_shell("[ ! -d '%s/root' ] || cp -a '%s/root/.' %s", dir, dir, b.root.path);
	run_shell("chmod -R u=rwX,go=rX %s", b.root.path);
	run_shell("[ $(id -u) != 0 ] || chown -hR 0:0 %s", b.root.path);
	if (owned) {
		owner[strcspn(owner, " ")] = '\0';
		char *path = owner + strlen(owner) + 1;
		path[strcspn(path, "\n")] = '\0';
		run_shell("chown -hR %s %s/'%s'", owner, b.root.path, path);
	}
	cache_new(&b);
	struct host_names names = find(&b, cgroup);
	check_found(dir, "before", &names, "");
	learn(&b, cgroup, SEC);
	names = find(&b, cgroup);
	check_found(dir, "learnt", &names, want);
	run_shell("rm -rf %s/*", b.root.path);
	learn(&b, cgroup, 10000 * SEC);
	names = find(&b, cgroup);
	check_found(dir, "after the files are gone", &names, want);
	cache_free(&b);
	root_free(&b.root);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Names in a directory, sorted. */
static size_t children(const char *dir, char *name[], size_t max)
{
	size_t n = 0;
	DIR *d = opendir(dir);
	assert_non_null(d);
	for (struct dirent *e; (e = readdir(d));)
		if (e->d_name[0] != '.' && e->d_type == DT_DIR && n < max)
			name[n++] = strdup(e->d_name);
	closedir(d);
	qsort(name, n, sizeof(*name), by_name);
	return n;
}

static void every_story_gives_its_names(void **state)
{
	(void)state;
	static const char corpus[] = "tests/corpus/names";
	char *runtime[64], *story[64], dir[512];
	size_t stories = 0, runtimes = children(corpus, runtime, ARRAY_COUNT(runtime));
	for (size_t r = 0; r < runtimes; r++) {
		snprintf(dir, sizeof(dir), "%s/%s", corpus, runtime[r]);
		size_t n = children(dir, story, ARRAY_COUNT(story));
		for (size_t s = 0; s < n; s++) {
			snprintf(dir, sizeof(dir), "%s/%s/%s", corpus, runtime[r], story[s]);
			tell_story(dir);
			free(story[s]);
		}
		stories += n;
		free(runtime[r]);
	}
	print_message("%zu stories\n", stories);
	assert_true(stories >= 50);
	assert_int_equal(wrong_stories, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_story_gives_its_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
