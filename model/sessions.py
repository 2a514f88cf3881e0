"""Opening, closing and reaping sessions, and what is counted over them (contract §5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from telltale_conformance.model import guard_table as table
from telltale_conformance.model import limits
from telltale_conformance.model.buffers import Buffer
from telltale_conformance.model.errors import StringError
from telltale_conformance.model.ownership import invalidate
from telltale_conformance.model.plan import OpenPlan, PlanInput, open_plan
from telltale_conformance.model.state import Session, TypeEntry
from telltale_conformance.model.store import Store
from telltale_conformance.model.types.local_types import LocalType
from telltale_conformance.model.values import (
    DEFAULT_BUFFERS,
    U64_MAX,
    AuditRecord,
    BufferConfig,
    ClosedSessionSummary,
    DomainValue,
    ReceiptArtifact,
    successor,
)


def open(
    store: Store,
    roles: Sequence[str],
    initial_types: Mapping[str, LocalType],
    buffer_config: BufferConfig | None = None,
) -> int:
    """Open a session under the next session id; return that id.

    Raises:
        StringError: the plan is refused (``open_plan``), the buffers are larger than §18 allows, or (H7) no id is left.
    """
    sid = store.next_sid
    if not store.contract.may_open(exhausted=store.sids_exhausted):
        raise StringError(table.SID_LEFT)
    return _open(store, sid, roles, initial_types, buffer_config)


def open_with_sid(
    store: Store,
    sid: int,
    roles: Sequence[str],
    initial_types: Mapping[str, LocalType],
    buffer_config: BufferConfig | None = None,
) -> int:
    """Open a session under the given id, replacing a live session of that id (H7: refused).

    Raises:
        StringError: as of ``open``; or (H7) the id is below the next one.
    """
    if not store.contract.may_open_with(sid, store.next_sid):
        raise StringError(table.SID_AHEAD, sid)
    if not store.contract.may_open(exhausted=store.sids_exhausted):
        raise StringError(table.SID_UNUSED, sid)
    return _open(store, sid, roles, initial_types, buffer_config)


def open_with_sid_from_plan(store: Store, sid: int, plan: PlanInput, buffer_config: BufferConfig | None = None) -> int:
    """Open a session from a plan (contract §13); whether the plan is kept and used again cannot be seen."""
    return open_with_sid(store, sid, plan.roles, plan.initial_types, buffer_config)


def plan(store: Store, roles: Sequence[str], initial_types: Mapping[str, LocalType]) -> OpenPlan:
    """Return the open plan that opening would follow, opening nothing."""
    return open_plan(roles, initial_types, store.contract)


def close(store: Store, sid: int) -> None:
    """Close a session: its messages and edge traces are gone, everything else stays (H6: not ownership).

    Raises:
        StringError: there is no such session.
    """
    session = found(store, sid)
    store.set_status(session, store.contract.closed_status(session.status))
    store.totals.messages -= session.buffered_messages()
    store.totals.buffers -= len(session.buffers)
    store.totals.traces -= len(session.edge_traces)
    session.buffers.clear()
    store.unlike_reloaded.add(sid)
    session.edge_traces.clear()
    session.epoch = successor(session.epoch)
    if store.contract.closing_ends_ownership():
        _end_ownership(store, session)


def closed_session_ids(store: Store) -> list[int]:
    """Return the live sids whose status is Closed, Cancelled or Faulted, ascending."""
    return sorted(store.ended)


def reap_closed(store: Store) -> list[ClosedSessionSummary]:
    """Reap all ended sessions in ascending order; return their summaries."""
    return reap_sessions(store, closed_session_ids(store))


def reap_sessions(store: Store, session_ids: Sequence[int]) -> list[ClosedSessionSummary]:
    """Reap those of the listed sessions that ended, in the list's order; return their summaries."""
    reaped = []
    for sid in session_ids:
        if sid in store.ended:
            reaped.append(_summary(store.sessions[sid]))
            store.remove(sid)
    store.archive.extend(reaped)
    return reaped


def archived_closed(store: Store) -> list[ClosedSessionSummary]:
    """Return the summaries of all sessions reaped so far, in order of reaping."""
    return list(store.archive)


def active_count(store: Store) -> int:
    """Return how many live sessions are Active."""
    return len(store.sessions) - len(store.ended)


def live_count(store: Store) -> int:
    """Return how many sessions are live."""
    return len(store.sessions)


def session_ids(store: Store) -> list[int]:
    """Return the live sids, ascending."""
    return sorted(store.sessions)


def next_session_id(store: Store) -> int:
    """Return the id that the next ``open`` takes."""
    return store.next_sid


class RetainedBytes(DomainValue, frozen=True):
    """An estimate of the bytes held, by part; ``total`` is the saturating sum of the others."""

    archived_closed: int
    auth: int
    buffers: int
    handlers: int
    live_sessions: int
    local_types: int
    total: int
    traces: int


class MemoryUsage(DomainValue, frozen=True):
    """What the store holds: exact counts, and an estimate of bytes."""

    archived_closed_sessions: int
    live_auth_leaf_count: int
    live_auth_root_count: int
    live_auth_tree_count: int
    live_buffer_count: int
    live_buffered_messages: int
    live_closed_sessions: int
    live_edge_handler_count: int
    live_local_type_entries: int
    live_sessions: int
    retained_bytes: RetainedBytes


_BYTES: Final = {
    "live_sessions": 1024,
    "archived_closed": 160,
    "local_types": 256,
    "buffers": 128,
    "messages": 96,
    "traces": 128,
    "leaves": 32,
    "trees": 128,
    "handlers": 128,
}
"""What one item is taken to hold in the estimate of retained bytes."""


def memory_usage(store: Store) -> MemoryUsage:
    """Count what the store holds; takes the same time however much that is."""
    totals = store.totals
    parts = {
        "archived_closed": len(store.archive) * _BYTES["archived_closed"],
        "auth": totals.leaves * _BYTES["leaves"] + totals.trees * _BYTES["trees"],
        "buffers": totals.buffers * _BYTES["buffers"] + totals.messages * _BYTES["messages"],
        "handlers": totals.handlers * _BYTES["handlers"],
        "live_sessions": len(store.sessions) * _BYTES["live_sessions"],
        "local_types": totals.local_types * _BYTES["local_types"],
        "traces": totals.traces * _BYTES["traces"],
    }
    return MemoryUsage(
        archived_closed_sessions=len(store.archive),
        live_auth_leaf_count=totals.leaves,
        live_auth_root_count=totals.trees,
        live_auth_tree_count=totals.trees,
        live_buffer_count=totals.buffers,
        live_buffered_messages=totals.messages,
        live_closed_sessions=len(store.ended),
        live_edge_handler_count=totals.handlers,
        live_local_type_entries=totals.local_types,
        live_sessions=len(store.sessions),
        retained_bytes=RetainedBytes(total=min(sum(parts.values()), U64_MAX), **parts),
    )


def found(store: Store, sid: int) -> Session:
    """Return a live session.

    Raises:
        StringError: there is none of this sid.
    """
    session = store.sessions.get(sid)
    if session is None:
        raise StringError(table.KNOWN_SESSION, sid)
    return session


def _open(
    store: Store,
    sid: int,
    roles: Sequence[str],
    initial_types: Mapping[str, LocalType],
    buffer_config: BufferConfig | None,
) -> int:
    plan = open_plan(roles, initial_types, store.contract)
    config = buffer_config or DEFAULT_BUFFERS
    limits.small_buffers(config, len(plan.edge_blueprint))
    session = Session(
        sid=sid,
        roles=plan.roles,
        role_ids=plan.role_ids,
        blueprint=plan.edge_blueprint,
        types={entry.role: TypeEntry(entry.current, entry.original) for entry in plan.initial_types},
        buffers={(sender, receiver): Buffer(config) for _, sender, receiver in plan.edge_blueprint},
        labels=limits.labels_of([entry.current for entry in plan.initial_types]),
    )
    store.insert(session)
    store.sids_exhausted |= sid == U64_MAX
    store.next_sid = max(store.next_sid, successor(sid))
    return sid


def _end_ownership(store: Store, session: Session) -> None:
    """End the ownership of a session that closes (H6)."""
    ownership = session.ownership
    if ownership.current is not None:
        invalidate(session, ownership.current, "session closed", store.contract)
    if ownership.pending is not None:
        session.log.append(AuditRecord(ReceiptArtifact(ownership.pending), "RolledBack", "session closed"))
    ownership.current = ownership.pending = None


def _summary(session: Session) -> ClosedSessionSummary:
    return ClosedSessionSummary(
        auth_leaf_count=session.auth_leaves,
        auth_root_count=len(session.auth),
        auth_tree_count=len(session.auth),
        edge_count=len(session.buffers),
        edge_handler_count=len(session.edge_handlers),
        epoch=session.epoch,
        local_type_entries=len(session.types),
        role_count=len(session.roles),
        sid=session.sid,
        status=session.status,
    )
