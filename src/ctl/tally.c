/* Counting. Names are few even where kills are many, so a list is searched from its front. */
#include "ctl/tally.h"

#include <stdlib.h>

static bool count_name(struct ctl_tally_list *l, struct slice name)
{
	if (name.n == 0) {
		l->without++;
		return true;
	}
	for (size_t i = 0; i < l->count; i++)
		if (slice_eq(name, slice_cstr(l->row[i].name))) {
			l->row[i].kills++;
			return true;
		}
	if (l->count == l->cap) {
		size_t cap = l->cap ? 2 * l->cap : 16;
		struct ctl_tally_row *more = reallocarray(l->row, cap, sizeof(*more));
		if (!more)
			return false;
		l->row = more;
		l->cap = cap;
	}
	char *copy = strndup(name.p, name.n);
	if (!copy)
		return false;
	l->row[l->count++] = (struct ctl_tally_row){copy, 1};
	return true;
}

static void add_pod(struct text *t, const json_t *event)
{
	bool named = ctl_get(event, "identity.pod.name");
	if (named && ctl_get(event, "identity.pod.namespace")) {
		ctl_add_shown(t, event, "identity.pod.namespace");
		text_add(t, SLICE("/"));
	}
	ctl_add_shown(t, event, named ? "identity.pod.name" : "identity.pod.uid");
}

static void add_name(struct text *t, const json_t *event, enum ctl_tally_by by)
{
	switch (by) {
	case CTL_BY_UNIT:
		/* A container's scope is a unit too, but one that nobody ever named. */
		if (!ctl_get(event, "identity.container"))
			ctl_add_shown(t, event,
				      ctl_get(event, "identity.user_unit") ? "identity.user_unit" : "identity.unit");
		break;
	case CTL_BY_POD:
		add_pod(t, event);
		break;
	case CTL_BY_CONTAINER:
		if (ctl_get(event, "identity.container.name"))
			ctl_add_shown(t, event, "identity.container.name");
		else
			text_add_shown(t, slice_sub(ctl_str(event, "identity.container.id"), 0, 12));
		break;
	case CTL_BY_COMMAND:
		ctl_add_shown(t, event, "victim.comm");
		break;
	case CTL_BY_VERDICT:
		ctl_add_shown(t, event, "verdict.code");
		break;
	case CTL_BY_SCOPE:
		ctl_add_shown(t, event, "scope");
		break;
	case CTL_BY_COUNT:
		break;
	}
}

static bool add_time(struct ctl_tally *t, uint64_t usec)
{
	if (t->dated == t->time_cap) {
		size_t cap = t->time_cap ? 2 * t->time_cap : 256;
		uint64_t *more = reallocarray(t->time, cap, sizeof(*more));
		if (!more)
			return false;
		t->time = more;
		t->time_cap = cap;
	}
	if (t->dated == 0 || usec < t->first_usec)
		t->first_usec = usec;
	if (usec > t->last_usec)
		t->last_usec = usec;
	t->time[t->dated++] = usec;
	return true;
}

bool ctl_tally_add(struct ctl_tally *t, const json_t *event)
{
	char s[1024];
	uint64_t v;
	if (!ctl_is_kill(event)) {
		t->others++;
		if (ctl_num(event, "count", &v))
			t->lost += v;
		uint64_t counted, reported;
		if (ctl_num(event, "kernel_count", &counted) && ctl_num(event, "reported_count", &reported) &&
		    counted > reported)
			t->unseen += counted - reported;
		return true;
	}
	t->kills++;
	t->groups += ctl_num(event, "group.index", &v) && v == 1;
	for (int by = 0; by < CTL_BY_COUNT; by++) {
		struct text name = text_on(s, sizeof(s));
		add_name(&name, event, (enum ctl_tally_by)by);
		if (!count_name(&t->by[by], text_slice(&name)))
			return false;
	}
	return !ctl_num(event, "realtime_usec", &v) || add_time(t, v);
}

static int larger(const void *a, const void *b)
{
	const struct ctl_tally_row *x = a, *y = b;
	return x->kills != y->kills ? (x->kills < y->kills ? 1 : -1) : strcmp(x->name, y->name);
}

void ctl_tally_sort(struct ctl_tally *t)
{
	for (int by = 0; by < CTL_BY_COUNT; by++)
		if (t->by[by].count)
			qsort(t->by[by].row, t->by[by].count, sizeof(*t->by[by].row), larger);
}

void ctl_tally_free(struct ctl_tally *t)
{
	for (int by = 0; by < CTL_BY_COUNT; by++) {
		for (size_t i = 0; i < t->by[by].count; i++)
			free(t->by[by].row[i].name);
		free(t->by[by].row);
	}
	free(t->time);
	*t = (struct ctl_tally){0};
}

const char *ctl_tally_name(enum ctl_tally_by by)
{
	static const char *const names[CTL_BY_COUNT] = {"unit", "pod", "container", "command", "verdict", "scope"};
	return by < CTL_BY_COUNT ? names[by] : "?";
}

size_t ctl_tally_over_time(const struct ctl_tally *t, uint64_t *steps, size_t max, uint64_t *from_usec,
			   uint64_t *step_sec)
{
	static const uint64_t sizes[] = {60,    300,    900,    3600,    10800,   21600,   43200,
					 86400, 172800, 604800, 2592000, 7776000, 31536000};
	if (t->dated == 0 || max == 0)
		return 0;
	uint64_t first = t->first_usec / 1000000, last = t->last_usec / 1000000;
	size_t i = 0;
	while (i + 1 < ARRAY_COUNT(sizes) && last / sizes[i] - first / sizes[i] + 1 > max)
		i++;
	uint64_t size = sizes[i], base = first / size;
	size_t count = (size_t)(last / size - base + 1);
	if (count > max)
		count = max;
	memset(steps, 0, count * sizeof(*steps));
	for (uint64_t k = 0; k < t->dated; k++) {
		uint64_t at = t->time[k] / 1000000 / size - base;
		steps[at < count ? at : count - 1]++;
	}
	*from_usec = base * size * 1000000;
	*step_sec = size;
	return count;
}
