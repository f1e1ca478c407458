/* What is known of one life: joining what /proc told with what the record says. */
#include "host/store.h"
#include "host/store_private.h"

#define CLOCK_SLACK_USEC 1000

void host_store_set_comm(struct host_record *r, struct slice comm)
{
	r->comm_size = (uint8_t)(comm.n < HOST_STORE_COMM ? comm.n : HOST_STORE_COMM);
	if (r->comm_size)
		memcpy(r->comm, comm.p, r->comm_size);
}

static void set_flag(struct host_record *r, uint16_t flag, bool on)
{
	r->flags = (uint16_t)(on ? r->flags | flag : r->flags & ~flag);
}

/* False when there was no room: the record then does not know, rather than know something old. */
static bool set_string(struct host_store *s, uint32_t *ref, struct slice to)
{
	if (host_intern_equals(&s->strings, *ref, to))
		return true;
	uint32_t fresh = host_intern_hold(&s->strings, to);
	host_intern_drop(&s->strings, *ref);
	*ref = fresh;
	if (!fresh)
		s->counters.refused++;
	return fresh != 0;
}

/*
 * A process that enters a cgroup is news of it, not only the first one ever: the path is also that of the unit's next
 * start, while those who died in the one before are still remembered. Children begin where their parent is and enter
 * nothing.
 */
static void entered(struct host_store *s, uint32_t before, uint32_t now)
{
	if (s->watch_cgroups && now != before)
		host_intern_watch(&s->strings, now);
}

void host_store_set_cgroup(struct host_store *s, uint32_t i, struct slice path, bool deleted, uint64_t now_usec)
{
	struct host_record *r = &s->record[i];
	uint32_t before = r->cgroup;
	set_flag(r, HOST_RECORD_CGROUP_DELETED, deleted);
	set_flag(r, HOST_RECORD_CGROUP_SEEN, true);
	if (set_string(s, &r->cgroup, path))
		entered(s, before, r->cgroup);
	r->seen_usec = now_usec;
}

void host_store_share_cgroup(struct host_store *s, uint32_t i, uint32_t cgroup, bool deleted, uint64_t now_usec)
{
	struct host_record *r = &s->record[i];
	entered(s, r->cgroup, cgroup);
	host_intern_share(&s->strings, cgroup);
	host_intern_drop(&s->strings, r->cgroup);
	r->cgroup = cgroup;
	set_flag(r, HOST_RECORD_CGROUP_SEEN, true);
	set_flag(r, HOST_RECORD_CGROUP_DELETED, deleted);
	r->seen_usec = now_usec;
}

void host_store_set_cmdline(struct host_store *s, uint32_t i, struct slice cmdline, bool cut)
{
	struct host_record *r = &s->record[i];
	set_string(s, &r->cmdline, cmdline);
	set_flag(r, HOST_RECORD_CMDLINE_CUT, cut);
}

static void set_strings(struct host_store *s, struct host_record *r, const struct host_process *p)
{
	if (slice_present(p->exe)) {
		set_string(s, &r->exe, p->exe);
		set_flag(r, HOST_RECORD_EXE_DELETED, p->exe_deleted);
	}
	if (slice_present(p->cmdline)) {
		host_store_set_cmdline(s, (uint32_t)(r - s->record), p->cmdline, p->cmdline_cut);
	}
	if (slice_present(p->ns_pid)) {
		struct slice rest = p->ns_pid, outer, inner;
		set_string(s, &r->ns_pid, p->ns_pid);
		set_flag(r, HOST_RECORD_NESTED, take_word(&rest, &outer) && take_word(&rest, &inner));
	}
}

static void set_numbers(struct host_record *r, const struct host_process *p)
{
	if (p->have & HOST_HAVE_UID) {
		r->uid = p->uid;
		r->flags |= HOST_RECORD_UID;
	}
	if (p->have & HOST_HAVE_LOGINUID) {
		r->loginuid = p->loginuid;
		r->flags |= HOST_RECORD_LOGINUID;
	}
	if (slice_present(p->comm))
		host_store_set_comm(r, p->comm);
	/* status was read and shows no memory: a kernel thread. */
	if ((p->have & HOST_HAVE_TGID) && !p->exiting)
		set_flag(r, HOST_RECORD_NO_MM, !(p->have & HOST_HAVE_RSS));
	if (!r->parent && (p->have & HOST_HAVE_PPID))
		r->ppid = p->ppid;
}

/* The record of the life that `start_usec` (floored to a tick, by /proc) belongs to; ends an earlier one. */
static uint32_t life_of(struct host_store *s, int32_t pid, uint64_t start_usec, uint64_t now_usec)
{
	uint32_t i = host_store_live(s, pid);
	if (i) {
		struct host_record *r = &s->record[i];
		bool exact = r->flags & HOST_RECORD_EXACT;
		if (exact ? start_usec == r->start_usec : start_usec <= r->start_usec + CLOCK_SLACK_USEC)
			return i;
		if (start_usec < r->start_usec)
			return 0;
		host_store_gone(s, i, now_usec, false);
	}
	return host_store_make(s, pid, start_usec);
}

uint32_t host_store_put(struct host_store *s, const struct host_process *p, uint64_t as_of_usec, uint64_t now_usec)
{
	uint64_t start_usec;
	if (!(p->have & HOST_HAVE_START) || p->pid <= 0 ||
	    __builtin_mul_overflow(p->start_ticks, s->usec_per_tick, &start_usec) ||
	    start_usec > as_of_usec + CLOCK_SLACK_USEC)
		return 0;
	host_store_make_room(s);
	uint32_t i = life_of(s, p->pid, start_usec, now_usec);
	if (!i)
		return 0;
	struct host_record *r = &s->record[i];
	r->start_usec = start_usec;
	r->flags |= HOST_RECORD_EXACT;
	set_numbers(r, p);
	if (!r->parent)
		host_store_set_parent(s, i, host_store_parent(s, i));
	set_strings(s, r, p);
	if (slice_present(p->cgroup))
		host_store_set_cgroup(s, i, p->cgroup, p->cgroup_deleted, now_usec);
	if (p->have & HOST_HAVE_RSS)
		host_store_set_rss(s, i, p->rss_kb, now_usec, true);
	return i;
}

struct points {
	struct host_point point[HOST_CELL_DATA / sizeof(struct host_point)];
};
#define POINTS_A_CELL ARRAY_COUNT(((struct points *)0)->point)

void host_store_history(const struct host_store *s, uint32_t i, struct host_history *out)
{
	uint32_t cell = s->record[i].points;
	out->count = s->record[i].point_count;
	for (uint32_t n = 0; n < out->count; n++) {
		if (n && n % POINTS_A_CELL == 0)
			cell = s->pool.cell[cell].next;
		memcpy(&out->point[n], s->pool.cell[cell].data + n % POINTS_A_CELL * sizeof(struct host_point),
		       sizeof(struct host_point));
	}
}

static void save_history(struct host_store *s, struct host_record *r, const struct host_history *h)
{
	uint32_t *link = &r->points, n = 0;
	while (n < h->count) {
		if (!*link && !(*link = host_pool_take(&s->pool))) {
			s->counters.refused++;
			break;
		}
		struct host_cell *cell = &s->pool.cell[*link];
		for (uint32_t k = 0; k < POINTS_A_CELL && n < h->count; k++, n++)
			memcpy(cell->data + k * sizeof(struct host_point), &h->point[n], sizeof(struct host_point));
		link = &cell->next;
	}
	r->point_count = (uint8_t)n;
}

void host_store_set_rss(struct host_store *s, uint32_t i, uint64_t rss_kb, uint64_t now_usec, bool keep)
{
	struct host_record *r = &s->record[i];
	r->rss_kb = rss_kb > UINT32_MAX ? UINT32_MAX : (uint32_t)rss_kb;
	r->flags |= HOST_RECORD_RSS;
	if (!keep)
		return;
	struct host_history h;
	host_store_history(s, i, &h);
	host_history_add(&h, now_usec, rss_kb);
	save_history(s, r, &h);
}
