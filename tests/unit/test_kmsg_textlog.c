/* kmsg/textlog: which line of a saved log begins a record, whose it is, and when it was printed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "kmsg/textlog.h"

#define MAX 64
#define TEXT 1024

static struct kmsg_textlog log_;
static struct kmsg_textlog_record got[MAX];
static char text[MAX][TEXT];
static size_t count;

static void keep(const struct kmsg_textlog_record *r)
{
	assert_true(count < MAX && r->rec.text.n < TEXT);
	memcpy(text[count], r->rec.text.p, r->rec.text.n);
	got[count] = *r;
	got[count].rec.text = slice_of(text[count], r->rec.text.n);
	count++;
}

static void read_log(struct slice all)
{
	struct slice s = all, line;
	struct kmsg_textlog_record r;
	count = 0;
	kmsg_textlog_init(&log_);
	while (take_line(&s, &line))
		kmsg_textlog_vote(&log_, line);
	s = all;
	while (take_line(&s, &line))
		if (kmsg_textlog_feed(&log_, line, &r))
			keep(&r);
	while (kmsg_textlog_end(&log_, &r))
		keep(&r);
}

static void assert_text(size_t i, const char *want)
{
	assert_true(i < count);
	if (!slice_eq(got[i].rec.text, slice_cstr(want)))
		fail_msg("record %zu: got \"%.*s\", want \"%s\"", i, (int)got[i].rec.text.n, got[i].rec.text.p, want);
}

/* One line of every rendering: all of them must give the same words, the kernel's. */
static const struct {
	const char *line;
	uint64_t usec; /* the kernel's stamp, 0 = the line has none */
	uint64_t realtime_usec;
	uint8_t level;
	char caller;
} renderings[] = {
    {"[ 5864.708440] Xy: z", 5864708440, 0, 3, 0},
    {"[Tue Nov  3 10:11:12 2015] Xy: z", 0, 0, 3, 0},
    {"[Di Aug 12 03:54:03 2025] Xy: z", 0, 0, 3, 0},
    {"[ven. nov. 28 07:26:44 2025] Xy: z", 0, 0, 3, 0},
    {"[\xe5\x9b\x9b 3\xe6\x9c\x88 18 18:47:12 2021] Xy: z", 0, 0, 3, 0},
    {"[\xd0\x92\xd1\x82 \xd0\xbd\xd0\xbe\xd1\x8f  3 10:11:12 2015] Xy: z", 0, 0, 3, 0},
    {"kern  :err   : [ 5864.708440] Xy: z", 5864708440, 0, 3, 0},
    {"kern  :warn  : 2025-01-21T08:41:30,287197+00:00 Xy: z", 0, 1737448890287197, 4, 0},
    {"2025-01-21T08:41:30,287197+00:00 Xy: z", 0, 1737448890287197, 3, 0},
    {"<6>[ 5864.708440] Xy: z", 5864708440, 0, 6, 0},
    {"[  +0.002367] Xy: z", 0, 0, 3, 0},
    {"[<    0.002367>] Xy: z", 0, 0, 3, 0},
    {"[ 5864.708440 <    0.000001>] Xy: z", 5864708440, 0, 3, 0},
    {"[Nov 3 10:11] Xy: z", 0, 0, 3, 0},
    {"[Nov28 16:06] Xy: z", 0, 0, 3, 0},
    {"[nov.28 16:06] Xy: z", 0, 0, 3, 0},
    {"[  +0,002367] Xy: z", 0, 0, 3, 0},
    {"[  +0\xd9\xab"
     "002367] Xy: z",
     0, 0, 3, 0},
    {"[T3 Thg 12  8 14:28:36 2026] Xy: z", 0, 0, 3, 0},
    {"/var/log/messages-20231103:Nov  3 10:11:12 host kernel: Xy: z", 0, 0, 3, 0},
    {"/var/log/messages-20231103-Nov  3 10:11:12 host kernel: Xy: z", 0, 0, 3, 0},
    {"kern.log:12:2023-11-03T10:11:12+0100 host kernel: Xy: z", 0, 1699002672000000, 3, 0},
    {"kern.log-13-[ 5864.708440] Xy: z", 5864708440, 0, 3, 0},
    {"7:[ 5864.708440] Xy: z", 5864708440, 0, 3, 0},
    {"Thg 12  8 14:28:36 host kernel: Xy: z", 0, 0, 3, 0},
    {"[   49.921978][ T6736] Xy: z", 49921978, 0, 3, 'T'},
    {"[   49.921978][    C1] Xy: z", 49921978, 0, 3, 'C'},
    {"[71073.562094] [T13546] Xy: z", 71073562094, 0, 3, 'T'},
    {"Nov  3 10:11:12 host kernel: [ 5864.708440] Xy: z", 5864708440, 0, 3, 0},
    {"Nov  3 10:11:12 host kernel: Xy: z", 0, 0, 3, 0},
    {"Jan  5 15:19:27 kernel: [ 5864.708440] Xy: z", 5864708440, 0, 3, 0},
    {"jun 20 03:23:46 ** kernel: Xy: z", 0, 0, 3, 0},
    {"3\xe6\x9c\x88 18 18:47:12 host kernel: Xy: z", 0, 0, 3, 0},
    {"2023-11-03T10:11:12.123456+01:00 host kernel: [ 5864.708440] Xy: z", 5864708440, 1699002672123456, 3, 0},
    {"2023-11-03T10:11:12+0100 ip-10-0-1-103.us-west-2.compute.internal kernel: Xy: z", 0, 1699002672000000, 3, 0},
    {"2023-11-03 10:11:12 host kernel: Xy: z", 0, 0, 3, 0},
    {"Nov 03 10:11:12.123456 host kernel: Xy: z", 0, 0, 3, 0},
    {"Fri 2023-11-03 09:11:12 UTC host kernel: Xy: z", 0, 1699002672000000, 3, 0},
    {"Fri 2023-11-03 10:11:12 CET host kernel: Xy: z", 0, 0, 3, 0},
    {"1699002672.123456 host kernel: Xy: z", 0, 1699002672123456, 3, 0},
    {"<4>1 2023-11-03T09:11:12.123456Z host kernel - - - [ 5864.708440] Xy: z", 5864708440, 1699002672123456, 4, 0},
    {"Nov  3 10:11:12 host kern.err kernel: [ 5864.708440] Xy: z", 5864708440, 0, 3, 0},
    {"kern: warning: [2026-01-12T20:27:31.913975631Z]: Xy: z", 0, 1768249651913975, 4, 0},
    {"10.5.0.2: kern: info: [2026-01-12T20:27:31.913975631Z]: Xy: z", 0, 1768249651913975, 6, 0},
    {"2023-11-03T09:11:12.123456789Z stdout F [ 5864.708440] Xy: z", 5864708440, 1699002672123456, 3, 0},
    {"2023-11-03T09:11:12.123Z In(05) vcpu-5 - Guest: <6>[ 5864.708440] Xy: z", 5864708440, 1699002672123000, 6, 0},
    {"{\"log\":\"[ 5864.708440] Xy: z\\n\",\"stream\":\"stdout\"}", 5864708440, 0, 3, 0},
    {"[ 5864.708440] Xy: z\r", 5864708440, 0, 3, 0},
    {"\x1b[32m[ 5864.708440] \x1b[0m\x1b[33mXy: \x1b[0mz", 5864708440, 0, 3, 0},
    {"4,77,5864708440,-,caller=T12;Xy: z", 5864708440, 0, 4, 'T'},
};

static void every_rendering_gives_the_same_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(renderings); i++) {
		print_message("%s\n", renderings[i].line);
		read_log(slice_cstr(renderings[i].line));
		assert_int_equal(count, 1);
		assert_text(0, "Xy: z");
		assert_int_equal(got[0].rec.facility, 0);
		assert_int_equal(got[0].rec.level, renderings[i].level);
		assert_int_equal(got[0].has_usec, renderings[i].usec != 0);
		if (renderings[i].usec)
			assert_int_equal(got[0].rec.usec, renderings[i].usec);
		assert_int_equal(got[0].has_realtime, renderings[i].realtime_usec != 0);
		assert_int_equal(got[0].realtime_usec, renderings[i].realtime_usec);
		assert_int_equal(got[0].rec.caller_kind, renderings[i].caller);
	}
}

static void what_another_program_wrote_is_not_the_kernels(void **state)
{
	static const char *const lines[] = {
	    "Oct 12 19:00:20 host node-problem-detector: Memory cgroup out of memory: Killed process 1 (x)",
	    "Oct 12 19:00:20 host npd[812]: Killed process 1 (x)",
	    "Oct 12 19:00:20 host kernelish: Killed process 1 (x)",
	    "Oct 12 19:00:20 host last message repeated 2 times",
	    "2023-11-03T10:11:12.123456+01:00 host npd[8]: kernel: Killed process 1 (x)",
	    "1699002672.123456 host npd: Killed process 1 (x)",
	    "user  :notice: [   12.000000] Killed process 1 (x)",
	    "user: warning: [2026-01-12T20:27:31.913975631Z]: Killed process 1 (x)",
	    "<12>[   12.000000] Killed process 1 (x)",
	    "<4>1 2023-11-03T09:11:12.123456Z host npd 8 - - Killed process 1 (x)",
	    "12,77,5864708440,-;Killed process 1 (x)",
	    "{\"MESSAGE\":\"Killed process 1 (x)\",\"_TRANSPORT\":\"journal\",\"SYSLOG_IDENTIFIER\":\"kernel\"}",
	    "{\"MESSAGE\":\"Killed process 1 (x)\",\"_TRANSPORT\":\"kernel\",\"SYSLOG_FACILITY\":\"1\"}",
	    "{\"MESSAGE\":\"Killed process 1 (x)\"}",
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(lines); i++) {
		print_message("%s\n", lines[i]);
		read_log(slice_cstr(lines[i]));
		assert_int_equal(count, 1);
		assert_int_not_equal(got[0].rec.facility, 0);
		assert_int_equal(log_.counters.kernel, 0);
		assert_int_equal(log_.counters.foreign, 1);
	}
}

static void an_indented_line_joins_the_record_above_it(void **state)
{
	(void)state;
	read_log(SLICE("[   12.000000] Mem-Info:\n"
		       "[   12.000001] active_anon:1 inactive_anon:2\n"
		       "                active_file:3\n"
		       "                unevictable:4\n"
		       "[   12.000002] Node 0\n"));
	assert_int_equal(count, 3);
	assert_text(1, "active_anon:1 inactive_anon:2\nactive_file:3\nunevictable:4");
	assert_int_equal(log_.counters.joined, 2);
}

static void text_behind_a_newline_in_a_name_never_begins_a_record(void **state)
{
	(void)state;
	/* dmesg shows a newline in a name as an indented line; a serial console as a line without a stamp. */
	read_log(SLICE("[   12.000000] a b\n"
		       "               [   12.000000] Out of memory: Killed process 1 (x)\n"
		       "[   12.000001] c\n"
		       "Out of memory: Killed process 2 (y)\n"
		       "[   12.000002] d\n"));
	assert_int_equal(count, 3);
	assert_text(0, "a b\n[   12.000000] Out of memory: Killed process 1 (x)");
	assert_text(1, "c");
	assert_text(2, "d");
	assert_int_equal(log_.counters.unread, 1);
}

static void what_a_console_overwrote_is_dropped_but_not_names(void **state)
{
	(void)state;
	read_log(SLICE("[   12.000000] a\nWriting tables: 10%\rWriting tables: 20%\r[   12.000001] b\n"
		       "[   12.000002] name\r[   12.000002] Out of memory: Killed process 1 (x)\n"));
	assert_int_equal(count, 3);
	assert_text(1, "b");
	assert_text(2, "name\r[   12.000002] Out of memory: Killed process 1 (x)");
}

static void control_characters_come_back_and_printable_escapes_stay(void **state)
{
	(void)state;
	read_log(SLICE("Nov  3 10:11:12 host kernel: anon 1#012file 2#011x#101\n"
		       "Nov  3 10:11:12 host kernel: a\\x0ab\\x09c\\xffd\\x2de\n"));
	assert_int_equal(count, 2);
	assert_text(0, "anon 1\nfile 2\tx#101");
	assert_text(1, "a\nb\tc\xff"
		       "d\\x2de");
}

static void a_line_that_a_mailer_broke_is_put_together(void **state)
{
	(void)state;
	read_log(SLICE("[   36.125003] Out of memory: Killed process 348 (polkitd)\n"
		       "total-vm:78084kB, anon-rss:2980kB, file-rss:8148kB, shmem-rss:0kB,\n"
		       "UID:998 pgtables:64kB oom_score_adj:0\n"
		       "[   36.139810] oom_reaper: reaped process 348 (polkitd), now\n"
		       "anon-rss:0kB, file-rss:0kB, shmem-rss:0kB\n"));
	assert_int_equal(count, 2);
	assert_text(0,
		    "Out of memory: Killed process 348 (polkitd) total-vm:78084kB, anon-rss:2980kB, file-rss:8148kB, "
		    "shmem-rss:0kB, UID:998 pgtables:64kB oom_score_adj:0");
}

/* A terminal of 60 columns: it cuts in words and before blanks, and no line is longer. */
static void a_line_that_a_terminal_cut_is_put_together(void **state)
{
	(void)state;
	read_log(SLICE("[   12.345678] Task in /system.slice/web.service killed as a\n"
		       " result of limit of /system.slice\n"
		       "[   12.345679] Memory cgroup out of memory: Killed process 2\n"
		       "401 (nginx) total-vm:520000kB\n"
		       "[   12.345680] short\n"));
	assert_int_equal(count, 3);
	assert_text(0, "Task in /system.slice/web.service killed as a result of limit of /system.slice");
	assert_text(1, "Memory cgroup out of memory: Killed process 2401 (nginx) total-vm:520000kB");
	assert_text(2, "short");
}

static void a_mails_source_is_read(void **state)
{
	(void)state;
	read_log(SLICE("[   12.345678] oom-kill:constraint=3DCONSTRAINT_MEMCG,nodemask=3D(nu=\r\n"
		       "ll),cpuset=3D/,task=3Dgr=C3=B6=C3=9Fe,pid=3D7,uid=3D0\r\n"
		       "[   12.345679] ends in =3D\r\n[   12.345680] torn =Z =4\r\n"));
	assert_int_equal(count, 3);
	assert_text(0, "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,task=gr\xc3\xb6\xc3\x9f"
		       "e,pid=7,uid=0");
	assert_text(1, "ends in =");
	assert_text(2, "torn =Z =4");
	read_log(SLICE("[   12.345678] oom-kill:constraint=CONSTRAINT_MEMCG,task==3D,pid=7,uid=0\n"));
	assert_text(0, "oom-kill:constraint=CONSTRAINT_MEMCG,task==3D,pid=7,uid=0");
}

static void a_name_is_no_file_that_grep_named(void **state)
{
	(void)state;
	read_log(SLICE("[   12.345678] one\nevil:[   12.345679] Killed process 1 (x)\n"
		       "Nov  3 10:11:12 host app: ./a:[   12.345679] Killed process 1 (x)\n"));
	for (size_t i = 0; i < count; i++)
		assert_true(got[i].rec.facility != 0 || !slice_starts(got[i].rec.text, SLICE("Killed")));
}

static void quoted_and_indented_pastes_are_read(void **state)
{
	(void)state;
	read_log(SLICE("> [   12.000000] a\n> [   12.000001]  b\n>\n> [   12.000002] c\n"));
	assert_int_equal(count, 3);
	assert_text(1, " b");
	read_log(SLICE("    [   12.000000] a\n    [   12.000001] b\n                   c\n"));
	assert_int_equal(count, 2);
	assert_text(1, "b\nc");
	read_log(SLICE("  a\n   <TASK>\n  b\n"));
	assert_int_equal(count, 3);
	assert_text(1, " <TASK>");
}

static void bare_text_is_a_record_a_line(void **state)
{
	(void)state;
	read_log(SLICE("Call Trace:\n <TASK>\n[ 123]     0 123 name\n"));
	assert_int_equal(count, 3);
	assert_text(1, " <TASK>");
	assert_text(2, "[ 123]     0 123 name");
	assert_int_equal(log_.counters.stamped, 0);
}

static void prose_around_a_stamped_log_is_noise(void **state)
{
	(void)state;
	read_log(SLICE(
	    "Hello,\n\nmy box died:\n\n[   12.000000] a\n[   12.000001] b\n\nOut of memory: Killed process 1 (x)\n"));
	assert_int_equal(log_.counters.stamped, 2);
	assert_int_equal(count, 3); /* the first line may be the end of a torn record */
	assert_text(0, "Hello,");
	assert_text(2, "b");
}

static void the_host_behind_a_plain_stamp_is_found_by_vote(void **state)
{
	(void)state;
	read_log(SLICE("[   12.000000] box kernel: a\n[   12.000001] box kernel: b\n[   12.000002] box npd[3]: c\n"));
	assert_int_equal(count, 3);
	assert_text(0, "a");
	assert_int_equal(got[0].rec.usec, 12000000);
	assert_int_equal(got[2].rec.facility, 1);
	read_log(SLICE("[   12.000000] usb core: a\n[   12.000001] b\n[   12.000002] c\n"));
	assert_text(0, "usb core: a");
}

static void a_stamp_that_goes_back_is_another_boot(void **state)
{
	(void)state;
	read_log(SLICE("[  900.000000] a\n[  899.999999] b\n[    1.000000] c\n"));
	assert_int_equal(count, 3);
	assert_false(got[1].restart);
	assert_true(got[2].restart);
}

static void dates_without_a_stamp_tell_near_from_far(void **state)
{
	(void)state;
	read_log(SLICE("Nov  3 10:11:12 h kernel: a\nNov  3 10:11:14 h kernel: b\nNov  4 10:11:14 h kernel: c\n"
		       "Dec  4 10:11:14 h kernel: d\nNov  3 10:11:12 h kernel: e\n"));
	assert_int_equal(count, 5);
	assert_int_equal(got[1].rec.usec - got[0].rec.usec, 2000000);
	assert_int_equal(got[2].rec.usec - got[1].rec.usec, 86400ull * 1000000);
	assert_true(got[3].rec.usec >= got[2].rec.usec + 86400ull * 1000000);
	assert_true(got[4].rec.usec >= got[3].rec.usec + 86400ull * 1000000);
}

static void a_capture_keeps_its_numbers_and_shows_its_gaps(void **state)
{
	(void)state;
	read_log(SLICE("4,10,1000,-;a\\x0ab\n SUBSYSTEM=pci\n4,11,1001,c;c\n4,14,1002,-;d\n6,2,50,-;e\n"));
	assert_int_equal(count, 4);
	assert_text(0, "a\nb");
	assert_false(got[0].rec.cut);
	assert_int_equal(got[1].rec.flag, 'c');
	assert_false(got[1].gap);
	assert_true(got[2].gap);
	assert_int_equal(got[2].rec.seq, 14);
	assert_true(got[3].restart);
}

static void journal_entries_are_read_in_every_form(void **state)
{
	static const char export_form[] =
	    "__CURSOR=s=1\n__REALTIME_TIMESTAMP=1700000000000000\n_BOOT_ID=0123456789abcdef0123456789abcdef\n"
	    "_TRANSPORT=kernel\nSYSLOG_FACILITY=0\nPRIORITY=4\n_SOURCE_MONOTONIC_TIMESTAMP=777\n"
	    "MESSAGE\n\4\0\0\0\0\0\0\0a\n\nb\n_HOSTNAME=box\n\n"
	    "__CURSOR=s=2\n_TRANSPORT=kernel\nSYSLOG_FACILITY=0\nMESSAGE=second\n\n";
	static const char json_form[] =
	    "{\"__REALTIME_TIMESTAMP\":\"1700000000000000\",\"_BOOT_ID\":\"0123456789abcdef0123456789abcdef\","
	    "\"_TRANSPORT\":\"kernel\",\"SYSLOG_FACILITY\":\"0\",\"PRIORITY\":\"4\",\"X\":null,\"Y\":[\"p\",\"q\"],"
	    "\"_SOURCE_MONOTONIC_TIMESTAMP\":\"777\",\"MESSAGE\":[97,10,10,98],\"_HOSTNAME\":\"box\"}\n"
	    "{\"_TRANSPORT\":\"kernel\",\"SYSLOG_FACILITY\":\"0\",\"MESSAGE\":\"se\\u0063ond\"}\n";
	static const char pretty_form[] =
	    "{\n\t\"__REALTIME_TIMESTAMP\" : \"1700000000000000\",\n"
	    "\t\"_BOOT_ID\" : \"0123456789abcdef0123456789abcdef\",\n\t\"_TRANSPORT\" : \"kernel\",\n"
	    "\t\"PRIORITY\" : \"4\",\n\t\"_SOURCE_MONOTONIC_TIMESTAMP\" : \"777\",\n"
	    "\t\"MESSAGE\" : \"a\\n\\nb\",\n\t\"_HOSTNAME\" : \"box\"\n}\n"
	    "{\n\t\"_TRANSPORT\" : \"kernel\",\n\t\"MESSAGE\" : \"second\"\n}\n";
	static const struct slice forms[] = {{export_form, sizeof(export_form) - 1},
					     {json_form, sizeof(json_form) - 1},
					     {pretty_form, sizeof(pretty_form) - 1}};
	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(forms); i++) {
		read_log(forms[i]);
		assert_int_equal(count, 2);
		assert_text(0, "a\n\nb");
		assert_text(1, "second");
		assert_int_equal(got[0].rec.facility, 0);
		assert_int_equal(got[0].rec.level, 4);
		assert_true(got[0].has_usec);
		assert_int_equal(got[0].rec.usec, 777);
		assert_int_equal(got[0].realtime_usec, 1700000000000000);
	}
	read_log(SLICE(
	    "Fri 2023-11-03 09:11:12.123456 UTC [s=ab;i=1;b=c;m=d;t=e;x=f]\n    _TRANSPORT=kernel\n    PRIORITY=4\n"
	    "    MESSAGE=first\nFri 2023-11-03 09:11:13.000000 UTC [s=ab;i=2;b=c;m=d;t=e;x=f]\n"
	    "    _TRANSPORT=kernel\n    MESSAGE=second\n"));
	assert_int_equal(count, 2);
	assert_text(0, "first");
	assert_text(1, "second");
}

/* What follows a newline in a message of -o verbose stands below the value, and may look like a field of the journal.
 */
static void a_message_in_verbose_form_cannot_pose_as_fields(void **state)
{
	(void)state;
	read_log(SLICE("Tue 2015-11-03 10:11:12.000000 UTC [s=1;i=1;b=2;m=3;t=4;x=5]\n"
		       "    MESSAGE=I am a program\n"
		       "            _TRANSPORT=kernel\n"
		       "            SYSLOG_IDENTIFIER=kernel\n"
		       "            SYSLOG_FACILITY=0\n"
		       "    _TRANSPORT=syslog\n"
		       "    SYSLOG_IDENTIFIER=me\n"
		       "Tue 2015-11-03 10:11:13.000000 UTC [s=1;i=2;b=2;m=3;t=4;x=5]\n"
		       "    _TRANSPORT=kernel\n"
		       "    SYSLOG_FACILITY=0\n"
		       "    SYSLOG_IDENTIFIER=kernel\n"
		       "    MESSAGE=active_anon:1\n"
		       "             active_file:2\n"));
	assert_int_equal(count, 2);
	assert_int_equal(got[0].rec.facility, 1);
	assert_text(0, "I am a program\n_TRANSPORT=kernel\nSYSLOG_IDENTIFIER=kernel\nSYSLOG_FACILITY=0");
	assert_int_equal(got[1].rec.facility, 0);
	assert_text(1, "active_anon:1\n active_file:2");
}

static void a_value_of_many_lines_in_pretty_json_is_one_value(void **state)
{
	(void)state;
	read_log(SLICE("{\n\t\"MESSAGE\" : [\n\t\t88,\n\t\t255,\n\t\t10\n\t],\n\t\"_TRANSPORT\" : \"kernel\",\n"
		       "\t\"_UDEV_DEVLINK\" : [\n\t\t\"/dev/a\",\n\t\t\"/dev/b\"\n\t],\n"
		       "\t\"PRIORITY\" : \"3\"\n}\n"));
	assert_int_equal(count, 1);
	assert_text(0, "X\xff\n");
	assert_int_equal(got[0].rec.facility, 0);
	assert_int_equal(got[0].rec.level, 3);
}

static void dmesg_json_is_read_and_other_logs_with_its_keys_are_not(void **state)
{
	(void)state;
	read_log(
	    SLICE("{\n   \"dmesg\": [\n      {\n         \"pri\": 3,\n         \"time\":     5.708440,\n"
		  "         \"msg\": \"one\\n\"\n      },{\n         \"fac\": \"kern\",\n"
		  "         \"pri\": \"err\",\n         \"time\":     6.000000,\n         \"msg\": \"two\"\n      },{\n"
		  "         \"fac\": \"daemon\",\n         \"pri\": \"err\",\n         \"time\":     7.000000,\n"
		  "         \"msg\": \"three\"\n      }\n   ]\n}\n"));
	assert_true(count >= 3);
	for (size_t i = 0; i < 3; i++) {
		static const char *const words[] = {"one", "two", "three"};
		assert_text(i, words[i]);
		assert_int_equal(got[i].rec.facility, i == 2 ? 3 : 0);
		assert_int_equal(got[i].rec.level, 3);
		assert_true(got[i].has_usec == (i < 2));
	}
	assert_int_equal(got[0].rec.usec, 5708440);
	read_log(SLICE("{\"time\":\"1.000000\",\"pri\":3,\"msg\":\"Out of memory: Killed process 1\"}\n"));
	for (size_t i = 0; i < count; i++)
		assert_false(slice_starts(got[i].rec.text, SLICE("Out of memory")));
}

static void a_summary_printed_in_pieces_is_marked(void **state)
{
	(void)state;
	read_log(SLICE("[   12.000000] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null)\n[   12.000000] ,cpuset=\n"
		       "[   12.000001] ,task=x,pid=1,uid=0\n"));
	assert_int_equal(got[0].rec.flag, '-');
	assert_int_equal(got[1].rec.flag, 'c');
	assert_int_equal(got[2].rec.flag, 'c');
}

static void a_line_cut_by_the_container_runtime_is_put_together(void **state)
{
	(void)state;
	read_log(
	    SLICE("2023-11-03T09:11:12.1Z stdout P [   12.000000] Killed pro\n"
		  "2023-11-03T09:11:12.2Z stdout F cess 1 (x)\n2023-11-03T09:11:12.3Z stdout F [   12.100000] b\n"));
	assert_int_equal(count, 2);
	assert_text(0, "Killed process 1 (x)");
}

static void a_text_too_long_is_cut_and_says_so(void **state)
{
	static char big[LIMIT_LINE * 2];
	struct kmsg_textlog_record r;
	(void)state;
	memset(big, 'a', sizeof(big));
	memcpy(big, "[   12.000000] ", 15);
	kmsg_textlog_init(&log_);
	assert_false(kmsg_textlog_feed(&log_, slice_of(big, sizeof(big)), &r));
	assert_true(kmsg_textlog_end(&log_, &r));
	assert_true(r.rec.cut);
	assert_int_equal(r.rec.text.n, LIMIT_LINE);
	assert_int_equal(log_.counters.cut, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_rendering_gives_the_same_words),
	    cmocka_unit_test(what_another_program_wrote_is_not_the_kernels),
	    cmocka_unit_test(an_indented_line_joins_the_record_above_it),
	    cmocka_unit_test(text_behind_a_newline_in_a_name_never_begins_a_record),
	    cmocka_unit_test(what_a_console_overwrote_is_dropped_but_not_names),
	    cmocka_unit_test(control_characters_come_back_and_printable_escapes_stay),
	    cmocka_unit_test(a_line_that_a_mailer_broke_is_put_together),
	    cmocka_unit_test(a_line_that_a_terminal_cut_is_put_together),
	    cmocka_unit_test(a_mails_source_is_read),
	    cmocka_unit_test(a_name_is_no_file_that_grep_named),
	    cmocka_unit_test(quoted_and_indented_pastes_are_read),
	    cmocka_unit_test(bare_text_is_a_record_a_line),
	    cmocka_unit_test(prose_around_a_stamped_log_is_noise),
	    cmocka_unit_test(the_host_behind_a_plain_stamp_is_found_by_vote),
	    cmocka_unit_test(a_stamp_that_goes_back_is_another_boot),
	    cmocka_unit_test(dates_without_a_stamp_tell_near_from_far),
	    cmocka_unit_test(a_capture_keeps_its_numbers_and_shows_its_gaps),
	    cmocka_unit_test(journal_entries_are_read_in_every_form),
	    cmocka_unit_test(a_message_in_verbose_form_cannot_pose_as_fields),
	    cmocka_unit_test(a_value_of_many_lines_in_pretty_json_is_one_value),
	    cmocka_unit_test(dmesg_json_is_read_and_other_logs_with_its_keys_are_not),
	    cmocka_unit_test(a_summary_printed_in_pieces_is_marked),
	    cmocka_unit_test(a_line_cut_by_the_container_runtime_is_put_together),
	    cmocka_unit_test(a_text_too_long_is_cut_and_says_so),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
