#!/usr/bin/python3
"""compose.py [KERNEL/STORY...]: writes the stories of kernels that cannot be run here: kmsg, truth.json and why.txt.
The truth comes from the values that the lines are printed from. expect.json is not touched."""
import json
import os
import sys

import composed_new  # noqa: F401  each marks its functions with @story
import composed_odd  # noqa: F401
import composed_old  # noqa: F401
from lines import Ring, composed

HERE = os.path.dirname(os.path.abspath(__file__))
FROM_TABLES = "Composed from the format tables by tests/corpus/record/compose.py; no such kernel was run."

for path, function in composed:
    if sys.argv[1:] and path not in sys.argv[1:]:
        continue
    d = os.path.join(os.path.dirname(HERE), path)
    os.makedirs(d, exist_ok=True)
    ring = Ring()
    expected = function(ring)
    with open(d + "/kmsg", "wb") as f:
        f.write(b"".join(ring.out))
    with open(d + "/truth.json", "w") as f:
        f.write(json.dumps(expected, indent="\t", ensure_ascii=False) + "\n")
    with open(d + "/why.txt", "w") as f:
        f.write("\n".join(x.strip() for x in function.__doc__.strip().splitlines()) + "\n" + FROM_TABLES + "\n")
