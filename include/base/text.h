/*
 * base/text: building text in a fixed buffer, and making hostile bytes safe to show.
 *
 * A `struct text` never allocates and never overruns: what does not fit is cut
 * and `cut` says so. It is not NUL-terminated unless text_cstr() is asked.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdarg.h>
#include <stdint.h>

#include "base/slice.h"

struct text {
	char *p;
	size_t n;   /* bytes in use */
	size_t cap; /* bytes of storage; one is kept free for text_cstr() */
	bool cut;   /* something did not fit */
};

/* `storage` is borrowed and must outlive the text; cap >= 1. */
struct text text_on(char *storage, size_t cap) ATTR_NONNULL;
void text_add(struct text *t, struct slice s) ATTR_NONNULL;
void text_addf(struct text *t, const char *fmt, ...) ATTR_PRINTF(2, 3) ATTR_NONNULL;
/* The content as a slice, valid until the text or its storage changes. */
struct slice text_slice(const struct text *t) ATTR_NONNULL;
/* The content with a NUL behind it. */
const char *text_cstr(struct text *t) ATTR_NONNULL;

/*
 * For a terminal or a log line: printable ASCII and valid UTF-8 as it is;
 * control characters (C0, DEL, C1), bytes that are not valid UTF-8, and
 * U+2028/2029/bidi controls as \xNN a byte. A backslash stays a backslash.
 */
void text_add_shown(struct text *t, struct slice s) ATTR_NONNULL;

/* Length of the valid UTF-8 sequence at the front of `s` (1..4), 0 when the first byte begins none. RFC 3629: no
 * overlong forms, no surrogates, nothing above U+10FFFF. */
size_t text_utf8_len(struct slice s) ATTR_PURE;
bool text_is_utf8(struct slice s) ATTR_PURE;
/* `s` with each byte that is not valid UTF-8 replaced by U+FFFD; what does not fit is cut at a character's border. */
void text_add_utf8(struct text *t, struct slice s) ATTR_NONNULL;
/* Lower-case hex, two digits a byte. */
void text_add_hex(struct text *t, struct slice s) ATTR_NONNULL;
/* 1536 kB -> "1.5 MiB"; exact kB below 1 MiB. For people, never for machines. */
void text_add_size_kb(struct text *t, uint64_t kb) ATTR_NONNULL;

#endif
