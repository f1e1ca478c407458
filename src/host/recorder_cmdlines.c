/*
 * Command lines come later than the rest: host/cmdline says why. Each is kept for the record it was asked for, unless
 * that one has execed again, or is another process by now.
 */
#include "host/recorder_private.h"

#define CROWD (HOST_CMDLINE_TICKETS / 2)

void host_recorder_drop_reading(struct host_recorder *r)
{
	if (r->reading.ticket >= 0)
		host_cmdlines_forget(r->options.cmdlines, r->reading.ticket);
	r->reading.ticket = -1;
}

static void remember(struct host_recorder *r, uint32_t i)
{
	struct host_record *rec = host_store_at(&r->store, i);
	if (!++r->last_ask)
		r->last_ask = 1;
	rec->ask = r->last_ask;
	r->ask[r->ask_count++] = (struct host_recorder_ask){.record = i,
							    .pid = rec->pid,
							    .start_usec = rec->start_usec,
							    .ask = rec->ask,
							    .ticket = (int8_t)r->reading.ticket};
}

uint32_t host_recorder_put(struct host_recorder *r, uint64_t as_of_usec, uint64_t now_usec)
{
	uint32_t i = host_store_put(&r->store, &r->reading.process, as_of_usec, now_usec);
	if (!i)
		host_recorder_drop_reading(r);
	else if (r->reading.ticket >= 0)
		remember(r, i);
	else if (r->reading.later)
		host_store_await(&r->store, i, HOST_STORE_LOOKS - 1, now_usec);
	return i;
}

static void keep(struct host_recorder *r, const struct host_recorder_ask *a, const struct host_cmdline *said)
{
	host_store_make_room(&r->store);
	struct host_record *rec = host_store_at(&r->store, a->record);
	if (rec->list >= HOST_LIST_STUB || rec->pid != a->pid || rec->start_usec != a->start_usec || rec->ask != a->ask)
		return;
	rec->ask = 0;
	if (slice_present(said->text))
		host_store_set_cmdline(&r->store, a->record, said->text, said->cut);
}

void host_recorder_collect(struct host_recorder *r, uint64_t now_usec)
{
	struct host_cmdlines *c = r->options.cmdlines;
	struct host_cmdline said;
	for (uint32_t i = r->ask_count; i-- > 0;) {
		struct host_recorder_ask a = r->ask[i];
		if (!host_cmdlines_answer(c, a.ticket, &said))
			continue;
		keep(r, &a, &said);
		host_cmdlines_forget(c, a.ticket);
		r->ask[i] = r->ask[--r->ask_count];
	}
	bool help = r->ask_count && host_cmdlines_waiting(c) && !host_cmdlines_stuck(c);
	r->nudge_usec = help ? now_usec + HOST_CMDLINE_SLOW_USEC : UINT64_MAX;
}

bool host_recorder_crowded(struct host_recorder *r, uint64_t now_usec)
{
	bool crowded = r->ask_count >= CROWD && !host_cmdlines_stuck(r->options.cmdlines);
	r->crowded_usec = crowded ? now_usec + HOST_CMDLINE_SLOW_USEC : 0;
	return crowded;
}
