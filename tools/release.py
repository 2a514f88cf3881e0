"""Makes a release, except for publishing it: ``make release``.

The version is the one in ``src/telltale_conformance/version.py``. In a copy of the source tree the changelog fragments
are collected in ``CHANGELOG.md``, sdist and wheel are built from that, and both are checked. Only when everything has
worked are the changelog and ``dist/`` of the tree itself changed.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from telltale_conformance.version import HARNESS_VERSION
from tools.source_tree import ROOT, CannotBuild, build, copy_source

CHANGELOG: Final = "CHANGELOG.md"
FRAGMENTS: Final = "changelog.d"


class NoRelease(Exception):
    """Raised when there can be no release; the message says why and what to do."""


def fragments(root: Path) -> list[Path]:
    """Return the changelog fragments of a tree."""
    return sorted(path for path in (root / FRAGMENTS).glob("*.md") if path.name != "README.md")


def refuse_unready(root: Path, version: str) -> None:
    """Refuse a tree with uncommitted changes, a version that was released, and a release without changes.

    Raises:
        NoRelease: The tree is one of these.
    """
    changes = _git(root, "status", "--porcelain")
    if changes:
        raise NoRelease(f"the working tree has changes; commit or remove them first:\n{changes}")
    if _git(root, "tag", "--list", f"v{version}") or f"\n## {version}" in (root / CHANGELOG).read_text(
        encoding="utf-8"
    ):
        raise NoRelease(f"{version} was released before; give src/telltale_conformance/version.py the next version")
    if not fragments(root):
        raise NoRelease(f"{FRAGMENTS}/ has no fragments: nothing that users can see has changed")


def _git(root: Path, *words: str) -> str:
    git = ["git", *words]  # the one on the developer's PATH
    return subprocess.run(git, cwd=root, capture_output=True, text=True, check=True).stdout


def checked(*command: str, cwd: Path) -> None:
    """Run a tool of this environment.

    Raises:
        NoRelease: The tool reports a problem.
    """
    done = subprocess.run([sys.executable, "-m", *command], cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise NoRelease(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")


def release(root: Path, version: str) -> list[Path]:
    """Make the distributions and the changelog of a release, and return the distributions.

    Raises:
        NoRelease: The tree is not ready, or a step fails. The tree is then unchanged.
    """
    refuse_unready(root, version)
    with tempfile.TemporaryDirectory(prefix="release-") as name:
        copy = copy_source(Path(name) / "source", root)
        checked("towncrier", "build", "--yes", "--version", version, cwd=copy)
        try:
            files = build(copy, Path(name) / "dist", "--sdist", "--wheel")
        except CannotBuild as error:
            raise NoRelease(f"the build failed:\n{error}") from None
        names = [str(path) for path in files]
        checked("twine", "check", "--strict", *names, cwd=copy)
        checked("check_wheel_contents", *[one for one in names if one.endswith(".whl")], cwd=copy)
        dist = root / "dist"
        dist.mkdir(exist_ok=True)
        placed = [Path(shutil.copy2(path, dist)) for path in files]
        shutil.copy2(copy / CHANGELOG, root / CHANGELOG)
    for fragment in fragments(root):
        fragment.unlink()
    return placed


def main() -> int:
    """Make the release, say what is left to do, and return the exit code."""
    try:
        made = release(ROOT, HARNESS_VERSION)
    except NoRelease as error:
        print(f"no release: {error}", file=sys.stderr)
        return 1
    print("built and checked:")
    for path in made:
        print(f"  {path.relative_to(ROOT)}")
    print(f"{CHANGELOG} has the changes of {HARNESS_VERSION}; the fragments are removed.")
    print(f"left to do: commit, tag v{HARNESS_VERSION}, publish dist/ with twine upload")
    return 0


if __name__ == "__main__":
    sys.exit(main())
