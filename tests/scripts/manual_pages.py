"""manual_pages.py BIN PREFIX: what is installed in PREFIX tells all that the programs of BIN do.

For each program and each of its commands: every flag and command that `--help` shows is in the completion of each shell, and all of its
text is in the page, as `man` shows it, which has no word against the page's source. Prints what went wrong; exit 1 if anything.
"""

import os
import re
import subprocess
import sys
from pathlib import Path


def output_of(command: list[str], **settings: str) -> str:
    said = subprocess.run(command, env={**os.environ, **settings}, capture_output=True, text=True, check=False)
    if said.returncode != 0 or said.stderr:
        sys.exit(f"manual pages: {' '.join(command)}: {said.stderr or said.returncode}")
    return said.stdout


def flags_in(help_text: str) -> list[str]:
    return [flag for names in re.findall(r"^ {2}(-[^ ]+)", help_text, re.MULTILINE) for flag in names.split(",")]


def commands_in(help_text: str) -> list[str]:
    part = re.search(r"^Subcommands:\n((?: {2}.*\n)+)", help_text, re.MULTILINE)
    return re.findall(r"^ {2}(\S+)", part[1], re.MULTILINE) if part else []


def parts_of(help_text: str) -> list[str]:
    """Names with their values, and descriptions. What excludes a flag is left out: its order is not that of the page."""
    listed = help_text.split("\nExamples:")[0].replace("-h,--help", "-h, --help")
    lines = re.findall(r"^ {2,}(\S.*)$", listed, re.MULTILINE)
    return [part for line in lines for part in re.split(r" {2,}(?!\[)| Excludes: .*", line) if part]


def squeezed(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def page_of(name: str, prefix: Path) -> str:
    """As a reader sees it, without what makes letters bold."""
    page = output_of(["man", "-P", "cat", name], MANPATH=f"{prefix}/share/man", MANWIDTH="200", LC_ALL="C.UTF-8")
    return squeezed(re.sub(r".\x08|\x1b\[[0-9;]*m", "", page))


def written_for(shell: str, word: str) -> str:
    """How a flag or a command stands in a completion."""
    if shell != "fish" or not word.startswith("-"):
        return word
    return f"-l {word[2:]}" if word.startswith("--") else f"-s {word[1:]}"


def faults_of(program: Path, prefix: Path) -> list[str]:
    name, share = program.name, prefix / "share"
    completions = {
        "bash": (share / "bash-completion/completions" / name).read_text(),
        "zsh": (share / "zsh/site-functions" / f"_{name}").read_text(),
        "fish": (share / "fish/vendor_completions.d" / f"{name}.fish").read_text(),
    }
    output_of(["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", str(share / "man/man1" / f"{name}.1")])
    page = page_of(name, prefix)
    own = output_of([str(program), "--help"])
    helps = {"": own, **{command: output_of([str(program), command, "--help"]) for command in commands_in(own)}}
    faults = []
    for command, text in helps.items():
        where = f"{name} {command}".strip()
        flags = flags_in(text)
        if "--help" not in flags:
            faults.append(f"{where} --help shows no flags")
        for word in [*flags, *filter(None, [command])]:
            for shell, completion in completions.items():
                if not re.search(re.escape(written_for(shell, word)) + r"(?![\w-])", completion):
                    faults.append(f"{shell}: {where}: no {word}")
        faults += [f"man: {where}: no {part!r}" for part in parts_of(text) if squeezed(part) not in page]
    return faults


def main() -> int:
    bin_folder, prefix = map(Path, sys.argv[1:])
    programs = sorted(bin_folder.glob("gdd-*"))
    faults = [fault for program in programs for fault in faults_of(program, prefix)]
    for fault in faults:
        print(fault)
    return 1 if faults or not programs else 0


if __name__ == "__main__":
    sys.exit(main())
