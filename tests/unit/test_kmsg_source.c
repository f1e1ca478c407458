/*
 * kmsg/source: captures from files and pipes, a scripted device (read() is ours),
 * and the real /dev/kmsg where it may be written.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kmsg/source.h"

/* One read() of a scripted device: an errno, or the bytes. */
struct scripted {
	int error;
	const char *bytes;
};
static const struct scripted *script; /* NULL: the real read() */

ssize_t read(int fd, void *buf, size_t n)
{
	if (!script)
		return syscall(SYS_read, fd, buf, n);
	struct scripted s = *script++;
	if (s.error) {
		errno = s.error;
		return -1;
	}
	assert_true(strlen(s.bytes) <= n);
	memcpy(buf, s.bytes, strlen(s.bytes));
	return (ssize_t)strlen(s.bytes);
}

static struct kmsg_source s;
static struct kmsg_record r;

static void open_capture_from(struct slice content, enum kmsg_from from, uint64_t after)
{
	char path[64];
	int fd = memfd_create("capture", MFD_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, content.p, content.n), (ssize_t)content.n);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	assert_int_equal(kmsg_source_open(&s, path, from, after), 0);
	close(fd);
	assert_false(s.live);
}

static void open_capture(struct slice content)
{
	open_capture_from(content, KMSG_FROM_BOOT, 0);
}

/* A capture whose read() follows a script as the device's would. */
static void open_scripted(const struct scripted *rows, enum kmsg_from from, uint64_t after)
{
	assert_int_equal(kmsg_source_open(&s, "/dev/null", from, after), 0);
	s.live = true;
	script = rows;
}

static int close_all(void **state)
{
	(void)state;
	script = NULL;
	kmsg_source_close(&s);
	return 0;
}

static int next(void)
{
	return kmsg_source_next(&s, &r);
}

/* A regular file is always ready: only then may WAIT be passed over. */
static int next_ready(void)
{
	int step;
	do
		step = next();
	while (step == KMSG_STEP_WAIT);
	return step;
}

static void expect_record(uint64_t seq, const char *text)
{
	assert_int_equal(next_ready(), KMSG_STEP_RECORD);
	assert_int_equal(r.seq, seq);
	if (!slice_eq(r.text, slice_cstr(text)))
		fail_msg("record %llu is \"%.*s\"", (unsigned long long)seq, (int)r.text.n, r.text.p);
}

static void expect_gap(uint64_t from, uint64_t to)
{
	assert_int_equal(next_ready(), KMSG_STEP_GAP);
	assert_int_equal(s.gap.from_seq, from);
	assert_int_equal(s.gap.to_seq, to);
	assert_int_equal(s.gap.count, to - from + 1);
}

static void expect_garbage(enum kmsg_parse why, uint64_t line, bool first_of_kind)
{
	assert_int_equal(next_ready(), KMSG_STEP_GARBAGE);
	assert_int_equal(s.garbage.why, why);
	assert_int_equal(s.garbage.line, line);
	assert_int_equal(s.garbage.first_of_kind, first_of_kind);
}

static void expect_end(void)
{
	assert_int_equal(next_ready(), KMSG_STEP_END);
	assert_int_equal(next_ready(), KMSG_STEP_END);
}

static void a_capture_is_read_to_its_end(void **state)
{
	(void)state;
	open_capture(SLICE("6,7,100,-;one\n6,8,101,-;two\n"));
	expect_record(7, "one");
	expect_record(8, "two");
	expect_end();
	assert_int_equal(s.counters.records, 2);
	assert_int_equal(s.counters.garbage, 0);
}

static void an_empty_capture_ends_at_once(void **state)
{
	(void)state;
	open_capture(SLICE(""));
	expect_end();
}

static void dictionary_and_empty_lines_are_passed_over_silently(void **state)
{
	(void)state;
	open_capture(SLICE("6,7,100,-;one\n SUBSYSTEM=pci\n DEVICE=+pci:0000\n\n  \n6,8,101,-;two\n A=6,9,1,-;x\n"));
	expect_record(7, "one");
	expect_record(8, "two");
	expect_end();
	assert_int_equal(s.counters.garbage, 0);
}

static void crlf_line_ends_leave_no_trace(void **state)
{
	(void)state;
	open_capture(SLICE("6,7,100,-;one\r\n A=b\r\n\r\n6,8,101,-;two\\x0d\r\n6,9,101,-;\r\n"));
	expect_record(7, "one");
	expect_record(8, "two\r");
	assert_false(r.cut);
	expect_record(9, "");
	expect_end();
}

static void runs_of_nul_bytes_before_a_record_are_forgiven(void **state)
{
	(void)state;
	static char content[20000];
	struct slice tail = SLICE("6,8,101,-;two\n");
	struct slice head = SLICE("6,7,100,-;o\0e\n");
	memcpy(content, head.p, head.n);
	memcpy(content + sizeof(content) - tail.n, tail.p, tail.n);
	open_capture(slice_of(content, sizeof(content)));
	assert_int_equal(next_ready(), KMSG_STEP_RECORD);
	assert_true(slice_eq(r.text, SLICE("o\0e")));
	expect_record(8, "two");
	expect_end();
	assert_int_equal(s.counters.garbage, 0);
}

static void a_last_line_without_its_newline_is_cut(void **state)
{
	(void)state;
	open_capture(SLICE("6,7,100,-;one\n6,8,101,-;Killed process 12\\x5"));
	expect_record(7, "one");
	assert_false(r.cut);
	expect_record(8, "Killed process 12");
	assert_true(r.cut);
	expect_end();
	assert_int_equal(s.counters.cut, 1);
}

static void a_torn_first_line_is_garbage_and_the_rest_is_read(void **state)
{
	(void)state;
	open_capture(SLICE("7,100,-;ne\n6,8,101,-;two\n"));
	expect_garbage(KMSG_PARSE_NO_HEADER, 1, true);
	expect_record(8, "two");
	expect_end();
}

static void a_capture_may_begin_inside_a_dictionary(void **state)
{
	(void)state;
	open_capture(SLICE(" DEVICE=b\n C=d\n6,8,101,-;two\n"));
	expect_garbage(KMSG_PARSE_NO_HEADER, 1, true);
	expect_record(8, "two");
	expect_end();
}

static void garbage_is_told_line_by_line_and_its_kind_once(void **state)
{
	(void)state;
	open_capture(SLICE("hello\n\nx,1,2,-;bad\n6,7,100,-;one\n D=e\nhello again\ny,1,2,-;bad\n6,8,100,-;two\nend"));
	expect_garbage(KMSG_PARSE_NO_HEADER, 1, true);
	expect_garbage(KMSG_PARSE_BAD_NUMBER, 3, true);
	expect_record(7, "one");
	expect_garbage(KMSG_PARSE_NO_HEADER, 6, false);
	expect_garbage(KMSG_PARSE_BAD_NUMBER, 7, false);
	expect_record(8, "two");
	expect_garbage(KMSG_PARSE_NO_HEADER, 9, false);
	expect_end();
	assert_int_equal(s.counters.garbage, 5);
}

static void a_gap_comes_before_the_record_that_showed_it(void **state)
{
	(void)state;
	open_capture(SLICE("6,7,100,-;one\n6,12,101,-;two\n14,14,102,-;three\n6,15,103,-;four\n"));
	expect_record(7, "one");
	expect_gap(8, 11);
	expect_record(12, "two");
	expect_gap(13, 13);
	assert_int_equal(next_ready(), KMSG_STEP_FOREIGN);
	expect_record(15, "four");
	expect_end();
	assert_int_equal(s.counters.lost, 5);
	assert_int_equal(s.counters.records, 3);
}

static void numbers_that_go_back_are_another_boot_and_no_gap(void **state)
{
	(void)state;
	open_capture(SLICE("6,900,100,-;one\n6,0,1,-;two\n6,1,2,-;three\n6,1,2,-;three\n6,3,4,-;four\n"));
	expect_record(900, "one");
	expect_record(0, "two");
	expect_record(1, "three");
	expect_record(1, "three");
	expect_gap(2, 2);
	expect_record(3, "four");
	expect_end();
	assert_int_equal(s.counters.restarts, 2);
	assert_int_equal(s.counters.lost, 1);
}

static void a_record_of_another_facility_is_foreign(void **state)
{
	(void)state;
	open_capture(
	    SLICE("3,7,100,-;a\n11,8,101,-;Out of memory: Killed process 1 (init)\n2051,9,102,-;b\n3,10,103,-;c\n"));
	expect_record(7, "a");
	assert_int_equal(next_ready(), KMSG_STEP_FOREIGN);
	assert_int_equal(r.facility, 1);
	assert_int_equal(next_ready(), KMSG_STEP_FOREIGN);
	expect_record(10, "c");
	assert_int_equal(s.counters.foreign, 2);
	assert_int_equal(s.counters.lost, 0);
}

static void a_line_longer_than_any_record_is_passed_over(void **state)
{
	(void)state;
	static char content[60000];
	char *p = content;
	p = stpcpy(p, "6,7,100,-;one\n6,8,101,-;");
	memset(p, 'A', 20000);
	p = stpcpy(p + 20000, "\n6,9,102,-;three\n");
	memset(p, 'B', 20000);
	p = stpcpy(p + 20000, "\n D=e\n\n6,10,103,-;four\nhello\n");
	open_capture(slice_cstr(content));
	expect_record(7, "one");
	expect_garbage(KMSG_PARSE_TOO_LONG, 2, true);
	expect_gap(8, 8);
	expect_record(9, "three");
	expect_garbage(KMSG_PARSE_TOO_LONG, 4, false);
	expect_record(10, "four");
	expect_garbage(KMSG_PARSE_NO_HEADER, 8, true);
	expect_end();
}

static void the_longest_line_is_read_and_one_byte_more_is_not(void **state)
{
	(void)state;
	static char content[2 * LIMIT_KMSG_READ + 64];
	struct slice head = SLICE("6,7,100,-;"), second = SLICE("6,8,101,-;");
	memset(content, 'A', sizeof(content));
	memcpy(content, head.p, head.n);
	content[LIMIT_KMSG_READ - 1] = '\n';
	memcpy(content + LIMIT_KMSG_READ, second.p, second.n);
	content[2 * LIMIT_KMSG_READ] = '\n';
	open_capture(slice_of(content, 2 * LIMIT_KMSG_READ + 1));
	assert_int_equal(next_ready(), KMSG_STEP_RECORD);
	assert_int_equal(r.text.n, LIMIT_KMSG_READ - head.n - 1);
	assert_false(r.cut);
	expect_garbage(KMSG_PARSE_TOO_LONG, 2, true);
	expect_end();
}

/* `head`, filled with 'A' to the size at which the kernel cuts, and `tail` on the same line. */
static struct slice long_line(const char *head, const char *tail)
{
	static char content[KMSG_READ_FULL + 512];
	memset(content, 'A', sizeof(content));
	memcpy(content, head, strlen(head));
	strcpy(content + KMSG_READ_FULL, tail);
	return slice_of(content, KMSG_READ_FULL + strlen(tail));
}

static void a_record_behind_a_cut_one_on_the_same_line_is_found(void **state)
{
	(void)state;
	open_capture(long_line("6,7,100,-;oom-kill:", "3,8,100,-;Killed process 5 (a)\n D=e\n6,9,101,-;next\nx\n"));
	assert_int_equal(next_ready(), KMSG_STEP_RECORD);
	assert_int_equal(r.seq, 7);
	assert_true(r.cut);
	assert_int_equal(r.text.n, KMSG_READ_FULL - strlen("6,7,100,-;") - 1);
	expect_record(8, "Killed process 5 (a)");
	assert_false(r.cut);
	expect_record(9, "next");
	expect_garbage(KMSG_PARSE_NO_HEADER, 4, true);
	expect_end();
	assert_int_equal(s.counters.lost, 0);
	kmsg_source_close(&s);
	/* The line that settles it may be the last, and torn: its number is whole. */
	open_capture(long_line("6,7,100,-;oom-kill:", "3,8,100,-;Killed process 5 (a)\n6,9,101,-;ne"));
	assert_int_equal(next_ready(), KMSG_STEP_RECORD);
	expect_record(8, "Killed process 5 (a)");
	expect_record(9, "ne");
	expect_end();
}

static void a_name_that_looks_like_the_next_record_is_not_one(void **state)
{
	(void)state;
	open_capture(long_line("6,7,100,-;oom-kill:", "3,8,100,-;Killed process 5 (a)\n3,8,100,-;true\n"));
	assert_int_equal(next_ready(), KMSG_STEP_RECORD);
	assert_int_equal(r.seq, 7);
	assert_false(r.cut);
	assert_true(slice_ends(r.text, SLICE("A3,8,100,-;Killed process 5 (a)")));
	expect_record(8, "true");
	expect_end();
	assert_int_equal(s.counters.garbage, 0);
}

static void what_may_be_a_name_or_a_record_is_not_believed(void **state)
{
	(void)state;
	static const char *const tails[] = {
	    "3,8,100,-;Killed process 5 (a)\n",                   /* the capture's end */
	    "3,8,100,-;Killed process 5 (a)",                     /* torn */
	    "3,8,100,-;Killed process 5 (a)\nhello\n6,9,1,-;x\n", /* no number follows */
	    "3,8,100,-;Killed process 5 (a)\n6,20,100,-;later\n", /* records between are lost */
	};
	for (size_t i = 0; i < ARRAY_COUNT(tails); i++) {
		open_capture(long_line("6,7,100,-;oom-kill:", tails[i]));
		assert_int_equal(next_ready(), KMSG_STEP_RECORD);
		assert_int_equal(r.seq, 7);
		assert_true(r.cut);
		expect_garbage(KMSG_PARSE_JOINED, 1, true);
		while (next_ready() != KMSG_STEP_END)
			assert_int_not_equal(r.seq, 8);
		kmsg_source_close(&s);
	}
}

static void a_long_line_without_a_second_header_is_one_record(void **state)
{
	(void)state;
	open_capture(long_line("6,7,100,-;x", "3,9,100,-;not the next number\n6,8,100,-;next\n"));
	assert_int_equal(next_ready(), KMSG_STEP_RECORD);
	assert_false(r.cut);
	expect_record(8, "next");
	expect_end();
	kmsg_source_close(&s);
	/* Nor is there any doubt when nothing follows. */
	open_capture(long_line("6,7,100,-;x", "3,9,100,-;not the next number\n"));
	assert_int_equal(next_ready(), KMSG_STEP_RECORD);
	assert_false(r.cut);
	expect_end();
	assert_int_equal(s.counters.garbage, 0);
}

static void a_capture_can_be_read_from_a_number_on(void **state)
{
	(void)state;
	open_capture_from(SLICE("6,7,1,-;a\n6,8,1,-;b\n6,9,1,-;c\n"), KMSG_FROM_SEQ, 8);
	expect_record(9, "c");
	expect_end();
	assert_int_equal(s.counters.records, 1);
}

static void what_was_lost_while_away_is_a_gap(void **state)
{
	(void)state;
	open_capture_from(SLICE("6,20,1,-;a\n6,21,1,-;b\n"), KMSG_FROM_SEQ, 8);
	expect_gap(9, 19);
	expect_record(20, "a");
	expect_record(21, "b");
	expect_end();
	kmsg_source_close(&s);
	/* A hole that begins before the number: only what is behind it is ours. */
	open_capture_from(SLICE("6,5,1,-;a\n6,12,1,-;b\n"), KMSG_FROM_SEQ, 8);
	expect_gap(9, 11);
	expect_record(12, "b");
	kmsg_source_close(&s);
	open_capture_from(SLICE("6,9,1,-;a\n"), KMSG_FROM_SEQ, 8);
	expect_record(9, "a");
	expect_end();
}

static void the_next_boot_of_a_capture_is_not_skipped(void **state)
{
	(void)state;
	open_capture_from(SLICE("6,7,1,-;a\n6,8,1,-;b\n6,0,1,-;c\n6,1,1,-;d\n"), KMSG_FROM_SEQ, 100);
	expect_record(0, "c");
	expect_record(1, "d");
	expect_end();
	assert_int_equal(s.counters.restarts, 1);
}

static void absurd_jumps_do_not_overflow_the_count(void **state)
{
	(void)state;
	open_capture(SLICE("6,0,1,-;a\n6,9223372036854775807,1,-;b\n6,0,1,-;c\n6,9223372036854775807,1,-;d\n"
			   "6,0,1,-;e\n6,9223372036854775807,1,-;f\n"));
	int steps = 0;
	while (next_ready() != KMSG_STEP_END)
		steps++;
	assert_int_equal(steps, 9);
	assert_true(s.counters.lost == UINT64_MAX);
}

static void a_pipe_is_read_when_it_has_something(void **state)
{
	(void)state;
	int fds[2], in = dup(STDIN_FILENO);
	assert_int_equal(pipe(fds), 0);
	assert_true(dup2(fds[0], STDIN_FILENO) == STDIN_FILENO);
	close(fds[0]);
	assert_int_equal(kmsg_source_open(&s, "-", KMSG_FROM_END, 0), 0);
	assert_int_equal(next(), KMSG_STEP_WAIT); /* the pipe would block */
	assert_int_equal(write(fds[1], "6,7,100,-;o", 11), 11);
	assert_int_equal(next(), KMSG_STEP_WAIT);
	assert_int_equal(next(), KMSG_STEP_WAIT);
	assert_int_equal(write(fds[1], "ne\n6,8,100,-;two\n6,", 19), 19);
	assert_int_equal(next(), KMSG_STEP_RECORD);
	assert_true(slice_eq(r.text, SLICE("one")));
	assert_int_equal(next(), KMSG_STEP_RECORD);
	assert_int_equal(next(), KMSG_STEP_WAIT);
	assert_int_equal(write(fds[1], "9,100,-;three\n", 14), 14);
	close(fds[1]);
	assert_int_equal(next(), KMSG_STEP_RECORD);
	assert_int_equal(r.seq, 9);
	assert_int_equal(next(), KMSG_STEP_END);
	kmsg_source_close(&s);
	assert_int_equal(fcntl(STDIN_FILENO, F_GETFD), 0); /* stdin is not ours to close */
	dup2(in, STDIN_FILENO);
	close(in);
}

static void a_fifo_that_no_writer_has_opened_yet_is_not_at_its_end(void **state)
{
	(void)state;
	char dir[] = "/tmp/oomwatch-fifo-XXXXXX", path[64];
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/fifo", dir);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(kmsg_source_open(&s, path, KMSG_FROM_BOOT, 0), 0);
	assert_int_equal(next(), KMSG_STEP_WAIT);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	assert_int_equal(next(), KMSG_STEP_WAIT);
	assert_int_equal(write(fd, "6,7,100,-;one\n", 14), 14);
	close(fd);
	assert_int_equal(next(), KMSG_STEP_RECORD);
	assert_int_equal(next(), KMSG_STEP_END);
	unlink(path);
	rmdir(dir);
}

static void endless_empty_lines_do_not_hold_the_caller(void **state)
{
	(void)state;
	static char content[1 << 18];
	memset(content, '\n', sizeof(content));
	open_capture(slice_of(content, sizeof(content)));
	int waits = 0;
	while (next() == KMSG_STEP_WAIT)
		waits++;
	assert_int_equal(waits, sizeof(content) / sizeof(s.raw));
	expect_end();
}

static void what_cannot_be_opened_says_why(void **state)
{
	(void)state;
	assert_int_equal(kmsg_source_open(&s, "/nonexistent/kmsg", KMSG_FROM_BOOT, 0), -ENOENT);
	assert_int_equal(s.fd, -1);
	assert_int_equal(kmsg_source_open(&s, "/tmp", KMSG_FROM_BOOT, 0), -EISDIR);
	assert_int_equal(s.fd, -1);
}

static void another_device_under_the_name_is_not_the_kernels(void **state)
{
	(void)state;
	assert_int_equal(kmsg_source_open(&s, "/dev/null", KMSG_FROM_END, 0), 0);
	assert_false(s.live);
	expect_end();
}

static void a_device_with_nothing_new_says_wait(void **state)
{
	(void)state;
	static const struct scripted rows[] = {
	    {0, "6,7,1,-;a\n"}, {EINTR, ""}, {EAGAIN, ""}, {0, ""}, {0, "6,8,1,-;b\n"}};
	open_scripted(rows, KMSG_FROM_BOOT, 0);
	assert_int_equal(next(), KMSG_STEP_RECORD);
	assert_int_equal(next(), KMSG_STEP_WAIT);
	assert_int_equal(next(), KMSG_STEP_WAIT); /* 0 bytes */
	assert_int_equal(next(), KMSG_STEP_RECORD);
}

static void overwritten_records_are_counted_by_the_next_number(void **state)
{
	(void)state;
	static const struct scripted rows[] = {
	    {0, "6,7,1,-;a\n"}, {EPIPE, ""}, {EPIPE, ""}, {0, "6,107,1,-;b\n"}, {0, "6,108,1,-;c\n"},
	};
	open_scripted(rows, KMSG_FROM_BOOT, 0);
	assert_int_equal(next(), KMSG_STEP_RECORD);
	assert_int_equal(next(), KMSG_STEP_GAP);
	assert_int_equal(s.gap.from_seq, 8);
	assert_int_equal(s.gap.to_seq, 106);
	assert_int_equal(next(), KMSG_STEP_RECORD);
	assert_int_equal(r.seq, 107);
	assert_int_equal(next(), KMSG_STEP_RECORD);
	assert_int_equal(s.counters.lost, 99);
}

static void a_record_longer_than_the_buffer_is_counted_as_lost(void **state)
{
	(void)state;
	static const struct scripted rows[] = {{0, "6,7,1,-;a\n"}, {EINVAL, ""}, {0, "6,9,1,-;b\n"}};
	open_scripted(rows, KMSG_FROM_BOOT, 0);
	assert_int_equal(next(), KMSG_STEP_RECORD);
	assert_int_equal(next(), KMSG_STEP_GAP);
	assert_int_equal(s.gap.count, 1);
	assert_int_equal(next(), KMSG_STEP_RECORD);
	assert_int_equal(s.counters.too_long, 1);
	assert_int_equal(s.counters.lost, 1);
}

static void an_overwrite_before_the_first_record_has_no_number(void **state)
{
	(void)state;
	static const struct scripted rows[] = {{EPIPE, ""}, {0, "6,50,1,-;a\n"}};
	open_scripted(rows, KMSG_FROM_BOOT, 0);
	assert_int_equal(next(), KMSG_STEP_RECORD);
	close_all(NULL);
	open_scripted(rows, KMSG_FROM_SEQ, 30); /* unless we know where we were */
	assert_int_equal(next(), KMSG_STEP_GAP);
	assert_int_equal(s.gap.from_seq, 31);
	assert_int_equal(s.gap.to_seq, 49);
	assert_int_equal(next(), KMSG_STEP_RECORD);
}

static void a_read_that_is_no_record_is_garbage_without_a_line(void **state)
{
	(void)state;
	static const struct scripted rows[] = {{0, "6,7,1,-;a\n"}, {0, "what\n"}, {0, "6,9,1,-;c\n"}};
	open_scripted(rows, KMSG_FROM_BOOT, 0);
	assert_int_equal(next(), KMSG_STEP_RECORD);
	expect_garbage(KMSG_PARSE_NO_HEADER, 0, true);
	expect_gap(8, 8);
	expect_record(9, "c");
}

static void a_broken_source_says_so(void **state)
{
	(void)state;
	static const struct scripted rows[] = {{EIO, ""}};
	open_scripted(rows, KMSG_FROM_BOOT, 0);
	assert_int_equal(next(), -EIO);
}

static bool write_kmsg(const char *line)
{
	int fd = open("/dev/kmsg", O_WRONLY | O_CLOEXEC); /* a new open each time: 10 writes per open in 5 s */
	bool written = fd >= 0 && write(fd, line, strlen(line)) == (ssize_t)strlen(line);
	if (fd >= 0)
		close(fd);
	return written;
}

static void need_kmsg(enum kmsg_from from, uint64_t after)
{
	int e = kmsg_source_open(&s, "/dev/kmsg", from, after);
	if (e < 0 || !s.live || access("/dev/kmsg", W_OK) != 0) {
		print_message(
		    "SKIPPED: /dev/kmsg cannot be read and written here (%s): the real device is NOT tested\n",
		    e < 0 ? strerror(-e) : "no write access, or not the device");
		skip();
	}
}

/* Reads until a record whose text begins so: its step. Counts gaps on the way. */
static int find_text(const char *want, int *gaps)
{
	for (;;) {
		struct pollfd p = {.fd = s.fd, .events = POLLIN};
		int step = next();
		assert_true(step >= 0);
		if (step == KMSG_STEP_GAP)
			++*gaps;
		if (step == KMSG_STEP_WAIT && poll(&p, 1, 5000) <= 0)
			fail_msg("\"%s\" was written and never arrived", want);
		if ((step == KMSG_STEP_RECORD || step == KMSG_STEP_FOREIGN) && slice_starts(r.text, slice_cstr(want)))
			return step;
	}
}

static void a_forgery_written_to_the_device_arrives_as_foreign(void **state)
{
	(void)state;
	char text[128], line[160];
	int gaps = 0;
	need_kmsg(KMSG_FROM_END, 0);
	snprintf(text, sizeof(text), "Out of memory: Killed process %d (test\\) \n", (int)getpid());
	text[strlen(text) - 1] = '\0';
	snprintf(line, sizeof(line), "<0>%s\n", text);
	if (!write_kmsg(line)) {
		print_message("SKIPPED: /dev/kmsg refuses writes: the real device is NOT tested\n");
		skip();
	}
	assert_int_equal(find_text(text, &gaps), KMSG_STEP_FOREIGN);
	assert_int_equal(r.text.n, strlen(text));
	assert_int_equal(r.facility, 1);
	assert_int_equal(gaps, 0);
	uint64_t seq = r.seq;
	kmsg_source_close(&s);

	/* From the number before it, and from the beginning of the ring. */
	need_kmsg(KMSG_FROM_SEQ, seq - 1);
	assert_int_equal(next(), KMSG_STEP_FOREIGN);
	assert_int_equal(r.seq, seq);
	kmsg_source_close(&s);
	need_kmsg(KMSG_FROM_BOOT, 0);
	find_text(text, &gaps);
	assert_int_equal(r.seq, seq);
	assert_int_equal(s.counters.garbage, 0);
}

static void from_the_end_shows_nothing_older(void **state)
{
	(void)state;
	char old[64], line[80];
	int gaps = 0;
	snprintf(old, sizeof(old), "oomwatch test %d old", (int)getpid());
	snprintf(line, sizeof(line), "<6>%s\n", old);
	need_kmsg(KMSG_FROM_BOOT, 0);
	if (!write_kmsg(line)) {
		print_message("SKIPPED: /dev/kmsg refuses writes: the real device is NOT tested\n");
		skip();
	}
	assert_int_equal(find_text(old, &gaps), KMSG_STEP_FOREIGN);
	uint64_t seq = r.seq;
	kmsg_source_close(&s);
	need_kmsg(KMSG_FROM_END, 0);
	assert_true(write_kmsg("<6>oomwatch test new\n"));
	assert_int_equal(find_text("oomwatch test new", &gaps), KMSG_STEP_FOREIGN);
	assert_true(r.seq > seq);
	assert_true(s.counters.records + s.counters.foreign <=
		    r.seq - seq); /* not the old one, nor what was before it */
}

static void what_the_kernel_cuts_is_known_to_be_cut(void **state)
{
	(void)state;
	char line[1000];
	int gaps = 0;
	need_kmsg(KMSG_FROM_END, 0);
	size_t head = (size_t)snprintf(line, sizeof(line), "<6>oomwatch test %d ", (int)getpid());
	memset(line + head, 1, 700);
	strcpy(line + head + 700, "bbbb\n");
	if (!write_kmsg(line) || !write_kmsg("<6>oomwatch test end\n")) {
		print_message("SKIPPED: /dev/kmsg refuses writes: the real device is NOT tested\n");
		skip();
	}
	struct slice want = slice_of(line + 3, strlen(line) - 4);
	char name[64];
	snprintf(name, sizeof(name), "%.*s", (int)head - 3, want.p);
	assert_int_equal(find_text(name, &gaps), KMSG_STEP_FOREIGN);
	/* Up to 6.2 the buffer takes it whole; later it is cut, and never shows a byte that was not there. */
	assert_true(slice_starts(want, r.text));
	assert_int_equal(r.cut, r.text.n < want.n);
	assert_int_equal(find_text("oomwatch test end", &gaps), KMSG_STEP_FOREIGN);
	assert_int_equal(gaps, 0);
}

#define T(name) cmocka_unit_test_teardown(name, close_all)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(a_capture_is_read_to_its_end),
	    T(an_empty_capture_ends_at_once),
	    T(dictionary_and_empty_lines_are_passed_over_silently),
	    T(crlf_line_ends_leave_no_trace),
	    T(runs_of_nul_bytes_before_a_record_are_forgiven),
	    T(a_last_line_without_its_newline_is_cut),
	    T(a_torn_first_line_is_garbage_and_the_rest_is_read),
	    T(a_capture_may_begin_inside_a_dictionary),
	    T(garbage_is_told_line_by_line_and_its_kind_once),
	    T(a_gap_comes_before_the_record_that_showed_it),
	    T(numbers_that_go_back_are_another_boot_and_no_gap),
	    T(a_record_of_another_facility_is_foreign),
	    T(a_line_longer_than_any_record_is_passed_over),
	    T(the_longest_line_is_read_and_one_byte_more_is_not),
	    T(a_record_behind_a_cut_one_on_the_same_line_is_found),
	    T(a_name_that_looks_like_the_next_record_is_not_one),
	    T(what_may_be_a_name_or_a_record_is_not_believed),
	    T(a_long_line_without_a_second_header_is_one_record),
	    T(a_capture_can_be_read_from_a_number_on),
	    T(what_was_lost_while_away_is_a_gap),
	    T(the_next_boot_of_a_capture_is_not_skipped),
	    T(absurd_jumps_do_not_overflow_the_count),
	    T(a_pipe_is_read_when_it_has_something),
	    T(a_fifo_that_no_writer_has_opened_yet_is_not_at_its_end),
	    T(endless_empty_lines_do_not_hold_the_caller),
	    T(what_cannot_be_opened_says_why),
	    T(another_device_under_the_name_is_not_the_kernels),
	    T(a_device_with_nothing_new_says_wait),
	    T(overwritten_records_are_counted_by_the_next_number),
	    T(a_record_longer_than_the_buffer_is_counted_as_lost),
	    T(an_overwrite_before_the_first_record_has_no_number),
	    T(a_read_that_is_no_record_is_garbage_without_a_line),
	    T(a_broken_source_says_so),
	    T(a_forgery_written_to_the_device_arrives_as_foreign),
	    T(from_the_end_shows_nothing_older),
	    T(what_the_kernel_cuts_is_known_to_be_cut),
	};
	return cmocka_run_group_tests_name("kmsg/source", tests, NULL, NULL);
}
