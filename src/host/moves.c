/*
 * inotify on cgroupfs: vfs_write() calls fsnotify_modify() for every file
 * system, and mkdir goes through vfs_mkdir(); kernfs adds nothing of its own. A
 * watch on a folder hears of its files. All mounts of a hierarchy share one
 * super block, so writes from containers are heard too.
 *
 * Order: first the watch, then the folders below it, then its members. Whatever
 * is made or moved in between is found by the later steps, or told of.
 */
#include "host/moves.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "host/cgroupfs.h"

#define MASK (IN_MODIFY | IN_CREATE | IN_MOVED_TO | IN_ONLYDIR | IN_EXCL_UNLINK)

static uint32_t *bucket_of(const struct host_moves *m, int32_t wd)
{
	return &m->by_wd[(uint32_t)wd % HOST_MOVES_MAX];
}

static uint32_t find(const struct host_moves *m, int32_t wd)
{
	uint32_t i = *bucket_of(m, wd);
	while (i && m->watch[i].wd != wd)
		i = m->watch[i].same_hash;
	return i;
}

static void enqueue(struct host_moves *m, uint32_t i)
{
	struct host_watch *w = &m->watch[i];
	if (w->queued)
		return;
	w->queued = true;
	w->next = 0;
	if (m->last)
		m->watch[m->last].next = i;
	else
		m->first = i;
	m->last = i;
}

static uint32_t make(struct host_moves *m, int32_t wd)
{
	uint32_t i = m->free;
	if (i)
		m->free = m->watch[i].next;
	else if (m->top <= HOST_MOVES_MAX)
		i = m->top++;
	else
		return 0;
	uint32_t *bucket = bucket_of(m, wd);
	m->watch[i] = (struct host_watch){.wd = wd, .same_hash = *bucket};
	*bucket = i;
	m->watches++;
	return i;
}

/* The path of watch `i`, or none. False: there is no room for it. */
static bool set_path(struct host_moves *m, uint32_t i, struct slice path)
{
	uint32_t *ref = &m->watch[i].path, cells = path.p ? host_intern_cells(path.n) : 0;
	if (*ref)
		m->cells -= host_intern_cells(host_intern_size(m->strings, *ref));
	host_intern_drop(m->strings, *ref);
	*ref = m->cells + cells <= m->strings->pool->cap / HOST_MOVES_SHARE ? host_intern_hold(m->strings, path) : 0;
	if (*ref)
		m->cells += cells;
	return *ref != 0;
}

/* The place of a queued one is freed when its turn comes. */
static void forget(struct host_moves *m, uint32_t i)
{
	struct host_watch *w = &m->watch[i];
	for (uint32_t *at = bucket_of(m, w->wd); *at; at = &m->watch[*at].same_hash) {
		if (*at != i)
			continue;
		*at = w->same_hash;
		break;
	}
	(void)set_path(m, i, SLICE_NONE);
	w->wd = 0;
	m->watches--;
	if (w->queued)
		return;
	w->next = m->free;
	m->free = i;
}

/* m->path = the mount point by its descriptor, the cgroup, a name; NULL when too long. */
static const char *full_path(struct host_moves *m, struct slice cgroup, struct slice name)
{
	struct text t = text_on(m->path, sizeof(m->path));
	text_addf(&t, "/proc/self/fd/%d", m->mount_fd);
	if (cgroup.n > 1)
		text_add(&t, cgroup);
	if (name.n) {
		text_add(&t, SLICE("/"));
		text_add(&t, name);
	}
	return t.cut ? NULL : text_cstr(&t);
}

static void watch_folder(struct host_moves *m, struct slice cgroup)
{
	const char *path = full_path(m, cgroup, SLICE_NONE);
	int32_t wd = path ? inotify_add_watch(m->fd, path, MASK) : -1;
	if (wd < 0) {
		/* Gone already is no loss; anything else is. */
		m->incomplete |= !path || errno != ENOENT;
		return;
	}
	uint32_t i = find(m, wd);
	if (!i)
		i = make(m, wd);
	if (!i || !set_path(m, i, cgroup)) {
		m->incomplete = true;
		inotify_rm_watch(m->fd, wd);
		if (i)
			forget(m, i);
		return;
	}
	m->watch[i].unread = true;
	enqueue(m, i);
}

static void watch_child(struct host_moves *m, uint32_t parent, struct slice name)
{
	char path[LIMIT_PATH];
	struct slice above = host_intern_copy(m->strings, parent, path, sizeof(path));
	if (above.n + 1 + name.n > sizeof(path)) {
		m->incomplete = true;
		return;
	}
	size_t n = above.n > 1 ? above.n : 0;
	path[n++] = '/';
	memcpy(path + n, name.p, name.n);
	watch_folder(m, slice_of(path, n + name.n));
}

static void find_folders(struct host_moves *m, uint32_t cgroup)
{
	char path[LIMIT_PATH], dents[4096] __attribute__((aligned(8)));
	const char *full = full_path(m, host_intern_copy(m->strings, cgroup, path, sizeof(path)), SLICE_NONE);
	int fd = full ? open(full, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	if (fd < 0)
		return;
	ssize_t n;
	while ((n = getdents64(fd, dents, sizeof(dents))) > 0) {
		for (ssize_t at = 0; at < n;) {
			const struct dirent64 *d = (const struct dirent64 *)(dents + at);
			at += d->d_reclen;
			if (d->d_type == DT_DIR && strcmp(d->d_name, ".") && strcmp(d->d_name, ".."))
				watch_child(m, cgroup, slice_cstr(d->d_name));
		}
	}
	close(fd);
}

int host_moves_open(struct host_moves *m, int root_fd, struct host_intern *strings, void *storage)
{
	m->fd = m->mount_fd = -1;
	int mount_fd = host_cgroupfs_open(root_fd);
	if (mount_fd < 0)
		return mount_fd;
	*m = (struct host_moves){.fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC),
				 .mount_fd = mount_fd,
				 .strings = strings,
				 .watch = storage,
				 .top = 1};
	if (m->fd < 0) {
		int error = -errno;
		host_moves_close(m);
		return error;
	}
	m->by_wd = (uint32_t *)(m->watch + HOST_MOVES_MAX + 1);
	watch_folder(m, SLICE("/"));
	if (m->watches)
		return 0;
	host_moves_close(m);
	return -ENOSPC;
}

void host_moves_close(struct host_moves *m)
{
	if (m->fd >= 0)
		close(m->fd);
	if (m->mount_fd >= 0)
		close(m->mount_fd);
	m->fd = m->mount_fd = -1;
	if (!m->watch)
		return;
	for (uint32_t i = 1; i < m->top; i++)
		host_intern_drop(m->strings, m->watch[i].path);
	m->watch = NULL;
}

static void look_at_all_again(struct host_moves *m)
{
	m->lost++;
	for (uint32_t i = 1; i < m->top; i++) {
		if (!m->watch[i].wd)
			continue;
		m->watch[i].unread = true;
		enqueue(m, i);
	}
}

static void on_event(struct host_moves *m, const struct inotify_event *e)
{
	if (e->mask & IN_Q_OVERFLOW) {
		look_at_all_again(m);
		return;
	}
	uint32_t i = find(m, e->wd);
	if (!i)
		return;
	struct slice name = e->len ? slice_of(e->name, strnlen(e->name, e->len)) : SLICE_NONE;
	if (e->mask & IN_IGNORED)
		forget(m, i);
	else if ((e->mask & (IN_CREATE | IN_MOVED_TO)) && (e->mask & IN_ISDIR))
		watch_child(m, m->watch[i].path, name);
	else if ((e->mask & IN_MODIFY) && (slice_eq(name, SLICE("cgroup.procs")) || slice_eq(name, SLICE("tasks"))))
		enqueue(m, i);
}

bool host_moves_take(struct host_moves *m)
{
	/* A batch is some hundred events; what is left makes the descriptor readable again. */
	ssize_t n = read(m->fd, m->buf, sizeof(m->buf));
	if (n <= 0)
		return n < 0 && (errno == EAGAIN || errno == EINTR);
	for (ssize_t at = 0; at + (ssize_t)sizeof(struct inotify_event) <= n;) {
		const struct inotify_event *e = (const struct inotify_event *)(m->buf + at);
		at += (ssize_t)(sizeof(*e) + e->len);
		on_event(m, e);
	}
	return true;
}

bool host_moves_next(struct host_moves *m, uint32_t *cgroup, int *procs_fd)
{
	char path[LIMIT_PATH];
	while (m->first) {
		uint32_t i = m->first;
		struct host_watch *w = &m->watch[i];
		m->first = w->next;
		if (!m->first)
			m->last = 0;
		w->queued = false;
		if (!w->wd) {
			w->next = m->free;
			m->free = i;
			continue;
		}
		if (w->unread) {
			w->unread = false;
			find_folders(m, w->path);
		}
		const char *full =
		    full_path(m, host_intern_copy(m->strings, w->path, path, sizeof(path)), SLICE("cgroup.procs"));
		*procs_fd = full ? open(full, O_RDONLY | O_CLOEXEC) : -1;
		*cgroup = w->path;
		if (*procs_fd >= 0)
			return true;
	}
	return false;
}
