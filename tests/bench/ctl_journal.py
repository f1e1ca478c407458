#!/usr/bin/python3
"""What oomwatchctl's verbs cost on a large journal, beside journalctl asking its index for the same entries.

  ENTRIES=50000  journal entries, of which  KILLS=1000  are kills, spread evenly; REPEAT=5 runs each, the best counts

Figures only, no verdict. The journal is made by systemd-journal-remote in a temporary folder of about ENTRIES kB.
"""
import json
import os
import shutil
import subprocess
import sys
import time
from glob import glob

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tools"))
from integration import BUILD, ROOT, scratch, skip  # noqa: E402

CTL = BUILD + "/oomwatchctl"
KILL_ID = "5ef39f0ddfef4293b8e652629a707eda"
REMOTE = next((p for p in ("/lib/systemd/systemd-journal-remote", "/usr/lib/systemd/systemd-journal-remote")
               if os.path.exists(p)), None)
ENTRIES, KILLS, REPEAT = (int(os.environ.get(n, d)) for n, d in (("ENTRIES", 50000), ("KILLS", 1000), ("REPEAT", 5)))
BOOT = "0123456789abcdef0123456789abcdef"
START = 1790000000  # seconds since 1970 of the first entry; one entry a second


def sample():
    """A real event, of a report that names much."""
    capture = glob(ROOT + "/tests/corpus/6.12/three-kills/kmsg")[0]
    out = subprocess.run([CTL, "explain", "--json=short", capture], stdout=subprocess.PIPE, check=True).stdout
    return next(e for e in map(json.loads, out.splitlines()) if e["type"] == "oom-kill")


def entry(number, fields):
    usec = (START + number) * 1000000
    head = {"__CURSOR": "s=1;i=%x" % (number + 1), "__REALTIME_TIMESTAMP": usec, "__MONOTONIC_TIMESTAMP": number * 1000000 + 1,
            "_BOOT_ID": BOOT, "_MACHINE_ID": BOOT, "_HOSTNAME": "bench", "_UID": 0}
    return "".join("%s=%s\n" % x for x in {**head, **fields}.items()) + "\n"


def ordinary(number):
    unit = "unit-%d.service" % (number % 40)
    return {"_TRANSPORT": "stdout", "_SYSTEMD_UNIT": unit, "_PID": 1000 + number % 300, "_COMM": "worker", "PRIORITY": 6,
            "SYSLOG_IDENTIFIER": "worker", "MESSAGE": "request %d of %s took %d ms and was answered" % (number, unit, number % 977)}


def kill(number, ordinal, event):
    pid, unit = 100000 + number, "unit-%d.service" % (ordinal % 40)
    event = dict(event, id="%s-%d" % (BOOT, number), boot_id=BOOT, realtime_usec=(START + number) * 1000000,
                 victim=dict(event["victim"], pid=pid), identity=dict(event.get("identity", {}), unit=unit))
    return {"_TRANSPORT": "journal", "_SYSTEMD_UNIT": "oomwatchd.service", "_PID": 77, "_COMM": "oomwatchd", "PRIORITY": 4,
            "SYSLOG_IDENTIFIER": "oomwatchd", "MESSAGE_ID": KILL_ID, "MESSAGE": event["summary"], "OOM_ID": event["id"],
            "OOM_PID": pid, "OOM_COMM": event["victim"]["comm"], "OOM_UNIT": unit, "OBJECT_SYSTEMD_UNIT": unit,
            "OOM_SCOPE": event["scope"], "OOM_EVENT": json.dumps(event, separators=(",", ":"))}


def make(folder):
    """Returns the pid of a kill in the middle and the time of the last twentieth of the journal."""
    event, step, pid = sample(), max(ENTRIES // KILLS, 1), None
    p = subprocess.Popen([REMOTE, "--split-mode=none", "-o", folder + "/bench.journal", "-"], stdin=subprocess.PIPE,
                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for number in range(ENTRIES):
        is_kill = number % step == step - 1
        if is_kill and (pid is None or number < ENTRIES // 2):
            pid = 100000 + number
        p.stdin.write(entry(number, kill(number, number // step, event) if is_kill else ordinary(number)).encode())
    p.stdin.close()
    if p.wait() != 0:
        raise AssertionError("systemd-journal-remote: status %d" % p.returncode)
    return pid, START + ENTRIES - ENTRIES // 20


def best(argv):
    """Milliseconds of the fastest run, and its peak memory."""
    result = None
    for _ in range(REPEAT):
        with open(os.devnull, "w") as null:
            start = time.monotonic()
            p = subprocess.Popen(argv, stdout=null, stderr=null)
            _, status, usage = os.wait4(p.pid, 0)
            ms = (time.monotonic() - start) * 1000
        p.returncode = status
        if status != 0:
            raise AssertionError("%s: status %#x" % (" ".join(argv), status))
        result = min(result or (ms, usage.ru_maxrss), (ms, usage.ru_maxrss))
    return result


def show(name, argv, beside):
    ms, kb = best([CTL, *argv])
    other, _ = best(["journalctl", "--no-pager", "-q", *beside])
    print("%-24s %8.1f ms %8.1f MiB    journalctl %8.1f ms    ratio %5.2f" % (name, ms, kb / 1024, other, ms / other))


def main():
    if not REMOTE:
        skip("systemd-journal-remote", "nothing to make a journal with")
    if not shutil.which("journalctl"):
        skip("journalctl", "nothing to compare with")
    folder, clean = scratch()
    try:
        pid, since = make(folder)
        size = sum(os.path.getsize(f) for f in glob(folder + "/*"))
        print("%d entries, %d kills, %.0f MiB in %d files" % (ENTRIES, KILLS, size / 2**20, len(os.listdir(folder))))
        d, match = ["-D", folder], "MESSAGE_ID=" + KILL_ID
        show("list -n 20", ["list", "-n", "20", *d], [match, "-n", "20", *d])
        show("list -n 20 --json", ["list", "--json=short", "-n", "20", *d], [match, "-n", "20", "-o", "json", *d])
        show("list", ["list", *d], [match, *d])
        show("list --since (5 %)", ["list", "-S", "@%d" % since, *d], [match, "-S", "@%d" % since, *d])
        show("list UNIT", ["list", "unit-7.service", *d], [match, "OOM_UNIT=unit-7.service", *d])
        show("list -n 1 UNIT", ["list", "-n", "1", "unit-7.service", *d], [match, "OOM_UNIT=unit-7.service", "-n", "1", *d])
        show("info PID", ["info", str(pid), *d], [match, "OOM_PID=%d" % pid, *d])
        show("info", ["info", *d], [match, "-n", "1", *d])
        show("stats", ["stats", *d], [match, "-o", "json", *d])
        show("report", ["report", *d], [match, "-o", "json", *d])
    finally:
        clean()


main()
