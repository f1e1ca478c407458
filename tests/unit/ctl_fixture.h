/* What the tests of oomwatchctl share: events as JSON, and output caught in memory. */
#ifndef CTL_FIXTURE_H
#define CTL_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "ctl/out.h"
#include "ctl/value.h"

/* A kill with most of what an event may hold. Single quotes stand for double ones. */
#define FULL_EVENT                                                                                                     \
	"{'version':1,'type':'oom-kill','id':'0123456789abcdef0123456789abcdef-7','time':'t','realtime_usec':"         \
	"1790000000000000,"                                                                                            \
	"'monotonic_usec':5000000,'host':{'name':'node-7','kernel':'6.12.1','machine_id':'cd'},'scope':'memcg',"       \
	"'report':'full','summary':'pod shop/web-0: process 42 (ruby) killed','victim':{'pid':42,'tgid':41,"           \
	"'comm':'ruby','uid':1000,'user':'app','exe':'/usr/bin/ruby','cmdline':['ruby','-e','puts <1> & 2'],"          \
	"'parents':[{'pid':40,'comm':'shim'},{'pid':1,'comm':'init'}],'uptime_sec':90,'oom_score_adj':984,"            \
	"'memory':{'rss_kb':509952,'anon_rss_kb':490000,'file_rss_kb':15952},'history':[{'age_sec':60,'rss_kb':1000}," \
	"{'age_sec':30,'rss_kb':200000}],'growth':'leak'},'trigger':{'pid':99,'comm':'puma','order':0,"                \
	"'gfp_mask':'0xcc0','gfp_flags':['GFP_KERNEL']},'cgroup':{'path':'/kubepods/podaaa/c0ffee',"                   \
	"'limit_path':'/kubepods/podaaa','memory':{'usage_kb':524288,'limit_kb':524288,'failcnt':77},"                 \
	"'stat':{'anon':500000000}},'identity':{'unit':'web.service','slice':'system.slice',"                          \
	"'container':{'id':'c0ffeec0ffeec0ffee','name':'ruby','runtime':'containerd'},'pod':{'uid':'aaa','name':'web-" \
	"0',"                                                                                                          \
	"'namespace':'shop'}},'tasks':{'count':3,'top':[{'pid':42,'comm':'ruby','rss_kb':509952},{'pid':99,"           \
	"'comm':'puma','rss_kb':9000}]},'verdict':{'code':'ancestor-limit','text':'limit 512 MiB reached'}}"

/* JSON with single quotes, for the reader's eyes. */
static inline json_t *event_of(const char *quoted)
{
	char *s = strdup(quoted);
	assert_non_null(s);
	for (char *p = s; *p; p++)
		if (*p == '\'')
			*p = '"';
	json_t *j = ctl_event_parse(slice_cstr(s));
	free(s);
	assert_non_null(j);
	return j;
}

static inline json_t *merged(const char *quoted)
{
	json_t *j = event_of(FULL_EVENT), *more = event_of(quoted);
	assert_int_equal(json_object_update_recursive(j, more), 0);
	json_decref(more);
	return j;
}

static char *caught;
static size_t caught_size;

static inline struct ctl_out catch_output(int width)
{
	return (struct ctl_out){.f = open_memstream(&caught, &caught_size), .width = width, .utf8 = true};
}

/* Ends catching; the text lives until the next catch. */
static inline const char *output(struct ctl_out *out)
{
	static char *kept;
	fclose(out->f);
	free(kept);
	kept = caught;
	return kept;
}

static inline void assert_holds(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("\"%s\" is not in:\n%s", part, text);
}

static inline void assert_lacks(const char *text, const char *part)
{
	if (strstr(text, part))
		fail_msg("\"%s\" is in:\n%s", part, text);
}

#endif
