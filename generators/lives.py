"""Life after life: a session of a used id is a fresh one, whatever the one before it was given (contract §5).

A first life does something of everything; it ends and is reaped, or is replaced as it stands; the same id is opened
again with the same roles and types. Then all that the first life left behind is tried in the second.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from telltale_conformance.generators.drawing import Drawing
from telltale_conformance.generators.pool import Pool
from telltale_conformance.generators.steps import RELOAD, Act
from telltale_conformance.generators.tried import ALL_OPERATIONS
from telltale_conformance.model.operations import those
from telltale_conformance.model.plan import PlanInput
from telltale_conformance.model.state import Session
from telltale_conformance.model.store import Store
from telltale_conformance.model.types.local_types import Choice, LocalType, Send
from telltale_conformance.model.types.payloads import Nat
from telltale_conformance.model.types.trees import END, Branch, Label, Mu, Var
from telltale_conformance.model.values import (
    SESSION,
    BufferConfig,
    Edge,
    Endpoint,
    OwnershipCapability,
    OwnershipReceipt,
    ReadinessWitness,
    Resize,
    ResizeBounds,
    SetDefaultHandler,
    UpdateEdgeHandler,
    UpdateTrace,
)

_LOOKS: Final = sorted(
    ALL_OPERATIONS & those(lambda operation: operation.reads_only and operation.parameters == ("sid",))
)
_OF_RECEIPTS: Final = sorted(those(lambda operation: operation.parameters == ("receipt",)))
FORMER: Final = "former life"
"""The relation of what a former session of the id left behind."""


class Life:
    """Everything that one session of an id may leave to the next.

    Args:
        draw: the source of values.
        pool: what the program was given so far.
        store: the reference store that the program runs on.
        sid: the session's id.
    """

    def __init__(self, draw: Drawing, pool: Pool, store: Store, sid: int) -> None:
        self._draw = draw
        self._pool = pool
        self._store = store
        self._sid = sid
        self._left: list[Any] = []
        self._edges: tuple[Edge, ...] = ()
        self._pairs: tuple[tuple[str, str], ...] = ()
        self._roles: tuple[str, ...] = ()

    def lived(self) -> Iterator[Act]:
        """Yield steps that bind, issue, consume, begin, send and advance; each now and then left out."""
        draw, sid = self._draw, self._sid
        session = self._store.sessions[sid]
        owner = draw.one_of(draw.cast.owner)
        yield Act("claim_ownership", (sid, owner, SESSION))
        for act in draw.mixed([*self._bindings(session), *self._messages(session)]):
            if draw.random() < 0.9:
                yield act
        capability = self._pool.latest_capability.get(sid)
        if capability is None:
            return
        for count in range(2):
            yield Act("issue_readiness_witness", (capability.value, draw.one_of(draw.cast.predicate)))
            mine = [held for held in self._pool.witnesses if held.value.session_id == sid]
            if count == 0 and mine and draw.random() < 0.8:
                yield Act("consume_readiness_witness", (capability.value, mine[-1].value))
        if draw.random() < 0.8:
            yield Act("begin_ownership_transfer", (capability.value, draw.one_of(draw.cast.owner), SESSION))

    def _bindings(self, session: Session) -> Iterator[Act]:
        draw, sid = self._draw, self._sid
        capability = self._pool.latest_capability.get(sid)
        if capability is None or len(session.roles) < 2:
            return
        handler = draw.one_of(draw.cast.handler)
        edge = Edge(receiver=session.roles[1], sender=session.roles[0], sid=sid)
        yield Act("apply_owned_session_mutation", (capability.value, SetDefaultHandler(handler)))
        yield Act("apply_owned_session_mutation", (capability.value, UpdateEdgeHandler(edge, handler)))
        yield Act("apply_owned_session_mutation", (capability.value, UpdateTrace(edge, (draw.val_type(),))))
        back = Edge(receiver=session.roles[0], sender=session.roles[1], sid=sid)
        yield Act("update_handler", (back, handler))
        yield Act("update_trace", (back, (draw.val_type(),)))

    def _messages(self, session: Session) -> Iterator[Act]:
        draw, sid = self._draw, self._sid
        for _, sender, receiver in session.blueprint[:2]:
            yield from (Act("send", (sid, sender, receiver, draw.value())) for _ in range(3))
            yield Act("send_signed", (sid, sender, receiver, draw.value(), "corrupt", None))
        for role, entry in [*session.types.items()][:2]:
            endpoint = Endpoint(role=role, sid=sid)
            if isinstance(entry.current, Choice) and entry.current.branches:
                yield Act("advance", (endpoint, entry.current.branches[0].label.name))
            yield Act("update_original", (endpoint, draw.local_type(session.roles, 2)))

    def ends(self) -> Iterator[Act]:
        """Remember what is there; then end and reap the session, or leave it to be replaced."""
        draw, sid = self._draw, self._sid
        session = self._store.sessions.get(sid)
        if session is None:
            return
        pool = self._pool
        for kept in (pool.capabilities, pool.receipts, pool.witnesses):
            self._left += [held.value for held in kept if held.value.session_id == sid][-3:]
        self._edges = tuple(dict.fromkeys((*session.edge_handlers, *session.edge_traces)))[:4]
        self._pairs = tuple(session.buffers)[:3]
        self._roles = session.roles[:2]
        if draw.random() < 0.25:
            return
        chance, ownership = draw.random(), session.ownership
        if chance < 0.4 and ownership.pending is not None:
            yield Act("cancel_abandoned_transfer", (ownership.pending,))
        elif chance < 0.7 and ownership.current is not None:
            yield Act("mark_owner_died", (sid, ownership.current.owner_id))
        if sid not in self._store.ended:
            yield Act("close", (sid,))
        if draw.random() < 0.3:
            yield RELOAD
        yield Act("reap_closed", ()) if draw.random() < 0.5 else Act("reap_sessions", ([sid],))

    def again(self) -> Iterator[Act]:
        """Yield steps that look for what a former life left behind and try it."""
        sid = self._sid
        for edge in self._edges:
            yield Act("lookup_handler", (edge,), FORMER)
            yield Act("lookup_trace", (edge,), FORMER)
        for pair in self._pairs:
            yield Act("has_message", (sid, *pair), FORMER)
            yield Act("send", (sid, *pair, Nat(7)), FORMER)
            yield Act("recv_signed" if self._draw.random() < 0.5 else "recv", (sid, *pair), FORMER)
        for name in _LOOKS:
            yield Act(name, (sid,), FORMER)
        for role in self._roles:
            yield Act("lookup_type", (Endpoint(role=role, sid=sid),), FORMER)
            yield Act("original_type", (Endpoint(role=role, sid=sid),), FORMER)
        yield from self._artifacts()

    def _artifacts(self) -> Iterator[Act]:
        """Try the artifacts of the former life on the unowned session, then under a new claim of its last owner."""
        draw, sid = self._draw, self._sid
        capabilities = [value for value in self._left if isinstance(value, OwnershipCapability)]
        receipts = [value for value in self._left if isinstance(value, OwnershipReceipt)]
        witnesses = [value for value in self._left if isinstance(value, ReadinessWitness)]
        for name in ("validate_ownership_capability", "release_ownership"):
            yield from (Act(name, (capability,), FORMER) for capability in capabilities[-2:])
        yield from (Act(_of_receipt(draw), (receipt,), FORMER) for receipt in receipts[-2:])
        if not capabilities:
            return
        yield Act("claim_ownership", (sid, capabilities[-1].owner_id, SESSION), FORMER)
        live = self._pool.latest_capability[sid].value
        yield from (Act("validate_ownership_capability", (capability,), FORMER) for capability in capabilities)
        yield from (Act(_of_receipt(draw), (receipt,), FORMER) for receipt in receipts)
        yield from (Act("consume_readiness_witness", (live, witness), FORMER) for witness in witnesses)
        yield Act("issue_readiness_witness", (live, draw.one_of(draw.cast.predicate)), FORMER)
        yield from (Act("consume_readiness_witness", (live, witness), FORMER) for witness in witnesses)
        yield Act("begin_ownership_transfer", (live, live.owner_id, SESSION), FORMER)
        yield from (Act(_of_receipt(draw), (receipt,), FORMER) for receipt in receipts)


def _of_receipt(draw: Drawing) -> str:
    return draw.one_of(_OF_RECEIPTS)


def opened_again(draw: Drawing, sid: int, arguments: tuple[Any, ...]) -> Iterator[Act]:
    """Open the next session of an id, from its plan or without one; now and then reload first."""
    roles, types, buffers = arguments
    if draw.random() < 0.3:
        yield RELOAD
    if draw.random() < 0.4:
        yield Act("open_with_sid_from_plan", (sid, PlanInput(types, roles), buffers), FORMER)
    else:
        yield Act("open_with_sid", (sid, *arguments), FORMER)


def opening(draw: Drawing) -> tuple[Any, ...]:
    """Return roles, types and buffers of a session in which everything can happen."""
    roles = tuple(dict.fromkeys(draw.cast.role))[:3]
    types: dict[str, LocalType] = {roles[1]: draw.local_type(roles)}
    choice = Send(
        roles[1], (Branch(Label(draw.one_of(draw.cast.label)), None, Var("t")), Branch(Label("stop"), None, END))
    )
    types[roles[0]] = Mu("t", choice)
    policy: Any = Resize(ResizeBounds(8)) if draw.random() < 0.5 else "Block"
    return roles, types, BufferConfig(initial_capacity=1, mode="Fifo", policy=policy)
