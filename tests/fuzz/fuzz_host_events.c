/*
 * host/events: any bytes as a datagram of the proc connector. An event has a kind only when it is about a whole
 * process, and a shorter cut of the same datagram is never another event: it is the same one, or refused.
 */
#include <stdlib.h>

#include "host/events.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool true_for_any_input)
{
	if (!true_for_any_input)
		abort();
}

static void check_form(const struct host_event *e)
{
	must(e->kind <= HOST_EVENT_ACK);
	must(e->comm_size <= sizeof(e->comm));
	must(e->kind == HOST_EVENT_COMM || e->comm_size == 0);
	must(e->kind == HOST_EVENT_EXIT || !e->killed);
	must(memchr(e->comm, '\0', e->comm_size) == NULL);
}

/* In a block of its own size, so that a read beyond it is seen. */
static bool parse(const uint8_t *data, size_t size, struct host_event *out)
{
	char *copy = malloc(size ? size : 1);
	must(copy != NULL);
	if (size)
		memcpy(copy, data, size);
	bool known = host_event_parse(slice_of(copy, size), out);
	free(copy);
	return known;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct host_event whole, part;
	bool known = parse(data, size, &whole);
	if (known)
		check_form(&whole);
	for (size_t n = 0; n < size && n < 2 * HOST_EVENTS_MESSAGE; n++) {
		if (!parse(data, n, &part))
			continue;
		check_form(&part);
		must(known && part.kind == whole.kind && part.pid == whole.pid && part.parent == whole.parent);
	}
	return 0;
}
