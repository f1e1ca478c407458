/*
 * ctl/input: a file or stdin as lines, sent through the system's own gzip, xz,
 * zstd, bzip2 or (UTF-16) iconv when its first bytes say so: no library, no
 * shell. A bounded sample can be looked at before the first line is taken.
 */
#ifndef CTL_INPUT_H
#define CTL_INPUT_H

#include <sys/types.h>

#include "base/slice.h"

#define CTL_INPUT_SAMPLE (4u << 20) /* bytes the sample may hold: what a vote on the format needs, and more */
#define CTL_INPUT_LINE (1u << 20)   /* a longer line is cut */

struct ctl_input {
	int fd;
	pid_t tool, feeder; /* children, 0 = none */
	const char *path;   /* for messages: "standard input" for "-" */
	const char *tool_name;
	char *buffer; /* CTL_INPUT_SAMPLE bytes */
	size_t from, to;
	bool eof, cutting;
	int error; /* negative errno of a read that failed */
	uint64_t bytes, cut_lines;
};

/* 0, or an exit status; says on stderr what is wrong. Reads the sample at once. */
int ctl_input_open(struct ctl_input *in, const char *path) ATTR_MUST_CHECK ATTR_NONNULL;
/* The bytes at the front, before any line was taken. */
struct slice ctl_input_sample(const struct ctl_input *in) ATTR_NONNULL;
/* The next line without its newline; valid until the next call. False at the end. */
bool ctl_input_line(struct ctl_input *in, struct slice *line) ATTR_MUST_CHECK ATTR_NONNULL;
/* Ends the children. 0, or an exit status when the file could not be read or unpacked to its end (said on stderr). */
int ctl_input_close(struct ctl_input *in) ATTR_NONNULL;

#endif
