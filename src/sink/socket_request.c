/*
 * A strict reader of two shapes, in place of a JSON library: the sinks allocate
 * nothing after start, and whoever may connect may send anything.
 */
#include "sink/socket_request.h"

/* What a request's id may be at most; the contract's ids are 32 hex, '-' and at most 20 digits. */
#define ID_MAX 64

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void skip_space(struct slice *c)
{
	while (c->n && is_space(c->p[0]))
		*c = slice_sub(*c, 1, c->n);
}

static bool take_token(struct slice *c, struct slice token)
{
	skip_space(c);
	return take_literal(c, token);
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

bool sink_socket_request_is_id(struct slice id)
{
	if (id.n == 0 || id.n > ID_MAX)
		return false;
	for (size_t i = 0; i < id.n; i++) {
		char c = id.p[i];
		if (!is_digit(c) && !(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && c != '-')
			return false;
	}
	return true;
}

static bool take_count(struct slice *c, uint64_t *out)
{
	size_t n = 0;
	skip_space(c);
	while (n < c->n && is_digit(c->p[n]))
		n++;
	if (n == 0 || (n > 1 && c->p[0] == '0'))
		return false;
	if (!slice_to_u64(slice_sub(*c, 0, n), out))
		*out = UINT64_MAX; /* digits only, so it can but be too large: all there is */
	*c = slice_sub(*c, n, c->n);
	return true;
}

static bool take_id(struct slice *c, struct slice *out)
{
	return take_token(c, SLICE("\"")) && take_until(c, SLICE("\""), out) && sink_socket_request_is_id(*out);
}

bool sink_socket_request_parse(struct slice line, struct sink_socket_request *out)
{
	struct slice c = line;
	struct sink_socket_request r = {.kind = SINK_SOCKET_REPLAY};
	if (!take_token(&c, SLICE("{")))
		return false;
	bool replay = take_token(&c, SLICE("\"replay\""));
	if (!replay && !take_token(&c, SLICE("\"after\"")))
		return false;
	if (!take_token(&c, SLICE(":")))
		return false;
	if (replay ? !take_count(&c, &r.count) : !take_id(&c, &r.id))
		return false;
	if (!take_token(&c, SLICE("}")))
		return false;
	skip_space(&c);
	if (c.n)
		return false;
	r.kind = replay ? SINK_SOCKET_REPLAY : SINK_SOCKET_AFTER;
	*out = r;
	return true;
}
