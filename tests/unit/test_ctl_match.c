/* ctl/match: which events a command line asks for. */
#include "ctl_fixture.h"

#include "ctl/match.h"

static bool matches(const char *event, const char *words)
{
	char copy[256], *argv[16], *p = copy;
	int n = 0;
	struct ctl_match m;
	snprintf(copy, sizeof(copy), "%s", words);
	for (char *w; n < 16 && (w = strsep(&p, " "));)
		if (*w)
			argv[n++] = w;
	const char *wrong = ctl_match_parse(&m, argv, n);
	if (wrong)
		fail_msg("\"%s\": %s", words, wrong);
	json_t *j = merged(event);
	bool yes = ctl_match_event(&m, j);
	char *text = json_dumps(j, JSON_COMPACT);
	assert_non_null(text);
	if (yes && !ctl_match_text(&m, slice_cstr(text)))
		fail_msg("\"%s\" matches, and its text does not: %s", words, text);
	free(text);
	json_decref(j);
	return yes;
}

static void every_name_of_a_kill_finds_it(void **state)
{
	static const char *const words[] = {"",
					    "42",
					    "0042",
					    "41",
					    "ruby",
					    "web",
					    "web.service",
					    "system.slice",
					    "web-0",
					    "shop/web-0",
					    "aaa",
					    "c0ffeec0",
					    "c0ffeec0ffeec0ffee",
					    "/usr/bin/ruby",
					    "/kubepods/podaaa",
					    "0123456789abcdef0123456789abcdef-7",
					    "OOM_PID=42",
					    "OOM_UNIT=web.service",
					    "OBJECT_SYSTEMD_UNIT=web.service",
					    "_HOSTNAME=node-7",
					    "MESSAGE_ID=5ef39f0ddfef4293b8e652629a707eda",
					    "verdict.code=ancestor-limit",
					    "victim.oom_score_adj=984"};
	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(words); i++)
		if (!matches("{'type':'oom-kill'}", words[i]))
			fail_msg("\"%s\" does not find the kill", words[i]);
}

static const char *fields_of(const char *word)
{
	static char joined[128];
	char copy[64], *argv[] = {copy};
	struct ctl_match m;
	struct text t = text_on(joined, sizeof(joined));
	snprintf(copy, sizeof(copy), "%s", word);
	assert_null(ctl_match_parse(&m, argv, 1));
	for (const char *const *f = ctl_match_fields(&m.term[0]); f && *f; f++)
		text_addf(&t, "%s%s", t.n ? " " : "", *f);
	return text_cstr(&t);
}

/* Only where each key of the event that the word is held against has its field. */
static void the_journal_may_choose_by_these_fields(void **state)
{
	static const struct {
		const char *word, *fields;
	} rows[] = {{"42", "OOM_PID OOM_TGID OOM_COMM"},
		    {"042", ""},
		    {"web.service", "OOM_UNIT OBJECT_SYSTEMD_USER_UNIT"},
		    {"system.slice", ""},
		    {"/usr/bin/ruby", "OOM_EXE OOM_CGROUP OOM_LIMIT_CGROUP"},
		    {"/with a blank", ""},
		    {"/gr\xc3\xb6\xc3\x9f", ""},
		    {"ruby", ""},
		    {"scope=memcg", ""},
		    {"OOM_PID=42", ""}};
	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
		assert_string_equal(fields_of(rows[i].word), rows[i].fields);
}

static void a_text_without_the_words_is_passed_over(void **state)
{
	char *words[] = {(char *)"redis", (char *)"nginx"};
	struct ctl_match m;
	(void)state;
	assert_null(ctl_match_parse(&m, words, 2));
	assert_false(ctl_match_text(&m, SLICE("{\"victim\":{\"comm\":\"ruby\"}}")));
	assert_true(ctl_match_text(&m, SLICE("{\"victim\":{\"comm\":\"nginx\"}}")));
}

static void other_names_do_not(void **state)
{
	static const char *const words[] = {"43",
					    "rub",
					    "rubyx",
					    "web.scope",
					    "web-1",
					    "other/web-0",
					    "c0ffee", /* too short for a part of an id */
					    "/usr/bin",
					    "OOM_PID=43",
					    "OOM_NOTHING=1",
					    "_HOSTNAME=node-8",
					    "MESSAGE_ID=7f36703acfa94008be9694349ea3f709",
					    "MESSAGE_ID=fe6faa94e7774663a0da52717891d8ef",
					    "verdict.code=manual",
					    "victim.pid=042x",
					    "victim=42",
					    "no.such.key=1"};
	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(words); i++)
		if (matches("{'type':'oom-kill'}", words[i]))
			fail_msg("\"%s\" finds the kill", words[i]);
}

static void words_about_one_thing_widen_and_about_two_narrow(void **state)
{
	(void)state;
	assert_true(matches("{'type':'oom-kill'}", "nginx ruby"));
	assert_true(matches("{'type':'oom-kill'}", "ruby nginx.service"));
	assert_true(matches("{'type':'oom-kill'}", "7 42"));
	assert_true(matches("{'type':'oom-kill'}", "ruby scope=memcg"));
	assert_false(matches("{'type':'oom-kill'}", "ruby scope=global"));
	assert_true(matches("{'type':'oom-kill'}", "scope=global scope=memcg"));
	assert_false(matches("{'type':'oom-kill'}", "OOM_PID=42 OOM_COMM=nginx"));
}

static void a_name_of_digits_is_found_as_a_command_too(void **state)
{
	(void)state;
	assert_true(matches("{'type':'oom-kill','victim':{'comm':'531'}}", "531"));
}

static void an_enclosing_container_finds_what_died_inside_of_it(void **state)
{
	const char *event = "{'type':'oom-kill','identity':{'outer':[{'id':'aaaaaaaaaaaa'},"
			    "{'id':'bbbbbbbbbbbb','name':'ci-7'}]}}";
	(void)state;
	assert_true(matches(event, "ci-7"));
	assert_true(matches(event, "bbbbbbbb"));
	assert_true(matches(event, "aaaaaaaaaaaa"));
	assert_false(matches(event, "bbbbbbb"));
	assert_false(matches(event, "ci"));
	assert_false(matches("{'type':'oom-kill','identity':{'outer':'ci-7'}}", "ci-7"));
}

static void members_of_another_type_match_nothing(void **state)
{
	(void)state;
	assert_false(matches(
	    "{'type':'oom-kill','victim':{'comm':['ruby'],'exe':null},'identity':{'container':'ruby'}}", "ruby"));
}

static void times_bound_the_event_not_the_entry(void **state)
{
	struct ctl_match m = {.has_since = true, .since_usec = 1790000000000000};
	json_t *j = event_of(FULL_EVENT);
	(void)state;
	assert_true(ctl_match_event(&m, j));
	m.since_usec++;
	assert_false(ctl_match_event(&m, j));
	m = (struct ctl_match){.has_until = true, .until_usec = 1790000000000000};
	assert_true(ctl_match_event(&m, j));
	m.until_usec--;
	assert_false(ctl_match_event(&m, j));
	json_object_del(j, "realtime_usec");
	m.until_usec = UINT64_MAX;
	assert_false(ctl_match_event(&m, j)); /* when it happened is not known */
	json_decref(j);
}

static void words_that_are_nothing_are_refused(void **state)
{
	char *empty[] = {(char *)(uintptr_t) ""}, *no_key[] = {(char *)(uintptr_t) "=x"},
	     *odd[] = {(char *)(uintptr_t) "A b=x"};
	struct ctl_match m;
	(void)state;
	assert_non_null(ctl_match_parse(&m, empty, 1));
	assert_non_null(ctl_match_parse(&m, no_key, 1));
	assert_non_null(ctl_match_parse(&m, odd, 1));
	assert_non_null(ctl_match_parse(&m, empty, CTL_TERMS + 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_name_of_a_kill_finds_it),
	    cmocka_unit_test(the_journal_may_choose_by_these_fields),
	    cmocka_unit_test(a_text_without_the_words_is_passed_over),
	    cmocka_unit_test(other_names_do_not),
	    cmocka_unit_test(words_about_one_thing_widen_and_about_two_narrow),
	    cmocka_unit_test(a_name_of_digits_is_found_as_a_command_too),
	    cmocka_unit_test(an_enclosing_container_finds_what_died_inside_of_it),
	    cmocka_unit_test(members_of_another_type_match_nothing),
	    cmocka_unit_test(times_bound_the_event_not_the_entry),
	    cmocka_unit_test(words_that_are_nothing_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
