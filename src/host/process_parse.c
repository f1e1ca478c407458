/*
 * Pure parsers of /proc/PID/{stat,status,cgroup}.
 *
 * stat (do_task_stat, fs/proc/array.c) prints comm between parentheses without
 * any escape: it may hold ") R 1 (" and newlines, so it ends at the *last* ')';
 * every field behind it is a number or the one-letter state. status escapes
 * '\n' and '\\' in Name: (proc_task_name), so there a line is a line.
 *
 * cgroup (proc_cgroup_show, kernel/cgroup/cgroup.c) prints "id:controllers:path"
 * and a path may hold ':' but no newline. cgroup v1 shows "/" for a task with
 * PF_EXITING; the default hierarchy keeps the path and adds " (deleted)" when
 * the cgroup was removed.
 */
#include "host/process.h"

#define PF_EXITING_BIT 0x4u       /* include/linux/sched.h, the same since 2.6 */
#define SIGKILL_PENDING (1u << 8) /* signal 9 in the mask of pending signals */

/* Fields of stat by the number proc(5) gives them. */
enum stat_field { STAT_STATE = 3, STAT_PPID = 4, STAT_FLAGS = 9, STAT_START = 22, STAT_SIGNAL = 31 };

static bool to_pid(struct slice s, int32_t *out)
{
	uint64_t v;
	if (!slice_to_u64(s, &v) || v > INT32_MAX)
		return false;
	*out = (int32_t)v;
	return true;
}

static void set_stat_field(int field, struct slice word, struct host_process *out)
{
	uint64_t v;
	switch (field) {
	case STAT_PPID:
		if (to_pid(word, &out->ppid))
			out->have |= HOST_HAVE_PPID;
		break;
	case STAT_FLAGS:
		if (slice_to_u64(word, &v) && (v & PF_EXITING_BIT))
			out->exiting = out->dying = true;
		break;
	case STAT_START:
		if (slice_to_u64(word, &out->start_ticks))
			out->have |= HOST_HAVE_START;
		break;
	case STAT_SIGNAL:
		if (slice_to_u64(word, &v) && (v & SIGKILL_PENDING))
			out->dying = true;
		break;
	}
}

bool host_parse_stat(struct slice text, struct host_process *out)
{
	struct slice comm, word;
	uint64_t pid;
	if (!take_u64(&text, &pid) || !take_literal(&text, SLICE(" (")) || !take_until_last(&text, SLICE(")"), &comm) ||
	    !take_literal(&text, SLICE(" ")) || !take_word(&text, &word) || word.n != 1)
		return false;
	out->comm = comm;
	out->state = word.p[0];
	if (out->state == 'Z' || out->state == 'X')
		out->exiting = out->dying = true;
	if (slice_ends(text, SLICE("\n")))
		text.n--;
	for (int field = STAT_STATE + 1; field <= STAT_SIGNAL && take_word(&text, &word); field++)
		set_stat_field(field, word, out);
	return true;
}

static void set_tgid(struct slice value, struct host_process *out)
{
	if (to_pid(value, &out->tgid))
		out->have |= HOST_HAVE_TGID;
}

static void set_ppid(struct slice value, struct host_process *out)
{
	if (to_pid(value, &out->ppid))
		out->have |= HOST_HAVE_PPID;
}

static void set_uid(struct slice value, struct host_process *out)
{
	struct slice real;
	uint64_t v;
	if (!take_word(&value, &real) || !slice_to_u64(real, &v) || v > UINT32_MAX)
		return;
	out->uid = (uint32_t)v;
	out->have |= HOST_HAVE_UID;
}

static void set_rss(struct slice value, struct host_process *out)
{
	uint64_t v;
	if (!take_u64(&value, &v) || !slice_eq(value, SLICE(" kB")))
		return;
	out->rss_kb = v;
	out->have |= HOST_HAVE_RSS;
}

static void set_ns_pid(struct slice value, struct host_process *out)
{
	if (value.n)
		out->ns_pid = value;
}

static const struct {
	struct slice key;
	void (*set)(struct slice value, struct host_process *out);
} status_rows[] = {
    {SLICE("Tgid:"), set_tgid}, {SLICE("PPid:"), set_ppid},    {SLICE("Uid:"), set_uid},
    {SLICE("VmRSS:"), set_rss}, {SLICE("NSpid:"), set_ns_pid},
};

bool host_parse_status(struct slice text, struct host_process *out)
{
	bool any = false;
	struct slice line;
	while (take_line(&text, &line)) {
		for (size_t i = 0; i < ARRAY_COUNT(status_rows); i++) {
			struct slice value = line;
			if (!take_literal(&value, status_rows[i].key))
				continue;
			status_rows[i].set(slice_trim(value), out);
			any = true;
		}
	}
	return any;
}

static bool list_holds(struct slice list, struct slice item)
{
	struct slice one;
	while (take_until(&list, SLICE(","), &one))
		if (slice_eq(one, item))
			return true;
	return slice_eq(list, item);
}

bool host_parse_cgroup(struct slice text, bool dying, struct slice *path, bool *deleted)
{
	struct slice line, unified = SLICE_NONE, memory = SLICE_NONE;
	while (take_line(&text, &line)) {
		struct slice id, controllers;
		if (!take_until(&line, SLICE(":"), &id) || !take_until(&line, SLICE(":"), &controllers) ||
		    !slice_starts(line, SLICE("/")))
			continue;
		if (list_holds(controllers, SLICE("memory")))
			memory = line;
		else if (slice_eq(id, SLICE("0")) && controllers.n == 0)
			unified = line;
	}
	*deleted = false;
	*path = SLICE_NONE;
	if (slice_present(memory)) {
		if (!dying || memory.n > 1)
			*path = memory;
		return true;
	}
	if (!slice_present(unified))
		return false;
	struct slice dead = SLICE(" (deleted)");
	*deleted = slice_ends(unified, dead);
	*path = slice_sub(unified, 0, unified.n - (*deleted ? dead.n : 0));
	return true;
}
