#!/usr/bin/python3
"""Which folder may include which, and which file may know a third-party library."""
import os
import re
import sys
from glob import glob

MAY = {
    "base": set(),
    "kmsg": {"base"},
    "oom": {"base", "kmsg"},
    "host": {"base"},
    "event": {"base", "oom", "host"},
    "sink": {"base", "event"},
    "app": {"base", "kmsg", "oom", "host", "event", "sink"},
    "ctl": {"base", "kmsg", "oom", "event"},
}
# header -> files that may include it
THIRD_PARTY = {
    r"systemd/sd-journal\.h": r"src/sink/journal_past\.c|(src|include)/ctl/.*",
    r"systemd/sd-daemon\.h": r"src/app/notify\.c",
    # container and pod names are kept by their runtimes in JSON files; the arena gives jansson its memory
    r"jansson\.h": r"src/event/json(_schema)?\.c|src/base/json_arena\.c|(src|include)/ctl/.*|src/host/container.*\.c",
}
INCLUDE = re.compile(r'^\s*#\s*include\s+(["<])([^">]+)[">]', re.M)
FOREIGN = re.compile(r"^(systemd|jansson|json|glib|libudev|cmocka|curl|openssl)")

wrong = []
for path in sorted(glob("src/*/*.c") + glob("src/*/*.h") + glob("include/*/*.h")):
    room = path.split("/")[1]
    if room not in MAY:
        wrong.append("%s: folder '%s' is not in the table of rooms" % (path, room))
        continue
    with open(path, encoding="utf-8") as f:
        text = f.read()
    for kind, header in INCLUDE.findall(text):
        if kind == '"':
            target = header.split("/")[0] if "/" in header else room
            if target != room and target not in MAY[room]:
                wrong.append("%s: %s/ may not include %s" % (path, room, header))
            private = os.path.join("src", room, os.path.basename(header))
            if not os.path.exists("include/" + header) and not os.path.exists(private):
                wrong.append('%s: "%s" is not a header of this project' % (path, header))
        elif FOREIGN.match(header):
            allowed = [files for name, files in THIRD_PARTY.items() if re.fullmatch(name, header)]
            if not any(re.fullmatch(files, path) for files in allowed):
                wrong.append("%s: <%s> belongs to another file" % (path, header))
for path in sorted(glob("src/*/*.c")):
    room, name = path.split("/")[1:]
    header = "include/%s/%s.h" % (room, name[:-2])
    if os.path.exists(header):
        with open(path, encoding="utf-8") as f:
            if '"%s/%s.h"' % (room, name[:-2]) not in f.read():
                wrong.append("%s: does not include its own header" % path)
print("\n".join(wrong))
sys.exit(1 if wrong else 0)
