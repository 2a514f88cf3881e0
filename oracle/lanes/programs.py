"""Lane ``programs``: seeded programs over all operations, with the floor of coverage that they must reach."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from typing import Final

import msgspec

from telltale_conformance.generators.floor import floor_of, unreached
from telltale_conformance.generators.programs import Generator
from telltale_conformance.generators.steps import GeneratedStep, as_program
from telltale_conformance.model.operations import OPERATIONS
from telltale_conformance.oracle.adapters import Adapter
from telltale_conformance.oracle.lanes.chunks import Chunk, Plan, collect, run_chunks
from telltale_conformance.oracle.lanes.effort import Effort
from telltale_conformance.oracle.lanes.only import chosen_cases
from telltale_conformance.oracle.lanes.subject import NOTHING_OFFERED, Settings, Subject, offered_by
from telltale_conformance.oracle.reference.judging import Asked, CaseResult, described
from telltale_conformance.oracle.verdict.evidence import NAMED, Items
from telltale_conformance.oracle.verdict.results import LaneDivergence, LaneResult, not_run

CHUNK: Final = 20
"""Programs per chunk."""
PROGRAMS: Final = {Effort.quick: 600, Effort.default: 600, Effort.thorough: 6000}
"""Of 600 programs the floor is stated."""


def run(subject: Subject, settings: Settings) -> LaneResult:
    """Judge the programs of the seed; they must reach the floor."""
    offered = offered_by(subject)
    if not offered & OPERATIONS.keys():
        return not_run("programs", NOTHING_OFFERED)
    plan = Plan("programs", settings.amount(PROGRAMS), CHUNK)
    task = partial(_chunk, plan=plan, contract=subject.contract, settings=settings)
    result = run_chunks("programs", subject, settings, task, plan)
    return result if settings.only else with_floor(result, subject.contract, offered)


def with_floor(result: LaneResult, contract: str, offered: frozenset[str]) -> LaneResult:
    """Return the result with the cells of the floor that can be reached with the offered operations."""
    floor = floor_of(contract, offered)
    missing = unreached(result.coverage, contract, offered)
    cells = Items("cells of the floor", len(floor), len(floor) - len(missing), 0, tuple(map(str, missing[:NAMED])))
    return msgspec.structs.replace(result, evidence=result.evidence.with_items(cells))


def _chunk(adapter: Adapter, number: int, *, plan: Plan, contract: str, settings: Settings) -> Chunk:
    indexes, seed = plan.of(number), settings.seed
    offered = adapter.hello.ops

    def steps(index: int) -> Iterator[GeneratedStep]:
        return Generator(seed, index, offered=offered, contract=contract).steps()

    def describe(position: int, result: CaseResult) -> LaneDivergence:
        index = indexes[position]
        assert result.diverged_at is not None
        program = as_program(islice(steps(index), result.diverged_at.seq + 1), contract, {"index": index, "seed": seed})
        return described(f"program {index}", result, program)

    cases = [partial(_asked, steps, index) for index in indexes]
    judged = chosen_cases(adapter, cases, [f"program {index}" for index in indexes], settings.level, settings.only)
    return collect(plan.kind, judged, len(cases), describe)


def _asked(steps: Callable[[int], Iterator[GeneratedStep]], index: int) -> Iterator[Asked]:
    for step in steps(index):
        yield Asked(step.seq, step.operation.name, step.args, step.outcome, step.cell)
