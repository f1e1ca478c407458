/*
 * ctl/match: which events a command line asks for.
 *
 * PID, COMM, UNIT, a container's or pod's name, /path/of/executable, or
 * FIELD=VALUE: a journal field (OOM_UNIT=…) or a key path of the event
 * (verdict.code=…). As with journalctl, words about the same thing widen the
 * choice, words about different things narrow it.
 */
#ifndef CTL_MATCH_H
#define CTL_MATCH_H

#include "ctl/value.h"

enum ctl_term_kind {
	CTL_TERM_PID,   /* 1234 */
	CTL_TERM_NAME,  /* nginx: command, unit without suffix, container, pod */
	CTL_TERM_UNIT,  /* nginx.service */
	CTL_TERM_EXE,   /* /usr/sbin/nginx, or a cgroup path */
	CTL_TERM_FIELD, /* OOM_UNIT=…, _HOSTNAME=… */
	CTL_TERM_PATH,  /* verdict.code=… */
};

struct ctl_term {
	enum ctl_term_kind kind;
	struct slice key, value; /* key of FIELD and PATH only */
};

#define CTL_TERMS 32
struct ctl_match {
	uint32_t count;
	struct ctl_term term[CTL_TERMS];
	bool has_since, has_until;
	uint64_t since_usec, until_usec;
	bool fields_done; /* the journal has already looked at FIELD terms */
};

/* NULL on success, else what is wrong (static text) with the word number `count` - 1, or with all when that is 0.
 * Borrows the words. */
const char *ctl_match_parse(struct ctl_match *m, char *const *words, int count) ATTR_MUST_CHECK ATTR_NONNULL;
/* Both about units, names and paths, or both about one PID, key or field. */
bool ctl_match_same_subject(const struct ctl_term *a, const struct ctl_term *b) ATTR_NONNULL;

/*
 * The fields of the journal one of which has the term's value in every entry whose event the term can match, ended by
 * NULL; NULL when there are none such: a name may be the front of an id, and what JSON escapes stands there otherwise.
 */
const char *const *ctl_match_fields(const struct ctl_term *t) ATTR_NONNULL;

/* False only when no event with this JSON can match: a look at its bytes, before they are parsed. */
bool ctl_match_text(const struct ctl_match *m, struct slice json) ATTR_NONNULL;
bool ctl_match_event(const struct ctl_match *m, const json_t *event) ATTR_NONNULL;

#endif
