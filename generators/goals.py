"""Steps towards a goal: an operation is to succeed, so whatever the contract wants of the state before it comes first.

A drawn step mostly meets a state in which it is refused, so what needs several steps in their order is seldom reached.
Here the guards of an operation say what is done before it: a commit wants a pending transfer, which wants an owner, who
claims a session that has none. Now and then the operation is carried out amiss instead, with a near miss of what it
wants, and the program goes on from the refusal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

import msgspec

from telltale_conformance.generators.coverage import RECEIVES
from telltale_conformance.generators.drawing import REASONS
from telltale_conformance.generators.needs import SETTLING, Needs
from telltale_conformance.generators.steps import Act
from telltale_conformance.model.operations import OPERATIONS
from telltale_conformance.model.types.local_types import Choice
from telltale_conformance.model.types.payloads import Nat
from telltale_conformance.model.values import (
    U64_MAX,
    Edge,
    Endpoint,
    HostMutation,
    OwnershipCapability,
    OwnershipReceipt,
    ReadinessWitness,
    UpdateEdgeHandler,
)

_ONE_BY_ONE: Final = 0.6
"""How often sessions are reaped one by one; else several are closed first."""
_TOGETHER: Final = 4
"""How many are closed then, at most."""
_RECEIPTS: Final = tuple(name for name, one in OPERATIONS.items() if one.parameters[:1] == ("receipt",))
_RECEIVING: Final = tuple(sorted(RECEIVES))
_BAD: Final = ("corrupt", "corrupt", "wrong_edge", "wrong_value")
_GOOD: Final = ("valid", "other_receiver", "other_sequence")
_KINDS: Final = (OwnershipCapability, OwnershipReceipt, ReadinessWitness)
_OFTEN_AMISS: Final = {"claim_ownership": 0.5, "consume_readiness_witness": 0.35}
_AMISS: Final = {
    name: 0.5 if one.terminal else _OFTEN_AMISS.get(name, 0.25)
    for name, one in OPERATIONS.items()
    if one.log == "session" and name != "close"
}
"""How often an operation is carried out amiss: most often where it would end the session's ownership for good."""


class Goals(Needs):
    """Yields the steps that make operations succeed on the session in mind."""

    def towards(self, name: str) -> Iterator[Act]:
        """Yield what an operation wants and then the operation; now and then it is carried out amiss."""
        if name in _AMISS and self._draw.random() < _AMISS[name]:
            yield from self._amiss(name)
        else:
            yield from _WAYS[name](self, name)

    # What is carried out amiss

    def _amiss(self, name: str) -> Iterator[Act]:
        """Yield the operation with something near to what it wants, and then how the program goes on."""
        draw = self._draw
        if name == "claim_ownership":
            amid = self._ownership.terminal is None and draw.random() < 0.5
            yield from self._pending() if amid else self._there()
            yield self._claim()
            if amid:
                following = draw.one_of(SETTLING)
                yield from _WAYS[following](self, following)
            return
        if name == "mark_owner_died":
            yield from self._pending() if draw.random() < 0.5 else self._owner()
            pending = self._ownership.pending
            names = () if pending is None else (pending.to_owner_id,)
            yield Act(name, (self.sid, draw.one_of((*names, self._name()))))
            return
        for act in _WAYS[name](self, name):
            if act.operation == name:
                yield self._near(act)
                break
            yield act
        if draw.random() < 0.5:
            following = draw.one_of(_RECEIPTS) if name in _RECEIPTS else name
            yield from _WAYS[following](self, following)

    def _near(self, act: Act) -> Act:
        """Return an operation with another artifact of the program, or with one of which a field is changed."""
        draw, given = self._draw, list(act.arguments)
        places = [place for place, value in enumerate(given) if isinstance(value, _KINDS)]
        place = places[-1] if draw.random() < 0.7 else places[0]
        value = given[place]
        others = [held.value for held in self._held(value) if held.value != value]
        if others and draw.random() < 0.5:
            given[place] = draw.one_of(others)
        else:
            field = draw.one_of([field for field in value.__struct_fields__ if field != "scope"])
            was = getattr(value, field)
            changed = min(U64_MAX, max(0, was + draw.one_of((-1, 1)))) if isinstance(was, int) else self._name()
            given[place] = msgspec.structs.replace(value, **{field: changed})
        return act._replace(arguments=tuple(given))

    def _held(self, value: Any) -> list[Any]:
        kept: list[Any] = [self._pool.capabilities, self._pool.receipts, self._pool.witnesses]
        return next(held for kind, held in zip(_KINDS, kept, strict=True) if isinstance(value, kind))

    # The operations

    def _open(self, name: str) -> Iterator[Act]:
        """Open a session under the next sid, and mostly turn to it."""
        draw, sid, begun = self._draw, self._store.next_sid, bool(self._opened)
        yield Act("open", self._to_open()) if begun or draw.random() < 0.4 else self._opening(sid)
        if sid in self._store.sessions and draw.random() < 0.7:
            self.sid = sid

    def _open_again(self, name: str) -> Iterator[Act]:
        """Open the sid in mind, after it was reaped or over the live session."""
        yield from self._last_seen()
        if self._session is not None and self._draw.random() < 0.5:
            yield from self._reaped()
        yield self._opening(self.sid, name)

    def _claim(self) -> Act:
        return Act("claim_ownership", (self.sid, self._name(), self._scope()))

    def _claimed(self, name: str) -> Iterator[Act]:
        if self._ownership.terminal is not None and self._draw.random() < 0.5:
            yield self._claim()  # in vain: its ownership has ended for good
        yield from self._live()
        if self._ownership.current is not None:
            yield from self._of_idle("release_ownership")
        yield self._claim()

    def _of_idle(self, name: str) -> Iterator[Act]:
        yield from self._idle()
        live = self._ownership.current
        if live is not None:
            taken = OPERATIONS[name].parameters
            names = (self._name(),) if "new_owner_id" in taken else ()
            scopes = (self._scope(),) if "new_scope" in taken else ()
            yield Act(name, (live, *names, *scopes))

    def _of_pending(self, name: str) -> Iterator[Act]:
        yield from self._pending()
        pending = self._ownership.pending
        if pending is not None:
            reasons = (self._draw.one_of(REASONS),) if "reason" in OPERATIONS[name].parameters else ()
            yield Act(name, (pending, *reasons))

    def _died(self, name: str) -> Iterator[Act]:
        yield from self._owner()
        live = self._ownership.current
        if live is not None:
            yield Act(name, (self.sid, live.owner_id))

    def _issued(self, name: str) -> Iterator[Act]:
        yield from self._owner(whole=True)
        live = self._ownership.current
        if live is not None:
            yield Act("issue_readiness_witness", (live, self._draw.one_of(self._draw.cast.predicate)))

    def _consumed(self, name: str) -> Iterator[Act]:
        yield from self._owner(whole=True)
        if not self._fresh():
            yield from self._issued(name)
        live, fresh = self._ownership.current, self._fresh()
        if live is not None and fresh:
            yield Act(name, (live, self._draw.one_of(fresh)))

    def _fresh(self) -> list[ReadinessWitness]:
        """Return the witnesses that the live owner can consume."""
        live = self._ownership.current
        return [
            witness
            for witness in self._ownership.issued.values()
            if live is not None
            and (witness.owner_id, witness.generation, witness.scope) == (live.owner_id, live.generation, live.scope)
        ]

    def _mutated(self, name: str) -> Iterator[Act]:
        yield from self._owner(whole=True)
        live = self._ownership.current
        if live is not None:
            yield Act(name, (live, self._mutation()))

    def _mutation(self) -> HostMutation:
        """Return any mutation; a handler mostly for a pair that has one, of this session or of others."""
        draw, session = self._draw, self._session
        mutation: HostMutation = self._arguments.mutation(self.sid)[0]
        if session is None or not isinstance(mutation, UpdateEdgeHandler) or draw.random() < 0.2:
            return mutation
        pairs = [(edge.sender, edge.receiver) for edge in session.edge_handlers] or [*session.buffers]
        if not pairs:
            return mutation
        sender, receiver = pairs[0] if draw.random() < 0.7 else draw.one_of(pairs)
        sid = self.sid if draw.random() < 0.4 else draw.below(5)
        return UpdateEdgeHandler(Edge(receiver=receiver, sender=sender, sid=sid), mutation.handler)

    def _closed(self, name: str) -> Iterator[Act]:
        yield from self._there()
        yield Act(name, (self.sid,))

    def _reap(self, name: str) -> Iterator[Act]:
        draw, store = self._draw, self._store
        if draw.random() >= _ONE_BY_ONE:
            yield from (Act("open", self._to_open()) for _ in range(draw.below(_TOGETHER)))
            live = draw.mixed([sid for sid in store.sessions if sid not in store.ended])
            yield from (Act("close", (sid,)) for sid in live[: 1 + draw.below(_TOGETHER)])
        if not store.ended:
            yield from self._closed("close")
        chosen = draw.mixed(sorted(store.ended))
        yield from (Act("observe", (sid,)) for sid in chosen[:_TOGETHER])  # what went wrong in it shows no more then
        yield Act(name, (chosen,) if OPERATIONS[name].parameters else ())
        self.look_round(0)
        if self._session is None and draw.random() < 0.3:
            yield from self._anew()

    def _sent(self, name: str) -> Iterator[Act]:
        draw = self._draw
        yield from self._buffered()
        session, pair = self._session, self._edge()
        if session is None or pair is None:
            return
        buffer = session.buffers[pair]
        if len(buffer.messages) >= buffer.capacity and draw.random() < 0.5:
            yield Act(draw.one_of(_RECEIVING), (self.sid, *pair))
        value = draw.value() if draw.random() < 0.3 else Nat(draw.below(5))
        number = len(session.auth.get(pair, ())) if draw.random() < 0.6 else draw.below(4)
        further: tuple[Any, ...] = ()
        if name == "send_with_sequence":
            further = (number,)
        elif name == "send_signed":
            signature = draw.one_of(_BAD if draw.random() < 0.6 else _GOOD)
            further = (signature, number if draw.random() < 0.6 else None)
        yield Act(name, (self.sid, *pair, value, *further))

    def _received(self, name: str) -> Iterator[Act]:
        session = self._session
        waiting = [] if session is None else [pair for pair, buffer in session.buffers.items() if buffer.messages]
        if not waiting:
            yield from self._sent("send")
        pair = self._draw.one_of(waiting) if waiting else self._edge()
        if pair is not None:
            yield Act(name, (self.sid, *pair))

    def _advanced(self, name: str) -> Iterator[Act]:
        draw = self._draw
        yield from self._there()
        session = self._session
        types = {} if session is None else session.types
        ready = [
            (role, [branch.label.name for branch in entry.current.branches])
            for role, entry in types.items()
            if isinstance(entry.current, Choice) and entry.current.branches
        ]
        if ready:
            role, labels = ready[0] if draw.random() < 0.7 else draw.one_of(ready)
            label = labels[0] if draw.random() < 0.6 else draw.one_of(labels)
            yield Act(name, (Endpoint(role=role, sid=self.sid), label))

    def _timeout(self, name: str) -> Iterator[Act]:
        """Issue a witness whose horizon others have too, often."""
        draw, timeouts = self._draw, self._store.timeouts
        ticks = [witness.until_tick for witness in timeouts.live.values()]
        until = draw.one_of(ticks) if ticks and draw.random() < 0.5 else min(U64_MAX, timeouts.clock + draw.below(4))
        yield Act(name, (draw.one_of(draw.cast.site), until))

    def _clock(self, name: str) -> Iterator[Act]:
        """Set the clock to a horizon itself, mostly."""
        draw, timeouts = self._draw, self._store.timeouts
        ticks = [witness.until_tick for witness in timeouts.live.values() if witness.until_tick >= timeouts.clock]
        tick = draw.one_of(ticks) if ticks and draw.random() < 0.7 else min(U64_MAX, timeouts.clock + draw.below(3))
        yield Act(name, (tick,))

    def _on_session(self, name: str) -> Iterator[Act]:
        """Carry out what wants no more than a session, with arguments drawn by weight."""
        yield from self._there()
        yield from self._at_once(name)

    def _at_once(self, name: str) -> Iterator[Act]:
        yield Act(name, self._arguments.of(name, self.sid)[0])


_Way = Callable[[Goals, str], Iterator[Act]]
_BY_PARAMETERS: Final[dict[tuple[str, ...], _Way]] = {
    ("sid", "owner_id", "scope"): Goals._claimed,
    ("capability",): Goals._of_idle,
    ("capability", "new_owner_id", "new_scope"): Goals._of_idle,
    ("capability", "new_scope"): Goals._of_idle,
    ("capability", "mutation"): Goals._mutated,
    ("capability", "predicate_ref"): Goals._issued,
    ("capability", "witness"): Goals._consumed,
    ("receipt",): Goals._of_pending,
    ("receipt", "reason"): Goals._of_pending,
    ("sid", "owner_id"): Goals._died,
    ("roles", "initial_types", "buffer_config"): Goals._open,
    ("sid", "roles", "initial_types", "buffer_config"): Goals._open_again,
    ("sid", "plan", "buffer_config"): Goals._open_again,
    ("sid",): Goals._closed,
    (): Goals._reap,
    ("session_ids",): Goals._reap,
    ("sid", "from_", "to", "val"): Goals._sent,
    ("sid", "from_", "to", "val", "sequence_no"): Goals._sent,
    ("sid", "from_", "to", "val", "signature", "sequence_no"): Goals._sent,
    ("sid", "from_", "to"): Goals._received,
    ("ep", "label"): Goals._advanced,
    ("form",): Goals._at_once,
    ("site", "until_tick"): Goals._timeout,
    ("tick",): Goals._clock,
}
"""How operations that change something are reached: those that take the same, alike."""
_WAYS: Final = {
    name: _BY_PARAMETERS.get(operation.parameters, Goals._on_session)
    for name, operation in OPERATIONS.items()
    if not operation.reads_only
}
