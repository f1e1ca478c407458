/*
 * oom/assembler: any records, in any turns. The whole way to an event: every incident becomes JSON that loads, and
 * each kill line is one kill or counted as a repetition. The records are lines as /dev/kmsg gives them; a line
 * that is none settles or loses records.
 */
#include <jansson.h>
#include <stdlib.h>

#include "event/build.h"
#include "event/json.h"
#include "kmsg/record.h"
#include "oom/assembler.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool true_for_any_input)
{
	if (!true_for_any_input)
		abort();
}

static struct oom_assembler *assembler;
static struct event_json *encoder;
static struct event *event;

static uint64_t taken, kills;

static void check(const struct oom_incident *in)
{
	const struct event_input input = {.incident = in, .cmdline = EVENT_CMDLINE_FULL};
	taken++;
	must(in->usec <= UINT64_MAX / 1000 && in->comm_len <= sizeof(in->comm));
	must(!in->report || in->report->rows <= LIMIT_TASK_ROWS);
	must(in->report || !in->is_chosen);
	if (in->kind == OOM_INCIDENT_KILL) {
		must(in->pid > 0);
		kills += !in->sharing;
	}
	event_build(event, &input);
	struct slice line = event_json_encode(encoder, event);
	json_t *root = json_loadb(line.p, line.n, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
	must(json_is_object(root));
	json_decref(root);
}

static void take(void)
{
	struct oom_incident in;
	while (oom_assembler_take(assembler, &in))
		check(&in);
}

/* One line of the input, in a block of its exact size, so that one byte too far is seen. */
static void feed(struct slice line)
{
	char *raw = malloc(line.n + 1), *buf = malloc(line.n + 1);
	struct kmsg_record rec;
	must(raw && buf);
	memcpy(raw, line.p, line.n);
	raw[line.n] = '\n';
	if (kmsg_record_parse(slice_of(raw, line.n + 1), buf, &rec) == KMSG_PARSE_OK) {
		if (rec.facility == 0)
			oom_assembler_feed(assembler, &rec);
	} else if (line.n % 2) {
		oom_assembler_settle(assembler);
	} else {
		oom_assembler_gap(assembler);
	}
	free(raw);
	free(buf);
	take();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void *storage;
	if (!storage) {
		storage = malloc(oom_assembler_size());
		event = malloc(sizeof(*event));
		void *json = malloc(event_json_size());
		must(storage && event && json);
		encoder = event_json_init(json);
	}
	struct slice rest = slice_of((const char *)data, size), line;
	assembler = oom_assembler_init(storage);
	taken = kills = 0;
	while (take_line(&rest, &line))
		feed(line);
	oom_assembler_end(assembler);
	take();
	const struct oom_assembler_counters *c = oom_assembler_counters(assembler);
	uint64_t seq, usec;
	must(c->incidents == taken);
	must(c->kill_lines == c->repeats + kills);
	must(c->partial + c->suppressed <= taken);
	must(!oom_assembler_open_since(assembler, &seq, &usec));
	return 0;
}
