"""A transition written out once, then put to many states: substitution and simplification instead of rebuilding."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, TypeAlias

import z3

from telltale_conformance.oracle.symbolic.statement.operations import HOST_CALLS, OPERATIONS
from telltale_conformance.oracle.symbolic.statement.state import Args, Contract, Session
from telltale_conformance.oracle.symbolic.statement.step import Step
from telltale_conformance.oracle.symbolic.statement.terms import fields_of, fresh, leaves

Terms: TypeAlias = list[z3.ExprRef]


def mapped(value: Any, change: Callable[[z3.ExprRef], z3.ExprRef]) -> Any:
    """Return the same structure with every term changed."""
    if isinstance(value, z3.ExprRef):
        return change(value)
    if isinstance(value, tuple):
        return tuple(mapped(item, change) for item in value)
    if isinstance(value, dict):
        return {key: mapped(item, change) for key, item in value.items()}
    if names := fields_of(type(value)):
        return type(value)(**{name: mapped(getattr(value, name), change) for name in names})
    return value


class Compiled:
    """One operation under one contract, over free constants for state and arguments.

    What the step merely passes on from state or arguments is not computed but taken from there. What is computed
    is kept with variables in place of the constants: those are replaced by place, without a comparison of sorts.
    """

    def __init__(self, contract: Contract, op: str) -> None:
        pre, args = fresh(Session, "pre"), fresh(Args, "args")
        self._step = (OPERATIONS | HOST_CALLS)[op].step(contract, pre, args)
        state_terms, args_terms = terms(pre), terms(args)
        positions = {term.get_id(): position for position, term in enumerate(state_terms + args_terms)}
        self._passed_on: list[int | None] = []
        outputs: list[z3.ExprRef] = []

        def collect(term: z3.ExprRef) -> z3.ExprRef:
            position = positions.get(term.get_id())
            self._passed_on.append(position)
            if position is None:
                outputs.append(term)
            return term

        mapped(self._step, collect)
        bundle = z3.Function("effect", *(term.sort() for term in outputs), z3.BoolSort())(*outputs)
        places = [z3.Var(number, term.sort()) for number, term in enumerate(args_terms + state_terms)]
        self._bundle = z3.substitute(bundle, *zip(args_terms + state_terms, places, strict=True))
        self._args_places = places[: len(args_terms)]

    def at(self, pre: Terms) -> z3.ExprRef:
        """All that the step computes, in this state, the arguments still free."""
        return z3.simplify(z3.substitute_vars(self._bundle, *self._args_places, *pre))

    def with_args(self, at_state: z3.ExprRef, pre: Terms, args: Terms) -> Step:
        """Return the step in that state with these arguments: every term is a literal."""
        values = iter(z3.simplify(z3.substitute_vars(at_state, *args)).children())
        known = pre + args
        taken = iter([next(values) if position is None else known[position] for position in self._passed_on])
        step: Step = mapped(self._step, lambda _: next(taken))
        return step


def terms(record: Session | Args) -> Terms:
    """Return the terms of a state or of arguments, in the order in which transitions take them."""
    return list(leaves(record).values())


@cache
def compiled(contract: str, op: str) -> Compiled:
    """Return the compiled transition, made once; ``compiled.cache_clear()`` after a rule was changed."""
    return Compiled(Contract(contract), op)
