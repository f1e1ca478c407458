"""Stories of 2.6.32 to 4.20, and of the vendors' kernels made from them."""
from lines import (BOX, KILLED, MEMCG, NO_LIMIT, POD, Task, counters, mem_info, mem_info_2_6, paths, sizes, stack,
                   stats_line, story, table, trigger, truth)


# ---- 2.6.32 to 3.9: before /dev/kmsg could be read, or soon after ----

@story("2.6.32/global")
def old_global(r):
    """A global OOM of 2.6.32: per-cpu rows, oom_adj, `kill process N (c) score S or a child` with a small k, and a kill
    line without any size. Look at: rss from the table, the score, no invented zeros."""
    java, sshd = Task(2714, "java", 201000, uid=500, file=0), Task(1109, "sshd", 210, adj=-1000, file=0)
    r.add(4, "httpd invoked oom-killer: gfp_mask=0x280da, order=0, oom_adj=0")
    r.add(6, "httpd cpuset=/ mems_allowed=0")
    r.all(4, stack("2.6.32-5-amd64", 2801, "httpd"))
    r.all(6, mem_info_2_6(2100, 262000, 0, 0))
    r.all(6, table("2.6.32", [sshd, java]))
    r.add(3, "Out of memory: kill process 2714 (java) score 1190231 or a child")
    r.add(3, java.print(KILLED["2.6.32"]))
    return [truth(java, "global", victim={"memory": {"total_vm_kb": java.vm * 4, "rss_kb": java.rss * 4},
                                          "uid": 500, "oom_score": 1190231},
                  trigger={"pid": 2801, "comm": "httpd", "gfp_mask": "0x280da", "order": 0, "cpu": None,
                           "oom_score_adj": None, "gfp_flags": None},
                  tasks={"count": 2, "top": [
                      {"pid": 2714, "comm": "java", "uid": 500, "rss_kb": 804000},
                      {"pid": 1109, "comm": "sshd", "uid": 0, "rss_kb": 840}]})]


@story("2.6.32/bind")
def old_bind(r):
    """2.6.32 with MPOL_BIND: the selection line begins `No available memory (MPOL_BIND)`; the report was dropped by the
    rate limit. Look at: scope mempolicy or none, never memcg; no rss."""
    t = Task(3011, "stress", 100)
    r.add(6, "eth0: no IPv6 routers present")
    r.usec += 9000000
    r.add(3, "No available memory (MPOL_BIND): kill process 3011 (stress) score 5127 or a child")
    r.add(3, t.print(KILLED["2.6.32"]))
    return [truth(t, "mempolicy", "suppressed", victim={"memory": None, "oom_score": 5127})]


@story("2.6.32/panic")
def old_panic(r):
    """2.6.32 with panic_on_oom=2: small letters, a full stop at the end, nobody killed. Look at: one oom-no-victim."""
    r.add(4, "httpd invoked oom-killer: gfp_mask=0x280da, order=0, oom_adj=0")
    r.add(6, "httpd cpuset=/ mems_allowed=0")
    r.all(4, stack("2.6.32-5-amd64", 2801, "httpd"))
    r.all(6, mem_info_2_6(2100, 262000, 0, 0))
    r.add(0, "Kernel panic - not syncing: out of memory. Compulsory panic_on_oom is selected.\n")
    return [{"type": "oom-no-victim", "scope": "global", "victim": None, "trigger": {"pid": 2801, "comm": "httpd"}}]


@story("rhel6/memcg")
def rhel6_memcg(r):
    """RHEL 6: `Killed process N, UID U, (c)`; a limit's report prints both blocks, the cgroup's and the host's; comm
    has a blank and a bracket. Look at: uid, scope memcg although Mem-Info is there, no kmem counter."""
    t = Task(18311, "oracle (LOCAL", 60000, uid=501)
    r.add(4, trigger(t.comm, "", "oom_adj=0, oom_score_adj=0"))
    r.add(6, t.comm + " cpuset=ora mems_allowed=0-1")
    r.all(4, stack("2.6.32-642.el6.x86_64", t.pid, t.comm))
    r.add(6, "Task in /oracle/inst1 killed as a result of limit of /oracle")
    r.all(6, counters(262144, 262144, 33310, ("memory+swap",), NO_LIMIT["3"]))
    r.all(6, mem_info_2_6(90000, 1048000, 2097144, 2000000))
    r.all(6, table("rhel6", [Task(18300, "bash", 400, uid=501), t]))
    r.add(3, "Memory cgroup out of memory: Kill process 18311 (oracle (LOCAL) score 915 or sacrifice child")
    r.add(3, t.print(KILLED["rhel6"]))
    return [truth(t, "memcg", victim=dict(sizes(t), uid=501, oom_score=915), cpuset="ora", mems_allowed="0-1",
                  cgroup=dict(paths("/oracle/inst1", "/oracle"), kmem=None, memsw={"limit_kb": None},
                              memory={"usage_kb": 262144, "limit_kb": 262144, "failcnt": 33310}))]


@story("3.2/sharing-same-memory")
def sharing(r):
    """3.2: a second process shares the victim's memory and is killed too; its line comes behind the kill line and has
    no size. Look at: two events of one group, the second without memory."""
    t, mate = Task(5120, "chrome", 90000, uid=1000), Task(5121, "chrome-sandbox", 90000, uid=1000)
    r.add(4, trigger("chrome", "", "oom_adj=0, oom_score_adj=300", "0x201da"))
    r.add(6, "chrome cpuset=/ mems_allowed=0")
    r.all(4, stack("3.2.0-4-amd64", 5120, "chrome"))
    r.all(6, mem_info_2_6(2500, 262000, 0, 0))
    r.all(6, table("rhel6", [t, mate]))
    r.add(3, "Out of memory: Kill process 5120 (chrome) score 712 or sacrifice child")
    r.add(3, t.print(KILLED["2.6.36"]))
    r.add(3, "Kill process 5121 (chrome-sandbox) sharing same memory")
    return [truth(t, "global", victim=dict(sizes(t), oom_score=712)),
            truth(mate, "global", group={"index": 2})]


# ---- 3.10 to 4.20 ----

def report_3(r, comm, pid, release, victim, limit, tasks, glued=True, layout="3.10", killed="2.6.36", child=None):
    r.add(4, trigger(comm, ""))
    r.add(6, comm + " cpuset=/ mems_allowed=0")
    r.all(4, stack(release, pid, comm))
    if glued:
        r.add(6, "Task in %s killed as a result of limit of %s" % (victim, limit))
    else:
        r.pieces(6, ("Task in %s" % victim, " killed as a result of limit of %s" % limit), "c")
    r.all(6, counters(524288, 524288, 1290))
    r.add(6, stats_line(limit, 520000))
    r.all(6, table(layout, tasks))
    t = tasks[-1]
    r.add(3, "Memory cgroup out of memory: Kill process %d (%s) score 994 or sacrifice child" % (t.pid, t.comm))
    r.add(3, (child or t).print(KILLED[killed]))


@story("rhel7/memcg-pieces")
def rhel7_memcg(r):
    """RHEL 7: the Task line comes in two pieces flagged c and +, and the kill line says `, UID N, total-vm`.
    Look at: the pod's limit and the container's path, uid, report full."""
    t = Task(22410, "python", 128000, uid=1001, shmem=40)
    report_3(r, "python", 22412, "3.10.0-1160.el7.x86_64", BOX, POD, [Task(22390, "pause", 250, uid=0), t], False,
             killed="rhel7")
    return [truth(t, "memcg", victim=dict(sizes(t, True), uid=1001, oom_score=994), trigger={"pid": 22412},
                  cgroup=dict(paths(BOX, POD), memory={"usage_kb": 524288, "limit_kb": 524288, "failcnt": 1290}))]


@story("rhel7/child-sacrificed")
def rhel7_child(r):
    """The selection line names the parent, the kill line its child, which is the one that dies. Look at: the child's
    pid and numbers, no score (that was the parent's)."""
    child, parent = Task(900, "php-fpm: pool", 30000, uid=33), Task(812, "php-fpm: master", 40000)
    report_3(r, "php-fpm: pool", 900, "3.10.0-957.el7.x86_64", "/system.slice/php-fpm.service",
             "/system.slice/php-fpm.service", [child, parent], killed="4.5", child=child)
    return [truth(child, "memcg", victim=dict(sizes(child, True), oom_score=None),
                  cgroup={"limit_path": "/system.slice/php-fpm.service"})]


@story("3.10/nobody-killed")
def selection_only(r):
    """A selection line with no kill line behind it: the selected process was gone already. Then, a minute later, a
    whole report. Look at: no kill of pid 700; the second report's victim is another."""
    t = Task(701, "mysqld", 120000, uid=27)
    r.add(3, "Memory cgroup out of memory: Kill process 700 (mysqld) score 980 or sacrifice child")
    r.usec += 60 * 1000 * 1000
    report_3(r, "mysqld", 701, "3.10.0-693.el7.x86_64", "/system.slice/mariadb.service", "/system.slice/mariadb.service",
             [t])
    return [truth(t, "memcg", victim=dict(sizes(t), oom_score=994),
                  cgroup=paths("/system.slice/mariadb.service", "/system.slice/mariadb.service"))]


@story("3.16/three-record-task-in")
def three_records(r):
    """3.15 to 3.17 print the Task line as three records: the second begins with a blank, the third is empty.
    Look at: path and limit_path."""
    t = Task(4100, "java", 130000, uid=105)
    r.add(4, trigger("java", ""))
    r.add(6, "java cpuset=tomcat mems_allowed=0")
    r.all(4, stack("3.16.0-4-amd64", 4133, "java"))
    for row in ("Task in /lxc/tomcat", " killed as a result of limit of /lxc", ""):
        r.add(6, row)
    r.all(6, counters(524288, 524288, 7))
    r.add(6, stats_line("/lxc", 100))
    r.add(6, stats_line("/lxc/tomcat", 520000))
    r.all(6, table("3.10", [t]))
    r.add(3, "Memory cgroup out of memory: Kill process 4100 (java) score 1000 or sacrifice child")
    r.add(3, t.print(KILLED["2.6.36"]))
    return [truth(t, "memcg", cgroup=paths("/lxc/tomcat", "/lxc"), cpuset="tomcat", trigger={"pid": 4133})]


@story("4.4/score-187000")
def big_score(r):
    """4.4, a limit of 1 MiB: the score is 187000, as scores are per mille of what is allowed and have no upper end.
    Look at: oom_score."""
    t = Task(31337, "tiny", 700, uid=1000)
    r.add(4, trigger("tiny", "", mask="0x24000c0"))
    r.add(6, "tiny cpuset=/ mems_allowed=0")
    r.all(4, stack("4.4.0-116-generic", 31337, "tiny"))
    r.add(6, "Task in /tiny killed as a result of limit of /tiny")
    r.all(6, counters(1024, 1024, 5))
    r.add(6, stats_line("/tiny", 1000, "cache rss rss_huge mapped_file dirty writeback inactive_anon active_anon "
                        "inactive_file active_file unevictable"))
    r.all(6, table("4.0", [t]))
    r.add(3, "Memory cgroup out of memory: Kill process 31337 (tiny) score 187000 or sacrifice child")
    r.add(3, t.print(KILLED["2.6.36"]))
    return [truth(t, "memcg", victim=dict(sizes(t), oom_score=187000), cgroup=paths("/tiny", "/tiny"))]


@story("4.9/global-reaped")
def global_4_9(r):
    """4.9, global: nodemask in the trigger line, pmds in the table, and a reaper line for a victim of before in the
    middle of the trace. Look at: gfp flags as an array, one event, swap of the victim."""
    t = Task(6001, "Web Content", 170000, uid=1000, shmem=5000, swap=12000)
    r.add(4, "kswapd-helper invoked oom-killer: gfp_mask=0x24201ca(GFP_HIGHUSER_MOVABLE|__GFP_COLD), nodemask=0, "
             "order=0, oom_score_adj=0")
    r.add(6, "kswapd-helper cpuset=/ mems_allowed=0")
    rows = stack("4.9.0-8-amd64", 77, "kswapd-helper")
    r.all(4, rows[:4])
    r.add(6, "oom_reaper: reaped process 5990 (Web Content), now anon-rss:0kB, file-rss:0kB, shmem-rss:2048kB")
    r.all(4, rows[4:])
    r.all(4, mem_info(11000, 262000, 524284, 0))
    r.all(6, table("4.0", [Task(301, "Xorg", 9000), t]))
    r.add(3, "Out of memory: Kill process 6001 (Web Content) score 642 or sacrifice child")
    r.add(3, t.print(KILLED["4.5"]))
    r.usec += 40000
    r.add(6, "oom_reaper: reaped process 6001 (Web Content), now anon-rss:0kB, file-rss:0kB, shmem-rss:20000kB")
    return [truth(t, "global", victim={"memory": dict(sizes(t, True)["memory"], swap_kb=48000, rss_kb=680000),
                                          "oom_score": 642},
                  trigger={"comm": "kswapd-helper", "pid": 77, "gfp_mask": "0x24201ca",
                           "gfp_flags": ["GFP_HIGHUSER_MOVABLE", "__GFP_COLD"]}, nodemask="0",
                  verdict={"code": "host-exhausted"})]


@story("4.9/stall-inside")
def stall_inside(r):
    """4.9: another task's `page allocation stalls`, with its own cpuset line, CPU line and Mem-Info, stands within the
    report of a cgroup's limit. Look at: the trigger is still the first one's; scope memcg."""
    t = Task(7100, "node", 120000, uid=1000)
    r.add(4, trigger("node", "nodemask=0, ", mask="0x24000c0(GFP_KERNEL)"))
    r.add(6, "node cpuset=/ mems_allowed=0")
    r.all(4, stack("4.9.0-8-amd64", 7100, "node"))
    r.add(4, "kworker/u8:1: page allocation stalls for 10460ms, order:0, mode:0x2400840(GFP_NOFS|__GFP_NOFAIL), "
             "nodemask=(null)")
    r.add(6, "kworker/u8:1 cpuset=/ mems_allowed=0")
    r.all(4, stack("4.9.0-8-amd64", 55, "kworker/u8:1", "warn_alloc"))
    r.all(4, mem_info(11000, 262000, 0, 0))
    r.add(6, "Task in /docker/n1 killed as a result of limit of /docker/n1")
    r.all(6, counters(524288, 524288, 88))
    r.add(6, stats_line("/docker/n1", 520000))
    r.all(6, table("4.0", [t]))
    r.add(3, "Memory cgroup out of memory: Kill process 7100 (node) score 990 or sacrifice child")
    r.add(3, t.print(KILLED["4.5"]))
    # whole, and yet not alone: what `report` says is not held against it
    return [truth(t, "memcg", None, trigger={"pid": 7100, "comm": "node"}, cgroup=paths("/docker/n1", "/docker/n1"))]


@story("4.14/two-blanks")
def two_blanks(r):
    """4.11 to 4.14: two blanks after `nodemask=(null),`; the line was split by another record after `nodemask=`.
    Look at: order and oom_score_adj of the trigger."""
    t = Task(8001, "ruby", 128000, uid=999)
    r.add(4, "ruby invoked oom-killer: gfp_mask=0x14000c0(GFP_KERNEL), nodemask=")
    r.add(6, "IPv6: ADDRCONF(NETDEV_UP): veth0: link is not ready")
    r.add(4, "(null)", flag="c")
    r.add(4, ",  order=0, oom_score_adj=-998", flag="c")
    r.add(6, "ruby cpuset=3f9a mems_allowed=0")
    r.all(4, stack("4.14.177-139.254.amzn2.x86_64", 8001, "ruby"))
    r.add(6, "Task in %s killed as a result of limit of %s" % (BOX, BOX))
    r.all(6, counters(524288, 524288, 4))
    r.add(6, stats_line(BOX, 520000, "cache rss rss_huge shmem mapped_file dirty writeback inactive_anon active_anon "
                        "inactive_file active_file unevictable"))
    r.all(6, table("4.0", [t]))
    r.add(3, "Memory cgroup out of memory: Kill process 8001 (ruby) score 1000 or sacrifice child")
    r.add(3, t.print(KILLED["4.5"]))
    return [truth(t, "memcg", cgroup=paths(BOX, BOX), trigger={
        "pid": 8001, "comm": "ruby", "gfp_mask": "0x14000c0", "gfp_flags": ["GFP_KERNEL"], "order": 0,
        "oom_score_adj": -998})]


@story("4.14/panic")
def panic_4_14(r):
    """4.14, nobody left to kill: the panic's own text has an embedded newline, and the end marker repeats it.
    Look at: one oom-no-victim, not two."""
    r.add(4, trigger("swapper", "nodemask=(null),  ", mask="0x14200ca(GFP_HIGHUSER_MOVABLE)"))
    r.add(6, "swapper cpuset=/ mems_allowed=0")
    r.all(4, stack("4.14.98-v7+", 1, "swapper"))
    r.all(4, mem_info(900, 32000, 0, 0))
    r.all(6, table("4.0", []))
    r.add(0, "Kernel panic - not syncing: Out of memory and no killable processes...\n\n")
    r.all(4, stack("4.14.98-v7+", 1, "swapper", "panic"))
    r.usec += 80000
    r.add(0, "---[ end Kernel panic - not syncing: Out of memory and no killable processes...\n\n")
    return [{"type": "oom-no-victim", "scope": "global", "victim": None, "trigger": {"comm": "swapper", "pid": 1}}]


@story("4.15/underflow")
def underflow(r):
    """4.15.2: the counter of the cgroup ran below zero and prints as 18446744073709537436kB. Look at: usage_kb left out,
    limit and failcnt kept."""
    t = Task(9001, "dd", 2000, file=100)
    r.add(4, trigger("dd", "nodemask=(null), ", mask="0x14000c0(GFP_KERNEL)"))
    r.add(6, "dd cpuset=/ mems_allowed=0")
    r.all(4, stack("4.15.2", 9001, "dd"))
    r.add(6, "Task in /t killed as a result of limit of /t")
    r.add(6, "memory: usage 18446744073709537436kB, limit 8192kB, failcnt 31")
    r.add(6, "memory+swap: usage 0kB, limit 9007199254740988kB, failcnt 0")
    r.add(6, "kmem: usage 0kB, limit 9007199254740988kB, failcnt 0")
    r.add(6, stats_line("/t", 0))
    r.all(6, table("4.15", [t]))
    r.add(3, "Memory cgroup out of memory: Kill process 9001 (dd) score 1041 or sacrifice child")
    r.add(3, t.print(KILLED["4.5"]))
    return [truth(t, "memcg", victim={"oom_score": 1041}, cgroup=dict(
        paths("/t", "/t"), memory={"usage_kb": None, "limit_kb": 8192, "failcnt": 31}))]


@story("rhel8/early")
def rhel8_early(r):
    """RHEL 8.1 (4.18.0-147): the prefixed kill line of 5.1, without UID, with the Task line of before 5.0.
    Look at: scope, both paths, no uid."""
    t = Task(15001, "envoy", 100000, uid=1337)
    r.add(4, trigger("envoy", "nodemask=(null), ", "oom_score_adj=969", "0x6000c0(GFP_KERNEL)"))
    r.add(6, "envoy cpuset=crio-1 mems_allowed=0")
    r.all(4, stack("4.18.0-147.el8.x86_64", 15009, "envoy"))
    r.add(6, "Task in %s killed as a result of limit of %s" % (BOX, BOX))
    r.all(6, counters(409600, 409600, 11))
    r.add(6, stats_line(BOX, 400000))
    r.all(6, table("4.15", [t]))
    r.add(3, t.print(KILLED["5.1"], why=MEMCG))
    return [truth(t, "memcg", victim=dict(sizes(t, True), uid=1337), cgroup=paths(BOX, BOX), trigger={"pid": 15009})]
