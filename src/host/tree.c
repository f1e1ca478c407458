/*
 * The walk.
 *
 * Why not openat2(RESOLVE_IN_ROOT): it keeps links inside, but says nothing
 * about who owns what it passed through, so the elements have to be visited one
 * by one anyway; and before Linux 5.6, or under a seccomp filter that does not
 * know it, the walk would be needed as well. One way for all is one way to test.
 *
 * An element is first opened with O_PATH | O_NOFOLLOW, which neither waits nor
 * touches a driver nor triggers an automount, and looked at through that
 * descriptor. Going up with ".." is safe because the walk stands in a real
 * directory, never behind a link; it stops at the root.
 *
 * In a user's tree every element's file system is asked for first, of /proc: one
 * that may not answer is not entered. What root mounted below the system's own
 * directories is root's choice.
 *
 * A link is read as text and its target takes its place in the path still to be
 * walked. A "magic" link of /proc is thereby only text as well.
 */
#include "host/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "host/mount.h"

struct walk {
	int root_fd;
	struct host_trust trust;
	int fd; /* the directory the walk stands in; root_fd is borrowed, any other is ours */
	struct stat at;
	unsigned int links;
	int root_mount, mount;     /* mounts known to be good, when a user's tree is walked */
	char path[HOST_TREE_PATH]; /* what is still to be walked, from `next` to the end */
	size_t next;
};

static bool owner_believed(const struct host_trust *t, const struct stat *st)
{
	return st->st_uid == t->root_uid || (t->user && st->st_uid == t->uid);
}

/* A directory's content may be put there by those who may write it; a sticky one does not help, new names are enough.
 */
static bool directory_believed(const struct host_trust *t, const struct stat *st)
{
	mode_t writable = t->user || t->group_writes_dir ? S_IWOTH : S_IWGRP | S_IWOTH;
	return owner_believed(t, st) && !(st->st_mode & writable);
}

static bool file_believed(const struct host_trust *t, const struct stat *st)
{
	if (t->user)
		return st->st_uid == t->uid && !(st->st_mode & S_IWOTH);
	return st->st_uid == t->root_uid && !(st->st_mode & (S_IWGRP | S_IWOTH));
}

static void step_into(struct walk *w, int fd)
{
	if (w->fd != w->root_fd)
		close(w->fd);
	w->fd = fd;
}

static int at_root(const struct walk *w, bool *yes)
{
	struct stat here, root;
	if (fstat(w->fd, &here) < 0 || fstat(w->root_fd, &root) < 0)
		return -errno;
	*yes = here.st_dev == root.st_dev && here.st_ino == root.st_ino;
	return 0;
}

static int step_up(struct walk *w)
{
	bool top;
	int r = at_root(w, &top);
	if (r < 0 || top)
		return r;
	int fd = openat(w->fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	step_into(w, fd);
	return 0;
}

/* Puts the target of the link `fd` before what is left of the path. */
static int follow(struct walk *w, int fd)
{
	char target[HOST_TREE_PATH];
	if (++w->links > HOST_TREE_LINKS)
		return -ELOOP;
	ssize_t n = readlinkat(fd, "", target, sizeof(target));
	if (n < 0)
		return -errno;
	size_t rest = strlen(w->path + w->next);
	if (n == 0 || (size_t)n + 1 + rest + 1 > sizeof(w->path))
		return -ENAMETOOLONG;
	if (target[0] == '/')
		step_into(w, w->root_fd);
	memmove(w->path + n + 1, w->path + w->next, rest + 1);
	memcpy(w->path, target, (size_t)n);
	w->path[n] = '/';
	w->next = 0;
	return 0;
}

/* The next element into `name` (which points into the path, NUL-terminated); NULL at the end. `final`: nothing follows.
 */
static char *take_element(struct walk *w, bool *final)
{
	char *p = w->path + w->next;
	p += strspn(p, "/");
	if (!*p)
		return NULL;
	size_t n = strcspn(p, "/");
	size_t slashes = strspn(p + n, "/");
	*final = !p[n + slashes];
	p[n] = '\0';
	w->next = (size_t)(p - w->path) + n + (slashes ? 1 : 0);
	return p;
}

/* A user may mount what never answers (FUSE), or have a home on a server that does not. O_PATH asked nobody yet. */
static int stay_local(struct walk *w, int fd)
{
	if (!w->trust.user)
		return 0;
	int mount = host_mount_id(fd);
	if (mount < 0)
		return mount;
	if (mount == w->mount || mount == w->root_mount)
		return 0;
	if (!host_mount_is_local(mount))
		return -EREMOTE;
	w->mount = mount;
	return 0;
}

/* Looks at `name` without following it. Its descriptor, or a negative errno. */
static int look(struct walk *w, const char *name, struct stat *st)
{
	int fd = openat(w->fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	int r = stay_local(w, fd);
	if (r == 0 && fstat(fd, st) < 0)
		r = -errno;
	if (r == 0)
		return fd;
	close(fd);
	return r;
}

/* One element that is not the last to be kept. 0: gone past it. */
static int pass(struct walk *w, const char *name)
{
	struct stat st;
	int fd = look(w, name, &st);
	if (fd < 0)
		return fd;
	int r;
	if (S_ISLNK(st.st_mode)) {
		r = owner_believed(&w->trust, &st) ? follow(w, fd) : -EPERM;
	} else if (!S_ISDIR(st.st_mode)) {
		r = -ENOTDIR;
	} else if (!directory_believed(&w->trust, &st)) {
		r = -EPERM;
	} else {
		step_into(w, fd);
		return 0;
	}
	close(fd);
	return r;
}

enum want { WANT_FILE, WANT_DIRECTORY, WANT_LINK };

/*
 * Walks to the end of `path`. For a file or a link `*last` names the final element, to be opened below w->fd; it is not
 * a link then (WANT_FILE) or is one (WANT_LINK). For a directory the walk ends standing in it.
 */
static int walk_to(struct walk *w, int root_fd, const char *path, struct host_trust trust, enum want want, char **last)
{
	w->root_fd = w->fd = root_fd;
	w->trust = trust;
	w->links = 0;
	w->root_mount = w->mount = trust.user ? host_mount_id(root_fd) : 0;
	w->next = 0;
	size_t n = strlen(path);
	if (n >= sizeof(w->path))
		return -ENAMETOOLONG;
	memcpy(w->path, path, n + 1);

	bool final = false;
	for (char *name; (name = take_element(w, &final));) {
		if (strcmp(name, ".") == 0)
			continue;
		int r;
		if (strcmp(name, "..") == 0) {
			r = step_up(w);
		} else if (final && want != WANT_DIRECTORY) {
			int fd = look(w, name, &w->at);
			if (fd < 0)
				return fd;
			bool link = S_ISLNK(w->at.st_mode);
			if (want == WANT_FILE && link)
				r = owner_believed(&w->trust, &w->at) ? follow(w, fd) : -EPERM;
			else
				r = link == (want == WANT_LINK) ? 1 : -EINVAL;
			close(fd);
			*last = name;
		} else {
			r = pass(w, name);
		}
		if (r != 0)
			return r < 0 ? r : 0;
	}
	return want == WANT_DIRECTORY ? 0 : -EISDIR;
}

static void walk_end(struct walk *w)
{
	step_into(w, w->root_fd);
}

/* Opens the file the walk looked at; that it is still the same one is checked on the descriptor that is read. */
static int open_file(struct walk *w, const char *name, uint64_t *size)
{
	if (!S_ISREG(w->at.st_mode))
		return -EINVAL;
	if (!file_believed(&w->trust, &w->at))
		return -EPERM;
	int fd = openat(w->fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	struct stat st;
	int r = 0;
	if (fstat(fd, &st) < 0)
		r = -errno;
	else if (!S_ISREG(st.st_mode))
		r = -EINVAL;
	else if (!file_believed(&w->trust, &st))
		r = -EPERM;
	if (r < 0) {
		close(fd);
		return r;
	}
	*size = st.st_size < 0 ? 0 : (uint64_t)st.st_size;
	return fd;
}

int host_tree_open(int root_fd, const char *path, struct host_trust trust, uint64_t *size)
{
	struct walk w;
	char *name = NULL;
	int r = walk_to(&w, root_fd, path, trust, WANT_FILE, &name);
	if (r == 0)
		r = open_file(&w, name, size);
	walk_end(&w);
	return r;
}

ssize_t host_tree_read(int root_fd, const char *path, struct host_trust trust, char *buf, size_t cap)
{
	uint64_t size;
	int fd = host_tree_open(root_fd, path, trust, &size);
	if (fd < 0)
		return fd;
	size_t n = 0;
	ssize_t got = size > cap ? -EFBIG : 1;
	while (got > 0 && n < cap) {
		got = read(fd, buf + n, cap - n);
		if (got > 0)
			n += (size_t)got;
		else if (got < 0)
			got = errno == EINTR ? 1 : -errno;
	}
	char next;
	if (n == cap && got > 0 && read(fd, &next, 1) == 1) /* it grew, or its size was not told */
		got = -EFBIG;
	close(fd);
	return got < 0 ? got : (ssize_t)n;
}

ssize_t host_tree_readlink(int root_fd, const char *path, struct host_trust trust, char *buf, size_t cap)
{
	struct walk w;
	char *name = NULL;
	ssize_t r = walk_to(&w, root_fd, path, trust, WANT_LINK, &name);
	if (r == 0 && !owner_believed(&trust, &w.at))
		r = -EPERM;
	if (r == 0) {
		r = readlinkat(w.fd, name, buf, cap);
		if (r < 0)
			r = -errno;
		else if ((size_t)r == cap)
			r = -ENAMETOOLONG;
	}
	walk_end(&w);
	return r;
}

struct dirent_record { /* getdents64(2) */
	uint64_t ino;
	int64_t off;
	uint16_t len;
	uint8_t type;
	char name[];
};

/* 1: `each` said stop. */
static int list_records(const char *buf, size_t n, size_t *left, host_tree_each_fn *each, void *data)
{
	for (size_t at = 0; at + sizeof(struct dirent_record) <= n;) {
		const struct dirent_record *d = (const void *)(buf + at);
		if (d->len == 0 || d->len > n - at)
			return -EIO;
		at += d->len;
		struct slice name = slice_of(d->name, strnlen(d->name, d->len - offsetof(struct dirent_record, name)));
		if (slice_eq(name, SLICE(".")) || slice_eq(name, SLICE("..")))
			continue;
		if ((*left)-- == 0)
			return -EFBIG;
		if (each(data, name))
			return 1;
	}
	return 0;
}

int host_tree_list(int root_fd, const char *path, struct host_trust trust, char *buf, size_t cap, size_t max,
		   host_tree_each_fn *each, void *data)
{
	struct walk w;
	char *unused = NULL;
	int r = walk_to(&w, root_fd, path, trust, WANT_DIRECTORY, &unused);
	int fd = r < 0 ? r : openat(w.fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (r == 0 && fd < 0)
		fd = -errno;
	walk_end(&w);
	if (fd < 0)
		return fd;
	for (r = 0; r == 0;) {
		long n = syscall(SYS_getdents64, fd, buf, cap); /* glibc has a wrapper from 2.30 only */
		if (n < 0)
			r = -errno;
		if (n <= 0)
			break;
		r = list_records(buf, (size_t)n, &max, each, data);
	}
	close(fd);
	return r;
}
