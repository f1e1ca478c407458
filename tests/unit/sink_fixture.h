/* What the tests of the sinks share: a kill with most of its fields, and a directory of their own. */
#ifndef SINK_FIXTURE_H
#define SINK_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "event/event.h"
#include "event/schema.h"

#define OPT(n)                                                                                                         \
	{                                                                                                              \
		true, (n)                                                                                              \
	}

static struct event event; /* too large for a stack */
static char dir[] = "/tmp/test_sink.XXXXXX";

static inline void make_kill(void)
{
	static struct slice arguments[] = {{"ruby", 4}, {"-e", 2}, {"puts 1", 6}};
	event_init(&event, EVENT_OOM_KILL);
	event.id = SLICE("0123456789abcdef0123456789abcdef-4711");
	event.time = SLICE("2026-01-31T23:59:59.000001Z");
	event.summary = SLICE("ruby (pid 99) of web.service was killed");
	event.scope = SLICE("memcg");
	event.victim.pid = (struct opt_u64)OPT(99);
	event.victim.comm = SLICE("ruby");
	event.victim.uid = (struct opt_u64)OPT(1000);
	event.victim.exe = SLICE("/usr/bin/ruby");
	event.victim.cmdline = (struct event_strings){3, arguments};
	event.victim.memory.anon_rss_kb = (struct opt_u64)OPT(510000);
	event.trigger.pid = (struct opt_u64)OPT(77);
	event.trigger.comm = SLICE("bundle");
	event.cgroup.path = SLICE("/system.slice/web.service");
	event.cgroup.limit_path = SLICE("/system.slice");
	event.identity.unit = SLICE("web.service");
	event.identity.user_unit = SLICE("app.service");
	event.identity.slice = SLICE("system.slice");
	event.identity.container.id = SLICE("c0ffee");
	event.identity.container.name = SLICE("web");
	event.identity.pod.uid = SLICE("11111111-2222-3333-4444-555555555555");
	event.identity.pod.name = SLICE("web-0");
	event.identity.pod.namespace_ = SLICE("shop");
	event.verdict.code = SLICE("cgroup-limit");
	event.recovered = true;
}

static inline int make_dir(void **state)
{
	(void)state;
	return mkdtemp(dir) ? 0 : -1;
}

static inline int remove_dir(void **state)
{
	(void)state;
	return rmdir(dir); /* fails when a test left something behind */
}

static inline const char *in_dir(const char *name)
{
	static char path[128];
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static inline void assert_text(struct slice is, const char *expected)
{
	if (!slice_eq(is, slice_cstr(expected)))
		fail_msg("is       %.*s\nexpected %s", (int)is.n, is.p, expected);
}

#endif
