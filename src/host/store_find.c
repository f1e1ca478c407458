/*
 * Whose life a kill ended. Mostly one record has the number; the rest is for
 * numbers that were given out again within milliseconds, when the clocks of the
 * kernel log and of /proc cannot tell who was first.
 *
 * A victim's exit event comes after its kill was logged, so a dead victim's time
 * of death is not before the kill. One kill line is about one life: what has been
 * found for another kill stands back.
 */
#include "host/store.h"
#include "host/store_private.h"

/* What the clock of the kernel log can be trusted to when it has been compared with CLOCK_MONOTONIC. */
#define FINE_USEC 10000

static bool could_be(const struct host_record *r, const struct host_store_query *q)
{
	return r->pid == q->pid && r->start_usec <= q->at_usec + q->slop_usec &&
	       (host_record_alive(r) || r->since_usec + q->slop_usec >= q->at_usec);
}

static uint64_t distance(const struct host_record *r, uint64_t at_usec)
{
	if (at_usec < r->start_usec)
		return r->start_usec - at_usec;
	return host_record_alive(r) || at_usec <= r->since_usec ? 0 : at_usec - r->since_usec;
}

static uint32_t claim_of(const struct host_store_query *q)
{
	return (uint32_t)q->at_usec | 1;
}

static unsigned likeness(const struct host_record *r, const struct host_store_query *q)
{
	unsigned name = 1, time = distance(r, q->at_usec) <= FINE_USEC, end = 0;
	if (r->claimed && r->claimed != claim_of(q))
		end = 0;
	else if (host_record_alive(r))
		end = 1;
	else if (r->flags & HOST_RECORD_KILLED)
		end = 2;
	/* Of a victim that died before its exec could be read no name is known: SIGKILL speaks for it as well. */
	if (slice_present(q->comm))
		name = r->comm_size ? 2 * slice_eq(q->comm, host_record_comm(r)) : end == 2 ? 2 : 1;
	return name * 6 + time * 3 + end;
}

uint32_t host_store_find(struct host_store *s, const struct host_store_query *q)
{
	uint32_t best = 0;
	for (uint32_t i = *host_store_bucket(s, q->pid); i; i = s->record[i].same_hash) {
		if (!could_be(&s->record[i], q))
			continue;
		unsigned now = likeness(&s->record[i], q), had = best ? likeness(&s->record[best], q) : 0;
		if (!best || now > had || (now == had && s->record[i].start_usec > s->record[best].start_usec))
			best = i;
	}
	if (best)
		s->record[best].claimed = claim_of(q);
	return best;
}
