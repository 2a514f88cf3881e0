"""The guards of contract §1, in its order; each passes in silence or raises its error.

A guard that is given ``rejecting`` logs that artifact as Rejected before it raises. Guards marked
*hardened* pass under ``telltale-17``.
"""

from __future__ import annotations

from telltale_conformance.model.contract import Contract
from telltale_conformance.model.errors import (
    CounterExhausted,
    OwnershipError,
    ReceiptMismatch,
    ScopeViolation,
    SessionClosed,
    SessionNotFound,
    StaleCapability,
    Terminal,
    TransferNotPending,
    TransferPending,
    Unclaimed,
)
from telltale_conformance.model.state import Session
from telltale_conformance.model.store import Store
from telltale_conformance.model.values import (
    SESSION,
    U64_MAX,
    AuditRecord,
    OwnershipCapability,
    OwnershipReceipt,
    ReadinessArtifact,
    ReceiptArtifact,
    Scope,
    within,
)

Rejecting = ReceiptArtifact | ReadinessArtifact | None


def refuse(session: Session, error: OwnershipError, reason: str, rejecting: Rejecting) -> OwnershipError:
    """Log ``rejecting``, if any, as Rejected for ``reason``, and return the error to raise."""
    if rejecting is not None:
        session.log.append(AuditRecord(rejecting, "Rejected", reason))
    return error


def found(store: Store, sid: int) -> Session:
    """G-found: the session is live."""
    session = store.sessions.get(sid)
    if session is None:
        raise SessionNotFound(sid)
    return session


def not_terminal(session: Session, rejecting: Rejecting = None) -> None:
    """G-open: no terminal reason is recorded."""
    reason = session.ownership.terminal
    if reason is not None:
        raise refuse(session, Terminal(session.sid, reason), "ownership terminated", rejecting)


def active(session: Session, contract: Contract, rejecting: Rejecting = None) -> None:
    """G-active (hardened, H8): the session is not closed."""
    if contract.closed_refuses and session.status == "Closed":
        raise refuse(session, SessionClosed(session.sid), "session closed", rejecting)


def owned(session: Session, rejecting: Rejecting = None) -> OwnershipCapability:
    """G-owned: there is a live owner; return its capability."""
    owner = session.ownership.current
    if owner is None:
        raise refuse(session, Unclaimed(session.sid), "session unclaimed", rejecting)
    return owner


def live(
    session: Session,
    owner: OwnershipCapability,
    given: OwnershipCapability,
    rejecting: Rejecting = None,
) -> None:
    """G-live: owner and generation of the given capability are the live ones; nothing else counts."""
    if given.owner_id != owner.owner_id or given.generation != owner.generation:
        error = StaleCapability(session.sid, given.owner_id, given.generation, owner.generation)
        raise refuse(session, error, "stale capability", rejecting)


def honest(
    session: Session,
    owner: OwnershipCapability,
    given: OwnershipCapability,
    contract: Contract,
    rejecting: Rejecting = None,
) -> None:
    """G-honest (hardened, H5): the given capability's scope is the live one."""
    if contract.honest_scope and given.scope != owner.scope:
        error = ScopeViolation(session.sid, owner.owner_id, given.scope, owner.scope)
        raise refuse(session, error, "scope mismatch", rejecting)


def whole_scope(session: Session, owner: OwnershipCapability, rejecting: Rejecting = None) -> None:
    """G-scope: the live scope is Session."""
    if owner.scope != SESSION:
        error = ScopeViolation(session.sid, owner.owner_id, SESSION, owner.scope)
        raise refuse(session, error, "scope violation", rejecting)


def idle(session: Session) -> None:
    """G-idle: no transfer is pending."""
    pending = session.ownership.pending
    if pending is not None:
        raise TransferPending(session.sid, pending.claim_id)


def staged(session: Session, rejecting: Rejecting = None) -> OwnershipReceipt:
    """G-staged: a transfer is pending; return its receipt."""
    pending = session.ownership.pending
    if pending is None:
        error = TransferNotPending(session.sid)
        raise refuse(session, error, "receipt is no longer pending", rejecting)
    return pending


def matching(
    session: Session,
    pending: OwnershipReceipt,
    given: OwnershipReceipt,
    rejecting: Rejecting = None,
) -> None:
    """G-match: the pending receipt equals the given one in every field."""
    if pending != given:
        error = ReceiptMismatch(session.sid, given.claim_id)
        raise refuse(session, error, "receipt payload mismatch", rejecting)


def granting_within(session: Session, owner: OwnershipCapability, granted: Scope) -> None:
    """G-within (hardened, H3 and H4): the granted scope is a part of the live one."""
    if not within(granted, owner.scope):
        raise ScopeViolation(session.sid, owner.owner_id, granted, owner.scope)


def generation_left(session: Session, contract: Contract) -> None:
    """G-counter (hardened, H2): there is a next generation."""
    if contract.bounded_counters and session.ownership.next_generation > U64_MAX:
        raise CounterExhausted(session.sid, "generation")


def claim_id_left(session: Session, contract: Contract) -> None:
    """G-counter (hardened, H2): there is a next claim id."""
    if contract.bounded_counters and session.ownership.next_claim_id > U64_MAX:
        raise CounterExhausted(session.sid, "claim_id")


def witness_id_left(session: Session, contract: Contract, rejecting: Rejecting = None) -> None:
    """G-counter (hardened, H2): there is a next witness id."""
    if contract.bounded_counters and session.ownership.next_witness_id > U64_MAX:
        raise refuse(session, CounterExhausted(session.sid, "witness_id"), "counter exhausted", rejecting)
