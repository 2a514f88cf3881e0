"""What is left to take away, and what then happens: the proof that a program is 1-minimal, as a list."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from telltale_conformance.lean_traces.programs import Program
from telltale_conformance.oracle.minimise.steps import removals
from telltale_conformance.oracle.minimise.trying import Attempt, Trials
from telltale_conformance.oracle.minimise.values import simplifications


class Remaining(Struct, frozen=True, kw_only=True):
    """One removal or simplification that does not keep the divergence."""

    change: str
    """What is taken away or made simpler."""
    then: str
    """What happens then."""
    decided_by: Literal["contract", "implementation"]
    """``contract``: its own answer is another one then, so that the implementation was not asked."""
    verdict: str
    step: int
    """The step that would be removed; -1 of a simplification."""


def remaining(trials: Trials, program: Program) -> tuple[list[Remaining], Program | None]:
    """List every single removal and simplification left with what then happens.

    Returns:
        The list; and None, or a smaller program with the same divergence if one of them keeps it after all.
    """
    found: list[Remaining] = []
    for removal in removals(program):
        attempt = trials.attempt(removal.candidate)
        if attempt.verdict == "reproduces":
            return found, attempt.program
        found.append(_remaining(f"step {removal.seqs[0]} {removal.how}", attempt, removal.seqs[0]))
    for change in simplifications(program):
        attempt = trials.attempt(change.candidate)
        if attempt.verdict == "reproduces":
            return found, attempt.program
        found.append(_remaining(change.what, attempt, -1))
    return found, None


def _remaining(change: str, attempt: Attempt, step: int) -> Remaining:
    return Remaining(
        change=change,
        then=attempt.then,
        decided_by="contract" if attempt.verdict == "impossible" else "implementation",
        verdict=attempt.verdict,
        step=step,
    )
