/*
 * Preloaded into the daemon: counts its allocations in a file that a test reads while it runs
 * (OOMWATCHD_ALLOCATIONS=path of a file of 8 bytes or more). Memory it maps itself counts too.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

extern void *__libc_malloc(size_t n);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *p, size_t n);
extern void *__libc_memalign(size_t alignment, size_t n);

void *malloc(size_t n);
void *calloc(size_t n, size_t size);
void *realloc(void *p, size_t n);
void *memalign(size_t alignment, size_t n);
void *aligned_alloc(size_t alignment, size_t n);
int posix_memalign(void **p, size_t alignment, size_t n);

static uint64_t before_main;
static uint64_t *count = &before_main;

__attribute__((constructor)) static void open_count(void)
{
	const char *path = getenv("OOMWATCHD_ALLOCATIONS");
	int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
	if (fd < 0)
		return;
	/* 0L: of a variadic int the kernel would see whatever stands beside it */
	void *p = (void *)syscall(SYS_mmap, NULL, sizeof(*count), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0L);
	if (p != MAP_FAILED)
		count = p;
	close(fd);
}

static void counted(void)
{
	__atomic_add_fetch(count, 1, __ATOMIC_RELAXED);
}

void *malloc(size_t n)
{
	counted();
	return __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
	counted();
	return __libc_calloc(n, size);
}

void *realloc(void *p, size_t n)
{
	counted();
	return __libc_realloc(p, n);
}

void *memalign(size_t alignment, size_t n)
{
	counted();
	return __libc_memalign(alignment, n);
}

void *aligned_alloc(size_t alignment, size_t n)
{
	return memalign(alignment, n);
}

int posix_memalign(void **p, size_t alignment, size_t n)
{
	*p = memalign(alignment, n);
	return *p ? 0 : 12;
}

void *mmap(void *at, size_t n, int prot, int flags, int fd, off_t offset)
{
	counted();
	return (void *)syscall(SYS_mmap, at, n, prot, flags, fd, offset);
}
