/* Cursor verbs over borrowed bytes. See the header for the contract. */
#include "base/slice.h"

bool slice_eq(struct slice a, struct slice b)
{
	if (!a.p || !b.p)
		return !a.p && !b.p;
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool slice_starts(struct slice s, struct slice prefix)
{
	return s.n >= prefix.n && (prefix.n == 0 || memcmp(s.p, prefix.p, prefix.n) == 0);
}

bool slice_ends(struct slice s, struct slice suffix)
{
	return s.n >= suffix.n && (suffix.n == 0 || memcmp(s.p + (s.n - suffix.n), suffix.p, suffix.n) == 0);
}

size_t slice_find(struct slice s, struct slice needle)
{
	if (needle.n == 0)
		return 0;
	if (s.n < needle.n)
		return SLICE_NPOS;
	const char *hit = memmem(s.p, s.n, needle.p, needle.n);
	return hit ? (size_t)(hit - s.p) : SLICE_NPOS;
}

size_t slice_rfind(struct slice s, struct slice needle)
{
	if (needle.n == 0)
		return s.n;
	if (s.n < needle.n)
		return SLICE_NPOS;
	for (size_t i = s.n - needle.n + 1; i-- > 0;)
		if (s.p[i] == needle.p[0] && memcmp(s.p + i, needle.p, needle.n) == 0)
			return i;
	return SLICE_NPOS;
}

struct slice slice_sub(struct slice s, size_t from, size_t to)
{
	if (!s.p)
		return s;
	if (to > s.n)
		to = s.n;
	if (from > to)
		from = to;
	return slice_of(s.p + from, to - from);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

struct slice slice_trim(struct slice s)
{
	while (s.n > 0 && is_blank(s.p[0])) {
		s.p++;
		s.n--;
	}
	while (s.n > 0 && is_blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

bool slice_to_u64(struct slice s, uint64_t *out)
{
	uint64_t v;
	if (!take_u64(&s, &v) || s.n != 0)
		return false;
	*out = v;
	return true;
}

bool slice_to_i64(struct slice s, int64_t *out)
{
	int64_t v;
	if (!take_i64(&s, &v) || s.n != 0)
		return false;
	*out = v;
	return true;
}

static void advance(struct slice *c, size_t n)
{
	c->p += n;
	c->n -= n;
}

bool take_literal(struct slice *c, struct slice lit)
{
	if (!slice_starts(*c, lit))
		return false;
	if (lit.n)
		advance(c, lit.n);
	return true;
}

static bool take_at(struct slice *c, size_t at, size_t stop_len, struct slice *out)
{
	if (at == SLICE_NPOS)
		return false;
	*out = slice_of(c->p, at);
	advance(c, at + stop_len);
	return true;
}

bool take_until(struct slice *c, struct slice stop, struct slice *out)
{
	return take_at(c, slice_find(*c, stop), stop.n, out);
}

bool take_until_last(struct slice *c, struct slice stop, struct slice *out)
{
	return take_at(c, slice_rfind(*c, stop), stop.n, out);
}

bool take_u64(struct slice *c, uint64_t *out)
{
	uint64_t v = 0;
	size_t i = 0;
	for (; i < c->n && is_digit(c->p[i]); i++)
		if (__builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, (uint64_t)(c->p[i] - '0'), &v))
			return false;
	if (i == 0)
		return false;
	*out = v;
	advance(c, i);
	return true;
}

bool take_i64(struct slice *c, int64_t *out)
{
	struct slice s = *c;
	bool negative = take_literal(&s, SLICE("-"));
	uint64_t v;
	if (!take_u64(&s, &v) || v > (uint64_t)INT64_MAX + negative)
		return false;
	*out = negative ? (int64_t)(0 - v) : (int64_t)v;
	*c = s;
	return true;
}

static int hex_value(char c)
{
	if (is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool take_hex(struct slice *c, uint64_t *out)
{
	struct slice s = *c;
	if (!take_literal(&s, SLICE("0x"))) {
		/* "%#x" of zero prints as "0" on paper; see the trigger line of 5.x page-fault reports. */
		if (s.n == 0 || s.p[0] != '0' || (s.n > 1 && is_digit(s.p[1])))
			return false;
		*out = 0;
		advance(c, 1);
		return true;
	}
	uint64_t v = 0;
	size_t i = 0;
	for (int d; i < s.n && (d = hex_value(s.p[i])) >= 0; i++) {
		if (v >> 60)
			return false;
		v = v << 4 | (uint64_t)d;
	}
	if (i == 0)
		return false;
	*out = v;
	advance(&s, i);
	*c = s;
	return true;
}

size_t take_blanks(struct slice *c)
{
	size_t i = 0;
	while (i < c->n && is_blank(c->p[i]))
		i++;
	if (i)
		advance(c, i);
	return i;
}

bool take_line(struct slice *c, struct slice *out)
{
	if (c->n == 0)
		return false;
	if (!take_until(c, SLICE("\n"), out)) {
		*out = *c;
		advance(c, c->n);
	}
	return true;
}

bool take_word(struct slice *c, struct slice *out)
{
	struct slice s = *c;
	take_blanks(&s);
	size_t i = 0;
	while (i < s.n && !is_blank(s.p[i]))
		i++;
	if (i == 0)
		return false;
	*out = slice_of(s.p, i);
	advance(&s, i);
	*c = s;
	return true;
}
