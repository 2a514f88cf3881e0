"""What grows in a store: its counters and collections, and how far each has come.

Every field of the state is here or among ``NOT_GROWING``, so a new one has to be listed too.
"""

from __future__ import annotations

from operator import attrgetter
from typing import Final

from telltale_conformance.model.state import Session
from telltale_conformance.model.store import Store

_NUMBERS_OF_STORE: Final = {
    "Store.next_sid": "next_sid",
    "Timeouts.clock": "timeouts.clock",
    "Timeouts.next_witness_id": "timeouts.next_witness_id",
}
_SIZES_OF_STORE: Final = {
    "Store.sessions": "sessions",
    "Store.ended": "ended",
    "Store.archive": "archive",
    "Timeouts.live": "timeouts.live",
    "Timeouts.log": "timeouts.log",
}
_NUMBERS: Final = {
    "Session.epoch": "epoch",
    "Session.auth_leaves": "auth_leaves",
    "Ownership.next_generation": "ownership.next_generation",
    "Ownership.next_claim_id": "ownership.next_claim_id",
    "Ownership.next_witness_id": "ownership.next_witness_id",
}
_SIZES: Final = {
    "Session.edge_handlers": "edge_handlers",
    "Session.pair_handlers": "pair_handlers",
    "Session.edge_traces": "edge_traces",
    "Session.auth": "auth",
    "Session.log": "log",
    "Ownership.issued": "ownership.issued",
    "Ownership.consumed": "ownership.consumed",
}
_COMPUTED: Final = {
    "Ownership.current": "the generation of the live owner",
    "Buffer.messages": "of all buffers",
    "Buffer.capacity": "of the largest buffer",
}
GROWING: Final[dict[str, str]] = {**_NUMBERS_OF_STORE, **_SIZES_OF_STORE, **_NUMBERS, **_SIZES, **_COMPUTED}
"""The counters and collections of the store, then those of the session looked at, each with where it is."""
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


def counts(store: Store, sid: int) -> tuple[int, ...]:
    """Return how far everything has come, in the order of ``GROWING``; of the store alone where no session is live."""
    of_store = (*_numbers_of_store(store), *map(len, _sizes_of_store(store)))
    session = store.sessions.get(sid)
    if session is None:
        return of_store
    return (*of_store, *_numbers(session), *map(len, _sizes(session)), *_computed(session))


def grown(store: Store, sid: int) -> dict[str, int]:
    """Return how far everything has come that the store and the live session of that sid hold, by name."""
    return dict(zip(GROWING, counts(store, sid), strict=False))


def _computed(session: Session) -> tuple[int, int, int]:
    live, buffers = session.ownership.current, session.buffers.values()
    messages = sum(map(len, map(_messages, buffers)))
    return 0 if live is None else live.generation, messages, max(map(_capacity, buffers), default=0)


_numbers_of_store: Final = attrgetter(*_NUMBERS_OF_STORE.values())
_sizes_of_store: Final = attrgetter(*_SIZES_OF_STORE.values())
_numbers: Final = attrgetter(*_NUMBERS.values())
_sizes: Final = attrgetter(*_SIZES.values())
_messages: Final = attrgetter("messages")
_capacity: Final = attrgetter("capacity")
