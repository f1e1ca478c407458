"""The kernel's lines, by the version that prints them: format strings of mm/oom_kill.c, mm/memcontrol.c, lib/show_mem.c
as facts, for composed stories. Nothing here knows how the daemon reads them."""

TABLES = {
    "2.6.32": ("[ pid ]   uid  tgid total_vm      rss cpu oom_adj name",
               "[%(pid)5d] %(uid)5d %(tgid)5d %(vm)8d %(rss)8d %(cpu)3d     %(old_adj)3d %(comm)s"),
    "rhel6": ("[ pid ]   uid  tgid total_vm      rss cpu oom_adj oom_score_adj name",
              "[%(pid)5d] %(uid)5d %(tgid)5d %(vm)8d %(rss)8d %(cpu)3d     %(old_adj)3d         %(adj)5d %(comm)s"),
    "3.10": ("[ pid ]   uid  tgid total_vm      rss nr_ptes swapents oom_score_adj name",
             "[%(pid)5d] %(uid)5d %(tgid)5d %(vm)8d %(rss)8d %(ptes)7d %(swap)8d         %(adj)5d %(comm)s"),
    "4.0": ("[ pid ]   uid  tgid total_vm      rss nr_ptes nr_pmds swapents oom_score_adj name",
            "[%(pid)5d] %(uid)5d %(tgid)5d %(vm)8d %(rss)8d %(ptes)7d %(pmds)7d %(swap)8d         %(adj)5d %(comm)s"),
    "4.15": ("[ pid ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name",
             "[%(pid)5d] %(uid)5d %(tgid)5d %(vm)8d %(rss)8d %(pt_bytes)8d %(swap)8d         %(adj)5d %(comm)s"),
    "4.19": ("[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name",
             "[%(pid)7d] %(uid)5d %(tgid)5d %(vm)8d %(rss)8d %(pt_bytes)8d %(swap)8d         %(adj)5d %(comm)s"),
    "6.8": ("[  pid  ]   uid  tgid total_vm      rss rss_anon rss_file rss_shmem pgtables_bytes swapents oom_score_adj "
            "name",
            "[%(pid)7d] %(uid)5d %(tgid)5d %(vm)8d %(rss)8d %(anon)8d %(file)8d %(shmem)9d %(pt_bytes)8d %(swap)8d"
            "         %(adj)5d %(comm)s"),
}

KILLED = {
    "2.6.32": "Killed process %(pid)d (%(comm)s)",
    "2.6.36": "Killed process %(pid)d (%(comm)s) total-vm:%(vm_kb)dkB, anon-rss:%(anon_kb)dkB, file-rss:%(file_kb)dkB",
    "rhel6": "Killed process %(pid)d, UID %(uid)d, (%(comm)s) total-vm:%(vm_kb)dkB, anon-rss:%(anon_kb)dkB, "
             "file-rss:%(file_kb)dkB",
    "rhel7": "Killed process %(pid)d (%(comm)s), UID %(uid)d, total-vm:%(vm_kb)dkB, anon-rss:%(anon_kb)dkB, "
             "file-rss:%(file_kb)dkB, shmem-rss:%(shmem_kb)dkB",
    "4.5": "Killed process %(pid)d (%(comm)s) total-vm:%(vm_kb)dkB, anon-rss:%(anon_kb)dkB, file-rss:%(file_kb)dkB, "
           "shmem-rss:%(shmem_kb)dkB",
    "5.1": "%(why)s: Killed process %(pid)d (%(comm)s) total-vm:%(vm_kb)dkB, anon-rss:%(anon_kb)dkB, "
           "file-rss:%(file_kb)dkB, shmem-rss:%(shmem_kb)dkB",
    "5.3-vendor": "%(why)s: Killed process %(pid)d (%(comm)s) total-vm:%(vm_kb)dkB, anon-rss:%(anon_kb)dkB, "
                  "file-rss:%(file_kb)dkB, shmem-rss:%(shmem_kb)dkB, UID:%(uid)d",
    "5.4": "%(why)s: Killed process %(pid)d (%(comm)s) total-vm:%(vm_kb)dkB, anon-rss:%(anon_kb)dkB, "
           "file-rss:%(file_kb)dkB, shmem-rss:%(shmem_kb)dkB, UID:%(uid)d pgtables:%(pt_kb)dkB oom_score_adj:%(adj)d",
}

MEMCG = "Memory cgroup out of memory"
GLOBAL = "Out of memory"


class Task:
    """A process, in pages as the kernel counts it."""

    def __init__(self, pid, comm, rss, uid=0, tgid=None, adj=0, file=300, shmem=0, swap=0, vm=None, page_kb=4):
        self.pid, self.comm, self.uid, self.tgid, self.adj = pid, comm, uid, tgid or pid, adj
        self.anon, self.file, self.shmem, self.swap, self.cpu = rss - file - shmem, file, shmem, swap, 1
        self.rss, self.vm, self.page_kb = rss, vm or rss + 2000, page_kb
        self.ptes, self.pmds, self.old_adj = rss // 512 + 4, 3, adj * 17 // 1000
        self.pt_bytes = (self.ptes + self.pmds) * 4096

    def print(self, form, **more):
        v = dict(vars(self), vm_kb=self.vm * self.page_kb, anon_kb=self.anon * self.page_kb,
                 file_kb=self.file * self.page_kb, shmem_kb=self.shmem * self.page_kb, pt_kb=self.pt_bytes // 1024)
        v.update(more)
        return form % v


def table(layout, tasks, title=False):
    head, row = TABLES[layout]
    return (["Tasks state (memory values in pages):"] if title else []) + [head] + [t.print(row) for t in tasks]


def stack(release, pid, comm, caller="oom_kill_process"):
    era = tuple(int(x) for x in release.replace("-", ".").split(".")[:2])
    if era < (3, 10):
        head = "Pid: %d, comm: %s Not tainted %s #1" % (pid, comm, release)
    else:
        head = "CPU: 1 PID: %d Comm: %s Not tainted %s #1" % (pid, comm, release)
    addresses = " [<ffffffff8113b2a6>] ? " if era < (4, 9) else " "
    return [head, "Hardware name: Standard PC (i440FX + PIIX, 1996)"][:1 if era < (3, 10) else 2] + ["Call Trace:"] + [
        addresses + f for f in ("dump_stack+0x6d/0x8b", "dump_header+0x4a/0x1f0", caller + "+0xb3/0x100")]


NO_LIMIT = {"3": 18014398509481983, "4": 9007199254740988}


def counters(memory, limit, failcnt, others=("memory+swap", "kmem"), none=9007199254740988):
    rows = ["memory: usage %dkB, limit %dkB, failcnt %d" % (memory, limit, failcnt)]
    return rows + ["%s: usage %dkB, limit %dkB, failcnt 0" % (o, memory if o == "memory+swap" else 0, none)
                   for o in others]


def stats_line(path, rss_kb, names="cache rss rss_huge mapped_file writeback swap inactive_anon active_anon "
               "inactive_file active_file unevictable"):
    return "Memory cgroup stats for %s:" % path + "".join(
        " %s:%dKB" % (n, rss_kb if n in ("rss", "active_anon") else 0) for n in names.split())


def mem_info_2_6(free, ram, swap_kb, free_swap_kb):
    rows = ["Mem-Info:"]
    for zone in ("DMA", "DMA32"):
        rows += ["Node 0 %s per-cpu:" % zone] + ["CPU %4d: hi:%5d, btch:%4d usd:%4d" % (c, 186, 31, 0) for c in (0, 1)]
    rows += [
        "active_anon:%d inactive_anon:12 isolated_anon:0\n active_file:20 inactive_file:31 isolated_file:0\n"
        " unevictable:0 dirty:0 writeback:0 unstable:0\n free:%d slab_reclaimable:1200 slab_unreclaimable:2400\n"
        " mapped:12 shmem:40 pagetables:900 bounce:0" % (ram - free - 9000, free),
        "Node 0 DMA free:8000kB min:40kB low:48kB high:60kB active_anon:0kB inactive_anon:0kB active_file:0kB "
        "inactive_file:0kB unevictable:0kB isolated(anon):0kB isolated(file):0kB present:15364kB mlocked:0kB dirty:0kB "
        "writeback:0kB mapped:0kB shmem:0kB slab_reclaimable:0kB slab_unreclaimable:0kB kernel_stack:0kB pagetables:0kB "
        "unstable:0kB bounce:0kB writeback_tmp:0kB pages_scanned:0 all_unreclaimable? yes",
        "lowmem_reserve[]: 0 994 994 994",
        "Node 0 DMA: 2*4kB 1*8kB 1*16kB 1*32kB 2*64kB 1*128kB 0*256kB 1*512kB 1*1024kB 1*2048kB 1*4096kB = 8000kB",
        "91 total pagecache pages", "0 pages in swap cache", "Swap cache stats: add 0, delete 0, find 0/0",
        "Free swap  = %dkB" % free_swap_kb, "Total swap = %dkB" % swap_kb, "%d pages RAM" % ram, "8000 pages reserved",
        "90 pages shared", "240000 pages non-shared"]
    return rows


def mem_info(free, ram, swap_kb, free_swap_kb, page_kb=4, free_lists="4*%dkB (UE) 1*64kB (M) = 96kB", slab=2700):
    scale = page_kb // 4  # the smaller numbers below are of pages of 4 kB
    anon = ram - free - slab - 9000 // scale
    return [
        "Mem-Info:",
        "active_anon:%d inactive_anon:12 isolated_anon:0\n active_file:20 inactive_file:31 isolated_file:0\n"
        " unevictable:0 dirty:0 writeback:0\n slab_reclaimable:1200 slab_unreclaimable:%d\n"
        " mapped:12 shmem:40 pagetables:%d bounce:0\n free:%d free_pcp:0 free_cma:0" % (anon, slab, 900 // scale, free),
        "Node 0 active_anon:%dkB inactive_anon:48kB active_file:80kB inactive_file:124kB unevictable:0kB "
        "isolated(anon):0kB isolated(file):0kB mapped:48kB dirty:0kB writeback:0kB shmem:160kB writeback_tmp:0kB "
        "unstable:0kB all_unreclaimable? yes" % (anon * page_kb),
        "Node 0 DMA32 free:%dkB min:%dkB low:%dkB high:%dkB active_anon:%dkB inactive_anon:48kB active_file:80kB "
        "inactive_file:124kB unevictable:0kB writepending:0kB present:%dkB managed:%dkB mlocked:0kB pagetables:3600kB "
        "bounce:0kB free_pcp:0kB local_pcp:0kB free_cma:0kB" % (
            free * page_kb, 44000, 55000, 66000, anon * page_kb, ram * page_kb, (ram - 8000 // scale) * page_kb),
        "lowmem_reserve[]: 0 0 0 0",
        "Node 0 DMA32: " + (free_lists % page_kb if "%d" in free_lists else free_lists),
        "Node 0 hugepages_total=0 hugepages_free=0 hugepages_surp=0 hugepages_size=2048kB",
        "91 total pagecache pages", "0 pages in swap cache", "Swap cache stats: add 0, delete 0, find 0/0",
        "Free swap  = %dkB" % free_swap_kb, "Total swap = %dkB" % swap_kb, "%d pages RAM" % ram,
        "0 pages HighMem/MovableOnly", "%d pages reserved" % (8000 // scale)]


def escape(raw):
    return b"".join(b"\\x%02x" % b if b < 0x20 or b >= 0x7f or b == 0x5c else bytes((b,)) for b in raw)


class Ring:
    """Records as read() of /dev/kmsg gives them."""

    def __init__(self, seq=4711, usec=5864708440, caller=None):
        self.seq, self.usec, self.caller, self.out = seq, usec, caller, []

    def add(self, level, text, flag="-", caller=None, more=""):
        caller = caller or self.caller
        raw = text if isinstance(text, bytes) else text.encode()
        head = "%d,%d,%d,%s%s%s;" % (level, self.seq, self.usec, flag, ",caller=" + caller if caller else "", more)
        self.out.append(head.encode() + escape(raw) + b"\n")
        self.seq += 1
        self.usec += 17
        return self.seq - 1

    def all(self, level, rows, **how):
        for row in rows:
            self.add(level, row, **how)

    def pieces(self, level, parts, first="-"):
        for i, part in enumerate(parts):
            self.add(level, part, flag=first if i == 0 else "+" if first == "c" else "c")


POD = "/kubepods/burstable/pod8f4c2b1d-0f3a-4d52-9a67-5be1c0de0a11"
BOX = POD + "/" + "3f9a" * 16
composed = []


def story(path):
    def mark(function):
        composed.append((path, function))
        return function
    return mark


def truth(t, scope, report="full", **more):
    v = {"pid": t.pid, "comm": t.comm}
    v.update(more.pop("victim", {}))
    event = {"type": "oom-kill", "scope": scope, "report": report, "victim": v}
    return dict({k: x for k, x in event.items() if x}, **more)


def sizes(t, shmem=False):
    return {"memory": dict({"total_vm_kb": t.vm * t.page_kb, "anon_rss_kb": t.anon * t.page_kb,
                            "file_rss_kb": t.file * t.page_kb}, **{"shmem_rss_kb": t.shmem * t.page_kb} if shmem else {})}


def trigger(comm, rest, adj="oom_score_adj=0", mask="0xd0", order=0):
    return "%s invoked oom-killer: gfp_mask=%s, %sorder=%d, %s" % (comm, mask, rest, order, adj)


def summary(t, scope, constraint="CONSTRAINT_MEMCG", cpuset=",cpuset=/,mems_allowed=0", nodes="(null)"):
    return "oom-kill:constraint=%s,nodemask=%s%s%s,task=%s,pid=%d,uid=%d" % (
        constraint, nodes, cpuset, scope, t.comm, t.pid, t.uid)


def paths(victim, limit):
    return {"path": victim, "limit_path": limit}
