/* sink/journal_fields: any bytes as names; read back as journald reads them, they are the same and forge no field. */
#include <stdlib.h>

#include "event/schema.h"
#include "sink/journal_fields.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct event event;
static char message[1 << 18];

static void must(bool true_for_any_input)
{
	if (!true_for_any_input)
		abort();
}

static void take_field(struct slice *c, struct slice *name, struct slice *value)
{
	struct slice line;
	must(take_line(c, &line));
	if (take_until(&line, SLICE("="), name)) {
		*value = line;
		return;
	}
	uint64_t n = 0;
	must(c->n >= 8);
	for (unsigned i = 0; i < 8; i++)
		n |= (uint64_t)(unsigned char)c->p[i] << (8 * i);
	must(n < c->n - 8 && c->p[8 + n] == '\n');
	*name = line;
	*value = slice_sub(*c, 8, 8 + n);
	*c = slice_sub(*c, 8 + n + 1, c->n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice bytes = slice_of((const char *)data, size), name, value;
	if (size == 0 || size > 8000)
		return 0;
	size_t half = data[0] % size;
	event_init(&event, EVENT_OOM_KILL);
	event.summary = bytes;
	event.victim.comm = slice_sub(bytes, 0, half);
	event.cgroup.path = slice_sub(bytes, half, size);
	event.victim.pid = (struct opt_u64){true, 4711};

	struct text t = text_on(message, sizeof(message));
	must(sink_journal_fields(&(struct sink_message){.event = &event, .json = bytes}, &t) == 0);
	struct slice c = text_slice(&t);
	unsigned fields = 0, right = 0;
	for (; c.n; fields++) {
		take_field(&c, &name, &value);
		right += slice_eq(name, SLICE("MESSAGE")) && slice_eq(value, bytes);
		right += slice_eq(name, SLICE("OOM_EVENT")) && slice_eq(value, bytes);
		right += slice_eq(name, SLICE("OOM_COMM")) && slice_eq(value, event.victim.comm);
		right += slice_eq(name, SLICE("OOM_CGROUP")) && slice_eq(value, event.cgroup.path);
		right += slice_eq(name, SLICE("OOM_PID")) && slice_eq(value, SLICE("4711"));
	}
	/* the five, MESSAGE_ID, PRIORITY, SYSLOG_IDENTIFIER, OBJECT_SYSTEMD_CGROUP */
	must(right == 5 && fields == 9);
	return 0;
}
