"""The store's domain values: what operations take, give and log (contract §1–§5, §9, §11).

Each class prints as the JSON object that its fields name, in ascending key order, so a value's
declaration is also its wire form. A variant that carries data prints as ``{"Variant": {...}}``: its
one field bears the variant's name.
"""

from __future__ import annotations

from operator import attrgetter
from typing import Annotated, Final, Literal, TypeAlias

from msgspec import Meta, Struct
from msgspec.structs import force_setattr

from telltale_conformance.model.types.payloads import ValType

U64_MAX: Final = 2**64 - 1
"""The bound at which every counter of the contract saturates."""

U64: TypeAlias = Annotated[int, Meta(ge=0)]
"""An unsigned 64-bit integer; the wire reader enforces the upper bound."""


def successor(number: int) -> int:
    """Return ``number + 1`` in saturating u64 arithmetic (contract, preamble)."""
    return number + 1 if number < U64_MAX else U64_MAX


class DomainValue(Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """Base of the domain values: immutable, compared by value, fields in wire order."""


class Fragments(DomainValue, frozen=True):
    """The scope of an owner who holds only named fragments of a session.

    A set: given in any order and with repeats, held sorted without (contract §1).
    """

    Fragments: tuple[str, ...]

    def __post_init__(self) -> None:
        distinct = tuple(sorted(set(self.Fragments)))
        if distinct != self.Fragments:
            force_setattr(self, "Fragments", distinct)


SESSION: Final = "Session"
"""The scope that covers the whole session."""

Scope: TypeAlias = Literal["Session"] | Fragments


def within(part: Scope, whole: Scope) -> bool:
    """Say whether ``part`` grants no more than ``whole``: Session holds all (claims K4, K5)."""
    if isinstance(whole, str):
        return True
    return not isinstance(part, str) and set(part.Fragments) <= set(whole.Fragments)


class OwnershipCapability(DomainValue, frozen=True):
    """The proof of being a session's owner, valid while its generation is live."""

    generation: U64
    owner_id: str
    scope: Scope
    session_id: U64


class OwnershipReceipt(DomainValue, frozen=True):
    """A staged ownership transfer: from whom, to whom, with which scope."""

    claim_id: U64
    from_generation: U64
    from_owner_id: str
    scope: Scope
    session_id: U64
    to_generation: U64
    to_owner_id: str


class ReadinessWitness(DomainValue, frozen=True):
    """A single-use proof that a named predicate held under one ownership generation."""

    generation: U64
    owner_id: str
    predicate_ref: str
    scope: Scope
    session_id: U64
    witness_id: U64


class OwnerDiedFields(DomainValue, frozen=True):
    """Who died."""

    owner_id: str


class OwnerDied(DomainValue, frozen=True):
    """The session ended because its owner died."""

    OwnerDied: OwnerDiedFields


class TransferAbandonedFields(DomainValue, frozen=True):
    """Which transfer was abandoned, and by whom it had been begun."""

    claim_id: U64
    owner_id: str


class TransferAbandoned(DomainValue, frozen=True):
    """The session ended because a pending transfer was abandoned."""

    TransferAbandoned: TransferAbandonedFields


class TransferCommitFailedFields(DomainValue, frozen=True):
    """Which transfer failed to commit, and why."""

    claim_id: U64
    owner_id: str
    reason: str


class TransferCommitFailed(DomainValue, frozen=True):
    """The session ended because committing a pending transfer failed."""

    TransferCommitFailed: TransferCommitFailedFields


TerminalReason: TypeAlias = OwnerDied | TransferAbandoned | TransferCommitFailed


class CancellationWitness(DomainValue, frozen=True):
    """The proof that ownership of a session ended for good."""

    generation: U64
    owner_id: str
    reason: TerminalReason
    session_id: U64
    witness_id: U64


class TimeoutWitness(DomainValue, frozen=True):
    """The proof that a site waits until a tick of the runtime's clock (contract §9)."""

    issued_at_tick: U64
    site: str
    until_tick: U64
    witness_id: U64


class FaultedFields(DomainValue, frozen=True):
    """Why a session is faulted."""

    reason: str


class Faulted(DomainValue, frozen=True):
    """The status of a session that ended in a fault."""

    Faulted: FaultedFields


Status: TypeAlias = Literal["Active", "Draining", "Closed", "Cancelled"] | Faulted


class Edge(DomainValue, frozen=True):
    """A directed edge of a session: messages from ``sender`` to ``receiver``."""

    receiver: str
    sender: str
    sid: U64


EDGE_ORDER: Final = attrgetter("sid", "sender", "receiver")
"""The key by which edges are sorted."""


class Endpoint(DomainValue, frozen=True):
    """One role of one session."""

    role: str
    sid: U64


class CapabilityArtifact(DomainValue, frozen=True):
    """A capability, as the audit log holds it."""

    OwnershipCapability: OwnershipCapability


class ReceiptArtifact(DomainValue, frozen=True):
    """A receipt, as the audit log holds it."""

    OwnershipReceipt: OwnershipReceipt


class ReadinessArtifact(DomainValue, frozen=True):
    """A readiness witness, as the audit log holds it."""

    Readiness: ReadinessWitness


class CancellationArtifact(DomainValue, frozen=True):
    """A cancellation witness, as the audit log holds it."""

    Cancellation: CancellationWitness


class TimeoutArtifact(DomainValue, frozen=True):
    """A timeout witness, as the audit log holds it."""

    Timeout: TimeoutWitness


Artifact: TypeAlias = CapabilityArtifact | ReceiptArtifact | ReadinessArtifact | CancellationArtifact | TimeoutArtifact
AuditEvent: TypeAlias = Literal["Issued", "Consumed", "Rejected", "Invalidated", "Committed", "RolledBack", "Expired"]


class AuditRecord(DomainValue, frozen=True):
    """One line of an authority audit log; ``tick`` is there for timeout witnesses only."""

    artifact: Artifact
    event: AuditEvent
    reason: str | None = None
    tick: U64 | None = None


LIFECYCLE_STATES: Final[dict[AuditEvent, str]] = {
    "Issued": "issued",
    "Consumed": "consumed",
    "Rejected": "rejected",
    "Invalidated": "invalidated",
    "Committed": "committed",
    "RolledBack": "rolled_back",
    "Expired": "expired",
}
"""The lifecycle state that each audit event puts its artifact in (contract §11)."""


class SetDefaultHandler(DomainValue, frozen=True):
    """Host mutation: name the handler used where no edge has its own."""

    handler: str


class UpdateEdgeHandler(DomainValue, frozen=True):
    """Host mutation: bind a handler to an edge."""

    edge: Edge
    handler: str


class UpdateTrace(DomainValue, frozen=True):
    """Host mutation: store the value types seen on an edge."""

    edge: Edge
    trace: tuple[ValType, ...]


HostMutation: TypeAlias = SetDefaultHandler | UpdateEdgeHandler | UpdateTrace


class ResizeBounds(DomainValue, frozen=True):
    """How far a full buffer may grow."""

    max_capacity: U64


class Resize(DomainValue, frozen=True):
    """The policy of a buffer that doubles when full."""

    Resize: ResizeBounds


class BufferConfig(DomainValue, frozen=True):
    """How the buffers of a session hold messages (contract §8)."""

    initial_capacity: U64
    mode: Literal["Fifo", "LatestValue"]
    policy: Literal["Block", "Drop", "Error"] | Resize


DEFAULT_BUFFERS: Final = BufferConfig(initial_capacity=64, mode="Fifo", policy="Block")
"""What a session gets that was opened without a buffer configuration (contract §5)."""


class ClosedSessionSummary(DomainValue, frozen=True):
    """What the archive keeps of a reaped session (contract §5)."""

    auth_leaf_count: int
    auth_root_count: int
    auth_tree_count: int
    edge_count: int
    edge_handler_count: int
    epoch: int
    local_type_entries: int
    role_count: int
    sid: int
    status: Status
