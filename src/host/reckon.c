#include "host/reckon.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/slice.h"

uint64_t host_reckon_check(struct host_reckon *r, uint64_t now_usec, uint64_t kernel, uint64_t lines)
{
	int64_t distance = (int64_t)(kernel - lines);
	bool fell = kernel < r->kernel_seen;
	if (!fell)
		r->kernel_seen = kernel;
	if (!r->based) {
		r->based = true;
		r->base = distance;
		r->kernel_base = kernel;
		r->lines_base = lines;
		return 0;
	}
	if (distance == r->base || (distance < r->base && !fell)) {
		r->base = distance; /* lower: the base was taken between a count and its line */
		r->suspect = false;
		return 0;
	}
	if (!r->suspect || distance != r->suspect_distance) {
		r->suspect = true;
		r->suspect_distance = distance;
		r->suspect_since = now_usec;
		return 0;
	}
	if (now_usec - r->suspect_since < HOST_RECKON_PATIENCE_USEC)
		return 0;
	uint64_t unseen = distance > r->base ? (uint64_t)(distance - r->base) : 0;
	r->kernel_seen = kernel;
	r->base = distance;
	r->suspect = false;
	return unseen;
}

void host_reckon_resume(struct host_reckon *r, uint64_t kernel)
{
	*r = (struct host_reckon){.based = true, .base = (int64_t)kernel, .kernel_base = kernel, .kernel_seen = kernel};
}

bool host_reckon_expected(const struct host_reckon *r, uint64_t lines, uint64_t *kernel)
{
	if (r->based)
		*kernel = (uint64_t)r->base + lines;
	return r->based;
}

uint64_t host_reckon_deadline(const struct host_reckon *r)
{
	return r->suspect ? r->suspect_since + HOST_RECKON_PATIENCE_USEC : UINT64_MAX;
}

bool host_reckon_read(int proc_fd, uint64_t *kernel)
{
	int fd = openat(proc_fd, "vmstat", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	char buf[16384]; /* about 6 kB on 7.x */
	size_t n = 0;
	for (ssize_t got; n < sizeof(buf) && (got = read(fd, buf + n, sizeof(buf) - n)) > 0;)
		n += (size_t)got;
	close(fd);
	struct slice c = slice_of(buf, n), line;
	while (take_line(&c, &line))
		if (take_literal(&line, SLICE("oom_kill ")))
			return slice_to_u64(line, kernel);
	return false;
}
