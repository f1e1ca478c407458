/* ctl/verbs: what oomwatchctl can do, one row a verb. */
#ifndef CTL_VERBS_H
#define CTL_VERBS_H

#include "ctl/options.h"

#define CTL_NO_LIMIT (-1)

struct ctl_verb {
	const char *name;
	const char *args; /* for --help */
	const char *help;
	int max_args;                            /* CTL_NO_LIMIT: matches, any number */
	int (*run)(const struct ctl_options *o); /* returns the exit status */
};

/* The rows, ended by name == NULL; the first is the default. */
const struct ctl_verb *ctl_verbs(void);

int ctl_verb_list(const struct ctl_options *o) ATTR_NONNULL;
int ctl_verb_info(const struct ctl_options *o) ATTR_NONNULL;
int ctl_verb_follow(const struct ctl_options *o) ATTR_NONNULL;
int ctl_verb_stats(const struct ctl_options *o) ATTR_NONNULL;
int ctl_verb_explain(const struct ctl_options *o) ATTR_NONNULL;
int ctl_verb_report(const struct ctl_options *o) ATTR_NONNULL;
int ctl_verb_selftest(const struct ctl_options *o) ATTR_NONNULL;
int ctl_verb_schema(const struct ctl_options *o) ATTR_NONNULL;

#endif
