"""What grows in a store: its counters and collections, and how far each has come.

Every field of the state is here or among ``NOT_GROWING``, so a new one has to be listed too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

from telltale_conformance.model.state import Session
from telltale_conformance.model.store import Store

Reader: TypeAlias = Callable[[Store, Session], int]


def _generation(store: Store, session: Session) -> int:
    live = session.ownership.current
    return 0 if live is None else live.generation


GROWING: Final[dict[str, Reader]] = {
    "Store.sessions": lambda store, session: len(store.sessions),
    "Store.ended": lambda store, session: len(store.ended),
    "Store.next_sid": lambda store, session: store.next_sid,
    "Store.archive": lambda store, session: len(store.archive),
    "Timeouts.clock": lambda store, session: store.timeouts.clock,
    "Timeouts.next_witness_id": lambda store, session: store.timeouts.next_witness_id,
    "Timeouts.live": lambda store, session: len(store.timeouts.live),
    "Timeouts.log": lambda store, session: len(store.timeouts.log),
    "Session.epoch": lambda store, session: session.epoch,
    "Session.edge_handlers": lambda store, session: len(session.edge_handlers),
    "Session.pair_handlers": lambda store, session: len(session.pair_handlers),
    "Session.edge_traces": lambda store, session: len(session.edge_traces),
    "Session.auth": lambda store, session: len(session.auth),
    "Session.auth_leaves": lambda store, session: session.auth_leaves,
    "Session.log": lambda store, session: len(session.log),
    "Buffer.messages": lambda store, session: session.buffered_messages(),
    "Buffer.capacity": lambda store, session: max((one.capacity for one in session.buffers.values()), default=0),
    "Ownership.current": _generation,
    "Ownership.next_generation": lambda store, session: session.ownership.next_generation,
    "Ownership.next_claim_id": lambda store, session: session.ownership.next_claim_id,
    "Ownership.next_witness_id": lambda store, session: session.ownership.next_witness_id,
    "Ownership.issued": lambda store, session: len(session.ownership.issued),
    "Ownership.consumed": lambda store, session: len(session.ownership.consumed),
}
"""How far each counter and collection has come, in the store or in the session looked at. Of the live owner
(``Ownership.current``) it is the generation that counts."""
NOT_GROWING: Final[dict[str, str]] = {
    "Store.contract": "what the store follows",
    "Store.sids_exhausted": "a flag",
    "Store.timeouts": "its own fields are looked at",
    "Store.totals": "sums of what the sessions hold",
    "Store.unlike_reloaded": "some of the live sids, until a reload",
    "Timeouts.horizon": "the live timeout witnesses by tick, and what they replaced",
    "Session.sid": "a name",
    "Session.roles": "fixed when it is opened",
    "Session.role_ids": "fixed when it is opened",
    "Session.blueprint": "fixed when it is opened",
    "Session.types": "has the roles that it was opened with, at most",
    "Session.buffers": "has the edges of the blueprint; their own fields are looked at",
    "Session.status": "a value",
    "Session.handler_names": "at most as many as the limit says",
    "Session.labels": "at most as many as the limit says",
    "Session.default_handler": "a value",
    "Session.auth_trees": "what was computed of the messages in Session.auth",
    "Session.ownership": "its own fields are looked at",
    "Buffer.config": "fixed when the session is opened",
    "Ownership.pending": "one receipt, or none",
    "Ownership.terminal": "one reason, or none",
}
"""The fields that neither count nor collect without end, and why."""


def grown(store: Store, sid: int) -> dict[str, int]:
    """Return how far everything has come that the store and the live session of that sid hold."""
    session = store.sessions.get(sid)
    if session is None:
        return {name: read(store, _NO_SESSION) for name, read in GROWING.items() if name.split(".")[0] in _STORE}
    return {name: read(store, session) for name, read in GROWING.items()}


_STORE: Final = ("Store", "Timeouts")
"""The classes of the state that are there without a session."""
_NO_SESSION: Final = Session(-1, (), {}, (), {}, {})
