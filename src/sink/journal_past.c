/*
 * The only file of the daemon that knows sd-journal.
 *
 * Facts about journald: trusted fields begin with '_' and come from the socket's
 * credentials, never from the sender (journald-native.c refuses them). A sender
 * that is dead when journald looks at it has _UID but no _SYSTEMD_UNIT, so an
 * entry without a unit is believed on its uid. Kernel records have
 * _TRANSPORT=kernel, the text un-escaped in MESSAGE, the stamp of the record in
 * _SOURCE_MONOTONIC_TIMESTAMP, and SYSLOG_FACILITY as the kernel gave it, which
 * no process can make 0; the sequence number and the flag of pr_cont pieces are
 * not kept (journald-kmsg.c dev_kmsg_record()).
 */
#include "sink/journal_past.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include "event/schema.h"

/* Records are searched by the time journald got them; the kernel's clock drifts from that one by some 10 ppm. */
#define DRIFT_USEC (600ull * 1000 * 1000)
#define WAIT_STEP_MSEC 10

int sink_journal_past_open(struct sink_journal_past *p, struct slice unit)
{
	*p = (struct sink_journal_past){.unit = unit};
	int r = sd_journal_open(&p->journal, SD_JOURNAL_LOCAL_ONLY | SD_JOURNAL_SYSTEM);
	if (r < 0)
		p->journal = NULL;
	return r < 0 ? r : 0;
}

void sink_journal_past_close(struct sink_journal_past *p)
{
	sd_journal_close(p->journal);
	p->journal = NULL;
}

static int match(struct sink_journal_past *p, const char *name, struct slice value)
{
	char buf[256];
	int n = snprintf(buf, sizeof(buf), "%s=%.*s", name, (int)value.n, value.p);
	if (n < 0 || (size_t)n >= sizeof(buf))
		return -E2BIG;
	return sd_journal_add_match(p->journal, buf, (size_t)n);
}

/* The value of a field of the present entry; absent when it has none. */
static struct slice field(struct sink_journal_past *p, const char *name)
{
	const void *data;
	size_t n, skip = strlen(name) + 1;
	if (sd_journal_get_data(p->journal, name, &data, &n) < 0 || n < skip)
		return SLICE_NONE;
	return slice_of((const char *)data + skip, n - skip);
}

bool sink_journal_past_wait(struct sink_journal_past *p, struct slice token, uint32_t msec)
{
	sd_journal_flush_matches(p->journal);
	if (match(p, "OOM_START", token) < 0)
		return false;
	for (uint32_t waited = 0; waited <= msec; waited += WAIT_STEP_MSEC) {
		/* Only looks for new files: a wait would end with every entry that anybody stores. */
		if (sd_journal_wait(p->journal, 0) < 0 || sd_journal_seek_tail(p->journal) < 0)
			return false;
		if (sd_journal_previous(p->journal) > 0)
			return true;
		poll(NULL, 0, WAIT_STEP_MSEC);
	}
	return false;
}

static int match_events(struct sink_journal_past *p, struct slice boot, struct slice other)
{
	char uid[24];
	int r = 0;
	sd_journal_flush_matches(p->journal);
	for (int i = 0; i < EVENT_TYPES && r >= 0; i++)
		r = match(p, "MESSAGE_ID", slice_cstr(event_message_id((enum event_type)i)));
	snprintf(uid, sizeof(uid), "%u", (unsigned)geteuid());
	if (r >= 0)
		r = match(p, "_UID", slice_cstr(uid));
	if (r >= 0)
		r = match(p, "_TRANSPORT", SLICE("journal"));
	if (r >= 0)
		r = match(p, "SYSLOG_IDENTIFIER", SLICE("oomwatchd"));
	if (r >= 0)
		r = match(p, "_BOOT_ID", boot);
	if (r >= 0 && slice_present(other))
		r = match(p, "_BOOT_ID", other);
	return r;
}

int sink_journal_past_choose_events(struct sink_journal_past *p, struct slice boot, struct slice other, uint32_t most)
{
	int r = match_events(p, boot, other);
	p->left = 0;
	if (r >= 0)
		r = sd_journal_seek_tail(p->journal);
	if (r >= 0)
		r = sd_journal_previous_skip(p->journal, most);
	if (r <= 0)
		return r;
	p->left = (uint32_t)r;
	/* The oldest of them is the present one; next begins with it. */
	r = sd_journal_previous(p->journal);
	if (r == 0)
		r = sd_journal_seek_head(p->journal);
	return r < 0 ? r : 0;
}

static bool is_ours(struct sink_journal_past *p)
{
	struct slice unit = field(p, "_SYSTEMD_UNIT");
	return !slice_present(p->unit) || !slice_present(unit) || slice_eq(unit, p->unit);
}

static bool read_event(struct sink_journal_past *p, struct sink_journal_past_event *out)
{
	struct slice message_id = field(p, "MESSAGE_ID");
	int type = 0;
	while (type < EVENT_TYPES && !slice_eq(message_id, slice_cstr(event_message_id((enum event_type)type))))
		type++;
	if (type == EVENT_TYPES || !is_ours(p))
		return false;
	out->type = (enum event_type)type;
	out->json = field(p, "OOM_EVENT");
	/* The id out of the same bytes, so that one call's slices do not outlive the other's. */
	struct slice rest = out->json;
	size_t at = slice_find(rest, SLICE("\"id\":\""));
	if (at == SLICE_NPOS)
		return false;
	rest = slice_sub(rest, at + strlen("\"id\":\""), rest.n);
	return take_until(&rest, SLICE("\""), &out->id) && slice_starts(out->json, SLICE("{")) &&
	       slice_find(out->json, SLICE("\n")) == SLICE_NPOS;
}

int sink_journal_past_next_event(struct sink_journal_past *p, struct sink_journal_past_event *out)
{
	while (p->left) {
		p->left--;
		int r = sd_journal_next(p->journal);
		if (r <= 0)
			return r;
		if (read_event(p, out))
			return 1;
	}
	return 0;
}

int sink_journal_past_choose_records(struct sink_journal_past *p, struct slice boot, uint64_t from_usec, uint32_t most)
{
	char text[SD_ID128_STRING_MAX];
	sd_id128_t id;
	if (boot.n != sizeof(text) - 1)
		return -EINVAL;
	memcpy(text, boot.p, boot.n);
	text[boot.n] = '\0';
	p->left = most;
	sd_journal_flush_matches(p->journal);
	int r = sd_id128_from_string(text, &id);
	if (r >= 0)
		r = match(p, "_TRANSPORT", SLICE("kernel"));
	if (r >= 0)
		r = match(p, "SYSLOG_FACILITY", SLICE("0"));
	if (r >= 0)
		r = match(p, "_BOOT_ID", boot);
	if (r >= 0)
		r = sd_journal_seek_monotonic_usec(p->journal, id, from_usec > DRIFT_USEC ? from_usec - DRIFT_USEC : 0);
	return r < 0 ? r : 0;
}

static bool read_record(struct sink_journal_past *p, struct sink_journal_past_record *out)
{
	uint64_t level, realtime, monotonic;
	sd_id128_t boot;
	if (!slice_to_u64(field(p, "_SOURCE_MONOTONIC_TIMESTAMP"), &out->usec) ||
	    !slice_to_u64(field(p, "PRIORITY"), &level) || sd_journal_get_realtime_usec(p->journal, &realtime) < 0 ||
	    sd_journal_get_monotonic_usec(p->journal, &monotonic, &boot) < 0)
		return false;
	out->level = (uint8_t)(level & 7);
	uint64_t late = monotonic > out->usec ? monotonic - out->usec : 0;
	out->realtime_usec = realtime > late ? realtime - late : realtime;
	out->text = field(p, "MESSAGE");
	return slice_present(out->text);
}

int sink_journal_past_next_record(struct sink_journal_past *p, struct sink_journal_past_record *out)
{
	while (p->left) {
		p->left--;
		int r = sd_journal_next(p->journal);
		/* The seek is carried out here: nothing is known of that boot. */
		if (r <= 0)
			return r == -ENOENT ? 0 : r;
		if (read_record(p, out))
			return 1;
	}
	return 0;
}

bool sink_journal_past_cut(const struct sink_journal_past *p)
{
	return p->left == 0;
}
