#include "sink_socket_fixture.h"

static struct peer *const a = &peers[0], *const b = &peers[1];

/* ---- hello and live events ---- */

static void a_client_is_greeted_and_gets_events_as_they_happen(void **state)
{
	(void)state;
	connect_peer(a);
	expect_line(a, HELLO "}");
	expect_nothing(a);
	publish(3);
	expect_events(a, 0, 3);
	expect_nothing(a);
	assert_int_equal(sink_socket_counters(server)->sent, 3);
}

static void hello_names_the_oldest_and_newest_retained_event(void **state)
{
	(void)state;
	publish(LIMIT_RETAINED + 10);
	connect_peer(a);
	expect_line(a, HELLO ",\"oldest_id\":\"" BOOT "-10\",\"newest_id\":\"" BOOT "-265\"}");
	expect_nothing(a);
}

static void an_id_that_would_break_the_json_is_not_said(void **state)
{
	(void)state;
	struct sink_socket *odd = sink_socket_new(SLICE("\"boot"));
	assert_int_equal(sink_socket_listen(odd, in_dir("odd.sock"), "x"), 0);
	sink_socket_free(odd);
	event_init(&event, EVENT_OOM_KILL);
	event.id = SLICE("a\"b");
	sink_socket_publish(server, &(struct sink_message){.event = &event, .json = SLICE("{\"n\":0}")});
	connect_peer(a);
	expect_line(a, HELLO "}");
}

static void every_client_gets_every_event(void **state)
{
	(void)state;
	for (size_t i = 0; i < LIMIT_CLIENTS; i++)
		greeted(&peers[i]);
	publish(20);
	for (size_t i = 0; i < LIMIT_CLIENTS; i++)
		expect_events(&peers[i], 0, 20);
	assert_int_equal(sink_socket_counters(server)->sent, 20 * LIMIT_CLIENTS);
}

/* ---- replay ---- */

static void replay_gives_the_last_events_before_the_live_ones(void **state)
{
	(void)state;
	publish(10);
	send_text(greeted(a), "{\"replay\":4}\n");
	settle();
	publish(2);
	expect_events(a, 6, 12);
	expect_nothing(a);
}

static void a_request_sent_before_the_server_accepts_is_answered_in_order(void **state)
{
	(void)state;
	publish(5);
	connect_peer(a);
	send_text(a, "{\"replay\":2}\n");
	publish(1);
	settle();
	assert_true(slice_starts(next_line(a), SLICE(HELLO)));
	publish(1);
	expect_events(a, 4, 7);
	expect_nothing(a);
}

static void what_was_retained_before_there_were_clients_is_replayed(void **state)
{
	(void)state;
	static char too_long[LIMIT_EVENT_JSON + 1];
	sink_socket_retain(server, SLICE(BOOT "-7000"), SLICE("{\"n\":7000,\"pad\":\"\"}"));
	sink_socket_retain(server, SLICE(BOOT "-7001"), slice_of(too_long, sizeof(too_long)));
	sink_socket_retain(server, SLICE(BOOT "-7002"), SLICE("{\"n\":7002,\"pad\":\"\"}"));
	publish(1);
	connect_peer(a);
	send_text(a, "{\"after\":\"" BOOT "-7000\"}\n");
	expect_line(a, HELLO ",\"oldest_id\":\"" BOOT "-7000\",\"newest_id\":\"" BOOT "-0\"}");
	expect_events(a, 7002, 7003);
	expect_events(a, 0, 1);
	expect_nothing(a);
}

static void replay_of_more_than_is_retained_gives_all_that_is(void **state)
{
	(void)state;
	publish(LIMIT_RETAINED + 44);
	send_text(greeted(a), " { \"replay\" : 18446744073709551616 } \r\n");
	expect_events(a, 44, LIMIT_RETAINED + 44);
	expect_nothing(a);
}

static void replay_of_none_gives_none(void **state)
{
	(void)state;
	publish(5);
	send_text(greeted(a), "{\"replay\":0}\n");
	expect_nothing(a);
	publish(1);
	expect_events(a, 5, 6);
}

static void after_an_id_come_the_events_behind_it(void **state)
{
	(void)state;
	publish(10);
	send_text(greeted(a), "{\"after\":\"" BOOT "-6\"}\n");
	expect_events(a, 7, 10);
	send_text(greeted(b), "{\"after\":\"" BOOT "-9\"}\n");
	expect_nothing(b);
	publish(1);
	expect_events(a, 10, 11);
	expect_events(b, 10, 11);
}

static void an_id_no_longer_retained_is_a_gap_and_then_all_that_is(void **state)
{
	(void)state;
	publish(LIMIT_RETAINED + 5);
	send_text(greeted(a), "{\"after\":\"" BOOT "-4\"}\n");
	expect_line(a, "{\"type\":\"replay-gap\"}");
	expect_events(a, 5, LIMIT_RETAINED + 5);
	send_text(greeted(b), "{\"after\":\"" BOOT "-5\"}\n");
	expect_events(b, 6, LIMIT_RETAINED + 5);
}

static void an_id_of_which_nothing_is_known_is_a_gap_too(void **state)
{
	(void)state;
	send_text(greeted(a), "{\"after\":\"ffffffffffffffffffffffffffffffff-1\"}\n");
	expect_line(a, "{\"type\":\"replay-gap\"}");
	publish(1);
	expect_events(a, 0, 1);
}

static void what_went_out_live_before_the_request_is_not_repeated(void **state)
{
	(void)state;
	publish(10);
	greeted(a);
	publish(3);
	expect_events(a, 10, 13);
	send_text(a, "{\"replay\":8}\n");
	settle();
	publish(2);
	expect_events(a, 5, 10);
	expect_events(a, 13, 15);
	expect_nothing(a);
}

static void a_replay_that_lies_in_what_went_out_live_sends_nothing_again(void **state)
{
	(void)state;
	publish(10);
	greeted(a);
	publish(5);
	expect_events(a, 10, 15);
	send_text(a, "{\"after\":\"" BOOT "-11\"}\n");
	expect_nothing(a);
	publish(1);
	expect_events(a, 15, 16);
}

static void a_request_in_the_middle_of_a_line_waits_for_its_end(void **state)
{
	(void)state;
	publish(3);
	greeted(a);
	narrow();
	publish_padded(30000); /* its socket holds a part of it */
	settle();
	send_text(a, "{\"replay\":1000}\n");
	publish(1);
	expect_events(a, 3, 4);
	expect_events(a, 0, 3);
	expect_events(a, 4, 5);
	expect_nothing(a);
	assert_int_equal(sink_socket_counters(server)->dropped, 0);
}

/* ---- requests that are refused ---- */

static void expect_refusal(const char *request, const char *why)
{
	char expected[128];
	uint32_t others = sink_socket_clients(server);
	snprintf(expected, sizeof(expected), "{\"type\":\"error\",\"error\":\"%s", why);
	send_text(greeted(a), request);
	settle();
	struct slice line = next_line(a);
	if (!slice_starts(line, slice_cstr(expected)) || !slice_ends(line, SLICE("\"}")))
		fail_msg("%s was answered with %.*s", request, (int)line.n, line.p);
	expect_end(a);
	close(a->fd);
	a->fd = 0;
	assert_int_equal(sink_socket_clients(server), others);
}

static void what_is_no_request_is_an_error_and_the_end(void **state)
{
	(void)state;
	static const char *const bad[] = {
	    "\n",
	    "hello\n",
	    "{}\n",
	    "{\"replay\"}\n",
	    "{\"replay\":}\n",
	    "{\"replay\":-1}\n",
	    "{\"replay\":1.5}\n",
	    "{\"replay\":01}\n",
	    "{\"replay\":1e3}\n",
	    "{\"replay\":\"1\"}\n",
	    "{\"replay\":1,}\n",
	    "{\"replay\":1}x\n",
	    "{\"replay\":1,\"after\":\"a\"}\n",
	    "{\"replay\" 1}\n",
	    "{'replay':1}\n",
	    "{\"Replay\":1}\n",
	    "[{\"replay\":1}]\n",
	    "{\"after\":1}\n",
	    "{\"after\":\"\"}\n",
	    "{\"after\":\"a\\u0062\"}\n",
	    "{\"after\":\"a b\"}\n",
	    "{\"after\":\"a}\n",
	    "{\"after\":\"01234567890123456789012345678901234567890123456789012345678901234\"}\n",
	    "\xff\xfe{\"replay\":1}\n",
	};
	for (size_t i = 0; i < ARRAY_COUNT(bad); i++)
		expect_refusal(bad[i], "not a request");
}

static void a_second_request_is_an_error_and_blank_lines_behind_the_first_are_not(void **state)
{
	(void)state;
	send_text(greeted(b), "{\"replay\":1}\n\n \r\n");
	expect_nothing(b);
	expect_refusal("{\"replay\":1}\n{\"replay\":1}\n", "one request only");
	send_text(b, "\n{\"replay\":1}\n");
	expect_line(b, "{\"type\":\"error\",\"error\":\"one request only\"}");
	expect_end(b);
}

static void a_request_of_the_greatest_length_is_read_and_a_longer_one_refused(void **state)
{
	(void)state;
	char line[LIMIT_REQUEST + 3];
	publish(1);
	memset(line, ' ', sizeof(line));
	memcpy(line, "{\"replay\":1}", 12);
	line[LIMIT_REQUEST] = '\n';
	line[LIMIT_REQUEST + 1] = '\0';
	send_text(greeted(b), line);
	expect_events(b, 0, 1);
	line[LIMIT_REQUEST] = ' ';
	line[LIMIT_REQUEST + 1] = '\n';
	line[LIMIT_REQUEST + 2] = '\0';
	expect_refusal(line, "request too long");
}

static void a_megabyte_of_garbage_is_cut_short(void **state)
{
	(void)state;
	static char garbage[1 << 20];
	memset(garbage, 0x5a, sizeof(garbage));
	greeted(a);
	greeted(b);
	size_t sent = 0;
	for (ssize_t n; sent < sizeof(garbage); sent += (size_t)n) {
		n = send(a->fd, garbage + sent, sizeof(garbage) - sent, MSG_NOSIGNAL);
		if (n < 0 && errno == EPIPE)
			break;
		assert_true(n > 0 || errno == EAGAIN);
		n = n < 0 ? 0 : n;
		turn();
	}
	assert_true(sent < sizeof(garbage));
	assert_text(next_line(a), "{\"type\":\"error\",\"error\":\"request too long\"}");
	settle();
	assert_int_equal(sink_socket_clients(server), 1);
	publish(1);
	expect_events(b, 0, 1);
}

static void a_request_sent_a_byte_at_a_time_is_understood(void **state)
{
	(void)state;
	publish(9);
	greeted(a);
	static const char request[] = "{\"after\":\"" BOOT "-7\"}\n";
	for (size_t i = 0; i + 1 < sizeof(request); i++) {
		expect_nothing(a);
		send_text(a, (char[]){request[i], '\0'});
	}
	expect_events(a, 8, 9);
}

/* ---- coming and going ---- */

static void a_client_that_shut_its_sending_side_goes_on_receiving(void **state)
{
	(void)state;
	publish(2);
	connect_peer(a);
	send_text(a, "{\"replay\":1}"); /* the end of its input ends the line as well */
	shutdown(a->fd, SHUT_WR);
	settle();
	assert_true(slice_starts(next_line(a), SLICE(HELLO)));
	expect_events(a, 1, 2);
	publish(300);
	expect_events(a, 2, 302);
	shutdown(greeted(b)->fd, SHUT_WR);
	publish(1);
	expect_events(b, 302, 303);
	expect_nothing(b);
	close(a->fd);
	close(b->fd);
	a->fd = b->fd = 0;
	settle();
	assert_int_equal(sink_socket_clients(server), 0);
}

static void a_client_that_leaves_in_the_middle_of_anything_is_forgotten(void **state)
{
	(void)state;
	publish(5);
	for (int how = 0; how < 6; how++) {
		connect_peer(a);
		if (how & 1)
			send_text(a, "{\"replay\":100}\n{\"half");
		if (how & 2)
			settle();
		if (how & 4)
			publish(1);
		close(a->fd);
		a->fd = 0;
		publish(1);
		settle();
		assert_int_equal(sink_socket_clients(server), 0);
	}
}

static void one_client_too_many_is_told_so_and_closed(void **state)
{
	(void)state;
	for (size_t i = 0; i < LIMIT_CLIENTS; i++)
		greeted(&peers[i]);
	struct peer *last = connect_peer(&peers[LIMIT_CLIENTS]);
	send_text(last, "{\"replay\":1}\n");
	expect_line(last, "{\"type\":\"error\",\"error\":\"too many clients\"}");
	expect_end(last);
	assert_int_equal(sink_socket_clients(server), LIMIT_CLIENTS);
	close(a->fd);
	a->fd = 0;
	settle();
	close(last->fd);
	greeted(last);
	publish(1);
	expect_events(last, 0, 1);
}

static void ten_thousand_connections_leave_nothing_behind(void **state)
{
	(void)state;
	unsigned before = open_files();
	for (int i = 0; i < 10000; i++) {
		connect_peer(a);
		if (i % 3 == 0)
			send_text(a, i % 2 ? "{\"replay\":3}\n" : "nonsense\n");
		if (i % 5 == 0)
			publish(1);
		if (i % 4)
			turn();
		close(a->fd);
		a->fd = 0;
		turn();
	}
	settle();
	assert_int_equal(sink_socket_clients(server), 0);
	assert_int_equal(open_files(), before);
	greeted(a);
	publish(1);
	expect_events(a, published - 1, published);
}

/* ---- slowness ---- */

/* Turns without a whole line after which nothing more comes: a line may need several. */
#define QUIET 40

/* Reads all there is: whole lines, numbers rising; events received and told lost are counted. */
static void drain(struct peer *p, uint64_t *received, uint64_t *lost, uint64_t *next)
{
	for (int quiet = 0; quiet < QUIET; quiet++) {
		turn();
		struct slice line = next_line(p);
		if (!slice_present(line))
			continue;
		quiet = 0;
		if (slice_starts(line, SLICE("{\"type\":\"dropped\""))) {
			uint64_t n = number_in(line, SLICE("{\"type\":\"dropped\",\"count\":"));
			assert_true(n > 0);
			*lost += n;
			*next += n;
			continue;
		}
		assert_true(slice_ends(line, SLICE("\"}")));
		assert_int_equal(number_in(line, SLICE("{\"n\":")), *next);
		(*next)++;
		(*received)++;
	}
}

static void a_client_that_never_reads_loses_events_and_is_told_how_many(void **state)
{
	(void)state;
	enum { EVENTS = 3000 };
	greeted(a);
	greeted(b);
	for (int i = 0; i < EVENTS; i++) {
		publish_padded(2000);
		expect_events(b, (uint64_t)i, (uint64_t)i + 1); /* it slows nobody */
	}
	uint64_t received = 0, lost = 0, next = 0;
	drain(a, &received, &lost, &next);
	assert_int_equal(received + lost, EVENTS);
	assert_true(lost > 1000);
	assert_true(received >= LIMIT_RETAINED);
	assert_int_equal(sink_socket_counters(server)->dropped, lost);
	assert_int_equal(sink_socket_counters(server)->sent, EVENTS + received);
	publish(1);
	expect_events(a, EVENTS, EVENTS + 1); /* and it goes on */
}

static void a_line_begun_is_finished_though_the_ring_overwrites_it(void **state)
{
	(void)state;
	greeted(a);
	narrow();
	publish_padded(30000);
	publish(LIMIT_RETAINED + 9);
	expect_events(a, 0, 1);
	expect_line(a, "{\"type\":\"dropped\",\"count\":9}");
	expect_events(a, 10, LIMIT_RETAINED + 10);
	expect_nothing(a);
	assert_int_equal(sink_socket_counters(server)->sent, LIMIT_RETAINED + 1);
}

static void a_refusal_in_the_middle_of_a_line_waits_for_its_end(void **state)
{
	(void)state;
	greeted(a);
	narrow();
	publish_padded(30000);
	publish(1);
	send_text(a, "nonsense\n");
	settle();
	publish(LIMIT_RETAINED);
	expect_events(a, 0, 1);
	settle();
	assert_true(slice_starts(next_line(a), SLICE("{\"type\":\"error\"")));
	expect_end(a);
}

static void a_client_that_reads_a_few_bytes_at_a_time_gets_whole_lines(void **state)
{
	(void)state;
	enum { EVENTS = 1500 };
	greeted(a);
	narrow();
	uint64_t received = 0, lost = 0, next = 0;
	srand(1);
	for (int i = 0; i < EVENTS; i++) {
		publish_padded((size_t)(rand() % 9000));
		receive(a, (size_t)(rand() % 1200));
		turn();
		if (a->n > sizeof(a->got) / 2) { /* it never looks for more than it has */
			struct peer *kept = a;
			struct slice c = slice_of(kept->got, kept->n), line;
			while (take_until(&c, SLICE("\n"), &line)) {
				if (slice_starts(line, SLICE("{\"type\":\"dropped\""))) {
					uint64_t n = number_in(line, SLICE("{\"type\":\"dropped\",\"count\":"));
					lost += n;
					next += n;
					continue;
				}
				assert_true(slice_ends(line, SLICE("\"}")));
				assert_int_equal(number_in(line, SLICE("{\"n\":")), next++);
				received++;
			}
			memmove(kept->got, c.p, c.n);
			kept->n = c.n;
		}
	}
	drain(a, &received, &lost, &next);
	assert_int_equal(received + lost, EVENTS);
	assert_true(lost > 0);
	assert_int_equal(next, EVENTS);
}

static void a_slow_client_in_its_replay_is_told_of_what_it_lost_there(void **state)
{
	(void)state;
	for (int i = 0; i < LIMIT_RETAINED; i++)
		publish_padded(20000);
	greeted(a);
	send_text(a, "{\"replay\":1000}\n");
	settle();
	for (int i = 0; i < 100; i++)
		publish_padded(20000);
	uint64_t received = 0, lost = 0, next = 0;
	drain(a, &received, &lost, &next);
	assert_int_equal(received + lost, LIMIT_RETAINED + 100);
	assert_true(lost > 0);
}

static void an_event_longer_than_the_limit_is_lost_to_all_and_they_are_told(void **state)
{
	(void)state;
	greeted(a);
	static char json[LIMIT_EVENT_JSON + 1];
	memset(json, 'x', sizeof(json));
	event_init(&event, EVENT_OOM_KILL);
	sink_socket_publish(server, &(struct sink_message){.event = &event, .json = slice_of(json, sizeof(json))});
	expect_line(a, "{\"type\":\"dropped\",\"count\":1}");
	assert_int_equal(sink_socket_counters(server)->dropped, 1);
	sink_socket_publish(server, &(struct sink_message){.event = &event, .json = slice_of(json, LIMIT_EVENT_JSON)});
	settle();
	assert_int_equal(next_line(a).n, LIMIT_EVENT_JSON);
}

/* Any mixture of coming, asking, reading and publishing: no event twice, none missing unsaid, live ones in order. */
static void whatever_clients_do_each_event_comes_once_or_is_counted(void **state)
{
	(void)state;
	enum { CLIENTS = 6, STEPS = 6000, EVENTS = 8000 };
	static bool seen[CLIENTS][EVENTS];
	struct {
		bool asked;
		uint64_t from, received, lost;
	} model[CLIENTS] = {{0}};
	memset(seen, 0, sizeof(seen));
	srand(7);
	publish(100);
	for (int i = 0; i < CLIENTS; i++) {
		greeted(&peers[i]);
		model[i].from = published;
		if (i == CLIENTS / 2)
			narrow(); /* half of them */
	}
	for (int step = 0; step < STEPS || published < 2000; step++) {
		int i = rand() % CLIENTS, what = rand() % 16;
		struct peer *p = &peers[i];
		if (what < 4 && published + 8 < EVENTS) {
			publish_padded((size_t)(rand() % 3000));
		} else if (what == 4 && !model[i].asked && rand() % 30 == 0) {
			char request[64];
			uint64_t n = (uint64_t)(rand() % 300), all = published < 256 ? published : 256;
			snprintf(request, sizeof(request), "{\"replay\":%llu}\n", (unsigned long long)n);
			send_text(p, request);
			settle();
			model[i].asked = true;
			uint64_t from = published - (n < all ? n : all);
			if (from < model[i].from)
				model[i].from = from;
		} else if (what < 8) {
			turn();
		} else if (i) { /* the first never reads until the end */
			receive(p, (size_t)(rand() % 4000));
			for (struct slice line; p->n > sizeof(p->got) / 2 && slice_present(line = next_line(p));) {
				if (slice_starts(line, SLICE("{\"type\":"))) {
					model[i].lost += number_in(line, SLICE("{\"type\":\"dropped\",\"count\":"));
					continue;
				}
				uint64_t n = number_in(line, SLICE("{\"n\":"));
				assert_false(seen[i][n]);
				seen[i][n] = true;
				model[i].received++;
			}
		}
	}
	for (int i = 0; i < CLIENTS; i++) {
		uint64_t last = 0;
		bool any = false;
		for (int quiet = 0; quiet < QUIET; quiet++) {
			turn();
			for (struct slice line; slice_present(line = next_line(&peers[i])); quiet = 0) {
				if (slice_starts(line, SLICE("{\"type\":"))) {
					model[i].lost += number_in(line, SLICE("{\"type\":\"dropped\",\"count\":"));
					continue;
				}
				assert_true(slice_ends(line, SLICE("\"}")));
				uint64_t n = number_in(line, SLICE("{\"n\":"));
				assert_true(n >= model[i].from);
				assert_false(seen[i][n]);
				seen[i][n] = true;
				model[i].received++;
				last = n;
				any = true;
			}
		}
		assert_int_equal(model[i].received + model[i].lost, published - model[i].from);
		assert_true(!any || last == published - 1);
	}
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    WITH(a_client_is_greeted_and_gets_events_as_they_happen),
	    WITH(hello_names_the_oldest_and_newest_retained_event),
	    WITH(an_id_that_would_break_the_json_is_not_said),
	    WITH(every_client_gets_every_event),
	    WITH(replay_gives_the_last_events_before_the_live_ones),
	    WITH(a_request_sent_before_the_server_accepts_is_answered_in_order),
	    WITH(what_was_retained_before_there_were_clients_is_replayed),
	    WITH(replay_of_more_than_is_retained_gives_all_that_is),
	    WITH(replay_of_none_gives_none),
	    WITH(after_an_id_come_the_events_behind_it),
	    WITH(an_id_no_longer_retained_is_a_gap_and_then_all_that_is),
	    WITH(an_id_of_which_nothing_is_known_is_a_gap_too),
	    WITH(what_went_out_live_before_the_request_is_not_repeated),
	    WITH(a_replay_that_lies_in_what_went_out_live_sends_nothing_again),
	    WITH(a_request_in_the_middle_of_a_line_waits_for_its_end),
	    WITH(what_is_no_request_is_an_error_and_the_end),
	    WITH(a_second_request_is_an_error_and_blank_lines_behind_the_first_are_not),
	    WITH(a_request_of_the_greatest_length_is_read_and_a_longer_one_refused),
	    WITH(a_megabyte_of_garbage_is_cut_short),
	    WITH(a_request_sent_a_byte_at_a_time_is_understood),
	    WITH(a_client_that_shut_its_sending_side_goes_on_receiving),
	    WITH(a_client_that_leaves_in_the_middle_of_anything_is_forgotten),
	    WITH(one_client_too_many_is_told_so_and_closed),
	    WITH(ten_thousand_connections_leave_nothing_behind),
	    WITH(a_client_that_never_reads_loses_events_and_is_told_how_many),
	    WITH(a_line_begun_is_finished_though_the_ring_overwrites_it),
	    WITH(a_refusal_in_the_middle_of_a_line_waits_for_its_end),
	    WITH(a_client_that_reads_a_few_bytes_at_a_time_gets_whole_lines),
	    WITH(a_slow_client_in_its_replay_is_told_of_what_it_lost_there),
	    WITH(an_event_longer_than_the_limit_is_lost_to_all_and_they_are_told),
	    WITH(whatever_clients_do_each_event_comes_once_or_is_counted),
	};
	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
