"""What decided an answer of the contract: the guard whose check fired, or that every guard passes."""

from __future__ import annotations

from typing import Final, NamedTuple

from telltale_conformance.model.decode import Decoded
from telltale_conformance.model.decoding.rows import Leniency
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


def decided_by(outcome: Outcome, kind: str | None = None) -> Decision:
    """Return what decided the reference's answer, read from its refusal.

    Args:
        outcome: the reference's answer.
        kind: the class of the divergence from it, where there is one: of ``decode`` it tells a reader that is stricter
            than the contract from one that is more lenient.
    """
    if isinstance(outcome.ok, Decoded):
        return _read(outcome.ok.leniencies, kind)
    if outcome.error is None:
        return PASSES
    guard = outcome.error.guard
    lenient = "; the reader is more lenient there" if guard.error == "cannot decode" and kind == "outcome" else ""
    return Decision(guard.name, f"refused by {guard}{lenient}")


def _read(rows: tuple[Leniency, ...], kind: str | None) -> Decision:
    """Return what has a text read: the plain form of its type, or rows that are more lenient than what is printed."""
    listed = sorted(rows, key=list(Leniency).index)
    named = "; ".join(row.value for row in listed) or "the plain form"
    departs = {"outcome": ": the reader is stricter there", "payload": ": the reader makes another value of it"}
    return Decision(
        f"{PASSES.guard}: {listed[0].value}" if listed else PASSES.guard,
        f"read by §20, {named}{departs.get(kind or '', '')}",
    )
