/*
 * app/parts: the daemon as one struct that holds its parts by value or owns
 * them, and the files of app/ that act on it. Private to app/.
 *
 *   daemon.c   the turn: wait, read, feed
 *   open.c     opening everything, and what to say when that fails
 *   facts.c    what is known of a victim: /proc now, the recorder, names
 *   publish.c  incident → event → sinks; the outputs that are written now and then
 *   past.c     what the journal has from before: published already, or not seen at all
 */
#ifndef APP_PARTS_H
#define APP_PARTS_H

#include "app/options.h"
#include "app/state.h"
#include "base/clock.h"
#include "event/build.h"
#include "event/json.h"
#include "host/cgroupfs.h"
#include "host/namer.h"
#include "host/reckon.h"
#include "host/recorder.h"
#include "host/snapshot.h"
#include "kmsg/source.h"
#include "kmsg/stamp.h"
#include "oom/assembler.h"
#include "sink/journal.h"
#include "sink/metrics.h"
#include "sink/socket.h"
#include "sink/stream.h"

#define APP_SELF_TEXT 1024
#define APP_FACTS_TEXT 8192
/* Cgroups whose names are looked for again: runtimes write some of their files after they made the cgroup. */
#define APP_AGAIN 32
#define APP_AGAIN_PATH 1024

struct app_again {
	uint64_t due_usec; /* 0: free */
	uint32_t tries;
	size_t n;
	char path[APP_AGAIN_PATH];
};

/* What is put together for one victim; valid until the next one. */
struct app_facts {
	struct event_facts facts;
	struct host_found found;
	struct event_point history[LIMIT_HISTORY];
	struct arena arena;
	char text[APP_FACTS_TEXT];
	char names[HOST_NAMER_TEXT];
};

/* Our own events of before that are remembered: the kills a ring of the usual size can hold. */
#define LIMIT_PAST_EVENTS 4096

struct app_numbers {
	uint32_t count;
	uint64_t number[LIMIT_PAST_EVENTS];
};

struct app_daemon {
	const struct app_options *o;
	bool stop, ended, failed;
	bool feeding;           /* a first record was given to the assembler */
	bool caught_up;         /* the ring was read to its end once */
	bool drained;           /* the last read found nothing more */
	struct clock_now start; /* kills before it happened while we were not running */
	struct clock_now now;   /* of this turn */
	uint64_t opened_usec;   /* monotonic; what was before had been read back then */

	struct kmsg_source source;
	struct kmsg_stamp stamp;
	struct oom_assembler *assembler;
	struct event_json *json;
	int signal_fd, proc_fd, root_fd;
	bool knows_pids; /* what the kernel calls a process is found under that number in `proc_fd` */
	struct host_self self;
	struct arena self_arena;
	char self_text[APP_SELF_TEXT];

	struct host_snapshots snapshots;
	bool recording;
	struct host_recorder recorder;
	struct host_cmdlines *cmdlines; /* NULL: command lines are read at once */
	uint64_t cmdlines_told;         /* of those that could not be read */
	struct host_namer *names;       /* NULL: none */
	uint64_t names_due;             /* when cgroups are offered to it again; UINT64_MAX: it had room */
	int cgroup_fd;                  /* where the memory hierarchy is mounted; -1: nowhere */
	uint32_t root_uid;              /* who owns the root directory, and so the host */
	struct app_again again[APP_AGAIN];
	struct app_facts facts;
	struct event event;

	struct host_reckon reckon;
	uint64_t reckon_due; /* UINT64_MAX: nothing was read since the last look */

	struct sink_stream stream;
	struct sink_journal *journal;
	struct sink_socket *socket;
	struct sink_metrics *metrics;
	uint64_t metrics_due, metrics_pause;
	bool metrics_stale, metrics_failed; /* a number changed since the file was written; it could not be */

	int state_fd;
	struct app_state state;                  /* as it was saved last */
	struct app_state loaded;                 /* as it was found; without a boot id when it was not */
	bool resumed;                            /* it was of this boot */
	struct app_numbers past_seq, past_stamp; /* kills that the journal has: of this boot, of the one before */
	uint64_t told_to;                        /* losses of records up to this one were published */
	uint64_t last_kill, last_stamp;          /* of the last kill published, of the last record read */
	uint64_t lines_before; /* kill lines read that the count of `state` has already, or of another boot */
	bool state_stale, state_failed;
	bool held;          /* the position, see app_publish_single() */
	uint64_t state_due; /* when a position that only moved is worth a write */

	uint64_t kills, forged, lost, unseen;
	uint64_t watchdog_interval, watchdog_due;
	bool ready_owed; /* READY=1, after a start or a reload */
	uint64_t status_told, notify_due;
};

/* open.c */
bool app_open(struct app_daemon *d) ATTR_MUST_CHECK ATTR_NONNULL;
void app_close(struct app_daemon *d) ATTR_NONNULL;

/* facts.c. take: the moment the kernel names a victim. */
void app_facts_take(struct app_daemon *d, uint64_t pid) ATTR_NONNULL;
const struct event_facts *app_facts_of(struct app_daemon *d, const struct oom_incident *incident) ATTR_NONNULL;
/* What the metrics say of the recorder; false: there is none. */
bool app_facts_count(const struct app_daemon *d, struct sink_metrics_recorder *out) ATTR_NONNULL;
/* Adds to the event just built: the limit that was hit, where the kernel did not print it; container and pod names. */
void app_facts_limit(struct app_daemon *d) ATTR_NONNULL;
void app_facts_name(struct app_daemon *d) ATTR_NONNULL;
/* Process events that wait: true when there were more than one call takes. */
bool app_facts_drain(struct app_daemon *d) ATTR_NONNULL;
/* What is due by time, and names of new cgroups. True: more is due now. */
bool app_facts_tick(struct app_daemon *d) ATTR_NONNULL;
uint64_t app_facts_deadline(const struct app_daemon *d) ATTR_NONNULL;

/* past.c. Whether the kill of this number was published before. */
void app_past_read(struct app_daemon *d) ATTR_NONNULL;
bool app_past_has(const struct app_daemon *d, uint64_t seq) ATTR_NONNULL;

/* publish.c */
/* d->event, to every sink. */
void app_publish_event(struct app_daemon *d, struct sink_mark mark) ATTR_NONNULL;
/* The same for an event that no record of this boot's log makes again: the position stays as it is saved until journald
 * has it, so that a restart finds what it was made of. */
void app_publish_single(struct app_daemon *d, struct sink_mark mark) ATTR_NONNULL;
void app_publish_ready(struct app_daemon *d) ATTR_NONNULL;
void app_publish_gap(struct app_daemon *d) ATTR_NONNULL;
/* Holds the kernel's count of kills against what was read, when it is time to. */
void app_publish_reckon(struct app_daemon *d) ATTR_NONNULL;
void app_publish_flush(struct app_daemon *d) ATTR_NONNULL;
/* SIGHUP: outputs anew. */
void app_publish_reload(struct app_daemon *d) ATTR_NONNULL;
uint64_t app_publish_deadline(const struct app_daemon *d) ATTR_NONNULL;

static inline void app_earlier(uint64_t *deadline, uint64_t candidate)
{
	if (candidate < *deadline)
		*deadline = candidate;
}

#endif
