/* A cache of names over a root directory of one's own. */
#ifndef HOST_CONTAINER_FIXTURE_H
#define HOST_CONTAINER_FIXTURE_H

#include "host/container.h"
#include "host_tree_fixture.h"

struct bench {
	struct root root;
	struct host_names_cache *cache;
	void *storage;
	struct arena arena;
	char text[8192];
};

static inline void cache_new(struct bench *b)
{
	b->storage = calloc(1, host_names_cache_size());
	assert_non_null(b->storage);
	assert_int_equal(host_names_cache_init(b->storage, b->root.fd, &b->cache), 0);
}

static inline int setup(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));
	assert_non_null(b);
	root_new(&b->root);
	b->arena = arena_on(b->text, sizeof(b->text));
	cache_new(b);
	*state = b;
	return 0;
}

static inline void cache_free(struct bench *b)
{
	host_names_cache_close(b->cache);
	free(b->storage);
}

static inline int teardown(void **state)
{
	struct bench *b = *state;
	cache_free(b);
	root_free(&b->root);
	free(b);
	return 0;
}

static inline struct host_identity identity(struct bench *b, const char *path)
{
	struct host_identity id;
	arena_reset(&b->arena);
	host_identity_parse(slice_cstr(path), &b->arena, &id);
	return id;
}

static inline bool learn(struct bench *b, const char *path, uint64_t now)
{
	struct host_identity id = identity(b, path);
	return host_names_learn(b->cache, &id, now);
}

static inline struct host_names find(struct bench *b, const char *path)
{
	struct host_identity id = identity(b, path);
	struct host_names names;
	host_names_find(b->cache, &id, &b->arena, &names);
	return names;
}

#endif
