"""Lanes: the ways in which an implementation is judged, each one module with ``run(subject, settings)``.

Every lane gives one :class:`LaneResult`. What it compares is the same everywhere: the answer of the implementation
with that of the reference, operation by operation (``oracle.judging``); the lanes differ in where operations come
from. ``LANES`` names them all in the order in which ``check`` runs them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

from msgspec import Struct

from generators.steps import Cell
from lean_traces.programs import Program
from oracle.adapters import Adapter, AdapterLimits, ReferenceAdapter, SubprocessAdapter
from oracle.adapters.limits import DEFAULT_ADAPTER_LIMITS
from oracle.compare import DivergenceClass, Level

LaneVerdict = Literal["agree", "diverge", "inconclusive", "not run"]
"""``not run`` is for a lane that had nothing to judge by, or was not asked for: it decides nothing."""

LANES: Final[Mapping[str, str]] = {
    "corpus": "oracle.lanes.corpus",
    "programs": "oracle.lanes.programs",
    "stateful": "oracle.lanes.stateful",
    "graph": "oracle.lanes.graph",
    "near-miss": "oracle.lanes.near_miss",
    "claims": "oracle.lanes.claims",
    "lean": "oracle.lanes.lean",
    "symbolic": "oracle.lanes.symbolic",
}
"""Lane names with the module of each, whose ``run`` is imported when the lane is."""


class Subject(Struct, frozen=True, kw_only=True):
    """The implementation under test; may be sent to another process, which starts its own."""

    command: str | None = None
    """The command of its adapter; None is the built-in reference in this process."""
    contract: str = "telltale-17"
    """The contract that it is judged by."""
    limits: AdapterLimits = DEFAULT_ADAPTER_LIMITS

    def start(self) -> Adapter:
        """Return an adapter of it, which the caller closes.

        Raises:
            BadCommand: the text of the command cannot be split.
            AdapterFault: it does not start.
        """
        if self.command is None:
            return ReferenceAdapter(self.contract)
        return SubprocessAdapter(self.command, self.limits)


class Settings(Struct, frozen=True, kw_only=True):
    """How a lane is run."""

    seed: int = 0
    budget: float = 60.0
    """Seconds that all lanes of a check may take together; how many cases a lane plans follows from it alone."""
    deadline: float | None = None
    """When this lane stops even with cases left, on the clock of ``time.monotonic``; None for never."""
    workers: int = 1
    """Processes that share a lane's cases; they never change what is reported, timings aside."""
    level: Level = Level.state
    divergences: int = 3
    """After how many diverging cases a lane stops."""
    examples: str | None = None
    """Where Hypothesis keeps failing examples: a folder, a Redis URL, or None for nowhere."""
    named: bool = False
    """The lanes were asked for by name."""


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
    claims: Mapping[str, str] = {}
    """What the lane says of each claim it looked at: kept, broken, not judged, proved, refuted or bounded."""
    figures: Mapping[str, int] = {}
    """Further counts, such as the states and edges of a graph."""
    seconds: float = 0.0
    """How long the lane took; the only part that differs from run to run."""


def not_run(lane: str, why: str) -> LaneResult:
    """Return the result of a lane that had nothing to judge by."""
    return LaneResult(lane=lane, verdict="not run", notes=(why,))
