/*
 * kmsg/textline: what stands before the kernel's words on one line of a saved
 * log: dates, host, tag, facility, the kernel's own stamp, the printing task.
 * Pure; slices borrow from the line.
 */
#ifndef KMSG_TEXTLINE_H
#define KMSG_TEXTLINE_H

#include "kmsg/textdate.h"

enum kmsg_text_form {
	KMSG_TEXT_BARE,    /* nothing before the text */
	KMSG_TEXT_DMESG,   /* dmesg, a console, talosctl: a stamp, no tag */
	KMSG_TEXT_SYSLOG,  /* a date, a host perhaps, and a tag */
	KMSG_TEXT_CAPTURE, /* records of /dev/kmsg (read by kmsg/record, not here) */
	KMSG_TEXT_JOURNAL, /* entries of journalctl -o json, export, verbose (read by kmsg/textentry, not here) */
	KMSG_TEXT_FORMS,
};

/* What is known of the whole file and cannot be told from one line. */
struct kmsg_text_hints {
	bool host_after_stamp; /* "[12.345678] host kernel: text": journalctl -o short-monotonic */
};

struct kmsg_textline {
	enum kmsg_text_form form;
	bool kernel;     /* printed by the kernel, as far as the line tells */
	bool unfinished; /* the container runtime cut the line here (CRI tag P): the next one continues it */
	bool has_usec;   /* the kernel's own stamp */
	uint64_t usec;
	bool has_delta; /* only the time since the line before */
	uint64_t delta_usec;
	struct kmsg_textdate date;
	bool has_priority;
	uint32_t facility;
	uint8_t level;
	char caller_kind; /* as in struct kmsg_record */
	uint32_t caller_id;
	struct slice host;
	struct slice text;
};

/* Takes the line apart. Always succeeds: what is not recognised is BARE text, and then `kernel` is set. */
void kmsg_textline_read(struct slice line, const struct kmsg_text_hints *hints, struct kmsg_textline *out) ATTR_NONNULL;

/* "host kernel: " or "host program[12]: " at the front: the host, or an absent slice. For the vote on hints. */
struct slice kmsg_textline_host_before_tag(struct slice text);

const char *kmsg_text_form_name(enum kmsg_text_form form);

#endif
