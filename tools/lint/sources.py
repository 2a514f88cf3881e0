"""The Python files of the project that a check reads."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

PACKAGE: Final = "telltale_conformance"
ROOMS: Final = ("model", "lean_traces", "generators", "oracle", "tools", "src/telltale_conformance")


class Source(NamedTuple):
    """One file."""

    path: str
    """From the top of the tree, with slashes."""
    tree: ast.Module


def sources(root: Path, rooms: tuple[str, ...] = ROOMS) -> Iterator[Source]:
    """Yield the files of the rooms, each once, in order; what ``src`` has of the rooms is not read again."""
    for room in rooms:
        for file in sorted((root / room).rglob("*.py")):
            if room.startswith("src/") and file.relative_to(root / room).parts[0] in ROOMS:
                continue
            yield Source(file.relative_to(root).as_posix(), ast.parse(file.read_bytes(), str(file)))


def module_name(path: str) -> str:
    """Return the module that a file of the package, or of the tools, is."""
    name = path.removeprefix(f"src/{PACKAGE}/").removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    if name.startswith("tools"):
        return name
    return PACKAGE if name in ("", "__init__") else f"{PACKAGE}.{name}"
