/*
 * A sample of the log decides what no single line can tell. Each line has a
 * vote; a line that could be read either way has none.
 */
#include "kmsg/textvote.h"

/* A mailer's columns: a line that could not have held the next word as well was broken there. */
#define WRAP_MIN 64
/* The narrowest terminal worth a thought. */
#define SCREEN_MIN 60

size_t kmsg_textvote_indent(struct slice line)
{
	return take_blanks(&line);
}

/*
 * A serial console: a progress display of some program that the kernel wrote over. Only where what was overwritten has
 * no stamp of its own: a carriage return inside a record is part of a name, and may be followed by anything.
 */
static struct slice behind_overwritten(struct slice line)
{
	struct kmsg_text_hints hints = {false};
	struct kmsg_textline l;
	size_t at = slice_rfind(line, SLICE("\r["));
	if (at == SLICE_NPOS)
		return line;
	kmsg_textline_read(slice_sub(line, 0, at), &hints, &l);
	return l.form == KMSG_TEXT_BARE ? slice_sub(line, at + 1, line.n) : line;
}

/* Without what terminals and editors add: a byte-order mark, carriage returns, colours. */
struct slice kmsg_textvote_clean(struct slice line, char scratch[KMSG_CLEAN_SIZE])
{
	take_literal(&line, SLICE("\xef\xbb\xbf"));
	while (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	while (take_literal(&line, SLICE("\r")))
		;
	line = behind_overwritten(line);
	if (slice_find(line, SLICE("\x1b[")) == SLICE_NPOS)
		return line;
	size_t n = 0;
	while (line.n && n < KMSG_CLEAN_SIZE) {
		struct slice s = line;
		if (take_literal(&s, SLICE("\x1b["))) {
			while (s.n && (s.p[0] == ';' || (s.p[0] >= '0' && s.p[0] <= '9')))
				s = slice_sub(s, 1, s.n);
			if (s.n && (s.p[0] == 'm' || s.p[0] == 'K')) {
				line = slice_sub(s, 1, s.n);
				continue;
			}
		}
		scratch[n++] = line.p[0];
		line = slice_sub(line, 1, line.n);
	}
	return slice_of(scratch, n);
}

struct slice kmsg_textvote_unquote(struct slice line)
{
	while (take_literal(&line, SLICE(">")))
		take_literal(&line, SLICE(" "));
	return line;
}

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool kmsg_textvote_unfold(struct text *t, struct slice line)
{
	while (line.n) {
		size_t n = slice_find(line, SLICE("="));
		text_add(t, slice_sub(line, 0, n == SLICE_NPOS ? line.n : n));
		line = slice_sub(line, n == SLICE_NPOS ? line.n : n, line.n);
		if (line.n == 1)
			return false;
		int high = line.n > 2 ? hex_digit(line.p[1]) : -1, low = line.n > 2 ? hex_digit(line.p[2]) : -1;
		bool escape = high >= 0 && low >= 0;
		char byte = escape ? (char)(high << 4 | low) : '\0';
		text_add(t, escape ? slice_of(&byte, 1) : slice_sub(line, 0, line.n ? 1 : 0));
		line = slice_sub(line, escape ? 3 : line.n ? 1 : 0, line.n);
	}
	return true;
}

static bool looks_like_entry(struct slice line)
{
	return slice_starts(line, SLICE("__CURSOR=")) || slice_starts(line, SLICE("{")) ||
	       slice_starts(line, SLICE("data: {")) || slice_starts(line, SLICE("\x1e{"));
}

bool kmsg_textvote_is_capture(struct slice line)
{
	uint64_t n;
	return take_u64(&line, &n) && take_literal(&line, SLICE(",")) && take_u64(&line, &n) &&
	       take_literal(&line, SLICE(",")) && take_u64(&line, &n) && take_literal(&line, SLICE(",")) &&
	       slice_find(line, SLICE(";")) != SLICE_NPOS;
}

static void vote_unstamped(struct kmsg_textvote *v, struct slice line)
{
	struct slice c = line, word;
	if (kmsg_textvote_indent(line) || !take_word(&c, &word))
		return;
	bool full = v->last_len <= KMSG_WRAP_MAX && v->last_len + 1 + word.n >= WRAP_MIN;
	if (v->last_len && (full || v->last_blank)) {
		v->wrapped++;
		v->wrapped_blank += v->last_blank;
	} else {
		v->loose++;
	}
}

/* A terminal cuts at its last column whatever stands there: then no line is longer, and several are as long as that. */
static void vote_screen(struct kmsg_textvote *v, struct slice line, bool bare)
{
	if (bare && v->last_len && v->last_len == v->longest)
		v->overflowed++;
	else if (bare && v->last_len && kmsg_textvote_indent(line) == 0)
		v->broken++;
	if (line.n > v->longest) {
		v->longest = line.n;
		v->overflowed = v->broken = 0;
	}
}

static void vote_printable(struct kmsg_textvote *v, struct slice line)
{
	bool soft = slice_ends(line, SLICE("=")), escaped = slice_find(line, SLICE("=3D")) != SLICE_NPOS;
	v->soft += soft;
	v->escaped += escaped;
	v->plain += !soft && !escaped && slice_find(line, SLICE("=")) != SLICE_NPOS;
}

static void vote_host(struct kmsg_textvote *v, const struct kmsg_textline *l)
{
	struct slice host = kmsg_textline_host_before_tag(l->text);
	if (!slice_present(host) || host.n > sizeof(v->host))
		return;
	if (v->tagged == 0) {
		v->host_len = (uint8_t)host.n;
		memcpy(v->host, host.p, host.n);
	}
	v->tagged += slice_eq(host, slice_of(v->host, v->host_len));
}

void kmsg_textvote_line(struct kmsg_textvote *v, struct slice line, char scratch[KMSG_CLEAN_SIZE])
{
	static const struct kmsg_text_hints none;
	struct kmsg_textline l;
	if (looks_like_entry(line) || kmsg_textvote_is_capture(line)) {
		v->lines++;
		v->stamped++;
		v->least_indent = 0;
		return;
	}
	line = kmsg_textvote_clean(line, scratch);
	if (slice_starts(line, SLICE(">"))) {
		v->quoted++;
		line = kmsg_textvote_unquote(line);
	}
	if (slice_trim(line).n == 0) {
		v->last_len = 0;
		return;
	}
	size_t indent = kmsg_textvote_indent(line);
	if (v->lines++ == 0 || indent < v->least_indent)
		v->least_indent = indent;
	kmsg_textline_read(slice_sub(line, indent, line.n), &none, &l);
	vote_printable(v, line);
	vote_screen(v, line, l.form == KMSG_TEXT_BARE);
	if (l.form == KMSG_TEXT_BARE) {
		vote_unstamped(v, line);
	} else {
		v->stamped++;
		v->indent[indent < ARRAY_COUNT(v->indent) ? indent : 0]++;
		if (l.form == KMSG_TEXT_DMESG && l.has_usec && !l.has_priority)
			vote_host(v, &l);
	}
	v->last_len = line.n;
	v->last_blank = slice_ends(line, SLICE(" "));
}

struct kmsg_textverdict kmsg_textvote_decide(const struct kmsg_textvote *v)
{
	struct kmsg_textverdict d = {.decided = true};
	d.quoted = v->quoted * 2 > v->lines;
	/* The kernel ends no line in "="; where a mailer does, it escapes every other one. */
	d.printable = v->soft && (v->escaped ? v->plain < v->escaped : !v->plain && v->longest <= KMSG_WRAP_MAX);
	d.stamped_file = v->stamped && v->stamped * 10 >= v->lines;
	d.hints.host_after_stamp = v->tagged * 5 > v->stamped * 4;
	d.wrapped = !d.printable && v->wrapped >= 2 && v->wrapped > v->loose;
	d.wrap_keeps_blank = v->wrapped_blank * 2 > v->wrapped;
	bool cut = !d.printable && v->overflowed >= 2 && v->overflowed > v->broken * 8;
	d.screen = cut && v->longest >= SCREEN_MIN ? v->longest : 0;
	d.indent = v->least_indent;
	if (d.stamped_file) {
		d.indent = 0;
		for (size_t i = 1; i < ARRAY_COUNT(v->indent); i++)
			if (v->indent[i] > v->indent[d.indent])
				d.indent = i;
	}
	return d;
}
