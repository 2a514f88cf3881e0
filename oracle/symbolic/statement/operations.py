"""The operations by wire name: those of contract §2 and §3, and what else changes a session's ownership state.

The names are written here once more, on purpose: this statement takes nothing from the reference.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from telltale_conformance.oracle.symbolic.statement import host_calls, mutations, ownership, sessions, witnesses
from telltale_conformance.oracle.symbolic.statement.state import Args, Contract, Session
from telltale_conformance.oracle.symbolic.statement.step import Step

Transition = Callable[[Contract, Session, Args], Step]


class Operation(NamedTuple):
    """An operation of the statement."""

    step: Transition
    reads: tuple[str, ...]
    """The arguments that it looks at, as fields of ``Args``."""
    plain: int
    """Its rank among operations where several would do; the plainest is 0."""
    ends_tenure: bool = False
    """The capability that was live is no longer so after it succeeded."""


OPERATIONS: Final[dict[str, Operation]] = {
    "claim_ownership": Operation(ownership.claim, ("sid", "owner", "scope"), 1),
    "release_ownership": Operation(ownership.release, ("cap",), 2, ends_tenure=True),
    "begin_ownership_transfer": Operation(ownership.begin, ("cap", "owner", "scope"), 3),
    "commit_ownership_transfer": Operation(ownership.commit, ("receipt",), 4, ends_tenure=True),
    "rollback_ownership_transfer": Operation(ownership.rollback, ("receipt",), 10),
    "attenuate_ownership_scope": Operation(ownership.attenuate, ("cap", "scope"), 5, ends_tenure=True),
    "validate_ownership_capability": Operation(ownership.validate, ("cap",), 0),
    "apply_owned_session_mutation": Operation(
        mutations.mutate, ("cap", "mutation", "edge_sid", "sender", "receiver", "text"), 8
    ),
    "issue_readiness_witness": Operation(witnesses.issue, ("cap", "text"), 6),
    "consume_readiness_witness": Operation(witnesses.consume, ("cap", "witness"), 7),
    "mark_owner_died": Operation(ownership.died, ("sid", "owner"), 9, ends_tenure=True),
    "cancel_abandoned_transfer": Operation(ownership.cancel, ("receipt",), 11, ends_tenure=True),
    "fault_failed_transfer_commit": Operation(ownership.fault, ("receipt", "text"), 12, ends_tenure=True),
    "close": Operation(sessions.close, ("sid",), 13),
    "reap_sessions": Operation(sessions.reap, ("sid",), 14),
}
"""The operations by wire name; the first thirteen are those of contract §2 and §3."""

HOST_CALLS: Final[dict[str, Operation]] = {
    "set_default_handler_for_session": Operation(host_calls.set_default_handler, ("sid", "text"), 15),
    "update_handler": Operation(host_calls.update_handler, ("edge_sid", "sender", "receiver", "text"), 16),
    "update_trace": Operation(host_calls.update_trace, ("edge_sid", "sender", "receiver", "text"), 17),
}
"""The host calls of contract §16 by wire name: they change no ownership, which ``claims.frame`` shows."""

LIFECYCLE: Final = frozenset({"close", "reap_sessions"})
"""What changes a session's ownership state during its life without being an ownership operation."""
OWNERSHIP: Final = tuple(op for op in OPERATIONS if op not in LIFECYCLE)
USES_CAPABILITY: Final = frozenset(op for op, stated in OPERATIONS.items() if "cap" in stated.reads)
"""Operations that are given a capability: succeeding means that they accepted it."""
USES_RECEIPT: Final = frozenset(op for op, stated in OPERATIONS.items() if "receipt" in stated.reads)
ENDS_TENURE: Final = frozenset(op for op, stated in OPERATIONS.items() if stated.ends_tenure)
