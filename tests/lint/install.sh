#!/bin/sh
# make install puts exactly these files below DESTDIR and PREFIX, uninstall takes all but the settings away, and the
# installed unit starts the installed program.
w=$(mktemp -d)
trap 'rm -rf "$w"' EXIT
unset MAKEFLAGS
make -s BUILD="$BUILD" DESTDIR="$w/dest" PREFIX=/opt/o install >"$w/log" 2>&1 || { cat "$w/log"; exit 1; }
cat >"$w/want" <<X
/etc/default/oomwatchd
/opt/o/bin/oomwatchctl
/opt/o/lib/systemd/catalog/oomwatchd.catalog
/opt/o/lib/systemd/system/oomwatchd.service
/opt/o/lib/systemd/system/oomwatchd.socket
/opt/o/lib/sysusers.d/oomwatchd.conf
/opt/o/sbin/oomwatchd
/opt/o/share/bash-completion/completions/oomwatchctl
/opt/o/share/doc/oomwatchd/LICENSE
/opt/o/share/doc/oomwatchd/README.md
/opt/o/share/man/man1/oomwatchctl.1
/opt/o/share/man/man7/oomwatchd.event.7
/opt/o/share/man/man8/oomwatchd.8
/opt/o/share/oomwatchd/event.schema.json
/opt/o/share/zsh/site-functions/_oomwatchctl
X
(cd "$w/dest" && find . -type f | sed 's/^\.//' | LC_ALL=C sort) | diff -u "$w/want" - || exit 1
grep -q '^ExecStart=/opt/o/sbin/oomwatchd ' "$w/dest/opt/o/lib/systemd/system/oomwatchd.service" || { echo "ExecStart="; exit 1; }
echo changed >"$w/dest/etc/default/oomwatchd"
make -s BUILD="$BUILD" DESTDIR="$w/dest" PREFIX=/opt/o install >"$w/log" 2>&1 || { cat "$w/log"; exit 1; }
grep -q changed "$w/dest/etc/default/oomwatchd" || { echo "settings were overwritten"; exit 1; }
make -s BUILD="$BUILD" DESTDIR="$w/dest" PREFIX=/opt/o uninstall >"$w/log" 2>&1
left=$(cd "$w/dest" && find . -type f)
[ "$left" = ./etc/default/oomwatchd ] || { echo "left behind: $left"; exit 1; }
