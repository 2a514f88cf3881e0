"""What decided an answer of the contract: the guard whose check fired, or that every guard passes."""

from __future__ import annotations

from typing import Final, NamedTuple

from telltale_conformance.model.operations import Outcome


class Decision(NamedTuple):
    """What decided the contract's answer."""

    guard: str
    """The name of the guard that refuses, as ``G-live``; ``passes`` where none does."""
    reason: str
    """The same for people, worded as what failed."""


PASSES: Final = Decision("passes", "every guard of its row passes")
"""Of an answer that no guard refuses."""
NOT_ANSWERED: Final = "-"
"""In place of a guard where the contract gives no answer."""


def decided_by(outcome: Outcome) -> Decision:
    """Return what decided the reference's answer, read from its refusal."""
    if outcome.error is None:
        return PASSES
    guard = outcome.error.guard
    return Decision(guard.name, f"refused by {guard}")
