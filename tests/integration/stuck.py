#!/usr/bin/python3
"""Processes whose memory map stays locked (tests/tools/stuck.c): nobody may read their command line, or he waits as
long as they do. The daemon must go on: start, see every kill, stop."""
import os
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tools"))
from integration import BUILD, Cases, Daemon, MemoryCgroups, kill_one, need_root, skip  # noqa: E402

STUCK = os.path.join(BUILD, "tests/tools/stuck")
LONG = 20  # seconds: never waited out by a daemon that does its work
READERS = 4  # HOST_CMDLINE_READERS
AGAIN = 4  # seconds in which the recorder looks at every process a second time


class Stuck:
    """Every second one is stuck in a thread, while its leader sleeps as if nothing were wrong."""

    def __init__(self, count):
        self.folder = tempfile.mkdtemp(prefix="oomwatchd-stuck-")
        self.p = subprocess.Popen([STUCK, self.folder, str(count)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.pids = [int(self.p.stdout.readline() or 0) for _ in range(count)]
        if not all(self.pids):
            self.free()
            skip("fuse", "/dev/fuse, and the right to mount it")
        time.sleep(0.2)

    def holds(self):
        """Whether a reader of the last one's command line has to wait."""
        p = subprocess.Popen(["cat", "/proc/%d/cmdline" % self.pids[-1]], stdout=subprocess.DEVNULL)
        try:
            p.wait(0.5)
            return False
        except subprocess.TimeoutExpired:
            p.kill()
            p.wait()
            return True

    def free(self):
        self.p.stdin.close()
        self.p.wait()
        os.rmdir(self.folder)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.free()


def one_kill(cases, daemon, cgroup, what):
    killed = kill_one(cgroup, 64, "unstuck")
    events = daemon.events_of([killed], LONG)
    v = events[0]["victim"] if events else {}
    cases.check("a kill is an event %s" % what, len(events) == 1 and v.get("comm") == "unstuck" and
                events[0].get("cgroup", {}).get("path") == killed.cgroup, (events, daemon.log()))
    return v.get("cmdline") == killed.argv


def main():
    need_root()
    # the leak check at the end stops all threads; one that waits for a process' memory map cannot be stopped
    os.environ["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"
    cases = Cases()
    with MemoryCgroups("oomwatchd-stuck-%d" % os.getpid()) as groups:
        cgroup = groups.add("unstuck", 16)
        with Stuck(2 * READERS + 2) as stuck:
            cases.check("the command lines are really held", stuck.holds())
            with Daemon("--from=end") as daemon:
                daemon.wait_ready(LONG)
                time.sleep(AGAIN)
                one_kill(cases, daemon, cgroup, "while more processes are stuck than there are readers")
                log = daemon.log()
                cases.check("it says that command lines are not read", log.count("command line") == 1, log)
                stuck.free = lambda free=stuck.free: None if stuck.p.poll() is not None else free()
                stuck.free()
                time.sleep(1)
                cases.check("and reads them again when it can", one_kill(cases, daemon, cgroup, "when they go on"),
                            daemon.log())
                with Stuck(2):
                    time.sleep(AGAIN)
                    known = one_kill(cases, daemon, cgroup, "while one is stuck")
                    cases.check("one that is stuck keeps no other's command line", known, daemon.log())
                    _, status = daemon.stop()
                    cases.check("it stops meanwhile", status == 0, daemon.log())
    cases.end()


main()
