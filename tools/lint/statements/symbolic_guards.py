"""The order of guards in the symbolic statement: the list that each transition gives to ``walk``."""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping

from tools.lint.statements.faults import Fault, Reading, Walk
from tools.lint.statements.python_guards import Sources, guard_name, guard_names, is_of


def read_statement(sources: Sources, guards: str, table: str, operations: Collection[str]) -> Reading:
    """Read the walk of each operation: the function that the table ``OPERATIONS`` has for it.

    Args:
        sources: the modules of the statement.
        guards: which of them has the guards.
        table: which of them has the table of operations.
        operations: the operations to look for.
    """
    names = guard_names(sources[guards])
    functions = {
        (path.rpartition("/")[2].removesuffix(".py"), node.name): (path, node)
        for path, source in sources.items()
        for node in ast.parse(source).body
        if isinstance(node, ast.FunctionDef)
    }
    walks: dict[str, Walk] = {}
    faults: list[Fault] = []
    for operation, transition in _transitions(sources[table]).items():
        if operation not in operations:
            continue
        if transition not in functions:
            faults.append(Fault(table, operation, f"there is no function {'.'.join(transition)}"))
            continue
        path, function = functions[transition]
        place = f"{path}:{function.lineno}"
        if not (ast.get_docstring(function) or "").startswith(f"{operation}:"):
            faults.append(Fault(place, operation, f"the docstring of {function.name} begins with another operation"))
        walk, found = _walk(path, operation, function, names)
        walks[operation] = Walk(place, walk)
        faults += found
    return Reading(walks, faults)


def _transitions(source: str) -> dict[str, tuple[str, str]]:
    """Return the table: wire name to (module, function)."""
    found = {}
    for node in ast.parse(source).body:
        if not (isinstance(node, ast.AnnAssign) and isinstance(node.value, ast.Dict)):
            continue
        if not (isinstance(node.target, ast.Name) and node.target.id == "OPERATIONS"):
            continue
        for key, value in zip(node.value.keys, node.value.values, strict=True):
            step = value.args[0] if isinstance(value, ast.Call) and value.args else value
            if isinstance(key, ast.Constant) and isinstance(step, ast.Attribute) and isinstance(step.value, ast.Name):
                found[str(key.value)] = (step.value.id, step.attr)
    return found


def _walk(
    path: str, operation: str, function: ast.FunctionDef, names: Mapping[str, str]
) -> tuple[tuple[str, ...], list[Fault]]:
    """Return the guards in the list that the function's one ``walk`` is given."""
    place = f"{path}:{function.lineno}"
    calls = [node for node in ast.walk(function) if isinstance(node, ast.Call)]
    walks = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id == "walk"]
    if len(walks) != 1 or len(walks[0].args) < 2 or not isinstance(walks[0].args[1], ast.List):
        return (), [Fault(place, operation, "needs one call of walk whose second argument is a list of guards")]
    listed = walks[0].args[1].elts
    guards: list[str] = []
    faults: list[Fault] = []
    for element in listed:
        called = isinstance(element, ast.Call) and is_of(element.func, "guards")
        name = guard_name(element, names) if isinstance(element, ast.Call) and called else None
        if name is None:
            where = f"{path}:{element.lineno}"
            faults.append(Fault(where, operation, f"{ast.unparse(element)} names no guard of the contract"))
        else:
            guards.append(name)
    if sum(is_of(call.func, "guards") for call in calls) != len(guards):
        faults.append(Fault(place, operation, "calls a guard outside the list that walk is given"))
    return tuple(guards), faults
