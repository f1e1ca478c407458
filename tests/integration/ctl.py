#!/usr/bin/python3
"""oomwatchctl on a real journal, with a real daemon and real kills: every verb, every place events come from."""
import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tools"))
from integration import BUILD, Cases, Daemon, Journald, MemoryCgroups, kill_one, need_root, private_run, scratch  # noqa: E402

CTL = BUILD + "/oomwatchctl"
SOCKET = "/run/oomwatchd/events.sock"
KILL_ID = "5ef39f0ddfef4293b8e652629a707eda"


def configure():
    os.makedirs("/run/systemd/journald.conf.d")
    with open("/run/systemd/journald.conf.d/test.conf", "w") as f:
        f.write("[Journal]\nStorage=volatile\nRuntimeMaxUse=200M\nRateLimitIntervalSec=0\nReadKMsg=no\n"
                "ForwardToWall=no\nForwardToSyslog=no\nForwardToConsole=no\nAudit=no\n")
    os.makedirs("/run/oomwatchd", exist_ok=True)


def ctl(*args, **more):
    p = subprocess.run([CTL, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60, check=False, **more)
    p.out, p.err = p.stdout.decode(), p.stderr.decode()
    return p


def events(*args):
    return [json.loads(x) for x in ctl(*args, "--json=short").out.splitlines()]


def pids(*args):
    return [e.get("victim", {}).get("pid") for e in events(*args)]


def as_nobody():
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)


def forge():
    """A process that is not root says that something was killed."""
    lines = "MESSAGE_ID=%s\nMESSAGE=forged\nOOM_PID=1\nOOM_EVENT=%s\n" % (
        KILL_ID, json.dumps({"version": 1, "type": "oom-kill", "id": "x", "victim": {"pid": 1, "comm": "init"}}))
    subprocess.run(["logger", "--journald"], input=lines.encode(), preexec_fn=as_nobody, check=True)


def flush():
    subprocess.run(["journalctl", "--sync"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)


def wait_for(condition, seconds=20):
    end = time.time() + seconds
    while time.time() < end:
        flush()
        if condition():
            return True
        time.sleep(0.2)
    return condition()


def before_anything(cases):
    p = ctl("list")
    cases.check("an empty journal: status 1, and why", p.returncode == 1 and "oomwatchd is not running" in p.err, p.err)
    p = ctl("list", "-q")
    cases.check("-q says nothing", p.returncode == 1 and not p.err and not p.out, p.err)
    p = ctl("list", "-D", "/nonexistent")
    cases.check("a folder that is not there is named", p.returncode == 1 and "/nonexistent" in p.err, p.err)
    os.makedirs("/run/no-journal")
    p = ctl("list", "-D", "/run/no-journal")
    cases.check("a folder without journal files is said to be one", p.returncode == 1
                and p.err == "oomwatchctl: /run/no-journal holds no journal files\n", p.err)
    p = ctl("list", "--root", "/nonexistent")
    cases.check("a system that is not there is named", p.returncode == 1 and "/nonexistent: No such file" in p.err, p.err)
    p = ctl("list", "--since=-1h")
    cases.check("a time without kills is told from no kills at all", p.returncode == 1 and ", in that time" in p.err, p.err)
    with open("/run/torn.journal", "wb") as f:
        f.write(b"LPKSHHRH" + bytes(100))
    p = ctl("list", "--file=/run/torn.journal")
    cases.check("a torn journal file is called so", p.returncode == 1 and "not a whole journal file" in p.err, p.err)
    p = ctl("web.service")
    cases.check("a unit in the place of a verb gets a hint", p.returncode == 2 and "oomwatchctl info web.service" in p.err, p.err)
    p = ctl("list", "a", "=b")
    cases.check("a word that cannot be a match is named", p.returncode == 2 and '"=b" is not' in p.err, p.err)
    p = subprocess.run(["timeout", "-s", "TERM", "1", CTL, "follow"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    cases.check("follow without a daemon waits for the journal, and says so", b"following the journal" in p.stderr, p.stderr)
    p = ctl("follow", "--socket=/nonexistent")
    cases.check("a socket that is not there is named, with the cure",
                p.returncode == 1 and "systemctl start oomwatchd" in p.err, p.err)
    p = ctl("selftest")
    cases.check("selftest without a daemon says so", p.returncode == 1 and "systemctl start oomwatchd" in p.err, p.err)


def journal_verbs(cases, victims):
    """Other tests may kill on this machine too: only our own pids are asked for."""
    want = [v.pid for v in victims]
    words = [str(x) for x in want]
    cases.check("list has every kill, newest last", pids("list", *words) == want, pids("list", *words))
    cases.check("list without words has them too", set(want) <= set(pids("list")))
    cases.check("-r turns it round", pids("list", "-r", *words) == want[::-1])
    cases.check("-n 2 has the newest two, newest last", pids("list", "-n", "2", *words) == want[-2:])
    cases.check("-n 2 -r has the newest two, newest first", pids("list", "-n", "2", "-r", *words) == want[-2:][::-1])
    cases.check("a pid finds its kill", pids("list", words[1]) == [want[1]])
    cases.check("a command finds all", set(want) <= set(pids("list", "hog")))
    cases.check("a field of the journal finds its kill", pids("list", "OOM_PID=%d" % want[0]) == [want[0]])
    cases.check("a cgroup finds its kill", pids("list", victims[2].cgroup) in ([want[2]], []), pids("list", victims[2].cgroup))
    cases.check("words about two things narrow", pids("list", "scope=global", *words) == [])
    cases.check("nothing found: status 1", ctl("list", "nobody-has-this-name").returncode == 1)
    since = "@%d" % (victims[1].before // 1000000)
    cases.check("--since and --until bound the kills",
                pids("list", "-S", since, *words)[-3:] == want[1:] and pids("list", "-U", "-1h", *words) == [],
                pids("list", "-S", since, *words))
    p = ctl("list", *words, env=dict(os.environ, COLUMNS="80"))
    cases.check("the table fits 80 columns", all(len(x) <= 80 for x in p.out.splitlines()) and words[3] in p.out, p.out)
    cases.check("no colour without a terminal", "\x1b" not in p.out)
    p = ctl("info", words[3])
    cases.check("info shows a kill", p.returncode == 0 and "pid " + words[3] in p.out and "Memory" in p.out, p.out)
    p = ctl("stats", *words)
    cases.check("stats counts", p.returncode == 0 and "%d kills" % len(want) in p.out and "hog" in p.out, p.out)
    stats = json.loads(ctl("stats", "--json=short", *words).out)
    cases.check("stats as JSON", stats["kills"] == len(want) and stats["by"]["command"][0] == {"name": "hog", "kills": len(want)})
    cases.check("schema is JSON", json.loads(ctl("schema").out)["$schema"].startswith("https://json-schema.org/"))
    cases.check("pretty JSON is JSON", json.loads(ctl("info", "--json=pretty", words[3]).out)["victim"]["pid"] == want[3])


def places(cases, victims, folder):
    want = [v.pid for v in victims]
    machine = os.listdir("/run/log/journal")[0]
    flush()
    copied = folder + "/journal/" + machine
    shutil.copytree("/run/log/journal/" + machine, copied)
    shutil.copytree("/run/log/journal", folder + "/root/run/log/journal")
    shutil.copy("/etc/machine-id", folder)
    words = [str(x) for x in want]
    cases.check("-D reads a folder", pids("list", "-D", copied, *words) == want, pids("list", "-D", copied, *words))
    cases.check("--root reads another system", pids("list", "--root", folder + "/root", *words) == want)
    name = [x for x in os.listdir(copied) if x.startswith("system")][0]
    cases.check("--file reads a journal file", pids("list", "--file", copied + "/" + name, *words) == want)
    lines = folder + "/events.jsonl"
    with open(lines, "w") as f:
        f.write(ctl("list", "--json=short").out)
    cases.check("--file reads events as lines", pids("list", "--file", lines, "-n", "2", *words) == want[-2:])
    got = pids("list", "--socket", SOCKET, *words)
    cases.check("--socket reads what the daemon retains", got == want or len(events("list")) > 256, got)
    page = folder + "/page.html"
    p = ctl("report", "--html", "-o", page, *words)
    with open(page) as f:
        html = f.read()
    cases.check("report writes a page", p.returncode == 0 and html.startswith("<!DOCTYPE html>") and all(
        str(pid) in html for pid in want), p.err)
    cases.check("and leaves nothing else behind", sorted(x for x in os.listdir(folder) if "page" in x) == ["page.html"])


def permissions(cases):
    # A folder up to here that nobody may enter would test something else.
    p = subprocess.run([CTL, "list"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=as_nobody, check=False)
    cases.check("who may not read the journal is told which group may",
                p.returncode == 1 and b"systemd-journal or adm" in p.stderr, p.stderr)
    p = subprocess.run([CTL, "selftest"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=as_nobody, check=False)
    cases.check("selftest wants root", p.returncode == 1 and b"root" in p.stderr, p.stderr)


def forgeries(cases):
    forge()
    flush()
    stored = subprocess.run(["journalctl", "-q", "MESSAGE=forged"], stdout=subprocess.PIPE, check=False).stdout
    cases.check("an event that another user than root sent is in the journal and not in the list",
                b"forged" in stored and 1 not in pids("list"))


def store(event, **fields):
    lines = dict({"MESSAGE_ID": KILL_ID, "MESSAGE": "stored", "OOM_EVENT": json.dumps(event)}, **fields)
    subprocess.run(["logger", "--journald"], input="".join("%s=%s\n" % x for x in lines.items()).encode(), check=True)


def found_by_the_index(cases):
    """What the journal's own fields choose is what the events say, whichever field a word may be in."""
    def kill(seq, pid, tgid, **more):
        return dict({"version": 1, "type": "oom-kill", "id": "%s-%d" % ("e" * 32, seq), "report": "full", "summary": "stored",
                     "victim": {"pid": pid, "tgid": tgid, "comm": "7000001"}}, **more)
    store(kill(1, 7000002, 7000003), OOM_PID=7000002, OOM_TGID=7000003, OOM_COMM="7000001")
    store(kill(2, 7000004, 7000005), OOM_PID=7000004, OOM_COMM="7000001")  # as it was before there was OOM_TGID
    store(kill(3, 7000006, 7000006, identity={"unit": "user@7.service", "user_unit": "editor.service"},
               cgroup={"path": "/a/b", "limit_path": "/a"}), OOM_PID=7000006, OOM_TGID=7000006, OOM_COMM="7000001",
          OOM_UNIT="user@7.service", OBJECT_SYSTEMD_USER_UNIT="editor.service", OOM_CGROUP="/a/b", OOM_LIMIT_CGROUP="/a")
    flush()
    for words, want in ((["7000002"], [1]), (["7000003"], [1]), (["7000004"], [2]), (["7000005"], [2]), (["7000001"], [1, 2, 3]),
                        (["07000006"], [3]), (["editor.service"], [3]), (["user@7.service"], [3]), (["/a"], [3]),
                        (["/a/b", "no.service"], [3]), (["/a", "7000002"], []), (["editor.service", "editor"], [3]),
                        (["7000002", "7000006"], [1, 3])):
        got = [int(e["id"].split("-")[1]) for e in events("list", *words)]
        cases.check("the journal finds %s" % " ".join(words), got == want, got)
    p = ctl("list", "editor.service", "7000002")
    cases.check("nothing chosen by the journal is not an empty journal", p.returncode == 1
                and p.err == "oomwatchctl: no event matches\n", p.err)


def following(cases, cgroups):
    out = "/run/followed"
    with open(out, "w"):
        os.chmod(out, 0o666)
    for name, args in (("the socket", ["--socket", SOCKET]), ("the journal", ["-D", "/run/log/journal"])):
        p = subprocess.Popen([CTL, "follow", "--json=short", "--exec", "id -u >>%s; cat >>%s" % (out, out), "hog", *args],
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        time.sleep(1.0)
        v = kill_one(cgroups.add("f-%d" % len(cgroups.made), 16), 64)
        patience = threading.Timer(20, p.kill)
        patience.start()
        shown = any(json.loads(x)["victim"]["pid"] == v.pid for x in iter(p.stdout.readline, b""))
        cases.check("follow shows a kill as it happens, from " + name, shown)
        patience.cancel()
        said = wait_for(lambda: '"pid":%d' % v.pid in open(out).read(), 10)
        cases.check("and runs a command that is not root's, from " + name,
                    said and "%d\n" % pwd.getpwnam("nobody").pw_uid in open(out).read(), open(out).read()[:300])
        p.send_signal(signal.SIGTERM)
        cases.check("and ends when asked to, from " + name, p.wait(10) == 0, p.stderr.read())


def following_over_a_restart(cases, cgroups):
    """A daemon goes and another comes; what it publishes before the client is back is asked for."""
    path = "/run/oomwatchd/second.sock"
    options = ("--from=end", "--journal=no", "--socket=" + path, "--state=none")
    with Daemon(*options) as d:
        d.wait_ready()
        p = subprocess.Popen([CTL, "follow", "--json=short", "--socket", path, "hog"], stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE)
        time.sleep(1.0)
        before = kill_one(cgroups.add("r-1", 16), 64)
        d.events_of([before])
        d.stop()
    time.sleep(0.2)
    with Daemon(*options) as d:
        d.wait_ready()
        during = kill_one(cgroups.add("r-2", 16), 64)
        d.events_of([during])
        time.sleep(1.5)
        after = kill_one(cgroups.add("r-3", 16), 64)
        d.events_of([after])
        time.sleep(0.5)
        d.stop()
    time.sleep(1.0)
    p.send_signal(signal.SIGINT)
    patience = threading.Timer(20, p.kill)
    patience.start()
    out, err = p.communicate()
    patience.cancel()
    want = [before.pid, during.pid, after.pid]
    got = [json.loads(x)["victim"]["pid"] for x in out.splitlines()]
    cases.check("follow outlives a restart of the daemon and shows each kill once", [x for x in got if x in want] == want,
                (want, got))
    cases.check("says that it waits, each time, and that the daemon is back", err.count(b"waiting for oomwatchd") == 2
                and err.count(b"oomwatchd is back") == 1, err)
    cases.check("and ends well when interrupted while it waits", p.returncode == 0, p.returncode)


def following_from_before(cases, victims):
    words, want = [str(v.pid) for v in victims], [v.pid for v in victims]
    p = subprocess.Popen([CTL, "follow", "--json=short", "-D", "/run/log/journal", "-n", "1000", *words], stdout=subprocess.PIPE)
    patience = threading.Timer(20, p.kill)
    patience.start()
    got = [json.loads(p.stdout.readline() or "{}").get("victim", {}).get("pid") for _ in want]
    cases.check("follow -n gives the last events first, from the journal too", got == want, got)
    patience.cancel()
    p.terminate()
    p.wait()


def selftest(cases):
    p = ctl("selftest", "--json=short")
    answer = json.loads(p.out) if p.out else {}
    bad = [c["name"] for c in answer.get("checks", []) if not c["ok"]]
    cases.check("selftest passes on this machine", p.returncode == 0 and answer.get("ok") and "event arrived" not in bad,
                p.out + p.err)
    cases.check("and knows the command line", "command line" not in bad, bad)
    left = [x for x in os.listdir("/sys/fs/cgroup") + (os.listdir("/sys/fs/cgroup/memory")
            if os.path.isdir("/sys/fs/cgroup/memory") else []) if x.startswith("oomwatchd-selftest-%d" % p.pid)] \
        if hasattr(p, "pid") else []
    cases.check("and leaves no cgroup behind", not left, left)
    p = ctl("selftest")
    cases.check("and says so in words", p.returncode == 0 and "oomwatchd works." in p.out, p.out + p.err)


def main():
    need_root()
    private_run()
    configure()
    cases = Cases()
    folder, clean = scratch()
    with Journald(), MemoryCgroups("oomwctl-%d" % os.getpid()) as cgroups:
        before_anything(cases)
        with Daemon("--from=end", "--journal=yes", "--socket=" + SOCKET, "--state=none") as d:
            d.wait_ready()
            victims = [kill_one(cgroups.add("v%d" % i, 16), 64) for i in range(4)]
            d.events_of(victims)
            wait_for(lambda: len(events("list")) >= len(victims))
            journal_verbs(cases, victims)
            places(cases, victims, folder)
            permissions(cases)
            forgeries(cases)
            found_by_the_index(cases)
            following(cases, cgroups)
            following_from_before(cases, victims)
            d.read(1 << 30, 0.3)  # what else was killed on this machine: a full pipe would hold the daemon up
            selftest(cases)
        following_over_a_restart(cases, cgroups)  # with daemons of its own; in the unit's sandbox there is one at a time
    clean()
    cases.end()


main()
