#!/bin/sh
# Manual pages are clean, oomwatchd(8) has exactly the options that --help shows, oomwatchd.event(7) the schema's fields.
# For oomwatchctl(1) see man_ctl.py.
command -v mandoc >/dev/null || { echo "needs mandoc: not installed"; exit 77; }
rc=0
for p in man/*.[1-8]; do
	# "referenced manual not found" depends on the machine, not on the page
	mandoc -T lint -W all "$p" 2>/dev/null | grep -v 'referenced manual not found' && rc=1
done
for program in oomwatchd:man/oomwatchd.8; do
	binary=$BUILD/${program%%:*} page=${program#*:}
	[ -x "$binary" ] || continue
	"$binary" --help | grep -oE -- '--[a-z][a-z-]+' | sort -u >"$BUILD/log/options.help"
	sed -n 's/^\.It Fl.* Fl \(-[a-z-]*\).*/-\1/p; s/^\.It Fl \(-[a-z-]*\).*/-\1/p' "$page" | sort -u >"$BUILD/log/options.man"
	diff -u "$BUILD/log/options.help" "$BUILD/log/options.man" || { echo "$page and --help differ"; rc=1; }
done
if [ -x "$BUILD/tests/tools/schema_man" ]; then
	cp man/oomwatchd.event.7 "$BUILD/log/event.7"
	tests/tools/man-fields "$BUILD/tests/tools/schema_man" "$BUILD/log/event.7"
	cmp man/oomwatchd.event.7 "$BUILD/log/event.7" || { echo "run make man-fields"; rc=1; }
fi
exit $rc
