"""Readiness witnesses: issued under a live capability, consumed once (contract §2, §3)."""

from __future__ import annotations

from telltale_conformance.model import guards
from telltale_conformance.model.errors import InvalidWitness, WitnessConsumed
from telltale_conformance.model.store import Store
from telltale_conformance.model.values import AuditRecord, OwnershipCapability, ReadinessArtifact, ReadinessWitness


def issue_readiness_witness(store: Store, capability: OwnershipCapability, predicate_ref: str) -> ReadinessWitness:
    """Issue a single-use witness that the named predicate held under this ownership."""
    session = guards.found(store, capability.session_id)
    guards.not_terminal(session)
    guards.active(session, store.contract)
    owner = guards.owned(session)
    guards.live(session, owner, capability)
    guards.honest(session, owner, capability, store.contract)
    guards.whole_scope(session, owner)
    guards.witness_id_left(session, store.contract)

    ownership = session.ownership
    witness = ReadinessWitness(
        generation=capability.generation,
        owner_id=capability.owner_id,
        predicate_ref=predicate_ref,
        scope=capability.scope,
        session_id=capability.session_id,
        witness_id=ownership.next_witness_id,
    )
    ownership.next_witness_id = store.contract.count(ownership.next_witness_id)
    ownership.issued[witness.witness_id] = witness
    session.log.append(AuditRecord(ReadinessArtifact(witness), "Issued"))
    return witness


def consume_readiness_witness(store: Store, capability: OwnershipCapability, witness: ReadinessWitness) -> None:
    """Spend a witness under the very ownership that issued it."""
    session = guards.found(store, capability.session_id)
    given = ReadinessArtifact(witness)
    logged = given if store.contract.refusals_logged else None
    guards.not_terminal(session, logged)
    guards.active(session, store.contract, logged)
    owner = guards.owned(session, logged)
    guards.live(session, owner, capability, logged)
    guards.honest(session, owner, capability, store.contract, logged)
    guards.whole_scope(session, owner, logged)

    ownership = session.ownership
    witness_id = witness.witness_id
    if witness_id in ownership.consumed:
        consumed = WitnessConsumed(witness.session_id, witness_id)
        raise guards.refuse(session, consumed, "witness already consumed", given)
    issued = ownership.issued.get(witness_id)
    if issued is None:
        reason = "witness was never issued"
    elif issued != witness:
        reason = "witness payload mismatch"
    elif _binding(witness) != _binding(capability):
        reason = "live ownership no longer matches witness"
    else:
        del ownership.issued[witness_id]
        ownership.consumed.add(witness_id)
        session.log.append(AuditRecord(given, "Consumed"))
        return
    invalid = InvalidWitness(capability.session_id, witness_id, reason)
    raise guards.refuse(session, invalid, reason, given)


def _binding(value: OwnershipCapability | ReadinessWitness) -> tuple[object, ...]:
    """Return what ties a witness to the capability it was issued under."""
    return value.session_id, value.owner_id, value.generation, value.scope
