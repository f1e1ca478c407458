#!/usr/bin/python3
"""oomwatchctl explain: every corpus capture, shown as each program shows it, tells the same kills as the capture itself.

By renderings of our own, and by the real dmesg and journalctl where this machine has them.
"""
import json
import os
import quopri
import re
import shutil
import subprocess
import sys
from glob import glob

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tools"))
from integration import BUILD, ROOT, Cases, scratch  # noqa: E402

CTL = BUILD + "/oomwatchctl"
FACILITY = ["kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp"]
LEVEL = ["emerg", "alert", "crit", "err", "warn", "notice", "info", "debug"]
BOOT = 1700000000  # the renderings' wall clock at stamp 0, UTC


class Record:
    def __init__(self, line):
        header, text = line.split(b";", 1)
        pri, seq, usec, self.flag, *more = header.split(b",")
        self.facility, self.level = int(pri) >> 3, int(pri) & 7
        self.seq, self.usec = int(seq), int(usec)
        self.caller = next((x[7:] for x in more if x.startswith(b"caller=")), b"")
        self.text = re.sub(rb"\\x([0-9a-f]{2})", lambda m: bytes([int(m.group(1), 16)]), text)

    def stamp(self):
        return b"%5d.%06d" % (self.usec // 1000000, self.usec % 1000000)

    def wall(self, fmt):
        import time
        return time.strftime(fmt, time.gmtime(BOOT + self.usec // 1000000)).encode()


def records(path):
    with open(path, "rb") as f:
        for line in f.read().split(b"\n"):
            if re.match(rb"\d+,\d+,\d+,[^;]*;", line):
                yield Record(line)


def printable(text):
    """dmesg and sysklogd: bytes that are not text as \\xNN; UTF-8 stays."""
    out = b""
    for ch in text.decode("utf-8", "surrogateescape"):
        b = ch.encode("utf-8", "surrogateescape")
        bad = len(b) == 1 and (b[0] < 0x20 or b[0] >= 0x7f) and b not in (b"\t", b"\n")
        out += b"\\x%02x" % b[0] if bad else b
    return out


def indented(prefix, text):
    """A newline inside a record: dmesg and journalctl indent what follows by the prefix' width."""
    return prefix + printable(text).replace(b"\n", b"\n" + b" " * len(prefix)) + b"\n"


def octal(text):
    """rsyslog: control characters as #ooo."""
    return re.sub(rb"[\x00-\x1f\x7f]", lambda m: b"#%03o" % m.group(0)[0], text)


def dmesg(r):
    return b"" if r.facility else indented(b"[" + r.stamp() + b"] ", r.text)


def dmesg_caller(r):
    caller = b"[%6s]" % r.caller if r.caller else b""
    return b"" if r.facility else indented(b"[" + r.stamp() + b"]" + caller + b" ", r.text)


def dmesg_ctime(r):
    return b"" if r.facility else indented(r.wall("[%a %b %e %H:%M:%S %Y] "), r.text)


def dmesg_german(r):
    day = [b"Mo", b"Di", b"Mi", b"Do", b"Fr", b"Sa", b"So"][int(r.wall("%u")) - 1]
    return b"" if r.facility else indented(b"[" + day + r.wall(" %b %e %H:%M:%S %Y] "), r.text)


def dmesg_chinese(r):
    day = "一二三四五六日"[int(r.wall("%u")) - 1].encode()
    month = r.wall("%m").lstrip(b"0") + "月".encode()
    return b"" if r.facility else indented(b"[" + day + b" " + month + r.wall(" %e %H:%M:%S %Y] "), r.text)


def dmesg_x(r):
    name = FACILITY[r.facility] if r.facility < len(FACILITY) else "local0"
    return indented(b"%-6s:%-6s: [" % (name.encode(), LEVEL[r.level].encode()) + r.stamp() + b"] ", r.text)


def dmesg_iso(r):
    return b"" if r.facility else indented(r.wall("%Y-%m-%dT%H:%M:%S") + b",%06d+00:00 " % (r.usec % 1000000), r.text)


def dmesg_raw(r):
    return b"".join(b"<%d>[" % (r.facility << 3 | r.level) + r.stamp() + b"] " + printable(part) + b"\n"
                    for part in r.text.split(b"\n"))


def tag(r):
    return b"kernel: " if r.facility == 0 else b"someone[7]: "


def syslog(r):
    return r.wall("%b %e %H:%M:%S host ") + tag(r) + b"[" + r.stamp() + b"] " + octal(r.text) + b"\n"


def syslog_plain(r):
    return r.wall("%b %e %H:%M:%S host ") + tag(r) + octal(r.text) + b"\n"


def syslog_lower(r):
    return r.wall("%b %e %H:%M:%S ").lower() + b"** " + tag(r) + b"[" + r.stamp() + b"] " + octal(r.text) + b"\n"


def syslog_iso(r):
    return r.wall("%Y-%m-%dT%H:%M:%S") + b".%06d+00:00 ip-10-0-1-3.internal " % (r.usec % 1000000) + tag(r) + b"[" \
        + r.stamp() + b"] " + octal(r.text) + b"\n"


def journal_short(r):
    return indented(r.wall("%b %d %H:%M:%S host ") + tag(r), r.text)


def journal_precise(r):
    return indented(r.wall("%b %d %H:%M:%S") + b".%06d host " % (r.usec % 1000000) + tag(r), r.text)


def journal_unix(r):
    return indented(b"%d.%06d host " % (BOOT + r.usec // 1000000, r.usec % 1000000) + tag(r), r.text)


def journal_full(r):
    return indented(r.wall("%a %Y-%m-%d %H:%M:%S UTC host ") + tag(r), r.text)


def journal_monotonic(r):
    return indented(b"[" + r.stamp() + b"] host " + tag(r), r.text)


def journal_fields(r):
    yield b"__REALTIME_TIMESTAMP", b"%d" % (BOOT * 1000000 + r.usec)
    yield b"_TRANSPORT", b"kernel"
    yield b"SYSLOG_FACILITY", b"%d" % r.facility
    yield b"SYSLOG_IDENTIFIER", b"kernel" if r.facility == 0 else b"someone"
    yield b"PRIORITY", b"%d" % r.level
    yield b"_SOURCE_MONOTONIC_TIMESTAMP", b"%d" % r.usec
    yield b"_BOOT_ID", b"0123456789abcdef0123456789abcdef"
    yield b"MESSAGE", r.text


def as_json(value):
    try:
        text = value.decode()
        return text if all(c.isprintable() or c in "\n\t" for c in text) else list(value)
    except UnicodeDecodeError:
        return list(value)


def journal_json(r):
    return json.dumps({k.decode(): as_json(v) for k, v in journal_fields(r)}).encode() + b"\n"


def journal_pretty(r):
    pairs = ["\t%s : %s" % (json.dumps(k.decode()), json.dumps(as_json(v))) for k, v in journal_fields(r)]
    return ("{\n" + ",\n".join(pairs) + "\n}\n").encode()


def journal_export(r):
    out = b"__CURSOR=s=%d\n" % r.seq
    for k, v in journal_fields(r):
        plain = all(c >= 0x20 or c == 9 for c in v)
        out += k + b"=" + v + b"\n" if plain else k + b"\n" + len(v).to_bytes(8, "little") + v + b"\n"
    return out + b"\n"


def talos(r):
    """Newlines as they are: what follows stands on a line of its own."""
    name = {3: "err", 4: "warning"}.get(r.level, LEVEL[r.level]).encode()
    return b"%s: %s: [" % (FACILITY[r.facility].encode(), name) + r.wall("%Y-%m-%dT%H:%M:%S") \
        + b".%06d000Z]: " % (r.usec % 1000000) + r.text + b"\n"


def cri(r):
    line = dmesg(r)
    return b"".join(r.wall("%Y-%m-%dT%H:%M:%S.123456789Z stdout F ") + x + b"\n" for x in line.split(b"\n")[:-1])


def vmware(r):
    if r.facility:
        return b""
    head = r.wall("%Y-%m-%dT%H:%M:%S.130Z In(05) vcpu-5 - Guest: ") + b"<%d>[" % r.level + r.stamp() + b"] "
    return b"".join(head + printable(x) + b"\n" for x in r.text.split(b"\n"))


def serial(r):
    """Up to the console's log level, each embedded newline with a prefix of its own, lines ended by CR LF."""
    return b"".join(b"[" + r.stamp() + b"] " + x + b"\r\n" for x in r.text.split(b"\n")) if r.facility == 0 else b""


def bare(r):
    return b"" if r.facility else octal(r.text).replace(b"#012", b"\n") + b"\n"


def quoted(r):
    return b"".join(b"> " + x + b"\n" for x in dmesg(r).split(b"\n")[:-1])


def dmesg_vietnamese(r):
    """A name of a month that holds a number of its own."""
    day = [b"T2", b"T3", b"T4", b"T5", b"T6", b"T7", b"CN"][int(r.wall("%u")) - 1]
    return b"" if r.facility else indented(b"[" + day + b" Thg " + r.wall("%m %e %H:%M:%S %Y] "), r.text)


def dmesg_minutes(records_):
    """dmesg -e in French: the first line of a minute has its date, others the time since the line before."""
    out, minute, usec = b"", b"", 0
    for r in records_:
        if r.facility:
            continue
        head = b"[%11s] " % (b"+%d,%06d" % ((r.usec - usec) // 1000000, (r.usec - usec) % 1000000)) \
            if r.wall("%M") == minute and r.usec >= usec else r.wall("[nov.%d %H:%M] ")
        out, minute, usec = out + indented(head, r.text), r.wall("%M"), r.usec
    return out


def json_string(text):
    """Raw bytes, but for what JSON does not allow."""
    return b'"' + re.sub(rb'[\x00-\x1f"\\]', lambda m: b"\\u%04x" % m.group(0)[0], text) + b'"'


def dmesg_json(records_):
    objects = []
    for r in records_:
        facility = FACILITY[r.facility] if r.facility < len(FACILITY) else "local0"
        objects.append(b'         "fac": "%s",\n         "pri": "%s",\n         "time": %s,\n         "msg": %s\n' % (
            facility.encode(), LEVEL[r.level].encode(), r.stamp(), json_string(r.text)))
    return b'{\n   "dmesg": [\n      {\n' + b"      },{\n".join(objects) + b"      }\n   ]\n}\n"


def dmesg_utf16(records_):
    """Through PowerShell's ">"."""
    return b"".join(map(dmesg, records_)).decode(errors="replace").replace("\n", "\r\n").encode("utf-16")


def terminal(records_):
    """Copied from a terminal of 80 columns."""
    return b"".join(x[i:i + 80] + b"\n" for r in records_ for x in dmesg(r).split(b"\n")[:-1]
                    for i in range(0, max(len(x), 1), 80))


def mail_source(records_):
    """Quoted-printable."""
    return quopri.encodestring(b"".join(map(dmesg, records_))).replace(b"\n", b"\r\n")


def grep_context(records_):
    """grep -n -A99 of several files."""
    lines = b"".join(map(syslog_iso, records_)).split(b"\n")[:-1]
    return b"".join(b"/var/log/kern.log-1%s%d%s" % (sign, i, sign) + x + b"\n"
                    for i, x in enumerate(lines) for sign in [b":" if i % 7 == 0 else b"-"])


RENDERINGS = [dmesg, dmesg_caller, dmesg_ctime, dmesg_german, dmesg_chinese, dmesg_x, dmesg_iso, dmesg_raw, syslog,
              syslog_plain, syslog_lower, syslog_iso, journal_short, journal_precise, journal_unix, journal_full,
              journal_monotonic, journal_json, journal_pretty, journal_export, talos, cri, vmware, serial, bare, quoted,
              dmesg_vietnamese]
WHOLE = [dmesg_minutes, dmesg_json, dmesg_utf16, terminal, mail_source, grep_context]  # of all records at once
DMESG = [[], ["-x", "-T"], ["-e"], ["-r"], ["-x", "--time-format=iso"], ["-d", "--color=always"]]
JOURNALCTL = [["-o", "short"], ["-o", "short-iso-precise", "-a"], ["-o", "short-monotonic", "-a"], ["-o", "verbose", "-a"],
              ["-o", "json"], ["-o", "json-pretty"], ["-o", "export"]]
REMOTE = next((p for p in ("/lib/systemd/systemd-journal-remote", "/usr/lib/systemd/systemd-journal-remote")
               if os.path.exists(p)), None)
# These lose bytes of names or newlines in names by themselves: what they tell may be less, never something else.
LOSSY = {"dmesg_raw", "serial", "terminal", "bare", "cri", "talos", "vmware", "dmesg_utf16", "real dmesg -r", "journalctl -o short"}
WITH_LEVEL = {"dmesg_x", "dmesg_raw", "dmesg_json", "journal_json", "journal_pretty", "journal_export", "talos", "vmware",
              "real dmesg -x -T", "real dmesg -r", "real dmesg -x --time-format=iso", "journalctl -o verbose -a", "journalctl -o json",
              "journalctl -o json-pretty", "journalctl -o export", "a journal file"}
EVERY = {r.__name__ for r in RENDERINGS + WHOLE} | {" ".join(["real dmesg", *o]) for o in DMESG} \
    | {" ".join(["journalctl", *o]) for o in JOURNALCTL} | {"a journal file"}
ENTRIES = {"dmesg_json", "journal_json", "journal_pretty", "journal_export", "journalctl -o verbose -a",
           "journalctl -o json", "journalctl -o json-pretty", "journalctl -o export", "a journal file"}
# Stories that turn on what most renderings do not carry, and those that do carry it.
NEEDS = {
    "caller-two-reports": {"dmesg_caller"},  # which task printed the line
    "look-alikes": WITH_LEVEL,               # the level of a line that only looks like a kill
    "two-boots": set(),                      # sequence numbers: the same stamps again are a ring logged twice
    "vendor-uid": {x for x in EVERY if x != "terminal"},  # one long line is not enough to know a terminal by
    "names": ENTRIES,                        # names with newlines, and with the four characters \\x0a
    "forged": {x for x in EVERY if x not in ("real dmesg", "real dmesg -e", "real dmesg -d --color=always")},  # who wrote it
}
# Differ by rendering, or follow from what does.
ASIDE = {"id", "time", "realtime_usec", "monotonic_usec", "boot_id", "kmsg_seq", "host", "summary", "verdict", "report",
         "group", "version", "left_out"}


def explain(path):
    p = subprocess.run([CTL, "explain", "--json=short", path], stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if p.returncode not in (0, 1):
        raise AssertionError("%s: exit status %d: %s" % (path, p.returncode, p.stderr.decode(errors="replace")))
    return [json.loads(x) for x in p.stdout.splitlines()]


def flat(value, prefix=""):
    """Leaves by key path; lists whole."""
    if not isinstance(value, dict):
        return {prefix: json.dumps(value, sort_keys=True)}
    out = {}
    for k, v in value.items():
        if prefix or k not in ASIDE:
            out.update(flat(v, prefix + "." + k if prefix else k))
    return out


def kills(events):
    return [e for e in events if e["type"] == "oom-kill"]


def pieces(path):
    """Lines that the kernel printed in pieces: a text log does not mark them, so less may be told."""
    return any(r.flag in (b"c", b"+") for r in records(path) if r.facility == 0)


def gaps(path):
    """Sequence numbers that jump, or lines that are no record: what was lost there a text log does not show."""
    seqs = [r.seq for r in records(path)]
    with open(path, "rb") as f:
        odd = [x for x in f.read().split(b"\n")[:-1] if not re.match(rb"\d+,\d+,\d+,[^;]*;| ", x)]
    return bool(odd) or any(b != a + 1 for a, b in zip(seqs, seqs[1:]))


def compare(want, got, exact):
    """What differs, in words; "" when all is well."""
    if len(want) != len(got):
        return "%d kills, want %d" % (len(got), len(want))
    for w, g in zip(want, got):
        a, b = flat(w), flat(g)
        wrong = [k for k in b if k in a and a[k] != b[k]]
        missing = [k for k in a if k not in b] if exact else [k for k in ("victim.pid", "victim.comm") if k not in b]
        extra = [k for k in b if k not in a] if exact else []
        if wrong or missing or extra:
            return "pid %s: %s" % (w["victim"]["pid"], "; ".join(
                ["%s is %s, want %s" % (k, b[k][:100], a[k][:100]) for k in wrong[:3]] + ["no " + k for k in missing[:3]]
                + ["unasked " + k for k in extra[:3]]))
    return ""


def real_dmesg(options, folder):
    """What util-linux makes of the lines that syslog(2) gives. It shows what a process wrote to /dev/kmsg, too."""
    def make(capture):
        with open(folder + "/raw", "wb") as f:
            f.write(b"".join(b"<%d>[" % (r.facility << 3 | r.level) + r.stamp() + b"] " + r.text + b"\n"
                             for r in records(capture)))
        return subprocess.run(["dmesg", "-F", folder + "/raw", *options], stdout=subprocess.PIPE, check=True).stdout
    return make


def make_journal(capture, folder):
    """The capture as journald stores it; returns the folder of its file."""
    os.mkdir(folder)
    entries = []
    for i, r in enumerate(records(capture)):
        fields = dict(journal_fields(r), **{"_HOSTNAME": b"host"})
        fields = {k if isinstance(k, bytes) else k.encode(): v for k, v in fields.items()}
        first = {b"__CURSOR": b"s=0123456789abcdef0123456789abcdef;i=%x" % (i + 1),
                 b"__REALTIME_TIMESTAMP": fields.pop(b"__REALTIME_TIMESTAMP"), b"__MONOTONIC_TIMESTAMP": b"%d" % r.usec,
                 b"_BOOT_ID": fields.pop(b"_BOOT_ID")}
        entries.append(b"".join(k + b"=" + v + b"\n" if all(x >= 32 or x == 9 for x in v)
                                else k + b"\n" + len(v).to_bytes(8, "little") + v + b"\n"
                                for k, v in {**first, **fields}.items()) + b"\n")
    subprocess.run([REMOTE, "--split-mode=none", "-o", folder + "/x.journal", "-"], input=b"".join(entries),
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    return folder


def real_journalctl(options, journals):
    def make(capture):
        return subprocess.run(["journalctl", "-q", "--no-pager", "-D", journals[capture], *options], stdout=subprocess.PIPE,
                              check=True, env=dict(os.environ, TZ="Europe/Paris")).stdout
    return make


def sources(captures, folder):
    """Name and a function from a capture to a log's bytes, or to the path of one."""
    for render in RENDERINGS:
        yield render.__name__, lambda c, render=render: b"".join(map(render, records(c)))
    for render in WHOLE:
        yield render.__name__, lambda c, render=render: render(records(c))
    if shutil.which("dmesg"):
        for options in DMESG:
            yield " ".join(["real dmesg", *options]), real_dmesg(options, folder)
    if REMOTE and shutil.which("journalctl"):
        journals = {c: make_journal(c, "%s/%d" % (folder, i)) for i, c in enumerate(captures)}
        for options in JOURNALCTL:
            yield " ".join(["journalctl", *options]), real_journalctl(options, journals)
        yield "a journal file", lambda c: journals[c] + "/x.journal"


def through_pipes(cases):
    """A pipe with a name (/dev/stdin, what a shell makes of <(zcat log)) can be read once only."""
    capture = ROOT + "/tests/corpus/6.12/three-kills/kmsg"
    want = explain(capture)
    for command in ("cat", "gzip -c"):
        p = subprocess.run([CTL, "explain", "--json=short", "/dev/stdin"], stdout=subprocess.PIPE, check=False,
                           stdin=subprocess.Popen(command.split() + [capture], stdout=subprocess.PIPE).stdout)
        got = [json.loads(x) for x in p.stdout.splitlines()]
        cases.check("what `%s` writes is read from /dev/stdin" % command, got == want and want, got)


def main():
    cases = Cases()
    through_pipes(cases)
    if not REMOTE or not shutil.which("journalctl"):
        cases.skip("what the real journalctl shows", "journal-remote", "systemd-journal-remote is not installed")
    folder, clean = scratch()
    captures = sorted(glob(ROOT + "/tests/corpus/*/*/kmsg"))
    truth = {c: kills(explain(c)) for c in captures}
    for name, make in sources(captures, folder):
        failed = []
        for c in captures:
            story = os.path.basename(os.path.dirname(c))
            if name not in NEEDS.get(story, {name}):
                continue
            log = make(c)
            if isinstance(log, bytes):
                with open(folder + "/log", "wb") as f:
                    f.write(log)
                log = folder + "/log"
            exact = name not in LOSSY and not pieces(c) and not gaps(c)
            difference = compare(truth[c], kills(explain(log)), exact)
            if difference:
                failed.append("%s: %s" % (os.path.relpath(c, ROOT + "/tests/corpus"), difference))
        cases.check("%s tells the same kills as the capture" % name, not failed, "\n".join(failed))
    clean()
    cases.end()


main()
