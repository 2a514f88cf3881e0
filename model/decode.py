"""Reading a value of a named type from a JSON text, and printing it back (contract §20)."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

from telltale_conformance.model.store import Store

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
    "SessionHostMutation",
    "AuthorityAuditRecord",
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
"""The types that ``decode`` reads."""


def decode(store: Store, type_: TypeName, text: str) -> Any:
    """Read a text as a value of a type; return the value as it is printed."""
    raise NotImplementedError
