/*
 * Lines of a saved log into records: which line begins one, which continues
 * one, and when it was printed.
 *
 * A record may hold newlines (Mem-Info, memory.stat, a hostile process name).
 * dmesg and journalctl indent what follows such a newline, rsyslog writes #012,
 * a mailer breaks long lines at about 72 columns. So in a file of stamped lines
 * a line without a stamp never begins a record: it continues the one before, or
 * is noise. That is also what keeps text inside a name from becoming evidence.
 */
#include "kmsg/textlog.h"

#include "kmsg/textvote.h"

/* Where the next word would have fitted in any mailer's line, the break was in the middle of a word, by a terminal. */
#define WRAP_FITS 66
/* Two stamps out of order by less than this are CPUs racing, not another boot. */
#define RESTART_USEC 1000000ull
#define DAY_USEC (86400ull * 1000000)

void kmsg_textlog_init(struct kmsg_textlog *t)
{
	memset(t, 0, sizeof(*t));
	kmsg_entry_init(&t->entry);
}

void kmsg_textlog_vote(struct kmsg_textlog *t, struct slice line)
{
	kmsg_textvote_line(&t->vote, line, t->clean);
}

/* --- the record that grows ----------------------------------------------- */

static int octal(char c)
{
	return c >= '0' && c <= '7' ? c - '0' : -1;
}

static int hex(char c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
	       : c >= 'A' && c <= 'F' ? c - 'A' + 10
				      : -1;
}

static bool control(int byte)
{
	return byte >= 0 && (byte < 0x20 || byte == 0x7f);
}

/*
 * What the writer did to bytes a terminal would not like: "#012" (rsyslog) for control characters, "\x0a" (dmesg,
 * sysklogd) for those and for bytes above 0x7f. "\x2d" stays: printable bytes are never written so, but unit names hold
 * such text.
 */
static int take_escaped(struct slice *c, bool syslog)
{
	if (c->n < 4)
		return -1;
	int byte = -1;
	if (syslog && c->p[0] == '#' && octal(c->p[1]) >= 0 && octal(c->p[2]) >= 0 && octal(c->p[3]) >= 0) {
		byte = octal(c->p[1]) << 6 | octal(c->p[2]) << 3 | octal(c->p[3]);
		if (!control(byte))
			return -1;
	} else if (c->p[0] == '\\' && c->p[1] == 'x' && hex(c->p[2]) >= 0 && hex(c->p[3]) >= 0) {
		byte = hex(c->p[2]) << 4 | hex(c->p[3]);
		if (!control(byte) && byte < 0x80)
			return -1;
	}
	if (byte >= 0)
		*c = slice_sub(*c, 4, c->n);
	return byte;
}

static void add_byte(struct kmsg_textlog_pending *p, int byte)
{
	if (p->n < sizeof(p->text))
		p->text[p->n++] = (char)byte;
	else
		p->out.rec.cut = true;
}

static void add_raw(struct kmsg_textlog_pending *p, struct slice text)
{
	size_t n = text.n <= sizeof(p->text) - p->n ? text.n : sizeof(p->text) - p->n;
	if (n)
		memcpy(p->text + p->n, text.p, n);
	p->n += n;
	p->out.rec.cut |= n < text.n;
}

static void add_text(struct kmsg_textlog_pending *p, struct slice text, bool syslog)
{
	while (text.n) {
		int byte = take_escaped(&text, syslog);
		if (byte < 0) {
			byte = (unsigned char)text.p[0];
			text = slice_sub(text, 1, text.n);
		}
		add_byte(p, byte);
	}
}

/* The pieces of a summary that a kernel printed apart (pr_cont) and a log shows as lines of their own. */
static char piece_flag(struct slice text)
{
	static const char *const begins[] = {",cpuset=",
					     ",mems_allowed=",
					     ",oom_memcg=",
					     ",global_oom",
					     ",task_memcg=",
					     ",task=",
					     " killed as a result of limit of "};
	for (size_t i = 0; i < ARRAY_COUNT(begins); i++)
		if (slice_starts(text, slice_cstr(begins[i])))
			return 'c';
	return '-';
}

/* Hands the open record out. */
static bool complete(struct kmsg_textlog *t, struct kmsg_textlog_record *out)
{
	struct kmsg_textlog_pending *p = &t->slot[t->current];
	if (!p->open)
		return false;
	p->open = false;
	p->out.rec.text = slice_of(p->text, p->n);
	if (p->out.rec.flag == 0)
		p->out.rec.flag = piece_flag(p->out.rec.text);
	if (p->host_len)
		p->out.host = slice_of(p->host, p->host_len);
	if (p->boot_id_len)
		p->out.boot_id = slice_of(p->boot_id, p->boot_id_len);
	if (p->out.rec.facility == 0)
		t->counters.kernel++;
	else
		t->counters.foreign++;
	t->counters.cut += p->out.rec.cut;
	*out = p->out;
	t->current ^= 1;
	return true;
}

/* An empty open record at the current line. complete() comes first. */
static struct kmsg_textlog_pending *begin(struct kmsg_textlog *t, enum kmsg_text_form form, struct slice host)
{
	struct kmsg_textlog_pending *p = &t->slot[t->current];
	memset(p, 0, offsetof(struct kmsg_textlog_pending, text));
	p->open = true;
	p->out.line = t->counters.lines;
	p->out.rec.seq = t->counters.lines;
	p->out.rec.level = 3;
	if (slice_present(host) && host.n <= sizeof(p->host)) {
		memcpy(p->host, host.p, host.n);
		p->host_len = (uint8_t)host.n;
	}
	t->counters.forms[form]++;
	t->counters.stamped += form != KMSG_TEXT_BARE;
	return p;
}

/* --- time ---------------------------------------------------------------- */

static void kernel_stamp(struct kmsg_textlog *t, struct kmsg_textlog_record *out, uint64_t usec)
{
	out->has_usec = true;
	if (t->usec_is_kernel && usec + RESTART_USEC < t->stamp)
		out->restart = true;
	t->usec_is_kernel = true;
	t->usec = usec;
	t->stamp = usec;
}

/*
 * Dates without year or zone, months in any language: within a month days and clocks count; a month that changes or a
 * date that goes back is taken as "much later". Only nearness is ever read from this.
 */
static void dated(struct kmsg_textlog *t, const struct kmsg_textdate *d)
{
	if (t->usec_is_kernel)
		return;
	uint64_t usec = d->day * DAY_USEC + d->usec_of_day;
	if (!t->date.present) {
		t->usec = DAY_USEC;
	} else {
		uint64_t before = t->date.day * DAY_USEC + t->date.usec_of_day;
		if (d->month != t->date.month || before > usec + 60 * RESTART_USEC)
			t->usec += DAY_USEC;
		else if (usec > before)
			t->usec += usec - before;
	}
	t->date = *d;
}

/* --- one line ------------------------------------------------------------ */

static bool begin_entry(struct kmsg_textlog *t, struct kmsg_textlog_record *out)
{
	const struct kmsg_entry *e = &t->entry.entry;
	bool ready = complete(t, out);
	struct kmsg_textlog_pending *p = begin(t, KMSG_TEXT_JOURNAL, slice_of(e->host, e->host_len));
	p->closed = true;
	bool kernel = kmsg_entry_is_kernel(e);
	p->out.rec.facility = kernel                                                ? 0
			      : e->has_facility && e->facility && e->facility < 128 ? (uint32_t)e->facility
										    : 1;
	if (e->has_priority && e->priority < 8)
		p->out.rec.level = (uint8_t)e->priority;
	add_raw(p, slice_of(e->message, e->message_len));
	p->out.rec.cut |= e->message_cut;
	memcpy(p->boot_id, e->boot_id, e->boot_id_len);
	p->boot_id_len = e->boot_id_len == 32 ? 32 : 0;
	if (p->boot_id_len && kernel) {
		struct slice boot = slice_of(t->boot_id, t->boot_id_len);
		p->out.restart = t->boot_id_len && !slice_eq(boot, slice_of(p->boot_id, 32));
		memcpy(t->boot_id, p->boot_id, 32);
		t->boot_id_len = 32;
	}
	p->out.has_realtime = e->has_realtime;
	p->out.realtime_usec = e->realtime_usec;
	if (kernel && e->has_monotonic)
		kernel_stamp(t, &p->out, e->monotonic_usec);
	else if (e->has_realtime)
		dated(t, &(struct kmsg_textdate){.present = true, .day = 0, .usec_of_day = e->realtime_usec});
	p->out.rec.usec = t->usec;
	p->out.has_nearness = t->usec_is_kernel || t->date.present;
	return ready;
}

static bool begin_capture(struct kmsg_textlog *t, struct slice line, struct kmsg_textlog_record *out, bool *ready)
{
	/* One byte more than the record: read_kmsg ends it with a newline, and without one it would count as torn. */
	char raw[LIMIT_KMSG_READ], text[LIMIT_KMSG_READ];
	struct kmsg_record rec;
	if (!kmsg_textvote_is_capture(line))
		return false;
	while (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	bool cut = line.n >= sizeof(raw);
	size_t n = cut ? sizeof(raw) - 1 : line.n;
	memcpy(raw, line.p, n);
	raw[n] = '\n';
	if (kmsg_record_parse(slice_of(raw, n + 1), text, &rec) != KMSG_PARSE_OK)
		return false;
	*ready = complete(t, out);
	struct kmsg_textlog_pending *p = begin(t, KMSG_TEXT_CAPTURE, SLICE_NONE);
	p->closed = true;
	add_raw(p, rec.text);
	p->out.rec = rec;
	p->out.rec.cut |= cut;
	p->out.has_seq = true;
	p->out.gap = t->has_seq && rec.seq > t->seq + 1;
	p->out.restart = t->has_seq && rec.seq <= t->seq;
	t->has_seq = true;
	t->seq = rec.seq;
	kernel_stamp(t, &p->out, rec.usec);
	return true;
}

static bool begin_line(struct kmsg_textlog *t, const struct kmsg_textline *l, struct kmsg_textlog_record *out)
{
	bool ready = complete(t, out);
	struct kmsg_textlog_pending *p = begin(t, l->form, l->host);
	p->unfinished = l->unfinished;
	p->out.rec.facility = l->kernel ? 0 : l->has_priority && l->facility ? l->facility : 1;
	if (l->has_priority)
		p->out.rec.level = l->level;
	p->out.rec.caller_kind = l->caller_kind;
	p->out.rec.caller_id = l->caller_id;
	p->out.has_realtime = l->date.has_realtime;
	p->out.realtime_usec = l->date.realtime_usec;
	if (l->has_usec && l->kernel)
		kernel_stamp(t, &p->out, l->usec);
	else if (l->has_delta) {
		t->usec += l->delta_usec;
		t->has_delta = true;
	} else if (l->date.present)
		dated(t, &l->date);
	p->out.rec.usec = t->usec;
	p->out.has_nearness = t->usec_is_kernel || t->date.present || t->has_delta;
	add_text(p, l->text, l->form == KMSG_TEXT_SYSLOG);
	return ready;
}

/* A line without a stamp in a file of stamped lines. */
static void continue_record(struct kmsg_textlog *t, struct slice line)
{
	struct kmsg_textlog_pending *p = &t->slot[t->current];
	bool indented = kmsg_textvote_indent(line) > 0;
	bool blank_left = p->n && p->text[p->n - 1] == ' ';
	bool wrapped = t->verdict.wrapped && !indented && p->last_line_len &&
		       (p->last_line_len <= KMSG_WRAP_MAX || p->last_line_one_word || blank_left);
	struct slice rest = line, word = SLICE_NONE;
	take_word(&rest, &word);
	bool in_word = p->last_line_len + 1 + word.n <= WRAP_FITS;
	if (p->open && !p->closed && t->verdict.screen && p->last_line_len == t->verdict.screen) {
		add_text(p, line, false);
		t->counters.joined++;
		return;
	}
	if (!p->open || p->closed || (!indented && !wrapped)) {
		p->closed = true;
		t->counters.unread++;
		return;
	}
	if (indented && !(t->verdict.wrapped && blank_left)) {
		take_blanks(&line);
		add_byte(p, '\n');
	} else if (!t->verdict.wrap_keeps_blank && !blank_left && !in_word && p->n) {
		add_byte(p, ' ');
	}
	add_text(p, line, false);
	t->counters.joined++;
}

static bool feed_text(struct kmsg_textlog *t, struct slice line, struct kmsg_textlog_record *out)
{
	struct kmsg_textlog_pending *p = &t->slot[t->current];
	struct kmsg_textline l;
	size_t indent = kmsg_textvote_indent(line);
	line = slice_sub(line, indent < t->verdict.indent ? indent : t->verdict.indent, line.n);
	if (slice_trim(line).n == 0) {
		p->last_line_len = 0;
		return false;
	}
	kmsg_textline_read(line, &t->verdict.hints, &l);
	bool ready = false;
	if (l.form != KMSG_TEXT_BARE && begin_capture(t, l.text, out, &ready))
		return ready;
	if (p->open && p->unfinished && l.form != KMSG_TEXT_BARE) {
		p->unfinished = l.unfinished;
		add_text(p, l.text, false);
		return false;
	}
	if (l.form != KMSG_TEXT_BARE)
		t->verdict.stamped_file |= t->vote.lines == 0;
	/* The head of a file may have lost the front of its first line. */
	bool torn_head = t->counters.kernel + t->counters.foreign == 0 && !p->open && t->counters.lines <= 1;
	if (l.form == KMSG_TEXT_BARE && t->verdict.stamped_file && !torn_head)
		continue_record(t, line);
	else
		ready = begin_line(t, &l, out);
	t->slot[t->current].last_line_len = line.n;
	t->slot[t->current].last_line_one_word = slice_find(line, SLICE(" ")) == SLICE_NPOS;
	return ready;
}

bool kmsg_textlog_feed(struct kmsg_textlog *t, struct slice line, struct kmsg_textlog_record *out)
{
	bool ready = false;
	if (!t->verdict.decided)
		t->verdict = kmsg_textvote_decide(&t->vote);
	t->counters.lines++;
	switch (kmsg_entry_feed(&t->entry, line)) {
	case KMSG_ENTRY_MORE:
		return false;
	case KMSG_ENTRY_READY:
		return begin_entry(t, out);
	case KMSG_ENTRY_LINE:
		line = slice_of(t->entry.entry.message, t->entry.entry.message_len);
		break;
	case KMSG_ENTRY_NOT_MINE:
		break;
	}
	if (begin_capture(t, line, out, &ready))
		return ready;
	if (t->slot[t->current].open && t->slot[t->current].out.has_seq && slice_starts(line, SLICE(" ")))
		return false; /* a dictionary line of the record above */
	line = kmsg_textvote_clean(line, t->clean);
	if (t->verdict.quoted)
		line = kmsg_textvote_unquote(line);
	if (t->verdict.printable) {
		struct text whole = text_on(t->unfolded, sizeof(t->unfolded));
		whole.n = t->unfolded_len;
		bool more = !kmsg_textvote_unfold(&whole, line);
		t->unfolded_len = more ? whole.n : 0;
		if (more)
			return false;
		line = text_slice(&whole);
	}
	return feed_text(t, line, out);
}

bool kmsg_textlog_end(struct kmsg_textlog *t, struct kmsg_textlog_record *out)
{
	if (kmsg_entry_end(&t->entry)) {
		if (begin_entry(t, out))
			return true;
	}
	return complete(t, out);
}
