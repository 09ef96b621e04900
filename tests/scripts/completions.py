"""completions.py PREFIX SHELL: the completions installed in PREFIX, in a real SHELL: bash, zsh or fish.

bash and zsh run on a pseudo-terminal, as under somebody's hands: a line is typed, TAB is pressed, and then the shell itself tells what
stands on the line. fish has `complete -C` for that. Prints what went wrong; exit 1 if anything.
"""

import os
import pty
import re
import select
import subprocess
import sys
import tempfile
import time

PATIENCE = 60  # seconds, on a machine that has other work

# A line before the cursor, and what it is after TAB, in a folder that holds photos.npz and some-folder.
COMPLETED = [
    ("gdd-fid cal", "gdd-fid calc"),
    ("gdd-fid calc --imag", "gdd-fid calc --images"),
    ("gdd-fid calc --images pho", "gdd-fid calc --images photos.npz"),
    ("gdd-fid calc --images=pho", "gdd-fid calc --images=photos.npz"),
    ("gdd-fid calc --device cu", "gdd-fid calc --device cuda"),
    ("gdd-fid calc --device=cu", "gdd-fid calc --device=cuda"),
    ("gdd-fid calc --protocol pyt", "gdd-fid calc --protocol pytorch-fid"),
    ("gdd-fid calc --metrics fid,clip", "gdd-fid calc --metrics fid,clipped"),
    ("gdd-fid calc --images photos.npz --conf", "gdd-fid calc --images photos.npz --confidence"),
    ("gdd-fid calc --cache some", "gdd-fid calc --cache some-folder"),
    ("gdd-fid calc --cache pho", "gdd-fid calc --cache pho"),  # a folder, and that is a file
    ("gdd-fid inspect pho", "gdd-fid inspect photos.npz"),
    ("gdd-fid ref --conf", "gdd-fid ref --conf"),  # a flag of calc alone
    ("gdd-eval comp", "gdd-eval compare"),
    ("gdd-eval --network photos.npz comp", "gdd-eval --network photos.npz comp"),  # a first word alone
    ("gdd-eval --network=photos.npz comp", "gdd-eval --network=photos.npz comp"),
    ("gdd-eval compare photos.npz pho", "gdd-eval compare photos.npz photos.npz"),
    ("gdd-eval compare photos.npz photos.npz --tit", "gdd-eval compare photos.npz photos.npz --tit"),  # of report
    ("gdd-eval --sampler two", "gdd-eval --sampler two_step"),
    ("gdd-sample --grid 8x8 pho", "gdd-sample --grid 8x8 photos.npz"),
    ("gdd-sample --captions lab", "gdd-sample --captions labels"),
    ("gdd-convert pho", "gdd-convert photos.npz"),
    ("gdd-convert --ema fal", "gdd-convert --ema false"),
    ("gdd-is --protocol a", "gdd-is --protocol adm"),
]


class Terminal:
    """A shell on a terminal that answers to lines."""

    def __init__(self, command: list[str], folder: str, setup: str) -> None:
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.environ.update(TERM="dumb", PS1="> ", HOME=folder, INPUTRC="/dev/null", COLUMNS="400", LC_ALL="C.UTF-8")
            os.execvp(command[0], command)
        self.said = ""
        self.type(setup + "\r")
        self.type("printf '%s%s\\n' set up\r")
        self.wait(r"setup\r?\n")

    def type(self, text: str) -> None:
        os.write(self.fd, text.encode())

    def wait(self, pattern: str) -> re.Match[str]:
        """What is said until the pattern is found, which is taken away with all before it."""
        deadline = time.monotonic() + PATIENCE
        while not (found := re.search(pattern, self.said)):
            ready, _, _ = select.select([self.fd], [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                raise SystemExit(f"completions: no {pattern!r} in {self.said!r}")
            self.said += os.read(self.fd, 65536).decode(errors="replace")
        self.said = self.said[found.end() :]
        return found

    def complete(self, line: str) -> str:
        """The words that stand on the line after TAB."""
        self.type(line + "\t\x01printf '[%s]' BEGIN \x05 END\r")  # the beginning of the line, and its end
        words = self.wait(r"\[BEGIN\]((?:\[[^\]]*\])*)\[END\]")[1]
        return " ".join(re.findall(r"\[([^\]]*)\]", words))

    def close(self) -> None:
        self.type("\x03exit\r")
        os.close(self.fd)
        os.waitpid(self.pid, 0)


def fish_complete(line: str, folder: str, prefix: str) -> str:
    """The line with the only completion that fish offers, or as it is."""
    script = f"source {prefix}/share/fish/vendor_completions.d/{line.split()[0]}.fish; complete -C {line!r}"
    fish = ["fish", "--no-config", "-c", script]
    environment = {**os.environ, "HOME": folder}
    said = subprocess.run(fish, cwd=folder, env=environment, check=True, capture_output=True, text=True, timeout=PATIENCE).stdout
    offers = [offer.split("\t")[0] for offer in said.splitlines()]
    before, _, current = line.rpartition(" ")
    if len(offers) != 1:
        return line if not offers else f"{line}: one of {offers}"
    return f"{before} {offers[0]}"


def main() -> int:
    prefix, shell = sys.argv[1:]
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        open(f"{folder}/photos.npz", "w").close()
        os.mkdir(f"{folder}/some-folder")
        terminal = None
        if shell == "bash":
            setup = f"for file in {prefix}/share/bash-completion/completions/*; do . $file; done"
            terminal = Terminal(["bash", "--norc", "--noprofile", "-i"], folder, setup)
        elif shell == "zsh":
            setup = f"fpath=({prefix}/share/zsh/site-functions $fpath); autoload -Uz compinit; compinit -u -D; bindkey -e"
            terminal = Terminal(["zsh", "-f", "-i"], folder, setup)
        for line, expected in COMPLETED:
            found = terminal.complete(line) if terminal else fish_complete(line, folder, prefix)
            if found.rstrip("/") != expected:  # zsh takes it away again when the next word begins
                print(f"completions: {shell}: {line!r} becomes {found!r}, expected {expected!r}")
                wrong = 1
        if terminal:
            terminal.close()
    return wrong


if __name__ == "__main__":
    sys.exit(main())
