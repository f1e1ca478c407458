/*
 * kmsg/textjson: as much JSON as journalctl and Docker write into a log: strings,
 * plain values, arrays of bytes or of strings. Part of kmsg/textentry. Pure.
 */
#ifndef KMSG_TEXTJSON_H
#define KMSG_TEXTJSON_H

#include "base/slice.h"

struct kmsg_textjson_text {
	char *p;
	size_t n, cap;
	bool cut; /* what did not fit was passed over */
};

/* A string, its quotes included. False: there is none, or it is torn; the cursor is then anywhere. */
bool kmsg_textjson_take_string(struct slice *c, struct kmsg_textjson_text *out) ATTR_NONNULL;
/* A string; a number, true, false or null as written; an array of bytes (how journalctl writes what is no UTF-8), or of
 * strings (a field that stands more than once), of which the first is taken. */
bool kmsg_textjson_take_value(struct slice *c, struct kmsg_textjson_text *out) ATTR_NONNULL;

#endif
