/* Reports as kernels print them, line by line, for the tests of the assembler. */
#ifndef OOM_STORY_H
#define OOM_STORY_H

#include "oom_fixture.h"

#define KILL_TAIL "total-vm:31824kB, anon-rss:30564kB, file-rss:652kB, shmem-rss:0kB"

struct story {
	const char *trigger; /* comm of the trigger, pid 900 */
	const char *limit;   /* NULL: global */
	const char *path;
	uint32_t pid;
	const char *comm;
	uint32_t rows; /* of the table: pid, pid + 1, … */
};

static inline void story_table(struct stream *s, const struct story *t, const char *head)
{
	char text[256];
	stream_line(s, head);
	for (uint32_t i = 0; i < t->rows; i++) {
		snprintf(text, sizeof(text), "[%7u]     0 %5u     7956     7804   102400        0             0 %s",
			 t->pid + i, t->pid + i, i ? "other" : t->comm);
		stream_line(s, text);
	}
}

static inline void story_memory(struct stream *s, const struct story *t, bool rows)
{
	char text[512];
	if (t->limit) {
		stream_line(s, "memory: usage 30720kB, limit 30720kB, failcnt 24");
		snprintf(text, sizeof(text), "Memory cgroup stats for %s:", t->limit);
		stream_line(s, text);
		if (rows)
			stream_line(s, "anon 28946432\nfile 4096");
	} else {
		stream_line(s, "Mem-Info:");
		stream_line(s, "active_anon:5 inactive_anon:2\n free:7 free_pcp:3");
		stream_line(s, "262144 pages RAM");
	}
}

static inline void story_trigger(struct stream *s, const struct story *t)
{
	char text[256];
	snprintf(text, sizeof(text), "%s invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0",
		 t->trigger);
	stream_line(s, text);
	snprintf(text, sizeof(text), "CPU: 1 PID: 900 Comm: %s Not tainted 6.1.0-13-amd64 #1", t->trigger);
	stream_line(s, text);
	stream_line(s, "Call Trace:");
	stream_line(s, " dump_stack+0x1/0x2");
}

static inline void story_summary(struct stream *s, const struct story *t)
{
	char text[1024];
	snprintf(
	    text, sizeof(text),
	    "oom-kill:constraint=%s,nodemask=(null),cpuset=/,mems_allowed=0,%s%s,task_memcg=%s,task=%s,pid=%u,uid=0",
	    t->limit ? "CONSTRAINT_MEMCG" : "CONSTRAINT_NONE", t->limit ? "oom_memcg=" : "global_oom",
	    t->limit ? t->limit : "", t->path, t->comm, t->pid);
	stream_line(s, text);
}

/* 5.4 and later, up to its kill line. */
static inline void story_report(struct stream *s, const struct story *t)
{
	story_trigger(s, t);
	story_memory(s, t, true);
	if (t->rows)
		story_table(s, t, "[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name");
	story_summary(s, t);
}

static inline void story_kill_of(struct stream *s, bool memcg, uint32_t pid, const char *comm)
{
	char text[512];
	snprintf(text, sizeof(text), "%s: Killed process %u (%s) " KILL_TAIL ", UID:0 pgtables:100kB oom_score_adj:0",
		 memcg ? "Memory cgroup out of memory" : "Out of memory", pid, comm);
	stream_err(s, text);
}

static inline void story_kill(struct stream *s, const struct story *t)
{
	story_kill_of(s, t->limit != NULL, t->pid, t->comm);
}

static inline void story_group(struct stream *s, const char *path)
{
	char text[512];
	snprintf(text, sizeof(text), "Tasks in %s are going to be killed due to memory.oom.group set", path);
	stream_line(s, text);
}

/* 3.10: no gfp flags, no summary, "Task in", selection line. */
static inline void story_old_report(struct stream *s, const struct story *t)
{
	char text[512];
	snprintf(text, sizeof(text), "%s invoked oom-killer: gfp_mask=0xd0, order=0, oom_score_adj=0", t->trigger);
	stream_line(s, text);
	snprintf(text, sizeof(text), "%s cpuset=/ mems_allowed=0", t->trigger);
	stream_line(s, text);
	snprintf(text, sizeof(text), "CPU: 1 PID: 900 Comm: %s Not tainted 3.10.0-1160.el7.x86_64 #1", t->trigger);
	stream_line(s, text);
	stream_line(s, "Call Trace:");
	if (t->limit) {
		snprintf(text, sizeof(text), "Task in %s killed as a result of limit of %s", t->path, t->limit);
		stream_line(s, text);
	}
	story_memory(s, t, false);
	if (t->rows)
		story_table(s, t, "[ pid ]   uid  tgid total_vm      rss nr_ptes swapents oom_score_adj name");
}

static inline void story_select(struct stream *s, const struct story *t)
{
	char text[512];
	snprintf(text, sizeof(text), "%s: Kill process %u (%s) score 994 or sacrifice child",
		 t->limit ? "Memory cgroup out of memory" : "Out of memory", t->pid, t->comm);
	stream_err(s, text);
}

static inline void story_old_kill_of(struct stream *s, uint32_t pid, const char *comm)
{
	char text[256];
	snprintf(text, sizeof(text), "Killed process %u (%s) " KILL_TAIL, pid, comm);
	stream_err(s, text);
}

#endif
