#!/bin/sh
# The unit is valid and as closed as it was, group and catalog files are read by their programs.
command -v systemd-analyze >/dev/null || { echo "needs systemd-analyze: not installed"; exit 77; }
w=$(mktemp -d)
trap 'rm -rf "$w"' EXIT
rc=0
for u in systemd/*.service systemd/*.socket; do
	[ -e "$u" ] || continue
	sed 's|/usr/sbin/oomwatchd|/bin/true|' "$u" >"$w/${u##*/}"
done
# warnings about other units of this machine are not ours
systemd-analyze verify --man=no "$w"/* >"$w/log" 2>&1 </dev/null || true
if grep -E 'oomwatchd' "$w/log"; then rc=1; fi
# --offline= came with 250: before it only the installed unit can be judged
systemd-analyze --help | grep -q -- --offline && judged=1 || judged=
[ -n "$judged" ] || echo "systemd is older than 250: how closed the unit is was not looked at"
for u in ${judged:+"$w"/*.service}; do
	# 3.0 with systemd 252
	LC_ALL=C.UTF-8 systemd-analyze security --offline=yes --threshold=30 --no-pager "$u" >"$w/security" 2>&1 </dev/null || {
		tail -3 "$w/security"
		rc=1
	}
	tail -1 "$w/security"
	# what is open is said in the unit, with the reason
	sed -n 's/^✗ \([A-Za-z]*\)=.*/\1/p' "$w/security" | sort -u | grep -v '^CapabilityBoundingSet$' >"$w/open"
	for c in $(sed -n 's/^CapabilityBoundingSet=//p' "$u"); do
		grep -qE "^# +$c  +[a-z]" "$u" || { echo "${u##*/}: not said what $c is for"; rc=1; }
	done
	while read -r item; do
		grep -qE "^# $item=" "$u" || { echo "${u##*/}: not said why $item= is open"; rc=1; }
	done <"$w/open"
done
mkdir -p "$w/root/usr/lib/systemd/catalog" "$w/root/usr/lib/sysusers.d" "$w/root/etc" "$w/root/var/lib/systemd/catalog"
cp systemd/oomwatchd.catalog "$w/root/usr/lib/systemd/catalog/"
cp systemd/oomwatchd.sysusers "$w/root/usr/lib/sysusers.d/oomwatchd.conf"
journalctl --update-catalog --root="$w/root" || rc=1
[ -s "$w/root/var/lib/systemd/catalog/database" ] || { echo "the catalog was not built"; rc=1; }
systemd-sysusers --root="$w/root" >"$w/log" 2>&1 || { cat "$w/log"; rc=1; }
grep -q '^oomwatch:' "$w/root/etc/group" || { echo "sysusers made no group oomwatch"; rc=1; }
# each type of event that has a message id has its explanation, and no other
grep -ohE 'Subject|^-- [0-9a-f]{32}' systemd/oomwatchd.catalog | grep -oE '[0-9a-f]{32}' | sort >"$w/ids"
grep -ohE '"[0-9a-f]{32}"' src/event/schema.c | tr -d '"' | sort -u >"$w/known"
diff -u "$w/known" "$w/ids" || { echo "catalog and src/event/schema.c know other message ids"; rc=1; }
exit $rc
