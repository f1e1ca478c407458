/*
 * Prometheus text. A label set is kept as the text it will be printed as:
 * comparing, storing and printing are then one and the same thing.
 *
 * Label values are names from the machine, chosen by whoever names a unit or a
 * pod: invalid UTF-8 becomes U+FFFD, backslash, quote and newline are escaped
 * (exposition format 0.0.4), and a name longer than any kernel or Kubernetes
 * name is cut. An unknown label is "", which to Prometheus is no label.
 *
 * Retiring the stalest set, and not pouring newcomers into an "other": on a node
 * where pods come and go, an alert on a pod must still work in its second year.
 */
#include "sink/metrics.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "sink/storage.h"

/* A label's printed value: NAME_MAX is 255, a pod's name 253. */
#define VALUE_MAX 256
/* Five of them with their names. */
#define LABELS_MAX (5 * (VALUE_MAX + 16))

struct series {
	uint64_t kills;
	uint64_t last; /* the turn of its last kill */
	size_t n;
	char labels[LABELS_MAX];
};

struct sink_metrics {
	uint64_t turn; /* kills counted */
	uint64_t retired_kills, retired_series, unattributed;
	struct opt_u64 last_kill_usec;
	uint32_t count;
	struct series series[LIMIT_METRICS_SERIES];
};

struct sink_metrics *sink_metrics_new(void)
{
	return sink_storage_map(sizeof(struct sink_metrics));
}

void sink_metrics_free(struct sink_metrics *s)
{
	sink_storage_unmap(s, sizeof(*s));
}

/* `s` with what the format wants escaped, cut before a character that does not fit. */
static void add_value(struct text *to, struct slice s)
{
	char storage[VALUE_MAX + 1];
	struct text value = text_on(storage, sizeof(storage));
	while (s.n) {
		size_t len = text_utf8_len(s);
		struct slice ch = len ? slice_sub(s, 0, len) : SLICE("\xef\xbf\xbd");
		if (ch.n == 1 && ch.p[0] == '\n')
			ch = SLICE("\\n");
		else if (ch.n == 1 && ch.p[0] == '"')
			ch = SLICE("\\\"");
		else if (ch.n == 1 && ch.p[0] == '\\')
			ch = SLICE("\\\\");
		if (value.n + ch.n > VALUE_MAX)
			break;
		text_add(&value, ch);
		s = slice_sub(s, len ? len : 1, s.n);
	}
	text_add(to, text_slice(&value));
}

static void add_labels(struct text *to, const struct event *e)
{
	const struct {
		const char *name;
		struct slice value;
	} labels[] = {
	    {"scope", e->scope},
	    {"unit", e->identity.unit},
	    {"namespace", e->identity.pod.namespace_},
	    {"pod", e->identity.pod.name},
	    {"container", e->identity.container.name},
	};
	for (size_t i = 0; i < ARRAY_COUNT(labels); i++) {
		text_addf(to, "%s%s=\"", i ? "," : "", labels[i].name);
		add_value(to, labels[i].value);
		text_add(to, SLICE("\""));
	}
}

static struct series *stalest(struct sink_metrics *s)
{
	struct series *old = &s->series[0];
	for (uint32_t i = 1; i < s->count; i++)
		if (s->series[i].last < old->last)
			old = &s->series[i];
	return old;
}

static struct series *find_or_make(struct sink_metrics *s, struct slice labels)
{
	for (uint32_t i = 0; i < s->count; i++)
		if (slice_eq(slice_of(s->series[i].labels, s->series[i].n), labels))
			return &s->series[i];
	struct series *one;
	if (s->count < LIMIT_METRICS_SERIES) {
		one = &s->series[s->count++];
	} else {
		one = stalest(s);
		s->retired_kills += one->kills;
		s->retired_series++;
	}
	one->kills = 0;
	one->n = labels.n;
	memcpy(one->labels, labels.p, labels.n);
	return one;
}

/* Nothing says whose it was. */
static bool is_unattributed(const struct event *e)
{
	const struct slice names[] = {e->identity.unit,    e->identity.user_unit,    e->identity.slice,
				      e->identity.machine, e->identity.container.id, e->identity.pod.uid};
	for (size_t i = 0; i < ARRAY_COUNT(names); i++)
		if (slice_present(names[i]))
			return false;
	return true;
}

void sink_metrics_publish(struct sink_metrics *s, const struct sink_message *m)
{
	const struct event *e = m->event;
	if (e->type_code != EVENT_OOM_KILL)
		return;
	char storage[LABELS_MAX];
	struct text labels = text_on(storage, sizeof(storage));
	add_labels(&labels, e);
	struct series *one = find_or_make(s, text_slice(&labels));
	one->kills++;
	one->last = ++s->turn;
	s->unattributed += is_unattributed(e);
	/* A recovered one comes late; any other is the last, also when the clock was set back since the one before. */
	if (e->realtime_usec.set &&
	    (!e->recovered || !s->last_kill_usec.set || e->realtime_usec.v > s->last_kill_usec.v))
		s->last_kill_usec = e->realtime_usec;
}

/* The file being written, a buffer at a time; after a failure nothing more is tried. */
struct output {
	int fd;
	int error;
	struct text t;
	char storage[8192];
};

static void flush(struct output *o)
{
	struct slice left = text_slice(&o->t);
	while (left.n && !o->error) {
		ssize_t n = write(o->fd, left.p, left.n);
		if (n >= 0)
			left = slice_sub(left, (size_t)n, left.n);
		else if (errno != EINTR)
			o->error = -errno;
	}
	o->t.n = 0;
}

/* Room for one more line. */
static struct text *line(struct output *o)
{
	if (o->t.cap - o->t.n < LABELS_MAX + 256)
		flush(o);
	return &o->t;
}

static void head(struct output *o, const char *name, const char *type, const char *help)
{
	text_addf(line(o), "# HELP oomwatchd_%s %s\n# TYPE oomwatchd_%s %s\n", name, help, name, type);
}

static void put(struct output *o, const char *name, const char *type, uint64_t value, const char *help)
{
	head(o, name, type, help);
	text_addf(line(o), "oomwatchd_%s %llu\n", name, (unsigned long long)value);
}

static void number(struct output *o, const char *name, uint64_t value, const char *help)
{
	put(o, name, "counter", value, help);
}

static void recorder(struct output *o, const struct sink_metrics_recorder *r)
{
	put(o, "process_events", "gauge", r->process_events,
	    "1 while the kernel tells of new processes, 0 while /proc is scanned instead.");
	number(o, "process_events_lost_total", r->events_lost, "Times the kernel had to drop process events.");
	number(o, "processes_forgotten_total", r->forgotten, "Processes the flight recorder had no room for.");
	number(o, "cmdlines_unread_total", r->cmdlines_unread,
	       "Command lines that were not asked for, since too many processes do not let theirs be read.");
}

static void render(const struct sink_metrics *s, const struct sink_metrics_numbers *n, struct output *o)
{
	head(o, "kills_total", "counter", "Processes the kernel killed for want of memory.");
	for (uint32_t i = 0; i < s->count; i++) {
		struct text *t = line(o);
		text_add(t, SLICE("oomwatchd_kills_total{"));
		text_add(t, slice_of(s->series[i].labels, s->series[i].n));
		text_addf(t, "} %llu\n", (unsigned long long)s->series[i].kills);
	}
	number(o, "kills_retired_total", s->retired_kills, "Kills counted in series that had to make room for others.");
	number(o, "series_retired_total", s->retired_series, "Series of kills_total that had to make room for others.");
	number(o, "unattributed_total", s->unattributed, "Kills of which no unit, container, pod or machine is known.");
	number(o, "records_lost_total", n->records_lost,
	       "Kernel log records that were overwritten before they were read.");
	number(o, "kills_unseen_total", n->kills_unseen, "Kills the kernel counted and its log did not show.");
	number(o, "forged_records_total", n->forged_records, "Kill lines in the kernel log that a user wrote there.");
	head(o, "events_dropped_total", "counter", "Events a sink gave up.");
	for (uint32_t i = 0; i < n->dropped_count; i++)
		text_addf(line(o), "oomwatchd_events_dropped_total{sink=\"%s\"} %llu\n", n->dropped[i].sink,
			  (unsigned long long)n->dropped[i].count);
	if (n->recorder)
		recorder(o, n->recorder);
	if (s->last_kill_usec.set) {
		head(o, "last_kill_timestamp_seconds", "gauge", "Wall clock of the latest kill.");
		text_addf(line(o), "oomwatchd_last_kill_timestamp_seconds %llu.%06llu\n",
			  (unsigned long long)(s->last_kill_usec.v / 1000000),
			  (unsigned long long)(s->last_kill_usec.v % 1000000));
	}
	head(o, "build_info", "gauge", "The running program.");
	text_addf(line(o), "oomwatchd_build_info{version=\"%s\"} 1\n", n->version);
	flush(o);
}

/* The file at `path` is made anew, so that nothing that was there (a link, a pipe) is written through. */
static int write_new(const struct sink_metrics *s, const char *path, const struct sink_metrics_numbers *n)
{
	struct output o = {.error = 0};
	if (unlink(path) < 0 && errno != ENOENT)
		return -errno;
	o.fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (o.fd < 0)
		return -errno;
	o.t = text_on(o.storage, sizeof(o.storage));
	render(s, n, &o);
	if (!o.error && fchmod(o.fd, 0644) < 0) /* the collector is another user, whatever our umask is */
		o.error = -errno;
	if (close(o.fd) < 0 && !o.error)
		o.error = -errno;
	return o.error;
}

int sink_metrics_write(const struct sink_metrics *s, const char *path, const struct sink_metrics_numbers *n)
{
	char temporary[LIMIT_PATH];
	struct text t = text_on(temporary, sizeof(temporary));
	text_addf(&t, "%s.tmp", path);
	if (t.cut)
		return -ENAMETOOLONG;
	text_cstr(&t);
	int r = write_new(s, temporary, n);
	if (r == 0 && rename(temporary, path) < 0)
		r = -errno;
	if (r < 0)
		unlink(temporary);
	return r;
}
