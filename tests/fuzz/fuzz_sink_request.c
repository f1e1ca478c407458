/* sink/socket_request: any line; what is accepted is one of the two shapes and says what it says. */
#include <stdlib.h>

#include "base/text.h"
#include "sink/socket_request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool true_for_any_input)
{
	if (!true_for_any_input)
		abort();
}

/* The accepted line without its white space: none can be inside a key, a number or an id. */
static struct slice bare(struct slice line, char *out)
{
	size_t n = 0;
	for (size_t i = 0; i < line.n; i++)
		if (!memchr(" \t\r\n", line.p[i], 4))
			out[n++] = line.p[i];
	return slice_of(out, n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* A block of the exact size, so that one byte too far is seen. */
	char *raw = malloc(size ? size : 1), *packed = malloc(size ? size : 1);
	struct sink_socket_request r;

	must(raw && packed);
	if (size)
		memcpy(raw, data, size);
	if (sink_socket_request_parse(slice_of(raw, size), &r)) {
		char storage[128];
		struct text t = text_on(storage, sizeof(storage));
		struct slice line = bare(slice_of(raw, size), packed);
		if (r.kind == SINK_SOCKET_REPLAY)
			text_addf(&t, "{\"replay\":%llu}", (unsigned long long)r.count);
		else
			text_addf(&t, "{\"after\":\"%.*s\"}", (int)r.id.n, r.id.p);
		must(slice_eq(text_slice(&t), line) || (r.kind == SINK_SOCKET_REPLAY && r.count == UINT64_MAX));
		must(r.kind == SINK_SOCKET_REPLAY || sink_socket_request_is_id(r.id));
	}
	free(raw);
	free(packed);
	return 0;
}
