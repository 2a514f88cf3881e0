"""What a lane of ``check`` gives back: its evidence, the divergences, and the cells in which answers were judged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from msgspec import Struct

from telltale_conformance.generators.steps import Cell
from telltale_conformance.lean_traces.programs import Program
from telltale_conformance.oracle.verdict.claim_stand import ClaimStand
from telltale_conformance.oracle.verdict.compare import DivergenceClass
from telltale_conformance.oracle.verdict.evidence import NO_EVIDENCE, Evidence, Tally, missing_text, verdict_of

LaneVerdict = Literal["agree", "diverge", "inconclusive", "not run"]
"""``not run`` is for a lane that had nothing to judge by, or was not asked for: it decides nothing."""


class LaneDivergence(Struct, frozen=True, kw_only=True):
    """One case in which the implementation departs from the reference."""

    case: str
    """Which case of the lane; with the seed it can be made again."""
    seq: int
    """The step of the case."""
    op: str
    kind: DivergenceClass
    args: Any
    expected: Any
    """The differing fields as the reference answers them."""
    actual: Any
    """The same fields as the implementation answered them."""
    guard: str
    """The name of the guard that refuses, as ``G-live``; ``passes`` where none does."""
    reason: str
    """The same for people, worded as what failed."""
    claim: str | None = None
    """The claim that was broken, where the divergence was found by watching one."""
    program: Program | None = None
    """The case up to that step, to be run again or minimised."""
    state: Any = None
    """What of the session the step is about, after the reference's step."""
    path: str | None = None
    """The trace file, where the case is one."""
    race: bytes | None = None
    """The program of several clients, as its file holds it, where the case is one."""
    history: bytes | None = None
    """The history of that program that no order explains, as its file holds it."""


class LaneResult(Struct, frozen=True, kw_only=True):
    """What one lane found."""

    lane: str
    evidence: Evidence = NO_EVIDENCE
    tally: Tally = Tally()
    why_not_run: str | None = None
    """Why the lane had no turn, or nothing to judge by; None when it was run."""
    divergences: tuple[LaneDivergence, ...] = ()
    notes: tuple[str, ...] = ()
    """Faults, limits that were met, and what else a reader should know."""
    coverage: frozenset[Cell] = frozenset()
    """The cells in which answers were judged."""
    unsupported: frozenset[str] = frozenset()
    """Operations that were answered as unsupported, though the implementation offers them."""
    decoded: frozenset[str] = frozenset()
    """The types of ``decode`` of which a text was answered, named as in ``unsupported``."""
    claims: Mapping[str, ClaimStand] = {}
    """How each claim stands that the lane looked at."""
    figures: Mapping[str, int] = {}
    """Further counts, such as the states and edges of a graph."""
    restricted: bool = False
    """Only some of its cases were asked for, so it says nothing of the others."""
    seconds: float = 0.0
    """How long the lane took; the only part that differs from run to run."""

    @property
    def verdict(self) -> LaneVerdict:
        """What follows from the evidence."""
        return "not run" if self.why_not_run is not None else verdict_of(self.evidence, self.tally)

    @property
    def missing(self) -> tuple[str, ...]:
        """What is missing for the verdict ``agree``, in words."""
        return () if self.why_not_run is not None else missing_text(self.evidence, self.tally)

    @property
    def unexplained(self) -> bool:
        """Whether it diverges by what its cases show together, and by no answer that a baseline could list."""
        return self.verdict == "diverge" and not self.divergences

    @property
    def open(self) -> bool:
        """Whether it leaves a question: it is inconclusive, or a fault hides behind its divergences."""
        return self.verdict == "inconclusive" or self.tally.faults > 0

    @property
    def complete(self) -> bool:
        """Whether every planned case was run to its end: what was not seen is not there."""
        cases = self.evidence.cases
        return self.why_not_run is None and not self.restricted and cases.planned > 0 and not cases.missing


def not_run(lane: str, why: str) -> LaneResult:
    """Return the result of a lane that had nothing to judge by."""
    return LaneResult(lane=lane, why_not_run=why)
