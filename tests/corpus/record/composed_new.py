"""Stories of 5.0 to 7.x that no guest here can tell."""
from lines import (BOX, GLOBAL, KILLED, MEMCG, POD, Ring, Task, counters, mem_info, paths, sizes, stack, story, summary,
                   table, trigger, truth)

KERNEL = "0xcc0(GFP_KERNEL)"
USER = "0x100cca(GFP_HIGHUSER_MOVABLE)"
STAT = ("anon %d\nfile 0\nkernel_stack 147456\nsock 0\nshmem 0\nfile_mapped 0\nfile_dirty 0\nfile_writeback 0\n"
        "anon_thp 0\ninactive_anon 0\nactive_anon %d\ninactive_file 0\nactive_file 0\nunevictable 0\n"
        "slab_reclaimable 450560\nslab_unreclaimable 1003520\nslab 1454080\n")


def report(r, release, comm, pid, tasks, layout="4.19", page_kb=4, swap="memory+swap", **how):
    """Everything of a cgroup's report up to the summary."""
    limit = how.get("limit", 524288)
    r.add(4, trigger(comm, "", mask=KERNEL))
    r.all(4, stack(release, pid, comm))
    r.all(6, counters(limit, limit, 77, (swap, "kmem") if swap != "swap" else ("swap",)))
    r.add(6, "Memory cgroup stats for %s:" % how["path"])
    anon = tasks[-1].anon * page_kb * 1024
    r.add(6, STAT % (anon, anon))
    r.all(6, table(layout, tasks, True))


def memcg(victim, limit):
    return ",oom_memcg=%s,task_memcg=%s" % (limit, victim)


def host_report(r, release, comm, pid, tasks, info, layout="4.19", order=0, mask=USER):
    r.add(4, trigger(comm, "", mask=mask, order=order))
    r.all(4, stack(release, pid, comm))
    r.all(4, info)
    r.all(6, table(layout, tasks, True))


def kill(r, t, why=MEMCG, form="5.4", **more):
    return r.add(3, t.print(KILLED[form], why=why, **more))


@story("5.0/child-sacrificed")
def child(r):
    """5.0: the summary and the selection line name the parent, the kill line (still without prefix) its child. The
    constraint says NONE for a cgroup's limit. Look at: the child's pid, scope memcg."""
    kid, parent = Task(1201, "worker", 60000, uid=33), Task(1200, "master", 65000, uid=0)
    report(r, "5.0.1", "worker", 1201, [kid, parent], path="/pool")
    r.add(6, summary(parent, memcg("/pool", "/pool"), "CONSTRAINT_NONE"))
    r.add(3, "Memory cgroup out of memory: Kill process 1200 (master) score 990 or sacrifice child")
    kill(r, kid, form="4.5")
    return [truth(kid, "memcg", victim=dict(sizes(kid, True), uid=33, oom_score=None),
                  cgroup={"limit_path": "/pool", "path": None})]


@story("5.2/no-cpusets")
def no_cpusets(r):
    """CONFIG_CPUSETS=n: the summary has neither cpuset nor mems_allowed. Look at: both left out, the paths right."""
    t = Task(2301, "svc", 128000, uid=10)
    report(r, "5.2.11", "svc", 2301, [t], path="/a")
    r.add(6, summary(t, memcg("/a/b", "/a"), cpuset=""))
    kill(r, t, form="5.1")
    return [truth(t, "memcg", victim=dict(sizes(t, True), uid=10), cpuset=None, mems_allowed=None,
                  cgroup=paths("/a/b", "/a"))]


@story("5.3/vendor-uid")
def vendor_uid(r):
    """A vendor's mixture of 4.18 and 5.3: the kill line ends after UID. Look at: uid from it, and neither pgtables_kb nor
    oom_score_adj."""
    t = Task(2401, "nginx: worker", 128000, uid=101)
    r.add(6, "IPv6: ADDRCONF(NETDEV_CHANGE): eth0: link becomes ready")
    r.usec += 9000000
    kill(r, t, form="5.3-vendor")
    return [truth(t, "memcg", "suppressed", victim={"uid": 101, "oom_score_adj": None,
                                                    "memory": dict(sizes(t, True)["memory"], pgtables_kb=None)})]


@story("5.3/stat-cut")
def stat_cut(r):
    """5.3 to 6.4 print memory.stat as one record, cut at 991 bytes in the middle of a row (here: of a number).
    Look at: the rows before are there, the last one is not; the report is whole all the same."""
    t = Task(2501, "php", 128000, uid=33)
    r.add(4, trigger("php", "", mask=KERNEL))
    r.all(4, stack("5.9.1", 2501, "php"))
    r.all(6, counters(524288, 524288, 77, ("swap",)))
    r.add(6, "Memory cgroup stats for /php:")
    text = STAT % (t.anon * 4096, t.anon * 4096) + "".join("workingset_row_%02d 1234567\n" % i for i in range(40))
    cut = text[:text.index("\n", 960) - 3]
    r.add(6, cut)
    r.all(6, table("4.19", [t], True))
    r.add(6, summary(t, memcg("/php", "/php")))
    kill(r, t)
    last = cut.rsplit("\n", 1)[1].split()[0]
    return [truth(t, "memcg", cgroup=dict(paths("/php", "/php"), stat={
        "anon": t.anon * 4096, "slab": 1454080, "workingset_row_00": 1234567, last: None}))]


@story("5.4/pgtables-in-bytes")
def pgtables(r):
    """5.4.0: pgtables is in bytes though the line says kB. Look at: pgtables_kb in kB, or left out; never the number as
    it stands."""
    t = Task(2601, "java", 128000, uid=1000)
    report(r, "5.4.0-42-generic", "java", 2601, [t], path="/j")
    r.add(6, summary(t, memcg("/j", "/j")))
    kill(r, t, pt_kb=t.pt_bytes)
    return [truth(t, "memcg", victim={"memory": dict(sizes(t, True)["memory"], pgtables_kb=t.pt_bytes // 1024)},
                  cgroup=paths("/j", "/j"))]


@story("5.10/arm64-64k")
def arm64(r):
    """arm64 with pages of 64 kB: the table counts in these, the free lists show their size. Look at: rss_kb of victim
    and table, total_kb of the host."""
    t, other = Task(2701, "qemu-system-aar", 14000, page_kb=64, file=100), Task(40, "systemd-journal", 300, page_kb=64)
    info = mem_info(700, 16384, 0, 0, 64, "4*64kB (UE) 1*128kB (M) = 384kB", 600)
    rows = [x.replace("Call Trace:", "Call trace:") for x in stack("5.10.0-8-arm64", 2701, t.comm)]
    r.add(4, trigger(t.comm, "", mask=USER))
    r.all(4, rows)
    r.all(4, info)
    r.all(6, table("4.19", [other, t], True))
    r.add(6, summary(t, ",global_oom,task_memcg=/machine.slice/vm.scope", "CONSTRAINT_NONE"))
    kill(r, t, GLOBAL)
    return [truth(t, "global", victim={"memory": dict(sizes(t, True)["memory"], rss_kb=14000 * 64)},
                  host_memory={"total_kb": 16384 * 64, "free_kb": 700 * 64},
                  tasks={"count": 2, "top": [
                      {"pid": 2701, "comm": t.comm, "uid": 0, "rss_kb": 14000 * 64, "swap_kb": 0, "oom_score_adj": 0},
                      {"pid": 40, "comm": other.comm, "uid": 0, "rss_kb": 300 * 64, "swap_kb": 0,
                       "oom_score_adj": 0}]})]


@story("6.8/no-memcg")
def no_memcg(r):
    """CONFIG_MEMCG=n: the summary has no global_oom and no cgroup. Look at: scope global from the kill line, no cgroup,
    no identity."""
    t = Task(454, "dbus-daemon", 900, uid=101)
    host_report(r, "6.8.12", "smbd", 812, [Task(812, "smbd", 800, adj=-1000), t],
                mem_info(300, 30000, 0, 0, slab=19000), "6.8")
    r.add(6, summary(t, "", "CONSTRAINT_NONE"))
    kill(r, t, GLOBAL)
    return [truth(t, "global", victim=dict(sizes(t, True), uid=101), cgroup=None, identity=None,
                  trigger={"pid": 812, "comm": "smbd"})]


@story("6.8/bpf-constraint")
def bpf(r):
    """An OOM killer steered by BPF prints a constraint no table knows. Look at: it is passed on as printed; scope memcg
    from the kill line and oom_memcg."""
    t = Task(3001, "batch", 128000)
    report(r, "6.8.0-bpf", "batch", 3001, [t], "6.8", swap="swap", path="/batch")
    r.add(6, summary(t, memcg("/batch", "/batch"), "CONSTRAINT_BPF_PSI_MEM"))
    kill(r, t)
    return [truth(t, "memcg", constraint="CONSTRAINT_BPF_PSI_MEM", cgroup=paths("/batch", "/batch"))]


@story("5.9/kasan-torn")
def kasan(r):
    """5.9 with KASAN: a warning inside printk put a hundred records between the head of the summary and its tail; the
    kill line comes after. Look at: pid and paths from the tail, nothing of the warning."""
    t = Task(3101, "syz-executor.0", 128000)
    report(r, "5.9.0-syzkaller", "syz-executor.0", 3105, [t], path="/syz0", swap="swap")
    r.add(6, "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0-1")
    r.add(4, "------------[ cut here ]------------")
    r.add(4, "WARNING: CPU: 1 PID: 3105 at kernel/printk/printk.c:2001 vprintk_emit+0x1c4/0x2e0")
    for i in range(100):
        r.add(4, " __asan_report_load_noabort+0x%x/0x40" % i)
    r.add(4, "---[ end trace 5a1c0de0 ]---")
    r.add(4, memcg("/syz0", "/syz0"), flag="c")
    r.add(4, ",task=syz-executor.0,pid=3101,uid=0", flag="c")
    kill(r, t)
    return [truth(t, "memcg", cgroup=paths("/syz0", "/syz0"), trigger={"pid": 3105})]


@story("5.10/pieces-one-by-one")
def all_pieces(r):
    """Every pr_cont piece of the summary is a record of its own, with a network driver's line between two of them.
    Look at: the summary is put together again."""
    t = Task(3201, "redis-server", 128000, uid=112)
    report(r, "5.10.0-18-amd64", "redis-server", 3201, [t], path=POD, swap="swap")
    r.pieces(6, ("oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null)", ",cpuset=", "cri-3f9a"))
    r.add(4, "virtio_net virtio1 ens4: Missing receive buffers")
    for part in (",mems_allowed=0", ",oom_memcg=", POD, ",task_memcg=", BOX, ",task=redis-server,pid=3201,uid=112"):
        r.add(4, part, flag="c")
    kill(r, t)
    return [truth(t, "memcg", victim={"uid": 112}, cgroup=paths(BOX, POD), mems_allowed="0")]


@story("5.10/already-exiting")
def exiting(r):
    """5.9 and later say when the chosen one is exiting by itself: a whole report, and nobody is killed now.
    Look at: oom-no-victim, no oom-kill."""
    t = Task(3301, "make", 128000)
    report(r, "5.10.0-18-amd64", "make", 3301, [t], path="/build", swap="swap")
    r.add(6, summary(t, memcg("/build", "/build")))
    r.add(6, "Memory cgroup out of memory: OOM victim 3301 (make) is already exiting. Skip killing the task")
    return [{"type": "oom-no-victim", "scope": "memcg", "victim": None}]


@story("5.10/deadlock-panic")
def deadlock(r):
    """Nobody can be killed and the OOM is the host's: the words are printed, and then the kernel panics.
    Look at: one oom-no-victim for both lines."""
    host_report(r, "5.10.0-18-amd64", "init", 1, [Task(211, "sshd", 700, adj=-1000)],
                mem_info(300, 32000, 0, 0))
    r.add(4, "Out of memory and no killable processes...")
    r.add(0, "Kernel panic - not syncing: System is deadlocked on memory")
    return [{"type": "oom-no-victim", "scope": "global", "victim": None, "verdict": {"code": "unkillable"}}]


@story("6.1/panic-on-oom")
def panic_on_oom(r):
    """vm.panic_on_oom=2: a whole report without victim, then the panic. Look at: one oom-no-victim, nobody named."""
    host_report(r, "6.1.0-13-amd64", "mysqld", 900, [Task(900, "mysqld", 220000, uid=27)],
                mem_info(11000, 262000, 0, 0))
    r.add(0, "Kernel panic - not syncing: Out of memory: compulsory panic_on_oom is enabled")
    return [{"type": "oom-no-victim", "scope": "global", "victim": None, "trigger": {"pid": 900, "comm": "mysqld"}}]


@story("6.6/fragmentation")
def fragmentation(r):
    """An allocation of order 3 fails though a quarter of the memory is free: it is all in small blocks.
    Look at: order 3, free_kb, verdict fragmentation."""
    t = Task(3401, "compiler", 90000)
    host_report(r, "6.6.47", "fork-server", 3399, [t], mem_info(
        65000, 262000, 0, 0, free_lists="40000*4kB (UME) 12500*8kB (UME) 0*16kB 0*32kB 0*64kB 0*128kB 0*256kB 0*512kB "
        "0*1024kB 0*2048kB 0*4096kB = 260000kB"), order=3, mask="0x40dc0(GFP_KERNEL|__GFP_COMP|__GFP_ZERO)")
    r.add(6, summary(t, ",global_oom,task_memcg=/user.slice/user-1000.slice/session-3.scope", "CONSTRAINT_NONE"))
    kill(r, t, GLOBAL)
    return [truth(t, "global", host_memory={"free_kb": 260000}, trigger={"pid": 3399, "order": 3},
                  identity={"session": "3"}, verdict={"code": "fragmentation"})]


@story("5.10/caller-two-reports")
def two_callers(r):
    """CONFIG_PRINTK_CALLER: two reports print line by line in turn, and only caller=T tells them apart; a field to come
    stands in the header. Look at: each kill with its own trigger, limit and memory."""
    a, b = Task(3501, "left", 128000, uid=1), Task(3601, "right", 128000, uid=2)
    left, right = Ring(), Ring()
    report(left, "5.10.0-dbg", "left", 3501, [a], path="/l", swap="swap", limit=600000)
    report(right, "5.10.0-dbg", "right", 3601, [b], path="/r", swap="swap", limit=700000)
    left.add(6, summary(a, memcg("/l", "/l")))
    right.add(6, summary(b, memcg("/r", "/r")))
    kill(left, a)
    kill(right, b)
    for x, y in zip(left.out, right.out):
        for raw, who in ((x, "T3501"), (y, "T3601")):
            head, _, text = raw.partition(b";")
            level = head.split(b",")[0]
            r.out.append(b"%s,%d,%d,-,caller=%s,future=1;%s" % (level, r.seq, r.usec, who.encode(), text))
            r.seq, r.usec = r.seq + 1, r.usec + 17
    return [truth(a, "memcg", trigger={"pid": 3501, "comm": "left"}, victim={"uid": 1},
                  cgroup=dict(paths("/l", "/l"), memory={"usage_kb": 600000, "limit_kb": 600000, "failcnt": 77})),
            truth(b, "memcg", trigger={"pid": 3601, "comm": "right"}, victim={"uid": 2},
                  cgroup=dict(paths("/r", "/r"), memory={"usage_kb": 700000, "limit_kb": 700000, "failcnt": 77}))]


@story("rhel8/late")
def rhel8_late(r):
    """RHEL 8 later on (4.18.0-553): the summary and the UID are backported, the table's head has the narrow pid column.
    Look at: as on 5.4."""
    t = Task(1036087, "varnishd", 128000, uid=992, tgid=1036073)
    report(r, "4.18.0-553.el8_10.x86_64", "varnishd", 1036090, [Task(900, "sh", 300), t], "4.15",
           path="/system.slice/varnish.service")
    r.add(6, summary(t, memcg("/system.slice/varnish.service", "/system.slice/varnish.service")))
    kill(r, t)
    return [truth(t, "memcg", victim=dict(sizes(t, True), tgid=1036073, uid=992),
                  cgroup=paths("/system.slice/varnish.service", "/system.slice/varnish.service"),
                  identity={"unit": "varnish.service"})]


@story("5.4/reaper-alone")
def reaper_alone(r):
    """A whole report, no kill line, then the reaper's line for the chosen one: seen on a vendor's kernel, with no
    number missing. Look at: nothing is said that is not certain; no oom-no-victim that denies the death."""
    t = Task(3701, "tlinux", 128000)
    report(r, "5.4.119-19", "tlinux", 3701, [t], path="/q")
    r.add(6, summary(t, memcg("/q", "/q")))
    r.usec += 30000
    r.add(6, "oom_reaper: reaped process 3701 (tlinux), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB")
    r.usec += 40 * 1000 * 1000
    r.add(6, "IPv6: ADDRCONF(NETDEV_CHANGE): eth0: link becomes ready")
    return []


LOOK_ALIKES = (
    (4, "java: page allocation failure: order:4, mode:0x40dc0(GFP_KERNEL|__GFP_COMP|__GFP_ZERO),nodemask=(null),"
        "cpuset=/,mems_allowed=0"),
    (4, "SLUB: Unable to allocate memory on node -1, gfp=0xa20(GFP_ATOMIC)"),
    (4, "TCP: out of memory -- consider tuning tcp_mem"),
    (3, "[TTM] Out of kernel memory"),
    (6, "Killed process [3002]: segfault at 0 ip 00007f sp 00007f error 4 in libc.so[7f0+1]"),
    (3, "INFO: task Killed process 1 (a) total-vm:1kB blocked for more than 120 seconds."),
    (6, "lowmemorykiller: Killing 'm.android.phone' (2410), adj 200,\n   to free 31000kB on behalf of 'kswapd0' (48) "
        "because\n   cache 12000kB is below limit 16000kB for oom_score_adj 200"),
    (4, "Huh VM_FAULT_OOM leaked out to the #PF handler. Retrying PF"),
    (6, "OOM killer disabled."),
    (6, "OOM killer enabled."),
    (6, "audit: type=1400 audit(1.2:3): comm=\"Out of memory: Killed process 1 (a) total-vm:1kB\""),
    (5, "usb 1-1: Product: Out of memory: Killed process 1 (init) total-vm:1kB, anon-rss:1kB, file-rss:1kB, "
        "shmem-rss:0kB"),
    (4, "mem_cgroup: oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),task=init,pid=1,uid=0"),
    (6, "oom_kill_process: 47 callbacks suppressed"),
    (6, "Out of memory: Killed process 1 (init) total-vm:1kB, anon-rss:1kB, file-rss:1kB, shmem-rss:0kB, UID:0 "
        "pgtables:8kB oom_score_adj:0"),
)


@story("5.10/look-alikes")
def look_alikes(r):
    """Records of the kernel and of processes that look like an OOM kill and are none: failed allocations with a whole
    Mem-Info, a device that names itself after a kill line, the Android driver, a kill line at a level the kernel does
    not print it at, systemd's and node-problem-detector's echoes. Look at: no event."""
    for level, text in LOOK_ALIKES:
        r.add(level, text)
    r.all(4, stack("5.10.0-18-amd64", 4000, "java", "warn_alloc"))
    r.all(4, mem_info(11000, 262000, 0, 0))
    line = Task(4001, "ghost", 5000).print(KILLED["5.4"], why=MEMCG)
    r.add(30, "systemd[1]: web.service: A process of this unit has been killed by the OOM killer.")
    r.add(11, line)
    r.add(14, "systemd-oomd[600]: Killed /user.slice/user-1000.slice/session-3.scope due to memory pressure for /")
    r.add(12, "node-problem-detector: " + line)
    return []
