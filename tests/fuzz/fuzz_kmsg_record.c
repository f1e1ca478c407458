/* kmsg/record: any bytes; and what was parsed once survives being escaped as the kernel does and parsed again. */
#include <stdlib.h>

#include "kmsg/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool true_for_any_input)
{
	if (!true_for_any_input)
		abort();
}

static size_t escape(struct slice text, char *out)
{
	static const char hex[] = "0123456789abcdef";
	size_t n = 0;
	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];
		if (c >= 0x20 && c < 0x7f && c != '\\') {
			out[n++] = (char)c;
			continue;
		}
		out[n++] = '\\';
		out[n++] = 'x';
		out[n++] = hex[c >> 4];
		out[n++] = hex[c & 15];
	}
	return n;
}

static void parse_again(const struct kmsg_record *r)
{
	struct slice head = SLICE("6,1,2,-;");
	size_t cap = head.n + 4 * r->text.n + 1;
	char *raw = malloc(cap), *buf = malloc(cap);
	struct kmsg_record again;

	must(raw && buf);
	memcpy(raw, head.p, head.n);
	size_t n = head.n + escape(r->text, raw + head.n);
	raw[n++] = '\n';
	must(kmsg_record_parse(slice_of(raw, n), buf, &again) == KMSG_PARSE_OK);
	must(again.cut == (n == KMSG_READ_FULL));
	must(slice_eq(again.text, r->text));
	free(raw);
	free(buf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* Blocks of the exact size, so that one byte too far is seen. */
	char *raw = malloc(size ? size : 1), *buf = malloc(size ? size : 1);
	struct kmsg_record r;

	must(raw && buf);
	if (size)
		memcpy(raw, data, size);
	enum kmsg_parse why = kmsg_record_parse(slice_of(raw, size), buf, &r);
	must(kmsg_parse_reason(why) != NULL);
	if (why == KMSG_PARSE_OK) {
		must(r.text.p == buf && r.text.n < size);
		must(r.level <= 7 && (r.flag == '-' || r.flag == 'c' || r.flag == '+'));
		must(r.caller_kind == 0 || r.caller_kind == 'T' || r.caller_kind == 'C');
		parse_again(&r);
	}
	free(raw);
	free(buf);
	return 0;
}
