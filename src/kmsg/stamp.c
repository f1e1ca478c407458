/* kernel/printk/printk.c vprintk_store(): ts_nsec = local_clock(). */
#include "kmsg/stamp.h"

static int64_t least_of(const struct kmsg_stamp *s, int64_t fallback)
{
	if (s->half[0].set && s->half[1].set)
		return s->half[0].least < s->half[1].least ? s->half[0].least : s->half[1].least;
	if (s->half[0].set)
		return s->half[0].least;
	return s->half[1].set ? s->half[1].least : fallback;
}

void kmsg_stamp_observe(struct kmsg_stamp *s, uint64_t now, uint64_t usec)
{
	int64_t distance = (int64_t)(now - usec);
	uint64_t age = now - s->half_began;
	if (age > KMSG_STAMP_WINDOW_USEC / 2) {
		s->half[1] = s->half[0];
		if (age > KMSG_STAMP_WINDOW_USEC)
			s->half[1].set = false;
		s->half[0].set = false;
		s->half_began = now;
	}
	bool window_empty = !s->half[0].set && !s->half[1].set;
	int64_t credible = s->last_known + KMSG_STAMP_LATE_USEC + (int64_t)KMSG_STAMP_DRIFT(now - s->seen_at);
	if (window_empty && s->known && distance > credible)
		return; /* late, not drifted */
	s->seen_at = now;
	if (!s->half[0].set || distance < s->half[0].least) {
		s->half[0].set = true;
		s->half[0].least = distance;
	}
	s->known = true;
	s->last_known = least_of(s, 0);
}

bool kmsg_stamp_distance(const struct kmsg_stamp *s, int64_t *usec)
{
	if (s->known)
		*usec = s->last_known;
	return s->known;
}

void kmsg_stamp_resume(struct kmsg_stamp *s, int64_t usec)
{
	*s = (struct kmsg_stamp){.known = true, .last_known = usec};
}

uint64_t kmsg_stamp_monotonic(const struct kmsg_stamp *s, uint64_t now, uint64_t usec)
{
	int64_t at = (int64_t)usec + (s->known ? s->last_known : 0);
	if (at < 0)
		return 0;
	return (uint64_t)at < now ? (uint64_t)at : now;
}
