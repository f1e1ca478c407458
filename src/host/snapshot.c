#include "host/snapshot.h"

static bool fresh(const struct host_snapshot *s, uint64_t pid, uint64_t now_usec)
{
	return s->used && (uint64_t)s->process.pid == pid && now_usec - s->taken_usec <= HOST_SNAPSHOT_AGE_USEC;
}

const struct host_snapshot *host_snapshots_find(const struct host_snapshots *s, uint64_t pid, uint64_t now_usec)
{
	for (size_t i = 0; i < HOST_SNAPSHOTS; i++)
		if (fresh(&s->slot[i], pid, now_usec))
			return &s->slot[i];
	return NULL;
}

void host_snapshots_take(struct host_snapshots *s, int proc_fd, uint64_t pid, struct host_cmdlines *cmdlines,
			 uint64_t now_usec)
{
	if (pid > INT32_MAX || host_snapshots_find(s, pid, now_usec))
		return;
	struct host_snapshot *to = &s->slot[0];
	for (size_t i = 1; i < HOST_SNAPSHOTS && to->used; i++)
		if (!s->slot[i].used || s->slot[i].taken_usec < to->taken_usec)
			to = &s->slot[i];
	to->arena = arena_on(to->text, sizeof(to->text));
	to->taken_usec = now_usec;
	to->used = host_process_read(proc_fd, (int32_t)pid, &to->arena, cmdlines, &to->process) == 0;
	to->parent_count =
	    to->used ? host_process_parents(proc_fd, &to->process, &to->arena, to->parent, LIMIT_PARENTS) : 0;
}
