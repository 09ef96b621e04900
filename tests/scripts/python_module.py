"""python_module.py: how the module gdd_suite follows a program, tried on programs made for this, in a package without the real ones.

Prints what went wrong; exit 1 if anything. A program that is waited for without end is one, too.
"""

import os
import signal
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2] / "tools" / "python" / "gdd_suite"
PATIENCE = 60  # seconds
MANY = 20_000  # lines, more than any pipe holds

BEGINNING = f"""#!{sys.executable}
import json, os, signal, sys, time
report = sys.argv[sys.argv.index("--json") + 1]
"""
TALKS = f"""
for number in range({MANY}):
    print("line", number, file=sys.stderr)
with open(report, "w") as file:
    json.dump({{"scores": [1]}}, file)
"""
# Ends when it is told to, and then has much to say.
STOPS = f"""
def stop(number, frame):
    for line in range({MANY}):
        print("stopping", line, file=sys.stderr)
    open(os.environ["GDD_TEST_STOPPED"], "w").close()
    sys.exit(143)
signal.signal(signal.SIGTERM, stop)
print("begun", file=sys.stderr, flush=True)
while True:
    time.sleep(0.1)
"""


def make_package(folder: Path) -> None:
    """The module as it is installed, beside a torch of the version that it wants."""
    package = folder / "gdd_suite"
    (package / "bin").mkdir(parents=True)
    for file in SOURCE.glob("*.py"):
        (package / file.name).write_text(file.read_text())
    (package / "_build.py").write_text('VERSION = "1.2"\nTORCH_VERSION = "2.3"\nNEEDED = []\n')
    (folder / "torch").mkdir()
    (folder / "torch" / "__init__.py").touch()
    (folder / "torch" / "version.py").write_text("__version__ = '2.3'\n")


class Shut:
    """A stream that cannot be written."""

    def write(self, text: str) -> int:
        raise ValueError("I/O operation on closed file")


class Interrupts:
    """A stream during whose writing something happens."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def write(self, text: str) -> int:
        raise self.error


def with_stderr(stream: object, call: Callable[[], object]) -> object:
    kept = sys.stderr
    sys.stderr = stream  # type: ignore[assignment]
    try:
        return call()
    finally:
        sys.stderr = kept


def main() -> None:
    overdue = threading.Timer(PATIENCE, lambda: (print("python_module: a program is waited for without end", flush=True), os._exit(1)))
    overdue.daemon = True
    overdue.start()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_package(folder)
        sys.path.insert(0, name)
        import gdd_suite

        def evaluate(program: str) -> object:
            file = folder / "gdd_suite" / "bin" / "gdd-eval"
            file.write_text(BEGINNING + program)
            file.chmod(0o755)
            return gdd_suite.evaluate("network.pkl")

        # A result stands, whatever shows the lines of its run.
        for stream in (None, Shut()):
            report = with_stderr(stream, lambda: evaluate(TALKS))
            assert report == {"scores": [1]}, report

        # What comes between ends the program, however much it has to say then.
        stopped = folder / "stopped"
        os.environ["GDD_TEST_STOPPED"] = str(stopped)
        gdd_suite._PATIENCE = 0.5
        for error in (KeyboardInterrupt(), SystemExit(3)):
            try:
                with_stderr(Interrupts(error), lambda: evaluate(STOPS))
            except BaseException as found:
                assert found is error, found
            else:
                raise AssertionError(f"{error!r} is lost")
            assert stopped.exists(), "it was not told to stop"
            stopped.unlink()

        # Ctrl-C is one signal for both: the program is given time to stop by itself.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        gdd_suite._PATIENCE = PATIENCE
        both = "for each in os.getppid(), os.getpid():\n    os.kill(each, signal.SIGINT)\nwhile True:"
        try:
            with_stderr(None, lambda: evaluate(STOPS.replace("signal.SIGTERM", "signal.SIGINT").replace("while True:", both)))
        except KeyboardInterrupt:
            assert stopped.exists(), "it was ended at once"
        else:
            raise AssertionError("Ctrl-C is lost")


if __name__ == "__main__":
    main()
