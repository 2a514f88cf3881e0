"""Host mutations and the look-ups that read them (contract §4)."""

from __future__ import annotations

from collections.abc import Sequence

from telltale_conformance.model import guards, limits
from telltale_conformance.model.state import Session
from telltale_conformance.model.store import Store
from telltale_conformance.model.types.payloads import ValType
from telltale_conformance.model.values import (
    Edge,
    HostMutation,
    OwnershipCapability,
    SetDefaultHandler,
    UpdateEdgeHandler,
)


def apply_owned_session_mutation(store: Store, capability: OwnershipCapability, mutation: HostMutation) -> None:
    """Change a session's handlers or traces on behalf of its owner."""
    session = guards.found(store, capability.session_id)
    guards.open(session)
    guards.active(session, store.contract)
    owner = guards.owned(session)
    guards.live(session, owner, capability)
    guards.honest(session, owner, capability, store.contract)
    guards.scope(session, owner)
    guards.own_edge(session, mutation, store.contract)

    if isinstance(mutation, SetDefaultHandler):
        set_default_handler(store, session, mutation.handler)
        return
    if isinstance(mutation, UpdateEdgeHandler):
        bind_handler(store, session, mutation.edge, mutation.handler)
    else:
        store_trace(store, session, mutation.edge, mutation.trace)


def set_default_handler(store: Store, session: Session, handler: str) -> None:
    """Name the handler that is used where no edge has its own; the empty text means none."""
    if handler:
        limits.count_handler(session, handler)
    session.default_handler = handler
    store.unlike_reloaded.add(session.sid)


def bind_handler(store: Store, session: Session, edge: Edge, handler: str) -> None:
    """Store a binding under its edge, and bind the handler for the role pair when the session lists both roles."""
    if edge.sender in session.role_ids and edge.receiver in session.role_ids:
        limits.count_handler(session, handler)
        session.pair_handlers[edge.sender, edge.receiver] = handler
    before = len(session.edge_handlers)
    session.edge_handlers[edge] = handler
    store.unlike_reloaded.add(session.sid)
    store.totals.handlers += len(session.edge_handlers) - before


def store_trace(store: Store, session: Session, edge: Edge, trace: Sequence[ValType]) -> None:
    """Store the value types seen on an edge under it."""
    before = len(session.edge_traces)
    session.edge_traces[edge] = tuple(trace)
    store.totals.traces += len(session.edge_traces) - before


def lookup_handler(store: Store, edge: Edge) -> str | None:
    """Return the handler bound for the edge's role pair in its session; never the default one."""
    session = store.sessions.get(edge.sid)
    return None if session is None else session.pair_handlers.get((edge.sender, edge.receiver))


def default_handler_for_session(store: Store, sid: int) -> str | None:
    """Return a session's default handler, or None when it is empty or the session unknown."""
    session = store.sessions.get(sid)
    return (session.default_handler or None) if session is not None else None


def lookup_trace(store: Store, edge: Edge) -> tuple[ValType, ...] | None:
    """Return what its own session stored under exactly this edge."""
    session = store.sessions.get(edge.sid)
    return None if session is None else session.edge_traces.get(edge)
