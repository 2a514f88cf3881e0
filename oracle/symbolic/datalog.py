"""A thin layer over z3's fixed-point engine: relations over small finite domains, facts, rules, one question."""

from __future__ import annotations

import ctypes
from collections.abc import Iterable

import z3  # type: ignore[import-untyped]  # see terms

from oracle.symbolic.solving import Inconclusive, Limits

ID_BITS = 24
ID = z3.BitVecSort(ID_BITS)


def ident(number: int) -> z3.BitVecRef:
    """A constant of the finite domain."""
    return z3.BitVecVal(number, ID)


class Datalog:
    """A Datalog program."""

    def __init__(self, limits: Limits) -> None:
        self._engine = z3.Fixedpoint()
        self._engine.set(engine="datalog", timeout=limits.milliseconds_left(), ctrl_c=False)
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
        """A row of the relation, or None when it is empty."""
        try:
            answer = self._engine.query(relation)
        except z3.Z3Exception as error:  # how this engine says that its time is up
            raise Inconclusive(f"the fixed-point engine gave up: {error}") from None
        if answer == z3.unknown:
            raise Inconclusive(str(self._engine.reason_unknown()))
        if answer == z3.unsat:
            return None
        return _row(self._engine.get_answer(), relation.arity())


def _row(answer: z3.ExprRef, arity: int) -> tuple[int, ...]:
    """The first row of an answer: a disjunction of conjunctions of ``variable = value``."""
    if z3.is_or(answer):
        answer = answer.children()[0]
    row = [0] * arity
    for equation in answer.children() if z3.is_and(answer) else [answer]:
        left, right = equation.children()
        variable, value = (left, right) if z3.is_var(left) else (right, left)
        row[arity - 1 - z3.get_var_index(variable)] = value.as_long()
    return tuple(row)
