#!/usr/bin/python3
"""derive.py: stories made from recorded ones by taking records out, or putting rubbish in. Real records otherwise.
Run it again when a source was recorded anew. expect.json is not touched."""
import json
import os
import re

HERE = os.path.dirname(os.path.abspath(__file__))
CORPUS = os.path.dirname(HERE)


def records(path):
    with open(os.path.join(CORPUS, path, "kmsg"), "rb") as f:
        return f.read().splitlines(True)


def find(rows, pattern, number=0):
    return [i for i, r in enumerate(rows) if re.search(pattern, r)][number]


def known(path, *which):
    with open(os.path.join(CORPUS, path, "truth.json")) as f:
        truth = json.load(f)
    return [truth[i] for i in which]


def named(truth, **more):
    """What is known where only the kill line came through."""
    return dict({"type": "oom-kill", "victim": {k: truth["victim"][k] for k in ("pid", "comm")}}, **more)


def write(path, rows, truth, why, source):
    d = os.path.join(CORPUS, path)
    os.makedirs(d, exist_ok=True)
    with open(d + "/kmsg", "wb") as f:
        f.write(b"".join(rows))
    with open(d + "/truth.json", "w") as f:
        f.write(json.dumps(truth, indent="\t", ensure_ascii=False) + "\n")
    with open(d + "/why.txt", "w") as f:
        f.write("%s\nReal: records of %s%s.\n" % (why, source, ", changed by tests/corpus/record/derive.py"
                                                  if "/" in source else ", cgroup v2"))


def tail(rows, before=3):
    """From shortly before the first report: boot messages say nothing here."""
    return rows[find(rows, rb"invoked oom-killer") - before:]


# Read off the captures by eye: service, group's service, pids of the first, the group (first the chosen), the last.
THREE_KILLS = {
    "5.10": ("run-u1", "run-u3", 244, ((267, "hog"), (264, "bash"), (265, "hog"), (266, "hog")), 268),
    "6.1": ("run-u1", "run-u3", 251, ((309, "hog"), (298, "bash")), 318),
    "6.12": ("run-p329-i629", "run-p333-i633", 330, ((337, "hog"), (334, "bash"), (335, "hog"), (336, "hog")), 339),
    "7.2": ("run-p275-i169", "run-p281-i173", 276, ((285, "hog"), (282, "bash"), (283, "hog"), (284, "hog")), 288),
}


def three_kills(kernel):
    one, two, first, group, last = THREE_KILLS[kernel]
    path = "/system.slice/%s.service"
    truth = [{"type": "oom-kill", "scope": "memcg", "report": "full",
              "victim": {"pid": first, "tgid": first, "comm": "hog", "uid": 0},
              "cgroup": {"path": path % one, "limit_path": path % one, "memory": {"limit_kb": 30720}},
              "verdict": {"code": "cgroup-limit"}}]
    truth += [{"type": "oom-kill", "scope": "memcg", "report": "full", "group": {"cgroup": path % two, "index": i},
               "victim": {"pid": pid, "tgid": pid, "comm": comm, "uid": 0}} for i, (pid, comm) in enumerate(group, 1)]
    truth += [{"type": "oom-kill", "scope": "global", "report": "full", "victim": {"pid": last, "comm": "hog"},
               "cgroup": {"path": path % "guest", "limit_path": None}, "group": None,
               "host_memory": {"total_kb": 1048020, "swap_total_kb": 0}}]
    write(kernel + "/three-kills", records(kernel + "/three-kills"), truth,
          "The whole ring of a guest of 1 GiB, from boot: a service killed at its own limit of 30 MiB; a service of four\n"
          "tasks killed with memory.oom.group, one kill line printed twice (on 6.1 two members were gone by then); the\n"
          "host's own OOM without swap. Look at: one event for each pid, three causes.", "a Debian guest")


def gap_in_report():
    rows = tail(records("6.12/three-kills"))
    del rows[find(rows, rb"^6,\d+,\d+,-;\[  pid  \]"):find(rows, rb";oom-kill:constraint") + 1]
    end = find(rows, rb"invoked oom-killer", 1)
    k, = known("6.12/three-kills", 0)
    write("6.12/gap-in-report", rows[:end], [named(k, report="partial", cgroup=None)],
          "The table and the summary of a report were overwritten before they were read.\n"
          "Look at: records-lost with the numbers that are missing, then the kill as partial, with no path and no limit\n"
          "taken from before the gap.", "6.12/three-kills")


def kill_line_lost():
    rows = tail(records("6.12/three-kills"))
    del rows[find(rows, rb"Killed process 330")]
    k = known("6.12/three-kills", 1, 2, 3, 4)
    write("6.12/kill-line-lost", rows[:find(rows, rb"invoked oom-killer", 2)], k,
          "The first kill's own line was lost, then the group of the second follows whole.\n"
          "Look at: records-lost, no kill of pid 330, and nothing of its report in the next.", "6.12/three-kills")


def gap_between_reports():
    rows = tail(records("5.10/three-kills"))
    first, second = find(rows, rb"Killed process", 0), find(rows, rb"Killed process", 1)
    del rows[first - 4:second]
    k = [named(x, report="partial", cgroup=None, group=x["group"]) for x in known("5.10/three-kills", 1, 2, 3, 4)]
    write("5.10/gap-between-reports", rows[:find(rows, rb"invoked oom-killer", 1)], k,
          "From the end of one report to the kill line of the next all is lost: the first report must not lend its limit\n"
          "to the second's victim. Look at: pid 1 of the group is partial and has no cgroup.memory.", "5.10/three-kills")


def torn():
    rows = tail(records("6.1/three-kills"))
    rows = rows[:find(rows, rb"invoked oom-killer", 1)]
    at = find(rows, rb";memory: usage")
    rows[at:at] = [b"\x00" * 300 + b"\n", b"[   12.345678] a line of dmesg\n", b"6,12\n", b"not,a,record,-;x\n", b"\n",
                   b"4,99999999999999999999999,1,-;a number too large\n", b" SUBSYSTEM=rubbish\n", b"-- \xff\xfe --\n",
                   b"6,12\n", b"x" * 9000 + b"\n"]
    write("6.1/torn", rows, known("6.1/three-kills", 0),
          "A capture with garbage in the middle of a report: zeros, half records, a line of dmesg, a number too large, a\n"
          "line of 9000 bytes. Look at: the kill with its whole report; each kind of garbage is named once in the log.",
          "6.1/three-kills")
    open(os.path.join(CORPUS, "6.1/torn/expect.stderr"), "a").close()


def two_boots():
    rows = tail(records("6.1/three-kills"))
    one = rows[:find(rows, rb"invoked oom-killer", 1)]
    cut = one[:find(one, rb";oom-kill:constraint") + 1]
    write("6.1/two-boots", one + cut + one, known("6.1/three-kills", 0) * 2,
          "Three boots in one file, and by chance all with the same numbers: a kill, a report that the crash cut short, and\n"
          "a kill again. Look at: two events with the same id (the boot is not known), no gap, nothing of the second boot.",
          "6.1/three-kills")


def cut_at_end():
    rows = tail(records("7.2/three-kills"))
    at = find(rows, rb"Killed process", 0)
    write("7.2/cut-in-kill-line", rows[:at] + [rows[at][:rows[at].index(b"anon-rss") + 11]],
          [named(known("7.2/three-kills", 0)[0])],
          "The file ends in the middle of a kill line (a full disk). Look at: the kill is told, with the pid, and with no\n"
          "number that may be cut.", "7.2/three-kills")


def only_the_kill():
    rows = records("6.12/three-kills")
    write("6.12/grep", [r for r in rows if b"Killed process" in r],
          [named(k) for k in known("6.12/three-kills", 0, 1, 2, 3, 4, 5)],
          "What `grep Killed` leaves of a capture: kill lines with gaps between. Look at: six kills, none twice, and the\n"
          "gaps are not the kernel's.", "6.12/three-kills")


if __name__ == "__main__":
    for release in THREE_KILLS:
        three_kills(release)
    for make in (gap_in_report, kill_line_lost, gap_between_reports, torn, two_boots, cut_at_end, only_the_kill):
        make()
