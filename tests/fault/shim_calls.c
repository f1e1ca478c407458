/*
 * Preloaded into the daemon: makes the nth system call of a kind, or the nth allocation, fail, or ends the process in
 * its midst. A test says which in a file that both have mapped (OOMWATCHD_FAULT=path of a file of a page), before the
 * start or at any moment after it. Reads and polls, say, are counted whoever in the process makes them.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

/* As in test_syscalls.py. */
enum call { READ = 1, WRITE, OPEN, RENAME, POLL, SENDMSG, SEND, RECV, SOCKET, CONNECT, ACCEPT, UNLINK, MALLOC, MMAP };
enum action { FAIL, DIE, DIE_HALFWAY };

struct order {
	uint32_t call, action;
	int32_t error;
	int32_t countdown; /* at 1 it happens */
	uint32_t done;
};

static struct order none;
static struct order *order = &none;

__attribute__((constructor)) static void take_orders(void)
{
	const char *path = getenv("OOMWATCHD_FAULT");
	int fd = path ? (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC, 0) : -1;
	if (fd < 0)
		return;
	void *p = (void *)syscall(SYS_mmap, NULL, sizeof(*order), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0L);
	if (p != MAP_FAILED)
		order = p;
	close(fd);
}

static int is_due(enum call call)
{
	if (__atomic_load_n(&order->call, __ATOMIC_ACQUIRE) != call ||
	    __atomic_fetch_sub(&order->countdown, 1, __ATOMIC_RELAXED) != 1)
		return 0;
	__atomic_add_fetch(&order->done, 1, __ATOMIC_RELEASE);
	if (order->action == DIE)
		syscall(SYS_kill, getpid(), SIGKILL);
	return 1;
}

static int fails(enum call call)
{
	if (!is_due(call))
		return 0;
	errno = order->error;
	return 1;
}

ssize_t read(int fd, void *p, size_t n)
{
	return fails(READ) ? -1 : syscall(SYS_read, fd, p, n);
}

ssize_t __read_chk(int fd, void *p, size_t n, size_t room);
ssize_t __read_chk(int fd, void *p, size_t n, size_t room)
{
	if (n > room)
		abort();
	return read(fd, p, n);
}

ssize_t write(int fd, const void *p, size_t n)
{
	if (!is_due(WRITE))
		return syscall(SYS_write, fd, p, n);
	if (order->action == DIE_HALFWAY) {
		syscall(SYS_write, fd, p, n / 2);
		syscall(SYS_kill, getpid(), SIGKILL);
	}
	errno = order->error;
	return -1;
}

ssize_t writev(int fd, const struct iovec *v, int n)
{
	return fails(WRITE) ? -1 : syscall(SYS_writev, fd, v, (long)n);
}

int openat(int at, const char *path, int flags, ...)
{
	va_list args;
	va_start(args, flags);
	long mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(args, int) : 0;
	va_end(args);
	return fails(OPEN) ? -1 : (int)syscall(SYS_openat, (long)at, path, (long)flags, mode);
}

int open(const char *path, int flags, ...)
{
	va_list args;
	va_start(args, flags);
	int mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(args, int) : 0;
	va_end(args);
	return openat(AT_FDCWD, path, flags, mode);
}

int __openat_2(int at, const char *path, int flags);
int __openat_2(int at, const char *path, int flags)
{
	return openat(at, path, flags, 0);
}

int __open_2(const char *path, int flags);
int __open_2(const char *path, int flags)
{
	return openat(AT_FDCWD, path, flags, 0);
}

int renameat(int from_at, const char *from, int to_at, const char *to);
int rename(const char *from, const char *to);

int renameat(int from_at, const char *from, int to_at, const char *to)
{
	return fails(RENAME) ? -1 : (int)syscall(SYS_renameat2, (long)from_at, from, (long)to_at, to, 0L);
}

int rename(const char *from, const char *to)
{
	return renameat(AT_FDCWD, from, AT_FDCWD, to);
}

int unlink(const char *path)
{
	return fails(UNLINK) ? -1 : (int)syscall(SYS_unlinkat, (long)AT_FDCWD, path, 0L);
}

int poll(struct pollfd *fds, nfds_t n, int msec)
{
	struct timespec t = {.tv_sec = msec / 1000, .tv_nsec = msec % 1000 * 1000000L};
	if (fails(POLL))
		return -1;
	return (int)syscall(SYS_ppoll, fds, (long)n, msec < 0 ? NULL : &t, NULL, 0L);
}

int __poll_chk(struct pollfd *fds, nfds_t n, int msec, size_t room);
int __poll_chk(struct pollfd *fds, nfds_t n, int msec, size_t room)
{
	if (n > room / sizeof(*fds))
		abort();
	return poll(fds, n, msec);
}

ssize_t sendmsg(int fd, const struct msghdr *m, int flags)
{
	return fails(SENDMSG) ? -1 : syscall(SYS_sendmsg, (long)fd, m, (long)flags);
}

ssize_t send(int fd, const void *p, size_t n, int flags)
{
	return fails(SEND) ? -1 : syscall(SYS_sendto, (long)fd, p, n, (long)flags, NULL, 0L);
}

ssize_t recv(int fd, void *p, size_t n, int flags)
{
	return fails(RECV) ? -1 : syscall(SYS_recvfrom, (long)fd, p, n, (long)flags, NULL, NULL);
}

int socket(int domain, int type, int protocol)
{
	return fails(SOCKET) ? -1 : (int)syscall(SYS_socket, (long)domain, (long)type, (long)protocol);
}

int connect(int fd, const struct sockaddr *a, socklen_t n)
{
	return fails(CONNECT) ? -1 : (int)syscall(SYS_connect, (long)fd, a, (long)n);
}

int accept4(int fd, struct sockaddr *a, socklen_t *n, int flags)
{
	return fails(ACCEPT) ? -1 : (int)syscall(SYS_accept4, (long)fd, a, n, (long)flags);
}

void *mmap(void *at, size_t n, int prot, int flags, int fd, off_t offset)
{
	return fails(MMAP) ? MAP_FAILED : (void *)syscall(SYS_mmap, at, n, (long)prot, (long)flags, (long)fd, offset);
}

extern void *__libc_malloc(size_t n);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *p, size_t n);

void *malloc(size_t n)
{
	return fails(MALLOC) ? NULL : __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
	return fails(MALLOC) ? NULL : __libc_calloc(n, size);
}

void *realloc(void *p, size_t n)
{
	return fails(MALLOC) ? NULL : __libc_realloc(p, n);
}
