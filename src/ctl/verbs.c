/* The table of verbs. */
#include "ctl/verbs.h"

#include <stddef.h>

const struct ctl_verb *ctl_verbs(void)
{
	static const struct ctl_verb verbs[] = {
	    {"list", "[MATCH]...", "one line a kill, newest last (the default)", CTL_NO_LIMIT, ctl_verb_list},
	    {"info", "[MATCH]...", "everything about the newest kill, or those that match", CTL_NO_LIMIT,
	     ctl_verb_info},
	    {"follow", "[MATCH]...", "kills as they happen", CTL_NO_LIMIT, ctl_verb_follow},
	    {"stats", "[MATCH]...", "who is killed most, when, and why", CTL_NO_LIMIT, ctl_verb_stats},
	    {"explain", "FILE|- [MATCH]...",
	     "read any saved kernel log: dmesg, syslog, journalctl,\n/dev/kmsg; also packed "
	     "with gzip, xz, zstd or bzip2",
	     CTL_NO_LIMIT, ctl_verb_explain},
	    {"report", "[MATCH]...", "an HTML page with plots, to keep or to send", CTL_NO_LIMIT, ctl_verb_report},
	    {"selftest", "", "make one real OOM kill in a memory cgroup of its own and\nsee its event arrive (as root)",
	     0, ctl_verb_selftest},
	    {"schema", "", "the JSON Schema of events", 0, ctl_verb_schema},
	    {NULL, NULL, NULL, 0, NULL},
	};
	return verbs;
}
