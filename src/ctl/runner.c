/* --exec. The event's bytes reach the command only through its stdin: never as words of a shell. */
#include "ctl/runner.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "ctl/say.h"
#include "ctl/signals.h"

#define NOBODY 65534

static void child(const char *command, int input)
{
	setpgid(0, 0);
	if (dup2(input, STDIN_FILENO) < 0)
		_exit(126);
	if (geteuid() == 0 &&
	    (setgroups(0, NULL) < 0 || setresgid(NOBODY, NOBODY, NOBODY) < 0 || setresuid(NOBODY, NOBODY, NOBODY) < 0))
		_exit(126);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	signal(SIGPIPE, SIG_DFL);
	ctl_release_signals();
	execl("/bin/sh", "sh", "-c", command, (char *)NULL);
	_exit(127);
}

static int64_t now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Writes as the command reads; returns when all is written, it stopped reading, or time is up. */
static void write_input(int fd, struct slice input, int64_t deadline)
{
	while (input.n) {
		int64_t left = deadline - now_ms();
		if (left <= 0 || ctl_poll(fd, POLLOUT, left) < 0)
			return;
		ssize_t n = write(fd, input.p, input.n);
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return;
		if (n > 0)
			input = slice_sub(input, (size_t)n, input.n);
	}
}

/* Its exit status, or -1 when it was ended: time was up, or somebody asked us to stop. */
static int wait_until(pid_t pid, int64_t deadline)
{
	int status;
	for (;;) {
		pid_t got = waitpid(pid, &status, WNOHANG);
		if (got == pid)
			return status;
		if ((got < 0 && errno != EINTR) || now_ms() >= deadline || ctl_interrupted())
			break;
		ctl_poll(-1, 0, 10);
	}
	kill(-pid, SIGKILL);
	kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return -1;
}

bool ctl_runner_run(const char *command, struct slice input)
{
	int fd[2];
	int64_t deadline = now_ms() + CTL_RUNNER_SECONDS * 1000;
	signal(SIGPIPE, SIG_IGN); /* a command need not read its input */
	if (pipe2(fd, O_CLOEXEC) < 0) {
		ctl_say("--exec: %s", strerror(errno));
		return false;
	}
	pid_t pid = fork();
	if (pid == 0)
		child(command, fd[0]);
	close(fd[0]);
	if (pid < 0) {
		ctl_say("--exec: %s", strerror(errno));
		close(fd[1]);
		return false;
	}
	fcntl(fd[1], F_SETFL, O_NONBLOCK);
	write_input(fd[1], input, deadline);
	write_input(fd[1], SLICE("\n"), deadline);
	close(fd[1]);
	int status = wait_until(pid, deadline);
	if (status == 0)
		return true;
	if (status < 0 && ctl_interrupted())
		ctl_say("--exec: ended, as this program was asked to stop");
	else if (status < 0)
		ctl_say("--exec: ended after %d seconds", CTL_RUNNER_SECONDS);
	else if (WIFEXITED(status))
		ctl_say("--exec: exit status %d", WEXITSTATUS(status));
	else
		ctl_say("--exec: killed by signal %d", WTERMSIG(status));
	return false;
}
