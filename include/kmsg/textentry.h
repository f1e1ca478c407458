/*
 * kmsg/textentry: journal entries written as text: journalctl -o export, json,
 * json-pretty, json-sse, json-seq, verbose; dmesg --json; and Docker's json-file
 * logs.
 *
 * Fed line by line with exactly the bytes between two newlines (a binary field
 * of the export format may hold newlines: the line before is then told to go
 * on). Pure; owns one entry in fixed storage.
 */
#ifndef KMSG_TEXTENTRY_H
#define KMSG_TEXTENTRY_H

#include "base/limits.h"
#include "base/slice.h"

enum kmsg_entry_step {
	KMSG_ENTRY_NOT_MINE, /* the line is no part of a journal entry */
	KMSG_ENTRY_MORE,     /* taken in; the entry goes on */
	KMSG_ENTRY_READY,    /* taken in; the entry is whole: read it, then call again with the next line */
	KMSG_ENTRY_LINE,     /* Docker's json-file: `message` is one line in a format of its own */
};

struct kmsg_entry {
	bool has_message, has_transport, has_facility, has_identifier;
	bool message_cut;
	bool transport_kernel;  /* _TRANSPORT=kernel */
	bool identifier_kernel; /* SYSLOG_IDENTIFIER=kernel */
	uint64_t facility;
	bool has_priority, has_monotonic, has_realtime;
	uint64_t priority;
	uint64_t monotonic_usec; /* _SOURCE_MONOTONIC_TIMESTAMP: the kernel's own stamp */
	uint64_t realtime_usec;  /* __REALTIME_TIMESTAMP */
	uint8_t boot_id_len, host_len;
	char boot_id[32], host[64];
	size_t message_len;
	char message[LIMIT_LINE];
};

enum kmsg_entry_state {
	KMSG_ENTRY_OUTSIDE,
	KMSG_ENTRY_EXPORT,
	KMSG_ENTRY_BINARY, /* inside a binary field of the export format */
	KMSG_ENTRY_PRETTY,
	KMSG_ENTRY_ARRAY, /* inside a field of json-pretty with an element a line */
	KMSG_ENTRY_VERBOSE,
};

struct kmsg_entry_reader {
	struct kmsg_entry entry;
	/* private */
	enum kmsg_entry_state state;
	bool spent; /* the entry was handed out: empty it before the next */
	bool dmesg; /* inside the array of dmesg --json: its keys count, and no others */
	char key[64];
	uint8_t key_len, size_len; /* key: of the field that goes on over several lines */
	unsigned char size[8];
	uint64_t left, skipped; /* bytes of the binary field to come, bytes not kept */
	size_t value_len;
	char value[LIMIT_LINE];
};

void kmsg_entry_init(struct kmsg_entry_reader *r) ATTR_NONNULL;
enum kmsg_entry_step kmsg_entry_feed(struct kmsg_entry_reader *r, struct slice line) ATTR_NONNULL;
/* The input has ended: true when a last entry is in r->entry. */
bool kmsg_entry_end(struct kmsg_entry_reader *r) ATTR_MUST_CHECK ATTR_NONNULL;
/* Printed by the kernel, by journald's own word: anything a process wrote to /dev/kmsg has another facility. */
bool kmsg_entry_is_kernel(const struct kmsg_entry *e) ATTR_NONNULL;

#endif
