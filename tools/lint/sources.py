"""The Python files of the project that a check reads."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

ROOMS: Final = ("model", "lean_traces", "generators", "oracle", "tools", "src/telltale_conformance")


class Source(NamedTuple):
    """One file."""

    path: str
    """From the top of the tree, with slashes."""
    tree: ast.Module


def sources(root: Path, rooms: tuple[str, ...] = ROOMS) -> Iterator[Source]:
    """Yield the files of the rooms, each once, in order; the links of ``src`` lead to rooms and are not followed."""
    for room in rooms:
        for file in sorted((root / room).rglob("*.py")):
            inner = file.relative_to(root / room).parents
            if any((root / room / folder).is_symlink() for folder in inner):
                continue
            yield Source(file.relative_to(root).as_posix(), ast.parse(file.read_bytes(), str(file)))
