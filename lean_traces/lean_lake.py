"""The model built natively, where ``lake`` is on PATH."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from telltale_conformance.files import keep_from_others, others_write
from telltale_conformance.lean_traces.lean_bundle import model_hash
from telltale_conformance.lean_traces.lean_errors import LeanSourceError, LeanTimeout
from telltale_conformance.lean_traces.lean_package import cache_dir
from telltale_conformance.lean_traces.lean_toolchain import sources_dir

BUILD_DEADLINE = 1800.0
"""Seconds that a build may take; elan may have to fetch the toolchain first."""


def build_executable(lake: str, deadline: float = BUILD_DEADLINE) -> Path:
    """Return the ``lean_exe`` of the package, built below the cache folder, once for each state of the sources.

    The copy is built under another name and renamed when it is done, so one that was killed half-way is not used.
    One that another user may have written is not used either.

    Raises:
        LeanSourceError: the build failed.
        LeanTimeout: it took too long.
    """
    home = cache_dir() / f"built-{model_hash().removeprefix('sha256:')[:16]}"
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
                timeout=deadline,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise LeanTimeout(f"lake build took more than {deadline:g} s") from None
        except OSError as error:
            raise LeanSourceError(f"{lake} does not start: {error}") from None
        if done.returncode != 0:
            raise LeanSourceError("lake build failed: " + (done.stdout + done.stderr).strip()[-2000:])
        if not (copy / inside).is_file():
            raise LeanSourceError(f"lake build made no {inside}")
        with contextlib.suppress(OSError):
            for place in places:
                keep_from_others(copy / place.relative_to(home))
            copy.rename(home)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    if not executable.is_file() or any(map(others_write, places)):
        raise LeanSourceError(f"the built model could not be put at {home}, kept from other users")
    return executable
