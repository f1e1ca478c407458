"""Runs in a guest with real systemd: installs the daemon, starts its unit, has the kernel kill, looks at what came out.
Prints TAP. What it saw is left in /out."""
import json
import os
import sys

from guest import (HOG, KILL, SOCKET, TREE, Guest, have_killed, kernel_count, kills, main_pid, property_of, read, sh,
                   wait_for, write)

sys.path.insert(0, TREE + "/tests/integration")
import storm as storm_tool  # noqa: E402

sys.path.append("/in/tree/tests/corpus")
import kit  # noqa: E402
import run as corpus  # noqa: E402
import stories  # noqa: E402

kit.VICTIM = "/in/tree/build/tests/corpus/record/victim"
g = Guest()


def of_unit(unit):
    return [e for e in kills() if e.get("identity", {}).get("unit") == unit]


def around_it():
    g.case("the group of the socket exists", "oomwatch" in read("/etc/group"))
    st = os.stat(SOCKET) if os.path.exists(SOCKET) else None
    g.case("the socket has mode 0660", st and st.st_mode & 0o777 == 0o660, st)
    g.case("systemd had nothing to say about the unit file", "oomwatchd" not in
           sh("journalctl", "-q", "-b", "_PID=1", "--grep", "oomwatchd.service:[0-9]+:"))
    score = sh("systemd-analyze", "security", "--no-pager", "oomwatchd").strip().splitlines()
    print("# " + (score[-1] if score else "no security score"))


def one_kill():
    sh("systemd-run", "--wait", "--unit=web", "-p", "MemoryMax=30M", "-p", "MemorySwapMax=0", HOG, "200", "5", "greedy")
    got = wait_for(lambda: of_unit("web.service"))
    g.case("a kill in a unit is one event", len(got) == 1, got)
    if not got:
        return
    e = got[0]
    g.case("scope, report and name are right", (e.get("scope"), e.get("report"), e["victim"].get("comm"))
         == ("memcg", "full", "greedy"), e)
    g.case("the limit is the unit's", e.get("cgroup", {}).get("limit_path") == "/system.slice/web.service", e)
    g.case("the verdict is its own limit", e.get("verdict", {}).get("code") == "cgroup-limit", e.get("verdict"))
    shown = sh("journalctl", "-q", "-u", "web.service", "--no-pager", "-t", "oomwatchd")
    g.case("journalctl -u of the unit shows it", "greedy" in shown, shown)
    shown = sh("journalctl", "-q", "-x", "--no-pager", "MESSAGE_ID=" + KILL)
    g.case("journalctl -x explains it", "Unit of the victim:" in shown and "web.service" in shown, shown)


def group_kill():
    before = len(kills())
    sh("systemd-run", "--wait", "--unit=pool", "-p", "MemoryMax=30M", "-p", "MemorySwapMax=0", "-p", "OOMPolicy=kill",
       "sh", "-c", "%s 1 20 & %s 1 20 & %s 200 20 & wait" % (HOG, HOG, HOG))
    wait_for(lambda: len(kills()) >= before + 4, 15)
    got = kills()[before:]
    grouped = [e for e in got if e.get("group")]
    pids = [e["victim"]["pid"] for e in got]
    if os.path.exists("/sys/fs/cgroup/cgroup.controllers"):
        g.case("a group kill is one event for each process", len(grouped) >= 2 and len(set(pids)) == len(pids), got)
    else:
        g.case("without cgroup v2 one process of the unit is killed, once", pids and len(set(pids)) == len(pids), got)


def global_kill():
    before = len(kills())
    sh("systemd-run", "--wait", "--unit=huge", "-p", "OOMPolicy=continue", HOG, "4096", "5", "huge")
    wait_for(lambda: len(kills()) > before, 60)
    got = [e for e in kills()[before:] if e["victim"].get("comm") == "huge"]
    g.case("a kill for want of the host's memory is one event", len(got) == 1, kills()[before:])
    if got:
        g.case("its scope is global, with the host's numbers", got[0].get("scope") == "global"
             and got[0].get("host_memory", {}).get("total_kb", 0) > 100000, got[0])


def swap_limits():
    """Of all kinds of kills (see the job kinds) the ones that cgroup v1 alone can make: memory and swap in one counter."""
    if os.path.exists("/sys/fs/cgroup/cgroup.controllers"):
        return
    for story in (stories.memsw, stories.memsw_first):
        before = len(kills())
        s = kit.Story(story.__name__)
        _, _, wrong = s.tell(story)
        got = wait_for(lambda: kills()[before:], 20)
        try:
            corpus.against_truth(got, s.truth)
        except ValueError as e:
            wrong = (e, got)
        g.case("%s: told as it was seen to happen" % s.name, s.truth and not wrong, wrong)
    shown = sh("oomwatchctl", "info", "verdict.code=swap-limit")
    g.case("oomwatchctl explains the limit of memory and swap", "memory+swap limit 24 MiB reached" in shown
           and "Memory+swap" in shown, shown)


def storm(count=60):
    before, counted = len(kills()), kernel_count()
    have_killed("storm", count, "storm")
    counted = kernel_count() - counted
    wait_for(lambda: len(kills()) >= before + counted, 30)
    got = kills()[before:]
    ids = [e["id"] for e in got]
    g.case("a storm of %d kills is as many events as the kernel counted" % count,
         len(got) == counted and len(set(ids)) == len(ids) and counted >= count,
         "kernel %d, events %d, different %d" % (counted, len(got), len(set(ids))))
    print("# storm: %d kills counted by the kernel, %d events, %d suppressed reports" % (
        counted, len(got), sum(e["report"] == "suppressed" for e in got)))


def tasks(pid):
    try:
        return os.listdir("/proc/%s/task" % pid)
    except OSError:
        return []


def storm_of_few_numbers():
    """The kernel begins anew at 300 (RESERVED_PIDS), and some numbers have to be free for everybody else. Of how many victims all is known, how many there were, in how many events something is another's."""
    before = len(kills())
    own = read("/proc/sys/kernel/pid_max")
    in_use = sum(int(x) >= 300 for t in os.listdir("/proc") if t.isdigit() for x in tasks(t))
    pid_max = str(300 + in_use + 90)
    write("/proc/sys/kernel/pid_max", pid_max)
    out = sh(storm_tool.STORM, "--tell", "--mode=exec", "--kills=150", "--groups=10", "--life-ms=20",
             preexec_fn=lambda: write("/proc/self/oom_score_adj", "0"))  # the job's own would be inherited
    write("/proc/sys/kernel/pid_max", own)
    truths = {bytes.fromhex(t["cmdline"]).split(b"\0")[0].decode(): t for t in map(json.loads, out.splitlines())}
    wait_for(lambda: len(kills()) >= before + len(truths), 30)
    got = kills()[before:]
    numbers = [n for t in truths.values() for n in [t["pid"], t["parents"][0][0]]]
    print("# pid_max %s: %d processes with %d numbers, %d events" % (pid_max, len(numbers), len(set(numbers)), len(got)))
    known, wrong = set(), []
    for e in got:
        name = e["victim"].get("cmdline", [""])[0]
        t = truths.get(name)
        if t and t["pid"] == e["victim"]["pid"] and storm_tool.known_of(t, e) == set(storm_tool.PARTS):
            known.add(name)
        elif name and (not t or t["pid"] != e["victim"]["pid"] or storm_tool.is_wrong(t, e)):
            wrong.append(e)
    reused = len(set(numbers)) < len(numbers) / 2
    return len(known), len(truths), wrong, reused and len(got) == len(truths)


def reused_numbers():
    """What is known of a process must never be told of the next one with its number."""
    all_wrong, complete, whole = [], False, True
    for _ in range(3):
        known, count, wrong, fair = storm_of_few_numbers()
        print("# %d of %d wholly known, %d with something of another's" % (known, count, len(wrong)))
        all_wrong, whole, complete = all_wrong + wrong, whole and fair, known == count
        if complete:
            break
    g.case("numbers go round in a storm, and each kill is an event", whole)
    g.case("nothing in them is another process's", not all_wrong, all_wrong[:3])
    g.case("all is known of all victims", complete)


def metrics():
    """In the unit's own sandbox, for a collector that is another user."""
    folder = "/var/lib/prometheus/node-exporter"
    os.makedirs(folder)
    write("/etc/default/oomwatchd", 'OOMWATCHD_OPTIONS="--metrics-file=%s/oomwatchd.prom --cmdline=argv0"\n' % folder)
    sh("systemctl", "restart", "oomwatchd")
    have_killed("measured", 2, "measured")

    def line():
        return [x for x in read(folder + "/oomwatchd.prom").splitlines() if "measured.service" in x and x.endswith(" 2")]
    g.case("the metrics file counts a unit's kills", len(wait_for(line, 20)) == 1, read(folder + "/oomwatchd.prom"))
    st = os.stat(folder + "/oomwatchd.prom")
    g.case("whoever collects may read it", st.st_mode & 0o004, oct(st.st_mode))
    got = [e["victim"].get("cmdline") for e in kills() if e["victim"].get("comm") == "measured"]
    g.case("--cmdline=argv0 keeps arguments inside", got == [[HOG]] * 2, got)


def restart():
    sh("kill", "-9", str(main_pid()))
    sh("systemd-run", "--wait", "--unit=gap", "-p", "MemoryMax=30M", "-p", "MemorySwapMax=0", HOG, "200", "5", "gap")
    wait_for(lambda: property_of("oomwatchd", "ActiveState") == "active", 30)
    got = wait_for(lambda: of_unit("gap.service") or [e for e in kills() if e["victim"].get("comm") == "gap"])
    ids = [e["id"] for e in kills()]
    g.case("a kill while the daemon was killed itself is published", len(got) == 1, got)
    g.case("no kill is published twice after a restart", len(set(ids)) == len(ids),
         [i for i in ids if ids.count(i) > 1])
    sh("systemctl", "stop", "oomwatchd")
    g.case("it stops with status 0", property_of("oomwatchd", "ExecMainStatus") == "0", sh("systemctl", "status", "oomwatchd"))


g.run(g.install, around_it, one_kill, group_kill, global_kill, swap_limits, storm, reused_numbers, g.healthy, metrics,
      restart)
g.end()
