#!/usr/bin/python3
"""Storms of real kills against the daemon: each event is held against what its victim wrote down before it grew.

   storm.py [--runs=N] [--kills=200] [--groups=20] [--noise=PER_SEC] [--nice=-20] [--no-events] [MODE ...]

Without arguments a small storm of each kind, as a test; a machine that cannot run the daemon for milliseconds on end may
cost a victim, so each kind has three tries to be complete. With arguments: figures, no verdict.
"""
import argparse
import json
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tools"))
from integration import BUILD, Cases, Daemon, need_root  # noqa: E402

STORM = os.path.join(BUILD, "tests/integration/recorder_storm")
MODES = ["exec", "fork", "rename", "move", "reuse", "thread"]
PARTS = ["event", "cgroup", "cmdline", "exe", "ppid", "parents", "comm"]


def known_of(truth, event):
    """Which parts of a victim its event has right."""
    if not event:
        return set()
    v, parents = event["victim"], [[p["pid"], p["comm"]] for p in event["victim"].get("parents", [])]
    argv = [x.decode() for x in bytes.fromhex(truth["cmdline"]).rstrip(b"\0").split(b"\0")]
    right = {
        "event": True,
        "cgroup": event.get("cgroup", {}).get("path") == truth["cgroup"],
        "cmdline": v.get("cmdline", [])[:len(argv)] == argv,
        "exe": v.get("exe") == truth["exe"],
        "ppid": v.get("ppid") == truth["parents"][0][0],
        "parents": parents[:2] == truth["parents"],
        "comm": v.get("comm") == truth["comm"],
    }
    return {p for p in PARTS if right[p]}


def is_wrong(truth, event):
    """Something in the event is another's; what is left out is not wrong."""
    if not event:
        return False
    v, known = event["victim"], known_of(truth, event)
    return any((p in v if p != "cgroup" else "path" in event.get("cgroup", {})) and p not in known for p in PARTS[1:])


def one_storm(daemon, mode, args):
    """How many victims there were, and of how many each part was right; "all" of it last."""
    began = time.time()
    out = subprocess.run([STORM, "--tell", "--mode=" + mode, "--kills=%d" % args.kills, "--groups=%d" % args.groups,
                          "--noise=%d" % args.noise], stdout=subprocess.PIPE, check=False)
    seconds = time.time() - began
    if out.returncode == 77:
        sys.exit(77)
    truths = [json.loads(x) for x in out.stdout.splitlines()]
    pids = {t["pid"] for t in truths}
    events, end = {}, time.time() + 10
    while len(events) < len(pids) and time.time() < end:
        for e in daemon.read(1, 0.5):
            if e["type"] == "oom-kill" and e["victim"]["pid"] in pids:
                events[e["victim"]["pid"]] = e
    known = [known_of(t, events.get(t["pid"])) for t in truths]
    for t, k in zip(truths, known):
        if args.verbose and (len(k) < len(PARTS) if args.verbose == 1 else is_wrong(t, events.get(t["pid"]))):
            e = events.get(t["pid"], {"victim": {}})
            print("# pid %d: not %s: %s" % (t["pid"], "/".join(p for p in PARTS if p not in k), {
                **{x: e["victim"].get(x) for x in ("cmdline", "exe", "ppid", "parents", "uptime_sec", "start_time")},
                "cgroup": e.get("cgroup"), "sources": e.get("sources"), "time": e.get("time")}))
    counts = {p: sum(p in k for k in known) for p in PARTS}
    counts["wrong"] = sum(is_wrong(t, events.get(t["pid"])) for t in truths)
    counts["all"] = sum(len(k) == len(PARTS) for k in known)
    print("# %s: %d victims in %.1f s; %s" % (mode, len(truths), seconds,
                                              " ".join("%s %d" % x for x in counts.items())), flush=True)
    return len(truths), counts["all"], counts["wrong"]


def start(args):
    """The daemon at its service's rank; in a network namespace of its own it gets no process events."""
    daemon = Daemon("--from=end", prefix=["unshare", "-n"] if args.no_events else [])
    daemon.wait_ready()
    for thread in os.listdir("/proc/%d/task" % daemon.p.pid):
        os.setpriority(os.PRIO_PROCESS, int(thread), args.nice)
    return daemon


def measure(args):
    for mode in args.modes or MODES:
        with start(args) as daemon:
            runs = [one_storm(daemon, mode, args) for _ in range(args.runs)]
            peak = [x for x in open("/proc/%d/status" % daemon.p.pid) if x.startswith("VmHWM")][0].split()[1]
            daemon.stop()
        print("%s: worst of %d runs: %d of %d wholly known; daemon's peak RSS %s kB" %
              (mode, len(runs), min(r[1] for r in runs), args.kills, peak), flush=True)


def check(args):
    args.kills, args.groups = 40, 8
    cases = Cases()
    with start(args) as daemon:
        for mode in MODES:
            complete, wrong = False, 0
            for _ in range(3):
                n, known, w = one_storm(daemon, mode, args)
                complete, wrong = n == known, wrong + w
                if complete:
                    break
            cases.check("victims are known in their events (%s)" % mode, complete, daemon.log())
            # Who is moved and does not exec after it may be told where he was.
            if mode not in ("fork", "move"):
                cases.check("nothing in them is another's (%s)" % mode, wrong == 0, wrong)
    cases.end()


def main():
    need_root()
    ap = argparse.ArgumentParser()
    ap.add_argument("--runs", type=int, default=10)
    ap.add_argument("--kills", type=int, default=200)
    ap.add_argument("--groups", type=int, default=20)
    ap.add_argument("--noise", type=int, default=0)
    ap.add_argument("--nice", type=int, default=-20)
    ap.add_argument("--no-events", action="store_true")
    ap.add_argument("--verbose", action="count", default=0)
    ap.add_argument("modes", nargs="*", metavar="MODE", choices=MODES + [[]])
    args = ap.parse_args()
    if len(sys.argv) > 1:
        measure(args)
    else:
        check(args)


if __name__ == "__main__":
    main()
