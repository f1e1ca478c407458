/*
 * base/slice: a borrowed run of bytes, and the cursor verbs that read one.
 *
 * A slice never owns; it dies with the buffer it points into. It may hold any
 * byte, NUL included, and is never assumed to be terminated. `p == NULL` means
 * "not there" and is different from "there and empty".
 *
 * The take_* verbs read from the front of a cursor. On success they move the
 * cursor past what they read and return true; on failure they return false and
 * leave both the cursor and the output exactly as they were.
 */
#ifndef BASE_SLICE_H
#define BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/compiler.h"

struct slice {
	const char *p;
	size_t n;
};

#define SLICE_NONE ((struct slice){NULL, 0})
/* A string literal as a slice; `s` must be a literal (its size is taken at compile time). */
#define SLICE(s) ((struct slice){"" s, sizeof(s) - 1})

static inline struct slice slice_of(const char *p, size_t n)
{
	return (struct slice){p, n};
}

static inline struct slice slice_cstr(const char *s)
{
	return s ? (struct slice){s, strlen(s)} : SLICE_NONE;
}

static inline bool slice_present(struct slice s)
{
	return s.p != NULL;
}

/* Equal bytes. An absent slice equals only an absent one. */
bool slice_eq(struct slice a, struct slice b) ATTR_PURE;
bool slice_starts(struct slice s, struct slice prefix) ATTR_PURE;
bool slice_ends(struct slice s, struct slice suffix) ATTR_PURE;

#define SLICE_NPOS SIZE_MAX
/* Offset of the first / last occurrence of `needle` in `s`, or SLICE_NPOS. An empty needle is found at 0 / s.n. */
size_t slice_find(struct slice s, struct slice needle) ATTR_PURE;
size_t slice_rfind(struct slice s, struct slice needle) ATTR_PURE;

/* The part from `from` (inclusive) to `to` (exclusive), both clamped to the slice. */
struct slice slice_sub(struct slice s, size_t from, size_t to) ATTR_PURE;
/* Without blanks (space, tab) at either end. */
struct slice slice_trim(struct slice s) ATTR_PURE;

/* Whole slice as a number: no sign for u64, one optional '-' for i64, digits only, no overflow. */
bool slice_to_u64(struct slice s, uint64_t *out) ATTR_NONNULL;
bool slice_to_i64(struct slice s, int64_t *out) ATTR_NONNULL;

bool take_literal(struct slice *c, struct slice lit) ATTR_NONNULL;
/* Everything before the first `stop`; the cursor ends up behind `stop`. */
bool take_until(struct slice *c, struct slice stop, struct slice *out) ATTR_NONNULL;
/* Everything before the last `stop`; the cursor ends up behind that `stop`. */
bool take_until_last(struct slice *c, struct slice stop, struct slice *out) ATTR_NONNULL;
/* Decimal digits, at least one; false on overflow. */
bool take_u64(struct slice *c, uint64_t *out) ATTR_NONNULL;
/* The same with one optional leading '-'. */
bool take_i64(struct slice *c, int64_t *out) ATTR_NONNULL;
/* "0x" and at least one hex digit, or a plain "0"; false on overflow. */
bool take_hex(struct slice *c, uint64_t *out) ATTR_NONNULL;
/* Zero or more blanks (space, tab); always succeeds; returns how many. */
size_t take_blanks(struct slice *c) ATTR_NONNULL;
/* One line without its '\n' (the last may lack it); false when nothing is left. */
bool take_line(struct slice *c, struct slice *out) ATTR_NONNULL;
/* A run of one or more bytes that are not blanks, after skipping leading blanks. */
bool take_word(struct slice *c, struct slice *out) ATTR_NONNULL;

#endif
