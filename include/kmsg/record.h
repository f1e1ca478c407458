/*
 * kmsg/record: one record of the kernel log, as read() of /dev/kmsg gives it.
 *
 *     PRI,SEQ,TSUSEC,FLAG[,caller=X][,future=field];TEXT\n
 *     [ KEY=VALUE\n]...
 *
 * Source: Documentation/ABI/testing/dev-kmsg; kernel/printk/printk.c
 * info_print_ext_header(), msg_print_ext_body(), devkmsg_read() (3.5 to 7.x).
 * Pure: no I/O, no allocation.
 */
#ifndef KMSG_RECORD_H
#define KMSG_RECORD_H

#include "base/slice.h"

/*
 * The most that one read() gives since 6.3 (PRINTK_MESSAGE_MAX). A record that
 * would be larger is cut to exactly this many bytes, newline or not; the next
 * read() is the next record.
 */
#define KMSG_READ_FULL 2048

/* A text log that does not keep the level. */
#define KMSG_LEVEL_UNKNOWN 0xff

struct kmsg_record {
	uint64_t seq;
	uint64_t usec;      /* the kernel's local clock: stops in suspend, drifts from CLOCK_MONOTONIC */
	uint32_t facility;  /* PRI >> 3; 0 = printed by the kernel, anything else was written by a process */
	uint8_t level;      /* PRI & 7, or KMSG_LEVEL_UNKNOWN */
	char flag;          /* 'c' or '+' piece of a line printed with pr_cont; '-' whole, or a flag we do not know */
	char caller_kind;   /* 'T' task, 'C' cpu, 0 when the kernel does not tell (CONFIG_PRINTK_CALLER, 5.1+) */
	uint32_t caller_id; /* thread id or cpu number */
	bool cut;           /* the record ended inside an escape, without its newline, or filled the kernel's buffer:
			     * its tail is lost, and so may be the end of the last word of `text` */
	struct slice text;  /* un-escaped, may hold any byte; borrowed from the buffer given to parse */
};

enum kmsg_parse {
	KMSG_PARSE_OK,
	KMSG_PARSE_NO_HEADER,  /* no "PRI,SEQ,TS,FLAG;" at the front */
	KMSG_PARSE_BAD_NUMBER, /* a header field is not a number, or one that no kernel can have printed */
	KMSG_PARSE_TOO_LONG,   /* never from parse: kmsg/source passed over a line longer than LIMIT_KMSG_READ */
	KMSG_PARSE_JOINED,     /* never from parse: a second record on a line, perhaps, and nothing tells */
};

/*
 * Reads one record. `raw` is what one read() returned (dictionary lines and the
 * trailing newline included). `\xNN` (lower case, as the kernel writes it) is
 * undone exactly once, into `buf`, which must hold raw.n bytes (the un-escaped
 * text is never longer). A backslash that begins no escape is kept as it is; the
 * beginning of an escape at the end of the text is no text. `out` is written only
 * with KMSG_PARSE_OK; `out->text` points into `buf`.
 */
enum kmsg_parse kmsg_record_parse(struct slice raw, char *buf, struct kmsg_record *out) ATTR_MUST_CHECK ATTR_NONNULL;

/* A short reason for people, e.g. "no PRI,SEQ,TIME,FLAG; header". */
const char *kmsg_parse_reason(enum kmsg_parse why);

#endif
