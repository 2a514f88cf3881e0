"""No module imports itself by way of others, neither at its top nor within a function."""

from __future__ import annotations

import ast
from collections.abc import Container, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from tools.lint.sources import PACKAGE, module_name, sources


def problems(root: Path) -> Iterator[str]:
    """Yield a circle of imports, where there is one; another may show once it is mended."""
    yield from circle(imports(root))


def circle(imported: Mapping[str, set[str]]) -> Iterator[str]:
    """Yield the circle that is found first among modules and what each imports."""
    try:
        TopologicalSorter(imported).prepare()
    except CycleError as error:
        modules = [name.removeprefix(f"{PACKAGE}.") for name in error.args[1]]
        yield f"imports in a circle: {' ← '.join(modules)}"


def imports(root: Path) -> dict[str, set[str]]:
    """Return what every module of the package imports, within functions too; not what is for types only."""
    trees = {module_name(source.path): source.tree for source in sources(root) if not source.path.startswith("tools/")}
    return {module: set(_imported(tree, trees.keys())) - {module} for module, tree in trees.items()}


def _imported(tree: ast.AST, known: Container[str]) -> Iterator[str]:
    for node in ast.iter_child_nodes(tree):
        match node:
            case ast.If(test=ast.Name(id="TYPE_CHECKING"), orelse=orelse):
                for other in orelse:
                    yield from _imported(other, known)
            case ast.ImportFrom(module=str() as module, names=names, level=0):
                for name in names:
                    inner = f"{module}.{name.name}"
                    yield from [one for one in (inner if inner in known else module,) if one in known]
            case ast.Import(names=names):
                yield from [name.name for name in names if name.name in known]
            case _:
                yield from _imported(node, known)
