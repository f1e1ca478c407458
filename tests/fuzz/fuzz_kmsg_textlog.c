/* kmsg/textlog: any bytes as a log. Records stay within their bounds and come in the order of their lines. */
#include <stdlib.h>

#include "kmsg/textlog.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool true_for_any_input)
{
	if (!true_for_any_input)
		abort();
}

static void check(const struct kmsg_textlog_record *r, uint64_t *last_line, uint64_t *sum)
{
	must(r->rec.text.n <= LIMIT_LINE);
	must(r->line >= *last_line);
	must(r->rec.level <= 7);
	must(r->rec.flag != 0);
	must(!slice_present(r->boot_id) || r->boot_id.n == 32);
	must(r->has_realtime || r->realtime_usec == 0);
	*last_line = r->line;
	for (size_t i = 0; i < r->rec.text.n; i++)
		*sum += (unsigned char)r->rec.text.p[i];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kmsg_textlog *t = malloc(sizeof(*t));
	char *copy = malloc(size ? size : 1);
	struct kmsg_textlog_record r;
	uint64_t last_line = 0, records = 0, sum = 0;

	must(t && copy);
	if (size)
		memcpy(copy, data, size);
	/* The first byte chooses whether a sample votes, as it does for a file and not for a live pipe. */
	struct slice all = slice_of(copy, size), rest = all, line;
	bool vote = size && (copy[0] & 1);
	kmsg_textlog_init(t);
	while (vote && take_line(&rest, &line))
		kmsg_textlog_vote(t, line);
	rest = all;
	while (take_line(&rest, &line))
		if (kmsg_textlog_feed(t, line, &r)) {
			check(&r, &last_line, &sum);
			records++;
		}
	while (kmsg_textlog_end(t, &r)) {
		check(&r, &last_line, &sum);
		records++;
	}
	must(records == t->counters.kernel + t->counters.foreign);
	must(records <= t->counters.lines + 1);
	free(copy);
	free(t);
	return sum == UINT64_MAX;
}
