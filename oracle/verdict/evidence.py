"""Evidence, and the verdict that follows from it: one rule for every lane, stated in docs/verdicts.md.

A lane says what it set out to show as counted items of some kind (traces, programs, edges, cells of the floor, claims),
and what became of them. Nobody sets a verdict by hand: it is read off here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

from msgspec import Struct
from msgspec.structs import replace

from telltale_conformance.readable import counted

Verdict = Literal["agree", "diverge", "inconclusive"]

NAMED: Final = 5
"""How many missing items are named one by one."""


class Tally(Struct, frozen=True, kw_only=True):
    """What was counted while judging; tallies of parts are added up with ``+``."""

    cases: int = 0
    """Programs, traces, tours or sequences that were tried."""
    judged: int = 0
    """Answers of the implementation that were compared."""
    uncovered: int = 0
    """Operations that the implementation does not offer or answered as unsupported."""
    not_judged: int = 0
    """Answers after a divergence, or lost by a fault of the adapter."""
    at_limit: int = 0
    """Cases that went beyond a limit of the contract, where several answers are admitted: neither shown nor against."""
    skipped: int = 0
    """Steps whose references had no result."""
    faults: int = 0
    """Faults of the adapter or of the harness: each leaves something without a verdict."""

    def __add__(self, other: Tally) -> Tally:
        """Return both together."""
        return Tally(**{name: getattr(self, name) + getattr(other, name) for name in Tally.__struct_fields__})


class Items(Struct, frozen=True):
    """Things of one kind that a lane set out to show."""

    kind: str
    """In the plural, as ``programs`` or ``cells of the floor``."""
    planned: int = 0
    """How many there are to show."""
    shown: int = 0
    """How many were shown to be as the contract says."""
    against: int = 0
    """How many were shown to be otherwise."""
    missing_ones: tuple[str, ...] = ()
    """Some of the missing by name, or why they are missing."""

    @property
    def missing(self) -> int:
        """How many were neither shown nor found to be otherwise."""
        return max(0, self.planned - self.shown - self.against)

    def __add__(self, other: Items) -> Items:
        """Return both together; they are of one kind."""
        assert self.kind == other.kind, f"{self.kind} and {other.kind} are not of one kind"
        return Items(
            self.kind,
            self.planned + other.planned,
            self.shown + other.shown,
            self.against + other.against,
            tuple(dict.fromkeys((*self.missing_ones, *other.missing_ones)))[:NAMED],
        )


class Evidence(Struct, frozen=True):
    """What a lane set out to show, and what became of it."""

    cases: Items
    """What the lane tries one by one."""
    further: tuple[Items, ...] = ()
    """What the cases together are to show, each of a kind of its own."""

    def __iter__(self) -> Iterator[Items]:
        """Iterate over the items of every kind, the cases first."""
        yield self.cases
        yield from self.further

    def __add__(self, other: Evidence) -> Evidence:
        """Return both together, kind by kind."""
        further = {items.kind: items for items in self.further}
        for items in other.further:
            further[items.kind] = further[items.kind] + items if items.kind in further else items
        return Evidence(self.cases + other.cases, tuple(further.values()))

    def with_items(self, *items: Items) -> Evidence:
        """Return the evidence with items of further kinds."""
        return replace(self, further=(*self.further, *items))


NO_EVIDENCE: Final = Evidence(Items("cases"))


def verdict_of(evidence: Evidence, tally: Tally) -> Verdict:
    """Return the verdict that follows.

    One item against is enough to diverge. To agree every item of every kind must have been shown, at least one case
    among them, and nothing may have failed on the way. All else is inconclusive.
    """
    if any(items.against for items in evidence):
        return "diverge"
    everything = not any(items.missing for items in evidence)
    return "agree" if everything and evidence.cases.shown and not tally.faults else "inconclusive"


def missing_text(evidence: Evidence, tally: Tally) -> tuple[str, ...]:
    """Say what is missing for the verdict ``agree``, one sentence for each kind; nothing where it follows."""
    sentences = []
    for items in evidence:
        if items.missing:
            named = f": {'; '.join(items.missing_ones)}" if items.missing_ones else ""
            more = " and more" if len(items.missing_ones) >= NAMED and items.missing > NAMED else ""
            sentences.append(f"{items.missing} of {items.planned} {items.kind} not shown{named}{more}")
    if not sentences and not evidence.cases.shown and not evidence.cases.against:
        sentences.append("nothing was shown")
    if tally.faults:
        sentences.append(counted(tally.faults, "fault"))
    return tuple(sentences)
