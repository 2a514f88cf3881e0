"""The checks of the contract's guards, in its order; each passes in silence or raises its guard's refusal.

A check that is given ``rejecting`` logs that artifact as Rejected before it raises. Checks marked *hardened* pass
under ``telltale-17``; for speed they ask the contract only where the two can differ. All of them bear the contract's
names, some of which are words of Python: they are always called through the module, as ``guards.open(session)``, and
never imported by name.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from telltale_conformance.model import guard_table as table
from telltale_conformance.model.contract import Contract
from telltale_conformance.model.errors import OwnershipError
from telltale_conformance.model.guard import Guard
from telltale_conformance.model.state import Session
from telltale_conformance.model.store import Store
from telltale_conformance.model.values import (
    SESSION,
    U64_MAX,
    AuditRecord,
    HostMutation,
    OwnershipCapability,
    OwnershipReceipt,
    ReadinessArtifact,
    ReadinessWitness,
    ReceiptArtifact,
    Scope,
    SetDefaultHandler,
)

Rejecting = ReceiptArtifact | ReadinessArtifact | None


def found(store: Store, sid: int) -> Session:
    """G-found: the session is live; return it."""
    session = store.sessions.get(sid)
    if session is None:
        raise OwnershipError(table.G_FOUND, {"session_id": sid})
    return session


def open(session: Session, rejecting: Rejecting = None) -> None:
    """G-open: no terminal reason is recorded."""
    reason = session.ownership.terminal
    if reason is not None:
        raise _refusal(session, OwnershipError(table.G_OPEN, {"reason": reason, "session_id": session.sid}), rejecting)


def active(session: Session, contract: Contract, rejecting: Rejecting = None) -> None:
    """G-active (hardened, H8): the session is not closed."""
    status = session.status
    if status != "Active" and not contract.serves(status):
        raise _refusal(session, OwnershipError(table.G_ACTIVE, {"session_id": session.sid}), rejecting)


def owned(session: Session, rejecting: Rejecting = None) -> OwnershipCapability:
    """G-owned: there is a live owner; return its capability."""
    owner = session.ownership.current
    if owner is None:
        raise _refusal(session, OwnershipError(table.G_OWNED, {"session_id": session.sid}), rejecting)
    return owner


def unowned(session: Session) -> None:
    """G-unowned, of claim: there is no live owner."""
    owner = session.ownership.current
    if owner is not None:
        raise OwnershipError(table.G_UNOWNED, {"current_owner_id": owner.owner_id, "session_id": session.sid})


def live(
    session: Session,
    owner: OwnershipCapability,
    given: OwnershipCapability,
    rejecting: Rejecting = None,
) -> None:
    """G-live: owner and generation of the given capability are the live ones; nothing else counts."""
    if given.owner_id != owner.owner_id or given.generation != owner.generation:
        error = _stale(table.G_LIVE, session, owner, given.owner_id, given.generation)
        raise _refusal(session, error, rejecting)


def named(session: Session, owner: OwnershipCapability, owner_id: str) -> None:
    """G-named, of owner death: the owner named is the live one."""
    if owner_id != owner.owner_id:
        raise _stale(table.G_NAMED, session, owner, owner_id, owner.generation)


def honest(
    session: Session,
    owner: OwnershipCapability,
    given: OwnershipCapability,
    contract: Contract,
    rejecting: Rejecting = None,
) -> None:
    """G-honest (hardened, H5): the given capability's scope is the live one."""
    if given.scope != owner.scope and not contract.honest(given.scope, owner.scope):
        error = _violated(table.G_HONEST, session, owner, given.scope)
        raise _refusal(session, error, rejecting)


def scope(session: Session, owner: OwnershipCapability, rejecting: Rejecting = None) -> None:
    """G-scope: the live scope is Session."""
    if owner.scope != SESSION:
        error = _violated(table.G_SCOPE, session, owner, SESSION)
        raise _refusal(session, error, rejecting)


def idle(session: Session) -> None:
    """G-idle: no transfer is pending."""
    pending = session.ownership.pending
    if pending is not None:
        raise OwnershipError(table.G_IDLE, {"claim_id": pending.claim_id, "session_id": session.sid})


def staged(session: Session, rejecting: Rejecting = None) -> OwnershipReceipt:
    """G-staged: a transfer is pending; return its receipt."""
    pending = session.ownership.pending
    if pending is None:
        raise _refusal(session, OwnershipError(table.G_STAGED, {"session_id": session.sid}), rejecting)
    return pending


def match(
    session: Session,
    pending: OwnershipReceipt,
    given: OwnershipReceipt,
    rejecting: Rejecting = None,
) -> None:
    """G-match: the pending receipt equals the given one in every field."""
    if pending != given:
        raise _refusal(
            session, OwnershipError(table.G_MATCH, {"claim_id": given.claim_id, "session_id": session.sid}), rejecting
        )


def giver(
    session: Session,
    owner: OwnershipCapability,
    receipt: OwnershipReceipt,
    rejecting: Rejecting = None,
) -> None:
    """G-giver, of commit: the live owner is the one that the receipt is from."""
    if receipt.from_owner_id != owner.owner_id or receipt.from_generation != owner.generation:
        error = _stale(table.G_GIVER, session, owner, receipt.from_owner_id, receipt.from_generation)
        raise _refusal(session, error, rejecting)


def within(
    session: Session, owner: OwnershipCapability, granted: Scope, may_grant: Callable[[Scope, Scope], bool]
) -> None:
    """G-within (hardened, H3 and H4): the scope to be granted is a part of the live one."""
    if granted != owner.scope and not may_grant(granted, owner.scope):
        raise _violated(table.G_WITHIN, session, owner, granted)


def counter(
    session: Session,
    contract: Contract,
    which: Literal["generation", "claim_id", "witness_id"],
    number: int,
    rejecting: Rejecting = None,
) -> None:
    """G-counter (hardened, H2): the generation, claim id or witness id to be given does not pass 2^64-1."""
    if number > U64_MAX and not contract.may_give(number):
        raise _refusal(
            session, OwnershipError(_COUNTERS[which], {"counter": which, "session_id": session.sid}), rejecting
        )


_COUNTERS = {
    "generation": table.G_COUNTER_GENERATION,
    "claim_id": table.G_COUNTER_CLAIM_ID,
    "witness_id": table.G_COUNTER_WITNESS_ID,
}


def own_edge(session: Session, mutation: HostMutation, contract: Contract) -> None:
    """H15 (hardened): the edge of a mutation has the session's id and listed roles."""
    if not isinstance(mutation, SetDefaultHandler) and not contract.may_touch(
        mutation.edge, session.sid, session.role_ids
    ):
        raise OwnershipError(table.OWN_EDGE, {"edge": mutation.edge, "session_id": session.sid})


def unconsumed(session: Session, witness: ReadinessWitness, rejecting: Rejecting) -> None:
    """§3.1: the witness id was not consumed before; only the id is looked at."""
    if witness.witness_id in session.ownership.consumed:
        error = OwnershipError(table.UNCONSUMED, {"session_id": witness.session_id, "witness_id": witness.witness_id})
        raise _refusal(session, error, rejecting)


def issued(session: Session, witness: ReadinessWitness, rejecting: Rejecting) -> None:
    """§3.2: the witness id is among the issued ones."""
    if witness.witness_id not in session.ownership.issued:
        raise _refusal(session, _invalid(table.ISSUED, session, witness), rejecting)


def unchanged(session: Session, witness: ReadinessWitness, rejecting: Rejecting) -> None:
    """§3.3: the witness equals the issued one in every field."""
    if session.ownership.issued[witness.witness_id] != witness:
        raise _refusal(session, _invalid(table.UNCHANGED, session, witness), rejecting)


def bound(session: Session, capability: OwnershipCapability, witness: ReadinessWitness, rejecting: Rejecting) -> None:
    """§3.4: session, owner, generation and scope of the witness are the given capability's."""
    if (
        witness.generation != capability.generation
        or witness.owner_id != capability.owner_id
        or witness.session_id != capability.session_id
        or witness.scope != capability.scope
    ):
        raise _refusal(session, _invalid(table.BOUND, session, witness), rejecting)


def _stale(
    guard: Guard, session: Session, owner: OwnershipCapability, owner_id: str, generation: int
) -> OwnershipError:
    """Return StaleCapability: this owner and generation are not the live ones."""
    return OwnershipError(
        guard,
        {
            "actual_generation": owner.generation,
            "expected_generation": generation,
            "owner_id": owner_id,
            "session_id": session.sid,
        },
    )


def _violated(guard: Guard, session: Session, owner: OwnershipCapability, required: Scope) -> OwnershipError:
    """Return ScopeViolation: this scope is required."""
    return OwnershipError(
        guard, {"actual": owner.scope, "owner_id": owner.owner_id, "required": required, "session_id": session.sid}
    )


def _invalid(guard: Guard, session: Session, witness: ReadinessWitness) -> OwnershipError:
    """Return InvalidWitness, for the reason that is logged too."""
    return OwnershipError(guard, {"reason": guard.logged, "session_id": session.sid, "witness_id": witness.witness_id})


def _refusal(session: Session, error: OwnershipError, rejecting: Rejecting) -> OwnershipError:
    """Log ``rejecting``, if any, as Rejected for the guard's reason, and return the error to raise."""
    if rejecting is not None:
        session.log.append(AuditRecord(rejecting, "Rejected", error.guard.logged))
    return error
