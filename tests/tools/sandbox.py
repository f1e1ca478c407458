"""The daemon inside the sandbox of its installed unit, for the integration tests (OOMWATCHD_SANDBOX=1, as root, under a
real systemd that may be disturbed: a guest's).

The unit is a copy of the installed one: its capabilities, filters, mounts and limits. Changed is only what a test needs:
what is run, where standard input and output go, and that nobody starts it again. What the sandbox denies by design is
given as an administrator would give it, in a drop-in:
  BindPaths=       the test's private /run, in which its journald, sockets and positions are, and what it mounted elsewhere
  ReadWritePaths=  that /run, which ProtectSystem=strict has read-only
The test itself is in a mount namespace of its own and meets the daemon's in BASE, a file system that all three share.
"""
import atexit
import os
import select
import shlex
import signal
import subprocess
import time

BASE = "/srv/oomwatchd-test"
NAME = "oomwatchd-test.service"  # always the same: the daemon takes what another unit said for another's
INSTALLED = "/usr/lib/systemd/system/oomwatchd.service"
UNITS = "/run/systemd/system"
wanted = os.environ.get("OOMWATCHD_SANDBOX") == "1"
binds = {}  # target -> (directive, source)
starts = 0
written = None


def outside(*argv, **more):
    """In PID 1's mount namespace, where systemd's own sockets are."""
    return subprocess.run(["nsenter", "--mount=/proc/1/ns/mnt", "--"] + list(argv), stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True, check=False, **more).stdout


def properties(*names):
    out = outside("systemctl", "show", NAME, *("-p" + x for x in names))
    return dict(x.split("=", 1) for x in out.splitlines() if "=" in x)


# ---- the file system that is shared ----

def clean_up():
    outside("systemctl", "stop", NAME)
    outside("rm", "-rf", "%s/%s" % (UNITS, NAME), "%s/%s.d" % (UNITS, NAME))
    outside("systemctl", "daemon-reload")
    outside("umount", "-R", "-l", BASE)
    print("# sandboxed: %d starts" % starts, flush=True)


def shared():
    if not os.path.ismount(BASE):
        os.makedirs(BASE, exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", BASE], check=True)
        subprocess.run(["mount", "--make-shared", BASE], check=True)
        atexit.register(clean_up)
    return BASE


def private_run(unshare):
    """As the tests' own private_run(), but what is mounted below /run is seen by the unit too."""
    shared()
    # systemd's own way into a unit's namespace, and RuntimeDirectory=, which systemd takes from the /run of its own
    for d in ("run/systemd/incoming", "run/systemd/unit-root", "run/oomwatchd"):
        os.makedirs("%s/%s" % (BASE, d), mode=0o755)
    os.makedirs("/run/oomwatchd", exist_ok=True)
    subprocess.run(["mount", "--bind", "/run/oomwatchd", BASE + "/run/oomwatchd"], check=True)
    unshare()
    with open("/proc/self/mountinfo") as f:
        others = [x.split()[4].encode().decode("unicode_escape") for x in f]
    for where in others:
        if not where.startswith(BASE):
            subprocess.run(["mount", "--make-private", where], stderr=subprocess.DEVNULL, check=False)
    subprocess.run(["mount", "--rbind", BASE + "/run", "/run"], check=True)
    binds["/run"] = ("BindPaths", BASE + "/run")
    over("/var/log/journal", "mode=755")  # the system's own journal has nothing to say here


def over(path, options):
    """An empty file system at `path`."""
    if path.startswith("/run/"):
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", path], check=True)
        return
    source = "%s/over-%d" % (BASE, len(binds))
    os.mkdir(source)
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", source], check=True)
    os.makedirs(path, exist_ok=True)
    subprocess.run(["mount", "--bind", source, path], check=True)
    binds[path] = ("BindPaths", source)


def replace(path, by):
    """The file `by`, which lies in the private /run, at `path`."""
    source = BASE + by
    binds.pop(path, None)
    if subprocess.run(["mount", "--bind", source, path], check=False).returncode != 0:
        return False
    binds[path] = ("BindReadOnlyPaths", source)
    return True


def give_back(path):
    binds.pop(path, None)
    subprocess.run(["umount", path], stderr=subprocess.DEVNULL, check=False)


# ---- the unit ----

def drop_in():
    """What of the installed unit is another's here."""
    lines = ["[Service]", "Type=exec", "Restart=no", "WatchdogSec=0", "EnvironmentFile=", "ExecReload=",
             "RemainAfterExit=yes",  # or a unit that ended well is forgotten, with its exit status
             "ExecStart=", "ExecStart=/bin/sh %s/launch" % BASE]
    lines += ["Standard%s=file:%s/%s" % (x, BASE, y) for x, y in (("Input", "in"), ("Output", "out"), ("Error", "err"))]
    if binds:
        lines.append("ReadWritePaths=/run")
    lines += ["%s=%s:%s" % (how, source, path) for path, (how, source) in binds.items()]
    return "\n".join(lines) + "\n"


def write_unit():
    """systemd reads units again only when they changed: in an emulated guest that is half a second."""
    global written
    text = drop_in()
    if text == written:
        return
    with open(BASE + "/drop-in", "w") as f:
        f.write(text)
    outside("sh", "-ec", "cp %s %s/%s; mkdir -p %s/%s.d; cp %s/drop-in %s/%s.d/test.conf; systemctl daemon-reload" % (
        INSTALLED, UNITS, NAME, UNITS, NAME, BASE, UNITS, NAME))
    written = text


def fresh(name, kind):
    """Where the unit's standard input or output is, for one start; what an earlier start had stays its own."""
    path = "%s/%s" % (BASE, name)
    if os.path.lexists(path):
        os.unlink(path)
    if kind == subprocess.PIPE and name != "err":
        os.mkfifo(path)
    elif name == "in":
        os.symlink("/dev/null", path)
    else:
        open(path, "w").close()
    return path


class Process:
    """What subprocess.Popen is to a test: the unit's main process."""

    def __init__(self, argv, stdin, stdout, stderr, env):
        global starts
        shared()
        write_unit()
        paths = [fresh("in", stdin), fresh("out", stdout), fresh("err", stderr)]
        self.stdin = self.stdout = None
        self.written, self.returncode = open(paths[2], "r+"), None
        self.stderr = open(paths[2], "rb")
        if stdin == subprocess.PIPE:
            held = os.open(paths[0], os.O_RDWR)  # or systemd would wait for a writer, and the writer for systemd
        if stdout == subprocess.PIPE:
            self.stdout = os.fdopen(os.open(paths[1], os.O_RDONLY | os.O_NONBLOCK), "rb", 0)
        exports = "".join("export %s=%s\n" % (k, shlex.quote(v)) for k, v in (env or {}).items() if os.environ.get(k) != v)
        with open(BASE + "/launch", "w") as f:
            f.write("%sexec %s\n" % (exports, " ".join(map(shlex.quote, argv))))
        said = outside("systemctl", "start", NAME)
        self.pid = int(properties("ExecMainPID").get("ExecMainPID") or 0)
        if not self.pid:
            raise AssertionError("the unit does not start: %s%s" % (said, outside(
                "journalctl", "-q", "-n", "20", "--no-pager", "-o", "cat", "-u", NAME)))
        starts += 1
        self.fd = self.confined()
        if stdin == subprocess.PIPE:
            self.stdin = open(paths[0], "wb")
            os.close(held)
        if self.stdout:
            os.set_blocking(self.stdout.fileno(), True)

    def confined(self):
        """A descriptor of the process, -1 when it has ended already; it must not be free of its sandbox."""
        try:
            fd = os.pidfd_open(self.pid)
            with open("/proc/%d/status" % self.pid) as f:
                status = dict(x.rstrip("\n").split(":\t", 1) for x in f if ":\t" in x)
        except OSError:
            return -1
        if status.get("Seccomp") == "0" or status.get("NoNewPrivs") == "0":
            raise AssertionError("not in its sandbox: %s" % status)
        return fd

    def poll(self):
        if self.returncode is None and (self.fd < 0 or select.select([self.fd], [], [], 0)[0]):
            self.reap()
        return self.returncode

    def wait(self, timeout=None):
        if self.returncode is None and self.fd >= 0 and not select.select([self.fd], [], [], timeout)[0]:
            raise subprocess.TimeoutExpired(NAME, timeout)
        return self.poll()

    def reap(self):
        if self.fd >= 0:
            os.close(self.fd)
        self.fd = -1
        end, got = time.monotonic() + 30, {}
        while got.get("SubState") not in ("exited", "dead", "failed"):
            got = properties("SubState", "ExecMainCode", "ExecMainStatus")
            if time.monotonic() > end:
                raise AssertionError("the unit does not end: %s" % got)
        status = int(got["ExecMainStatus"])
        self.returncode = status if got["ExecMainCode"] == "1" else -status
        outside("systemctl", "stop", NAME)
        outside("systemctl", "reset-failed", NAME)

    def send_signal(self, sig):
        if self.poll() is None:
            os.kill(self.pid, sig)

    def terminate(self):
        self.send_signal(signal.SIGTERM)

    def kill(self):
        self.send_signal(signal.SIGKILL)

    def communicate(self, timeout=None):
        out = self.stdout.read() if self.stdout else b""
        self.wait(timeout)
        return out, self.stderr.read()
