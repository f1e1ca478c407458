/* ctl/page and ctl/html: what a tired person must find on the page, and what hostile events must not do to it. */
#include "ctl_fixture.h"

#include <locale.h>
#include <time.h>

#include "ctl/html.h"
#include "ctl/page.h"
#include "event/schema.h"

static const char *page_of(const char *more, int width)
{
	json_t *j = merged(more);
	struct ctl_out out = catch_output(width);
	ctl_page_print(&out, j, 1790000000000000 + 3600 * 1000000ull);
	json_decref(j);
	return output(&out);
}

static const char *html_of(const char *more)
{
	json_t *j = merged(more);
	struct ctl_out out = catch_output(80);
	struct ctl_tally tally = {0};
	assert_true(ctl_tally_add(&tally, j));
	ctl_html_begin(out.f, "a <title> & \"more\"");
	ctl_html_overview(out.f, &tally);
	ctl_html_table_begin(out.f);
	ctl_html_table_row(out.f, j, 1);
	ctl_html_table_end(out.f);
	ctl_html_section(out.f, j, 1);
	ctl_html_end(out.f, 1790000000000000);
	ctl_tally_free(&tally);
	json_decref(j);
	return output(&out);
}

static void the_page_holds_what_is_needed_at_night(void **state)
{
	static const char *const parts[] = {"pod shop/web-0: process 42 (ruby) killed",
					    "(1h ago)",
					    "limit 512 MiB reached [ancestor-limit]",
					    "shop/web-0",
					    "ruby c0ffeec0ffee (containerd)",
					    "a thread of process 41",
					    "ruby -e puts <1> & 2",
					    "shim (40) < init (1)",
					    "498 MiB, 97 % of 512 MiB limit",
					    "leak: it grew all the time it was watched",
					    "podaaa  \u2190 limit reached",
					    "limit hit 77 times",
					    "Process       puma, pid 99                              ruby, pid 42",
					    "Held          8.7 MiB                                   498 MiB",
					    "of 3 tasks"};
	(void)state;
	const char *text = page_of("{'type':'oom-kill'}", 100);
	for (size_t i = 0; i < ARRAY_COUNT(parts); i++)
		assert_holds(text, parts[i]);
	assert_lacks(text, "Not known");
}

static void lines_keep_to_the_width(void **state)
{
	(void)state;
	struct slice s = slice_cstr(page_of("{'type':'oom-kill'}", 72)), line;
	while (take_line(&s, &line))
		if (ctl_width(line) > 72)
			fail_msg("too wide: %.*s", (int)line.n, line.p);
}

static void what_is_not_known_is_said_with_its_reason(void **state)
{
	json_t *j = event_of(
	    "{'type':'oom-kill','report':'suppressed','victim':{'pid':1,'comm':'x'},'identity':{'pod':{'uid':'a'}}}");
	struct ctl_out out = catch_output(200);
	(void)state;
	ctl_page_print(&out, j, 0);
	json_decref(j);
	const char *text = output(&out);
	assert_holds(text, "at most ten reports in five seconds");
	assert_holds(text, "The command line: a kernel log does not hold it");
	assert_holds(text, "The pod's name: ");
	assert_holds(text, "The wall-clock time: ");
	assert_holds(text, "not known: of this kill the kernel printed only one line");
	assert_lacks(text, "0 kB");
}

static void a_container_inside_of_something_has_no_name_here(void **state)
{
	static const char *const events[][2] = {
	    {"'outer':[{'id':'fedcba9876543210','name':'ci-7'}]", "the container it is inside of knows it"},
	    {"'machine':'box'", "the machine it is inside of knows it"},
	    {"'slice':'system.slice'", "no local file of its runtime named it"},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(events); i++) {
		char text[512];
		snprintf(text, sizeof(text),
			 "{'type':'oom-kill','host':{'machine_id':'m'},'identity':{'container':{'id':'c'},%s}}",
			 events[i][0]);
		json_t *j = event_of(text);
		struct ctl_out out = catch_output(200);
		ctl_page_print(&out, j, 0);
		json_decref(j);
		snprintf(text, sizeof(text), "The container's name: %s", events[i][1]);
		assert_holds(output(&out), text);
	}
}

static void codes_are_explained_where_they_stand(void **state)
{
	(void)state;
	assert_holds(page_of("{'type':'oom-kill','victim':{'memory':{'rss_kb':600000}}}", 200),
		     "more than the limit: ");
	assert_lacks(page_of("{'type':'oom-kill'}", 200), "more than the limit");
	assert_holds(page_of("{'type':'oom-kill','report':'suppressed','verdict':null}", 200),
		     "oomwatchctl list --since=\"2026-09-21 14:13:10\"");
	assert_holds(page_of("{'type':'records-lost','verdict':null}", 200), "log_buf_len=4M");
	assert_holds(page_of("{'type':'kills-unseen','verdict':null}", 200), "/proc/vmstat");
	const char *text =
	    page_of("{'type':'oom-kill','group':{'id':'g7','index':2},'identity':{'container':{'name':null,"
		    "'id':'web','runtime':'lxc'},'slice':'-.slice'},'victim':{'start_time':"
		    "'2026-09-21T14:11:50.5Z'}}",
		    200);
	assert_holds(text, "oomwatchctl info group.id=g7");
	assert_lacks(text, "The container's name");
	assert_lacks(text, "-.slice");
	assert_holds(text, "Started       2026-09-21 14:11:50, ran for 1min 30s");
}

static void a_limit_of_nothing_is_said_so(void **state)
{
	static const char *const none = "{'type':'oom-kill','cgroup':{'swap':{'usage_kb':0,'limit_kb':0}}}";
	(void)state;
	assert_holds(page_of(none, 100), "Swap          0 kB, none allowed\n");
	assert_holds(html_of(none), "<dt>Swap</dt><dd>0 kB, none allowed</dd>");
	assert_holds(page_of("{'type':'oom-kill','cgroup':{'swap':{'usage_kb':0}}}", 100),
		     "Swap          0 kB, no limit\n");
}

static void moments_and_nodes_read_as_words(void **state)
{
	(void)state;
	assert_holds(page_of("{'type':'oom-kill','victim':{'uptime_sec':0}}", 100), "ran for less than 1s");
	assert_holds(html_of("{'type':'oom-kill','victim':{'uptime_sec':0}}"), "less than 1s");
	assert_holds(page_of("{'type':'oom-kill','mems_allowed':'1'}", 100), "Cpuset        node 1\n");
	assert_holds(page_of("{'type':'oom-kill','mems_allowed':'0-2'}", 100), "Cpuset        nodes 0-2\n");
}

static void a_narrow_page_keeps_what_explains_a_choice(void **state)
{
	static const char *const tasks =
	    "{'type':'oom-kill','tasks':{'top':[{'pid':4194304,'comm':'a-name-of-15-by','rss_kb':1047552,"
	    "'swap_kb':1047552,'oom_score_adj':-1000},{'pid':42,'comm':'ruby','rss_kb':1047552,'swap_kb':1047552,"
	    "'oom_score_adj':-999}]}}";
	(void)state;
	const char *text = page_of(tasks, 80);
	assert_holds(text, "1023 MiB swapped, adj -999  \u2190 killed\n");
	struct slice s = slice_cstr(text), line;
	while (take_line(&s, &line))
		if (ctl_width(line) > 80)
			fail_msg("too wide: %.*s", (int)line.n, line.p);
}

static void a_path_longer_than_a_line_is_broken(void **state)
{
	char quoted[512], path[300];
	(void)state;
	memset(path, 'p', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	snprintf(quoted, sizeof(quoted), "{'type':'oom-kill','summary':'process of /%s killed'}", path);
	struct slice s = slice_cstr(page_of(quoted, 80)), line;
	while (take_line(&s, &line))
		if (ctl_width(line) > 80)
			fail_msg("too wide: %.*s", (int)line.n, line.p);
}

static void the_curve_ends_with_what_was_held(void **state)
{
	(void)state;
	assert_holds(page_of("{'type':'oom-kill','victim':{'history':[{'age_sec':9,'rss_kb':1000},"
			     "{'age_sec':0,'rss_kb':508928}]}}",
			     100),
		     "     498 MiB \u2502");
}

static void html_says_the_code_and_links_what_killed_nothing(void **state)
{
	(void)state;
	assert_holds(html_of("{'type':'oom-kill'}"), "<dt>Verdict</dt><dd>ancestor-limit</dd>");
	assert_holds(html_of("{'type':'oom-no-victim','summary':'nothing killed'}"),
		     "<a href=\"#kill1\">nothing killed</a>");
	/* what is not known of a task is a hyphen there too */
	assert_holds(html_of("{'type':'oom-kill','tasks':{'top':[{'pid':7,'comm':'x'}]}}"),
		     "<td>x</td><td class=\"n\">-</td><td class=\"n\">-</td><td class=\"n\">-</td>");
}

static void what_is_counted_twice_is_said_so(void **state)
{
	(void)state;
	assert_holds(page_of("{'type':'oom-kill','cgroup':{'stat':{'anon':1048576,'file':2097152,'shmem':1048576,"
			     "'kernel':3145728,'slab_unreclaimable':2097152},'stat_unit':'bytes'}}",
			     200),
		     "1 MiB anonymous, 2 MiB file cache, 1 MiB of that shared, 3 MiB kernel, 2 MiB of that fixed slab");
	assert_holds(page_of("{'type':'oom-kill','cgroup':{'stat':{'anon':1048576,'shmem':1048576},"
			     "'stat_unit':'bytes'}}",
			     200),
		     "1 MiB anonymous, 1 MiB shared");
}

static void a_limit_is_shown_where_nobody_was_killed(void **state)
{
	(void)state;
	const char *text = page_of("{'type':'oom-no-victim','cgroup':{'path':null,'limit_path':null}}", 100);
	assert_holds(text, "\nControl group\n  Memory ");
	assert_holds(text, "512 MiB, 100 % of 512 MiB limit");
}

static void zones_are_shown_where_they_explain_it(void **state)
{
	static const char *const zones = "'host_memory':{'total_kb':1000000,'zones':[{'node':1,'zone':'DMA32',"
					 "'free_kb':2048,'min_kb':1024,'largest_free_block_kb':8}]}}";
	static const char *const row = "  Node 1 DMA32  2 MiB free, 8 kB in one piece at most, 1 MiB reserve\n";
	char quoted[512];
	(void)state;
	snprintf(quoted, sizeof(quoted), "{'type':'oom-kill','trigger':{'order':2},%s", zones);
	assert_holds(page_of(quoted, 100), row);
	assert_holds(html_of(quoted),
		     "<dt>Node 1 DMA32</dt><dd>2 MiB free, 8 kB in one piece at most, 1 MiB reserve</dd>");
	assert_holds(html_of(quoted), "<dt>Asked for</dt><dd>4 pages in a row (order 2)</dd>");
	snprintf(quoted, sizeof(quoted), "{'type':'oom-kill','scope':'cpuset',%s", zones);
	assert_holds(page_of(quoted, 100), row);
	snprintf(quoted, sizeof(quoted), "{'type':'oom-kill',%s", zones);
	assert_lacks(page_of(quoted, 100), "Node 1");
}

static void a_trigger_that_died_itself_is_said_so(void **state)
{
	(void)state;
	assert_holds(page_of("{'type':'oom-kill','trigger':{'pid':41}}", 100), "pid 41: the victim itself");
	const char *text = page_of("{'type':'oom-kill','trigger':{'order':-1}}", 100);
	assert_holds(text, "sysrq-f");
	assert_holds(text, "\nWhat carried it out\n  Process       puma, pid 99\n");
	assert_lacks(text, "asked for memory");
	assert_holds(html_of("{'type':'oom-kill','trigger':{'order':-1}}"),
		     "<h3>What carried it out</h3><dl><dt>Process</dt><dd>puma, pid 99</dd>");
}

/* Each field of the schema in turn gets each wrong type: nothing may crash, and no control byte may come out. */
static void members_of_wrong_types_do_no_harm(void **state)
{
	static const char *const values[] = {"null", "[]",    "{}",      "'\\u001b[31m\\n<script>'", "-5",
					     "true", "1e300", "[[[1]]]", "9223372036854775807"};
	(void)state;
	for (const struct event_field *f = event_schema(); f->path; f++)
		for (size_t v = 0; v < ARRAY_COUNT(values); v++) {
			char quoted[512] = "{'type':'oom-kill',", tail[16] = "";
			size_t n = strlen(quoted);
			struct slice path = slice_cstr(f->path), key;
			if (slice_eq(path, SLICE("type")))
				continue;
			while (take_until(&path, SLICE("."), &key)) {
				n += (size_t)snprintf(quoted + n, sizeof(quoted) - n, "'%.*s':{", (int)key.n, key.p);
				strcat(tail, "}");
			}
			snprintf(quoted + n, sizeof(quoted) - n, "'%.*s':%s%s}", (int)path.n, path.p, values[v], tail);
			for (const char *p = page_of(quoted, 80); *p; p++)
				assert_true(*p == '\n' || (unsigned char)*p >= 0x20);
			assert_lacks(html_of(quoted), "<script");
		}
}

static void html_shows_markup_as_text(void **state)
{
	(void)state;
	const char *text =
	    html_of("{'type':'oom-kill','summary':'<img src=x onerror=alert(1)>','victim':{'comm':'\\\"><b>'}}");
	assert_holds(text, "&lt;img src=x onerror=alert(1)&gt;");
	assert_lacks(text, "<img");
	assert_holds(text, "puts &lt;1&gt; &amp; 2");
	assert_holds(text, "<title>a &lt;title&gt; &amp; &quot;more&quot;</title>");
}

static void html_needs_nothing_from_elsewhere(void **state)
{
	static const char *const outside[] = {"http:", "https:",  "src=\"",  "url(",   "@import",
					      "<link", "<script", "<iframe", "<object"};
	(void)state;
	const char *text = html_of("{'type':'oom-kill'}");
	for (size_t i = 0; i < ARRAY_COUNT(outside); i++)
		assert_lacks(text, outside[i]);
	assert_holds(text, "default-src 'none'");
	assert_holds(text, "prefers-color-scheme:dark");
	assert_holds(text, "name=\"viewport\"");
}

static void html_draws_history_and_composition(void **state)
{
	(void)state;
	const char *text =
	    html_of("{'type':'oom-kill','host_memory':{'total_kb':1000000,'anon_kb':900000,'free_kb':5000}}");
	assert_holds(text, "resident memory before the kill");
	assert_holds(text, "<path class=\"line\"");
	assert_holds(text, "anonymous 878 MiB</title>");
}

static int in_utf8(void **state)
{
	(void)state;
	setenv("TZ", "UTC", 1);
	tzset();
	return setlocale(LC_ALL, "C.UTF-8") ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_page_holds_what_is_needed_at_night),
	    cmocka_unit_test(lines_keep_to_the_width),
	    cmocka_unit_test(what_is_not_known_is_said_with_its_reason),
	    cmocka_unit_test(a_container_inside_of_something_has_no_name_here),
	    cmocka_unit_test(codes_are_explained_where_they_stand),
	    cmocka_unit_test(a_limit_of_nothing_is_said_so),
	    cmocka_unit_test(moments_and_nodes_read_as_words),
	    cmocka_unit_test(a_narrow_page_keeps_what_explains_a_choice),
	    cmocka_unit_test(a_path_longer_than_a_line_is_broken),
	    cmocka_unit_test(the_curve_ends_with_what_was_held),
	    cmocka_unit_test(html_says_the_code_and_links_what_killed_nothing),
	    cmocka_unit_test(what_is_counted_twice_is_said_so),
	    cmocka_unit_test(a_limit_is_shown_where_nobody_was_killed),
	    cmocka_unit_test(zones_are_shown_where_they_explain_it),
	    cmocka_unit_test(a_trigger_that_died_itself_is_said_so),
	    cmocka_unit_test(members_of_wrong_types_do_no_harm),
	    cmocka_unit_test(html_shows_markup_as_text),
	    cmocka_unit_test(html_needs_nothing_from_elsewhere),
	    cmocka_unit_test(html_draws_history_and_composition),
	};
	return cmocka_run_group_tests(tests, in_utf8, NULL);
}
