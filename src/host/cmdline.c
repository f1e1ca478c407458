/*
 * One queue, written by the caller and emptied by the readers. A reader that finds it empty sleeps; the caller wakes
 * one only when nobody who is awake gets on, so that a burst of asks costs one wake-up.
 *
 * A victim may live five milliseconds, and on a busy machine a thread that was woken can wait longer for a processor,
 * behind a task that the kernel does not preempt: one that prints to a serial console takes 5 ms a line. The one
 * processor that is surely to be had is the caller's. So a reader is woken there, and the caller steps back for it.
 *
 * A slot goes round: free (the caller's) → asked (in the queue) → done (the caller's again). One that is forgotten
 * before it is done is `loose`, and free once it is done.
 *
 * Sequentially consistent atomics make the two questions safe that are asked crosswise: "is somebody awake?" after
 * queueing against "is the queue empty?" after having gone to sleep; "is it done?" against "does somebody wait?".
 */
#include "host/cmdline.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/thread.h"

/* Readers that read for so long are taken for stuck, until they come back. */
#define STUCK_USEC (100 * 1000)
#define STACK (64 * 1024)
#define CLOSE_PATIENCE_USEC (20 * 1000)

struct slot {
	int dir;
	atomic_bool done;
	bool out, loose; /* the caller's own: a ticket for it is out; nobody waits for it any more */
	ssize_t n;
	char text[LIMIT_CMDLINE + 1];
};

struct reader {
	struct host_cmdlines *pool;
	atomic_int thread;      /* its number, from the time on when it runs */
	atomic_bool awake;      /* set by the caller, unset by itself */
	_Atomic uint64_t since; /* CLOCK_MONOTONIC when its read began; 0: it reads nothing */
	sem_t wake;
	unsigned cpu; /* the caller's own: where it was sent last, plus one */
};

struct host_cmdlines {
	atomic_uint owners; /* the caller and the threads; the last one gives the memory back */
	uint32_t readers;
	atomic_bool closing;
	atomic_bool wanted;     /* the caller sleeps on `ready` */
	int ready;              /* an eventfd */
	atomic_uint head, tail; /* of `queue`, counted on */
	_Atomic uint8_t queue[HOST_CMDLINE_TICKETS];
	uint32_t loose;
	uint64_t refused;
	struct reader reader[HOST_CMDLINE_READERS];
	struct slot slot[HOST_CMDLINE_TICKETS];
};

_Static_assert(HOST_CMDLINE_TICKETS <= UINT8_MAX, "queue[] holds slot numbers");

static uint64_t now_usec(void)
{
	return clock_read().monotonic_usec;
}

static void disown(struct host_cmdlines *c)
{
	if (atomic_fetch_sub(&c->owners, 1) != 1)
		return;
	close(c->ready);
	munmap(c, sizeof(*c));
}

/* ---- a reader ---- */

static bool take(struct host_cmdlines *c, uint32_t *slot)
{
	unsigned tail = atomic_load(&c->tail);
	while (tail != atomic_load(&c->head)) {
		*slot = atomic_load(&c->queue[tail % HOST_CMDLINE_TICKETS]);
		if (atomic_compare_exchange_weak(&c->tail, &tail, tail + 1))
			return true;
	}
	return false;
}

static void answer(struct host_cmdlines *c, struct reader *me, struct slot *s)
{
	atomic_store(&me->since, now_usec());
	int fd = openat(s->dir, "cmdline", O_RDONLY | O_CLOEXEC);
	do {
		s->n = fd < 0 ? -1 : read(fd, s->text, sizeof(s->text));
	} while (s->n < 0 && fd >= 0 && errno == EINTR);
	if (fd >= 0)
		close(fd);
	close(s->dir);
	atomic_store(&me->since, 0);
	atomic_store(&s->done, true);
	if (atomic_load(&c->wanted))
		(void)eventfd_write(c->ready, 1);
}

static void *be_reader(void *arg)
{
	struct reader *me = arg;
	struct host_cmdlines *c = me->pool;
	uint32_t slot;
	atomic_store(&me->thread, gettid());
	while (!atomic_load(&c->closing)) {
		if (take(c, &slot)) {
			answer(c, me, &c->slot[slot]);
			continue;
		}
		atomic_store(&me->awake, false);
		if (atomic_load(&c->head) != atomic_load(&c->tail) && !atomic_exchange(&me->awake, true))
			continue;
		while (sem_wait(&me->wake) < 0 && errno == EINTR)
			continue;
	}
	disown(c);
	return NULL;
}

/* ---- the caller ---- */

static void start(struct host_cmdlines *c)
{
	while (c->readers < HOST_CMDLINE_READERS) {
		struct reader *r = &c->reader[c->readers];
		r->pool = c;
		atomic_init(&r->awake, true);
		atomic_fetch_add(&c->owners, 1);
		if (sem_init(&r->wake, 0, 0) < 0 || thread_start(STACK, be_reader, r) < 0) {
			atomic_fetch_sub(&c->owners, 1);
			break;
		}
		c->readers++;
	}
}

struct host_cmdlines *host_cmdlines_open(void)
{
	struct host_cmdlines *c = mmap(NULL, sizeof(*c), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (c == MAP_FAILED)
		return NULL;
	atomic_init(&c->owners, 1);
	c->ready = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (c->ready < 0) {
		int error = errno;
		munmap(c, sizeof(*c));
		errno = error;
		return NULL;
	}
	start(c);
	if (c->readers)
		return c;
	disown(c);
	errno = EAGAIN;
	return NULL;
}

void host_cmdlines_close(struct host_cmdlines *c)
{
	uint64_t until = now_usec() + CLOSE_PATIENCE_USEC;
	atomic_store(&c->closing, true);
	for (uint32_t i = 0; i < c->readers; i++)
		sem_post(&c->reader[i].wake);
	while (atomic_load(&c->owners) > 1 && now_usec() < until)
		usleep(200);
	disown(c);
}

static bool reads_for(const struct reader *r, uint64_t usec, uint64_t now)
{
	uint64_t since = atomic_load(&r->since);
	return since && since + usec <= now;
}

bool host_cmdlines_stuck(const struct host_cmdlines *c)
{
	uint64_t now = now_usec();
	for (uint32_t i = 0; i < c->readers; i++)
		if (!reads_for(&c->reader[i], STUCK_USEC, now))
			return false;
	return true;
}

/* To the processor that the caller is on; where that is not allowed it goes where the kernel thinks best. */
static void wake(struct reader *r)
{
	unsigned cpu;
	cpu_set_t here;
	int thread = atomic_load(&r->thread);
	if (thread && getcpu(&cpu, NULL) == 0 && cpu < CPU_SETSIZE && r->cpu != cpu + 1) {
		CPU_ZERO(&here);
		CPU_SET(cpu, &here);
		r->cpu = sched_setaffinity(thread, sizeof(here), &here) == 0 ? cpu + 1 : 0;
	}
	sem_post(&r->wake);
}

static void have_it_read(struct host_cmdlines *c)
{
	uint64_t now = now_usec();
	struct reader *asleep = NULL;
	for (uint32_t i = c->readers; i-- > 0;) {
		struct reader *r = &c->reader[i];
		if (!atomic_load(&r->awake))
			asleep = r;
		else if (!reads_for(r, HOST_CMDLINE_SLOW_USEC, now))
			return;
	}
	if (asleep && !atomic_exchange(&asleep->awake, true))
		wake(asleep);
}

uint32_t host_cmdlines_waiting(struct host_cmdlines *c)
{
	uint32_t n = atomic_load(&c->head) - atomic_load(&c->tail);
	if (n)
		have_it_read(c);
	return n;
}

void host_cmdlines_step_back(struct host_cmdlines *c)
{
	if (atomic_load(&c->head) != atomic_load(&c->tail))
		sched_yield();
}

uint64_t host_cmdlines_refused(const struct host_cmdlines *c)
{
	return c->refused;
}

static void tidy(struct host_cmdlines *c)
{
	for (uint32_t i = 0; c->loose && i < HOST_CMDLINE_TICKETS; i++) {
		struct slot *s = &c->slot[i];
		if (!s->loose || !atomic_load(&s->done))
			continue;
		s->loose = s->out = false;
		c->loose--;
	}
}

static struct slot *free_slot(struct host_cmdlines *c)
{
	tidy(c);
	for (uint32_t i = 0; i < HOST_CMDLINE_TICKETS; i++)
		if (!c->slot[i].out)
			return &c->slot[i];
	return NULL;
}

int host_cmdlines_ask(struct host_cmdlines *c, int dir)
{
	struct slot *s = free_slot(c);
	if (host_cmdlines_stuck(c)) {
		c->refused++;
		return -1;
	}
	if (!s)
		return -1;
	s->dir = fcntl(dir, F_DUPFD_CLOEXEC, 3);
	if (s->dir < 0)
		return -1;
	s->out = true;
	atomic_store(&s->done, false);
	unsigned head = atomic_load(&c->head);
	atomic_store(&c->queue[head % HOST_CMDLINE_TICKETS], (uint8_t)(s - c->slot));
	atomic_store(&c->head, head + 1);
	have_it_read(c);
	return (int)(s - c->slot);
}

bool host_cmdlines_answer(struct host_cmdlines *c, int ticket, struct host_cmdline *out)
{
	const struct slot *s = &c->slot[ticket];
	if (!atomic_load(&s->done))
		return false;
	*out = (struct host_cmdline){0};
	if (s->n > 0) {
		out->cut = s->n > LIMIT_CMDLINE;
		out->text = slice_of(s->text, out->cut ? LIMIT_CMDLINE : (size_t)s->n);
	}
	return true;
}

bool host_cmdlines_await(struct host_cmdlines *c, int ticket, uint64_t usec, struct host_cmdline *out)
{
	uint64_t until = now_usec() + usec, now;
	eventfd_t count;
	atomic_store(&c->wanted, true);
	while (!host_cmdlines_answer(c, ticket, out) && (now = now_usec()) < until) {
		struct pollfd p = {.fd = c->ready, .events = POLLIN};
		/* No longer, since another reader may have to be woken. */
		uint64_t nap = until - now < HOST_CMDLINE_SLOW_USEC ? until - now : HOST_CMDLINE_SLOW_USEC;
		struct timespec nap_nsec = {.tv_nsec = (long)nap * 1000};
		host_cmdlines_waiting(c);
		if (ppoll(&p, 1, &nap_nsec, NULL) > 0)
			(void)eventfd_read(c->ready, &count);
	}
	atomic_store(&c->wanted, false);
	return host_cmdlines_answer(c, ticket, out);
}

void host_cmdlines_forget(struct host_cmdlines *c, int ticket)
{
	struct slot *s = &c->slot[ticket];
	if (atomic_load(&s->done)) {
		s->out = false;
		return;
	}
	s->loose = true;
	c->loose++;
}
