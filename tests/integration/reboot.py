#!/usr/bin/python3
"""After a reboot the journal's kernel records of the boot before give the kills that nobody published, once. The reboot
is a boot id that changes under the daemon and a real journald; the kernel's records and the kills are real."""
import json
import os
import signal
import subprocess
import sys
import time
import uuid

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tools"))
from integration import (Cases, Daemon, Journald, MemoryCgroups, flood, kill_one, mount_file, need_root,  # noqa: E402
                         newest_and_oldest, private_run, SocketClient, skip, unmount)

BOOT_ID = "/proc/sys/kernel/random/boot_id"
OPTIONS = ("--journal=yes", "--state=/run/state", "--from=resume", "--socket=/run/events.sock")
KILL = "MESSAGE_ID=5ef39f0ddfef4293b8e652629a707eda"


def boot():
    """A new boot id for everybody in this mount namespace."""
    new = str(uuid.uuid4())
    unmount(BOOT_ID)
    with open("/run/boot_id", "w") as f:
        f.write(new + "\n")
    if not mount_file(BOOT_ID, "/run/boot_id"):
        skip("root", "cannot mount over " + BOOT_ID)
    return new.replace("-", "")


def published(journald, killed):
    subprocess.run(["journalctl", "--sync"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    pids = {str(k.pid) for k in killed}
    return [json.loads(e["OOM_EVENT"]) for e in journald.read(KILL) if e["OOM_PID"] in pids]


def of_boot(events, boot_id):
    return [e for e in events if e["boot_id"] == boot_id]


def kernel_lines(journald, killed, seconds=10):
    """Until journald has the kernel's own records of these kills."""
    end = time.time() + seconds
    while time.time() < end:
        subprocess.run(["journalctl", "--sync"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        text = "\n".join(str(e.get("MESSAGE")) for e in journald.read("_TRANSPORT=kernel"))
        if all("Killed process %d " % k.pid in text for k in killed):
            return True
        time.sleep(0.2)
    return False


def dies_with_them(cases, journald, boot_id, unseen):
    """journald takes nothing when the kills of the boot before are published, and the daemon is killed meanwhile."""
    journald.stall()
    with Daemon(*OPTIONS) as daemon:
        got = of_boot(daemon.events_of(unseen), boot_id)
        cases.check("they are published while journald stands still", len(got) == len(unseen), (got, daemon.log()))
        daemon.wait_ready()
        daemon.p.kill()
        daemon.p.wait()
    journald.resume()


def main():
    need_root()
    private_run()
    # a ring has no kills of before its boot; a storm of another test in it would push ours out of what clients can ask for
    flood(newest_and_oldest()[1])
    cases = Cases()
    first = boot()
    time.sleep(5)  # the kernel's rate limit of reports
    with MemoryCgroups("oomwatchd-reboot.slice") as groups:
        group = groups.add("web.service", 8)
        with Journald() as journald:
            daemon = Daemon(*OPTIONS)
            daemon.wait_ready()
            seen = [kill_one(group, 64, "seen %d" % i) for i in range(2)]
            daemon.events_of(seen)
            daemon.p.send_signal(signal.SIGSTOP)
            unseen = [kill_one(group, 64, "unseen %d" % i) for i in range(3)]
            cases.check("journald has the kernel's records", kernel_lines(journald, seen + unseen))
            before = published(journald, seen + unseen)
            cases.check("two kills were published before", len(before) == 2, before)
            daemon.p.kill()
            daemon.p.wait()
        second = boot()
        with Journald() as journald:
            dies_with_them(cases, journald, first, unseen)
            daemon = Daemon(*OPTIONS)
            daemon.wait_ready()
            daemon.read(1 << 30, 1)
            events = of_boot(published(journald, seen + unseen), first)
            got = [e for e in events if e.get("recovered")]
            print("# %s" % [(e["id"], e["report"]) for e in got])
            cases.check("the three others are published after the reboot",
                        [e["victim"]["pid"] for e in got] == [k.pid for k in unseen], (second, events, daemon.log()))
            cases.check("and nothing else of that boot", len(events) == 5, [e["id"] for e in events])
            cases.check("with ids of that boot, by the kernel's stamp", all(
                e["id"] == "%s-%d" % (first, e["monotonic_usec"]) and "kmsg_seq" not in e for e in got), got)
            cases.check("with their reports and cgroups", all(
                e["report"] in ("full", "suppressed") and (e["report"] != "full" or e["cgroup"]["path"] == group[1])
                for e in got), got)
            late = [(k.before, e["realtime_usec"], k.after) for k, e in zip(unseen, got)
                    if not k.before - 20000 <= e["realtime_usec"] <= k.after + 20000]
            cases.check("with the wall clock of then, to 20 ms", not late, late)
            cases.check("nothing of a process of today", not any(
                "exe" in e["victim"] or "cmdline" in e["victim"] for e in got), got)
            client = SocketClient("/run/events.sock")
            client.s.sendall(json.dumps({"after": before[-1]["id"]}).encode() + b"\n")
            ids = [e.get("id") for e in client.lines(1 << 30, 2)]
            cases.check("a client asks for them by the last id it had", [x for x in ids if x in {e["id"] for e in got}]
                        == [e["id"] for e in got], ids)
            daemon.p.kill()
            daemon.p.wait()
            os.unlink("/run/state/cursor")
            with open("/run/state/cursor", "w") as f:  # killed before it could say that it is another boot now
                f.write("oomwatchd 1 boot_id=%s kill=0 from=0 read=0 stamp=0\n" % first)
            daemon = Daemon(*OPTIONS)
            daemon.wait_ready()
            daemon.read(1 << 30, 1)
            again = of_boot(published(journald, seen + unseen), first)
            cases.check("never twice, even when it has to begin again", [e["id"] for e in again] ==
                        [e["id"] for e in events], [e["id"] for e in again])
            rest, status = daemon.stop()
            cases.check("it ends well", status == 0, (rest, daemon.log()))
    cases.end()


main()
