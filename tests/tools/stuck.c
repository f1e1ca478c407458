/*
 * stuck FOLDER COUNT: processes whose memory map is locked and stays so, as a hung disk, NFS or FUSE server does it to
 * others: whoever reads their /proc/PID/cmdline waits. Prints the number of each, one a line, when it is stuck. They
 * are let go at the end of standard input, and after a minute in any case.
 *
 * A file of a FUSE mount (in a mount namespace of its own) is mapped and written to, and mapped again with direct I/O:
 * fuse_file_mmap then has the written page brought home first (invalidate_inode_pages2) while it holds mmap_lock, and
 * the server here never answers. Exit status 77: this machine has no FUSE.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/fuse.h>

#define FILE_NODE 2
#define SECONDS 60

static void reply(int fd, uint64_t unique, int error, const void *data, size_t n)
{
	char buf[512];
	struct fuse_out_header head = {.len = (uint32_t)(sizeof(head) + n), .error = error, .unique = unique};
	memcpy(buf, &head, sizeof(head));
	if (n)
		memcpy(buf + sizeof(head), data, n);
	if (write(fd, buf, sizeof(head) + n) < 0)
		perror("/dev/fuse");
}

static struct fuse_attr attr_of(uint64_t node)
{
	return (struct fuse_attr){
	    .ino = node, .size = 4096, .mode = node == FUSE_ROOT_ID ? S_IFDIR | 0755 : S_IFREG | 0666, .nlink = 1};
}

/* O_APPEND asks for direct I/O here. */
static void answer(int fd, const struct fuse_in_header *in)
{
	const struct fuse_init_out init = {.major = FUSE_KERNEL_VERSION,
					   .minor = FUSE_KERNEL_MINOR_VERSION,
					   .max_write = 65536,
					   .flags = FUSE_WRITEBACK_CACHE};
	struct fuse_entry_out entry = {.attr_valid = SECONDS, .entry_valid = SECONDS};
	const struct fuse_attr_out attr = {.attr = attr_of(in->nodeid), .attr_valid = SECONDS};
	struct fuse_open_out open_out = {.fh = 1};
	switch (in->opcode) {
	case FUSE_INIT:
		reply(fd, in->unique, 0, &init, sizeof(init));
		break;
	case FUSE_LOOKUP: /* a file of its own for each name */
		entry.nodeid = FILE_NODE + (uint64_t)atoi((const char *)(in + 1));
		entry.attr = attr_of(entry.nodeid);
		reply(fd, in->unique, 0, &entry, sizeof(entry));
		break;
	case FUSE_GETATTR:
		reply(fd, in->unique, 0, &attr, sizeof(attr));
		break;
	case FUSE_OPEN:
		if (((const struct fuse_open_in *)(in + 1))->flags & O_APPEND)
			open_out.open_flags = FOPEN_DIRECT_IO;
		reply(fd, in->unique, 0, &open_out, sizeof(open_out));
		break;
	case FUSE_READ:
		reply(fd, in->unique, 0, NULL, 0);
		break;
	case FUSE_WRITE: /* never answered */
	case FUSE_FORGET:
		break;
	default:
		reply(fd, in->unique, -ENOSYS, NULL, 0);
	}
}

static void *get_stuck(void *name)
{
	const char *path = name;
	int direct = open(path, O_RDWR | O_APPEND), cached = open(path, O_RDWR);
	volatile char *map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, cached, 0);
	if (direct < 0 || cached < 0 || map == MAP_FAILED)
		_exit(1);
	map[0] = 1;
	printf("%d\n", getpid());
	fflush(stdout);
	mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, direct, 0);
	_exit(1);
}

/* Every second one in a thread, so that the process looks as if it slept. */
static void be_stuck(const char *folder, unsigned number)
{
	static char path[256];
	pthread_t thread;
	snprintf(path, sizeof(path), "%s/%u", folder, number);
	if (number % 2 == 0)
		get_stuck(path);
	pthread_create(&thread, NULL, get_stuck, path);
	for (;;)
		pause();
}

static pid_t start(const char *folder, unsigned number, int fd)
{
	pid_t pid = fork();
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	close(fd); /* the kernel lets go of everybody when nobody has it open any more */
	be_stuck(folder, number);
	return 0;
}

int main(int argc, char **argv)
{
	static char buf[1 << 20];
	char options[64];
	int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	if (argc != 3 || fd < 0 || unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return 77;
	snprintf(options, sizeof(options), "fd=%d,rootmode=40755,user_id=0,group_id=0", fd);
	if (mount("stuck", argv[1], "fuse", 0, options) < 0)
		return 77;
	alarm(SECONDS);
	for (unsigned i = 0; i < (unsigned)atoi(argv[2]); i++)
		start(argv[1], i, fd);
	for (;;) {
		struct pollfd p[] = {{.fd = STDIN_FILENO, .events = POLLIN}, {.fd = fd, .events = POLLIN}};
		if (poll(p, 2, -1) < 0 || p[0].revents)
			return 0;
		if (read(fd, buf, sizeof(buf)) > 0)
			answer(fd, (const struct fuse_in_header *)buf);
	}
}
