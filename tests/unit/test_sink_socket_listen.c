#include "sink_socket_fixture.h"

#include <sys/resource.h>

#include "base/text.h"
#include "sink/socket_listen.h"

static char path[128];

static int name_path(void **state)
{
	int r = make_dir(state);
	snprintf(path, sizeof(path), "%s", in_dir("events.sock"));
	return r;
}

static struct stat look(void)
{
	struct stat st;
	assert_int_equal(lstat(path, &st), 0);
	return st;
}

static int listen_with(const char *group, const char *groups, struct sink_socket_place *place)
{
	char file[128];
	snprintf(file, sizeof(file), "%s", in_dir("group"));
	FILE *f = fopen(file, "w");
	assert_non_null(f);
	fputs(groups, f);
	fclose(f);
	int fd = sink_socket_listen_at(path, group, file, place);
	unlink(file);
	return fd;
}

static void the_file_is_for_its_owner_and_group_whatever_the_umask(void **state)
{
	(void)state;
	static const mode_t masks[] = {0, 0022, 0077, 0777};
	for (size_t i = 0; i < ARRAY_COUNT(masks); i++) {
		struct sink_socket_place place;
		mode_t before = umask(masks[i]);
		int fd = sink_socket_listen_at(path, "none", "/dev/null", &place);
		umask(before);
		assert_true(fd >= 0);
		assert_int_equal(look().st_mode, S_IFSOCK | 0660);
		assert_int_equal(look().st_gid, getegid());
		close(fd);
		sink_socket_listen_remove(path, &place);
	}
}

static void the_group_is_found_in_a_file_with_hostile_lines(void **state)
{
	(void)state;
	if (geteuid() != 0) {
		print_message("needs root: only root gives a file to a group it is not in\n");
		skip();
	}
	static char groups[70000];
	struct text t = text_on(groups, sizeof(groups));
	text_add(&t, SLICE("root:x:0:\noomwatch:x:notanumber:\noomwatchers:x:1:\n:oomwatch:x:2:\noomwatch:x:3\n"));
	text_add(&t, SLICE("many:x:4:"));
	for (int i = 0; i < 8000; i++)
		text_add(&t, SLICE("member,"));
	text_add(&t, SLICE("\noomwatch:x:4294967295:\noomwatch::4242:a,b"));
	struct sink_socket_place place;
	int fd = listen_with("oomwatch", text_cstr(&t), &place);
	assert_true(fd >= 0);
	assert_int_equal(look().st_gid, 4242);
	assert_int_equal(look().st_mode & 07777, 0660);
	close(fd);
	sink_socket_listen_remove(path, &place);
	fd = listen_with("oomwatch", "", &place);
	assert_int_equal(look().st_gid, getegid());
	close(fd);
	sink_socket_listen_remove(path, &place);
}

static void a_stale_socket_is_replaced_and_a_live_one_is_not(void **state)
{
	(void)state;
	struct sink_socket_place first, second, none;
	int fd = sink_socket_listen_at(path, "none", "/dev/null", &first);
	assert_true(fd >= 0);
	assert_int_equal(sink_socket_listen_at(path, "none", "/dev/null", &none), -EADDRINUSE);
	close(fd); /* the file stays, as after a crash */
	fd = sink_socket_listen_at(path, "none", "/dev/null", &second);
	assert_true(fd >= 0);
	if (first.ino != second.ino) { /* the first one's end does not take the second's file */
		sink_socket_listen_remove(path, &first);
		look();
	}
	close(fd);
	sink_socket_listen_remove(path, &second);
	assert_int_equal(access(path, F_OK), -1);
}

static void a_live_one_whose_queue_is_full_is_still_live(void **state)
{
	(void)state;
	struct sink_socket_place place, none;
	int fd = sink_socket_listen_at(path, "none", "/dev/null", &place);
	assert_int_equal(listen(fd, 0), 0);
	int first = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	memcpy(a.sun_path, path, strlen(path));
	assert_int_equal(connect(first, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(sink_socket_listen_at(path, "none", "/dev/null", &none), -EADDRINUSE);
	close(first);
	close(fd);
	sink_socket_listen_remove(path, &place);
}

static void what_is_no_socket_is_left_alone(void **state)
{
	(void)state;
	struct sink_socket_place place;
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	close(fd);
	assert_int_equal(sink_socket_listen_at(path, "none", "/dev/null", &place), -EEXIST);
	unlink(path);
	assert_int_equal(symlink("/nowhere", path), 0);
	assert_int_equal(sink_socket_listen_at(path, "none", "/dev/null", &place), -EEXIST);
	unlink(path);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(sink_socket_listen_at(path, "none", "/dev/null", &place), -EEXIST);
	rmdir(path);
	int other = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	memcpy(a.sun_path, path, strlen(path));
	assert_int_equal(bind(other, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(sink_socket_listen_at(path, "none", "/dev/null", &place), -EADDRINUSE);
	close(other);
	unlink(path);
}

static void a_path_that_cannot_be_is_an_error(void **state)
{
	(void)state;
	struct sink_socket_place place;
	char long_path[200];
	memset(long_path, 'a', sizeof(long_path) - 1);
	long_path[sizeof(long_path) - 1] = '\0';
	assert_int_equal(sink_socket_listen_at(long_path, "none", "/dev/null", &place), -ENAMETOOLONG);
	assert_int_equal(sink_socket_listen_at("", "none", "/dev/null", &place), -EINVAL);
	assert_int_equal(sink_socket_listen_at("/nonexistent/dir/s", "none", "/dev/null", &place), -ENOENT);
	unsigned before = open_files();
	assert_int_equal(sink_socket_listen_at("/nonexistent/dir/s", "none", "/dev/null", &place), -ENOENT);
	assert_int_equal(open_files(), before);
}

static void the_end_removes_the_file_only_if_it_is_still_ours(void **state)
{
	(void)state;
	published = 0;
	server = sink_socket_new(SLICE(BOOT));
	assert_int_equal(sink_socket_listen(server, path, "none"), 0);
	assert_int_equal(sink_socket_listen(server, path, "none"), -EBUSY);
	sink_socket_free(server);
	assert_int_equal(access(path, F_OK), -1);

	server = sink_socket_new(SLICE(BOOT));
	assert_int_equal(sink_socket_listen(server, path, "none"), 0);
	char aside[128];
	snprintf(aside, sizeof(aside), "%s", in_dir("aside"));
	assert_int_equal(rename(path, aside), 0); /* keeps its inode from being used again */
	struct sink_socket_place other;
	int fd = sink_socket_listen_at(path, "none", "/dev/null", &other);
	assert_true(fd >= 0);
	sink_socket_free(server);
	server = NULL;
	look();
	close(fd);
	unlink(path);
	unlink(aside);
}

static void a_socket_that_was_passed_serves_and_its_file_stays(void **state)
{
	(void)state;
	struct sink_socket_place place;
	int fd = sink_socket_listen_at(path, "none", "/dev/null", &place);
	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_SETFL, 0), 0); /* systemd passes it blocking */
	published = 0;
	server = sink_socket_new(SLICE(BOOT));
	assert_int_equal(sink_socket_adopt(server, fd), 0);
	greeted(&peers[0]);
	publish(1);
	expect_events(&peers[0], 0, 1);
	close(peers[0].fd);
	peers[0].fd = 0;
	sink_socket_free(server);
	server = NULL;
	look();
	sink_socket_listen_remove(path, &place);
}

static void what_is_no_listening_stream_socket_is_refused_and_left_open(void **state)
{
	(void)state;
	server = sink_socket_new(SLICE_NONE);
	int fds[4];
	fds[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
	fds[1] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	fds[2] = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	fds[3] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	listen(fds[3], 1);
	for (size_t i = 0; i < ARRAY_COUNT(fds); i++) {
		if (fds[i] < 0)
			continue;
		assert_int_equal(sink_socket_adopt(server, fds[i]), -EINVAL);
		assert_true(fcntl(fds[i], F_GETFD) >= 0);
		close(fds[i]);
	}
	sink_socket_free(server);
	server = NULL;
}

static void a_listener_that_cannot_accept_rests_and_tries_again(void **state)
{
	(void)state;
	published = 0;
	server = sink_socket_new(SLICE(BOOT));
	assert_int_equal(sink_socket_listen(server, path, "none"), 0);
	connect_peer(&peers[0]);
	struct rlimit before, none;
	getrlimit(RLIMIT_NOFILE, &before);
	none = (struct rlimit){.rlim_cur = 0, .rlim_max = before.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	/* poll(2) refuses more descriptors than the limit, so the knock is written by hand. */
	struct pollfd fds[LIMIT_CLIENTS + 1];
	assert_int_equal(sink_socket_pollfds(server, fds), 1);
	fds[0].revents = POLLIN;
	sink_socket_dispatch(server, fds, 1);
	setrlimit(RLIMIT_NOFILE, &before);
	assert_int_equal(sink_socket_counters(server)->errors, 1);
	assert_int_equal(sink_socket_clients(server), 0);
	assert_int_equal(sink_socket_pollfds(server, fds), 1);
	assert_int_equal(poll(fds, 1, 0), 0); /* no busy loop, though somebody waits to be accepted */
	assert_int_equal(poll(fds, 1, 20000), 1);
	sink_socket_dispatch(server, fds, 1);
	assert_int_equal(sink_socket_clients(server), 1);
	settle();
	assert_true(slice_starts(next_line(&peers[0]), SLICE(HELLO)));
	stop(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_file_is_for_its_owner_and_group_whatever_the_umask),
	    cmocka_unit_test(the_group_is_found_in_a_file_with_hostile_lines),
	    cmocka_unit_test(a_stale_socket_is_replaced_and_a_live_one_is_not),
	    cmocka_unit_test(a_live_one_whose_queue_is_full_is_still_live),
	    cmocka_unit_test(what_is_no_socket_is_left_alone),
	    cmocka_unit_test(a_path_that_cannot_be_is_an_error),
	    cmocka_unit_test(the_end_removes_the_file_only_if_it_is_still_ours),
	    cmocka_unit_test(a_socket_that_was_passed_serves_and_its_file_stays),
	    cmocka_unit_test(what_is_no_listening_stream_socket_is_refused_and_left_open),
	    cmocka_unit_test(a_listener_that_cannot_accept_rests_and_tries_again),
	};
	return cmocka_run_group_tests(tests, name_path, remove_dir);
}
