"""What one operation does: its outcome, the state after it, and the log records it appends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import z3

from telltale_conformance.oracle.symbolic.statement.guards import Code, Guard
from telltale_conformance.oracle.symbolic.statement.records import Artifact, EndedWitnesses, Entry, Event, Record
from telltale_conformance.oracle.symbolic.statement.state import Session
from telltale_conformance.oracle.symbolic.statement.terms import TRUE, choose


@dataclass(frozen=True)
class Step:
    """The whole effect of an operation on a session, as terms over the state before and the arguments."""

    code: z3.BitVecRef
    failures: tuple[tuple[z3.BoolRef, Guard], ...]
    """Each guard with the condition that it is the one that decides."""
    post: Session
    result: Artifact | None
    log: tuple[Entry, ...]

    def ok(self) -> z3.BoolRef:
        """State that the operation succeeds."""
        return self.code == code(Code.OK)

    def gives(self, wanted: Code) -> z3.BoolRef:
        """State that the operation has this outcome."""
        return self.code == code(wanted)


def code(value: Code) -> z3.BitVecRef:
    """Return an outcome literal."""
    return z3.BitVecVal(int(value), len(Code).bit_length())


def walk(
    pre: Session,
    guards: Sequence[Guard],
    post: Session,
    result: Artifact | None = None,
    log: Sequence[Entry] = (),
    refused: Artifact | None = None,
    every_refusal: bool = False,
) -> Step:
    """Walk the guards left to right: the first that fails decides; else ``post``, ``result`` and ``log``.

    ``refused`` is the given receipt or witness, logged as Rejected when a starred guard fails, or (H11, with
    ``every_refusal``) any guard that names a reason for it.
    """
    passed: z3.BoolRef = TRUE
    outcome = code(Code.OK)
    failures: list[tuple[z3.BoolRef, Guard]] = []
    for guard in guards:
        failures.append((z3.And(passed, z3.Not(guard.passes)), guard))
        passed = z3.And(passed, guard.passes)
    for when, guard in reversed(failures):
        outcome = z3.If(when, code(guard.code), outcome)
    entries: list[Entry] = []
    for entry in log:
        when = z3.And(passed, entry.when)
        entries.append(
            Record(when, entry.artifact, entry.event, entry.reason)
            if isinstance(entry, Record)
            else EndedWitnesses(when, entry.issued, entry.reason)
        )
    if refused is not None:
        for when, guard in failures:
            if guard.rejected is not None and (guard.starred or every_refusal):
                entries.append(Record(when, refused, Event.REJECTED, guard.rejected))
    return Step(outcome, tuple(failures), choose(passed, post, pre), result, tuple(entries))
