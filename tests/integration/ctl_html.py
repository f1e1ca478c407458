#!/usr/bin/python3
"""The report as a real browser draws it: on a phone and on a desk, light and dark; nothing sticks out, nothing is blank."""
import json
import os
import shutil
import struct
import subprocess
import sys
import zlib
from glob import glob

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tools"))
from integration import BUILD, ROOT, Cases, scratch, skip  # noqa: E402

BROWSER = next((b for b in map(shutil.which, ("chromium", "chromium-browser", "google-chrome")) if b), None)


def pixels(path):
    """Rows of an 8-bit RGB or RGBA PNG, as lists of (r, g, b)."""
    with open(path, "rb") as f:
        data = f.read()
    at, body = 8, b""
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at:at + 8])
        chunk = data[at + 8:at + 8 + size]
        if kind == b"IHDR":
            width, height, depth, colour = struct.unpack(">IIBB", chunk[:10])
            assert depth == 8 and colour in (2, 6), (depth, colour)
        elif kind == b"IDAT":
            body += chunk
        at += 12 + size
    n = 3 if colour == 2 else 4
    raw, stride, above = zlib.decompress(body), width * n, bytearray(width * n)
    for y in range(height):
        row = bytearray(raw[y * (stride + 1) + 1:(y + 1) * (stride + 1)])
        filter_type = raw[y * (stride + 1)]
        for x in range(stride):
            left = row[x - n] if x >= n else 0
            up, corner = above[x], above[x - n] if x >= n else 0
            if filter_type == 1:
                row[x] = (row[x] + left) & 255
            elif filter_type == 2:
                row[x] = (row[x] + up) & 255
            elif filter_type == 3:
                row[x] = (row[x] + (left + up) // 2) & 255
            elif filter_type == 4:
                p = left + up - corner
                row[x] = (row[x] + min((abs(p - left), 0, left), (abs(p - up), 1, up), (abs(p - corner), 2, corner))[2]) & 255
        above = row
        yield [tuple(row[x:x + 3]) for x in range(0, stride, n)]


def shot(page, folder, width, dark):
    path = "%s/%d-%d.png" % (folder, width, dark)
    subprocess.run([BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
                    "--user-data-dir=" + folder + "/profile", "--blink-settings=preferredColorScheme=%d" % (0 if dark else 1),
                    "--window-size=%d,900" % width, "--screenshot=" + path, "file://" + page],
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=120, check=True)
    return list(pixels(path))


def hostile(capture):
    """The capture's events with names that are long, without a place to break, and full of markup."""
    out = subprocess.run([BUILD + "/oomwatchctl", "explain", "--json=short", capture], stdout=subprocess.PIPE, check=True).stdout
    markup = "</title></style><script>document.title='run'</script><img src=x onerror=document.title='run'>\" onclick='x'"
    for line in out.splitlines():
        e = json.loads(line)
        e["summary"] += markup
        e["host"] = dict(e.get("host", {}), name=markup)
        e["realtime_usec"] = 1790000000000000
        if e["type"] != "oom-kill":
            continue
        e["victim"].update(cmdline=["/" + "x" * 3000, markup], exe="/" + "y" * 1000, parents=[{"pid": 1, "comm": markup}])
        e["identity"] = {"unit": "u" * 250 + ".service", "pod": {"name": "p" * 253, "namespace": markup, "uid": "i" * 36}}
        e.setdefault("cgroup", {}).update(path="/" + "z" * 2000, limit_path="/" + markup)
        yield json.dumps(e)


def dom(page, folder):
    return subprocess.run([BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--user-data-dir=" + folder + "/profile",
                           "--dump-dom", "file://" + page], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=120,
                          check=True).stdout.decode()


def drawn(cases, page, folder, name):
    for width in (390, 1100):
        for dark in (False, True):
            what = "%s, %d wide, %s" % (name, width, "dark" if dark else "light")
            rows = shot(page, folder, width, dark)
            ground = rows[2][2]
            cases.check("the ground follows the scheme: " + what, (sum(ground) < 200) == dark, ground)
            colours = {x for row in rows for x in row}
            cases.check("text and plots are drawn: " + what, len(colours) > 60, len(colours))
            edge = {x for row in rows for x in row[-3:]}
            cases.check("nothing sticks out at the right: " + what, edge == {ground}, edge)


def main():
    if not BROWSER:
        skip("chromium", "no browser to draw the report with")
    cases = Cases()
    folder, clean = scratch()
    page = folder + "/page.html"
    capture = glob(ROOT + "/tests/corpus/6.12/three-kills/kmsg")[0]
    p = subprocess.run([BUILD + "/oomwatchctl", "report", "--file", capture, "-o", page], stderr=subprocess.PIPE, check=False)
    cases.check("a report is written", p.returncode == 0, p.stderr)
    drawn(cases, page, folder, "three kills")
    with open(folder + "/hostile", "w") as f:
        f.write("\n".join(hostile(capture)) + "\n")
    p = subprocess.run([BUILD + "/oomwatchctl", "report", "--file", folder + "/hostile", "-o", page], stderr=subprocess.PIPE,
                       check=False)
    cases.check("a report of hostile names is written", p.returncode == 0, p.stderr)
    drawn(cases, page, folder, "hostile names")
    seen = dom(page, folder).lower()
    cases.check("names stay text", "&lt;script" in seen and not any(x in seen for x in ("<script", "<img", "title>run")))
    clean()
    cases.end()


main()
