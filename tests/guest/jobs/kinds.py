"""Runs in a guest with three nodes of memory: has every kind of OOM kill happen beside the running service, and holds what
the journal says against what the job itself saw (the stories of tests/corpus/record). Then uses each verb of oomwatchctl on
that journal; two of it have followed all the time. Prints TAP. Arguments after the number of the boot pick stories."""
import fcntl
import json
import os
import pty
import re
import shutil
import signal
import struct
import subprocess
import sys
import termios
import time
import unicodedata

os.environ["STORIES_VICTIM"] = "/in/tree/build/tests/corpus/record/victim"
sys.path[:0] = ["/in/tree/tests/corpus", "/in/tree/tests/corpus/record"]

import kit  # noqa: E402
import run as corpus  # noqa: E402
import stories  # noqa: E402,F401: fills kit.stories
from guest import Guest, cursor, events, have_killed, property_of, sh, wait_for, write  # noqa: E402

KINDS = ("own_limit", "pod_limit", "group_nested", "adjusted", "leader_gone", "names", "shmem", "swap_limit", "unkillable",
         "sysrq_f", "cpuset", "cpuset_hostile", "mempolicy", "global_no_swap", "global_swap_full", "global_locked")
# A minute more: on one kernel only.
RARE = ("global_hugepages", "global_slab", "global_page_cache", "allocating_task", "fragmentation", "growths")
ALL = os.uname().release.startswith("6.12.")
# What the journal must have been given a reason of then. Beyond these there is swap-limit, which no kernel reaches on
# cgroup v2: see the job of a guest with v1.
CODES = {"cgroup-limit", "ancestor-limit", "adjusted", "shared-memory", "unkillable", "manual", "cpuset-limit",
         "mempolicy-limit", "host-no-swap", "host-exhausted", "swap-full", "locked-memory", "hugepages-reserved",
         "kernel-memory", "allocating-task", "fragmentation"}
ESCAPE = re.compile(r"\x1b\[[0-9;]*m")
g = Guest()


@kit.story()
def growths(s):
    """One process has held the same for a while when its limit is lowered, and one grew all the time. Look at: growth.
    The moments of a spike are five samples, and a leak needs ten."""
    leak, steady = (s.cgroup("/app.slice/%s.service" % x).limit(24).no_swap() for x in ("leak", "steady"))
    s.ready(s.spawn(steady, "-n", "steady", "grow", "18"))
    p = s.spawn(leak, "-n", "leak", "-p", "560", "grow", "200")
    s.kill(p, leak, leak, b"leak", victim={"growth": "leak"})
    p = s.running[0]
    steady.limit_kb = 8192
    write("/sys/fs/cgroup/app.slice/steady.service/memory.max", str(8 << 20))
    s.kill(p, steady, steady, b"steady", victim={"growth": "steady"})


def spare(adj):
    """Where who asks for memory is killed, only -1000 protects; whatever this is about, it is not about these two."""
    for unit in ("oomwatchd", "systemd-journald"):
        write("/proc/%s/oom_score_adj" % property_of(unit, "MainPID"), str(adj or property_of(unit, "OOMScoreAdjust")))


def happen(function):
    name = function.__name__
    since = cursor()
    if name == "allocating_task":
        spare(-1000)
    s = kit.Story(name)
    _, counted, wrong = s.tell(function)
    if name == "allocating_task":
        spare(None)
    if wrong or not s.truth:
        g.case("%s: happened" % name, False, repr(wrong))
        return
    wait_for(lambda: len(events(since)) >= len(s.truth))
    time.sleep(1)
    seen = events(since)
    try:
        corpus.against_truth(seen, s.truth)
    except ValueError as e:
        wrong = "%s\nall events:\n%s" % (e, "\n".join(map(json.dumps, seen)))
    for e in seen:
        print("# %s: %s" % (e.get("verdict", {}).get("code", "no verdict"), e.get("summary")))
    g.case("%s: counted %d by the kernel, told as it was seen to happen" % (name, counted), not wrong, wrong)
    more = [e for e in seen if e["type"] not in ("oom-kill", "oom-no-victim")]
    g.case("%s: nothing lost, nothing unseen" % name, not more, more)


class Follower:
    """oomwatchctl follow, with a command that takes each event on its standard input."""

    def __init__(self, name, *args):
        self.name = name
        self.shown, self.given = "/out/follow.%s" % name, "/tmp/%s/given" % name
        os.makedirs("/tmp/%s" % name)
        os.chmod("/tmp/%s" % name, 0o777)
        command = "cd /tmp/%s && mkdir one && cat >>given && id -u >>uid && rmdir one" % name
        with open(self.shown, "w") as out, open(self.shown + ".said", "w") as err:
            self.p = subprocess.Popen(("oomwatchctl", "follow", "--exec", command) + args, stdin=subprocess.DEVNULL, stdout=out,
                                      stderr=err)

    def ids(self, path):
        try:
            with open(path) as f:
                return [json.loads(x)["id"] for x in f if x.endswith("\n")]
        except OSError:
            return []

    def judge(self, told):
        want = sorted(e["id"] for e in told)
        wait_for(lambda: len(self.ids(self.given)) >= len(want))
        time.sleep(1)
        self.p.send_signal(signal.SIGINT)
        try:
            status = self.p.wait(10)
        except subprocess.TimeoutExpired:
            status = None
            self.p.kill()
        with open(self.shown + ".said") as f:
            said = f.read()
        g.case("follow (%s) ends with status 0 when interrupted" % self.name, status == 0, (status, said))
        got = self.ids(self.given)
        g.case("follow --exec (%s) is given each of %d events once, one at a time" % (self.name, len(want)),
               sorted(got) == want, (set(want) ^ set(got), len(want), len(got), said))
        with open("/tmp/%s/uid" % self.name) as f:
            g.case("follow --exec (%s) runs no command as root" % self.name, set(f.read().split()) == {"65534"})
        with open(self.shown) as f:
            lines = f.read().splitlines()
        shown = [x for x in lines if re.match(r"\d{4}-\d\d-\d\d ", x)] if self.name == "socket" else self.ids(self.shown)
        g.case("follow (%s) shows each once" % self.name, len(shown) == len(want), "\n".join(lines))


def follow():
    g.followers = [Follower("socket"), Follower("journal", "--json=short", "-D", "/var/log/journal")]
    time.sleep(2)


def followed():
    """Over a restart of the daemon too."""
    sh("systemctl", "restart", "oomwatchd")
    have_killed("later", 2, "later")
    wait_for(lambda: sum(e.get("victim", {}).get("comm") == "later" for e in events()) == 2)
    for f in g.followers:
        f.judge(events())
    g.case("the daemon runs again", property_of("oomwatchd", "ActiveState") == "active")


def ctl(*args):
    p = subprocess.run(("oomwatchctl",) + args, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                       universal_newlines=True, timeout=100)
    with open("/out/ctl", "a") as f:
        f.write("$ oomwatchctl %s\n%s\n" % (" ".join(args), p.stdout))
    return p.returncode, p.stdout


def on_terminal(columns, colour, *args):
    """What a terminal of so many columns is sent."""
    pid, fd = pty.fork()
    if pid == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
        os.environ.update(TERM="xterm-256color", LC_ALL="C.UTF-8", PAGER="cat")
        os.environ.pop("COLUMNS", None)
        if not colour:
            os.environ["NO_COLOR"] = "1"
        os.execvp("oomwatchctl", ("oomwatchctl",) + args)
    out = b""
    while True:
        try:
            data = os.read(fd, 65536)
        except OSError:
            break
        if not data:
            break
        out += data
    os.close(fd)
    os.waitpid(pid, 0)
    return out.decode("utf-8", "replace").replace("\r\n", "\n")


def columns_of(line):
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)


def screens():
    for name, args in (("list", ("list",)), ("info", ("info", "-n", "1000")), ("stats", ("stats", "-n", "30")),
                       ("explain", ("explain", "/out/dmesg")), ("selftest", ("selftest",)), ("help", ("--help",))):
        for columns in (80, 160):
            out = on_terminal(columns, columns == 80, *args)
            with open("/out/screen.%s.%d" % (name, columns), "w") as f:
                f.write(out)
            wide = [x for x in ESCAPE.sub("", out).splitlines() if columns_of(x) > columns]
            g.case("%s: no line is wider than %d columns" % (name, columns), out and not wide, wide)
            plain = columns != 80 or name == "help"
            g.case("%s: %s" % (name, "no colour with NO_COLOR" if plain else "colour on a terminal"),
                   "\x1b" not in out if plain else ESCAPE.search(out) and "\x1b" not in ESCAPE.sub("", out), repr(out[:500]))
        status, out = ctl(*args)
        g.case("%s: no escape without a terminal" % name, status == 0 and "\x1b" not in out, repr(out[:500]))


def take_home():
    sh("journalctl", "--sync")
    shutil.copytree("/var/log/journal" if os.path.isdir("/var/log/journal") else "/run/log/journal", "/out/journal-files")


def asked():
    """What the person on call would do next; how it looked is in /out/ctl."""
    told = {e["id"]: e for e in events() if e["type"] in ("oom-kill", "oom-no-victim")}
    status, out = ctl("list", "--json=short")
    listed = [json.loads(x) for x in out.splitlines()]
    g.case("oomwatchctl list has every event, each once", status == 0 and sorted(told) == sorted(
        e["id"] for e in listed if e["type"] in ("oom-kill", "oom-no-victim")), out)
    codes = {e["verdict"]["code"] for e in told.values() if "verdict" in e}
    if ALL and not sys.argv[2:]:
        g.case("every reason for a kill has been given that can be had here", codes == CODES, codes ^ CODES)
        growth = {e["victim"].get("growth") for e in told.values() if "victim" in e}
        g.case("and every kind of growth", growth >= {"spike", "leak", "steady"}, growth)
    status, out = ctl("stats", "-n", "30")
    of_kills = {e["verdict"]["code"] for e in told.values() if "verdict" in e and "victim" in e}
    g.case("oomwatchctl stats counts each verdict of a kill", status == 0 and all(c in out for c in of_kills),
           (of_kills, out))
    for code in sorted(codes):
        status, out = ctl("info", "verdict.code=" + code, "-n", "1")
        text = [e["verdict"]["text"] for e in told.values() if e.get("verdict", {}).get("code") == code][-1]
        g.case("oomwatchctl info explains %s" % code, status == 0 and text.split()[0] in out and code in out, out)
    status, out = ctl("list", "web.service")
    g.case("oomwatchctl list UNIT shows that unit's", status == 0 and "web" in out and "pinned" not in out, out)
    victims = [e["victim"] for e in told.values() if "victim" in e]
    thread = next((v for v in victims if v["pid"] != v.get("tgid", v["pid"])), None)
    if thread:
        status, out = ctl("list", str(thread["tgid"]))
        g.case("oomwatchctl list PID finds a thread's process", status == 0 and str(thread["pid"]) in out, out)
    status, out = ctl("list", "no-such.service")
    g.case("oomwatchctl says so when nothing matches", status == 1 and out.strip(), out)
    status, out = ctl("report", "--html", "-o", "/out/report.html")
    g.case("oomwatchctl report writes a page", status == 0 and os.path.getsize("/out/report.html") > 10000, out)
    status, out = ctl("selftest")
    g.case("oomwatchctl selftest passes", status == 0, out)
    subprocess.run("dmesg >/out/dmesg; journalctl -k -o json --no-pager >/out/kernel.json", shell=True, check=False)
    for name in ("dmesg", "kernel.json"):
        status, out = ctl("explain", "/out/" + name, "--json=short")
        pids = {json.loads(x).get("victim", {}).get("pid") for x in out.splitlines() if x.startswith("{")}
        mine = {e["victim"]["pid"] for e in told.values() if "victim" in e}
        g.case("oomwatchctl explain finds the same victims in %s" % name, status == 0 and mine <= pids, (mine - pids, out))


wanted = sys.argv[2:] or KINDS + (RARE if ALL else ())
write("/etc/default/oomwatchd", 'OOMWATCHD_OPTIONS="--sample-interval=1"\n')
g.run(g.install, follow, *(lambda f=f: happen(f) for f in kit.stories if f.__name__ in wanted), g.healthy,
      asked, screens, followed, take_home)
g.end()
