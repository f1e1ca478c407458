/* What an event does not say, and why: an answer too, and the page and the report give the same. */
#include "ctl/page.h"
#include "ctl/when.h"

static bool lacks(const json_t *event, const char *path)
{
	return ctl_get(event, path) == NULL;
}

bool ctl_unknown(const json_t *event, unsigned i, const char **what, const char **why)
{
	bool saved = lacks(event, "sources.process") && lacks(event, "host.machine_id");
	/* LXC has no other name for a container than the one in the path. */
	bool nameless = lacks(event, "identity.container.name") && !ctl_is(event, "identity.container.runtime", "lxc");
	bool suppressed = ctl_is(event, "report", "suppressed"), partial = ctl_is(event, "report", "partial");
	const struct {
		bool applies;
		const char *what, *why;
	} rows[] = {
	    {suppressed, "The kernel's report",
	     "the kernel prints at most ten reports in five seconds; of this kill only the kill line was printed"},
	    {partial, "Part of the kernel's report", "lines of it were lost, cut, or could not be told from another's"},
	    {lacks(event, "time"), "The wall-clock time", "the log carries no date with year and zone"},
	    {lacks(event, "victim.cmdline"), "The command line",
	     saved ? "a kernel log does not hold it"
		   : "the process was gone before it could be read, or it is kept private"},
	    {lacks(event, "cgroup.path"), "The control group",
	     suppressed ? "it stands in the report, which was not printed" : "this kernel does not print it"},
	    {!lacks(event, "identity.pod.uid") && lacks(event, "identity.pod.name"), "The pod's name",
	     saved ? "a kernel log holds only its uid" : "no local file of kubelet or the runtime named it"},
	    {!lacks(event, "identity.container.id") && nameless, "The container's name",
	     saved                               ? "a kernel log holds only its id"
	     : !lacks(event, "identity.outer")   ? "the container it is inside of knows it"
	     : !lacks(event, "identity.machine") ? "the machine it is inside of knows it"
						 : "no local file of its runtime named it"},
	    {lacks(event, "victim.history") && !saved, "Memory before the kill",
	     "the process was not seen for long enough"},
	    {lacks(event, "tasks.count") && !suppressed, "The other tasks",
	     "the kernel printed no task table (vm.oom_dump_tasks)"},
	    {lacks(event, "trigger.comm") && !suppressed, "Whose allocation failed",
	     "the report's first line is missing"},
	};
	for (unsigned r = 0; r < ARRAY_COUNT(rows); r++)
		if (rows[r].applies && i-- == 0) {
			*what = rows[r].what;
			*why = rows[r].why;
			return true;
		}
	return false;
}

void ctl_add_advice(struct text *t, const json_t *event)
{
	uint64_t usec;
	if (ctl_is(event, "type", "records-lost")) {
		text_add(t, SLICE("the kernel's log buffer was overwritten before it was read. Next: give it more room "
				  "(kernel parameter log_buf_len=4M), and see what floods it (journalctl -k)"));
	} else if (ctl_is(event, "type", "kills-unseen")) {
		text_add(
		    t, SLICE("the kernel's counter (oom_kill of /proc/vmstat) rose by more kills than its log showed. "
			     "Next: see oom_kill of memory.events in the cgroups of what is missing"));
	} else if (ctl_is(event, "report", "suppressed")) {
		text_add(t, SLICE("not known: of this kill the kernel printed only one line."));
		if (!ctl_num(event, "realtime_usec", &usec) || usec < 10000000)
			return;
		text_add(t, SLICE(" Next: see the first kills of the same storm, they have a report: oomwatchctl list "
				  "--since=\""));
		ctl_when_add(t, usec - 10000000, false);
		text_add(t, SLICE("\""));
	} else if (ctl_is(event, "report", "partial")) {
		text_add(t, SLICE("not known: part of the kernel's report is missing"));
	}
}
