"""Lane ``fixed``: the small programs of the fixed list and the texts for ``decode``, whole at every effort."""

from __future__ import annotations

from functools import partial
from typing import Final

from telltale_conformance.generators.decoding_programs import OPERATION, decoding_programs
from telltale_conformance.generators.fixed_programs import FixedProgram, fixed_programs
from telltale_conformance.oracle.adapters import Adapter
from telltale_conformance.oracle.lanes.asked import judge_programs
from telltale_conformance.oracle.lanes.chunks import Chunk, Plan, run_chunks
from telltale_conformance.oracle.lanes.subject import NOTHING_OFFERED, Settings, Subject, offered_by
from telltale_conformance.oracle.verdict.results import LaneResult, not_run

LANE: Final = "fixed"
CHUNK: Final = 40
"""Programs per chunk."""


def run(subject: Subject, settings: Settings) -> LaneResult:
    """Judge every program of the list."""
    offered = offered_by(subject)
    programs = played(offered)
    if not offered & {step.op for program in programs for step in program.steps}:
        return not_run(LANE, NOTHING_OFFERED)
    plan = Plan("programs", len(programs), CHUNK)
    task = partial(_chunk, plan=plan, contract=subject.contract, settings=settings)
    return run_chunks(LANE, subject, settings, task, plan)


def played(offered: frozenset[str]) -> tuple[FixedProgram, ...]:
    """Return the programs that an implementation is asked: those of ``decode`` only where it is offered."""
    return (*fixed_programs(), *(decoding_programs() if OPERATION in offered else ()))


def _chunk(adapter: Adapter, number: int, *, plan: Plan, contract: str, settings: Settings) -> Chunk:
    listed = played(adapter.hello.ops)
    programs = [(listed[index].name, listed[index].program(contract)) for index in plan.of(number)]
    return judge_programs(adapter, plan.kind, programs, contract, settings)
