#!/usr/bin/python3
"""Words that must not stay in the tree: postponed work, paths of somebody's machine, addresses of package mirrors."""
import os
import re
import subprocess
import sys

# text that was recorded or generated elsewhere
RECORDED = ("tests/corpus/", "tests/fuzz/seeds/", "LICENSE")
SELF = "tests/lint/words.py"
POSTPONED = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
ADDRESS = re.compile(r"\b(?:https?|ftp)://([A-Za-z0-9.-]+)")
ADDRESS_OK = {"json-schema.org", "www.freedesktop.org", "systemd.io", "oomwatchd.invalid"}
HOME = re.compile(r"(?<![\w.])/(?:home|Users)/[a-z]\w*")

root = os.getcwd()
try:
    files = subprocess.check_output(["git", "ls-files", "-z"], stderr=subprocess.DEVNULL).decode().split("\0")
except (OSError, subprocess.CalledProcessError):
    files = [os.path.relpath(os.path.join(d, f)) for d, _, names in os.walk(".") for f in names
             if not os.path.relpath(d).startswith(("build", ".git")) and "__pycache__" not in d]
wrong = []
for path in files:
    if not path or path.startswith(RECORDED) or path == SELF or not os.path.isfile(path):
        continue
    with open(path, "rb") as f:
        text = f.read().decode("utf-8", "replace")
    for number, line in enumerate(text.splitlines(), 1):
        found = POSTPONED.search(line)
        if found:
            wrong.append("%s:%d: %s" % (path, number, found.group()))
        if root.count("/") > 1 and root in line:
            wrong.append("%s:%d: a path of this machine" % (path, number))
        for host in ADDRESS.findall(line):
            if host not in ADDRESS_OK:
                wrong.append("%s:%d: address of %s" % (path, number, host))
        if HOME.search(line) and not path.startswith("tests/"):
            wrong.append("%s:%d: %s" % (path, number, HOME.search(line).group()))
        if path.endswith((".c", ".h", ".py", ".sh")) and line != line.rstrip():
            wrong.append("%s:%d: blanks at the end" % (path, number))
print("\n".join(wrong))
sys.exit(1 if wrong else 0)
