"""Inductive proofs: the invariants hold at the start, every operation keeps them, and none violates the claim."""

from __future__ import annotations

from dataclasses import dataclass

import z3  # type: ignore[import-untyped]  # see terms

from telltale_conformance.oracle.symbolic.claims.claim import Claim, View
from telltale_conformance.oracle.symbolic.claims.identity import steps
from telltale_conformance.oracle.symbolic.proof.solving import Limits, satisfiable, solver
from telltale_conformance.oracle.symbolic.statement.state import Args, Contract, Session, fresh_session, well_formed
from telltale_conformance.oracle.symbolic.statement.terms import BOOL, NAME, TRUE, fresh, well_formed_scope

ROLES = z3.Const("any.roles", z3.ArraySort(NAME, BOOL))
"""The listed roles: arbitrary, and the same all along."""


@dataclass(frozen=True)
class Gap:
    """Where an inductive proof fails: at the start, or at an operation; and which part of the conclusion."""

    at: str
    part: str
    model: z3.ModelRef


def _within_horizon(claim: Claim, contract: Contract, ghost: object) -> z3.BoolRef:
    """State that the step is one of the first ``horizon`` operations (TRUE for claims without one)."""
    horizon = (claim.horizon or {}).get(contract)
    count = getattr(ghost, "count", None)
    if horizon is None:
        return TRUE if count is None else z3.ULT(count, steps(1 << 65))
    return z3.ULT(count, steps(horizon))


def find_gap(claim: Claim, contract: Contract, limits: Limits) -> Gap | None:
    """Check the inductive proof of a claim; None means that it is one."""
    support = claim.supported_by(contract)
    start = fresh_session(z3.Const("any.sid", z3.BitVecSort(64)), ROLES)
    at_start = claim.start(start)
    for invariant in support:
        checker = solver(limits)
        checker.add(z3.Not(invariant.holds(start, at_start)))
        if satisfiable(checker):
            return Gap("start", invariant.name, checker.model())
    pre, args, ghost = fresh(Session, "pre"), fresh(Args, "args"), fresh(claim.ghost, "ghost")
    assumed = [well_formed(args), typed(pre), _within_horizon(claim, contract, ghost)]
    assumed += [invariant.holds(pre, ghost) for invariant in support]
    for op, operation in claim.operations.items():
        step = operation.step(contract, pre, args)
        view = View(contract, op, pre, args, step, ghost)
        after = claim.follow(view)
        wrong = {invariant.name: z3.Not(invariant.holds(step.post, after)) for invariant in support}
        wrong["claim"] = claim.violated(view)
        for part, term in wrong.items():
            checker = solver(limits)
            checker.add(*assumed, term)
            if satisfiable(checker):
                return Gap(op, part, checker.model())
    return None


def typed(s: Session) -> z3.BoolRef:
    """Return what every session state satisfies by its type: scopes in normal form, roles as given."""
    scopes = (s.live.scope, s.pending.scope)
    return z3.And(*(well_formed_scope(value) for value in scopes), s.roles == ROLES)
