/*
 * The listening socket.
 *
 * Kernel fact: bind(2) makes the file with the mode of the socket's own inode,
 * less the umask (af_unix.c unix_bind_bsd, unix_bind in older ones). fchmod() on
 * the unbound socket therefore decides the mode from the first instant, and the
 * umask, which belongs to the whole process, is left alone.
 *
 * The group is read from the file and not asked of NSS: a lookup may go to a
 * network daemon, load foreign code into a root process, and never come back.
 */
#include "sink/socket_listen.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* Connections waiting to be accepted; over it connect(2) of a client waits or says EAGAIN. */
#define BACKLOG 128
/* "name:password:gid:" fits, whatever the member list behind it is. */
#define GROUP_LINE 256

static bool parse_group(struct slice line, struct slice name, gid_t *gid)
{
	uint64_t n;
	struct slice c = line, password;
	if (!take_literal(&c, name) || !take_literal(&c, SLICE(":")) || !take_until(&c, SLICE(":"), &password))
		return false;
	if (!take_u64(&c, &n) || !take_literal(&c, SLICE(":")) || n >= (gid_t)-1)
		return false;
	*gid = (gid_t)n;
	return true;
}

/* Lines of any length pass through a buffer that keeps the front of each. */
static bool find_group(const char *file, struct slice name, gid_t *gid)
{
	char line[GROUP_LINE], chunk[4096];
	size_t kept = 0;
	bool found = false;
	ssize_t n;
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return false;
	while (!found && (n = read(fd, chunk, sizeof(chunk))) > 0) {
		for (ssize_t i = 0; i < n && !found; i++) {
			if (chunk[i] != '\n') {
				if (kept < sizeof(line))
					line[kept++] = chunk[i];
				continue;
			}
			found = parse_group(slice_of(line, kept), name, gid);
			kept = 0;
		}
	}
	if (!found && kept)
		found = parse_group(slice_of(line, kept), name, gid);
	close(fd);
	return found;
}

static int fill_address(const char *path, struct sockaddr_un *a, socklen_t *len)
{
	size_t n = strlen(path);
	if (n == 0)
		return -EINVAL;
	if (n >= sizeof(a->sun_path))
		return -ENAMETOOLONG;
	*a = (struct sockaddr_un){.sun_family = AF_UNIX};
	memcpy(a->sun_path, path, n);
	*len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n + 1);
	return 0;
}

/* 0 when the path is free for bind(2). A stale socket is one that refuses a connection. */
static int clear_path(const char *path, const struct sockaddr_un *a, socklen_t len)
{
	struct stat st;
	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -EEXIST;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	int error = connect(fd, (const struct sockaddr *)a, len) < 0 ? errno : 0;
	close(fd);
	switch (error) {
	case 0:
	case EAGAIN:     /* its queue is full */
	case EPROTOTYPE: /* somebody's socket of another type */
		return -EADDRINUSE;
	case ECONNREFUSED:
		return unlink(path) < 0 && errno != ENOENT ? -errno : 0;
	case ENOENT:
		return 0;
	default:
		return -error;
	}
}

static int bind_at(int fd, const char *path, const struct sockaddr_un *a, socklen_t len,
		   struct sink_socket_place *place)
{
	struct stat st;
	if (fchmod(fd, 0600) < 0 || bind(fd, (const struct sockaddr *)a, len) < 0)
		return -errno;
	if (lstat(path, &st) < 0)
		return -errno;
	*place = (struct sink_socket_place){.dev = st.st_dev, .ino = st.st_ino};
	return 0;
}

/* The group first and its right to connect after it, so that no other group ever has that right. */
static int open_to_group(int fd, const char *path, const char *group, const char *group_file)
{
	gid_t gid;
	if (find_group(group_file, slice_cstr(group), &gid) && lchown(path, (uid_t)-1, gid) < 0)
		return -errno;
	if (chmod(path, 0660) < 0 || listen(fd, BACKLOG) < 0)
		return -errno;
	return 0;
}

int sink_socket_listen_at(const char *path, const char *group, const char *group_file, struct sink_socket_place *place)
{
	struct sockaddr_un a;
	socklen_t len;
	int r = fill_address(path, &a, &len);
	if (r < 0)
		return r;
	r = clear_path(path, &a, len);
	if (r < 0)
		return r;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	r = bind_at(fd, path, &a, len, place);
	if (r == 0) {
		r = open_to_group(fd, path, group, group_file);
		if (r == 0)
			return fd;
		sink_socket_listen_remove(path, place);
	}
	close(fd);
	return r;
}

void sink_socket_listen_remove(const char *path, const struct sink_socket_place *place)
{
	struct stat st;
	if (lstat(path, &st) == 0 && S_ISSOCK(st.st_mode) && st.st_dev == place->dev && st.st_ino == place->ino)
		unlink(path);
}

static bool has_option(int fd, int option, int expected)
{
	int value;
	socklen_t n = sizeof(value);
	return getsockopt(fd, SOL_SOCKET, option, &value, &n) == 0 && value == expected;
}

int sink_socket_listen_check(int fd)
{
	if (!has_option(fd, SO_DOMAIN, AF_UNIX) || !has_option(fd, SO_TYPE, SOCK_STREAM) ||
	    !has_option(fd, SO_ACCEPTCONN, 1))
		return -EINVAL;
	int flags = fcntl(fd, F_GETFL);
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
		return -errno;
	return 0;
}
