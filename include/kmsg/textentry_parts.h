/* kmsg/textentry_parts: what the files of kmsg/textentry share. */
#ifndef KMSG_TEXTENTRY_PARTS_H
#define KMSG_TEXTENTRY_PARTS_H

#include "kmsg/textentry.h"

/* An empty entry, unless one has begun. */
void kmsg_entry_begin(struct kmsg_entry_reader *r) ATTR_NONNULL;
/* A field of the journal; one that stands twice keeps its first value. */
void kmsg_entry_set_field(struct kmsg_entry *e, struct slice key, struct slice value) ATTR_NONNULL;
void kmsg_entry_set_message(struct kmsg_entry *e, struct slice value) ATTR_NONNULL;

/* A field whose value comes in several lines: its key, the bytes, and its end. */
void kmsg_entry_keep_key(struct kmsg_entry_reader *r, struct slice key) ATTR_NONNULL;
void kmsg_entry_keep_byte(struct kmsg_entry_reader *r, char byte) ATTR_NONNULL;
void kmsg_entry_set_kept(struct kmsg_entry_reader *r) ATTR_NONNULL;

/* A line that may begin an object; one inside of a pretty one; one inside of an array of that. */
enum kmsg_entry_step kmsg_entry_object(struct kmsg_entry_reader *r, struct slice line) ATTR_NONNULL;
enum kmsg_entry_step kmsg_entry_pretty_line(struct kmsg_entry_reader *r, struct slice line) ATTR_NONNULL;
enum kmsg_entry_step kmsg_entry_array_line(struct kmsg_entry_reader *r, struct slice line) ATTR_NONNULL;

#endif
