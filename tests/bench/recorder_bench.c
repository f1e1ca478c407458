/*
 * What the flight recorder costs.
 *
 *   recorder_bench events [PER_SEC [SECONDS]]  CPU for fork+exec+exit, beside a loop that only receives the same
 * messages recorder_bench memory COUNT                peak RSS and the time of one sampling pass with COUNT more
 * processes, each with a command line of its own recorder_bench idle [SECONDS]              wake-ups and CPU with
 * nothing going on but the rest of the host
 *
 * Figures only, no verdict. Needs root.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "host/recorder.h"

static struct host_recorder recorder;
static struct host_events bare;
static struct host_event event[HOST_EVENTS_BATCH];

/* The smallest program: a libc's start would cost more than what is measured. Exits when it has one argument, else
 * waits. */
static const unsigned char code[] = {
    0x48, 0x83, 0x3c, 0x24, 0x01,             /* cmp qword [rsp], 1 (argc) */
    0x75, 0x09,                               /* jne wait */
    0xb8, 0x3c, 0x00, 0x00, 0x00, 0x31, 0xff, /* mov eax, 60 (exit); xor edi, edi */
    0x0f, 0x05,                               /* syscall */
    0xb8, 0x22, 0x00, 0x00, 0x00,             /* wait: mov eax, 34 (pause) */
    0x0f, 0x05,                               /* syscall */
    0xeb, 0xf7,                               /* jmp wait */
};

static char program[64];

static bool make_program(void)
{
#ifdef __x86_64__
	struct {
		Elf64_Ehdr e;
		Elf64_Phdr p;
		unsigned char code[sizeof(code)];
	} image = {
	    .e = {.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
		  .e_type = ET_EXEC,
		  .e_machine = EM_X86_64,
		  .e_version = EV_CURRENT,
		  .e_entry = 0x400000 + sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr),
		  .e_phoff = sizeof(Elf64_Ehdr),
		  .e_ehsize = sizeof(Elf64_Ehdr),
		  .e_phentsize = sizeof(Elf64_Phdr),
		  .e_phnum = 1},
	    .p = {.p_type = PT_LOAD,
		  .p_flags = PF_R | PF_X,
		  .p_vaddr = 0x400000,
		  .p_filesz = sizeof(image),
		  .p_memsz = sizeof(image),
		  .p_align = 4096},
	};
	memcpy(image.code, code, sizeof(code));
	snprintf(program, sizeof(program), "/tmp/recorder-bench-%d", (int)getpid());
	int fd = open(program, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0700);
	bool good = fd >= 0 && write(fd, &image, sizeof(image)) == (ssize_t)sizeof(image);
	if (fd >= 0)
		close(fd);
	return good;
#else
	fprintf(stderr, "SKIPPED: the load is made by x86-64 code\n");
	return false;
#endif
}

static double cpu_ms(void)
{
	struct rusage u;
	getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e3 +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e3;
}

static void make_load(uint32_t per_sec)
{
	uint64_t began = clock_read().monotonic_usec;
	for (volatile uint64_t done = 0;; done++) {
		uint64_t due = began + done * 1000000 / per_sec, now = clock_read().monotonic_usec;
		if (due > now)
			usleep((useconds_t)(due - now));
		pid_t pid = vfork();
		if (pid == 0) {
			execl(program, program, (char *)NULL);
			_exit(1);
		}
		waitpid(pid, NULL, 0);
	}
}

static pid_t start_load(uint32_t per_sec)
{
	pid_t pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		make_load(per_sec);
	}
	return pid;
}

static void stop(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static uint64_t receive_only(uint64_t until)
{
	uint64_t events = 0;
	while (clock_read().monotonic_usec < until) {
		struct pollfd fd = {.fd = bare.fd, .events = POLLIN};
		uint32_t count;
		if (poll(&fd, 1, 100) > 0 && host_events_take(&bare, event, &count) >= 0)
			events += count;
	}
	return events;
}

static uint64_t turn(void)
{
	struct pollfd fds[HOST_RECORDER_POLLFDS];
	uint32_t count = host_recorder_pollfds(&recorder, fds);
	struct clock_now now = clock_read();
	uint64_t due = host_recorder_deadline(&recorder);
	uint64_t wait = due <= now.monotonic_usec ? 0 : due - now.monotonic_usec;
	poll(fds, count, wait > 1000000 ? 1000 : (int)((wait + 999) / 1000));
	now = clock_read();
	host_recorder_dispatch(&recorder, fds, count, now);
	host_recorder_tick(&recorder, now);
	return now.monotonic_usec;
}

static bool open_recorder(void)
{
	struct host_recorder_options o = {.cmdlines = host_cmdlines_open(),
					  .proc_fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC),
					  .root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC),
					  .interval_sec = 30};
	int error = host_recorder_open(&recorder, &o, clock_read());
	if (error < 0)
		return false;
	while (!host_recorder_ready(&recorder))
		host_recorder_tick(&recorder, clock_read());
	return recorder.mode == HOST_RECORDER_EVENTS;
}

static int measure_events(uint32_t per_sec, uint32_t seconds)
{
	if (!make_program() || host_events_open(&bare) < 0)
		return 77;
	pid_t load = start_load(per_sec);
	double cpu = cpu_ms();
	uint64_t events = receive_only(clock_read().monotonic_usec + (uint64_t)seconds * 1000000);
	double bare_cpu = cpu_ms() - cpu;
	printf("receive only: %llu events/s, %.2f ms of CPU a second\n", (unsigned long long)(events / seconds),
	       bare_cpu / seconds);
	stop(load);
	host_events_close(&bare);

	if (!open_recorder())
		return 77;
	load = start_load(per_sec);
	cpu = cpu_ms();
	uint64_t turns = 0, until = clock_read().monotonic_usec + (uint64_t)seconds * 1000000;
	for (; turn() < until; turns++)
		continue;
	double cost = cpu_ms() - cpu;
	stop(load);
	struct host_recorder_counters c;
	host_recorder_count(&recorder, &c);
	printf("recorder: %llu events/s in %llu turns, %llu reads, %llu looks, lost %llu, %.2f ms of CPU a second: "
	       "%.1f %% of a core, "
	       "%.2f times receiving\n",
	       (unsigned long long)(c.events / seconds), (unsigned long long)(turns / seconds),
	       (unsigned long long)c.reads, (unsigned long long)c.looks, (unsigned long long)c.events_lost,
	       cost / seconds, cost / seconds / 10, cost / bare_cpu);
	return 0;
}

static void start_many(uint32_t count, int ready)
{
	for (volatile uint32_t i = 0; i < count; i++) {
		char own[128];
		snprintf(own, sizeof(own), "--worker=%u --of=%u --data=/srv/some/longer/path/%u/with/parts", i, count,
			 i);
		pid_t pid = vfork();
		if (pid == 0) {
			execl(program, program, own, (char *)NULL);
			_exit(1);
		}
	}
	if (write(ready, "", 1) == 1)
		pause();
}

static int measure_memory(uint32_t count)
{
	int ready[2];
	char byte;
	if (!make_program() || pipe(ready) < 0)
		return 77;
	pid_t group = fork();
	if (group == 0) {
		setpgid(0, 0);
		start_many(count, ready[1]);
	}
	if (read(ready[0], &byte, 1) != 1)
		return 1;
	double cpu = cpu_ms();
	if (!open_recorder())
		return 77;
	printf("first scan %.1f ms of CPU, ", cpu_ms() - cpu);
	uint64_t until = clock_read().monotonic_usec + 3 * 1000 * 1000;
	while (turn() < until)
		continue;
	for (int pass = 0; pass < 3; pass++) {
		recorder.sample_next_usec = 0;
		cpu = cpu_ms();
		do
			host_recorder_tick(&recorder, clock_read());
		while (recorder.sampling);
		printf("pass %.2f ms, ", cpu_ms() - cpu);
	}
	struct host_recorder_counters c;
	struct rusage u;
	host_recorder_count(&recorder, &c);
	getrusage(RUSAGE_SELF, &u);
	printf("%u processes, samples %llu, store %llu kB, peak RSS %ld kB, evicted %llu refused %llu\n", c.live,
	       (unsigned long long)c.samples, (unsigned long long)(c.bytes / 1024), u.ru_maxrss,
	       (unsigned long long)c.evicted, (unsigned long long)c.refused);
	kill(-group, SIGKILL);
	waitpid(group, NULL, 0);
	return 0;
}

static int measure_idle(uint32_t seconds)
{
	if (!open_recorder())
		return 77;
	double cpu = cpu_ms();
	uint64_t turns = 0, until = clock_read().monotonic_usec + (uint64_t)seconds * 1000000;
	for (; turn() < until; turns++)
		continue;
	struct host_recorder_counters c;
	host_recorder_count(&recorder, &c);
	printf("%llu turns in %u s (one a second is this program's own), %llu events, %llu looks, %llu passes, %.2f ms "
	       "of CPU\n",
	       (unsigned long long)turns, seconds, (unsigned long long)c.events, (unsigned long long)c.looks,
	       (unsigned long long)c.passes, cpu_ms() - cpu);
	return 0;
}

static int run(const char *what, uint32_t a, uint32_t b)
{
	int result = 2;
	if (!strcmp(what, "events"))
		result = measure_events(a ? a : 2000, b ? b : 5);
	else if (!strcmp(what, "memory"))
		result = measure_memory(a ? a : 1000);
	else if (!strcmp(what, "idle"))
		result = measure_idle(a ? a : 60);
	if (recorder.memory)
		host_recorder_close(&recorder);
	if (program[0])
		unlink(program);
	return result;
}

/* Each in a process of its own, so that a peak is its own. */
static int run_all(void)
{
	static const struct {
		const char *what;
		uint32_t a;
	} rows[] = {{"events", 2000}, {"events", 300},  {"memory", 200},
		    {"memory", 1000}, {"memory", 9900}, {"idle", 20}};
	int worst = 0;
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		int status;
		pid_t pid = fork();
		if (pid == 0) {
			printf("%s %u: ", rows[i].what, rows[i].a);
			int result = run(rows[i].what, rows[i].a, 0);
			fflush(stdout);
			_exit(result);
		}
		waitpid(pid, &status, 0);
		if (WEXITSTATUS(status) > worst)
			worst = WEXITSTATUS(status);
	}
	return worst;
}

int main(int argc, char **argv)
{
	if (geteuid() != 0) {
		printf("needs root: process events\n");
		return 77;
	}
	if (argc < 2)
		return run_all();
	return run(argv[1], argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 0,
		   argc > 3 ? (uint32_t)strtoul(argv[3], NULL, 10) : 0);
}
