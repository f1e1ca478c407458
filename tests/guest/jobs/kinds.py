"""Runs in a guest with three nodes of memory: has every kind of OOM kill happen beside the running service, and holds what
the journal says against what the job itself saw (the stories of tests/corpus/record). Prints TAP. Arguments after the
number of the boot pick stories."""
import json
import os
import subprocess
import sys
import time

os.environ["STORIES_VICTIM"] = "/in/tree/build/tests/corpus/record/victim"
sys.path[:0] = ["/in/tree/tests/corpus", "/in/tree/tests/corpus/record"]

import kit  # noqa: E402
import run as corpus  # noqa: E402
import stories  # noqa: E402,F401: fills kit.stories
from guest import Guest, cursor, events, wait_for  # noqa: E402

KINDS = ("own_limit", "pod_limit", "group_nested", "adjusted", "leader_gone", "names", "shmem", "swap_limit", "unkillable",
         "sysrq_f", "cpuset", "cpuset_hostile", "mempolicy", "global_no_swap", "global_swap_full", "global_locked")
g = Guest()


def happen(function):
    name = function.__name__
    since = cursor()
    s = kit.Story(name)
    _, counted, wrong = s.tell(function)
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


def ctl(*args):
    p = subprocess.run(("oomwatchctl",) + args, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                       universal_newlines=True, timeout=100)
    with open("/out/ctl", "a") as f:
        f.write("$ oomwatchctl %s\n%s\n" % (" ".join(args), p.stdout))
    return p.returncode, p.stdout


def asked():
    """What the person on call would do next; how it looked is in /out/ctl."""
    told = {e["id"]: e for e in events() if e["type"] in ("oom-kill", "oom-no-victim")}
    status, out = ctl("list", "--json=short")
    listed = [json.loads(x) for x in out.splitlines()]
    g.case("oomwatchctl list has every event, each once", status == 0 and sorted(told) == sorted(
        e["id"] for e in listed if e["type"] in ("oom-kill", "oom-no-victim")), out)
    codes = {e["verdict"]["code"] for e in told.values() if "verdict" in e}
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
    ctl("list")
    ctl("info", "-n", "3")


g.run(g.install, *(lambda f=f: happen(f) for f in kit.stories if f.__name__ in (sys.argv[2:] or KINDS)), g.healthy, asked)
g.end()
