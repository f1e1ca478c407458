/*
 * One record of /dev/kmsg: header, un-escaping, and where its text truly ends.
 *
 * kernel/printk/printk.c, msg_print_ext_body(): bytes < 0x20, >= 0x7f and the
 * backslash are written "\x%02x"; there is no other escape, so the first ';' ends
 * the header and the first newline ends the text, whatever a name holds.
 *
 * What happens when the buffer is full (2048 bytes since 6.3; seen on 6.12, 6.18
 * and 7.2) is less obvious. An escape is written with scnprintf(), which keeps a
 * byte for its NUL: of an escape that does not fit only a beginning is written,
 * or nothing, and one byte is left. The next byte of the record that needs no
 * escape, from anywhere behind the cut, or the newline, is then put there.
 * So "\x0" may be followed by a 'b' from elsewhere and look like a whole "\x0b",
 * and a record may lack its tail and yet end in a newline. The last byte of a
 * full buffer is therefore never believed, and a full record is always `cut`.
 */
#include "kmsg/record.h"

#define PRI_MAX 99999999u
/* The stamp is local_clock() in nanoseconds divided by 1000. */
#define USEC_MAX (UINT64_MAX / 1000)
/* A number that counts up from 0 at boot cannot have come this far; and it fits every signed consumer. */
#define SEQ_MAX ((uint64_t)INT64_MAX)

#define ESCAPE_LEN 4

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

/* How many bytes at the front of `s` agree with "\xNN": 4 = a whole escape. */
static size_t escape_prefix(struct slice s)
{
	size_t n = 0;
	while (n < s.n && n < ESCAPE_LEN) {
		char c = s.p[n];
		if (n == 0 ? c != '\\' : n == 1 ? c != 'x' : hex_value(c) < 0)
			break;
		n++;
	}
	return n;
}

/* Returns the bytes written; `*torn` when the text ends in the beginning of an escape. */
static size_t unescape(struct slice s, char *buf, bool *torn)
{
	size_t n = 0;
	for (size_t i = 0; i < s.n;) {
		const char *run = memchr(s.p + i, '\\', s.n - i);
		size_t plain = run ? (size_t)(run - s.p) - i : s.n - i;
		memcpy(buf + n, s.p + i, plain);
		n += plain;
		i += plain;
		if (i == s.n)
			break;
		size_t prefix = escape_prefix(slice_sub(s, i, s.n));
		if (prefix == ESCAPE_LEN) {
			buf[n++] = (char)(hex_value(s.p[i + 2]) << 4 | hex_value(s.p[i + 3]));
			i += ESCAPE_LEN;
		} else if (i + prefix == s.n) {
			*torn = true;
			break;
		} else {
			buf[n++] = s.p[i++];
		}
	}
	return n;
}

/* "caller=T123" or "caller=C7". Anything else under that name says nothing. */
static void read_caller(struct slice field, struct kmsg_record *r)
{
	uint64_t id;
	if (r->caller_kind || !take_literal(&field, SLICE("caller=")) || field.n == 0)
		return;
	char kind = field.p[0];
	if ((kind != 'T' && kind != 'C') || !slice_to_u64(slice_sub(field, 1, field.n), &id) || id > UINT32_MAX)
		return;
	r->caller_kind = kind;
	r->caller_id = (uint32_t)id;
}

/* The flag is a hint (dev-kmsg): a letter we do not know says nothing about pieces. */
static bool read_flag(struct slice field, struct kmsg_record *r)
{
	if (field.n != 1 || field.p[0] <= ' ' || field.p[0] >= 0x7f)
		return false;
	r->flag = field.p[0] == 'c' || field.p[0] == '+' ? field.p[0] : '-';
	return true;
}

static bool take_field(struct slice *header, struct slice *out)
{
	if (take_until(header, SLICE(","), out))
		return true;
	if (!slice_present(*header))
		return false;
	*out = *header;
	*header = SLICE_NONE;
	return true;
}

static enum kmsg_parse read_header(struct slice header, struct kmsg_record *r)
{
	struct slice pri_field, seq_field, usec_field, flag_field, more;
	uint64_t pri;

	if (!take_field(&header, &pri_field) || !take_field(&header, &seq_field) || !take_field(&header, &usec_field) ||
	    !take_field(&header, &flag_field) || !read_flag(flag_field, r))
		return KMSG_PARSE_NO_HEADER;
	if (!slice_to_u64(pri_field, &pri) || pri > PRI_MAX || !slice_to_u64(seq_field, &r->seq) || r->seq > SEQ_MAX ||
	    !slice_to_u64(usec_field, &r->usec) || r->usec > USEC_MAX)
		return KMSG_PARSE_BAD_NUMBER;
	r->facility = (uint32_t)(pri >> 3);
	r->level = pri & 7;
	while (take_field(&header, &more))
		read_caller(more, r);
	return KMSG_PARSE_OK;
}

enum kmsg_parse kmsg_record_parse(struct slice raw, char *buf, struct kmsg_record *out)
{
	struct kmsg_record r = {0};
	struct slice rest = raw, line, header;

	if (!take_line(&rest, &line))
		return KMSG_PARSE_NO_HEADER;
	bool full = raw.n == KMSG_READ_FULL && rest.n == 0; /* with a dictionary behind it the text is whole */
	bool newline = line.n < raw.n;
	if (!take_until(&line, SLICE(";"), &header))
		return KMSG_PARSE_NO_HEADER;
	enum kmsg_parse why = read_header(header, &r);
	if (why != KMSG_PARSE_OK)
		return why;

	if (full && !newline)
		line = slice_sub(line, 0, line.n ? line.n - 1 : 0);
	bool torn = false;
	size_t n = unescape(line, buf, &torn);
	r.text = slice_of(buf, n);
	r.cut = torn || full || !newline;
	*out = r;
	return KMSG_PARSE_OK;
}

const char *kmsg_parse_reason(enum kmsg_parse why)
{
	static const char *const reasons[] = {
	    [KMSG_PARSE_OK] = "a record",
	    [KMSG_PARSE_NO_HEADER] = "no PRI,SEQ,TIME,FLAG; header",
	    [KMSG_PARSE_BAD_NUMBER] = "a header field is not a number, or out of range",
	    [KMSG_PARSE_TOO_LONG] = "a line longer than any record",
	    [KMSG_PARSE_JOINED] = "two records on one line, or a name that looks like a second",
	};
	return why < ARRAY_COUNT(reasons) ? reasons[why] : "unknown";
}
