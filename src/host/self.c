/*
 * Facts of the host itself and names of its users, from local files only: NSS
 * may ask the network, and a daemon that runs while memory is short must not.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/text.h"
#include "host/file.h"
#include "host/process.h"

/* A passwd file is read through this; a longer line is no user's and is skipped. */
#define PASSWD_BUFFER 4096
/* Bytes of passwd searched. 200,000 users take about 16 MiB; behind that the name stays unknown. */
#define PASSWD_MAX (16u << 20)

/* name:password:uid:…; '#' begins a comment, and '+' or '-' an order to NIS. */
static bool is_user(struct slice line, uint32_t uid, struct slice *name)
{
	struct slice user, password, number;
	uint64_t v;
	if (!take_until(&line, SLICE(":"), &user) || !take_until(&line, SLICE(":"), &password) ||
	    !take_until(&line, SLICE(":"), &number))
		return false;
	if (user.n == 0 || memchr("#+-", user.p[0], 3) || !slice_to_u64(number, &v) || v != uid)
		return false;
	*name = user;
	return true;
}

/* Looks at the whole lines of `text`, or at its last one too at the end of the file. Leaves the rest in `text`. */
static bool find_user(struct slice *text, bool at_end, uint32_t uid, struct slice *name)
{
	struct slice line;
	while (take_until(text, SLICE("\n"), &line))
		if (is_user(line, uid, name))
			return true;
	return at_end && is_user(*text, uid, name);
}

static bool search_passwd(int fd, uint32_t uid, struct arena *arena, struct slice *name)
{
	char buf[PASSWD_BUFFER];
	size_t held = 0;
	bool skipping = false;
	for (size_t total = 0; total < PASSWD_MAX;) {
		ssize_t got = read(fd, buf + held, sizeof(buf) - held);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return false;
		total += (size_t)got;
		struct slice text = slice_of(buf, held + (size_t)got), user, tail;
		if (skipping)
			skipping = !take_until(&text, SLICE("\n"), &tail);
		if (!skipping && find_user(&text, got == 0, uid, &user)) {
			*name = arena_copy(arena, user);
			return slice_present(*name);
		}
		if (got == 0)
			return false;
		if (skipping || text.n == sizeof(buf)) {
			skipping = true;
			text.n = 0;
		}
		held = text.n;
		if (held)
			memmove(buf, text.p, held);
	}
	return false;
}

bool host_user_name(int root_fd, uint32_t uid, struct arena *arena, struct slice *name)
{
	*name = SLICE_NONE;
	int fd = openat(root_fd, "etc/passwd", O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return false;
	bool found = search_passwd(fd, uid, arena, name);
	close(fd);
	return found;
}

static struct slice first_line(int dir_fd, const char *path, char *buf, size_t cap)
{
	struct slice text = host_file_lines(dir_fd, path, buf, cap), line;
	return take_line(&text, &line) && line.n ? line : SLICE_NONE;
}

/* 32 lower-case hex digits, not all of them 0: machine-id(5) holds "uninitialized" until the first boot is over. */
static bool is_id128(struct slice s)
{
	bool any = false;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
			return false;
		any |= c != '0';
	}
	return any && s.n == 32;
}

/* The 32 digits of "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx", or absent. */
static struct slice without_dashes(struct slice uuid, struct text *out)
{
	static const size_t dash_at[] = {8, 13, 18, 23};
	size_t from = 0;
	if (uuid.n != 36)
		return SLICE_NONE;
	for (size_t i = 0; i < ARRAY_COUNT(dash_at); i++) {
		if (uuid.p[dash_at[i]] != '-')
			return SLICE_NONE;
		text_add(out, slice_sub(uuid, from, dash_at[i]));
		from = dash_at[i] + 1;
	}
	text_add(out, slice_sub(uuid, from, uuid.n));
	return text_slice(out);
}

void host_self_read(int root_fd, int proc_fd, struct arena *arena, struct host_self *out)
{
	char buf[256], digits[64];
	struct utsname uts;
	bool have_uts = uname(&uts) == 0;
	*out = (struct host_self){0};

	struct slice name = first_line(proc_fd, "sys/kernel/hostname", buf, sizeof(buf));
	if (!slice_present(name) && have_uts)
		name = slice_cstr(uts.nodename);
	out->name = arena_copy(arena, name);

	struct slice kernel = first_line(proc_fd, "sys/kernel/osrelease", buf, sizeof(buf));
	if (!slice_present(kernel) && have_uts)
		kernel = slice_cstr(uts.release);
	out->kernel = arena_copy(arena, kernel);

	struct slice machine = first_line(root_fd, "etc/machine-id", buf, sizeof(buf));
	if (is_id128(machine))
		out->machine_id = arena_copy(arena, machine);

	struct text id = text_on(digits, sizeof(digits));
	struct slice boot = without_dashes(first_line(proc_fd, "sys/kernel/random/boot_id", buf, sizeof(buf)), &id);
	if (is_id128(boot))
		out->boot_id = arena_copy(arena, boot);
}
