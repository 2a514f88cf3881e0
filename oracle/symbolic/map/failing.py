"""Which guards of an operation can fail at all, in states that satisfy the proved invariants of the coverage map."""

from __future__ import annotations

from enum import Enum

import z3

from telltale_conformance.oracle.symbolic.map.reachable import Questions
from telltale_conformance.oracle.symbolic.proof.solving import Limits
from telltale_conformance.oracle.symbolic.statement.state import Contract


class Failing(Enum):
    """What z3 knows of the failing of a guard."""

    POSSIBLE = "possible"
    """A state with the invariants lets it fail, within the horizon of the map."""
    BEYOND_HORIZON = "beyond horizon"
    """Only a run of 2^64-2 operations or more could."""
    NEVER = "never"
    """No state with the invariants lets it fail, and no operation leaves them."""


def failing(contract: Contract, op: str, limits: Limits) -> dict[str, Failing]:
    """Return for each guard that decides in an operation whether it can fail, by name."""
    questions = Questions(contract, op, limits)
    return {guard.name: _failing(questions, when) for when, guard in questions.step.failures}


def _failing(questions: Questions, when: z3.BoolRef) -> Failing:
    if not questions.possible_that(when, early=False):
        return Failing.NEVER
    return Failing.POSSIBLE if questions.possible_that(when, early=True) else Failing.BEYOND_HORIZON
