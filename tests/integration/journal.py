#!/usr/bin/python3
"""The journal sink against a real journald: found by unit, binary-safe, never blocking, nothing lost without a word."""
import json
import os
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tools"))
from integration import BUILD, DAEMON, ROOT, Cases, Journald, need_root, private_run, start_daemon  # noqa: E402

KILL = "MESSAGE_ID=5ef39f0ddfef4293b8e652629a707eda"
PATIENCE = 60000  # ms


class Feed:
    """tests/tools/journal_feed: the sink in a process of its own, so that one that blocks is seen from outside."""

    def __init__(self):
        self.p = subprocess.Popen([BUILD + "/tests/tools/journal_feed"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                  text=True)

    def tell(self, command):
        self.p.stdin.write(command + "\n")
        self.p.stdin.flush()
        answer = self.p.stdout.readline()
        return {k: int(v) for k, v in (x.split("=") for x in answer.split())}

    def publish(self, count, first, kind="plain"):
        return self.tell("publish %d %d %s" % (count, first, kind))

    def drain(self, msec=PATIENCE):
        return self.tell("drain %d" % msec)

    def resident_kb(self):
        with open("/proc/%d/status" % self.p.pid) as f:
            return next(int(x.split()[1]) for x in f if x.startswith("VmRSS:"))

    def end(self):
        self.p.stdin.close()
        return self.p.wait()


def configure():
    os.makedirs("/run/systemd/journald.conf.d")
    with open("/run/systemd/journald.conf.d/test.conf", "w") as f:
        f.write("[Journal]\nStorage=volatile\nRuntimeMaxUse=500M\nRateLimitIntervalSec=0\nReadKMsg=no\n"
                "ForwardToWall=no\nForwardToSyslog=no\nForwardToConsole=no\nAudit=no\n")


def numbers(entries):
    return [int(e["OOM_PID"]) for e in entries]


def between(first, end):
    """What the journal has of those numbers, in its order."""
    subprocess.run(["journalctl", "--sync"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return [e for e in current.read(KILL) if first <= int(e["OOM_PID"]) < end]


def as_bytes(value):
    """journalctl prints what is not valid text as a list of numbers."""
    return bytes(value) if isinstance(value, list) else value.encode()


def stored(cases, feed):
    feed.publish(3, 0)
    got = current.wait_for(3, KILL)
    cases.check("events are stored, in order", numbers(got) == [0, 1, 2], got)
    e = got[0]
    expected = {"MESSAGE": "ruby of web.service was killed", "PRIORITY": "3", "SYSLOG_IDENTIFIER": "oomwatchd",
                "OOM_EVENT": "xx", "OOM_COMM": "ruby", "OOM_UID": "1000", "OOM_CMDLINE": "ruby -e puts 1",
                "OOM_CGROUP": "/system.slice/web.service", "OOM_UNIT": "oomwatch-test-web.service",
                "OOM_RECOVERED": "1", "OBJECT_SYSTEMD_UNIT": "oomwatch-test-web.service", "OBJECT_UID": "1000",
                "OBJECT_SYSTEMD_SLICE": "system.slice", "OBJECT_SYSTEMD_CGROUP": "/system.slice/web.service",
                "_TRANSPORT": "journal", "_UID": "0"}
    cases.check("with their fields", all(e.get(k) == v for k, v in expected.items()),
                {k: e.get(k) for k, v in expected.items() if e.get(k) != v})
    cases.check("and none of a pid that is not theirs", "OBJECT_PID" not in e and "OBJECT_COMM" not in e, e)
    cases.check("journalctl -u UNIT shows them", numbers(current.read("-u", "oomwatch-test-web.service")) == [0, 1, 2])
    cases.check("journalctl --user-unit UNIT shows them",
                numbers(current.read("--user-unit", "oomwatch-test-app.service")) == [0, 1, 2])
    cases.check("journalctl -p err shows them", numbers(current.read("-p", "err", KILL)) == [0, 1, 2])


def strange(cases, feed):
    feed.publish(1, 10, "hostile")
    e = current.wait_for(1, KILL, "OOM_PID=10")[0]
    cases.check("a newline in a name forges no field", as_bytes(e["OOM_COMM"]) == b"a\nOOM_PID=1\nb", e)
    cases.check("any byte of a name is stored", as_bytes(e["OOM_EXE"]) == b"/bin/\xff\0x", e)
    answer = feed.publish(1, 11, "large")
    e = current.wait_for(1, KILL, "OOM_PID=11")[0]
    cases.check("230 kB arrive whole", answer["sent"] == 5 and len(e["OOM_CGROUP"]) == 100000 and
                len(e["OBJECT_SYSTEMD_CGROUP"]) == 100000 and len(e["OOM_EVENT"]) == 30000, answer)


def stalled(cases, feed):
    os.kill(current.p.pid, signal.SIGSTOP)
    answer = feed.publish(2000, 1000)
    print("# stalled journald, 2000 events: %s, resident %d kB" % (answer, feed.resident_kb()))
    cases.check("a stalled journald blocks nobody", answer["waiting"] > 1000 and answer["dropped"] == 0, answer)
    os.kill(current.p.pid, signal.SIGCONT)
    answer = feed.drain()
    cases.check("what waited goes out when it reads again", answer["waiting"] == 0, answer)
    cases.check("all 2000, in order", numbers(between(1000, 3000)) == list(range(1000, 3000)))


def overfull(cases, feed):
    os.kill(current.p.pid, signal.SIGSTOP)
    answer = feed.publish(1000, 10000, "bulky")
    print("# 30 MB against 4 MiB of queue: %s, resident %d kB" % (answer, feed.resident_kb()))
    dropped = answer["dropped"]
    cases.check("an overfull queue drops", dropped > 500 and answer["waiting"] > 100, answer)
    os.kill(current.p.pid, signal.SIGCONT)
    answer = feed.drain()
    print("# drained: %s, resident %d kB" % (answer, feed.resident_kb()))
    entries = between(10000, 11000)
    at, said, right = 10000, 0, True
    for e in entries:
        said += int(e.get("OOM_DROPPED", 0))
        at += int(e.get("OOM_DROPPED", 0))
        right = right and int(e["OOM_PID"]) == at
        at += 1
    cases.check("each gap is told by the event behind it, to the number", right and at == 11000, numbers(entries)[:200])
    cases.check("the counter agrees", said == dropped == 1000 - len(entries), (said, dropped, len(entries)))


def absent(cases, feed):
    """Killed, gone for a while, started again: the queue waits for the next one."""
    global current
    before = feed.publish(1, 20000)
    between(20000, 20001)
    current.p.kill()
    current.p.wait()
    answer = feed.publish(500, 20001)
    cases.check("without journald events wait", answer["waiting"] == 500 and answer["dropped"] == before["dropped"],
                answer)
    answer = feed.drain(2500)
    errors = answer["errors"] - before["errors"]
    cases.check("and it is looked for once a second", answer["waiting"] == 500 and 1 <= errors <= 5, answer)
    os.unlink("/run/systemd/journal/socket")
    cases.check("nor does it matter that its socket is gone", feed.drain(1500)["waiting"] == 500)
    current = Journald()
    answer = feed.drain()
    cases.check("the next journald gets them", answer["waiting"] == 0, answer)
    got = current.wait_for(500, KILL, "OOM_UNIT=oomwatch-test-web.service", seconds=5)
    cases.check("all, in order", numbers(between(20000, 20501)) == list(range(20000, 20501)), len(got))


def play(story):
    """The daemon over a saved capture, to the journal."""
    return start_daemon([DAEMON, "--foreground", "--json", "--journal=yes", "--source=%s/tests/corpus/%s/kmsg" % (ROOT, story)],
                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def a_capture(cases):
    """Nothing makes the events of a capture again: a journald that is slow is waited for, one that is stuck is not for ever."""
    os.kill(current.p.pid, signal.SIGSTOP)
    p = play("6.18-v1/storm")
    time.sleep(1)
    os.kill(current.p.pid, signal.SIGCONT)
    out, err = p.communicate(timeout=30)
    want = [json.loads(x)["id"] for x in out.splitlines()]
    got = [e["OOM_ID"] for e in current.wait_for(len(want), *["OOM_ID=" + x for x in want], seconds=5)]
    cases.check("every event of a capture reaches a journald that was busy", got == want and p.returncode == 0,
                "%d of %d; %s" % (len(got), len(want), err))
    current.stall()
    start = time.time()
    out, err = play("6.18-v1/storm").communicate(timeout=30)
    os.kill(current.p.pid, signal.SIGCONT)
    cases.check("one that stays stuck is given up on, with a word", time.time() - start < 10 and b"did not take" in err, err)


def main():
    global current
    need_root()
    private_run()
    configure()
    cases = Cases()
    with Journald() as first:
        current = first
        feed = Feed()
        for story in (stored, strange, stalled, overfull, absent):
            story(cases, feed)
        cases.check("the feed ends well", feed.end() == 0)
        a_capture(cases)
        current.p.terminate()
        current.p.wait()
    cases.end()


current = None
main()
