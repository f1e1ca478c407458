/*
 * A file of events (one JSON object a line, as `oomwatchd -f`, the socket and
 * --json=short print them) or a saved kernel log in any rendering. What it is
 * is told by its first lines.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl/input.h"
#include "ctl/kernlog.h"
#include "ctl/reader.h"
#include "ctl/say.h"
#include "event/schema.h"

struct file_reader {
	struct ctl_reader base;
	struct ctl_input input;
	struct ctl_kernlog *log; /* NULL: JSON lines */
	bool ended;
	bool events; /* it holds events, and a log was asked for */
	uint64_t lines, broken;
};

static bool is_event(const json_t *j)
{
	for (int type = 0; type < EVENT_TYPES; type++)
		if (ctl_is(j, "type", event_type_name(type)))
			return true;
	return false;
}

static bool holds_events(struct slice sample)
{
	struct slice line;
	for (int i = 0; i < 20 && take_line(&sample, &line); i++) {
		json_t *j = slice_starts(line, SLICE("{")) ? ctl_event_parse(line) : NULL;
		bool yes = j && (is_event(j) || ctl_is(j, "type", "hello"));
		json_decref(j);
		if (yes)
			return true;
	}
	return false;
}

static enum ctl_next next_json(struct ctl_reader *base, json_t **event)
{
	struct file_reader *r = (struct file_reader *)base;
	struct slice line;
	while (ctl_input_line(&r->input, &line)) {
		r->lines++;
		if (slice_trim(line).n == 0)
			continue;
		*event = ctl_event_parse(line);
		if (*event && is_event(*event))
			return CTL_NEXT_EVENT;
		if (!*event)
			r->broken++;
		json_decref(*event);
	}
	return CTL_NEXT_END;
}

static enum ctl_next next_log(struct ctl_reader *base, json_t **event)
{
	struct file_reader *r = (struct file_reader *)base;
	struct slice line;
	while (!(*event = ctl_kernlog_take(r->log))) {
		if (r->ended)
			return CTL_NEXT_END;
		if (ctl_input_line(&r->input, &line)) {
			ctl_kernlog_feed(r->log, line);
		} else {
			ctl_kernlog_end(r->log);
			r->ended = true;
		}
	}
	return CTL_NEXT_EVENT;
}

static const char *plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

/* Without dates or tags every line of a text counts as the kernel's: then a report must be in it. */
static bool is_no_kernel_log(const struct ctl_kernlog_counters *c, const struct kmsg_textlog_counters *l)
{
	return c->reports == 0 && l->stamped * 10 < l->lines;
}

static void say_log_empty(const struct file_reader *r)
{
	const struct ctl_kernlog_counters *c = ctl_kernlog_counters(r->log);
	const struct kmsg_textlog_counters *l = ctl_kernlog_lines(r->log);
	unsigned long long lines = l->lines, kernel = l->kernel;
	if (l->lines == 0) {
		ctl_say("%s is empty", r->input.path);
	} else if (!r->events && l->kernel == 0 && l->foreign) {
		ctl_say("%s: %llu line%s, all of other programs: none carries the kernel's tag (\"kernel:\"), so none "
			"is evidence",
			r->input.path, lines, plural(lines));
	} else if (r->events) {
		ctl_say("%s holds events, not a kernel log: oomwatchctl info --file=%s", r->input.path, r->input.path);
	} else if (is_no_kernel_log(c, l)) {
		ctl_say("%s holds no kernel log that can be recognised. Expected: the output of dmesg or journalctl -k "
			"(also -o json or export), a syslog file, or a capture of /dev/kmsg",
			r->input.path);
	} else {
		ctl_say("%s: no OOM kill in %llu record%s of the kernel (%llu line%s)%s", r->input.path, kernel,
			plural(kernel), lines, plural(lines),
			c->reports ? "; an OOM report begins, but the kill line is missing" : "");
	}
	if (c->echoes)
		ctl_say("%llu line%s of other programs repeat a kill; they are not evidence",
			(unsigned long long)c->echoes, plural(c->echoes));
}

static void say_empty(const struct ctl_reader *base)
{
	const struct file_reader *r = (const struct file_reader *)base;
	if (r->log)
		say_log_empty(r);
	else
		ctl_say("%s: %llu line%s of JSON%s", r->input.path, (unsigned long long)r->lines, plural(r->lines),
			r->broken ? ", some of them broken" : "");
}

static int close_file(struct ctl_reader *base)
{
	struct file_reader *r = (struct file_reader *)base;
	if (r->broken)
		ctl_say("%s: %llu line%s without a JSON object passed over", r->input.path,
			(unsigned long long)r->broken, plural(r->broken));
	if (r->log) {
		const struct ctl_kernlog_counters *c = ctl_kernlog_counters(r->log);
		if (c->duplicates)
			ctl_say("%s: %llu kill%s stood there more than once", r->input.path,
				(unsigned long long)c->duplicates, plural(c->duplicates));
	}
	ctl_kernlog_free(r->log);
	int rc = ctl_input_close(&r->input);
	free(r);
	return rc;
}

/* Only a file is looked into: what is read of a pipe (/dev/stdin, <(zcat log)) is gone from it. */
static bool is_journal_file(const char *path)
{
	char magic[8];
	struct stat st;
	int fd = strcmp(path, "-") == 0 ? -1 : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return false;
	bool yes = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
		   read(fd, magic, sizeof(magic)) == (ssize_t)sizeof(magic) &&
		   memcmp(magic, "LPKSHHRH", sizeof(magic)) == 0;
	close(fd);
	return yes;
}

int ctl_reader_file(const char *path, bool only_log, struct ctl_reader **out)
{
	*out = NULL;
	if (is_journal_file(path))
		return 0;
	struct file_reader *r = calloc(1, sizeof(*r));
	if (!r) {
		ctl_say("%s", strerror(ENOMEM));
		return 1;
	}
	r->base = (struct ctl_reader){.next = next_json, .say_empty = say_empty, .fd = -1, .close = close_file};
	int rc = ctl_input_open(&r->input, path);
	if (rc) {
		free(r);
		return rc;
	}
	struct slice sample = ctl_input_sample(&r->input), line;
	bool events = holds_events(sample);
	if (only_log || !events) {
		r->events = events;
		r->base.next = next_log;
		r->log = ctl_kernlog_new();
		if (!r->log) {
			ctl_say("%s", strerror(ENOMEM));
			close_file(&r->base);
			return 1;
		}
		while (take_line(&sample, &line))
			ctl_kernlog_vote(r->log, line);
	}
	*out = &r->base;
	return 0;
}
