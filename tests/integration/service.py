#!/usr/bin/python3
"""The service as systemd runs it: what it tells its manager, who may connect, what clients can do to each other, and a
journald that stands still or has no room left. All kills are real."""
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tools"))
from integration import (DAEMON, Cases, Journald, MemoryCgroups, SocketClient, kill_one, mount_file, need_root,  # noqa: E402
                         private_run, start_daemon)

KILL = "MESSAGE_ID=5ef39f0ddfef4293b8e652629a707eda"
SOCKET = "/run/events.sock"
NOTIFY = "/run/notify"
CLIENTS = 64
NOBODY = 65534
GROUP = 64999


class Manager:
    """PID 1's end of sd_notify, and a service behind it."""

    def __init__(self, address=NOTIFY):
        if os.path.exists(NOTIFY):
            os.unlink(NOTIFY)
        self.address = address
        self.s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.s.bind(address.replace("@", "\0"))
        self.p = None

    def start(self, *options, argv=None, **env):
        self.p = start_daemon(argv or [DAEMON, "--socket=" + SOCKET, "--state=/run/state",
                                       "--metrics-file=/run/oomwatchd.prom", *options],
                              env=dict(os.environ, NOTIFY_SOCKET=self.address, **env))

    def take(self, seconds):
        self.s.settimeout(seconds)
        try:
            return self.s.recv(4096).decode()
        except (socket.timeout, BlockingIOError):
            return None

    def wait_for(self, word, seconds=20):
        end = time.time() + seconds
        while time.time() < end:
            said = self.take(max(0.01, end - time.time()))
            if said and word in said:
                return said
        return ""

    def fill(self):
        """Until nothing more can be said to it: what PID 1 looks like while it does not read."""
        s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        s.setblocking(False)
        try:
            while True:
                s.sendto(b"FILLER=1", NOTIFY)
        except BlockingIOError:
            s.close()

    def drain(self):
        while self.take(0.01):
            pass

    def stop(self):
        drain = threading.Thread(target=lambda: self.wait_for("nothing of the kind", 5), daemon=True)
        drain.start()
        self.p.terminate()
        return self.p.wait(20)


def events_of(client, killed, seconds=20):
    """Their events as they come to this client; other tests may kill on this machine too."""
    pids = [k.pid for k in killed]
    end, got = time.time() + seconds, []
    while time.time() < end and len(got) < len(pids):
        got += [e for e in client.lines(1, 0.5) if e.get("victim", {}).get("pid") in pids]
    return got


def told(cases, group):
    manager = Manager()
    manager.fill()
    manager.start("--from=end", WATCHDOG_USEC="60000000")
    end = time.time() + 20
    while not os.path.exists(SOCKET) and time.time() < end:
        time.sleep(0.05)
    client = SocketClient(SOCKET)
    client.lines(1)
    cases.check("a manager that does not read keeps nobody from the ring", events_of(client, [kill_one(group, 64, "early")]))
    manager.take(1)  # room for READY=1, and for nothing behind it
    time.sleep(2)
    said = manager.wait_for("READY=1")
    cases.check("it says READY=1", "STATUS=watching the kernel log" in said, said)
    cases.check("a keep-alive that was not read is said again long before the time is up",
                manager.wait_for("WATCHDOG=1", 15))
    cases.check("the metrics file is there before the first kill", os.path.exists("/run/oomwatchd.prom"))
    killed = kill_one(group, 64, "counted")
    said = manager.wait_for("published")
    cases.check("STATUS has the number of kills", " kill" in said, (said, killed.pid))
    said = ""
    for _ in range(5):  # a kill of somebody else's may take the one free place
        manager.drain()
        manager.fill()
        manager.take(1)
        manager.p.send_signal(signal.SIGHUP)
        time.sleep(0.5)
        said = manager.wait_for("RELOADING=1", 1)
        if said:
            break
        manager.wait_for("READY=1", 3)
    cases.check("a reload is announced, with its moment", "MONOTONIC_USEC=" in said, said)
    cases.check("and its end, though the manager did not read for a while", manager.wait_for("READY=1", 15))
    cases.check("SIGTERM ends it with status 0", manager.stop() == 0)


def abstract(cases):
    """NOTIFY_SOCKET may be a name that is no file."""
    manager = Manager("@oomwatchd-test-%d" % os.getpid())
    manager.start(WATCHDOG_USEC="200000")
    cases.check("a manager at an abstract address is told READY=1", manager.wait_for("READY=1"))
    cases.check("and kept up to date", manager.wait_for("WATCHDOG=1", 5))
    manager.stop()


def start_service(*options):
    manager = Manager()
    manager.start(*options)
    manager.wait_for("READY=1")
    return manager


def try_as(uid, gid, groups=()):
    """What connect(2) says to another user: 0 or an errno."""
    pid = os.fork()
    if pid == 0:
        os.setgroups(list(groups))
        os.setgid(gid)
        os.setuid(uid)
        s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        os._exit(s.connect_ex(SOCKET))
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def add_group():
    """The group of the contract, for this mount namespace only."""
    with open("/etc/group") as f:
        text = f.read()
    with open("/run/group", "w") as f:
        f.write("".join(x + "\n" for x in text.splitlines() if not x.startswith("oomwatch:")))
        f.write("oomwatch:x:%d:\n" % GROUP)
    mount_file("/etc/group", "/run/group")


def rights(cases):
    st = os.stat(SOCKET)
    cases.check("the socket has mode 0660 and is root's and the group's",
                (st.st_mode & 0o777, st.st_uid, st.st_gid) == (0o660, 0, GROUP), st)
    cases.check("another user cannot connect", try_as(NOBODY, NOBODY) == 13, try_as(NOBODY, NOBODY))
    cases.check("a member of the group can", try_as(NOBODY, NOBODY, [GROUP]) == 0)


class Reader:
    """Reads all the time; knows when each event came."""

    def __init__(self):
        self.got, self.said = [], []
        self.client = SocketClient(SOCKET)
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while True:
            lines = self.client.lines(1, 3600)
            now = time.clock_gettime(time.CLOCK_MONOTONIC)
            if not lines:
                return
            for e in lines:
                (self.got if e.get("type") == "oom-kill" else self.said).append((now, e))

    def of(self, killed, seconds=20):
        pids, end = {k.pid for k in killed}, time.time() + seconds
        while True:
            mine = [(at, e) for at, e in self.got if e["victim"]["pid"] in pids]
            if len(mine) >= len(pids) or time.time() > end:
                return mine
            time.sleep(0.05)

    def leave(self):
        self.client.s.shutdown(socket.SHUT_RDWR)
        self.thread.join()
        self.client.s.close()


def plain():
    s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    s.settimeout(10)
    s.connect(SOCKET)
    return s


def come_and_go(done, counted):
    for i in range(10000):
        s = plain()
        if i % 7 == 0:
            s.sendall(b'{"replay":256}\n')
        if i % 3 == 0:
            try:
                s.recv(64)
            except OSError:
                pass
        s.close()
        counted[0] += 1
    done.set()


def drip(s, stop):
    while not stop.is_set():
        try:
            s.recv(1)
        except OSError:
            pass
        time.sleep(1)


def garbage(cases):
    s = plain()
    sent = 0
    try:
        while sent < 1 << 20:
            sent += s.send(b"\0\xff{garbage" * 1000)
    except OSError:
        pass
    answer = b""
    try:
        while chunk := s.recv(65536):
            answer += chunk
    except OSError:
        pass
    last = answer.split(b"\n")[-2] if b"\n" in answer else b""
    cases.check("a megabyte of garbage is answered with an error and closed", b'"type":"error"' in last,
                (sent, answer[-200:]))


def crowd(cases, group):
    """All at once: silent, slow and hostile clients, ten thousand that come and go, and a storm of kills."""
    faithful = Reader()
    silent = [plain() for _ in range(3)]
    half = SocketClient(SOCKET)
    half.s.sendall(b'{"replay":0}\n')
    half.s.shutdown(socket.SHUT_WR)
    slow, stop = plain(), threading.Event()
    threading.Thread(target=drip, args=(slow, stop), daemon=True).start()
    done, counted = threading.Event(), [0]
    threading.Thread(target=come_and_go, args=(done, counted), daemon=True).start()
    killed = []
    while not done.is_set() and len(killed) < 1000 or len(killed) < 60:
        killed.append(kill_one(group, 64, "crowd %d" % len(killed)))
    done.wait(120)
    cases.check("ten thousand clients came and went", counted[0] == 10000, counted)
    got = faithful.of(killed)
    cases.check("a reader has every kill of the storm, once and in order",
                [e["victim"]["pid"] for _, e in got] == [k.pid for k in killed], (len(got), len(killed)))
    late = sorted((at - e["monotonic_usec"] / 1e6) * 1e3 for at, e in got)
    late = [x - min(0, late[0]) for x in late]
    print("# %d kills among them; stamp to socket: p50 %.1f ms, p99 %.1f ms" % (
        len(killed), late[len(late) // 2], late[int(len(late) * 0.99)]))
    cases.check("nobody spoke to it of dropped events", [e["type"] for _, e in faithful.said] == ["hello"],
                faithful.said)
    got = events_of(half, killed)
    cases.check("so has one that shut its sending side", len(got) == len(killed), len(got))
    stop.set()
    garbage(cases)
    more = [kill_one(group, 64, "after") for _ in range(2)]
    cases.check("and the reader goes on", len(faithful.of(more)) == 2)
    faithful.leave()
    for s in silent + [slow, half.s]:
        s.close()


def full_house(cases, group):
    clients = [SocketClient(SOCKET) for _ in range(CLIENTS)]
    cases.check("%d clients are greeted" % CLIENTS,
                [c.lines(1)[0]["type"] for c in clients] == ["hello"] * CLIENTS)
    answer = SocketClient(SOCKET).lines(2, 5)
    cases.check("one too many is told so", [x["type"] for x in answer] == ["error"], answer)
    killed = kill_one(group, 64, "for all")
    got = [events_of(c, [killed]) for c in clients]
    cases.check("each gets the kill", all(len(x) == 1 and x == got[0] for x in got), [len(x) for x in got])
    for c in clients:
        c.s.close()


def replay(cases, group):
    killed = [kill_one(group, 64, "replayed %d" % i) for i in range(3)]
    client = SocketClient(SOCKET)
    client.s.sendall(b'{"replay":256}\n')
    ids = [e["id"] for e in events_of(client, killed)]
    after = SocketClient(SOCKET)
    after.s.sendall(json.dumps({"after": ids[0]}).encode() + b"\n")
    cases.check("after an id come those behind it", [e["id"] for e in events_of(after, killed[1:])] == ids[1:])
    gone = SocketClient(SOCKET)
    gone.s.sendall(json.dumps({"after": ids[0][:33] + "1"}).encode() + b"\n")
    lines = gone.lines(2)
    cases.check("an id that is not retained is a replay-gap", [x["type"] for x in lines[:2]] == ["hello", "replay-gap"],
                [x["type"] for x in lines])


def stalled_journald(cases, journald, group):
    reader = Reader()
    journald.p.send_signal(signal.SIGSTOP)
    killed = [kill_one(group, 64, "stalled %d" % i) for i in range(40)]
    cases.check("a stalled journald holds up no client", len(reader.of(killed)) == 40)
    journald.p.send_signal(signal.SIGCONT)
    ids = [e["id"] for _, e in reader.of(killed)]
    entries, end = [], time.time() + 20
    while len(entries) < 40 and time.time() < end:
        entries = [x["OOM_ID"] for x in journald.wait_for(1, KILL) if x["OOM_ID"] in ids]
    reader.leave()
    cases.check("and has them all in order when it reads again", entries == ids, (len(entries), len(ids)))


def full_run(cases, journald, group):
    """No room where journald stores: it takes messages and loses them, nobody else does."""
    reader = Reader()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8k", "tmpfs", "/run/log/journal"], check=True)
    with open("/run/log/journal/ballast", "wb") as f:
        try:
            f.write(bytes(8192))
        except OSError:
            pass
    journald.p.send_signal(signal.SIGUSR2)  # rotate: new files, for which there is no room
    killed = [kill_one(group, 64, "full %d" % i) for i in range(12)]
    cases.check("a journald without room holds up no client", len(reader.of(killed)) == 12)
    reader.leave()
    subprocess.run(["umount", "-l", "/run/log/journal"], check=True)


def in_its_place(cases):
    """What may lie where the socket is to be."""
    def run_once():
        p = subprocess.run([DAEMON, "--journal=no", "--state=none", "--socket=" + SOCKET], stdin=subprocess.DEVNULL,
                           stderr=subprocess.PIPE, timeout=20, check=False)
        return p.returncode, p.stderr.decode()
    status, said = run_once()
    cases.check("a socket that is served is left to its server, in one line with a cure",
                status == 1 and said.count("\n") == 1 and "another oomwatchd serves it" in said, (status, said))
    return run_once


def stale(cases, run_once):
    s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    s.bind(SOCKET)
    s.close()
    manager = start_service("--journal=no")
    cases.check("a stale socket is replaced", SocketClient(SOCKET).lines(1)[0]["type"] == "hello")
    manager.p.kill()  # leaves one
    manager.p.wait()
    cases.check("kill -9 leaves one", os.path.exists(SOCKET))
    manager = start_service("--journal=no")
    cases.check("which the next start replaces", SocketClient(SOCKET).lines(1)[0]["type"] == "hello")
    manager.stop()
    with open(SOCKET, "w") as f:
        f.write("somebody's\n")
    status, said = run_once()
    with open(SOCKET) as f:
        text = f.read()
    cases.check("a file in its place is left alone, in one line that says so", status == 1 and text == "somebody's\n" and
                said.count("\n") == 1 and "left alone" in said, (status, said))
    os.unlink(SOCKET)


def activated(cases, group):
    """As oomwatchd.socket passes it; systemd-socket-activate starts the service with the first client."""
    manager = Manager()
    manager.start(argv=["systemd-socket-activate", "--listen=" + SOCKET, "-E", "NOTIFY_SOCKET", DAEMON, "--journal=no",
                        "--state=none", "--socket=/run/unused.sock"])
    end = time.time() + 10
    while not os.path.exists(SOCKET) and time.time() < end:
        time.sleep(0.05)
    client = SocketClient(SOCKET)
    cases.check("a client that came before the service is greeted", client.lines(1)[0]["type"] == "hello")
    manager.wait_for("READY=1")
    killed = kill_one(group, 64, "activated")
    cases.check("and gets its events", len(events_of(client, [killed])) == 1)
    cases.check("no second socket is made", not os.path.exists("/run/unused.sock"))
    cases.check("it ends well", manager.stop() == 0)
    cases.check("and leaves the file to whoever made it", os.path.exists(SOCKET))


def main():
    need_root()
    private_run()
    add_group()
    cases = Cases()
    with MemoryCgroups("oomwatchd-service.slice") as groups, Journald() as journald:
        group = groups.add("web.service", 8)
        told(cases, group)
        abstract(cases)
        manager = start_service()
        rights(cases)
        crowd(cases, group)
        full_house(cases, group)
        replay(cases, group)
        stalled_journald(cases, journald, group)
        full_run(cases, journald, group)
        run_once = in_its_place(cases)
        cases.check("it was the same process all the time, and ends well", manager.stop() == 0)
        cases.check("its socket goes with it", not os.path.exists(SOCKET))
        stale(cases, run_once)
        activated(cases, group)
    cases.end()


main()
