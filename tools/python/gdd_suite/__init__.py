"""Scores of one-step diffusion generators: a thin call of the programs gdd-eval, gdd-fid and gdd-sample.

    import gdd_suite
    report = gdd_suite.evaluate("cifar.pkl", "cifar10-32x32.npz", seeds="0-49999")
    print(report["scores"][0]["value"])

Each function runs one program and returns the report that it writes with --json. What has no argument here goes in `flags`, as on
the command line.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ._build import VERSION as __version__
from ._programs import GddError, environment, program

__all__ = ["GddError", "evaluate", "fid", "sample"]

StrPath = str | os.PathLike[str]
_Value = StrPath | None
_PATIENCE = 5.0  # seconds


def evaluate(
    network: StrPath,
    ref: _Value = None,
    *,
    metrics: str | Sequence[str] = "fid",
    seeds: str = "0-49999",
    ref_images: _Value = None,
    protocol: str | None = None,
    detector: _Value = None,
    outdir: _Value = None,
    device: str | None = None,
    flags: Sequence[str] = (),
    verbose: bool = True,
) -> dict[str, Any]:
    """All scores of a checkpoint in one pass, as `gdd-eval --network network --ref ref`.

    network: a snapshot (.pkl) or a converted file (.pt).
    ref: npz with mu and sigma, or images, or an npz of features; "is" alone needs none.
    metrics: names as in `gdd-eval --help`, such as ["fid", "is", "pr"].
    seeds: such as "0-49999" or "1,2,5-10".
    ref_images: the reference with its rows, for metrics that need them where `ref` has statistics alone.
    protocol, detector, device: as the flags of those names; None: the program's defaults.
    outdir: the folder that keeps what is finished, where a run that was stopped goes on; None: results/NETWORK.
    flags: more of the program's flags, such as ["--per-class", "--runs", "3"].
    verbose: whether what the program tells on its way is shown on standard error.

    Returns the report: "scores" is a list of {"name", "value", "protocol", "num_samples", ...}, and "warnings" and "provenance"
    (versions, hashes, seeds, ...) stand beside it. Raises GddError with the program's line where it fails.
    """
    return _run(
        ["gdd-eval"],
        {
            "--network": network,
            "--seeds": seeds,
            "--ref": ref,
            "--metrics": _joined(metrics),
            "--ref-images": ref_images,
            "--protocol": protocol,
            "--detector": detector,
            "--outdir": outdir,
            "--device": device,
        },
        flags,
        verbose,
    )


def fid(
    images: StrPath,
    ref: _Value = None,
    *,
    metrics: str | Sequence[str] = "fid",
    protocol: str | None = None,
    detector: _Value = None,
    device: str | None = None,
    flags: Sequence[str] = (),
    verbose: bool = True,
) -> dict[str, Any]:
    """Scores of images that are there, as `gdd-fid calc --images images --ref ref`.

    images: a folder, zip or npz of images, or an npz of features; ref the same, or npz with mu and sigma. The rest as in evaluate().
    """
    return _run(
        ["gdd-fid", "calc"],
        {
            "--images": images,
            "--ref": ref,
            "--metrics": _joined(metrics),
            "--protocol": protocol,
            "--detector": detector,
            "--device": device,
        },
        flags,
        verbose,
    )


def sample(
    network: StrPath,
    outdir: StrPath,
    *,
    seeds: str = "0-63",
    device: str | None = None,
    flags: Sequence[str] = (),
    verbose: bool = True,
) -> dict[str, Any]:
    """Images of a checkpoint, as `gdd-sample --network network --outdir outdir`: outdir/000000.png and so on, and image_pack.npz.

    Returns what the program writes of its run; the rest as in evaluate().
    """
    options = {"--network": network, "--outdir": outdir, "--seeds": seeds, "--device": device}
    return _run(["gdd-sample"], options, flags, verbose)


def _joined(names: str | Sequence[str]) -> str:
    return names if isinstance(names, str) else ",".join(names)


def _run(command: list[str], options: dict[str, _Value], flags: Sequence[str], verbose: bool) -> dict[str, Any]:
    given = [word for flag, value in options.items() if value is not None for word in (flag, os.fspath(value))]
    surroundings = environment()
    with tempfile.TemporaryDirectory(prefix="gdd-") as scratch:
        report = Path(scratch) / "report.json"
        process = subprocess.Popen(
            [*command, *given, *flags, "--json", str(report)],
            executable=program(command[0]),
            env=surroundings,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
        )
        last = _follow(process, verbose)
        if process.returncode != 0:
            code = process.returncode if process.returncode > 0 else 128 - process.returncode
            raise GddError(last or f"{command[0]}: ended with {process.returncode} and said nothing", code)
        read: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
        return read


def _follow(process: subprocess.Popen[str], verbose: bool) -> str:
    """The last line that the program told, when it has ended. Whatever comes between ends it too, and it is waited for while it stops;
    its last words are read, as one whose pipe is full would wait for ever."""
    last = ""
    assert process.stderr is not None
    try:
        for line in process.stderr:
            last = line.strip() or last
            if verbose:
                _show(line)
    except BaseException as error:
        # Ctrl-C mostly reaches it as well, and a second signal would not let it finish what it keeps.
        end = threading.Timer(_PATIENCE if isinstance(error, KeyboardInterrupt) else 0, process.terminate)
        end.start()
        try:
            for _ in process.stderr:
                pass
        finally:
            process.stderr.close()
            process.wait()
            end.cancel()
        raise
    process.stderr.close()
    process.wait()
    return last


def _show(line: str) -> None:
    """Without a standard error, as under pythonw, or with one that is closed or cannot write this text, the work goes on unseen."""
    try:
        if sys.stderr is not None:
            sys.stderr.write(line)
    except Exception:
        pass
