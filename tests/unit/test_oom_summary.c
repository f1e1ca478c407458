/* oom/line_summary and oom/waiting: the summary line, its hostile names, and its pieces. */
#include "oom_fixture.h"

#include "oom/line_rows.h"
#include "oom/waiting.h"

struct parts {
	const char *constraint, *nodemask, *cpuset, *mems, *limit, *path, *comm;
	bool global;
	int pid;
	long uid;
};

static const char *compose(char *to, size_t size, const struct parts *p)
{
	size_t n = (size_t)snprintf(to, size, "oom-kill:constraint=%s,nodemask=%s", p->constraint,
				    p->nodemask ? p->nodemask : "(null)");
	if (p->cpuset)
		n += (size_t)snprintf(to + n, size - n, ",cpuset=%s,mems_allowed=%s", p->cpuset,
				      p->mems ? p->mems : "0");
	if (p->limit)
		n += (size_t)snprintf(to + n, size - n, ",oom_memcg=%s", p->limit);
	if (p->global)
		n += (size_t)snprintf(to + n, size - n, ",global_oom");
	if (p->path)
		n += (size_t)snprintf(to + n, size - n, ",task_memcg=%s", p->path);
	n += (size_t)snprintf(to + n, size - n, ",task=%s,pid=%d,uid=%ld", p->comm, p->pid, p->uid);
	assert_true(n < size);
	return to;
}

static struct oom_line summary_of(const char *text, struct slice expect)
{
	struct oom_line line;
	assert_true(oom_line_parse_summary(slice_cstr(text), expect, &line));
	assert_int_equal(line.kind, OOM_LINE_SUMMARY);
	return line;
}

/* Right or absent: what every line must keep to, whatever its names are. */
static void assert_never_wrong(const struct oom_line *line, const struct parts *p)
{
	if (slice_present(line->summary.constraint))
		assert_text(line->summary.constraint, slice_cstr(p->constraint));
	if (slice_present(line->summary.nodemask))
		assert_text(line->summary.nodemask, slice_cstr(p->nodemask ? p->nodemask : "(null)"));
	if (slice_present(line->summary.limit_path))
		assert_text(line->summary.limit_path, slice_cstr(p->limit));
	if (slice_present(line->summary.task_path))
		assert_text(line->summary.task_path, slice_cstr(p->path));
	if (slice_present(line->summary.comm))
		assert_text(line->summary.comm, slice_cstr(p->comm));
	if (slice_present(line->summary.cpuset))
		assert_text(line->summary.cpuset, slice_cstr(p->cpuset));
	if (slice_present(line->summary.mems_allowed) && p->cpuset)
		assert_text(line->summary.mems_allowed, slice_cstr(p->mems ? p->mems : "0"));
	if (line->summary.pid.set)
		assert_int_equal(line->summary.pid.v, p->pid);
	if (line->summary.uid.set)
		assert_int_equal(line->summary.uid.v, (uint32_t)p->uid);
	if (line->summary.global)
		assert_true(p->global);
}

static void assert_all(const struct oom_line *line, const struct parts *p)
{
	assert_text(line->summary.limit_path, slice_cstr(p->limit));
	assert_text(line->summary.task_path, slice_cstr(p->path));
	assert_text(line->summary.comm, slice_cstr(p->comm));
	assert_text(line->summary.cpuset, slice_cstr(p->cpuset));
	assert_num(line->summary.pid, (uint64_t)p->pid);
	assert_num(line->summary.uid, (uint32_t)p->uid);
	assert_int_equal(line->summary.global, p->global);
	assert_false(line->summary.ambiguous);
}

static void the_summary_is_read_in_every_shape(void **state)
{
	(void)state;
	static const struct parts cases[] = {
	    {"CONSTRAINT_MEMCG", NULL, "/", "0", "/a", "/a/b", "hog", false, 268, 0},
	    {"CONSTRAINT_NONE", NULL, "/", "0-1", NULL, "/system.slice/x.service", "hog", true, 268, 1000},
	    {"CONSTRAINT_CPUSET", NULL, "my set", "0,2-3", NULL, "/", "hog", true, 268, 1000},
	    {"CONSTRAINT_MEMORY_POLICY", "0,2", "/", "0-3", NULL, "/a", "hog", true, 268, 0},
	    {"CONSTRAINT_BPF_PSI_MEM", NULL, "/", "0", "/a", "/a", "hog", false, 268, -2},
	    {"CONSTRAINT_MEMCG", NULL, NULL, NULL, "/a", "/a", "hog", false, 268, 0}, /* CONFIG_CPUSETS=n */
	    {"CONSTRAINT_NONE", NULL, "/", "0", NULL, NULL, "hog", false, 454, 101},  /* CONFIG_MEMCG=n */
	    {"CONSTRAINT_NONE", NULL, NULL, NULL, NULL, NULL, "hog", false, 454, 101},
	};
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		char text[1024];
		struct oom_line line = summary_of(compose(text, sizeof(text), &cases[i]), SLICE_NONE);
		assert_all(&line, &cases[i]);
		assert_text(line.summary.constraint, slice_cstr(cases[i].constraint));
		assert_text(line.summary.nodemask, slice_cstr(cases[i].nodemask ? cases[i].nodemask : "(null)"));
	}
}

static void the_hostile_names_of_the_field_are_read_right(void **state)
{
	(void)state;
	static const char evil[] = ",task_memcg=/system.slice/sshd.service,task=sshd,pid=1,uid=0";
	char below[256];
	snprintf(below, sizeof(below), "/a/%s", evil);
	const struct parts cases[] = {
	    {"CONSTRAINT_MEMCG", NULL, "/", "0", "/a", "/a/b", "a) total-vm:1", false, 7, 0},
	    {"CONSTRAINT_MEMCG", NULL, "/", "0", "/a", "/a/b", "(sd-pam)", false, 7, 0},
	    {"CONSTRAINT_MEMCG", NULL, "/", "0", "/a", "/a/b", "x,pid=1,uid=0", false, 7, 33},
	    {"CONSTRAINT_MEMCG", NULL, "/", "0", "/a", "/a/b", "", false, 7, 0},
	    {"CONSTRAINT_MEMCG", NULL, "/", "0", "/a", "/a/b", "a\nb", false, 7, 0},
	    {"CONSTRAINT_MEMCG", NULL, "/", "0", "/a", "/a/b", "\xff\xfe", false, 7, 0},
	    {"CONSTRAINT_MEMCG", NULL, "/", "0", "/a", below, "hog", false, 7, 33},
	    {"CONSTRAINT_MEMCG", NULL, "/", "0", below, below, "hog", false, 7, 33},
	    {"CONSTRAINT_NONE", NULL, "/", "0", NULL, below, "hog", true, 7, 33},
	    {"CONSTRAINT_MEMCG", NULL, "global_oom", "0", "/global_oom", "/global_oom", "global_oom", false, 7, 33},
	    {"CONSTRAINT_MEMCG", NULL, "/", "0", "/a,global_oom", "/a,global_oom/b", "hog", false, 7, 33},
	    {"CONSTRAINT_MEMCG", NULL, "x,mems_allowed=9", "0", "/a", "/a", "hog", false, 7, 33},
	    {"CONSTRAINT_MEMCG", NULL, "x,oom_memcg=y", "0", "/a", "/a", "hog", false, 7, 33},
	    {"CONSTRAINT_NONE", NULL, "x,global_oom", "0", NULL, "/a", "hog", true, 7, 33},
	    {"CONSTRAINT_MEMCG", NULL, "x,global_oom", "0", "/a", "/a", "hog", false, 7, 33},
	    {"CONSTRAINT_MEMCG", NULL, "/", "0", "/a killed as a result of limit of /b",
	     "/a killed as a result of limit of /b", "hog", false, 7, 0},
	    {"CONSTRAINT_MEMCG", NULL, "/", "0", "/a,oom_memcg=/b", "/a,oom_memcg=/b", "hog", false, 7, 0},
	};
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		char text[2048];
		compose(text, sizeof(text), &cases[i]);
		struct oom_line line = summary_of(text, SLICE_NONE);
		assert_never_wrong(&line, &cases[i]);
		assert_num(line.summary.pid, 7);
		line = summary_of(text, slice_cstr(cases[i].comm));
		assert_never_wrong(&line, &cases[i]);
		assert_text(line.summary.comm, slice_cstr(cases[i].comm));
		assert_text(line.summary.limit_path, slice_cstr(cases[i].limit));
		assert_text(line.summary.task_path, slice_cstr(cases[i].path));
	}
}

static void where_names_allow_two_readings_the_comm_of_the_kill_line_decides(void **state)
{
	(void)state;
	/* "/p" and "x,task=y", or "/p,task=x" and "y" */
	static const char text[] = "oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/"
				   ",mems_allowed=0,global_oom,task_memcg=/p,task=x,"
				   "task=y,pid=5,uid=0";
	struct oom_line line = summary_of(text, SLICE_NONE);
	assert_true(line.summary.ambiguous);
	assert_false(slice_present(line.summary.task_path));
	assert_false(slice_present(line.summary.comm));
	assert_num(line.summary.pid, 5);
	line = summary_of(text, SLICE("y"));
	assert_false(line.summary.ambiguous);
	assert_text(line.summary.task_path, SLICE("/p,task=x"));
	line = summary_of(text, SLICE("x,task=y"));
	assert_text(line.summary.task_path, SLICE("/p"));
	line = summary_of(text, SLICE("another thread"));
	assert_false(slice_present(line.summary.task_path));
}

static void where_limit_and_task_can_be_split_in_two_ways_neither_is_told(void **state)
{
	(void)state;
	/* limit "/a" with the task far below it, or limit "/a/b,task_memcg=/a" with the task below that */
	static const char text[] =
	    "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/a,task_memcg=/a/b,"
	    "task_memcg=/a,task_memcg=/a/b,task=hog,pid=5,uid=0";
	struct oom_line line = summary_of(text, SLICE("hog"));
	static const struct parts possible[] = {
	    {"CONSTRAINT_MEMCG", NULL, "/", "0", "/a", "/a/b,task_memcg=/a,task_memcg=/a/b", "hog", false, 5, 0},
	    {"CONSTRAINT_MEMCG", NULL, "/", "0", "/a,task_memcg=/a/b", "/a,task_memcg=/a/b", "hog", false, 5, 0},
	};
	for (size_t i = 0; i < ARRAY_COUNT(possible); i++)
		assert_never_wrong(&line, &possible[i]);
	assert_true(line.summary.ambiguous);
}

static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 16;
}

/* A name of fragments that are the line's own delimiters. */
static void random_name(uint32_t *seed, char *to, size_t most, bool slash)
{
	static const char *const fragments[] = {",task=",
						",pid=1",
						",uid=0",
						",task_memcg=",
						",oom_memcg=",
						",global_oom",
						",mems_allowed=0",
						",cpuset=",
						"x",
						"ab",
						" ",
						"0",
						"=",
						",",
						"(null)",
						"\n",
						"\xff",
						"-",
						"/",
						"/a",
						"/sshd",
						",nodemask=",
						")"};
	size_t n = 0;
	for (uint32_t i = next_random(seed) % 6; i-- > 0;) {
		const char *f = fragments[next_random(seed) % ARRAY_COUNT(fragments)];
		if (n + strlen(f) > most || (!slash && strchr(f, '/')))
			continue;
		memcpy(to + n, f, strlen(f));
		n += strlen(f);
	}
	to[n] = '\0';
}

static void random_path(uint32_t *seed, char *to, const char *above)
{
	size_t n = strcmp(above, "/") ? strlen(above) : 0;
	memcpy(to, above, n);
	uint32_t elements = 1 + next_random(seed) % 2;
	for (uint32_t i = 0; i < elements; i++) {
		char name[64];
		do
			random_name(seed, name, sizeof(name) - 1, false);
		while (!name[0] || strchr(name, '\n'));
		to[n++] = '/';
		memcpy(to + n, name, strlen(name) + 1);
		n += strlen(name);
	}
}

static struct parts random_parts(uint32_t *seed, char cpuset[64], char limit[256], char path[512], char comm[16])
{
	struct parts p = {
	    "CONSTRAINT_MEMCG", NULL, cpuset, "0", limit, path, comm, false, 1 + (int)(next_random(seed) % 9), 0};
	random_name(seed, cpuset, 63, false);
	if (!cpuset[0])
		memcpy(cpuset, "/", 2);
	random_name(seed, comm, 15, true);
	random_path(seed, limit, "/");
	memcpy(path, limit, strlen(limit) + 1);
	if (next_random(seed) % 2)
		random_path(seed, path, limit);
	if (next_random(seed) % 3 == 0) {
		p.limit = NULL;
		p.global = true;
	}
	return p;
}

static void names_made_of_delimiters_are_right_or_absent(void **state)
{
	(void)state;
	uint32_t seed = 4711, told = 0, rounds = 20000;
	for (uint32_t i = 0; i < rounds; i++) {
		char cpuset[64], limit[256], path[512], comm[16], text[2048];
		struct parts p = random_parts(&seed, cpuset, limit, path, comm);
		compose(text, sizeof(text), &p);
		struct oom_line line = summary_of(text, SLICE_NONE);
		assert_never_wrong(&line, &p);
		assert_num(line.summary.pid, (uint64_t)p.pid);
		line = summary_of(text, slice_cstr(comm));
		assert_never_wrong(&line, &p);
		told += slice_present(line.summary.task_path);
	}
	print_message("# the victim's path was told in %u of %u\n", told, rounds);
	assert_true(told > rounds / 2);
}

/* ---- pieces ---- */

static void piece(struct oom_waiting *w, const char *text, char caller, bool want)
{
	const struct kmsg_record rec = {.flag = 'c', .level = 4, .caller_kind = caller, .text = slice_cstr(text)};
	if (oom_waiting_add(w, &rec) != want)
		fail_msg("piece \"%s\" was %s", text, want ? "not taken" : "taken");
}

static void begin(struct oom_waiting *w, const char *text)
{
	const struct kmsg_record rec = {.flag = '-', .level = 6, .text = slice_cstr(text)};
	const struct oom_line_context open = {.open = true};
	struct oom_line line;
	enum oom_line_kind kind = oom_line_parse(rec.text, &open, &line);
	oom_waiting_begin(w, kind == OOM_LINE_OTHER ? OOM_LINE_GROUP : kind, &rec); /* "Tasks in " alone is no line */
}

static const struct parts pod = {"CONSTRAINT_MEMCG", NULL, "cri-3f9a", "0", "/pod/a", "/pod/a/b", "hog", false, 5, 0};
#define HEAD "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null)"

static struct oom_line read_waiting(const struct oom_waiting *w, bool *doubtful)
{
	struct oom_line line;
	assert_int_equal(oom_waiting_read(w, 5, SLICE("hog"), &line, doubtful), OOM_LINE_SUMMARY);
	return line;
}

static struct oom_waiting *new_waiting(void)
{
	return test_calloc(1, sizeof(struct oom_waiting));
}

static void a_summary_in_single_pieces_is_whole_again(void **state)
{
	(void)state;
	static const char *const pieces[] = {",cpuset=", "cri-3f9a",     ",mems_allowed=0", ",oom_memcg=",
					     "/pod/a",   ",task_memcg=", "/pod/a/b",        ",task=hog,pid=5,uid=0"};
	struct oom_waiting *w = new_waiting();
	bool doubtful;
	begin(w, HEAD);
	for (size_t i = 0; i < ARRAY_COUNT(pieces); i++)
		piece(w, pieces[i], 0, true);
	struct oom_line line = read_waiting(w, &doubtful);
	assert_all(&line, &pod);
	assert_false(doubtful);
	test_free(w);
}

static void pieces_glued_in_any_way_are_whole_again(void **state)
{
	(void)state;
	static const char *const pieces[] = {",cpuset=", "cri-3f9a",     ",mems_allowed=0", ",oom_memcg=",
					     "/pod/a",   ",task_memcg=", "/pod/a/b",        ",task=hog,pid=5,uid=0"};
	struct oom_waiting *w = new_waiting();
	for (unsigned cuts = 0; cuts < 1u << ARRAY_COUNT(pieces); cuts++) {
		char text[512] = HEAD;
		bool first = true, doubtful;
		for (size_t i = 0; i <= ARRAY_COUNT(pieces); i++) {
			if (i == ARRAY_COUNT(pieces) || (cuts >> i & 1)) {
				if (first)
					begin(w, text);
				else
					piece(w, text, 0, true);
				first = false;
				text[0] = '\0';
			}
			if (i < ARRAY_COUNT(pieces))
				memcpy(text + strlen(text), pieces[i], strlen(pieces[i]) + 1);
		}
		struct oom_line line = read_waiting(w, &doubtful);
		assert_all(&line, &pod);
	}
	test_free(w);
}

static void strangers_pieces_are_passed_over(void **state)
{
	(void)state;
	struct oom_waiting *w = new_waiting();
	bool doubtful;
	begin(w, HEAD ",cpuset=cri-3f9a,mems_allowed=0,oom_memcg=");
	piece(w, "loglevel(0-9) ", 0, false);
	piece(w, "/pod/a", 0, true);
	piece(w, "reboot(b) ", 0, false);
	piece(w, ",task_memcg=", 0, true);
	piece(w, "crash(c) ", 0, false);
	piece(w, "/pod/a/b", 0, true);
	piece(w, "terminate-all-tasks(e) ", 0, false);
	piece(w, ",task=hog,pid=5,uid=0", 0, true);
	struct oom_line line = read_waiting(w, &doubtful);
	assert_all(&line, &pod);
	test_free(w);
}

static void of_two_pieces_that_could_be_the_name_neither_is_told(void **state)
{
	(void)state;
	struct oom_waiting *w = new_waiting();
	bool doubtful;
	begin(w, HEAD ",cpuset=");
	piece(w, "reboot(b) ", 0, true);
	piece(w, "cri-3f9a", 0, false);
	piece(w, ",mems_allowed=0", 0, true);
	piece(w, ",oom_memcg=/pod/a,task_memcg=/pod/a/b", 0, true);
	piece(w, ",task=hog,pid=5,uid=0", 0, true);
	struct oom_line line = read_waiting(w, &doubtful);
	assert_false(slice_present(line.summary.cpuset));
	assert_text(line.summary.limit_path, SLICE("/pod/a"));
	assert_text(line.summary.task_path, SLICE("/pod/a/b"));
	test_free(w);
}

static void of_two_pieces_that_could_be_the_path_neither_is_told(void **state)
{
	(void)state;
	struct oom_waiting *w = new_waiting();
	bool doubtful;
	begin(w, HEAD ",cpuset=cri-3f9a,mems_allowed=0,oom_memcg=");
	piece(w, "/stranger", 0, true);
	piece(w, "/pod/a", 0, false);
	piece(w, ",task_memcg=/stranger/b", 0, true);
	piece(w, ",task=hog,pid=5,uid=0", 0, true);
	struct oom_line line = read_waiting(w, &doubtful);
	assert_false(slice_present(line.summary.limit_path));
	assert_false(slice_present(line.summary.task_path));
	assert_num(line.summary.pid, 5);
	assert_true(doubtful);
	test_free(w);
}

static void another_processors_failed_allocation_brings_no_foreign_cpuset(void **state)
{
	(void)state;
	struct oom_waiting *w = new_waiting();
	bool doubtful;
	begin(w, HEAD);
	piece(w, ",cpuset=", 0, true); /* theirs */
	piece(w, "theirs", 0, true);
	piece(w, ",cpuset=", 0, false); /* ours */
	piece(w, "cri-3f9a", 0, false);
	piece(w, ",mems_allowed=0-3", 0, true); /* theirs */
	piece(w, ",mems_allowed=0", 0, false);
	piece(w, ",oom_memcg=/pod/a,task_memcg=/pod/a/b,task=hog,pid=5,uid=0", 0, true);
	struct oom_line line = read_waiting(w, &doubtful);
	assert_never_wrong(&line, &pod);
	assert_false(slice_present(line.summary.cpuset));
	assert_false(slice_present(line.summary.mems_allowed));
	assert_text(line.summary.task_path, SLICE("/pod/a/b"));
	test_free(w);
}

static void a_path_as_long_as_a_record_lacks_its_end_and_is_left_out(void **state)
{
	(void)state;
	static const size_t lengths[] = {973, 975, 989, 991, 1021, 1023};
	for (size_t i = 0; i < ARRAY_COUNT(lengths); i++) {
		char path[1100];
		memset(path, 'a', sizeof(path));
		path[0] = '/';
		path[lengths[i]] = '\0';
		struct oom_waiting *w = new_waiting();
		bool doubtful;
		begin(w, HEAD ",cpuset=/,mems_allowed=0,oom_memcg=");
		piece(w, path, 'T', true);
		piece(w, ",task_memcg=", 'T', true);
		piece(w, path, 'T', true);
		piece(w, ",task=hog,pid=5,uid=0", 'T', true);
		struct oom_line line = read_waiting(w, &doubtful);
		assert_false(slice_present(line.summary.limit_path));
		assert_false(slice_present(line.summary.task_path));
		assert_num(line.summary.pid, 5);
		assert_text(line.summary.comm, SLICE("hog"));
		test_free(w);
	}
}

static void a_long_record_with_all_of_the_line_in_it_is_whole(void **state)
{
	(void)state;
	char path[900], text[1024];
	memset(path, 'a', sizeof(path));
	path[0] = '/';
	struct oom_waiting *w = new_waiting();
	for (size_t n = 890; n < sizeof(path); n++) {
		bool doubtful;
		snprintf(text, sizeof(text), HEAD ",global_oom,task_memcg=%.*s,task=hog,pid=5,uid=0", (int)n, path);
		begin(w, text);
		struct oom_line line = read_waiting(w, &doubtful);
		assert_text(line.summary.task_path, slice_of(path, n));
		assert_false(doubtful);
	}
	test_free(w);
}

static void a_torn_summary_believes_no_name_and_no_number_behind_the_tear(void **state)
{
	(void)state;
	static const struct parts p = {"CONSTRAINT_MEMCG",           NULL,  "/",   "0", "/a",
				       "/a/b,task=sshd,pid=1,uid=0", "hog", false, 5,   0};
	char text[512];
	compose(text, sizeof(text), &p);
	struct oom_waiting *w = new_waiting();
	uint32_t told = 0;
	for (size_t n = strlen("oom-kill:constraint="); n < strlen(text); n++) {
		const struct kmsg_record rec = {.flag = '-', .level = 6, .cut = true, .text = slice_of(text, n)};
		struct oom_line line;
		bool doubtful;
		oom_waiting_begin(w, OOM_LINE_SUMMARY, &rec);
		assert_int_equal(oom_waiting_read(w, 1, SLICE("sshd"), &line, &doubtful), OOM_LINE_SUMMARY);
		assert_never_wrong(&line, &p);
		assert_false(line.summary.pid.set);
		assert_true(doubtful);
		/* the tail comes in a piece of its own: its ids are certain, the names before it are not */
		const struct kmsg_record tail = {
		    .flag = 'c', .caller_kind = 'T', .text = SLICE(",task=hog,pid=5,uid=0")};
		(void)oom_waiting_add(w, &tail);
		oom_waiting_read(w, 5, SLICE("hog"), &line, &doubtful);
		assert_never_wrong(&line, &p);
		told += line.summary.pid.set;
	}
	assert_true(told > 50);
	test_free(w);
}

static void more_pieces_than_a_line_can_have_are_a_tear(void **state)
{
	(void)state;
	struct oom_waiting *w = new_waiting();
	bool doubtful;
	begin(w, "Memory cgroup stats for ");
	piece(w, "/a", 'T', true);
	piece(w, ":", 'T', true);
	for (int i = 0; i < 100; i++)
		piece(w, " rss:1KB", 'T', true);
	struct oom_line line;
	assert_int_equal(oom_waiting_read(w, 0, SLICE_NONE, &line, &doubtful), OOM_LINE_STATS_HEAD);
	assert_true(doubtful);
	assert_true(w->pieces <= LIMIT_LINE_PIECES);
	assert_false(slice_present(line.stats.path));

	begin(w, HEAD ",oom_memcg=");
	static char huge[LIMIT_LINE];
	memset(huge, 'a', sizeof(huge) - 1);
	huge[0] = '/';
	piece(w, huge, 'T', true);
	piece(w, ",task_memcg=/b", 'T', false);
	piece(w, "/c", 'T', true); /* stands behind ",oom_memcg=" now, which must not show */
	piece(w, ",task_memcg=/c/b", 'T', true);
	piece(w, ",task=hog,pid=5,uid=0", 'T', true);
	line = read_waiting(w, &doubtful);
	assert_false(slice_present(line.summary.limit_path));
	assert_false(slice_present(line.summary.task_path));
	test_free(w);
}

static void task_in_stats_and_group_lines_come_in_pieces_too(void **state)
{
	(void)state;
	struct oom_waiting *w = new_waiting();
	struct oom_line line;
	bool doubtful;
	begin(w, "Task in ");
	piece(w, "/a/b", 0, true);
	piece(w, " killed as a result of limit of ", 0, true);
	piece(w, "/a", 0, true);
	assert_int_equal(oom_waiting_read(w, 0, SLICE_NONE, &line, &doubtful), OOM_LINE_TASK_IN);
	assert_text(line.task_in.task_path, SLICE("/a/b"));
	assert_text(line.task_in.limit_path, SLICE("/a"));

	begin(w, "Task in ");
	piece(w, "/stranger", 0, true);
	piece(w, "/a/b", 0, false);
	piece(w, " killed as a result of limit of ", 0, true);
	piece(w, "/a", 0, true);
	oom_waiting_read(w, 0, SLICE_NONE, &line, &doubtful);
	assert_false(slice_present(line.task_in.task_path));
	assert_true(doubtful);

	begin(w, "Tasks in ");
	piece(w, "/a/b", 0, true);
	assert_int_equal(oom_waiting_read(w, 0, SLICE_NONE, &line, &doubtful), OOM_LINE_OTHER);
	piece(w, " are going to be killed due to memory.oom.group set", 0, true);
	assert_int_equal(oom_waiting_read(w, 0, SLICE_NONE, &line, &doubtful), OOM_LINE_GROUP);
	assert_text(line.group.path, SLICE("/a/b"));

	begin(w, "bash cpuset=");
	piece(w, "my set", 0, true);
	piece(w, "another", 0, false);
	piece(w, " mems_allowed=0", 0, true);
	oom_waiting_read(w, 0, SLICE_NONE, &line, &doubtful);
	assert_false(slice_present(line.cpuset.from_comm));

	begin(w, "bash invoked oom-killer: gfp_mask=0x14000c0(GFP_KERNEL), nodemask=");
	piece(w, "words", 0, false);
	piece(w, "0,2-3", 0, true);
	piece(w, ",  order=0, oom_score_adj=0", 0, true);
	assert_int_equal(oom_waiting_read(w, 0, SLICE_NONE, &line, &doubtful), OOM_LINE_TRIGGER);
	assert_text(line.trigger.nodemask, SLICE("0,2-3"));
	assert_int(line.trigger.order, 0);
	test_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_summary_is_read_in_every_shape),
	    cmocka_unit_test(the_hostile_names_of_the_field_are_read_right),
	    cmocka_unit_test(where_names_allow_two_readings_the_comm_of_the_kill_line_decides),
	    cmocka_unit_test(where_limit_and_task_can_be_split_in_two_ways_neither_is_told),
	    cmocka_unit_test(names_made_of_delimiters_are_right_or_absent),
	    cmocka_unit_test(a_summary_in_single_pieces_is_whole_again),
	    cmocka_unit_test(pieces_glued_in_any_way_are_whole_again),
	    cmocka_unit_test(strangers_pieces_are_passed_over),
	    cmocka_unit_test(of_two_pieces_that_could_be_the_name_neither_is_told),
	    cmocka_unit_test(of_two_pieces_that_could_be_the_path_neither_is_told),
	    cmocka_unit_test(another_processors_failed_allocation_brings_no_foreign_cpuset),
	    cmocka_unit_test(a_path_as_long_as_a_record_lacks_its_end_and_is_left_out),
	    cmocka_unit_test(a_long_record_with_all_of_the_line_in_it_is_whole),
	    cmocka_unit_test(a_torn_summary_believes_no_name_and_no_number_behind_the_tear),
	    cmocka_unit_test(more_pieces_than_a_line_can_have_are_a_tear),
	    cmocka_unit_test(task_in_stats_and_group_lines_come_in_pieces_too),
	};
	return cmocka_run_group_tests_name("oom/summary", tests, NULL, NULL);
}
