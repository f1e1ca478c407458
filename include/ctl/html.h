/* ctl/html: events as one HTML page that needs nothing else: no network, no script, plots as inline SVG. */
#ifndef CTL_HTML_H
#define CTL_HTML_H

#include <stdio.h>

#include "ctl/tally.h"

/* Text for an element or a quoted attribute: markup escaped, bytes that disturb shown as \xNN. */
void ctl_html_text(FILE *f, struct slice s) ATTR_NONNULL;
void ctl_html_size(FILE *f, uint64_t kb) ATTR_NONNULL;

void ctl_html_begin(FILE *f, const char *title) ATTR_NONNULL;
void ctl_html_end(FILE *f, uint64_t now_usec) ATTR_NONNULL;

/* Head of the page: how many kills, over which time, as a bar chart. */
void ctl_html_overview(FILE *f, const struct ctl_tally *t) ATTR_NONNULL;
/* The table of kills: begin, a row each (linked to its section `number`, 0 = no section), end. */
void ctl_html_table_begin(FILE *f) ATTR_NONNULL;
void ctl_html_table_row(FILE *f, const json_t *event, unsigned number) ATTR_NONNULL;
void ctl_html_table_end(FILE *f) ATTR_NONNULL;
/* Everything about one event. */
void ctl_html_section(FILE *f, const json_t *event, unsigned number) ATTR_NONNULL;

#endif
