/*
 * Where records come from, and the account of those that never came.
 *
 * kernel/printk/printk.c, devkmsg_read() and devkmsg_llseek() (3.5 to 7.x):
 * - one read() is one whole record, or EINVAL when it does not fit, and then the
 *   position has moved on all the same: that record is lost;
 * - EPIPE when the record at our position was overwritten: the position is now
 *   the oldest survivor, and its number tells how many went;
 * - only offset 0 may be sought: SEEK_SET is the oldest record, SEEK_END behind
 *   the newest that is finished. A line printed without its newline is not
 *   finished, and not readable, until the next record: SEEK_END may therefore be
 *   followed by one record older than the open (seen on 6.18).
 * All losses come down to one question, asked of each record: is its number the
 * one we expected?
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "kmsg/source.h"

/* Documentation/admin-guide/devices.txt: 1 char 11. Containers are often given something else under the name. */
#define MEM_MAJOR 1
#define KMSG_MINOR 11

static int open_path(const char *path)
{
	if (strcmp(path, "-") == 0)
		return fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	return open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
}

static int start_live(int fd, enum kmsg_from from)
{
	int flags = fcntl(fd, F_GETFL); /* stdin may be the device, opened to block */
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return -errno;
	return lseek(fd, 0, from == KMSG_FROM_END ? SEEK_END : SEEK_SET) < 0 ? -errno : 0;
}

int kmsg_source_open(struct kmsg_source *s, const char *path, enum kmsg_from from, uint64_t after_seq)
{
	struct stat st;
	int r = 0;

	*s = (struct kmsg_source){.fd = -1, .skip_to = after_seq, .resuming = from == KMSG_FROM_SEQ};
	s->fd = open_path(path);
	if (s->fd < 0)
		return -errno;
	if (fstat(s->fd, &st) < 0)
		r = -errno;
	else if (S_ISDIR(st.st_mode))
		r = -EISDIR;
	else if (S_ISCHR(st.st_mode) && st.st_rdev == makedev(MEM_MAJOR, KMSG_MINOR)) {
		s->live = true;
		r = start_live(s->fd, from);
	}
	if (r < 0) {
		kmsg_source_close(s);
		return r;
	}
	s->regular = S_ISREG(st.st_mode);
	return 0;
}

void kmsg_source_close(struct kmsg_source *s)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}

static void count_add(uint64_t *counter, uint64_t n)
{
	if (__builtin_add_overflow(*counter, n, counter))
		*counter = UINT64_MAX;
}

static int garbage(struct kmsg_source *s, enum kmsg_parse why)
{
	uint32_t bit = 1u << why;
	s->garbage = (struct kmsg_garbage){
	    .why = why,
	    .line = s->line,
	    .first_of_kind = !(s->garbage_seen & bit),
	};
	s->garbage_seen |= bit;
	s->counters.garbage++;
	return KMSG_STEP_GARBAGE;
}

static int hand_out(struct kmsg_source *s, struct kmsg_record *out)
{
	bool kernel = s->record.facility == 0;
	*out = s->record;
	if (kernel)
		s->counters.records++;
	else
		s->counters.foreign++;
	if (s->record.cut)
		s->counters.cut++;
	return kernel ? KMSG_STEP_RECORD : KMSG_STEP_FOREIGN;
}

/* KMSG_FROM_SEQ: true when the record belongs to what was dealt with before. */
static bool passed_before(struct kmsg_source *s, uint64_t seq)
{
	if (!s->resuming)
		return false;
	if (s->seen_any && seq < s->next_seq) { /* the capture's next boot: after_seq was counted in the one before */
		s->resuming = false;
		return false;
	}
	if (seq <= s->skip_to) {
		s->seen_any = true;
		s->next_seq = seq + 1;
		return true;
	}
	s->resuming = false;
	s->seen_any = true;
	s->next_seq = s->skip_to + 1; /* a jump across it is a loss; one below it was somebody's before us */
	return false;
}

static int account(struct kmsg_source *s, struct kmsg_record *out)
{
	uint64_t seq = s->record.seq;

	if (passed_before(s, seq))
		return -1;
	bool jumped = s->seen_any && seq > s->next_seq;
	if (s->seen_any && seq < s->next_seq)
		s->counters.restarts++;
	if (jumped) {
		s->gap = (struct kmsg_gap){s->next_seq, seq - 1, seq - s->next_seq};
		count_add(&s->counters.lost, s->gap.count);
	}
	s->seen_any = true;
	s->next_seq = seq + 1; /* parse refuses numbers that would wrap */
	if (!jumped)
		return hand_out(s, out);
	s->held = true;
	return KMSG_STEP_GAP;
}

/* A step, or -1 when the record is to be passed over silently. */
static int read_record(struct kmsg_source *s, struct slice raw, struct kmsg_record *out)
{
	enum kmsg_parse why = kmsg_record_parse(raw, s->text, &s->record);
	return why == KMSG_PARSE_OK ? account(s, out) : garbage(s, why);
}

static int next_live(struct kmsg_source *s, struct kmsg_record *out)
{
	for (;;) {
		ssize_t n = read(s->fd, s->raw, LIMIT_KMSG_READ);
		if (n == 0 || (n < 0 && errno == EAGAIN))
			return KMSG_STEP_WAIT;
		if (n < 0 && errno == EINVAL)
			s->counters.too_long++;
		else if (n < 0 && errno != EPIPE && errno != EINTR)
			return -errno;
		if (n < 0)
			continue; /* the next record's number tells what went */

		int step = read_record(s, slice_of(s->raw, (size_t)n), out);
		if (step >= 0)
			return step;
	}
}

/* Reads more of a capture behind what is still unread: 0, KMSG_STEP_WAIT, or a negative errno. */
static int fill(struct kmsg_source *s)
{
	struct pollfd p = {.fd = s->fd, .events = POLLIN};

	memmove(s->raw, s->raw + s->used, s->fill - s->used);
	s->fill -= s->used;
	s->used = 0;
	/* Asked even of a non-blocking pipe: one that no writer has opened yet reads as ended, and only poll knows. */
	if (!s->regular && poll(&p, 1, 0) <= 0)
		return KMSG_STEP_WAIT;
	ssize_t n = read(s->fd, s->raw + s->fill, sizeof(s->raw) - s->fill);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? KMSG_STEP_WAIT : -errno;
	s->fill += (size_t)n;
	s->eof = n == 0;
	return 0;
}

enum taken {
	TAKEN_RECORD,  /* *raw is one record's bytes */
	TAKEN_NOTHING, /* an empty or dictionary line: go on */
	TAKEN_MORE,    /* what is in the buffer does not suffice */
	TAKEN_GARBAGE, /* a line was passed over: *why */
};

/* The newline, and a carriage return before it, become one newline; a last line gets none. */
static size_t trim_line_end(char *line, size_t n)
{
	bool newline = n > 0 && line[n - 1] == '\n';
	size_t text = n - newline;
	if (text > 0 && line[text - 1] == '\r')
		text--;
	if (newline)
		line[text] = '\n';
	return text + newline;
}

static bool is_empty(struct slice line)
{
	take_blanks(&line);
	return line.n == 0 || line.p[0] == '\n';
}

static bool is_dictionary(struct slice line)
{
	return take_blanks(&line) > 0;
}

/* The number of the first record behind `offset` in the buffer. TAKEN_NOTHING: there is none to be had. */
static enum taken peek_seq(struct kmsg_source *s, size_t offset, uint64_t *seq)
{
	struct slice rest = slice_of(s->raw + offset, s->fill - offset), line;
	struct kmsg_record r;
	bool full = s->fill - s->used == sizeof(s->raw);

	while (take_until(&rest, SLICE("\n"), &line) || (s->eof && take_line(&rest, &line))) {
		if (line.n == 0 || is_dictionary(line))
			continue;
		if (line.n > LIMIT_KMSG_READ || kmsg_record_parse(line, s->text, &r) != KMSG_PARSE_OK)
			return TAKEN_NOTHING;
		*seq = r.seq;
		return TAKEN_RECORD;
	}
	return s->eof || full ? TAKEN_NOTHING : TAKEN_MORE;
}

/* How many records of consecutive numbers a line may hold, all but the last cut by the kernel and so without newline.
 */
static size_t joined(struct kmsg_source *s, struct slice line, uint64_t *first)
{
	struct kmsg_record r;
	size_t count = 0;
	for (size_t at = 0; at < line.n; at += KMSG_READ_FULL, count++) {
		if (kmsg_record_parse(slice_sub(line, at, at + KMSG_READ_FULL), s->text, &r) != KMSG_PARSE_OK)
			break;
		if (count == 0)
			*first = r.seq;
		else if (r.seq != *first + count)
			break;
	}
	return count;
}

/*
 * A long line: one record, or several. Up to 6.2 a record may be this long, and a
 * name in it can be made to look like the next record; only the number on the line
 * that follows tells. When that does not, what follows the first is not believed.
 */
static enum taken take_long_line(struct kmsg_source *s, struct slice *line)
{
	uint64_t first = 0, next = 0;
	size_t count = joined(s, *line, &first);
	if (count < 2)
		return TAKEN_RECORD;
	enum taken peeked = peek_seq(s, s->used + line->n, &next);
	if (peeked == TAKEN_MORE)
		return TAKEN_MORE;
	if (peeked == TAKEN_RECORD && next == first + 1)
		return TAKEN_RECORD;
	s->disbelieved = next != first + count;
	*line = slice_sub(*line, 0, KMSG_READ_FULL);
	return TAKEN_RECORD;
}

/* The rest of a line that was reported as too long, or is now. */
static enum taken pass_over_long(struct kmsg_source *s, size_t n, bool ended, enum kmsg_parse *why)
{
	bool reported = s->overlong;
	s->used += n;
	s->overlong = !ended;
	s->headed = true;
	if (reported)
		return ended ? TAKEN_NOTHING : TAKEN_MORE;
	s->line++;
	*why = KMSG_PARSE_TOO_LONG;
	return TAKEN_GARBAGE;
}

static enum taken take_capture_line(struct kmsg_source *s, struct slice *raw, enum kmsg_parse *why)
{
	while (!s->overlong && s->used < s->fill && s->raw[s->used] == '\0')
		s->used++; /* the kernel would have escaped it */
	char *p = s->raw + s->used;
	size_t have = s->fill - s->used;
	char *newline = memchr(p, '\n', have);
	size_t n = newline ? (size_t)(newline - p) + 1 : have;

	if (s->overlong || n > LIMIT_KMSG_READ)
		return pass_over_long(s, n, newline, why);
	if (n == 0 || (!newline && !s->eof))
		return TAKEN_MORE;

	struct slice line = slice_of(p, n);
	if (s->disbelieved) {
		s->disbelieved = false;
		s->line++;
		s->used += n;
		*why = KMSG_PARSE_JOINED;
		return TAKEN_GARBAGE;
	}
	if (n > KMSG_READ_FULL && take_long_line(s, &line) == TAKEN_MORE)
		return TAKEN_MORE;
	s->used += line.n;
	bool whole = line.n == n;
	s->line += whole;
	line.n = whole ? trim_line_end(p, n) : line.n;
	if (is_empty(line) || (is_dictionary(line) && s->headed))
		return TAKEN_NOTHING;
	s->headed = true;
	*raw = line;
	return TAKEN_RECORD;
}

static int next_capture(struct kmsg_source *s, struct kmsg_record *out)
{
	for (bool asked = false;;) {
		struct slice raw;
		enum kmsg_parse why;
		enum taken taken = take_capture_line(s, &raw, &why);
		if (taken == TAKEN_GARBAGE)
			return garbage(s, why);
		if (taken == TAKEN_RECORD) {
			int step = read_record(s, raw, out);
			if (step >= 0)
				return step;
		}
		if (taken != TAKEN_MORE)
			continue;
		if (s->eof)
			return KMSG_STEP_END;
		if (asked)
			return KMSG_STEP_WAIT;
		asked = true;
		int r = fill(s);
		if (r != 0)
			return r;
	}
}

int kmsg_source_next(struct kmsg_source *s, struct kmsg_record *out)
{
	if (s->held) {
		s->held = false;
		return hand_out(s, out);
	}
	return s->live ? next_live(s, out) : next_capture(s, out);
}
