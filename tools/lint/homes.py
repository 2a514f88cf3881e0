"""Every name is imported from the module that defines it; only the faces of the package hand names on."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tools.lint.sources import module_name, sources

FACES: Final = {
    "telltale_conformance": "the version",
    "telltale_conformance.generators.strategies": "Hypothesis strategies for everything that an operation takes",
    "telltale_conformance.oracle.adapters": "what a user needs to put an implementation behind the harness",
}
"""The modules from which others may import what they do not define."""


def problems(root: Path) -> Iterator[str]:
    """Yield every import of a name from a module that only has it from another."""
    trees = {module_name(source.path): source for source in sources(root)}
    defined = {name: set(_defined(source.tree)) for name, source in trees.items()}
    for source in trees.values():
        for node in ast.walk(source.tree):
            if not isinstance(node, ast.ImportFrom) or node.module not in defined or node.module in FACES:
                continue
            for name in node.names:
                known = name.name in defined[node.module] or f"{node.module}.{name.name}" in defined
                if not known and name.name != "*":
                    where = f"{source.path}:{node.lineno}"
                    yield f"{where}: {name.name} is not defined in {node.module}; import it from its home"


def _defined(tree: ast.Module) -> Iterator[str]:
    """Yield the names that a module defines at its top."""
    waiting: list[ast.stmt] = list(tree.body)
    while waiting:
        node = waiting.pop()
        match node:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name
            case ast.Assign(targets=targets):
                yield from (found.id for target in targets for found in ast.walk(target) if isinstance(found, ast.Name))
            case ast.AnnAssign(target=ast.Name(id=name)):
                yield name
            case ast.If(body=body, orelse=orelse):
                waiting += [*body, *orelse]
            case ast.Try(body=body):
                waiting += body
