#!/usr/bin/python3
"""Once it says READY the service allocates nothing: kills, clients, a reload, metrics, all from storage taken before."""
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tools"))
from integration import (BUILD, DAEMON, Cases, Journald, MemoryCgroups, SocketClient, kill_one, need_root,  # noqa: E402
                         private_run, skip)

SHIM = BUILD + "/tests/fault/shim_alloc.so"
COUNT = "/run/allocations"


def allocations():
    with open(COUNT, "rb") as f:
        return struct.unpack("=Q", f.read(8))[0]


class Service:
    """As systemd would start it."""

    def __init__(self):
        with open(COUNT, "wb") as f:
            f.write(bytes(4096))
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.bind("/run/notify")
        self.notify.settimeout(10)
        env = dict(os.environ, LD_PRELOAD=SHIM, OOMWATCHD_ALLOCATIONS=COUNT, NOTIFY_SOCKET="/run/notify",
                   WATCHDOG_USEC="400000")
        self.p = subprocess.Popen([DAEMON, "--socket=/run/events.sock", "--state=/run/state", "--sample-interval=1",
                                   "--metrics-file=/run/oomwatchd.prom"], env=env, stdin=subprocess.DEVNULL)

    def wait_for(self, word):
        """Until it is said; what was lost because nobody read may have to be said again."""
        end = time.time() + 10
        while time.time() < end:
            said = self.notify.recv(4096).decode()
            if word in said:
                return said
        return ""

    def drain(self):
        self.notify.setblocking(False)
        try:
            while True:
                self.notify.recv(4096)
        except BlockingIOError:
            self.notify.settimeout(10)


def main():
    need_root()
    with open(DAEMON, "rb") as f:
        if b"__asan_init" in f.read():
            skip("no sanitizer", "it brings an allocator of its own")
    private_run()
    cases = Cases()
    with MemoryCgroups("oomwatchd-alloc.slice") as groups, Journald() as journald:
        group = groups.add("web.service", 8)
        service = Service()
        service.wait_for("READY=1")
        start = allocations()
        print("# %d allocations before READY" % start)
        cases.check("the shim counts", start > 10, start)
        client = SocketClient("/run/events.sock")
        killed = [kill_one(group, 64, "x%d" % i) for i in range(15)]  # more notices than the socket queues
        client.lines(16, 10)
        late = SocketClient("/run/events.sock")
        late.s.sendall(b'{"replay":256}\n')
        cases.check("a client gets what was before it", len(late.lines(16, 10)) >= 16)
        cases.check("the journal has the kills", len(journald.wait_for(
            len(killed), "MESSAGE_ID=5ef39f0ddfef4293b8e652629a707eda")) >= len(killed))
        service.drain()
        service.p.send_signal(signal.SIGHUP)
        said = service.wait_for("RELOADING=1")
        cases.check("a reload is announced", "MONOTONIC_USEC=" in said, said)
        service.wait_for("READY=1")
        service.wait_for("WATCHDOG=1")
        journald.p.send_signal(signal.SIGSTOP)
        for i in range(3):
            kill_one(group, 64, "y%d" % i)
        time.sleep(2.5)
        journald.p.send_signal(signal.SIGCONT)
        cases.check("nothing was allocated after READY", allocations() == start, (start, allocations()))
        with open("/proc/%d/status" % service.p.pid) as f:
            numbers = dict(x.split(":", 1) for x in f if x.startswith(("VmLck", "VmRSS", "VmHWM")))
        print("# " + ", ".join("%s %s" % (k, v.strip()) for k, v in numbers.items()))
        cases.check("its memory is locked", int(numbers["VmLck"].split()[0]) > 0, numbers)
        time.sleep(4)
        cases.check("a manager that does not read its notices stops nothing", len(late.lines(3, 10)) >= 3)
        threading.Thread(target=lambda: [service.notify.recv(4096) for _ in range(1000)], daemon=True).start()
        service.p.terminate()
        cases.check("it ends well", service.p.wait(10) == 0)
    cases.end()


main()
