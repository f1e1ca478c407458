/*
 * Real kills against the flight recorder: victims die in memory cgroups of our
 * own, kill lines come from /dev/kmsg, and what the recorder knew of each victim
 * is compared with what the victim itself wrote down before it grew.
 *
 *   recorder_storm [--mode=exec|fork|rename|move|reuse|thread] [--kills=200] [--groups=20] [--runs=1] [--noise=PER_SEC]
 *                  [--life-ms=5] [--no-events] [--no-moves] [--memory=BYTES] [--nice|--rt] [--verbose] [--tell]
 *
 * exec    joins its cgroup, then execs with a command line of its own
 * fork    a worker that joins its cgroup and never execs
 * rename  as exec, and then gives itself another name
 * move    execs first and is moved into its cgroup by its parent afterwards
 * reuse   as exec, but the victim's number had another process just before, and has another right after
 * thread  as exec, by a thread that is not the first: the kernel tells of the first one's end before (de_thread)
 * Each victim's parent exits before the victim grows. Without arguments: a small storm of each kind, as a test.
 * --tell only makes the storm and prints the truth, a JSON object for each victim: storm.py holds the daemon against
 * it. Exit status 0 when all was known of all, 1 when not, 77 when this machine cannot run it.
 */
/* LINK: -pthread */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <linux/sched.h>

#include "host/recorder.h"
#include "own_cgroup.h"

#define MAX_KILLS 2000
#define MAX_GROUPS 64

enum rank { RANK_NONE, RANK_NICE, RANK_RT };
enum mode { MODE_EXEC, MODE_FORK, MODE_RENAME, MODE_MOVE, MODE_REUSE, MODE_THREAD };

/* Written by the victim and its parents, read by us when all is over. */
struct truth {
	int32_t pid, parent, launcher;
	uint32_t group;
	char comm[16], parent_comm[16], launcher_comm[16];
	char cmdline[256];
	size_t cmdline_size;
};

struct answer {
	bool line, found;
	int32_t pid;
	uint64_t age_ms, late_usec;
	struct slice text;
	bool cgroup, cmdline, exe, ppid, parents, comm;
};

struct setup {
	enum mode mode;
	enum rank rank;
	uint32_t kills, groups, runs, noise, life_ms;
	bool no_events, no_moves, verbose, tell;
	struct host_cmdlines *cmdlines;
	size_t memory;
	struct own_cgroup cgroup;
	char exe[PATH_MAX];
	char own_cmdline[4096];
	size_t own_cmdline_size;
};

static struct truth *truths; /* shared by all processes of the test */
static struct host_recorder recorder;
static struct host_found found;

static size_t group_bytes(uint32_t g)
{
	static const size_t mib[] = {4, 5, 6, 7, 8, 8, 10, 12, 16, 64};
	return mib[g % ARRAY_COUNT(mib)] * MIB;
}

static void pause_ms(uint32_t ms)
{
	usleep(ms * 1000);
}

static void grow(size_t bytes)
{
	for (size_t n = 0; n < 2 * bytes; n += MIB)
		take_memory(MIB);
	pause();
}

static void note_self(const struct setup *s, uint32_t k)
{
	struct truth *t = &truths[k];
	prctl(PR_GET_NAME, t->comm);
	if (s->mode == MODE_FORK) {
		t->cmdline_size = s->own_cmdline_size < sizeof(t->cmdline) ? s->own_cmdline_size : sizeof(t->cmdline);
		memcpy(t->cmdline, s->own_cmdline, t->cmdline_size);
	}
	__atomic_store_n(&t->pid, getpid(), __ATOMIC_RELEASE);
}

static void wait_for_group(const char *of, uint32_t group)
{
	char text[8192], want[32];
	snprintf(want, sizeof(want), "/c%02u\n", group);
	for (int i = 0; i < 1000; i++, usleep(200)) {
		int fd = open("/proc/self/cgroup", O_RDONLY);
		ssize_t n = read(fd, text, sizeof(text) - 1);
		close(fd);
		text[n > 0 ? n : 0] = '\0';
		if (strstr(text, of) && strstr(text, want))
			return;
	}
}

/* argv of an execed victim: its name, "victim", number, group, mode, life, truth's descriptor, last part of the folder.
 */
static int be_victim(char **argv)
{
	uint32_t k = (uint32_t)atoi(argv[2]), g = (uint32_t)atoi(argv[3]);
	enum mode mode = (enum mode)atoi(argv[4]);
	int fd = atoi(argv[6]);
	truths = mmap(NULL, MAX_KILLS * sizeof(*truths), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (truths == MAP_FAILED)
		return 1;
	struct setup s = {.mode = mode};
	if (mode == MODE_RENAME) {
		char name[16];
		snprintf(name, sizeof(name), "renamed (%u) x", k);
		prctl(PR_SET_NAME, name);
	}
	if (mode == MODE_MOVE)
		wait_for_group(argv[7], g);
	note_self(&s, k);
	pause_ms((uint32_t)atoi(argv[5]));
	grow(group_bytes(g));
	return 0;
}

static void exec_victim(const struct setup *s, uint32_t k, uint32_t g, int fd)
{
	char name[32], number[16], group[16], mode[16], life[16], shared[16];
	snprintf(name, sizeof(name), "hog-%u of %u", k, g);
	snprintf(number, sizeof(number), "%u", k);
	snprintf(group, sizeof(group), "%u", g);
	snprintf(mode, sizeof(mode), "%d", (int)s->mode);
	snprintf(life, sizeof(life), "%u", s->life_ms);
	snprintf(shared, sizeof(shared), "%d", fd);
	const char *last = strrchr(s->cgroup.root, '/') + 1;
	char *argv[] = {name,   (char *)(uintptr_t) "victim", number, group, mode, life,
			shared, (char *)(uintptr_t)last,      NULL};
	struct truth *t = &truths[k];
	for (size_t i = 0; argv[i]; i++) {
		size_t n = strlen(argv[i]) + 1;
		memcpy(t->cmdline + t->cmdline_size, argv[i], n);
		t->cmdline_size += n;
	}
	execv(s->exe, argv);
	_exit(1);
}

static struct {
	const struct setup *s;
	uint32_t k, g;
	int fd;
} to_exec;

static void *exec_from_thread(void *unused)
{
	usleep(2000); /* the fork and the exec are not one batch of events */
	exec_victim(to_exec.s, to_exec.k, to_exec.g, to_exec.fd);
	return unused;
}

static void run_victim(const struct setup *s, uint32_t k, uint32_t g, int fd)
{
	pthread_t thread;
	if (s->mode != MODE_MOVE)
		own_cgroup_join(&s->cgroup, g, getpid());
	if (s->mode == MODE_THREAD) {
		to_exec.s = s;
		to_exec.k = k;
		to_exec.g = g;
		to_exec.fd = fd;
		pthread_create(&thread, NULL, exec_from_thread, NULL);
		pause();
	}
	if (s->mode != MODE_FORK)
		exec_victim(s, k, g, fd);
	note_self(s, k);
	pause_ms(s->life_ms);
	grow(group_bytes(g));
	_exit(0);
}

/* A process of a chosen number: what pid reuse gives by chance. -1 when the number is still in use. */
static pid_t fork_as(pid_t pid)
{
	struct clone_args args = {.exit_signal = SIGCHLD, .set_tid = (uintptr_t)&pid, .set_tid_size = 1};
	return (pid_t)syscall(SYS_clone3, &args, sizeof(args));
}

/* Somebody else with the number, who execs, lives for a moment and goes. */
static bool be_somebody_else(const struct setup *s, pid_t number)
{
	pid_t pid = number ? fork_as(number) : fork();
	if (pid == 0) {
		execl(s->exe, "somebody else", "bystander", (char *)NULL);
		_exit(1);
	}
	return pid > 0;
}

/* The number of somebody who has just gone. */
static pid_t used_number(const struct setup *s)
{
	pid_t pid = fork();
	if (pid == 0) {
		execl(s->exe, "somebody before", "bystander", (char *)NULL);
		_exit(1);
	}
	waitpid(pid, NULL, 0);
	return pid;
}

/* The victim's parent: gone before the victim grows. */
static void run_middle(const struct setup *s, uint32_t k, uint32_t g, int fd)
{
	struct truth *t = &truths[k];
	char name[16];
	snprintf(name, sizeof(name), "mid-%u", k);
	prctl(PR_SET_NAME, name);
	memcpy(t->parent_comm, name, sizeof(name));
	t->parent = getpid();
	t->launcher = getppid();
	t->group = g;
	pid_t pid = s->mode == MODE_REUSE ? fork_as(used_number(s)) : fork();
	if (pid == 0)
		run_victim(s, k, g, fd);
	if (s->mode == MODE_MOVE) {
		usleep(1000 * (k % 8));
		own_cgroup_join(&s->cgroup, g, pid);
	}
	_exit(0);
}

static void run_launcher(const struct setup *s, uint32_t g, int fd)
{
	char name[16];
	snprintf(name, sizeof(name), "launch-%u", g % 100);
	prctl(PR_SET_NAME, name);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	for (uint32_t k = g; k < s->kills; k += s->groups) {
		memcpy(truths[k].launcher_comm, name, sizeof(name));
		if (fork() == 0)
			run_middle(s, k, g, fd);
		while (wait(NULL) > 0)
			continue;
		int32_t number = __atomic_load_n(&truths[k].pid, __ATOMIC_ACQUIRE);
		if (s->mode == MODE_REUSE && number && be_somebody_else(s, number))
			wait(NULL);
	}
	_exit(0);
}

static void make_noise(uint32_t per_sec)
{
	for (;;) {
		struct timespec t0, t1;
		clock_gettime(CLOCK_MONOTONIC, &t0);
		for (volatile uint32_t i = 0; i < per_sec / 50; i++) {
			pid_t pid = vfork();
			if (pid == 0) {
				execl("/bin/true", "true", "noise", (char *)NULL);
				_exit(1);
			}
			waitpid(pid, NULL, 0);
		}
		clock_gettime(CLOCK_MONOTONIC, &t1);
		long spent = (t1.tv_sec - t0.tv_sec) * 1000000 + (t1.tv_nsec - t0.tv_nsec) / 1000;
		if (spent < 20000)
			usleep((useconds_t)(20000 - spent));
	}
}

/* Ahead of the storm, as the service is; its children must not be. */
static void set_rank(const struct setup *s, bool ahead)
{
	struct sched_param rt = {.sched_priority = ahead && s->rank == RANK_RT ? 1 : 0};
	if (s->rank == RANK_RT)
		sched_setscheduler(0, rt.sched_priority ? SCHED_RR : SCHED_OTHER, &rt);
	else if (s->rank == RANK_NICE)
		setpriority(PRIO_PROCESS, 0, ahead ? -20 : 0);
}

static pid_t start_noise(uint32_t per_sec)
{
	if (!per_sec)
		return 0;
	pid_t pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		make_noise(per_sec);
	}
	return pid;
}

static pid_t start_driver(const struct setup *s, int fd)
{
	pid_t pid = fork();
	if (pid)
		return pid;
	for (uint32_t g = 0; g < s->groups; g++)
		if (fork() == 0)
			run_launcher(s, g, fd);
	while (wait(NULL) > 0)
		continue;
	_exit(0);
}

static uint32_t truth_of(const struct setup *s, int32_t pid)
{
	for (uint32_t k = s->kills; k-- > 0;)
		if (__atomic_load_n(&truths[k].pid, __ATOMIC_ACQUIRE) == pid)
			return k;
	return UINT32_MAX;
}

static bool same_parents(const struct truth *t)
{
	return found.parent_count >= 2 && found.parent[0].pid == t->parent && found.parent[1].pid == t->launcher &&
	       slice_eq(found.parent[0].comm, slice_cstr(t->parent_comm)) &&
	       slice_eq(found.parent[1].comm, slice_cstr(t->launcher_comm));
}

static void compare(const struct setup *s, const struct truth *t, struct answer *a)
{
	char path[PATH_MAX + 64];
	snprintf(path, sizeof(path), "%s/c%02u", s->cgroup.below, t->group);
	const struct host_process *p = &found.process;
	a->cgroup = slice_eq(p->cgroup, slice_cstr(path));
	a->cmdline = slice_eq(slice_sub(p->cmdline, 0, sizeof(t->cmdline)), slice_of(t->cmdline, t->cmdline_size));
	a->exe = slice_eq(p->exe, slice_cstr(s->exe));
	a->ppid = p->ppid == t->parent;
	a->comm = slice_eq(p->comm, slice_cstr(t->comm));
	a->parents = same_parents(t);
	if (s->verbose && !(a->cgroup && a->cmdline && a->exe && a->ppid && a->comm && a->parents))
		printf("  pid %d age %llu ms: cgroup %.*s cmdline %.*s exe %.*s ppid %d/%d comm %.*s/%s parents %u\n",
		       p->pid, (unsigned long long)found.age_ms, (int)p->cgroup.n, p->cgroup.p, (int)p->cmdline.n,
		       p->cmdline.p, (int)p->exe.n, p->exe.p, p->ppid, t->parent, (int)p->comm.n, p->comm.p, t->comm,
		       found.parent_count);
}

static void on_kill(const struct setup *s, const struct kill_line *line, struct answer *answers)
{
	struct clock_now now = clock_read();
	uint32_t k = truth_of(s, line->pid);
	if (k == UINT32_MAX || answers[k].line)
		return;
	struct answer *a = &answers[k];
	struct host_store_query q = {.pid = line->pid,
				     .at_usec = line->usec + now.boottime_usec - now.monotonic_usec,
				     .slop_usec = 200 * 1000,
				     .comm = line->comm};
	a->line = true;
	a->late_usec = now.monotonic_usec - line->usec;
	host_recorder_catch_up(&recorder, now);
	a->found = host_recorder_find(&recorder, &q, &found);
	if (!a->found)
		return;
	a->age_ms = found.age_ms;
	compare(s, &truths[k], a);
}

static void read_kernel(const struct setup *s, int kmsg, struct answer *answers)
{
	char buf[8192];
	for (int i = 0; i < 64; i++) {
		struct kill_line line;
		ssize_t n = read(kmsg, buf, sizeof(buf));
		if (n < 0 && errno == EPIPE)
			continue;
		if (n <= 0)
			return;
		if (read_kill_line(slice_of(buf, (size_t)n), &line))
			on_kill(s, &line, answers);
	}
}

static void turn(const struct setup *s, int kmsg, struct answer *answers)
{
	struct pollfd fds[1 + HOST_RECORDER_POLLFDS] = {{.fd = kmsg, .events = POLLIN}};
	uint32_t count = host_recorder_pollfds(&recorder, fds + 1);
	struct clock_now now = clock_read();
	uint64_t due = host_recorder_deadline(&recorder);
	int wait_ms = 50;
	if (due <= now.monotonic_usec)
		wait_ms = 0;
	else if (due != UINT64_MAX && (due - now.monotonic_usec + 999) / 1000 < 50)
		wait_ms = (int)((due - now.monotonic_usec + 999) / 1000);
	if (poll(fds, 1 + count, wait_ms) < 0)
		return;
	now = clock_read();
	host_recorder_dispatch(&recorder, fds + 1, count, now);
	if (fds[0].revents)
		read_kernel(s, kmsg, answers);
	host_recorder_tick(&recorder, now);
}

static double cpu_ms(void)
{
	struct rusage u;
	getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e3 +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e3;
}

static long peak_kb(void)
{
	struct rusage u;
	getrusage(RUSAGE_SELF, &u);
	return u.ru_maxrss;
}

static uint32_t report(const struct setup *s, const struct answer *answers, double wall_ms, double cpu)
{
	struct host_recorder_counters c;
	uint32_t lines = 0, known = 0, cgroup = 0, cmdline = 0, exe = 0, ppid = 0, parents = 0, comm = 0, all = 0;
	uint64_t late = 0;
	for (uint32_t k = 0; k < s->kills; k++) {
		const struct answer *a = &answers[k];
		lines += a->line;
		known += a->found;
		cgroup += a->cgroup;
		cmdline += a->cmdline;
		exe += a->exe;
		ppid += a->ppid;
		parents += a->parents;
		comm += a->comm;
		all += a->cgroup && a->cmdline && a->exe && a->ppid && a->parents && a->comm;
		late = a->late_usec > late ? a->late_usec : late;
	}
	host_recorder_count(&recorder, &c);
	printf(
	    "kill lines %u of %u in %.0f ms: found %u cgroup %u cmdline %u exe %u ppid %u parents %u comm %u; all %u; "
	    "cpu %.0f ms, peak %ld kB, latest line %.1f ms; events %llu lost %llu bad %llu reads %llu looks %llu scans "
	    "%llu\n",
	    lines, s->kills, wall_ms, known, cgroup, cmdline, exe, ppid, parents, comm, all, cpu, peak_kb(),
	    (double)late / 1e3, (unsigned long long)c.events, (unsigned long long)c.events_lost,
	    (unsigned long long)c.events_bad, (unsigned long long)c.reads, (unsigned long long)c.looks,
	    (unsigned long long)c.scans);
	fflush(stdout);
	return all;
}

static bool open_recorder(const struct setup *s, int proc_fd)
{
	struct host_recorder_options o = {.root_fd = s->no_moves ? -1 : open("/", O_PATH | O_DIRECTORY | O_CLOEXEC),
					  .proc_fd = proc_fd,
					  .cmdlines = s->cmdlines,
					  .memory = s->memory,
					  .interval_sec = 30,
					  .no_events = s->no_events};
	int error = host_recorder_open(&recorder, &o, clock_read());
	if (error < 0) {
		fprintf(stderr, "recorder: %s\n", strerror(-error));
		return false;
	}
	while (!host_recorder_ready(&recorder))
		host_recorder_tick(&recorder, clock_read());
	if (recorder.mode == HOST_RECORDER_SCANNING)
		printf("scanning: %.*s\n", (int)host_recorder_reason(&recorder).n, host_recorder_reason(&recorder).p);
	return true;
}

/* Names and paths here are our own: nothing in them needs escaping. */
static void tell(const struct setup *s, const struct truth *t)
{
	printf("{\"pid\": %d, \"comm\": \"%s\", \"cgroup\": \"%s/c%02u\", \"exe\": \"%s\", \"parents\": [[%d, \"%s\"], "
	       "[%d, \"%s\"]], \"cmdline\": \"",
	       t->pid, t->comm, s->cgroup.below, t->group, s->exe, t->parent, t->parent_comm, t->launcher,
	       t->launcher_comm);
	for (size_t i = 0; i < t->cmdline_size; i++)
		printf("%02x", (unsigned char)t->cmdline[i]);
	printf("\"}\n");
}

static bool tell_storm(const struct setup *s, int shared)
{
	pid_t noise = start_noise(s->noise), driver = start_driver(s, shared);
	waitpid(driver, NULL, 0);
	if (noise) {
		kill(noise, SIGKILL);
		waitpid(noise, NULL, 0);
	}
	for (uint32_t k = 0; k < s->kills; k++)
		tell(s, &truths[k]);
	return true;
}

static bool run_once(const struct setup *s, int proc_fd, int shared)
{
	if (s->tell)
		return tell_storm(s, shared);
	static struct answer answers[MAX_KILLS];
	memset(answers, 0, sizeof(answers));
	memset(truths, 0, MAX_KILLS * sizeof(*truths));
	int kmsg = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (kmsg < 0 || lseek(kmsg, 0, SEEK_END) < 0 || !open_recorder(s, proc_fd))
		return false;
	pid_t noise = start_noise(s->noise);
	double cpu = cpu_ms();
	uint64_t began = clock_read().monotonic_usec, ended = 0;
	pid_t driver = start_driver(s, shared);
	set_rank(s, true);
	while (!ended || clock_read().monotonic_usec < ended + 300 * 1000) {
		turn(s, kmsg, answers);
		if (!ended && waitpid(driver, NULL, WNOHANG) == driver)
			ended = clock_read().monotonic_usec;
	}
	set_rank(s, false);
	uint32_t all = report(s, answers, (double)(ended - began) / 1e3, cpu_ms() - cpu);
	if (noise) {
		kill(noise, SIGKILL);
		waitpid(noise, NULL, 0);
	}
	host_recorder_close(&recorder);
	close(kmsg);
	return all == s->kills;
}

static uint32_t number(const char *text, uint32_t max)
{
	unsigned long v = strtoul(text, NULL, 10);
	return v > max ? max : (uint32_t)v;
}

static void read_options(struct setup *s, int argc, char **argv)
{
	static const char *const modes[] = {"exec", "fork", "rename", "move", "reuse", "thread"};
	for (int i = 1; i < argc; i++) {
		const char *a = argv[i], *v = strchr(a, '=') ? strchr(a, '=') + 1 : "";
		if (!strncmp(a, "--mode=", 7)) {
			for (unsigned m = 0; m < ARRAY_COUNT(modes); m++)
				if (!strcmp(v, modes[m]))
					s->mode = (enum mode)m;
		} else if (!strncmp(a, "--kills=", 8)) {
			s->kills = number(v, MAX_KILLS);
		} else if (!strncmp(a, "--groups=", 9)) {
			s->groups = number(v, MAX_GROUPS);
		} else if (!strncmp(a, "--runs=", 7)) {
			s->runs = number(v, 1000);
		} else if (!strncmp(a, "--noise=", 8)) {
			s->noise = number(v, 100000);
		} else if (!strncmp(a, "--life-ms=", 10)) {
			s->life_ms = number(v, 10000);
		} else if (!strncmp(a, "--memory=", 9)) {
			s->memory = strtoull(v, NULL, 10);
		} else if (!strcmp(a, "--no-events")) {
			s->no_events = true;
		} else if (!strcmp(a, "--nice")) {
			s->rank = RANK_NICE;
		} else if (!strcmp(a, "--rt")) {
			s->rank = RANK_RT;
		} else if (!strcmp(a, "--no-moves")) {
			s->no_moves = true;
		} else if (!strcmp(a, "--tell")) {
			s->tell = true;
		} else if (!strcmp(a, "--verbose")) {
			s->verbose = true;
		}
	}
}

static bool prepare(struct setup *s, int *shared)
{
	if (!own_cgroup_open(&s->cgroup, "recorder-storm"))
		return false;
	int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
	ssize_t own = read(fd, s->own_cmdline, sizeof(s->own_cmdline));
	close(fd);
	s->own_cmdline_size = own > 0 ? (size_t)own : 0;
	*shared = memfd_create("truth", 0);
	if (readlink("/proc/self/exe", s->exe, sizeof(s->exe) - 1) < 0 || *shared < 0 ||
	    ftruncate(*shared, MAX_KILLS * sizeof(*truths)) < 0)
		return false;
	truths = mmap(NULL, MAX_KILLS * sizeof(*truths), PROT_READ | PROT_WRITE, MAP_SHARED, *shared, 0);
	return truths != MAP_FAILED;
}

static bool run_mode(struct setup *s, enum mode mode, int proc_fd, int shared)
{
	s->mode = mode;
	return run_once(s, proc_fd, shared);
}

/* Without arguments: a small storm of each kind. A machine that cannot run us for milliseconds on end may cost a
 * victim: each kind has three tries to be complete. */
static bool check_all(struct setup *s, int proc_fd, int shared)
{
	static const char *const names[] = {"exec", "fork", "rename", "move", "reuse", "thread"};
	bool good = true;
	s->kills = 40;
	s->groups = 8;
	s->rank = RANK_NICE;
	for (unsigned m = 0; m < ARRAY_COUNT(names); m++) {
		bool complete = false;
		for (int tries = 0; tries < 3 && !complete; tries++)
			complete = run_mode(s, (enum mode)m, proc_fd, shared);
		printf("%s %u - victims are known (%s)\n", complete ? "ok" : "not ok", m + 1, names[m]);
		good = good && complete;
	}
	printf("1..%zu\n", ARRAY_COUNT(names));
	return good;
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "bystander"))
		return usleep(3000);
	if (argc > 7 && !strcmp(argv[1], "victim"))
		return be_victim(argv);
	struct setup s = {.kills = 200, .groups = 20, .runs = 1, .life_ms = 5};
	int shared, proc_fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	read_options(&s, argc, argv);
	if (proc_fd < 0 || !prepare(&s, &shared))
		return 77;
	for (uint32_t g = 0; g < s.groups; g++)
		own_cgroup_make(&s.cgroup, g, group_bytes(g));
	bool good = true;
	if (!s.tell)
		s.cmdlines = host_cmdlines_open();
	if (argc == 1)
		good = check_all(&s, proc_fd, shared);
	for (uint32_t i = 0; argc > 1 && i < s.runs; i++)
		good = run_once(&s, proc_fd, shared) && good;
	own_cgroup_close(&s.cgroup, s.groups);
	if (s.cmdlines)
		host_cmdlines_close(s.cmdlines);
	return good ? 0 : 1;
}
