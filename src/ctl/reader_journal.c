/*
 * Events out of the journal: found by MESSAGE_ID through its index, never by a
 * scan. journald's own _UID field tells who wrote an entry: only root's count,
 * for anybody may send any MESSAGE_ID.
 */
#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include "ctl/kernlog.h"
#include "ctl/reader.h"
#include "ctl/say.h"
#include "ctl/signals.h"
#include "event/schema.h"

struct journal_reader {
	struct ctl_reader base;
	sd_journal *journal;
	const struct ctl_match *match;
	bool skipped;  /* an event that does not match was not even parsed, or is too old */
	bool narrowed; /* the journal's index was asked for more than the type of events */
	/* The index was asked for a PID and has given nothing yet: events that were written before there was OOM_TGID
	 * are found by looking at all. */
	bool unsure;
	enum ctl_order order;
	bool has_since;
	uint64_t since_usec;
	const char *named; /* by -D, --file or --root: not this system's own journal; else NULL */
	bool in_time;      /* --since or --until */
	uint64_t foreign, unreadable;
	struct ctl_kernlog *log; /* only for the kernel's messages of a journal file */
	bool ended;
	uint64_t entries;
	char boot[32]; /* of the newest of those; boot[0] == 0: none yet */
	const char *path;
};

static bool get(sd_journal *j, const char *field, struct slice *value)
{
	const void *data;
	size_t n;
	if (sd_journal_get_data(j, field, &data, &n) < 0)
		return false;
	*value = slice_of(data, n);
	struct slice name;
	return take_until(value, SLICE("="), &name);
}

static enum ctl_next failed(const char *what, int error)
{
	ctl_say("%s: %s", what, strerror(-error));
	return CTL_NEXT_FAILED;
}

static int begin(struct journal_reader *r);
static int look_at_all(struct journal_reader *r);

static enum ctl_next next_event(struct ctl_reader *base, json_t **event)
{
	struct journal_reader *r = (struct journal_reader *)base;
	for (;;) {
		struct slice value;
		int rc = r->order == CTL_NEWEST_FIRST ? sd_journal_previous(r->journal) : sd_journal_next(r->journal);
		if (rc == 0 && r->unsure) {
			r->unsure = false;
			rc = look_at_all(r);
			if (rc >= 0)
				continue;
		}
		if (rc < 0)
			return failed("reading the journal", rc);
		if (rc == 0)
			return CTL_NEXT_END;
		uint64_t written;
		/* An event is written after its kill: what was written before --since happened before it. But a clock
		 * that was set back leaves later ones before earlier ones, so nothing ends here, and no search by time
		 * begins. */
		if (r->has_since && sd_journal_get_realtime_usec(r->journal, &written) >= 0 &&
		    written < r->since_usec) {
			r->skipped = true;
			continue;
		}
		if (!get(r->journal, "_UID", &value) || !slice_eq(value, SLICE("0"))) {
			r->foreign++;
			continue;
		}
		bool there = get(r->journal, "OOM_EVENT", &value);
		if (there && !ctl_match_text(r->match, value)) {
			r->skipped = true;
			continue;
		}
		*event = there ? ctl_event_parse(value) : NULL;
		r->unsure = r->unsure && !*event;
		if (*event)
			return CTL_NEXT_EVENT;
		r->unreadable++;
	}
}

/* Not sd_journal_wait(): that begins again after a signal. */
static bool wait_for_more(struct ctl_reader *base)
{
	struct journal_reader *r = (struct journal_reader *)base;
	uint64_t timeout;
	int fd = sd_journal_get_fd(r->journal), events = sd_journal_get_events(r->journal);
	if (fd < 0 || events < 0 || sd_journal_get_timeout(r->journal, &timeout) < 0)
		return false;
	/* An absolute time for file systems without inotify; then looking again once a second will do. */
	int n = ctl_poll(fd, (short)events, timeout == UINT64_MAX ? -1 : 1000);
	if (n < 0)
		return errno == EINTR && !ctl_interrupted();
	int rc = sd_journal_process(r->journal);
	return rc >= 0 || failed("waiting for the journal", rc) != CTL_NEXT_FAILED;
}

static bool exists(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0;
}

/* Is there a journal of this system that we may not read? Its folder may be open where its files are not. */
static bool forbidden(const char *where)
{
	char id[64] = "", path[256];
	FILE *f = fopen("/etc/machine-id", "re");
	if (f && !fgets(id, sizeof(id), f))
		id[0] = '\0';
	if (f)
		fclose(f);
	snprintf(path, sizeof(path), "%s/%.32s/system.journal", where, id);
	return access(path, R_OK) < 0 && errno == EACCES;
}

static int add_types(sd_journal *j);

/* Of any kind: when the index was asked for more, nothing seen does not say that there is nothing. */
static bool holds_events(const struct journal_reader *r)
{
	sd_journal_flush_matches(r->journal);
	return add_types(r->journal) >= 0 && sd_journal_seek_head(r->journal) >= 0 && sd_journal_next(r->journal) > 0;
}

static void say_empty(const struct ctl_reader *base)
{
	const struct journal_reader *r = (const struct journal_reader *)base;
	if (r->log) {
		ctl_say("%s: no OOM kill among the kernel's messages of this journal", r->path);
		return;
	}
	uint64_t bytes;
	if (r->skipped || (r->narrowed && holds_events(r))) {
		ctl_say("no event matches");
		return;
	}
	if (r->named && sd_journal_get_usage(r->journal, &bytes) >= 0 && bytes == 0)
		ctl_say("%s holds no journal files", r->named);
	else
		ctl_say("no OOM events in %s%s", r->named ? r->named : "the journal",
			r->in_time ? ", in that time" : "");
	if (r->foreign)
		ctl_say("%llu entr%s like %s, but not by root: passed over", (unsigned long long)r->foreign,
			r->foreign == 1 ? "y looks" : "ies look", r->foreign == 1 ? "an event" : "events");
	if (r->named)
		return;
	if (forbidden("/var/log/journal") || forbidden("/run/log/journal"))
		ctl_say("you may not read the system's journal: be root, or in the group systemd-journal or adm");
	else if (!exists("/var/log/journal") && !exists("/run/log/journal"))
		ctl_say("there is no journal on this system: is systemd-journald running? "
			"For a saved kernel log: oomwatchctl explain FILE");
	else if (!exists(CTL_SOCKET))
		ctl_say("oomwatchd is not running (no " CTL_SOCKET "): systemctl start oomwatchd");
	else if (!r->in_time)
		ctl_say("either nothing was killed, or the journal has been rotated since");
}

static int close_journal(struct ctl_reader *base)
{
	struct journal_reader *r = (struct journal_reader *)base;
	if (r->unreadable)
		ctl_say("%llu journal entr%s no readable event", (unsigned long long)r->unreadable,
			r->unreadable == 1 ? "y holds" : "ies hold");
	ctl_kernlog_free(r->log);
	if (r->journal)
		sd_journal_close(r->journal);
	free(r);
	return 0;
}

static void say_failed(const char *name, int error)
{
	switch (error) {
	case -EACCES:
	case -EPERM:
		ctl_say("%s: %s: be root, or in the group systemd-journal or adm", name, strerror(-error));
		break;
	case -ENODATA: /* too short for a header */
	case -EBADMSG:
		ctl_say("%s: not a whole journal file: torn, or still being written elsewhere", name);
		break;
	case -EPROTONOSUPPORT:
		ctl_say("%s: a journal file of a newer systemd than this one", name);
		break;
	default:
		ctl_say("%s: %s", name, strerror(-error));
	}
}

static int open_journal(const struct ctl_options *o, sd_journal **j)
{
	const char *files[] = {o->file, NULL};
	if (o->file)
		return sd_journal_open_files(j, files, 0);
	if (o->directory)
		return sd_journal_open_directory(j, o->directory, 0);
	if (o->root && !exists(o->root))
		return -errno;
	if (o->root)
		return sd_journal_open_directory(j, o->root, SD_JOURNAL_OS_ROOT);
	return sd_journal_open(j, SD_JOURNAL_LOCAL_ONLY);
}

static int add_types(sd_journal *j)
{
	char text[256];
	int rc = 0;
	for (int type = 0; type < EVENT_TYPES && rc >= 0; type++) {
		struct text t = text_on(text, sizeof(text));
		text_addf(&t, "MESSAGE_ID=%s", event_message_id(type));
		rc = sd_journal_add_match(j, t.p, t.n);
	}
	return rc;
}

/* Whether the index can answer for all words about what word `i` is about, and `i` is the first of them. */
static bool leads_indexed(const struct ctl_match *m, uint32_t i)
{
	for (uint32_t k = 0; k < m->count; k++)
		if (ctl_match_same_subject(&m->term[i], &m->term[k]) && (k < i || !ctl_match_fields(&m->term[k])))
			return false;
	return true;
}

static int add_alternatives(sd_journal *j, const struct ctl_term *term)
{
	int rc = 0;
	for (const char *const *field = ctl_match_fields(term); *field && rc >= 0; field++) {
		char text[4200]; /* the longest that has fields, and the longest name of one */
		struct text t = text_on(text, sizeof(text));
		text_addf(&t, "%s=", *field);
		text_add(&t, term->value);
		rc = sd_journal_add_disjunction(j);
		if (rc >= 0)
			rc = sd_journal_add_match(j, t.p, t.n);
	}
	return rc;
}

/* Words about units, paths and PIDs, as far as fields of the journal have the answer. */
static int add_words(struct journal_reader *r, const struct ctl_match *m)
{
	int rc = 0;
	for (uint32_t i = 0; i < m->count && rc >= 0; i++) {
		if (!leads_indexed(m, i))
			continue;
		rc = sd_journal_add_conjunction(r->journal);
		for (uint32_t k = i; k < m->count && rc >= 0; k++)
			if (ctl_match_same_subject(&m->term[i], &m->term[k]))
				rc = add_alternatives(r->journal, &m->term[k]);
		r->narrowed = true;
		r->unsure = r->unsure || m->term[i].kind == CTL_TERM_PID;
	}
	return rc;
}

static int add_matches(struct journal_reader *r, const struct ctl_match *m, bool words)
{
	sd_journal *j = r->journal;
	int rc = add_types(j);
	for (uint32_t i = 0; i < m->count && rc >= 0; i++) {
		if (m->term[i].kind != CTL_TERM_FIELD || slice_eq(m->term[i].key, SLICE("MESSAGE_ID")))
			continue;
		struct slice whole = slice_of(m->term[i].key.p, m->term[i].key.n + 1 + m->term[i].value.n);
		rc = sd_journal_add_match(j, whole.p, whole.n);
		r->narrowed = true;
	}
	return rc < 0 || !words ? rc : add_words(r, m);
}

/* MESSAGE_ID is always narrowed to ours in the index; a word about it chooses among those by the event's type. */
static bool fields_are_done(const struct ctl_match *m)
{
	bool any = false;
	for (uint32_t i = 0; i < m->count; i++) {
		if (m->term[i].kind != CTL_TERM_FIELD)
			continue;
		if (slice_eq(m->term[i].key, SLICE("MESSAGE_ID")))
			return false;
		any = true;
	}
	return any;
}

/* So that "next" begins with the newest `keep` entries, or with what is yet to come. */
static int seek_behind(sd_journal *j, uint64_t keep)
{
	uint64_t skip = keep < INT32_MAX ? keep + 1 : INT32_MAX;
	int rc = sd_journal_seek_tail(j);
	if (rc >= 0)
		rc = sd_journal_previous_skip(j, skip);
	return rc < 0 || (uint64_t)rc == skip ? rc : sd_journal_seek_head(j);
}

static int start(struct journal_reader *r, const struct ctl_options *o, struct ctl_match *m, bool follow)
{
	int rc = sd_journal_set_data_threshold(r->journal, 0);
	if (rc >= 0)
		rc = add_matches(r, m, !follow); /* -n of follow counts all */
	if (rc < 0)
		return rc;
	m->fields_done = fields_are_done(m);
	r->has_since = o->has_since;
	r->since_usec = o->since_usec;
	return follow ? seek_behind(r->journal, o->has_lines ? o->lines : 0) : begin(r);
}

static int begin(struct journal_reader *r)
{
	if (r->order == CTL_NEWEST_FIRST)
		return sd_journal_seek_tail(r->journal);
	return sd_journal_seek_head(r->journal);
}

static int look_at_all(struct journal_reader *r)
{
	sd_journal_flush_matches(r->journal);
	int rc = add_matches(r, r->match, false);
	return rc < 0 ? rc : begin(r);
}

static struct journal_reader *new_reader(void)
{
	struct journal_reader *r = calloc(1, sizeof(*r));
	if (!r) {
		ctl_say("%s", strerror(ENOMEM));
		return NULL;
	}
	r->base = (struct ctl_reader){
	    .next = next_event, .wait = wait_for_more, .say_empty = say_empty, .fd = -1, .close = close_journal};
	return r;
}

int ctl_reader_journal(const struct ctl_options *o, struct ctl_match *m, enum ctl_order order, bool follow,
		       struct ctl_reader **out)
{
	struct journal_reader *r = new_reader();
	if (!r)
		return 1;
	r->order = order;
	r->match = m;
	r->named = o->file ? o->file : o->directory ? o->directory : o->root;
	r->in_time = o->has_since || o->has_until;
	int rc = open_journal(o, &r->journal);
	if (rc >= 0)
		rc = start(r, o, m, follow);
	if (rc < 0) {
		say_failed(r->named ? r->named : "the journal", rc);
		close_journal(&r->base);
		return 1;
	}
	*out = &r->base;
	return 0;
}

/* --- the kernel's messages of a journal file ----------------------------- */

static bool get_number(sd_journal *j, const char *field, uint64_t *out)
{
	struct slice value;
	return get(j, field, &value) && slice_to_u64(value, out);
}

static void feed_entry(struct journal_reader *r, uint64_t line)
{
	struct kmsg_textlog_record rec = {.line = line, .rec = {.seq = line, .level = 3, .flag = '-'}};
	struct slice message, identifier, boot_id, host;
	uint64_t facility = 0, level = 3;
	char text[LIMIT_LINE], boot[32], name[64];
	get_number(r->journal, "SYSLOG_FACILITY", &facility);
	bool kernel =
	    facility == 0 && get(r->journal, "SYSLOG_IDENTIFIER", &identifier) && slice_eq(identifier, SLICE("kernel"));
	rec.rec.facility = kernel ? 0 : facility ? (uint32_t)facility : 1;
	if (get_number(r->journal, "PRIORITY", &level) && level < 8)
		rec.rec.level = (uint8_t)level;
	rec.has_usec = rec.has_nearness = get_number(r->journal, "_SOURCE_MONOTONIC_TIMESTAMP", &rec.rec.usec);
	rec.has_realtime = sd_journal_get_realtime_usec(r->journal, &rec.realtime_usec) >= 0;
	/* What a field's slice points to is gone with the next call. */
	if (get(r->journal, "_BOOT_ID", &boot_id) && boot_id.n == sizeof(boot)) {
		memcpy(boot, boot_id.p, boot_id.n);
		rec.boot_id = slice_of(boot, boot_id.n);
		rec.restart = kernel && r->boot[0] && memcmp(r->boot, boot, sizeof(boot)) != 0;
		if (kernel)
			memcpy(r->boot, boot, sizeof(boot));
	}
	if (get(r->journal, "_HOSTNAME", &host) && host.n <= sizeof(name)) {
		memcpy(name, host.p, host.n);
		rec.host = slice_of(name, host.n);
	}
	if (!get(r->journal, "MESSAGE", &message))
		return;
	rec.rec.cut = message.n > sizeof(text);
	size_t n = rec.rec.cut ? sizeof(text) : message.n;
	memcpy(text, message.p, n);
	rec.rec.text = slice_of(text, n);
	ctl_kernlog_record(r->log, &rec);
}

static enum ctl_next next_explained(struct ctl_reader *base, json_t **event)
{
	struct journal_reader *r = (struct journal_reader *)base;
	while (!(*event = ctl_kernlog_take(r->log))) {
		if (r->ended)
			return CTL_NEXT_END;
		int rc = sd_journal_next(r->journal);
		if (rc < 0)
			return failed(r->path, rc);
		if (rc > 0) {
			feed_entry(r, ++r->entries);
			continue;
		}
		ctl_kernlog_end(r->log);
		r->ended = true;
	}
	return CTL_NEXT_EVENT;
}

int ctl_reader_journal_kernel(const char *path, struct ctl_reader **out)
{
	const char *files[] = {path, NULL};
	struct journal_reader *r = new_reader();
	if (!r)
		return 1;
	r->base.next = next_explained;
	r->base.wait = NULL;
	r->path = path;
	r->log = ctl_kernlog_new();
	int rc = r->log ? sd_journal_open_files(&r->journal, files, 0) : -ENOMEM;
	if (rc >= 0)
		rc = sd_journal_set_data_threshold(r->journal, 0);
	if (rc >= 0)
		rc = sd_journal_add_match(r->journal, "_TRANSPORT=kernel", 0);
	if (rc >= 0)
		rc = sd_journal_seek_head(r->journal);
	if (rc < 0) {
		say_failed(path, rc);
		close_journal(&r->base);
		return 1;
	}
	*out = &r->base;
	return 0;
}
