/*
 * Journal entries as text. Only a dozen fields matter; all others are passed
 * over. The export format is the one of systemd's JOURNAL_EXPORT_FORMATS.md: a
 * field is "KEY=VALUE\n", or "KEY\n", a little-endian 64-bit size, that many
 * bytes, "\n"; an empty line ends the entry.
 *
 * journald sets _TRANSPORT=kernel on everything it reads from /dev/kmsg, also
 * on what a process wrote there (journald-kmsg.c dev_kmsg_record()): only the
 * facility tells them apart.
 */
#include "kmsg/textentry.h"

#include "kmsg/textentry_parts.h"

enum place { PLACE_U64, PLACE_STRING, PLACE_MESSAGE, PLACE_WORD };

struct known {
	const char *key;
	enum place place;
	size_t have, value, len; /* offsets in struct kmsg_entry: "is there" flag, value, length */
	size_t cap;              /* PLACE_STRING: bytes of room */
	const char *word;        /* PLACE_WORD: `value` tells whether the field equals it */
};

#define AT(m) offsetof(struct kmsg_entry, m)
static const struct known known[] = {
    {"MESSAGE", PLACE_MESSAGE, 0, 0, 0, 0, NULL},
    {"_TRANSPORT", PLACE_WORD, AT(has_transport), AT(transport_kernel), 0, 0, "kernel"},
    {"SYSLOG_IDENTIFIER", PLACE_WORD, AT(has_identifier), AT(identifier_kernel), 0, 0, "kernel"},
    {"SYSLOG_FACILITY", PLACE_U64, AT(has_facility), AT(facility), 0, 0, NULL},
    {"PRIORITY", PLACE_U64, AT(has_priority), AT(priority), 0, 0, NULL},
    {"_SOURCE_MONOTONIC_TIMESTAMP", PLACE_U64, AT(has_monotonic), AT(monotonic_usec), 0, 0, NULL},
    {"__REALTIME_TIMESTAMP", PLACE_U64, AT(has_realtime), AT(realtime_usec), 0, 0, NULL},
    {"_BOOT_ID", PLACE_STRING, 0, AT(boot_id), AT(boot_id_len), 32, NULL},
    {"_HOSTNAME", PLACE_STRING, 0, AT(host), AT(host_len), 64, NULL},
};

void kmsg_entry_init(struct kmsg_entry_reader *r)
{
	r->state = KMSG_ENTRY_OUTSIDE;
	r->spent = true;
}

void kmsg_entry_begin(struct kmsg_entry_reader *r)
{
	if (r->spent)
		memset(&r->entry, 0, offsetof(struct kmsg_entry, message));
	r->spent = false;
}

void kmsg_entry_set_message(struct kmsg_entry *e, struct slice value)
{
	e->message_cut = value.n > sizeof(e->message);
	e->message_len = e->message_cut ? sizeof(e->message) : value.n;
	if (e->message_len)
		memcpy(e->message, value.p, e->message_len);
	e->has_message = true;
}

/* The first value, as journald's own readers do. */
void kmsg_entry_set_field(struct kmsg_entry *e, struct slice key, struct slice value)
{
	for (size_t i = 0; i < ARRAY_COUNT(known); i++) {
		const struct known *k = &known[i];
		if (!slice_eq(key, slice_cstr(k->key)))
			continue;
		char *base = (char *)e;
		uint64_t number;
		if (k->place == PLACE_MESSAGE) {
			if (!e->has_message)
				kmsg_entry_set_message(e, value);
		} else if (k->place == PLACE_STRING) {
			uint8_t *len = (uint8_t *)(base + k->len);
			if (*len == 0 && value.n && value.n <= k->cap) {
				memcpy(base + k->value, value.p, value.n);
				*len = (uint8_t)value.n;
			}
		} else if (*(bool *)(base + k->have)) {
			return;
		} else if (k->place == PLACE_WORD) {
			*(bool *)(base + k->have) = true;
			*(bool *)(base + k->value) = slice_eq(value, slice_cstr(k->word));
		} else if (slice_to_u64(value, &number)) {
			*(bool *)(base + k->have) = true;
			*(uint64_t *)(base + k->value) = number;
		}
		return;
	}
}

void kmsg_entry_keep_key(struct kmsg_entry_reader *r, struct slice key)
{
	memmove(r->key, key.p, key.n);
	r->key_len = (uint8_t)key.n;
	r->value_len = 0;
	r->skipped = 0;
}

void kmsg_entry_keep_byte(struct kmsg_entry_reader *r, char byte)
{
	if (r->value_len < sizeof(r->value))
		r->value[r->value_len++] = byte;
	else
		r->skipped++;
}

void kmsg_entry_set_kept(struct kmsg_entry_reader *r)
{
	kmsg_entry_set_field(&r->entry, slice_of(r->key, r->key_len), slice_of(r->value, r->value_len));
	if (r->skipped && slice_eq(slice_of(r->key, r->key_len), SLICE("MESSAGE")))
		r->entry.message_cut = true;
}

/* journald takes no larger field (DATA_SIZE_MAX of journald-native.c). */
#define DATA_SIZE_MAX (768ull << 20)

/* --- export and verbose -------------------------------------------------- */

/* A field name: capitals, digits and underscores. */
static bool take_key(struct slice *c, struct slice *key)
{
	size_t n = 0;
	while (n < c->n && n < 64 &&
	       ((c->p[n] >= 'A' && c->p[n] <= 'Z') || (c->p[n] >= '0' && c->p[n] <= '9') || c->p[n] == '_'))
		n++;
	if (n == 0)
		return false;
	*key = slice_sub(*c, 0, n);
	*c = slice_sub(*c, n, c->n);
	return true;
}

static enum kmsg_entry_step binary_end(struct kmsg_entry_reader *r)
{
	kmsg_entry_set_kept(r);
	r->state = KMSG_ENTRY_EXPORT;
	return KMSG_ENTRY_MORE;
}

/* One byte of size or data. False: a size that journald never writes. */
static bool binary_byte(struct kmsg_entry_reader *r, char byte)
{
	if (r->size_len < sizeof(r->size)) {
		r->size[r->size_len++] = (unsigned char)byte;
		if (r->size_len < sizeof(r->size))
			return true;
		r->left = 0;
		for (size_t b = sizeof(r->size); b-- > 0;)
			r->left = r->left << 8 | r->size[b];
		return r->left <= DATA_SIZE_MAX;
	}
	r->left--;
	kmsg_entry_keep_byte(r, byte);
	return true;
}

/* The bytes of `line` and the newline that ended it: data, or the end of the field. */
static enum kmsg_entry_step binary_line(struct kmsg_entry_reader *r, struct slice line)
{
	for (size_t i = 0; i <= line.n; i++) {
		if (r->size_len == sizeof(r->size) && r->left == 0)
			return binary_end(r);
		if (!binary_byte(r, i == line.n ? '\n' : line.p[i])) {
			r->state = KMSG_ENTRY_OUTSIDE;
			r->spent = true;
			return KMSG_ENTRY_NOT_MINE;
		}
	}
	return KMSG_ENTRY_MORE;
}

static enum kmsg_entry_step finish(struct kmsg_entry_reader *r, enum kmsg_entry_step step)
{
	bool something = !r->spent && (r->entry.has_message || r->entry.has_transport);
	r->state = KMSG_ENTRY_OUTSIDE;
	r->spent = true;
	return something ? KMSG_ENTRY_READY : step;
}

static enum kmsg_entry_step export_line(struct kmsg_entry_reader *r, struct slice line)
{
	struct slice key;
	if (line.n == 0)
		return finish(r, KMSG_ENTRY_MORE);
	if (!take_key(&line, &key))
		return finish(r, KMSG_ENTRY_NOT_MINE);
	kmsg_entry_begin(r);
	if (take_literal(&line, SLICE("="))) {
		kmsg_entry_set_field(&r->entry, key, line);
		return KMSG_ENTRY_MORE;
	}
	if (line.n)
		return finish(r, KMSG_ENTRY_NOT_MINE);
	kmsg_entry_keep_key(r, key);
	r->size_len = 0;
	r->state = KMSG_ENTRY_BINARY;
	return KMSG_ENTRY_MORE;
}

/* "Tue 2015-11-03 10:11:12.123456 UTC [s=…;i=…]" begins an entry of -o verbose; indented "KEY=VALUE" follow. */
static bool verbose_head(struct slice line)
{
	return line.n && line.p[0] != ' ' && slice_ends(line, SLICE("]")) &&
	       slice_find(line, SLICE(" [s=")) != SLICE_NPOS && slice_find(line, SLICE(";i=")) != SLICE_NPOS;
}

/* Blanks before a field of -o verbose; what follows a newline in its value stands below the value. */
#define VERBOSE_INDENT 4

/* The rest of a value of several lines: it may look like a field, and is none. */
static void verbose_more(struct kmsg_entry_reader *r, struct slice line)
{
	struct kmsg_entry *e = &r->entry;
	size_t below = VERBOSE_INDENT + r->key_len + 1, blanks = 0;
	if (!e->has_message || !slice_eq(slice_of(r->key, r->key_len), SLICE("MESSAGE")))
		return;
	while (blanks < below && blanks < line.n && line.p[blanks] == ' ')
		blanks++;
	line = slice_sub(line, blanks, line.n);
	size_t room = sizeof(e->message) - e->message_len;
	e->message_cut |= room < line.n + 1;
	if (room < line.n + 1)
		return;
	e->message[e->message_len++] = '\n';
	memcpy(e->message + e->message_len, line.p, line.n);
	e->message_len += line.n;
}

static enum kmsg_entry_step verbose_line(struct kmsg_entry_reader *r, struct slice line)
{
	struct slice key, field = line;
	if (verbose_head(line)) {
		bool ready = !r->spent && r->entry.has_message;
		r->spent = true;
		r->key_len = 0;
		if (!ready)
			kmsg_entry_begin(r);
		return ready ? KMSG_ENTRY_READY : KMSG_ENTRY_MORE;
	}
	size_t indent = take_blanks(&field);
	if (indent == 0 && line.n)
		return finish(r, KMSG_ENTRY_NOT_MINE);
	kmsg_entry_begin(r);
	if (indent == VERBOSE_INDENT && take_key(&field, &key) && take_literal(&field, SLICE("="))) {
		kmsg_entry_keep_key(r, key);
		kmsg_entry_set_field(&r->entry, key, field);
	} else {
		verbose_more(r, line);
	}
	return KMSG_ENTRY_MORE;
}

enum kmsg_entry_step kmsg_entry_feed(struct kmsg_entry_reader *r, struct slice line)
{
	switch (r->state) {
	case KMSG_ENTRY_EXPORT:
		return export_line(r, line);
	case KMSG_ENTRY_BINARY:
		return binary_line(r, line);
	case KMSG_ENTRY_PRETTY:
		return kmsg_entry_pretty_line(r, line);
	case KMSG_ENTRY_ARRAY:
		return kmsg_entry_array_line(r, line);
	case KMSG_ENTRY_VERBOSE:
		return verbose_line(r, line);
	case KMSG_ENTRY_OUTSIDE:
		break;
	}
	if (slice_starts(line, SLICE("__CURSOR="))) {
		r->state = KMSG_ENTRY_EXPORT;
		kmsg_entry_begin(r);
		return export_line(r, line);
	}
	if (verbose_head(line)) {
		r->state = KMSG_ENTRY_VERBOSE;
		kmsg_entry_begin(r);
		return KMSG_ENTRY_MORE;
	}
	if (r->dmesg) {
		take_blanks(&line);
		r->dmesg = !take_literal(&line, SLICE("]"));
		if (!r->dmesg)
			return KMSG_ENTRY_MORE;
	}
	take_literal(&line, SLICE("\x1e"));   /* -o json-seq */
	take_literal(&line, SLICE("data: ")); /* -o json-sse */
	return kmsg_entry_object(r, line);
}

bool kmsg_entry_end(struct kmsg_entry_reader *r)
{
	/* A binary field that was torn off says nothing certain. */
	return finish(r, KMSG_ENTRY_MORE) == KMSG_ENTRY_READY;
}

bool kmsg_entry_is_kernel(const struct kmsg_entry *e)
{
	if (e->has_facility && e->facility != 0)
		return false;
	if (e->has_transport && !e->transport_kernel)
		return false;
	if (e->has_identifier && !e->identifier_kernel)
		return false;
	return e->has_transport || e->has_identifier;
}
