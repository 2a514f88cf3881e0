"""The log records that an operation appends."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import z3

from telltale_conformance.oracle.symbolic.statement.state import Cancellation, Cap, Receipt, Witness

Artifact = Cap | Receipt | Witness | Cancellation


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
