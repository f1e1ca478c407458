/*
 * The only file that knows sd-daemon.
 *
 * sd_notify() blocks while PID 1 does not read, which is to be expected of it when
 * memory is short, and the kernel's ring waits for nobody. What is said is therefore
 * sent here, and given up when it would block.
 */
#include "app/notify.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "base/text.h"

/* Two pieces of one message; with sd_notify()'s protocol. True too when there is nobody to tell. */
static bool tell(const char *head, const char *tail)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t n = path ? strlen(path) : 0;
	if (n < 2 || n > sizeof(address.sun_path) || (path[0] != '/' && path[0] != '@'))
		return true;
	memcpy(address.sun_path, path, n);
	if (path[0] == '@')
		address.sun_path[0] = '\0';
	char buf[256];
	struct text t = text_on(buf, sizeof(buf));
	text_add(&t, slice_cstr(head));
	text_add(&t, slice_cstr(tail));
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return false;
	ssize_t sent = sendto(fd, t.p, t.n, MSG_NOSIGNAL, (const struct sockaddr *)&address,
			      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n));
	bool later = sent < 0 && (errno == EAGAIN || errno == ENOBUFS || errno == ENOMEM);
	close(fd);
	return !later;
}

bool app_notify_ready(const char *status)
{
	return tell("READY=1\nSTATUS=", status);
}

bool app_notify_status(const char *status)
{
	return tell("STATUS=", status);
}

void app_notify_stopping(void)
{
	(void)tell("STOPPING=1", "");
}

bool app_notify_reloading(uint64_t monotonic_usec)
{
	char number[24];
	struct text t = text_on(number, sizeof(number));
	text_addf(&t, "%llu", (unsigned long long)monotonic_usec);
	return tell("RELOADING=1\nMONOTONIC_USEC=", text_cstr(&t));
}

uint64_t app_notify_watchdog_interval(void)
{
	uint64_t usec = 0;
	return sd_watchdog_enabled(0, &usec) > 0 ? usec / 2 : 0;
}

bool app_notify_watchdog(void)
{
	return tell("WATCHDOG=1", "");
}

int app_notify_listen_fd(void)
{
	int n = sd_listen_fds(1);
	for (int fd = SD_LISTEN_FDS_START; fd < SD_LISTEN_FDS_START + n; fd++)
		if (sd_is_socket_unix(fd, SOCK_STREAM, 1, NULL, 0) > 0)
			return fd;
	return -1;
}
