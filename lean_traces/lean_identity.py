"""Which Lean it was: what was shown or built with one toolchain is not taken for the work of another."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

from telltale_conformance.lean_traces.lean_seal import integrity_of
from telltale_conformance.lean_traces.lean_toolchain import LeanToolchain, sources_dir

PREFIX_DEADLINE = 300.0
"""Seconds that Lean may take to say where it is installed."""


def toolchain_identity(toolchain: LeanToolchain) -> str:
    """Return a hash of what tells a toolchain from others.

    It is taken of the names, sizes and times of its programs and libraries. A Lean on PATH may be elan's, which starts
    another one, so the toolchain that it starts counts too. Of the WebAssembly build its seal counts as well.
    """
    paths = [Path(toolchain.command[0]), *([] if toolchain.lake is None else [Path(toolchain.lake)])]
    if toolchain.root is None:
        paths += _started_by(toolchain.command[0])
        package = ""
    else:
        package = str(integrity_of(toolchain.root))
    told = [toolchain.kind, toolchain.version, *toolchain.command, package, *_outline(paths)]
    return "sha256:" + hashlib.sha256("\0".join(told).encode(errors="surrogateescape")).hexdigest()


def _started_by(lean: str) -> Iterator[Path]:
    """Yield the programs and shared libraries of the toolchain that a Lean on PATH starts."""
    try:
        said = subprocess.run(
            [lean, "--print-prefix"], capture_output=True, timeout=PREFIX_DEADLINE, check=True, cwd=sources_dir()
        ).stdout
        prefix = Path(said.decode().strip())
    except (OSError, ValueError, subprocess.SubprocessError):
        return
    if prefix.is_absolute():
        yield from sorted(prefix.glob("bin/*"))
        yield from sorted(prefix.glob("lib/lean/*.*"))


def _outline(paths: Iterable[Path]) -> Iterator[str]:
    for path in paths:
        try:
            whole = path.resolve()
            stat = whole.stat()
        except (OSError, ValueError, RuntimeError):  # a name with a zero, links in a circle
            yield f"{path!s}: not there"
        else:
            yield f"{whole!s}: {stat.st_size}, {stat.st_mtime_ns}"
