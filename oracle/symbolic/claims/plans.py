"""K29: a kept plan is its own input's, and no operation changes a session that it does not name (contract §13)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import z3

from telltale_conformance.oracle.symbolic.proof.solving import Limits, satisfiable, solver
from telltale_conformance.oracle.symbolic.statement.operations import (
    HOST_CALLS,
    OPERATIONS,
    USES_CAPABILITY,
    USES_RECEIPT,
)
from telltale_conformance.oracle.symbolic.statement.state import Args, Contract, Session, well_formed
from telltale_conformance.oracle.symbolic.statement.terms import BOOL, FALSE, fresh, same

INPUT = z3.BitVecSort(64)
"""Roles and types; which input is which is all that matters of them."""
PLAN = z3.BitVecSort(64)
planned = z3.Function("planned", INPUT, PLAN)
"""The plan of an input (§6), whatever it is."""
ANY_INPUT = z3.Const("any.input", INPUT)


@dataclass(frozen=True)
class Kept:
    """The plans kept, by input."""

    SORTS: ClassVar[dict[str, Any]] = {"present": z3.ArraySort(INPUT, BOOL), "plans": z3.ArraySort(INPUT, PLAN)}
    present: z3.ArrayRef
    plans: z3.ArrayRef


def start() -> Kept:
    """Return the table in which nothing is kept."""
    return Kept(z3.K(INPUT, FALSE), z3.K(INPUT, z3.BitVecVal(0, PLAN)))


@dataclass(frozen=True)
class FromPlan:
    """An opening from a plan: the plan that the session gets, and what is kept after it."""

    plan: z3.BitVecRef
    post: Kept


def open_from_plan(kept: Kept, given: z3.BitVecRef) -> FromPlan:
    """open_with_sid_from_plan: the kept plan of this input, which is made and kept where there is none."""
    plan = z3.If(kept.present[given], kept.plans[given], planned(given))
    return FromPlan(plan, Kept(z3.Store(kept.present, given, z3.BoolVal(True)), z3.Store(kept.plans, given, plan)))


def _own(kept: Kept, given: z3.BitVecRef) -> z3.BoolRef:
    """Return the invariant: what is kept under an input is the plan of that input."""
    return z3.Implies(kept.present[given], kept.plans[given] == planned(given))


def plans_are_pure(limits: Limits) -> bool:
    """Whether every session gets the plan of its own input, whatever was opened before: by induction."""
    kept, given = fresh(Kept, "kept"), z3.Const("given", INPUT)
    opening = open_from_plan(kept, given)
    wrong = (
        [z3.Not(_own(start(), ANY_INPUT))],
        [_own(kept, given), opening.plan != planned(given)],
        [_own(kept, given), _own(kept, ANY_INPUT), z3.Not(_own(opening.post, ANY_INPUT))],
    )
    for terms in wrong:
        checker = solver(limits)
        checker.add(*terms)
        if satisfiable(checker):
            return False
    return True


def named(op: str, a: Args) -> z3.BitVecRef:
    """Return the session that the arguments name."""
    if op in USES_CAPABILITY:
        return a.cap.sid
    if op in USES_RECEIPT:
        return a.receipt.sid
    return a.edge_sid if op in ("update_handler", "update_trace") else a.sid


def sessions_share_nothing(contract: Contract, limits: Limits) -> bool:
    """Whether no operation of the statement changes a session that it does not name."""
    other, args = fresh(Session, "other"), fresh(Args, "args")
    for op, operation in (OPERATIONS | HOST_CALLS).items():
        checker = solver(limits)
        checker.add(well_formed(args), other.sid != named(op, args))
        checker.add(z3.Not(same(operation.step(contract, other, args).post, other)))
        if satisfiable(checker):
            return False
    return True
