/* host/recorder: scanning a made-up /proc with a clock of our own, and real processes over the connector. */
/* LINK: -pthread */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/text.h"
#include "host/recorder.h"

#define SEC 1000000ull

struct fixture {
	char dir[64];
	int fd;
	struct clock_now now;
	struct host_recorder r;
	struct host_found found;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	assert_non_null(f);
	strcpy(f->dir, "/tmp/host-recorder-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	f->fd = open(f->dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	f->now = (struct clock_now){.monotonic_usec = 900 * SEC, .boottime_usec = 1000 * SEC};
	f->r.events.fd = f->r.moves.fd = f->r.pressure_fd = f->r.scan_fd = f->r.loadavg_fd = -1;
	f->r.moves.mount_fd = -1;
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	host_recorder_close(&f->r);
	close(f->fd);
	pid_t pid = fork();
	if (pid == 0) {
		execlp("rm", "rm", "-r", f->dir, (char *)NULL);
		_exit(1);
	}
	waitpid(pid, NULL, 0);
	free(f);
	return 0;
}

/* ---- a made-up /proc ---- */

static void put(struct fixture *f, int pid, const char *name, struct slice text)
{
	char path[64];
	snprintf(path, sizeof(path), "%d/%s", pid, name);
	int fd = openat(f->fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text.p, text.n), text.n);
	close(fd);
}

static void add(struct fixture *f, int pid, int ppid, uint64_t start_ticks, const char *comm, uint64_t rss_kb)
{
	char path[64], storage[1024];
	struct text t = text_on(storage, sizeof(storage));
	snprintf(path, sizeof(path), "%d", pid);
	mkdirat(f->fd, path, 0700);
	text_addf(&t, "%d (%s) S %d 1 1 0 -1 4194560 1 0 0 0 1 1 0 0 20 0 1 0 %llu 1 1 1 1 1 0 0 0 0 0 0 0\n", pid,
		  comm, ppid, (unsigned long long)start_ticks);
	put(f, pid, "stat", text_slice(&t));
	t.n = 0;
	text_addf(&t, "Name:\t%s\nTgid:\t%d\nPPid:\t%d\nUid:\t1000\t1000\t1000\t1000\nNSpid:\t%d\t7\nVmRSS:\t%llu kB\n",
		  comm, pid, ppid, pid, (unsigned long long)rss_kb);
	put(f, pid, "status", text_slice(&t));
	t.n = 0;
	text_addf(&t, "0::/app.slice/%s.service\n", comm);
	put(f, pid, "cgroup", text_slice(&t));
	put(f, pid, "cmdline", slice_of("prog\0--own\0", 11));
	put(f, pid, "loginuid", SLICE("1000"));
	snprintf(path, sizeof(path), "%d/exe", pid);
	if (symlinkat("/usr/bin/prog", f->fd, path) < 0)
		assert_int_equal(errno, EEXIST);
}

static void rid(struct fixture *f, int pid)
{
	static const char *const files[] = {"stat", "status", "cgroup", "cmdline", "loginuid", "exe"};
	char path[64];
	for (size_t i = 0; i < ARRAY_COUNT(files); i++) {
		snprintf(path, sizeof(path), "%d/%s", pid, files[i]);
		unlinkat(f->fd, path, 0);
	}
	snprintf(path, sizeof(path), "%d", pid);
	assert_int_equal(unlinkat(f->fd, path, AT_REMOVEDIR), 0);
}

static void pass(struct fixture *f, uint64_t usec)
{
	f->now.monotonic_usec += usec;
	f->now.boottime_usec += usec;
	for (int i = 0; i < 1000 && host_recorder_tick(&f->r, f->now); i++)
		continue;
}

static void open_scanning(struct fixture *f)
{
	const struct host_recorder_options o = {
	    .proc_fd = f->fd, .root_fd = -1, .memory = HOST_STORE_MIN_SIZE, .interval_sec = 30, .no_events = true};
	assert_int_equal(host_recorder_open(&f->r, &o, f->now), 0);
	assert_int_equal(f->r.mode, HOST_RECORDER_SCANNING);
	assert_false(host_recorder_ready(&f->r));
	pass(f, 0);
	assert_true(host_recorder_ready(&f->r));
}

static bool find_at(struct fixture *f, int pid, uint64_t usec)
{
	const struct host_store_query q = {.pid = pid, .at_usec = usec, .slop_usec = 10000};
	return host_recorder_find(&f->r, &q, &f->found);
}

static bool find(struct fixture *f, int pid)
{
	return find_at(f, pid, f->now.boottime_usec);
}

static void assert_slice(struct slice got, const char *want)
{
	if (!slice_eq(got, slice_cstr(want)))
		fail_msg("got <%.*s>, want <%s>", (int)got.n, got.p ? got.p : "", want);
}

static void the_first_scan_tells_all_there_is(void **state)
{
	struct fixture *f = *state;
	add(f, 1, 0, 10, "init", 9000);
	add(f, 500, 1, 5000, "shell", 4000);
	add(f, 600, 500, 9000, "worker", 70000);
	open_scanning(f);
	assert_true(find(f, 600));
	const struct host_process *p = &f->found.process;
	assert_slice(p->comm, "worker");
	assert_slice(p->exe, "/usr/bin/prog");
	assert_slice(p->cgroup, "/app.slice/worker.service");
	assert_true(slice_eq(p->cmdline, slice_of("prog\0--own\0", 11)));
	assert_int_equal(p->ppid, 500);
	assert_int_equal(p->uid, 1000);
	assert_int_equal(p->loginuid, 1000);
	assert_int_equal(p->rss_kb, 70000);
	assert_int_equal(p->start_ticks, 9000);
	assert_true(f->found.exact);
	assert_int_equal(f->found.parent_count, 2);
	assert_int_equal(f->found.parent[0].pid, 500);
	assert_slice(f->found.parent[1].comm, "init");
	assert_int_equal(f->found.history.count, 1);
	assert_int_equal(f->found.age_ms, 0);
	assert_slice(host_recorder_reason(&f->r), "process events were not asked for");
}

static void without_events_new_processes_are_found_by_listing(void **state)
{
	struct fixture *f = *state;
	add(f, 1, 0, 10, "init", 9000);
	open_scanning(f);
	assert_false(find(f, 77));
	add(f, 77, 1, 100000, "young", 5000);
	pass(f, 20000);
	assert_true(find(f, 77));
	assert_slice(f->found.process.comm, "young");
}

static void without_events_the_gone_are_kept_for_the_kill_line(void **state)
{
	struct fixture *f = *state;
	add(f, 1, 0, 10, "init", 9000);
	add(f, 600, 1, 9000, "worker", 70000);
	open_scanning(f);
	rid(f, 600);
	pass(f, 3 * SEC);
	struct host_recorder_counters c;
	host_recorder_count(&f->r, &c);
	assert_int_equal(c.live, 1);
	assert_int_equal(c.dead, 1);
	assert_true(find(f, 600));
	assert_false(f->found.alive);
	pass(f, 100 * SEC);
	assert_false(find(f, 600));
}

static void a_number_that_began_a_new_life_is_not_taken_for_the_old(void **state)
{
	struct fixture *f = *state;
	add(f, 600, 1, 9000, "old", 70000);
	open_scanning(f);
	/* Made before the old one goes: a folder of /tmp may inherit an inode number, one of /proc does not. */
	add(f, 601, 1, 100100, "young", 8000);
	rid(f, 600);
	assert_int_equal(renameat(f->fd, "601", f->fd, "600"), 0);
	put(f, 600, "stat", SLICE("600 (young) S 1 1 1 0 -1 4194560 1 0 0 0 1 1 0 0 20 0 1 0 100100 1 1\n"));
	put(f, 600, "status", SLICE("Tgid:\t600\nVmRSS:\t8000 kB\n"));
	pass(f, 3 * SEC);
	assert_true(find(f, 600));
	assert_slice(f->found.process.comm, "young");
	const struct host_store_query before = {.pid = 600, .at_usec = 1000 * SEC, .slop_usec = 10000};
	assert_true(host_recorder_find(&f->r, &before, &f->found));
	assert_slice(f->found.process.comm, "old");
}

static void samples_make_a_history_and_follow_a_move(void **state)
{
	struct fixture *f = *state;
	add(f, 600, 1, 9000, "worker", 70000);
	open_scanning(f);
	for (int i = 1; i < 12; i++) {
		add(f, 600, 1, 9000, "worker", 70000 + (uint64_t)i * 50000);
		if (i == 11)
			put(f, 600, "cgroup", SLICE("0::/elsewhere\n"));
		pass(f, 30 * SEC);
	}
	assert_true(find(f, 600));
	assert_int_equal(f->found.history.count, 12);
	assert_int_equal(f->found.history.point[0].rss_kb, 70000);
	assert_int_equal(f->found.history.point[11].rss_kb, 620000);
	assert_slice(f->found.process.cgroup, "/elsewhere");
	assert_int_equal(host_recorder_growth(&f->r, &f->found, f->now.boottime_usec + SEC, 640000), HOST_GROWTH_LEAK);
	assert_int_equal(host_recorder_growth(&f->r, &f->found, f->now.boottime_usec + SEC, 6400000),
			 HOST_GROWTH_SPIKE);
}

static void found_is_told_from_another_with_its_number(void **state)
{
	struct fixture *f = *state;
	add(f, 600, 1, 9000, "worker", 70000);
	open_scanning(f);
	assert_true(find(f, 600));
	struct host_process p = {.have = HOST_HAVE_START, .pid = 600, .start_ticks = 9000};
	assert_true(host_found_is(&f->found, &p, 100));
	p.start_ticks = 9001;
	assert_false(host_found_is(&f->found, &p, 100));
	f->found.exact = false; /* as from a fork event: just after the start */
	f->found.start_usec = 90 * SEC + 15000;
	assert_true(host_found_is(&f->found, &p, 100));
	p.start_ticks = 9002;
	assert_false(host_found_is(&f->found, &p, 100));
	p.have = 0;
	assert_false(host_found_is(&f->found, &p, 100));
}

static void another_with_the_number_of_one_who_ended_has_replaced_it(void **state)
{
	struct fixture *f = *state;
	add(f, 600, 1, 9000, "worker", 70000);
	open_scanning(f);
	assert_true(find(f, 600));
	struct host_process p = {.have = HOST_HAVE_START, .pid = 600, .start_ticks = 9000};
	assert_false(host_found_replaced_by(&f->found, &p, 100));
	p.start_ticks = 9001;
	assert_false(host_found_replaced_by(&f->found, &p, 100)); /* its exit may have been lost */
	f->found.alive = false;
	assert_true(host_found_replaced_by(&f->found, &p, 100));
	p.have = 0;
	assert_true(host_found_replaced_by(&f->found, &p, 100));
	p = (struct host_process){.have = HOST_HAVE_START, .pid = 600, .start_ticks = 9000};
	assert_true(host_found_replaced_by(&f->found, &p, 100)); /* begun in the same tick, and not dying */
	p.dying = true;
	assert_false(host_found_replaced_by(&f->found, &p, 100));
}

static void new_cgroups_come_once_with_a_note_that_stays(void **state)
{
	struct fixture *f = *state;
	char storage[256];
	struct slice path;
	uint32_t slot;
	add(f, 600, 1, 9000, "worker", 70000);
	add(f, 601, 1, 9001, "worker", 70000);
	const struct host_recorder_options o = {
	    .proc_fd = f->fd, .root_fd = -1, .memory = HOST_STORE_MIN_SIZE, .watch_cgroups = true, .no_events = true};
	assert_int_equal(host_recorder_open(&f->r, &o, f->now), 0);
	pass(f, 0);
	assert_true(host_recorder_new_cgroup(&f->r, storage, sizeof(storage), &path, &slot));
	assert_slice(path, "/app.slice/worker.service");
	host_recorder_note_cgroup(&f->r, slot, 42);
	host_recorder_release_cgroup(&f->r, slot);
	assert_false(host_recorder_new_cgroup(&f->r, storage, sizeof(storage), &path, &slot));
	assert_true(find(f, 601));
	assert_int_equal(f->found.cgroup_note, 42);
}

static void a_large_cgroup_that_is_written_to_all_the_time_is_listed_now_and_then(void **state)
{
	struct fixture *f = *state;
	static const char *const dirs[] = {"sys", "sys/fs", "sys/fs/cgroup", "sys/fs/cgroup/many"};
	for (size_t i = 0; i < ARRAY_COUNT(dirs); i++)
		assert_int_equal(mkdirat(f->fd, dirs[i], 0755), 0);
	close(openat(f->fd, "sys/fs/cgroup/cgroup.controllers", O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
	int procs = openat(f->fd, "sys/fs/cgroup/many/cgroup.procs", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	for (int i = 0; i < 25000; i++)
		assert_int_equal(write(procs, "1234567\n", 8), 8);
	const struct host_recorder_options o = {
	    .proc_fd = f->fd, .root_fd = f->fd, .memory = HOST_STORE_MIN_SIZE, .no_events = true};
	assert_int_equal(host_recorder_open(&f->r, &o, f->now), 0);
	struct host_recorder_counters c;
	pass(f, 0);
	host_recorder_count(&f->r, &c);
	assert_int_equal(c.watches, 2);
	uint64_t before = c.moves;
	for (int i = 0; i < 500; i++) {
		assert_int_equal(pwrite(procs, "1", 1, 0), 1);
		struct pollfd polled = {.fd = f->r.moves.fd, .revents = POLLIN};
		host_recorder_dispatch(&f->r, &polled, 1, f->now);
		pass(f, 1000);
	}
	host_recorder_count(&f->r, &c);
	assert_in_range(c.moves - before, 4, 7); /* ten times a second, and once at first */
	assert_true(host_recorder_deadline(&f->r) <= f->now.monotonic_usec + 100 * 1000);
	pass(f, SEC);
	host_recorder_count(&f->r, &c);
	before = c.moves;
	pass(f, SEC);
	host_recorder_count(&f->r, &c);
	assert_int_equal(c.moves, before);
	close(procs);
}

static void a_cgroup_of_before_a_fork_or_exec_is_not_told_when_somebody_was_moved_since(void **state)
{
	struct fixture *f = *state;
	bool inherited;
	add(f, 600, 1, 9000, "worker", 70000);
	open_scanning(f);
	uint64_t began = f->now.boottime_usec;
	uint32_t i = host_store_fork(&f->r.store, 600, 601, began, &inherited);
	assert_true(find(f, 601));
	assert_false(slice_present(f->found.process.cgroup)); /* moves are not watched */
	f->r.moves.fd = f->fd;
	f->r.moved_usec = began - 1;
	assert_true(find(f, 601));
	assert_slice(f->found.process.cgroup, "/app.slice/worker.service");
	f->r.moved_usec = began + 1;
	assert_true(find(f, 601));
	assert_false(slice_present(f->found.process.cgroup));
	host_store_set_cgroup(&f->r.store, i, SLICE("/app.slice/own.service"), false, began + 2);
	assert_true(find(f, 601));
	assert_slice(f->found.process.cgroup, "/app.slice/own.service");
	assert_int_equal(host_store_exec(&f->r.store, 601, began + 3), i);
	assert_true(find(f, 601));
	assert_slice(f->found.process.cgroup, "/app.slice/own.service");
	f->r.moved_usec = began + 4;
	assert_true(find(f, 601));
	assert_false(slice_present(f->found.process.cgroup));
	f->r.moves.fd = -1;
}

static void torn_files_are_no_processes(void **state)
{
	struct fixture *f = *state;
	add(f, 600, 1, 9000, "worker", 70000);
	put(f, 600, "stat", SLICE("600 (wor"));
	add(f, 601, 1, 9000, "worker", 70000);
	put(f, 601, "cgroup", SLICE("nonsense"));
	put(f, 601, "status", SLICE("\xff\xfe"));
	mkdirat(f->fd, "12ab", 0700);
	mkdirat(f->fd, "99999999999", 0700);
	open_scanning(f);
	assert_false(find(f, 600));
	assert_true(find(f, 601));
	assert_false(slice_present(f->found.process.cgroup));
	assert_false(f->found.process.have & HOST_HAVE_UID);
	struct host_recorder_counters c;
	host_recorder_count(&f->r, &c);
	assert_int_equal(c.live, 1);
}

static void a_ceiling_that_is_too_low_is_refused(void **state)
{
	struct fixture *f = *state;
	const struct host_recorder_options o = {.proc_fd = f->fd, .root_fd = -1, .memory = 4096, .no_events = true};
	assert_int_equal(host_recorder_open(&f->r, &o, f->now), -EINVAL);
}

static void more_processes_than_fit_are_read_in_slices_and_evicted(void **state)
{
	struct fixture *f = *state;
	for (int pid = 1; pid <= 1000; pid++)
		add(f, pid, 1, 9000 + (uint64_t)pid, "many", 5000);
	const struct host_recorder_options o = {
	    .proc_fd = f->fd, .root_fd = -1, .memory = HOST_STORE_MIN_SIZE, .no_events = true};
	assert_int_equal(host_recorder_open(&f->r, &o, f->now), 0);
	struct host_recorder_counters before, after;
	do {
		host_recorder_count(&f->r, &before);
		host_recorder_tick(&f->r, f->now);
		host_recorder_count(&f->r, &after);
		assert_true(after.reads - before.reads <= 32);
	} while (!host_recorder_ready(&f->r));
	assert_true(after.live <= f->r.store.cap);
	assert_true(after.evicted > 0);
}

/* ---- real processes ---- */

static bool open_live(struct fixture *f)
{
	const struct host_recorder_options o = {.proc_fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC),
						.root_fd = -1,
						.memory = HOST_RECORDER_MEMORY,
						.interval_sec = 30};
	assert_int_equal(host_recorder_open(&f->r, &o, clock_read()), 0);
	while (!host_recorder_ready(&f->r))
		host_recorder_tick(&f->r, clock_read());
	f->now = clock_read();
	if (f->r.mode == HOST_RECORDER_EVENTS)
		return true;
	struct slice why = host_recorder_reason(&f->r);
	print_message("needs connector: %.*s\n", (int)why.n, why.p);
	return false;
}

static void run_until(struct fixture *f, uint64_t usec)
{
	uint64_t until = clock_read().monotonic_usec + usec;
	do {
		struct pollfd fds[HOST_RECORDER_POLLFDS];
		uint32_t n = host_recorder_pollfds(&f->r, fds);
		poll(fds, n, 10);
		f->now = clock_read();
		host_recorder_dispatch(&f->r, fds, n, f->now);
		host_recorder_tick(&f->r, f->now);
	} while (clock_read().monotonic_usec < until);
}

static void a_real_program_is_known_after_its_death(void **state)
{
	struct fixture *f = *state;
	int gate[2];
	char byte;
	if (!open_live(f))
		skip();
	assert_int_equal(pipe(gate), 0);
	pid_t pid = fork();
	if (pid == 0) {
		dup2(gate[1], 1);
		execl("/bin/sh", "shell of (mine)", "-c", "echo; sleep 100; :", "two words", (char *)NULL);
		_exit(1);
	}
	assert_int_equal(read(gate[0], &byte, 1), 1);
	run_until(f, 20000);
	uint64_t killed = clock_read().boottime_usec;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	run_until(f, 20000);
	close(gate[0]);
	close(gate[1]);
	assert_true(find_at(f, pid, killed));
	assert_false(f->found.alive);
	assert_true(f->found.killed);
	struct slice want = SLICE("shell of (mine)\0-c\0echo; sleep 100; :\0two words\0");
	assert_true(slice_eq(f->found.process.cmdline, want));
	assert_slice(f->found.process.comm, "sh");
	assert_int_equal(f->found.process.ppid, getpid());
	assert_true(f->found.parent_count >= 1);
	assert_int_equal(f->found.parent[0].pid, getpid());
}

static void a_real_worker_that_never_execs_has_its_parents_program_and_its_own_name(void **state)
{
	struct fixture *f = *state;
	if (!open_live(f))
		skip();
	pid_t pid = fork();
	if (pid == 0) {
		prctl(PR_SET_NAME, "worker) S 1 (");
		usleep(20000);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	uint64_t ended = clock_read().boottime_usec;
	run_until(f, 20000);
	assert_true(find_at(f, pid, ended - 5000));
	assert_false(f->found.alive);
	assert_false(f->found.killed);
	assert_slice(f->found.process.comm, "worker) S 1 (");
	assert_true(slice_present(f->found.process.cmdline));
	assert_true(slice_present(f->found.process.exe));
}

static void *outlive(void *arg)
{
	(void)arg;
	sleep(100);
	return NULL;
}

static void a_real_process_lives_on_without_its_leader(void **state)
{
	struct fixture *f = *state;
	if (!open_live(f))
		skip();
	pid_t pid = fork();
	if (pid == 0) {
		pthread_t t;
		usleep(1100 * 1000);
		pthread_create(&t, NULL, outlive, NULL);
		pthread_exit(NULL);
	}
	uint64_t began = clock_read().boottime_usec;
	run_until(f, 1500 * 1000);
	assert_true(find_at(f, pid, began + 100 * 1000));
	assert_false(f->found.alive);
	run_until(f, (HOST_STORE_KEEP_OTHER_USEC + SEC));
	bool known = find(f, pid), alive = known && f->found.alive;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	assert_true(known);
	assert_true(alive);
}

static void a_process_without_its_leader_is_not_lost_among_many_deaths(void **state)
{
	struct fixture *f = *state;
	bool inherited;
	if (!open_live(f))
		skip();
	pid_t pid = fork();
	if (pid == 0) {
		pthread_t t;
		usleep(1100 * 1000);
		pthread_create(&t, NULL, outlive, NULL);
		pthread_exit(NULL);
	}
	run_until(f, 1500 * 1000);
	uint64_t now = clock_read().boottime_usec;
	for (int32_t k = 0; k < HOST_STORE_MAX_OTHER + 10; k++) {
		(void)host_store_fork(&f->r.store, 1, 5000000 + k, now, &inherited);
		host_store_exit(&f->r.store, 5000000 + k, now, false);
	}
	host_recorder_tick(&f->r, clock_read());
	bool known = find(f, pid), alive = known && f->found.alive;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	assert_true(known);
	assert_true(alive);
}

static void nothing_is_due_when_nothing_happens(void **state)
{
	struct fixture *f = *state;
	if (!open_live(f))
		skip();
	/* All looks of this machine's own doings are over: what is left is the next sample. */
	f->r.store.list[HOST_LIST_LOOK].first = 0;
	for (uint32_t k = 0; k < HOST_STORE_LOOKS; k++)
		f->r.store.list[HOST_LIST_LOOK + k].first = 0;
	f->r.nap_until_usec = 0;
	uint64_t due = host_recorder_deadline(&f->r);
	assert_true(due > clock_read().monotonic_usec + 20 * SEC);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(the_first_scan_tells_all_there_is),
	    T(without_events_new_processes_are_found_by_listing),
	    T(without_events_the_gone_are_kept_for_the_kill_line),
	    T(a_number_that_began_a_new_life_is_not_taken_for_the_old),
	    T(samples_make_a_history_and_follow_a_move),
	    T(found_is_told_from_another_with_its_number),
	    T(another_with_the_number_of_one_who_ended_has_replaced_it),
	    T(new_cgroups_come_once_with_a_note_that_stays),
	    T(a_large_cgroup_that_is_written_to_all_the_time_is_listed_now_and_then),
	    T(a_cgroup_of_before_a_fork_or_exec_is_not_told_when_somebody_was_moved_since),
	    T(torn_files_are_no_processes),
	    T(a_ceiling_that_is_too_low_is_refused),
	    T(more_processes_than_fit_are_read_in_slices_and_evicted),
	    T(a_real_program_is_known_after_its_death),
	    T(a_real_worker_that_never_execs_has_its_parents_program_and_its_own_name),
	    T(a_real_process_lives_on_without_its_leader),
	    T(a_process_without_its_leader_is_not_lost_among_many_deaths),
	    T(nothing_is_due_when_nothing_happens),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
