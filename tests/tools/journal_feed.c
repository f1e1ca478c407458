/*
 * Feeds a journald through sink/journal, as told on stdin, one command a line:
 *
 *   publish COUNT FIRST KIND   events numbered from FIRST (OOM_PID), of a KIND below
 *   drain MSEC                 lets the queue out for at most that long
 *
 * Each is answered with one line: waiting=N sent=N dropped=N errors=N longest_usec=N, the last being the longest single
 * call of publish so far.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "sink/journal.h"

static struct event event;
static char bulk[100000];
static uint64_t longest;

static void set_plain(void)
{
	static struct slice arguments[] = {{"ruby", 4}, {"-e", 2}, {"puts 1", 6}};
	event.summary = SLICE("ruby of web.service was killed");
	event.victim.comm = SLICE("ruby");
	event.victim.uid = (struct opt_u64){true, 1000};
	event.victim.cmdline = (struct event_strings){3, arguments};
	event.cgroup.path = SLICE("/system.slice/web.service");
	event.identity.unit = SLICE("oomwatch-test-web.service");
	event.identity.user_unit = SLICE("oomwatch-test-app.service");
	event.identity.slice = SLICE("system.slice");
	event.recovered = true;
}

static void set_hostile(void)
{
	set_plain();
	event.victim.comm = SLICE("a\nOOM_PID=1\nb");
	event.victim.exe = SLICE("/bin/\xff\0x");
}

/* More than a datagram takes. */
static void set_large(void)
{
	set_plain();
	event.cgroup.path = slice_of(bulk, sizeof(bulk));
}

static const struct {
	const char *name;
	void (*set)(void);
	size_t json;
} kinds[] = {
    {"plain", set_plain, 2}, {"hostile", set_hostile, 2}, {"bulky", set_plain, 30000}, {"large", set_large, 30000}};

static void publish(struct sink_journal *j, uint64_t number, size_t kind)
{
	event_init(&event, EVENT_OOM_KILL);
	event.victim.pid = (struct opt_u64){true, number};
	kinds[kind].set();
	uint64_t before = clock_read().monotonic_usec;
	sink_journal_publish(j, &(struct sink_message){.event = &event, .json = slice_of(bulk, kinds[kind].json)});
	uint64_t took = clock_read().monotonic_usec - before;
	if (took > longest)
		longest = took;
}

/* The daemon's loop in small. */
static void drain(struct sink_journal *j, uint64_t msec)
{
	uint64_t end = clock_read().monotonic_usec + msec * 1000;
	for (uint64_t now; sink_journal_waiting(j) && (now = clock_read().monotonic_usec) < end;) {
		uint64_t until = sink_journal_deadline(j) < end ? sink_journal_deadline(j) : end;
		struct pollfd p = {.fd = sink_journal_poll_fd(j), .events = POLLOUT};
		poll(&p, 1, until > now ? (int)((until - now) / 1000) + 1 : 0);
		sink_journal_flush(j, clock_read().monotonic_usec);
	}
}

static bool obey(struct sink_journal *j, struct slice c)
{
	uint64_t count, first, msec;
	if (take_literal(&c, SLICE("drain ")) && slice_to_u64(c, &msec)) {
		drain(j, msec);
		return true;
	}
	if (!take_literal(&c, SLICE("publish ")) || !take_u64(&c, &count) || !take_blanks(&c) ||
	    !take_u64(&c, &first) || !take_blanks(&c))
		return false;
	for (size_t kind = 0; kind < ARRAY_COUNT(kinds); kind++) {
		if (!slice_eq(c, slice_cstr(kinds[kind].name)))
			continue;
		for (uint64_t i = 0; i < count; i++)
			publish(j, first + i, kind);
		return true;
	}
	return false;
}

int main(void)
{
	struct sink_journal *j = sink_journal_new();
	char line[256];
	if (!j) {
		perror("sink_journal_new");
		return 1;
	}
	memset(bulk, 'x', sizeof(bulk));
	while (fgets(line, sizeof(line), stdin)) {
		if (!obey(j, slice_of(line, strcspn(line, "\n")))) {
			fprintf(stderr, "journal_feed: no such command: %s", line);
			return 2;
		}
		const struct sink_counters *n = sink_journal_counters(j);
		printf("waiting=%u sent=%llu dropped=%llu errors=%llu longest_usec=%llu\n", sink_journal_waiting(j),
		       (unsigned long long)n->sent, (unsigned long long)n->dropped, (unsigned long long)n->errors,
		       (unsigned long long)longest);
		fflush(stdout);
	}
	sink_journal_free(j);
	return 0;
}
