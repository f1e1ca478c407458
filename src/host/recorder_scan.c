/*
 * Listing /proc: once at the start, after a loss of events, and all the time
 * where there are no events.
 *
 * A listing takes many turns. The directory's position is a pid (proc_pid_readdir),
 * so it can be left and taken up again; processes made meanwhile are told of by
 * their events, or found next time.
 *
 * Without events the last number given out is asked for: /proc/loadavg ends
 * with it (loadavg_proc_show: the reader's pid namespace). What lies between it and the one
 * before is new; it may be a thread, which only status tells.
 */
#include "host/recorder_private.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* Processes read in one turn: some 100 us each. */
#define READS_A_TURN 32
#define NUMBERS_A_TURN 256
#define RESCAN_PAUSE_USEC (5 * 1000 * 1000)
#define ROUTINE_USEC (2 * 1000 * 1000)
#define HINT_MIN_USEC (5 * 1000)
#define HINT_MAX_USEC (50 * 1000)

static void begin(struct host_recorder *r, enum host_recorder_scan kind, uint64_t now_usec)
{
	int fd = openat(r->options.proc_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	r->scan_next_usec = now_usec + (kind == HOST_SCAN_AFTER_LOSS ? RESCAN_PAUSE_USEC : ROUTINE_USEC);
	if (fd < 0)
		return;
	for (uint32_t i = 0; (i = host_store_next_live(&r->store, i));)
		host_store_at(&r->store, i)->flags &= (uint16_t)~HOST_RECORD_SCANNED;
	r->scan = kind;
	r->scan_fd = fd;
	r->scan_began_usec = now_usec;
	r->dents_at = r->dents_size = 0;
	r->counters.scans++;
	r->counters.rescans += kind == HOST_SCAN_AFTER_LOSS;
}

/* What was alive before the scan and was not met is gone. */
static void bury_unmet(struct host_recorder *r, uint64_t now_usec)
{
	for (uint32_t i = 0; (i = host_store_next_live(&r->store, i));) {
		struct host_record *rec = host_store_at(&r->store, i);
		if (!(rec->flags & HOST_RECORD_SCANNED) && rec->start_usec < r->scan_began_usec)
			host_store_gone(&r->store, i, now_usec, true);
	}
}

static void end(struct host_recorder *r, uint64_t now_usec)
{
	close(r->scan_fd);
	r->scan_fd = -1;
	r->scan = HOST_SCAN_NONE;
	/* However many processes there are, scanning after losses takes no more than a tenth of the time. */
	uint64_t next = now_usec + 10 * (now_usec - r->scan_began_usec);
	if (next > r->scan_next_usec)
		r->scan_next_usec = next;
	bury_unmet(r, now_usec);
	host_store_link_parents(&r->store);
}

static bool next_number(struct host_recorder *r, int32_t *pid, uint32_t *ino)
{
	for (;;) {
		if (r->dents_at >= r->dents_size) {
			ssize_t n = getdents64(r->scan_fd, r->dents, sizeof(r->dents));
			if (n <= 0)
				return false;
			r->dents_size = (size_t)n;
			r->dents_at = 0;
		}
		const struct dirent64 *d = (const struct dirent64 *)(r->dents + r->dents_at);
		r->dents_at += d->d_reclen;
		uint64_t v;
		if (!slice_to_u64(slice_cstr(d->d_name), &v) || v == 0 || v > INT32_MAX)
			continue;
		*pid = (int32_t)v;
		*ino = (uint32_t)d->d_ino;
		return true;
	}
}

/* Without events the inode of /proc/PID tells whether the process is the one that is known: it is made with the first
 * look at a process and dropped with the process. It may be made anew for the same one; then it is only read again. */
static bool is_known(struct host_recorder *r, int32_t pid, uint32_t ino)
{
	uint32_t i = host_store_live(&r->store, pid);
	if (!i)
		return false;
	struct host_record *rec = host_store_at(&r->store, i);
	if (r->scan == HOST_SCAN_ROUTINE ? rec->proc_ino == ino : rec->seen_usec >= r->scan_began_usec) {
		rec->flags |= HOST_RECORD_SCANNED;
		return true;
	}
	return false;
}

static void meet(struct host_recorder *r, int32_t pid, uint32_t ino, uint64_t now_usec)
{
	uint32_t known = host_store_live(&r->store, pid);
	uint32_t i = host_recorder_learn(r, pid, HOST_READ_ALL, HOST_ANY_TIME, now_usec);
	if (!i)
		return;
	struct host_record *rec = host_store_at(&r->store, i);
	rec->flags |= HOST_RECORD_SCANNED;
	rec->proc_ino = ino;
	if (r->scan == HOST_SCAN_ROUTINE && i != known) {
		host_store_await(&r->store, i, 0, now_usec);
		r->hint_every_usec = HINT_MIN_USEC;
	}
}

static bool scan_slice(struct host_recorder *r, uint64_t now_usec)
{
	uint32_t reads = 0;
	for (uint32_t n = 0; n < NUMBERS_A_TURN && reads < READS_A_TURN; n++) {
		int32_t pid;
		uint32_t ino;
		if (!next_number(r, &pid, &ino)) {
			end(r, now_usec);
			return false;
		}
		if (is_known(r, pid, ino))
			continue;
		reads++;
		meet(r, pid, ino, now_usec);
	}
	return true;
}

static bool ask_last_pid(struct host_recorder *r, int32_t *last)
{
	char buf[128];
	uint64_t v;
	ssize_t n = r->loadavg_fd < 0 ? -1 : pread(r->loadavg_fd, buf, sizeof(buf), 0);
	if (n <= 1)
		return false;
	struct slice text = slice_of(buf, (size_t)n - 1);
	size_t space = slice_rfind(text, SLICE(" "));
	if (space == SLICE_NPOS || !slice_to_u64(slice_sub(text, space + 1, text.n), &v) || v > INT32_MAX)
		return false;
	*last = (int32_t)v;
	return true;
}

static void meet_new(struct host_recorder *r, int32_t pid, uint64_t now_usec)
{
	uint32_t known = host_store_live(&r->store, pid);
	if (host_reading_take(&r->reading, r->options.proc_fd, pid, HOST_READ_ALL | HOST_READ_YOUNG) < 0)
		return;
	const struct host_process *p = &r->reading.process;
	if (!(p->have & HOST_HAVE_TGID) || p->tgid != pid) {
		host_recorder_drop_reading(r);
		return;
	}
	r->counters.reads++;
	uint32_t i = host_recorder_put(r, HOST_ANY_TIME, now_usec);
	if (!i || i == known)
		return;
	host_store_at(&r->store, i)->flags |= HOST_RECORD_SCANNED;
	host_store_await(&r->store, i, 0, now_usec);
}

/* Reads what was made since the last time; when that is too much, or the numbers began anew, a listing does it. */
static void follow_numbers(struct host_recorder *r, uint64_t now_usec)
{
	int32_t last, before = r->last_pid;
	if (!ask_last_pid(r, &last) || !r->pids_are_ours) {
		r->scan_next_usec = now_usec;
		return;
	}
	if (last == before) {
		r->hint_every_usec += r->hint_every_usec / 4;
		if (r->hint_every_usec > HINT_MAX_USEC)
			r->hint_every_usec = HINT_MAX_USEC;
		return;
	}
	r->last_pid = last;
	r->hint_every_usec = HINT_MIN_USEC;
	if (last < before || last - before > READS_A_TURN)
		r->scan_next_usec = now_usec;
	else
		for (int32_t pid = before + 1; pid <= last; pid++)
			meet_new(r, pid, now_usec);
}

bool host_recorder_scan(struct host_recorder *r, uint64_t now_usec)
{
	if (r->scan != HOST_SCAN_NONE && host_recorder_crowded(r, now_usec))
		return false;
	if (r->scan != HOST_SCAN_NONE)
		return scan_slice(r, now_usec);
	if (r->mode == HOST_RECORDER_SCANNING && now_usec >= r->hint_next_usec) {
		follow_numbers(r, now_usec);
		r->hint_next_usec = now_usec + r->hint_every_usec;
	}
	if (host_recorder_scan_due(r) > now_usec)
		return false;
	if (r->mode == HOST_RECORDER_EVENTS && now_usec < r->scan_next_usec)
		return false;
	begin(r, r->mode == HOST_RECORDER_SCANNING ? HOST_SCAN_ROUTINE : HOST_SCAN_AFTER_LOSS, now_usec);
	r->scan_wanted = false;
	return r->scan != HOST_SCAN_NONE;
}

uint64_t host_recorder_scan_due(const struct host_recorder *r)
{
	if (r->scan != HOST_SCAN_NONE)
		return r->crowded_usec;
	if (r->mode == HOST_RECORDER_EVENTS)
		return r->scan_wanted ? r->scan_next_usec : UINT64_MAX;
	return r->hint_next_usec < r->scan_next_usec ? r->hint_next_usec : r->scan_next_usec;
}

static bool numbers_are_ours(int proc_fd)
{
	char self[16];
	uint64_t pid;
	ssize_t n = readlinkat(proc_fd, "self", self, sizeof(self));
	return n > 0 && slice_to_u64(slice_of(self, (size_t)n), &pid) && pid == (uint64_t)getpid();
}

void host_recorder_scan_open(struct host_recorder *r, uint64_t now_usec)
{
	r->scan_fd = -1;
	r->loadavg_fd = -1;
	r->hint_every_usec = HINT_MIN_USEC;
	if (r->mode == HOST_RECORDER_SCANNING) {
		r->loadavg_fd = openat(r->options.proc_fd, "loadavg", O_RDONLY | O_CLOEXEC);
		r->pids_are_ours = numbers_are_ours(r->options.proc_fd);
		if (!ask_last_pid(r, &r->last_pid))
			r->last_pid = 0;
	}
	begin(r, HOST_SCAN_FIRST, now_usec);
}

void host_recorder_scan_close(struct host_recorder *r)
{
	if (r->scan_fd >= 0)
		close(r->scan_fd);
	if (r->loadavg_fd >= 0)
		close(r->loadavg_fd);
	r->scan_fd = r->loadavg_fd = -1;
	r->scan = HOST_SCAN_NONE;
}
