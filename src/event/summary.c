/*
 * One sentence a type. The order of its parts is the order of the questions of
 * someone woken at night: whose, which process, why, how much, which limit.
 */
#include "event/summary.h"

#include "event/words.h"

static void add_process(struct text *t, const struct event *e)
{
	text_addf(t, "process %llu", (unsigned long long)e->victim.pid.v);
	if (!slice_present(e->victim.comm))
		return;
	text_add(t, SLICE(" ("));
	event_words_name(t, e->victim.comm);
	text_add(t, SLICE(")"));
}

static void add_held(struct text *t, const struct event *e, const char *before)
{
	struct opt_u64 held = event_words_held(e);
	if (!held.set)
		return;
	text_addf(t, "%sheld ", before);
	text_add_size_kb(t, held.v);
	if (e->victim.memory.swap_kb.set && e->victim.memory.swap_kb.v) {
		text_add(t, SLICE(" and "));
		text_add_size_kb(t, e->victim.memory.swap_kb.v);
		text_add(t, SLICE(" of swap"));
	}
}

static void add_limit(struct text *t, const struct event *e)
{
	struct opt_u64 limit = e->cgroup.memory.limit_kb;
	if (!event_words_limit_hit(e)) {
		text_add(t, SLICE("in memory cgroup "));
		event_words_name(t, slice_present(e->cgroup.limit_path) ? e->cgroup.limit_path : e->cgroup.path);
		return;
	}
	if (!slice_present(e->cgroup.limit_path)) {
		text_add(t, SLICE("the limit of its memory cgroup"));
	} else {
		text_add(t, SLICE("limit "));
		if (limit.set) {
			text_add_size_kb(t, limit.v);
			text_add(t, SLICE(" "));
		}
		text_add(t, SLICE("of "));
		event_words_name(t, e->cgroup.limit_path);
	}
	text_add(t, SLICE(" reached"));
}

/* "sidekiq.service: process 4242 (ruby) killed, out of memory: held 498 MiB, limit 512 MiB of /x reached" */
static void memcg_kill(struct text *t, const struct event *e)
{
	if (event_words_whose(t, e))
		text_add(t, SLICE(": "));
	add_process(t, e);
	text_add(t, SLICE(" killed, out of memory: "));
	size_t before = t->n;
	add_held(t, e, "");
	if (t->n != before)
		text_add(t, SLICE(", "));
	add_limit(t, e);
}

static void add_host_memory(struct text *t, const struct event *e)
{
	if (e->host_memory.total_kb.set && e->host_memory.free_kb.set) {
		text_add(t, SLICE(", "));
		text_add_size_kb(t, e->host_memory.free_kb.v);
		text_add(t, SLICE(" of "));
		text_add_size_kb(t, e->host_memory.total_kb.v);
		text_add(t, SLICE(" RAM free"));
	}
	if (!e->host_memory.swap_total_kb.set || !e->host_memory.swap_free_kb.set)
		return;
	if (e->host_memory.swap_total_kb.v == 0) {
		text_add(t, SLICE(", no swap"));
		return;
	}
	text_add(t, SLICE(", "));
	text_add_size_kb(t, e->host_memory.swap_free_kb.v);
	text_add(t, SLICE(" of "));
	text_add_size_kb(t, e->host_memory.swap_total_kb.v);
	text_add(t, SLICE(" swap free"));
}

static void add_place(struct text *t, const struct event *e)
{
	if (e->manual) {
		text_add(t, SLICE("OOM kill asked for by hand"));
	} else if (slice_eq(e->scope, SLICE("cpuset"))) {
		text_add(t, slice_present(e->cpuset) ? SLICE("nodes of cpuset ") : SLICE("nodes of a cpuset"));
		event_words_name(t, e->cpuset);
		text_add(t, SLICE(" out of memory"));
	} else if (slice_eq(e->scope, SLICE("mempolicy"))) {
		text_add(t, SLICE("nodes of a memory policy out of memory"));
	} else if (slice_eq(e->scope, SLICE("memcg"))) {
		if (slice_present(e->cgroup.limit_path))
			event_words_name(t, e->cgroup.limit_path);
		else
			text_add(t, SLICE("memory cgroup"));
		text_add(t, SLICE(" out of memory"));
	} else {
		text_add(t, slice_eq(e->scope, SLICE("global")) ? SLICE("host out of memory") : SLICE("out of memory"));
	}
}

/* "host out of memory: process 4242 (ruby) of sidekiq.service killed, held 498 MiB, 52 MiB of 15.6 GiB RAM free" */
static void other_kill(struct text *t, const struct event *e)
{
	add_place(t, e);
	text_add(t, SLICE(": "));
	add_process(t, e);
	size_t before = t->n;
	text_add(t, SLICE(" of "));
	if (!event_words_whose(t, e))
		t->n = before;
	text_add(t, SLICE(" killed"));
	add_held(t, e, ", ");
	add_host_memory(t, e);
}

static void kill_summary(struct text *t, const struct event *e)
{
	if (slice_eq(e->scope, SLICE("memcg")) && !e->manual)
		memcg_kill(t, e);
	else
		other_kill(t, e);
	if (e->group.index.set && e->group.index.v > 1)
		text_addf(t, "; kill %llu of a group", (unsigned long long)e->group.index.v);
	if (slice_eq(e->report, SLICE("suppressed")))
		text_add(t, SLICE("; the kernel printed no report (rate limit)"));
}

static void no_victim_summary(struct text *t, const struct event *e)
{
	add_place(t, e);
	text_add(t, e->panic ? SLICE(", kernel panic") : SLICE(", nothing killed"));
	if (!e->kernel_text.n)
		return;
	text_add(t, SLICE(": "));
	event_words_name(t, e->kernel_text);
}

static void lost_summary(struct text *t, const struct event *e)
{
	text_addf(t, "%llu kernel log record%s lost (sequence %llu to %llu): OOM kills among them are unknown",
		  (unsigned long long)e->count.v, e->count.v == 1 ? "" : "s", (unsigned long long)e->from_seq.v,
		  (unsigned long long)e->to_seq.v);
}

static void unseen_summary(struct text *t, const struct event *e)
{
	uint64_t kernel = e->kernel_count.v, reported = e->reported_count.v;
	text_addf(t, "the kernel counted %llu OOM kill%s, %llu %s seen in its log", (unsigned long long)kernel,
		  kernel == 1 ? "" : "s", (unsigned long long)reported, reported == 1 ? "was" : "were");
	if (kernel > reported)
		text_addf(t, ": %llu went unseen", (unsigned long long)(kernel - reported));
}

void event_summary(struct event *e)
{
	static void (*const sentence[EVENT_TYPES])(struct text * t, const struct event *e) = {
	    [EVENT_OOM_KILL] = kill_summary,
	    [EVENT_NO_VICTIM] = no_victim_summary,
	    [EVENT_RECORDS_LOST] = lost_summary,
	    [EVENT_KILLS_UNSEEN] = unseen_summary,
	};
	char buffer[EVENT_WORDS_SENTENCE];
	struct text t = text_on(buffer, sizeof(buffer));
	sentence[e->type_code](&t, e);
	e->summary = arena_copy(&e->arena, text_slice(&t));
}
