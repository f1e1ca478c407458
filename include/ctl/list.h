/* ctl/list: events as a table, one line a kill, the kills of one decision folded into one line. */
#ifndef CTL_LIST_H
#define CTL_LIST_H

#include "ctl/table.h"
#include "ctl/value.h"

struct ctl_list;

/* `width` as in struct ctl_out: a narrow table says the time without the year and sizes as "1.5M". NULL when memory is
 * short. */
struct ctl_list *ctl_list_new(int width) ATTR_MUST_CHECK;
bool ctl_list_add(struct ctl_list *l, const json_t *event) ATTR_NONNULL;
/* Rows so far: folded kills count once. */
size_t ctl_list_rows(const struct ctl_list *l) ATTR_NONNULL;
void ctl_list_print(const struct ctl_list *l, const struct ctl_out *out) ATTR_NONNULL;
void ctl_list_free(struct ctl_list *l);

/* When it happened: local time, else the kernel's stamp, else nothing. */
void ctl_list_add_time(struct text *t, const json_t *event, bool narrow) ATTR_NONNULL;

#endif
