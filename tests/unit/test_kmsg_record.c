/* kmsg/record: header, un-escaping, and where a text truly ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/limits.h"
#include "kmsg/record.h"

static char buf[LIMIT_KMSG_READ];

static struct kmsg_record parsed(struct slice raw)
{
	struct kmsg_record r;
	assert_true(raw.n <= sizeof(buf));
	assert_int_equal(kmsg_record_parse(raw, buf, &r), KMSG_PARSE_OK);
	return r;
}

static void assert_text(struct slice got, struct slice want)
{
	if (!slice_eq(got, want))
		fail_msg("got \"%.*s\", want \"%.*s\"", (int)got.n, got.p, (int)want.n, want.p);
}

static void the_header_is_read(void **state)
{
	(void)state;
	struct kmsg_record r = parsed(SLICE("3,603,21671238,-;Out of memory: Killed process 268 (hog)\n"));
	assert_int_equal(r.facility, 0);
	assert_int_equal(r.level, 3);
	assert_int_equal(r.seq, 603);
	assert_int_equal(r.usec, 21671238);
	assert_int_equal(r.flag, '-');
	assert_int_equal(r.caller_kind, 0);
	assert_false(r.cut);
	assert_text(r.text, SLICE("Out of memory: Killed process 268 (hog)"));
}

static void a_priority_of_8_or_more_was_written_by_a_process(void **state)
{
	(void)state;
	assert_int_equal(parsed(SLICE("7,1,2,-;x\n")).facility, 0);
	assert_int_equal(parsed(SLICE("8,1,2,-;x\n")).facility, 1);
	struct kmsg_record r = parsed(SLICE("30,1,2,-;x\n"));
	assert_int_equal(r.facility, 3);
	assert_int_equal(r.level, 6);
	/* A facility that a byte would hold as 0. */
	assert_int_equal(parsed(SLICE("2051,1,2,-;x\n")).facility, 256);
	assert_int_equal(parsed(SLICE("99999999,1,2,-;x\n")).facility, 99999999 >> 3);
}

static void the_first_semicolon_ends_the_header(void **state)
{
	(void)state;
	assert_text(parsed(SLICE("6,1,2,-;a;b,c;\n")).text, SLICE("a;b,c;"));
	assert_text(parsed(SLICE("6,1,2,-;\n")).text, SLICE(""));
	assert_text(parsed(SLICE("6,1,2,-;;\n")).text, SLICE(";"));
}

static void pieces_keep_their_flag_and_unknown_flags_are_no_pieces(void **state)
{
	(void)state;
	assert_int_equal(parsed(SLICE("6,1,2,c;x\n")).flag, 'c');
	assert_int_equal(parsed(SLICE("6,1,2,+;x\n")).flag, '+');
	assert_int_equal(parsed(SLICE("6,1,2,z;x\n")).flag, '-');
}

static void the_caller_is_a_task_or_a_cpu(void **state)
{
	(void)state;
	struct kmsg_record r = parsed(SLICE("6,1,2,-,caller=T4123;x\n"));
	assert_int_equal(r.caller_kind, 'T');
	assert_int_equal(r.caller_id, 4123);
	r = parsed(SLICE("6,1,2,-,later=1,caller=C7,more;x\n"));
	assert_int_equal(r.caller_kind, 'C');
	assert_int_equal(r.caller_id, 7);
	r = parsed(SLICE("6,1,2,-,caller=T4294967295;x\n"));
	assert_int_equal(r.caller_id, UINT32_MAX);
}

static void a_caller_that_cannot_be_read_is_not_told(void **state)
{
	(void)state;
	static const struct slice fields[] = {
	    SLICE("6,1,2,-,caller=;x\n"),
	    SLICE("6,1,2,-,caller=T;x\n"),
	    SLICE("6,1,2,-,caller=X1;x\n"),
	    SLICE("6,1,2,-,caller=T1x;x\n"),
	    SLICE("6,1,2,-,caller=T4294967296;x\n"),
	    SLICE("6,1,2,-,caller=T-1;x\n"),
	    SLICE("6,1,2,-,Caller=T1;x\n"),
	    SLICE("6,1,2,-,;x\n"),
	};
	for (size_t i = 0; i < ARRAY_COUNT(fields); i++) {
		struct kmsg_record r = parsed(fields[i]);
		assert_int_equal(r.caller_kind, 0);
		assert_int_equal(r.caller_id, 0);
		assert_text(r.text, SLICE("x"));
	}
}

static void what_is_no_record_is_refused_with_the_reason(void **state)
{
	(void)state;
	static const struct {
		struct slice raw;
		enum kmsg_parse why;
	} rows[] = {
	    {SLICE(""), KMSG_PARSE_NO_HEADER},
	    {SLICE("\n"), KMSG_PARSE_NO_HEADER},
	    {SLICE(";"), KMSG_PARSE_NO_HEADER},
	    {SLICE("6,1,2,-\n"), KMSG_PARSE_NO_HEADER},
	    {SLICE("6,1,2;x\n"), KMSG_PARSE_NO_HEADER},
	    {SLICE("6,1,2,;x\n"), KMSG_PARSE_NO_HEADER},
	    {SLICE("6,1,2,--;x\n"), KMSG_PARSE_NO_HEADER},
	    {SLICE("6,1,2, ;x\n"), KMSG_PARSE_NO_HEADER},
	    {SLICE("6,1,2,-\n a;b\n"), KMSG_PARSE_NO_HEADER},
	    {SLICE("[   12.345678] Killed process 1 (a); b\n"), KMSG_PARSE_NO_HEADER},
	    {SLICE(",1,2,-;x\n"), KMSG_PARSE_BAD_NUMBER},
	    {SLICE("6,,2,-;x\n"), KMSG_PARSE_BAD_NUMBER},
	    {SLICE(" 6,1,2,-;x\n"), KMSG_PARSE_BAD_NUMBER},
	    {SLICE("-6,1,2,-;x\n"), KMSG_PARSE_BAD_NUMBER},
	    {SLICE("6,1,2.5,-;x\n"), KMSG_PARSE_BAD_NUMBER},
	    {SLICE("6,0x1,2,-;x\n"), KMSG_PARSE_BAD_NUMBER},
	    {SLICE("100000000,1,2,-;x\n"), KMSG_PARSE_BAD_NUMBER},
	    {SLICE("18446744073709551619,1,2,-;x\n"), KMSG_PARSE_BAD_NUMBER},
	    {SLICE("6,9223372036854775808,2,-;x\n"), KMSG_PARSE_BAD_NUMBER},
	    {SLICE("6,18446744073709551616,2,-;x\n"), KMSG_PARSE_BAD_NUMBER},
	    {SLICE("6,1,18446744073709552,-;x\n"), KMSG_PARSE_BAD_NUMBER},
	};
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		struct kmsg_record r = {.seq = 42};
		if (kmsg_record_parse(rows[i].raw, buf, &r) != rows[i].why)
			fail_msg("row %zu: \"%.*s\"", i, (int)rows[i].raw.n, rows[i].raw.p);
		assert_int_equal(r.seq, 42); /* untouched */
	}
}

static void the_largest_numbers_a_kernel_can_print_are_read(void **state)
{
	(void)state;
	struct kmsg_record r = parsed(SLICE("6,9223372036854775807,18446744073709551,-;x\n"));
	assert_true(r.seq == INT64_MAX);
	assert_true(r.usec == UINT64_MAX / 1000);
}

static void an_escape_is_undone_exactly_once(void **state)
{
	(void)state;
	assert_text(parsed(SLICE("6,1,2,-;a\\x0ab\\x5cx41\\xe4\\xff\\x00z\n")).text, SLICE("a\nb\\x41\xe4\xff\0z"));
	assert_text(parsed(SLICE("6,1,2,-;\\x5c\\x5c\n")).text, SLICE("\\\\"));
}

static void a_backslash_that_begins_no_escape_is_kept(void **state)
{
	(void)state;
	struct kmsg_record r = parsed(SLICE("6,1,2,-;\\n \\xg0 \\x0g \\x4A \\X41 \\\\x41 \\xZ\n"));
	assert_text(r.text, SLICE("\\n \\xg0 \\x0g \\x4A \\X41 \\A \\xZ"));
	assert_false(r.cut);
}

static void raw_bytes_that_no_kernel_prints_are_kept(void **state)
{
	(void)state;
	assert_text(parsed(SLICE("6,1,2,-;a\0b\r\x80\n")).text, SLICE("a\0b\r\x80"));
}

static void dictionary_lines_are_no_text(void **state)
{
	(void)state;
	struct kmsg_record r = parsed(SLICE("6,1,2,-;usb 1-1: new\n SUBSYSTEM=usb\n DEVICE=c189:1\n"));
	assert_text(r.text, SLICE("usb 1-1: new"));
	assert_false(r.cut);
}

static void a_text_without_its_newline_is_cut(void **state)
{
	(void)state;
	struct kmsg_record r = parsed(SLICE("6,1,2,-;Killed process 12"));
	assert_true(r.cut);
	assert_text(r.text, SLICE("Killed process 12"));
	assert_true(parsed(SLICE("6,1,2,-;")).cut);
}

static void the_beginning_of_an_escape_at_the_end_is_no_text(void **state)
{
	(void)state;
	static const struct slice torn[] = {
	    SLICE("6,1,2,-;ab\\"),   SLICE("6,1,2,-;ab\\x"),   SLICE("6,1,2,-;ab\\xe"),
	    SLICE("6,1,2,-;ab\\\n"), SLICE("6,1,2,-;ab\\x\n"), SLICE("6,1,2,-;ab\\xe\n"),
	};
	for (size_t i = 0; i < ARRAY_COUNT(torn); i++) {
		struct kmsg_record r = parsed(torn[i]);
		assert_true(r.cut);
		assert_text(r.text, SLICE("ab"));
	}
}

/* A record of exactly the kernel's buffer: header, `fill` times 'a', `tail`. */
static struct slice full_record(struct slice tail)
{
	static char raw[KMSG_READ_FULL];
	struct slice head = SLICE("6,1,2,-;");
	memset(raw, 'a', sizeof(raw));
	memcpy(raw, head.p, head.n);
	memcpy(raw + sizeof(raw) - tail.n, tail.p, tail.n);
	return slice_of(raw, sizeof(raw));
}

/* Seen on 6.18: 600 bytes 0x01 and "TAIL" end in `\x01T`, `\x0T`, `\xT` or `T`, by where the buffer ends. */
static void the_last_byte_of_a_full_buffer_is_not_believed(void **state)
{
	(void)state;
	static const struct {
		struct slice tail, text;
	} rows[] = {
	    {SLICE("!\\x01T"), SLICE("!\x01")}, {SLICE("!\\x0T"), SLICE("!")}, {SLICE("!\\x0b"), SLICE("!")},
	    {SLICE("!\\xb"), SLICE("!")},       {SLICE("!\\b"), SLICE("!")},   {SLICE("!b"), SLICE("!")},
	    {SLICE("!\\x0\n"), SLICE("!")},     {SLICE("!\\\n"), SLICE("!")},  {SLICE("!\n"), SLICE("!")},
	};
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		struct kmsg_record r = parsed(full_record(rows[i].tail));
		assert_true(r.cut);
		if (!slice_ends(r.text, rows[i].text) || (rows[i].text.n == 1 && r.text.p[r.text.n - 1] != '!'))
			fail_msg("row %zu", i);
	}
}

static void a_full_buffer_that_holds_a_dictionary_has_a_whole_text(void **state)
{
	(void)state;
	struct kmsg_record r = parsed(full_record(SLICE("!\n SUBSYSTEM=us")));
	assert_false(r.cut);
	assert_true(slice_ends(r.text, SLICE("!")));
}

static void every_reason_has_words(void **state)
{
	(void)state;
	for (int why = KMSG_PARSE_OK; why <= KMSG_PARSE_JOINED; why++)
		assert_true(strlen(kmsg_parse_reason((enum kmsg_parse)why)) > 0);
	assert_string_equal(kmsg_parse_reason(KMSG_PARSE_NO_HEADER), "no PRI,SEQ,TIME,FLAG; header");
	assert_non_null(kmsg_parse_reason((enum kmsg_parse)99));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_header_is_read),
	    cmocka_unit_test(a_priority_of_8_or_more_was_written_by_a_process),
	    cmocka_unit_test(the_first_semicolon_ends_the_header),
	    cmocka_unit_test(pieces_keep_their_flag_and_unknown_flags_are_no_pieces),
	    cmocka_unit_test(the_caller_is_a_task_or_a_cpu),
	    cmocka_unit_test(a_caller_that_cannot_be_read_is_not_told),
	    cmocka_unit_test(what_is_no_record_is_refused_with_the_reason),
	    cmocka_unit_test(the_largest_numbers_a_kernel_can_print_are_read),
	    cmocka_unit_test(an_escape_is_undone_exactly_once),
	    cmocka_unit_test(a_backslash_that_begins_no_escape_is_kept),
	    cmocka_unit_test(raw_bytes_that_no_kernel_prints_are_kept),
	    cmocka_unit_test(dictionary_lines_are_no_text),
	    cmocka_unit_test(a_text_without_its_newline_is_cut),
	    cmocka_unit_test(the_beginning_of_an_escape_at_the_end_is_no_text),
	    cmocka_unit_test(the_last_byte_of_a_full_buffer_is_not_believed),
	    cmocka_unit_test(a_full_buffer_that_holds_a_dictionary_has_a_whole_text),
	    cmocka_unit_test(every_reason_has_words),
	};
	return cmocka_run_group_tests_name("kmsg/record", tests, NULL, NULL);
}
