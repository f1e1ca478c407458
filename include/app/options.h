/*
 * app/options: the command line of oomwatchd. Every setting is an option; there
 * is no configuration file.
 */
#ifndef APP_OPTIONS_H
#define APP_OPTIONS_H

#include "event/build.h"

enum app_from { APP_FROM_DEFAULT, APP_FROM_RESUME, APP_FROM_BOOT, APP_FROM_END };

struct app_options {
	bool foreground;
	bool json;          /* JSON on a terminal too */
	const char *source; /* "/dev/kmsg", a path, or "-" */
	bool live;          /* source is the kernel's own device */
	enum app_from from;
	const char *proc; /* NULL: a saved capture and none was asked for */
	const char *root;
	bool root_given;
	bool journal;
	const char *socket;       /* NULL: none */
	const char *state;        /* NULL: none */
	const char *metrics_file; /* NULL: none */
	uint32_t sample_interval; /* seconds, 0 = off */
	uint32_t recorder_memory; /* MiB */
	enum event_cmdline cmdline;
};

enum app_options_outcome {
	APP_OPTIONS_RUN,
	APP_OPTIONS_DONE,  /* --help or --version was answered: exit 0 */
	APP_OPTIONS_USAGE, /* said on stderr: exit 2 */
};

/* Strings are borrowed from argv and the environment (STATE_DIRECTORY, as systemd sets it). */
enum app_options_outcome app_options_parse(struct app_options *o, int argc, char **argv) ATTR_MUST_CHECK ATTR_NONNULL;

#endif
