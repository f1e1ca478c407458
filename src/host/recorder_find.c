/* Asking the recorder: everything is copied out of the store into the caller's value. */
#include "host/recorder_private.h"

static struct slice copy(const struct host_store *s, struct host_found *out, uint32_t ref)
{
	struct arena *a = &out->arena;
	size_t size = host_intern_size(&s->strings, ref);
	if (!ref)
		return SLICE_NONE;
	if (size >= a->cap - a->n) {
		a->refused++;
		return SLICE_NONE;
	}
	struct slice text = host_intern_copy(&s->strings, ref, a->p + a->n, size);
	a->p[a->n + size] = '\0';
	a->n += size + 1;
	return text;
}

static void tell_process(const struct host_store *s, const struct host_record *rec, struct host_found *out)
{
	static const struct {
		uint16_t flag;
		uint32_t have;
	} rows[] = {
	    {HOST_RECORD_UID, HOST_HAVE_UID},
	    {HOST_RECORD_LOGINUID, HOST_HAVE_LOGINUID},
	    {HOST_RECORD_RSS, HOST_HAVE_RSS},
	};
	struct host_process *p = &out->process;
	*p = (struct host_process){
	    .have = HOST_HAVE_TGID | HOST_HAVE_START | (rec->ppid > 0 ? HOST_HAVE_PPID : 0u),
	    .pid = rec->pid,
	    .tgid = rec->pid,
	    .ppid = rec->ppid,
	    .uid = rec->uid,
	    .loginuid = rec->loginuid,
	    .rss_kb = rec->rss_kb,
	    .start_ticks = rec->start_usec / s->usec_per_tick,
	    .exe_deleted = rec->flags & HOST_RECORD_EXE_DELETED,
	    .cmdline_cut = rec->flags & HOST_RECORD_CMDLINE_CUT,
	    .cgroup_deleted = rec->flags & HOST_RECORD_CGROUP_DELETED,
	};
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
		p->have |= rec->flags & rows[i].flag ? rows[i].have : 0;
	p->comm = arena_copy(&out->arena, host_record_comm(rec));
	p->cgroup = copy(s, out, rec->cgroup);
	p->cmdline = copy(s, out, rec->cmdline);
	p->exe = copy(s, out, rec->exe);
	p->ns_pid = copy(s, out, rec->ns_pid);
}

static void tell_parents(const struct host_store *s, uint32_t i, struct host_found *out)
{
	while (out->parent_count < LIMIT_PARENTS) {
		uint32_t above = host_store_parent(s, i);
		const struct host_record *rec = &s->record[above];
		if (!above)
			return;
		out->parent[out->parent_count++] =
		    (struct host_parent){.pid = rec->pid, .comm = arena_copy(&out->arena, host_record_comm(rec))};
		i = above;
	}
}

/* Another name than the one known: without events that may have been an exec, and what is not sure is not told. */
static void forget_program(struct host_process *p)
{
	p->exe = p->cmdline = SLICE_NONE;
	p->exe_deleted = p->cmdline_cut = false;
}

/* Who execs was often put somewhere just before. */
static bool is_sure_of_cgroup(const struct host_recorder *r, const struct host_record *rec)
{
	bool seen = rec->flags & HOST_RECORD_CGROUP_SEEN, program = rec->exe || rec->cmdline;
	bool all_watched = r->moves.fd >= 0 && !r->moves.incomplete && !r->moves.first;
	return (seen && program) || (all_watched && r->moved_usec < (seen ? rec->seen_usec : rec->start_usec));
}

bool host_recorder_find(struct host_recorder *r, const struct host_store_query *q, struct host_found *out)
{
	const struct host_store *s = &r->store;
	host_recorder_collect(r, q->at_usec);
	uint32_t i = host_store_find(&r->store, q);
	if (!i)
		return false;
	const struct host_record *rec = &s->record[i];
	out->arena = arena_on(out->text, sizeof(out->text));
	out->exact = rec->flags & HOST_RECORD_EXACT;
	out->alive = host_record_alive(rec);
	out->killed = rec->flags & HOST_RECORD_KILLED;
	out->start_usec = rec->start_usec;
	out->age_ms = q->at_usec > rec->seen_usec ? (q->at_usec - rec->seen_usec) / 1000 : 0;
	out->cgroup_note = host_intern_noted(&s->strings, rec->cgroup);
	out->parent_count = 0;
	tell_process(s, rec, out);
	if (r->mode == HOST_RECORDER_SCANNING && slice_present(q->comm) && !slice_eq(q->comm, out->process.comm))
		forget_program(&out->process);
	if (!is_sure_of_cgroup(r, rec))
		out->process.cgroup = SLICE_NONE;
	tell_parents(s, i, out);
	host_store_history(s, i, &out->history);
	return true;
}

bool host_found_is(const struct host_found *f, const struct host_process *live, uint64_t ticks_per_sec)
{
	if (!(live->have & HOST_HAVE_START) || live->pid != f->process.pid)
		return false;
	if (f->exact)
		return live->start_ticks == f->process.start_ticks;
	return live->start_ticks <= f->start_usec * ticks_per_sec / 1000000;
}

bool host_found_replaced_by(const struct host_found *f, const struct host_process *live, uint64_t ticks_per_sec)
{
	return !f->alive && !(live->dying && host_found_is(f, live, ticks_per_sec));
}

enum host_growth host_recorder_growth(const struct host_recorder *r, const struct host_found *f, uint64_t death_usec,
				      uint64_t rss_kb)
{
	uint32_t sec = r->options.interval_sec ? r->options.interval_sec : HOST_RECORDER_INTERVAL_SEC;
	const struct host_growth_input in = {
	    .start_usec = f->start_usec,
	    .death_usec = death_usec,
	    .rss_kb = rss_kb,
	    .interval_usec = (uint64_t)sec * 1000000,
	};
	return host_history_growth(&f->history, &in);
}

bool host_recorder_new_cgroup(struct host_recorder *r, char *to, size_t cap, struct slice *path, uint32_t *slot)
{
	*slot = host_intern_fresh(&r->store.strings);
	if (!*slot)
		return false;
	*path = host_intern_copy(&r->store.strings, *slot, to, cap);
	return true;
}

void host_recorder_note_cgroup(struct host_recorder *r, uint32_t slot, uint32_t note)
{
	host_intern_note(&r->store.strings, slot, note);
}

void host_recorder_release_cgroup(struct host_recorder *r, uint32_t slot)
{
	host_intern_drop(&r->store.strings, slot);
}
