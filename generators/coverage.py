"""Which cells of operation × outcome × ownership phase × relation × witness state a step reaches.

``Situation`` is taken before the reference carries the step out, ``cell_of`` puts the outcome to it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from telltale_conformance.generators.steps import Cell
from telltale_conformance.model.operations import Operation, Outcome
from telltale_conformance.model.state import Session
from telltale_conformance.model.store import Store
from telltale_conformance.model.values import OwnershipCapability, OwnershipReceipt, ReadinessWitness

PHASES: Final = ("absent", "unclaimed", "claimed", "pending", "terminal", "closed")


def phase_of(session: Session | None) -> str:
    """Return the ownership phase of a session; a closed one without terminal reason is ``closed``."""
    if session is None:
        return "absent"
    ownership = session.ownership
    if ownership.terminal is not None:
        return "terminal"
    if session.status == "Closed":
        return "closed"
    if ownership.pending is not None:
        return "pending"
    return "claimed" if ownership.current is not None else "unclaimed"


def situation(store: Store, operation: Operation, arguments: tuple[Any, ...]) -> Cell:
    """Return the cell of a step about to be taken, its outcome still empty."""
    name = operation.name
    parameters = operation.parameters
    if not parameters:
        return Cell(name, "", "-", "-", "-")
    first = arguments[0]
    if operation.sid_of is None:
        return Cell(name, "", "-", "-", "-")
    session = store.sessions.get(operation.sid_of(arguments))
    relation = witness = "-"
    if parameters[0] == "capability":
        relation = _capability_relation(session, first)
        if name == "consume_readiness_witness":
            witness = _witness_state(session, first, arguments[1])
        elif name == "apply_owned_session_mutation":
            name = f"{name}/{type(arguments[1]).__name__}"
    elif parameters[0] == "receipt":
        relation = _receipt_relation(session, first)
    elif name == "mark_owner_died":
        live = session.ownership.current if session is not None else None
        relation = "no owner" if live is None else ("live" if live.owner_id == arguments[1] else "other owner")
    elif name == "send" and session is not None:
        relation = _buffer_state(session, arguments[1], arguments[2])
    return Cell(name, "", phase_of(session), relation, witness)


def cell_of(before: Cell, operation: Operation, outcome: Outcome) -> Cell:
    """Return the cell with the outcome put in."""
    return before._replace(outcome=_outcome_variant(operation, outcome))


def _outcome_variant(operation: Operation, outcome: Outcome) -> str:
    if outcome.error is not None:
        return outcome.error.guard.error
    ok = outcome.ok
    if operation.result == "enqueued":
        return str(ok)
    if operation.result == "truth":
        return "true" if ok else "false"
    return "null" if ok is None and operation.nullable else "ok"


def _capability_relation(session: Session | None, given: OwnershipCapability) -> str:
    live = session.ownership.current if session is not None else None
    if live is None:
        return "no owner"
    if given.owner_id != live.owner_id:
        return "other owner"
    if given.generation != live.generation:
        return "older" if given.generation < live.generation else "newer"
    return "live" if given.scope == live.scope else "live, other scope"


def _receipt_relation(session: Session | None, given: OwnershipReceipt) -> str:
    pending = session.ownership.pending if session is not None else None
    if pending is None:
        return "none pending"
    return "pending's own" if pending == given else "altered"


def _witness_state(session: Session | None, capability: OwnershipCapability, given: ReadinessWitness) -> str:
    if session is None:
        return "-"
    ownership = session.ownership
    if given.witness_id in ownership.consumed:
        return "consumed"
    issued = ownership.issued.get(given.witness_id)
    if issued is None:
        return "never issued"
    if issued != given:
        return "altered"
    same = (given.session_id, given.owner_id, given.generation, given.scope) == (
        capability.session_id,
        capability.owner_id,
        capability.generation,
        capability.scope,
    )
    return "fresh" if same else "outlived"


def _buffer_state(session: Session, sender: str, receiver: str) -> str:
    buffer = session.buffers.get((sender, receiver))
    if buffer is None:
        return "no buffer"
    held = len(buffer.messages)
    full = held >= buffer.capacity or (held == 1 and buffer.config.mode == "LatestValue")
    return f"{buffer.config.mode}, full" if full else buffer.config.mode


def by_operation(cells: Iterable[Cell]) -> dict[str, dict[str, int]]:
    """Return, per operation, how many cells each outcome was reached in."""
    table: dict[str, dict[str, int]] = {}
    for cell in sorted(cells):
        outcomes = table.setdefault(cell.operation, {})
        outcomes[cell.outcome] = outcomes.get(cell.outcome, 0) + 1
    return table
