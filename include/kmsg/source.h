/*
 * kmsg/source: where records come from: /dev/kmsg, or a saved capture in the
 * same format (a file, a pipe, a terminal, stdin). The only I/O of the kmsg stage.
 *
 * /dev/kmsg: opened non-blocking, one read is one record (8 KiB buffer).
 * A capture: lines; a line that begins with a blank belongs to the line before
 * it (dictionary, as the kernel prints it) and is passed over silently, so are
 * empty lines; others are a record each. CRLF line ends and runs of NUL bytes
 * before a record (a file torn by a crash) are forgiven. A record that the kernel
 * cut has no newline, and the next one is on the same line: found, when the numbers
 * around it leave no doubt. A last line without its newline is a record that is `cut`.
 */
#ifndef KMSG_SOURCE_H
#define KMSG_SOURCE_H

#include "base/limits.h"
#include "kmsg/record.h"

enum kmsg_from {
	KMSG_FROM_BOOT, /* the oldest record the ring still has */
	KMSG_FROM_END,  /* only what comes after the open */
	KMSG_FROM_SEQ,  /* the first record with seq > after_seq: read from the oldest, skipping silently */
};

enum kmsg_step {
	KMSG_STEP_RECORD,  /* a kernel record (facility 0) is in *out */
	KMSG_STEP_FOREIGN, /* a record that a process wrote (facility != 0) is in *out: never evidence, only counted */
	KMSG_STEP_WAIT,    /* nothing now; poll the descriptor (a regular file may say so too, and is ready at once) */
	KMSG_STEP_END,     /* a capture's end; never from /dev/kmsg */
	KMSG_STEP_GAP,     /* records were lost: see kmsg_gap; read on */
	KMSG_STEP_GARBAGE, /* something that is no record was passed over: see kmsg_garbage; read on */
};

struct kmsg_gap {
	uint64_t from_seq, to_seq; /* inclusive */
	uint64_t count;            /* to_seq - from_seq + 1 */
};

struct kmsg_garbage {
	enum kmsg_parse why;
	uint64_t line; /* of a capture, from 1; 0 for /dev/kmsg */
	bool first_of_kind;
};

struct kmsg_counters {
	uint64_t records;  /* of the kernel, handed out */
	uint64_t foreign;  /* facility != 0: written to /dev/kmsg by a process */
	uint64_t lost;     /* sum of all gaps */
	uint64_t garbage;  /* passed over */
	uint64_t too_long; /* read() said EINVAL: the record was larger than the buffer and is lost (part of `lost`) */
	uint64_t cut;      /* records handed out whose tail the kernel, or the end of a capture, cut */
	uint64_t restarts; /* numbers went back: a capture of several boots, or of the same one twice */
};

struct kmsg_source {
	int fd;    /* -1 when closed; owned */
	bool live; /* the kernel's own device, by its number; anything else is read as a capture */
	bool seen_any;
	uint64_t next_seq; /* expected seq of the next record, valid when seen_any */
	uint64_t skip_to;  /* KMSG_FROM_SEQ: records up to this seq are passed over */
	struct kmsg_gap gap;
	struct kmsg_garbage garbage;
	struct kmsg_counters counters;
	/* private */
	bool resuming; /* KMSG_FROM_SEQ, and no record behind skip_to was seen yet */
	bool held;     /* a parsed record waits behind the gap that was reported before it */
	struct kmsg_record record;
	uint32_t garbage_seen; /* bit per enum kmsg_parse */
	uint64_t line;         /* lines of a capture read so far */
	bool headed;           /* a line was seen that a line beginning with a blank can belong to */
	bool overlong;         /* inside a line that was reported as too long */
	bool disbelieved;      /* the rest of this line looks like a record and cannot be shown to be one */
	bool regular;          /* a regular file: always ready */
	bool eof;
	size_t fill, used; /* capture: bytes in `raw`, bytes consumed */
	char raw[2 * LIMIT_KMSG_READ];
	char text[LIMIT_KMSG_READ];
};

/*
 * Opens `path` ("-" = stdin). `after_seq` is used with KMSG_FROM_SEQ only.
 * Returns 0 or a negative errno: of open (EACCES/EPERM: CAP_SYSLOG, kernel.dmesg_restrict, printk.devkmsg=off; ENOENT
 * …), EISDIR for a directory. For a capture `from` is ignored except KMSG_FROM_SEQ. On error the source is closed. The
 * ring's numbers begin again with each boot: KMSG_FROM_SEQ is for a number of the same boot.
 */
int kmsg_source_open(struct kmsg_source *s, const char *path, enum kmsg_from from,
		     uint64_t after_seq) ATTR_MUST_CHECK ATTR_NONNULL;
/* May be called twice. Counters stay readable. */
void kmsg_source_close(struct kmsg_source *s) ATTR_NONNULL;

/*
 * One step. ≥ 0: an enum kmsg_step. Negative errno: the source is broken for good (EIO, EBADF…); EINTR, EAGAIN, EPIPE,
 * EINVAL are handled inside. `*out` is valid until the next call. A gap is reported before the record that showed it.
 * A loss before the first record ever seen has no number and is no gap, unless KMSG_FROM_SEQ said what to expect.
 * A sequence number that goes back (a capture of two boots, put together) is not a gap: counting starts anew there.
 * Never blocks, and one call reads a capture at most once, so that no input can keep the caller's loop from turning.
 */
int kmsg_source_next(struct kmsg_source *s, struct kmsg_record *out) ATTR_MUST_CHECK ATTR_NONNULL;

#endif
