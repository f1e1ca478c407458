"""Rare lines, odd builds, and sizes beyond the usual."""
from lines import (GLOBAL, KILLED, MEMCG, Ring, Task, counters, mem_info, paths, sizes, stack, stats_line, story, summary,
                   table, trigger, truth)


def memcg_4(r, t, path, tasks, release="4.19.0-8-amd64", layout="4.19", nodemask="nodemask=(null), "):
    r.add(4, trigger(t.comm, nodemask, mask="0x6000c0(GFP_KERNEL)"))
    r.add(6, t.comm + " cpuset=/ mems_allowed=0")
    r.all(4, stack(release, t.pid, t.comm))
    r.add(6, "Task in %s killed as a result of limit of %s" % (path, path))
    r.all(6, counters(524288, 524288, 3))
    r.add(6, stats_line(path, 500000))
    r.all(6, table(layout, tasks, True))
    r.add(3, "Memory cgroup out of memory: Kill process %d (%s) score 900 or sacrifice child" % (t.pid, t.comm))


@story("4.19/group")
def group(r):
    """memory.oom.group on 4.19, where kill lines have no prefix: the first victim's line comes twice, and two more.
    Look at: three events of one group, scope memcg for all."""
    a, b, c = Task(610, "unicorn master", 90000), Task(611, "unicorn[0]", 9000), Task(612, "unicorn[1]", 9000)
    memcg_4(r, a, "/web", [b, c, a])
    r.add(3, a.print(KILLED["4.5"]))
    r.add(6, "Tasks in /web are going to be killed due to memory.oom.group set")
    for t in (b, a, c):
        r.add(3, t.print(KILLED["4.5"]))
    return [truth(t, "memcg", victim=sizes(t, True), group={"cgroup": "/web", "index": i})
            for i, t in enumerate((a, b, c), 1)]


@story("4.19/no-killable")
def no_killable(r):
    """4.18 to 4.20, a limit with nobody to kill: `Memory limit reached of cgroup` stands where `Task in` would.
    Look at: oom-no-victim with the limit's path."""
    t = Task(700, "guarded", 4000, adj=-1000)
    r.add(4, trigger(t.comm, "nodemask=(null), ", "oom_score_adj=-1000", "0x6000c0(GFP_KERNEL)"))
    r.add(6, t.comm + " cpuset=/ mems_allowed=0")
    r.all(4, stack("4.19.0-8-amd64", t.pid, t.comm))
    r.add(6, "Memory limit reached of cgroup /guarded")
    r.all(6, counters(16384, 16384, 3))
    r.add(6, stats_line("/guarded", 16000))
    r.all(6, table("4.19", [t], True))
    r.add(4, "Out of memory and no killable processes...")
    return [{"type": "oom-no-victim", "scope": "memcg", "victim": None, "trigger": {"pid": 700},
             "cgroup": {"limit_path": "/guarded", "memory": {"limit_kb": 16384}}, "verdict": {"code": "unkillable"}}]


@story("4.9/pinned-by-init")
def pinned(r):
    """The victim's memory is shared with init, so it is not reaped; the line that says so names two processes that
    nobody kills now. Look at: one event."""
    t = Task(800, "init-helper", 120000)
    r.add(4, trigger(t.comm, "nodemask=0, ", mask="0x24000c0(GFP_KERNEL)"))
    r.add(6, t.comm + " cpuset=/ mems_allowed=0")
    r.all(4, stack("4.9.0-8-amd64", t.pid, t.comm))
    r.all(4, mem_info(11000, 262000, 0, 0))
    r.all(6, table("4.0", [t]))
    r.add(3, "Out of memory: Kill process 800 (init-helper) score 450 or sacrifice child")
    r.add(3, t.print(KILLED["4.5"]))
    r.add(6, "oom killer 800 (init-helper) has mm pinned by 1 (init)")
    return [truth(t, "global", victim=dict(sizes(t, True), oom_score=450))]


@story("rhel6/would-have-killed")
def would_have(r):
    """RHEL 6 can say that it would have killed. Look at: no event."""
    r.add(3, "Would have killed process 900 (oracle). But continuing instead.")
    return []


@story("3.10/mixed-reports")
def mixed(r):
    """To 4.1 two OOMs could print at the same time, and without caller= nothing tells their lines apart: the host's own
    and a cgroup's, line by line in turn. Look at: both pids and their sizes; no limit and no memory given to the wrong
    one."""
    a, b = Task(901, "left", 90000), Task(902, "right", 128000)
    left, right = Ring(), Ring()
    left.add(4, trigger("left", ""))
    left.add(6, "left cpuset=/ mems_allowed=0")
    left.all(4, stack("3.10.0-327.el7.x86_64", 901, "left"))
    left.all(4, mem_info(11000, 262000, 0, 0))
    left.all(6, table("3.10", [a]))
    left.add(3, "Out of memory: Kill process 901 (left) score 300 or sacrifice child")
    left.add(3, a.print(KILLED["2.6.36"]))
    right.add(4, trigger("right", ""))
    right.add(6, "right cpuset=/ mems_allowed=0")
    right.all(4, stack("3.10.0-327.el7.x86_64", 902, "right"))
    right.add(6, "Task in /r killed as a result of limit of /r")
    right.all(6, counters(524288, 524288, 9))
    right.add(6, stats_line("/r", 500000))
    right.all(6, table("3.10", [b]))
    right.add(3, "Memory cgroup out of memory: Kill process 902 (right) score 990 or sacrifice child")
    right.add(3, b.print(KILLED["2.6.36"]))
    longest = max(len(left.out), len(right.out))
    for i in range(longest):
        for ring in (left, right):
            if i < len(ring.out):
                head, _, text = ring.out[i].partition(b";")
                r.out.append(b"%s,%d,%d,-;%s" % (head.split(b",")[0], r.seq, r.usec, text))
                r.seq, r.usec = r.seq + 1, r.usec + 17
    return [truth(t, None, None, victim=sizes(t)) for t in (a, b)]


@story("6.12/allocation-profile")
def profile(r):
    """CONFIG_MEM_ALLOC_PROFILING: a block of the largest allocations, in sizes with a blank inside, stands between
    Mem-Info and the table. Look at: the table is read all the same."""
    t = Task(1001, "hog", 200000, uid=5)
    r.add(4, trigger("hog", "", mask="0x140cca(GFP_HIGHUSER_MOVABLE|__GFP_COMP)"))
    r.all(4, stack("6.12.4", 1001, "hog"))
    r.all(4, mem_info(11000, 262000, 0, 0))
    r.add(4, "Memory allocations:")
    for size, calls, where in (("1.20 GiB", 314573, "mm/memory.c:1056 func:folio_prealloc"),
                               ("38.8 MiB", 9944, "mm/slub.c:2425 func:alloc_slab_page"),
                               ("7.41 MiB", 1897, "drivers/net/veth.c:88 [veth] func:veth_xdp_rx")):
        r.add(4, "%12s %8d %s" % (size, calls, where))
    r.all(6, table("6.8", [t], True))
    r.add(6, summary(t, ",global_oom,task_memcg=/user.slice", "CONSTRAINT_NONE"))
    r.add(3, t.print(KILLED["5.4"], why=GLOBAL))
    return [truth(t, "global", victim=dict(sizes(t, True), uid=5), tasks={"count": 1, "top": [
        {"pid": 1001, "comm": "hog", "uid": 5, "rss_kb": 800000, "swap_kb": 0, "oom_score_adj": 0}]})]


@story("5.4/arm32-no-numa")
def arm32(r):
    """A 32-bit board without NUMA: zone rows and free lists begin with the zone's name, there is high memory, and the
    backtrace is arm's. Look at: zones without node, total_kb."""
    t = Task(311, "chromium-browse", 60000, uid=1000, adj=300)
    rows = [x.replace("Node 0 DMA32", "Normal") for x in mem_info(4000, 94000, 102396, 0)]
    rows = [x.replace("0 pages HighMem/MovableOnly", "48128 pages HighMem/MovableOnly") for x in rows
            if not x.startswith("Node 0 hugepages")]
    r.add(4, trigger("lxpanel", "", mask="0x100cca(GFP_HIGHUSER_MOVABLE)"))
    r.add(4, "CPU: 3 PID: 512 Comm: lxpanel Not tainted 5.4.83-v7l+ #1379")
    r.add(4, "Hardware name: BCM2711")
    r.add(4, "Backtrace: ")
    r.add(4, "[<c01a81b4>] (dump_header) from [<c01a87a4>] (oom_kill_process+0x208/0xa48)")
    r.add(4, " r10:c1504d88 r9:00000000 r8:c1504d88 r7:c14b8c00")
    r.all(4, rows)
    r.all(6, table("4.19", [Task(512, "lxpanel", 2000, uid=1000), t], True))
    r.add(6, summary(t, ",global_oom,task_memcg=/", "CONSTRAINT_NONE"))
    r.add(3, t.print(KILLED["5.4"], why=GLOBAL))
    return [truth(t, "global", victim=dict(sizes(t, True), uid=1000, oom_score_adj=300),
                  trigger={"pid": 512, "comm": "lxpanel", "cpu": 3}, cgroup={"path": "/"},
                  host_memory={"total_kb": 94000 * 4, "free_kb": 16000, "swap_total_kb": 102396, "swap_free_kb": 0})]


@story("6.8/many-tasks")
def many(r):
    """A host with 1300 tasks in its table, more than are kept. Look at: tasks.count counts all, top is the ten largest
    of all wherever they stand, the victim's row is found."""
    tasks = [Task(10000 + i, "worker/%d" % i, 400 + i, uid=1000 + i % 7) for i in range(1300)]
    big = Task(9999, "elasticsearch", 150000, uid=120, swap=77)
    tasks.insert(1290, big)
    tasks[3] = Task(10003, "second", 5000, uid=1)
    r.add(4, trigger("worker/7", "", mask="0x140cca(GFP_HIGHUSER_MOVABLE|__GFP_COMP)"))
    r.all(4, stack("6.8.0-31-generic", 10007, "worker/7"))
    r.all(4, mem_info(11000, 1048576, 0, 0))
    r.all(6, table("6.8", tasks, True))
    r.add(6, summary(big, ",global_oom,task_memcg=/system.slice/es.service", "CONSTRAINT_NONE"))
    r.add(3, big.print(KILLED["5.4"], why=GLOBAL))
    tail = sorted((t for t in tasks if t.comm.startswith("worker")), key=lambda t: (-t.rss, t.pid))[:8]
    top = [{"pid": t.pid, "comm": t.comm, "uid": t.uid, "rss_kb": t.rss * 4, "swap_kb": t.swap * 4, "oom_score_adj": 0}
           for t in [big, tasks[3]] + tail]
    return [truth(big, "global", victim={"memory": dict(sizes(big, True)["memory"], swap_kb=308)},
                  tasks={"count": 1301, "top": top})]


@story("5.10/sysrq-nobody")
def sysrq_nobody(r):
    """sysrq-f pressed with nobody eligible. Look at: nothing was killed, and no OOM was there: no event."""
    r.add(6, "sysrq: Manual OOM execution")
    r.add(6, "OOM request ignored. No task eligible")
    return []


@story("6.6/patched-table")
def patched(r):
    """A vendor's table with words no kernel has, in its head and its rows. Look at: the columns that are known are not
    mistaken for others; pid, name and sizes come from the other lines."""
    t = Task(1101, "app_process64", 128000, uid=10155)
    r.add(4, trigger(t.comm, "", mask="0xcc0(GFP_KERNEL)"))
    r.all(4, stack("6.6.30-vendor", 1101, t.comm))
    r.all(6, counters(524288, 524288, 8, ("swap",)))
    r.add(6, "Memory cgroup stats for /apps:")
    r.add(6, "anon 520000000")
    r.add(6, "Tasks state (memory values in pages):")
    r.add(6, "[  pid  ]   uid  tgid total_vm      rss (01)nrss swapents oom_score_adj name")
    r.add(6, "[   1101] 10155  1101   130000   128000 ( 01)     7        0             0 app_process64")
    r.add(6, summary(t, ",oom_memcg=/apps,task_memcg=/apps"))
    r.add(3, t.print(KILLED["5.4"], why=MEMCG))
    return [truth(t, "memcg", None, victim=dict(sizes(t, True), uid=10155), cgroup=paths("/apps", "/apps"))]


@story("4.4/allocating-task")
def allocating_old(r):
    """vm.oom_kill_allocating_task=1 up to 5.0: the selection line says so, and who asked dies. Look at: scope global,
    trigger and victim the same, verdict allocating-task."""
    t = Task(1201, "make", 3000, uid=1000)
    r.add(4, trigger("make", "", mask="0x24280ca"))
    r.add(6, "make cpuset=/ mems_allowed=0")
    r.all(4, stack("4.4.0-116-generic", 1201, "make"))
    r.all(4, mem_info(11000, 262000, 0, 0))
    r.all(6, table("4.0", [Task(800, "mysqld", 200000, uid=27), t]))
    r.add(3, "Out of memory (oom_kill_allocating_task): Kill process 1201 (make) score 0 or sacrifice child")
    r.add(3, t.print(KILLED["2.6.36"]))
    return [truth(t, "global", victim=dict(sizes(t), oom_score=0), trigger={"pid": 1201, "comm": "make"},
                  verdict={"code": "allocating-task"})]


@story("6.6/allocating-task")
def allocating_new(r):
    """The same from 5.1 on: the kill line says so itself, and the summary names whom it took. Look at: as on 4.4."""
    t = Task(1301, "ld", 3000, uid=1000)
    r.add(4, trigger("ld", "", mask="0x140cca(GFP_HIGHUSER_MOVABLE|__GFP_COMP)"))
    r.all(4, stack("6.6.47", 1301, "ld"))
    r.all(4, mem_info(11000, 262000, 0, 0))
    r.all(6, table("4.19", [Task(800, "mysqld", 200000, uid=27), t], True))
    r.add(6, summary(t, ",global_oom,task_memcg=/user.slice/user-1000.slice/session-3.scope", "CONSTRAINT_NONE"))
    r.add(3, t.print(KILLED["5.4"], why="Out of memory (oom_kill_allocating_task)"))
    return [truth(t, "global", victim=dict(sizes(t, True), uid=1000), trigger={"pid": 1301, "comm": "ld"},
                  verdict={"code": "allocating-task"})]


@story("4.19/names-like-lines")
def names_like_lines(r):
    """A cgroup right below the root is called " invoked oom-killer: gfp_mask=0x0, order=0", the trigger "Task in /a",
    a neighbour in the table "x cpuset=". Then a group whose path, printed in pieces, ends in the words behind it. Look
    at: one report each, both paths right, all rows of the table, and no cgroup of another name for the group."""
    path = "/ invoked oom-killer: gfp_mask=0x0, order=0"
    t, spare = Task(640, "worker", 128000, uid=33), Task(641, "x cpuset=", 900)
    r.add(4, trigger("Task in /a", "nodemask=(null), ", mask="0x6000c0(GFP_KERNEL)"))
    r.pieces(6, ["Task in /a cpuset=", "web", " mems_allowed=0"])
    r.all(4, stack("4.19.0-8-amd64", 640, "Task in /a"))
    r.add(6, "Task in %s killed as a result of limit of %s" % (path, path))
    r.all(6, counters(524288, 524288, 12))
    r.add(6, stats_line(path, 500000))
    r.all(6, table("4.19", [t, spare], title=True))
    r.add(3, "%s: Kill process %d (%s) score 970 or sacrifice child" % (MEMCG, t.pid, t.comm))
    r.add(3, t.print(KILLED["4.5"]))
    r.usec += 9000000
    first, second = Task(700, "one", 3000), Task(701, "two", 2000)
    r.add(3, "%s: Kill process 700 (one) score 900 or sacrifice child" % MEMCG)
    id = r.add(3, first.print(KILLED["4.5"]))
    r.pieces(6, ["Tasks in ", "/sshd.service are going to be killed due to memory.oom.group set",
                 " are going to be killed due to memory.oom.group set"])
    r.add(3, second.print(KILLED["4.5"]))
    r.add(3, first.print(KILLED["4.5"]))
    group = {"id": "%032d-%d" % (0, id), "cgroup": None}
    return [truth(t, "memcg", cgroup=paths(path, path), trigger={"comm": "Task in /a", "pid": 640}, cpuset="web",
                  tasks={"count": 2}),
            truth(first, "memcg", report="suppressed", group=dict(group, index=1)),
            truth(second, "memcg", report="suppressed", group=dict(group, index=2))]


@story("4.4/allocation-failed-inside")
def allocation_failed_inside(r):
    """Another thread of the program that is out of its cgroup's memory fails an allocation: its failure began before
    the report, its stack dump and Mem-Info stand inside. Look at: no number of the host in a cgroup's report, no pid or
    cpuset of the other thread, and partial or not, the paths."""
    t = Task(7100, "node", 120000, uid=1000)
    r.add(4, "node: page allocation failure: order:4, mode:0x240c0c0")
    r.add(4, trigger("node", "", mask="0x24000c0"))
    r.add(6, "node cpuset=other mems_allowed=0-1")
    r.add(6, "node cpuset=/ mems_allowed=0")
    r.all(4, stack("4.4.0-116-generic", 55, "node", "warn_alloc_failed"))
    r.all(4, mem_info(11000, 262000, 0, 0))
    r.all(4, stack("4.4.0-116-generic", 7100, "node"))
    r.add(6, "Task in /docker/n1 killed as a result of limit of /docker/n1")
    r.all(6, counters(524288, 524288, 9))
    r.add(6, stats_line("/docker/n1", 480000))
    r.all(6, table("4.0", [t]))
    r.add(3, "%s: Kill process 7100 (node) score 915 or sacrifice child" % MEMCG)
    r.add(3, t.print(KILLED["2.6.36"]))
    return [truth(t, "memcg", report=None, cgroup=paths("/docker/n1", "/docker/n1"), trigger={"comm": "node", "pid": None},
                  cpuset=None, host_memory=None)]


@story("6.18/policy-kill")
def policy_kill(r):
    """A BPF policy has a cgroup's largest process killed; the cgroup has no limit. The trigger line has a second line of
    its own. Look at: the trigger, and that nothing says a limit was reached."""
    t = Task(675, "batch", 11000, uid=1000)
    path = "/batch.slice/nightly.scope"
    r.add(4, trigger("kworker/u17:0", "", mask="0x0()") + "\noom_policy=default")
    r.all(4, stack("6.18.0-1-amd64", 74, "kworker/u17:0"))
    r.all(6, counters(42240, 9007199254740988, 0, others=("swap",)))
    r.add(6, "Memory cgroup stats for %s:" % path)
    r.all(6, ["anon 42897408", "file 0"])
    r.all(6, table("6.8", [t], title=True))
    r.add(6, summary(t, ",oom_memcg=%s,task_memcg=%s" % (path, path), constraint="CONSTRAINT_BPF_PSI_MEM"))
    r.add(3, t.print(KILLED["5.4"], why=MEMCG))
    return [truth(t, "memcg", cgroup=paths(path, path), trigger={"comm": "kworker/u17:0", "pid": 74, "order": 0},
                  verdict=None)]
