/*
 * Memory of the sinks. Mapped, not malloc'ed, so that the worst case (a full
 * queue) is promised at start and paid for only while it lasts. Huge pages are
 * refused: with transparent_hugepage=always one byte would cost 2 MiB.
 */
#include "sink/storage.h"

#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

/* linux/mman.h; not in every C library yet */
#ifndef MADV_DONTNEED_LOCKED
#define MADV_DONTNEED_LOCKED 24
#endif

void *sink_storage_map(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return NULL;
	int saved = errno;
	(void)madvise(p, size, MADV_NOHUGEPAGE); /* EINVAL on a kernel without huge pages */
	errno = saved;
	return p;
}

void sink_storage_unmap(void *p, size_t size)
{
	if (p)
		munmap(p, size);
}

void sink_storage_forget(void *p, size_t size)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t from = ((uintptr_t)p + page - 1) & ~(page - 1);
	uintptr_t to = ((uintptr_t)p + size) & ~(page - 1);
	int saved = errno;
	char *pages = (char *)p + (from - (uintptr_t)p);
	/* Locked pages are refused with EINVAL; before 5.18 they stay. */
	if (from < to && madvise(pages, to - from, MADV_DONTNEED) < 0)
		(void)madvise(pages, to - from, MADV_DONTNEED_LOCKED);
	errno = saved;
}
