"""Runs the wheel under every other Python that is supported and present: ``python -m tools.other_pythons``.

The test suite runs under one Python. This is a quick look at the others: the wheel is built, installed with its
dependencies as the lock pins them, and replays the recordings and checks the reference. A Python that is not present
is named and skipped.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from tools.source_tree import ROOT, build, copy_source

SUPPORTED: Final = ("3.11", "3.12", "3.13")
"""Versions of Python that the package's metadata names."""

LOCK: Final = ROOT / "requirements-dev.lock"

CHECKS: Final[tuple[tuple[str, ...], ...]] = (
    ("telltale-conformance", "--version"),
    ("telltale-conformance", "replay", "--recordings"),
    ("telltale-conformance", "check", "--lanes", "corpus,programs,claims"),
    (
        *("telltale-conformance", "check", "--lanes", "corpus"),
        *("--sut", "python -m telltale_conformance.adapters.reference"),
    ),
)
"""What is run; each command must end with exit code 0."""


def candidates(version: str) -> Iterator[Path]:
    """Yield where an interpreter of a version may be: on PATH, or among pyenv's."""
    found = shutil.which(f"python{version}")
    if found is not None:
        yield Path(found)
    root = os.environ.get("PYENV_ROOT", str(Path.home() / ".pyenv"))
    yield from sorted(Path(root, "versions").glob(f"{version}.*/bin/python{version}"))


def interpreter(version: str) -> Path | None:
    """Return an interpreter of a version that starts and says that it is one."""
    code = "import ssl, sys, venv; print('%d.%d' % sys.version_info[:2])"
    for path in candidates(version):
        done = subprocess.run([str(path), "-c", code], capture_output=True, text=True, check=False)
        if done.returncode == 0 and done.stdout.strip() == version:
            return path
    return None


def tried(python: Path, wheel: Path, folder: Path) -> str | None:
    """Install the wheel for an interpreter and run it; return what failed, with its output."""
    install = ("python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--constraint", str(LOCK))
    commands: Sequence[Sequence[str]] = ((str(python), "-m", "venv", str(folder)), (*install, str(wheel)), *CHECKS)
    left_out = ("PYTHON", "PYENV_VERSION")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(left_out)}
    environment["PATH"] = f"{folder / 'bin'}{os.pathsep}{environment['PATH']}"
    for command in commands:
        done = subprocess.run(
            command,
            cwd=folder.parent,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=600,
            check=False,
        )
        if done.returncode != 0:
            return f"{' '.join(command)}: exit code {done.returncode}\n{done.stdout}"
    return None


def main() -> int:
    """Try every other supported Python, print a line for each, and return the exit code."""
    own = "{}.{}".format(*sys.version_info)
    failures = []
    with tempfile.TemporaryDirectory(prefix="other-pythons-") as name:
        folder = Path(name)
        (wheel,) = build(copy_source(folder / "source"), folder / "wheel", "--wheel")
        for version in SUPPORTED:
            if version == own:
                print(f"Python {version}: the test suite runs under it")
                continue
            python = interpreter(version)
            if python is None:
                print(f"Python {version}: SKIPPED, there is no such interpreter on PATH or among pyenv's")
                continue
            problem = tried(python, wheel, folder / version)
            print(f"Python {version}: {'FAILED' if problem else 'ok'}, {python}", flush=True)
            if problem is not None:
                failures.append(f"Python {version}: {problem}")
    print("\n".join(failures), end="")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
