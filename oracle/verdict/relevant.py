"""Which part of a store an operation is about: what a reader of a divergence needs to see."""

from __future__ import annotations

from typing import Any

from telltale_conformance.model.observe import observe
from telltale_conformance.model.operations import Operation
from telltale_conformance.model.store import Store

_OWNERSHIP = {
    "claim_ownership",
    "release_ownership",
    "validate_ownership_capability",
    "begin_ownership_transfer",
    "commit_ownership_transfer",
    "rollback_ownership_transfer",
    "cancel_abandoned_transfer",
    "fault_failed_transfer_commit",
    "attenuate_ownership_scope",
    "apply_owned_session_mutation",
    "issue_readiness_witness",
    "consume_readiness_witness",
    "mark_owner_died",
    "current_ownership",
}
_MESSAGES = {"send", "recv", "has_message"}


def relevant_state(store: Store, operation: Operation, arguments: tuple[Any, ...]) -> dict[str, Any]:
    """Return the named session's state as far as the operation looks at it, as printable values."""
    if not arguments:
        return {"live_sessions": len(store.sessions), "archived": len(store.archive)}
    first = arguments[0]
    named = operation.parameters[0] == "sid"
    sid = first if named else getattr(first, "session_id", getattr(first, "sid", None))
    if sid is None or sid not in store.sessions:
        return {"session": None if sid is None else f"session {sid} is not live"}
    session = observe(store, sid)
    state: dict[str, Any] = {"sid": sid, "status": session.status}
    if operation.name in _OWNERSHIP:
        state["ownership"] = session.ownership
    elif operation.name in _MESSAGES:
        sender, receiver = arguments[1], arguments[2]
        state["buffers"] = [
            buffer for buffer in session.buffers if (buffer.edge.sender, buffer.edge.receiver) == (sender, receiver)
        ]
    elif hasattr(first, "role"):
        state["local_types"] = [entry for entry in session.local_types if entry.role == first.role]
    else:
        state["audit_len"] = session.audit_len
        state["epoch"] = session.epoch
    return state
