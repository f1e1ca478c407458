/* ctl/options: the command line of oomwatchctl. Parsing and --help read one table. */
#ifndef CTL_OPTIONS_H
#define CTL_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"

enum ctl_json { CTL_JSON_OFF, CTL_JSON_SHORT, CTL_JSON_PRETTY };

struct ctl_options {
	const char *verb; /* as given; NULL: none was */
	char **args;      /* what stands behind the verb */
	int arg_count;
	bool has_since, has_until;
	uint64_t since_usec, until_usec; /* CLOCK_REALTIME */
	bool has_lines;
	uint64_t lines;
	bool reverse, quiet, no_pager, html;
	enum ctl_json json;
	const char *directory, *file, *root, *socket; /* where events come from; at most one */
	const char *exec, *output;
	uint64_t now_usec; /* CLOCK_REALTIME at the start */
};

enum ctl_options_result { CTL_OPTIONS_RUN, CTL_OPTIONS_DONE, CTL_OPTIONS_USAGE };

/* Says on stderr what is wrong (USAGE), or prints --help or --version (DONE). Keeps pointers into argv. */
enum ctl_options_result ctl_options_parse(struct ctl_options *o, int argc, char **argv) ATTR_MUST_CHECK ATTR_NONNULL;

/* One line on stderr that says what is wrong with the command line; returns the exit status for it, 2. */
int ctl_usage(const char *fmt, ...) ATTR_PRINTF(1, 2) ATTR_NONNULL;

#endif
