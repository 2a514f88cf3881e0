"""No text is cut by hand for people: ``telltale_conformance.readable`` is the one place that shortens."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Final

from tools.lint.sources import Source, sources

HOME: Final = "src/telltale_conformance/readable.py"
MARK: Final = "…"


def problems(root: Path) -> Iterator[str]:
    """Yield every place where a text is cut and the mark of a cut follows."""
    for source in sources(root):
        if source.path != HOME:
            yield from problems_of(source)


def problems_of(source: Source) -> Iterator[str]:
    """Yield the places of one file."""
    for node in ast.walk(source.tree):
        match node:
            case ast.BinOp(left=left, op=ast.Add(), right=ast.Constant(value=str() as text)):
                cut = text.startswith(MARK) and _is_beginning(left)
            case ast.JoinedStr(values=values):
                pairs = pairwise(values)
                cut = any(
                    isinstance(before, ast.FormattedValue)
                    and _is_beginning(before.value)
                    and isinstance(after, ast.Constant)
                    and str(after.value).startswith(MARK)
                    for before, after in pairs
                )
            case _:
                cut = False
        if cut and isinstance(node, ast.expr):
            yield f"{source.path}:{node.lineno}: a text is cut by hand; use telltale_conformance.readable"


def _is_beginning(node: ast.expr) -> bool:
    """Say whether an expression is ``text[:n]``."""
    return (
        isinstance(node, ast.Subscript)
        and isinstance(node.slice, ast.Slice)
        and node.slice.lower is None
        and node.slice.upper is not None
    )
