"""What the integration tests share: memory cgroups of their own, hogs to be killed, the daemon, a private journald."""
import ctypes
import fcntl
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

import sandbox

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("OOMWATCHD_BUILD", os.path.join(ROOT, "build"))
DAEMON = os.path.join(BUILD, "oomwatchd")
HOG = os.path.join(BUILD, "tests/tools/hog")
V1 = "/sys/fs/cgroup/memory"


def skip(word, reason):
    print("needs %s: %s" % (word, reason))
    sys.exit(77)


def need_root():
    if os.geteuid() != 0:
        skip("root", "reads /dev/kmsg, makes memory cgroups and kills processes in them; run as root")


class MemoryCgroups:
    """Small memory cgroups below one of this test's own; removed at the end."""

    def __init__(self, name):
        self.made = []
        if os.path.exists(V1 + "/memory.limit_in_bytes"):
            self.v1, self.base, self.shown = True, "%s/%s" % (V1, name), "/" + name
        else:
            self.v1 = False
            top = "/sys/fs/cgroup"
            if "memory" not in self._read(top + "/cgroup.controllers").split():
                skip("cgroup", "no memory controller at %s or %s" % (V1, top))
            if "memory" not in self._read(top + "/cgroup.subtree_control").split():
                self._write(top + "/cgroup.subtree_control", "+memory")
            self.base, self.shown = "%s/%s" % (top, name), "/" + name
        try:
            self._make(self.base)
        except OSError as e:
            skip("cgroup", "%s: %s" % (self.base, e.strerror))
        if not self.v1:
            self._write(self.base + "/cgroup.subtree_control", "+memory")

    @staticmethod
    def _read(path):
        with open(path) as f:
            return f.read()

    @staticmethod
    def _write(path, text):
        with open(path, "w") as f:
            f.write(text)

    def _make(self, path):
        os.mkdir(path)
        self.made.append(path)

    def add(self, name, mib, group=False):
        """A cgroup with a limit; returns (directory, path as the kernel prints it)."""
        path = "%s/%s" % (self.base, name)
        parent = os.path.dirname(path)
        if not self.v1 and parent != self.base:
            self._write(parent + "/cgroup.subtree_control", "+memory")
        self._make(path)
        if self.v1:
            self._write(path + "/memory.limit_in_bytes", str(mib << 20))
        else:
            self._write(path + "/memory.max", str(mib << 20))
            self._write(path + "/memory.swap.max", "0")
            if group:
                self._write(path + "/memory.oom.group", "1")
        return path, "%s/%s" % (self.shown, name)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        for path in reversed(self.made):
            for _ in range(100):
                try:
                    os.rmdir(path)
                    break
                except OSError:
                    time.sleep(0.05)


class Killed:
    def __init__(self, pid, argv, cgroup, before, after):
        self.pid, self.argv, self.cgroup, self.before, self.after = pid, argv, cgroup, before, after


def start_in(cgroup_dir, argv):
    """Forks a child that joins the cgroup and becomes argv."""
    pid = os.fork()
    if pid == 0:
        try:
            with open(cgroup_dir + "/cgroup.procs", "w") as f:
                f.write("0")
            os.execv(argv[0], argv)
        finally:
            os._exit(127)
    return pid


def kill_one(cgroup, mib, *args):
    """One hog, grown until the kernel kills it; returns what waitpid saw."""
    argv = [HOG, str(mib), "30", *args]
    before = time.time_ns() // 1000
    pid = start_in(cgroup[0], argv)
    _, status = os.waitpid(pid, 0)
    after = time.time_ns() // 1000
    if not (os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL):
        raise AssertionError("pid %d was not killed: status %#x" % (pid, status))
    return Killed(pid, argv, cgroup[1], before, after)


def oom_kill_count():
    with open("/proc/vmstat") as f:
        for line in f:
            if line.startswith("oom_kill "):
                return int(line.split()[1])
    return None


def newest_and_oldest():
    """Sequence numbers that the ring holds."""
    fd = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK)
    first = last = None
    while True:
        try:
            seq = int(os.read(fd, 8192).split(b",")[1])
        except BlockingIOError:
            break
        except BrokenPipeError:
            first = None
            continue
        first = seq if first is None else first
        last = seq
    os.close(fd)
    return first, last


def flood(past):
    """Writes records of a process' own until the ring begins behind `past`. The kernel passes ten in five seconds for
    each open file (printk.devkmsg=ratelimit), so a file is used for eight."""
    for _ in range(200):
        for _ in range(50):
            fd = os.open("/dev/kmsg", os.O_WRONLY)
            for _ in range(8):
                os.write(fd, b"x" * 900)
            os.close(fd)
        if newest_and_oldest()[0] > past:
            return True
    return False


def start_daemon(argv, stdin=subprocess.DEVNULL, stdout=None, stderr=None, env=None):
    """As subprocess.Popen; with OOMWATCHD_SANDBOX=1 inside the sandbox of the installed unit."""
    if sandbox.wanted:
        return sandbox.Process(argv, stdin, stdout, stderr, env)
    return subprocess.Popen(argv, stdin=stdin, stdout=stdout, stderr=stderr, env=env)


class Daemon:
    """oomwatchd with --foreground --json, its events read line by line."""

    def __init__(self, *options, foreground=True, prefix=()):
        argv = list(prefix) + [DAEMON] + (["--foreground", "--json"] if foreground else []) + list(options)
        self.err = tempfile.TemporaryFile("w+")
        self.p = start_daemon(argv, stdout=subprocess.PIPE, stderr=self.err)
        self.err = getattr(self.p, "written", self.err)
        self.buffer = b""
        self.events = []
        os.set_blocking(self.p.stdout.fileno(), False)
        # The daemon writes to stdout at its reader's pace: a full pipe would hold it up while processes die.
        fcntl.fcntl(self.p.stdout.fileno(), getattr(fcntl, "F_SETPIPE_SZ", 1031), 1 << 20)

    def wait_ready(self, seconds=5):
        """Until its poll loop sleeps: from then on it sees what the kernel prints."""
        end = time.time() + seconds
        while time.time() < end:
            with open("/proc/%d/wchan" % self.p.pid) as f, open("/proc/%d/syscall" % self.p.pid) as g:
                # kernels before 5.16 give no name; poll and ppoll of x86-64 and arm64 by their numbers
                if "poll" in f.read() or g.read().split()[0] in ("7", "271", "73"):
                    return
            time.sleep(0.01)
        raise AssertionError("the daemon did not come to rest: " + self.log())

    def read(self, count, seconds=10):
        """Waits for `count` more events."""
        end = time.time() + seconds
        got = []
        while len(got) < count and time.time() < end:
            if not select.select([self.p.stdout], [], [], 0.2)[0]:
                continue
            data = self.p.stdout.read()
            if data == b"":
                break
            self.buffer += data or b""
            *lines, self.buffer = self.buffer.split(b"\n")
            got += [json.loads(x) for x in lines]
        self.events += got
        return got

    def events_of(self, killed, seconds=10):
        """The events of these kills, in the order they came: other tests may kill on this machine too."""
        pids = {k.pid for k in killed}
        end = time.time() + seconds
        mine = []
        while time.time() < end and len(mine) < len(pids):
            mine += [e for e in self.read(1, 0.5) if e.get("victim", {}).get("pid") in pids]
        mine += [e for e in self.read(1 << 30, 0.3) if e.get("victim", {}).get("pid") in pids]
        return mine

    def log(self):
        self.err.seek(0)
        return self.err.read()

    def stop(self, sig=signal.SIGTERM, seconds=10):
        """Ends it; returns the events that came after the last read, and the exit status."""
        if self.p.poll() is None:
            self.p.send_signal(sig)
        end = time.time() + seconds
        rest = []
        while self.p.poll() is None and time.time() < end:
            rest += self.read(1, 0.2)
        rest += self.read(1 << 30, 0.2)
        if self.p.poll() is None:
            self.p.kill()
            self.p.wait()
            raise AssertionError("the daemon did not stop: " + self.log())
        return rest, self.p.returncode

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        if self.p.poll() is None:
            self.p.kill()
            self.p.wait()


class SocketClient:
    def __init__(self, path):
        self.s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.s.connect(path)
        self.buffer = b""

    def lines(self, count, seconds=10):
        end = time.time() + seconds
        got = []
        while len(got) < count and time.time() < end:
            self.s.settimeout(max(0.01, end - time.time()))
            try:
                data = self.s.recv(65536)
            except socket.timeout:
                break
            if not data:
                break
            self.buffer += data
            *lines, self.buffer = self.buffer.split(b"\n")
            got += [json.loads(x) for x in lines]
        return got


class FaithfulClient:
    """Stays connected; when it is cut off it comes back and asks for what it missed."""

    def __init__(self, path):
        self.path = path
        self.events, self.gaps, self.stopped, self.arrived = [], 0, False, []
        self.greeted = False
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        last = None
        while not self.stopped:
            s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            s.settimeout(0.2)
            try:
                s.connect(self.path)
                self.arrived.append("connected, after %s:" % str(last)[33:])
                if last:
                    s.sendall(json.dumps({"after": last}).encode() + b"\n")
                last = self.listen(s, last)
            except OSError:
                time.sleep(0.02)
            s.close()

    def listen(self, s, last):
        buffer = b""
        while not self.stopped:
            try:
                data = s.recv(65536)
            except socket.timeout:
                continue
            except OSError:
                return last
            if not data:
                return last
            *lines, buffer = (buffer + data).split(b"\n")
            for e in map(json.loads, lines):
                self.greeted = True
                if e["type"] == "oom-kill":
                    self.events.append(e)
                    last = e["id"]
                    self.arrived.append(str(e["kmsg_seq"]))
                elif e["type"] == "replay-gap":
                    self.gaps += 1
        return last

    def stop(self):
        self.stopped = True
        self.thread.join()
        return self.events


def private_run():
    """A mount namespace of this process' own with an empty /run: journald and sockets there disturb nobody."""
    CLONE_NEWNS = 0x20000
    libc = ctypes.CDLL(None, use_errno=True)

    def unshare():
        if libc.unshare(CLONE_NEWNS) != 0:
            skip("root", "a mount namespace of its own")

    if sandbox.wanted:
        sandbox.private_run(unshare)
        return
    unshare()
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", "/run"], check=True)


def mount_empty(path, options="mode=755"):
    """An empty file system at `path`, for this process and its daemons alone."""
    if sandbox.wanted:
        sandbox.over(path, options)
        return
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", path], check=True)


def mount_file(path, by):
    """The same for a file: what is in `by`, below the private /run, stands at `path`. False: not possible here."""
    if sandbox.wanted:
        return sandbox.replace(path, by)
    return subprocess.run(["mount", "--bind", by, path], check=False).returncode == 0


def unmount(path):
    if sandbox.wanted:
        sandbox.give_back(path)
        return
    subprocess.run(["umount", path], stderr=subprocess.DEVNULL, check=False)


class Journald:
    """A real systemd-journald with storage in the private /run."""

    PROGRAM = "/lib/systemd/systemd-journald"

    def __init__(self):
        if not os.path.exists(self.PROGRAM):
            skip("journald", self.PROGRAM + " is not installed")
        os.makedirs("/run/systemd/journal", exist_ok=True)
        os.makedirs("/run/log/journal", exist_ok=True)
        self.p = subprocess.Popen([self.PROGRAM], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL)
        for _ in range(200):
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:  # the file may be that of one before
                if s.connect_ex("/run/systemd/journal/socket") == 0:
                    return
            time.sleep(0.05)
        raise AssertionError("journald did not start")

    def read(self, *args):
        out = subprocess.run(["journalctl", "-q", "-o", "json", "--all", "--no-pager", *args], stdout=subprocess.PIPE,
                             check=False).stdout
        return [json.loads(x) for x in out.splitlines()]

    def wait_for(self, count, *args, seconds=20):
        end = time.time() + seconds
        while time.time() < end:
            subprocess.run(["journalctl", "--sync"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
            got = self.read(*args)
            if len(got) >= count:
                return got
            time.sleep(0.2)
        return got

    def stall(self):
        """It stops reading, and its queue is full (net.unix.max_dgram_qlen: 512 where systemd set it), which may take more
        than one sender may have under way."""
        self.p.send_signal(signal.SIGSTOP)
        sent = 1
        while sent:
            sent = 0
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
                s.connect("/run/systemd/journal/socket")
                s.setblocking(False)
                try:
                    while True:
                        s.send(b"MESSAGE=filler\n")
                        sent += 1
                except BlockingIOError:
                    pass

    def resume(self):
        self.p.send_signal(signal.SIGCONT)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.p.terminate()
        self.p.wait()


class Cases:
    """TAP: a failed case is said and the next one is tried."""

    def __init__(self):
        self.n = self.failed = 0

    def check(self, name, ok, detail=""):
        self.n += 1
        print("%s %d - %s" % ("ok" if ok else "not ok", self.n, name))
        if not ok:
            self.failed += 1
            for line in str(detail)[:2000].splitlines():
                print("# " + line)
        return ok

    def skip(self, name, word, reason):
        self.n += 1
        print("ok %d - %s # SKIP needs %s: %s" % (self.n, name, word, reason))

    def end(self):
        print("1..%d" % self.n)
        sys.exit(1 if self.failed else 0)


def scratch():
    d = tempfile.mkdtemp(prefix="oomwatchd-test-", dir=sandbox.shared() if sandbox.wanted else None)
    return d, lambda: shutil.rmtree(d, ignore_errors=True)
