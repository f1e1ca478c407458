/* One row an option. */
#include "ctl/options.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/usage.h"
#include "ctl/verbs.h"
#include "ctl/when.h"

enum {
	OPT_SINCE = 'S',
	OPT_UNTIL = 'U',
	OPT_LINES = 'n',
	OPT_REVERSE = 'r',
	OPT_QUIET = 'q',
	OPT_DIRECTORY = 'D',
	OPT_OUTPUT = 'o',
	OPT_HELP = 'h',
	OPT_VERSION = 'V',
	OPT_NO_PAGER = 256,
	OPT_JSON,
	OPT_FILE,
	OPT_ROOT,
	OPT_SOCKET,
	OPT_EXEC,
	OPT_HTML,
};

static const struct {
	int id;
	const char *name;
	const char *value; /* NULL: takes none */
	const char *help;
	const char *verb; /* the only one it belongs to; NULL: all */
} table[] = {
    {OPT_SINCE, "since", "TIME", "kills at or after TIME: \"2026-11-03 18:00\", yesterday, -2h", NULL},
    {OPT_UNTIL, "until", "TIME", "kills at or before TIME", NULL},
    {OPT_LINES, "lines", "N", "only the newest N events", NULL},
    {OPT_REVERSE, "reverse", NULL, "newest first", NULL},
    {OPT_QUIET, "quiet", NULL, "no notices", NULL},
    {OPT_NO_PAGER, "no-pager", NULL, "do not pipe output into a pager", NULL},
    {OPT_JSON, "json", "short|pretty|off", "events as JSON, one a line or indented", NULL},
    {OPT_DIRECTORY, "directory", "DIR", "read the journal files in DIR", NULL},
    {OPT_FILE, "file", "FILE", "read FILE: a journal file, events as JSON lines, or a saved\nkernel log (- for stdin)",
     NULL},
    {OPT_ROOT, "root", "DIR", "read the journal of the system below DIR", NULL},
    {OPT_SOCKET, "socket", "PATH", "read what the running daemon retains, or follow it, on its\nsocket", NULL},
    {OPT_EXEC, "exec", "CMD", "follow: run CMD for each event, with its JSON on stdin", "follow"},
    {OPT_HTML, "html", NULL, "report: one self-contained HTML page (the default)", "report"},
    {OPT_OUTPUT, "output", "FILE", "report: write to FILE instead of stdout", "report"},
    {OPT_HELP, "help", NULL, "this text", NULL},
    {OPT_VERSION, "version", NULL, "version", NULL},
};

static void print_help(void)
{
	char left[96];
	printf("usage: oomwatchctl [OPTION]... [VERB] [MATCH]...\n\n"
	       "Shows what the kernel's OOM killer killed, whose it was, and why.\n\nVerbs:\n");
	for (const struct ctl_verb *v = ctl_verbs(); v->name; v++) {
		snprintf(left, sizeof(left), "%s %s", v->name, v->args);
		usage_row(left, v->help);
	}
	printf("\nOptions:\n");
	for (size_t i = 0; i < ARRAY_COUNT(table); i++)
		usage_option(table[i].id < OPT_NO_PAGER ? (char)table[i].id : 0, table[i].name, table[i].value,
			     table[i].help);
	printf("\nA MATCH is a PID, a command, a unit, a container's or pod's name, the path of an\n"
	       "executable or cgroup, or FIELD=VALUE. Exit status: 0 done, 1 failed or nothing\n"
	       "matched, 2 wrong usage. See oomwatchctl(1).\n");
}

int ctl_usage(const char *fmt, ...)
{
	char line[512];
	va_list args;
	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	fprintf(stderr, "oomwatchctl: %s; see oomwatchctl --help\n", line);
	return 2;
}

static bool parse_json(struct ctl_options *o, const char *value)
{
	static const char *const words[] = {
	    [CTL_JSON_OFF] = "off", [CTL_JSON_SHORT] = "short", [CTL_JSON_PRETTY] = "pretty"};
	for (int i = 0; i < (int)ARRAY_COUNT(words); i++)
		if (strcmp(value, words[i]) == 0) {
			o->json = (enum ctl_json)i;
			return true;
		}
	return !ctl_usage("--json=%s: not one of short, pretty, off", value);
}

static bool parse_when(const struct ctl_options *o, const char *option, const char *value, bool *has, uint64_t *usec)
{
	*has = ctl_when_parse(slice_cstr(value), o->now_usec, usec);
	return *has || !ctl_usage("--%s=%s: not a time; try \"2026-11-03 18:00\", yesterday, -2h", option, value);
}

static bool apply(struct ctl_options *o, int id, const char *value)
{
	switch (id) {
	case OPT_SINCE:
		return parse_when(o, "since", value, &o->has_since, &o->since_usec);
	case OPT_UNTIL:
		return parse_when(o, "until", value, &o->has_until, &o->until_usec);
	case OPT_LINES:
		o->has_lines = slice_to_u64(slice_cstr(value), &o->lines);
		return o->has_lines || !ctl_usage("--lines=%s: not a number", value);
	case OPT_REVERSE:
		return o->reverse = true;
	case OPT_QUIET:
		return o->quiet = true;
	case OPT_NO_PAGER:
		return o->no_pager = true;
	case OPT_JSON:
		return parse_json(o, value);
	case OPT_DIRECTORY:
		o->directory = value;
		return true;
	case OPT_FILE:
		o->file = value;
		return true;
	case OPT_ROOT:
		o->root = value;
		return true;
	case OPT_SOCKET:
		o->socket = value;
		return true;
	case OPT_EXEC:
		o->exec = value;
		return true;
	case OPT_HTML:
		return o->html = true;
	case OPT_OUTPUT:
		o->output = value;
		return true;
	default:
		return false;
	}
}

static uint64_t now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

enum ctl_options_result ctl_options_parse(struct ctl_options *o, int argc, char **argv)
{
	struct option longs[ARRAY_COUNT(table) + 1] = {{0}};
	char shorts[2 * ARRAY_COUNT(table) + 1] = "", *s = shorts;
	*o = (struct ctl_options){.now_usec = now()};
	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		longs[i] =
		    (struct option){table[i].name, table[i].value ? required_argument : no_argument, NULL, table[i].id};
		if (table[i].id < 256) {
			*s++ = (char)table[i].id;
			if (table[i].value)
				*s++ = ':';
		}
	}
	*s = '\0';
	const char *verb = NULL, *only = NULL; /* an option that belongs to one verb, the last such */
	int id;
	while ((id = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		if (id == OPT_HELP) {
			print_help();
			return CTL_OPTIONS_DONE;
		}
		if (id == OPT_VERSION) {
			printf("oomwatchctl %s\n", OOMWATCHD_VERSION);
			return CTL_OPTIONS_DONE;
		}
		if (id == '?') {
			fprintf(stderr, "oomwatchctl: see oomwatchctl --help\n");
			return CTL_OPTIONS_USAGE;
		}
		if (!apply(o, id, optarg))
			return CTL_OPTIONS_USAGE;
		for (size_t i = 0; i < ARRAY_COUNT(table); i++)
			if (table[i].id == id && table[i].verb) {
				only = table[i].name;
				verb = table[i].verb;
			}
	}
	if ((o->directory != NULL) + (o->file != NULL) + (o->root != NULL) + (o->socket != NULL) > 1) {
		ctl_usage("--directory, --file, --root and --socket exclude each other");
		return CTL_OPTIONS_USAGE;
	}
	if (optind < argc)
		o->verb = argv[optind++];
	if (verb && (!o->verb || strcmp(o->verb, verb) != 0)) {
		ctl_usage("--%s belongs to the verb %s%s", only, verb,
			  strcmp(only, "output") == 0 ? "; for JSON: --json=short" : "");
		return CTL_OPTIONS_USAGE;
	}
	o->args = argv + optind;
	o->arg_count = argc - optind;
	return CTL_OPTIONS_RUN;
}
