#!/usr/bin/python3
"""oomwatchctl explain: every corpus capture, shown as each program shows it, tells the same kills as the capture itself."""
import json
import os
import re
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


RENDERINGS = [dmesg, dmesg_caller, dmesg_ctime, dmesg_german, dmesg_chinese, dmesg_x, dmesg_iso, dmesg_raw, syslog,
              syslog_plain, syslog_lower, syslog_iso, journal_short, journal_precise, journal_unix, journal_full,
              journal_monotonic, journal_json, journal_pretty, journal_export, talos, cri, vmware, serial, bare, quoted]
# These lose bytes of names or newlines in names by themselves: what they tell may be less, never something else.
LOSSY = {"dmesg_raw", "serial", "bare", "cri", "talos", "vmware"}
WITH_LEVEL = {"dmesg_x", "dmesg_raw", "journal_json", "journal_pretty", "journal_export", "talos", "vmware"}
ENTRIES = {"journal_json", "journal_pretty", "journal_export"}
# Stories that turn on what most renderings do not carry, and those that do carry it.
NEEDS = {
    "caller-two-reports": {"dmesg_caller"},  # which task printed the line
    "look-alikes": WITH_LEVEL,               # the level of a line that only looks like a kill
    "two-boots": set(),                      # sequence numbers: the same stamps again are a ring logged twice
    "names": ENTRIES,                        # names with newlines, and with the four characters \\x0a
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


def main():
    cases = Cases()
    folder, clean = scratch()
    captures = sorted(glob(ROOT + "/tests/corpus/*/*/kmsg"))
    truth = {c: kills(explain(c)) for c in captures}
    for render in RENDERINGS:
        failed = []
        for c in captures:
            if render.__name__ not in NEEDS.get(os.path.basename(os.path.dirname(c)), {render.__name__}):
                continue
            path = folder + "/log"
            with open(path, "wb") as f:
                f.write(b"".join(render(r) for r in records(c)))
            exact = render.__name__ not in LOSSY and not pieces(c) and not gaps(c)
            difference = compare(truth[c], kills(explain(path)), exact)
            if difference:
                failed.append("%s: %s" % (os.path.relpath(c, ROOT + "/tests/corpus"), difference))
        cases.check("%s tells the same kills as the capture" % render.__name__, not failed, "\n".join(failed))
    clean()
    cases.end()


main()
