"""What the host may change and ask without a capability (contract §16).

A change does nothing where there is no such session. H20 refuses it, with an OwnershipError, where the session is owned
or over.
"""

from __future__ import annotations

from collections.abc import Sequence

from telltale_conformance.model import guards
from telltale_conformance.model.mutations import bind_handler, set_default_handler, store_trace
from telltale_conformance.model.sessions import found
from telltale_conformance.model.state import Session
from telltale_conformance.model.store import Store
from telltale_conformance.model.types.payloads import ValType
from telltale_conformance.model.values import Edge


def update_handler(store: Store, edge: Edge, handler: str) -> None:
    """Bind a handler to an edge of its own session."""
    session = store.sessions.get(edge.sid)
    if session is not None:
        _guarded(store, session)
        bind_handler(store, session, edge, handler)


def set_default_handler_for_session(store: Store, sid: int, handler: str) -> None:
    """Name the handler that a session uses where no edge has its own; the empty text means none."""
    session = store.sessions.get(sid)
    if session is not None:
        _guarded(store, session)
        set_default_handler(store, session, handler)


def update_trace(store: Store, edge: Edge, trace: Sequence[ValType]) -> None:
    """Store the value types seen on an edge of its own session."""
    session = store.sessions.get(edge.sid)
    if session is not None:
        _guarded(store, session)
        store_trace(store, session, edge, trace)


def has_bound_handler(store: Store, sid: int) -> bool:
    """Say whether a session has a default handler or a stored binding, whatever that one is of.

    Raises:
        StringError: there is no such session.
    """
    session = found(store, sid)
    return bool(session.default_handler or session.edge_handlers)


def _guarded(store: Store, session: Session) -> None:
    """Refuse what only the owner may do (H20)."""
    if store.contract.guards_host_calls():
        guards.open(session)
        guards.active(session, store.contract)
        guards.unowned(session)
