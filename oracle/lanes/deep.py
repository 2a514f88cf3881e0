"""Lane ``deep``: pumps drive every counter and every collection far up, and then old values are tried again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Final

import msgspec

from telltale_conformance.generators.pump_programs import PumpProgram, pump_program
from telltale_conformance.generators.pumps import DEPTHS, FAR, PUMPS, Pumped, pumped
from telltale_conformance.oracle.adapters import Adapter
from telltale_conformance.oracle.lanes.cases import LaneCase, judged
from telltale_conformance.oracle.lanes.chunks import Chunk, Plan, run_chunks
from telltale_conformance.oracle.lanes.effort import Effort
from telltale_conformance.oracle.lanes.subject import Settings, Subject, offered_by
from telltale_conformance.oracle.reference.judging import Asked, CaseResult
from telltale_conformance.oracle.verdict.evidence import NAMED, Items
from telltale_conformance.oracle.verdict.results import LaneResult, not_run

DEPTHS_OF: Final = {Effort.quick: DEPTHS[:3], Effort.default: DEPTHS, Effort.thorough: (*DEPTHS, FAR)}
"""How often cycles are repeated."""


def run(subject: Subject, settings: Settings) -> LaneResult:
    """Judge the pumps, the shallow ones first; what their operations make greater must have come that far."""
    offered = offered_by(subject)
    cases = cases_of(settings, offered)
    if not cases:
        return not_run("deep", "none of its pumps has all its operations offered")
    plan = Plan("pumps", len(cases), 1)
    task = partial(_chunk, contract=subject.contract, settings=settings)
    finish = partial(_concluded, cases=cases, offered=offered, settings=settings)
    return run_chunks("deep", subject, settings, task, plan, finish=None if settings.only else finish)


def cases_of(settings: Settings, offered: frozenset[str]) -> list[Pumped]:
    """Return the cases of a check: as many as ``--cases`` says, or all of the effort."""
    return pumped(DEPTHS_OF[settings.effort], offered)[: settings.cases]


def asked_of(pump: Pumped, seed: int, offered: frozenset[str], contract: str) -> Iterator[Asked]:
    """Yield the steps of a pump with the reference's answers."""
    for step in PumpProgram(pump, seed, offered, contract).steps():
        yield Asked(step.seq, step.operation.name, step.args, step.outcome, step.cell)


def case_of(pump: Pumped, seed: int, offered: frozenset[str], contract: str) -> LaneCase:
    """Return a pump as a case."""
    return LaneCase(
        str(pump),
        partial(asked_of, pump, seed, offered, contract),
        partial(pump_program, pump, seed, contract, offered),
    )


def _chunk(adapter: Adapter, number: int, *, contract: str, settings: Settings) -> Chunk:
    offered = adapter.hello.ops
    case = case_of(cases_of(settings, offered)[number], settings.seed, offered, contract)
    shown: set[int] = set()

    def seen(position: int, result: CaseResult) -> None:
        if result.shown:
            shown.add(number)

    chunk = judged(adapter, "pumps", [case], settings.level, only=settings.only, seen=seen)
    return msgspec.structs.replace(chunk, marks=frozenset(shown))


def _concluded(
    result: LaneResult, chunks: Sequence[Chunk], *, cases: Sequence[Pumped], offered: frozenset[str], settings: Settings
) -> LaneResult:
    """Count how far everything was driven, and name what no pump could drive."""
    shown = [cases[number] for number in sorted(frozenset().union(*(chunk.marks for chunk in chunks)))]
    far = min(DEPTHS_OF[settings.effort][-1], DEPTHS[-1])
    wanted = frozenset().union(*(case.pump.drives for case in pumped((far,), offered)))
    driven = frozenset().union(*(case.pump.drives for case in shown if case.depth >= far))
    missing = sorted(wanted - driven)
    kind = f"counters and collections driven {far:,} times"
    items = Items(kind, len(wanted), len(wanted) - len(missing), 0, tuple(missing[:NAMED]))
    meant = frozenset().union(*(case.pump.operations for case in cases))
    unseen = sorted(meant - {cell.operation.partition("/")[0] for cell in result.coverage})
    judged = Items("operations of pumps", len(meant), len(meant) - len(unseen), 0, tuple(unseen[:NAMED]))
    figures = {
        f"repeated {depth:,} times": sum(case.depth == depth for case in shown)
        for depth in sorted({case.depth for case in cases})
    }
    notes = result.notes
    beyond = sorted({pump.name for pump in PUMPS if not pump.operations <= offered})
    if beyond:
        notes = (*notes, f"pumps whose operations are not all offered: {', '.join(beyond)}")
    return msgspec.structs.replace(
        result,
        evidence=result.evidence.with_items(items).with_items(judged),
        figures={**result.figures, **figures},
        notes=notes,
    )
