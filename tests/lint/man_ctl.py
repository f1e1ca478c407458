#!/usr/bin/python3
"""oomwatchctl(1), --help, README, the completions and the code name the same verbs, options, matches and environment."""
import os
import re
import subprocess
import sys

BUILD = os.environ.get("BUILD", "build")
bad = []

# What a user may write as a match, as the page shows it, and the kinds of ctl/match that read it.
MATCHES = {"Ar PID": {"CTL_TERM_PID"}, "Ar NAME": {"CTL_TERM_NAME"}, "Ar UNIT": {"CTL_TERM_UNIT"},
           "Pa /PATH": {"CTL_TERM_EXE"}, "Ar FIELD Ns = Ns Ar VALUE": {"CTL_TERM_FIELD", "CTL_TERM_PATH"}}
# What a word may be equal to, and how the page says so, below the match that it belongs to.
SAID = {"victim.pid": "process id the kernel", "victim.tgid": "of the whole process", "victim.comm": "A command",
        "identity.container.name": "a container's name", "identity.container.id": "front of its id",
        "identity.outer": "the same of one that it was inside of",
        "identity.pod.name": "a pod", "identity.pod.uid": "or its uid", "identity.machine": "a machine",
        "identity.compose.service": "a Compose service", "id": "an event's id", "identity.unit": "unit",
        "identity.user_unit": "user's units", "identity.slice": "slices", "identity.user_slice": "slices",
        "victim.exe": "executable", "cgroup.path": "control group of the victim", "cgroup.limit_path": "of the limit"}
# Read by libc for us: TZ by localtime_r(), the others by setlocale().
BY_LIBC = {"TZ", "LC_ALL", "LC_CTYPE", "LANG"}


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def same(what, **places):
    """Every place against the first."""
    (first, want), *others = places.items()
    for name, have in others:
        for x in sorted(want - have):
            bad.append("%s: %s has %s, %s has not" % (what, first, x, name))
        for x in sorted(have - want):
            bad.append("%s: %s has %s, %s has not" % (what, name, x, first))


def part(page, kind, name):
    """The text of a section (Sh) or subsection (Ss)."""
    m = re.search(r"^\.%s %s\n(.*?)(?=^\.S[hs] |\Z)" % (kind, re.escape(name)), page, re.S | re.M)
    return m.group(1) if m else bad.append("no .%s %s in the page" % (kind, name)) or ""


def plain(text):
    """mdoc without its macros, roughly: to look for words in it."""
    return " ".join(re.sub(r"^\.(\w+ )?|\b(Ns|Ar|Dq|Pq|Cm|Fl|Pa|Dv)\b", " ", text, flags=re.M).split())


def main():
    page = read("man/oomwatchctl.1")
    bash, zsh = read("src/ctl/completion/oomwatchctl.bash"), read("src/ctl/completion/_oomwatchctl")
    help_ = subprocess.run([BUILD + "/oomwatchctl", "--help"], stdout=subprocess.PIPE, universal_newlines=True,
                           check=True).stdout
    verbs_help, options_help = help_.split("Verbs:")[1].split("Options:")

    verbs = set(re.findall(r"^  ([a-z]+)\b", verbs_help, re.M))
    same("verbs", help=verbs, page=set(re.findall(r"^\.It Cm (\w+)", part(page, "Ss", "Verbs"), re.M)),
         synopsis=set(re.findall(r"\b[a-z]{4,}\b", " ".join(re.findall(r"^\.(?:Op )?Cm (.*)$", part(page, "Sh", "SYNOPSIS"), re.M)))),
         bash=set(re.search(r"verbs='([^']*)'", bash).group(1).split()),
         zsh=set(re.findall(r"^\t\t'(\w+):", zsh, re.M)))

    options = set(re.findall(r"--[a-z][a-z-]+", options_help))
    items = [x for x in part(page, "Ss", "Options").splitlines() if x.startswith(".It ")]
    same("options", help=options, page={"-" + x for i in items for x in re.findall(r"Fl (-[a-z-]+)", i)},
         bash=set(re.findall(r"--[a-z-]+", re.search(r"options='([^']*)'", bash).group(1))),
         zsh=set(re.findall(r"(?:^|[,{')])(--[a-z-]+)(?==?[,}\[])", zsh, re.M)))
    same("values of options", help=set(re.findall(r"--[a-z-]+=", options_help)),
         page={"-%s=" % x for i in items for x in re.findall(r"Fl (-[a-z-]+) Ns = Ns", i)},
         bash=set(re.findall(r"--[a-z-]+=", re.search(r"options='([^']*)'", bash).group(1))),
         zsh=set(re.findall(r"(?:^|[,{')])(--[a-z-]+=)", zsh, re.M)))
    same("letters", help=set(re.findall(r"^  (-\w), ", options_help, re.M)),
         page={"-" + x for i in items for x in re.findall(r"Fl (\w)\b", i)},
         zsh=set(re.findall(r"\{(-\w),", zsh)))

    readme = read("README.md").split("\n## ")
    table = {x.split("\n")[0]: "\n".join(y for y in x.split("\n") if y.startswith("|")) for x in readme}
    on_call, of_daemon = table["On call"], table["Options of the daemon"]
    same("README's verbs", help=verbs, readme=set(re.findall(r"^\| `([a-z]+)\b", on_call, re.M)))
    in_readme = set(re.findall(r"--[a-z][a-z-]+", on_call))
    same("README's options", help=options, readme=in_readme)
    daemon = subprocess.run([BUILD + "/oomwatchd", "--help"], stdout=subprocess.PIPE, universal_newlines=True, check=True).stdout
    same("README's options of the daemon", help=set(re.findall(r"--[a-z][a-z-]+", daemon)),
         readme=set(re.findall(r"--[a-z][a-z-]+", of_daemon)))

    kinds = set(re.findall(r"CTL_TERM_\w+", re.search(r"enum ctl_term_kind \{(.*?)\}", read("include/ctl/match.h"), re.S).group(1)))
    matches = part(page, "Ss", "Matches")
    same("matches", code=kinds, lint=set().union(*MATCHES.values()))
    same("matches", lint=set(MATCHES), page={x.strip() for x in re.findall(r"^\.It (.*)$", matches, re.M)})
    code = read("src/ctl/match.c")
    used = set(re.findall(r'"((?:victim|identity|cgroup)\.[a-z_.]+|id)"', code.replace("identity.pod.namespace", "")))
    same("what a word may be", code=used, lint=set(SAID))
    for path, said in SAID.items():
        if said not in plain(matches):
            bad.append("matches: %s is compared, but the page does not say \"%s\"" % (path, said))

    environment = part(page, "Sh", "ENVIRONMENT")
    read_by_us = {x for n in os.listdir("src/ctl") if n.endswith(".c") for x in re.findall(r'getenv\("(\w+)"\)', read("src/ctl/" + n))}
    documented = {x for i in re.findall(r"^\.(?:It )?Ev (.*)$", environment, re.M) for x in re.findall(r"[A-Z_]{2,}", i)}
    same("environment", code=read_by_us | BY_LIBC, page=documented)
    print("\n".join(bad))
    sys.exit(1 if bad else 0)


main()
