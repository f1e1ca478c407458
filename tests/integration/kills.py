#!/usr/bin/python3
"""Real kills in small memory cgroups: each is an event on stdout, in a real journald and on the socket, once and right."""
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tools"))
from integration import (Cases, Daemon, Journald, MemoryCgroups, SocketClient, kill_one, need_root,  # noqa: E402
                         private_run)

STORM = 60
KILL_ID = "5ef39f0ddfef4293b8e652629a707eda"
SOCKET = "/run/events.sock"


def forge(text):
    with open("/dev/kmsg", "w") as f:
        f.write(text)


def main():
    need_root()
    private_run()
    cases = Cases()
    with MemoryCgroups("oomwatchd-test.slice") as groups, Journald() as journald, \
            Daemon("--journal=yes", "--socket=" + SOCKET, "--metrics-file=/run/oomwatchd.prom") as daemon:
        unit = groups.add("sidekiq.service", 8)
        storm = groups.add("storm.service", 8)
        daemon.wait_ready()
        client = SocketClient(SOCKET)
        hello = client.lines(1)[0]

        # one kill, looked at closely
        one = kill_one(unit, 64, "a b")
        events = daemon.events_of([one])
        cases.check("one kill is one event", len(events) == 1, daemon.log())
        e = events[0]
        cases.check("its cgroup is the victim's", e["cgroup"]["path"] == one.cgroup, e["cgroup"])
        cases.check("its wall clock lies within 5 ms of the kill",
                    one.before - 5000 <= e["realtime_usec"] <= one.after + 5000, (one.before, e["realtime_usec"], one.after))
        cases.check("its uid and scope are right", (e["victim"]["uid"], e["scope"]) == (0, "memcg"), e)
        cases.check("the unit is read from the path", e["identity"].get("unit") == "sidekiq.service", e.get("identity"))

        # a storm: the kernel suppresses most reports
        killed = [kill_one(storm, 64, "worker %d" % i) for i in range(STORM)]
        seconds = (killed[-1].after - killed[0].before) / 1e6
        print("# %d kills in %.2f s" % (STORM, seconds))
        storm_events = daemon.events_of(killed)
        cases.check("a storm of %d kills is %d events" % (STORM, STORM), len(storm_events) == STORM, len(storm_events))
        cases.check("in order, with the pids that waitpid saw",
                    [x["victim"]["pid"] for x in storm_events] == [k.pid for k in killed])
        cases.check("no id twice", len({x["id"] for x in storm_events}) == STORM)
        kinds = {k: sum(x["report"] == k for x in storm_events) for k in ("full", "partial", "suppressed")}
        print("# reports: %s" % kinds)
        cases.check("suppressed reports are called so", kinds["suppressed"] >= STORM - 10 * (2 + seconds // 5)
                    and kinds["partial"] == 0, kinds)
        limits = [(x["report"], x.get("cgroup", {}).get("path"), x.get("cgroup", {}).get("limit_path"),
                   x.get("cgroup", {}).get("memory", {}).get("limit_kb"), x["sources"].get("limit")) for x in storm_events]
        cases.check("a report names its limit, and without one it is read off the victim's cgroup where that is known",
                    all(x[2:] == (storm[1], 8192, None if x[0] == "full" else "live") if x[1] else x[2:] == (None,) * 3
                        for x in limits), limits)
        cases.check("and so the verdict", all((x.get("verdict", {}).get("code") == "cgroup-limit") == ("path" in x.get(
            "cgroup", {})) for x in storm_events), [x.get("verdict") for x in storm_events])
        late = [(k.before, x["realtime_usec"], k.after) for k, x in zip(killed, storm_events)
                if not k.before - 5000 <= x["realtime_usec"] <= k.after + 5000]
        cases.check("every wall clock lies within 5 ms of its kill", not late, late)
        wrong = [(x["cgroup"], k.argv, x["victim"].get("cmdline")) for k, x in zip(killed, storm_events)
                 if x.get("cgroup", {}).get("path", k.cgroup) != k.cgroup or x["victim"].get("cmdline", k.argv) != k.argv]
        cases.check("no kill has another's cgroup or command line", not wrong, wrong)
        print("# with a command line: %d, with a cgroup: %d of %d" % (
            sum("cmdline" in x["victim"] for x in storm_events), sum("cgroup" in x for x in storm_events), STORM))

        # the same on the socket and in the journal
        ids = {x["id"] for x in events + storm_events}
        cases.check("the socket says hello with the boot id",
                    hello["type"] == "hello" and e["id"].startswith(hello["boot_id"]), hello)
        live = [x for x in client.lines(1 << 30, 1) if x.get("id") in ids]
        cases.check("the socket has the same events", live == events + storm_events, len(live))
        entries = journald.wait_for(STORM + 1, "MESSAGE_ID=" + KILL_ID)
        entries = [x for x in entries if x["OOM_ID"] in ids]
        cases.check("the journal has the same events",
                    [json.loads(x["OOM_EVENT"]) for x in entries] == events + storm_events, len(entries))
        x = entries[0]
        cases.check("with flat fields", (x["OOM_ID"], x["OOM_PID"], x["OOM_CGROUP"], x["MESSAGE"]) ==
                    (e["id"], str(one.pid), one.cgroup, e["summary"]), x)
        shown = journald.read("-u", "sidekiq.service")
        cases.check("journalctl -u shows the unit's own kill", [m.get("OOM_ID") for m in shown] == [e["id"]], shown)
        cases.check("never OBJECT_PID", not any("OBJECT_PID" in x for x in entries))

        # forgeries
        for prio in ("", "<0>", "<3>", "<2051>"):
            forge("%sMemory cgroup out of memory: Killed process 1 (systemd) total-vm:1kB, anon-rss:1kB, file-rss:0kB, "
                  "shmem-rss:0kB, UID:0 pgtables:4kB oom_score_adj:0" % prio)
        last = kill_one(unit, 64)
        daemon.events_of([last])
        cases.check("a forged kill line makes no event",
                    not any(x.get("victim", {}).get("pid") == 1 for x in daemon.events), "pid 1")
        rest, status = daemon.stop()
        cases.check("SIGTERM ends it with status 0", status == 0, status)
        cases.check("no kill was lost or unseen", not [x for x in daemon.events if x["type"] != "oom-kill"], daemon.events[-3:])
        cases.check("forgeries are counted", "4 kill lines written by a process" in daemon.log(), daemon.log())
        with open("/run/oomwatchd.prom") as f:
            metrics = f.read()
        cases.check("and stand in the metrics", "oomwatchd_forged_records_total 4" in metrics, metrics)
    cases.end()


main()
