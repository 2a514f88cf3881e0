"""The records of an authority audit log, in the three forms in which telltale's machine prints them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Literal, TypeAlias

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from telltale_conformance.lean_traces.telltale.json_stream import Elements
from telltale_conformance.model import values
from telltale_conformance.model.values import (
    LIFECYCLE_STATES,
    U64,
    AuditEvent,
    AuditRecord,
    CancellationArtifact,
    CancellationWitness,
    CapabilityArtifact,
    OwnerDied,
    OwnerDiedFields,
    OwnershipCapability,
    OwnershipReceipt,
    ReadinessArtifact,
    ReadinessWitness,
    ReceiptArtifact,
    TerminalReason,
    TimeoutArtifact,
    TimeoutWitness,
    TransferAbandoned,
    TransferAbandonedFields,
    TransferCommitFailed,
    TransferCommitFailedFields,
)

Dialect = Literal["authority_audit_log", "semantic_audit_log", "capability_lifecycle"]
SORTED: Final[Dialect] = "semantic_audit_log"
"""The dialect whose records are sorted by what they say."""


class _Reason(Struct, forbid_unknown_fields=True):
    """The three reasons; exactly one is there."""

    OwnerDied: OwnerDiedFields | UnsetType = UNSET
    TransferAbandoned: TransferAbandonedFields | UnsetType = UNSET
    TransferCommitFailed: TransferCommitFailedFields | UnsetType = UNSET


class _Cancellation(Struct, forbid_unknown_fields=True):
    """The proof that ownership of a session ended for good."""

    generation: U64
    owner_id: str
    reason: _Reason
    session_id: U64
    witness_id: U64


class AnyArtifact(Struct, forbid_unknown_fields=True):
    """The five kinds; exactly one is there."""

    OwnershipCapability: OwnershipCapability | UnsetType = UNSET
    OwnershipReceipt: OwnershipReceipt | UnsetType = UNSET
    Readiness: ReadinessWitness | UnsetType = UNSET
    Cancellation: _Cancellation | UnsetType = UNSET
    Timeout: TimeoutWitness | UnsetType = UNSET


class RenamedArtifact(Struct, forbid_unknown_fields=True):
    """The same under the names of ``capability_lifecycle``."""

    OwnershipCapability: OwnershipCapability | UnsetType = UNSET
    OwnershipReceipt: OwnershipReceipt | UnsetType = UNSET
    Readiness: ReadinessWitness | UnsetType = msgspec.field(default=UNSET, name="ReadinessWitness")
    Cancellation: _Cancellation | UnsetType = msgspec.field(default=UNSET, name="CancellationWitness")
    Timeout: TimeoutWitness | UnsetType = msgspec.field(default=UNSET, name="TimeoutWitness")


class Record(Struct, forbid_unknown_fields=True):
    """A record as ``authority_audit_log`` gives it."""

    artifact: AnyArtifact
    event: AuditEvent
    reason: str | None = None
    tick: U64 | None = None


_State = Literal["issued", "consumed", "rejected", "invalidated", "committed", "rolled_back", "expired"]
_EVENT_OF: Final = {state: event for event, state in LIFECYCLE_STATES.items()}


class LifecycleRecord(Struct, forbid_unknown_fields=True):
    """A record as ``capability_lifecycle`` gives it."""

    artifact: RenamedArtifact
    lifecycle: _State
    reason: str | None = None
    tick: U64 | None = None


class SemanticRecord(Struct, forbid_unknown_fields=True):
    """What ``semantic_audit_log`` gives under ``Authority``."""

    artifact: AnyArtifact
    event: AuditEvent
    session: U64 | None = None
    reason: str | None = None
    tick: U64 | None = None


def _artifact(given: AnyArtifact | RenamedArtifact) -> values.Artifact | None:
    """Return the model's artifact; None where not exactly one is there."""
    found: list[values.Artifact | None] = []
    if given.OwnershipCapability is not UNSET:
        found.append(CapabilityArtifact(given.OwnershipCapability))
    if given.Readiness is not UNSET:
        found.append(ReadinessArtifact(given.Readiness))
    if given.OwnershipReceipt is not UNSET:
        found.append(ReceiptArtifact(given.OwnershipReceipt))
    if given.Cancellation is not UNSET:
        found.append(_cancellation(given.Cancellation))
    if given.Timeout is not UNSET:
        found.append(TimeoutArtifact(given.Timeout))
    return found[0] if len(found) == 1 else None


def _cancellation(given: _Cancellation) -> CancellationArtifact | None:
    reason = _terminal_reason(given.reason)
    if reason is None:
        return None
    return CancellationArtifact(
        CancellationWitness(
            generation=given.generation,
            owner_id=given.owner_id,
            reason=reason,
            session_id=given.session_id,
            witness_id=given.witness_id,
        )
    )


def _terminal_reason(given: _Reason) -> TerminalReason | None:
    match (given.OwnerDied, given.TransferAbandoned, given.TransferCommitFailed):
        case (OwnerDiedFields() as fields, UnsetType(), UnsetType()):
            return OwnerDied(fields)
        case (UnsetType(), TransferAbandonedFields() as fields, UnsetType()):
            return TransferAbandoned(fields)
        case (UnsetType(), UnsetType(), TransferCommitFailedFields() as fields):
            return TransferCommitFailed(fields)
    return None


Read: TypeAlias = tuple[int | None, AuditRecord] | str | None
"""A record with the session that it names; the kind of an entry that is not judged; None for what is none."""


def _authority(entry: Record) -> Read:
    artifact = _artifact(entry.artifact)
    return None if artifact is None else (None, AuditRecord(artifact, entry.event, entry.reason, entry.tick))


def _lifecycle(entry: LifecycleRecord) -> Read:
    artifact = _artifact(entry.artifact)
    if artifact is None:
        return None
    return None, AuditRecord(artifact, _EVENT_OF[entry.lifecycle], entry.reason, entry.tick)


def _semantic(entry: dict[str, Raw]) -> Read:
    if len(entry) != 1:
        return None
    ((kind, content),) = entry.items()
    if kind != "Authority":
        return kind
    given = _authority_decoder.decode(content)
    artifact = _artifact(given.artifact)
    return None if artifact is None else (given.session, AuditRecord(artifact, given.event, given.reason, given.tick))


_authority_decoder: Final = msgspec.json.Decoder(SemanticRecord)


ELEMENTS: Final[dict[str, tuple[Elements[Any], Callable[[Any], Read]]]] = {
    "authority_audit_log": (Elements(Record), _authority),
    "semantic_audit_log": (Elements(dict[str, Raw]), _semantic),
    "capability_lifecycle": (Elements(LifecycleRecord), _lifecycle),
}
"""By dialect: how an array is decoded, and what one element of it says."""
