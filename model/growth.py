"""What grows in a store: its counters and collections, and how far each has come.

Every field of the state is here or among ``NOT_GROWING``, so a new one has to be listed too.
"""

from __future__ import annotations

from typing import Final

from telltale_conformance.model.store import Store

_OF_STORE: Final = (
    "Store.next_sid",
    "Timeouts.clock",
    "Timeouts.next_witness_id",
    "Store.sessions",
    "Store.ended",
    "Store.archive",
    "Timeouts.live",
    "Timeouts.log",
)
_OF_SESSION: Final = (
    "Session.epoch",
    "Session.auth_leaves",
    "Ownership.next_generation",
    "Ownership.next_claim_id",
    "Ownership.next_witness_id",
    "Session.edge_handlers",
    "Session.pair_handlers",
    "Session.edge_traces",
    "Session.auth",
    "Session.log",
    "Ownership.issued",
    "Ownership.consumed",
    "Ownership.current",
    "Buffer.messages",
    "Buffer.capacity",
)
GROWING: Final = (*_OF_STORE, *_OF_SESSION)
"""The counters and collections of the store, then those of the session looked at.

Of ``Ownership.current`` the generation counts, of the messages those of all buffers, of the capacities the largest.
"""
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
    timeouts = store.timeouts
    of_store = (
        store.next_sid,
        timeouts.clock,
        timeouts.next_witness_id,
        len(store.sessions),
        len(store.ended),
        len(store.archive),
        len(timeouts.live),
        len(timeouts.log),
    )
    session = store.sessions.get(sid)
    if session is None:
        return of_store
    ownership, messages, capacity = session.ownership, 0, 0
    for buffer in session.buffers.values():  # functions like sum and max take twice the time for the few that there are
        messages += len(buffer.messages)
        capacity = max(capacity, buffer.capacity)
    return (
        *of_store,
        session.epoch,
        session.auth_leaves,
        ownership.next_generation,
        ownership.next_claim_id,
        ownership.next_witness_id,
        len(session.edge_handlers),
        len(session.pair_handlers),
        len(session.edge_traces),
        len(session.auth),
        len(session.log),
        len(ownership.issued),
        len(ownership.consumed),
        0 if ownership.current is None else ownership.current.generation,
        messages,
        capacity,
    )


def grown(store: Store, sid: int) -> dict[str, int]:
    """Return how far everything has come that the store and the live session of that sid hold, by name."""
    return dict(zip(GROWING, counts(store, sid), strict=False))
