/* ctl/list, ctl/table, ctl/out: lines that fit, groups that fold, bytes that do no harm. */
#include "ctl_fixture.h"

#include <limits.h>
#include <locale.h>
#include <time.h>

#include "ctl/list.h"

static const char *listed(int width, const char *const *events, size_t count)
{
	struct ctl_out out = catch_output(width);
	struct ctl_list *l = ctl_list_new(width);
	assert_non_null(l);
	for (size_t i = 0; i < count; i++) {
		json_t *j = merged(events[i]);
		assert_true(ctl_list_add(l, j));
		json_decref(j);
	}
	ctl_list_print(l, &out);
	ctl_list_free(l);
	return output(&out);
}

static size_t longest_line(const char *text)
{
	struct slice s = slice_cstr(text), line;
	size_t max = 0;
	while (take_line(&s, &line))
		max = ctl_width(line) > max ? ctl_width(line) : max;
	return max;
}

static void a_line_says_who_what_and_why(void **state)
{
	const char *events[] = {"{'type':'oom-kill'}"};
	(void)state;
	const char *text = listed(160, events, 1);
	assert_holds(text, "2026-09-21 14:13:20");
	assert_holds(text, "42  shop/web-0/ruby  498 MiB  512 MiB pod  ancestor-limit");
}

static void a_blank_name_is_shown_as_one(void **state)
{
	const char *events[] = {"{'type':'oom-kill','victim':{'comm':''}}",
				"{'type':'oom-kill','victim':{'comm':' '}}"};
	(void)state;
	const char *text = listed(160, events, 2);
	assert_holds(text, "shop/web-0/ruby ()");
	assert_holds(text, "shop/web-0/ruby ( )");
}

static void every_line_fits_the_terminal(void **state)
{
	const char *events[] = {
	    "{'type':'oom-kill'}",
	    "{'type':'oom-kill','identity':{'pod':{'name':'a-very-long-name-of-a-pod-that-nobody-can-type-at-night'}}}",
	    "{'type':'oom-kill','identity':{'pod':{'name':'"
	    "\u65e5\u672c\u8a9e\u65e5\u672c\u8a9e\u65e5\u672c\u8a9e\u65e5'}}}",
	    "{'type':'records-lost','summary':'12 records of the kernel log were lost, and this sentence is longer "
	    "than any terminal "
	    "that people use at night on the phone'}"};
	static const int widths[] = {64, 80, 100, 160};
	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(widths); i++) {
		const char *text = listed(widths[i], events, ARRAY_COUNT(events));
		if (longest_line(text) > (size_t)widths[i])
			fail_msg("wider than %d:\n%s", widths[i], text);
	}
}

static void what_died_inside_of_a_container_stands_below_its_name(void **state)
{
	const char *events[] = {"{'type':'oom-kill','identity':{'pod':null,'outer':[{'id':'fedcba9876543210'},"
				"{'id':'cc','name':'ci-7'}]}}",
				"{'type':'oom-kill','identity':{'pod':null,'outer':[{'id':'0123456789abcdef'}]}}"};
	(void)state;
	const char *text = listed(160, events, 2);
	assert_holds(text, "  ci-7/ruby");
	assert_holds(text, "  0123456789ab/ruby");
}

static void a_verdict_is_cut_last(void **state)
{
	const char *events[] = {"{'type':'oom-kill','identity':{'pod':{'name':'a-very-long-name-of-a-pod-that-nobody-"
				"can-type-at-night'}},'verdict':{'code':'hugepages-reserved'}}"};
	(void)state;
	assert_holds(listed(80, events, 1), "hugepages-reserved\n");
	assert_lacks(listed(64, events, 1), "hugepages-reserved\n");
}

static void a_pipe_cuts_nothing(void **state)
{
	const char *events[] = {"{'type':'oom-kill','identity':{'pod':{'name':'a-very-long-name-of-a-pod-that-nobody-"
				"can-type-at-night'}}}"};
	(void)state;
	assert_holds(listed(INT_MAX, events, 1), "shop/a-very-long-name-of-a-pod-that-nobody-can-type-at-night/ruby");
}

static void kills_of_one_decision_stand_on_one_line(void **state)
{
	const char *events[] = {
	    "{'type':'oom-kill','group':{'id':'g1','index':1}}", "{'type':'oom-kill','victim':{'pid':77}}",
	    "{'type':'oom-kill','group':{'id':'g1','index':2},'victim':{'pid':43,'memory':{'rss_kb':1024}}}",
	    "{'type':'oom-kill','group':{'id':'g1','index':3},'victim':{'pid':44,'memory':{'rss_kb':1024}}}"};
	(void)state;
	const char *text = listed(160, events, 4);
	assert_holds(text, "42  3\u00d7 shop/web-0/ruby  500 MiB");
	assert_holds(text, "77  shop/web-0/ruby");
	assert_lacks(text, "  43  ");
}

static void a_narrow_table_keeps_the_names(void **state)
{
	const char *events[] = {
	    "{'type':'oom-kill','victim':{'pid':1036087},'identity':{'container':null,'pod':null,'unit':"
	    "'billing@eu-west.service'}}",
	    "{'type':'oom-kill','victim':{'memory':{'rss_kb':5734}},'cgroup':{'memory':{'limit_kb':800}}}"};
	(void)state;
	const char *text = listed(80, events, 2);
	assert_holds(text, "billing@eu-west.s");
	assert_holds(text, "498M  512M pod");
	assert_holds(text, "5.5M  800K pod");
}

static void what_is_not_known_is_a_dash_or_says_why(void **state)
{
	const char *events[] = {"{'type':'oom-kill','report':'suppressed','verdict':null,'identity':null,"
				"'cgroup':{'path':'/batch/7','limit_path':null,'memory':null}}",
				"{'type':'oom-kill','verdict':null,'victim':{'memory':null}}"};
	(void)state;
	const char *text = listed(160, events, 2);
	assert_holds(text, "  /batch/7 ruby    498 MiB  -            (suppressed)\n");
	assert_holds(text, "  shop/web-0/ruby        -  512 MiB pod  -\n");
}

static void bytes_that_are_no_text_are_shown_as_they_are(void **state)
{
	const char *events[] = {"{'type':'oom-kill','victim':{'comm':'\ufffdx(','comm_hex':'ff7828'}}",
				"{'type':'oom-kill','victim':{'comm':'kept','comm_hex':'f'}}"};
	(void)state;
	const char *text = listed(160, events, 2);
	assert_holds(text, "ruby \\xffx(");
	assert_holds(text, "ruby kept");
}

static void what_is_no_kill_is_said_as_a_sentence(void **state)
{
	const char *events[] = {"{'type':'records-lost','summary':'12 records were lost'}"};
	(void)state;
	assert_holds(listed(80, events, 1), "09-21 14:13:20  12 records were lost\n");
}

static void hostile_names_reach_no_terminal(void **state)
{
	const char *events[] = {
	    "{'type':'oom-kill','victim':{'comm':'a\\u001b[2J\\nb\\u009b\\u202ex'},'identity':{'container':null,"
	    "'pod':null,'unit':'u\\u0007.service'},'verdict':{'code':'\\u001bc'},"
	    "'cgroup':{'limit_path':'/x\\u001b]0;y'}}"};
	(void)state;
	const char *text = listed(160, events, 1);
	assert_holds(text, "a\\x1b[2J\\x0ab\\xc2\\x9b");
	for (const char *p = text; *p; p++)
		assert_true(*p == '\n' || (unsigned char)*p >= 0x20);
	assert_lacks(text, "\u202e");
}

static void an_event_without_anything_is_still_a_line(void **state)
{
	json_t *j = event_of("{'type':'oom-kill'}");
	struct ctl_out out = catch_output(80);
	struct ctl_list *l = ctl_list_new(80);
	(void)state;
	assert_true(ctl_list_add(l, j));
	assert_int_equal(ctl_list_rows(l), 1);
	ctl_list_print(l, &out);
	assert_lacks(output(&out), "(null)");
	ctl_list_free(l);
	json_decref(j);
}

static void text_is_cut_at_a_characters_border(void **state)
{
	struct ctl_out out = catch_output(80);
	(void)state;
	ctl_put_fitted(&out, slice_cstr("\u65e5\u672c\u8a9e"), 4, 1); /* two columns each */
	fputc('|', out.f);
	ctl_put_fitted(&out, SLICE("ab"), 4, -1);
	fputc('|', out.f);
	ctl_put_fitted(&out, SLICE("abcdef"), 4, 1);
	assert_string_equal(output(&out), "\u65e5\u2026 |  ab|abc\u2026");
}

static void a_locale_without_utf8_gets_ascii(void **state)
{
	struct ctl_out out = catch_output(80);
	(void)state;
	out.utf8 = false;
	ctl_put(&out, slice_cstr("na\u00efve"));
	ctl_put_bar(&out, 1, 2, 4, CTL_BLUE);
	assert_string_equal(output(&out), "na?ve##..");
}

static void words_wrap_at_the_edge(void **state)
{
	struct ctl_out out = catch_output(12);
	(void)state;
	fputs("ab", out.f);
	ctl_put_wrapped(&out, SLICE("one two  three fourteenletters"), 2, 4);
	assert_string_equal(output(&out), "abone two\n    three\n    fourteen\n    letters");
	out = catch_output(12);
	ctl_put_wrapped(&out, SLICE("größegrößegröße"), 0, 2);
	assert_string_equal(output(&out), "größegrößegr\n  öße");
	out = catch_output(12);
	fputs("0123456", out.f);
	ctl_put_wrapped(&out, SLICE("longer all"), 7, 2);
	assert_string_equal(output(&out), "0123456\n  longer all");
}

static void a_number_keeps_its_unit(void **state)
{
	struct ctl_out out = catch_output(12);
	(void)state;
	ctl_put_wrapped(&out, SLICE("it held 392 kB, 97 % of 400 kBs"), 0, 2);
	assert_string_equal(output(&out), "it held\n  392 kB,\n  97 % of\n  400 kBs");
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
	    cmocka_unit_test(a_line_says_who_what_and_why),
	    cmocka_unit_test(a_blank_name_is_shown_as_one),
	    cmocka_unit_test(every_line_fits_the_terminal),
	    cmocka_unit_test(what_died_inside_of_a_container_stands_below_its_name),
	    cmocka_unit_test(a_verdict_is_cut_last),
	    cmocka_unit_test(a_pipe_cuts_nothing),
	    cmocka_unit_test(kills_of_one_decision_stand_on_one_line),
	    cmocka_unit_test(a_narrow_table_keeps_the_names),
	    cmocka_unit_test(what_is_not_known_is_a_dash_or_says_why),
	    cmocka_unit_test(bytes_that_are_no_text_are_shown_as_they_are),
	    cmocka_unit_test(what_is_no_kill_is_said_as_a_sentence),
	    cmocka_unit_test(hostile_names_reach_no_terminal),
	    cmocka_unit_test(an_event_without_anything_is_still_a_line),
	    cmocka_unit_test(text_is_cut_at_a_characters_border),
	    cmocka_unit_test(a_locale_without_utf8_gets_ascii),
	    cmocka_unit_test(words_wrap_at_the_edge),
	    cmocka_unit_test(a_number_keeps_its_unit),
	};
	return cmocka_run_group_tests(tests, in_utf8, NULL);
}
