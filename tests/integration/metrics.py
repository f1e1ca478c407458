#!/usr/bin/python3
"""The metrics file as a real prometheus-node-exporter reads it: names chosen by whoever names a cgroup, more of them than
there are series, real kills, and a folder that cannot be written for a while."""
import hashlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tools"))
from integration import (DAEMON, Cases, Daemon, MemoryCgroups, kill_one, mount_empty, need_root, private_run,  # noqa: E402
                         skip, start_daemon)

FOLDER = "/run/textfile"
TREE = "/run/tree"
FILE = FOLDER + "/oomwatchd.prom"
PLACES = ("/usr/bin/prometheus-node-exporter", "/var/cache/oomwatchd-tests/usr/bin/prometheus-node-exporter")
SERIES = 512
MAN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "man", "oomwatchd.8")
ESCAPES = {"\\n": "\n", '\\"': '"', "\\\\": "\\"}
# names of containers: as Docker's file has them, and as a label has to have them
HOSTILE = {
    b'quote\\"': 'quote"',
    b'back\\\\slash\\\\': 'back\\slash\\',
    b'line\\noomwatchd_forged_total 1\\n': "line\noomwatchd_forged_total 1\n",
    b'brace\\"} 7 #': 'brace"} 7 #',
    b'invalid\xff\xfe': "",  # no JSON, so no name
    b'tab\\tbell\\u0007': "tab\tbell\a",
    b'na\xc3\xafve \\u00e9': "na\u00efve \u00e9",
    b'comma,equals=': "comma,equals=",
}


class Exporter:
    def __init__(self):
        program = shutil.which("prometheus-node-exporter") or next((p for p in PLACES if os.access(p, os.X_OK)), None)
        if not program:
            skip("node-exporter", "prometheus-node-exporter is not installed (tests/setup check fetches it)")
        with socket.socket() as s:  # a port that is free
            s.bind(("127.0.0.1", 0))
            self.address = "127.0.0.1:%d" % s.getsockname()[1]
        self.p = subprocess.Popen([program, "--collector.disable-defaults", "--collector.textfile",
                                   "--collector.textfile.directory=" + FOLDER, "--web.listen-address=" + self.address],
                                  stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def samples(self):
        """What it exports: (name, labels) to value."""
        for _ in range(100):
            try:
                with urllib.request.urlopen("http://%s/metrics" % self.address, timeout=10) as f:
                    text = f.read().decode()
                break
            except OSError:
                time.sleep(0.1)
        out = {}
        for line in text.split("\n"):
            m = re.match(r'^(\w+)(?:\{(.*)\})? (\S+)$', line)
            if not m or line.startswith("#"):
                continue
            labels = {k: re.sub(r'\\.', lambda x: ESCAPES[x.group()], v)
                      for k, v in re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', m.group(2) or "")}
            out[m.group(1), tuple(sorted(labels.items()))] = float(m.group(3))
        return out

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.p.terminate()
        self.p.wait()


def report(seq, name, pid):
    path = "/system.slice/" + name
    lines = ("4;x invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0",
             "6;oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=%s,task_memcg=%s,"
             "task=x,pid=%d,uid=0" % (path, path, pid),
             "3;Memory cgroup out of memory: Killed process %d (x) total-vm:9kB, anon-rss:8kB, file-rss:0kB, "
             "shmem-rss:0kB, UID:0 pgtables:4kB oom_score_adj:0" % pid)
    return "".join("%s,%d,%d,-;%s\n" % (level, seq + i, 1000000 + seq + i, text)
                   for i, (level, text) in enumerate(x.split(";", 1) for x in lines))


def container(name):
    """A container of this name, by Docker's own file; returns its scope."""
    number = hashlib.sha256(name).hexdigest()
    folder = "%s/var/lib/docker/containers/%s" % (TREE, number)
    os.makedirs(folder)
    with open(folder + "/config.v2.json", "wb") as f:
        f.write(b'{"ID":"%s","Name":"/%s","Config":{"Image":"x"}}' % (number.encode(), name))
    return "docker-%s.scope" % number


def publish(names):
    p = start_daemon([DAEMON, "-f", "--json", "--source=-", "--root=" + TREE, "--metrics-file=" + FILE],
                     stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    p.stdin.write("".join(report(3 * i, name, 100 + i) for i, name in enumerate(names)).encode())
    p.stdin.close()
    if p.wait(60) != 0:
        raise AssertionError("exit status %d" % p.returncode)


def kills_of(samples, label):
    return {dict(labels)[label]: v for (name, labels), v in samples.items()
            if name == "oomwatchd_kills_total" and label in dict(labels)}


def hostile(cases, exporter):
    publish([container(x) for x in HOSTILE] * 2)
    samples = exporter.samples()
    cases.check("the collector has nothing against the file", samples["node_textfile_scrape_error", ()] == 0, samples)
    cases.check("each name arrives as it is", kills_of(samples, "container") == {v: 2 for v in HOSTILE.values()},
                kills_of(samples, "container"))
    cases.check("and none becomes a metric", not [n for n, _ in samples if "forged_total" in n], samples)
    cases.check("the program's version is there", sum(n == "oomwatchd_build_info" for n, _ in samples) == 1)


def many(cases, exporter):
    publish(["job-%d.service" % i for i in range(3000)])
    samples = exporter.samples()
    kills = kills_of(samples, "unit")
    retired = samples["oomwatchd_kills_retired_total", ()]
    cases.check("of 3000 units %d have a series, and no kill is missing from the sum" % SERIES,
                len(kills) == SERIES and sum(kills.values()) + retired == 3000, (len(kills), retired))
    size = os.stat(FILE).st_size
    print("# %d series, %d bytes" % (len(kills), size))
    cases.check("the file is bounded", size < SERIES * 5 * 300, size)


def real(cases, exporter):
    os.unlink(FILE)
    with MemoryCgroups("oomwatchd-metrics.slice") as groups, \
            Daemon("--root=" + TREE, "--metrics-file=" + FILE) as daemon:
        group = groups.add(container(b'we\\"b'), 8)
        daemon.wait_ready()
        killed = [kill_one(group, 64) for _ in range(3)]
        cases.check("three kills are three events", len(daemon.events_of(killed)) == 3)
        end, kills = time.time() + 10, {}
        while kills.get('we"b') != 3 and time.time() < end:
            time.sleep(0.2)
            kills = kills_of(exporter.samples(), "container")
        cases.check("and stand under the container's name within seconds", kills.get('we"b') == 3, kills)
        last = exporter.samples()["oomwatchd_last_kill_timestamp_seconds", ()]
        cases.check("with the time of the last", killed[2].before <= last * 1e6 + 5000 and
                    last * 1e6 <= killed[2].after + 5000, (killed[2].before, last, killed[2].after))
        unwritable(cases, exporter, daemon, group)
        cases.check("it ends well", daemon.stop()[1] == 0)


def unwritable(cases, exporter, daemon, group):
    """A full disk: the file stays as it was, and is right again when there is room."""
    before = exporter.samples()["oomwatchd_last_kill_timestamp_seconds", ()]
    ballast = os.open(FOLDER + "/ballast", os.O_WRONLY | os.O_CREAT)
    try:
        while True:
            os.write(ballast, bytes(4096))
    except OSError:
        os.close(ballast)
    killed = kill_one(group, 64)
    cases.check("with a full disk a kill is an event", len(daemon.events_of([killed])) == 1)
    time.sleep(2)
    samples = exporter.samples()
    cases.check("the old file stays whole", samples["oomwatchd_last_kill_timestamp_seconds", ()] == before and
                samples["node_textfile_scrape_error", ()] == 0, samples)
    cases.check("no half-written one lies beside it", sorted(os.listdir(FOLDER)) == ["ballast", "oomwatchd.prom"],
                os.listdir(FOLDER))
    os.unlink(FOLDER + "/ballast")
    daemon.p.send_signal(signal.SIGHUP)
    end = time.time() + 10
    while time.time() < end and exporter.samples()["oomwatchd_last_kill_timestamp_seconds", ()] == before:
        time.sleep(0.2)
    cases.check("and is written when there is room",
                exporter.samples()["oomwatchd_last_kill_timestamp_seconds", ()] > before)
    cases.check("the failure was one line in the log", daemon.log().count("No space left") == 1, daemon.log())


def documented(cases, exporter):
    with open(MAN) as f:
        man = f.read()
    names = {name[len("oomwatchd_"):] for name, _ in exporter.samples() if name.startswith("oomwatchd_")}
    missing = [x for x in names if not re.search(r"^\.It Li (.* )?%s( |$)" % x, man, re.M)]
    cases.check("each name is in oomwatchd(8)", names and not missing, missing)


def main():
    need_root()
    private_run()
    os.mkdir(FOLDER)
    mount_empty(FOLDER, "size=4m,mode=755")
    cases = Cases()
    with Exporter() as exporter:
        hostile(cases, exporter)
        many(cases, exporter)
        real(cases, exporter)
        documented(cases, exporter)
    cases.end()


main()
