/* host/identity, host/runtime and host/unit: the corpus of paths, what an attacker may add to them, and the edges. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/text.h"
#include "host/identity.h"
#include "host/unit.h"

#define PATH_TEXT 8192

/* ---- an identity as the corpus spells it ---- */

static void add_line(struct text *t, const char *key, struct slice value)
{
	if (!slice_present(value))
		return;
	text_addf(t, "%s=", key);
	text_add(t, value);
	text_add(t, SLICE("\n"));
}

static void add_container(struct text *t, const char *key, const struct host_container_id *c)
{
	text_addf(t, "%s=", key);
	text_add(t, slice_present(c->runtime) ? c->runtime : SLICE("-"));
	text_add(t, SLICE(" "));
	text_add(t, c->id);
	text_add(t, SLICE("\n"));
}

static void spell(struct text *t, const struct host_identity *id)
{
	static const char *const qos[] = {NULL, "Guaranteed", "Burstable", "BestEffort"};
	add_line(t, "unit", id->unit);
	add_line(t, "user_unit", id->user_unit);
	if (!slice_eq(id->slice, SLICE("-.slice")))
		add_line(t, "slice", id->slice);
	add_line(t, "user_slice", id->user_slice);
	add_line(t, "session", id->session);
	add_line(t, "machine", id->machine);
	if (id->has_container)
		add_container(t, "container", &id->container);
	for (uint32_t i = 0; i < id->outer_count; i++)
		add_container(t, "outer", &id->outer[i]);
	if (id->outer_dropped)
		text_addf(t, "dropped=%u\n", id->outer_dropped);
	add_line(t, "pod", id->pod_uid);
	add_line(t, "qos", slice_cstr(qos[id->qos]));
	if (id->user_owned && id->owner_uid == HOST_UNIT_NO_UID)
		text_addf(t, "owner=-\n");
	else if (id->user_owned)
		text_addf(t, "owner=%u\n", id->owner_uid);
	if (id->container_by_host)
		text_addf(t, "by-host=container\n");
	if (id->pod_by_host)
		text_addf(t, "by-host=pod\n");
}

/* ---- the corpus ---- */

struct corpus_case {
	struct slice path, want; /* in storage of their own */
	char name[300];
};

static struct {
	struct corpus_case *item;
	size_t count;
} corpus;

struct corpus_file {
	const char *name;
	struct slice macro[26];
	struct text path, want; /* of the case being read */
	bool open;
};

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static void expand(struct corpus_file *f, struct slice line, struct text *out)
{
	for (size_t i = 0; i < line.n; i++) {
		char c = line.p[i];
		bool macro = c == '$' && i + 1 < line.n && line.p[i + 1] >= 'A' && line.p[i + 1] <= 'Z';
		if (macro && slice_present(f->macro[line.p[i + 1] - 'A'])) {
			text_add(out, f->macro[line.p[++i] - 'A']);
		} else if (c == '%' && i + 2 < line.n && hex_digit(line.p[i + 1]) >= 0) {
			char byte = (char)(hex_digit(line.p[i + 1]) << 4 | hex_digit(line.p[i + 2]));
			text_add(out, slice_of(&byte, 1));
			i += 2;
		} else {
			text_add(out, slice_of(&c, 1));
		}
	}
}

static struct slice keep(struct slice s)
{
	char *p = malloc(s.n + 1);
	assert_non_null(p);
	memcpy(p, s.p, s.n);
	return slice_of(p, s.n);
}

static void close_case(struct corpus_file *f)
{
	if (!f->open)
		return;
	corpus.item = realloc(corpus.item, (corpus.count + 1) * sizeof(*corpus.item));
	assert_non_null(corpus.item);
	struct corpus_case *c = &corpus.item[corpus.count++];
	c->path = keep(text_slice(&f->path));
	c->want = keep(text_slice(&f->want));
	snprintf(c->name, sizeof(c->name), "%s", f->name);
	f->path.n = f->want.n = 0;
	f->open = false;
}

static void read_corpus_line(struct corpus_file *f, struct slice line)
{
	if (take_literal(&line, SLICE("\t"))) {
		expand(f, line, &f->want);
		text_add(&f->want, SLICE("\n"));
		return;
	}
	close_case(f);
	if (slice_starts(line, SLICE("/"))) {
		expand(f, line, &f->path);
		f->open = true;
	} else if (slice_starts(line, SLICE("$")) && line.n > 3) {
		f->macro[line.p[1] - 'A'] = slice_sub(line, 3, line.n);
	} else if (line.n && line.p[0] != '#') {
		print_message("%s: cannot read <%.*s>\n", f->name, (int)line.n, line.p);
		fail();
	}
}

static void read_corpus_file(const char *dir, const char *name)
{
	static char content[1 << 18], path[PATH_TEXT], want[PATH_TEXT];
	char full[5000];
	snprintf(full, sizeof(full), "%s/%s", dir, name);
	FILE *in = fopen(full, "r");
	assert_non_null(in);
	struct slice text = slice_of(content, fread(content, 1, sizeof(content), in)), line;
	assert_true(text.n < sizeof(content));
	fclose(in);
	struct corpus_file f = {.name = name, .path = text_on(path, sizeof(path)), .want = text_on(want, sizeof(want))};
	while (take_line(&text, &line))
		read_corpus_line(&f, line);
	close_case(&f);
}

static int read_corpus(void **state)
{
	(void)state;
	char dir[4096];
	snprintf(dir, sizeof(dir), "%.*s/../corpus/identity", (int)(strrchr(__FILE__, '/') - __FILE__), __FILE__);
	DIR *d = opendir(dir);
	if (!d) {
		print_message("no corpus at %s: run from where the test was built\n", dir);
		return -1;
	}
	for (struct dirent *e; (e = readdir(d));)
		if (slice_ends(slice_cstr(e->d_name), SLICE(".txt")))
			read_corpus_file(dir, e->d_name);
	closedir(d);
	return 0;
}

static int free_corpus(void **state)
{
	(void)state;
	for (size_t i = 0; i < corpus.count; i++) {
		free((char *)corpus.item[i].path.p);
		free((char *)corpus.item[i].want.p);
	}
	free(corpus.item);
	return 0;
}

static struct host_identity parse(struct slice path, struct arena *arena)
{
	struct host_identity id;
	memset(&id, 0xa5, sizeof(id));
	host_identity_parse(path, arena, &id);
	return id;
}

static void every_path_of_the_corpus_has_its_identity(void **state)
{
	(void)state;
	size_t wrong = 0;
	for (size_t i = 0; i < corpus.count; i++) {
		char storage[1024], spelled[PATH_TEXT];
		struct arena arena = arena_on(storage, sizeof(storage));
		struct text got = text_on(spelled, sizeof(spelled));
		const struct corpus_case *c = &corpus.item[i];
		struct host_identity id = parse(c->path, &arena);
		assert_true(slice_present(id.slice));
		spell(&got, &id);
		if (slice_eq(text_slice(&got), c->want))
			continue;
		wrong++;
		print_message("%s: %.*s\n--- got\n%.*s--- want\n%.*s", c->name, (int)c->path.n, c->path.p, (int)got.n,
			      spelled, (int)c->want.n, c->want.p);
	}
	print_message("%zu paths\n", corpus.count);
	assert_true(corpus.count > 200);
	assert_int_equal(wrong, 0);
}

/* ---- what somebody who was given a subtree can add ---- */

#define V "9d1f0c0e7b6a5d4c3b2a190817263544536271809fa0b1c2d3e4f50617283940"
static const char *const additions[] = {
    "a",
    "sshd.service",
    "system.slice/sshd.service",
    "_a.slice/b.scope",
    "session-9.scope/x.service",
    "user.slice/user-0.slice/user@0.service/app.slice/x.service",
    "machine.slice/machine-bank.scope/payload",
    "payload",
    "supervisor/payload",
    "docker/" V,
    "docker-" V ".scope",
    "container/docker/" V,
    "ns/lxc/bank",
    "lxc.payload.bank",
    "lxc.payload.a.slice/x.service",
    "crio-" V "/container",
    "libpod-payload-" V,
    V,
    "kubepods/pod5a1c7f3e-0d3b-4b6e-9a55-1f2e3d4c5b6a/" V,
    "kubepods.slice/kubepods-pod5a1c7f3e_0d3b_4b6e_9a55_1f2e3d4c5b6a.slice/cri-containerd-" V ".scope",
    "kubepods-pod5a1c7f3e_0d3b_4b6e_9a55_1f2e3d4c5b6a.slice:cri-containerd:" V,
};

static struct host_container_id outermost(const struct host_identity *id)
{
	return id->outer_count ? id->outer[id->outer_count - 1] : id->container;
}

static void check_below(const struct host_identity *above, const struct host_identity *below)
{
	bool given = slice_present(above->unit) || above->has_container;
	if (given) {
		assert_true(slice_eq(above->unit, below->unit));
		assert_true(slice_eq(above->slice, below->slice));
		assert_true(slice_eq(above->session, below->session));
		assert_int_equal(above->user_owned, below->user_owned);
		assert_int_equal(above->owner_uid, below->owner_uid);
	}
	if (slice_present(above->user_unit))
		assert_true(slice_eq(above->user_unit, below->user_unit));
	if (slice_present(above->machine) || above->has_container)
		assert_true(slice_eq(above->machine, below->machine));
	if (above->has_container) {
		struct host_container_id a = outermost(above), b = outermost(below);
		assert_true(slice_eq(a.id, b.id) && slice_eq(a.runtime, b.runtime));
		assert_true(below->outer_count > 0 || slice_eq(below->container.id, above->container.id));
		assert_int_equal(below->container_by_host, above->container_by_host && below->outer_count == 0);
	}
	if (above->qos != HOST_QOS_NONE) {
		assert_true(slice_eq(above->pod_uid, below->pod_uid));
		assert_int_equal(above->qos, below->qos);
		assert_int_equal(above->pod_by_host, below->pod_by_host);
	} else if (above->has_container || slice_present(above->machine)) {
		assert_false(below->pod_by_host);
	}
	if (below->user_owned) {
		assert_false(below->container_by_host || slice_present(below->machine));
		assert_true(above->qos != HOST_QOS_NONE || below->qos == HOST_QOS_NONE);
	}
}

static void nothing_that_is_added_below_a_path_changes_what_the_host_said(void **state)
{
	(void)state;
	for (size_t i = 0; i < corpus.count; i++) {
		for (size_t j = 0; j < ARRAY_COUNT(additions); j++) {
			char storage[1024], longer[PATH_TEXT * 2];
			struct arena arena = arena_on(storage, sizeof(storage));
			struct text path = text_on(longer, sizeof(longer));
			text_add(&path, corpus.item[i].path);
			text_add(&path, SLICE("/"));
			text_add(&path, slice_cstr(additions[j]));
			struct host_identity above = parse(corpus.item[i].path, &arena);
			struct host_identity below = parse(text_slice(&path), &arena);
			check_below(&above, &below);
		}
	}
}

/* ---- whom to ask ---- */

#define A64 "3f2a7c81d4e5b69708192a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f"
#define POD "5a1c7f3e-0d3b-4b6e-9a55-1f2e3d4c5b6a"

static void what_a_container_or_pod_was_made_in_is_told(void **state)
{
	(void)state;
	static const struct {
		const char *path, *named_in;
		bool unit;
	} rows[] = {
	    {"/system.slice/docker-" A64 ".scope", "/system.slice/", false},
	    {"/docker/" A64 "/x", "/docker/", false},
	    {"/system.slice/ci.service/libpod-payload-" A64, "/system.slice/ci.service/", true},
	    {"/system.slice/ci.service/sub/docker-" A64 ".scope/docker/" A64, "/system.slice/ci.service/sub/", true},
	    {"/kubepods/pod" POD "/" A64, "/kubepods/pod" POD "/", false},
	    {"/kubepods/pod" POD, "/kubepods/", false},
	    {"/system.slice/ci.service/kubepods/pod" POD, "/system.slice/ci.service/kubepods/", true},
	    {"/lxc.payload.web", "/", false},
	    {"/lxc.payload.web/kubepods/pod" POD, "/", false},
	    {"/system.slice/ci.service/sub", NULL, false},
	    {"/user.slice/user-1000.slice/user@1000.service/docker-" A64 ".scope", NULL, false},
	    {"/machine.slice/machine-web.scope/payload/docker-" A64 ".scope", NULL, false},
	};
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		char storage[512];
		struct arena arena = arena_on(storage, sizeof(storage));
		struct host_identity id = parse(slice_cstr(rows[i].path), &arena);
		if (slice_present(id.named_in) != !!rows[i].named_in ||
		    (rows[i].named_in && !slice_eq(id.named_in, slice_cstr(rows[i].named_in))) ||
		    id.named_in_unit != rows[i].unit)
			fail_msg("%s: %.*s %d", rows[i].path, (int)id.named_in.n, id.named_in.p, id.named_in_unit);
	}
}

static void what_is_disowned_is_the_users_and_the_unit_stays_the_hosts(void **state)
{
	(void)state;
	char storage[512];
	struct arena arena = arena_on(storage, sizeof(storage));
	struct host_identity id = parse(SLICE("/system.slice/ci.service/kubepods/burstable/pod" POD "/" A64), &arena);
	assert_true(id.pod_by_host && id.container_by_host);
	host_identity_disown(&id, 1001);
	assert_true(slice_eq(id.unit, SLICE("ci.service")));
	assert_true(slice_eq(id.slice, SLICE("system.slice")));
	assert_true(id.has_container && id.user_owned && id.owner_uid == 1001);
	assert_false(id.pod_by_host || id.container_by_host || slice_present(id.pod_uid) || id.qos);
}

/* ---- edges ---- */

static void what_is_no_absolute_path_tells_nothing(void **state)
{
	(void)state;
	static const char *const none[] = {"", "system.slice/a.service", "(name too long)", " /a.service"};
	char storage[64];
	struct arena arena = arena_on(storage, sizeof(storage));
	for (size_t i = 0; i <= ARRAY_COUNT(none); i++) {
		struct slice path = i < ARRAY_COUNT(none) ? slice_cstr(none[i]) : SLICE_NONE;
		struct host_identity id = parse(path, &arena), nothing = {0};
		assert_memory_equal(&id, &nothing, sizeof(id));
	}
}

static void a_unit_name_has_at_most_255_bytes(void **state)
{
	(void)state;
	for (size_t n = 254; n <= 257; n++) {
		char storage[64], name[300];
		struct arena arena = arena_on(storage, sizeof(storage));
		memset(name, 'u', sizeof(name));
		name[0] = '/';
		memcpy(name + 1 + n - 8, ".service", 8);
		struct host_identity id = parse(slice_of(name, n + 1), &arena);
		assert_int_equal(slice_present(id.unit), n <= 255);
		assert_int_equal(host_unit_is_name(slice_of(name + 1, n)), n <= 255);
	}
}

static void the_longest_paths_are_walked_to_their_end(void **state)
{
	(void)state;
	static char path[4096];
	char storage[64];
	struct arena arena = arena_on(storage, sizeof(storage));
	struct text deep = text_on(path, sizeof(path));
	while (deep.n + 3 < 4095 - strlen("/lxc.payload.end"))
		text_add(&deep, SLICE("/a"));
	text_add(&deep, SLICE("/lxc.payload.end"));
	struct host_identity id = parse(text_slice(&deep), &arena);
	assert_true(slice_eq(id.container.id, SLICE("end")));

	memset(path, '/', sizeof(path));
	id = parse(slice_of(path, 4095), &arena);
	assert_false(slice_present(id.unit) || id.has_container);
	memset(path + 1, 'x', sizeof(path) - 1);
	id = parse(slice_of(path, 4095), &arena);
	assert_false(slice_present(id.unit) || id.has_container);
}

static void a_hundred_containers_deep_the_outermost_are_kept_and_the_rest_counted(void **state)
{
	(void)state;
	static char path[PATH_TEXT];
	char storage[64];
	struct arena arena = arena_on(storage, sizeof(storage));
	struct text t = text_on(path, sizeof(path));
	for (int i = 0; i < 100; i++)
		text_addf(&t, "/lxc.payload.c%d", i);
	struct host_identity id = parse(text_slice(&t), &arena);
	assert_int_equal(id.outer_count, LIMIT_OUTER);
	assert_int_equal(id.outer_dropped, 100 - LIMIT_OUTER - 1);
	assert_true(slice_eq(id.container.id, SLICE("c99")));
	assert_true(slice_eq(id.outer[LIMIT_OUTER - 1].id, SLICE("c0")));
	assert_true(slice_eq(id.outer[0].id, SLICE("c7")));
}

static void a_full_arena_hides_a_name_and_never_makes_it_the_hosts(void **state)
{
	(void)state;
	char storage[1];
	struct arena arena = arena_on(storage, sizeof(storage));
	struct host_identity id = parse(SLICE("/machine.slice/machine-a.scope/payload/docker/" V), &arena);
	assert_false(slice_present(id.machine));
	assert_true(id.in_machine);
	assert_true(id.has_container);
	assert_false(id.container_by_host);
	id = parse(SLICE("/kubepods.slice/kubepods-pod5a1c7f3e_0d3b_4b6e_9a55_1f2e3d4c5b6a.slice/kubepods-burstable-"
			 "pod6b1c7f3e_0d3b_4b6e_9a55_1f2e3d4c5b6a.slice"),
		   &arena);
	assert_false(slice_present(id.pod_uid));
	assert_int_equal(id.qos, HOST_QOS_GUARANTEED);
	assert_int_equal(arena.refused, 2);
}

static void only_whole_hex_escapes_are_undone(void **state)
{
	(void)state;
	static const struct {
		const char *in, *out;
	} cases[] = {
	    {"plain", "plain"},
	    {"a\\x2db", "a-b"},
	    {"\\x41\\x42", "AB"},
	    {"a-b", "a-b"},
	    {"\\xfF", "\xff"},
	    {"\\x2", NULL},
	    {"\\x", NULL},
	    {"\\", NULL},
	    {"\\n", NULL},
	    {"\\xg0", NULL},
	    {"\\n\\x2d", NULL},
	    {"\\x2d\\", NULL},
	    {"\\\\x2d", NULL},
	    {"", ""},
	    {"0123456789", NULL},
	    {"012345678", NULL},
	    {"01234567", "01234567"},
	};
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		char storage[9];
		struct text out = text_on(storage, sizeof(storage));
		bool done = host_unit_unescape(slice_cstr(cases[i].in), &out);
		assert_int_equal(done, cases[i].out != NULL);
		if (done)
			assert_true(slice_eq(text_slice(&out), slice_cstr(cases[i].out)));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_path_of_the_corpus_has_its_identity),
	    cmocka_unit_test(nothing_that_is_added_below_a_path_changes_what_the_host_said),
	    cmocka_unit_test(what_a_container_or_pod_was_made_in_is_told),
	    cmocka_unit_test(what_is_disowned_is_the_users_and_the_unit_stays_the_hosts),
	    cmocka_unit_test(what_is_no_absolute_path_tells_nothing),
	    cmocka_unit_test(a_unit_name_has_at_most_255_bytes),
	    cmocka_unit_test(the_longest_paths_are_walked_to_their_end),
	    cmocka_unit_test(a_hundred_containers_deep_the_outermost_are_kept_and_the_rest_counted),
	    cmocka_unit_test(a_full_arena_hides_a_name_and_never_makes_it_the_hosts),
	    cmocka_unit_test(only_whole_hex_escapes_are_undone),
	};
	return cmocka_run_group_tests(tests, read_corpus, free_corpus);
}
