"""Lane ``programs``: seeded programs over all operations, with the floor of coverage that they must reach."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from typing import Final

import msgspec

from telltale_conformance.generators.floor import floor_of, unreached
from telltale_conformance.generators.programs import Generator
from telltale_conformance.generators.reached import Reached
from telltale_conformance.generators.steps import GeneratedStep, as_program
from telltale_conformance.lean_traces.programs import Program
from telltale_conformance.model.operations import OPERATIONS
from telltale_conformance.oracle.adapters import Adapter
from telltale_conformance.oracle.lanes.cases import LaneCase, judged
from telltale_conformance.oracle.lanes.chunks import Chunk, Plan, run_chunks
from telltale_conformance.oracle.lanes.effort import Effort
from telltale_conformance.oracle.lanes.subject import NOTHING_OFFERED, Settings, Subject, offered_by
from telltale_conformance.oracle.reference.judging import Asked
from telltale_conformance.oracle.verdict.evidence import NAMED, Items
from telltale_conformance.oracle.verdict.results import LaneResult, not_run

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
    offered = adapter.hello.ops
    cases = [
        case_of(settings.seed, index, contract, partial(_generator, settings.seed, index, offered, contract))
        for index in plan.of(number)
    ]
    return judged(adapter, plan.kind, cases, settings.level, only=settings.only)


def _generator(seed: int, index: int, offered: frozenset[str], contract: str, reached: Reached | None) -> Generator:
    return Generator(seed, index, offered=offered, contract=contract, reached=reached)


def case_of(
    seed: int,
    index: int,
    contract: str,
    made_by: Callable[[Reached | None], Generator],
    reached: Reached | None = None,
    kept: list[GeneratedStep] | None = None,
) -> LaneCase:
    """Return a program of a seed as a case.

    Args:
        seed: of the whole run.
        index: of the program.
        contract: what the reference follows.
        made_by: returns what makes it, each time anew.
        reached: gets what each step is the first to reach, as guidance sees it.
        kept: is given the steps, each once, although a case that a fault cut short is made again.
    """

    def asked() -> Iterator[Asked]:
        for step in made_by(reached).steps():
            if kept is not None and step.seq == len(kept):
                kept.append(step)
            yield Asked(step.seq, step.operation.name, step.args, step.outcome, step.cell)

    def program(last: int) -> Program:
        return as_program(islice(made_by(None).steps(), last + 1), contract, {"index": index, "seed": seed})

    return LaneCase(f"program {index}", asked, program)
