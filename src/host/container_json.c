/*
 * JSON files of container runtimes.
 *
 * Numbers are read as reals: Go writes RLIM_INFINITY as 18446744073709551615,
 * which jansson would refuse as an integer and with it the whole file. Strings
 * may hold \u0000: a label with one must not cost the container its name.
 *
 * A list of records is searched for the bytes of the wanted id and the object
 * around it is parsed alone, so that ten thousand containers need no more
 * memory than one. That is sound: in JSON text the sequence `{"id":"X"` (blanks
 * aside) cannot begin inside a string, because there every quote would be
 * behind a backslash.
 */
#include "host/container_json.h"

#include <errno.h>
#include <jansson.h>
#include <sys/mman.h>
#include <unistd.h>

#define MAPPING (HOST_JSON_MAX + HOST_JSON_ARENA)

int host_json_init(struct host_json *f)
{
	char *map = mmap(NULL, MAPPING, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (map == MAP_FAILED)
		return -errno;
	f->text = map;
	f->arena = json_arena_on(map + HOST_JSON_MAX, HOST_JSON_ARENA);
	f->tree = NULL;
	return 0;
}

void host_json_destroy(struct host_json *f)
{
	munmap(f->text, MAPPING);
	f->text = NULL;
}

static void forget(struct host_json *f)
{
	madvise(f->text, MAPPING, MADV_DONTNEED);
}

static int parse(struct host_json *f, struct slice text, size_t flags)
{
	json_arena_enter(&f->arena);
	f->tree = json_loadb(text.p, text.n, flags | JSON_DECODE_INT_AS_REAL | JSON_ALLOW_NUL, NULL);
	if (f->tree)
		return 0;
	json_arena_leave(&f->arena);
	return -EBADMSG;
}

int host_json_parse(struct host_json *f, struct slice text)
{
	return parse(f, text, 0);
}

void host_json_close(struct host_json *f)
{
	f->tree = NULL; /* nothing to release: the arena goes whole */
	json_arena_leave(&f->arena);
	forget(f);
}

/* One attempt of an open. */
typedef int attempt_fn(struct host_json *f, int root_fd, const char *path, struct host_trust trust, struct slice id);

static int twice(attempt_fn *attempt, struct host_json *f, int root_fd, const char *path, struct host_trust trust,
		 struct slice id)
{
	int r = attempt(f, root_fd, path, trust, id);
	if (r == -EBADMSG)
		r = attempt(f, root_fd, path, trust, id);
	if (r < 0)
		forget(f);
	return r;
}

static int open_whole(struct host_json *f, int root_fd, const char *path, struct host_trust trust, struct slice id)
{
	(void)id;
	ssize_t n = host_tree_read(root_fd, path, trust, f->text, HOST_JSON_MAX);
	return n < 0 ? (int)n : parse(f, slice_of(f->text, (size_t)n), 0);
}

int host_json_open(struct host_json *f, int root_fd, const char *path, struct host_trust trust)
{
	return twice(open_whole, f, root_fd, path, trust, SLICE_NONE);
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Takes `lit`, and blanks before it, off the end of `s`. */
static bool take_back(struct slice *s, struct slice lit)
{
	while (s->n && is_space(s->p[s->n - 1]))
		s->n--;
	if (!slice_ends(*s, lit))
		return false;
	s->n -= lit.n;
	return true;
}

/* Offset of the object that begins with this id, or SLICE_NPOS. `quoted` is the id in its quotes. */
static size_t find_record(struct slice text, struct slice quoted)
{
	for (size_t from = 0; from < text.n;) {
		size_t hit = slice_find(slice_sub(text, from, text.n), quoted);
		if (hit == SLICE_NPOS)
			break;
		struct slice before = slice_sub(text, 0, from + hit);
		if (take_back(&before, SLICE(":")) && take_back(&before, SLICE("\"id\"")) &&
		    take_back(&before, SLICE("{")))
			return before.n;
		from += hit + 1;
	}
	return SLICE_NPOS;
}

/* What a record's front may measure, from its '{' to the end of the id; a hit this near the window's end is looked at
 * again in the next window. */
#define FRONT 512

static ssize_t fill(int fd, char *buf, size_t cap, off_t at)
{
	size_t n = 0;
	while (n < cap) {
		ssize_t got = pread(fd, buf + n, cap - n, at + (off_t)n);
		if (got < 0 && errno != EINTR)
			return -errno;
		if (got == 0)
			break;
		n += got > 0 ? (size_t)got : 0;
	}
	return (ssize_t)n;
}

static int search(struct host_json *f, int fd, struct slice quoted, off_t max)
{
	for (off_t at = 0; at < max;) {
		ssize_t n = fill(fd, f->text, HOST_JSON_MAX, at);
		if (n < 0)
			return (int)n;
		bool last = n < HOST_JSON_MAX;
		struct slice window = slice_of(f->text, (size_t)n);
		size_t hit = find_record(window, quoted);
		if (hit != SLICE_NPOS && !last && hit > 0 && window.n - hit < HOST_JSON_RECORD_MAX) {
			at += (off_t)hit; /* once more, from the record's front, so that all of it is there */
			continue;
		}
		if (hit != SLICE_NPOS)
			return parse(f, slice_sub(window, hit, hit + HOST_JSON_RECORD_MAX), JSON_DISABLE_EOF_CHECK);
		if (last)
			return -ENOENT;
		at += n - FRONT;
	}
	return -EFBIG;
}

static int open_record(struct host_json *f, int root_fd, const char *path, struct host_trust trust, struct slice id)
{
	char quoted[FRONT / 2];
	if (id.n == 0 || id.n + 2 > sizeof(quoted) || memchr(id.p, '"', id.n) || memchr(id.p, '\\', id.n))
		return -EINVAL;
	quoted[0] = '"';
	memcpy(quoted + 1, id.p, id.n);
	quoted[id.n + 1] = '"';

	uint64_t size;
	int fd = host_tree_open(root_fd, path, trust, &size);
	if (fd < 0)
		return fd;
	int r = search(f, fd, slice_of(quoted, id.n + 2), trust.user ? HOST_JSON_USER_LIST_MAX : HOST_JSON_LIST_MAX);
	close(fd);
	return r;
}

int host_json_open_record(struct host_json *f, int root_fd, const char *path, struct host_trust trust, struct slice id)
{
	return twice(open_record, f, root_fd, path, trust, id);
}

static json_t *member(json_t *of, const char *name)
{
	if (json_is_object(of))
		return json_object_get(of, name);
	uint64_t i;
	if (json_is_array(of) && slice_to_u64(slice_cstr(name), &i))
		return json_array_get(of, (size_t)i);
	return NULL;
}

struct slice host_json_string(struct host_json *f, const char *const *key)
{
	json_t *at = f->tree;
	for (; at && *key; key++) {
		if (strcmp(*key, HOST_JSON_TEXT) != 0)
			at = member(at, *key);
		else if (json_is_string(at))
			at = json_loadb(json_string_value(at), json_string_length(at),
					JSON_DECODE_INT_AS_REAL | JSON_ALLOW_NUL, NULL);
		else
			at = NULL;
	}
	return json_is_string(at) ? slice_of(json_string_value(at), json_string_length(at)) : SLICE_NONE;
}
