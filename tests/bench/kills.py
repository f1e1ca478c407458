#!/usr/bin/python3
"""What watching real kills costs, and what of them is known: KILLS (200) kills back to back in 20 cgroups, then IDLE (10)
seconds of nothing; NICE is the daemon's. Figures only; they say something beside those of another program measured in the same minute."""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tools"))
from integration import HOG, Daemon, MemoryCgroups, need_root, start_in  # noqa: E402

KILLS, IDLE = int(os.environ.get("KILLS", "200")), int(os.environ.get("IDLE", "10"))


def status(pid, *keys):
    with open("/proc/%d/status" % pid) as f:
        fields = dict(x.split(":", 1) for x in f if ":" in x)
    return [int(fields[k].split()[0]) for k in keys]


def processor_seconds(pid):
    with open("/proc/%d/stat" % pid) as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def percentile(values, part):
    return sorted(values)[min(len(values) - 1, int(len(values) * part))] if values else float("nan")


def main():
    need_root()
    with MemoryCgroups("oomwatchd-bench.%d" % os.getpid()) as groups, Daemon("--sample-interval=1") as d:
        d.wait_ready()
        os.setpriority(os.PRIO_PROCESS, d.p.pid, int(os.environ.get("NICE", "0")))
        inside = [groups.add("unit-%02d.service" % i, 4) for i in range(20)]
        time.sleep(1)
        used, killed, before = processor_seconds(d.p.pid), {}, time.time()
        for i in range(KILLS):
            group = inside[i % len(inside)]
            pid = start_in(group[0], [HOG, "64", "30", "job-%d" % i])
            killed[pid] = (group[1], "job-%d" % i)
            os.waitpid(pid, 0)
        took = time.time() - before
        events = [e for e in d.read(KILLS, 20) if e.get("victim", {}).get("pid") in killed]
        used = processor_seconds(d.p.pid) - used
        right = {k: 0 for k in ("cgroup", "limit", "command line", "parents", "executable")}
        for e in events:
            cgroup, name = killed[e["victim"]["pid"]]
            right["cgroup"] += e.get("cgroup", {}).get("path") == cgroup
            right["limit"] += e.get("cgroup", {}).get("limit_path") == cgroup
            right["command line"] += e["victim"].get("cmdline", [])[-1:] == [name]
            right["parents"] += e["victim"].get("parents", [{}])[0].get("pid") == os.getpid()
            right["executable"] += e["victim"].get("exe") == HOG
        print("%d kills in %.1f s: %d events, %d of them with a suppressed report; right: %s" % (
            KILLS, took, len(events), sum(e["report"] == "suppressed" for e in events),
            ", ".join("%s %d" % x for x in right.items())))
        print("processor: %.0f ms for all, %.0f ms for 1,000 kills" % (used * 1e3, used * 1e6 / KILLS))
        peak, = status(d.p.pid, "VmHWM")
        print("memory: at most %d kB resident, with %d processes on the host" % (
            peak, sum(x.isdigit() for x in os.listdir("/proc"))))
    with Daemon() as d:
        d.wait_ready()
        time.sleep(3)
        (before,), used = status(d.p.pid, "voluntary_ctxt_switches"), processor_seconds(d.p.pid)
        time.sleep(IDLE)
        (after,) = status(d.p.pid, "voluntary_ctxt_switches")
        print("idle: %d wake-ups and %.0f ms of processor in %d s" % (after - before, (processor_seconds(d.p.pid) - used) * 1e3,
                                                                     IDLE))


main()
