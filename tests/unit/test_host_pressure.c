/* host/pressure: the trigger as it is written, and what poll says of it. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "host/pressure.h"

static char dir[64];
static int dir_fd;

static int setup(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/host-pressure-XXXXXX");
	assert_non_null(mkdtemp(dir));
	dir_fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return dir_fd < 0 ? -1 : 0;
}

static int teardown(void **state)
{
	(void)state;
	unlinkat(dir_fd, "pressure/memory", 0);
	unlinkat(dir_fd, "pressure", AT_REMOVEDIR);
	close(dir_fd);
	return rmdir(dir);
}

static void a_kernel_without_it_is_told_by_its_errno(void **state)
{
	(void)state;
	assert_int_equal(host_pressure_open(dir_fd), -ENOENT);
}

static void the_trigger_is_written_with_its_nul(void **state)
{
	char got[64];
	(void)state;
	assert_int_equal(mkdirat(dir_fd, "pressure", 0700), 0);
	close(openat(dir_fd, "pressure/memory", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	int fd = host_pressure_open(dir_fd);
	assert_true(fd >= 0);
	assert_int_equal(pread(fd, got, sizeof(got), 0), sizeof("some 100000 2000000"));
	assert_memory_equal(got, "some 100000 2000000", sizeof("some 100000 2000000"));
	close(fd);
}

static void the_real_kernel_takes_it(void **state)
{
	(void)state;
	int proc_fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC), fd = host_pressure_open(proc_fd);
	close(proc_fd);
	if (fd < 0) {
		print_message("needs psi: no trigger on /proc/pressure/memory here: %s\n", strerror(-fd));
		skip();
	}
	struct pollfd p = {.fd = fd, .events = POLLPRI};
	int n = poll(&p, 1, 0);
	assert_true(n == 0 || host_pressure_read(p.revents) == HOST_PRESSURE_SHORT);
	close(fd);
}

static void what_poll_says_has_three_meanings(void **state)
{
	(void)state;
	assert_int_equal(host_pressure_read(0), HOST_PRESSURE_NONE);
	assert_int_equal(host_pressure_read(POLLPRI), HOST_PRESSURE_SHORT);
	assert_int_equal(host_pressure_read(POLLPRI | POLLERR), HOST_PRESSURE_BROKEN);
	assert_int_equal(host_pressure_read(POLLNVAL), HOST_PRESSURE_BROKEN);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(a_kernel_without_it_is_told_by_its_errno),
	    T(the_trigger_is_written_with_its_nul),
	    T(the_real_kernel_takes_it),
	    T(what_poll_says_has_three_meanings),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
