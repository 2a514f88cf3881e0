"""The model built natively, where ``lake`` is on PATH."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final

from telltale_conformance.files import keep_from_others, others_write
from telltale_conformance.lean_traces.lean_bundle import model_hash
from telltale_conformance.lean_traces.lean_errors import (
    LeanError,
    LeanOutOfMemory,
    LeanSourceError,
    LeanTimeout,
    LeanToolchainFailed,
)
from telltale_conformance.lean_traces.lean_identity import toolchain_identity
from telltale_conformance.lean_traces.lean_package import cache_dir
from telltale_conformance.lean_traces.lean_toolchain import LeanToolchain, sources_dir

BUILD_DEADLINE: Final = 1800.0
"""Seconds that a build may take; elan may have to fetch the toolchain first."""
_OF_A_SOURCE: Final = re.compile(r"error: \S*\.lean:\d+:\d+: ")
_OF_MEMORY: Final = re.compile(r"out of memory|memory allocation|cannot allocate memory", re.IGNORECASE)


def build_executable(lake: str, toolchain: LeanToolchain) -> Path:
    """Return the ``lean_exe`` of the package, built below the cache folder, once for each toolchain and its sources.

    The copy is built under another name and renamed when it is done, so one that was killed half-way is not used.
    One that another user may have written is not used either.

    Raises:
        LeanSourceError: a source does not compile.
        LeanOutOfMemory: there was too little memory.
        LeanToolchainFailed: the build failed otherwise, or it made nothing.
        LeanTimeout: it took too long.
    """
    which = (model_hash(), toolchain_identity(toolchain))
    home = cache_dir() / "-".join(["built", *(part.removeprefix("sha256:")[:16] for part in which)])
    inside = Path(".lake", "build", "bin", "telltale.exe" if os.name == "nt" else "telltale")
    executable = home / inside
    places = [executable, *list(executable.parents)[: len(inside.parts)]]
    if executable.is_file() and not any(map(others_write, places)):
        return executable
    shutil.rmtree(home, ignore_errors=True)
    home.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f"part-{os.getpid()}-", dir=home.parent))
    try:
        copy = work / "package"
        shutil.copytree(sources_dir(), copy, ignore=shutil.ignore_patterns(".lake", "*.cjs"))
        try:
            done = subprocess.run(
                [lake, "build", "telltale"],
                cwd=copy,
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                timeout=BUILD_DEADLINE,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise LeanTimeout(f"lake build took more than {BUILD_DEADLINE:g} s") from None
        except OSError as error:
            raise LeanToolchainFailed(f"{lake} does not start: {error}") from None
        if done.returncode != 0:
            raise _failed(done.stdout + done.stderr)
        if not (copy / inside).is_file():
            raise LeanToolchainFailed(f"lake build says that it is done, and made no {inside}")
        with contextlib.suppress(OSError):
            for place in places:
                keep_from_others(copy / place.relative_to(home))
            copy.rename(home)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    if not executable.is_file() or any(map(others_write, places)):
        raise LeanToolchainFailed(
            f"it cannot be put at {home}, kept from other users",
            message="the built model cannot be kept",
            remedy=f"let {home.parent} be a folder that you alone may write to",
        )
    return executable


def _failed(said: str) -> LeanError:
    """Return which failure it was that ended a build."""
    told = "lake build failed: " + (said.strip()[-2000:] or "it said nothing")
    if _OF_A_SOURCE.search(said):
        return LeanSourceError(told)
    return LeanOutOfMemory(told) if _OF_MEMORY.search(said) else LeanToolchainFailed(told)
