"""A program as a case: its operations with the reference's answers."""

from __future__ import annotations

from telltale_conformance.generators.coverage import cell_of, situation
from telltale_conformance.lean_traces.programs import Program
from telltale_conformance.model.operations import OPERATIONS
from telltale_conformance.oracle.reference.judging import Asked
from telltale_conformance.oracle.reference.run import ReferenceRun


def asked_of(program: Program, contract: str, offered: frozenset[str]) -> tuple[list[Asked], int, int]:
    """Return the operations of a program with the reference's answers, how many are not offered, how many skipped."""
    run, left_out, skipped = ReferenceRun(contract, look=situation), 0, 0
    asked: list[Asked] = []
    for item in program.steps:
        if item.op not in offered:
            left_out += 1
            continue
        done = run.carry_out(item)
        if isinstance(done, str):
            skipped += 1
        else:
            cell = cell_of(run.seen, OPERATIONS[item.op], done.outcome)
            asked.append(Asked(item.seq, item.op, done.printed, done.outcome, cell))
    return asked, left_out, skipped
