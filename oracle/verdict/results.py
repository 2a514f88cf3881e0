"""What a lane found: its verdict, its counts, and the cases in which the implementation departs from the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from msgspec import Struct

from telltale_conformance.generators.steps import Cell
from telltale_conformance.lean_traces.programs import Program
from telltale_conformance.oracle.verdict.claim_stand import ClaimStand
from telltale_conformance.oracle.verdict.compare import DivergenceClass

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
    reason: str
    """The guard or rule of the contract that decided."""
    program: Program | None = None
    """The case up to that step, to be run again or minimised."""
    state: Any = None
    """What of the session the step is about, after the reference's step."""
    path: str | None = None
    """The trace file, where the case is one."""


class LaneResult(Struct, frozen=True, kw_only=True):
    """What one lane found."""

    lane: str
    verdict: LaneVerdict
    cases: int = 0
    """Programs, traces, tours or claims that were tried."""
    judged: int = 0
    """Answers that were compared."""
    uncovered: int = 0
    """Operations that the implementation does not offer or answered as unsupported."""
    not_judged: int = 0
    """Answers after a divergence, or lost by a fault of the adapter."""
    skipped: int = 0
    """Steps whose references had no result."""
    divergences: tuple[LaneDivergence, ...] = ()
    notes: tuple[str, ...] = ()
    """Faults, limits that were met, and what else a reader should know."""
    coverage: frozenset[Cell] = frozenset()
    """The cells in which answers were judged."""
    faults: int = 0
    """How many cases a fault of the adapter left without a verdict; the verdict ``diverge`` hides them."""
    complete: bool = True
    """Every planned case was run: what was not seen is not there."""
    claims: Mapping[str, ClaimStand] = {}
    """How each claim stands that the lane looked at."""
    figures: Mapping[str, int] = {}
    """Further counts, such as the states and edges of a graph."""
    seconds: float = 0.0
    """How long the lane took; the only part that differs from run to run."""


def not_run(lane: str, why: str) -> LaneResult:
    """Return the result of a lane that had nothing to judge by."""
    return LaneResult(lane=lane, verdict="not run", notes=(why,))
