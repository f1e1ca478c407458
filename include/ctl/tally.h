/* ctl/tally: counting kills by what they have in common. */
#ifndef CTL_TALLY_H
#define CTL_TALLY_H

#include "ctl/value.h"

enum ctl_tally_by {
	CTL_BY_UNIT,
	CTL_BY_POD,
	CTL_BY_CONTAINER,
	CTL_BY_COMMAND,
	CTL_BY_VERDICT,
	CTL_BY_SCOPE,
	CTL_BY_COUNT,
};

struct ctl_tally_row {
	char *name; /* safe to show */
	uint64_t kills;
};

struct ctl_tally_list {
	struct ctl_tally_row *row;
	size_t count, cap;
	uint64_t without; /* kills that have no such name */
};

struct ctl_tally {
	uint64_t kills, dated, groups; /* groups: decisions that killed several */
	uint64_t others, lost, unseen; /* other events; records lost; kills unseen */
	uint64_t first_usec, last_usec;
	struct ctl_tally_list by[CTL_BY_COUNT];
	uint64_t *time; /* of the dated kills */
	size_t time_cap;
};

bool ctl_tally_add(struct ctl_tally *t, const json_t *event) ATTR_NONNULL;
/* Largest first. Call before reading the lists. */
void ctl_tally_sort(struct ctl_tally *t) ATTR_NONNULL;
void ctl_tally_free(struct ctl_tally *t) ATTR_NONNULL;
/* "unit": also the key of --json. */
const char *ctl_tally_name(enum ctl_tally_by by);

/*
 * Kills over time in at most `max` equal steps of a human size (a minute … a week), the first step at *from_usec.
 * Returns how many steps were filled; *step_sec is their length.
 */
size_t ctl_tally_over_time(const struct ctl_tally *t, uint64_t *steps, size_t max, uint64_t *from_usec,
			   uint64_t *step_sec) ATTR_NONNULL;

#endif
