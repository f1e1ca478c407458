/* ctl/page_rows: what the files of ctl/page share. */
#ifndef CTL_PAGE_ROWS_H
#define CTL_PAGE_ROWS_H

#include "ctl/out.h"
#include "ctl/value.h"

#define CTL_PAGE_LABEL 16  /* columns before a row's text */
#define CTL_PAGE_TEXT 8192 /* bytes of one row's text */

void ctl_page_heading(const struct ctl_out *out, const char *words) ATTR_NONNULL;
void ctl_page_label(const struct ctl_out *out, const char *name) ATTR_NONNULL;
/* Label and text; nothing when the text is empty. */
void ctl_page_row(const struct ctl_out *out, const char *name, struct text *t) ATTR_NONNULL;
/* A string of the event as a row; nothing when it is absent. */
void ctl_page_string_row(const struct ctl_out *out, const json_t *event, const char *name,
			 const char *path) ATTR_NONNULL;
/* ", 12 MiB what" when the event has it. */
void ctl_page_add_kb(struct text *t, const json_t *event, const char *path, const char *what) ATTR_NONNULL;

void ctl_page_put_victim(const struct ctl_out *out, const json_t *event) ATTR_NONNULL;
/* With the victim at its side when that is another process. */
void ctl_page_put_trigger(const struct ctl_out *out, const json_t *event) ATTR_NONNULL;
void ctl_page_put_memory(const struct ctl_out *out, const json_t *event) ATTR_NONNULL;
void ctl_page_put_chain(const struct ctl_out *out, const json_t *event) ATTR_NONNULL;
void ctl_page_put_stat(const struct ctl_out *out, const json_t *event) ATTR_NONNULL;
void ctl_page_put_host(const struct ctl_out *out, const json_t *event) ATTR_NONNULL;
void ctl_page_put_top(const struct ctl_out *out, const json_t *event) ATTR_NONNULL;

#endif
