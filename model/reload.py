"""Reading the whole store back from its serialized form (contract §15)."""

from __future__ import annotations

from typing import Literal

from telltale_conformance.model.limits import count_anew
from telltale_conformance.model.state import Session
from telltale_conformance.model.store import Store
from telltale_conformance.model.values import EDGE_ORDER


def reload(store: Store, form: Literal["binary"]) -> None:
    """Write the store, throw it away and read it back: what is not written is made anew (H17: unseen)."""
    for sid in store.unlike_reloaded:
        session = store.sessions[sid]
        if store.contract.reload_is_seen():
            _rebuild(session)
        count_anew(session)
    store.unlike_reloaded.clear()


def _rebuild(session: Session) -> None:
    """Make the two tables anew that are not written: handlers by role pair, and edges."""
    handlers, roles = session.edge_handlers, session.role_ids
    session.pair_handlers = {
        (edge.sender, edge.receiver): handlers[edge]
        for edge in sorted(handlers, key=EDGE_ORDER)
        if edge.sender in roles and edge.receiver in roles
    }
    if len(session.buffers) < len(session.blueprint):  # every buffer has its entry
        session.blueprint = tuple([entry for entry in session.blueprint if entry[1:] in session.buffers])
