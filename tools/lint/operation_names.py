"""No set of operation names is written by hand: ``model/operations.py`` is the one home of what is known of them.

A list, set, tuple, table or pattern that names three operations or more is such a set, whatever it is for; what it
needs is asked of the table. Programs, which name operations one after the other, are written as generators.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from telltale_conformance.model.operations import OPERATIONS
from tools.lint.sources import Source, sources

MOST: Final = 2
"""How many different operations may stand together."""
HOMES: Final = {
    "model/operations.py": "the table",
    "oracle/symbolic/statement/": "the third statement of the rules keeps its own table, on purpose",
    "oracle/symbolic/claims/": "what a claim says of each operation is the claim's own statement",
    "oracle/claims/answers.py": "what each operation is asked for is K23's own statement",
    "oracle/claims/progress.py": "who may ask for what is K24's own statement",
    "oracle/reports/plain_words.py": "its plain name for people; a test compares them with the table",
    "oracle/init/growth.py": "in which order to offer operations is advice; a test sees that none is left out",
    "oracle/adapters/fault_kit.py": "an implementation of its own, which imports nothing",
}
"""Where operations may be named together, and why."""


def problems(root: Path) -> Iterator[str]:
    """Yield every hand-written set of operation names, with its place."""
    for source in sources(root):
        if not source.path.startswith(tuple(HOMES)):
            yield from problems_of(source)


def problems_of(source: Source) -> Iterator[str]:
    """Yield the sets of one file."""
    for node in ast.walk(source.tree):
        named = {name for text in _texts(node) for name in _operations(text)}
        if len(named) > MOST and isinstance(node, ast.expr | ast.pattern):
            listed = ", ".join(sorted(named))
            yield (
                f"{source.path}:{node.lineno}: operations named by hand: {listed}; derive them from model/operations.py"
            )


def _operations(text: str) -> Iterable[str]:
    """Return the operations that a text names: itself, or every word of a list in one text."""
    words = text.split()
    return words if all(word in OPERATIONS for word in words) else ()


def _texts(node: ast.AST) -> Iterator[str]:
    """Yield the texts that a node holds side by side."""
    match node:
        case ast.Set(elts=members) | ast.List(elts=members) | ast.Tuple(elts=members):
            yield from _constants(members)
        case ast.Dict(keys=keys, values=values):
            yield from _constants([key for key in keys if key is not None])
            yield from _constants([value for value in values if isinstance(value, ast.Constant)])
        case ast.Call(func=ast.Name(id="dict"), keywords=keywords):
            yield from (keyword.arg for keyword in keywords if keyword.arg is not None)
        case ast.BoolOp(values=values):
            compared = [value.comparators for value in values if isinstance(value, ast.Compare)]
            yield from _constants([constant for constants in compared for constant in constants])
        case ast.MatchOr(patterns=patterns):
            yield from _constants([pattern.value for pattern in patterns if isinstance(pattern, ast.MatchValue)])
        case ast.Constant(value=str() as text) if " " in text:
            yield text


def _constants(nodes: list[ast.expr]) -> Iterator[str]:
    """Yield the texts among these, and the first of every row of a table."""
    for node in nodes:
        first = node.elts[0] if isinstance(node, ast.Tuple | ast.List) and node.elts else node
        if isinstance(first, ast.Constant) and isinstance(first.value, str):
            yield first.value
