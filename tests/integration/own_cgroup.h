/* Memory cgroups of a test's own, on v1 or v2, and kill lines read straight from /dev/kmsg. */
#ifndef TESTS_INTEGRATION_OWN_CGROUP_H
#define TESTS_INTEGRATION_OWN_CGROUP_H

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/slice.h"

#define MIB (1024 * 1024)
#define CGROUP_V1 "/sys/fs/cgroup/memory"
#define CGROUP_V2 "/sys/fs/cgroup"

struct own_cgroup {
	bool v2;
	char root[96];  /* folder of the cgroups */
	char below[64]; /* the same as the kernel names it */
};

static inline void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, text, strlen(text)) < 0) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		_exit(1);
	}
	close(fd);
}

/* False: this machine cannot, and a line said why. */
static inline bool own_cgroup_open(struct own_cgroup *c, const char *name)
{
	char path[160];
	if (geteuid() != 0) {
		fprintf(stderr, "needs root: makes memory cgroups and reads /dev/kmsg\n");
		return false;
	}
	c->v2 = access(CGROUP_V2 "/cgroup.subtree_control", W_OK) == 0;
	if (!c->v2 && access(CGROUP_V1 "/memory.limit_in_bytes", W_OK) < 0) {
		fprintf(stderr, "needs cgroup: no writable memory hierarchy below /sys/fs/cgroup\n");
		return false;
	}
	snprintf(c->below, sizeof(c->below), "/%s-%d", name, (int)getpid());
	snprintf(c->root, sizeof(c->root), "%s%s", c->v2 ? CGROUP_V2 : CGROUP_V1, c->below);
	mkdir(c->root, 0755);
	if (c->v2) {
		write_file(CGROUP_V2 "/cgroup.subtree_control", "+memory");
		snprintf(path, sizeof(path), "%s/cgroup.subtree_control", c->root);
		write_file(path, "+memory");
	}
	return true;
}

static inline void own_cgroup_make(const struct own_cgroup *c, uint32_t group, size_t bytes)
{
	char path[160], text[32];
	snprintf(path, sizeof(path), "%s/c%02u", c->root, group);
	mkdir(path, 0755);
	snprintf(path, sizeof(path), "%s/c%02u/%s", c->root, group, c->v2 ? "memory.max" : "memory.limit_in_bytes");
	snprintf(text, sizeof(text), "%zu", bytes);
	write_file(path, text);
}

static inline void own_cgroup_join(const struct own_cgroup *c, uint32_t group, int32_t pid)
{
	char path[160], text[16];
	snprintf(path, sizeof(path), "%s/c%02u/cgroup.procs", c->root, group);
	snprintf(text, sizeof(text), "%d", pid);
	write_file(path, text);
}

static inline void own_cgroup_close(const struct own_cgroup *c, uint32_t groups)
{
	char path[160];
	for (uint32_t g = 0; g < groups; g++) {
		snprintf(path, sizeof(path), "%s/c%02u", c->root, g);
		rmdir(path);
	}
	rmdir(c->root);
}

/* Takes `bytes` of memory for good. */
static inline void take_memory(size_t bytes)
{
	char *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	for (size_t at = 0; p != MAP_FAILED && at < bytes; at += 4096)
		p[at] = 1;
}

struct kill_line {
	int32_t pid;
	uint64_t usec; /* the kernel's stamp */
	struct slice comm;
	uint64_t anon_rss_kb;
};

/* A kill line of a raw record of the kernel. */
static inline bool read_kill_line(struct slice record, struct kill_line *out)
{
	struct slice c = record, skipped;
	uint64_t prio, seq, pid;
	if (!take_u64(&c, &prio) || prio > 7 || !take_literal(&c, SLICE(",")) || !take_u64(&c, &seq) ||
	    !take_literal(&c, SLICE(",")) || !take_u64(&c, &out->usec) || !take_until(&c, SLICE(";"), &skipped) ||
	    !take_until(&c, SLICE("Killed process "), &skipped) || !take_u64(&c, &pid) ||
	    !take_literal(&c, SLICE(" (")) || !take_until_last(&c, SLICE(") total-vm:"), &out->comm) ||
	    !take_until(&c, SLICE("anon-rss:"), &skipped) || !take_u64(&c, &out->anon_rss_kb))
		return false;
	out->pid = (int32_t)pid;
	return true;
}

#endif
