/*
 * The recorder's own reader of /proc. host/process reads all there is, once, at
 * a kill; this one is called for every exec on the host, so it reads only what
 * is asked for, each file with one read(): stat, status and cgroup are made whole
 * at the first read (single_open). cmdline alone can keep its reader waiting: see
 * host/cmdline.h.
 *
 * The directory is opened first: its inode is the process's, so all files read
 * through it are that process's or fail with ESRCH.
 */
#include "host/recorder_private.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"

static int open_at(int dir, int32_t pid, const char *file, int flags)
{
	char storage[32];
	struct text path = text_on(storage, sizeof(storage));
	text_addf(&path, "%d%s", (int)pid, file);
	int fd = openat(dir, text_cstr(&path), flags | O_CLOEXEC);
	if (fd >= 0)
		return fd;
	return errno == ENOENT ? -ESRCH : -errno;
}

static ssize_t read_and_close(int fd, char *buf, size_t cap)
{
	if (fd < 0)
		return fd;
	ssize_t n;
	do {
		n = read(fd, buf, cap);
	} while (n < 0 && errno == EINTR);
	int error = errno;
	close(fd);
	return n < 0 ? -error : n;
}

static struct slice get(int dir, const char *file, char *buf, size_t cap)
{
	ssize_t n = read_and_close(openat(dir, file, O_RDONLY | O_CLOEXEC), buf, cap);
	return n > 0 ? slice_of(buf, (size_t)n) : SLICE_NONE;
}

static bool get_stat(struct host_recorder_reading *rd, int dir)
{
	return host_parse_stat(get(dir, "stat", rd->stat, sizeof(rd->stat)), &rd->process);
}

/* Empty: a zombie, a kernel thread, or a stack that oom_reaper took. No command line is known then. */
static void get_cmdline(struct host_recorder_reading *rd, int dir)
{
	struct slice text = get(dir, "cmdline", rd->cmdline, sizeof(rd->cmdline));
	rd->process.cmdline_cut = text.n > LIMIT_CMDLINE;
	rd->process.cmdline = slice_sub(text, 0, LIMIT_CMDLINE);
}

/* A process that sleeps and cannot be woken may well sleep with its memory map locked: not now. */
static void ask_cmdline(struct host_recorder_reading *rd, int dir, bool young)
{
	if (!rd->cmdlines)
		get_cmdline(rd, dir);
	else if (rd->process.state == 'D' && !young)
		rd->later = true;
	else
		rd->ticket = host_cmdlines_ask(rd->cmdlines, dir);
	rd->later |= rd->cmdlines && rd->ticket < 0 && !host_cmdlines_stuck(rd->cmdlines);
}

static void get_exe(struct host_recorder_reading *rd, int dir)
{
	ssize_t n = readlinkat(dir, "exe", rd->exe, sizeof(rd->exe));
	if (n <= 0 || n == sizeof(rd->exe))
		return;
	struct slice path = slice_of(rd->exe, (size_t)n), gone = SLICE(" (deleted)");
	rd->process.exe_deleted = slice_ends(path, gone);
	if (rd->process.exe_deleted)
		path.n -= gone.n;
	rd->process.exe = path;
}

static void get_cgroup(struct host_recorder_reading *rd, int dir)
{
	struct host_process *p = &rd->process;
	struct slice text = get(dir, "cgroup", rd->cgroup, sizeof(rd->cgroup));
	if (!host_parse_cgroup(text, p->exiting, &p->cgroup, &p->cgroup_deleted))
		return;
	if (!slice_eq(p->cgroup, SLICE("/")))
		return;
	/* PF_EXITING is set before the file changes: asked now, stat knows. */
	struct host_process again = {0};
	char stat[sizeof(rd->stat)];
	if (!host_parse_stat(get(dir, "stat", stat, sizeof(stat)), &again) || again.exiting)
		p->cgroup = SLICE_NONE;
}

static void get_status(struct host_recorder_reading *rd, int dir)
{
	struct host_process said = {0}, *p = &rd->process;
	struct slice text = get(dir, "status", rd->status, sizeof(rd->status));
	if (!slice_present(text) || !host_parse_status(text, &said))
		return;
	p->have |= said.have;
	p->tgid = said.tgid;
	p->uid = said.uid;
	p->rss_kb = said.rss_kb;
	p->ns_pid = said.ns_pid;
}

static void get_loginuid(struct host_recorder_reading *rd, int dir)
{
	uint64_t v;
	struct slice text = get(dir, "loginuid", rd->number, sizeof(rd->number));
	if (!take_u64(&text, &v) || v >= UINT32_MAX)
		return;
	rd->process.loginuid = (uint32_t)v;
	rd->process.have |= HOST_HAVE_LOGINUID;
}

int host_reading_take(struct host_recorder_reading *rd, int proc_fd, int32_t pid, uint32_t what)
{
	rd->process = (struct host_process){.pid = pid};
	rd->ticket = -1;
	rd->later = false;
	int dir = open_at(proc_fd, pid, "", O_PATH | O_DIRECTORY);
	if (dir < 0)
		return dir;
	bool known = get_stat(rd, dir);
	if (known) {
		if (what & HOST_READ_CMDLINE)
			ask_cmdline(rd, dir, what & HOST_READ_YOUNG);
		if (what & HOST_READ_EXE)
			get_exe(rd, dir);
		if (what & HOST_READ_CGROUP)
			get_cgroup(rd, dir);
		if (what & HOST_READ_STATUS)
			get_status(rd, dir);
		if (what & HOST_READ_LOGINUID)
			get_loginuid(rd, dir);
	}
	close(dir);
	return known ? 0 : -ESRCH;
}

bool host_reading_cgroup(struct host_recorder_reading *rd, int proc_fd, int32_t pid, bool is_root, struct slice *path,
			 bool *deleted)
{
	struct host_process now = {0};
	ssize_t n = read_and_close(open_at(proc_fd, pid, "/cgroup", O_RDONLY), rd->cgroup, sizeof(rd->cgroup));
	if (n <= 0 || !host_parse_cgroup(slice_of(rd->cgroup, (size_t)n), false, path, deleted))
		return false;
	if (is_root || !slice_eq(*path, SLICE("/")))
		return true;
	n = read_and_close(open_at(proc_fd, pid, "/stat", O_RDONLY), rd->stat, sizeof(rd->stat));
	return n > 0 && host_parse_stat(slice_of(rd->stat, (size_t)n), &now) && !now.exiting;
}

int64_t host_reading_rss(struct host_recorder_reading *rd, int proc_fd, int32_t pid)
{
	uint64_t size, pages;
	ssize_t n = read_and_close(open_at(proc_fd, pid, "/statm", O_RDONLY), rd->stat, sizeof(rd->stat));
	if (n < 0)
		return n;
	struct slice text = slice_of(rd->stat, (size_t)n);
	if (!take_u64(&text, &size) || !take_literal(&text, SLICE(" ")) || !take_u64(&text, &pages) ||
	    pages > UINT32_MAX)
		return -EIO;
	return (int64_t)(pages * (uint64_t)sysconf(_SC_PAGESIZE) / 1024);
}

/* proc_task_getattr (fs/proc/base.c) adds the threads to the directory's two links. */
uint32_t host_reading_threads(int proc_fd, int32_t pid)
{
	char storage[32];
	struct text path = text_on(storage, sizeof(storage));
	struct stat st;
	text_addf(&path, "%d/task", (int)pid);
	if (fstatat(proc_fd, text_cstr(&path), &st, 0) < 0 || st.st_nlink < 2)
		return 0;
	return (uint32_t)st.st_nlink - 2;
}
