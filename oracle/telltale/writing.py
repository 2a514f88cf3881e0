"""Which operation writes a record of an authority audit log, told from its artifact, event and reason alone.

Under both contracts the first record that an operation writes says which operation it was (contract §2, §3, §9; H6,
H9–H11), so a log is taken back to its operations record by record, without a search.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from telltale_conformance.model.state import Ownership, Session
from telltale_conformance.model.store import Store
from telltale_conformance.model.values import (
    SESSION,
    AuditRecord,
    CapabilityArtifact,
    Fragments,
    OwnershipCapability,
    OwnershipReceipt,
    ReadinessArtifact,
    ReadinessWitness,
    ReceiptArtifact,
    Scope,
    TimeoutArtifact,
    TimeoutWitness,
    successor,
)

Call = tuple[str, tuple[Any, ...]]
"""An operation and its arguments."""


class Written(NamedTuple):
    """An operation that begins with a given record."""

    op: str
    arguments: tuple[Any, ...]
    """As far as the first record and the session tell them."""
    last: Callable[[tuple[Any, ...], AuditRecord], tuple[Any, ...]] | None = None
    """Completes the arguments from the operation's last record, where only that one tells them."""
    before: Call | None = None
    """An operation that must have come before and wrote nothing."""


class Context(NamedTuple):
    """Where a log stands: its session in a reference store, after the operations so far."""

    sid: int
    session: Session
    store: Store


def written_by(record: AuditRecord, context: Context) -> Written | None:
    """Return the operation whose first record this one is; None where no operation begins with such a record."""
    rule = _RULES.get((type(record.artifact), record.event))
    return rule(record, context) if rule is not None else None


def _issued_capability(record: AuditRecord, context: Context) -> Written:
    capability = _capability(record)
    return Written("claim_ownership", (context.sid, capability.owner_id, capability.scope))


def _invalidated_capability(record: AuditRecord, context: Context) -> Written | None:
    sid, ownership = context.sid, context.session.ownership
    capability = _capability(record)
    match record.reason:
        case "ownership released":
            return Written("release_ownership", (capability,))
        case "ownership scope attenuated":
            return Written("attenuate_ownership_scope", (capability, capability.scope), _attenuated)
        case "ownership transferred":
            return Written("commit_ownership_transfer", (_pending(sid, ownership),))
        case "owner died":
            return Written("mark_owner_died", (sid, capability.owner_id))
        case "transfer abandoned":
            return Written("cancel_abandoned_transfer", (_pending(sid, ownership),))
        case "transfer commit failed":
            return Written("fault_failed_transfer_commit", (_pending(sid, ownership), ""), _failed)
        case "session closed":
            return Written("close", (sid,))
    return None


def _attenuated(arguments: tuple[Any, ...], last: AuditRecord) -> tuple[Any, ...]:
    if isinstance(last.artifact, CapabilityArtifact):
        return (arguments[0], last.artifact.OwnershipCapability.scope)
    return arguments


def _failed(arguments: tuple[Any, ...], last: AuditRecord) -> tuple[Any, ...]:
    return (arguments[0], arguments[1] if last.reason is None else last.reason)


def _issued_receipt(record: AuditRecord, context: Context) -> Written:
    sid, live = context.sid, context.session.ownership.current
    receipt = _receipt(record)
    scope = SESSION if live is None else live.scope
    giver = _capability_of(sid, receipt.from_owner_id, receipt.from_generation, scope)
    return Written("begin_ownership_transfer", (giver, receipt.to_owner_id, receipt.scope))


def _rolled_back_receipt(record: AuditRecord, context: Context) -> Written | None:
    return Written("rollback_ownership_transfer", (_receipt(record),)) if record.reason is None else None


def _rejected_receipt(record: AuditRecord, context: Context) -> Written:
    unclaimed = record.reason == "session unclaimed"  # only commit asks for an owner
    op = "commit_ownership_transfer" if unclaimed else "rollback_ownership_transfer"
    return Written(op, (_receipt(record),), before=_closing(record, context))


def _issued_witness(record: AuditRecord, context: Context) -> Written:
    witness = _witness(record)
    return Written("issue_readiness_witness", (_holder(witness, context.sid), witness.predicate_ref))


def _consumed_witness(record: AuditRecord, context: Context) -> Written:
    witness = _witness(record)
    return Written("consume_readiness_witness", (_holder(witness, context.sid), witness))


def _rejected_witness(record: AuditRecord, context: Context) -> Written:
    """Choose a capability with which a consume is refused for the reason given, if there is one."""
    sid, live = context.sid, context.session.ownership.current
    witness = _witness(record)
    if live is None:
        given = _holder(witness, sid)
        return Written("consume_readiness_witness", (given, witness), before=_closing(record, context))
    given, of_another_scope = live, _capability_of(sid, live.owner_id, live.generation, _other(live.scope))
    match record.reason:
        case "stale capability":
            given = _capability_of(sid, live.owner_id, successor(live.generation), live.scope)
        case "scope mismatch":
            given = of_another_scope
        case "live ownership no longer matches witness" if live.scope == witness.scope:
            given = of_another_scope
    return Written("consume_readiness_witness", (given, witness))


def _closing(record: AuditRecord, context: Context) -> Call | None:
    """Return the close that a refusal speaks of, where no record told it (H6 without an owner, H11)."""
    session = context.session
    if record.reason == "session closed" and session.ownership.current is None and session.status != "Closed":
        return "close", (context.sid,)
    return None


def _issued_timeout(record: AuditRecord, context: Context) -> Written:
    witness = _timeout(record)
    return Written("issue_timeout_witness", (witness.site, witness.until_tick), before=_ticking(record, context))


def _replaced_timeout(record: AuditRecord, context: Context) -> Written:
    witness = _timeout(record)
    before = _ticking(record, context)
    return Written("issue_timeout_witness", (witness.site, witness.until_tick), _replacing, before)


def _replacing(arguments: tuple[Any, ...], last: AuditRecord) -> tuple[Any, ...]:
    if isinstance(last.artifact, TimeoutArtifact):
        return (arguments[0], last.artifact.Timeout.until_tick)
    return arguments


def _ticking(record: AuditRecord, context: Context) -> Call | None:
    """Return the step of the clock that came before a record without one of its own."""
    tick = record.tick
    return None if tick is None or tick == context.store.timeouts.clock else ("advance_clock", (tick,))


def _expired_timeout(record: AuditRecord, context: Context) -> Written:
    return Written("advance_clock", (record.tick or 0,))


def _timeout(record: AuditRecord) -> TimeoutWitness:
    return record.artifact.Timeout  # type: ignore[union-attr] # the table says so


def _capability(record: AuditRecord) -> OwnershipCapability:
    return record.artifact.OwnershipCapability  # type: ignore[union-attr] # the table says so


def _receipt(record: AuditRecord) -> OwnershipReceipt:
    return record.artifact.OwnershipReceipt  # type: ignore[union-attr] # the table says so


def _witness(record: AuditRecord) -> ReadinessWitness:
    return record.artifact.Readiness  # type: ignore[union-attr] # the table says so


def _capability_of(sid: int, owner_id: str, generation: int, scope: Scope) -> OwnershipCapability:
    return OwnershipCapability(generation=generation, owner_id=owner_id, scope=scope, session_id=sid)


def _holder(witness: ReadinessWitness, sid: int) -> OwnershipCapability:
    """Return the capability under which a witness is issued or consumed."""
    return _capability_of(sid, witness.owner_id, witness.generation, witness.scope)


def _other(scope: Scope) -> Scope:
    return Fragments(()) if scope == SESSION else SESSION


def _pending(sid: int, ownership: Ownership) -> OwnershipReceipt:
    """Return the pending receipt; without one, any, so that the contract says that none is pending."""
    if ownership.pending is not None:
        return ownership.pending
    return OwnershipReceipt(
        claim_id=ownership.next_claim_id,
        from_generation=0,
        from_owner_id="",
        scope=SESSION,
        session_id=sid,
        to_generation=1,
        to_owner_id="",
    )


_RULES: Final[dict[tuple[type, str], Callable[[AuditRecord, Context], Written | None]]] = {
    (CapabilityArtifact, "Issued"): _issued_capability,
    (CapabilityArtifact, "Invalidated"): _invalidated_capability,
    (ReceiptArtifact, "Issued"): _issued_receipt,
    (ReceiptArtifact, "RolledBack"): _rolled_back_receipt,
    (ReceiptArtifact, "Rejected"): _rejected_receipt,
    (ReadinessArtifact, "Issued"): _issued_witness,
    (ReadinessArtifact, "Consumed"): _consumed_witness,
    (ReadinessArtifact, "Rejected"): _rejected_witness,
    (TimeoutArtifact, "Issued"): _issued_timeout,
    (TimeoutArtifact, "Invalidated"): _replaced_timeout,
    (TimeoutArtifact, "Expired"): _expired_timeout,
}
