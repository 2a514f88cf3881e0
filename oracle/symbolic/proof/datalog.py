"""A thin layer over z3's fixed-point engine: relations over small finite domains, facts, rules, one question."""

from __future__ import annotations

import ctypes
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

import z3

from telltale_conformance.oracle.symbolic.proof.solving import Inconclusive, Limits

ID_BITS = 24
ID = z3.BitVecSort(ID_BITS)


def ident(number: int) -> z3.BitVecRef:
    """Return a constant of the finite domain."""
    return z3.BitVecVal(number, ID)


class Datalog:
    """A Datalog program."""

    def __init__(self, limits: Limits) -> None:
        self._engine = z3.Fixedpoint()
        self._engine.set(engine="datalog", rlimit=limits.left(), ctrl_c=False)
        self._variables = 0

    def relation(self, name: str, arity: int) -> z3.FuncDeclRef:
        """Declare a relation."""
        made = z3.Function(name, *([ID] * arity), z3.BoolSort())
        self._engine.register_relation(made)
        return made

    def variables(self, number: int) -> list[z3.ExprRef]:
        """Declare variables, to be used in rules."""
        made = [z3.Const(f"x{self._variables + i}", ID) for i in range(number)]
        self._variables += number
        self._engine.declare_var(*made)
        return made

    def facts(self, relation: z3.FuncDeclRef, rows: Iterable[tuple[int, ...]]) -> None:
        """Add facts, past the wrapper (which would close each one over all declared variables)."""
        for row in rows:
            values = (ctypes.c_uint * len(row))(*row)
            z3.Z3_fixedpoint_add_fact(self._engine.ctx.ref(), self._engine.fixedpoint, relation.ast, len(row), values)

    def rule(self, head: z3.BoolRef, *body: z3.BoolRef) -> None:
        """Add ``head :- body``; a negated atom in the body is stratified negation."""
        self._engine.rule(head, list(body))

    def some(self, relation: z3.FuncDeclRef) -> tuple[int, ...] | None:
        """Return a row of the relation, or None when it is empty."""
        try:
            answer = self._engine.query(relation)
        except z3.Z3Exception as error:  # how this engine says that its work is up
            raise Inconclusive(f"the fixed-point engine gave up: {error}") from None
        if answer == z3.unknown:
            raise Inconclusive(str(self._engine.reason_unknown()))
        if answer == z3.unsat:
            return None
        return _row(self._engine.get_answer(), relation.arity())


def _row(answer: z3.ExprRef, arity: int) -> tuple[int, ...]:
    """Return the first row of an answer: a disjunction of conjunctions of ``variable = value``."""
    if z3.is_or(answer):
        answer = answer.children()[0]
    row = [0] * arity
    for equation in answer.children() if z3.is_and(answer) else [answer]:
        left, right = equation.children()
        variable, value = (left, right) if z3.is_var(left) else (right, left)
        row[arity - 1 - z3.get_var_index(variable)] = value.as_long()
    return tuple(row)


LocalType = Any
_LABELS = ("a", "b")


def choice(direction: str, partner: str, branches: tuple[LocalType, ...]) -> LocalType:
    """Return a send or receive with labels a, b, … and these continuations."""
    labelled = [[{"name": _LABELS[i], "sort": "Unit"}, None, branch] for i, branch in enumerate(branches)]
    return {direction: {"partner": partner, "branches": labelled}}


def rec(var: str, body: LocalType) -> LocalType:
    """Return a recursion."""
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
