"""Programs as cases: their operations with the reference's answers, and what an implementation makes of them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import msgspec

from telltale_conformance.generators.coverage import cell_of, situation
from telltale_conformance.generators.reached import Reached, Watch
from telltale_conformance.generators.steps import Cell
from telltale_conformance.lean_traces.programs import Program
from telltale_conformance.model.operations import OPERATIONS, Operation
from telltale_conformance.model.store import Store
from telltale_conformance.oracle.adapters import Adapter
from telltale_conformance.oracle.lanes.chunks import Chunk, collect
from telltale_conformance.oracle.lanes.only import chosen_cases
from telltale_conformance.oracle.lanes.subject import Settings
from telltale_conformance.oracle.reference.judging import Asked, CaseResult, described
from telltale_conformance.oracle.reference.run import ReferenceRun
from telltale_conformance.oracle.verdict.evidence import Items, Tally
from telltale_conformance.oracle.verdict.results import LaneDivergence


def asked_of(
    program: Program, contract: str, offered: frozenset[str], reached: Reached | None = None
) -> tuple[list[Asked], int, int]:
    """Return the operations of a program with the reference's answers, how many are not offered, how many skipped.

    Args:
        program: its steps.
        contract: what the reference follows.
        offered: the operations that the implementation offers.
        reached: gets what each step is the first to reach, as guidance sees it.
    """
    store = Store(contract)
    watch = None if reached is None else Watch(store, reached.told, reached.most)

    def look(store: Store, operation: Operation, arguments: tuple[Any, ...]) -> _Before:
        alike = () if watch is None else watch.before(operation, arguments)
        return situation(store, operation, arguments), arguments, alike

    run, left_out, skipped = ReferenceRun(contract, store, look), 0, 0
    asked: list[Asked] = []
    for item in program.steps:
        if item.op not in offered:
            left_out += 1
            continue
        done = run.carry_out(item)
        if isinstance(done, str):
            skipped += 1
            continue
        operation = OPERATIONS[item.op]
        before, arguments, alike = run.seen
        cell = cell_of(before, operation, done.outcome)
        if watch is not None and reached is not None:
            reached.tell(len(asked), watch.after(operation, arguments, done.outcome, cell, alike))
        asked.append(Asked(item.seq, item.op, done.printed, done.outcome, cell))
    return asked, left_out, skipped


_Before = tuple[Cell, tuple[Any, ...], tuple[Any, ...]]


def judge_programs(
    adapter: Adapter, kind: str, programs: Sequence[tuple[str, Program]], contract: str, settings: Settings
) -> Chunk:
    """Judge programs, each by its name; a divergence has the steps up to it.

    Args:
        adapter: what is judged.
        kind: what the cases are called.
        programs: their names and steps.
        contract: what the reference follows.
        settings: the level, and which case to judge alone.
    """
    cases, left_out, skipped = [], 0, 0
    for _, program in programs:
        asked, not_offered, without = asked_of(program, contract, adapter.hello.ops)
        left_out += not_offered
        skipped += without
        cases.append(partial(iter, asked))

    def describe(position: int, result: CaseResult) -> LaneDivergence:
        name, program = programs[position]
        assert result.diverged_at is not None
        last = result.diverged_at.seq
        upto = tuple(item for item in program.steps if item.seq <= last)
        return described(name, result, Program(contract=contract, meta=program.meta, steps=upto))

    judged = chosen_cases(adapter, cases, [name for name, _ in programs], settings.level, settings.only)
    chunk = collect(kind, judged, len(cases), describe)
    tally = chunk.tally + Tally(uncovered=left_out, skipped=skipped)
    steps = sum(len(program.steps) for _, program in programs)
    against = len(chunk.divergences)
    answers = Items("steps", steps - tally.uncovered - tally.skipped, tally.judged - against, against)
    return msgspec.structs.replace(chunk, tally=tally, evidence=chunk.evidence.with_items(answers))
