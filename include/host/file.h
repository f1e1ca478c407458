/*
 * host/file: one small file below a directory descriptor, read whole or up to a
 * bound. The files are /proc's or look like them: short, possibly torn, possibly
 * gone between open and read.
 */
#ifndef HOST_FILE_H
#define HOST_FILE_H

#include <sys/types.h>

#include "base/slice.h"

/*
 * Up to `cap` bytes of dir_fd/path into `buf`. Returns how many (0: the file is empty) or a negative errno; `more` says
 * that the file went on. An error after the first bytes is not one: they are returned, with `more` set. Does not wait
 * for a writer when the path turns out to be a FIFO.
 */
ssize_t host_file_read(int dir_fd, const char *path, char *buf, size_t cap, bool *more) ATTR_MUST_CHECK ATTR_NONNULL;

/* The same as a slice of whole lines: what `cap` cut in the middle is left out. Absent when the file cannot be read. */
struct slice host_file_lines(int dir_fd, const char *path, char *buf, size_t cap) ATTR_NONNULL;

#endif
