/* Text in a fixed buffer; hostile bytes made safe to show. See the header for the contract. */
#include "base/text.h"

#include <stdio.h>

struct text text_on(char *storage, size_t cap)
{
	return (struct text){.p = storage, .cap = cap};
}

static size_t room(const struct text *t)
{
	return t->cap - t->n - 1;
}

void text_add(struct text *t, struct slice s)
{
	size_t n = s.n;
	if (n > room(t)) {
		n = room(t);
		t->cut = true;
	}
	if (n)
		memcpy(t->p + t->n, s.p, n);
	t->n += n;
}

/* All of `s` or nothing: for pieces that must not be cut in the middle. */
static void add_whole(struct text *t, struct slice s)
{
	if (t->cut || s.n > room(t))
		t->cut = true;
	else
		text_add(t, s);
}

void text_addf(struct text *t, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	int n = vsnprintf(t->p + t->n, room(t) + 1, fmt, args);
	va_end(args);
	if (n < 0 || (size_t)n > room(t)) {
		t->cut = true;
		n = n < 0 ? 0 : (int)room(t);
	}
	t->n += (size_t)n;
}

struct slice text_slice(const struct text *t)
{
	return slice_of(t->p, t->n);
}

const char *text_cstr(struct text *t)
{
	t->p[t->n] = '\0';
	return t->p;
}

size_t text_utf8_len(struct slice s)
{
	if (s.n == 0)
		return 0;
	const unsigned char *u = (const unsigned char *)s.p;
	if (u[0] < 0x80)
		return 1;
	size_t len = u[0] >= 0xc2 && u[0] <= 0xdf   ? 2
		     : (u[0] & 0xf0) == 0xe0        ? 3
		     : u[0] >= 0xf0 && u[0] <= 0xf4 ? 4
						    : 0;
	if (len == 0 || s.n < len)
		return 0;
	for (size_t i = 1; i < len; i++)
		if ((u[i] & 0xc0) != 0x80)
			return 0;
	bool overlong = (u[0] == 0xe0 && u[1] < 0xa0) || (u[0] == 0xf0 && u[1] < 0x90);
	bool surrogate = u[0] == 0xed && u[1] > 0x9f;
	bool beyond = u[0] == 0xf4 && u[1] > 0x8f;
	return overlong || surrogate || beyond ? 0 : len;
}

bool text_is_utf8(struct slice s)
{
	while (s.n) {
		size_t len = text_utf8_len(s);
		if (len == 0)
			return false;
		s = slice_sub(s, len, s.n);
	}
	return true;
}

/* Characters that are valid UTF-8 but move the cursor, reorder the line or break it on a terminal. */
static bool disturbs_terminal(struct slice ch)
{
	const unsigned char *u = (const unsigned char *)ch.p;
	if (ch.n == 1)
		return u[0] < 0x20 || u[0] == 0x7f;
	if (ch.n == 2)
		return u[0] == 0xc2 && u[1] < 0xa0; /* C1 */
	if (ch.n == 3 && u[0] == 0xe2)
		return (u[1] == 0x80 && (u[2] == 0x8e || u[2] == 0x8f || (u[2] >= 0xa8 && u[2] <= 0xae))) ||
		       (u[1] == 0x81 && u[2] >= 0xa6 && u[2] <= 0xa9); /* bidi marks, embeddings, isolates; U+2028/9 */
	return false;
}

void text_add_shown(struct text *t, struct slice s)
{
	while (s.n) {
		size_t len = text_utf8_len(s);
		struct slice ch = slice_sub(s, 0, len ? len : 1);
		if (len && !disturbs_terminal(ch)) {
			add_whole(t, ch);
		} else {
			for (size_t i = 0; i < ch.n; i++) {
				char esc[5];
				snprintf(esc, sizeof(esc), "\\x%02x", (unsigned char)ch.p[i]);
				add_whole(t, slice_of(esc, 4));
			}
		}
		s = slice_sub(s, ch.n, s.n);
	}
}

void text_add_utf8(struct text *t, struct slice s)
{
	while (s.n) {
		size_t len = text_utf8_len(s);
		add_whole(t, len ? slice_sub(s, 0, len) : SLICE("\xef\xbf\xbd"));
		s = slice_sub(s, len ? len : 1, s.n);
	}
}

void text_add_hex(struct text *t, struct slice s)
{
	static const char digits[] = "0123456789abcdef";
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		char two[2] = {digits[c >> 4], digits[c & 15]};
		add_whole(t, slice_of(two, 2));
	}
}

void text_add_size_kb(struct text *t, uint64_t kb)
{
	static const struct {
		uint64_t kb;
		const char *name;
	} units[] = {{1ull << 30, "TiB"}, {1ull << 20, "GiB"}, {1ull << 10, "MiB"}};
	for (size_t i = 0; i < ARRAY_COUNT(units); i++) {
		if (kb < units[i].kb)
			continue;
		uint64_t whole = kb / units[i].kb;
		uint64_t tenth = kb % units[i].kb * 10 / units[i].kb;
		if (whole >= 100 || tenth == 0)
			text_addf(t, "%llu %s", (unsigned long long)whole, units[i].name);
		else
			text_addf(t, "%llu.%llu %s", (unsigned long long)whole, (unsigned long long)tenth,
				  units[i].name);
		return;
	}
	text_addf(t, "%llu kB", (unsigned long long)kb);
}
