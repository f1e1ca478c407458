/*
 * The table. A field's name, type, order and journald name are decided here and
 * nowhere else; a new field is one row and one member. Order: the contract's,
 * and inside an object the order in which the contract lists its members;
 * what the contract does not name stands behind what it names.
 */
#include "event/schema.h"

#define KILL EVENT_TYPE_BIT(EVENT_OOM_KILL)
#define INCIDENT (KILL | EVENT_TYPE_BIT(EVENT_NO_VICTIM))
#define NO_VICTIM EVENT_TYPE_BIT(EVENT_NO_VICTIM)
#define LOST EVENT_TYPE_BIT(EVENT_RECORDS_LOST)
#define UNSEEN EVENT_TYPE_BIT(EVENT_KILLS_UNSEEN)

/* A row whose key path is also the member's name in C, and one where they differ. */
#define FIELD(k, key, text, ...)                                                                                       \
	{                                                                                                              \
		.path = #key, .kind = k, .offset = offsetof(struct event, key), .doc = text, __VA_ARGS__               \
	}
#define FIELD_AT(k, key, member, text, ...)                                                                            \
	{                                                                                                              \
		.path = key, .kind = k, .offset = offsetof(struct event, member), .doc = text, __VA_ARGS__             \
	}
#define LIST(key, member, counter, type, rows, text, ...)                                                              \
	{                                                                                                              \
		.path = key, .kind = EVENT_LIST, .offset = offsetof(struct event, member),                             \
		.count_offset = offsetof(struct event, counter), .stride = sizeof(type), .items = rows, .doc = text,   \
		__VA_ARGS__                                                                                            \
	}
#define ITEM(type, k, key, member, text)                                                                               \
	{                                                                                                              \
		.path = key, .kind = k, .offset = offsetof(type, member), .doc = text                                  \
	}
#define END                                                                                                            \
	{                                                                                                              \
		.path = NULL                                                                                           \
	}

#define USAGE(key, what)                                                                                               \
	FIELD(EVENT_U64, cgroup.key.usage_kb, what " in use, kB", .types = INCIDENT),                                  \
	    FIELD(EVENT_U64, cgroup.key.limit_kb, "its limit, kB; left out when unlimited", .types = INCIDENT),        \
	    FIELD(EVENT_U64, cgroup.key.failcnt, "times the limit was hit", .types = INCIDENT)

static const char *const type_names[EVENT_TYPES + 1] = {
    [EVENT_OOM_KILL] = "oom-kill",
    [EVENT_NO_VICTIM] = "oom-no-victim",
    [EVENT_RECORDS_LOST] = "records-lost",
    [EVENT_KILLS_UNSEEN] = "kills-unseen",
};
static const char *const message_ids[EVENT_TYPES] = {
    [EVENT_OOM_KILL] = "5ef39f0ddfef4293b8e652629a707eda",
    [EVENT_NO_VICTIM] = "7f36703acfa94008be9694349ea3f709",
    [EVENT_RECORDS_LOST] = "bd0c2a7d54084704ba4a4bcbddf3d583",
    [EVENT_KILLS_UNSEEN] = "bbbfdbe0b3a6443a8387ad6d1a387c0f",
};
static const char *const scopes[] = {"memcg", "global", "cpuset", "mempolicy", NULL};
static const char *const reports[] = {"full", "partial", "suppressed", NULL};
static const char *const growths[] = {"spike", "leak", "steady", NULL};
static const char *const units[] = {"bytes", "kB", NULL};
static const char *const runtimes[] = {"containerd", "cri-o", "docker", "podman", "lxc", NULL};
static const char *const qos_classes[] = {"Guaranteed", "Burstable", "BestEffort", NULL};
static const char *const sources[] = {"kernel", "live", "cache", "file", NULL};
static const char *const verdict_codes[] = {
    "cgroup-limit",    "ancestor-limit", "swap-limit",      "host-exhausted", "host-no-swap",       "swap-full",
    "fragmentation",   "kernel-memory",  "shared-memory",   "locked-memory",  "hugepages-reserved", "cpuset-limit",
    "mempolicy-limit", "manual",         "allocating-task", "adjusted",       "unkillable",         NULL,
};

static const struct event_field parent_rows[] = {
    ITEM(struct event_parent, EVENT_U64, "pid", pid, "process id"),
    ITEM(struct event_parent, EVENT_STR, "comm", comm, "its name"),
    END,
};
static const struct event_field point_rows[] = {
    ITEM(struct event_point, EVENT_U64, "age_sec", age_sec, "seconds before the kill"),
    ITEM(struct event_point, EVENT_U64, "rss_kb", rss_kb, "resident memory then, kB"),
    END,
};
static const struct event_field container_rows[] = {
    ITEM(struct event_container, EVENT_STR, "id", id, "container id"),
    ITEM(struct event_container, EVENT_STR, "name", name, "its name"),
    {.path = "runtime",
     .kind = EVENT_STR,
     .offset = offsetof(struct event_container, runtime),
     .values = runtimes,
     .doc = "who runs it"},
    ITEM(struct event_container, EVENT_STR, "image", image, "its image"),
    END,
};
static const struct event_field task_rows[] = {
    ITEM(struct event_task, EVENT_U64, "pid", pid, "process id"),
    ITEM(struct event_task, EVENT_STR, "comm", comm, "its name"),
    ITEM(struct event_task, EVENT_U64, "uid", uid, "user id"),
    ITEM(struct event_task, EVENT_U64, "rss_kb", rss_kb, "resident memory, kB"),
    ITEM(struct event_task, EVENT_U64, "swap_kb", swap_kb, "in swap, kB"),
    ITEM(struct event_task, EVENT_I64, "oom_score_adj", oom_score_adj, "its oom_score_adj"),
    END,
};
static const struct event_field zone_rows[] = {
    ITEM(struct event_zone, EVENT_U64, "node", node, "NUMA node"),
    ITEM(struct event_zone, EVENT_STR, "zone", zone, "zone name"),
    ITEM(struct event_zone, EVENT_U64, "free_kb", free_kb, "free, kB"),
    ITEM(struct event_zone, EVENT_U64, "min_kb", min_kb, "min watermark, kB"),
    ITEM(struct event_zone, EVENT_U64, "low_kb", low_kb, "low watermark, kB"),
    ITEM(struct event_zone, EVENT_U64, "high_kb", high_kb, "high watermark, kB"),
    ITEM(struct event_zone, EVENT_U64, "largest_free_block_kb", largest_free_block_kb, "largest free block, kB"),
    END,
};

static const struct event_field rows[] = {
    FIELD(EVENT_U64, version, "version of this format", .required = true),
    FIELD(EVENT_STR, type, "what happened", .required = true, .values = type_names),
    FIELD(EVENT_U64, count, "kernel log records lost", .types = LOST, .required = true),
    FIELD(EVENT_U64, from_seq, "first record lost", .types = LOST, .required = true),
    FIELD(EVENT_U64, to_seq, "last record lost", .types = LOST, .required = true),
    FIELD(EVENT_U64, kernel_count, "kills the kernel counted", .types = UNSEEN, .required = true),
    FIELD(EVENT_U64, reported_count, "kills whose line was seen", .types = UNSEEN, .required = true),
    FIELD(EVENT_STR, id, "boot id (or 32 zeros) and kmsg sequence number: the same for ever", .required = true,
	  .journal = "OOM_ID"),
    FIELD(EVENT_STR, time, "RFC 3339, UTC, microseconds"),
    FIELD(EVENT_U64, realtime_usec, "the same as microseconds since 1970"),
    FIELD(EVENT_U64, monotonic_usec, "the kernel's own stamp of the record"),
    FIELD(EVENT_STR, boot_id, "the boot, 32 hex digits"),
    FIELD(EVENT_U64, kmsg_seq, "sequence number of the record in /dev/kmsg"),
    FIELD(EVENT_STR, host.name, "host name"),
    FIELD(EVENT_STR, host.machine_id, "machine id, 32 hex digits"),
    FIELD(EVENT_STR, host.kernel, "kernel release"),
    FIELD(EVENT_TRUE, recovered, "the kill happened while the daemon was not running", .types = KILL,
	  .journal = "OOM_RECOVERED"),
    FIELD(EVENT_STR, scope, "what ran out of memory", .types = INCIDENT, .values = scopes, .journal = "OOM_SCOPE"),
    FIELD(EVENT_STR, report, "how much of the kernel's report was there", .types = INCIDENT, .required = true,
	  .values = reports),
    FIELD(EVENT_STR, summary, "one sentence for people; control characters and bytes that are not UTF-8 as \\xNN",
	  .required = true),

    FIELD(EVENT_U64, victim.pid, "process id as the kernel printed it (a thread's when its leader had exited)",
	  .types = KILL, .required = true, .journal = "OOM_PID"),
    FIELD(EVENT_U64, victim.tgid, "process id of the whole process", .types = KILL, .journal = "OOM_TGID"),
    FIELD(EVENT_STR, victim.comm, "its name", .types = KILL, .journal = "OOM_COMM"),
    FIELD(EVENT_U64, victim.uid, "user id", .types = KILL, .journal = "OOM_UID OBJECT_UID"),
    FIELD(EVENT_STR, victim.user, "user name, from the local passwd file", .types = KILL),
    FIELD(EVENT_STR, victim.exe, "executable", .types = KILL, .journal = "OOM_EXE"),
    FIELD(EVENT_STRINGS, victim.cmdline, "command line", .types = KILL, .journal = "OOM_CMDLINE"),
    FIELD(EVENT_U64, victim.ppid, "parent's process id", .types = KILL),
    LIST("victim.parents", victim.parent, victim.parent_count, struct event_parent, parent_rows,
	 "ancestors, nearest first", .types = KILL),
    FIELD(EVENT_U64, victim.ns_pid, "process id inside its own pid namespace", .types = KILL),
    FIELD(EVENT_STR, victim.start_time, "RFC 3339, UTC", .types = KILL),
    FIELD(EVENT_U64, victim.uptime_sec, "seconds it had run", .types = KILL),
    FIELD(EVENT_I64, victim.oom_score_adj, "its oom_score_adj", .types = KILL),
    FIELD(EVENT_U64, victim.oom_score, "its badness: of /proc/PID/oom_score before the kill, or as printed up to 5.0",
	  .types = KILL),
    FIELD(EVENT_U64, victim.memory.total_vm_kb, "address space, kB", .types = KILL),
    FIELD(EVENT_U64, victim.memory.rss_kb, "resident, kB: the sum of the next three, or the task table's",
	  .types = KILL),
    FIELD(EVENT_U64, victim.memory.anon_rss_kb, "anonymous, kB", .types = KILL, .journal = "OOM_ANON_RSS_KB"),
    FIELD(EVENT_U64, victim.memory.file_rss_kb, "of files, kB (with shared memory in it up to 4.4)", .types = KILL),
    FIELD(EVENT_U64, victim.memory.shmem_rss_kb, "shared memory and tmpfs, kB", .types = KILL),
    FIELD(EVENT_U64, victim.memory.swap_kb, "in swap, kB", .types = KILL),
    FIELD(EVENT_U64, victim.memory.pgtables_kb, "page tables, kB", .types = KILL),
    LIST("victim.history", victim.history, victim.history_count, struct event_point, point_rows,
	 "resident memory before the kill, oldest first", .types = KILL),
    FIELD(EVENT_STR, victim.growth,
	  "how it grew: half of it in the last moments, all the time it was watched, or neither", .types = KILL,
	  .values = growths),
    FIELD(EVENT_TRUE, victim.cmdline_cut, "the command line was longer", .types = KILL),

    FIELD(EVENT_U64, trigger.pid, "thread whose allocation failed", .types = INCIDENT, .journal = "OOM_TRIGGER_PID"),
    FIELD(EVENT_STR, trigger.comm, "its name", .types = INCIDENT, .journal = "OOM_TRIGGER_COMM"),
    FIELD(EVENT_I64, trigger.oom_score_adj, "its oom_score_adj", .types = INCIDENT),
    FIELD(EVENT_STR, trigger.gfp_mask, "what kind of memory was asked for, hexadecimal", .types = INCIDENT),
    FIELD(EVENT_STRINGS, trigger.gfp_flags, "the same by name", .types = INCIDENT),
    FIELD(EVENT_I64, trigger.order, "2^order pages were asked for; -1 for sysrq-f", .types = INCIDENT),
    FIELD(EVENT_U64, trigger.cpu, "processor", .types = INCIDENT),
    FIELD(EVENT_STR, constraint, "the kernel's word, as printed", .types = INCIDENT),
    FIELD(EVENT_STR, nodemask, "allowed nodes of a memory policy, as printed", .types = INCIDENT),
    FIELD(EVENT_STR, cpuset, "the trigger's cpuset, last element only", .types = INCIDENT),
    FIELD(EVENT_STR, mems_allowed, "the trigger's nodes", .types = INCIDENT),

    FIELD(EVENT_STR, cgroup.path, "the victim's memory cgroup", .types = KILL,
	  .journal = "OOM_CGROUP OBJECT_SYSTEMD_CGROUP"),
    FIELD(EVENT_STR, cgroup.limit_path, "the cgroup whose limit was hit", .types = INCIDENT,
	  .journal = "OOM_LIMIT_CGROUP"),
    USAGE(memory, "memory of that cgroup"),
    USAGE(memsw, "memory and swap (cgroup v1)"),
    USAGE(kmem, "kernel memory (cgroup v1)"),
    USAGE(swap, "swap (cgroup v2)"),
    {.path = "cgroup.stat",
     .kind = EVENT_MAP,
     .offset = offsetof(struct event, cgroup.stat),
     .count_offset = offsetof(struct event, cgroup.stat_count),
     .stride = sizeof(struct event_stat),
     .types = INCIDENT,
     .doc = "memory.stat of that cgroup, numbers as printed"},
    FIELD(EVENT_STR, cgroup.stat_unit, "unit of the sizes in stat: kB in the kernel's form up to 5.2",
	  .types = INCIDENT, .values = units),

    FIELD(EVENT_STR, identity.unit, "systemd unit, as journalctl -u takes it", .types = KILL,
	  .journal = "OOM_UNIT OBJECT_SYSTEMD_UNIT"),
    FIELD(EVENT_STR, identity.user_unit, "user unit, as journalctl --user-unit takes it", .types = KILL,
	  .journal = "OBJECT_SYSTEMD_USER_UNIT"),
    FIELD(EVENT_STR, identity.slice, "innermost of the leading slices", .types = KILL,
	  .journal = "OBJECT_SYSTEMD_SLICE"),
    FIELD(EVENT_STR, identity.user_slice, "the same inside the user's manager", .types = KILL),
    FIELD(EVENT_STR, identity.session, "login session", .types = KILL),
    FIELD(EVENT_STR, identity.machine, "machine registered with systemd-machined", .types = KILL),
    FIELD(EVENT_STR, identity.invocation_id, "the unit's run, 32 hex digits", .types = KILL),
    FIELD(EVENT_STR, identity.container.id, "innermost container", .types = KILL, .journal = "OOM_CONTAINER_ID"),
    FIELD(EVENT_STR, identity.container.name, "its name; not of one that is inside of another or of a machine",
	  .types = KILL, .journal = "OOM_CONTAINER_NAME"),
    FIELD(EVENT_STR, identity.container.runtime, "who runs it", .types = KILL, .values = runtimes),
    FIELD(EVENT_STR, identity.container.image, "its image", .types = KILL),
    FIELD(EVENT_STR, identity.pod.uid, "Kubernetes pod", .types = KILL, .journal = "OOM_POD_UID"),
    FIELD(EVENT_STR, identity.pod.name, "its name", .types = KILL, .journal = "OOM_POD_NAME"),
    FIELD_AT(EVENT_STR, "identity.pod.namespace", identity.pod.namespace_, "its namespace", .types = KILL,
	     .journal = "OOM_POD_NAMESPACE"),
    FIELD(EVENT_STR, identity.pod.qos, "its quality of service", .types = KILL, .values = qos_classes),
    FIELD(EVENT_STR, identity.compose.project, "Compose project", .types = KILL),
    FIELD(EVENT_STR, identity.compose.service, "Compose service", .types = KILL),
    LIST("identity.outer", identity.outer, identity.outer_count, struct event_container, container_rows,
	 "enclosing containers, innermost first: what lies inside of one is called as that one likes, ids and pods too",
	 .types = KILL),
    FIELD(EVENT_STR, identity.ecs.task, "Amazon ECS task", .types = KILL),
    FIELD(EVENT_STR, identity.ecs.container, "its container's name in the task definition", .types = KILL),

    FIELD(EVENT_STR, sources.cgroup, "where cgroup.path came from", .types = KILL, .values = sources),
    FIELD(EVENT_STR, sources.process, "where the process's facts came from", .types = KILL, .values = sources),
    FIELD(EVENT_STR, sources.identity, "where the identity came from", .types = KILL, .values = sources),
    FIELD(EVENT_U64, sources.process_age_ms, "age of the snapshot used", .types = KILL),
    FIELD(EVENT_STR, sources.limit, "where the limit came from, where the kernel did not print it", .types = KILL,
	  .values = sources),

    FIELD(EVENT_STR, group.id, "event id of the decision's first kill", .types = KILL),
    FIELD(EVENT_STR, group.cgroup, "the cgroup killed as one (memory.oom.group)", .types = KILL),
    FIELD(EVENT_U64, group.index, "this kill's place in it, from 1", .types = KILL),

    FIELD(EVENT_U64, tasks.count, "rows of the kernel's task table", .types = INCIDENT),
    LIST("tasks.top", tasks.top, tasks.top_count, struct event_task, task_rows, "the largest by resident memory",
	 .types = INCIDENT),

    FIELD(EVENT_U64, host_memory.total_kb, "RAM, kB", .types = INCIDENT),
    FIELD(EVENT_U64, host_memory.free_kb, "free, kB", .types = INCIDENT),
    FIELD(EVENT_U64, host_memory.swap_total_kb, "swap, kB", .types = INCIDENT),
    FIELD(EVENT_U64, host_memory.swap_free_kb, "free swap, kB", .types = INCIDENT),
    FIELD(EVENT_U64, host_memory.slab_unreclaimable_kb, "kernel slabs that cannot be given back, kB",
	  .types = INCIDENT),
    FIELD(EVENT_U64, host_memory.shmem_kb, "shared memory and tmpfs, kB", .types = INCIDENT),
    FIELD(EVENT_U64, host_memory.unevictable_kb, "locked and otherwise unevictable, kB", .types = INCIDENT),
    FIELD(EVENT_U64, host_memory.pagecache_kb, "page cache with shared memory, kB", .types = INCIDENT),
    FIELD(EVENT_U64, host_memory.hugepages_kb, "reserved as huge pages, kB", .types = INCIDENT),
    LIST("host_memory.zones", host_memory.zone, host_memory.zone_count, struct event_zone, zone_rows, "memory zones",
	 .types = INCIDENT),
    FIELD(EVENT_U64, host_memory.slab_reclaimable_kb, "kernel slabs that can be given back, kB", .types = INCIDENT),
    FIELD(EVENT_U64, host_memory.anon_kb, "anonymous memory on the LRU lists, kB", .types = INCIDENT),
    FIELD(EVENT_U64, host_memory.pagetables_kb, "page tables, kB", .types = INCIDENT),
    FIELD(EVENT_U64, host_memory.hugepages_free_kb, "huge pages that nobody uses, kB", .types = INCIDENT),
    FIELD(EVENT_U64, host_memory.page_kb, "size of a page, kB", .types = INCIDENT),

    FIELD(EVENT_STR, verdict.code, "why it happened", .types = INCIDENT, .values = verdict_codes,
	  .journal = "OOM_VERDICT"),
    FIELD(EVENT_STR, verdict.text, "the same in plain words, with the number that decided", .types = INCIDENT),

    FIELD(EVENT_STR, kernel_text, "the kernel's own words", .types = NO_VICTIM),
    FIELD(EVENT_TRUE, panic, "the kernel panicked", .types = NO_VICTIM),
    {.path = "left_out", .kind = EVENT_LEFT_OUT, .doc = "keys left out because the event would have been too long"},
    END,
};
_Static_assert(ARRAY_COUNT(rows) <= EVENT_SCHEMA_ROWS, "EVENT_SCHEMA_ROWS is too small");

const struct event_field *event_schema(void)
{
	return rows;
}

const char *event_message_id(enum event_type type)
{
	return (unsigned)type < EVENT_TYPES ? message_ids[type] : NULL;
}

const char *event_type_name(enum event_type type)
{
	return (unsigned)type < EVENT_TYPES ? type_names[type] : NULL;
}

const char *const *event_verdict_codes(void)
{
	return verdict_codes;
}
