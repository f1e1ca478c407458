/*
 * ctl/out: where text for people goes: the terminal through a pager, or a pipe.
 * Knows its width, whether it may use colour and characters beyond ASCII.
 */
#ifndef CTL_OUT_H
#define CTL_OUT_H

#include <stdio.h>
#include <sys/types.h>

#include "base/text.h"
#include "ctl/options.h"

enum ctl_style {
	CTL_PLAIN,
	CTL_BOLD,
	CTL_DIM,
	CTL_RED,
	CTL_YELLOW,
	CTL_GREEN,
	CTL_BLUE,
	CTL_STYLES,
};

struct ctl_out {
	FILE *f;
	int width;   /* columns; INT_MAX when nothing limits them (a pipe) */
	bool colour; /* a terminal, TERM is not dumb, NO_COLOR is not set */
	bool utf8;
	pid_t pager; /* 0 = none */
};

/* Opens stdout, through a pager when it is a terminal and --no-pager is not given. */
void ctl_out_open(struct ctl_out *out, const struct ctl_options *o) ATTR_NONNULL;
/* Waits for the pager. False: something could not be written (a reader that left is well). */
bool ctl_out_close(struct ctl_out *out) ATTR_MUST_CHECK ATTR_NONNULL;

/* The escape sequence that begins a style, "" without colour; CTL_PLAIN ends one. */
const char *ctl_style(const struct ctl_out *out, enum ctl_style style) ATTR_NONNULL;
/* `utf8` or `ascii`, as the locale can show. */
const char *ctl_glyph(const struct ctl_out *out, const char *utf8, const char *ascii) ATTR_NONNULL;
/* Bytes that a locale without UTF-8 cannot show, as '?'. Everything printed goes through here or is ASCII. */
void ctl_put(const struct ctl_out *out, struct slice s) ATTR_NONNULL;

/* Columns that `s` takes on a terminal. */
size_t ctl_width(struct slice s);
/* `s` cut to `columns`, with an ellipsis when something was cut; padded with blanks on the left or right with `pad` < 0
 * or > 0. */
void ctl_put_fitted(const struct ctl_out *out, struct slice s, size_t columns, int pad) ATTR_NONNULL;
/* `s` broken at blanks, every line behind the first indented by `indent`; the first stands at column `at`. */
void ctl_put_wrapped(const struct ctl_out *out, struct slice s, size_t at, size_t indent) ATTR_NONNULL;

/* [████████····] of `columns` columns, `part` of `whole`. */
void ctl_put_bar(const struct ctl_out *out, uint64_t part, uint64_t whole, size_t columns,
		 enum ctl_style style) ATTR_NONNULL;

#endif
