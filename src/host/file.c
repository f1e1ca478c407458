/*
 * Bounded reads. A seq_file of /proc may give less than was asked for and go on
 * at the next read (seq_read_iter fills at most what its buffer holds), so one
 * read() is not the file: read until it says 0 or the buffer is full.
 */
#include "host/file.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static ssize_t read_again(int fd, char *buf, size_t n)
{
	ssize_t got;
	do {
		got = read(fd, buf, n);
	} while (got < 0 && errno == EINTR);
	return got < 0 ? -errno : got;
}

static ssize_t fill(int fd, char *buf, size_t cap, bool *more)
{
	size_t n = 0;
	while (n < cap) {
		ssize_t got = read_again(fd, buf + n, cap - n);
		if (got < 0 && n == 0)
			return got;
		if (got <= 0) {
			*more = got < 0;
			return (ssize_t)n;
		}
		n += (size_t)got;
	}
	char next;
	*more = read_again(fd, &next, 1) != 0;
	return (ssize_t)n;
}

ssize_t host_file_read(int dir_fd, const char *path, char *buf, size_t cap, bool *more)
{
	*more = false;
	int fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	ssize_t n = fill(fd, buf, cap, more);
	close(fd);
	return n;
}

struct slice host_file_lines(int dir_fd, const char *path, char *buf, size_t cap)
{
	bool more;
	ssize_t n = host_file_read(dir_fd, path, buf, cap, &more);
	if (n < 0)
		return SLICE_NONE;
	struct slice text = slice_of(buf, (size_t)n);
	if (!more)
		return text;
	size_t end = slice_rfind(text, SLICE("\n"));
	return slice_sub(text, 0, end == SLICE_NPOS ? 0 : end + 1);
}
