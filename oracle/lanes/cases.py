"""Cases of a lane: the steps with the reference's answers, and the program that makes them again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from telltale_conformance.lean_traces.programs import Program
from telltale_conformance.oracle.adapters import Adapter
from telltale_conformance.oracle.lanes.chunks import Chunk, collect
from telltale_conformance.oracle.lanes.only import Only, chosen_cases
from telltale_conformance.oracle.reference.judging import Case, CaseResult, described
from telltale_conformance.oracle.verdict.compare import Level
from telltale_conformance.oracle.verdict.results import LaneDivergence

Seen = Callable[[int, CaseResult], None]
"""Is shown the result of each case with its place, in order."""


class LaneCase(NamedTuple):
    """One case."""

    name: str
    """How reports call it."""
    asked: Case
    program: Callable[[int], Program]
    """Returns its program up to the step of that number."""


def judged(
    adapter: Adapter,
    kind: str,
    cases: Sequence[LaneCase],
    level: Level,
    *,
    only: Only | None = None,
    seen: Seen | None = None,
) -> Chunk:
    """Judge cases on an implementation, one after the other.

    Args:
        adapter: drives the implementation.
        kind: what the cases are called, in the plural.
        cases: what is judged.
        level: how strictly answers are compared.
        only: what the check is restricted to.
        seen: is shown each result.
    """

    def describe(position: int, result: CaseResult) -> LaneDivergence:
        case = cases[position]
        assert result.diverged_at is not None
        return described(case.name, result, case.program(result.diverged_at.seq))

    results: Iterable[CaseResult] = chosen_cases(
        adapter, [case.asked for case in cases], [case.name for case in cases], level, only
    )
    return collect(kind, results if seen is None else _shown(results, seen), len(cases), describe)


def _shown(results: Iterable[CaseResult], seen: Seen) -> Iterator[CaseResult]:
    for position, result in enumerate(results):
        seen(position, result)
        yield result
