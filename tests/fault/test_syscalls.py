#!/usr/bin/python3
"""The nth system call or allocation fails, or is the last one the daemon makes: no crash, no kill lost without a word,
none twice. First with a capture and every n, then with real kills, a real journald and a client that comes back."""
import json
import os
import select
import socket
import struct
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tools"))
from integration import (BUILD, DAEMON, ROOT, Cases, FaithfulClient, Journald, MemoryCgroups,  # noqa: E402
                         SocketClient, kill_one, private_run, skip)

SHIM = BUILD + "/tests/fault/shim_calls.so"
CAPTURE = ROOT + "/tests/corpus/6.1/storm/kmsg"
KILL = "MESSAGE_ID=5ef39f0ddfef4293b8e652629a707eda"
SOCKET = "/run/events.sock"
CALLS = {name: i + 1 for i, name in enumerate(
    "read write open rename poll sendmsg send recv socket connect accept unlink malloc mmap".split())}
ERRORS = {"EINTR": 4, "EIO": 5, "EAGAIN": 11, "ENOMEM": 12, "ENOSPC": 28}
PASSING = ("EINTR", "EAGAIN")  # say "not now": they may cost nothing at all
FAIL, DIE, DIE_HALFWAY = range(3)
MOST = 400  # no call is made more often than this by a run over a capture


class Orders:
    """What the shim has mapped."""

    def __init__(self, path):
        self.path = path
        with open(path, "wb") as f:
            f.write(bytes(4096))

    def give(self, call, nth, error="EIO", action=FAIL):
        with open(self.path, "r+b") as f:
            f.write(struct.pack("=IIiiI", 0, action, ERRORS[error], nth, 0))
            f.flush()
            f.seek(0)
            f.write(struct.pack("=I", CALLS[call]))

    def carried_out(self):
        with open(self.path, "r+b") as f:
            done = struct.unpack("=IIiiI", f.read(20))[4]
            f.seek(0)
            f.write(struct.pack("=I", 0))
        return done > 0


def env(orders):
    return dict(os.environ, LD_PRELOAD=SHIM, OOMWATCHD_FAULT=orders.path)


def over_capture(orders, metrics):
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        p = subprocess.run([DAEMON, "-f", "--json", "--source=" + CAPTURE, "--metrics-file=" + metrics], env=env(orders),
                           stdin=subprocess.DEVNULL, stdout=out, stderr=err, timeout=60, check=False)
        out.seek(0)
        err.seek(0)
        return p.returncode, out.read(), err.read().decode()


def ids_of(out):
    """Of whole lines; one that a failed write cut short is no event."""
    ids = []
    for line in out.splitlines():
        try:
            ids.append(json.loads(line)["id"])
        except ValueError:
            pass
    return ids


def capture(cases, call):
    """Every n, every error."""
    with tempfile.TemporaryDirectory() as folder:
        orders, metrics = Orders(folder + "/orders"), folder + "/metrics"
        status, out, said = over_capture(orders, metrics)
        expected, runs, wrong = ids_of(out), 0, []
        if status != 0 or len(expected) < 3:
            wrong.append(("without a fault", status, said))
        for error in ERRORS:
            for nth in range(1, MOST):
                orders.give(call, nth, error)
                status, out, said = over_capture(orders, metrics)
                if not orders.carried_out():
                    break
                runs += 1
                got = ids_of(out)
                whole = got == expected
                bad = (status not in (0, 1), len(set(got)) != len(got), [x for x in expected if x in got] != got,
                       status == 0 and not whole, status == 1 and not said.strip(),
                       error in PASSING and call not in ("malloc", "mmap", "open", "unlink", "rename") and not whole)
                if any(bad):
                    wrong.append((error, nth, status, bad, len(got), said))
        print("# %s: %d runs" % (call, runs))
        cases.check("a capture, whatever %s fails: no crash, nothing twice, no loss without a word" % call,
                    not wrong, wrong[:5])


class Service:
    """Restarted when it ends, as systemd does it."""

    def __init__(self, orders):
        self.orders, self.starts = orders, 0
        self.err = tempfile.TemporaryFile("w+")
        self.p = None

    def keep_up(self):
        if self.p and self.p.poll() is None:
            return
        if self.p and self.p.returncode not in (1, -9):
            raise AssertionError("ended with %d: %s" % (self.p.returncode, self.log()))
        self.starts += 1
        self.p = subprocess.Popen([DAEMON, "--socket=" + SOCKET, "--state=/run/state", "--sample-interval=1",
                                   "--metrics-file=/run/oomwatchd.prom"], env=env(self.orders),
                                  stdin=subprocess.DEVNULL, stderr=self.err)

    def log(self):
        self.err.seek(0)
        return self.err.read()

    def end(self):
        self.p.terminate()
        return self.p.wait(20)


def starts(cases, orders):
    """The nth allocation of a start fails: READY=1 all the same, or status 1 with a line that says why. libsystemd (252)
    aborts in match_free() when one of its own does; systemd starts the service again then."""
    notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    notify.bind("/run/notify")
    runs, ready, wrong = 0, 0, []
    for nth in range(1, 80):
        orders.give("malloc", nth, "ENOMEM")
        with tempfile.TemporaryFile() as err:
            p = subprocess.Popen([DAEMON, "--socket=/run/start.sock", "--state=/run/start"], stdin=subprocess.DEVNULL,
                                 stderr=err, env=dict(env(orders), NOTIFY_SOCKET="/run/notify"))
            said, end = b"", time.time() + 20
            while p.poll() is None and b"READY=1" not in said and time.time() < end:
                if select.select([notify], [], [], 0.02)[0]:
                    said = notify.recv(4096)
            if p.poll() is None:
                p.terminate()
            p.wait(20)
            while select.select([notify], [], [], 0)[0]:
                notify.recv(4096)
            err.seek(0)
            text = err.read().decode()
        if not orders.carried_out():
            break
        runs += 1
        ready += b"READY=1" in said
        if p.returncode == -6 and "sd-journal.c" in text:
            continue
        if p.returncode != (0 if b"READY=1" in said else 1) or (p.returncode == 1 and not text.strip()):
            wrong.append((nth, p.returncode, said, text))
    print("# %d starts, %d of them READY" % (runs, ready))
    cases.check("a start whose nth allocation fails succeeds or says why not", runs > 10 and not wrong, wrong[:5])


def seen_by(client, killed):
    return any(e["victim"]["pid"] == killed.pid for e in client.events)


def one_fault(service, client, group, order):
    """A kill while the order stands; and the daemon is there again behind it."""
    service.keep_up()
    service.orders.give(*order)
    killed = kill_one(group, 64, "%s %s" % order[:2])
    end = time.time() + 1
    while time.time() < end and service.p.poll() is None and not seen_by(client, killed):
        time.sleep(0.002)
    done = service.orders.carried_out()
    service.keep_up()
    return killed, done


def live_orders():
    often = ("read", "write", "open", "rename", "poll", "sendmsg", "send", "recv", "socket")
    for error in ("EINTR", "EIO", "EAGAIN", "ENOMEM"):
        for call in often:
            for nth in (1, 2, 3, 5, 9, 17) if call in ("read", "open", "poll") else (1, 2):
                yield call, nth, error, FAIL
    for call in ("write", "open", "rename", "sendmsg", "send", "poll"):
        for nth in (1, 2, 3):
            yield call, nth, "EIO", DIE
    for nth in (1, 2, 3, 4):
        yield "write", nth, "EIO", DIE_HALFWAY


def judge(cases, journald, client, killed, service):
    """Once in the journal, or counted by the event behind it; once for the client."""
    pids = {k.pid for k in killed}
    end = time.time() + 30
    while True:
        entries = journald.wait_for(1, KILL)
        mine = [e["OOM_ID"] for e in entries if int(e["OOM_PID"]) in pids]
        dropped = sum(int(e.get("OOM_DROPPED", 0)) for e in entries)
        if len(mine) + dropped >= len(pids) or time.time() > end:
            break
    cases.check("each kill is in the journal once, or told as dropped by the next",
                len(mine) == len(set(mine)) and len(mine) + dropped >= len(pids), (len(pids), len(mine), dropped))
    end = time.time() + 10
    while time.time() < end and len({e["id"] for e in client.events if e["victim"]["pid"] in pids}) < len(pids):
        time.sleep(0.1)
    got = [e["id"] for e in client.stop() if e["victim"]["pid"] in pids]
    cases.check("a client that comes back has each once", len(got) == len(set(got)) == len(pids) and client.gaps == 0,
                (len(pids), len(got), len(set(got)), client.gaps, service.log()[-1500:]))
    cases.check("no position was torn", "set aside" not in service.log(), service.log())
    print("# %d kills, %d starts, %d told as dropped by the journal sink" % (len(pids), service.starts, dropped))


def greeted():
    while True:
        try:
            return SocketClient(SOCKET).lines(1, 20)
        except OSError:
            time.sleep(0.01)


def live(cases):
    private_run()
    orders = Orders("/run/orders")
    with MemoryCgroups("oomwatchd-fault.slice") as groups, Journald() as journald:
        group = groups.add("web.service", 8)
        starts(cases, orders)
        service = Service(orders)
        service.keep_up()
        client = FaithfulClient(SOCKET)
        while not client.greeted:
            time.sleep(0.01)
        killed, done = [kill_one(group, 64, "first")], 0  # gives the client an id to come back with
        while not seen_by(client, killed[0]):
            time.sleep(0.01)
        for order in live_orders():
            one, carried_out = one_fault(service, client, group, order)
            killed.append(one)
            done += carried_out
        print("# %d of %d faults came about" % (done, len(killed) - 1))
        cases.check("most of the faults came about", done > len(killed) / 2, (done, len(killed)))
        service.keep_up()
        greeted()  # or it may be too young to know SIGTERM
        judge(cases, journald, client, killed, service)
        status = service.end()
        cases.check("it ends well", status == 0, "%s\n%s" % (status, service.log()))


def main():
    with open(DAEMON, "rb") as f:
        if b"__asan_init" in f.read():
            skip("no sanitizer", "it brings calls of its own")
    cases = Cases()
    for call in ("read", "write", "open", "rename", "unlink", "poll", "malloc", "mmap"):
        capture(cases, call)
    if os.geteuid() == 0:
        live(cases)
    else:
        cases.skip("real kills while calls fail", "root", "makes memory cgroups and kills in them")
    cases.end()


main()
