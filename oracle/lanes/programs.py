"""Lane ``programs``: seeded programs over all operations, with the floor of coverage that they must reach."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from typing import Final

import msgspec

from telltale_conformance.generators.floor import floor_of, unreached
from telltale_conformance.generators.programs import Generator
from telltale_conformance.generators.steps import GeneratedStep, as_program, encode_arguments
from telltale_conformance.oracle.adapters import Adapter
from telltale_conformance.oracle.lanes.chunks import Chunk, collect, run_chunks
from telltale_conformance.oracle.lanes.subject import Settings, Subject
from telltale_conformance.oracle.reference.judging import Asked, CaseResult, described, judge_cases
from telltale_conformance.oracle.verdict.results import LaneDivergence, LaneResult

CHUNK: Final = 20
"""Programs per chunk."""
PROGRAMS: Final = 600
"""How many programs are planned at least: those for which the floor is stated."""
PROGRAMS_PER_SECOND: Final = 10
"""Programs planned per second of the whole budget, where that gives more."""


def run(subject: Subject, settings: Settings) -> LaneResult:
    """Judge as many programs as the budget stands for; without the floor reached the lane is inconclusive."""
    count = round(max(PROGRAMS, settings.budget * PROGRAMS_PER_SECOND) / CHUNK)
    task = partial(_chunk, seed=settings.seed, contract=subject.contract, settings=settings)
    result = run_chunks("programs", subject, settings, task, count)
    return result if result.verdict != "agree" else with_floor(result, subject.contract, offered_by(subject))


def offered_by(subject: Subject) -> frozenset[str]:
    """Return the operations that the implementation offers."""
    adapter = subject.start()
    try:
        return adapter.hello.ops
    finally:
        adapter.close()


def with_floor(result: LaneResult, contract: str, offered: frozenset[str]) -> LaneResult:
    """Return the result, inconclusive where a cell of the floor was not reached with the offered operations."""
    missing = unreached(result.coverage, contract, offered)
    if not missing:
        return msgspec.structs.replace(result, figures={"cells of the floor": len(floor_of(contract, offered))})
    shown = "; ".join(str(cell) for cell in missing[:5])
    note = f"{len(missing)} cells of the stated floor were not reached, among them: {shown}"
    return msgspec.structs.replace(result, verdict="inconclusive", notes=(*result.notes, note))


def _chunk(adapter: Adapter, number: int, *, seed: int, contract: str, settings: Settings) -> Chunk:
    indexes = range(number * CHUNK, (number + 1) * CHUNK)
    offered = adapter.hello.ops

    def steps(index: int) -> Iterator[GeneratedStep]:
        return Generator(seed, index, offered=offered, contract=contract).steps()

    def describe(position: int, result: CaseResult) -> LaneDivergence:
        index = indexes[position]
        assert result.diverged_at is not None
        program = as_program(islice(steps(index), result.diverged_at.seq + 1), contract, {"index": index, "seed": seed})
        return described(f"program {index}", result, program)

    cases = [partial(_asked, steps, index) for index in indexes]
    return collect(judge_cases(adapter, cases, settings.level), CHUNK, describe)


def _asked(steps: Callable[[int], Iterator[GeneratedStep]], index: int) -> Iterator[Asked]:
    for step in steps(index):
        operation = step.operation
        args = encode_arguments(operation, step.arguments)
        yield Asked(step.seq, operation.name, args, step.outcome, step.cell)
