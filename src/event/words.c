#include "event/words.h"

/* Not in the middle of a character: the first border at or before `at`. */
static size_t border(struct slice s, size_t at)
{
	for (int i = 0; i < 3 && at > 0 && at < s.n && ((unsigned char)s.p[at] & 0xc0) == 0x80; i++)
		at--;
	return at;
}

void event_words_name(struct text *t, struct slice name)
{
	if (name.n <= EVENT_WORDS_NAME) {
		text_add_shown(t, name);
		return;
	}
	/* The end says more than the beginning: paths begin alike. */
	text_add_shown(t, slice_sub(name, 0, border(name, EVENT_WORDS_NAME * 2 / 5)));
	text_add_shown(t, SLICE("…"));
	text_add_shown(t, slice_sub(name, border(name, name.n - EVENT_WORDS_NAME * 3 / 5), name.n));
}

void event_words_victim(struct text *t, const struct event *e)
{
	event_words_name(t, slice_present(e->victim.comm) ? e->victim.comm : SLICE("the process"));
}

static void add_one(struct text *t, const struct event_container *c)
{
	event_words_name(t, slice_present(c->name) ? c->name : slice_sub(c->id, 0, 12));
}

/* One inside of another has an id that says little, or that of a stranger: the host knows the outermost, or the
 * machine. */
static void add_container(struct text *t, const struct event *e)
{
	text_add(t, SLICE("container "));
	add_one(t, &e->identity.container);
	if (slice_present(e->identity.machine)) {
		text_add(t, SLICE(" in machine "));
		event_words_name(t, e->identity.machine);
	} else if (e->identity.outer_count) {
		text_add(t, SLICE(" in "));
		add_one(t, &e->identity.outer[e->identity.outer_count - 1]);
	}
}

static bool has_container(const struct event *e)
{
	return slice_present(e->identity.container.name) || slice_present(e->identity.container.id);
}

static void add_pod(struct text *t, const struct event *e)
{
	text_add(t, SLICE("pod "));
	if (slice_present(e->identity.pod.name)) {
		if (slice_present(e->identity.pod.namespace_)) {
			event_words_name(t, e->identity.pod.namespace_);
			text_add(t, SLICE("/"));
		}
		event_words_name(t, e->identity.pod.name);
	} else {
		event_words_name(t, e->identity.pod.uid);
	}
	if (!has_container(e))
		return;
	text_add(t, SLICE(" ("));
	add_container(t, e);
	text_add(t, SLICE(")"));
}

static void add_user(struct text *t, const struct event *e)
{
	if (slice_present(e->victim.user)) {
		text_add(t, SLICE(" of user "));
		event_words_name(t, e->victim.user);
	} else if (e->victim.uid.set) {
		text_addf(t, " of user %llu", (unsigned long long)e->victim.uid.v);
	}
}

bool event_words_whose(struct text *t, const struct event *e)
{
	struct slice unit = e->identity.unit;
	bool service = slice_ends(unit, SLICE(".service"));
	if (slice_present(e->identity.pod.name) || slice_present(e->identity.pod.uid)) {
		add_pod(t, e);
	} else if (has_container(e) && !service) {
		add_container(t, e);
	} else if (slice_present(e->identity.machine)) {
		text_add(t, SLICE("machine "));
		event_words_name(t, e->identity.machine);
	} else if (slice_present(e->identity.user_unit)) {
		event_words_name(t, e->identity.user_unit);
		add_user(t, e);
	} else if (slice_present(e->identity.session)) {
		text_add(t, SLICE("session "));
		event_words_name(t, e->identity.session);
		add_user(t, e);
	} else if (slice_present(unit)) {
		event_words_name(t, unit);
		if (has_container(e)) {
			text_add(t, SLICE(" ("));
			add_container(t, e);
			text_add(t, SLICE(")"));
		}
	} else if (e->cgroup.path.n > 1) {
		event_words_name(t, e->cgroup.path);
	} else {
		return false;
	}
	return true;
}

struct opt_u64 event_words_held(const struct event *e)
{
	struct opt_u64 held = e->victim.memory.rss_kb;
	const struct opt_u64 parts[] = {e->victim.memory.anon_rss_kb, e->victim.memory.file_rss_kb};
	if (held.set)
		return held;
	for (size_t i = 0; i < ARRAY_COUNT(parts); i++)
		if (parts[i].set && !__builtin_add_overflow(held.v, parts[i].v, &held.v))
			held.set = true;
	return held;
}

void event_words_share(struct text *t, uint64_t part_kb, uint64_t whole_kb)
{
	text_add_size_kb(t, part_kb);
	text_add(t, SLICE(" of "));
	text_add_size_kb(t, whole_kb);
	if (whole_kb && part_kb <= whole_kb && part_kb <= UINT64_MAX / 100)
		text_addf(t, ", %llu %%", (unsigned long long)(part_kb * 100 / whole_kb));
}

bool event_words_limit_hit(const struct event *e)
{
	const struct event_usage *memory = &e->cgroup.memory, *swap = &e->cgroup.swap;
	bool kernels_own = !slice_present(e->constraint) || slice_eq(e->constraint, SLICE("CONSTRAINT_MEMCG")) ||
			   slice_eq(e->constraint, SLICE("CONSTRAINT_NONE")); /* 5.0 to 5.2 say so of cgroups too */
	if (event_words_at_limit(memory))
		return true;
	if (!memory->usage_kb.set)
		return kernels_own;
	if (event_words_at_limit(&e->cgroup.memsw) || event_words_at_limit(&e->cgroup.kmem) ||
	    (event_words_at_limit(swap) && swap->limit_kb.v))
		return false;
	return kernels_own && memory->limit_kb.set && memory->usage_kb.v >= memory->limit_kb.v / 2;
}
