/*
 * A victim's process, from three sides: /proc at the moment the kernel names it
 * (often too late), the flight recorder (from before), local files (names).
 */
#include "app/parts.h"
#include "base/log.h"
#include "host/unit.h"

#define DRAIN_ROUNDS 64
#define CGROUPS_PER_TURN 8
#define AGAIN_FIRST_USEC (1000ull * 1000)
#define AGAIN_TRIES 4
/* Cgroups are offered again after this, when more were met than can be read about at once. */
#define NAMES_PAUSE_USEC (10ull * 1000)
/* How far a kernel stamp may be off CLOCK_MONOTONIC: with, and without an observation of the distance. */
#define SLOP_KNOWN_USEC (50ull * 1000)
#define SLOP_UNKNOWN_USEC (5ull * 1000 * 1000)

bool app_facts_drain(struct app_daemon *d)
{
	struct pollfd fds[HOST_RECORDER_POLLFDS];
	if (!d->recording)
		return false;
	uint32_t n = host_recorder_pollfds(&d->recorder, fds);
	for (uint32_t i = 0; i < n; i++)
		fds[i].revents = fds[i].events & POLLIN;
	bool more = true;
	for (int i = 0; i < DRAIN_ROUNDS && more; i++)
		more = host_recorder_dispatch(&d->recorder, fds, n, d->now);
	return more;
}

/* ---- names, while the things are alive ---- */

/* Notes of a cgroup: who chose the name of the container or pod in its path. 0: not asked yet; else a uid, or this. */
#define CGROUP_OF_HOST (UINT32_MAX - 1)

static uint32_t ask_owner(const struct app_daemon *d, const struct host_identity *id)
{
	uint32_t uid;
	if (!slice_present(id->named_in) || d->cgroup_fd < 0)
		return CGROUP_OF_HOST;
	int r = host_cgroupfs_owner(d->cgroup_fd, id->named_in, d->root_uid, &uid);
	if (r < 0)
		return 0;
	return r ? uid : CGROUP_OF_HOST;
}

static struct host_namer_owner namer_owner(uint32_t owner)
{
	bool user = owner && owner != CGROUP_OF_HOST;
	return (struct host_namer_owner){.user = user, .uid = user ? owner : 0};
}

/* Who chose its names is asked now, before the cgroup is gone; what they are is read meanwhile. */
static uint32_t learn(struct app_daemon *d, struct slice path)
{
	struct host_identity id;
	char text[2 * LIMIT_PATH];
	struct arena arena = arena_on(text, sizeof(text));
	host_identity_parse(path, &arena, &id);
	uint32_t owner = ask_owner(d, &id);
	if (d->names)
		host_namer_ask(d->names, path, namer_owner(owner));
	return owner;
}

static bool names_have_room(struct app_daemon *d)
{
	bool room = !d->names || host_namer_has_room(d->names);
	d->names_due = room ? UINT64_MAX : d->now.monotonic_usec + NAMES_PAUSE_USEC;
	return room;
}

static void learn_again_later(struct app_daemon *d, struct slice path)
{
	struct app_again *to = NULL;
	if (path.n > APP_AGAIN_PATH)
		return;
	for (size_t i = 0; i < APP_AGAIN; i++) {
		struct app_again *a = &d->again[i];
		if (a->due_usec && slice_eq(slice_of(a->path, a->n), path)) {
			to = a;
			break;
		}
		if (!to || a->due_usec < to->due_usec)
			to = a;
	}
	to->due_usec = d->now.monotonic_usec + AGAIN_FIRST_USEC;
	to->tries = 0;
	to->n = path.n;
	memcpy(to->path, path.p, path.n);
}

static bool learn_new_cgroups(struct app_daemon *d)
{
	char storage[LIMIT_PATH];
	struct slice path;
	uint32_t slot;
	for (int i = 0; i < CGROUPS_PER_TURN; i++) {
		if (!names_have_room(d) ||
		    !host_recorder_new_cgroup(&d->recorder, storage, sizeof(storage), &path, &slot))
			return false;
		host_recorder_note_cgroup(&d->recorder, slot, learn(d, path));
		learn_again_later(d, path);
		host_recorder_release_cgroup(&d->recorder, slot);
	}
	return true;
}

/* ---- one victim ---- */

void app_facts_take(struct app_daemon *d, uint64_t pid)
{
	if (d->proc_fd < 0 || !d->knows_pids)
		return;
	host_snapshots_take(&d->snapshots, d->proc_fd, pid, d->cmdlines, d->now.monotonic_usec);
	app_facts_drain(d); /* the victim's own exec may still wait behind the wake-up */
	if (d->recording)
		learn_new_cgroups(d); /* `--rm` takes the files away within milliseconds of the death */
}

static uint64_t boottime_of(const struct app_daemon *d, uint64_t usec)
{
	return kmsg_stamp_monotonic(&d->stamp, d->now.monotonic_usec, usec) +
	       (d->now.boottime_usec - d->now.monotonic_usec);
}

static uint64_t rss_of(const struct oom_incident *incident, const struct host_found *found)
{
	if (incident->anon_rss_kb.set && incident->file_rss_kb.set)
		return incident->anon_rss_kb.v + incident->file_rss_kb.v + incident->shmem_rss_kb.v;
	return found->process.have & HOST_HAVE_RSS ? found->process.rss_kb : 0;
}

/* What the recorder knew of the victim, into f->found. False: nothing. */
static bool find(struct app_daemon *d, struct app_facts *f, const struct oom_incident *incident, uint64_t death,
		 uint64_t slop)
{
	const struct host_store_query q = {
	    .pid = (int32_t)incident->pid,
	    .at_usec = death,
	    .slop_usec = slop,
	    .comm = incident->comm_known ? slice_of(incident->comm, incident->comm_len) : SLICE_NONE,
	};
	return d->recording && host_recorder_find(&d->recorder, &q, &f->found);
}

/* A number can be somebody else's by the time /proc is asked: milliseconds suffice. */
static bool is_victim(const struct host_process *live, const struct host_found *found, uint64_t death, uint64_t slop)
{
	uint64_t ticks = host_ticks_per_sec(), latest = death + slop;
	if ((live->have & HOST_HAVE_START) && live->start_ticks > latest / (1000000 / ticks))
		return false;
	return !found || !host_found_replaced_by(found, live, ticks);
}

static void add_found(struct app_daemon *d, struct app_facts *f, const struct oom_incident *incident, uint64_t death)
{
	f->facts.cached = &f->found.process;
	f->facts.cached_age_ms = f->found.age_ms;
	if (f->found.parent_count >= f->facts.parent_count) {
		f->facts.parent = f->found.parent;
		f->facts.parent_count = f->found.parent_count;
	}
	const struct host_history *h = &f->found.history;
	for (uint32_t i = 0; i < h->count; i++) {
		uint64_t at = (uint64_t)h->point[i].at * HOST_HISTORY_TICK_USEC;
		f->history[i] = (struct event_point){
		    .age_sec = {true, death > at ? (death - at) / 1000000 : 0},
		    .rss_kb = {true, h->point[i].rss_kb},
		};
	}
	f->facts.history = f->history;
	f->facts.history_count = h->count;
	f->facts.growth =
	    host_growth_name(host_recorder_growth(&d->recorder, &f->found, death, rss_of(incident, &f->found)));
}

static void add_user(struct app_daemon *d, struct app_facts *f, const struct oom_incident *incident)
{
	const struct host_process *known = f->facts.cached ? f->facts.cached : f->facts.live;
	uint32_t uid;
	if (incident->uid.set)
		uid = (uint32_t)incident->uid.v;
	else if (known && known->have & HOST_HAVE_UID)
		uid = known->uid;
	else
		return;
	(void)host_user_name(d->root_fd, uid, &f->arena, &f->facts.user);
}

const struct event_facts *app_facts_of(struct app_daemon *d, const struct oom_incident *incident)
{
	struct app_facts *f = &d->facts;
	f->facts = (struct event_facts){0};
	if (d->proc_fd < 0 || !d->knows_pids || incident->kind != OOM_INCIDENT_KILL || incident->pid > INT32_MAX)
		return NULL;
	f->arena = arena_on(f->text, sizeof(f->text));
	const struct host_snapshot *s = host_snapshots_find(&d->snapshots, incident->pid, d->now.monotonic_usec);
	uint64_t death = boottime_of(d, incident->usec), slop = d->stamp.known ? SLOP_KNOWN_USEC : SLOP_UNKNOWN_USEC;
	bool found = find(d, f, incident, death, slop);
	if (s && is_victim(&s->process, found ? &f->found : NULL, death, slop)) {
		f->facts.live = &s->process;
		f->facts.parent = s->parent;
		f->facts.parent_count = s->parent_count;
	}
	if (found)
		add_found(d, f, incident, death);
	add_user(d, f, incident);
	return &f->facts;
}

/* Who chose the name of the container or pod of `path`: as it was noted while it was alive, else as it is now. */
static uint32_t owner_of(const struct app_daemon *d, const struct host_identity *id, struct slice path)
{
	const struct host_found *found = d->facts.facts.cached ? &d->facts.found : NULL;
	if (found && found->cgroup_note && slice_eq(found->process.cgroup, path))
		return found->cgroup_note;
	uint32_t owner = ask_owner(d, id);
	/* It is gone: a service may have been given away, nobody else was. */
	return owner ? owner : id->named_in_unit ? HOST_UNIT_NO_UID : CGROUP_OF_HOST;
}

/* In a storm the kernel says who died and that a limit did it, not whose. What a torn report says is left as it is. */
void app_facts_limit(struct app_daemon *d)
{
	const struct event *e = &d->event;
	struct host_cgroup_limit limit;
	if (d->cgroup_fd < 0 || e->recovered || !slice_eq(e->report, SLICE("suppressed")) ||
	    slice_present(e->cgroup.limit_path) || !slice_present(e->cgroup.path) ||
	    !slice_eq(e->scope, SLICE("memcg")) || host_cgroupfs_only_limit(d->cgroup_fd, e->cgroup.path, &limit) <= 0)
		return;
	event_build_limit(&d->event, limit.path, (struct opt_u64){limit.kb_known, limit.kb});
}

void app_facts_name(struct app_daemon *d)
{
	struct slice path = slice_present(d->event.cgroup.path) ? d->event.cgroup.path : d->event.group.cgroup;
	if (!d->names || !slice_present(path))
		return;
	struct host_identity id;
	struct host_names names;
	d->facts.arena = arena_on(d->facts.text, sizeof(d->facts.text));
	host_identity_parse(path, &d->facts.arena, &id);
	uint32_t owner = owner_of(d, &id, path);
	if (owner != CGROUP_OF_HOST) {
		host_identity_disown(&id, owner);
		event_build_disown(&d->event);
	}
	struct arena arena = arena_on(d->facts.names, sizeof(d->facts.names));
	host_namer_find(d->names, &id, path, namer_owner(owner), &arena, &names);
	event_build_names(&d->event, &names);
}

/* ---- between kills ---- */

static void learn_again(struct app_daemon *d)
{
	for (size_t i = 0; i < APP_AGAIN; i++) {
		struct app_again *a = &d->again[i];
		if (!a->due_usec || a->due_usec > d->now.monotonic_usec || !names_have_room(d))
			continue;
		learn(d, slice_of(a->path, a->n));
		a->due_usec = ++a->tries < AGAIN_TRIES ? d->now.monotonic_usec + (AGAIN_FIRST_USEC << a->tries) : 0;
	}
}

bool app_facts_count(const struct app_daemon *d, struct sink_metrics_recorder *out)
{
	struct host_recorder_counters c;
	if (!d->recording)
		return false;
	host_recorder_count(&d->recorder, &c);
	*out = (struct sink_metrics_recorder){
	    .process_events = d->recorder.mode == HOST_RECORDER_EVENTS,
	    .events_lost = c.events_lost,
	    .forgotten = c.evicted,
	    .cmdlines_unread = c.cmdlines_refused,
	};
	return true;
}

static void say_unread(struct app_daemon *d)
{
	uint64_t unread = d->cmdlines ? host_cmdlines_refused(d->cmdlines) : 0;
	if (unread == d->cmdlines_told)
		return;
	if (!d->cmdlines_told)
		log_line(LOG_LEVEL_WARNING,
			 "%d processes do not let their command line be read, so for now no other is: their memory is "
			 "locked by something that waits, for a disk, an NFS or a FUSE server maybe (ps would hang at "
			 "them too)",
			 HOST_CMDLINE_READERS);
	d->cmdlines_told = unread;
	d->metrics_stale = true;
}

bool app_facts_tick(struct app_daemon *d)
{
	if (!d->recording)
		return false;
	bool more = false;
	say_unread(d);
	if (d->now.monotonic_usec >= host_recorder_deadline(&d->recorder))
		more = host_recorder_tick(&d->recorder, d->now);
	more |= learn_new_cgroups(d);
	learn_again(d);
	return more;
}

uint64_t app_facts_deadline(const struct app_daemon *d)
{
	uint64_t deadline = d->recording ? host_recorder_deadline(&d->recorder) : UINT64_MAX;
	app_earlier(&deadline, d->names_due);
	/* Without room what is due has to wait for it. */
	for (size_t i = 0; i < APP_AGAIN && d->names_due == UINT64_MAX; i++)
		if (d->again[i].due_usec)
			app_earlier(&deadline, d->again[i].due_usec);
	return deadline;
}
