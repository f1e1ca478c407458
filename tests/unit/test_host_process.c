/* host/process, host/file and host/self: on literal texts, on a made-up /proc, and on real processes. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/text.h"
#include "host/file.h"
#include "host/process.h"

#define assert_slice(got, want) check_slice((got), slice_cstr(want), __LINE__)

static void check_slice(struct slice got, struct slice want, int line)
{
	if (slice_eq(got, want))
		return;
	print_message("line %d: got <%.*s>, want <%.*s>\n", line, (int)got.n, got.p ? got.p : "", (int)want.n,
		      want.p ? want.p : "(absent)");
	fail();
}

/* ---- a made-up tree ---- */

struct tree {
	char path[64];
	int fd;
	char storage[65536];
	struct arena arena;
};

static struct tree *tree_new(void)
{
	struct tree *t = calloc(1, sizeof(*t));
	assert_non_null(t);
	strcpy(t->path, "/tmp/host-process-XXXXXX");
	assert_non_null(mkdtemp(t->path));
	t->fd = open(t->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_true(t->fd >= 0);
	t->arena = arena_on(t->storage, sizeof(t->storage));
	return t;
}

static void tree_free(struct tree *t)
{
	pid_t pid = fork();
	if (pid == 0) {
		execlp("rm", "rm", "-r", t->path, (char *)NULL);
		_exit(1);
	}
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	close(t->fd);
	free(t);
}

static void make_parents(struct tree *t, const char *path)
{
	char dir[256];
	snprintf(dir, sizeof(dir), "%s", path);
	for (char *p = strchr(dir, '/'); p; p = strchr(p + 1, '/')) {
		*p = '\0';
		mkdirat(t->fd, dir, 0755);
		*p = '/';
	}
}

static void put(struct tree *t, const char *path, struct slice content)
{
	make_parents(t, path);
	int fd = openat(t->fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, content.p, content.n), content.n);
	close(fd);
}

static void put_link(struct tree *t, const char *path, const char *target)
{
	make_parents(t, path);
	assert_int_equal(symlinkat(target, t->fd, path), 0);
}

/* A stat line as do_task_stat prints it; `flags` is field 9, `pending` field 31. */
static struct slice stat_text(char out[512], int pid, const char *comm, char state, int ppid, unsigned flags,
			      unsigned long long start, unsigned pending)
{
	int n = snprintf(out, 512,
			 "%d (%s) %c %d 9 9 0 -1 %u 97 0 0 0 0 0 0 0 20 0 1 0 %llu 2617344 343 18446744073709551615 "
			 "1 2 3 0 0 %u 0 0 0 0 0 0 17 1 0 0 0 0 0\n",
			 pid, comm, state, ppid, flags, start, pending);
	return slice_of(out, (size_t)n);
}

static void put_stat(struct tree *t, int pid, const char *comm, char state, int ppid, unsigned flags,
		     unsigned long long start, unsigned pending)
{
	char path[64], text[512];
	snprintf(path, sizeof(path), "%d/stat", pid);
	put(t, path, stat_text(text, pid, comm, state, ppid, flags, start, pending));
}

static struct host_process parse_stat(struct slice text)
{
	struct host_process p = {0};
	assert_true(host_parse_stat(text, &p));
	return p;
}

/* ---- stat ---- */

static void a_name_ends_at_the_last_parenthesis_whatever_it_holds(void **state)
{
	(void)state;
	static const char *const names[] = {"ruby", "",     ")",        "a) R 1 (b", "tmux: server",
					    "()",   "x\ny", "(sd-pam)", "a b) S"};
	for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
		char text[512];
		struct host_process p = parse_stat(stat_text(text, 7, names[i], 'S', 42, 0x400000, 9001, 0));
		assert_slice(p.comm, names[i]);
		assert_int_equal(p.state, 'S');
		assert_true(p.have & HOST_HAVE_PPID);
		assert_int_equal(p.ppid, 42);
		assert_true(p.have & HOST_HAVE_START);
		assert_int_equal(p.start_ticks, 9001);
		assert_false(p.dying || p.exiting);
	}
}

static void a_pending_sigkill_and_an_exit_are_seen_in_stat(void **state)
{
	(void)state;
	char text[512];
	struct host_process killed = parse_stat(stat_text(text, 7, "a", 'R', 1, 0x400000, 5, 1u << 8));
	assert_true(killed.dying);
	assert_false(killed.exiting);
	struct host_process exiting = parse_stat(stat_text(text, 7, "a", 'R', 1, 0x400004, 5, 0));
	assert_true(exiting.dying && exiting.exiting);
	struct host_process zombie = parse_stat(stat_text(text, 7, "a", 'Z', 1, 0x400000, 5, 0));
	assert_true(zombie.dying && zombie.exiting);
}

static void a_torn_stat_gives_what_it_still_tells(void **state)
{
	(void)state;
	struct host_process p = parse_stat(SLICE("7 (a b) D 12"));
	assert_slice(p.comm, "a b");
	assert_int_equal(p.ppid, 12);
	assert_false(p.have & HOST_HAVE_START);
}

static void what_is_not_a_stat_line_is_refused(void **state)
{
	(void)state;
	static const char *const bad[] = {"",       "7",     "7 (a",       "7 a) S 1",  "x (a) S 1",
					  "7 (a) ", "7 (a)", "7 (a) SS 1", "-7 (a) S 1"};
	for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
		struct host_process p = {0};
		assert_false(host_parse_stat(slice_cstr(bad[i]), &p));
		assert_int_equal(p.have, 0);
		assert_false(slice_present(p.comm));
	}
}

static void numbers_that_do_not_fit_are_absent(void **state)
{
	(void)state;
	struct host_process p =
	    parse_stat(SLICE("7 (a) S 2147483648 9 9 0 -1 0 97 0 0 0 0 0 0 0 20 0 1 0 18446744073709551616 1\n"));
	assert_int_equal(p.have, 0);
}

/* ---- status ---- */

static void status_tells_ids_memory_and_namespaces(void **state)
{
	(void)state;
	struct host_process p = {0};
	assert_true(
	    host_parse_status(SLICE("Name:\tPPid:\\n77\nUmask:\t0022\nState:\tS (sleeping)\nTgid:\t812\nNgid:\t0\n"
				    "Pid:\t815\nPPid:\t1\nTracerPid:\t0\nUid:\t1000\t0\t0\t0\nGid:\t5\t5\t5\t5\n"
				    "NStgid:\t812\t1\nNSpid:\t815\t4\nVmPeak:\t   2556 kB\nVmRSS:\t    1372 kB\n"),
			      &p));
	assert_int_equal(p.have, HOST_HAVE_TGID | HOST_HAVE_PPID | HOST_HAVE_UID | HOST_HAVE_RSS);
	assert_int_equal(p.tgid, 812);
	assert_int_equal(p.ppid, 1);
	assert_int_equal(p.uid, 1000);
	assert_int_equal(p.rss_kb, 1372);
	assert_slice(p.ns_pid, "815\t4");
}

static void a_process_without_memory_has_no_rss(void **state)
{
	(void)state;
	struct host_process p = {0};
	assert_true(
	    host_parse_status(SLICE("Name:\ta\nState:\tZ (zombie)\nTgid:\t8\nUid:\t4294967295\t0\t0\t0\n"), &p));
	assert_int_equal(p.have, HOST_HAVE_TGID | HOST_HAVE_UID);
	assert_int_equal(p.uid, UINT32_MAX);
}

static void status_values_of_another_form_are_absent(void **state)
{
	(void)state;
	struct host_process p = {0};
	assert_true(host_parse_status(
	    SLICE("Tgid:\t-1\nPPid:\t\nUid:\t4294967296\t0\nVmRSS:\t12 MB\nNSpid:\t\nTgid:\t99999999999\n"), &p));
	assert_int_equal(p.have, 0);
	assert_false(slice_present(p.ns_pid));
	assert_false(host_parse_status(SLICE(""), &p));
	assert_false(host_parse_status(SLICE("12 (a) S 1"), &p));
}

/* ---- cgroup ---- */

static const struct {
	const char *text, *path; /* path NULL: absent */
	bool dying, deleted, known;
} cgroup_cases[] = {
    {"0::/system.slice/a.service\n", "/system.slice/a.service", false, false, true},
    {"0::/system.slice/a.service", "/system.slice/a.service", false, false, true},
    {"0::/a.scope (deleted)\n", "/a.scope", false, true, true},
    {"0::/\n", "/", false, false, true},
    {"0::/\n", "/", true, false, true},
    {"9:name=systemd:/u\n4:memory:/m\n3:cpu,cpuacct:/c\n0::/unified\n", "/m", false, false, true},
    {"11:cpu,memory,io:/docker/x\n1:name=systemd:/y\n", "/docker/x", false, false, true},
    {"4:memory:/a:b::c\n", "/a:b::c", false, false, true},
    {"0::/a:memory:/b\n", "/a:memory:/b", false, false, true},
    {"5:name=memory:/no\n0::/yes\n", "/yes", false, false, true},
    {"5:hugetlb_memory:/no\n0::/yes\n", "/yes", false, false, true},
    {"4:memory:/gone (deleted)\n", "/gone (deleted)", false, false, true},
    {"4:memory:/\n0::/init.scope\n", NULL, true, false, true},
    {"4:memory:/\n0::/init.scope\n", "/", false, false, true},
    {"4:memory:/kept\n", "/kept", true, false, true},
    {"0::/x (deleted)\n4:memory:/m\n", "/m", false, false, true},
    {"", NULL, false, false, false},
    {"0:/x\n", NULL, false, false, false},
    {"1:cpu:/x\n", NULL, false, false, false},
    {"0::relative\n", NULL, false, false, false},
    {"3::/other\n", NULL, false, false, false},
};

static void the_memory_hierarchy_is_picked_and_else_the_unified_one(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(cgroup_cases); i++) {
		struct slice path = SLICE_NONE;
		bool deleted = true;
		bool known =
		    host_parse_cgroup(slice_cstr(cgroup_cases[i].text), cgroup_cases[i].dying, &path, &deleted);
		if (known != cgroup_cases[i].known || deleted != cgroup_cases[i].deleted)
			print_message("case %zu: <%s>\n", i, cgroup_cases[i].text);
		assert_int_equal(known, cgroup_cases[i].known);
		assert_int_equal(deleted, cgroup_cases[i].deleted);
		assert_slice(path, cgroup_cases[i].path);
	}
}

/* ---- a made-up /proc ---- */

static void a_whole_process_is_read_from_a_tree(void **state)
{
	(void)state;
	struct tree *t = tree_new();
	put_stat(t, 815, "sidekiq 6) x", 'S', 1, 0x400100, 12345, 0);
	put(t, "815/cgroup", SLICE("0::/system.slice/sidekiq@a\\x2db.service\n"));
	put(t, "815/cmdline", SLICE("ruby\0-e\0\0x\0"));
	put_link(t, "815/exe", "/usr/bin/ruby (deleted)");
	put(t, "815/status",
	    SLICE("Name:\tsidekiq\nTgid:\t812\nPPid:\t1\nUid:\t33\t0\t0\t0\nNSpid:\t815\nVmRSS:\t 10 kB\n"));
	put(t, "815/oom_score", SLICE("666\n"));
	put(t, "815/oom_score_adj", SLICE("-998\n"));
	put(t, "815/loginuid", SLICE("1000"));
	struct host_process p;
	assert_int_equal(host_process_read(t->fd, 815, &t->arena, NULL, &p), 0);
	assert_int_equal(p.pid, 815);
	assert_int_equal(p.have, 0xff);
	assert_int_equal(p.tgid, 812);
	assert_int_equal(p.uid, 33);
	assert_int_equal(p.start_ticks, 12345);
	assert_int_equal(p.oom_score, 666);
	assert_int_equal(p.oom_score_adj, -998);
	assert_int_equal(p.rss_kb, 10);
	assert_int_equal(p.loginuid, 1000);
	assert_slice(p.comm, "sidekiq 6) x");
	assert_slice(p.cgroup, "/system.slice/sidekiq@a\\x2db.service");
	assert_true(slice_eq(p.cmdline, SLICE("ruby\0-e\0\0x\0")));
	assert_false(p.cmdline_cut);
	assert_slice(p.exe, "/usr/bin/ruby");
	assert_true(p.exe_deleted);
	assert_slice(p.ns_pid, "815");
	tree_free(t);
}

static void a_single_file_is_enough_and_none_is_a_process_that_is_gone(void **state)
{
	(void)state;
	struct tree *t = tree_new();
	struct host_process p;
	put(t, "5/cmdline", SLICE("a"));
	assert_int_equal(host_process_read(t->fd, 5, &t->arena, NULL, &p), 0);
	assert_slice(p.cmdline, "a");
	assert_int_equal(p.have, 0);
	put(t, "6/other", SLICE("a"));
	assert_int_equal(host_process_read(t->fd, 6, &t->arena, NULL, &p), -ESRCH);
	assert_int_equal(host_process_read(t->fd, 7, &t->arena, NULL, &p), -ESRCH);
	assert_int_equal(host_process_read(t->fd, 0, &t->arena, NULL, &p), -ESRCH);
	assert_int_equal(host_process_read(t->fd, -1, &t->arena, NULL, &p), -ESRCH);
	assert_int_equal(host_process_read(-1, 5, &t->arena, NULL, &p), -EBADF);
	assert_int_equal(p.pid, 5);
	tree_free(t);
}

static void a_long_command_line_is_cut_and_marked(void **state)
{
	(void)state;
	struct tree *t = tree_new();
	char line[LIMIT_CMDLINE + 1];
	memset(line, 'x', sizeof(line));
	struct host_process p;
	put(t, "5/cmdline", slice_of(line, LIMIT_CMDLINE));
	assert_int_equal(host_process_read(t->fd, 5, &t->arena, NULL, &p), 0);
	assert_int_equal(p.cmdline.n, LIMIT_CMDLINE);
	assert_false(p.cmdline_cut);
	put(t, "5/cmdline", slice_of(line, sizeof(line)));
	assert_int_equal(host_process_read(t->fd, 5, &t->arena, NULL, &p), 0);
	assert_int_equal(p.cmdline.n, LIMIT_CMDLINE);
	assert_true(p.cmdline_cut);
	tree_free(t);
}

static void a_dying_process_has_no_root_cgroup_no_score_and_no_empty_command_line(void **state)
{
	(void)state;
	struct tree *t = tree_new();
	struct host_process p;
	put(t, "5/cgroup", SLICE("4:memory:/\n"));
	put(t, "5/cmdline", SLICE(""));
	put(t, "5/status", SLICE("Tgid:\t5\nVmRSS:\t 10 kB\n"));
	put(t, "5/oom_score", SLICE("0\n"));
	put(t, "5/loginuid", SLICE("4294967295"));
	put_stat(t, 5, "a", 'R', 1, 4, 9, 0);
	assert_int_equal(host_process_read(t->fd, 5, &t->arena, NULL, &p), 0);
	assert_true(p.exiting);
	assert_false(slice_present(p.cgroup));
	assert_false(slice_present(p.cmdline));
	assert_false(p.have & (HOST_HAVE_OOM_SCORE | HOST_HAVE_LOGINUID));

	put_stat(t, 5, "a", 'R', 1, 0, 9, 1u << 8);
	assert_int_equal(host_process_read(t->fd, 5, &t->arena, NULL, &p), 0);
	assert_slice(p.cgroup, "/");
	assert_false(p.have & HOST_HAVE_OOM_SCORE);

	put_stat(t, 5, "a", 'R', 1, 0, 9, 0);
	assert_int_equal(host_process_read(t->fd, 5, &t->arena, NULL, &p), 0);
	assert_slice(p.cgroup, "/");
	assert_true(p.have & HOST_HAVE_OOM_SCORE);
	assert_int_equal(p.oom_score, 0);
	tree_free(t);
}

static void a_cgroup_file_longer_than_the_bound_never_gives_half_a_path(void **state)
{
	(void)state;
	struct tree *t = tree_new();
	static char text[LIMIT_PROC_FILE + 64];
	memset(text, 'x', sizeof(text));
	memcpy(text, "9:cpu:/y\n4:memory:/", 19);
	put(t, "5/cgroup", slice_of(text, sizeof(text)));
	struct host_process p;
	assert_int_equal(host_process_read(t->fd, 5, &t->arena, NULL, &p), -ESRCH);
	assert_false(slice_present(p.cgroup));
	tree_free(t);
}

static void a_full_arena_leaves_strings_out_and_counts(void **state)
{
	(void)state;
	struct tree *t = tree_new();
	char small[8];
	struct arena arena = arena_on(small, sizeof(small));
	put_stat(t, 5, "a", 'R', 1, 0, 9, 0);
	put(t, "5/cgroup", SLICE("0::/system.slice/a.service\n"));
	struct host_process p;
	assert_int_equal(host_process_read(t->fd, 5, &arena, NULL, &p), 0);
	assert_slice(p.comm, "a");
	assert_false(slice_present(p.cgroup));
	assert_int_equal(arena.refused, 1);
	tree_free(t);
}

static void a_fifo_in_the_tree_does_not_stop_the_reader(void **state)
{
	(void)state;
	struct tree *t = tree_new();
	put(t, "5/cmdline", SLICE("a"));
	assert_int_equal(mkfifoat(t->fd, "5/stat", 0600), 0);
	struct host_process p;
	assert_int_equal(host_process_read(t->fd, 5, &t->arena, NULL, &p), 0);
	assert_slice(p.cmdline, "a");
	tree_free(t);
}

static void parents_are_walked_to_the_first_process(void **state)
{
	(void)state;
	struct tree *t = tree_new();
	put_stat(t, 1, "init", 'S', 0, 0, 1, 0);
	put_stat(t, 20, "sh (x)", 'S', 1, 0, 50, 0);
	put_stat(t, 30, "make", 'S', 20, 0, 50, 0);
	put_stat(t, 40, "cc1", 'S', 30, 0, 70, 0);
	struct host_process p;
	struct host_parent up[4];
	assert_int_equal(host_process_read_stat(t->fd, 40, &t->arena, &p), 0);
	assert_int_equal(host_process_parents(t->fd, &p, &t->arena, up, 4), 3);
	assert_int_equal(up[0].pid, 30);
	assert_slice(up[0].comm, "make");
	assert_int_equal(up[1].pid, 20);
	assert_slice(up[1].comm, "sh (x)");
	assert_int_equal(up[2].pid, 1);
	assert_int_equal(host_process_parents(t->fd, &p, &t->arena, up, 2), 2);
	tree_free(t);
}

static void a_parent_younger_than_its_child_ends_the_walk(void **state)
{
	(void)state;
	struct tree *t = tree_new();
	put_stat(t, 1, "init", 'S', 0, 0, 1, 0);
	put_stat(t, 30, "stranger", 'S', 1, 0, 71, 0);
	put_stat(t, 40, "cc1", 'S', 30, 0, 70, 0);
	struct host_process p;
	struct host_parent up[4];
	assert_int_equal(host_process_read_stat(t->fd, 40, &t->arena, &p), 0);
	assert_int_equal(host_process_parents(t->fd, &p, &t->arena, up, 4), 0);
	tree_free(t);
}

static void a_ring_of_parents_ends(void **state)
{
	(void)state;
	struct tree *t = tree_new();
	put_stat(t, 30, "a", 'S', 40, 0, 70, 0);
	put_stat(t, 40, "b", 'S', 30, 0, 70, 0);
	struct host_process p;
	struct host_parent up[LIMIT_PARENTS];
	assert_int_equal(host_process_read_stat(t->fd, 40, &t->arena, &p), 0);
	assert_int_equal(host_process_parents(t->fd, &p, &t->arena, up, LIMIT_PARENTS), LIMIT_PARENTS);
	tree_free(t);
}

/* ---- real processes ---- */

static void this_process_is_read_from_the_real_proc(void **state)
{
	(void)state;
	static char storage[65536];
	struct arena arena = arena_on(storage, sizeof(storage));
	int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (proc < 0) {
		print_message("SKIPPED: /proc cannot be opened, so nothing real was read\n");
		skip();
	}
	char old[16];
	prctl(PR_GET_NAME, old);
	prctl(PR_SET_NAME, "a) R\n1 (\\");
	struct host_process p;
	assert_int_equal(host_process_read(proc, getpid(), &arena, NULL, &p), 0);
	prctl(PR_SET_NAME, old);
	assert_slice(p.comm, "a) R\n1 (\\");
	uint32_t want =
	    HOST_HAVE_TGID | HOST_HAVE_PPID | HOST_HAVE_START | HOST_HAVE_UID | HOST_HAVE_RSS | HOST_HAVE_OOM_SCORE_ADJ;
	assert_int_equal(p.have & want, want);
	assert_int_equal(p.tgid, getpid());
	assert_int_equal(p.ppid, getppid());
	assert_int_equal(p.uid, getuid());
	assert_true(p.rss_kb > 0);
	assert_true(slice_present(p.cmdline));
	assert_true(slice_starts(p.exe, SLICE("/")));
	assert_false(p.dying || p.exe_deleted);
	struct host_parent up[LIMIT_PARENTS];
	uint32_t n = host_process_parents(proc, &p, &arena, up, LIMIT_PARENTS);
	assert_true(n >= 1);
	assert_int_equal(up[0].pid, getppid());
	close(proc);
}

static void a_zombie_keeps_its_name_and_loses_its_command_line(void **state)
{
	(void)state;
	static char storage[65536];
	struct arena arena = arena_on(storage, sizeof(storage));
	int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(0);
	siginfo_t info;
	assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
	struct host_process p, self;
	assert_int_equal(host_process_read(proc, getpid(), &arena, NULL, &self), 0);
	assert_int_equal(host_process_read(proc, pid, &arena, NULL, &p), 0);
	/* v2 keeps the path; v1 shows "/", which must not come out as one. */
	assert_true(!slice_present(p.cgroup) || slice_eq(p.cgroup, self.cgroup));
	assert_int_equal(p.state, 'Z');
	assert_true(p.exiting);
	assert_true(slice_present(p.comm));
	assert_int_equal(p.ppid, getpid());
	assert_int_equal(p.uid, getuid());
	assert_false(slice_present(p.cmdline));
	assert_false(slice_present(p.exe));
	assert_false(p.have & (HOST_HAVE_RSS | HOST_HAVE_OOM_SCORE));
	assert_true(p.have & HOST_HAVE_START);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(host_process_read(proc, pid, &arena, NULL, &p), -ESRCH);
	close(proc);
}

/* ---- users and the host ---- */

static void check_user(struct tree *t, uint32_t uid, const char *want)
{
	struct slice name = SLICE("left over");
	assert_int_equal(host_user_name(t->fd, uid, &t->arena, &name), want != NULL);
	assert_slice(name, want);
}

static void users_come_from_the_passwd_file_below_the_root(void **state)
{
	(void)state;
	struct tree *t = tree_new();
	check_user(t, 0, NULL);
	put(t, "etc/passwd",
	    SLICE("root:x:0:0:root:/root:/bin/sh\n# daemon:x:1:1\n\n:x:7:7::/:\n+nis:x:8:8::/:\n-no:x:9:9::/:\n"
		  "short:x\nnext:x:10\ntwin:x:10:1::/:\nneg:x:-1:0::/:\nbig:x:4294967297:0::/:\nlast:x:33:33::/:"));
	check_user(t, 0, "root");
	check_user(t, 10, "twin");
	check_user(t, 33, "last");
	for (uint32_t uid = 7; uid <= 9; uid++)
		check_user(t, uid, NULL);
	check_user(t, UINT32_MAX, NULL);
	check_user(t, 1, NULL);
	tree_free(t);
}

static void a_line_too_long_for_a_user_is_skipped_and_the_next_is_found(void **state)
{
	(void)state;
	struct tree *t = tree_new();
	static char text[40000];
	int n = 0;
	for (int i = 0; i < 300; i++)
		n += snprintf(text + n, sizeof(text) - (size_t)n, "user%d:x:%d:100:some body:/home:/bin/sh\n", i,
			      1000 + i);
	n += snprintf(text + n, sizeof(text) - (size_t)n, "long:x:5000:1:%0*d\n", 9000, 0);
	n += snprintf(text + n, sizeof(text) - (size_t)n, "after:x:5001:1::/:/bin/sh\n");
	put(t, "etc/passwd", slice_of(text, (size_t)n));
	for (uint32_t i = 0; i < 300; i += 23) {
		char want[16];
		snprintf(want, sizeof(want), "user%u", i);
		check_user(t, 1000 + i, want);
	}
	check_user(t, 5001, "after");
	check_user(t, 0, NULL);
	tree_free(t);
}

static void the_host_is_described_from_its_files(void **state)
{
	(void)state;
	struct tree *t = tree_new();
	put(t, "sys/kernel/hostname", SLICE("web-3\n"));
	put(t, "sys/kernel/osrelease", SLICE("6.1.0-18-amd64\n"));
	put(t, "sys/kernel/random/boot_id", SLICE("0123abcd-4567-89ab-cdef-0123456789ab\n"));
	put(t, "etc/machine-id", SLICE("3d1219c7c4c5404aaa1f6d2a48adfda4\n"));
	struct host_self self;
	host_self_read(t->fd, t->fd, &t->arena, &self);
	assert_slice(self.name, "web-3");
	assert_slice(self.kernel, "6.1.0-18-amd64");
	assert_slice(self.boot_id, "0123abcd456789abcdef0123456789ab");
	assert_slice(self.machine_id, "3d1219c7c4c5404aaa1f6d2a48adfda4");
	tree_free(t);
}

static void ids_of_another_form_are_absent_and_the_name_falls_back(void **state)
{
	(void)state;
	static const char *const bad_machine[] = {"uninitialized\n",
						  "",
						  "\n",
						  "00000000000000000000000000000000\n",
						  "3d1219c7c4c5404aaa1f6d2a48adfda\n",
						  "3D1219C7C4C5404AAA1F6D2A48ADFDA4\n",
						  "3d1219c7c4c5404aaa1f6d2a48adfda4 \n"};
	static const char *const bad_boot[] = {
	    "0123abcd456789abcdef0123456789ab\n", "\n", "0123abcd-4567-89ab-cdef-0123456789ag\n",
	    "0123abcd-4567-89ab-cdef00123456789ab\n", "0123abc--4567-89ab-cdef-0123456789ab\n"};
	for (size_t i = 0; i < ARRAY_COUNT(bad_machine); i++) {
		struct tree *t = tree_new();
		put(t, "etc/machine-id", slice_cstr(bad_machine[i]));
		put(t, "sys/kernel/random/boot_id", slice_cstr(bad_boot[i % ARRAY_COUNT(bad_boot)]));
		struct host_self self;
		host_self_read(t->fd, t->fd, &t->arena, &self);
		assert_false(slice_present(self.machine_id));
		assert_false(slice_present(self.boot_id));
		assert_true(self.name.n > 0);
		assert_true(self.kernel.n > 0);
		tree_free(t);
	}
}

static void a_file_is_read_to_its_bound_and_says_whether_it_went_on(void **state)
{
	(void)state;
	struct tree *t = tree_new();
	char buf[6];
	bool more;
	put(t, "f", SLICE("ab\ncde"));
	assert_int_equal(host_file_read(t->fd, "f", buf, 6, &more), 6);
	assert_false(more);
	assert_int_equal(host_file_read(t->fd, "f", buf, 5, &more), 5);
	assert_true(more);
	assert_slice(host_file_lines(t->fd, "f", buf, 5), "ab\n");
	assert_slice(host_file_lines(t->fd, "f", buf, 6), "ab\ncde");
	assert_slice(host_file_lines(t->fd, "f", buf, 2), "");
	assert_false(slice_present(host_file_lines(t->fd, "none", buf, 2)));
	assert_int_equal(host_file_read(t->fd, "none", buf, 2, &more), -ENOENT);
	assert_int_equal(host_file_read(t->fd, ".", buf, 2, &more), -EISDIR);
	tree_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_name_ends_at_the_last_parenthesis_whatever_it_holds),
	    cmocka_unit_test(a_pending_sigkill_and_an_exit_are_seen_in_stat),
	    cmocka_unit_test(a_torn_stat_gives_what_it_still_tells),
	    cmocka_unit_test(what_is_not_a_stat_line_is_refused),
	    cmocka_unit_test(numbers_that_do_not_fit_are_absent),
	    cmocka_unit_test(status_tells_ids_memory_and_namespaces),
	    cmocka_unit_test(a_process_without_memory_has_no_rss),
	    cmocka_unit_test(status_values_of_another_form_are_absent),
	    cmocka_unit_test(the_memory_hierarchy_is_picked_and_else_the_unified_one),
	    cmocka_unit_test(a_whole_process_is_read_from_a_tree),
	    cmocka_unit_test(a_single_file_is_enough_and_none_is_a_process_that_is_gone),
	    cmocka_unit_test(a_long_command_line_is_cut_and_marked),
	    cmocka_unit_test(a_dying_process_has_no_root_cgroup_no_score_and_no_empty_command_line),
	    cmocka_unit_test(a_cgroup_file_longer_than_the_bound_never_gives_half_a_path),
	    cmocka_unit_test(a_full_arena_leaves_strings_out_and_counts),
	    cmocka_unit_test(a_fifo_in_the_tree_does_not_stop_the_reader),
	    cmocka_unit_test(parents_are_walked_to_the_first_process),
	    cmocka_unit_test(a_parent_younger_than_its_child_ends_the_walk),
	    cmocka_unit_test(a_ring_of_parents_ends),
	    cmocka_unit_test(this_process_is_read_from_the_real_proc),
	    cmocka_unit_test(a_zombie_keeps_its_name_and_loses_its_command_line),
	    cmocka_unit_test(users_come_from_the_passwd_file_below_the_root),
	    cmocka_unit_test(a_line_too_long_for_a_user_is_skipped_and_the_next_is_found),
	    cmocka_unit_test(the_host_is_described_from_its_files),
	    cmocka_unit_test(ids_of_another_form_are_absent_and_the_name_falls_back),
	    cmocka_unit_test(a_file_is_read_to_its_bound_and_says_whether_it_went_on),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
