#!/usr/bin/python3
"""tests/corpus/run.py --build DIR [--case DIR | --accept DIR]...: recorded stories and what must come out of them.

A story is a folder tests/corpus/KERNEL/STORY/ with
  kmsg           a capture in the format of /dev/kmsg
  expect.json    the array of events, key for key and in their order
  why.txt        what the story is about and where it comes from
and where needed
  proc/, root/   trees given with --proc and --root
  args           further options of the daemon, one a line
  truth.json     what is known of the events from elsewhere (wait(), limits written): an array, each entry to be found
                 in an event of its own, null meaning absent, and no oom-kill or oom-no-victim without an entry
  expect.stderr  the daemon's own log, line for line
Every event is also held against the project's JSON Schema. --accept writes what comes out now: read the diff.
"""
import argparse
import json
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TIMEOUT = 60


def no_twice(pairs):
    keys = [k for k, _ in pairs]
    if len(keys) != len(set(keys)):
        raise ValueError("a key stands twice: %s" % keys)
    return dict(pairs)


def no_float(text):
    raise ValueError("a number that is no integer: %s" % text)


def load(text):
    return json.loads(text, object_pairs_hook=no_twice, parse_float=no_float, parse_constant=no_float)


def pretty(events):
    return json.dumps(events, indent="\t", ensure_ascii=False) + "\n"


def schema_validator(build):
    try:
        import jsonschema
    except ImportError:
        return None, "needs jsonschema: python3-jsonschema is not installed, events are not held against the schema"
    schema = json.loads(subprocess.check_output([build + "/tests/tools/schema_dump"]))
    # python3-jsonschema before 4 knows no newer draft; what the schema says reads the same in it
    validator = getattr(jsonschema, "Draft202012Validator", None) or jsonschema.Draft7Validator
    validator.check_schema(schema)
    return validator(schema), None


def command(build, case):
    argv = [build + "/oomwatchd", "--foreground", "--json", "--source=%s/kmsg" % case]
    for tree in ("proc", "root"):
        if os.path.isdir(os.path.join(case, tree)):
            argv.append("--%s=%s/%s" % (tree, case, tree))
    if os.path.exists(case + "/args"):
        with open(case + "/args") as f:
            argv += [x for x in f.read().splitlines() if x and not x.startswith("#")]
    return argv


def run(build, case):
    """The events the daemon prints and its log; raises ValueError with what is wrong."""
    try:
        p = subprocess.run(command(build, case), stdin=subprocess.DEVNULL, capture_output=True, timeout=TIMEOUT)
    except subprocess.TimeoutExpired:
        raise ValueError("no end within %d s" % TIMEOUT)
    log = p.stderr.decode("utf-8", "backslashreplace")
    if p.returncode != 0:
        raise ValueError("exit status %d\n%s" % (p.returncode, log))
    events = []
    for number, line in enumerate(p.stdout.split(b"\n"), 1):
        if not line:
            continue
        try:
            events.append(load(line.decode("utf-8")))
        except ValueError as e:
            raise ValueError("line %d is no JSON: %s\n%r" % (number, e, line[:300]))
    return events, log


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def difference(want, got):
    import difflib
    return "".join(difflib.unified_diff(want.splitlines(True), got.splitlines(True), "expected", "seen", n=3))


def holds(event, part):
    if not isinstance(part, dict):
        return event == part
    return isinstance(event, dict) and all(
        k not in event if v is None else k in event and holds(event[k], v) for k, v in part.items())


def against_truth(events, truth):
    events = [e for e in events if e["type"] in ("oom-kill", "oom-no-victim")]
    for part in truth:
        found = next((e for e in events if holds(e, part)), None)
        if not found:
            raise ValueError("true, and in no event: %s" % json.dumps(part))
        events.remove(found)
    if events:
        raise ValueError("in an event, and not true: %s" % json.dumps(events[0]))


def check(build, case, validator):
    for name in ("expect.json", "why.txt"):
        if not os.path.exists(os.path.join(case, name)):
            raise ValueError("%s is missing" % name)
    events, log = run(build, case)
    want = pretty(load(read(case + "/expect.json")))
    if want != pretty(events):
        raise ValueError("other events\n" + difference(want, pretty(events)))
    if os.path.exists(case + "/expect.stderr") and read(case + "/expect.stderr") != log:
        raise ValueError("another log\n" + difference(read(case + "/expect.stderr"), log))
    if os.path.exists(case + "/truth.json"):
        against_truth(events, load(read(case + "/truth.json")))
    if validator:
        for e in events:
            for error in validator.iter_errors(e):
                raise ValueError("event %s against the schema: %s: %s" % (
                    e.get("id"), "/".join(map(str, error.absolute_path)), error.message))


def accept(build, case):
    events, log = run(build, case)
    with open(case + "/expect.json", "w", encoding="utf-8") as f:
        f.write(pretty(events))
    if os.path.exists(case + "/expect.stderr"):
        with open(case + "/expect.stderr", "w", encoding="utf-8") as f:
            f.write(log)
    print("%s: %d events written; read the diff before you commit it" % (case, len(events)))
    if not os.path.exists(case + "/why.txt"):
        print("%s: why.txt is still missing" % case)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--build", default="build")
    ap.add_argument("--case", action="append")
    ap.add_argument("--accept", nargs="*")
    args = ap.parse_args()
    build = os.path.abspath(args.build)
    chosen = [os.path.relpath(c.rstrip("/"), ROOT) for c in (args.accept or args.case or [])]
    os.chdir(ROOT)
    if args.accept is not None:
        if not chosen:
            sys.exit("usage: make corpus-accept CASE=tests/corpus/KERNEL/STORY")
        for case in chosen:
            accept(build, case)
        return
    cases = chosen or sorted(d for d, _, files in os.walk("tests/corpus") if "kmsg" in files)
    validator, excuse = schema_validator(build)
    print("1..%d" % (len(cases) + 1), flush=True)
    print("ok 1 - every event validates against the schema%s" % (" # SKIP " + excuse if excuse else ""))
    failed = 0
    for number, case in enumerate(cases, 2):
        name = case[len("tests/corpus/"):]
        try:
            check(build, case, validator)
            print("ok %d - %s" % (number, name), flush=True)
        except (ValueError, OSError) as e:
            failed += 1
            print("not ok %d - %s" % (number, name))
            print("\n".join("# " + x for x in str(e).splitlines()), flush=True)
    if len(cases) == 0:
        print("# no story found")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
