"""Names of a program: where owners, roles, labels and the like stand, and renaming them everywhere at once.

A name is renamed as one thing, so that what belongs together stays together; giving two things one name is a
simplification too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import msgspec

from telltale_conformance.lean_traces.programs import Program, is_reference

CANONICAL: Final[Mapping[str, tuple[str, ...]]] = {
    "owner": tuple("abcdefghijkl"),
    "role": tuple("ABCDEFGHIJKL"),
    "label": tuple("mnopq"),
    "fragment": tuple("xyzuvw"),
    "handler": tuple("hijkl"),
    "predicate": tuple("pq"),
    "reason": tuple("r"),
    "site": tuple("stu"),
    "variable": tuple("tuv"),
    "text": tuple("wxyz"),
}
"""Which names each sort of thing gets, in the order in which they first occur."""

FIELDS: Final[Mapping[str, str]] = {
    "owner_id": "owner",
    "new_owner_id": "owner",
    "from_owner_id": "owner",
    "to_owner_id": "owner",
    "from": "role",
    "to": "role",
    "sender": "role",
    "receiver": "role",
    "role": "role",
    "partner": "role",
    "label": "label",
    "handler": "handler",
    "predicate_ref": "predicate",
    "reason": "reason",
    "site": "site",
    "var": "variable",
    "Var": "variable",
    "Str": "text",
}
"""Fields that hold a name, with what it names."""

Name = tuple[str, str]
"""(sort, name)"""
_Visit = Callable[[str, str], str]


def names_of(program: Program) -> list[Name]:
    """Return the names in the order of their first occurrence."""
    found: dict[Name, None] = {}

    def note(sort: str, name: str) -> str:
        found.setdefault((sort, name))
        return name

    _mapped(program, note)
    return list(found)


def renamed(program: Program, names: Mapping[Name, str]) -> Program:
    """Return the program with these names replaced, all at the same time, wherever they occur."""
    return _mapped(program, lambda sort, name: names.get((sort, name), name))


def canonical(names: Iterable[Name]) -> dict[Name, str]:
    """Return the plainest name for each, different ones for different names, where any changes."""
    counts: dict[str, int] = {}
    chosen: dict[Name, str] = {}
    for sort, name in names:
        place = counts.get(sort, 0)
        counts[sort] = place + 1
        plain = CANONICAL[sort]
        chosen[sort, name] = plain[place] if place < len(plain) else f"{plain[-1]}{place}"
    return {name: new for name, new in chosen.items() if name[1] != new}


def _mapped(program: Program, visit: _Visit) -> Program:
    steps = tuple(
        msgspec.structs.replace(step, args={key: _argument(key, value, visit) for key, value in step.args.items()})
        for step in program.steps
    )
    return msgspec.structs.replace(program, steps=steps)


def _argument(key: str, value: Any, visit: _Visit) -> Any:
    if key == "roles" and isinstance(value, list):
        return [visit("role", role) if isinstance(role, str) else role for role in value]
    if key == "initial_types" and isinstance(value, dict):
        return {visit("role", role): _walk(key, type_, visit) for role, type_ in value.items()}
    return _walk(key, value, visit)


def _walk(key: str, value: Any, visit: _Visit) -> Any:
    """Map the names within a value, with a stack of its own: types may be deep."""
    holder: list[Any] = [value]
    waiting: list[tuple[Any, Any, str]] = [(holder, 0, key)]
    while waiting:
        container, place, name = waiting.pop()
        current = container[place]
        if isinstance(current, str):
            sort = FIELDS.get(name)
            if sort is not None:
                container[place] = visit(sort, current)
        elif isinstance(current, dict):
            fresh = dict(current)
            container[place] = fresh
            if is_reference(current):
                waiting.extend((fresh, member, member) for member in fresh if member == "set")
                continue
            if fresh.keys() == {"name", "sort"} or (name == "label of a branch" and "name" in fresh):
                if isinstance(fresh["name"], str):
                    fresh["name"] = visit("label", fresh["name"])
                continue
            waiting.extend((fresh, member, member) for member in reversed(fresh))
        elif isinstance(current, list):
            if name == "Fragments":
                container[place] = [visit("fragment", item) if isinstance(item, str) else item for item in current]
                continue
            copied = list(current)
            container[place] = copied
            labelled = name == "a branch"
            inner = "a branch" if name == "branches" else ""
            waiting.extend(
                (copied, index, "label of a branch" if labelled and index == 0 else inner)
                for index in range(len(copied) - 1, -1, -1)
            )
    return holder[0]
