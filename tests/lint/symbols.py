#!/usr/bin/python3
"""Objects and programs as the linker sees them: no writable state outside app/ and ctl/, names that say their room,
no libsystemd symbol that RHEL 8, Debian 11 or Ubuntu 20.04 lack."""
import os
import re
import shutil
import subprocess
import sys
from glob import glob

BUILD = os.environ["BUILD"]
LIBSYSTEMD_MAX = 239
# object -> why it may keep one writable thing
WRITABLE_OK = {
    "base/json_arena": "jansson's allocation hooks have no user pointer: the arena in use must be found somehow",
}
WRITABLE = re.compile(r"^(\.data(?!\.rel\.ro)|\.bss|\.tbss|\.tdata|\*COM\*)")
FREE_NAMES = {"base": r".*"}  # its verbs are used everywhere and carry the name of what they work on

if not shutil.which("nm") or not shutil.which("objdump"):
    print("needs binutils: nm and objdump")
    sys.exit(77)
wrong = []
for source in sorted(glob("src/*/*.c")):
    room, name = source[len("src/"):-2].split("/")
    obj = os.path.join(BUILD, source[:-2] + ".o")
    if not os.path.exists(obj):
        wrong.append("%s: %s has not been built" % (source, obj))
        continue
    for line in subprocess.check_output(["nm", "-f", "sysv", obj], text=True).splitlines():
        column = [c.strip() for c in line.split("|")]
        if len(column) != 7 or column[0] == "Name":
            continue
        symbol, kind, section = column[0], column[2], column[6]
        if WRITABLE.match(section) and column[3] in ("OBJECT", "TLS", "COMMON", "") and kind.lower() in "dbsgc":
            if room not in ("app", "ctl") and "%s/%s" % (room, name) not in WRITABLE_OK:
                wrong.append("%s: %s is writable (%s)" % (source, symbol, section))
        if kind in "TDBRV" and symbol != "main":
            if not re.match(FREE_NAMES.get(room, room + "_"), symbol):
                wrong.append("%s: %s does not begin with %s_" % (source, symbol, room))
for program in ("oomwatchd", "oomwatchctl"):
    path = os.path.join(BUILD, program)
    if not os.path.exists(path):
        continue
    table = subprocess.check_output(["objdump", "-T", path], text=True)
    for version, symbol in re.findall(r"\(?LIBSYSTEMD_(\d+)\)?\s+(\S+)", table):
        if int(version) > LIBSYSTEMD_MAX:
            wrong.append("%s: %s came with systemd %s" % (program, symbol, version))
    headers = subprocess.check_output(["objdump", "-p", path], text=True)
    flags = subprocess.run(["readelf", "-dlW", path], capture_output=True, text=True).stdout
    if os.environ.get("HARDEN", "yes") == "yes":
        for what, mark in (("position independent", "PIE"), ("relro", "GNU_RELRO"), ("immediate binding", "NOW")):
            if mark not in flags + headers:
                wrong.append("%s: not built %s" % (program, what))
print("\n".join(wrong))
sys.exit(1 if wrong else 0)
