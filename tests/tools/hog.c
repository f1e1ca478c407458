/*
 * hog MIB [SECONDS] [NAME]: touches MIB mebibytes, one at a time, keeps them for SECONDS (60), then exits 0.
 * A process to be killed: put it into a small memory cgroup first. It raises its own oom_score_adj, so that a
 * mistake costs this process and nothing else.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#define MIB (1024ul * 1024ul)

int main(int argc, char **argv)
{
	long want = argc > 1 ? strtol(argv[1], NULL, 10) : 0;
	long seconds = argc > 2 ? strtol(argv[2], NULL, 10) : 60;
	if (want <= 0 || seconds < 0) {
		fputs("usage: hog MIB [SECONDS] [NAME]\n", stderr);
		return 2;
	}
	if (argc > 3)
		prctl(PR_SET_NAME, argv[3]);
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
	if (fd >= 0) {
		if (write(fd, "1000", 4) < 0)
			perror("hog: oom_score_adj");
		close(fd);
	}
	for (long i = 0; i < want; i++) {
		char *p = mmap(NULL, MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (p == MAP_FAILED) {
			perror("hog: mmap");
			return 1;
		}
		memset(p, 0x5a, MIB);
	}
	sleep((unsigned)seconds);
	return 0;
}
