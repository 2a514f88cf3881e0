"""Lane ``limits``: as far as the limits of the contract go, and one beyond (§18); it runs only where asked for."""

from __future__ import annotations

from functools import partial
from typing import Final

import msgspec

from telltale_conformance.generators.limit_programs import limit_programs
from telltale_conformance.oracle.adapters import Adapter
from telltale_conformance.oracle.lanes.asked import asked_of
from telltale_conformance.oracle.lanes.chunks import Chunk, Plan, collect, run_chunks
from telltale_conformance.oracle.lanes.only import chosen_cases
from telltale_conformance.oracle.lanes.subject import Settings, Subject
from telltale_conformance.oracle.reference.judging import CaseResult, described
from telltale_conformance.oracle.verdict.evidence import Tally
from telltale_conformance.oracle.verdict.results import LaneDivergence, LaneResult

LANE: Final = "limits"


def run(subject: Subject, settings: Settings) -> LaneResult:
    """Judge the programs within the limits, and count the others."""
    plan = Plan("programs at the limits", len(limit_programs()), 1)
    task = partial(_chunk, plan=plan, contract=subject.contract, settings=settings)
    return run_chunks(LANE, subject, settings, task, plan)


def _chunk(adapter: Adapter, number: int, *, plan: Plan, contract: str, settings: Settings) -> Chunk:
    at_limit = limit_programs()[number]
    program = at_limit.program(contract)
    asked, left_out, skipped = asked_of(program, contract, adapter.hello.ops)

    def describe(position: int, result: CaseResult) -> LaneDivergence:
        # what happened is told without the program, which is too long to be of use
        return described(at_limit.name, result, None)

    case = () if left_out else asked
    judged = chosen_cases(adapter, [partial(iter, case)], [at_limit.name], settings.level, settings.only)
    chunk = collect(plan.kind, judged, 1, describe)
    return msgspec.structs.replace(chunk, tally=chunk.tally + Tally(uncovered=left_out, skipped=skipped))
