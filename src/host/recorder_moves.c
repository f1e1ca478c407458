/*
 * After a write to a cgroup.procs: its members are listed, and those whose record
 * says another cgroup are looked at. The list only says whom to look at; what is
 * believed comes from /proc/PID/cgroup, so a hierarchy that is mounted under
 * another name than /proc gives it can cost looks, but never make a record wrong.
 *
 * A process forked while this goes on may take after a parent that had not been
 * moved yet, or had just been: those get an early look of their own.
 */
#include "host/recorder_private.h"

#include <errno.h>
#include <unistd.h>

#define CGROUPS_A_TURN 16
/* Who has many processes and writes to their cgroup again and again must not keep us listing them: so many members are
 * met in so long a time, some 3 ms of it. */
#define MEMBERS_A_WINDOW 20000
#define WINDOW_USEC (100 * 1000)
#define DRAIN_BATCHES 16
/* So many looks at members who had not moved, and none who had: the paths of /proc and of the mount do not agree. */
#define DISAGREEMENT 256

static void settle(struct host_recorder *r, uint32_t cgroup, uint64_t now_usec)
{
	for (uint32_t i = 0; i < r->pending_count; i++) {
		const struct host_recorder_pending *p = &r->pending[i];
		if (p->has_cgroup && p->cgroup == cgroup)
			r->moved++;
		else if (p->has_cgroup)
			r->not_moved++;
	}
	if (r->pending_count)
		host_recorder_believe(r, now_usec);
}

static void meet_member(struct host_recorder *r, uint64_t pid, uint32_t cgroup, uint64_t now_usec)
{
	r->met++;
	uint32_t i = pid <= INT32_MAX ? host_store_live(&r->store, (int32_t)pid) : 0;
	if (!i || host_store_at(&r->store, i)->cgroup == cgroup)
		return;
	if (r->pending_count == HOST_RECORDER_PENDING)
		settle(r, cgroup, now_usec);
	host_recorder_read_cgroup(r, i);
}

/* A number per line; one that a read cuts in two goes on in the next. */
static void meet_members(struct host_recorder *r, int fd, uint32_t cgroup, uint64_t now_usec)
{
	char buf[4096];
	uint64_t pid = 0;
	ssize_t n;
	while ((n = read(fd, buf, sizeof(buf))) > 0 || (n < 0 && errno == EINTR)) {
		for (ssize_t k = 0; k < n; k++) {
			if (buf[k] >= '0' && buf[k] <= '9' && pid <= INT32_MAX) {
				pid = pid * 10 + (uint64_t)(buf[k] - '0');
				continue;
			}
			meet_member(r, pid, cgroup, now_usec);
			pid = 0;
		}
	}
	settle(r, cgroup, now_usec);
}

uint64_t host_recorder_moves_due(const struct host_recorder *r)
{
	if (r->moves.fd < 0 || !r->moves.first)
		return UINT64_MAX;
	return r->met < MEMBERS_A_WINDOW ? 0 : r->met_since_usec + WINDOW_USEC;
}

bool host_recorder_follow_moves(struct host_recorder *r, uint64_t now_usec)
{
	uint32_t cgroup, done = 0;
	int fd;
	if (r->moves.fd < 0 || !r->moves.first || host_recorder_moves_due(r) > now_usec)
		return false;
	if (r->met >= MEMBERS_A_WINDOW || now_usec - r->met_since_usec >= WINDOW_USEC) {
		r->met = 0;
		r->met_since_usec = now_usec;
	}
	r->look_early = true;
	host_recorder_drain(r, DRAIN_BATCHES, now_usec);
	while (done < CGROUPS_A_TURN && r->met < MEMBERS_A_WINDOW && host_moves_next(&r->moves, &cgroup, &fd)) {
		done++;
		/* Events are taken for as long as they come: who was moved may have been forked after `now`. */
		r->moved_usec = now_usec > r->store.newest_usec ? now_usec : r->store.newest_usec;
		r->counters.moves++;
		host_intern_share(&r->store.strings, cgroup);
		meet_members(r, fd, cgroup, now_usec);
		host_intern_drop(&r->store.strings, cgroup);
		close(fd);
	}
	host_recorder_drain(r, DRAIN_BATCHES, now_usec);
	r->look_early = false;
	if (r->not_moved > DISAGREEMENT && !r->moved)
		host_moves_close(&r->moves);
	return r->moves.fd >= 0 && r->moves.first && r->met < MEMBERS_A_WINDOW;
}
