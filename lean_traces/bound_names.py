"""Local types within JSON, compared up to the names of their bound variables (H14).

H14 fixes no name for a binder that is renamed, so two right implementations may answer ``μt. !B{a. t}`` and
``μt_1. !B{a. t_1}``. Here every bound name is replaced by how many binders lie around its own: the same in both.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from telltale_conformance.lean_traces.json_values import DESCEND, Difference, differences, rebuilt


@dataclass(frozen=True, slots=True)
class BoundName:
    """A bound variable, or its binder: the same as another one if as many binders lie around."""

    binders_around: int
    written: str = field(compare=False)
    """The name that it has in the answer."""


def differences_in_types(expected: Any, actual: Any) -> Iterator[Difference]:
    """Yield where two JSON values differ, names of bound variables aside; names are shown as they are written."""
    for path, left, right in differences(without_bound_names(expected), without_bound_names(actual)):
        written = _as_written(left), _as_written(right)
        yield Difference(path, *(written if written[0] != written[1] else (_told(left), _told(right))))


def without_bound_names(value: Any) -> Any:
    """Return a JSON value with every bound variable of the local types in it replaced by its ``BoundName``.

    Whatever has not the exact form of a type stays as it is, and so do free variables.
    """
    whole = [value]
    in_scope: dict[str, list[int]] = {}
    around = 0
    waiting: list[_Part | _Left] = [_Part(whole, 0)]
    while waiting:
        item = waiting.pop()
        if isinstance(item, _Left):
            in_scope[item.name].pop()
            around -= 1
            continue
        container, place = item.container, item.place
        part = container[place]
        if isinstance(part, dict):
            binder, variable = _binder(part), part.get("Var") if part.keys() == {"Var"} else None
            if binder is not None:
                opened = {"body": binder["body"], "var": BoundName(around, binder["var"])}
                container[place] = {"Mu": opened}
                in_scope.setdefault(binder["var"], []).append(around)
                around += 1
                waiting += [_Left(binder["var"]), _Part(opened, "body")]
            elif isinstance(variable, str) and in_scope.get(variable):
                container[place] = {"Var": BoundName(in_scope[variable][-1], variable)}
            else:
                container[place] = members = dict(part)
                waiting.extend(_Part(members, name) for name in members)
        elif isinstance(part, list):
            container[place] = elements = list(part)
            waiting.extend(_Part(elements, index) for index in range(len(elements)))
    return whole[0]


@dataclass(frozen=True, slots=True)
class _Part:
    """A part that is still to be looked at."""

    container: Any
    place: Any


@dataclass(frozen=True, slots=True)
class _Left:
    """Stands where a binder's body has been looked at to its end."""

    name: str


def _binder(part: dict[str, Any]) -> dict[str, Any] | None:
    inner = part.get("Mu") if part.keys() == {"Mu"} else None
    if isinstance(inner, dict) and inner.keys() == {"body", "var"} and isinstance(inner["var"], str):
        return inner
    return None


def _told(name: str | BoundName) -> str:
    """Return a name with what it stands for, to be told from the same name that stands for something else."""
    if isinstance(name, BoundName):
        return f"{name.written} (of binder {name.binders_around + 1} from outside)"
    return f"{name} (free)"


def _as_written(value: Any) -> Any:
    return rebuilt(value, lambda _, part: part.written if isinstance(part, BoundName) else DESCEND)
