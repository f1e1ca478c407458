#include "host/namer.h"

#include <errno.h>
#include <pthread.h>
#include <sys/mman.h>
#include <time.h>

#include "base/clock.h"
#include "base/thread.h"

/* jansson parses by recursion, to a depth of 2048. Only what is used of it costs memory. */
#define STACK (8 * 1024 * 1024)
#define CLOSE_PATIENCE_USEC (20 * 1000)

struct job {
	struct host_namer_owner owner;
	size_t n;
	char path[LIMIT_PATH];
};

struct host_namer {
	uint32_t owners; /* the caller and the thread; the last one gives the memory back */
	bool closing;
	bool late; /* somebody waited in vain for the job at hand */
	pthread_mutex_t lock;
	pthread_cond_t more, done; /* a job came; one is finished */
	uint64_t taken, finished;  /* jobs, counted from the start; those taken last are finished last */
	uint32_t first, count;     /* of the queue */
	struct job queue[HOST_NAMER_QUEUE];
	struct job at_hand; /* the thread's own */
	struct host_names_cache *cache;
	char storage[] __attribute__((aligned(16)));
};

static size_t size_of(void)
{
	return sizeof(struct host_namer) + host_names_cache_size();
}

/* With the lock; gives it back. */
static void leave(struct host_namer *n)
{
	bool last = --n->owners == 0;
	pthread_mutex_unlock(&n->lock);
	if (!last)
		return;
	host_names_cache_close(n->cache);
	munmap(n, size_of());
}

/* ---- the thread ---- */

static void read_about(struct host_namer *n, const struct job *j)
{
	struct host_identity id;
	char text[2 * LIMIT_PATH];
	struct arena arena = arena_on(text, sizeof(text));
	host_identity_parse(slice_of(j->path, j->n), &arena, &id);
	if (j->owner.user)
		host_identity_disown(&id, j->owner.uid);
	host_names_learn(n->cache, &id, clock_read().monotonic_usec);
}

static void *be_reader(void *arg)
{
	struct host_namer *n = arg;
	pthread_mutex_lock(&n->lock);
	while (!n->closing) {
		if (!n->count) {
			pthread_cond_wait(&n->more, &n->lock);
			continue;
		}
		const struct job *j = &n->queue[n->first % HOST_NAMER_QUEUE];
		n->at_hand.owner = j->owner;
		n->at_hand.n = j->n;
		memcpy(n->at_hand.path, j->path, j->n);
		n->first++;
		n->count--;
		n->taken++;
		pthread_mutex_unlock(&n->lock);
		read_about(n, &n->at_hand);
		pthread_mutex_lock(&n->lock);
		n->finished = n->taken;
		n->late = false;
		pthread_cond_broadcast(&n->done);
	}
	leave(n);
	return NULL;
}

/* ---- the caller ---- */

static int start(struct host_namer *n)
{
	pthread_condattr_t by_monotonic;
	pthread_mutex_init(&n->lock, NULL);
	pthread_condattr_init(&by_monotonic);
	pthread_condattr_setclock(&by_monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&n->more, NULL);
	pthread_cond_init(&n->done, &by_monotonic);
	pthread_condattr_destroy(&by_monotonic);
	n->owners = 2;
	return thread_start(STACK, be_reader, n);
}

int host_namer_open(int root_fd, struct host_namer **out)
{
	struct host_namer *n = mmap(NULL, size_of(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (n == MAP_FAILED)
		return -errno;
	int error = host_names_cache_init(n->storage, root_fd, &n->cache);
	if (error == 0) {
		error = start(n);
		if (error < 0)
			host_names_cache_close(n->cache);
	}
	if (error < 0)
		munmap(n, size_of());
	else
		*out = n;
	return error;
}

static struct timespec after(uint64_t usec)
{
	uint64_t at = clock_read().monotonic_usec + usec;
	return (struct timespec){.tv_sec = (time_t)(at / 1000000), .tv_nsec = (long)(at % 1000000) * 1000};
}

void host_namer_close(struct host_namer *n)
{
	const struct timespec until = after(CLOSE_PATIENCE_USEC);
	pthread_mutex_lock(&n->lock);
	n->closing = true;
	pthread_cond_signal(&n->more);
	while (n->finished < n->taken && pthread_cond_timedwait(&n->done, &n->lock, &until) == 0)
		continue;
	leave(n);
}

static void put(struct job *j, struct slice path, struct host_namer_owner owner)
{
	j->owner = owner;
	j->n = path.n;
	memcpy(j->path, path.p, path.n);
}

static bool has_room(const struct host_namer *n)
{
	return n->count < HOST_NAMER_QUEUE - 1;
}

bool host_namer_has_room(struct host_namer *n)
{
	pthread_mutex_lock(&n->lock);
	bool room = has_room(n);
	pthread_mutex_unlock(&n->lock);
	return room;
}

void host_namer_ask(struct host_namer *n, struct slice path, struct host_namer_owner owner)
{
	if (path.n > LIMIT_PATH)
		return; /* no cgroup is called so */
	pthread_mutex_lock(&n->lock);
	if (has_room(n))
		put(&n->queue[(n->first + n->count++) % HOST_NAMER_QUEUE], path, owner);
	pthread_cond_signal(&n->more);
	pthread_mutex_unlock(&n->lock);
}

/* Before all others; of those asked for so one place is theirs alone, the newest has it. */
static void ask_first(struct host_namer *n, struct slice path, struct host_namer_owner owner)
{
	if (n->count < HOST_NAMER_QUEUE) {
		n->first--;
		n->count++;
	}
	put(&n->queue[n->first % HOST_NAMER_QUEUE], path, owner);
	pthread_cond_signal(&n->more);
}

static void read_now(struct host_namer *n, struct slice path, struct host_namer_owner owner)
{
	const struct timespec until = after(HOST_NAMER_PATIENCE_USEC);
	if (path.n > LIMIT_PATH)
		return;
	pthread_mutex_lock(&n->lock);
	/* The job at hand has to be finished first. */
	uint64_t mine = n->taken + 1;
	bool wait = !n->late;
	ask_first(n, path, owner);
	while (wait && n->finished < mine)
		wait = pthread_cond_timedwait(&n->done, &n->lock, &until) == 0;
	n->late |= n->finished < mine;
	pthread_mutex_unlock(&n->lock);
}

void host_namer_find(struct host_namer *n, const struct host_identity *id, struct slice path,
		     struct host_namer_owner owner, struct arena *arena, struct host_names *out)
{
	if (host_names_find(n->cache, id, arena, out) || !host_names_due(n->cache, id, clock_read().monotonic_usec))
		return;
	/* Never seen alive, or before its files were written: they may be there now. */
	read_now(n, path, owner);
	arena_reset(arena);
	(void)host_names_find(n->cache, id, arena, out);
}
