/* Choosing a reader, and the order and number of what it gives. */
#include "ctl/reader.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/limits.h"
#include "ctl/say.h"
#include "ctl/signals.h"

int ctl_query(const struct ctl_options *o, char *const *words, int count, struct ctl_match *m)
{
	const char *wrong = ctl_match_parse(m, words, count);
	if (wrong && m->count)
		return ctl_usage("\"%s\" is %s", words[m->count - 1], wrong);
	if (wrong)
		return ctl_usage("%s", wrong);
	m->has_since = o->has_since;
	m->since_usec = o->since_usec;
	m->has_until = o->has_until;
	m->until_usec = o->until_usec;
	return 0;
}

static int open_reader(const struct ctl_options *o, struct ctl_match *m, const char *path, enum ctl_order *order,
		       struct ctl_reader **out)
{
	enum ctl_order wanted = *order;
	*order = CTL_OLDEST_FIRST;
	if (o->socket && !path)
		return ctl_reader_socket(o->socket, LIMIT_RETAINED * 16, false, out);
	if (path || o->file) {
		int rc = ctl_reader_file(path ? path : o->file, path != NULL, out);
		if (rc || *out)
			return rc;
		if (path)
			return ctl_reader_journal_kernel(path, out);
	}
	*order = wanted;
	return ctl_reader_journal(o, m, wanted, false, out);
}

/* Events kept until they can be given in the order asked for. */
struct kept {
	json_t **event;
	size_t count, cap, max;
};

static bool keep(struct kept *k, json_t *event)
{
	if (k->max && k->count == k->max) { /* only the last `max` are wanted */
		json_decref(k->event[0]);
		memmove(k->event, k->event + 1, (k->count - 1) * sizeof(*k->event));
		k->count--;
	}
	if (k->count == k->cap) {
		size_t cap = k->cap ? 2 * k->cap : 64;
		json_t **more = reallocarray(k->event, cap, sizeof(*more));
		if (!more)
			return false;
		k->event = more;
		k->cap = cap;
	}
	k->event[k->count++] = event;
	return true;
}

static void give_kept(struct kept *k, bool reverse, ctl_each_fn *each, void *context)
{
	bool more = true;
	for (size_t i = 0; i < k->count; i++) {
		json_t *event = k->event[reverse ? k->count - 1 - i : i];
		more = more && each(context, event);
	}
	for (size_t i = 0; i < k->count; i++)
		json_decref(k->event[i]);
	free(k->event);
}

int ctl_each(const struct ctl_options *o, struct ctl_match *m, const char *path, ctl_each_fn *each, void *context)
{
	struct ctl_reader *r = NULL;
	struct kept kept = {.max = 0};
	json_t *event;
	uint64_t found = 0, seen = 0;
	enum ctl_next next = CTL_NEXT_END;
	enum ctl_order order = o->has_lines || o->reverse ? CTL_NEWEST_FIRST : CTL_OLDEST_FIRST;
	if (o->has_lines && o->lines == 0) {
		ctl_say("--lines=0 asks for no event");
		return 1;
	}
	int rc = open_reader(o, m, path, &order, &r);
	if (rc)
		return rc;
	/* In which order it comes, and in which it is wanted: where they differ everything must be held. */
	bool turn = (order == CTL_NEWEST_FIRST) != o->reverse;
	bool hold = turn || (o->has_lines && order == CTL_OLDEST_FIRST);
	if (o->has_lines && order == CTL_OLDEST_FIRST)
		kept.max = o->lines;
	bool more = true;
	while (more && !ctl_interrupted() && (next = r->next(r, &event)) == CTL_NEXT_EVENT) {
		seen++;
		if (!ctl_match_event(m, event)) {
			json_decref(event);
			continue;
		}
		found++;
		if (hold) {
			more = keep(&kept, event);
		} else {
			more = each(context, event);
			json_decref(event);
		}
		if (o->has_lines && order == CTL_NEWEST_FIRST && found >= o->lines)
			more = false;
	}
	give_kept(&kept, turn, each, context);
	if (!found && next != CTL_NEXT_FAILED && !o->quiet) {
		if (seen)
			ctl_say("no event matches");
		else
			r->say_empty(r);
	}
	rc = r->close(r);
	return rc ? rc : next == CTL_NEXT_FAILED || !found;
}
