"""Runs in a guest with real systemd: installs the daemon, starts its unit, has the kernel kill, looks at what came out.
Prints TAP. What it saw is left in /out."""
import json
import os
import subprocess
import sys
import time

TREE = "/in/tree"
HOG = TREE + "/build/tests/tools/hog"
KILL = "5ef39f0ddfef4293b8e652629a707eda"
results = []


def sh(*argv, check=False):
    return subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True,
                          check=check, timeout=200).stdout


def case(name, good, detail=""):
    results.append(bool(good))
    print("%s %d - %s" % ("ok" if good else "not ok", len(results), name), flush=True)
    if not good and detail:
        print("\n".join("# " + x for x in str(detail)[-6000:].splitlines()), flush=True)


def events(*match):
    out = sh("journalctl", "-q", "-o", "json", "--no-pager", "--all", *(match or ("SYSLOG_IDENTIFIER=oomwatchd",)))
    return [json.loads(json.loads(x)["OOM_EVENT"]) for x in out.splitlines() if '"OOM_EVENT"' in x]


def kills():
    return [e for e in events("MESSAGE_ID=" + KILL)]


def wait_for(what, seconds=30):
    end = time.monotonic() + seconds
    while True:
        got = what()
        if got or time.monotonic() > end:
            return got
        time.sleep(0.3)


def of_unit(unit):
    return [e for e in kills() if e.get("identity", {}).get("unit") == unit]


def kernel_count():
    with open("/proc/vmstat") as f:
        return sum(int(x.split()[1]) for x in f if x.startswith("oom_kill "))


def install_and_start():
    log = sh("make", "-C", TREE, "install", "PREFIX=/usr")
    case("make install installs", os.path.exists("/usr/lib/systemd/system/oomwatchd.service"), log)
    case("make install compiles nothing again", " CC " not in log, log)
    log = sh("systemctl", "start", "oomwatchd")
    state = sh("systemctl", "is-active", "oomwatchd").strip()
    case("the unit starts", state == "active", log + sh("systemctl", "status", "--no-pager", "-l", "oomwatchd"))
    case("the group of the socket exists", "oomwatch" in open("/etc/group").read())
    st = os.stat("/run/oomwatchd/events.sock") if os.path.exists("/run/oomwatchd/events.sock") else None
    case("the socket has mode 0660", st and st.st_mode & 0o777 == 0o660, st)
    case("systemd had nothing to say about the unit file", "oomwatchd" not in
         sh("journalctl", "-q", "-b", "_PID=1", "--grep", "oomwatchd.service:[0-9]+:"))
    score = sh("systemd-analyze", "security", "--no-pager", "oomwatchd").strip().splitlines()
    print("# " + (score[-1] if score else "no security score"))


def one_kill():
    sh("systemd-run", "--wait", "--unit=web", "-p", "MemoryMax=30M", "-p", "MemorySwapMax=0", HOG, "200", "5", "greedy")
    got = wait_for(lambda: of_unit("web.service"))
    case("a kill in a unit is one event", len(got) == 1, got)
    if not got:
        return
    e = got[0]
    case("scope, report and name are right", (e.get("scope"), e.get("report"), e["victim"].get("comm"))
         == ("memcg", "full", "greedy"), e)
    case("the limit is the unit's", e.get("cgroup", {}).get("limit_path") == "/system.slice/web.service", e)
    case("the verdict is its own limit", e.get("verdict", {}).get("code") == "cgroup-limit", e.get("verdict"))
    shown = sh("journalctl", "-q", "-u", "web.service", "--no-pager", "-t", "oomwatchd")
    case("journalctl -u of the unit shows it", "greedy" in shown, shown)
    shown = sh("journalctl", "-q", "-x", "--no-pager", "MESSAGE_ID=" + KILL)
    case("journalctl -x explains it", "Unit of the victim:" in shown and "web.service" in shown, shown)


def group_kill():
    before = len(kills())
    sh("systemd-run", "--wait", "--unit=pool", "-p", "MemoryMax=30M", "-p", "MemorySwapMax=0", "-p", "OOMPolicy=kill",
       "sh", "-c", "%s 1 20 & %s 1 20 & %s 200 20 & wait" % (HOG, HOG, HOG))
    wait_for(lambda: len(kills()) >= before + 4, 15)
    got = kills()[before:]
    grouped = [e for e in got if e.get("group")]
    pids = [e["victim"]["pid"] for e in got]
    if os.path.exists("/sys/fs/cgroup/cgroup.controllers"):
        case("a group kill is one event for each process", len(grouped) >= 2 and len(set(pids)) == len(pids), got)
    else:
        case("without cgroup v2 one process of the unit is killed, once", pids and len(set(pids)) == len(pids), got)


def global_kill():
    before = len(kills())
    sh("systemd-run", "--wait", "--unit=huge", "-p", "OOMPolicy=continue", HOG, "4096", "5", "huge")
    wait_for(lambda: len(kills()) > before, 60)
    got = [e for e in kills()[before:] if e["victim"].get("comm") == "huge"]
    case("a kill for want of the host's memory is one event", len(got) == 1, kills()[before:])
    if got:
        case("its scope is global, with the host's numbers", got[0].get("scope") == "global"
             and got[0].get("host_memory", {}).get("total_kb", 0) > 100000, got[0])
    case("the daemon lives", sh("systemctl", "is-active", "oomwatchd").strip() == "active")
    case("the daemon was not restarted", sh("systemctl", "show", "-p", "NRestarts", "oomwatchd").strip()
         == "NRestarts=0", sh("journalctl", "-u", "oomwatchd", "--no-pager"))


def storm(count=60):
    before, counted = len(kills()), kernel_count()
    sh("systemd-run", "--wait", "--unit=storm", "-p", "MemoryMax=24M", "-p", "MemorySwapMax=0", "-p",
       "OOMPolicy=continue", "-p", "OOMScoreAdjust=-999", "sh", "-c", "i=0; while [ $i -lt %d ]; do %s 100 1 storm; i=$((i+1)); done; true"
       % (count, HOG))
    counted = kernel_count() - counted
    wait_for(lambda: len(kills()) >= before + counted, 30)
    got = kills()[before:]
    ids = [e["id"] for e in got]
    case("a storm of %d kills is as many events as the kernel counted" % count,
         len(got) == counted and len(set(ids)) == len(ids) and counted >= count,
         "kernel %d, events %d, different %d" % (counted, len(got), len(set(ids))))
    print("# storm: %d kills counted by the kernel, %d events, %d suppressed reports" % (
        counted, len(got), sum(e["report"] == "suppressed" for e in got)))


def complaints():
    """What the daemon itself had to say at warning or above: a sandbox that forbids something it needs shows here."""
    lines = [json.loads(x) for x in sh("journalctl", "-q", "-u", "oomwatchd", "-p", "warning", "-o", "json",
                                       "--no-pager", "--all").splitlines() if x.startswith("{")]
    own = [x.get("MESSAGE") for x in lines if "MESSAGE_ID" not in x]
    case("the daemon misses nothing in its sandbox", not own, own)
    for key in ("MemoryCurrent", "CPUUsageNSec"):
        print("# " + sh("systemctl", "show", "-p", key, "oomwatchd").strip())


def restart():
    pid = sh("systemctl", "show", "-p", "MainPID", "--value", "oomwatchd").strip()
    sh("kill", "-9", pid)
    sh("systemd-run", "--wait", "--unit=gap", "-p", "MemoryMax=30M", "-p", "MemorySwapMax=0", HOG, "200", "5", "gap")
    wait_for(lambda: sh("systemctl", "is-active", "oomwatchd").strip() == "active", 30)
    got = wait_for(lambda: of_unit("gap.service") or [e for e in kills() if e["victim"].get("comm") == "gap"])
    ids = [e["id"] for e in kills()]
    case("a kill while the daemon was killed itself is published", len(got) == 1, got)
    case("no kill is published twice after a restart", len(set(ids)) == len(ids),
         [i for i in ids if ids.count(i) > 1])
    old = sh("systemctl", "show", "-p", "MainPID", "--value", "oomwatchd").strip()
    sh("systemctl", "stop", "oomwatchd")
    case("it stops with status 0", "ExecMainStatus=0" in
         sh("systemctl", "show", "-p", "ExecMainStatus", "oomwatchd"), sh("systemctl", "status", "oomwatchd") + old)


def main():
    print("# %s" % sh("uname", "-a").strip())
    jobs = (install_and_start, one_kill, group_kill, global_kill, storm, complaints, restart)
    for job in jobs:
        try:
            job()
        except Exception as e:  # a broken step must not hide the others
            case("%s runs" % job.__name__, False, repr(e))
    print("1..%d" % len(results))
    with open("/out/journal", "w") as f:
        f.write(sh("journalctl", "-b", "--no-pager", "-o", "short-precise"))
    with open("/out/events", "w") as f:
        f.writelines(json.dumps(e) + "\n" for e in events())
    subprocess.run("dd if=/dev/kmsg of=/out/kmsg bs=8192 iflag=nonblock 2>/dev/null", shell=True)
    sys.exit(0 if all(results) else 1)


main()
