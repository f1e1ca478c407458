/*
 * Looking again at processes that are already known: after a fork or an exec,
 * and for their memory.
 *
 * A cheap look opens one file by its path, so between the event that told of the
 * process and the look its number may have gone to another. The exit event is
 * sent before the number is free. So what was read waits, the event queue is
 * emptied, and only records that are still alive then get what was read.
 */
#include "host/recorder_private.h"

#include <errno.h>

/* Batches of events taken between reading and believing; when there are more, what was read is thrown away. */
#define DRAIN_BATCHES 16
#define REFRESH_AGE_USEC (600ull * 1000 * 1000)
#define REFRESH_MAX 64
#define SHORT_PASS_USEC (1000 * 1000)
#define LOOKS_A_TURN 64
#define LATE_LOOK 2
#define LATE_TOGETHER_USEC 200000
/* A leader that exits before its threads belongs to a program that ran a while. */
#define LEADER_LIFE_USEC (1000 * 1000)

static const uint32_t look_delay_usec[HOST_STORE_LOOKS] = {2000, 20 * 1000, 200 * 1000, 1500 * 1000};

static struct host_recorder_pending *next_pending(struct host_recorder *r, uint32_t i)
{
	struct host_record *rec = host_store_at(&r->store, i);
	struct host_recorder_pending *p = &r->pending[r->pending_count++];
	*p = (struct host_recorder_pending){.record = i, .pid = rec->pid, .start_usec = rec->start_usec};
	return p;
}

static void read_cgroup(struct host_recorder *r, struct host_recorder_pending *p)
{
	struct slice path;
	uint32_t known = host_store_at(&r->store, p->record)->cgroup;
	bool is_root = host_intern_equals(&r->store.strings, known, SLICE("/"));
	if (!host_reading_cgroup(&r->reading, r->options.proc_fd, p->pid, is_root, &path, &p->deleted))
		return;
	p->cgroup = host_intern_equals(&r->store.strings, known, path) ? host_intern_share(&r->store.strings, known)
								       : host_intern_hold(&r->store.strings, path);
	p->has_cgroup = p->cgroup != 0;
}

static void read_rss(struct host_recorder *r, struct host_recorder_pending *p)
{
	int64_t kb = host_reading_rss(&r->reading, r->options.proc_fd, p->pid);
	p->gone = kb == -ESRCH;
	p->has_rss = kb >= 0;
	p->rss_kb = kb > UINT32_MAX ? UINT32_MAX : kb < 0 ? 0 : (uint32_t)kb;
	r->counters.samples++;
}

static bool still_means(struct host_recorder *r, const struct host_recorder_pending *p)
{
	const struct host_record *rec = host_store_at(&r->store, p->record);
	return host_record_alive(rec) && rec->pid == p->pid && rec->start_usec == p->start_usec;
}

static void apply(struct host_recorder *r, const struct host_recorder_pending *p, uint64_t now_usec)
{
	struct host_record *rec = host_store_at(&r->store, p->record);
	/* Who is put somewhere often execs next, and nothing would tell. */
	if (p->has_cgroup && p->cgroup != rec->cgroup && r->mode == HOST_RECORDER_SCANNING)
		host_store_await(&r->store, p->record, 0, now_usec);
	if (p->has_cgroup)
		host_store_share_cgroup(&r->store, p->record, p->cgroup, p->deleted, now_usec);
	if (p->has_rss && (rec->flags & HOST_RECORD_LEADER_GONE) == 0)
		host_store_set_rss(&r->store, p->record, p->rss_kb, now_usec, p->rss_kb > 0);
	/* An exit will be told by its event; only what has none left to come ends here. */
	if (p->gone && (rec->flags & HOST_RECORD_LEADER_GONE))
		host_store_gone(&r->store, p->record, now_usec, true);
}

struct host_recorder_pending *host_recorder_read_cgroup(struct host_recorder *r, uint32_t i)
{
	struct host_recorder_pending *p = next_pending(r, i);
	read_cgroup(r, p);
	return p;
}

uint32_t host_recorder_first_look(const struct host_recorder *r)
{
	return r->moves.fd < 0 || r->moves.incomplete || r->look_early || r->mode == HOST_RECORDER_SCANNING ? 0
													    : LATE_LOOK;
}

void host_recorder_believe(struct host_recorder *r, uint64_t now_usec)
{
	uint64_t lost = r->events.lost;
	bool sure = !host_recorder_drain(r, DRAIN_BATCHES, now_usec) && r->events.lost == lost;
	for (uint32_t i = 0; i < r->pending_count; i++) {
		struct host_recorder_pending *p = &r->pending[i];
		if (sure && still_means(r, p))
			apply(r, p, now_usec);
		host_intern_drop(&r->store.strings, p->cgroup);
	}
	r->pending_count = 0;
}

static uint32_t due(const struct host_recorder *r, uint32_t look, uint64_t now_usec)
{
	uint32_t i = r->store.list[HOST_LIST_LOOK + look].first;
	return i && r->store.record[i].since_usec + look_delay_usec[look] <= now_usec ? i : 0;
}

/* Without events an exec is only seen by looking: the middle looks are taken ten times each. */
static uint32_t look_after(const struct host_recorder *r, const struct host_record *rec, uint32_t look,
			   uint64_t now_usec)
{
	bool again = r->mode == HOST_RECORDER_SCANNING && look > 0 && look < HOST_STORE_LOOKS - 1 &&
		     now_usec < rec->start_usec + 10 * look_delay_usec[look];
	return again ? look : look + 1;
}

/* The last look, and every one without events or in a pid namespace, reads all; it is sure of its process by itself. */
static void look_closely(struct host_recorder *r, uint32_t i, uint32_t look, uint64_t now_usec)
{
	const struct host_record *rec = host_store_at(&r->store, i);
	int32_t pid = rec->pid;
	host_store_await(&r->store, i, look_after(r, rec, look, now_usec), now_usec);
	uint32_t what = look == HOST_STORE_LOOKS - 1 ? HOST_READ_ALL : HOST_READ_PROGRAM | HOST_READ_STATUS;
	host_recorder_learn(r, pid, what, HOST_ANY_TIME, now_usec);
}

static bool wants_close_look(const struct host_recorder *r, const struct host_record *rec, uint32_t look)
{
	return look == HOST_STORE_LOOKS - 1 || r->mode == HOST_RECORDER_SCANNING ||
	       ((rec->flags & HOST_RECORD_NESTED) && !rec->ns_pid);
}

bool host_recorder_look(struct host_recorder *r, uint64_t now_usec)
{
	uint32_t done = 0, i;
	for (uint32_t look = 0; look < HOST_STORE_LOOKS; look++) {
		while (done < LOOKS_A_TURN && (i = due(r, look, now_usec))) {
			done++;
			r->counters.looks++;
			if (wants_close_look(r, host_store_at(&r->store, i), look)) {
				look_closely(r, i, look, now_usec);
				continue;
			}
			host_recorder_read_cgroup(r, i);
			host_store_await(&r->store, i, look + 1, now_usec);
		}
	}
	if (r->pending_count)
		host_recorder_believe(r, now_usec);
	return done == LOOKS_A_TURN;
}

/* Late looks are put together, so that a busy host wakes us five times a second for them, not for each. */
uint64_t host_recorder_look_due(const struct host_recorder *r)
{
	uint64_t first = UINT64_MAX;
	for (uint32_t look = 0; look < HOST_STORE_LOOKS; look++) {
		uint32_t i = r->store.list[HOST_LIST_LOOK + look].first;
		if (!i)
			continue;
		uint64_t at = r->store.record[i].since_usec + look_delay_usec[look];
		if (look >= LATE_LOOK)
			at = (at / LATE_TOGETHER_USEC + 1) * LATE_TOGETHER_USEC;
		if (at < first)
			first = at;
	}
	return first;
}

static bool is_large(const struct host_record *rec)
{
	return (rec->flags & HOST_RECORD_RSS) && rec->rss_kb >= HOST_RECORDER_LARGE_KB;
}

static bool wants_sample(const struct host_recorder *r, uint32_t i, const struct host_record *rec)
{
	if (rec->flags & HOST_RECORD_NO_MM)
		return false;
	if (is_large(rec) || !(rec->flags & HOST_RECORD_RSS))
		return true;
	uint32_t turns = r->store.live / HOST_RECORDER_SAMPLES + 1;
	return i % turns == r->sample_turns % turns;
}

/* No event would tell that the number has gone to another process: stat must. */
static void sample_surely(struct host_recorder *r, uint32_t i, uint64_t now_usec)
{
	const struct host_record *rec = host_store_at(&r->store, i);
	uint32_t what = is_large(rec) ? HOST_READ_STATUS | HOST_READ_CGROUP : HOST_READ_STATUS;
	r->counters.samples++;
	host_recorder_learn(r, rec->pid, what, HOST_ANY_TIME, now_usec);
}

static void sample_one(struct host_recorder *r, uint32_t i, uint64_t now_usec)
{
	const struct host_record *rec = host_store_at(&r->store, i);
	struct host_recorder_pending *p = next_pending(r, i);
	read_rss(r, p);
	if (is_large(rec) || p->rss_kb >= HOST_RECORDER_LARGE_KB)
		read_cgroup(r, p);
	if (rec->list == HOST_LIST_NONE && r->refreshed < REFRESH_MAX && rec->seen_usec + REFRESH_AGE_USEC < now_usec) {
		r->refreshed++;
		host_store_await(&r->store, i, HOST_STORE_LOOKS - 1, now_usec);
	}
}

static bool begin_pass(struct host_recorder *r, uint64_t now_usec)
{
	uint64_t every = (uint64_t)r->options.interval_sec * 1000000;
	if (!every || now_usec < r->sample_next_usec)
		return false;
	if (now_usec < r->short_until_usec && every > SHORT_PASS_USEC)
		every = SHORT_PASS_USEC;
	r->sample_next_usec = now_usec + every;
	r->sampling = true;
	r->sample_at = 0;
	r->sample_turns++;
	r->refreshed = 0;
	r->counters.passes++;
	return true;
}

bool host_recorder_sample(struct host_recorder *r, uint64_t now_usec)
{
	if (!r->sampling && !begin_pass(r, now_usec))
		return false;
	host_store_make_room(&r->store);
	for (uint32_t n = 0; n < HOST_RECORDER_PENDING; n++) {
		r->sample_at = host_store_next_live(&r->store, r->sample_at);
		if (!r->sample_at) {
			r->sampling = false;
			break;
		}
		if (!wants_sample(r, r->sample_at, host_store_at(&r->store, r->sample_at)))
			continue;
		if (r->mode == HOST_RECORDER_SCANNING)
			sample_surely(r, r->sample_at, now_usec);
		else
			sample_one(r, r->sample_at, now_usec);
	}
	if (r->pending_count)
		host_recorder_believe(r, now_usec);
	return r->sampling;
}

/*
 * A thread group can go on without its leader, whose exit event looks like the end of it. Asked when its time is over,
 * also when that is because too many others have died since.
 */
static void revive_leaderless(struct host_recorder *r, uint64_t now_usec)
{
	uint32_t next, count = r->store.list[HOST_LIST_OTHER].count;
	for (uint32_t i = r->store.list[HOST_LIST_OTHER].first; i; i = next, count--) {
		struct host_record *rec = host_store_at(&r->store, i);
		next = rec->next;
		if (rec->since_usec + HOST_STORE_KEEP_OTHER_USEC >= now_usec && count <= HOST_STORE_MAX_OTHER)
			return;
		if (rec->since_usec >= rec->start_usec + LEADER_LIFE_USEC && !host_store_live(&r->store, rec->pid) &&
		    host_reading_threads(r->options.proc_fd, rec->pid) > 1)
			host_store_revive(&r->store, i, now_usec);
	}
}

void host_recorder_bury(struct host_recorder *r, uint64_t now_usec)
{
	revive_leaderless(r, now_usec);
	host_store_expire(&r->store, now_usec);
}
