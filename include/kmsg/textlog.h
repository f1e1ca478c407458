/*
 * kmsg/textlog: a saved kernel log in any rendering -> records.
 *
 * dmesg (every time format and language, -x, -r, callers), syslog files, the
 * journal's short forms and its export, json and verbose forms, talosctl, CRI
 * and VMware logs, serial consoles, /dev/kmsg captures, bare text. Every line is
 * read for itself, so mixed files work; what one line cannot tell (is a line
 * without a stamp a record, or does it continue one?) is voted on by a sample
 * of the file first.
 *
 * Use: init; vote with each line of a sample; feed every line (the sample's
 * too); end. Lines come without their '\n' and with all their other bytes.
 *
 * What another program wrote comes out as a record with a facility that is not
 * 0, so that it can be counted and never be evidence. Pure: no I/O, no
 * allocation. The struct is large (LIMIT_LINE a few times).
 */
#ifndef KMSG_TEXTLOG_H
#define KMSG_TEXTLOG_H

#include "kmsg/record.h"
#include "kmsg/textentry.h"
#include "kmsg/textvote.h"

struct kmsg_textlog_record {
	/*
	 * `seq`: the record's own in a /dev/kmsg capture, else the number of its first line. `usec`: the kernel's stamp
	 * when `has_usec`; else something that grows with the log's own dates, only good for telling near from far.
	 * `facility` 1 stands for "another program" where the line does not name one. `level` 3 where it is not known.
	 */
	struct kmsg_record rec;
	uint64_t line; /* its first line, from 1 */
	bool has_usec;
	bool has_nearness; /* `usec` comes from a stamp or a date: records with the same one were printed together */
	bool has_seq;      /* `seq` is the kernel's own */
	bool has_realtime; /* the log gave a date with year and zone */
	uint64_t realtime_usec; /* of when the line was written: up to seconds after the kernel's own stamp */
	bool gap;               /* a capture's sequence numbers jump here: records are missing */
	bool restart;           /* stamps or boot ids tell that another boot begins here */
	struct slice boot_id;   /* 32 hex, journal entries only; absent when not known */
	struct slice host;      /* absent when not known */
};

struct kmsg_textlog_counters {
	uint64_t lines;
	uint64_t kernel;  /* records of the kernel */
	uint64_t foreign; /* records of other programs */
	uint64_t
	    stamped; /* lines that showed they are of a log: a stamp, a date, a tag, a record header, a journal field */
	uint64_t joined; /* lines that continued a record */
	uint64_t unread; /* lines without a place: noise between stamped lines */
	uint64_t cut;    /* records whose text was too long or torn off */
	uint64_t forms[KMSG_TEXT_FORMS];
};

struct kmsg_textlog_pending {
	bool open;   /* holds a record */
	bool closed; /* noise came behind it: nothing more joins */
	bool unfinished;
	size_t last_line_len;
	bool last_line_one_word;
	struct kmsg_textlog_record out;
	size_t n;
	uint8_t host_len, boot_id_len;
	char host[64], boot_id[32];
	char text[LIMIT_LINE];
};

struct kmsg_textlog {
	struct kmsg_textlog_counters counters;
	/* private */
	struct kmsg_textvote vote;
	struct kmsg_textverdict verdict;
	struct kmsg_entry_reader entry;
	struct kmsg_textlog_pending slot[2]; /* one grows, the other was handed out */
	unsigned current;
	char clean[KMSG_CLEAN_SIZE];
	size_t unfolded_len; /* of a quoted-printable line that goes on */
	char unfolded[KMSG_CLEAN_SIZE];
	uint64_t usec;       /* of the newest record */
	bool usec_is_kernel; /* some record had the kernel's stamp */
	bool has_delta;      /* some record had the time since the one before */
	uint64_t stamp;      /* newest kernel stamp */
	bool has_seq;
	uint64_t seq;              /* newest own sequence number */
	struct kmsg_textdate date; /* newest, of lines that carry no stamp */
	uint64_t date_usec;        /* what `date` stands for on the scale of `usec` */
	uint8_t boot_id_len;
	char boot_id[32];
};

void kmsg_textlog_init(struct kmsg_textlog *t) ATTR_NONNULL;
/* One line of the sample. Nothing may have been fed yet. */
void kmsg_textlog_vote(struct kmsg_textlog *t, struct slice line) ATTR_NONNULL;
/* One line. True: *out is the record that this line completed (an earlier one, or this one). It stays valid until the
 * second next call. */
bool kmsg_textlog_feed(struct kmsg_textlog *t, struct slice line,
		       struct kmsg_textlog_record *out) ATTR_MUST_CHECK ATTR_NONNULL;
/* The log has ended: call until it says no. */
bool kmsg_textlog_end(struct kmsg_textlog *t, struct kmsg_textlog_record *out) ATTR_MUST_CHECK ATTR_NONNULL;

#endif
