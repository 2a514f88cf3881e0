"""A program as a case: its operations with the reference's answers."""

from __future__ import annotations

from typing import Any

from telltale_conformance.generators.coverage import cell_of, situation
from telltale_conformance.generators.reached import Reached, Watch
from telltale_conformance.generators.steps import Cell
from telltale_conformance.lean_traces.programs import Program
from telltale_conformance.model.operations import OPERATIONS, Operation
from telltale_conformance.model.store import Store
from telltale_conformance.oracle.reference.judging import Asked
from telltale_conformance.oracle.reference.run import ReferenceRun


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
