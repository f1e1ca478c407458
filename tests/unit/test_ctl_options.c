/* ctl/options: the command line. */
#include "ctl_fixture.h"

#include <getopt.h>

#include "ctl/options.h"
#include "ctl/verbs.h"

static struct ctl_options o;
static char storage[512];

static enum ctl_options_result parse(const char *words)
{
	static char *argv[32];
	char *p = storage;
	int n = 0;
	snprintf(storage, sizeof(storage), "oomwatchctl %s", words);
	for (char *w; n < 31 && (w = strsep(&p, " "));)
		if (*w)
			argv[n++] = w;
	argv[n] = NULL;
	optind = 0; /* getopt starts anew */
	return ctl_options_parse(&o, n, argv);
}

static void verb_and_matches_stand_between_options(void **state)
{
	(void)state;
	assert_int_equal(parse("-n 5 list nginx --json=short -r 42"), CTL_OPTIONS_RUN);
	assert_string_equal(o.verb, "list");
	assert_int_equal(o.arg_count, 2);
	assert_string_equal(o.args[0], "nginx");
	assert_string_equal(o.args[1], "42");
	assert_true(o.has_lines && o.reverse);
	assert_int_equal(o.lines, 5);
	assert_int_equal(o.json, CTL_JSON_SHORT);
}

static void without_words_it_lists(void **state)
{
	(void)state;
	assert_int_equal(parse(""), CTL_OPTIONS_RUN);
	assert_null(o.verb);
	assert_string_equal(ctl_verbs()[0].name, "list");
}

static void wrong_values_are_wrong_usage(void **state)
{
	static const char *const lines[] = {
	    "--json=yes", "-n -1",         "-n x",          "--since=soon",        "--until=",
	    "--nonsense", "-D a --file b", "--root=a -D b", "--socket=a --file=b", "-S"};
	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(lines); i++)
		if (parse(lines[i]) != CTL_OPTIONS_USAGE)
			fail_msg("\"%s\" is taken", lines[i]);
}

static void an_option_of_one_verb_is_refused_by_others(void **state)
{
	(void)state;
	assert_int_equal(parse("list -o json"), CTL_OPTIONS_USAGE);
	assert_int_equal(parse("--exec=true"), CTL_OPTIONS_USAGE);
	assert_int_equal(parse("info --html 42"), CTL_OPTIONS_USAGE);
	assert_int_equal(parse("--exec=true follow -n 3"), CTL_OPTIONS_RUN);
	assert_int_equal(parse("report -o x --html"), CTL_OPTIONS_RUN);
}

static void every_json_form_is_known(void **state)
{
	(void)state;
	assert_int_equal(parse("--json=off"), CTL_OPTIONS_RUN);
	assert_int_equal(o.json, CTL_JSON_OFF);
	assert_int_equal(parse("--json=pretty"), CTL_OPTIONS_RUN);
	assert_int_equal(o.json, CTL_JSON_PRETTY);
}

static void the_contracts_verbs_are_there(void **state)
{
	static const char *const names[] = {"list",    "info",   "follow",   "stats",
					    "explain", "report", "selftest", "schema"};
	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
		const struct ctl_verb *v = ctl_verbs();
		while (v->name && strcmp(v->name, names[i]) != 0)
			v++;
		assert_non_null(v->name);
		assert_non_null(v->run);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(verb_and_matches_stand_between_options),
	    cmocka_unit_test(without_words_it_lists),
	    cmocka_unit_test(wrong_values_are_wrong_usage),
	    cmocka_unit_test(every_json_form_is_known),
	    cmocka_unit_test(an_option_of_one_verb_is_refused_by_others),
	    cmocka_unit_test(the_contracts_verbs_are_there),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
