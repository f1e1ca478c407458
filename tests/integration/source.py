#!/usr/bin/python3
"""A capture that comes through a pipe, as it is made: each kill is an event as soon as its line is there, whatever else
was read in the same turn, and no byte of it is read twice or left in a buffer."""
import json
import os
import select
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tools"))
from integration import DAEMON, Cases, scratch, start_daemon  # noqa: E402

LONG = 20  # seconds: never waited out by a daemon that does its work


def kill_line(seq, pid):
    return ("3,%d,%d,-;Memory cgroup out of memory: Killed process %d (x) total-vm:9kB, anon-rss:8kB, file-rss:0kB, "
            "shmem-rss:0kB, UID:0 pgtables:4kB oom_score_adj:0\n" % (seq, 1000000 + seq, pid)).encode()


def other_lines(first, count):
    return b"".join(b"6,%d,%d,-;a line like any other\n" % (first + i, 1000000 + first + i) for i in range(count))


class Piped:
    def __init__(self, source="-"):
        self.p = start_daemon([DAEMON, "-f", "--json", "--source=" + source], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE)
        self.buffer = b""

    def write(self, data):
        self.p.stdin.write(data)
        self.p.stdin.flush()

    def pids(self, count):
        """Of the next `count` events, or fewer when no more come."""
        while self.buffer.count(b"\n") < count and select.select([self.p.stdout], [], [], LONG)[0]:
            data = os.read(self.p.stdout.fileno(), 65536)
            if not data:
                break
            self.buffer += data
        lines = self.buffer.split(b"\n")
        self.buffer = b"\n".join(lines[count:])
        return [json.loads(x)["victim"]["pid"] for x in lines[:count] if x]

    def end(self):
        self.p.stdin.close()
        rest = self.buffer + self.p.stdout.read()
        return rest.count(b"\n"), self.p.wait()


def at_once(cases):
    """The daemon reads 64 records a turn: neither the last of a turn nor the first of the next may be left lying."""
    for count in (1, 2, 63, 64, 65, 128, 129, 1000):
        piped = Piped()
        piped.write(other_lines(0, count - 1) + kill_line(count - 1, count))
        cases.check("the kill in record %d is an event while the pipe is open" % count, piped.pids(1) == [count])
        cases.check("and the only one (%d)" % count, piped.end() == (0, 0))


def in_pieces(cases):
    piped = Piped()
    text = b"".join(kill_line(i, 100 + i) for i in range(5))
    for i in range(0, len(text), 7):
        piped.write(text[i:i + 7])
        if i % 100 < 7:
            time.sleep(0.001)
    cases.check("five kills written seven bytes at a time are five events", piped.pids(5) == [100, 101, 102, 103, 104])
    piped.write(kill_line(5, 105)[:40])
    piped.write(kill_line(5, 105)[40:] + kill_line(6, 106)[:-30])
    cases.check("half a record waits for its other half", piped.pids(1) == [105])
    cases.check("and what the writer never finished is read at the end", piped.end()[1] == 0)


def named_pipe(cases):
    folder, remove = scratch()
    path = folder + "/kmsg"
    os.mkfifo(path)
    piped = Piped(path)
    time.sleep(0.2)
    cases.check("a pipe that nobody has opened yet is waited for", piped.p.poll() is None)
    with open(path, "wb") as f:
        f.write(other_lines(0, 63) + kill_line(63, 64))
    cases.check("what is written then is read to its end", piped.pids(2) == [64])
    cases.check("and the program ends well", piped.end() == (0, 0))
    remove()


def main():
    cases = Cases()
    at_once(cases)
    in_pieces(cases)
    named_pipe(cases)
    cases.end()


main()
