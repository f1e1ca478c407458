/*
 * Records that are nothing of a report (drivers, audit, what processes wrote, what other callers print), put anywhere
 * between the records of a story, change no event; those that look like parts of a report may take something from it,
 * and never put anything false in its place.
 */
#include "stories.h"

/* More at one place than oom/ready waits for would cost a group's first kill its group. */
#define INSERTED_MAX 24
#define VARIANTS 12

struct insert {
	unsigned pri;
	const char *flag; /* and what stands behind it */
	const char *text;
};

static const struct insert alien[] = {
    {6, "-", "usb 1-1: new high-speed USB device number 2 using xhci_hcd\n SUBSYSTEM=usb\n DEVICE=+usb:1-1"},
    {4, "-", "virtio_net virtio1 ens4: Missing receive buffers"},
    {5, "-", "audit: type=1400 audit(1700000000.123:45): apparmor=\"DENIED\" comm=\"a) total-vm:1kB\" pid=1"},
    {4, "-", "oom_kill_process: 3 callbacks suppressed"},
    {6, "-", "oom_reaper: reaped process 999999 (other), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB"},
    {4, "-", "TCP: out of memory -- consider tuning tcp_mem"},
    {4, "-", "IN=eth0 OUT= MAC=00 SRC=10.0.0.1 DST=10.0.0.2 PROTO=TCP SPT=1 DPT=2"},
    {3, "-", "EXT4-fs error (device vda1): ext4_find_entry:1455: inode #2: comm Out of memory: bad"},
    {3, "-", "watchdog: BUG: soft lockup - CPU#1 stuck for 22s! [Killed process:7]"},
    {6, "-", "Killed process [3002]: segfault at 0 ip 0 sp 0 error 4"},
    {6, "-", ""},
    {6, "-", "\\x0a\\x1b[31m\\xff"},
    {11, "-",
     "Out of memory: Killed process 1 (systemd) total-vm:1kB, anon-rss:1kB, file-rss:1kB, "
     "shmem-rss:0kB, UID:0 pgtables:1kB oom_score_adj:0"},
    {14, "-",
     "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/x,"
     "task_memcg=/x,task=init,pid=1,uid=0"},
    {12, "-", "init invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0"},
    {12, "c", ",task_memcg=/forged"},
    {30, "-", "systemd[1]: sidekiq.service: A process of this unit has been killed by the OOM killer."},
};

/* Of another task, which is known to be another. */
static const struct insert of_other_caller[] = {
    {4, "-,caller=T3999999", "@: page allocation failure: order:4, mode:0x40cc0(GFP_KERNEL), nodemask=0"},
    {4, "-,caller=T3999999", "CPU: 3 PID: 3999999 Comm: spare Not tainted 9.9.9 #1"},
    {4, "-,caller=T3999999", "Mem-Info:"},
    {4, "-,caller=C7", "active_anon:1 inactive_anon:1 isolated_anon:0\\x0a free:1 free_pcp:1"},
    {4, "c,caller=C7", ",task_memcg=/other"},
    {4, "c,caller=T3999999", "/other"},
    {6, "-,caller=T3999999", "total_vm 7"},
};

/* What other tasks print looks like ours, and the kernel does not tell whose it is. '@' is that task's name. */
static const struct insert look_alike[] = {
    {4, "-", "@: page allocation failure: order:4, mode:0x40cc0(GFP_KERNEL), nodemask=(null),cpuset=/"},
    {6, "-", "@ cpuset=other mems_allowed=7"},
    {4, "-", "CPU: 3 PID: 3999999 Comm: @"},
    {4, "-", "Hardware name: Other"},
    {4, "-", "Call Trace:"},
    {4, "-", " dump_stack+0x1/0x2"},
    {4, "-", "Mem-Info:"},
    {4, "-", "active_anon:1 inactive_anon:1 isolated_anon:0\\x0a slab_unreclaimable:1 shmem:1\\x0a free:1"},
    {4, "-", "Node 0 Normal free:1kB min:1kB low:1kB high:1kB present:1kB managed:1kB"},
    {4, "-", "1 total pagecache pages"},
    {4, "-", "1 pages RAM"},
    {4, "-", "Node 0 hugepages_total=1 hugepages_free=1 hugepages_surp=0 hugepages_size=2048kB"},
    {4, "c", " loglevel(0-9)"},
    {4, "c", " reboot(b) crash(c)"},
};

struct text_out {
	char *p;
	size_t n, cap;
};

static void put(struct text_out *t, const char *p, size_t n)
{
	if (t->n + n > t->cap) {
		t->cap = 2 * (t->n + n);
		t->p = realloc(t->p, t->cap);
		assert_non_null(t->p);
	}
	memcpy(t->p + t->n, p, n);
	t->n += n;
}

static void put_record(struct text_out *t, const struct insert *what, const char *comm, uint64_t seq, uint64_t usec)
{
	struct slice text = slice_cstr(what->text), before;
	char head[128];
	snprintf(head, sizeof(head), "%u,%llu,%llu,%s;", what->pri, (unsigned long long)seq, (unsigned long long)usec,
		 what->flag);
	put(t, head, strlen(head));
	if (comm && take_until(&text, SLICE("@"), &before)) {
		put(t, before.p, before.n);
		put(t, comm, strlen(comm));
	}
	put(t, text.p, text.n);
	put(t, "\n", 1);
}

/* "PRI,SEQ,USEC,…" at the front of a line. */
static bool take_numbers(struct slice line, size_t *seq_at, size_t *seq_end, uint64_t *seq, uint64_t *usec)
{
	struct slice c = line;
	uint64_t pri;
	if (!take_u64(&c, &pri) || !take_literal(&c, SLICE(",")))
		return false;
	*seq_at = line.n - c.n;
	if (!take_u64(&c, seq))
		return false;
	*seq_end = line.n - c.n;
	return take_literal(&c, SLICE(",")) && take_u64(&c, usec) && take_literal(&c, SLICE(","));
}

/* The numbers that the story's records got, and the story's own. */
struct numbers {
	size_t n;
	struct {
		uint64_t now, before, usec;
	} of[4096];
};

/* Which record has this number now: the newest before `end`, for a capture of two boots has some twice. */
static size_t record_of(const struct numbers *m, uint64_t now, size_t end)
{
	while (end-- > 0)
		if (m->of[end].now == now)
			return end;
	fail_msg("an event of record %llu, which is not the story's", (unsigned long long)now);
	return 0;
}

static size_t record_of_event(const json_t *e, const struct numbers *m)
{
	uint64_t now = (uint64_t)json_integer_value(json_object_get(e, "kmsg_seq"));
	const json_t *usec = json_object_get(e, "monotonic_usec");
	size_t at = record_of(m, now, m->n);
	while (usec && m->of[at].usec != (uint64_t)json_integer_value(usec))
		at = record_of(m, now, at);
	return at;
}

static void set_id(json_t *o, uint64_t number)
{
	char text[64];
	if (!o)
		return;
	snprintf(text, sizeof(text), "%.33s%llu", event_word(o, "id"), (unsigned long long)number);
	json_object_set_new(o, "id", json_string(text));
}

/* As if nothing had been put in between. */
static void put_numbers_back(json_t *events, const struct numbers *m)
{
	size_t i;
	json_t *e;
	json_array_foreach(events, i, e)
	{
		size_t at = record_of_event(e, m);
		json_t *group = json_object_get(e, "group");
		json_object_set_new(e, "kmsg_seq", json_integer((json_int_t)m->of[at].before));
		set_id(e, m->of[at].before);
		if (group)
			set_id(group,
			       m->of[record_of(m, strtoull(event_word(group, "id") + 33, NULL, 10), at + 1)].before);
	}
}

struct variant {
	const struct insert *from;
	size_t kinds;  /* one of these each time … */
	bool in_order; /* … or all of them, in order */
	size_t most;
	const char *comm; /* who prints them */
	bool no_cpuset;   /* not on this kernel */
};

/* The story with records put in; the events of that, with the story's own numbers. */
static json_t *with_inserted(const struct story *s, const struct variant *v)
{
	static struct numbers numbers;
	struct text_out out = {0};
	struct slice rest = slice_of(s->bytes, s->size), line;
	uint64_t offset = 0, last = 0;
	size_t left = v->most, next = 0, at = random_below(s->count + 1), step = 0;
	numbers.n = 0;
	while (take_line(&rest, &line)) {
		size_t from, to;
		uint64_t seq, usec;
		if (!take_numbers(line, &from, &to, &seq, &usec)) {
			put(&out, line.p, line.n);
			put(&out, "\n", 1);
			continue;
		}
		if (seq <= last && numbers.n)
			offset = 0;
		last = seq;
		bool here = v->in_order ? step >= at && random_below(3) : random_below(s->count) < v->most;
		for (size_t k = here ? 1 + random_below(3) : 0; k && left; k--, left--) {
			if (v->in_order && next == v->kinds)
				break;
			const struct insert *what = &v->from[v->in_order ? next++ : random_below(v->kinds)];
			if (v->no_cpuset && strstr(what->text, " cpuset="))
				continue;
			put_record(&out, what, v->comm, seq + offset++, usec);
		}
		char number[32];
		snprintf(number, sizeof(number), "%llu", (unsigned long long)(seq + offset));
		put(&out, line.p, from);
		put(&out, number, strlen(number));
		put(&out, line.p + to, line.n - to);
		if (line.p + line.n < s->bytes + s->size)
			put(&out, "\n", 1);
		assert_true(numbers.n < ARRAY_COUNT(numbers.of));
		numbers.of[numbers.n].usec = usec;
		numbers.of[numbers.n].now = seq + offset;
		numbers.of[numbers.n++].before = seq;
		step++;
	}
	json_t *events = run_bytes(out.p, out.n);
	put_numbers_back(events, &numbers);
	free(out.p);
	return events;
}

/* Records on one line, where the kernel cut one: which is which is told by the numbers that would have to change. */
static bool has_a_line_for_each_record(const struct story *s)
{
	struct slice rest = slice_of(s->bytes, s->size), line;
	size_t lines = 0, from, to;
	uint64_t seq, usec;
	while (take_line(&rest, &line))
		lines += take_numbers(line, &from, &to, &seq, &usec);
	return lines == s->count;
}

static void is_the_same(const struct story *s, const struct variant *v)
{
	json_t *events = with_inserted(s, v);
	if (!json_equal(events, s->events)) {
		size_t i;
		json_t *e;
		char path[256];
		json_array_foreach(events, i, e)
		{
			const json_t *whole = event_of(s->events, e);
			if (!event_is_true(e, whole, path, sizeof(path)))
				fail_event(s->name, "with unrelated records", path, e, whole);
			if (!json_equal(e, whole))
				fail_event(s->name, "with unrelated records", "something left out", e, whole);
		}
		fail_msg("%s: %zu events, with unrelated records %zu", s->name, json_array_size(s->events),
			 json_array_size(events));
	}
	json_decref(events);
}

static void check_alien(const struct story *s)
{
	const struct variant v = {alien, ARRAY_COUNT(alien), false, INSERTED_MAX, NULL, false};
	for (int i = 0; has_a_line_for_each_record(s) && i < VARIANTS; i++)
		is_the_same(s, &v);
}

static void records_of_drivers_audit_and_processes_change_nothing(void **state)
{
	(void)state;
	with_each_story(check_alien);
}

static void check_of_other_caller(const struct story *s)
{
	const struct variant v = {of_other_caller, ARRAY_COUNT(of_other_caller), false, INSERTED_MAX, NULL, false};
	for (int i = 0; s->has_caller && has_a_line_for_each_record(s) && i < VARIANTS; i++)
		is_the_same(s, &v);
}

static void records_of_other_callers_change_nothing(void **state)
{
	(void)state;
	with_each_story(check_of_other_caller);
}

static void nothing_is_untrue(const struct story *s, const struct variant *v)
{
	json_t *events = with_inserted(s, v), *e;
	size_t k;
	char path[256];
	json_array_foreach(events, k, e)
	{
		const json_t *whole = event_of(s->events, e);
		if (!event_is_true(e, whole, path, sizeof(path)))
			fail_event(s->name, "with another's failed allocation", path, e, whole);
	}
	assert_int_equal(json_array_size(events), json_array_size(s->events));
	json_decref(events);
}

static void check_look_alike(const struct story *s)
{
	struct variant v = {look_alike, ARRAY_COUNT(look_alike), true, ARRAY_COUNT(look_alike), "spare", false};
	const json_t *e = json_array_get(s->events, random_below(json_array_size(s->events) + 1));
	const char *comm = json_string_value(json_object_get(json_object_get(e, "trigger"), "comm"));
	/* Two of them at once, of one program, are more than the lines tell apart. */
	if (slice_find(slice_of(s->bytes, s->size), SLICE(": page allocation failure")) != SLICE_NPOS)
		return;
	for (int i = 0; has_a_line_for_each_record(s) && i < VARIANTS; i++)
		nothing_is_untrue(s, &v);
	/* A thread of the same program. */
	v.comm = comm;
	v.no_cpuset = slice_find(slice_of(s->bytes, s->size), SLICE(" mems_allowed=")) == SLICE_NPOS;
	for (size_t i = 0; comm && comm[i]; i++)
		if (comm[i] <= ' ' || comm[i] >= 0x7f || comm[i] == '\\')
			v.comm = NULL;
	for (int i = 0; v.comm && has_a_line_for_each_record(s) && i < VARIANTS; i++)
		nothing_is_untrue(s, &v);
}

static void a_failed_allocation_in_between_makes_nothing_untrue(void **state)
{
	(void)state;
	with_each_story(check_look_alike);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(records_of_drivers_audit_and_processes_change_nothing, random_seed),
	    cmocka_unit_test_setup(records_of_other_callers_change_nothing, random_seed),
	    cmocka_unit_test_setup(a_failed_allocation_in_between_makes_nothing_untrue, random_seed),
	};
	return cmocka_run_group_tests(tests, property_set_up, property_tear_down);
}
