"""Finding the trace files that a command was given."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

TRACE_SUFFIXES: Final = (".jsonl", ".jsonl.gz")


class NoTraces(Exception):
    """Thrown when a path names no trace; the message says which and what would be one."""


def find_traces(paths: Iterable[Path]) -> list[Path]:
    """Return the trace files that the paths name: files as they are, folders searched to their bottom.

    Raises:
        NoTraces: a path does not exist, or a folder holds no trace.
    """
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(file for file in path.rglob("*.jsonl*") if is_trace(file))
            if not inside:
                raise NoTraces(f"{path}: no traces in this folder; traces end in .jsonl or .jsonl.gz")
            found.extend(inside)
        elif path.exists():
            found.append(path)
        else:
            raise NoTraces(f"{path}: no such file or folder")
    return found


def is_trace(path: Path) -> bool:
    """Say whether a file is named like a trace."""
    return path.name.endswith(TRACE_SUFFIXES) and not path.name.startswith(".") and path.is_file()
