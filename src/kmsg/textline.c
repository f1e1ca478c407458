/*
 * The envelope of one line. Each row of `layers` peels one kind of envelope off
 * the front; rows are tried in order until one ends the line (the kernel's text
 * or another program's is reached). A new format is a new row.
 *
 * Formats: util-linux dmesg.c (record_to_text, -T, -x, -r, -d, -e, iso); rsyslog
 * and syslog-ng file templates; systemd logs-show.c (short forms); busybox
 * syslogd ("kern.err kernel:"); Kubernetes CRI logs; VMware vmware.log;
 * talosctl dmesg; printk's caller id (printk.c print_caller(), 5.1+; a blank
 * before it in newer dmesg).
 */
#include "kmsg/textline.h"

enum step { NOT_MINE, MORE, DONE };

static bool take_spaced(struct slice *c, const char *word)
{
	struct slice s = *c;
	if (!take_literal(&s, slice_cstr(word)))
		return false;
	take_blanks(&s);
	if (!take_literal(&s, SLICE(":")))
		return false;
	take_blanks(&s);
	*c = s;
	return true;
}

/* A number in brackets, padded on the left: "[ T6736]", "[    C1]". */
static void take_caller(struct slice *c, struct kmsg_textline *l)
{
	struct slice s = *c;
	uint64_t id;
	take_literal(&s, SLICE(" "));
	if (!take_literal(&s, SLICE("[")))
		return;
	take_blanks(&s);
	if (s.n == 0 || (s.p[0] != 'T' && s.p[0] != 'C'))
		return;
	char kind = s.p[0];
	s = slice_sub(s, 1, s.n);
	if (!take_u64(&s, &id) || id > UINT32_MAX || !take_literal(&s, SLICE("]")))
		return;
	l->caller_kind = kind;
	l->caller_id = (uint32_t)id;
	*c = s;
}

/* What dmesg may put between '[' and ']'. */
static bool take_stamp_inside(struct slice *s, struct kmsg_textline *l)
{
	struct slice t = *s;
	uint64_t usec;
	take_blanks(&t);
	if (take_literal(&t, SLICE("+")) ||
	    take_literal(&t, SLICE("<"))) { /* -e: [  +0.002367], -d -t: [<    0.002367>] */
		take_blanks(&t);
		if (!kmsg_textdate_take_delta(&t, &l->delta_usec))
			return false;
		take_literal(&t, SLICE(">"));
		l->has_delta = true;
		*s = t;
		return true;
	}
	if (kmsg_textdate_take_seconds(&t, &usec)) {
		l->has_usec = true;
		l->usec = usec;
	} else if (!kmsg_textdate_take_ctime(&t, &l->date)) {
		if (!kmsg_textdate_skip_minute(&t)) /* -e, first line of a minute */
			return false;
		l->has_delta = true; /* within the minute before: near */
		l->delta_usec = 0;
	}
	struct slice after = t; /* -d beside another stamp: [12.345678 <    0.000001>] */
	take_blanks(&after);
	if (take_literal(&after, SLICE("<"))) {
		take_blanks(&after);
		if (!kmsg_textdate_take_delta(&after, &usec))
			return false;
		take_blanks(&after);
		if (!take_literal(&after, SLICE(">")))
			return false;
		t = after;
	}
	*s = t;
	return true;
}

static bool take_stamp(struct slice *c, struct kmsg_textline *l)
{
	struct slice s = *c;
	struct kmsg_textline with = *l;
	if (!take_literal(&s, SLICE("[")) || !take_stamp_inside(&s, &with))
		return false;
	take_blanks(&s); /* journalctl -o short-delta, where there is none yet */
	if (!take_literal(&s, SLICE("]")))
		return false;
	*l = with;
	*c = s;
	return true;
}

/* The end of every envelope: an optional stamp, an optional caller, one blank, the text. */
static enum step kernel_text(struct slice *c, struct kmsg_textline *l)
{
	struct slice s = *c;
	take_blanks(&s);
	if (take_stamp(&s, l)) {
		take_caller(&s, l);
		*c = s;
	}
	take_literal(c, SLICE(" "));
	l->text = *c;
	l->kernel = !l->has_priority || l->facility == 0;
	return DONE;
}

static enum step foreign_text(struct slice *c, struct kmsg_textline *l)
{
	l->text = *c;
	l->kernel = false;
	return DONE;
}

/*
 * "[host] [facility.level] tag[pid]:": at most three words, of which the last
 * ends in a colon. The kernel's tag is "kernel:" and nothing else.
 */
static bool take_tag(struct slice *c, struct slice *host, struct slice *tag)
{
	struct slice s = *c, w;
	for (unsigned i = 0; i < 3 && take_word(&s, &w); i++) {
		size_t colon = slice_find(w, SLICE(":"));
		/* "kernel:[12.3]" has no blank behind the colon; an IPv6 host has many colons and none at its end. */
		if (slice_starts(w, SLICE("kernel:")))
			colon = 6;
		else if (colon != SLICE_NPOS && !slice_ends(w, SLICE(":")))
			colon = SLICE_NPOS;
		else if (colon != SLICE_NPOS)
			colon = w.n - 1;
		if (colon != SLICE_NPOS) {
			*tag = slice_sub(w, 0, colon);
			*c = slice_of(w.p + colon + 1, (size_t)(c->p + c->n - (w.p + colon + 1)));
			return true;
		}
		if (i == 0)
			*host = w;
	}
	return false;
}

static enum step behind_date(struct slice *c, struct kmsg_textline *l)
{
	struct slice tag, host = SLICE_NONE;
	l->form = KMSG_TEXT_SYSLOG;
	if (!take_tag(c, &host, &tag))
		return foreign_text(c, l);
	l->host = host;
	if (!slice_eq(tag, SLICE("kernel")))
		return foreign_text(c, l);
	return kernel_text(c, l);
}

static enum step dmesg_text(struct slice *c, struct kmsg_textline *l)
{
	l->form = KMSG_TEXT_DMESG;
	return kernel_text(c, l);
}

/* "kern  :err   : …" of dmesg -x; "kern: warning: [DATE]: …" of talosctl, perhaps with the node's name before it. */
static enum step facility_words(struct slice *c, struct kmsg_textline *l, const struct kmsg_text_hints *h)
{
	static const char *const facility[] = {"kern",   "user",   "mail",   "daemon", "auth",     "syslog",
					       "lpr",    "news",   "uucp",   "cron",   "authpriv", "ftp",
					       "res0",   "res1",   "res2",   "res3",   "local0",   "local1",
					       "local2", "local3", "local4", "local5", "local6",   "local7"};
	static const char *const level[] = {"emerg", "alert", "crit", "err", "warn", "notice", "info", "debug"};
	(void)h;
	struct slice s = *c, node;
	for (int behind_node = 0; behind_node < 2; behind_node++) {
		for (unsigned f = 0; f < ARRAY_COUNT(facility); f++) {
			if (!take_spaced(&s, facility[f]))
				continue;
			for (uint8_t v = 0; v < ARRAY_COUNT(level); v++)
				if (take_spaced(&s, level[v]) || (v == 4 && take_spaced(&s, "warning")) ||
				    (v == 3 && take_spaced(&s, "error"))) {
					l->has_priority = true;
					l->facility = f;
					l->level = v;
					l->form = KMSG_TEXT_DMESG;
					*c = s;
					return MORE;
				}
			return NOT_MINE;
		}
		if (!take_until(&s, SLICE(": "), &node) || slice_find(node, SLICE(" ")) != SLICE_NPOS)
			return NOT_MINE;
	}
	return NOT_MINE;
}

/* "<4>": dmesg -r, or the front of a syslog packet. */
static enum step angle_priority(struct slice *c, struct kmsg_textline *l, const struct kmsg_text_hints *h)
{
	struct slice s = *c;
	uint64_t pri;
	(void)h;
	if (!take_literal(&s, SLICE("<")) || !take_u64(&s, &pri) || pri > 2047 || !take_literal(&s, SLICE(">")))
		return NOT_MINE;
	l->has_priority = true;
	l->facility = (uint32_t)pri >> 3;
	l->level = pri & 7;
	l->form = KMSG_TEXT_DMESG;
	struct slice version = s;
	if (take_literal(&version, SLICE("1 "))) { /* RFC 5424: <PRI>1 DATE HOST APP PROCID MSGID SD MSG */
		struct slice w[4];
		struct kmsg_textdate date;
		if (kmsg_textdate_take_iso(&version, &date) && take_word(&version, &w[0]) &&
		    take_word(&version, &w[1]) && take_word(&version, &w[2]) && take_word(&version, &w[3]) &&
		    take_blanks(&version)) {
			struct slice sd;
			l->form = KMSG_TEXT_SYSLOG;
			l->date = date;
			l->host = w[0];
			if (!take_literal(&version, SLICE("- ")) && !take_until(&version, SLICE("] "), &sd))
				version = slice_sub(version, version.n, version.n);
			*c = version;
			return slice_eq(w[1], SLICE("kernel")) ? kernel_text(c, l) : foreign_text(c, l);
		}
	}
	*c = s;
	return MORE;
}

/* "stdout F text" behind the date of a CRI log; "In(05) vcpu-5 - Guest: text" of a VMware log: another line is inside.
 */
static enum step container_envelope(struct slice *c, struct kmsg_textline *l)
{
	struct slice s = *c, skipped;
	if (take_literal(&s, SLICE(" stdout ")) || take_literal(&s, SLICE(" stderr "))) {
		bool whole = take_literal(&s, SLICE("F "));
		if (!whole && !take_literal(&s, SLICE("P ")))
			return NOT_MINE;
		l->unfinished = !whole;
		*c = s;
		return MORE;
	}
	if ((take_literal(&s, SLICE(" In(")) || take_literal(&s, SLICE(" Wa(")) || take_literal(&s, SLICE(" Er("))) &&
	    take_until(&s, SLICE(" - "), &skipped)) {
		if (!take_literal(&s, SLICE("Guest: ")))
			return foreign_text(c, l);
		*c = s;
		return MORE;
	}
	if (take_literal(&s, SLICE("| vcpu-")) && take_until(&s, SLICE("Guest: "), &skipped)) {
		*c = s;
		return MORE;
	}
	return NOT_MINE;
}

static enum step iso_date(struct slice *c, struct kmsg_textline *l, const struct kmsg_text_hints *h)
{
	struct slice s = *c;
	struct kmsg_textdate date;
	(void)h;
	if (!kmsg_textdate_take_iso(&s, &date))
		return NOT_MINE;
	l->date = date;
	*c = s;
	enum step inner = container_envelope(c, l);
	if (inner != NOT_MINE) {
		l->form = l->form == KMSG_TEXT_BARE ? KMSG_TEXT_SYSLOG : l->form;
		return inner;
	}
	s = *c;
	struct kmsg_textline probe = *l;
	take_blanks(&s);
	if (date.comma || take_stamp(&s, &probe) || (l->form == KMSG_TEXT_DMESG && l->has_priority)) {
		take_caller(c, l);
		return dmesg_text(c, l);
	}
	return behind_date(c, l);
}

static enum step bracket_stamp(struct slice *c, struct kmsg_textline *l, const struct kmsg_text_hints *h)
{
	struct slice s = *c;
	struct kmsg_textdate date;
	if (take_literal(&s, SLICE("[")) && kmsg_textdate_take_iso(&s, &date) && take_literal(&s, SLICE("]: "))) {
		l->date = date;
		*c = s;
		return dmesg_text(c, l);
	}
	if (!take_stamp(c, l))
		return NOT_MINE;
	if (h->host_after_stamp) {
		take_literal(c, SLICE(" "));
		return behind_date(c, l);
	}
	take_caller(c, l);
	return dmesg_text(c, l);
}

static enum step other_date(struct slice *c, struct kmsg_textline *l, const struct kmsg_text_hints *h)
{
	static bool (*const take[])(struct slice *, struct kmsg_textdate *) = {
	    kmsg_textdate_take_full, kmsg_textdate_take_ctime, kmsg_textdate_take_short, kmsg_textdate_take_unix};
	(void)h;
	for (size_t i = 0; i < ARRAY_COUNT(take); i++) {
		struct slice s = *c;
		struct kmsg_textdate date;
		if (!take[i](&s, &date) || s.n == 0 || (s.p[0] != ' ' && s.p[0] != '\t'))
			continue;
		l->date = date;
		*c = s;
		return behind_date(c, l);
	}
	return NOT_MINE;
}

/* "kernel:[12.3] text", as syslogd writes it to terminals, and journalctl with the date cut off. */
static enum step lone_tag(struct slice *c, struct kmsg_textline *l, const struct kmsg_text_hints *h)
{
	(void)h;
	if (!take_literal(c, SLICE("kernel:")))
		return NOT_MINE;
	l->form = KMSG_TEXT_SYSLOG;
	return kernel_text(c, l);
}

static void read_layers(struct slice line, const struct kmsg_text_hints *hints, struct kmsg_textline *out)
{
	static enum step (*const layers[])(struct slice *, struct kmsg_textline *, const struct kmsg_text_hints *) = {
	    facility_words, angle_priority, bracket_stamp, iso_date, other_date, lone_tag};
	struct slice c = line;
	*out = (struct kmsg_textline){.form = KMSG_TEXT_BARE};
	/* Envelopes nest (a CRI log of a pod that runs dmesg), but not without end. */
	for (unsigned depth = 0; depth < 4; depth++) {
		enum step step = NOT_MINE;
		for (size_t i = 0; i < ARRAY_COUNT(layers) && step == NOT_MINE; i++)
			step = layers[i](&c, out, hints);
		if (step == DONE)
			return;
		if (step == NOT_MINE)
			break;
	}
	out->text = c;
	out->kernel = !out->has_priority || out->facility == 0;
}

static bool is_file_or_number(struct slice s)
{
	bool digits = s.n > 0, path = false;
	for (size_t i = 0; i < s.n; i++) {
		digits = digits && s.p[i] >= '0' && s.p[i] <= '9';
		path = path || s.p[i] == '/' || s.p[i] == '.';
	}
	return digits || path;
}

/*
 * "/var/log/messages-1:Nov  3 …", "kern.log-12-[   12.345678] …": what grep writes before a line, with the names of its
 * files, numbers (-n) and context (-A). Whatever of it may be a name ends where an envelope begins.
 */
static void read_behind_name(struct slice line, const struct kmsg_text_hints *hints, struct kmsg_textline *out)
{
	struct kmsg_textline l;
	for (size_t i = 1, tries = 0; i < line.n && line.p[i - 1] != ' ' && tries < 8; i++) {
		if ((line.p[i] != ':' && line.p[i] != '-') || !is_file_or_number(slice_sub(line, 0, i)))
			continue;
		tries++;
		read_layers(slice_sub(line, i + 1, line.n), hints, &l);
		if (l.form != KMSG_TEXT_BARE) {
			*out = l;
			return;
		}
	}
}

void kmsg_textline_read(struct slice line, const struct kmsg_text_hints *hints, struct kmsg_textline *out)
{
	read_layers(line, hints, out);
	if (out->form == KMSG_TEXT_BARE)
		read_behind_name(line, hints, out);
}

struct slice kmsg_textline_host_before_tag(struct slice text)
{
	struct slice host = SLICE_NONE, tag;
	if (!take_tag(&text, &host, &tag) || !slice_present(host) || !text.n || text.p[0] != ' ')
		return SLICE_NONE;
	return host;
}

const char *kmsg_text_form_name(enum kmsg_text_form form)
{
	static const char *const name[] = {"bare text", "dmesg", "syslog", "/dev/kmsg capture", "journal entries"};
	return form < KMSG_TEXT_FORMS ? name[form] : "?";
}
