/* ctl/page: everything about one event, for a tired person on a terminal. */
#ifndef CTL_PAGE_H
#define CTL_PAGE_H

#include "ctl/out.h"
#include "ctl/value.h"

/* `now_usec`: for "2h ago"; 0 = do not say. */
void ctl_page_print(const struct ctl_out *out, const json_t *event, uint64_t now_usec) ATTR_NONNULL;

/*
 * What the event does not know, and why: one sentence at a time; false behind the last. `i` counts from 0.
 * Shared by the page and the report.
 */
bool ctl_unknown(const json_t *event, unsigned i, const char **what, const char **why) ATTR_NONNULL;
/* What can be done where the event itself has no verdict; nothing when there is no advice. */
void ctl_add_advice(struct text *t, const json_t *event) ATTR_NONNULL;

#endif
