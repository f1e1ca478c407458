/*
 * ctl/reader: events, wherever they are: the journal, the daemon's socket, a
 * file of JSON lines, a journal file, or any saved kernel log.
 *
 * Readers say on stderr what went wrong and return an exit status: 0 is well.
 */
#ifndef CTL_READER_H
#define CTL_READER_H

#include "ctl/match.h"
#include "ctl/options.h"

enum ctl_next { CTL_NEXT_END, CTL_NEXT_EVENT, CTL_NEXT_FAILED };

struct ctl_reader {
	/* One event, owned by the caller; at the end of what there is now, or a failure that was said. */
	enum ctl_next (*next)(struct ctl_reader *r, json_t **event);
	/* Waits until there may be more; false: there will not be, or a signal asks to stop. NULL: never. */
	bool (*wait)(struct ctl_reader *r);
	/* Says on stderr why nothing was found, and what to do. */
	void (*say_empty)(const struct ctl_reader *r);
	int fd; /* of a socket that is still open, for a caller that waits with a timeout of its own; else -1 */
	/* Returns an exit status. */
	int (*close)(struct ctl_reader *r);
};

enum ctl_order { CTL_OLDEST_FIRST, CTL_NEWEST_FIRST };

/* `order` NEWEST_FIRST: only the journal can; others come back with *order set to what they do. */
int ctl_reader_journal(const struct ctl_options *o, struct ctl_match *m, enum ctl_order order, bool follow,
		       struct ctl_reader **out) ATTR_MUST_CHECK ATTR_NONNULL;
int ctl_reader_socket(const char *path, uint64_t replay, bool follow,
		      struct ctl_reader **out) ATTR_MUST_CHECK ATTR_NONNULL;
/* JSON lines or a saved kernel log; `only_log`: not JSON lines (explain). A journal file gives *out == NULL and 0. */
int ctl_reader_file(const char *path, bool only_log, struct ctl_reader **out) ATTR_MUST_CHECK ATTR_NONNULL;
/* The kernel's messages in a journal file, explained. */
int ctl_reader_journal_kernel(const char *path, struct ctl_reader **out) ATTR_MUST_CHECK ATTR_NONNULL;

/* Fills `m` from the words and times of the command line; 0 or an exit status. */
int ctl_query(const struct ctl_options *o, char *const *words, int count,
	      struct ctl_match *m) ATTR_MUST_CHECK ATTR_NONNULL;

/*
 * Calls `each` for every event asked for, in the order asked for (-n, -r), from where the options say; `path` not NULL:
 * from that saved log instead. Stops when `each` returns false. Returns an exit status: 1 when nothing matched (said on
 * stderr unless --quiet).
 */
typedef bool ctl_each_fn(void *context, const json_t *event);
int ctl_each(const struct ctl_options *o, struct ctl_match *m, const char *path, ctl_each_fn *each,
	     void *context) ATTR_MUST_CHECK;

#define CTL_SOCKET "/run/oomwatchd/events.sock"

#endif
