#!/usr/bin/python3
"""A daemon that is killed, restarted, robbed of its position or of journald: each kill once in the journal, and once for
a client that comes back with the last id it saw."""
import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tools"))
from integration import (Cases, Daemon, FaithfulClient, Journald, MemoryCgroups, kill_one, need_root,  # noqa: E402
                         oom_kill_count, private_run)

STORM = 200
KILL = "MESSAGE_ID=5ef39f0ddfef4293b8e652629a707eda"
SOCKET = "/run/events.sock"
STATE = "/run/state"
OPTIONS = ("--journal=yes", "--socket=" + SOCKET, "--state=" + STATE, "--from=resume")


def stored(journald, killed, seconds=20):
    """What the journal has of these kills."""
    pids = {str(k.pid) for k in killed}
    end = time.time() + seconds
    while True:
        subprocess.run(["journalctl", "--sync"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        got = [e for e in journald.read(KILL, "_UID=0") if e["OOM_PID"] in pids]
        if len(got) >= len(killed) or time.time() > end:
            return got
        time.sleep(0.2)


def of(events, killed):
    """Other tests may kill on this machine at the same time."""
    pids = {k.pid for k in killed}
    return [e for e in events if e.get("victim", {}).get("pid") in pids]


def once(cases, what, entries, killed):
    ids = [e["OOM_ID"] for e in entries]
    cases.check(what, len(ids) == len(set(ids)) == len(killed) and
                {e["OOM_PID"] for e in entries} == {str(k.pid) for k in killed},
                "%d killed, %d entries, %d ids" % (len(killed), len(ids), len(set(ids))))


def begin(*options):
    daemon = Daemon(*(options or OPTIONS))
    daemon.wait_ready()
    return daemon


def slay(daemon):
    daemon.p.kill()
    daemon.p.wait()


def storm(cases, journald, group):
    """kill -9 in the middle of it, again and again, and SIGTERM too."""
    daemon, client = begin(), FaithfulClient(SOCKET)
    while not client.greeted:
        time.sleep(0.01)
    killed = [kill_one(group, 64, "first")]  # gives the client an id to come back with
    while not of(client.events, killed):
        time.sleep(0.01)
    done = threading.Event()

    def kills():
        for i in range(STORM - 1):
            killed.append(kill_one(group, 64, "storm %d" % i))
        done.set()

    counted = oom_kill_count() - 1
    thread = threading.Thread(target=kills)
    thread.start()
    restarts, pick = 0, random.Random(5)
    while not done.is_set():
        time.sleep(pick.uniform(0.02, 0.3))
        if restarts % 3 == 2:
            daemon.stop()
        else:
            slay(daemon)
        daemon = Daemon(*OPTIONS)
        restarts += 1
    thread.join()
    counted = oom_kill_count() - counted
    entries = stored(journald, killed)
    print("# storm of %d (%d counted by the kernel), %d restarts in the midst of it: %d entries, %d recovered" % (
        STORM, counted, restarts, len(entries), sum("OOM_RECOVERED" in e for e in entries)))
    once(cases, "a storm of %d over restarts is in the journal, each kill once" % STORM, entries, killed)
    cases.check("the daemon was restarted while it lasted", restarts >= 3, restarts)
    end = time.time() + 10
    while len(of(client.events, killed)) < STORM and time.time() < end:
        time.sleep(0.1)
    seen = [e["id"] for e in of(client.stop(), killed)]
    cases.check("and a client that comes back has all of it, each once",
                sorted(seen) == sorted(e["OOM_ID"] for e in entries) and client.gaps == 0,
                "%d events, %d ids, %d gaps; missing %s of\n%s" % (
                    len(seen), len(set(seen)), client.gaps, sorted({e["OOM_ID"][33:] for e in entries} -
                                                                  {x[33:] for x in seen}),
                    " ".join(client.arrived).replace("connected", "\nconnected")))
    time.sleep(3)
    cases.check("nobody spoke of kills unseen or records lost", not [
        e for e in journald.read("SYSLOG_IDENTIFIER=oomwatchd") if json.loads(e.get("OOM_EVENT", "{}")).get("type")
        in ("kills-unseen", "records-lost")], journald.read("SYSLOG_IDENTIFIER=oomwatchd", "PRIORITY=4"))
    slay(daemon)
    return killed


def whole_reports(cases, journald, group):
    """Slow enough for the kernel to print every report; restarts at any moment leave them whole."""
    time.sleep(5)
    daemon, killed = begin(), []
    pick = random.Random(7)
    for i in range(8):
        thread = threading.Thread(target=lambda n=i: killed.append(kill_one(group, 64, "report %d" % n)))
        thread.start()
        time.sleep(pick.uniform(0.0, 0.03))
        slay(daemon)
        thread.join()
        daemon = Daemon(*OPTIONS)
        time.sleep(0.5)
    entries = stored(journald, killed)
    once(cases, "kills during which the daemon dies are published, each once", entries, killed)
    kinds = [json.loads(e["OOM_EVENT"])["report"] for e in entries]
    cases.check("with their whole reports", "partial" not in kinds, kinds)
    print("# reports: %s" % kinds)
    slay(daemon)
    return killed


def while_down(cases, journald, group, before):
    killed = [kill_one(group, 64, "down %d" % i) for i in range(3)]
    daemon = begin()
    entries = stored(journald, killed)
    once(cases, "kills made while it was down are published", entries, killed)
    cases.check("and say so", all(e.get("OOM_RECOVERED") == "1" for e in entries), entries)
    daemon.stop()
    daemon = begin()
    daemon.read(1, 1)
    cases.check("a restart publishes nothing again", not of(daemon.events, before + killed), daemon.events)
    daemon.stop()
    return before + killed


def robbed(cases, journald, before, how, name):
    how()
    daemon = begin()
    daemon.read(1, 1)
    cases.check("%s: nothing is published again, the journal knows" % name, not of(daemon.events, before),
                daemon.events)
    once(cases, "%s: each kill is there once" % name, stored(journald, before), before)
    daemon.stop()
    return daemon.log()


def spoil(text):
    with open(STATE + "/cursor", "w") as f:
        f.write(text)


def kmsg_seq_of(pid):
    fd = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK)
    seq = None
    while True:
        try:
            record = os.read(fd, 8192)
        except BlockingIOError:
            break
        except BrokenPipeError:
            continue
        if re.search(rb";[^;]*Killed process %d " % pid, record):
            seq = int(record.split(b",")[1])
    os.close(fd)
    return seq


def forge_entry(boot_id, seq):
    """As a user: an event in our name, with the id of a kill that the daemon has not seen yet."""
    event_id = "%s-%d" % (boot_id, seq)
    message = ("MESSAGE=forged\n%s\nSYSLOG_IDENTIFIER=oomwatchd\nOOM_ID=%s\nOOM_EVENT={\"version\":1,"
               "\"type\":\"oom-kill\",\"id\":\"%s\"}\n" % (KILL, event_id, event_id)).encode()
    pid = os.fork()
    if pid == 0:
        os.setgid(65534)
        os.setuid(65534)
        s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        s.connect("/run/systemd/journal/socket")
        s.send(message)
        time.sleep(0.5)  # journald looks at the sender
        os._exit(0)
    os.waitpid(pid, 0)


def forged(cases, journald, group):
    killed = kill_one(group, 64, "forged")
    with open("/proc/sys/kernel/random/boot_id") as f:
        forge_entry(f.read().strip().replace("-", ""), kmsg_seq_of(killed.pid))
    cases.check("a user's entry in our name is in the journal",
                journald.wait_for(1, "SYSLOG_IDENTIFIER=oomwatchd", "_UID=65534"))
    daemon = begin()
    once(cases, "and hides no kill", stored(journald, [killed]), [killed])
    daemon.stop()
    return killed


def without_journald(cases, first, group):
    """Published, but never taken by journald: a restart does it again."""
    daemon = begin()
    first.p.kill()
    first.p.wait()
    killed = [kill_one(group, 64, "unsent %d" % i) for i in range(5)]
    daemon.events_of(killed)
    slay(daemon)
    second = Journald()
    daemon = begin()
    once(cases, "what waited for journald when the daemon was killed is published by the next one",
         stored(second, killed), killed)
    rest, status = daemon.stop()
    cases.check("which ends well", status == 0, (rest, status))
    return second


def reload(cases, journald, group):
    daemon = begin(*OPTIONS, "--metrics-file=/run/oomwatchd.prom")
    killed = kill_one(group, 64, "before reload")
    stored(journald, [killed])
    os.unlink("/run/oomwatchd.prom")
    daemon.p.send_signal(signal.SIGHUP)
    end = time.time() + 5
    while not os.path.exists("/run/oomwatchd.prom") and time.time() < end:
        time.sleep(0.05)
    cases.check("SIGHUP writes the metrics anew", os.path.exists("/run/oomwatchd.prom"))
    after = kill_one(group, 64, "after reload")
    once(cases, "and events go on", stored(journald, [killed, after]), [killed, after])
    rest, status = daemon.stop()
    cases.check("SIGHUP ends nothing", status == 0, (rest, status))


def main():
    need_root()
    private_run()
    cases = Cases()
    with MemoryCgroups("oomwatchd-restart.slice") as groups, Journald() as journald:
        group = groups.add("web.service", 8)
        killed = storm(cases, journald, group)
        killed += whole_reports(cases, journald, group)
        killed = while_down(cases, journald, group, killed)
        log = robbed(cases, journald, killed, lambda: os.unlink(STATE + "/cursor"), "position lost")
        log = robbed(cases, journald, killed, lambda: spoil("oomwatchd 1 boot_id=0123"), "position torn")
        cases.check("a torn position is one line in the log, and set aside", log.count("set aside") == 1 and
                    os.path.exists(STATE + "/cursor.bad"), log)
        killed.append(forged(cases, journald, group))
        reload(cases, journald, group)
        second = without_journald(cases, journald, group)
        second.p.terminate()
        second.p.wait()
    cases.end()


main()
