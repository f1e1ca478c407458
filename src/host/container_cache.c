/*
 * Records of a list have one size, so that a name can always be replaced in
 * place and the memory is known in advance. A container has long names (an
 * image by its digest), a pod or a unit short ones. Each list has a bound of
 * its own: a user who makes cgroups by the thousand pushes out only other
 * users' names.
 *
 * The hash is not keyed: whoever makes all records fall into one bucket makes
 * us compare 3296 numbers, which is nothing.
 */
#include "host/container_cache.h"

static const struct {
	uint16_t first, count; /* of its records */
	uint16_t text;
} lists[HOST_NAMES_LISTS] = {
    [HOST_NAMES_SYSTEM] = {1, HOST_NAMES_CONTAINERS, HOST_NAMES_CONTAINER_TEXT},
    [HOST_NAMES_USER] = {1 + HOST_NAMES_CONTAINERS, HOST_NAMES_USER_CONTAINERS, HOST_NAMES_CONTAINER_TEXT},
    [HOST_NAMES_OTHER] = {1 + HOST_NAMES_LONG, HOST_NAMES_OTHERS, HOST_NAMES_OTHER_TEXT},
};

static uint8_t list_of(const struct host_names_key *key)
{
	if (key->subject != HOST_SUBJECT_CONTAINER)
		return HOST_NAMES_OTHER;
	return key->user ? HOST_NAMES_USER : HOST_NAMES_SYSTEM;
}

static uint64_t hash_of(const struct host_names_key *key)
{
	uint64_t h = 0xcbf29ce484222325ull; /* FNV-1a */
	for (size_t i = 0; i < key->id.n; i++)
		h = (h ^ (unsigned char)key->id.p[i]) * 0x100000001b3ull;
	h ^= (uint64_t)key->subject << 33 | (uint64_t)key->user << 32 | (key->user ? key->uid : 0);
	return h * 0x9e3779b97f4a7c15ull;
}

static uint16_t *bucket_of(struct host_names_records *r, uint64_t hash)
{
	return &r->bucket[(hash >> 32) % HOST_NAMES_BUCKETS];
}

static uint16_t number_of(const struct host_names_records *r, const struct host_names_record *rec)
{
	return (uint16_t)(rec - r->record);
}

static bool is(const struct host_names_record *rec, const struct host_names_key *key, uint64_t hash)
{
	return rec->hash == hash && rec->subject == key->subject && rec->list == list_of(key) &&
	       (!key->user || rec->uid == key->uid) && slice_eq(slice_of(rec->text, rec->key_size), key->id);
}

static void list_add(struct host_names_records *r, struct host_names_record *rec)
{
	uint16_t n = number_of(r, rec), last = r->list[rec->list].last;
	rec->prev = last;
	rec->next = 0;
	*(last ? &r->record[last].next : &r->list[rec->list].first) = n;
	r->list[rec->list].last = n;
	r->list[rec->list].count++;
}

static void list_take(struct host_names_records *r, struct host_names_record *rec)
{
	*(rec->prev ? &r->record[rec->prev].next : &r->list[rec->list].first) = rec->next;
	*(rec->next ? &r->record[rec->next].prev : &r->list[rec->list].last) = rec->prev;
	r->list[rec->list].count--;
}

struct host_names_record *host_names_record_find(struct host_names_records *r, const struct host_names_key *key)
{
	uint64_t hash = hash_of(key);
	for (uint16_t n = *bucket_of(r, hash); n; n = r->record[n].chain) {
		struct host_names_record *rec = &r->record[n];
		if (!is(rec, key, hash))
			continue;
		if (rec->next) {
			list_take(r, rec);
			list_add(r, rec);
		}
		return rec;
	}
	return NULL;
}

static void unchain(struct host_names_records *r, struct host_names_record *rec)
{
	uint16_t n = number_of(r, rec), *at = bucket_of(r, rec->hash);
	while (*at != n)
		at = &r->record[*at].chain;
	*at = rec->chain;
}

/* A record for `list`: one never used, or the list's longest unused. */
static struct host_names_record *make_room(struct host_names_records *r, uint8_t list,
					   struct host_names_counters *counters)
{
	if (r->list[list].count < lists[list].count) {
		counters->records++;
		return &r->record[lists[list].first + r->list[list].count];
	}
	struct host_names_record *oldest = &r->record[r->list[list].first];
	unchain(r, oldest);
	list_take(r, oldest);
	counters->evicted++;
	return oldest;
}

static char *text_of(struct host_names_records *r, const struct host_names_record *rec, uint8_t list)
{
	uint16_t n = number_of(r, rec);
	return list == HOST_NAMES_OTHER ? r->other_text[n - lists[list].first] : r->container_text[n - 1];
}

struct host_names_record *host_names_record_add(struct host_names_records *r, const struct host_names_key *key,
						struct host_names_counters *counters)
{
	uint8_t list = list_of(key);
	if (!key->id.p || key->id.n > 255) /* of one path element */
		return NULL;
	struct host_names_record *rec = make_room(r, list, counters);
	uint16_t *bucket;
	*rec = (struct host_names_record){
	    .hash = hash_of(key),
	    .text = text_of(r, rec, list),
	    .uid = key->user ? key->uid : 0,
	    .subject = (uint8_t)key->subject,
	    .list = list,
	    .key_size = (uint16_t)key->id.n,
	};
	bucket = bucket_of(r, rec->hash);
	rec->chain = *bucket;
	*bucket = number_of(r, rec);
	memcpy(rec->text, key->id.p, key->id.n);
	memset(rec->size, 0xff, sizeof(rec->size));
	rec->rank = UINT8_MAX;
	list_add(r, rec);
	return rec;
}

void host_names_record_put(struct host_names_record *rec, const struct host_found *found,
			   struct host_names_counters *counters)
{
	size_t used = rec->key_size;
	rec->rank = found->rank;
	for (size_t i = 0; i < HOST_NAMES; i++) {
		struct slice s = found->name[i];
		bool fits = s.n <= lists[rec->list].text - used;
		rec->size[i] = s.p && fits ? (uint16_t)s.n : HOST_NAMES_ABSENT;
		if (s.p && !fits)
			counters->cut++;
		if (rec->size[i] == HOST_NAMES_ABSENT)
			continue;
		memcpy(rec->text + used, s.p, s.n);
		used += s.n;
	}
}

struct slice host_names_record_get(const struct host_names_record *rec, enum host_name which)
{
	if (rec->size[which] == HOST_NAMES_ABSENT)
		return SLICE_NONE;
	size_t at = rec->key_size;
	for (size_t i = 0; i < which; i++)
		at += rec->size[i] == HOST_NAMES_ABSENT ? 0 : rec->size[i];
	return slice_of(rec->text + at, rec->size[which]);
}
