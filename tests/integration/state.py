#!/usr/bin/python3
"""The position where it cannot be kept: a full disk, a read-only one, a folder that is none, what somebody else left in
its place; and a daemon that has no descriptors left. Each costs one line in the log and no kill."""
import os
import re
import resource
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tools"))
from integration import (Cases, Daemon, Journald, MemoryCgroups, SocketClient, kill_one, mount_empty, need_root,  # noqa: E402
                         private_run)

STATE = "/run/state"
CURSOR = STATE + "/cursor"
SOCKET = "/run/events.sock"
OPTIONS = ("--journal=yes", "--from=resume", "--socket=" + SOCKET)
KILL = "MESSAGE_ID=5ef39f0ddfef4293b8e652629a707eda"


def cursor():
    try:
        with open(CURSOR) as f:
            return f.read()
    except OSError:
        return ""


def wait_until(what, seconds=10):
    end = time.time() + seconds
    while not what() and time.time() < end:
        time.sleep(0.05)
    return what()


def of(events, killed):
    pids = {k.pid for k in killed}
    return [e for e in events if e.get("victim", {}).get("pid") in pids]


def begin(state=STATE):
    daemon = Daemon(*OPTIONS, "--state=" + state)
    daemon.wait_ready()
    return daemon


def is_position(text):
    return text.startswith("oomwatchd 1 boot_id=") and text.endswith("\n")


def full_disk(cases, group):
    daemon = begin()
    first = kill_one(group, 64, "room")
    daemon.events_of([first])
    cases.check("with room the position is kept", wait_until(lambda: is_position(cursor())), cursor())
    ballast = os.open(STATE + "/ballast", os.O_WRONLY | os.O_CREAT)
    try:
        while True:
            os.write(ballast, bytes(4096))
    except OSError:
        os.close(ballast)
    before = cursor()
    killed = [kill_one(group, 64, "full %d" % i) for i in range(3)]
    cases.check("with a full disk kills are published", len(daemon.events_of(killed)) == 3)
    cases.check("the old position stays whole", cursor() == before, cursor())
    cases.check("that is one line in the log", daemon.log().count("cannot save the position: No space left") == 1,
                daemon.log())
    daemon.p.kill()
    daemon.p.wait()
    daemon = begin()
    cases.check("a restart publishes none of them again: the journal knows", not of(daemon.read(1 << 30, 1), [first] + killed))
    os.unlink(STATE + "/ballast")
    last = kill_one(group, 64, "room again")
    daemon.events_of([last])
    cases.check("and with room the position is kept again", wait_until(lambda: is_position(cursor()) and cursor() != before))
    cases.check("it ends well", daemon.stop()[1] == 0)
    return [first, last] + killed


def read_only(cases, group, before):
    subprocess.run(["mount", "-o", "remount,ro", STATE], check=True)
    daemon = begin()
    killed = kill_one(group, 64, "read-only")
    events = daemon.events_of([killed])
    cases.check("on a read-only disk a kill is published, and none again", len(events) == 1 and
                not of(daemon.events, before), events)
    cases.check("that is one line in the log", daemon.log().count("Read-only file system") == 1, daemon.log())
    cases.check("it ends well", daemon.stop()[1] == 0)
    subprocess.run(["mount", "-o", "remount,rw", STATE], check=True)
    return before + [killed]


def left_by_others(cases, group, before):
    """Whatever lies there: a line, a duplicate at most, and a good position afterwards."""
    def put(data):
        return lambda: open(CURSOR, "wb").write(data)

    boot_id = open("/proc/sys/kernel/random/boot_id").read().strip().replace("-", "")
    things = {
        "nothing in it": put(b""),
        "a megabyte of noise": put(os.urandom(1 << 20)),
        "half a position": put(b"oomwatchd 1 boot_id=" + boot_id.encode() + b" kill=7 from="),
        "a later format": put(b"oomwatchd 2 boot_id=" + boot_id.encode() + b" kill=7 from=7 read=7 stamp=7\n"),
        "a pipe": lambda: os.mkfifo(CURSOR),
        "a link": lambda: os.symlink("/etc/passwd", CURSOR),
    }
    for name, make in things.items():
        if os.path.exists(CURSOR):
            os.unlink(CURSOR)
        make()
        daemon = begin()
        again = of(daemon.read(1 << 30, 0.3), before)
        log = daemon.log()
        daemon.stop()
        cases.check("%s: one line, set aside, nothing twice, and a position afterwards" % name,
                    log.count("set aside") == 1 and not again and is_position(cursor()) and
                    os.path.lexists(CURSOR + ".bad"), (log, again, cursor()))
    os.unlink(CURSOR)


def remembers_the_clock(cases, group):
    """How far the kernel's stamps are off is seen from records as they come; a restart needs it for those that came
    before. Here they are made to be off by minutes."""
    daemon = begin()
    for _ in range(10):  # the first may come while the ring is still read for the first time
        daemon.events_of([kill_one(group, 64, "observed")])
        if wait_until(lambda: " clock=" in cursor(), 1):
            break
    cases.check("the position has the distance of the clocks", " clock=" in cursor(), cursor())
    daemon.stop()
    killed = kill_one(group, 64, "meanwhile")
    off = min(300 * 1000000, int(time.clock_gettime(time.CLOCK_MONOTONIC) * 500000))  # no moment is before the boot
    text = re.sub(r"clock=(-?\d+)", lambda m: "clock=%d" % (int(m.group(1)) - off), cursor())
    with open(CURSOR, "w") as f:
        f.write(text)
    daemon = begin()
    e = daemon.events_of([killed])[0]
    daemon.stop()
    cases.check("a kill made while it was down has its time by that", e.get("recovered") is True and
                killed.before - 1000000 <= e["realtime_usec"] + off <= killed.after + 1000000,
                (killed.before, e))


def no_folder(cases, group):
    with open("/run/a-file", "w"):
        pass
    daemon = begin("/run/a-file")
    killed = kill_one(group, 64, "no folder")
    cases.check("without a folder for the position a kill is published", len(daemon.events_of([killed])) == 1)
    cases.check("that is one line in the log", daemon.log().count("the position is not kept") == 1, daemon.log())
    cases.check("it ends well", daemon.stop()[1] == 0)


def no_descriptors(cases, journald, group):
    """All are taken by clients; what was opened at the start goes on working."""
    daemon = begin()
    used = len(os.listdir("/proc/%d/fd" % daemon.p.pid))
    resource.prlimit(daemon.p.pid, resource.RLIMIT_NOFILE, (used + 8, used + 8))
    clients = [SocketClient(SOCKET) for _ in range(30)]
    greeted = clients[0].lines(1)
    killed = [kill_one(group, 64, "short of files %d" % i) for i in range(3)]
    cases.check("with no descriptor left kills are published", len(daemon.events_of(killed)) == 3, daemon.log())
    got = of(clients[0].lines(4, 5), killed)
    cases.check("to clients", greeted and len(got) == 3, (greeted, got))
    pids = {str(k.pid) for k in killed}
    cases.check("and to the journal", wait_until(lambda: len(
        [e for e in journald.wait_for(1, KILL) if e["OOM_PID"] in pids]) == 3))
    for c in clients:
        c.s.close()
    late = SocketClient(SOCKET)
    cases.check("who comes when others have left is greeted", late.lines(1)[0]["type"] == "hello")
    daemon.p.send_signal(signal.SIGHUP)
    killed = kill_one(group, 64, "files again")
    daemon.events_of([killed])
    cases.check("and the position is kept again", wait_until(lambda: is_position(cursor())), cursor())
    cases.check("it ends well", daemon.stop()[1] == 0)


def main():
    need_root()
    private_run()
    os.mkdir(STATE)
    mount_empty(STATE, "size=2m")
    cases = Cases()
    with MemoryCgroups("oomwatchd-state.slice") as groups, Journald() as journald:
        group = groups.add("web.service", 8)
        killed = full_disk(cases, group)
        killed = read_only(cases, group, killed)
        left_by_others(cases, group, killed)
        remembers_the_clock(cases, group)
        no_folder(cases, group)
        no_descriptors(cases, journald, group)
    cases.end()


main()
