"""Lane ``fixed``: the small programs of the fixed list and the texts for ``decode``, whole at every effort."""

from __future__ import annotations

from functools import partial
from typing import Final

import msgspec

from telltale_conformance.generators.decoding_programs import OPERATION, decoding_programs
from telltale_conformance.generators.fixed_programs import FixedProgram, fixed_programs
from telltale_conformance.lean_traces.programs import Program
from telltale_conformance.oracle.adapters import Adapter
from telltale_conformance.oracle.lanes.asked import asked_of
from telltale_conformance.oracle.lanes.chunks import Chunk, Plan, collect, run_chunks
from telltale_conformance.oracle.lanes.only import chosen_cases
from telltale_conformance.oracle.lanes.subject import NOTHING_OFFERED, Settings, Subject, offered_by
from telltale_conformance.oracle.reference.judging import CaseResult, described
from telltale_conformance.oracle.verdict.evidence import Items, Tally
from telltale_conformance.oracle.verdict.results import LaneDivergence, LaneResult, not_run

LANE: Final = "fixed"
CHUNK: Final = 40
"""Programs per chunk."""


def run(subject: Subject, settings: Settings) -> LaneResult:
    """Judge every program of the list."""
    programs = played(offered_by(subject))
    if not offered_by(subject) & {step.op for program in programs for step in program.steps}:
        return not_run(LANE, NOTHING_OFFERED)
    plan = Plan("programs", len(programs), CHUNK)
    task = partial(_chunk, plan=plan, contract=subject.contract, settings=settings)
    return run_chunks(LANE, subject, settings, task, plan)


def played(offered: frozenset[str]) -> tuple[FixedProgram, ...]:
    """Return the programs that an implementation is asked: those of ``decode`` only where it is offered."""
    return (*fixed_programs(), *(decoding_programs() if OPERATION in offered else ()))


def _chunk(adapter: Adapter, number: int, *, plan: Plan, contract: str, settings: Settings) -> Chunk:
    played_ = played(adapter.hello.ops)
    programs = [played_[index] for index in plan.of(number)]
    cases, left_out, skipped, steps = [], 0, 0, 0
    for fixed in programs:
        asked, not_offered, without = asked_of(fixed.program(contract), contract, adapter.hello.ops)
        left_out += not_offered
        skipped += without
        steps += len(fixed.steps)
        cases.append(partial(iter, asked))

    def describe(position: int, result: CaseResult) -> LaneDivergence:
        fixed = programs[position]
        assert result.diverged_at is not None
        upto = fixed.steps[: result.diverged_at.seq + 1]
        return described(fixed.name, result, Program(contract=contract, meta={"fixed": fixed.name}, steps=upto))

    judged = chosen_cases(adapter, cases, [fixed.name for fixed in programs], settings.level, settings.only)
    chunk = collect(plan.kind, judged, len(cases), describe)
    tally = chunk.tally + Tally(uncovered=left_out, skipped=skipped)
    against = len(chunk.divergences)
    answers = Items("steps", steps - tally.uncovered - tally.skipped, tally.judged - against, against)
    return msgspec.structs.replace(chunk, tally=tally, evidence=chunk.evidence.with_items(answers))
