"""The source tree: which files belong to it, a copy of them, and distributions built from it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
ROOMS: Final = ("model", "lean_traces", "generators", "oracle")
"""The folders that links in ``src/telltale_conformance`` lead to."""

_LEFT_OUT: Final = shutil.ignore_patterns(".*_cache", ".venv", "__pycache__", "build", "dist", "report", "*.egg-info")


class CannotBuild(Exception):
    """Raised when the build fails; the message holds its output."""


def link_rooms(root: Path = ROOT) -> None:
    """Make the rooms appear at the top of an unpacked source distribution, which has them in the package only."""
    for room in ROOMS:
        with suppress(FileExistsError):  # in a checkout the rooms are there; a worker of the same run may be faster
            (root / room).symlink_to(Path("src") / "telltale_conformance" / room)


def source_files(root: Path = ROOT) -> list[str] | None:
    """Return the names of the files in a source tree, or None where no git can list them."""
    git = shutil.which("git")
    if git is None or not (root / ".git").exists():
        return None
    command = [git, "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=root, capture_output=True, check=True).stdout.decode()
    names = {name for name in listed.split("\0") if name}
    return sorted(name for name in names if (root / name).exists())


def copy_source(target: Path, root: Path = ROOT) -> Path:
    """Copy a source tree without what git ignores, links as links, and return the target."""
    names = source_files(root)
    if names is None:
        return Path(shutil.copytree(root, target, symlinks=True, ignore=_LEFT_OUT))
    for name in names:
        copy = target / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(root / name, copy, follow_symlinks=False)
    return target


def build(source: Path, output: Path, *kinds: str) -> list[Path]:
    """Build distributions with the build tools of this environment, and return the files.

    Args:
        source: The source tree.
        output: The folder for what is built.
        kinds: ``--sdist``, ``--wheel`` or both. Without them the wheel is built from the source distribution.

    Raises:
        CannotBuild: The build fails.
    """
    command = [sys.executable, "-m", "build", "--no-isolation", *kinds, "--outdir", str(output), str(source)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    if done.returncode != 0:
        raise CannotBuild(done.stdout + done.stderr)
    return sorted(output.iterdir())
