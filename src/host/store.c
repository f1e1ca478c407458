/*
 * Lives and how they follow one another. Other parts of this module have
 * files of their own: what is known of a life (store_facts.c), who must go when
 * there is no room (store_evict.c), whom a kill was about (store_find.c).
 *
 * Order of events (kernel): the fork event is sent before the child can run
 * (copy_process, before wake_up_new_task), the exit event before the pid can be
 * given out again (do_exit, before release_task). So for one pid they arrive in
 * the order of its lives, and a fork for a pid that still lives here means that
 * an exit was lost.
 */
#include "host/store.h"

#include <errno.h>

#include "host/store_private.h"

/* The offset between the clocks is read anew each turn: times made from an event's stamp may be off by some
 * microseconds. */
#define CLOCK_SLACK_USEC 1000
/* A fork event is made right after the start it tells of. */
#define FORK_LAG_USEC (2 * 1000 * 1000)

static uint32_t power_of_two_from(size_t n)
{
	uint32_t p = 64;
	while (p < n && p < 1u << 30)
		p <<= 1;
	return p;
}

int host_store_init(struct host_store *s, void *storage, size_t size, const uint64_t key[2], uint64_t ticks_per_sec)
{
	if (size < HOST_STORE_MIN_SIZE || !ticks_per_sec || ticks_per_sec > 1000000)
		return -EINVAL;
	*s = (struct host_store){.usec_per_tick = 1000000 / ticks_per_sec, .top = 1};
	size_t records = size / 512;
	uint32_t buckets = power_of_two_from(records);
	char *at = storage;

	s->cap = records > UINT32_MAX ? UINT32_MAX : (uint32_t)records;
	s->record = (struct host_record *)at;
	at += (size_t)s->cap * sizeof(struct host_record);
	s->by_pid = (uint32_t *)at;
	s->pid_mask = buckets - 1;
	at += (size_t)buckets * sizeof(uint32_t);
	uint32_t *by_hash = (uint32_t *)at;
	at += (size_t)buckets * sizeof(uint32_t);
	host_pool_init(&s->pool, at, size - (size_t)(at - (char *)storage));
	host_intern_init(&s->strings, &s->pool, by_hash, buckets, key);
	return 0;
}

void host_store_move(struct host_store *s, uint32_t i, enum host_record_list to)
{
	struct host_record *r = &s->record[i];
	if (r->list != HOST_LIST_NONE) {
		if (r->prev)
			s->record[r->prev].next = r->next;
		else
			s->list[r->list].first = r->next;
		if (r->next)
			s->record[r->next].prev = r->prev;
		else
			s->list[r->list].last = r->prev;
	}
	s->list[r->list].count--;
	r->list = (uint8_t)to;
	r->prev = r->next = 0;
	s->list[to].count++;
	if (to == HOST_LIST_NONE)
		return;
	r->prev = s->list[to].last;
	if (r->prev)
		s->record[r->prev].next = i;
	else
		s->list[to].first = i;
	s->list[to].last = i;
}

static void remember_pid(struct host_store *s, uint32_t i)
{
	uint32_t *bucket = host_store_bucket(s, s->record[i].pid);
	s->record[i].same_hash = *bucket;
	*bucket = i;
}

static void forget_pid(struct host_store *s, uint32_t i)
{
	for (uint32_t *at = host_store_bucket(s, s->record[i].pid); *at; at = &s->record[*at].same_hash) {
		if (*at != i)
			continue;
		*at = s->record[i].same_hash;
		return;
	}
}

uint32_t host_store_make(struct host_store *s, int32_t pid, uint64_t start_usec)
{
	uint32_t i = s->list[HOST_LIST_FREE].first;
	if (i) {
		host_store_move(s, i, HOST_LIST_NONE);
	} else if (s->top < s->cap) {
		i = s->top++;
		s->list[HOST_LIST_NONE].count++;
	} else {
		return 0;
	}
	s->record[i] = (struct host_record){.pid = pid, .start_usec = start_usec, .since_usec = start_usec};
	remember_pid(s, i);
	s->live++;
	if (start_usec > s->newest_usec)
		s->newest_usec = start_usec;
	return i;
}

void host_store_set_parent(struct host_store *s, uint32_t i, uint32_t parent)
{
	s->record[i].parent = parent;
	if (parent)
		s->record[parent].children++;
}

static void drop_strings(struct host_store *s, struct host_record *r)
{
	host_intern_drop(&s->strings, r->exe);
	host_intern_drop(&s->strings, r->cgroup);
	host_intern_drop(&s->strings, r->cmdline);
	host_intern_drop(&s->strings, r->ns_pid);
	host_pool_give(&s->pool, r->points);
	r->exe = r->cgroup = r->cmdline = r->ns_pid = r->points = 0;
	r->point_count = 0;
}

/* Frees a record without strings, and the stubs above it that nobody else names. */
static void free_upwards(struct host_store *s, uint32_t i)
{
	while (i) {
		struct host_record *r = &s->record[i];
		uint32_t parent = r->parent;
		host_store_move(s, i, HOST_LIST_FREE);
		r->pid = 0;
		s->barren = false;
		if (!parent || --s->record[parent].children || s->record[parent].list != HOST_LIST_STUB)
			return;
		s->stubs--;
		i = parent;
	}
}

void host_store_release(struct host_store *s, uint32_t i)
{
	struct host_record *r = &s->record[i];
	if (host_record_alive(r))
		s->live--;
	else
		s->dead--;
	forget_pid(s, i);
	drop_strings(s, r);
	if (!r->children) {
		free_upwards(s, i);
		return;
	}
	host_store_move(s, i, HOST_LIST_STUB);
	s->stubs++;
}

uint32_t host_store_live(const struct host_store *s, int32_t pid)
{
	uint32_t i = *host_store_bucket(s, pid);
	while (i && (s->record[i].pid != pid || !host_record_alive(&s->record[i])))
		i = s->record[i].same_hash;
	return i;
}

/* The live record an event of `at_usec` can be about. */
static uint32_t live_at(const struct host_store *s, int32_t pid, uint64_t at_usec)
{
	uint32_t i = host_store_live(s, pid);
	return i && s->record[i].start_usec <= at_usec + CLOCK_SLACK_USEC ? i : 0;
}

static void die(struct host_store *s, uint32_t i, uint64_t at_usec, bool killed)
{
	struct host_record *r = &s->record[i];
	host_store_move(s, i, killed ? HOST_LIST_KILLED : HOST_LIST_OTHER);
	r->since_usec = at_usec;
	if (killed)
		r->flags |= HOST_RECORD_KILLED;
	s->live--;
	s->dead++;
}

/*
 * Ancestors beyond those that are published are not worth keeping: a chain in which every parent forks and exits would
 * grow for ever. Only a dead one that hangs on a single thread is cut loose, so nobody else loses an ancestor.
 */
static void cut_chain(struct host_store *s, uint32_t i)
{
	for (uint32_t depth = 0; depth < LIMIT_PARENTS; depth++) {
		i = s->record[i].parent;
		if (!i)
			return;
	}
	struct host_record *r = &s->record[i];
	uint32_t above = r->parent;
	if (!above || host_record_alive(r) || r->children != 1)
		return;
	r->parent = 0;
	if (--s->record[above].children == 0 && s->record[above].list == HOST_LIST_STUB) {
		s->stubs--;
		free_upwards(s, above);
	}
}

static void inherit(struct host_store *s, struct host_record *child, const struct host_record *parent)
{
	child->uid = parent->uid;
	child->loginuid = parent->loginuid;
	child->exe = host_intern_share(&s->strings, parent->exe);
	child->cgroup = host_intern_share(&s->strings, parent->cgroup);
	child->cmdline = host_intern_share(&s->strings, parent->cmdline);
	child->flags = parent->flags &
		       (HOST_RECORD_UID | HOST_RECORD_LOGINUID | HOST_RECORD_EXE_DELETED | HOST_RECORD_CMDLINE_CUT |
			HOST_RECORD_CGROUP_DELETED | HOST_RECORD_NESTED | HOST_RECORD_NO_MM);
	child->comm_size = parent->comm_size;
	memcpy(child->comm, parent->comm, sizeof(child->comm));
	child->seen_usec = parent->seen_usec < child->start_usec ? parent->seen_usec : child->start_usec;
}

/* A scan may have read the child before its fork event was taken from the queue. */
static bool read_since(const struct host_record *r, uint64_t at_usec)
{
	return (r->flags & HOST_RECORD_EXACT) && r->seen_usec >= at_usec && r->start_usec + FORK_LAG_USEC >= at_usec &&
	       r->start_usec <= at_usec + CLOCK_SLACK_USEC;
}

uint32_t host_store_fork(struct host_store *s, int32_t parent, int32_t child, uint64_t at_usec, bool *inherited)
{
	*inherited = false;
	host_store_make_room(s);
	uint32_t from = live_at(s, parent, at_usec), old = host_store_live(s, child);
	if (old && read_since(&s->record[old], at_usec)) {
		if (!s->record[old].parent && from && from != old) {
			host_store_set_parent(s, old, from);
			s->record[old].ppid = parent;
		}
		*inherited = true;
		return 0;
	}
	if (old)
		die(s, old, at_usec, false);
	if (old == from)
		from = 0;
	uint32_t i = host_store_make(s, child, at_usec);
	if (!i)
		return 0;
	s->record[i].ppid = parent;
	if (from) {
		host_store_set_parent(s, i, from);
		inherit(s, &s->record[i], &s->record[from]);
		cut_chain(s, i);
		*inherited = true;
	}
	return i;
}

/*
 * An exec by another thread than the first ends that one before it takes its number (de_thread): the exit event came,
 * and the process goes on.
 */
static uint32_t resume(struct host_store *s, int32_t pid, uint64_t at_usec)
{
	uint32_t i = *host_store_bucket(s, pid);
	while (i && s->record[i].pid != pid)
		i = s->record[i].same_hash;
	if (!i || s->record[i].start_usec > at_usec + CLOCK_SLACK_USEC ||
	    s->record[i].since_usec + HOST_STORE_KEEP_OTHER_USEC < at_usec)
		return 0;
	host_store_revive(s, i, at_usec);
	return i;
}

uint32_t host_store_exec(struct host_store *s, int32_t pid, uint64_t at_usec)
{
	uint32_t i = live_at(s, pid, at_usec);
	if (!i && !host_store_live(s, pid))
		i = resume(s, pid, at_usec);
	if (!i)
		return 0;
	struct host_record *r = &s->record[i];
	host_intern_drop(&s->strings, r->exe);
	host_intern_drop(&s->strings, r->cmdline);
	r->exe = r->cmdline = 0;
	r->ask = 0; /* what is being read may be the old program's */
	r->comm_size = 0;
	r->flags &= (uint16_t) ~(HOST_RECORD_EXE_DELETED | HOST_RECORD_CMDLINE_CUT | HOST_RECORD_NO_MM |
				 HOST_RECORD_LEADER_GONE);
	return i;
}

void host_store_rename(struct host_store *s, int32_t pid, uint64_t at_usec, struct slice comm)
{
	uint32_t i = live_at(s, pid, at_usec);
	if (i)
		host_store_set_comm(&s->record[i], comm);
}

void host_store_set_uid(struct host_store *s, int32_t pid, uint64_t at_usec, uint32_t uid)
{
	uint32_t i = live_at(s, pid, at_usec);
	if (!i)
		return;
	s->record[i].uid = uid;
	s->record[i].flags |= HOST_RECORD_UID;
}

void host_store_exit(struct host_store *s, int32_t pid, uint64_t at_usec, bool killed)
{
	uint32_t i = live_at(s, pid, at_usec);
	if (i)
		die(s, i, at_usec, killed);
}

void host_store_gone(struct host_store *s, uint32_t i, uint64_t now_usec, bool killed)
{
	die(s, i, now_usec, killed);
}

void host_store_revive(struct host_store *s, uint32_t i, uint64_t now_usec)
{
	struct host_record *r = &s->record[i];
	host_store_move(s, i, HOST_LIST_NONE);
	r->since_usec = now_usec;
	r->flags = (uint16_t)((r->flags & ~HOST_RECORD_KILLED) | HOST_RECORD_LEADER_GONE);
	s->dead--;
	s->live++;
}

static void expire_list(struct host_store *s, enum host_record_list list, uint64_t before_usec, uint32_t max)
{
	uint32_t i;
	while ((i = s->list[list].first) && (s->record[i].since_usec < before_usec || s->list[list].count > max))
		host_store_release(s, i);
}

void host_store_expire(struct host_store *s, uint64_t now_usec)
{
	static const struct {
		enum host_record_list list;
		uint64_t keep_usec;
		uint32_t max;
	} rows[] = {
	    {HOST_LIST_KILLED, HOST_STORE_KEEP_KILLED_USEC, HOST_STORE_MAX_KILLED},
	    {HOST_LIST_OTHER, HOST_STORE_KEEP_OTHER_USEC, HOST_STORE_MAX_OTHER},
	};
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
		if (now_usec > rows[i].keep_usec)
			expire_list(s, rows[i].list, now_usec - rows[i].keep_usec, rows[i].max);
}

void host_store_await(struct host_store *s, uint32_t i, uint32_t look, uint64_t now_usec)
{
	host_store_move(s, i, look < HOST_STORE_LOOKS ? HOST_LIST_LOOK + look : HOST_LIST_NONE);
	s->record[i].since_usec = now_usec;
}

uint32_t host_store_parent(const struct host_store *s, uint32_t i)
{
	const struct host_record *r = &s->record[i];
	if (r->parent || r->ppid <= 0)
		return r->parent;
	uint32_t parent = host_store_live(s, r->ppid);
	return parent && parent != i && s->record[parent].start_usec <= r->start_usec + s->usec_per_tick ? parent : 0;
}

void host_store_link_parents(struct host_store *s)
{
	for (uint32_t i = 0; (i = host_store_next_live(s, i));) {
		if (!s->record[i].parent)
			host_store_set_parent(s, i, host_store_parent(s, i));
	}
}

uint32_t host_store_next_live(const struct host_store *s, uint32_t i)
{
	while (++i < s->top)
		if (host_record_alive(&s->record[i]))
			return i;
	return 0;
}
