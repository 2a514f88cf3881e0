"""What one operation does: its outcome, the state after it, and the log records it appends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

import z3  # type: ignore[import-untyped]  # see terms

from telltale_conformance.oracle.symbolic.statement.state import Cancellation, Cap, Receipt, Session, Witness
from telltale_conformance.oracle.symbolic.statement.terms import TRUE, choose

Artifact = Cap | Receipt | Witness | Cancellation


class Code(IntEnum):
    """The outcome of an operation: ok, or which error (wire form, OwnershipError)."""

    OK = 0
    SESSION_NOT_FOUND = 1
    TERMINAL = 2
    SESSION_CLOSED = 3
    UNCLAIMED = 4
    ALREADY_CLAIMED = 5
    STALE_CAPABILITY = 6
    SCOPE_VIOLATION = 7
    TRANSFER_PENDING = 8
    TRANSFER_NOT_PENDING = 9
    RECEIPT_MISMATCH = 10
    WITNESS_CONSUMED = 11
    INVALID_WITNESS = 12
    COUNTER_EXHAUSTED = 13
    FOREIGN_EDGE = 14

    @property
    def variant(self) -> str:
        """Its name on the wire; ``ok`` where nothing is refused."""
        return "ok" if self is Code.OK else "".join(word.capitalize() for word in self.name.split("_"))


@dataclass(frozen=True)
class Guard:
    """One guard: its name in the contract, when it passes, and what its failure gives."""

    name: str
    passes: z3.BoolRef
    code: Code
    fields: dict[str, z3.ExprRef | str] = field(default_factory=dict)
    rejected: str | None = None
    """Reason of the Rejected record of the given receipt or witness, where refusals are logged."""
    starred: bool = False
    """``telltale-17`` logs this refusal too (the starred guards of §2, and §3)."""


class Event(StrEnum):
    """AuthorityAuditEvent, as far as ownership uses it."""

    ISSUED = "Issued"
    CONSUMED = "Consumed"
    INVALIDATED = "Invalidated"
    COMMITTED = "Committed"
    ROLLED_BACK = "RolledBack"
    REJECTED = "Rejected"


@dataclass(frozen=True)
class Record:
    """One log record, appended when ``when`` holds; ``reason`` is a fixed text, a name term, or none."""

    when: z3.BoolRef
    artifact: Artifact
    event: Event
    reason: str | z3.BitVecRef | None = None


@dataclass(frozen=True)
class EndedWitnesses:
    """Rule H9: one readiness/Invalidated record for each witness of ``issued``, by id."""

    when: z3.BoolRef
    issued: z3.ArrayRef
    reason: str = "ownership generation ended"


Entry = Record | EndedWitnesses


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
    return z3.BitVecVal(int(value), 4)


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
