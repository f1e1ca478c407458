#include "app/state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"

#define FILE_NAME "cursor"
#define FILE_NEW "cursor.new"
#define FILE_BAD "cursor.bad"
#define HEAD "oomwatchd 1 boot_id="

int app_state_open(const char *dir)
{
	if (mkdir(dir, 0750) < 0 && errno != EEXIST)
		return -errno;
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* " name=digits" */
static bool take_number(struct slice *c, struct slice name, uint64_t *out)
{
	struct slice rest = *c;
	if (!take_literal(&rest, SLICE(" ")) || !take_literal(&rest, name) || !take_literal(&rest, SLICE("=")) ||
	    !take_u64(&rest, out))
		return false;
	*c = rest;
	return true;
}

static bool parse(struct slice c, struct app_state *out)
{
	struct app_state s = {0};
	struct slice id;
	if (!take_literal(&c, SLICE(HEAD)) || c.n < sizeof(s.boot_id))
		return false;
	id = slice_sub(c, 0, sizeof(s.boot_id) - 1);
	c = slice_sub(c, id.n, c.n);
	for (size_t i = 0; i < id.n; i++)
		if (!((id.p[i] >= '0' && id.p[i] <= '9') || (id.p[i] >= 'a' && id.p[i] <= 'f')))
			return false;
	memcpy(s.boot_id, id.p, id.n);
	if (!take_number(&c, SLICE("kill"), &s.kill) || !take_number(&c, SLICE("from"), &s.from) ||
	    !take_number(&c, SLICE("read"), &s.read) || !take_number(&c, SLICE("stamp"), &s.stamp))
		return false;
	s.counted = take_number(&c, SLICE("kernel"), &s.kernel);
	s.timed = take_literal(&c, SLICE(" clock="));
	if (s.timed && !take_i64(&c, &s.distance))
		return false;
	if (!slice_eq(c, SLICE("\n")) || s.from > s.read || s.kill > s.read)
		return false;
	*out = s;
	return true;
}

int app_state_load(int dir_fd, struct app_state *out)
{
	int fd = openat(dir_fd, FILE_NAME, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return APP_STATE_NONE;
	if (fd < 0 && errno != ELOOP)
		return -errno;
	char buf[256];
	ssize_t n = fd < 0 ? -1 : read(fd, buf, sizeof(buf));
	if (fd >= 0)
		close(fd);
	if (n >= 0 && parse(slice_of(buf, (size_t)n), out))
		return APP_STATE_LOADED;
	/* Set aside for whoever wants to know; a name that cannot be moved is overwritten by the next save. */
	(void)renameat(dir_fd, FILE_NAME, dir_fd, FILE_BAD);
	return APP_STATE_BAD;
}

int app_state_save(int dir_fd, const struct app_state *s)
{
	char buf[256];
	struct text t = text_on(buf, sizeof(buf));
	text_addf(&t, HEAD "%s kill=%llu from=%llu read=%llu stamp=%llu", s->boot_id, (unsigned long long)s->kill,
		  (unsigned long long)s->from, (unsigned long long)s->read, (unsigned long long)s->stamp);
	if (s->counted)
		text_addf(&t, " kernel=%llu", (unsigned long long)s->kernel);
	if (s->timed)
		text_addf(&t, " clock=%lld", (long long)s->distance);
	text_add(&t, SLICE("\n"));
	int fd = openat(dir_fd, FILE_NEW, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0640);
	if (fd < 0)
		return -errno;
	ssize_t written = write(fd, t.p, t.n);
	int err = written < 0 ? errno : (size_t)written != t.n ? ENOSPC : 0;
	if (close(fd) < 0 && !err)
		err = errno;
	if (!err && renameat(dir_fd, FILE_NEW, dir_fd, FILE_NAME) < 0)
		err = errno;
	return -err;
}
