/* The cgroup of the self-test. Where it lives is read from /proc/self/mounts; nothing that is there already is changed.
 */
#include "ctl/cell.h"

#include <errno.h>
#include <fcntl.h>
#include <mntent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* The process stops by itself here. */
#define GIVE_UP (4 * CTL_CELL_LIMIT)
#define LIMIT_DID_NOT_HOLD 3

static int write_file(const char *dir, const char *file, const char *text)
{
	char path[320];
	snprintf(path, sizeof(path), "%s/%s", dir, file);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ssize_t n = write(fd, text, strlen(text));
	int error = n < 0 ? -errno : 0;
	close(fd);
	return error;
}

static bool file_has_word(const char *dir, const char *file, const char *word)
{
	char path[320], line[1024] = "";
	snprintf(path, sizeof(path), "%s/%s", dir, file);
	FILE *f = fopen(path, "re");
	bool found = false;
	if (f && fgets(line, sizeof(line), f))
		for (char *p = line, *w; !found && (w = strsep(&p, " \n"));)
			found = strcmp(w, word) == 0;
	if (f)
		fclose(f);
	return found;
}

/* The root of the memory controller; its version, 0 = none. */
static int find_root(char *root, size_t size)
{
	FILE *f = setmntent("/proc/self/mounts", "re");
	struct mntent *m;
	int version = 0;
	while (f && !version && (m = getmntent(f))) {
		if (strcmp(m->mnt_type, "cgroup") == 0 && hasmntopt(m, "memory"))
			version = 1;
		else if (strcmp(m->mnt_type, "cgroup2") == 0 &&
			 file_has_word(m->mnt_dir, "cgroup.controllers", "memory"))
			version = 2;
		if (version)
			snprintf(root, size, "%s", m->mnt_dir);
	}
	if (f)
		endmntent(f);
	return version;
}

static int set_limits(struct ctl_cell *c)
{
	char limit[32];
	snprintf(limit, sizeof(limit), "%llu", CTL_CELL_LIMIT);
	int error = write_file(c->path, c->version == 2 ? "memory.max" : "memory.limit_in_bytes", limit);
	/* No swap, so that the limit is soon reached; without these files there is none to forbid. */
	if (!error && c->version == 2)
		write_file(c->path, "memory.swap.max", "0");
	else if (!error)
		write_file(c->path, "memory.memsw.limit_in_bytes", limit);
	return error;
}

static void grow(int start_fd)
{
	char go;
	struct timespec pause = {.tv_nsec = 2 * 1000 * 1000};
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, CTL_CELL_COMM);
	/* Should the limit not hold, nobody else is to die for this. */
	write_file("/proc/self", "oom_score_adj", "1000");
	if (read(start_fd, &go, 1) != 1)
		_exit(0);
	for (size_t had = 0; had < GIVE_UP; had += 1 << 20) {
		char *p = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (p == MAP_FAILED)
			break;
		memset(p, 1, 1 << 20);
		nanosleep(&pause, NULL);
	}
	_exit(LIMIT_DID_NOT_HOLD);
}

static int start(struct ctl_cell *c)
{
	int fd[2];
	char pid[32];
	c->step = "starting a process";
	if (pipe2(fd, O_CLOEXEC) < 0)
		return -errno;
	c->pid = fork();
	if (c->pid == 0) {
		close(fd[1]);
		grow(fd[0]);
	}
	close(fd[0]);
	c->start_fd = fd[1];
	if (c->pid < 0) {
		c->pid = 0;
		return -errno;
	}
	c->step = "moving a process into the cgroup";
	snprintf(pid, sizeof(pid), "%d", (int)c->pid);
	return write_file(c->path, "cgroup.procs", pid);
}

int ctl_cell_make(struct ctl_cell *c)
{
	char root[160];
	*c = (struct ctl_cell){.start_fd = -1};
	c->step = "looking for the memory controller";
	c->version = find_root(root, sizeof(root));
	if (!c->version) {
		c->cure = "no cgroup hierarchy with the memory controller is mounted (cgroup_disable=memory, or a "
			  "container?)";
		return -ENOENT;
	}
	snprintf(c->name, sizeof(c->name), "oomwatchd-selftest-%d", (int)getpid());
	if (c->version == 2 && !file_has_word(root, "cgroup.subtree_control", "memory")) {
		c->cure = "the memory controller is not handed down: write +memory to cgroup.subtree_control of the "
			  "root cgroup";
		return -EOPNOTSUPP;
	}
	c->step = "making a cgroup";
	snprintf(c->path, sizeof(c->path), "%s/%s", root, c->name);
	if (mkdir(c->path, 0755) < 0) {
		int error = -errno;
		c->path[0] = '\0';
		c->cure = error == -EROFS || error == -EACCES
			      ? "the cgroup file system is not writable here (a container?)"
			      : NULL;
		return error;
	}
	c->step = "setting its limit";
	int error = set_limits(c);
	return error ? error : start(c);
}

int ctl_cell_run(struct ctl_cell *c)
{
	int status;
	c->step = "letting the process grow";
	if (write(c->start_fd, "g", 1) != 1)
		return -errno;
	while (waitpid(c->pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	c->pid = 0;
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
		return 0;
	return WIFEXITED(status) && WEXITSTATUS(status) == LIMIT_DID_NOT_HOLD ? -ENOMEM : -ECHILD;
}

int ctl_cell_remove(struct ctl_cell *c)
{
	struct timespec pause = {.tv_nsec = 20 * 1000 * 1000};
	if (c->start_fd >= 0)
		close(c->start_fd);
	c->start_fd = -1;
	if (c->pid > 0) {
		kill(c->pid, SIGKILL);
		while (waitpid(c->pid, NULL, 0) < 0 && errno == EINTR)
			;
		c->pid = 0;
	}
	/* The kernel lets go of a dead process's cgroup a moment after its end. */
	for (int tries = 0; c->path[0] && rmdir(c->path) < 0; tries++) {
		if (errno != EBUSY || tries == 50)
			return -errno;
		nanosleep(&pause, NULL);
	}
	c->path[0] = '\0';
	return 0;
}
