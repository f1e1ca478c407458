#!/usr/bin/python3
"""The stories that a guest tells, one function each; its text becomes why.txt. See kit.py for what they are made with.
stories.py [STORY...]: those, or all that are kept for this kernel."""
import os
import shutil
import subprocess
import sys
import time

import kit
from kit import MIB, quiet, read, story, write

POD = "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod8f4c2b1d_0f3a_4d52_9a67_5be1c0de0a11.slice"
BOX = POD + "/cri-containerd-" + "3f9a" * 16 + ".scope"
ALL = ("5.10", "6.1", "6.12", "7.2")
V1 = ("5.10-v1", "6.1-v1")


@story(*ALL, *V1)
def own_limit(s):
    """A service grows over its own limit of 24 MiB and is killed by it; trigger and victim are the same process.
    Look at: scope memcg, path and limit_path the same, the unit, verdict cgroup-limit."""
    c = s.cgroup("/app.slice/web.service").limit(24).no_swap()
    p = s.spawn(c, "-u", "33", "grow", "200")
    s.kill(p, c, c, victim={"uid": 33}, report="full", trigger={"pid": p.pid, "comm": "victim", "order": 0},
           identity={"unit": "web.service", "slice": "app.slice"}, verdict={"code": "cgroup-limit"})


@story("5.10", "6.12", "6.1-v1")
def pod_limit(s):
    """The limit is the pod's, the victim is in a container of it that has no limit of its own; a second container
    holds some of the memory and lives. Look at: limit_path is the pod's slice, path the container's scope,
    verdict ancestor-limit, and the container's id and the pod's uid in identity."""
    pod = s.cgroup(POD).limit(32).no_swap()
    other = s.cgroup(POD + "/cri-containerd-" + "77ab" * 16 + ".scope")
    c = s.cgroup(BOX)
    s.ready(s.spawn(other, "-n", "sidecar", "grow", "4"))
    p = s.spawn(c, "-n", "ruby", "grow", "200")
    s.kill(p, c, pod, b"ruby", report="full", verdict={"code": "ancestor-limit"}, identity={
        "unit": "cri-containerd-" + "3f9a" * 16 + ".scope", "slice": POD[1:].split("/")[-1],
        "container": {"id": "3f9a" * 16, "runtime": "containerd"},
        "pod": {"uid": "8f4c2b1d-0f3a-4d52-9a67-5be1c0de0a11", "qos": "Burstable"}})


@story("6.1", "7.2")
def group_of_one(s):
    """memory.oom.group with a single member: its kill line is printed twice, once as the victim and once as a member.
    Look at: one event."""
    c = s.cgroup("/app.slice/solo.service").limit(24).no_swap()
    c.set("memory.oom.group", 1)
    p = s.spawn(c, "grow", "200")
    s.kill(p, c, c, report="full")


@story("5.10", "6.12", "7.2")
def group_nested(s):
    """memory.oom.group on a service with cgroups below: the greedy process dies, then every other process of the tree
    (the first one's line comes again), except the one with oom_score_adj -1000, which lives.
    Look at: one event for each pid, all in one group; the -1000 member is no event."""
    top = s.cgroup("/app.slice/db.service").limit(32).no_swap()
    top.set("memory.oom.group", 1)
    left, right = s.cgroup("/app.slice/db.service/left"), s.cgroup("/app.slice/db.service/right")
    mates = [s.spawn(left, "-n", "mate-1", "grow", "1"), s.spawn(right, "-n", "mate-2", "grow", "1"),
             s.spawn(right, "-n", "mate-3", "-u", "65534", "grow", "1")]
    spared = s.spawn(left, "-n", "spared", "grow", "1", adj=-1000)
    for m in mates + [spared]:
        s.ready(m)
    p = s.spawn(left, "-n", "greedy", "grow", "200")
    s.kill(p, left, top, b"greedy", report="full")
    for number, m in enumerate(mates, 1):
        s.kill(m, None, None, b"mate-%d" % number, group={"cgroup": top.path.decode()})
    if spared.poll() is not None:
        raise RuntimeError("the spared one died")
@story("6.12")
def group_of_forty(s):
    """memory.oom.group over forty processes: one decision, forty-one kill lines behind each other for one cause.
    Look at: forty events, none twice, all of one group, index 1 to 40."""
    c = s.cgroup("/app.slice/pool.service").limit(40).no_swap()
    c.set("memory.oom.group", 1)
    mates = [s.spawn(c, "-n", "worker %d" % i, "pipes", "0") for i in range(39)]
    for m in mates:
        s.ready(m)
    p = s.spawn(c, "-n", "greedy", "grow", "200")
    s.kill(p, c, c, b"greedy", report="full")
    for i, m in enumerate(mates):
        s.kill(m, None, None, b"worker %d" % i, scope="memcg", group={"cgroup": c.path.decode()})


@story("6.1")
def global_no_swap(s):
    """The host itself has no memory left, and no swap. Look at: scope global, no limit_path, host_memory with the
    total of this guest, verdict host-no-swap."""
    c = s.cgroup("/app.slice/big.service")
    s.kill(s.spawn(c, "-n", "big", "grow", "4000"), c, None, b"big", scope="global", report="full",
           verdict={"code": "host-no-swap"})


def swap_on(s, mib):
    subprocess.check_call("dd if=/dev/zero of=/swapfile bs=1M count=%d status=none && chmod 600 /swapfile && "
                          "mkswap /swapfile >/dev/null && swapon /swapfile" % mib, shell=True)
    s.undo.append(lambda: subprocess.call("swapoff /swapfile; rm -f /swapfile", shell=True))


@story("5.10", "6.12")
def global_swap_full(s):
    """The host runs out of memory with a swap file of 64 MiB, which is full by then. Look at: swap_total_kb and
    swap_free_kb of host_memory, the victim's swap_kb, verdict host-exhausted."""
    swap_on(s, 64)
    c = s.cgroup("/app.slice/big.service")
    s.kill(s.spawn(c, "-n", "big", "grow", "4000"), c, None, b"big", scope="global", report="full",
           host_memory={"swap_total_kb": 64 * 1024 - 4}, verdict={"code": "host-exhausted"})


@story("6.12")
def global_locked(s):
    """The host is out of memory, and most of it is locked (mlockall) by a process that may not be killed; a small one
    dies. Look at: unevictable_kb, verdict locked-memory."""
    keeper = s.spawn(s.cgroup("/app.slice/keeper.service"), "-n", "keeper", "-l", "grow",
                     str(meminfo("MemAvailable") // 1024 - 120), adj=-1000)
    s.ready(keeper)
    c = s.cgroup("/app.slice/small.service")
    s.kill(s.spawn(c, "-n", "small", "grow", "4000", adj=500), c, None, b"small", scope="global", report="full",
           verdict={"code": "locked-memory"})


@story("7.2")
def global_shmem(s):
    """The host is out of memory because a tmpfs is full of files, and no process holds them. Look at: shmem_kb,
    verdict shared-memory."""
    mib = meminfo("MemAvailable") // 1024 - 100
    tmpfs(s, mib)
    p = s.spawn(s.cgroup("/app.slice/writer.service"), "file", str(mib - 1), adj=-1000, stdout=open("/mnt/file", "wb"))
    s.ready(p)
    c = s.cgroup("/app.slice/small.service")
    s.kill(s.spawn(c, "-n", "small", "grow", "4000", adj=500), c, None, b"small", scope="global", report="full",
           verdict={"code": "shared-memory"})


@story("6.12", "6.12-numa")
def global_hugepages(s):
    """The host is out of memory because an administrator set most of it aside for huge pages. Look at: hugepages_kb,
    verdict hugepages-reserved."""
    for _ in range(2):  # a second time, for what moving pages about has made whole
        s.sysctl("/proc/sys/vm/nr_hugepages", (meminfo("MemTotal") // 1024 * 7 // 10) // 2)
        write("/proc/sys/vm/compact_memory", 1)
    c = s.cgroup("/app.slice/small.service")
    s.kill(s.spawn(c, "-n", "small", "grow", "4000", adj=500), c, None, b"small", scope="global", report="full",
           verdict={"code": "hugepages-reserved"})


@story("6.1")
def global_slab(s):
    """The host is out of memory because the kernel itself holds it: a process that may not be killed opened pipes by
    the hundred thousand. Look at: slab_unreclaimable_kb, the block `Unreclaimable slab info`, verdict kernel-memory."""
    # 2.6 kB a pipe, of which newer kernels count 0.8 kB as reclaimable
    p = s.spawn(s.cgroup("/app.slice/opener.service"), "pipes", str(meminfo("MemTotal") * 65 // 260000), adj=-1000)
    s.ready(p)
    c = s.cgroup("/app.slice/small.service")
    s.kill(s.spawn(c, "-n", "small", "grow", "4000", adj=500), c, None, b"small", scope="global", report="full",
           verdict={"code": "kernel-memory"})


@story("6.12-numa")
def fragmentation(s):
    """Nearly half of the memory is free, in single pages between pages that the kernel cannot move, and a process asks
    for pieces of 16 kB. Look at: order 2, the zones' free against their largest free block, verdict fragmentation."""
    keeper = s.spawn(s.cgroup("/app.slice/keeper.service"), "-n", "keeper", "comb", str(meminfo("MemAvailable") // 1024 - 60),
                     adj=-1000)
    s.ready(keeper)
    c = s.cgroup("/app.slice/asker.service")
    for _ in range(4):
        # what can be dropped or moved, at once: else the kernel finds one piece more for a long time
        write("/proc/sys/vm/drop_caches", 3)
        write("/proc/sys/vm/compact_memory", 1)
        p = s.spawn(c, "-n", "asker", "pieces", "4000", adj=1000)
        try:
            s.died(p, 15)
        except subprocess.TimeoutExpired:
            p.kill()
            continue
        s.kill(p, c, None, b"asker", scope="global", report="full", trigger={"order": 2}, verdict={"code": "fragmentation"})
        return
    raise RuntimeError("nobody was killed")


@story("6.12-numa")
def global_page_cache(s):
    """The host is out of memory and of swap, and what is left is page cache that cannot be dropped, for a process has
    locked it. Look at: pagecache_kb against shmem_kb, verdict swap-full."""
    swap_on(s, 48)
    path = "/var/tmp/locked-file"
    s.undo.append(lambda: os.unlink(path))
    keeper = s.spawn(s.cgroup("/app.slice/keeper.service"), "-n", "keeper", "-l", "mmap", str(meminfo("MemTotal") // 1024 // 6),
                     adj=-1000, stdout=open(path, "w+b"))
    s.ready(keeper)
    c = s.cgroup("/app.slice/big.service")
    s.kill(s.spawn(c, "-n", "big", "grow", "4000", adj=500), c, None, b"big", scope="global", report="full",
           verdict={"code": "swap-full"})


@story("6.1", "7.2")
def adjusted(s):
    """Two processes under one limit: the small one dies because its oom_score_adj is 900, the large one lives.
    Look at: the victim's rss against the table's first row, verdict adjusted."""
    c = s.cgroup("/app.slice/pair.service").limit(32).no_swap()
    small = s.spawn(c, "-n", "small", "grow", "3", adj=900)
    s.ready(small)
    s.spawn(c, "-n", "large", "grow", "30")
    s.kill(small, c, c, b"small", victim={"oom_score_adj": 900}, report="full", verdict={"code": "adjusted"})


@story("6.12-numa")
def allocating_task(s):
    """vm.oom_kill_allocating_task=1: who asks dies, whatever it holds, unless it may not be killed. Look at: trigger and
    victim are one process, verdict allocating-task; or the trigger is pid 1, and the victim was chosen as ever."""
    s.sysctl("/proc/sys/vm/oom_kill_allocating_task", 1)
    c = s.cgroup("/app.slice/big.service")
    for _ in range(4):
        p = s.spawn(c, "-n", "big", "grow", "4000")
        e = s.kill(p, c, None, b"big", scope="global", report="full")
        time.sleep(0.3)
        # another one that may not be killed may have asked first: then the largest is chosen
        if any(b";Out of memory (oom_kill_allocating_task): Killed process %d " % p.pid in r for r in s.ring.records):
            e.update(trigger={"pid": p.pid, "comm": "big"}, verdict={"code": "allocating-task"})
            return
    raise RuntimeError("somebody else asked each time")


@story("5.10", "6.12", "7.2")
def sysrq_f(s):
    """Somebody asked for it: echo f > /proc/sysrq-trigger. There is memory enough. Look at: order -1, the trigger is a
    kernel worker, verdict manual."""
    c = s.cgroup("/app.slice/idle.service")
    p = s.spawn(c, "-n", "idle", "grow", "30", adj=1000)
    s.ready(p)
    write("/proc/sysrq-trigger", "f")
    s.kill(p, c, None, b"idle", scope="global", report="full", verdict={"code": "manual"},
           victim={"oom_score_adj": 1000})


@story(*ALL, "6.1-v1")
def unkillable(s):
    """A limit is hit where every process has oom_score_adj -1000: the kernel says so and fails the write instead.
    Look at: oom-no-victim and nobody named as victim, verdict unkillable; one event for each time it was said."""
    tmpfs(s, 100)
    c = s.cgroup("/app.slice/safe.service").limit(16).no_swap()
    p = s.spawn(c, "file", "60", adj=-1000, stdout=open("/mnt/file", "wb"))
    if p.wait(60) != 3:
        raise RuntimeError("not refused: %s" % p.returncode)


@story("5.10")
def page_fault(s):
    """A process with oom_score_adj -1000 faults at its limit. To 5.14 the failed fault becomes an OOM of the whole host
    (gfp_mask=0x0): somebody else dies, though memory is plenty. Look at: scope global, no gfp flag, order 0."""
    c = s.cgroup("/app.slice/bystander.service")
    p = s.spawn(c, "-n", "bystander", "grow", "30", adj=1000)
    s.ready(p)
    fault = s.spawn(s.cgroup("/app.slice/safe.service").limit(16).no_swap(), "-n", "faulting", "grow", "17", adj=-1000)
    s.died(p)
    fault.kill()
    s.kill(p, c, None, b"bystander", scope="global", trigger={"pid": fault.pid, "comm": "faulting"})


@story("5.10", "6.1", "6.12", "6.1-v1")
def storm(s):
    """Thirty kills one after the other: the kernel prints ten reports in five seconds and after that only kill lines.
    Five seconds later a report is whole again. Look at: an event each, none twice, report says which are suppressed."""
    quiet()
    c = s.cgroup("/app.slice/storm.service").limit(4).no_swap()
    for i in range(30):
        s.kill(s.spawn(c, "-n", "storm-%02d" % i, "grow", "50"), None, None, b"storm-%02d" % i)
        s.truth[-1]["scope"] = "memcg"
        del s.truth[-1]["victim"]["tgid"]  # which the kill line alone does not tell
    quiet()
    s.kill(s.spawn(c, "-n", "after", "grow", "50"), c, c, b"after", report="full")


@story("5.10", "6.12")
def leader_gone(s):
    """The victim's leader has exited, a thread of it holds the memory. The kill line names a thread, the summary and
    the table's tgid column the process. Look at: pid as printed, tgid the process that wait() knows."""
    c = s.cgroup("/app.slice/pool.service").limit(24).no_swap()
    p = s.spawn(c, "-n", "threads", "thread", "200")
    e = s.kill(p, c, c, b"threads", report="full")
    del e["victim"]["pid"]


@story("6.1", "6.12")
def shared_memory_of_two(s):
    """Two processes share one address space (CLONE_VM, no threads). The kernel prints one kill line and kills both.
    Look at: one event; the mate dies without a word and cannot be known from the log."""
    c = s.cgroup("/app.slice/vfork.service").limit(24).no_swap()
    p = s.spawn(c, "-n", "twin", "clone", "200")
    s.died(p)
    s.truth.append({"type": "oom-kill", "scope": "memcg", "report": "full", "victim": {"comm": "twin"},
                    "cgroup": {"path": c.path.decode(), "limit_path": c.path.decode()}})


def snapshot(s, pid):
    """/proc of a process and its ancestors, as --proc=DIR wants it, and a root for --root=DIR."""
    to = s.dir.decode() + "/proc"
    os.makedirs(to)
    os.makedirs(s.dir.decode() + "/root/etc")
    with open(s.dir.decode() + "/root/etc/passwd", "w") as f:
        f.write("root:x:0:0:root:/root:/bin/sh\n")
    while pid > 0:
        d = "%s/%d" % (to, pid)
        os.makedirs(d)
        for name in ("stat", "status", "cgroup", "cmdline", "comm", "oom_score", "oom_score_adj", "statm"):
            with open(d + "/" + name, "wb") as f:
                f.write(read("/proc/%d/%s" % (pid, name)))
        os.symlink(os.readlink("/proc/%d/exe" % pid), d + "/exe")
        pid = int(read("/proc/%d/stat" % pid).rsplit(b")", 1)[1].split()[1])


@story("6.1", "6.12", "7.2")
def lowered(s):
    """memory.max is lowered below what a service holds, by a process outside of it, which thereby is the trigger.
    proc/ is /proc of the victim and its ancestors as it was before the kill. Look at: trigger is the shell that
    wrote, the victim's exe, cmdline and parents are there; sources.process says live. The kernel then finds nobody
    else to kill, and says so: oom-no-victim."""
    c = s.cgroup("/app.slice/web.service").limit(64).no_swap()
    p = s.spawn(c, "-n", "hoard er", "grow", "24")
    s.ready(p)
    snapshot(s, p.pid)
    sh = subprocess.Popen(["sh", "-c", "echo 8388608 > " + c.dir.decode() + "/memory.max"])
    sh.wait(60)
    c.limit_kb = 8192
    s.kill(p, c, c, b"hoard er", trigger={"pid": sh.pid, "comm": "sh"})
    s.truth[-1]["victim"].update(exe=kit.VICTIM, cmdline=[kit.VICTIM, "-n", "hoard er", "grow", "24"],
                                 ppid=os.getpid())


def meminfo(name):
    return next(int(x.split()[1]) for x in read("/proc/meminfo").splitlines() if x.startswith(name.encode() + b":"))


def tmpfs(s, mib):
    subprocess.check_call(["mount", "-t", "tmpfs", "-o", "size=%dM,nr_inodes=100" % mib, "none", "/mnt"])
    s.undo.append(lambda: subprocess.call(["umount", "-l", "/mnt"]))


@story("5.10", "6.12", "6.1-v1")
def shmem(s):
    """A service fills a tmpfs through a mapping: what counts against its limit is shared memory. Look at: the kill
    line's shmem-rss, stat's shmem, verdict shared-memory or cgroup-limit by the numbers."""
    tmpfs(s, 100)
    c = s.cgroup("/app.slice/cache.service").limit(24).no_swap()
    s.kill(s.spawn(c, "mmap", "60", stdout=open("/mnt/file", "w+b")), c, c, report="full")


@story("6.1", "6.12", "7.2")
def swap_limit(s):
    """The host has swap left, but the service may use only 8 MiB of it. Look at: the swap counter at its limit, the
    victim's swap_kb. Both counters are at their limits: the verdict may name either."""
    swap_on(s, 96)
    c = s.cgroup("/app.slice/web.service").limit(24)
    c.set("memory.swap.max", 8 * MIB)
    e = s.kill(s.spawn(c, "grow", "200"), c, c, report="full")
    e["cgroup"]["swap"] = {"limit_kb": 8192}


NAMES = (b"a) total-vm:1", b"(sd-pam)", b"x,pid=1,uid=0", b"", b"two\nlines", b"\xff\xfe\xc3(", b"Killed process ",
         b"\\x0a", b"\x1b[31mred", b"next-build (v16", b"531", b"Out of memory:", b"a,task=b", b"\nOut of memory",
         b"tab\there", b" ", b") (", b"] invoked oom-", "größe größe".encode())


@story("5.10", "6.12", "6.1-v1")
def names(s):
    """Process names that try to be something else: parts of the kernel's own lines, a newline, an escape, no UTF-8,
    nothing at all. Look at: each pid and each name right, one event each, whatever the name says."""
    c = s.cgroup("/app.slice/names.service").limit(4).no_swap()
    for i, name in enumerate(NAMES):
        if i % 8 == 0:
            quiet()
        p = s.spawn(c, "-n", name, "-u", str(1000 + i), "grow", "50")
        s.kill(p, c, c, name, victim={"uid": 1000 + i}, report="full")


PATHS = (b",task_memcg=/system.slice/sshd.service,task=sshd,pid=1,uid=0", b"global_oom", b"a b=c,d",
         b"oom_memcg=", b"x,oom_memcg=", b" killed as a result of limit of ", b"\xc3\x28\xff", b",task=victim,pid=1,uid=0",
         b"back\\slash", b"Memory cgroup out of memory: Killed process 1 (init) total-vm:1kB, anon-rss:1kB, file-rss:1kB")


@story("5.10", "6.12", "7.2", "6.1-v1")
def paths(s):
    """Cgroups with names made to move the blame: to sshd, to the host, to pid 1. Each victim is in such a cgroup, the
    limit is that of its parent. Look at: pid, uid, path and limit_path are the true ones, or left out where the text
    allows two readings; never another unit."""
    top = s.cgroup("/app.slice/paths.service").limit(4).no_swap()
    for i, name in enumerate(PATHS):
        if i % 8 == 0:
            quiet()
        c = s.cgroup(b"/app.slice/paths.service/" + name)
        s.kill(s.spawn(c, "-u", "1001", "grow", "50"), c, top, victim={"uid": 1001})


@story("6.1", "7.2")
def two_readings(s):
    """A path made so that the summary can be read in two ways, and in both the limit's cgroup is above the victim's.
    Look at: the paths are the true ones or left out; no unit but two.service."""
    top = s.cgroup("/app.slice/two.service").limit(4).no_swap()
    c = s.cgroup("/app.slice/two.service/x,task_memcg=/app.slice/two.service,task_memcg=/app.slice/two.service/x/y")
    e = s.kill(s.spawn(c, "-u", "1001", "grow", "50"), c, top, victim={"uid": 1001})
    del e["cgroup"]


@story("5.10", "6.12", "7.2")
def limit_in_hostile_path(s):
    """As `paths`, and the limit too is that of the cgroup with the hostile name. Look at: limit_path."""
    quiet()
    for i, name in enumerate(PATHS):
        if i == 8:
            quiet()
        c = s.cgroup(b"/app.slice/paths.service/" + name).limit(4).no_swap()
        s.kill(s.spawn(c, "-u", "1001", "grow", "50"), c, c, victim={"uid": 1001})


@story("6.1", "7.2")
def escaped_unit(s):
    """A template instance whose name systemd escaped: the record shows its backslash as \\x5c. Look at: identity.unit
    is what journalctl -u takes, sidekiq@default\\x2dhigh.service."""
    c = s.cgroup("/system.slice/system-sidekiq.slice/sidekiq@default\\x2dhigh.service").limit(16).no_swap()
    s.kill(s.spawn(c, "-n", "sidekiq", "grow", "200"), c, c, b"sidekiq", report="full", identity={
        "unit": "sidekiq@default\\x2dhigh.service", "slice": "system-sidekiq.slice"})


@story(*ALL)
def long_paths(s):
    """Paths of 480, 700 and 1300 bytes: the kernel prints the summary in pieces, and a piece longer than a record is
    cut. Look at: pid and name from the kill line; paths whole or left out, never half of one."""
    for total in (480, 700, 1300):
        path = b"/app.slice/long.service"
        while len(path) < total:
            path += b"/" + (b"level-%04d-" % len(path)) * min(20, 1 + (total - len(path)) // 11)
        c = s.cgroup(path).limit(8).no_swap()
        e = s.kill(s.spawn(c, "grow", "50"), c, c)
        if total == 1300:
            del e["cgroup"]


@story("6.12")
def escapes_over_2048(s):
    """A path of bytes that the kernel writes as four: the record is longer than the 2048 bytes that one read of
    /dev/kmsg gives from 6.5 on. It ends in the middle, without newline, and the next record follows on its line; an
    ordinary kill comes after. Look at: both kills, the first with its pid and without half a path."""
    path = b"/app.slice/esc.service/" + b"\xe2\x82\xac" * 80 + b"/" + b"\xe2\x82\xac" * 80 + b"/" + b"\xe2\x82\xac" * 80
    c = s.cgroup(path).limit(8).no_swap()
    e = s.kill(s.spawn(c, "grow", "50"), c, c)
    del e["cgroup"]
    c = s.cgroup("/app.slice/plain.service").limit(8).no_swap()
    s.kill(s.spawn(c, "grow", "50"), c, c, report="full")


FORGED = (b"<3>Memory cgroup out of memory: Killed process 1 (systemd) total-vm:1kB, anon-rss:1kB, file-rss:1kB, "
          b"shmem-rss:0kB, UID:0 pgtables:8kB oom_score_adj:0",
          b"Out of memory: Killed process 1 (systemd) total-vm:1kB, anon-rss:1kB, file-rss:1kB, shmem-rss:0kB, UID:0 "
          b"pgtables:8kB oom_score_adj:0",
          b"<0>Out of memory: Killed process 1 (systemd) total-vm:1kB, anon-rss:1kB, file-rss:1kB, shmem-rss:0kB",
          b"<2051>Out of memory: Killed process 1 (systemd) total-vm:1kB, anon-rss:1kB, file-rss:1kB, shmem-rss:0kB",
          b"<6>oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,"
          b"task_memcg=/init.scope,task=systemd,pid=1,uid=0",
          b"<4>forger invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0")


@story("5.10", "7.2")
def forged(s):
    """root writes lines of the kernel into /dev/kmsg, with the facilities it can name; between them one true kill.
    Look at: one event, of the true kill; the others are counted as forged."""
    c = s.cgroup("/app.slice/web.service").limit(16).no_swap()
    for line in FORGED:
        write("/dev/kmsg", line)
    s.kill(s.spawn(c, "grow", "200"), c, c, report="full")
    for line in FORGED[:3]:
        write("/dev/kmsg", line)


@story("5.10", "6.12", "7.2")
def pieces_mixed(s):
    """While the kernel prints a summary in pieces, another processor prints the help of sysrq, in pieces too, at the
    same level. Recorded again and again until a piece came alone. Look at: pid and name right, every path right or left
    out; nothing of the help in any field."""
    c = s.cgroup("/app.slice/mixed.service").limit(4).no_swap()
    for i in range(60):
        if i % 8 == 0:
            quiet()
        at = len(s.ring.records)
        noise = subprocess.Popen(["sh", "-c", "while :; do echo h > /proc/sysrq-trigger; done"], stderr=subprocess.PIPE)
        s.running.append(noise)
        time.sleep(0.05)
        s.truth = []
        e = s.kill(s.spawn(c, "-n", "mixed", "grow", "50"), None, None, b"mixed", scope="memcg")
        noise.kill()
        noise.wait()
        time.sleep(0.2)
        del e["victim"]["tgid"]
        seen = s.ring.records[at:]
        begin = next(n for n, r in enumerate(seen) if b" invoked oom-killer" in r)
        end = next(n for n, r in enumerate(seen) if b"Killed process" in r)
        if any(r.split(b";")[0].endswith(b",c") for r in seen[begin:end]):
            s.first, s.last = at + max(begin - 3, 0), at + end + 4
            return
    raise RuntimeError("no piece came alone")


@story("6.1")
def no_table(s):
    """vm.oom_dump_tasks=0: a whole report without its table of tasks. Look at: report full, no tasks, the rss from the
    kill line."""
    s.sysctl("/proc/sys/vm/oom_dump_tasks", 0)
    c = s.cgroup("/app.slice/web.service").limit(16).no_swap()
    e = s.kill(s.spawn(c, "grow", "200"), c, c, report="full", tasks=None)
    del e["victim"]["tgid"]  # which nothing but the table tells


@story("6.12")
def uid_minus_two(s):
    """The victim's uid is 4294967294: UID:4294967294 in the kill line, -2 in the summary and the table. Look at: uid."""
    c = s.cgroup("/app.slice/nobody.service").limit(16).no_swap()
    s.kill(s.spawn(c, "-u", "4294967294", "grow", "200"), c, c, report="full", victim={"uid": 4294967294})


@story("6.12")
def user_unit(s):
    """A unit of a user's own systemd. Look at: unit user@1000.service, user_unit, user_slice, all from the path."""
    c = s.cgroup("/user.slice/user-1000.slice/user@1000.service/app.slice/app-editor@1.service").limit(16).no_swap()
    s.kill(s.spawn(c, "-u", "1000", "grow", "200"), c, c, victim={"uid": 1000}, identity={
        "unit": "user@1000.service", "user_unit": "app-editor@1.service", "slice": "user-1000.slice",
        "user_slice": "app.slice"})


@story("6.1-v1", "5.10-v1")
def memsw(s):
    """cgroup v1 with swap accounting: memory and memory+swap have limits of their own, and there is swap.
    Look at: memory, memsw and kmem counters, kmem without a limit."""
    swap_on(s, 96)
    c = s.cgroup("/docker/" + "5c0f" * 16).limit(16)
    c.set("memory.memsw.limit_in_bytes", 24 * MIB)
    e = s.kill(s.spawn(c, "grow", "200"), c, c, report="full")
    e["cgroup"]["memsw"] = {"limit_kb": 24 * 1024}
    e["cgroup"]["kmem"] = {"limit_kb": None}


@story("6.1-v1")
def memsw_first(s):
    """cgroup v1 where memory and memory+swap have one limit, and a part of the service is in swap already: the second is
    reached first. Look at: memsw at its limit, memory below it, verdict swap-limit."""
    swap_on(s, 96)
    c = s.cgroup("/docker/" + "6d1f" * 16).limit(16)
    c.set("memory.memsw.limit_in_bytes", 24 * MIB)
    s.ready(s.spawn(c, "-n", "swapped", "grow", "20"))
    c.limit(24)
    e = s.kill(s.spawn(c, "-n", "late", "grow", "200", adj=1000), c, c, b"late", report="full",
               verdict={"code": "swap-limit"})
    e["cgroup"]["memsw"] = {"limit_kb": 24 * 1024}


# On a guest with three nodes of memory only (see record/guests).

@story("5.10-numa", "6.12-numa", "7.2-numa")
def cpuset(s):
    """A service may use node 1 only (cpuset.mems), which is full, while the other nodes are free.
    Look at: scope cpuset, mems_allowed 1, verdict cpuset-limit."""
    c = s.cgroup("/app.slice/pinned.service", b"+memory +cpuset")
    c.set("cpuset.mems", "1")
    c.set("cpuset.cpus", "0-1")
    s.kill(s.spawn(c, "-n", "pinned", "grow", "4000"), c, None, b"pinned", scope="cpuset", report="full",
           mems_allowed="1", constraint="CONSTRAINT_CPUSET", verdict={"code": "cpuset-limit"})


@story("6.12-numa")
def cpuset_hostile(s):
    """As `cpuset`, in a cgroup whose name goes on as the summary would. Look at: scope, victim and mems_allowed."""
    name = "x,mems_allowed=0-2,oom_memcg=/a,task_memcg=/system.slice/sshd.service,task=sshd,pid=1,uid=0"
    c = s.cgroup("/app.slice/" + name, b"+memory +cpuset")
    c.set("cpuset.mems", "1")
    c.set("cpuset.cpus", "0-1")
    s.kill(s.spawn(c, "-n", "pinned", "grow", "4000"), None, None, b"pinned")


@story("5.10-numa", "6.12-numa", "7.2-numa")
def mempolicy(s):
    """A process bound itself to the nodes 0 and 2 (MPOL_BIND), which are full; node 1 is free.
    Look at: scope mempolicy, nodemask with a comma in it, verdict mempolicy-limit."""
    c = s.cgroup("/app.slice/bound.service")
    s.kill(s.spawn(c, "-n", "bound", "-m", "5", "grow", "4000"), c, None, b"bound", scope="mempolicy", report="full",
           nodemask="0,2", constraint="CONSTRAINT_MEMORY_POLICY", verdict={"code": "mempolicy-limit"})


if __name__ == "__main__":
    shutil.rmtree(kit.OUT, ignore_errors=True)
    os.makedirs(kit.OUT)
    time.sleep(3)  # the boot's last words
    kit.main(sys.argv[1:], lambda line: print(line, flush=True))
