"""Runs in a guest with real systemd: the integration tests, each daemon of theirs inside the sandbox of the installed unit
(tests/tools/sandbox.py). Prints TAP. Arguments after the number of the boot pick scripts.

A script that is not run so stands in NOT_HERE with its reason, one that jobs/sandbox_rest.py runs in REST; what is in
neither must run, pass and skip nothing."""
import os
import re
import subprocess
import sys
import time

from guest import TREE, Guest, sh

NOT_HERE = {
    "ctl_completion": "starts no daemon",
    "ctl_explain": "starts no daemon",
    "ctl_html": "starts no daemon",
    "namespace": "is of a daemon in a container's own pid namespace, which the unit never is in",
}
REST = {
    "journal": "most of it is of the sink in a process of its own",
    "loss": "takes two minutes",
    "metrics": "wants a package more in the guest; jobs/service.py looks at the unit's metrics file",
    "restart": "takes a minute; jobs/survive.py restarts the unit in a storm",
}
SCRIPTS = sorted(x[:-3] for x in os.listdir(TREE + "/tests/integration") if x.endswith(".py"))
g = Guest()


def as_others():
    """The job itself may not be killed, and whom a test wants killed would inherit that."""
    with open("/proc/self/oom_score_adj", "w") as f:
        f.write("0")


def run(name):
    began = time.monotonic()
    try:
        p = subprocess.run(["%s/tests/integration/%s.py" % (TREE, name)], cwd=TREE, stdin=subprocess.DEVNULL,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=400, check=False, preexec_fn=as_others,
                           env=dict(os.environ, OOMWATCHD_SANDBOX="1", LC_ALL="C", TZ="UTC"))
        status, out = p.returncode, p.stdout.decode("utf-8", "replace")
    except subprocess.TimeoutExpired as e:
        status, out = "none within %d s" % e.timeout, (e.stdout or b"").decode("utf-8", "replace")
    with open("/out/%s.log" % name, "w") as f:
        f.write(out)
    lines = out.splitlines()
    good = [x for x in lines if re.match(r"ok \d+ - (?!.*# SKIP)", x)]
    skipped = [re.sub(r"ok \d+ - ", "", x) for x in lines if re.match(r"ok \d+ - .*# SKIP", x)]
    bad = [i for i, x in enumerate(lines) if x.startswith("not ok")]
    plan = re.findall(r"^1\.\.(\d+)$", out, re.M)
    starts = int((re.findall(r"^# sandboxed: (\d+) starts$", out, re.M) or [0])[0])
    for x in lines:
        if x.startswith("# ") and not x.startswith("# sandboxed"):
            print("# %s: %s" % (name, x[2:200]))
    # the lines behind a failed case say why
    why = [x for i in bad for x in lines[i:i + 4]] or lines[-25:]
    g.case("%s: %d cases, %d daemons in the sandbox, %.0f s" % (name, len(good), starts, time.monotonic() - began),
           status == 0 and not bad and good and starts and plan == [str(len(good) + len(skipped))],
           "\n".join(["exit status %s, plan %s" % (status, plan)] + why))
    g.case("%s: skips nothing" % name, not skipped, skipped)


def main():
    g.install()
    sh("systemctl", "stop", "oomwatchd")
    left = {**NOT_HERE, **REST}
    of_this_job = sorted(REST) if os.environ.get("SANDBOX_REST") else [x for x in SCRIPTS if x not in left]
    chosen = sys.argv[2:] or of_this_job
    for name, why in left.items():
        if name not in chosen:
            print("# not run: %s: %s" % (name, why))
    g.case("what is left out is there, and is no more than eight", len(left) == 8 and not left.keys() - set(SCRIPTS), SCRIPTS)
    for name in chosen:
        g.run(lambda n=name: run(n))
    print("# %.0f s" % (time.monotonic() - g.began))


main()
g.end()
