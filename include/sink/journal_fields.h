/*
 * sink/journal_fields: an event as journald's native protocol has it. Pure.
 *
 * "NAME=value\n" a field; a value with a newline in it as "NAME\n", its length
 * as 64 bits little-endian, the bytes, "\n". Values are the bytes themselves:
 * journald's fields may hold any byte, NUL and invalid UTF-8 included.
 */
#ifndef SINK_JOURNAL_FIELDS_H
#define SINK_JOURNAL_FIELDS_H

#include "base/text.h"
#include "sink/sink.h"

/*
 * Writes MESSAGE, MESSAGE_ID, PRIORITY, SYSLOG_IDENTIFIER, OOM_EVENT, then every row of the schema that names a
 * journald field and has a value. A field that does not fit is left out whole; returns how many were.
 */
uint32_t sink_journal_fields(const struct sink_message *m, struct text *to) ATTR_NONNULL;

#endif
