/* Lines out of a file. What was peeked at to know the compression is given to the tool by a small child of our own. */
#include "ctl/input.h"
#include "ctl/say.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* What must go through another program before it is lines: told by its first bytes. */
static const struct filter {
	const char *argv[6];
	size_t n;
	const char *magic;
} filters[] = {
    {{"gzip", "-dc"}, 2, "\x1f\x8b"},
    {{"xz", "-dc"},
     6,
     "\xfd"
     "7zXZ\0"},
    {{"zstd", "-dc"}, 4, "\x28\xb5\x2f\xfd"},
    {{"bzip2", "-dc"}, 3, "BZh"},
    /* A log that went through PowerShell's ">". */
    {{"iconv", "-c", "-f", "UTF-16", "-t", "UTF-8"}, 2, "\xff\xfe"},
    {{"iconv", "-c", "-f", "UTF-16", "-t", "UTF-8"}, 2, "\xfe\xff"},
};

static ssize_t read_some(int fd, char *p, size_t n)
{
	ssize_t got;
	do
		got = read(fd, p, n);
	while (got < 0 && errno == EINTR);
	return got;
}

static void fill(struct ctl_input *in, size_t want)
{
	if (in->from && (in->from == in->to || in->to == CTL_INPUT_SAMPLE)) {
		memmove(in->buffer, in->buffer + in->from, in->to - in->from);
		in->to -= in->from;
		in->from = 0;
	}
	while (!in->eof && in->to - in->from < want && in->to < CTL_INPUT_SAMPLE) {
		ssize_t n = read_some(in->fd, in->buffer + in->to, CTL_INPUT_SAMPLE - in->to);
		if (n <= 0) {
			in->error = n < 0 ? -errno : 0;
			in->eof = true;
			return;
		}
		in->to += (size_t)n;
		in->bytes += (uint64_t)n;
	}
}

/* A child that writes what was peeked at, then the rest of `fd`. */
static void feed_tool(const struct ctl_input *in, int to)
{
	const char *p = in->buffer;
	size_t n = in->to;
	char rest[65536];
	for (;;) {
		while (n) {
			ssize_t w = write(to, p, n);
			if (w < 0 && errno == EINTR)
				continue;
			if (w < 0)
				_exit(errno == EPIPE ? 0 : 1);
			p += w;
			n -= (size_t)w;
		}
		ssize_t got = read_some(in->fd, rest, sizeof(rest));
		if (got <= 0)
			_exit(got < 0);
		p = rest;
		n = (size_t)got;
	}
}

static void exec_filter(const struct filter *filter)
{
	const char *argv[ARRAY_COUNT(filter->argv) + 1] = {NULL};
	/* What it would complain about is said in our own words. */
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (null >= 0)
		dup2(null, STDERR_FILENO);
	memcpy(argv, filter->argv, sizeof(filter->argv));
	execvp(argv[0], (char *const *)argv);
	_exit(127);
}

static int unpack(struct ctl_input *in, const struct filter *filter)
{
	int raw[2], plain[2];
	if (pipe2(raw, O_CLOEXEC) < 0)
		return -errno;
	if (pipe2(plain, O_CLOEXEC) < 0) {
		int saved = errno;
		close(raw[0]);
		close(raw[1]);
		return -saved;
	}
	in->feeder = fork();
	if (in->feeder == 0) {
		close(raw[0]);
		close(plain[0]);
		close(plain[1]);
		feed_tool(in, raw[1]);
	}
	in->tool = fork();
	if (in->tool == 0) {
		if (dup2(raw[0], STDIN_FILENO) < 0 || dup2(plain[1], STDOUT_FILENO) < 0)
			_exit(126);
		exec_filter(filter);
	}
	close(raw[0]);
	close(raw[1]);
	close(plain[1]);
	close(in->fd);
	in->fd = plain[0];
	in->tool_name = filter->argv[0];
	in->from = in->to = 0;
	in->bytes = 0;
	in->eof = false;
	return in->feeder < 0 || in->tool < 0 ? -EAGAIN : 0;
}

static int give_up(struct ctl_input *in, int error)
{
	ctl_say("%s: %s", in->path, strerror(-error));
	in->error = 0;
	ctl_input_close(in);
	return 1;
}

int ctl_input_open(struct ctl_input *in, const char *path)
{
	struct stat st;
	bool is_stdin = strcmp(path, "-") == 0;
	*in = (struct ctl_input){.fd = -1, .path = is_stdin ? "standard input" : path};
	in->buffer = malloc(CTL_INPUT_SAMPLE);
	if (!in->buffer)
		return give_up(in, -ENOMEM);
	in->fd = is_stdin ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3) : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (in->fd < 0 || fstat(in->fd, &st) < 0)
		return give_up(in, -errno);
	if (S_ISDIR(st.st_mode))
		return give_up(in, -EISDIR);
	fill(in, 8);
	for (size_t i = 0; i < ARRAY_COUNT(filters); i++)
		if (slice_starts(ctl_input_sample(in), slice_of(filters[i].magic, filters[i].n))) {
			int error = unpack(in, &filters[i]);
			if (error < 0)
				return give_up(in, error);
			break;
		}
	fill(in, CTL_INPUT_SAMPLE);
	if (in->error)
		return give_up(in, in->error);
	return 0;
}

struct slice ctl_input_sample(const struct ctl_input *in)
{
	return slice_of(in->buffer + in->from, in->to - in->from);
}

bool ctl_input_line(struct ctl_input *in, struct slice *line)
{
	for (;;) {
		struct slice have = ctl_input_sample(in);
		size_t n = slice_find(have, SLICE("\n"));
		if (n == SLICE_NPOS && !in->eof && have.n <= CTL_INPUT_LINE) {
			fill(in, have.n + 1);
			continue;
		}
		if (n == SLICE_NPOS && have.n == 0)
			return false;
		bool whole = n != SLICE_NPOS || in->eof;
		if (n == SLICE_NPOS)
			n = have.n;
		in->from += n + (whole && n < have.n);
		bool tail = in->cutting; /* the rest of a line whose front was handed out */
		in->cutting = !whole;
		if (tail)
			continue;
		in->cut_lines += !whole || n > CTL_INPUT_LINE;
		*line = slice_sub(have, 0, n < CTL_INPUT_LINE ? n : CTL_INPUT_LINE);
		return true;
	}
}

static int wait_for(pid_t pid)
{
	int status;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return status;
}

int ctl_input_close(struct ctl_input *in)
{
	int rc = 0;
	if (in->error) {
		ctl_say("%s: %s", in->path, strerror(-in->error));
		rc = 1;
	}
	bool to_the_end = in->eof && in->from == in->to;
	if (in->fd >= 0)
		close(in->fd);
	if (in->feeder > 0) {
		if (!to_the_end)
			kill(in->feeder, SIGKILL);
		wait_for(in->feeder);
	}
	if (in->tool > 0) {
		int status = wait_for(in->tool);
		if (WIFEXITED(status) && WEXITSTATUS(status) == 127) {
			ctl_say("%s must go through %s to be read, and that is not installed", in->path, in->tool_name);
			rc = 1;
		} else if (to_the_end && status != 0) {
			ctl_say("%s: %s could not read all of it: torn, or not what its first bytes say", in->path,
				in->tool_name);
		}
	}
	free(in->buffer);
	*in = (struct ctl_input){.fd = -1};
	return rc;
}
