"""Runs in a guest with real systemd: nothing lost and nothing twice over kill -9, restarts, reload and a reboot; the
unit's sandbox; a journald with a limit; a clock that is set; how fast an event is. Prints TAP. BOOT (1, 2) is the first
argument."""
import fcntl
import json
import os
import socket
import struct
import sys
import threading
import time

from guest import (KILL, KILLS_UNSEEN, RECORDS_LOST, SOCKET, Guest, entries, event, have_killed, kernel_count, main_pid,
                   property_of, read, sh, wait_for, write)
from guest import kills as events

NOTES = "/var/lib/survive.json"
RTC_SET_TIME = 0x4024700a
LIMIT = "/etc/systemd/journald.conf.d/limit.conf"
notes = {}
g = Guest()


def named(comm):
    return [e for e in events() if e["victim"].get("comm") == comm]


class Client(threading.Thread):
    """Comes back with the last id when it is cut off; notes when each event came."""

    def __init__(self):
        super().__init__(daemon=True)
        self.got, self.hello, self.gaps, self.last = [], 0, 0, None
        self.start()

    def run(self):
        while True:
            s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                s.connect(SOCKET)
                if self.last:
                    s.sendall(json.dumps({"after": self.last}).encode() + b"\n")
                self.listen(s)
            except OSError:
                time.sleep(0.05)
            s.close()

    def listen(self, s):
        buffer = b""
        while True:
            data = s.recv(65536)
            now = time.clock_gettime(time.CLOCK_MONOTONIC)
            if not data:
                return
            *lines, buffer = (buffer + data).split(b"\n")
            for e in map(json.loads, lines):
                self.hello += e["type"] == "hello"
                self.gaps += e["type"] == "replay-gap"
                if e["type"] == "oom-kill":
                    self.got.append((now, e))
                    self.last = e["id"]


def percentile(values, part):
    return sorted(values)[min(len(values) - 1, int(len(values) * part))] if values else float("nan")


def latency(client):
    """From the kernel's stamp: one kill at a time, as a busy host has them."""
    before = len(client.got)
    for i in range(15):
        have_killed("late", 1, "late-%d" % i)
    wait_for(lambda: len(client.got) >= before + 15, 20)
    # the kernel's stamps run beside CLOCK_MONOTONIC in a guest this young
    to_socket = [(now - e["monotonic_usec"] / 1e6) * 1e3 for now, e in client.got[before:]]
    to_journal = [(int(x["__MONOTONIC_TIMESTAMP"]) - event(x)["monotonic_usec"]) / 1e3
                  for x in entries("MESSAGE_ID=" + KILL, "OOM_COMM=late")]
    g.case("each kill reached the socket and the journal", len(to_socket) == len(to_journal) == 15,
         (len(to_socket), len(to_journal)))
    print("# from the kernel's stamp, ms: socket p50 %.1f p99 %.1f; journal p50 %.1f p99 %.1f" % (
        percentile(to_socket, 0.5), percentile(to_socket, 0.99), percentile(to_journal, 0.5),
        percentile(to_journal, 0.99)))


def storm(client, count=200):
    """kill -9, restart and reload in its midst."""
    before, counted = len(client.got), kernel_count()
    done, restarts = threading.Event(), 0
    thread = threading.Thread(target=lambda: (have_killed("storm", count, "storm"), done.set()))
    thread.start()
    time.sleep(1)
    while not done.is_set():
        pid = main_pid()
        if restarts % 3 == 1:
            sh("systemctl", "restart", "oomwatchd")
        elif restarts % 3 == 2:
            sh("systemctl", "reload", "oomwatchd")
        elif pid:
            sh("kill", "-9", str(pid))
        restarts += 1
        time.sleep(2)
    thread.join()
    counted = kernel_count() - counted
    got = wait_for(lambda: (lambda x: len(x) >= counted and x)(named("storm")), 40) or named("storm")
    ids = [e["id"] for e in got]
    print("# storm of %d (%d counted by the kernel), %d times killed, restarted or reloaded: %d events, %d recovered" % (
        count, counted, restarts, len(got), sum(e.get("recovered", False) for e in got)))
    g.case("a storm of %d over kill -9 and restarts is as many events as the kernel counted, no id twice" % count,
         len(ids) == len(set(ids)) == counted >= count, "kernel %d, events %d, ids %d" % (counted, len(ids), len(set(ids))))
    wait_for(lambda: len(client.got) >= before + counted, 20)
    seen = [e["id"] for _, e in client.got[before:]]
    g.case("a client that comes back with its last id has all of them, each once",
         sorted(seen) == sorted(ids) and client.gaps == 0, "%d, %d ids, %d gaps" % (len(seen), len(set(seen)), client.gaps))
    time.sleep(4)
    for name, match in (("records lost", RECORDS_LOST),
                        ("kills unseen", KILLS_UNSEEN)):
        said = sh("journalctl", "-q", "--no-pager", "-o", "cat", "MESSAGE_ID=" + match)
        g.case("no word of " + name, not said.strip(), said)


def sandbox():
    log = sh("journalctl", "-q", "--no-pager", "-u", "oomwatchd", "-p", "warning", "-o", "cat", "_TRANSPORT=stdout")
    own = [x for x in log.splitlines() if x.strip() and "journald does not keep up" not in x]
    print("# own warnings: %s" % (own or "none"))
    g.case("inside its sandbox it has nothing to warn of", not own, log)
    status = dict(x.partition(":")[::2] for x in read("/proc/%d/status" % main_pid()).splitlines())
    status = {k: v.strip() for k, v in status.items()}
    print("# VmRSS %s, VmHWM %s, VmLck %s, CapEff %s, Seccomp %s" % tuple(
        status.get(k, "-").strip() for k in ("VmRSS", "VmHWM", "VmLck", "CapEff", "Seccomp")))
    g.case("its memory is locked", int(status["VmLck"].split()[0]) > 0, status)
    g.case("it is confined", status["Seccomp"] == "2" and status["NoNewPrivs"] == "1", status)
    with open("/proc/%d/oom_score_adj" % main_pid()) as f:
        g.case("it is the last to be chosen", int(f.read()) == -999)
    score = sh("systemd-analyze", "security", "--no-pager", "oomwatchd").strip().splitlines()
    print("# " + (score[-1] if score else "no security score"))


def others():
    """Whoever is not of the group stays outside."""
    sh("useradd", "stranger")
    out = sh("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "socat", "-u", "UNIX-CONNECT:" + SOCKET, "-")
    g.case("a user without the group cannot connect", "ermission denied" in out, out)


def socket_unit():
    sh("systemctl", "stop", "oomwatchd")
    out = sh("systemctl", "start", "oomwatchd.socket")
    g.case("the socket unit starts", property_of("oomwatchd.socket", "ActiveState") == "active", out)
    s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    s.settimeout(60)
    s.connect(SOCKET)
    g.case("a connection starts the daemon, which greets", b"hello" in s.recv(4096))
    st = os.stat(SOCKET)
    g.case("the socket has its group and mode", st.st_mode & 0o777 == 0o660 and st.st_gid != 0, st)
    sh("systemctl", "restart", "oomwatchd")
    g.case("a restart leaves the socket", os.path.exists(SOCKET))
    sh("systemctl", "stop", "oomwatchd.socket", "oomwatchd.service")
    sh("systemctl", "start", "oomwatchd")
    g.case("without it the daemon makes its own", os.path.exists(SOCKET))


def limited():
    """journald.conf with a limit that a dozen messages reach: the unit has its own, others are cut. The storm comes next."""
    write(LIMIT, "[Journal]\nRateLimitIntervalSec=1h\nRateLimitBurst=10\n")
    sh("systemctl", "restart", "systemd-journald")
    sh("systemd-run", "--wait", "--unit=chatty", "seq", "2000")  # free space raises the limit, tenfold at most
    sh("journalctl", "--sync")
    stored = sh("journalctl", "-q", "--no-pager", "-o", "cat", "-u", "chatty", "_TRANSPORT=stdout").split()
    g.case("journald drops what another unit says beyond its limit", 0 < len(stored) < 500, len(stored))


def unlimited():
    os.unlink(LIMIT)
    sh("systemctl", "restart", "systemd-journald")


def lowered():
    """An administrator who limits the unit is told; the socket has what journald drops."""
    drop_in = "/run/systemd/system/oomwatchd.service.d/limit.conf"
    write(drop_in, "[Service]\nLogRateLimitIntervalSec=1h\nLogRateLimitBurst=2\n")
    sh("systemctl", "daemon-reload")
    sh("systemctl", "restart", "oomwatchd")
    said = wait_for(lambda: sh("journalctl", "-q", "--no-pager", "-o", "cat", "-u", "oomwatchd", "-p", "warning",
                               "--grep", "may drop events"))
    g.case("a limit on the unit is warned of", "LogRateLimitBurst=1000000" in said, said)
    client = Client()
    wait_for(lambda: client.hello)
    have_killed("cut", 40, "cut")
    got = wait_for(lambda: len(client.got) >= 40, 20)
    print("# of 40 kills under a limit of 2 an hour the journal has %d" % len(named("cut")))
    g.case("the socket has what journald drops", got and len(named("cut")) < 40, (len(client.got), len(named("cut"))))
    os.unlink(drop_in)
    sh("systemctl", "daemon-reload")
    sh("systemctl", "restart", "oomwatchd")


def set_clock(to):
    """The clock, and the chip from which the next boot takes it."""
    time.clock_settime(time.CLOCK_REALTIME, to)
    t = time.gmtime(to)
    with open("/dev/rtc0") as f:
        fcntl.ioctl(f, RTC_SET_TIME, struct.pack("9i", t.tm_sec, t.tm_min, t.tm_hour, t.tm_mday, t.tm_mon - 1, t.tm_year - 1900,
                                                 0, 0, 0))


def clock(client):
    """Set forward a day, back two, to a year without a battery, and right again; a kill at each, seen and unseen."""
    began, steady = time.time(), time.monotonic()

    def right():
        return began + time.monotonic() - steady
    seen, late = len(client.got), []
    ids = [e["id"] for e in events()]
    for name, to in (("ahead", began + 86400), ("behind", began - 86400), ("cold", 946684800 + 3600), ("right", None)):
        set_clock(to or right())
        before = time.time()
        have_killed(name, 1, name)
        wait_for(lambda: named(name), 10)
        sh("systemctl", "stop", "oomwatchd")
        os.unlink("/var/lib/oomwatchd/cursor")  # what was published is in the journal alone
        have_killed(name + "-2", 1, name)
        sh("systemctl", "start", "oomwatchd")
        got = wait_for(lambda n=name: (lambda x: len(x) >= 2 and x)(named(n) + named(n + "-2")), 15) or []
        late += [(name, before, e["time"]) for e in got if not before - 1 <= e["realtime_usec"] / 1e6 <= time.time() + 1]
        g.case("clock %s: a kill and one while it was down are published" % name,
               [bool(e.get("recovered")) for e in got] == [False, True], got)
    g.case("each with the time of the clock as it stood", not late, late)
    now = [e["id"] for e in events()]
    g.case("whatever the clock, nothing is published twice and the order is kept", now[:len(ids)] == ids and
           len(now) == len(set(now)) == len(ids) + 8, (len(ids), len(now), len(set(now))))
    wait_for(lambda: len(client.got) >= seen + 8, 20)
    got = [e["id"] for _, e in client.got[seen:]]
    g.case("so has a client that comes back with its last id", got == now[len(ids):] and client.gaps == 0, (got, client.gaps))
    want = [e["id"] for e in events() if e["realtime_usec"] / 1e6 >= began - 1]
    for argv in (["list"], ["list", "-r"]):
        out = sh("oomwatchctl", *argv, "--json=short", "--since=@%d" % (began - 1))
        listed = [json.loads(x).get("id") for x in out.splitlines() if x.startswith("{")]
        g.case("oomwatchctl %s --since misses none" % " ".join(argv), sorted(listed) == sorted(want), (listed, want))


def last_words():
    """Kills that no daemon sees, then a reboot: only the journal knows them."""
    have_killed("before", 1, "before")
    wait_for(lambda: named("before"))
    write("/run/systemd/system/oomwatchd.service.d/stays-dead.conf", "[Service]\nRestart=no\n")
    sh("systemctl", "daemon-reload")
    sh("kill", "-STOP", str(main_pid()))
    have_killed("unseen", 3, "unseen")
    time.sleep(1)
    sh("journalctl", "--sync")
    notes["boot_id"] = read("/proc/sys/kernel/random/boot_id").replace("-", "")
    notes["before"] = [e["id"] for e in events()]
    notes["right"] = time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)
    set_clock(946684800)  # the next boot begins in another year
    sh("kill", "-9", str(main_pid()))
    sh("systemctl", "kill", "-s", "KILL", "oomwatchd")
    open("/out/again", "w").close()


def after_reboot():
    print("# the clock of this boot began at %s" % time.strftime("%F %T", time.gmtime(
        time.time() - time.clock_gettime(time.CLOCK_BOOTTIME))))
    wait_for(lambda: property_of("oomwatchd", "ActiveState") == "active")
    got = wait_for(lambda: (lambda x: len(x) >= 3 and x)(named("unseen")), 60) or named("unseen")
    print("# recovered after a reboot: %s" % json.dumps([(e["id"], e.get("report")) for e in got]))
    g.case("kills of the boot before that nobody saw are published", len(got) == 3, sh(
        "journalctl", "--no-pager", "-u", "oomwatchd", "-o", "short-monotonic"))
    g.case("each says so, with that boot's id", all(e.get("recovered") and e["boot_id"] == notes["boot_id"] and
                                                  e["id"].startswith(notes["boot_id"] + "-") for e in got), got)
    g.case("with the report and the wall clock of then", all(
        e["report"] in ("full", "suppressed") and "time" in e and "kmsg_seq" not in e for e in got), got)
    ids = [e["id"] for e in events()]
    g.case("what was published before the reboot is not published again", len(ids) == len(set(ids)) and
         len(ids) == len(notes["before"]) + len(got), (len(ids), len(notes["before"])))
    with open(SOCKET + ".x", "w"):
        pass
    os.unlink(SOCKET + ".x")
    s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    s.settimeout(5)
    s.connect(SOCKET)
    s.sendall(json.dumps({"after": notes["before"][-1]}).encode() + b"\n")
    data = b""
    while data.count(b"\n") < 4:
        data += s.recv(65536)
    g.case("a client that asks for what came behind the boot before gets them", data.count(b'"recovered":true') == 3, data)
    set_clock(notes["right"] + 600)
    sh("systemctl", "restart", "oomwatchd")
    time.sleep(3)
    again = [e["id"] for e in events()]
    g.case("nor after another start, with the clock put right", again == ids, (len(again), len(ids)))


def first_boot():
    client = Client()
    wait_for(lambda: client.hello)
    g.run(lambda: latency(client), limited, lambda: storm(client), unlimited, lambda: clock(client), sandbox, others,
          socket_unit, lowered, last_words)


if sys.argv[1] == "1":
    g.run(g.install, first_boot)
    notes["results"] = g.results
    write(NOTES, json.dumps(notes))
    write("/out/journal-1", sh("journalctl", "-b", "--no-pager", "-o", "short-precise"))
else:
    notes = json.loads(read(NOTES))
    g.results = notes["results"]
    g.run(after_reboot)
    g.end()
