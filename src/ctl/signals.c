/* ppoll(2) with the signals let in is the one place where they can arrive. */
#include "ctl/signals.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <time.h>

static volatile sig_atomic_t interrupted;
static sigset_t outside; /* the mask the program was started with */
static bool caught;

static void on_signal(int sig)
{
	(void)sig;
	interrupted = 1;
}

void ctl_catch_signals(void)
{
	struct sigaction sa = {.sa_handler = on_signal};
	sigset_t ours;
	sigemptyset(&ours);
	sigaddset(&ours, SIGINT);
	sigaddset(&ours, SIGTERM);
	sigprocmask(SIG_BLOCK, &ours, &outside);
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	caught = true;
}

bool ctl_interrupted(void)
{
	return interrupted;
}

void ctl_release_signals(void)
{
	if (!caught)
		return;
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	sigprocmask(SIG_SETMASK, &outside, NULL);
}

int ctl_poll(int fd, short events, int64_t ms)
{
	struct pollfd p = {.fd = fd, .events = events};
	struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
	if (interrupted) {
		errno = EINTR;
		return -1;
	}
	return ppoll(&p, fd >= 0, ms < 0 ? NULL : &t, caught ? &outside : NULL);
}
