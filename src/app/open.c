/* Opens everything before readiness is announced; says in one line what failed and what to do about it. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/notify.h"
#include "app/parts.h"
#include "base/log.h"

#define SOCKET_GROUP "oomwatch"

static bool open_source(struct app_daemon *d)
{
	enum kmsg_from from = d->o->from == APP_FROM_END ? KMSG_FROM_END : KMSG_FROM_BOOT;
	uint64_t after = 0;
	if (d->o->from == APP_FROM_RESUME && d->resumed) {
		from = KMSG_FROM_SEQ;
		after = d->loaded.from;
	}
	int err = kmsg_source_open(&d->source, d->o->source, from, after);
	if (err == 0)
		return true;
	if (d->o->live && (err == -EPERM || err == -EACCES))
		log_line(
		    LOG_LEVEL_ERR,
		    "%s: %s; run as root or give the capability CAP_SYSLOG (needed while sysctl "
		    "kernel.dmesg_restrict is 1), and boot without printk.devkmsg=off (sysctl kernel.printk_devkmsg)",
		    d->o->source, strerror(-err));
	else if (d->o->live && err == -ENOENT)
		log_line(LOG_LEVEL_ERR, "%s: %s; in a container, pass the device in (--device=/dev/kmsg)", d->o->source,
			 strerror(-err));
	else
		log_line(LOG_LEVEL_ERR, "%s: %s; --source takes a file in the format of /dev/kmsg, or - for stdin",
			 d->o->source, strerror(-err));
	return false;
}

static void open_state(struct app_daemon *d)
{
	d->state_fd = -1;
	if (!d->o->state || !d->o->live || d->self.boot_id.n != sizeof(d->state.boot_id) - 1)
		return;
	memcpy(d->state.boot_id, d->self.boot_id.p, d->self.boot_id.n);
	d->state_fd = app_state_open(d->o->state);
	if (d->state_fd < 0) {
		log_line(LOG_LEVEL_WARNING,
			 "%s: %s; the position is not kept, a restart may publish kills again "
			 "(--state=none to say so)",
			 d->o->state, strerror(-d->state_fd));
		return;
	}
	int got = app_state_load(d->state_fd, &d->loaded);
	/* The numbers of another boot say nothing of this one. */
	if (got == APP_STATE_LOADED && d->o->from == APP_FROM_RESUME &&
	    strcmp(d->loaded.boot_id, d->state.boot_id) == 0) {
		d->resumed = true;
		d->state = d->loaded;
		d->last_kill = d->loaded.kill;
		d->last_stamp = d->loaded.stamp;
		d->told_to = d->loaded.read;
		if (d->loaded.counted)
			host_reckon_resume(&d->reckon, d->loaded.kernel);
		if (d->loaded.timed)
			kmsg_stamp_resume(&d->stamp, d->loaded.distance);
	} else if (got == APP_STATE_BAD)
		log_line(LOG_LEVEL_WARNING,
			 "%s/cursor: not a position of oomwatchd; set aside as cursor.bad, kills still in "
			 "the kernel's ring may be published again",
			 d->o->state);
	else if (got < 0)
		log_line(LOG_LEVEL_WARNING, "%s/cursor: %s; kills still in the kernel's ring may be published again",
			 d->o->state, strerror(-got));
}

/* PROC_PID_INIT_INO of proc_ns.h, since 3.8. The kernel's log has the pids of the first namespace; with --proc=DIR it
 * is for the user to give a /proc of it. */
static bool is_first_pid_namespace(const struct app_daemon *d)
{
	char link[32];
	if (!d->o->live || strcmp(d->o->proc, "/proc") != 0)
		return true;
	ssize_t n = readlinkat(d->proc_fd, "self/ns/pid", link, sizeof(link));
	return n < 0 || slice_eq(slice_of(link, (size_t)n), SLICE("pid:[4026531836]"));
}

static bool open_host(struct app_daemon *d)
{
	d->self_arena = arena_on(d->self_text, sizeof(d->self_text));
	d->root_fd = open(d->o->root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (d->root_fd < 0) {
		log_line(LOG_LEVEL_ERR, "--root=%s: %s", d->o->root, strerror(errno));
		return false;
	}
	d->proc_fd = -1;
	if (d->o->proc) {
		d->proc_fd = open(d->o->proc, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (d->proc_fd < 0) {
			log_line(LOG_LEVEL_ERR, "--proc=%s: %s", d->o->proc, strerror(errno));
			return false;
		}
	}
	if (d->proc_fd < 0)
		return true;
	host_self_read(d->root_fd, d->proc_fd, &d->self_arena, &d->self);
	d->knows_pids = is_first_pid_namespace(d);
	if (!d->knows_pids)
		log_line(
		    LOG_LEVEL_WARNING,
		    "not in the host's pid namespace: the kernel's pids are other processes here, so events have only "
		    "what the kernel printed; in a container, share the host's pids (--pid=host)");
	return true;
}

static const char *socket_cure(int err)
{
	switch (err) {
	case -EADDRINUSE:
		return "another oomwatchd serves it";
	case -EEXIST:
		return "what is there is no socket and is left alone";
	case -ENAMETOOLONG:
		return "a socket's path has at most 107 bytes";
	default:
		return "its directory must exist and be writable";
	}
}

static bool open_socket(struct app_daemon *d)
{
	int passed = app_notify_listen_fd();
	if (!d->o->socket && passed < 0)
		return true;
	d->socket = sink_socket_new(d->self.boot_id);
	if (!d->socket) {
		log_line(LOG_LEVEL_ERR, "memory for the event socket: %s", strerror(errno));
		return false;
	}
	int err = passed >= 0 ? sink_socket_adopt(d->socket, passed)
			      : sink_socket_listen(d->socket, d->o->socket, SOCKET_GROUP);
	if (err == 0)
		return true;
	log_line(LOG_LEVEL_ERR, "%s: %s; %s (--socket=PATH for another, or none)",
		 passed >= 0 ? "the socket systemd passed" : d->o->socket, strerror(-err), socket_cure(err));
	return false;
}

static bool open_sinks(struct app_daemon *d)
{
	bool terminal = isatty(STDOUT_FILENO);
	d->stream = (struct sink_stream){
	    .fd = STDOUT_FILENO,
	    .form = terminal && !d->o->json ? SINK_STREAM_READABLE : SINK_STREAM_JSON,
	    .colour = terminal && !getenv("NO_COLOR"),
	};
	if (d->o->journal && !(d->journal = sink_journal_new())) {
		log_line(LOG_LEVEL_ERR, "memory for the journal's queue: %s", strerror(errno));
		return false;
	}
	if (d->o->metrics_file && !(d->metrics = sink_metrics_new())) {
		log_line(LOG_LEVEL_ERR, "memory for the metrics: %s", strerror(errno));
		return false;
	}
	return open_socket(d);
}

static bool open_signals(struct app_daemon *d)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	d->signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (d->signal_fd < 0)
		log_line(LOG_LEVEL_ERR, "signalfd: %s", strerror(errno));
	return d->signal_fd >= 0;
}

static void *map(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return p == MAP_FAILED ? NULL : p;
}

/* Only this machine's own processes can be recorded: not those of a capture, nor of a tree given with --proc. */
static void open_recorder(struct app_daemon *d)
{
	if (!d->source.live || d->proc_fd < 0 || !d->knows_pids || strcmp(d->o->proc, "/proc") != 0)
		return;
	d->cmdlines = host_cmdlines_open();
	if (!d->cmdlines)
		log_line(LOG_LEVEL_WARNING,
			 "no threads to read command lines: %s; a process whose memory is locked can hold up oomwatchd",
			 strerror(errno));
	const struct host_recorder_options options = {
	    .proc_fd = d->proc_fd,
	    .cmdlines = d->cmdlines,
	    .root_fd = d->root_fd,
	    .memory = (size_t)d->o->recorder_memory * 1024 * 1024,
	    .interval_sec = d->o->sample_interval,
	    .watch_cgroups = true,
	};
	int err = host_recorder_open(&d->recorder, &options, d->now);
	d->recording = err == 0;
	if (err < 0) {
		log_line(LOG_LEVEL_WARNING, "flight recorder: %s; victims that die fast will lack their command line",
			 strerror(-err));
		return;
	}
	struct slice reason = host_recorder_reason(&d->recorder);
	if (slice_present(reason))
		log_line(
		    LOG_LEVEL_WARNING,
		    "no process events: %.*s; scanning /proc instead, processes that live shorter than a scan stay "
		    "unknown",
		    (int)reason.n, reason.p);
}

static void open_names(struct app_daemon *d)
{
	struct stat root;
	d->cgroup_fd = -1;
	if (!d->recording && !d->o->root_given)
		return;
	d->cgroup_fd = host_cgroupfs_open(d->root_fd);
	d->root_uid = fstat(d->root_fd, &root) < 0 ? 0 : root.st_uid;
	int err = host_namer_open(d->root_fd, &d->names);
	if (err < 0)
		log_line(LOG_LEVEL_WARNING, "container names: %s; events will carry ids only", strerror(-err));
}

bool app_open(struct app_daemon *d)
{
	void *assembler = map(oom_assembler_size());
	void *json = map(event_json_size());
	if (!assembler || !json) {
		log_line(LOG_LEVEL_ERR, "memory: %s", strerror(errno));
		return false;
	}
	char warm_up[CLOCK_RFC3339_SIZE];
	clock_rfc3339(d->now.realtime_usec, warm_up); /* the C library loads its time zone at the first call */
	d->assembler = oom_assembler_init(assembler);
	d->json = event_json_init(json);
	if (!open_signals(d) || !open_host(d))
		return false;
	open_state(d);
	if (!open_source(d) || !open_sinks(d))
		return false;
	open_recorder(d);
	open_names(d);
	app_past_read(d);
	d->watchdog_interval = app_notify_watchdog_interval();
	return true;
}

void app_close(struct app_daemon *d)
{
	sink_socket_free(d->socket);
	sink_journal_free(d->journal);
	sink_metrics_free(d->metrics);
	if (d->recording)
		host_recorder_close(&d->recorder);
	if (d->cmdlines)
		host_cmdlines_close(d->cmdlines);
	if (d->names)
		host_namer_close(d->names);
	if (d->cgroup_fd >= 0)
		close(d->cgroup_fd);
	kmsg_source_close(&d->source);
}
