#!/bin/sh
# Every header compiles alone: it brings what it needs.
rc=0
for h in include/*/*.h; do
	printf '#include "%s"\n' "${h#include/}" |
		${CC:-cc} -std=gnu17 -D_GNU_SOURCE -Wall -Wextra -Wundef -Werror -Iinclude -fsyntax-only -x c - || {
		echo "$h does not compile alone"
		rc=1
	}
done
exit $rc
