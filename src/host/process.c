/*
 * Reads one process out of /proc. The process directory is opened once: its
 * inode is tied to the process (proc_pid_make_inode), so every file read through
 * it belongs to the same process or says ESRCH, whatever happens to the number.
 *
 * What a dying process still shows (do_exit, fs/proc): cmdline and exe go with
 * its mm, and cmdline reads as nothing as soon as oom_reaper has unmapped the
 * stack; the v1 cgroup path turns to "/" at PF_EXITING; oom_score reads 0 from
 * MMF_OOM_SKIP on. An empty or zero answer of a dying process is therefore no
 * fact and is left out. Whether it was dying is asked *after* the answer, since
 * the flags are set before the files change.
 */
#include "host/process.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/text.h"
#include "host/file.h"

struct reader {
	int dir;
	struct host_cmdlines *cmdlines;
	int ticket; /* of the command line that is being read; -1: none is */
	struct arena *arena;
	struct host_process *out;
	int error; /* the first that was met */
	bool any;
	char buf[LIMIT_PROC_FILE];
};

static int open_process(int proc_fd, int32_t pid)
{
	char storage[16];
	struct text name = text_on(storage, sizeof(storage));
	if (pid <= 0)
		return -ESRCH;
	text_addf(&name, "%d", (int)pid);
	int dir = openat(proc_fd, text_cstr(&name), O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir >= 0)
		return dir;
	return errno == ENOENT ? -ESRCH : -errno;
}

static bool get(struct reader *r, const char *file, struct slice *text)
{
	bool more;
	ssize_t n = host_file_read(r->dir, file, r->buf, sizeof(r->buf), &more);
	if (n < 0) {
		if (!r->error)
			r->error = (int)n;
		return false;
	}
	*text = slice_of(r->buf, (size_t)n);
	if (more) {
		size_t end = slice_rfind(*text, SLICE("\n"));
		text->n = end == SLICE_NPOS ? 0 : end + 1;
	}
	return true;
}

static void get_stat(struct reader *r)
{
	struct slice text;
	if (!get(r, "stat", &text) || !host_parse_stat(text, r->out))
		return;
	r->out->comm = arena_copy(r->arena, r->out->comm);
	r->any = true;
}

/* A process that is gone by now was dying. */
static void ask_again_whether_dying(struct reader *r)
{
	struct host_process now = {0};
	struct slice text;
	if (!get(r, "stat", &text)) {
		r->out->exiting = r->out->dying = true;
	} else if (host_parse_stat(text, &now)) {
		r->out->exiting |= now.exiting;
		r->out->dying |= now.dying;
	}
}

static void get_cgroup(struct reader *r)
{
	struct slice text, path;
	bool deleted;
	if (!get(r, "cgroup", &text) || !host_parse_cgroup(text, true, &path, &deleted))
		return;
	r->any = true;
	if (!slice_present(path)) {
		ask_again_whether_dying(r);
		if (!r->out->exiting)
			path = SLICE("/");
	}
	r->out->cgroup = arena_copy(r->arena, path);
	r->out->cgroup_deleted = deleted;
}

/* Empty is a zombie, a kernel thread or a stack that oom_reaper took: no command line is known then. */
static void keep_cmdline(struct reader *r, struct slice text, bool cut)
{
	if (!slice_present(text))
		return;
	r->out->cmdline = arena_copy(r->arena, text);
	r->out->cmdline_cut = cut;
	r->any = true;
}

static void get_cmdline(struct reader *r)
{
	bool more;
	if (r->cmdlines) {
		r->ticket = host_cmdlines_ask(r->cmdlines, r->dir);
		return;
	}
	ssize_t n = host_file_read(r->dir, "cmdline", r->buf, LIMIT_CMDLINE, &more);
	if (n > 0)
		keep_cmdline(r, slice_of(r->buf, (size_t)n), more);
}

static void await_cmdline(struct reader *r)
{
	struct host_cmdline said;
	if (r->ticket < 0)
		return;
	if (host_cmdlines_await(r->cmdlines, r->ticket, HOST_PROCESS_PATIENCE_USEC, &said))
		keep_cmdline(r, said.text, said.cut);
	host_cmdlines_forget(r->cmdlines, r->ticket);
}

static void get_exe(struct reader *r)
{
	ssize_t n = readlinkat(r->dir, "exe", r->buf, LIMIT_PATH);
	if (n <= 0 || n == LIMIT_PATH)
		return;
	struct slice path = slice_of(r->buf, (size_t)n), gone = SLICE(" (deleted)");
	r->out->exe_deleted = slice_ends(path, gone);
	if (r->out->exe_deleted)
		path.n -= gone.n;
	r->out->exe = arena_copy(r->arena, path);
	r->any = true;
}

static void get_status(struct reader *r)
{
	struct slice text;
	if (!get(r, "status", &text) || !host_parse_status(text, r->out))
		return;
	r->out->ns_pid = arena_copy(r->arena, r->out->ns_pid);
	r->any = true;
}

static bool get_number(struct reader *r, const char *file, int64_t *v)
{
	struct slice text, line;
	return get(r, file, &text) && take_line(&text, &line) && slice_to_i64(line, v);
}

static void get_oom_score(struct reader *r)
{
	int64_t v;
	if (!get_number(r, "oom_score", &v))
		return;
	if (v == 0) {
		ask_again_whether_dying(r);
		if (r->out->dying || !(r->out->have & HOST_HAVE_RSS))
			return;
	}
	r->out->oom_score = v;
	r->out->have |= HOST_HAVE_OOM_SCORE;
}

static void get_oom_score_adj(struct reader *r)
{
	if (get_number(r, "oom_score_adj", &r->out->oom_score_adj))
		r->out->have |= HOST_HAVE_OOM_SCORE_ADJ;
}

static void get_loginuid(struct reader *r)
{
	int64_t v;
	if (!get_number(r, "loginuid", &v) || v < 0 || v >= UINT32_MAX)
		return;
	r->out->loginuid = (uint32_t)v;
	r->out->have |= HOST_HAVE_LOGINUID;
}

static int read_with(int proc_fd, int32_t pid, struct arena *arena, struct host_cmdlines *cmdlines,
		     struct host_process *out, void (*const step[])(struct reader *), size_t steps)
{
	*out = (struct host_process){.pid = pid};
	int dir = open_process(proc_fd, pid);
	if (dir < 0)
		return dir;
	struct reader r;
	r.dir = dir;
	r.cmdlines = cmdlines;
	r.ticket = -1;
	r.arena = arena;
	r.out = out;
	r.error = 0;
	r.any = false;
	for (size_t i = 0; i < steps; i++)
		step[i](&r);
	close(dir);
	if (r.any)
		return 0;
	return r.error && r.error != -ENOENT ? r.error : -ESRCH;
}

int host_process_read(int proc_fd, int32_t pid, struct arena *arena, struct host_cmdlines *cmdlines,
		      struct host_process *out)
{
	static void (*const steps[])(struct reader *) = {
	    get_stat,      get_cgroup,        get_cmdline,  get_exe,       get_status,
	    get_oom_score, get_oom_score_adj, get_loginuid, await_cmdline,
	};
	return read_with(proc_fd, pid, arena, cmdlines, out, steps, ARRAY_COUNT(steps));
}

int host_process_read_stat(int proc_fd, int32_t pid, struct arena *arena, struct host_process *out)
{
	static void (*const steps[])(struct reader *) = {get_stat};
	return read_with(proc_fd, pid, arena, NULL, out, steps, ARRAY_COUNT(steps));
}

static bool is_younger(const struct host_process *a, const struct host_process *b)
{
	return (a->have & HOST_HAVE_START) && (b->have & HOST_HAVE_START) && a->start_ticks > b->start_ticks;
}

uint32_t host_process_parents(int proc_fd, const struct host_process *of, struct arena *arena, struct host_parent *out,
			      uint32_t max)
{
	struct host_process child = *of;
	uint32_t n = 0;
	while (n < max && (child.have & HOST_HAVE_PPID) && child.ppid > 0) {
		struct host_process parent;
		if (host_process_read_stat(proc_fd, child.ppid, arena, &parent) < 0 || is_younger(&parent, &child))
			break;
		out[n++] = (struct host_parent){.pid = parent.pid, .comm = parent.comm};
		child = parent;
	}
	return n;
}

uint64_t host_ticks_per_sec(void)
{
	long ticks = sysconf(_SC_CLK_TCK);
	return ticks > 0 ? (uint64_t)ticks : 100;
}
