#!/usr/bin/python3
"""Completion in real shells, on a terminal of their own: a line, the Tab key, and the line that comes of it."""
import os
import pty
import select
import shutil
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tools"))
from integration import BUILD, ROOT, Cases, scratch  # noqa: E402

FOLDER = ROOT + "/src/ctl/completion"
CAPTURE = ROOT + "/tests/corpus/6.12/three-kills/kmsg"

BASH = """
PS1='ready> '
%(library)s
source %(folder)s/oomwatchctl.bash
probe() { printf '%%s\\n' "$READLINE_LINE" >%(out)s; READLINE_LINE=; READLINE_POINT=0; }
bind 'set show-all-if-ambiguous on' 'set completion-query-items 0' 'set page-completions off' 'set bell-style none'
bind -x '"\\C-xp": probe'
"""

# a completer shows its candidates only on the screen, so the builtin that takes them is listened to
ZSH = """
PS1='ready> '
fpath=(%(folder)s $fpath)
autoload -U compinit; compinit -u -d %(out)s.dump
zstyle ':completion:*' menu no
unsetopt beep
compadd() {
	local -a hits
	if [[ " $* " != *' -'[OAD]' '* ]]; then
		builtin compadd -O hits "$@"
		print -rl -- $hits >>%(out)s.found
	fi
	builtin compadd "$@"
}
probe() { print -r -- "$BUFFER" >%(out)s; BUFFER=; }
zle -N probe; bindkey '^Xp' probe
"""


class Shell:
    def __init__(self, argv, env, folder, settings):
        self.out = folder + "/line"
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.execvpe(argv[0], argv, env)
        rc = folder + "/settings"
        with open(rc, "w") as f:
            f.write(settings)
        self.seen = b""
        self.write(b" . %s; echo set''tled\n" % rc.encode())
        self.until(lambda: b"settled" in self.seen)

    def write(self, data):
        os.write(self.fd, data)

    def until(self, done, seconds=30):
        end = time.monotonic() + seconds
        while not done() and time.monotonic() < end:
            if select.select([self.fd], [], [], 0.05)[0]:
                try:
                    self.seen += os.read(self.fd, 65536)
                except OSError:
                    return done()
        return done()

    def complete(self, line):
        """The line behind Tab, the candidates that were offered (zsh), and the screen."""
        for path in (self.out, self.out + ".found"):
            if os.path.exists(path):
                os.unlink(path)
        self.seen = b""
        self.write(line.encode() + b"\t\x18p")
        self.until(lambda: os.path.exists(self.out) and os.path.getsize(self.out))
        self.until(lambda: False, 0.1)
        with open(self.out) as f:
            whole = f.read().rstrip("\n")
        found = []
        if os.path.exists(self.out + ".found"):
            with open(self.out + ".found") as f:
                found = f.read().split()
        return whole, found, self.seen.decode("utf-8", "replace")

    def end(self):
        os.close(self.fd)
        try:
            os.kill(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        os.waitpid(self.pid, 0)


def asks(cases, name, shell, units):
    def becomes(line, want):
        whole, _, screen = shell.complete(line)
        cases.check("%s: %r becomes %r" % (name, line, want), whole == want, repr((whole, screen)))

    def offers(line, want, but=()):
        whole, found, screen = shell.complete(line)
        seen = set(found) | set(screen.replace("\x07", " ").split())
        cases.check("%s: %r offers %s" % (name, line, " ".join(want)), set(want) <= seen and not set(but) & seen,
                    repr((whole, found, screen)))

    becomes("oomwatchctl sel", "oomwatchctl selftest ")
    offers("oomwatchctl s", ["stats", "selftest", "schema"], ["list"])
    becomes("oomwatchctl --no-p", "oomwatchctl --no-pager ")
    becomes("oomwatchctl --sin", "oomwatchctl --since=")
    becomes("oomwatchctl --json=p", "oomwatchctl --json=pretty ")
    becomes("oomwatchctl --since=yes", "oomwatchctl --since=yesterday ")
    becomes("oomwatchctl explain saved-l", "oomwatchctl explain saved-log ")
    becomes("oomwatchctl --file=saved-l", "oomwatchctl --file=saved-log ")
    becomes("oomwatchctl --directory=fol", "oomwatchctl --directory=folder/")
    becomes("oomwatchctl report -o saved-l", "oomwatchctl report -o saved-log ")
    becomes("oomwatchctl -n 3 inf", "oomwatchctl -n 3 info ")
    offers("oomwatchctl --json=", ["short", "pretty", "off"])
    becomes("oomwatchctl --json=", "oomwatchctl --json=")
    offers("oomwatchctl info ", units)
    becomes("oomwatchctl info " + units[0][:-3], "oomwatchctl info " + units[0] + " ")
    becomes("oomwatchctl list -r " + units[0][:-3], "oomwatchctl list -r " + units[0] + " ")
    becomes("oomwatchctl info kubelet@a", "oomwatchctl info kubelet@a:1.service ")
    becomes("oomwatchctl info kubelet@a:", "oomwatchctl info kubelet@a:1.service ")
    becomes("oomwatchctl explain two\\ w" if name == "zsh" else "oomwatchctl explain tw", "oomwatchctl explain two\\ words ")
    whole, found, _ = shell.complete("oomwatchctl schema ")
    cases.check("%s: schema takes no more words" % name, whole == "oomwatchctl schema " and not found, repr((whole, found)))


def main():
    cases = Cases()
    for name in ("bash", "zsh"):
        program = shutil.which(name)
        if not program:
            cases.skip("completion in " + name, name, "not installed")
            continue
        library = "/usr/share/bash-completion/bash_completion"
        for with_library in ((False, True) if name == "bash" and os.path.exists(library) else (False,)):
            folder, clean = scratch()
            os.mkdir(folder + "/bin")
            os.mkdir(folder + "/folder")
            for copy in ("saved-log", "two words"):
                shutil.copy(CAPTURE, folder + "/" + copy)
            with open(CAPTURE, "rb") as f, open(folder + "/killed", "wb") as o:
                o.write(f.read().replace(b"run-p333-i633", b"kubelet@a:1"))
            with open(folder + "/bin/oomwatchctl", "w") as f:  # what was killed here comes from a capture
                f.write("#!/bin/sh\nexec %s/oomwatchctl --file=%s/killed \"$@\"\n" % (BUILD, folder))
            os.chmod(folder + "/bin/oomwatchctl", 0o755)
            env = dict(os.environ, PATH=folder + "/bin:" + os.environ["PATH"], TERM="dumb", HOME=folder, ZDOTDIR=folder,
                       LC_ALL="C.UTF-8", COLUMNS="200", HISTFILE="")
            words = {"folder": FOLDER, "out": folder + "/line", "library": ". " + library if with_library else ""}
            argv, settings = (["bash", "--norc", "--noprofile", "-i"], BASH) if name == "bash" else (["zsh", "-f", "-i"], ZSH)
            shell = Shell(argv, env, folder, settings % words)
            try:
                asks(cases, name + (" with its library" if with_library else ""), shell, UNITS)
            finally:
                shell.end()
                clean()
    cases.end()


UNITS = ["run-p329-i629.service"]
main()
