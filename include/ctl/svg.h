/* ctl/svg: plots for the HTML page. Colours are classes of its style sheet (c0 … c7), so that they follow light and
 * dark. */
#ifndef CTL_SVG_H
#define CTL_SVG_H

#include <stdio.h>

#include "base/slice.h"

struct ctl_svg_part {
	const char *name;
	uint64_t kb;
	unsigned colour; /* 0 … 7 */
};

/* One horizontal bar made of parts, out of `total`, with a legend. */
void ctl_svg_stack(FILE *f, const struct ctl_svg_part *parts, size_t count, uint64_t total_kb,
		   const char *total_name) ATTR_NONNULL;

struct ctl_svg_point {
	uint64_t age_sec, kb;
};

/* Memory over time, oldest point first, with a line at `limit_kb` (0 = none). */
void ctl_svg_history(FILE *f, const struct ctl_svg_point *p, size_t count, uint64_t limit_kb) ATTR_NONNULL;

/* Columns of equal width; first and last are labelled. */
void ctl_svg_columns(FILE *f, const uint64_t *value, size_t count, const char *first, const char *last) ATTR_NONNULL;

#endif
