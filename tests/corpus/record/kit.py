"""What the stories are made with: cgroups, victims, the ring, and the truth beside it.

The truth is what the job itself saw: pids from wait(), names and paths it chose, limits it wrote. A story becomes a
folder with kmsg (the records of /dev/kmsg from just before to just after, nothing left out), truth.json and why.txt.
"""
import json
import os
import shutil
import signal
import subprocess
import threading
import time

OUT = os.fsencode(os.environ.get("STORIES_OUT", "/out/stories"))
VICTIM = os.environ.get("STORIES_VICTIM", "/in/victim")
MIB = 1024 * 1024
V2 = os.path.exists("/sys/fs/cgroup/cgroup.controllers")
ROOT = b"/sys/fs/cgroup" if V2 else b"/sys/fs/cgroup/memory"
stories = []


def story(*kernels):
    """Marks a function as a story; `kernels` are those that tell it without being asked by its name."""
    def mark(function):
        function.kernels = kernels
        stories.append(function)
        return function
    return mark


def write(path, text):
    fd = os.open(path, os.O_WRONLY)
    try:
        os.write(fd, text if isinstance(text, bytes) else str(text).encode())
    finally:
        os.close(fd)


def read(path):
    with open(path, "rb") as f:
        return f.read()


def vmstat(name):
    return next(int(x.split()[1]) for x in read("/proc/vmstat").splitlines() if x.split()[0] == name.encode())


def text(to, key, raw):
    """A string of the event; for bytes that are no UTF-8 only the exact form is asked for."""
    try:
        to[key] = raw.decode("utf-8")
    except UnicodeDecodeError:
        to[key + "_hex"] = raw.hex()


def quiet(seconds=5.3):
    """The kernel prints ten reports in five seconds; a story that wants its own reports whole waits."""
    time.sleep(seconds)


class Cgroup:
    def __init__(self, path, controllers=b"+memory"):
        self.path = path if isinstance(path, bytes) else path.encode()
        self.made = []
        at = ROOT
        for part in self.path.strip(b"/").split(b"/"):
            if V2:
                write(at + b"/cgroup.subtree_control", controllers)
            at += b"/" + part
            if not os.path.isdir(at):
                os.mkdir(at)
                self.made.insert(0, at)
        self.dir = at

    def set(self, name, value):
        write(self.dir + b"/" + name.encode(), value)

    def limit(self, mib):
        self.limit_kb = int(mib * 1024)
        if V2:
            self.set("memory.max", self.limit_kb * 1024)
        else:
            self.set("memory.limit_in_bytes", self.limit_kb * 1024)
        return self

    def no_swap(self):
        if V2 and os.path.exists(self.dir + b"/memory.swap.max"):
            self.set("memory.swap.max", 0)
        return self

    def remove(self):
        for d in self.made:
            for _ in range(50):
                try:
                    os.rmdir(d)
                    break
                except OSError:
                    time.sleep(0.1)


class Story:
    def __init__(self, name):
        self.name = name
        self.dir = OUT + b"/" + name.encode()
        self.truth = []
        self.cgroups = []
        self.running = []
        self.undo = []
        self.ring = None
        self.first = 0  # the record that the capture begins with
        self.last = None  # and the one that it ends before

    def cgroup(self, path, *args):
        c = Cgroup(path, *args)
        self.cgroups.append(c)
        return c

    def sysctl(self, path, value):
        old = read(path).strip()
        self.undo.append(lambda: write(path, old))
        write(path, value)

    def spawn(self, cgroup, *args, adj=0, stdout=None):
        """A victim in that cgroup (None: where the job is)."""
        def enter():
            write("/proc/self/oom_score_adj", adj)
            if cgroup:
                write(cgroup.dir + b"/cgroup.procs", os.getpid())
        p = subprocess.Popen([VICTIM] + list(args), preexec_fn=enter, stdin=subprocess.DEVNULL, stdout=stdout,
                             stderr=subprocess.PIPE)
        self.running.append(p)
        return p

    def ready(self, p):
        """Until it has all it wants; false when it died first."""
        return p.stderr.read(1) == b"."

    def died(self, p, seconds=90):
        return p.wait(seconds) == -signal.SIGKILL

    def kill(self, p, cgroup=None, limit=None, name=b"victim", **more):
        """Waits for the death of p, and takes down what an event must say about it."""
        if not self.died(p):
            raise RuntimeError("%s: pid %d ended with %s" % (self.name, p.pid, p.returncode))
        victim = {"pid": p.pid, "tgid": p.pid}
        text(victim, "comm", name[:15])
        victim.update(more.pop("victim", {}))
        event = {"type": "oom-kill", "victim": victim}
        if cgroup:
            event["cgroup"] = {}
            text(event["cgroup"], "path", cgroup.path)
        if limit:
            event["scope"] = "memcg"
            text(event["cgroup"], "limit_path", limit.path)
            event["cgroup"]["memory"] = {"limit_kb": limit.limit_kb}
        event.update(more)
        self.truth.append(event)
        return event

    def tell(self, function):
        """Has it happen. Returns the records read meanwhile, the kernel's own count of kills, and what went wrong."""
        self.ring = Ring()
        counted = vmstat("oom_kill")
        wrong = None
        try:
            function(self)
        except Exception as e:
            wrong = e
        time.sleep(0.5)
        records = self.ring.stop()[self.first:self.last]
        counted = vmstat("oom_kill") - counted
        self.clean()
        # vm.oom_kill_allocating_task kills whoever asks while the memory of the one before is not yet back
        mine = {e["victim"]["pid"] for e in self.truth if "pid" in (e.get("victim") or {})}
        also = [int(r.split(b"Killed process ")[1].split()[0]) for r in records
                if b";Out of memory (oom_kill_allocating_task): Killed process " in r and int(r.split(b",")[0]) < 8]
        self.truth += [{"type": "oom-kill", "victim": {"pid": pid}, "verdict": {"code": "allocating-task"}}
                       for pid in also if pid not in mine]
        self.truth += [{"type": "oom-no-victim", "victim": None, "verdict": {"code": "unkillable"}} for r in records
                       if b";Out of memory and no killable processes" in r and int(r.split(b",")[0]) < 8]
        return records, counted, wrong

    def record(self, function, log):
        os.makedirs(self.dir)
        records, counted, wrong = self.tell(function)
        if wrong:
            log("%s: %r" % (self.name, wrong))
        lines = sum(b";Out of memory: Killed process" in r or b";Memory cgroup out of memory: Killed process" in r
                    or b";Out of memory (oom_kill_allocating_task): Killed process" in r for r in records
                    if int(r.split(b",")[0]) < 8)
        log("%s: %s, %d records, %d kill lines, kernel counted %d, %d events in the truth" % (
            self.name, "FAILED" if wrong else "recorded", len(records), lines, counted, len(self.truth)))
        if wrong:
            shutil.rmtree(self.dir)
            return
        with open(self.dir + b"/kmsg", "wb") as f:
            f.write(b"".join(records))
        with open(self.dir + b"/truth.json", "w") as f:
            f.write(json.dumps(self.truth, indent="\t", ensure_ascii=False) + "\n")
        with open(self.dir + b"/why.txt", "w") as f:
            why = "\n".join(x.strip() for x in function.__doc__.strip().splitlines())
            f.write("%s\nReal: Linux %s, cgroup v%d, recorded by tests/corpus/record.\n" % (
                why, os.uname().release, 2 if V2 else 1))

    def clean(self):
        for p in self.running:
            if p.poll() is None:
                p.kill()
                p.wait()
            p.stderr.close()
        for f in reversed(self.undo):
            f()
        for c in reversed(self.cgroups):
            c.remove()


class Ring(threading.Thread):
    """Reads along, so that a talkative story does not overwrite its own beginning."""

    def __init__(self):
        super().__init__(daemon=True)
        self.fd = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK)
        os.lseek(self.fd, 0, os.SEEK_END)
        self.records = []
        self.stopped = False
        self.start()

    def run(self):
        while True:
            last = self.stopped
            try:
                while True:
                    self.records.append(os.read(self.fd, 8192))
            except BlockingIOError:
                if last:
                    return
                time.sleep(0.02)
            except BrokenPipeError:
                pass  # a gap: the next record's number tells

    def stop(self):
        self.stopped = True
        self.join()
        os.close(self.fd)
        return self.records


def main(wanted, log):
    kernel = ".".join(os.uname().release.split(".")[:2])
    kernel += "-numa" if os.path.exists("/sys/devices/system/node/node1") else "" if V2 else "-v1"
    for function in sorted(stories, key=lambda f: f.__name__.startswith("global")):  # these take a minute each
        name = function.__name__.replace("_", "-")
        if wanted and name not in wanted and function.__name__ not in wanted:
            continue
        if not wanted and kernel not in function.kernels:
            continue
        Story(name).record(function, log)
