"""Runs in a guest with three nodes of memory: has every kind of OOM kill happen beside the running service, and holds what
the journal says against what the job itself saw (the stories of tests/corpus/record). Prints TAP. Arguments after the
number of the boot pick stories."""
import json
import os
import sys
import time

TREE = "/in/tree"
sys.path[:0] = [TREE + "/tests/corpus/record", TREE + "/tests/corpus", TREE + "/tests/guest"]
os.environ["STORIES_VICTIM"] = TREE + "/build/tests/corpus/record/victim"

import kit
import run as corpus
import stories  # fills kit.stories
from guest import Guest, cursor, events, wait_for

KINDS = ("own_limit", "pod_limit", "group_nested", "adjusted", "leader_gone", "names", "shmem", "swap_limit", "unkillable",
         "sysrq_f", "cpuset", "cpuset_hostile", "mempolicy", "global_no_swap", "global_swap_full", "global_locked")
g = Guest()


def happen(function):
    name = function.__name__
    since = cursor()
    s = kit.Story(name)
    _, counted, wrong = s.tell(function)
    if wrong or not s.truth:
        g.case("%s: happened" % name, False, repr(wrong))
        return
    wait_for(lambda: len(events(since)) >= len(s.truth))
    time.sleep(1)
    seen = events(since)
    try:
        corpus.against_truth(seen, s.truth)
    except ValueError as e:
        wrong = "%s\nall events:\n%s" % (e, "\n".join(map(json.dumps, seen)))
    for e in seen:
        print("# %s: %s" % (e.get("verdict", {}).get("code", "no verdict"), e.get("summary")))
    g.case("%s: counted %d by the kernel, told as it was seen to happen" % (name, counted), not wrong, wrong)
    more = [e for e in seen if e["type"] not in ("oom-kill", "oom-no-victim")]
    g.case("%s: nothing lost, nothing unseen" % name, not more, more)


g.run(g.install, *(lambda f=f: happen(f) for f in kit.stories if f.__name__ in (sys.argv[2:] or KINDS)), g.healthy)
g.end()
