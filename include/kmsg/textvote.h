/*
 * kmsg/textvote: what a sample of a saved log says about the whole file, and the
 * lines' own bytes before anything is read from them. Part of kmsg/textlog. Pure.
 */
#ifndef KMSG_TEXTVOTE_H
#define KMSG_TEXTVOTE_H

#include "base/limits.h"
#include "base/text.h"
#include "kmsg/textline.h"

/* The longest line a mailer or an 80-column terminal leaves. */
#define KMSG_WRAP_MAX 82
#define KMSG_CLEAN_SIZE LIMIT_LINE

struct kmsg_textvote {
	uint64_t lines, stamped, tagged; /* tagged: "host tag:" behind a plain stamp */
	uint64_t quoted;                 /* begin with ">" */
	uint64_t indent[16];             /* stamped lines by leading blanks */
	size_t least_indent;             /* of all lines */
	uint64_t wrapped, wrapped_blank; /* lines cut by a mailer; of those, with the blank still at the end */
	uint64_t loose;                  /* other lines without a stamp, not indented */
	uint64_t soft, escaped,
	    plain;                   /* quoted-printable: lines that end in "=", lines with "=3D"; others with a "=" */
	size_t longest;              /* line */
	uint64_t overflowed, broken; /* lines of that length, and shorter ones, that a line without a stamp follows */
	size_t last_len;             /* of the line before */
	bool last_blank;
	uint8_t host_len;
	char host[64];
};

struct kmsg_textverdict {
	bool decided;
	bool stamped_file;     /* lines begin with something: one that does not continues the line above, or is noise */
	bool quoted;           /* as in a mail: "> " before each line */
	bool wrapped;          /* long lines were broken */
	bool wrap_keeps_blank; /* and the blank stands at the end of the broken line */
	bool printable;        /* quoted-printable, as a mail's source */
	size_t screen;         /* every longer line was cut at this column, as a terminal does; 0: none was */
	size_t indent;         /* blanks before every line */
	struct kmsg_text_hints hints;
};

/* `scratch` may be used for the cleaned line. */
void kmsg_textvote_line(struct kmsg_textvote *v, struct slice line, char scratch[KMSG_CLEAN_SIZE]) ATTR_NONNULL;
struct kmsg_textverdict kmsg_textvote_decide(const struct kmsg_textvote *v) ATTR_NONNULL;

/* Without what terminals and editors add: a byte-order mark, carriage returns, colours. In `scratch`, or the line
 * itself. */
struct slice kmsg_textvote_clean(struct slice line, char scratch[KMSG_CLEAN_SIZE]) ATTR_NONNULL;
struct slice kmsg_textvote_unquote(struct slice line);
/* One line of quoted-printable behind what is in `t` already. False: the line goes on with the next. */
bool kmsg_textvote_unfold(struct text *t, struct slice line) ATTR_NONNULL;
size_t kmsg_textvote_indent(struct slice line);
/* Begins as a record of /dev/kmsg does. */
bool kmsg_textvote_is_capture(struct slice line);

#endif
