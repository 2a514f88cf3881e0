"""The types of contract §20, in its order and its words.

``N`` is an integer, ``T`` a text, ``B`` a truth value; another type stands by its name.
"""

from __future__ import annotations

from typing import Any, Final, Literal, TypeAlias

from telltale_conformance.model.decoding.shapes import (
    REQUIRED,
    EmptyTable,
    Field,
    HashBytes,
    Integer,
    Keyed,
    Listed,
    Named,
    OrNull,
    Places,
    Record,
    SetOf,
    Shape,
    Text,
    Truth,
    Variants,
)

TypeName: TypeAlias = Literal[
    "Edge",
    "Endpoint",
    "Label",
    "TypeEntry",
    "PayloadSort",
    "ValType",
    "Value",
    "LocalType",
    "BufferMode",
    "BackpressurePolicy",
    "BufferConfig",
    "SessionStatus",
    "OwnershipScope",
    "OwnershipCapability",
    "OwnershipReceipt",
    "ReadinessWitness",
    "CancellationWitness",
    "TimeoutWitness",
    "OwnershipTerminalReason",
    "OwnershipError",
    "AuthorityArtifact",
    "AuthorityAuditEvent",
    "AuthorityAuditRecord",
    "SessionHostMutation",
    "ClosedSessionSummary",
    "SessionStoreMemoryUsage",
    "SessionStoreRetainedBytes",
    "BranchDirection",
    "CachedBranch",
    "PendingOwnershipTransfer",
    "SessionOwnershipState",
    "LifecycleState",
    "Hash",
    "Signature",
    "SignedValue",
    "AuthProof",
    "SessionState",
    "SessionStore",
]

N: Final = Integer()
T: Final = Text()
B: Final = Truth()


def _shape(shape: Shape | str) -> Shape:
    return Named(shape) if isinstance(shape, str) else shape


def _or_null(shape: Shape | str) -> OrNull:
    return OrNull(_shape(shape))


def _listed(shape: Shape | str) -> Listed:
    return Listed(_shape(shape))


def _pair(*shapes: Shape | str) -> Places:
    return Places(tuple(map(_shape, shapes)))


class _Default(tuple[Shape, Any]):
    """A shape with the default of its field."""

    __slots__ = ()


def _default(shape: Shape | str, default: Any) -> _Default:
    return _Default((_shape(shape), default))


def _record(**fields: Shape | str | _Default) -> Record:
    return Record(
        tuple(
            Field(name, *given) if isinstance(given, _Default) else Field(name, _shape(given), REQUIRED)
            for name, given in fields.items()
        )
    )


def _variants(*plain: str, added: frozenset[str] = frozenset(), **with_payload: Shape | str) -> Variants:
    return Variants(plain, {name: _shape(shape) for name, shape in with_payload.items()}, added)


_CHOICE: Final = _record(partner=T, branches=_listed(_pair("Label", _or_null("ValType"), "LocalType")))
_OF_SESSION: Final[dict[str, Shape | str]] = {"session_id": N}
_OF_OWNER: Final[dict[str, Shape | str]] = {"session_id": N, "owner_id": T, "generation": N}
_FRESH_OWNERSHIP: Final[dict[str, Any]] = {
    "current": None,
    "pending_transfer": None,
    "terminal_reason": None,
    "next_claim_id": 1,
    "next_witness_id": 1,
    "issued_readiness": {},
    "consumed_witnesses": [],
    "audit_log": [],
}

TYPES: Final[dict[str, Shape]] = {
    "Edge": _record(sid=N, sender=T, receiver=T),
    "Endpoint": _record(sid=N, role=T),
    "Label": _record(name=T, sort=_default("PayloadSort", "Unit")),
    "TypeEntry": _record(current="LocalType", original="LocalType"),
    "PayloadSort": _variants(
        "Unit", "Nat", "Bool", "String", "Real", Vector=N, Prod=_pair("PayloadSort", "PayloadSort")
    ),
    "ValType": _variants(
        "Unit", "Bool", "Nat", "String", Prod=_pair("ValType", "ValType"), Chan=_record(sid=N, role=T)
    ),
    "Value": _variants("Unit", Nat=N, Bool=B, Str=T, Prod=_pair("Value", "Value"), Endpoint="Endpoint"),
    "LocalType": _variants("End", Send=_CHOICE, Recv=_CHOICE, Mu=_record(var=T, body="LocalType"), Var=T),
    "BufferMode": _variants("Fifo", "LatestValue"),
    "BackpressurePolicy": _variants("Block", "Drop", "Error", Resize=_record(max_capacity=N)),
    "BufferConfig": _record(mode="BufferMode", initial_capacity=N, policy="BackpressurePolicy"),
    "SessionStatus": _variants("Active", "Draining", "Closed", "Cancelled", Faulted=_record(reason=T)),
    "OwnershipScope": _variants("Session", Fragments=SetOf(T)),
    "OwnershipCapability": _record(**_OF_OWNER, scope="OwnershipScope"),
    "OwnershipReceipt": _record(
        session_id=N,
        claim_id=N,
        from_owner_id=T,
        from_generation=N,
        to_owner_id=T,
        to_generation=N,
        scope="OwnershipScope",
    ),
    "ReadinessWitness": _record(witness_id=N, **_OF_OWNER, scope="OwnershipScope", predicate_ref=T),
    "CancellationWitness": _record(witness_id=N, **_OF_OWNER, reason="OwnershipTerminalReason"),
    "TimeoutWitness": _record(witness_id=N, site=T, issued_at_tick=N, until_tick=N),
    "OwnershipTerminalReason": _variants(
        OwnerDied=_record(owner_id=T),
        TransferAbandoned=_record(owner_id=T, claim_id=N),
        TransferCommitFailed=_record(owner_id=T, claim_id=N, reason=T),
    ),
    "OwnershipError": _variants(
        SessionNotFound=_record(**_OF_SESSION),
        AlreadyClaimed=_record(**_OF_SESSION, current_owner_id=T),
        Unclaimed=_record(**_OF_SESSION),
        StaleCapability=_record(**_OF_SESSION, owner_id=T, expected_generation=N, actual_generation=N),
        ScopeViolation=_record(**_OF_SESSION, owner_id=T, required="OwnershipScope", actual="OwnershipScope"),
        TransferPending=_record(**_OF_SESSION, claim_id=N),
        TransferNotPending=_record(**_OF_SESSION),
        ReceiptMismatch=_record(**_OF_SESSION, claim_id=N),
        InvalidWitness=_record(**_OF_SESSION, witness_id=N, reason=T),
        WitnessConsumed=_record(**_OF_SESSION, witness_id=N),
        Terminal=_record(**_OF_SESSION, reason="OwnershipTerminalReason"),
        added=frozenset({"CounterExhausted", "SessionClosed", "ForeignEdge"}),
    ),
    "AuthorityArtifact": _variants(
        OwnershipCapability="OwnershipCapability",
        OwnershipReceipt="OwnershipReceipt",
        Readiness="ReadinessWitness",
        Cancellation="CancellationWitness",
        Timeout="TimeoutWitness",
    ),
    "AuthorityAuditEvent": _variants(
        "Issued", "Consumed", "Invalidated", "Committed", "RolledBack", "Rejected", "Expired"
    ),
    "AuthorityAuditRecord": _record(
        tick=_or_null(N), artifact="AuthorityArtifact", event="AuthorityAuditEvent", reason=_or_null(T)
    ),
    "SessionHostMutation": _variants(
        SetDefaultHandler=_record(handler=T),
        UpdateEdgeHandler=_record(edge="Edge", handler=T),
        UpdateTrace=_record(edge="Edge", trace=_listed("ValType")),
    ),
    "ClosedSessionSummary": _record(
        sid=N,
        status="SessionStatus",
        role_count=N,
        local_type_entries=N,
        edge_count=N,
        edge_handler_count=N,
        auth_leaf_count=N,
        auth_tree_count=N,
        auth_root_count=N,
        epoch=N,
    ),
    "SessionStoreMemoryUsage": _record(
        live_sessions=N,
        live_closed_sessions=N,
        archived_closed_sessions=N,
        live_local_type_entries=N,
        live_buffer_count=N,
        live_buffered_messages=N,
        live_edge_handler_count=N,
        live_auth_leaf_count=N,
        live_auth_tree_count=N,
        live_auth_root_count=N,
        retained_bytes="SessionStoreRetainedBytes",
    ),
    "SessionStoreRetainedBytes": _record(
        live_sessions=N, archived_closed=N, local_types=N, buffers=N, traces=N, auth=N, handlers=N, total=N
    ),
    "BranchDirection": _variants("Send", "Recv"),
    "CachedBranch": _record(
        direction="BranchDirection", partner=T, expected_type=_or_null("ValType"), continuation="LocalType"
    ),
    "PendingOwnershipTransfer": _record(receipt="OwnershipReceipt"),
    "SessionOwnershipState": _record(
        current=_or_null("OwnershipCapability"),
        pending_transfer=_or_null("PendingOwnershipTransfer"),
        terminal_reason=_or_null("OwnershipTerminalReason"),
        next_claim_id=N,
        next_witness_id=N,
        issued_readiness=Keyed(Named("ReadinessWitness")),
        consumed_witnesses=SetOf(N),
        audit_log=_listed("AuthorityAuditRecord"),
    ),
    "LifecycleState": _variants("issued", "consumed", "rejected", "invalidated", "committed", "rolled_back", "expired"),
    "Hash": HashBytes(),
    "Signature": _record(signer="Hash", digest="Hash"),
    "SignedValue": _record(payload="Value", signature="Signature", sequence_no=_default(N, 0)),
    "AuthProof": _record(index=N, siblings=_listed("Hash"), sibling_on_left=_listed(B)),
    "SessionState": _record(
        sid=N,
        roles=_listed(T),
        local_types=EmptyTable(),
        buffers=EmptyTable(),
        auth_leaves=EmptyTable(),
        auth_trees=_default(EmptyTable(), {}),
        auth_roots=EmptyTable(),
        edge_handlers=EmptyTable(),
        default_handler=_default(T, "default_handler"),
        edge_traces=EmptyTable(),
        status="SessionStatus",
        epoch=N,
        ownership=_default("SessionOwnershipState", _FRESH_OWNERSHIP),
    ),
    "SessionStore": _record(
        sessions=Keyed(Named("SessionState")),
        archived_closed=_default(_listed("ClosedSessionSummary"), []),
        next_id=N,
    ),
}
"""Every type by name; a record's fields stand in the order in which an array gives them."""
