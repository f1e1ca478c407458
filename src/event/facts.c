#include "event/facts.h"

static bool has(const struct host_process *p, uint32_t bit)
{
	return p && (p->have & bit);
}

static bool is_about(const struct host_process *p, uint64_t pid, struct opt_u64 tgid)
{
	if (p->pid > 0 && ((uint64_t)p->pid == pid || (tgid.set && (uint64_t)p->pid == tgid.v)))
		return true;
	return has(p, HOST_HAVE_TGID) && p->tgid > 0 &&
	       ((uint64_t)p->tgid == pid || (tgid.set && (uint64_t)p->tgid == tgid.v));
}

static bool started_after(const struct host_process *p, struct opt_u64 killed_usec)
{
	uint64_t tick_usec = 1000000 / host_ticks_per_sec(), started;
	if (!has(p, HOST_HAVE_START) || !killed_usec.set)
		return false;
	return __builtin_mul_overflow(p->start_ticks, tick_usec, &started) ||
	       (started > killed_usec.v && started - killed_usec.v > EVENT_FACTS_SLACK_USEC);
}

/* A dying process on cgroup v1 shows the root for every controller: "/" from a live read says nothing. */
static struct slice live_cgroup(const struct host_process *live)
{
	return !live || slice_eq(live->cgroup, SLICE("/")) ? SLICE_NONE : live->cgroup;
}

/* A process whose memory is gone shows the score 0: only a live number above it is the kernel's judgement. */
static bool live_score(const struct host_process *live)
{
	return has(live, HOST_HAVE_OOM_SCORE) && live->oom_score > 0;
}

/* What `cached` has and `to` lacks; true when it gave anything that is published. */
static bool complete(struct host_process *to, const struct host_process *cached)
{
	uint32_t missing = cached->have & ~to->have;
	if (missing & HOST_HAVE_TGID)
		to->tgid = cached->tgid;
	if (missing & HOST_HAVE_PPID)
		to->ppid = cached->ppid;
	if (missing & HOST_HAVE_START)
		to->start_ticks = cached->start_ticks;
	if (missing & HOST_HAVE_UID)
		to->uid = cached->uid;
	if (missing & HOST_HAVE_OOM_SCORE)
		to->oom_score = cached->oom_score;
	if (missing & HOST_HAVE_OOM_SCORE_ADJ)
		to->oom_score_adj = cached->oom_score_adj;
	to->have |= missing;
	bool gave = missing & ~(uint32_t)(HOST_HAVE_RSS | HOST_HAVE_LOGINUID);
	if (!slice_present(to->exe) && slice_present(cached->exe)) {
		to->exe = cached->exe;
		gave = true;
	}
	if (!to->cmdline.n && cached->cmdline.n) {
		to->cmdline = cached->cmdline;
		to->cmdline_cut = cached->cmdline_cut;
		gave = true;
	}
	if (!slice_present(to->ns_pid) && slice_present(cached->ns_pid)) {
		to->ns_pid = cached->ns_pid;
		gave = true;
	}
	return gave;
}

void event_facts_of(const struct event_facts *facts, uint64_t pid, struct opt_u64 tgid, struct opt_u64 killed_usec,
		    struct event_known *out)
{
	*out = (struct event_known){0};
	if (!facts)
		return;
	const struct host_process *live = facts->live, *cached = facts->cached;
	if (live && (!is_about(live, pid, tgid) || started_after(live, killed_usec)))
		live = NULL;
	if (cached && (!is_about(cached, pid, tgid) || started_after(cached, killed_usec)))
		cached = NULL;
	if (has(live, HOST_HAVE_START) && has(cached, HOST_HAVE_START) && live->start_ticks != cached->start_ticks) {
		if (live->start_ticks > cached->start_ticks)
			cached = NULL;
		else
			live = NULL;
	}
	out->live = live;
	out->cached = cached;
	if (!live && !cached)
		return;
	out->process = live ? *live : *cached;
	out->process_source = live ? SLICE("live") : SLICE("cache");
	if (live) {
		out->process.have &= live_score(live) ? ~0u : ~(uint32_t)HOST_HAVE_OOM_SCORE;
		if (cached && complete(&out->process, cached))
			out->process_source = SLICE("cache");
	}
	out->cgroup = live_cgroup(live);
	out->cgroup_source = SLICE("live");
	if (!slice_present(out->cgroup)) {
		out->cgroup = cached ? cached->cgroup : SLICE_NONE;
		out->cgroup_source = SLICE("cache");
	}
}
