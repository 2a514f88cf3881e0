"""All local types up to a size, as JSON and as numbered nodes for the Datalog engine."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

LocalType = Any
_LABELS = ("a", "b")


def choice(direction: str, partner: str, branches: tuple[LocalType, ...]) -> LocalType:
    """A send or receive with labels a, b, … and these continuations."""
    labelled = [[{"name": _LABELS[i], "sort": "Unit"}, None, branch] for i, branch in enumerate(branches)]
    return {direction: {"partner": partner, "branches": labelled}}


def rec(var: str, body: LocalType) -> LocalType:
    """A recursion."""
    return {"Mu": {"var": var, "body": body}}


def _pairs(size: int, make: Any) -> Iterator[tuple[LocalType, LocalType]]:
    for left in range(1, size):
        for first in make(left):
            for second in make(size - left):
                yield first, second


@cache
def open_trees(size: int, partners: tuple[str, ...]) -> tuple[LocalType, ...]:
    """Every type of exactly this many nodes, for blueprints: variables need no binder, choices may be empty."""
    found: list[LocalType] = []
    if size == 1:
        found += ["End", {"Var": "t"}]
        found += [choice(way, partner, ()) for way in ("Send", "Recv") for partner in partners]
        return tuple(found)
    smaller = open_trees(size - 1, partners)
    found += [rec("t", body) for body in smaller]
    pairs = list(_pairs(size - 1, lambda n: open_trees(n, partners)))
    for way in ("Send", "Recv"):
        for partner in partners:
            found += [choice(way, partner, (body,)) for body in smaller]
            found += [choice(way, partner, pair) for pair in pairs]
    return tuple(found)


@cache
def closed_types(size: int, scope: frozenset[str] = frozenset()) -> tuple[LocalType, ...]:
    """Every type of exactly this many nodes whose variables are bound, with partner B and two variables."""
    if size == 1:
        return ("End", *({"Var": name} for name in sorted(scope)))
    found: list[LocalType] = [rec(var, body) for var in ("s", "t") for body in closed_types(size - 1, scope | {var})]
    pairs = list(_pairs(size - 1, lambda n: closed_types(n, scope)))
    for way in ("Send", "Recv"):
        found += [choice(way, "B", (body,)) for body in closed_types(size - 1, scope)]
        found += [choice(way, "B", pair) for pair in pairs]
    return tuple(found)
