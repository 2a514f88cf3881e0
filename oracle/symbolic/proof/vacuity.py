"""Is a proof about anything?  What it assumes must leave room for every operation's success and every guard's refusal.

A guard that the invariants keep from ever deciding is named, with no way to add one unnoticed: the contract's own
remarks say which those are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import z3

from telltale_conformance.oracle.symbolic.claims.claim import Claim
from telltale_conformance.oracle.symbolic.proof.induction import premises
from telltale_conformance.oracle.symbolic.proof.solving import Limits, satisfiable, solver
from telltale_conformance.oracle.symbolic.statement.state import Contract

SUCCESS = "success"


@dataclass(frozen=True)
class Room:
    """Whether what a proof assumes leaves room for one outcome of one operation."""

    op: str
    outcome: str
    """``success``, or the guard that decides."""
    possible: bool


def rooms(claim: Claim, contract: Contract, limits: Limits) -> Iterator[Room]:
    """Ask of every operation whether it can succeed, and whether each of its guards can decide."""
    given = premises(claim, contract)
    checker = solver(limits)
    checker.add(*given.terms())
    for op, operation in claim.operations.items():
        step = operation.step(contract, given.pre, given.args)
        yield Room(op, SUCCESS, satisfiable(checker, step.ok()))
        for when, guard in step.failures:
            if z3.is_true(z3.simplify(guard.passes)):
                continue  # a guard that this contract does not have
            yield Room(op, guard.name, satisfiable(checker, when))
