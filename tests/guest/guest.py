"""What the jobs that run in a guest share: TAP, the installed daemon, what the journal says of it."""
import json
import os
import subprocess
import sys
import time

TREE = "/in/tree"
sys.path.insert(0, TREE + "/tests/corpus/record")
from kit import Cgroup  # noqa: E402

HOG = TREE + "/build/tests/tools/hog"
SOCKET = "/run/oomwatchd/events.sock"
KILL = "5ef39f0ddfef4293b8e652629a707eda"
NO_VICTIM = "7f36703acfa94008be9694349ea3f709"
RECORDS_LOST = "bd0c2a7d54084704ba4a4bcbddf3d583"
KILLS_UNSEEN = "bbbfdbe0b3a6443a8387ad6d1a387c0f"


def sh(*argv, timeout=200, **more):
    try:
        return subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              universal_newlines=True, timeout=timeout, **more).stdout
    except subprocess.TimeoutExpired as e:
        return "%s: nothing within %d s: %s" % (" ".join(argv), timeout, e.stdout)


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as f:
        f.write(text)


def read(path):
    try:
        with open(path) as f:
            return f.read().strip()
    except OSError:
        return ""


def property_of(unit, name, *where):
    return sh("systemctl", "show", *where, "--value", "-p", name, unit).strip()


def main_pid():
    return int(property_of("oomwatchd", "MainPID") or 0)


def kernel_count():
    with open("/proc/vmstat") as f:
        return sum(int(x.split()[1]) for x in f if x.startswith("oom_kill "))


def wait_for(what, seconds=30):
    """What `what` gives as soon as that is true; else what it gave last."""
    end = time.monotonic() + seconds
    while True:
        got = what()
        if got or time.monotonic() > end:
            return got
        time.sleep(0.4)


def entries(*match):
    """Journal entries with an event, oldest first."""
    sh("journalctl", "--sync")
    out = sh("journalctl", "-q", "--no-pager", "--all", "-o", "json", *(match or ("SYSLOG_IDENTIFIER=oomwatchd",)))
    return [json.loads(x) for x in out.splitlines() if x.startswith("{") and '"OOM_EVENT"' in x]


def event(entry):
    text = entry["OOM_EVENT"]  # bytes, where one of them is not printable
    return json.loads(bytes(text).decode() if isinstance(text, list) else text)


def events(*match):
    return [event(x) for x in entries(*match)]


def kills(*match):
    return events("MESSAGE_ID=" + KILL, *match)


def cursor():
    """Behind the newest entry of the journal."""
    sh("journalctl", "--sync")
    out = sh("journalctl", "-q", "--no-pager", "-n", "1", "-o", "json")
    return "--after-cursor=" + json.loads(out)["__CURSOR"]


def have_killed(comm, count, unit):
    """`count` hogs one after the other, in a cgroup that looks like a unit's; this job is not in it."""
    c = Cgroup("/storm.slice/%s.service" % unit).limit(24).no_swap()
    for _ in range(count):
        subprocess.Popen([HOG, "100", "1", comm], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                         preexec_fn=lambda: c.set("cgroup.procs", os.getpid())).wait()
    c.remove()


class Guest:
    def __init__(self, results=()):
        self.results = list(results)
        self.began = time.monotonic()

    def case(self, name, good, detail=""):
        self.results.append(bool(good))
        print("%s %d - %s" % ("ok" if good else "not ok", len(self.results), name), flush=True)
        if not good and detail:
            print("\n".join("# " + x for x in str(detail)[-6000:].splitlines()), flush=True)

    def run(self, *steps):
        for step in steps:
            try:
                step()
            except Exception as e:  # a broken step must not hide the others
                self.case("%s runs" % getattr(step, "__name__", "step"), False, repr(e))

    def install(self):
        print("# %s" % sh("uname", "-a").strip(), flush=True)
        log = sh("make", "-C", TREE, "install", "PREFIX=/usr")
        self.case("make install installs, and compiles nothing again",
                  os.path.exists("/usr/lib/systemd/system/oomwatchd.service") and " CC " not in log, log)
        log = sh("systemctl", "enable", "--now", "oomwatchd")
        self.case("the unit starts", property_of("oomwatchd", "ActiveState") == "active",
                  log + sh("systemctl", "status", "--no-pager", "-l", "oomwatchd"))

    def healthy(self):
        self.case("the daemon was not restarted", property_of("oomwatchd", "NRestarts") == "0"
                  and property_of("oomwatchd", "ActiveState") == "active",
                  sh("journalctl", "-q", "-u", "oomwatchd", "--no-pager"))
        self.quiet()

    def quiet(self):
        """A sandbox that forbids something the daemon needs shows in what it says itself at warning or above."""
        out = sh("journalctl", "-q", "-u", "oomwatchd", "-p", "warning", "-o", "json", "--no-pager", "--all")
        own = [json.loads(x).get("MESSAGE") for x in out.splitlines() if x.startswith("{") and "OOM_EVENT" not in x]
        own = [x for x in own if "journald does not keep up" not in str(x)]
        self.case("the daemon misses nothing in its sandbox", not own, own)
        for key in ("MemoryCurrent", "CPUUsageNSec"):
            print("# %s=%s" % (key, property_of("oomwatchd", key)))
        print("# %.0f s" % (time.monotonic() - self.began))

    def end(self):
        """What was seen is left in /out."""
        write("/out/journal", sh("journalctl", "-b", "--no-pager", "-o", "short-precise"))
        write("/out/events", "".join(json.dumps(e) + "\n" for e in events()))
        subprocess.run("dd if=/dev/kmsg of=/out/kmsg bs=8192 iflag=nonblock 2>/dev/null", shell=True, check=False)
        print("1..%d" % len(self.results), flush=True)
        sys.exit(0 if self.results and all(self.results) else 1)
