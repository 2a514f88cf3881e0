"""Inductive proofs: the invariants hold at the start, every operation keeps them, and none violates the claim."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import z3

from telltale_conformance.oracle.symbolic.claims.claim import Claim, Invariant, View
from telltale_conformance.oracle.symbolic.claims.identity import steps
from telltale_conformance.oracle.symbolic.proof.solving import Limits, satisfiable, solver
from telltale_conformance.oracle.symbolic.statement.state import Args, Contract, Session, fresh_session, well_formed
from telltale_conformance.oracle.symbolic.statement.terms import BOOL, NAME, fresh, well_formed_scope

ROLES = z3.Const("any.roles", z3.ArraySort(NAME, BOOL))
"""The listed roles: arbitrary, and the same all along."""


@dataclass(frozen=True)
class Gap:
    """Where an inductive proof fails: at the start, or at an operation; and which part of the conclusion."""

    at: str
    part: str
    model: z3.ModelRef


@dataclass(frozen=True)
class Assumption:
    """What a proof takes for granted of the state and arguments of a step, beside its invariants."""

    sentence: str
    term: z3.BoolRef


@dataclass(frozen=True)
class Premises:
    """An arbitrary step of a proof: state, arguments and ghost before it, and what is assumed of them."""

    pre: Session
    args: Args
    ghost: Any
    assumptions: tuple[Assumption, ...]
    invariants: tuple[Invariant, ...]

    def terms(self) -> list[z3.BoolRef]:
        """Return everything that is assumed."""
        given = [assumption.term for assumption in self.assumptions]
        return given + [invariant.holds(self.pre, self.ghost) for invariant in self.invariants]


MOST_OPERATIONS = 1 << 65
"""Where a ghost counts operations: runs up to this length are spoken of, so that the count does not overflow."""


def premises(claim: Claim, contract: Contract) -> Premises:
    """Return the arbitrary step that the proof of a claim is about."""
    pre, args, ghost = fresh(Session, "pre"), fresh(Args, "args"), fresh(claim.ghost, "ghost")
    assumptions = [
        Assumption("the arguments are of their types (scopes in normal form, known mutations)", well_formed(args)),
        Assumption("the session's scopes are in normal form, and its roles stay", typed(pre)),
    ]
    count = getattr(ghost, "count", None)
    horizon = (claim.horizon or {}).get(contract)
    if count is not None:
        most = MOST_OPERATIONS if horizon is None else horizon
        power = "2^65" if most == MOST_OPERATIONS else f"{most:,}"
        assumptions.append(Assumption(f"there were fewer than {power} operations", z3.ULT(count, steps(most))))
    return Premises(pre, args, ghost, tuple(assumptions), claim.supported_by(contract))


def find_gap(claim: Claim, contract: Contract, limits: Limits, ops: Iterable[str] | None = None) -> Gap | None:
    """Check the inductive proof of a claim; None means that it is one.

    Args:
        claim: what is proved.
        contract: under which rules.
        limits: how much work it may take.
        ops: the operations whose steps are looked at, if not all.
    """
    support = claim.supported_by(contract)
    start = fresh_session(z3.Const("any.sid", z3.BitVecSort(64)), ROLES)
    at_start = claim.start(start)
    for invariant in support:
        checker = solver(limits)
        checker.add(z3.Not(invariant.holds(start, at_start)))
        if satisfiable(checker):
            return Gap("start", invariant.name, checker.model())
    given = premises(claim, contract)
    assumed = given.terms()
    for op in claim.operations if ops is None else ops:
        step = claim.operations[op].step(contract, given.pre, given.args)
        view = View(contract, op, given.pre, given.args, step, given.ghost)
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
