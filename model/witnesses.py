"""Readiness witnesses: issued under a live capability, consumed once (contract §2, §3)."""

from __future__ import annotations

from telltale_conformance.model import guards
from telltale_conformance.model.store import Store
from telltale_conformance.model.values import AuditRecord, OwnershipCapability, ReadinessArtifact, ReadinessWitness


def issue_readiness_witness(store: Store, capability: OwnershipCapability, predicate_ref: str) -> ReadinessWitness:
    """Issue a single-use witness that the named predicate held under this ownership."""
    session = guards.found(store, capability.session_id)
    guards.open(session)
    guards.active(session, store.contract)
    owner = guards.owned(session)
    guards.live(session, owner, capability)
    guards.honest(session, owner, capability, store.contract)
    guards.scope(session, owner)
    guards.counter(session, store.contract, "witness_id", session.ownership.next_witness_id)

    ownership = session.ownership
    witness = ReadinessWitness(
        generation=capability.generation,
        owner_id=capability.owner_id,
        predicate_ref=predicate_ref,
        scope=capability.scope,
        session_id=capability.session_id,
        witness_id=ownership.next_witness_id,
    )
    ownership.next_witness_id = store.contract.spend(ownership.next_witness_id)
    ownership.issued[witness.witness_id] = witness
    session.log.append(AuditRecord(ReadinessArtifact(witness), "Issued"))
    return witness


def consume_readiness_witness(store: Store, capability: OwnershipCapability, witness: ReadinessWitness) -> None:
    """Spend a witness under the very ownership that issued it."""
    session = guards.found(store, capability.session_id)
    given = ReadinessArtifact(witness)
    logged = store.contract.refusal(given)
    guards.open(session, logged)
    guards.active(session, store.contract, logged)
    owner = guards.owned(session, logged)
    guards.live(session, owner, capability, logged)
    guards.honest(session, owner, capability, store.contract, logged)
    guards.scope(session, owner, logged)
    guards.unconsumed(session, witness, given)
    guards.issued(session, witness, given)
    guards.unchanged(session, witness, given)
    guards.bound(session, capability, witness, given)

    del session.ownership.issued[witness.witness_id]
    session.ownership.consumed.add(witness.witness_id)
    session.log.append(AuditRecord(given, "Consumed"))
