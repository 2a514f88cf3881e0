"""The order of guards in the Python model: the calls of ``guards.…`` at the top of each operation."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator, Mapping

from tools.lint.statements.faults import Fault, Reading, Walk

_GUARD_DOC = re.compile(r"(G-[a-z]+|§3\.\d|H\d+)\b")

Sources = Mapping[str, str]
"""The text of each file, by its path from the top of the tree."""


def guard_names(source: str) -> dict[str, str]:
    """Return the contract's name of each function of a guards module: its docstring begins with it."""
    names = {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef) and (found := _GUARD_DOC.match(ast.get_docstring(node) or "")):
            names[node.name] = found[1]
    return names


def read_model(sources: Sources, guards: str, operations: Collection[str]) -> Reading:
    """Read the walk of each operation: the function of that name in one of the modules.

    Args:
        sources: the modules of the model.
        guards: which of them has the guards.
        operations: the operations to look for.
    """
    names = guard_names(sources[guards])
    walks: dict[str, Walk] = {}
    faults: list[Fault] = []
    for path, source in sources.items():
        for node in ast.parse(source).body:
            if not isinstance(node, ast.FunctionDef) or node.name not in operations:
                continue
            place = f"{path}:{node.lineno}"
            if node.name in walks:
                faults.append(Fault(place, node.name, f"is defined at {walks[node.name].place} too"))
            walk, found = _walk(path, node, names)
            walks[node.name] = Walk(place, walk)
            faults += found
    return Reading(walks, faults)


def _walk(path: str, function: ast.FunctionDef, names: Mapping[str, str]) -> tuple[tuple[str, ...], list[Fault]]:
    """Return the guards that a function calls, statement by statement."""
    guards: list[str] = []
    faults: list[Fault] = []
    effect: ast.stmt | None = None
    for statement in function.body:
        calls = [*_guard_calls(statement)]
        where = f"{path}:{statement.lineno}"
        if any(isinstance(node, ast.Raise) for node in ast.walk(statement)):
            faults.append(Fault(where, function.name, "raises a refusal that is no guard's"))
        if not calls:
            effect = effect or (None if _is_preparation(statement) else statement)
            continue
        if len(calls) > 1 or not _stands_alone(statement, calls[0]):
            faults.append(Fault(where, function.name, "a guard must stand in a statement of its own, unconditionally"))
        if effect is not None:
            faults.append(Fault(where, function.name, f"a guard follows an effect (line {effect.lineno})"))
        for call in calls:
            name = guard_name(call, names)
            if name is None:
                faults.append(Fault(where, function.name, f"{ast.unparse(call.func)} names no guard of the contract"))
            else:
                guards.append(name)
    return tuple(guards), faults


def _guard_calls(node: ast.AST) -> Iterator[ast.Call]:
    return (call for call in ast.walk(node) if isinstance(call, ast.Call) and is_of(call.func, "guards"))


def is_of(node: ast.expr, module: str) -> bool:
    """Whether an expression is ``module.something``."""
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == module


def guard_name(call: ast.Call, names: Mapping[str, str]) -> str | None:
    """Return the contract's name of the guard that is called; G-counter with the counter that its arguments name."""
    assert isinstance(call.func, ast.Attribute)
    name = names.get(call.func.attr)
    if name == "G-counter":
        counters = [str(argument.value) for argument in call.args if isinstance(argument, ast.Constant)]
        return f"{name} {counters[0]}" if len(counters) == 1 else None
    return name


def _is_preparation(statement: ast.stmt) -> bool:
    """Whether a statement only names a value (or is the docstring): guards may follow it."""
    if isinstance(statement, ast.Assign):
        return all(isinstance(target, ast.Name) for target in statement.targets)
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _stands_alone(statement: ast.stmt, call: ast.Call) -> bool:
    """Whether the statement is the call, or gives its result a name."""
    if isinstance(statement, ast.Expr):
        return statement.value is call
    return isinstance(statement, ast.Assign) and statement.value is call and _is_preparation(statement)
