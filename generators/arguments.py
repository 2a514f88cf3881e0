"""Arguments for every operation: valid, stale, forged and cross-session, drawn from what a program holds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeAlias, TypeVar, get_args

import msgspec

from telltale_conformance.generators.drawing import NUMBERS, REASONS, Drawing
from telltale_conformance.generators.places import Given, Places
from telltale_conformance.generators.plans import Plans
from telltale_conformance.generators.pool import Held, Pool
from telltale_conformance.generators.steps import Written
from telltale_conformance.generators.tried import ALL_OPERATIONS
from telltale_conformance.lean_traces.printing import as_json
from telltale_conformance.model.operations import OPERATIONS
from telltale_conformance.model.signatures import SignatureKind
from telltale_conformance.model.store import Store
from telltale_conformance.model.types.payloads import ValType
from telltale_conformance.model.values import (
    SESSION,
    U64_MAX,
    AuditEvent,
    Edge,
    Endpoint,
    HostMutation,
    OwnershipCapability,
    OwnershipReceipt,
    ReadinessWitness,
    SetDefaultHandler,
    UpdateEdgeHandler,
    UpdateTrace,
)

Artifact = TypeVar("Artifact", OwnershipCapability, OwnershipReceipt, ReadinessWitness)


class Arguments(Places):
    """Draws the arguments of one operation at a time.

    Args:
        draw: the source of values.
        pool: what the program was given so far.
        store: the reference store that the program runs on.
    """

    def __init__(self, draw: Drawing, pool: Pool, store: Store) -> None:
        super().__init__(draw, pool, store)
        self.plans = Plans(draw)

    def of(self, operation: str, focus: int) -> tuple[tuple[Any, ...], tuple[Written, ...]]:
        """Return the arguments of an operation and how a program writes each; ``focus`` is the sid in mind."""
        given = _LISTERS[operation](self, focus)
        if not given:
            return (), ()
        arguments, written = zip(*given, strict=True)
        return arguments, written

    def referring(self, operation: str, arguments: tuple[Any, ...]) -> tuple[Written, ...]:
        """Return how a program writes given arguments: what an earlier step gave as a reference to it."""
        return tuple(map(self._referred, OPERATIONS[operation].parameters, arguments))

    def _referred(self, parameter: str, value: Any) -> Written:
        if parameter == "sid":
            return self._pool.write_sid(value)
        if isinstance(value, Edge | Endpoint):
            sid = self._pool.write_sid(value.sid)
            return None if sid is None else {**as_json(value), "sid": sid}
        held = self._pool.holding(value)
        return None if held is None else held.written

    # Artifacts

    def owner(self) -> str:
        """Return the name of an owner."""
        return self._draw.name(self._draw.cast.owner)

    def capability(self, focus: int) -> Given:
        """Return the live capability of the focus, mostly; else an older, another session's, or a forged one."""
        draw, pool = self._draw, self._pool
        latest = pool.latest_capability.get(focus)
        if latest is not None and draw.random() > 0.15 + 0.5 * draw.oddness:
            return self._looking_alike(latest, 0.15, "owner_id", "owner_id", "scope")
        if not pool.capabilities:
            return OwnershipCapability(draw.number(), self.owner(), draw.scope(), focus), None
        held = draw.one_of(pool.capabilities)
        chance = draw.random()
        if chance < 0.4:
            return held.value, held.written
        if chance < 0.5:
            return self._forge(held, session_id=focus)
        held = latest or held
        if chance < 0.6:
            return self._forge(held, scope=self._other("scope", held.value.scope))
        if chance < 0.75:
            return self._forge(held, generation=draw.near_number(held.value.generation))
        if chance < 0.85:
            return self._forge(held, owner_id=self._other("owner_id", held.value.owner_id))
        if chance < 0.95:
            return self._forge(held, session_id=self.sid(draw.number())[0])
        return OwnershipCapability(draw.number(), self.owner(), draw.scope(), focus), None

    def receipt(self, focus: int) -> Given:
        """Return the pending receipt of the focus, mostly; else an older or a forged one."""
        draw, pool = self._draw, self._pool
        latest = pool.latest_receipt.get(focus)
        if latest is not None and draw.random() > 0.1 + 0.5 * draw.oddness:
            return self._looking_alike(latest, 0.45, "from_owner_id", "to_owner_id", "scope")
        if not pool.receipts:
            return self._made_up_receipt(focus), None
        held = draw.one_of(pool.receipts)
        chance = draw.random()
        if chance < 0.3:
            return held.value, held.written
        held = latest or held
        field = draw.one_of(_RECEIPT_FIELDS)
        return self._forge(held, **{field: self._other(field, getattr(held.value, field))})

    def witness(self, focus: int) -> Given:
        """Return a witness that was issued, spent ones included; else a forged one."""
        draw, pool = self._draw, self._pool
        mine = [held for held in pool.witnesses if held.value.session_id == focus] or pool.witnesses
        if not mine:
            made = ReadinessWitness(
                0, self.owner(), draw.one_of(draw.cast.predicate), draw.scope(), focus, draw.number()
            )
            return made, None
        held = mine[-1] if draw.random() < 0.5 else draw.one_of(mine)
        if draw.random() > 0.1 + 0.3 * draw.oddness:
            session = self._session(focus)
            spent = session is None or held.value.witness_id not in session.ownership.issued
            return self._looking_alike(held, 0 if spent else 0.5, "predicate_ref", "predicate_ref", "owner_id", "scope")
        field = draw.one_of(_WITNESS_FIELDS)
        return self._forge(held, **{field: self._other(field, getattr(held.value, field))})

    def _looking_alike(self, held: Held[Artifact], chance: float, *fields: str) -> Given:
        """Return an artifact; in programs with doubles now and then with a double in the place of a name."""
        draw = self._draw
        if not draw.cast.doubles or draw.random() >= chance:
            return held.value, held.written
        named = [field for field in fields if getattr(held.value, field) != SESSION]
        field = draw.one_of(named)
        return self._forge(held, **{field: self._other(field, getattr(held.value, field), 1)})

    def _made_up_receipt(self, focus: int) -> OwnershipReceipt:
        draw = self._draw
        return OwnershipReceipt(
            draw.number(), draw.number(), self.owner(), draw.scope(), focus, draw.number(), self.owner()
        )

    def _other(self, field: str, value: Any, doubles: float = 0.5) -> Any:
        draw = self._draw
        if field == "session_id":
            return self.sid(draw.near_number(value))[0]
        if field == "scope":
            return draw.like_scope(value) if draw.cast.doubles and draw.random() < doubles else draw.near_scope(value)
        if isinstance(value, int):
            return draw.near_number(value)
        double: str = draw.double(value, doubles)
        if double != value:
            return double
        return draw.one_of(draw.cast.predicate) if field == "predicate_ref" else self.owner()

    def _forge(self, held: Held[Artifact], **fields: Any) -> Given:
        """Replace one field of an artifact."""
        written = {
            name: (name == "session_id" and self._pool.write_sid(value)) or as_json(value)
            for name, value in fields.items()
        }
        return msgspec.structs.replace(held.value, **fields), {**held.written, "set": written}

    # Whole argument lists that need more than one value

    def transferring(self, focus: int) -> list[Given]:
        """Return a capability, who gets the session, now and then who has it or a double, and what is granted."""
        capability, scope = self.attenuating(focus)
        again = self._draw.random() < 0.15
        return [capability, (self._draw.double(capability[0].owner_id, 0.5) if again else self.owner(), None), scope]

    def attenuating(self, focus: int) -> list[Given]:
        """Return a capability and a new scope: near its own, most often where no other can be had."""
        capability = self.capability(focus)
        near = self._draw.random() < (0.8 if self._store.contract.h3 else 0.3)
        return [capability, (self._draw.near_scope(capability[0].scope) if near else self._draw.scope(), None)]

    def open(self, *before: Given) -> list[Given]:
        """Roles, types and buffer configuration."""
        draw = self._draw
        roles = draw.roles()
        return [*before, (roles, None), (draw.types(roles), None), (draw.buffer_config(), None)]

    def open_with_sid(self, focus: int) -> list[Given]:
        """Return a sid to open, and what is opened under it."""
        return self.open((self._sid_to_open(focus), None))

    def open_from_plan(self, focus: int) -> list[Given]:
        """Return a sid to open and a plan."""
        return [(self._sid_to_open(focus), None), (self.plans.drawn(), None), (self._draw.buffer_config(), None)]

    def _sid_to_open(self, focus: int) -> int:
        """Return a fresh sid, a used one, or one at the top."""
        draw, store = self._draw, self._store
        chance = draw.random()
        if chance < 0.45:
            sid = store.next_sid if chance < 0.15 else min(U64_MAX, store.next_sid + draw.below(4))
        elif chance < 0.8:
            sid = focus
        elif draw.random() < draw.oddness * 0.3:
            sid = U64_MAX - draw.below(2)
        else:
            sid = draw.below(6)
        return sid

    def message(self, focus: int) -> list[Given]:
        """Return an edge and a message."""
        return [*self.message_edge(focus), (self._draw.value(), None)]

    def numbered(self, focus: int) -> list[Given]:
        """Return an edge, a message and a sequence number."""
        given = self.message(focus)
        return [*given, (self._sequence_number(*(value for value, _ in given[:3])), None)]

    def signed(self, focus: int) -> list[Given]:
        """Return an edge, a message, how it is signed and, mostly, a sequence number."""
        *given, number = self.numbered(focus)
        signature = self._draw.one_of(_SIGNATURES)
        return [*given, (signature, None), number if self._draw.random() < 0.6 else (None, None)]

    def _sequence_number(self, sid: int, sender: str, receiver: str) -> int:
        """Return the number of the edge's next leaf, one near it, or one at a bound."""
        draw, session = self._draw, self._session(sid)
        following = 0 if session is None else len(session.auth.get((sender, receiver), ()))
        chance = draw.random()
        if chance < (0.65 if self._store.contract.h19 else 0.3):
            return following
        return draw.near_number(following) if chance < 0.8 else draw.one_of(NUMBERS)

    def typed(self, focus: int) -> list[Given]:
        """Return an endpoint and a type."""
        endpoint = self.endpoint(focus)
        return [endpoint, self.local_type(endpoint[0].sid)]

    def stepping(self, focus: int) -> list[Given]:
        """Return an endpoint and a label."""
        endpoint = self.endpoint(focus)
        return [endpoint, self.label(focus, endpoint[0])]

    def sids(self, focus: int) -> list[Given]:
        """Return a list of sids, in any order, with repeated, active and unknown ones."""
        ended = sorted(self._store.ended)
        if len(ended) > 1 and self._draw.random() < 0.6:
            turned = self._draw.below(len(ended))
            mixed = [*ended[turned:], *ended[:turned], *ended[:1]]
            return [(mixed, [self._pool.write_sid(sid) or sid for sid in mixed])]
        drawn = [self.sid(focus if self._draw.random() < 0.4 else self._any_sid()) for _ in range(self._draw.below(4))]
        written = [sid if reference is None else reference for sid, reference in drawn]
        return [([sid for sid, _ in drawn], written)]

    def _any_sid(self) -> int:
        pool = self._pool
        return self._draw.one_of(tuple(pool.sids)) if pool.sids else self._draw.number()

    def mutation(self, focus: int) -> Given:
        """Return a host mutation of any kind."""
        draw = self._draw
        chance = draw.random()
        if chance < 0.25:
            return SetDefaultHandler(self.handler(focus)), None
        edge, written = self.bound_elsewhere(focus) if draw.random() < 0.3 else self.edge_to_change(focus)
        binds = chance < 0.65
        change: HostMutation = (
            UpdateEdgeHandler(edge, self.handler(focus)) if binds else UpdateTrace(edge, self._trace())
        )
        if written is None:
            return change, None
        return change, {type(change).__name__: {**as_json(change), "edge": written}}

    def handler(self, focus: int) -> str:
        """Return the name of a handler, now and then one that looks like a bound one, or the empty name."""
        draw, session = self._draw, self._session(focus)
        known = () if session is None else (session.default_handler, *session.edge_handlers.values())
        if known and draw.cast.doubles and draw.random() < 0.3:
            return draw.double(draw.one_of(known), 1)
        return draw.one_of(draw.cast.handler)

    def default_handler(self, focus: int) -> list[Given]:
        """Return a session and its new default handler, often none."""
        return [self.sid(focus), ("" if self._draw.random() < 0.4 else self.handler(focus), None)]

    def edge_to_change(self, focus: int) -> Given:
        """Return an edge for a handler or a trace, now and then with a role that is not listed."""
        edge, written = self.edge(focus)
        if written is not None and self._draw.random() < 0.15:
            edge = Edge(receiver=edge.receiver, sender="unlisted", sid=edge.sid)
            written = {**written, "sender": edge.sender}
        return edge, written

    def bound_elsewhere(self, focus: int) -> Given:
        """Return an edge for a mutation of the focus whose roles may be bound there, under any sid."""
        edge, written = self.known_edge(focus)
        if self._draw.random() < 0.7:
            sid = self._draw.one_of(_ELSEWHERE) if self._draw.random() < 0.7 else self._draw.near_number(focus)
            edge = Edge(receiver=edge.receiver, sender=edge.sender, sid=sid)
            written = None
        return edge, written

    def _trace(self) -> tuple[ValType, ...]:
        return tuple(self._draw.val_type() for _ in range(self._draw.below(3)))

    def decoding(self, focus: int) -> list[Given]:
        """JSON for an edge, with or without a hint."""
        draw = self._draw
        return [(draw.edge_json(), None), (draw.number() if draw.random() < 0.5 else None, None)]

    def dying(self, focus: int) -> list[Given]:
        """Return a session and the name of its owner, mostly."""
        sid = self.sid(focus)
        session = self._session(sid[0])
        live = session.ownership.current if session is not None else None
        name = live.owner_id if live is not None and self._draw.random() < 0.6 else self.owner()
        name = self._draw.double(name, 0.3)
        return [sid, (name, None)]

    def site(self) -> Given:
        """Return the name of a site, now and then one that looks like it."""
        return self._draw.double(self._draw.name(self._draw.cast.site), 0.2), None

    def tick(self) -> Given:
        """Return a tick near the clock, or when a timeout that waits ends; seldom before the clock or at the top."""
        draw, timeouts = self._draw, self._store.timeouts
        clock = timeouts.clock
        soon = [waiting.until_tick for waiting in timeouts.live.values() if waiting.until_tick < clock + 6]
        if soon and draw.random() < 0.3:
            return draw.one_of(soon), None
        near = min(U64_MAX, max(0, clock - 1 + draw.below(6)))
        return (draw.number() if draw.random() < 0.05 + draw.oddness * 0.2 else near), None


def _draw(arguments: Arguments) -> Drawing:
    return arguments._draw


_ELSEWHERE: Final = (0, 0, 1, 2, 9, 10, U64_MAX)
"""Sids of foreign edges: below and above those of sessions, and in another order as texts."""
_EVENTS: Final = get_args(AuditEvent)
_SIGNATURES: Final = (*get_args(SignatureKind), "valid", "valid", "corrupt")
_RECEIPT_FIELDS: Final = OwnershipReceipt.__struct_fields__
_WITNESS_FIELDS: Final = ReadinessWitness.__struct_fields__
_Lister: TypeAlias = Callable[[Arguments, int], list[Given]]


def _name(of: Arguments, sort: str) -> Given:
    draw = _draw(of)
    return draw.name(getattr(draw.cast, sort)), None


_BY_PARAMETERS: Final[dict[tuple[str, ...], _Lister]] = {
    (): lambda of, focus: [],
    ("sid",): lambda of, focus: [of.sid(focus)],
    ("session_ids",): Arguments.sids,
    ("roles", "initial_types", "buffer_config"): lambda of, focus: of.open(),
    ("sid", "roles", "initial_types", "buffer_config"): Arguments.open_with_sid,
    ("roles", "initial_types"): lambda of, focus: of.open()[:2],
    ("sid", "owner_id", "scope"): lambda of, focus: [of.sid(focus), (of.owner(), None), (_draw(of).scope(), None)],
    ("sid", "owner_id"): Arguments.dying,
    ("capability",): lambda of, focus: [of.capability(focus)],
    ("capability", "new_owner_id", "new_scope"): Arguments.transferring,
    ("capability", "new_scope"): Arguments.attenuating,
    ("capability", "mutation"): lambda of, focus: [of.capability(focus), of.mutation(focus)],
    ("capability", "predicate_ref"): lambda of, focus: [of.capability(focus), _name(of, "predicate")],
    ("capability", "witness"): lambda of, focus: [of.capability(focus), of.witness(focus)],
    ("receipt",): lambda of, focus: [of.receipt(focus)],
    ("receipt", "reason"): lambda of, focus: [of.receipt(focus), (_draw(of).name(REASONS), None)],
    ("edge",): lambda of, focus: [of.known_edge(focus)],
    ("ep",): lambda of, focus: [of.endpoint(focus)],
    ("ep", "new_type"): Arguments.typed,
    ("ep", "new_original"): Arguments.typed,
    ("ep", "label"): Arguments.stepping,
    ("lt",): lambda of, focus: [of.local_type(focus)],
    ("cont", "original"): Arguments.unfolding,
    ("sid", "from_", "to"): Arguments.message_edge,
    ("sid", "from_", "to", "val"): Arguments.message,
    ("sid", "from_", "to", "val", "sequence_no"): Arguments.numbered,
    ("sid", "from_", "to", "val", "signature", "sequence_no"): Arguments.signed,
    ("sid", "plan", "buffer_config"): Arguments.open_from_plan,
    ("edge", "handler"): lambda of, focus: [of.edge_to_change(focus), (of.handler(focus), None)],
    ("sid", "handler"): Arguments.default_handler,
    ("edge", "trace"): lambda of, focus: [of.edge_to_change(focus), (of._trace(), None)],
    ("form",): lambda of, focus: [("binary", None)],
    ("event",): lambda of, focus: [(_draw(of).one_of(_EVENTS), None)],
    ("value", "session_hint"): Arguments.decoding,
    ("site", "until_tick"): lambda of, focus: [of.site(), of.tick()],
    ("tick",): lambda of, focus: [of.tick()],
}
"""How the arguments of an operation are drawn: operations that take the same are drawn for alike."""
_LISTERS: Final = {name: _BY_PARAMETERS[OPERATIONS[name].parameters] for name in sorted(ALL_OPERATIONS)}
