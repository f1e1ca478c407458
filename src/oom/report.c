#include "oom/report.h"

const struct oom_task *oom_report_task(const struct oom_report *r, uint64_t pid)
{
	for (uint32_t i = 0; i < r->rows; i++)
		if (r->task[i].pid == pid)
			return &r->task[i];
	return NULL;
}

bool oom_report_stat(const struct oom_report *r, struct slice name, uint64_t *out)
{
	for (uint32_t i = 0; i < r->stat_count; i++) {
		if (!slice_eq(slice_cstr(r->stat[i].name), name))
			continue;
		*out = r->stat[i].value;
		return true;
	}
	return false;
}
