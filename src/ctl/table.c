/* Columns that fit. */
#include "ctl/table.h"

#include <limits.h>
#include <stdlib.h>

#define GAP 2

struct ctl_row *ctl_table_add(struct ctl_table *t)
{
	if (t->rows == t->cap) {
		size_t cap = t->cap ? 2 * t->cap : 64;
		struct ctl_row *more = reallocarray(t->row, cap, sizeof(*more));
		if (!more)
			return NULL;
		t->row = more;
		t->cap = cap;
	}
	struct ctl_row *r = &t->row[t->rows++];
	*r = (struct ctl_row){.line = NULL};
	return r;
}

void ctl_cell_set(char **cell, struct slice s)
{
	free(*cell);
	*cell = slice_present(s) ? strndup(s.p, s.n) : NULL;
}

/* What is not known, in any column. */
static const char *shown(const char *cell)
{
	return cell && *cell ? cell : "-";
}

static size_t cell_width(const char *cell)
{
	return ctl_width(slice_cstr(shown(cell)));
}

static void measure(const struct ctl_table *t, size_t *width)
{
	for (size_t c = 0; c < t->columns; c++) {
		width[c] = strlen(t->column[c].title);
		for (size_t r = 0; r < t->rows; r++) {
			size_t w = cell_width(t->row[r].cell[c]);
			if (w > width[c])
				width[c] = w;
		}
	}
}

static size_t total(const struct ctl_table *t, const size_t *width)
{
	size_t sum = 0;
	for (size_t c = 0; c < t->columns; c++)
		sum += width[c] + (c ? GAP : 0);
	return sum;
}

static size_t floor_of(const struct ctl_column *c, bool hard)
{
	return !hard && c->keep ? c->keep : c->least;
}

/* Takes a column from the widest flexible one until all fit; from those to be kept only when nothing else is left. */
static void shrink(const struct ctl_table *t, size_t *width, size_t limit)
{
	bool hard = false;
	for (size_t sum = total(t, width); sum > limit;) {
		size_t widest = SIZE_MAX, most = 0;
		for (size_t c = 0; c < t->columns; c++) {
			size_t least = floor_of(&t->column[c], hard);
			if (t->column[c].least && width[c] > least && width[c] - least > most) {
				widest = c;
				most = width[c] - least;
			}
		}
		if (widest == SIZE_MAX && hard)
			return;
		if (widest == SIZE_MAX) {
			hard = true;
			continue;
		}
		width[widest]--;
		sum--;
	}
}

static void put_cell(const struct ctl_table *t, const struct ctl_out *out, size_t c, const char *cell, size_t width,
		     enum ctl_style style)
{
	bool last = c + 1 == t->columns;
	fputs(ctl_style(out, style), out->f);
	ctl_put_fitted(out, slice_cstr(shown(cell)), width, last && t->column[c].pad >= 0 ? 0 : t->column[c].pad);
	if (style)
		fputs(ctl_style(out, CTL_PLAIN), out->f);
	if (!last)
		fprintf(out->f, "%*s", GAP, "");
}

void ctl_table_print(const struct ctl_table *t, const struct ctl_out *out)
{
	size_t width[CTL_COLUMNS], limit = (size_t)out->width;
	measure(t, width);
	if (out->width != INT_MAX)
		shrink(t, width, limit);
	for (size_t c = 0; c < t->columns; c++)
		put_cell(t, out, c, t->column[c].title, width[c], CTL_BOLD);
	fputc('\n', out->f);
	for (size_t r = 0; r < t->rows; r++) {
		const struct ctl_row *row = &t->row[r];
		put_cell(t, out, 0, row->cell[0], width[0], t->column[0].style);
		if (row->line) {
			size_t left =
			    out->width == INT_MAX || limit < width[0] + GAP ? SIZE_MAX : limit - width[0] - GAP;
			fputs(ctl_style(out, CTL_YELLOW), out->f);
			ctl_put_fitted(out, slice_cstr(row->line), left, 0);
			fputs(ctl_style(out, CTL_PLAIN), out->f);
		}
		for (size_t c = 1; !row->line && c < t->columns; c++)
			put_cell(t, out, c, row->cell[c], width[c], t->column[c].style);
		fputc('\n', out->f);
	}
}

void ctl_table_free(struct ctl_table *t)
{
	for (size_t r = 0; r < t->rows; r++) {
		for (size_t c = 0; c < t->columns; c++)
			free(t->row[r].cell[c]);
		free(t->row[r].line);
	}
	free(t->row);
	t->row = NULL;
	t->rows = t->cap = 0;
}
