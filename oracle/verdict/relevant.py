"""Which part of a store an operation is about: what a reader of a divergence needs to see."""

from __future__ import annotations

from typing import Any, Final

from telltale_conformance.model.observe import observe
from telltale_conformance.model.operations import Operation
from telltale_conformance.model.store import Store

_OF_HANDLERS: Final = ("§4", "§16")
"""The sections of the contract about handlers and traces."""


def relevant_state(store: Store, operation: Operation, arguments: tuple[Any, ...]) -> dict[str, Any]:
    """Return the named session's state as far as the operation looks at it, as printable values."""
    if not arguments:
        return {"live_sessions": len(store.sessions), "archived": len(store.archive)}
    sid = operation.sid_of(arguments) if operation.sid_of else None
    if sid is None or sid not in store.sessions:
        return {"session": None if sid is None else f"session {sid} is not live"}
    session = observe(store, sid)
    state: dict[str, Any] = {"sid": sid, "status": session.status}
    if operation.section in _OF_HANDLERS:
        state["default_handler"] = session.default_handler
        state["edge_handlers"] = session.edge_handlers
        state["edge_traces"] = session.edge_traces
    if operation.errors == "ownership" or operation.result == "capability":
        state["ownership"] = session.ownership
    elif "to" in operation.parameters:
        sender, receiver = arguments[1], arguments[2]
        state["buffers"] = [
            buffer for buffer in session.buffers if (buffer.edge.sender, buffer.edge.receiver) == (sender, receiver)
        ]
    elif operation.parameters[0] == "ep":
        state["local_types"] = [entry for entry in session.local_types if entry.role == arguments[0].role]
    else:
        state["audit_len"] = session.audit_len
        state["epoch"] = session.epoch
    return state
