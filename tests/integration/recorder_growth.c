/*
 * A leaking and a spiking victim are told apart: both real, both killed by the
 * kernel, sampled once a second. One takes 2 MiB a second until its limit of
 * 40 MiB, one holds 10 MiB for 18 s and then takes all there is, one holds 30 MiB
 * and dies because its neighbour in the cgroup takes the rest.
 */
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "host/recorder.h"
#include "own_cgroup.h"

#define SECONDS 40

static struct host_recorder recorder;
static struct host_found found;

static void leak(void)
{
	take_memory(4 * MIB);
	for (;;) {
		take_memory(MIB);
		usleep(500 * 1000);
	}
}

static void spike(void)
{
	take_memory(10 * MIB);
	sleep(18);
	take_memory(200 * MIB);
	pause();
}

/* Steady, and the largest of its cgroup: the one who asks for the rest is smaller and is not chosen. */
static void hold(void)
{
	take_memory(30 * MIB);
	pause();
}

static void crowd(void)
{
	sleep(18);
	take_memory(12 * MIB);
	pause();
}

static const struct {
	const char *name;
	void (*run)(void);
	uint32_t group;
	const char *want; /* NULL: is not to be killed */
} rows[] = {
    {"leak", leak, 0, "leak"},
    {"spike", spike, 1, "spike"},
    {"hold", hold, 2, "steady"},
    {"crowd", crowd, 2, NULL},
};

static pid_t start(const struct own_cgroup *c, size_t i)
{
	pid_t pid = fork();
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, rows[i].name);
	own_cgroup_join(c, rows[i].group, getpid());
	rows[i].run();
	_exit(0);
}

static bool judge(const struct kill_line *line, const pid_t *pid, bool *told)
{
	struct clock_now now = clock_read();
	size_t i = 0;
	while (i < ARRAY_COUNT(rows) && pid[i] != line->pid)
		i++;
	if (i == ARRAY_COUNT(rows) || !rows[i].want)
		return false;
	const struct host_store_query q = {.pid = line->pid,
					   .at_usec = line->usec + now.boottime_usec - now.monotonic_usec,
					   .slop_usec = 200 * 1000,
					   .comm = line->comm};
	host_recorder_catch_up(&recorder, now);
	if (!host_recorder_find(&recorder, &q, &found))
		return false;
	struct slice growth = host_growth_name(host_recorder_growth(&recorder, &found, q.at_usec, line->anon_rss_kb));
	bool good = slice_eq(growth, slice_cstr(rows[i].want));
	printf("%s %zu - %s is told as %s (%.*s, %u points)\n", good ? "ok" : "not ok", i + 1, rows[i].name,
	       rows[i].want, growth.p ? (int)growth.n : 7, growth.p ? growth.p : "unknown", found.history.count);
	told[i] = true;
	return good;
}

static uint32_t turn(int kmsg, const pid_t *pid, bool *told)
{
	char buf[8192];
	uint32_t good = 0;
	struct kill_line line;
	struct pollfd fds[1 + HOST_RECORDER_POLLFDS] = {{.fd = kmsg, .events = POLLIN}};
	uint32_t count = host_recorder_pollfds(&recorder, fds + 1);
	struct clock_now now = clock_read();
	uint64_t due = host_recorder_deadline(&recorder);
	poll(fds, 1 + count, due <= now.monotonic_usec ? 0 : due > now.monotonic_usec + 20000 ? 20 : 1);
	now = clock_read();
	host_recorder_dispatch(&recorder, fds + 1, count, now);
	for (ssize_t n; fds[0].revents && ((n = read(kmsg, buf, sizeof(buf))) > 0 || (n < 0 && errno == EPIPE));)
		if (n > 0 && read_kill_line(slice_of(buf, (size_t)n), &line))
			good += judge(&line, pid, told);
	host_recorder_tick(&recorder, now);
	return good;
}

int main(void)
{
	struct own_cgroup cgroup;
	pid_t pid[ARRAY_COUNT(rows)];
	bool told[ARRAY_COUNT(rows)] = {false};
	uint32_t good = 0;
	int kmsg = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (!own_cgroup_open(&cgroup, "recorder-growth"))
		return 77;
	if (kmsg < 0 || lseek(kmsg, 0, SEEK_END) < 0) {
		own_cgroup_close(&cgroup, 0);
		fprintf(stderr, "needs kmsg: /dev/kmsg cannot be read\n");
		return 77;
	}
	for (uint32_t g = 0; g < 3; g++)
		own_cgroup_make(&cgroup, g, 40 * MIB);
	const struct host_recorder_options o = {.proc_fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC),
						.root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC),
						.interval_sec = 1};
	if (host_recorder_open(&recorder, &o, clock_read()) < 0)
		return 1;
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
		pid[i] = start(&cgroup, i);
	uint64_t until = clock_read().monotonic_usec + SECONDS * 1000000ull;
	while (clock_read().monotonic_usec < until && !(told[0] && told[1] && told[2]))
		good += turn(kmsg, pid, told);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		if (rows[i].want && !told[i])
			printf("not ok %zu - %s was killed and known\n", i + 1, rows[i].name);
		kill(pid[i], SIGKILL);
		waitpid(pid[i], NULL, 0);
	}
	printf("1..3\n");
	host_recorder_close(&recorder);
	usleep(100 * 1000);
	own_cgroup_close(&cgroup, 3);
	return good == 3 ? 0 : 1;
}
