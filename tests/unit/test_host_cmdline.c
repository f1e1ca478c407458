/* Command lines by threads. A FIFO in the place of the file holds up its reader as a locked process does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/cmdline.h"

/* Never waited out by what works. */
#define LONG_USEC (20 * 1000 * 1000)

struct fixture {
	struct host_cmdlines *c;
	char folder[64];
	int quick, stuck; /* folders: with a cmdline, with one that holds up */
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	snprintf(f->folder, sizeof(f->folder), "/tmp/oomwatchd-cmdline-XXXXXX");
	assert_non_null(mkdtemp(f->folder));
	int top = open(f->folder, O_PATH | O_DIRECTORY);
	assert_int_equal(mkdirat(top, "quick", 0700), 0);
	assert_int_equal(mkdirat(top, "stuck", 0700), 0);
	f->quick = openat(top, "quick", O_PATH | O_DIRECTORY | O_CLOEXEC);
	f->stuck = openat(top, "stuck", O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(mkfifoat(f->stuck, "cmdline", 0600), 0);
	close(top);
	f->c = host_cmdlines_open();
	assert_non_null(f->c);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	char path[100];
	if (f->c)
		host_cmdlines_close(f->c);
	unlinkat(f->quick, "cmdline", 0);
	unlinkat(f->stuck, "cmdline", 0);
	close(f->quick);
	close(f->stuck);
	snprintf(path, sizeof(path), "%s/quick", f->folder);
	rmdir(path);
	snprintf(path, sizeof(path), "%s/stuck", f->folder);
	rmdir(path);
	rmdir(f->folder);
	free(f);
	return 0;
}

static void write_quick(struct fixture *f, const char *text, size_t n)
{
	int fd = openat(f->quick, "cmdline", O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_int_equal(write(fd, text, n), n);
	close(fd);
}

static struct host_cmdline read_quick(struct fixture *f)
{
	struct host_cmdline said;
	int ticket = host_cmdlines_ask(f->c, f->quick);
	assert_true(ticket >= 0);
	host_cmdlines_step_back(f->c);
	assert_true(host_cmdlines_await(f->c, ticket, LONG_USEC, &said));
	host_cmdlines_forget(f->c, ticket);
	return said;
}

/* Readers that wait at the FIFO are let go: its end of file is an empty command line. */
static void let_go(struct fixture *f)
{
	int fd = openat(f->stuck, "cmdline", O_WRONLY | O_NONBLOCK);
	if (fd >= 0)
		close(fd);
}

static void hold_up_all(struct fixture *f, int ticket[HOST_CMDLINE_READERS])
{
	for (int i = 0; i < HOST_CMDLINE_READERS; i++) {
		ticket[i] = host_cmdlines_ask(f->c, f->stuck);
		assert_true(ticket[i] >= 0);
	}
	for (int i = 0; i < 20000 && !host_cmdlines_stuck(f->c); i++) {
		host_cmdlines_waiting(f->c);
		usleep(1000);
	}
	assert_true(host_cmdlines_stuck(f->c));
}

static void arguments_are_read_to_their_bound(void **state)
{
	struct fixture *f = *state;
	char big[LIMIT_CMDLINE + 10];
	write_quick(f, "a\0b c\0", 6);
	struct host_cmdline said = read_quick(f);
	assert_true(slice_eq(said.text, slice_of("a\0b c\0", 6)));
	assert_false(said.cut);
	memset(big, 'x', sizeof(big));
	write_quick(f, big, LIMIT_CMDLINE);
	said = read_quick(f);
	assert_int_equal(said.text.n, LIMIT_CMDLINE);
	assert_false(said.cut);
	write_quick(f, big, sizeof(big));
	said = read_quick(f);
	assert_int_equal(said.text.n, LIMIT_CMDLINE);
	assert_true(said.cut);
}

static void what_is_not_there_is_an_empty_answer(void **state)
{
	struct fixture *f = *state;
	assert_false(slice_present(read_quick(f).text));
	write_quick(f, "", 0);
	assert_false(slice_present(read_quick(f).text));
}

static void the_folder_stays_the_callers(void **state)
{
	struct fixture *f = *state;
	write_quick(f, "mine", 4);
	for (int i = 0; i < 3 * HOST_CMDLINE_TICKETS; i++)
		assert_true(slice_eq(read_quick(f).text, SLICE("mine")));
	assert_int_not_equal(fcntl(f->quick, F_GETFD), -1);
}

static void there_are_only_so_many_tickets(void **state)
{
	struct fixture *f = *state;
	struct host_cmdline said;
	int ticket[HOST_CMDLINE_TICKETS];
	write_quick(f, "x", 1);
	for (int i = 0; i < HOST_CMDLINE_TICKETS; i++) {
		ticket[i] = host_cmdlines_ask(f->c, f->quick);
		assert_true(ticket[i] >= 0);
	}
	assert_int_equal(host_cmdlines_ask(f->c, f->quick), -1);
	assert_int_equal(host_cmdlines_refused(f->c), 0);
	for (int i = 0; i < HOST_CMDLINE_TICKETS; i++) {
		assert_true(host_cmdlines_await(f->c, ticket[i], LONG_USEC, &said));
		assert_true(slice_eq(said.text, SLICE("x")));
	}
	assert_int_equal(host_cmdlines_waiting(f->c), 0);
	host_cmdlines_forget(f->c, ticket[7]);
	assert_int_equal(host_cmdlines_ask(f->c, f->quick), ticket[7]);
}

static void one_that_is_stuck_holds_up_nobody(void **state)
{
	struct fixture *f = *state;
	struct host_cmdline said;
	write_quick(f, "on", 2);
	int ticket = host_cmdlines_ask(f->c, f->stuck);
	for (int i = 0; i < 100; i++)
		assert_true(slice_eq(read_quick(f).text, SLICE("on")));
	assert_false(host_cmdlines_answer(f->c, ticket, &said));
	assert_false(host_cmdlines_await(f->c, ticket, 2000, &said));
	assert_false(host_cmdlines_stuck(f->c));
	let_go(f);
	assert_true(host_cmdlines_await(f->c, ticket, LONG_USEC, &said));
	assert_false(slice_present(said.text));
}

static void when_all_are_stuck_nothing_more_is_taken_on_until_they_are_not(void **state)
{
	struct fixture *f = *state;
	struct host_cmdline said;
	int ticket[HOST_CMDLINE_READERS];
	write_quick(f, "on", 2);
	hold_up_all(f, ticket);
	assert_int_equal(host_cmdlines_ask(f->c, f->quick), -1);
	assert_int_equal(host_cmdlines_ask(f->c, f->quick), -1);
	assert_int_equal(host_cmdlines_refused(f->c), 2);
	let_go(f);
	for (int i = 0; i < HOST_CMDLINE_READERS; i++)
		assert_true(host_cmdlines_await(f->c, ticket[i], LONG_USEC, &said));
	assert_false(host_cmdlines_stuck(f->c));
	assert_true(slice_eq(read_quick(f).text, SLICE("on")));
	assert_int_equal(host_cmdlines_refused(f->c), 2);
}

static void a_forgotten_ticket_comes_back_when_its_reader_does(void **state)
{
	struct fixture *f = *state;
	int ticket[HOST_CMDLINE_TICKETS];
	write_quick(f, "on", 2);
	int stuck = host_cmdlines_ask(f->c, f->stuck);
	host_cmdlines_forget(f->c, stuck);
	for (int i = 0; i < HOST_CMDLINE_TICKETS - 1; i++) {
		ticket[i] = host_cmdlines_ask(f->c, f->quick);
		assert_true(ticket[i] >= 0);
		assert_int_not_equal(ticket[i], stuck);
	}
	assert_int_equal(host_cmdlines_ask(f->c, f->quick), -1);
	int again = -1;
	for (int i = 0; i < 20000 && again < 0; i++, usleep(1000)) {
		let_go(f); /* the reader may only now come to the FIFO */
		again = host_cmdlines_ask(f->c, f->quick);
	}
	assert_int_equal(again, stuck);
}

static void it_closes_while_readers_are_stuck(void **state)
{
	struct fixture *f = *state;
	int ticket[HOST_CMDLINE_READERS];
	hold_up_all(f, ticket);
	host_cmdlines_close(f->c);
	f->c = NULL;
	let_go(f); /* they give back what they hold; the sanitizers watch */
	usleep(20 * 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(arguments_are_read_to_their_bound, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(what_is_not_there_is_an_empty_answer, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(the_folder_stays_the_callers, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(there_are_only_so_many_tickets, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(one_that_is_stuck_holds_up_nobody, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(when_all_are_stuck_nothing_more_is_taken_on_until_they_are_not, set_up,
					    tear_down),
	    cmocka_unit_test_setup_teardown(a_forgotten_ticket_comes_back_when_its_reader_does, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(it_closes_while_readers_are_stuck, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
