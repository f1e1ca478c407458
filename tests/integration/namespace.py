#!/usr/bin/python3
"""A daemon in a container that has no share in the host's pids: the kernel's log names a pid, and here that pid is
somebody else. The kill is an event all the same, with nothing of the wrong process in it."""
import json
import os
import select
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tools"))
from integration import DAEMON, HOG, Cases, MemoryCgroups, need_root, skip  # noqa: E402

LAST_PID = "/proc/sys/kernel/ns_last_pid"


def inside():
    """In the namespace: the daemon, and for each number on stdin a process of that pid."""
    daemon = subprocess.Popen([DAEMON, "--foreground", "--json"], stdin=subprocess.DEVNULL)
    while True:
        with open("/proc/%d/wchan" % daemon.pid) as f:
            if "poll" in f.read():
                break
        time.sleep(0.01)
    print(json.dumps({"rests": True}), flush=True)
    for line in sys.stdin:
        with open(LAST_PID, "w") as f:
            f.write(str(int(line) - 1))
        p = subprocess.Popen(["/bin/sh", "-c", "read x; exit", "impostor"], stdin=subprocess.PIPE)
        time.sleep(0.2)  # what the daemon may learn of it, it has learnt
        print(json.dumps({"made": p.pid}), flush=True)
    daemon.terminate()
    sys.exit(daemon.wait())


class Container:
    def __init__(self):
        self.p = subprocess.Popen(["unshare", "--pid", "--fork", "--mount-proc", sys.executable, __file__, "inside"],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.buffer = b""

    def wait_for(self, what, seconds=20):
        end = time.time() + seconds
        while time.time() < end:
            *lines, self.buffer = self.buffer.split(b"\n")
            for line in map(json.loads, lines):
                if what(line):
                    return line
            if select.select([self.p.stdout], [], [], 0.2)[0]:
                self.buffer += os.read(self.p.stdout.fileno(), 65536)
        return {}


def hog_that_waits(group):
    """Joins its cgroup and becomes a hog when the pipe is closed."""
    go, held = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(held)
        os.read(go, 1)
        with open(group[0] + "/cgroup.procs", "w") as f:
            f.write("0")
        os.execv(HOG, [HOG, "64", "30", "real"])
    os.close(go)
    return pid, held


def main():
    need_root()
    if not os.path.exists(LAST_PID):
        skip("kernel", "pids cannot be chosen: no " + LAST_PID)
    cases = Cases()
    with MemoryCgroups("oomwatchd-ns.slice") as groups:
        group = groups.add("web.service", 8)
        container = Container()
        cases.check("the daemon comes to rest", container.wait_for(lambda x: "rests" in x))
        pid, held = hog_that_waits(group)
        container.p.stdin.write(b"%d\n" % pid)
        container.p.stdin.flush()
        made = container.wait_for(lambda x: "made" in x)
        cases.check("another process has the victim's pid in there", made.get("made") == pid, (made, pid))
        os.close(held)
        os.waitpid(pid, 0)
        e = container.wait_for(lambda x: x.get("victim", {}).get("pid") == pid)
        victim = e.get("victim", {})
        print("# " + json.dumps(victim))
        cases.check("the kill is an event", e.get("type") == "oom-kill" and victim.get("uid") == 0, e)
        cases.check("with nothing of the other process", not {"exe", "cmdline", "parents", "ppid", "start_time"} & set(victim),
                    victim)
        container.p.stdin.close()
        cases.check("it ends well", container.p.wait(20) == 0)
        said = container.p.stderr.read().decode()
        cases.check("and has said why it knows no process", "pid namespace" in said, said)
    cases.end()


if sys.argv[1:] == ["inside"]:
    inside()
main()
