"""Where a finding is in the repository under test: code scanning shows a result beside a file that is kept there."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Final

from telltale_conformance.errors import UsageError
from telltale_conformance.oracle.reports.report import Finding, Report
from telltale_conformance.oracle.reports.wording import Place, Problem

_SOURCES: Final = ("", "src")
"""The folders in which a Python module is looked for."""
_LAST: Final = ("telltale-conformance.toml", "pyproject.toml", "README.md", "README")
_GIT_SECONDS: Final = 10


def root_of(folder: Path) -> Path:
    """Return the top of the repository that a folder is in; without one the folder itself."""
    return next((one for one in (folder, *folder.parents) if (one / ".git").exists()), folder)


def chosen(path: str) -> str:
    """Return the file that a user chose for results, as seen from the top of the repository.

    Raises:
        UsageError: it is a folder, or outside the repository.
    """
    whole, root = Path(os.path.abspath(path)), root_of(Path.cwd())
    if not path or os.path.isdir(whole):
        raise UsageError(f"--artifact {path}: name a file, as conformance/README.md", remedy="results stand beside it")
    if not whole.is_relative_to(root):
        raise UsageError(f"--artifact {path}: it is outside {root}", remedy="name a file of the repository")
    return whole.relative_to(root).as_posix()


class InRepository:
    """Finds for each result of a report the file of the repository beside which it is shown.

    That is the file that the user chose. Else it is the recorded trace that was judged; else the source of the adapter,
    as its command names it; else the baseline; else one that says what the repository is, for a result without a place
    is refused by code scanning. Only files that are kept in the repository count.
    """

    def __init__(self, report: Report) -> None:
        self._root = root_of(Path.cwd())
        self._artifact = report.artifact
        traces = [one.trace[0] for one in report.findings if one.trace is not None]
        sources = [*adapter_files(report.command), *([report.baseline] if report.baseline is not None else [])]
        sources += [str(self._root / name) for name in _LAST]
        self._kept = kept(self._root, [*traces, *sources])
        self._fallback = next((self._kept[one] for one in sources if one in self._kept), None)

    def of(self, finding: Finding) -> Place | None:
        """Return the place of a finding; None where no file of the repository has to do with it."""
        if self._artifact is None and finding.trace is not None and finding.trace[0] in self._kept:
            path, event = finding.trace
            return Place(self._kept[path], event + 2)
        return self._whole()

    def of_problem(self, problem: Problem) -> Place | None:
        """Return the place of a problem: the line of the baseline that it is about, else as of a finding."""
        if problem.place is not None:
            known = kept(self._root, [problem.place.path])
            for path in known.values():
                return Place(path, problem.place.line)
        return self._whole()

    def _whole(self) -> Place | None:
        path = self._artifact or self._fallback
        return None if path is None else Place(path, 1)


def adapter_files(command: str | None) -> list[str]:
    """Return the files that the command of an adapter may name as its source, the likeliest first."""
    try:
        words = shlex.split(command or "")
    except ValueError:
        return []
    return list(dict.fromkeys(_files(words)))


def _files(words: Sequence[str]) -> Iterator[str]:
    for word, after in pairwise(words):
        if word == "-m":
            path = after.replace(".", "/")
            for folder in _SOURCES:
                yield from (os.path.join(folder, f"{path}{end}") for end in (".py", "/__main__.py"))
    yield from (word for word in words if not word.startswith("-"))


def kept(root: Path, paths: Sequence[str]) -> dict[str, str]:
    """Return those of some files that are kept in the repository, each as seen from its top.

    Without git, or a repository, those that are there and below it count.
    """
    there = {}
    for path in paths:
        whole = Path(os.path.abspath(path))
        if os.path.isfile(whole) and whole.is_relative_to(root):  # a word of a command may be no path at all
            there[path] = whole.relative_to(root).as_posix()
    if not there or not (root / ".git").exists():
        return there
    command = ["git", "-C", str(root), "ls-files", "-z", "--", *there.values()]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_GIT_SECONDS, check=True)
    except (OSError, subprocess.SubprocessError):
        return there
    tracked = set(os.fsdecode(done.stdout).split("\0"))
    return {path: name for path, name in there.items() if name in tracked}
