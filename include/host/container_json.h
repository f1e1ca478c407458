/*
 * host/container_json: a JSON file somebody else wrote, read within bounds.
 *
 * The one place of the host's side that knows jansson. File and tree live in a
 * block of memory of fixed size that is given back to the kernel after each
 * file: at rest it costs address space, not memory. What does not fit, is
 * nested beyond jansson's bound (2048) or is not JSON yields -EBADMSG or -EFBIG.
 */
#ifndef HOST_CONTAINER_JSON_H
#define HOST_CONTAINER_JSON_H

#include "base/json_arena.h"
#include "host/tree.h"

/* A whole file. docker's config.v2.json is 2-10 kB, an OCI config.json 10-30 kB, with hundreds of mounts 200 kB. */
#define HOST_JSON_MAX (1024 * 1024)
/* The tree of one file: about ten times the text for what runtimes write, measured; far more for hostile text. */
#define HOST_JSON_ARENA (8 * 1024 * 1024)
/* A list of records that is searched in pieces, never held whole: podman's containers.json, 450-900 bytes a container.
 */
#define HOST_JSON_LIST_MAX (16 * 1024 * 1024)
/* A user's list: he decides how long it is, and we read it for each cgroup he makes. */
#define HOST_JSON_USER_LIST_MAX (1024 * 1024)
/* One record of such a list. */
#define HOST_JSON_RECORD_MAX (64 * 1024)

struct host_json {
	char *text; /* HOST_JSON_MAX bytes, then HOST_JSON_ARENA: one mapping */
	struct json_arena arena;
	void *tree;
};

/* Takes the address space. */
int host_json_init(struct host_json *f) ATTR_MUST_CHECK ATTR_NONNULL;
void host_json_destroy(struct host_json *f) ATTR_NONNULL;

/*
 * Reads and parses a file. 0, or a negative errno; on 0 it is open for host_json_string() until
 * host_json_close(). One that does not parse is read once more at once: it may have been caught while it was
 * written.
 */
int host_json_open(struct host_json *f, int root_fd, const char *path,
		   struct host_trust trust) ATTR_MUST_CHECK ATTR_NONNULL;
/*
 * The same for one record of a file that is an array of objects, each beginning with its id: `[{"id":"ID",…},…]`, which
 * is how podman's storage writes them. Only that object is parsed. -ENOENT when no record has this id.
 */
int host_json_open_record(struct host_json *f, int root_fd, const char *path, struct host_trust trust,
			  struct slice id) ATTR_MUST_CHECK ATTR_NONNULL;
/* Text that is already in memory (tests, fuzzing). */
int host_json_parse(struct host_json *f, struct slice text) ATTR_MUST_CHECK ATTR_NONNULL;
void host_json_close(struct host_json *f) ATTR_NONNULL;

/*
 * The string at `key`: member names from the outside in, ended by NULL; in an array a member is its decimal index. The
 * name HOST_JSON_TEXT says that the string reached so far is itself JSON, and goes on inside it. Absent when the way
 * breaks or ends at something else. Valid until host_json_close().
 */
#define HOST_JSON_TEXT "\x01text"
struct slice host_json_string(struct host_json *f, const char *const *key) ATTR_NONNULL;

#endif
