/* One row an option: parsing, --help and the test against the man page read the same table. */
#include "app/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "base/usage.h"

#define DEFAULT_SOURCE "/dev/kmsg"
#define DEFAULT_SOCKET "/run/oomwatchd/events.sock"
#define DEFAULT_STATE "/var/lib/oomwatchd"
#define DEFAULT_SAMPLE_INTERVAL 30
#define MAX_SAMPLE_INTERVAL 86400
#define DEFAULT_RECORDER_MEMORY 16
#define MAX_RECORDER_MEMORY 1024

enum {
	OPT_FOREGROUND = 'f',
	OPT_HELP = 'h',
	OPT_VERSION = 'V',
	OPT_JSON = 256,
	OPT_SOURCE,
	OPT_FROM,
	OPT_PROC,
	OPT_ROOT,
	OPT_JOURNAL,
	OPT_SOCKET,
	OPT_STATE,
	OPT_METRICS_FILE,
	OPT_SAMPLE_INTERVAL,
	OPT_RECORDER_MEMORY,
	OPT_CMDLINE,
};

static const struct {
	int id;
	const char *name;
	const char *value; /* NULL: takes none */
	const char *help;
} table[] = {
    {OPT_FOREGROUND, "foreground", NULL,
     "for debugging: events on stdout, own log on stderr; no\njournal, socket or saved state unless asked for"},
    {OPT_JSON, "json", NULL, "with --foreground on a terminal: JSON instead of a readable\nline"},
    {OPT_SOURCE, "source", "PATH",
     "the kernel log: " DEFAULT_SOURCE
     " (default), a saved capture in its\nformat, or - for stdin; a capture is read to its end"},
    {OPT_FROM, "from", "resume|boot|end",
     "where to start in the ring: behind the last kill published\n(default of the service), at the oldest record "
     "(default\nwith a capture), behind the newest (default with\n--foreground)"},
    {OPT_PROC, "proc", "DIR", "read processes below DIR (default /proc; none with a capture)"},
    {OPT_ROOT, "root", "DIR", "read passwd, machine and container files below DIR (default /)"},
    {OPT_JOURNAL, "journal", "yes|no", "send events to journald (default yes; no with --foreground)"},
    {OPT_SOCKET, "socket", "PATH|none",
     "serve events on this socket (default\n" DEFAULT_SOCKET "; none with --foreground)"},
    {OPT_STATE, "state", "DIR|none",
     "keep the last position in DIR (default $STATE_DIRECTORY or\n" DEFAULT_STATE "; none with --foreground)"},
    {OPT_METRICS_FILE, "metrics-file", "PATH", "write Prometheus text to PATH, by rename"},
    {OPT_SAMPLE_INTERVAL, "sample-interval", "SEC",
     "memory history of processes every SEC seconds (default 30);\n0 = off"},
    {OPT_RECORDER_MEMORY, "recorder-memory", "MIB",
     "most memory for what is known of processes (default 16,\nenough for some 30,000)"},
    {OPT_CMDLINE, "cmdline", "full|argv0|none",
     "how much of a command line leaves the daemon (default full);\narguments may hold secrets"},
    {OPT_HELP, "help", NULL, "this text"},
    {OPT_VERSION, "version", NULL, "version"},
};

static void print_help(void)
{
	printf("usage: oomwatchd [OPTION]...\n\n"
	       "Turns every kernel OOM kill into one JSON event, in journald and on a local\nsocket.\n\n");
	for (size_t i = 0; i < ARRAY_COUNT(table); i++)
		usage_option(table[i].id < OPT_JSON ? (char)table[i].id : 0, table[i].name, table[i].value,
			     table[i].help);
	printf("\nSee oomwatchd(8); the event's fields are in oomwatchd.event(7).\n");
}

/* Says what is wrong on one line; false, for the caller to return. */
static bool ATTR_PRINTF(1, 2) usage(const char *fmt, ...)
{
	char line[512];
	va_list args;
	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	fprintf(stderr, "oomwatchd: %s; see oomwatchd --help\n", line);
	return false;
}

static bool choose(const char *option, const char *value, const char *const *words, int *out)
{
	for (int i = 0; words[i]; i++) {
		if (strcmp(value, words[i]) != 0)
			continue;
		*out = i;
		return true;
	}
	char all[64];
	struct text t = text_on(all, sizeof(all));
	for (int i = 0; words[i]; i++)
		text_addf(&t, "%s%s", i ? ", " : "", words[i]);
	return usage("--%s=%s: not one of %s", option, value, text_cstr(&t));
}

static const char *path_or_none(const char *value)
{
	return strcmp(value, "none") == 0 ? NULL : value;
}

static bool parse_number(const char *option, const char *what, const char *value, uint32_t least, uint32_t most,
			 uint32_t *out)
{
	uint64_t v;
	if (!slice_to_u64(slice_cstr(value), &v) || v < least || v > most)
		return usage("--%s=%s: not a number of %s from %u to %u", option, value, what, least, most);
	*out = (uint32_t)v;
	return true;
}

struct given {
	bool from, proc, journal, socket, state;
};

static bool apply(struct app_options *o, struct given *given, int id, const char *value)
{
	static const char *const from_words[] = {"", "resume", "boot", "end", NULL};
	static const char *const yes_words[] = {"no", "yes", NULL};
	static const char *const cmdline_words[] = {"full", "argv0", "none", NULL};
	int chosen;
	switch (id) {
	case OPT_FOREGROUND:
		o->foreground = true;
		return true;
	case OPT_JSON:
		o->json = true;
		return true;
	case OPT_SOURCE:
		o->source = value;
		return *value || usage("--source=: an empty path");
	case OPT_FROM:
		if (!choose("from", value, from_words + 1, &chosen))
			return false;
		o->from = (enum app_from)(chosen + APP_FROM_RESUME);
		return true;
	case OPT_PROC:
		o->proc = value;
		given->proc = true;
		return true;
	case OPT_ROOT:
		o->root = value;
		o->root_given = true;
		return true;
	case OPT_JOURNAL:
		if (!choose("journal", value, yes_words, &chosen))
			return false;
		o->journal = chosen;
		given->journal = true;
		return true;
	case OPT_SOCKET:
		o->socket = path_or_none(value);
		given->socket = true;
		return true;
	case OPT_STATE:
		o->state = path_or_none(value);
		given->state = true;
		return true;
	case OPT_METRICS_FILE:
		o->metrics_file = value;
		return true;
	case OPT_SAMPLE_INTERVAL:
		return parse_number("sample-interval", "seconds", value, 0, MAX_SAMPLE_INTERVAL, &o->sample_interval);
	case OPT_RECORDER_MEMORY:
		return parse_number("recorder-memory", "MiB", value, 1, MAX_RECORDER_MEMORY, &o->recorder_memory);
	default:
		if (!choose("cmdline", value, cmdline_words, &chosen))
			return false;
		o->cmdline = (enum event_cmdline)chosen;
		return true;
	}
}

/* What was not said follows from --foreground and from the kind of source. */
static void settle_defaults(struct app_options *o, const struct given *given)
{
	o->live = strcmp(o->source, DEFAULT_SOURCE) == 0;
	if (!given->proc && o->live)
		o->proc = "/proc";
	if (!given->journal)
		o->journal = !o->foreground;
	if (!given->socket && !o->foreground)
		o->socket = DEFAULT_SOCKET;
	if (!given->state && !o->foreground) {
		const char *dir = getenv("STATE_DIRECTORY");
		o->state = dir && *dir ? dir : DEFAULT_STATE;
	}
	if (o->from == APP_FROM_DEFAULT)
		o->from = !o->live ? APP_FROM_BOOT : o->foreground ? APP_FROM_END : APP_FROM_RESUME;
}

enum app_options_outcome app_options_parse(struct app_options *o, int argc, char **argv)
{
	struct option longs[ARRAY_COUNT(table) + 1] = {0};
	for (size_t i = 0; i < ARRAY_COUNT(table); i++)
		longs[i] =
		    (struct option){table[i].name, table[i].value ? required_argument : no_argument, NULL, table[i].id};

	struct given given = {0};
	*o = (struct app_options){
	    .source = DEFAULT_SOURCE,
	    .root = "/",
	    .sample_interval = DEFAULT_SAMPLE_INTERVAL,
	    .recorder_memory = DEFAULT_RECORDER_MEMORY,
	};
	optind = 0;
	for (int id; (id = getopt_long(argc, argv, "fhV", longs, NULL)) != -1;) {
		switch (id) {
		case OPT_HELP:
			print_help();
			return APP_OPTIONS_DONE;
		case OPT_VERSION:
			printf("oomwatchd %s\n", OOMWATCHD_VERSION);
			return APP_OPTIONS_DONE;
		case '?':
			fprintf(stderr, "oomwatchd: see oomwatchd --help\n");
			return APP_OPTIONS_USAGE;
		default:
			if (!apply(o, &given, id, optarg))
				return APP_OPTIONS_USAGE;
		}
	}
	if (optind < argc) {
		usage("unexpected argument '%s'", argv[optind]);
		return APP_OPTIONS_USAGE;
	}
	settle_defaults(o, &given);
	return APP_OPTIONS_RUN;
}
