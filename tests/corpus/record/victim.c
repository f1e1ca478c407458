/*
 * victim [-n NAME] [-a ADJ] [-u UID] [-l] [-m NODES] [-p MS] MODE MIB: somebody to be killed, for recordings.
 *   grow    touches MIB mebibytes, one at a time, then waits
 *   thread  the leader exits first, a thread of it grows
 *   clone   a child that shares the memory but is no thread grows; the parent waits beside it
 *   file    writes MIB mebibytes to its standard output (a file on a tmpfs), then waits
 *   mmap    the same through a shared mapping, so that it counts as shmem-rss
 *   pipes   opens MIB thousand pipes, which are kernel memory and nobody's rss, then waits
 *   comb    fills MIB mebibytes with pages of pipes and gives every other one back, then waits: what is free now
 *           lies in single pages, between pages that the kernel cannot move
 *   pieces  sends MIB mebibytes in messages of 16 kB, each of which is one piece of kernel memory, then waits
 * -n is its name, any bytes; -l locks its memory; -m binds it to these nodes (a bit mask); -p pauses for so long before
 * each mebibyte of grow.
 * It writes a full stop to standard error when it waits; it exits 3 where it was refused memory instead of being
 * killed.
 */
/* LINK: -pthread */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define MIB (1024ul * 1024ul)
#define PAGE 4096
#define STACK (256 * 1024)
#define COMB_MAX 16384
#define BIND 2 /* MPOL_BIND */

static void done(void)
{
	if (write(STDERR_FILENO, ".", 1) < 0)
		_exit(4);
	for (;;)
		pause();
}

static useconds_t pause_usec;

static void grow(long mib)
{
	for (long i = 0; i < mib; i++) {
		usleep(pause_usec);
		char *p = mmap(NULL, MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (p == MAP_FAILED)
			_exit(3);
		memset(p, 0x5a, MIB);
	}
	done();
}

static void *grow_thread(void *mib)
{
	usleep(100 * 1000); /* the leader is gone by then */
	grow(*(long *)mib);
	return NULL;
}

static int grow_child(void *mib)
{
	grow(*(long *)mib);
	return 0;
}

static void clone_mate(long *mib)
{
	char *stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (stack == MAP_FAILED || clone(grow_child, stack + STACK, CLONE_VM | SIGCHLD, mib) < 0)
		_exit(4);
	for (;;)
		pause();
}

static void fill_file(long mib)
{
	static char block[MIB];
	memset(block, 0x5a, sizeof(block));
	for (long i = 0; i < mib; i++)
		if (write(STDOUT_FILENO, block, sizeof(block)) != (ssize_t)sizeof(block))
			_exit(3);
	done();
}

static void fill_mapping(long mib)
{
	if (ftruncate(STDOUT_FILENO, mib * (long)MIB) < 0)
		_exit(4);
	char *p = mmap(NULL, (size_t)mib * MIB, PROT_READ | PROT_WRITE, MAP_SHARED, STDOUT_FILENO, 0);
	if (p == MAP_FAILED)
		_exit(4);
	memset(p, 0x5a, (size_t)mib * MIB);
	done();
}

static void raise_files(void)
{
	struct rlimit most = {1048576, 1048576};
	setrlimit(RLIMIT_NOFILE, &most);
}

static void open_pipes(long thousands)
{
	int ends[2];
	raise_files();
	for (long i = 0; i < thousands * 1000; i++)
		if (pipe(ends) < 0)
			break;
	done();
}

/* The kernel hands out neighbouring pages one after the other, so two pipes in turn get every other one each. */
static void comb(long mib)
{
	static char page[PAGE];
	static int given[COMB_MAX];
	raise_files();
	for (long i = 0; i < mib && i < COMB_MAX; i++) {
		int keep[2], give[2];
		if (pipe(keep) < 0 || pipe(give) < 0 || fcntl(keep[1], F_SETPIPE_SZ, MIB / 2) < 0 ||
		    fcntl(give[1], F_SETPIPE_SZ, MIB / 2) < 0)
			_exit(4);
		for (unsigned long n = 0; n < MIB / PAGE / 2; n++)
			if (write(keep[1], page, PAGE) != PAGE || write(give[1], page, PAGE) != PAGE)
				_exit(4);
		given[i] = give[0];
		close(give[1]);
	}
	for (long i = 0; i < mib && i < COMB_MAX; i++)
		close(given[i]);
	done();
}

static void send_pieces(long mib)
{
	static char piece[16000];
	int ends[2], room = 2 * MIB;
	raise_files();
	for (long i = 0; i < mib * 8; i++) {
		if (socketpair(AF_UNIX, SOCK_DGRAM, 0, ends) < 0 ||
		    setsockopt(ends[0], SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room)) < 0)
			_exit(4);
		for (int n = 0; n < 8; n++) /* a queue holds ten, net.unix.max_dgram_qlen */
			if (send(ends[0], piece, sizeof(piece), 0) < 0)
				_exit(3);
	}
	done();
}

static void set_adj(const char *adj)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, adj, strlen(adj)) < 0)
		_exit(4);
	close(fd);
}

static void bind_to(const char *nodes)
{
	unsigned long mask = strtoul(nodes, NULL, 0);
	if (syscall(SYS_set_mempolicy, BIND, &mask, 8 * sizeof(mask)) < 0)
		_exit(4);
}

static void run(const char *mode, long *mib)
{
	pthread_t thread;
	if (strcmp(mode, "grow") == 0)
		grow(*mib);
	if (strcmp(mode, "clone") == 0)
		clone_mate(mib);
	if (strcmp(mode, "file") == 0)
		fill_file(*mib);
	if (strcmp(mode, "mmap") == 0)
		fill_mapping(*mib);
	if (strcmp(mode, "pipes") == 0)
		open_pipes(*mib);
	if (strcmp(mode, "comb") == 0)
		comb(*mib);
	if (strcmp(mode, "pieces") == 0)
		send_pieces(*mib);
	if (strcmp(mode, "thread") == 0 && pthread_create(&thread, NULL, grow_thread, mib) == 0)
		pthread_exit(NULL);
}

int main(int argc, char **argv)
{
	static long mib; /* read by threads and clones that outlive this frame */
	bool lock = false;
	const char *uid = NULL;
	for (int o; (o = getopt(argc, argv, "n:a:u:lm:p:")) != -1;) {
		if (o == 'n')
			prctl(PR_SET_NAME, optarg);
		else if (o == 'a')
			set_adj(optarg);
		else if (o == 'u')
			uid = optarg;
		else if (o == 'l')
			lock = true;
		else if (o == 'm')
			bind_to(optarg);
		else if (o == 'p')
			pause_usec = (useconds_t)strtoul(optarg, NULL, 10) * 1000;
		else
			return 2;
	}
	if (argc - optind != 2)
		return 2;
	mib = strtol(argv[optind + 1], NULL, 10);
	if (lock && mlockall(MCL_CURRENT | MCL_FUTURE) < 0)
		return 4;
	if (uid && setuid((uid_t)strtoul(uid, NULL, 10)) < 0)
		return 4;
	run(argv[optind], &mib);
	return 2;
}
