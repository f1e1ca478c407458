#!/usr/bin/python3
"""What cannot be read is a number: a stopped daemon, a ring overrun meanwhile, and kills that went with it. And no alarm
when all is well."""
import json
import os
import signal
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tools"))
from integration import (Cases, Daemon, Journald, MemoryCgroups, flood, kill_one, mount_file, need_root,  # noqa: E402
                         newest_and_oldest, oom_kill_count, private_run, unmount)

LOST = "MESSAGE_ID=bd0c2a7d54084704ba4a4bcbddf3d583"
UNSEEN = "MESSAGE_ID=bbbfdbe0b3a6443a8387ad6d1a387c0f"
KILLS = 4


def of_type(daemon, name):
    return [e for e in daemon.events if e["type"] == name]


def overrun(cases, journald, group, daemon):
    before = kill_one(group, 64, "before")
    daemon.events_of([before])
    daemon.read(1 << 30, 3)  # the kernel's count is looked at
    read_to = newest_and_oldest()[1]
    daemon.p.send_signal(signal.SIGSTOP)
    counted = oom_kill_count()
    hidden = [kill_one(group, 64, "hidden %d" % i) for i in range(KILLS)]
    counted = oom_kill_count() - counted
    if not flood(newest_and_oldest()[1]):
        cases.check("the ring was overrun", False, newest_and_oldest())
        return
    seen = kill_one(group, 64, "seen")
    oldest = newest_and_oldest()[0]
    daemon.p.send_signal(signal.SIGCONT)
    daemon.events_of([seen])
    daemon.read(1 << 30, 6)
    lost, unseen = of_type(daemon, "records-lost"), of_type(daemon, "kills-unseen")
    print("# ring overrun: %s; %s" % (json.dumps(lost)[-160:], json.dumps(unseen)[-160:]))
    cases.check("an overrun is one records-lost", len(lost) == 1, lost)
    e = lost[0]
    # what was printed between our look and the stop was still read
    cases.check("with the range and its count", e["to_seq"] == oldest - 1 and read_to < e["from_seq"] <= read_to + 20 and
                e["count"] == e["to_seq"] - e["from_seq"] + 1, (e, read_to, oldest))
    cases.check("the kills in it are one kills-unseen", len(unseen) == 1, unseen)
    cases.check("with the kernel's number", unseen[0]["kernel_count"] - unseen[0]["reported_count"] == counted,
                (unseen, counted, len(hidden)))
    for match, what in ((LOST, "records-lost"), (UNSEEN, "kills-unseen")):
        cases.check("%s is in the journal" % what, len(journald.wait_for(1, match)) == 1, journald.read(match))


def overrun_while_down(cases, group, options):
    """The same over a restart: the position tells what was read, the count what was counted."""
    daemon = Daemon(*options)
    daemon.wait_ready()
    daemon.read(1 << 30, 3)
    daemon.stop()
    counted = oom_kill_count()
    for i in range(KILLS):
        kill_one(group, 64, "down %d" % i)
    counted = oom_kill_count() - counted
    flood(newest_and_oldest()[1])
    daemon = Daemon(*options)
    daemon.read(1 << 30, 6)
    lost, unseen = of_type(daemon, "records-lost"), of_type(daemon, "kills-unseen")
    cases.check("records lost while it was down are one event", len(lost) == 1, lost)
    cases.check("kills unseen while it was down are one event with the kernel's number", len(unseen) == 1 and
                unseen[0]["kernel_count"] - unseen[0]["reported_count"] == counted, (unseen, counted))
    daemon.stop()
    again = Daemon(*options)
    again.read(1 << 30, 4)
    cases.check("neither is said again after a restart", not of_type(again, "records-lost") +
                of_type(again, "kills-unseen"), again.events)
    again.stop()


def killed_with_it(cases, journald, group, options):
    """Both are made while journald stands still, and the daemon is killed before it moves again."""
    with Daemon(*options) as daemon:
        daemon.wait_ready()
        daemon.read(1 << 30, 3)
        said = {m: len(journald.read(m)) for m in (LOST, UNSEEN)}
        journald.stall()
        daemon.p.send_signal(signal.SIGSTOP)
        for i in range(KILLS):
            kill_one(group, 64, "unheard %d" % i)
        flood(newest_and_oldest()[1])
        daemon.p.send_signal(signal.SIGCONT)
        daemon.read(1 << 30, 5)
        cases.check("a loss is said while journald stands still",
                    of_type(daemon, "records-lost") and of_type(daemon, "kills-unseen"), daemon.events)
        daemon.p.kill()
        daemon.p.wait()
    journald.resume()
    with Daemon(*options) as daemon:
        daemon.wait_ready()
        daemon.read(1 << 30, 5)
        for match, what in ((LOST, "records-lost"), (UNSEEN, "kills-unseen")):
            got = journald.wait_for(said[match] + 1, match)
            cases.check("%s that died in the queue is said by the next start, once" % what, len(got) == said[match] + 1,
                        (said[match], len(got), daemon.events))
        daemon.stop()


def quiet(cases, group, daemon):
    """Kills at the pace of a bad day, and a storm; nothing is missing, so nothing is said."""
    killed = [kill_one(group, 64, "quiet %d" % i) for i in range(60)]
    got = daemon.events_of(killed)
    daemon.read(1 << 30, 5)
    cases.check("60 kills, 60 events", len(got) == 60, len(got))
    cases.check("and no alarm", not of_type(daemon, "records-lost") + of_type(daemon, "kills-unseen"), daemon.events[-2:])


def in_the_midst(cases, group):
    """Begun, stopped and continued in the midst of a storm, from every point of the ring: a number that is right at no
    moment must not be taken for one that is wrong."""
    storm, stop = [], threading.Event()

    def kills():
        while not stop.is_set():
            storm.append(kill_one(group, 64, "storm"))

    thread = threading.Thread(target=kills)
    thread.start()
    wrong = []
    resumed = ("--journal=yes", "--state=/run/midst", "--from=resume")
    for last, start in enumerate((("--from=boot",), ("--from=end",), resumed, resumed), -3):
        with Daemon(*start) as daemon:
            for pause in (0.0, 0.1, 0.5):
                daemon.read(1 << 30, 0.3)
                daemon.p.send_signal(signal.SIGSTOP)
                time.sleep(pause)
                daemon.p.send_signal(signal.SIGCONT)
            daemon.read(1 << 30, 3)
            if last == 0:
                stop.set()
                thread.join()
                daemon.read(1 << 30, 4)
            wrong += of_type(daemon, "records-lost") + of_type(daemon, "kills-unseen")
            daemon.stop()
    print("# %d kills" % len(storm))
    cases.check("in the midst of a storm no start, stop or restart makes an alarm", not wrong and len(storm) > 100,
                (len(storm), wrong))


def without_a_counter(cases, group):
    """Before 4.13 the kernel does not count: nothing is said of what nobody knows."""
    with open("/proc/vmstat") as f, open("/run/vmstat", "w") as to:
        to.writelines(x for x in f if not x.startswith("oom_kill"))
    mount_file("/proc/vmstat", "/run/vmstat")
    with Daemon() as daemon:
        daemon.wait_ready()
        killed = [kill_one(group, 64, "uncounted %d" % i) for i in range(3)]
        got = daemon.events_of(killed)
        daemon.read(1 << 30, 4)
        cases.check("without a counter kills are events, and nothing else is",
                    len(got) == 3 and not of_type(daemon, "kills-unseen"), daemon.events)
        cases.check("nor is there a word in the log", daemon.log() == "", daemon.log())
    unmount("/proc/vmstat")


def main():
    need_root()
    private_run()
    cases = Cases()
    options = ("--journal=yes", "--state=/run/state", "--from=resume")
    with MemoryCgroups("oomwatchd-loss.slice") as groups, Journald() as journald:
        group = groups.add("web.service", 8)
        with Daemon(*options) as daemon:
            daemon.wait_ready()
            daemon.read(1 << 30, 2)
            quiet(cases, group, daemon)
            overrun(cases, journald, group, daemon)
            daemon.stop()
        overrun_while_down(cases, group, options)
        killed_with_it(cases, journald, group, options)
        in_the_midst(cases, group)
        without_a_counter(cases, group)
    cases.end()


main()
