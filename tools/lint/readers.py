"""No file is read but through ``telltale_conformance.files``, which refuses devices and pipes and keeps a bound."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tools.lint.sources import ROOMS, Source, sources

HOME: Final = "src/telltale_conformance/files.py"
EXEMPT: Final = {
    "oracle/adapters/keeper.py": "runs as a script that imports nothing of the package; reads /proc alone",
}
"""Files that read otherwise, with the reason."""
_READS: Final = frozenset({"read_bytes", "read_text"})
_OPENERS: Final = frozenset({"gzip", "io", "tarfile", "bz2", "lzma", "codecs", "zipfile"})
_WRITING: Final = frozenset("wax")


def problems(root: Path) -> Iterator[str]:
    """Yield every place that opens a file for reading by another way; developer tools may."""
    for source in sources(root, tuple(room for room in ROOMS if room != "tools")):
        if source.path != HOME and source.path not in EXEMPT:
            yield from problems_of(source)


def problems_of(source: Source) -> Iterator[str]:
    """Yield the places of one file."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and _reads(node):
            yield f"{source.path}:{node.lineno}: a file is read by another way; use telltale_conformance.files"


def _reads(call: ast.Call) -> bool:
    match call.func:
        case ast.Attribute(attr=name) if name in _READS:
            return True
        case ast.Attribute(value=ast.Name(id=module), attr="open") if module in _OPENERS:
            return not any(keyword.arg == "fileobj" for keyword in call.keywords)
        case ast.Name(id="open"):
            return not _writes(call.args[1:2], call)
        case ast.Attribute(attr="open"):
            return _has_mode(call.args[:1]) and not _writes(call.args[:1], call)
    return False


def _has_mode(given: list[ast.expr]) -> bool:
    """Say whether an argument is the mode of a file: ``open`` is also an operation and a guard of the contract."""
    return any(isinstance(one, ast.Constant) and isinstance(one.value, str) and len(one.value) <= 3 for one in given)


def _writes(given: list[ast.expr], call: ast.Call) -> bool:
    named = [keyword.value for keyword in call.keywords if keyword.arg == "mode"]
    return any(
        isinstance(one, ast.Constant) and isinstance(one.value, str) and bool(_WRITING & set(one.value))
        for one in (*given, *named)
    )
