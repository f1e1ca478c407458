/*
 * ctl/table: rows of text in columns that fit the terminal. Columns are as wide
 * as their widest cell; where the sum is too much, the flexible ones give, the
 * widest first, down to their least width; at last cells are cut.
 */
#ifndef CTL_TABLE_H
#define CTL_TABLE_H

#include "ctl/out.h"

#define CTL_COLUMNS 8

struct ctl_column {
	const char *title;
	int pad;      /* < 0: right-aligned */
	size_t least; /* > 0: flexible down to this */
	enum ctl_style style;
	size_t keep; /* > 0: not below this while others can give */
};

struct ctl_row {
	char *cell[CTL_COLUMNS];
	char *line;   /* instead of cells from column 1 on: a sentence */
	uint64_t tag; /* the caller's */
};

struct ctl_table {
	const struct ctl_column *column;
	size_t columns;
	struct ctl_row *row;
	size_t rows, cap;
};

/* An empty row at the end, or NULL when memory is short. */
struct ctl_row *ctl_table_add(struct ctl_table *t) ATTR_NONNULL;
/* Copies `s` into a cell (or row->line), in the place of what was there. */
void ctl_cell_set(char **cell, struct slice s) ATTR_NONNULL;
void ctl_table_print(const struct ctl_table *t, const struct ctl_out *out) ATTR_NONNULL;
void ctl_table_free(struct ctl_table *t) ATTR_NONNULL;

#endif
