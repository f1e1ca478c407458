#!/usr/bin/python3
"""A cgroup made by somebody below a service must not borrow another container's or pod's name."""
import atexit
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tools"))
from integration import Cases, Daemon, MemoryCgroups, kill_one, mount_empty, need_root, private_run, unmount  # noqa: E402

BANK = "3f2a7c81d4e5b69708192a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f"
POD = "5a1c7f3e-0d3b-4b6e-9a55-1f2e3d4c5b6a"
USER = 54321
PLACES = ("/var/lib/docker", "/var/lib/containers", "/var/log/pods")


def files():
    """docker's and podman's file of a container, the kubelet's of a pod, for this process and the daemon alone."""
    for d in PLACES:
        if not os.path.exists(d):
            os.mkdir(d)
            atexit.register(lambda d=d: (unmount(d), os.rmdir(d)))
        mount_empty(d)
    os.makedirs("/var/lib/docker/containers/" + BANK)
    with open("/var/lib/docker/containers/%s/config.v2.json" % BANK, "w") as f:
        json.dump({"ID": BANK, "Name": "/bank", "Config": {"Image": "bank:1"}}, f)
    os.makedirs("/var/lib/containers/storage/overlay-containers")
    with open("/var/lib/containers/storage/overlay-containers/containers.json", "w") as f:
        json.dump([{"id": BANK, "names": ["bank"]}], f)
    os.makedirs("/var/log/pods/finance_bank-0_%s" % POD)


def told(daemon, group):
    one = kill_one(group, 64)
    i = daemon.events_of([one])[0].get("identity", {})
    return i.get("unit"), i.get("container", {}).get("name"), i.get("pod", {}).get("name"), i.get("pod", {}).get("uid")


def main():
    need_root()
    private_run()
    files()
    cases = Cases()
    with MemoryCgroups("oomwatchd-delegated.slice") as groups, Daemon("--from=end") as daemon:
        groups.add("web.service", 64)
        bank = groups.add("web.service/libpod-payload-" + BANK, 8)
        docker = groups.add("docker-%s.scope" % BANK, 8)
        strange = groups.add("web.service/docker-%s.scope" % BANK, 8)
        groups.add("web.service/payload", 64)
        nspawn = groups.add("web.service/payload/libpod-payload-" + BANK, 8)
        ci = groups.add("ci.service", 64)
        os.chown(ci[0], USER, -1)
        posing = groups.add("ci.service/libpod-payload-" + BANK, 8)
        groups.add("ci.service/kubepods", 64)
        pod = groups.add("ci.service/kubepods/pod" + POD, 8)
        daemon.wait_ready()
        got = told(daemon, bank)
        cases.check("root's own container has its name", got == ("web.service", "bank", None, None), got)
        got = told(daemon, docker)
        cases.check("and one that is a unit", got == ("docker-%s.scope" % BANK, "bank", None, None), got)
        got = told(daemon, strange)
        cases.check("a scope in a service is not systemd's", got == ("web.service", None, None, None), got)
        got = told(daemon, nspawn)
        cases.check("in a machine of no name its id has none", got == ("web.service", None, None, None), got)
        got = told(daemon, posing)
        cases.check("below a user's service its id does not", got == ("ci.service", None, None, None), got)
        got = told(daemon, pod)
        cases.check("nor does another's pod", got == ("ci.service", None, None, None), got)
        daemon.stop()
    cases.end()


main()
