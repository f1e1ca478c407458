/*
 * sink/socket_request: the one line a client of the event socket may send. Pure.
 *
 * Exactly {"replay":N} or {"after":"<id>"}, with JSON's white space allowed
 * between the tokens. N is decimal without sign, point or leading zero; an id
 * is letters, digits and '-', so no escape can occur in it.
 */
#ifndef SINK_SOCKET_REQUEST_H
#define SINK_SOCKET_REQUEST_H

#include "base/slice.h"

enum sink_socket_request_kind { SINK_SOCKET_REPLAY, SINK_SOCKET_AFTER };

struct sink_socket_request {
	enum sink_socket_request_kind kind;
	uint64_t count;  /* SINK_SOCKET_REPLAY; a number too large for 64 bits is UINT64_MAX */
	struct slice id; /* SINK_SOCKET_AFTER: a view into the line */
};

/* `line` without its newline. False when it is neither of the two; `*out` is untouched then. */
bool sink_socket_request_parse(struct slice line, struct sink_socket_request *out) ATTR_MUST_CHECK ATTR_NONNULL;
/* Whether `id` is made of the letters an id may have: it needs no escape in JSON. */
bool sink_socket_request_is_id(struct slice id) ATTR_PURE;

#endif
