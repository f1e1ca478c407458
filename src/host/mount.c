/*
 * Mount ids: /proc/self/fdinfo/N tells "mnt_id:" since Linux 3.15
 * (fs/proc/fd.c: seq_show), where statx(2) knows them only from 5.8 on.
 * Types: /proc/self/mountinfo, "ID PARENT DEV ROOT POINT OPTIONS [FIELD...] -
 * TYPE SOURCE OPTIONS" (fs/proc_namespace.c: show_mountinfo), blanks in names
 * written as \040.
 */
#include "host/mount.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "host/file.h"

static const struct slice local_types[] = {
    SLICE("ext2"),  SLICE("ext3"),     SLICE("ext4"),    SLICE("xfs"), SLICE("btrfs"),
    SLICE("zfs"),   SLICE("bcachefs"), SLICE("f2fs"),    SLICE("jfs"), SLICE("reiserfs"),
    SLICE("tmpfs"), SLICE("ramfs"),    SLICE("overlay"),
};

int host_mount_id(int fd)
{
	char path[64], buf[512];
	bool more;
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	ssize_t n = host_file_read(AT_FDCWD, path, buf, sizeof(buf), &more);
	if (n < 0)
		return (int)n;
	struct slice text = slice_of(buf, (size_t)n), line;
	uint64_t id;
	while (take_line(&text, &line)) {
		if (!take_literal(&line, SLICE("mnt_id:")))
			continue;
		take_blanks(&line);
		if (take_u64(&line, &id) && id <= INT32_MAX)
			return (int)id;
	}
	return -ENODATA;
}

/* 1: this mount, local; 0: this mount, not local; -1: another one. */
static int weigh(struct slice line, uint64_t wanted)
{
	uint64_t id;
	struct slice before, type;
	if (!take_u64(&line, &id) || id != wanted)
		return -1;
	if (!take_until(&line, SLICE(" - "), &before) || !take_word(&line, &type))
		return 0;
	for (size_t i = 0; i < ARRAY_COUNT(local_types); i++)
		if (slice_eq(type, local_types[i]))
			return 1;
	return 0;
}

/* Whole lines of what is there; the rest is moved to the front. A line that fills the buffer is dropped. */
static int weigh_lines(char *buf, size_t *n, size_t cap, uint64_t wanted)
{
	struct slice text = slice_of(buf, *n), line;
	int found = -1;
	while (found < 0 && take_until(&text, SLICE("\n"), &line))
		found = weigh(line, wanted);
	*n = text.n < cap ? text.n : 0;
	memmove(buf, text.p, *n);
	return found;
}

bool host_mount_is_local(int id)
{
	char buf[32768]; /* a mount point may have 4095 bytes, each written as four */
	size_t n = 0;
	int found = -1;
	int fd = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	while (found < 0) {
		ssize_t got = read(fd, buf + n, sizeof(buf) - n);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		n += (size_t)got;
		found = weigh_lines(buf, &n, sizeof(buf), (uint64_t)id);
	}
	close(fd);
	return found == 1;
}
