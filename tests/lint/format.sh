#!/bin/sh
# Every C file is as clang-format 14 (Debian 12) lays it out; other versions differ in details.
f=$(command -v clang-format-14 || command -v clang-format) || { echo "needs clang-format: not installed"; exit 77; }
v=$($f --version | sed -n 's/.*version \([0-9]*\).*/\1/p')
[ "$v" = 14 ] || { echo "needs clang-format: version 14, this is $v"; exit 77; }
bad=$(find src include tests -name '*.[ch]' -print0 | xargs -0 "$f" --dry-run 2>&1 |
	sed -n 's/^\([^: ]*\):[0-9]*:[0-9]*: .*clang-format-violations.*/\1/p' | sort -u)
[ -z "$bad" ] || { printf '%s: not formatted (clang-format -i)\n' $bad; exit 1; }
