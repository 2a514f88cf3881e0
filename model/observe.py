"""The observable state of a session (contract §8; trace format, ``observe``)."""

from __future__ import annotations

from telltale_conformance.model.sessions import found
from telltale_conformance.model.state import Session
from telltale_conformance.model.store import Store
from telltale_conformance.model.types.local_types import LocalType
from telltale_conformance.model.types.payloads import ValType
from telltale_conformance.model.values import (
    EDGE_ORDER,
    U64_MAX,
    DomainValue,
    Edge,
    OwnershipCapability,
    OwnershipReceipt,
    ReadinessWitness,
    Status,
    TerminalReason,
)


class ObservedAuth(DomainValue, frozen=True):
    """How many leaves, trees and roots the edges of a session have."""

    leaves: int
    roots: int
    trees: int


class ObservedBuffer(DomainValue, frozen=True):
    """One edge's buffer."""

    capacity: int
    edge: Edge
    len: int


class ObservedHandler(DomainValue, frozen=True):
    """One handler binding, as it was given."""

    edge: Edge
    handler: str


class ObservedTrace(DomainValue, frozen=True):
    """One edge trace, as it was given."""

    edge: Edge
    trace: tuple[ValType, ...]


class ObservedType(DomainValue, frozen=True):
    """Where one role stands."""

    current: LocalType
    original: LocalType
    role: str


class ObservedOwnership(DomainValue, frozen=True):
    """Who owns a session, what is pending, issued and consumed."""

    consumed_witnesses: list[int]
    current: OwnershipCapability | None
    issued_readiness: list[ReadinessWitness]
    next_claim_id: int
    next_witness_id: int
    pending_transfer: OwnershipReceipt | None
    terminal_reason: TerminalReason | None


class ObservedSession(DomainValue, frozen=True):
    """All of a session's state that the contract speaks of."""

    audit_len: int
    auth: ObservedAuth
    buffers: list[ObservedBuffer]
    default_handler: str
    edge_handlers: list[ObservedHandler]
    edge_traces: list[ObservedTrace]
    edges: list[tuple[int, int, str, str]]
    epoch: int
    local_types: list[ObservedType]
    ownership: ObservedOwnership
    role_ids: dict[str, int]
    roles: tuple[str, ...]
    sid: int
    status: Status


def observe(store: Store, sid: int) -> ObservedSession:
    """Return the state of a session; collections are sorted by name, edge or id.

    Raises:
        StringError: there is no such session.
    """
    session = found(store, sid)
    buffers, types = session.buffers, session.types
    return ObservedSession(
        audit_len=len(session.log),
        auth=ObservedAuth(leaves=session.auth_leaves, roots=len(session.auth), trees=len(session.auth)),
        buffers=[
            ObservedBuffer(
                capacity=(buffer := buffers[pair]).capacity,
                edge=Edge(receiver=pair[1], sender=pair[0], sid=sid),
                len=len(buffer.messages),
            )
            for pair in sorted(buffers)
        ],
        default_handler=session.default_handler,
        edge_handlers=[
            ObservedHandler(edge=edge, handler=session.edge_handlers[edge])
            for edge in sorted(session.edge_handlers, key=EDGE_ORDER)
        ],
        edge_traces=[
            ObservedTrace(edge=edge, trace=session.edge_traces[edge])
            for edge in sorted(session.edge_traces, key=EDGE_ORDER)
        ],
        edges=[(*ids, sender, receiver) for ids, sender, receiver in session.blueprint],
        epoch=session.epoch,
        local_types=[
            ObservedType(current=(entry := types[role]).current, original=entry.original, role=role)
            for role in sorted(types)
        ],
        ownership=_observe_ownership(session),
        role_ids=session.role_ids,
        roles=session.roles,
        sid=sid,
        status=session.status,
    )


def _observe_ownership(session: Session) -> ObservedOwnership:
    ownership = session.ownership
    return ObservedOwnership(
        consumed_witnesses=sorted(ownership.consumed),
        current=ownership.current,
        issued_readiness=[ownership.issued[witness_id] for witness_id in sorted(ownership.issued)],
        next_claim_id=min(ownership.next_claim_id, U64_MAX),
        next_witness_id=min(ownership.next_witness_id, U64_MAX),
        pending_transfer=ownership.pending,
        terminal_reason=ownership.terminal,
    )
