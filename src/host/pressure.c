/*
 * PSI triggers (psi_trigger_create, kernel/sched/psi.c): "some STALL WINDOW"
 * written with its NUL, POLLPRI from then on. A trigger ends with POLLERR when
 * its source goes away. Tasks that wait in a memory cgroup's own reclaim count
 * here too (try_charge_memcg enters psi_memstall), so a small cgroup that thrashes is seen.
 */
#include "host/pressure.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/text.h"

int host_pressure_open(int proc_fd)
{
	char storage[64];
	struct text trigger = text_on(storage, sizeof(storage));
	text_addf(&trigger, "some %d %d", HOST_PRESSURE_STALL_USEC, HOST_PRESSURE_WINDOW_USEC);
	int fd = openat(proc_fd, "pressure/memory", O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	if (write(fd, text_cstr(&trigger), trigger.n + 1) < 0) {
		int error = -errno;
		close(fd);
		return error;
	}
	return fd;
}

enum host_pressure host_pressure_read(short revents)
{
	if (revents & (POLLERR | POLLNVAL))
		return HOST_PRESSURE_BROKEN;
	return revents & POLLPRI ? HOST_PRESSURE_SHORT : HOST_PRESSURE_NONE;
}
