"""Ownership: claim, release, transfer, attenuate, end (contract §2, in its order).

One function per operation: its guards at the top, then its effect with the log records.
"""

from __future__ import annotations

from telltale_conformance.model import guards
from telltale_conformance.model.contract import Contract
from telltale_conformance.model.state import Session
from telltale_conformance.model.store import Store
from telltale_conformance.model.values import (
    AuditRecord,
    CancellationArtifact,
    CancellationWitness,
    CapabilityArtifact,
    Faulted,
    FaultedFields,
    OwnerDied,
    OwnerDiedFields,
    OwnershipCapability,
    OwnershipReceipt,
    ReceiptArtifact,
    Scope,
    TerminalReason,
    TransferAbandoned,
    TransferAbandonedFields,
    TransferCommitFailed,
    TransferCommitFailedFields,
    successor,
)


def claim_ownership(store: Store, sid: int, owner_id: str, scope: Scope) -> OwnershipCapability:
    """Make ``owner_id`` the owner of an unowned session."""
    session = guards.found(store, sid)
    guards.open(session)
    guards.active(session, store.contract)
    guards.unowned(session)
    guards.idle(session)
    guards.counter(session, store.contract, "generation", session.ownership.next_generation)

    generation = store.contract.claim_generation(session.ownership.next_generation)
    return _grant(session, owner_id, generation, scope, store.contract)


def release_ownership(store: Store, capability: OwnershipCapability) -> None:
    """Give ownership up."""
    session = guards.found(store, capability.session_id)
    guards.open(session)
    guards.active(session, store.contract)
    owner = guards.owned(session)
    guards.live(session, owner, capability)
    guards.honest(session, owner, capability, store.contract)
    guards.idle(session)

    session.ownership.current = None
    invalidate(session, capability, "ownership released", store.contract)


def begin_ownership_transfer(
    store: Store, capability: OwnershipCapability, new_owner_id: str, new_scope: Scope
) -> OwnershipReceipt:
    """Stage a transfer to ``new_owner_id``; it takes effect when its receipt is committed."""
    session = guards.found(store, capability.session_id)
    guards.open(session)
    guards.active(session, store.contract)
    owner = guards.owned(session)
    guards.live(session, owner, capability)
    guards.honest(session, owner, capability, store.contract)
    guards.idle(session)
    guards.within(session, owner, new_scope, store.contract.may_transfer)
    guards.counter(session, store.contract, "generation", capability.generation + 1)
    guards.counter(session, store.contract, "claim_id", session.ownership.next_claim_id)

    ownership = session.ownership
    receipt = OwnershipReceipt(
        claim_id=ownership.next_claim_id,
        from_generation=capability.generation,
        from_owner_id=capability.owner_id,
        scope=new_scope,
        session_id=session.sid,
        to_generation=successor(capability.generation),
        to_owner_id=new_owner_id,
    )
    ownership.next_claim_id = store.contract.spend(ownership.next_claim_id)
    ownership.pending = receipt
    session.log.append(AuditRecord(ReceiptArtifact(receipt), "Issued"))
    return receipt


def commit_ownership_transfer(store: Store, receipt: OwnershipReceipt) -> OwnershipCapability:
    """Complete the pending transfer: its receipt's owner becomes the live one."""
    session = guards.found(store, receipt.session_id)
    given = ReceiptArtifact(receipt)
    logged = store.contract.refusal(given)
    guards.open(session, logged)
    guards.active(session, store.contract, logged)
    owner = guards.owned(session, logged)
    pending = guards.staged(session, given)
    guards.match(session, pending, receipt, given)
    guards.giver(session, owner, receipt, logged)
    guards.counter(session, store.contract, "generation", session.ownership.next_generation, logged)

    session.ownership.pending = None
    invalidate(session, owner, "ownership transferred", store.contract)
    session.log.append(AuditRecord(given, "Committed"))
    generation = store.contract.committed_generation(session.ownership.next_generation, receipt.to_generation)
    return _grant(session, receipt.to_owner_id, generation, receipt.scope, store.contract)


def rollback_ownership_transfer(store: Store, receipt: OwnershipReceipt) -> None:
    """Withdraw the pending transfer; the owner stays."""
    session = guards.found(store, receipt.session_id)
    given = ReceiptArtifact(receipt)
    logged = store.contract.refusal(given)
    guards.open(session, logged)
    guards.active(session, store.contract, logged)
    pending = guards.staged(session, given)
    guards.match(session, pending, receipt, given)

    session.ownership.pending = None
    session.log.append(AuditRecord(given, "RolledBack"))


def attenuate_ownership_scope(store: Store, capability: OwnershipCapability, new_scope: Scope) -> OwnershipCapability:
    """Replace the owner's capability by one of another scope."""
    session = guards.found(store, capability.session_id)
    guards.open(session)
    guards.active(session, store.contract)
    owner = guards.owned(session)
    guards.live(session, owner, capability)
    guards.honest(session, owner, capability, store.contract)
    guards.idle(session)
    guards.within(session, owner, new_scope, store.contract.may_attenuate)
    guards.counter(session, store.contract, "generation", session.ownership.next_generation)

    invalidate(session, capability, "ownership scope attenuated", store.contract)
    generation = store.contract.attenuated_generation(session.ownership.next_generation, capability.generation)
    return _grant(session, capability.owner_id, generation, new_scope, store.contract)


def validate_ownership_capability(store: Store, capability: OwnershipCapability) -> None:
    """Check that the capability is the live one."""
    session = guards.found(store, capability.session_id)
    guards.open(session)
    guards.active(session, store.contract)
    owner = guards.owned(session)
    guards.live(session, owner, capability)
    guards.honest(session, owner, capability, store.contract)


def mark_owner_died(store: Store, sid: int, owner_id: str) -> CancellationWitness:
    """End a session whose owner died."""
    session = guards.found(store, sid)
    guards.open(session)
    guards.active(session, store.contract)
    owner = guards.owned(session)
    guards.named(session, owner, owner_id)
    guards.counter(session, store.contract, "witness_id", session.ownership.next_witness_id)

    store.set_status(session, Faulted(Faulted=FaultedFields(reason=f"ownership owner `{owner_id}` died")))
    reason = OwnerDied(OwnerDied=OwnerDiedFields(owner_id=owner_id))
    pending = _end(session, reason)
    invalidate(session, owner, "owner died", store.contract)
    session.log.extend(store.contract.orphaned(pending))
    return _cancel(session, owner_id, owner.generation, reason, store.contract)


def cancel_abandoned_transfer(store: Store, receipt: OwnershipReceipt) -> CancellationWitness:
    """End a session whose pending transfer was abandoned."""
    session = guards.found(store, receipt.session_id)
    given = ReceiptArtifact(receipt)
    logged = store.contract.refusal(given)
    guards.open(session, logged)
    guards.active(session, store.contract, logged)
    pending = guards.staged(session, logged)
    guards.match(session, pending, receipt, logged)
    guards.counter(session, store.contract, "witness_id", session.ownership.next_witness_id, logged)

    owner = session.ownership.current
    store.set_status(session, "Cancelled")
    reason = TransferAbandoned(
        TransferAbandoned=TransferAbandonedFields(claim_id=receipt.claim_id, owner_id=receipt.from_owner_id)
    )
    _end(session, reason)
    if owner is not None:
        invalidate(session, owner, "transfer abandoned", store.contract)
    session.log.append(AuditRecord(given, "RolledBack", "transfer abandoned"))
    return _cancel(session, receipt.from_owner_id, receipt.from_generation, reason, store.contract)


def fault_failed_transfer_commit(store: Store, receipt: OwnershipReceipt, reason: str) -> None:
    """End a session whose pending transfer failed to commit."""
    session = guards.found(store, receipt.session_id)
    given = ReceiptArtifact(receipt)
    logged = store.contract.refusal(given)
    guards.open(session, logged)
    guards.active(session, store.contract, logged)
    pending = guards.staged(session, logged)
    guards.match(session, pending, receipt, logged)

    owner = session.ownership.current
    failure = FaultedFields(reason=f"ownership transfer commit failed: {reason}")
    store.set_status(session, Faulted(Faulted=failure))
    _end(
        session,
        TransferCommitFailed(
            TransferCommitFailed=TransferCommitFailedFields(
                claim_id=receipt.claim_id, owner_id=receipt.from_owner_id, reason=reason
            )
        ),
    )
    if owner is not None:
        invalidate(session, owner, "transfer commit failed", store.contract)
    session.log.append(AuditRecord(given, "RolledBack", reason))


def current_ownership(store: Store, sid: int) -> OwnershipCapability | None:
    """Return the live capability, or None (for an unknown session too)."""
    session = store.sessions.get(sid)
    return None if session is None else session.ownership.current


def authority_audit_log(store: Store, sid: int) -> tuple[AuditRecord, ...] | None:
    """Return a session's audit log, or None for an unknown session."""
    session = store.sessions.get(sid)
    return None if session is None else tuple(session.log)


def invalidate(session: Session, capability: OwnershipCapability, reason: str, contract: Contract) -> None:
    """Log that a capability ceased to be live and, under H9, end the witnesses of its generation."""
    session.log.append(AuditRecord(CapabilityArtifact(capability), "Invalidated", reason))
    issued = session.ownership.issued
    if issued:
        session.log.extend(contract.endings(issued))
        session.ownership.issued = contract.surviving(issued)


def _grant(session: Session, owner_id: str, generation: int, scope: Scope, contract: Contract) -> OwnershipCapability:
    """Make a new capability the live one, log it, return it."""
    capability = OwnershipCapability(generation=generation, owner_id=owner_id, scope=scope, session_id=session.sid)
    session.ownership.current = capability
    session.ownership.next_generation = contract.spend_generation(session.ownership.next_generation)
    session.log.append(AuditRecord(CapabilityArtifact(capability), "Issued"))
    return capability


def _end(session: Session, reason: TerminalReason) -> OwnershipReceipt | None:
    """Record why ownership ended for good; return the receipt that was pending."""
    ownership = session.ownership
    pending = ownership.pending
    ownership.terminal = reason
    ownership.current = ownership.pending = None
    return pending


def _cancel(
    session: Session, owner_id: str, generation: int, reason: TerminalReason, contract: Contract
) -> CancellationWitness:
    """Issue the cancellation witness of a session that ended."""
    witness = CancellationWitness(
        generation=generation,
        owner_id=owner_id,
        reason=reason,
        session_id=session.sid,
        witness_id=session.ownership.next_witness_id,
    )
    session.ownership.next_witness_id = contract.spend(witness.witness_id)
    session.log.append(AuditRecord(CancellationArtifact(witness), "Issued"))
    return witness
