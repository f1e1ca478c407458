/* Strings and values of JSON, un-escaped into a fixed buffer. */
#include "kmsg/textjson.h"

static void put(struct kmsg_textjson_text *w, unsigned byte)
{
	if (w->n < w->cap)
		w->p[w->n++] = (char)byte;
	else
		w->cut = true;
}

static void put_utf8(struct kmsg_textjson_text *w, uint32_t c)
{
	if (c < 0x80) {
		put(w, c);
	} else if (c < 0x800) {
		put(w, 0xc0 | c >> 6);
		put(w, 0x80 | (c & 63));
	} else if (c < 0x10000) {
		put(w, 0xe0 | c >> 12);
		put(w, 0x80 | (c >> 6 & 63));
		put(w, 0x80 | (c & 63));
	} else {
		put(w, 0xf0 | c >> 18);
		put(w, 0x80 | (c >> 12 & 63));
		put(w, 0x80 | (c >> 6 & 63));
		put(w, 0x80 | (c & 63));
	}
}

static bool take_hex4(struct slice *c, uint32_t *out)
{
	static const char digits[] = "0123456789abcdef";
	uint32_t v = 0;
	if (c->n < 4)
		return false;
	for (size_t i = 0; i < 4; i++) {
		const char *d = c->p[i] ? strchr(digits, c->p[i] | (c->p[i] >= 'A' ? 0x20 : 0)) : NULL;
		if (!d)
			return false;
		v = v << 4 | (uint32_t)(d - digits);
	}
	*out = v;
	*c = slice_sub(*c, 4, c->n);
	return true;
}

static bool take_escape(struct slice *c, struct kmsg_textjson_text *w)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	uint32_t u, low;
	if (c->n == 0)
		return false;
	char e = c->p[0];
	*c = slice_sub(*c, 1, c->n);
	if (e != 'u') {
		const char *at = e ? strchr(from, e) : NULL;
		if (at)
			put(w, (unsigned char)to[at - from]);
		return at != NULL;
	}
	if (!take_hex4(c, &u))
		return false;
	struct slice pair = *c;
	if (u >= 0xd800 && u < 0xdc00 && take_literal(&pair, SLICE("\\u")) && take_hex4(&pair, &low) && low >= 0xdc00 &&
	    low < 0xe000) {
		u = 0x10000 + ((u - 0xd800) << 10) + (low - 0xdc00);
		*c = pair;
	}
	put_utf8(w, u);
	return true;
}

/* A string, its quotes included. */
bool kmsg_textjson_take_string(struct slice *c, struct kmsg_textjson_text *w)
{
	if (!take_literal(c, SLICE("\"")))
		return false;
	while (c->n) {
		char ch = c->p[0];
		*c = slice_sub(*c, 1, c->n);
		if (ch == '"')
			return true;
		if (ch != '\\')
			put(w, (unsigned char)ch);
		else if (!take_escape(c, w))
			return false;
	}
	return false;
}

/* A string; a number, true, false or null as written; an array of bytes (a field that is not UTF-8) or of strings. */
bool kmsg_textjson_take_value(struct slice *c, struct kmsg_textjson_text *w)
{
	uint64_t byte;
	take_blanks(c);
	if (c->n && c->p[0] == '"')
		return kmsg_textjson_take_string(c, w);
	if (!take_literal(c, SLICE("["))) {
		size_t n = 0;
		while (n < c->n && c->p[n] != ',' && c->p[n] != '}' && c->p[n] != ' ')
			put(w, (unsigned char)c->p[n++]);
		*c = slice_sub(*c, n, c->n);
		return n > 0;
	}
	struct kmsg_textjson_text rest = {.cap = 0};
	for (bool first = true;; first = false) {
		take_blanks(c);
		if (take_literal(c, SLICE("]")))
			return true;
		if (c->n && c->p[0] == '"') {
			if (!kmsg_textjson_take_string(c, first ? w : &rest))
				return false;
		} else if (take_u64(c, &byte) && byte < 256) {
			put(w, (unsigned)byte);
		} else {
			return false;
		}
		take_blanks(c);
		take_literal(c, SLICE(","));
	}
}
