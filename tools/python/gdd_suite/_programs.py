"""Where the programs of this package are, and how they are started.

They are no Python: they load LibTorch out of the torch that is installed beside this package. What they would fail on before
their first line is looked at here, so that it is told in words.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import re
import sys
from pathlib import Path

from ._build import NEEDED, TORCH_VERSION

_FOLDER = Path(__file__).parent


class GddError(RuntimeError):
    """A program failed, or could not be started. The message is its one line; `exit_code` is 1 for a failure, 2 for a wrong
    argument, 128 and the signal's number for a run that was stopped."""

    def __init__(self, message: str, exit_code: int = 1) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def program(name: str) -> Path:
    """The file of a program, such as "gdd-eval"."""
    return _FOLDER / "bin" / name


def environment() -> dict[str, str]:
    """What a program is started in: it finds LibTorch by itself where torch is beside this package, else it is told.

    Raises GddError where torch, or a library of the system, is not there.
    """
    torch = _torch_folder()
    _check_version(torch)
    _check_libraries()
    told = dict(os.environ)
    if torch.parent != _FOLDER.parent:
        told["LD_LIBRARY_PATH"] = os.pathsep.join(filter(None, [str(torch / "lib"), told.get("LD_LIBRARY_PATH")]))
    return told


def _torch_folder() -> Path:
    spec = importlib.util.find_spec("torch")  # which imports nothing
    if spec is None or spec.origin is None:
        raise GddError(
            f"torch {TORCH_VERSION} is needed for its LibTorch, and {sys.executable} has none: pip install torch=={TORCH_VERSION}"
        )
    return Path(spec.origin).parent


def _check_version(torch: Path) -> None:
    file = torch / "version.py"
    found = re.search(r"__version__ = '([0-9.]+)", file.read_text(encoding="utf-8") if file.is_file() else "")
    if found is None or found[1] != TORCH_VERSION:
        raise GddError(
            f"{torch} is torch {found[1] if found else 'of an unknown version'}, and these programs were built with {TORCH_VERSION}: "
            f"pip install torch=={TORCH_VERSION}"
        )


def _check_libraries() -> None:
    for library in NEEDED:
        try:
            ctypes.CDLL(library)
        except OSError as error:
            raise GddError(
                f"{library} of the system does not load ({error}): install it again, or run pip install for this package again, "
                "which builds with what is here; README.md says which packages of the system it needs"
            ) from None


def main() -> None:
    """Becomes the program that it was called as."""
    name = Path(sys.argv[0]).name
    try:
        told = environment()
        os.execve(program(name), [name, *sys.argv[1:]], told)
    except (GddError, OSError) as error:
        print(f"{name}: error: {error}", file=sys.stderr)
        sys.exit(1)
