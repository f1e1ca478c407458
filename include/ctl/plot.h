/* ctl/plot: small pictures made of characters. */
#ifndef CTL_PLOT_H
#define CTL_PLOT_H

#include "ctl/out.h"

struct ctl_point {
	uint64_t x, y;
};

/*
 * Points (x growing) as a line of `columns` by `rows` characters with the range of y at the left and `left`/`right`
 * below. A column without a point of its own shows the nearest one before it.
 */
void ctl_plot_line(const struct ctl_out *out, const struct ctl_point *p, size_t count, size_t columns, size_t rows,
		   const char *left, const char *right) ATTR_NONNULL;

#endif
