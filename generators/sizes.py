"""Large things, one in each program: sessions, roles, branches, depths, capacities, texts, numbers (contract §5 on)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import msgspec

from telltale_conformance.generators.drawing import NUMBERS, SPELLINGS, Drawing
from telltale_conformance.generators.steps import RELOAD, Act
from telltale_conformance.lean_traces.strict_json import SpelledNumber
from telltale_conformance.model.operations import those
from telltale_conformance.model.plan import PlanInput
from telltale_conformance.model.store import Store
from telltale_conformance.model.types.local_types import LocalType, Recv, Send
from telltale_conformance.model.types.payloads import Nat, ProdType, ProdValue, Str, ValType, Value
from telltale_conformance.model.types.trees import END, Branch, Label, Mu, Var
from telltale_conformance.model.values import (
    SESSION,
    U64_MAX,
    BufferConfig,
    Edge,
    Endpoint,
    Fragments,
    OwnershipCapability,
    Resize,
    ResizeBounds,
    SetDefaultHandler,
    UpdateEdgeHandler,
    UpdateTrace,
)

_LOOKS: Final = sorted(those(lambda operation: operation.reads_only and not operation.parameters))
_SESSIONS: Final = 258
_REAPED: Final = 72
_PLANS: Final = 70
_ROLES: Final = 258
_FAR_SIDS: Final = (2**16, 2**16 + 1, 2**31, 2**32, 2**32 + 1, 2**53, 2**53 + 1, 2**63, 2**64 - 2)
"""Session ids that are the same as others, or as one another, in fewer bits or as a double."""
_CAPACITIES: Final = (2**16, 2**31, 2**32, 2**32 + 1, 2**53 + 1, 2**63, U64_MAX)
_LENGTHS: Final = (4_095, 4_097, 65_537)


def many_sessions(draw: Drawing, store: Store) -> Iterator[Act]:
    """Open more sessions than a byte counts, and some with ids that are alike in fewer bits."""
    roles = draw.cast.role[:2]
    types = {roles[0]: Send(roles[1], (Branch(Label("m"), None, END),))}
    first = store.next_sid
    yield from (Act("open", (roles, types if count % 64 == 0 else {}, None)) for count in range(_SESSIONS))
    yield from (Act("open_with_sid", (sid, roles, types, None)) for sid in _FAR_SIDS)
    known = (first, first + 1, first + 255, first + 256, first + 257, *_FAR_SIDS)
    for place, sid in enumerate(known):
        yield Act("claim_ownership", (sid, f"owner {place}", SESSION))
        yield Act("send", (sid, *roles, Nat(place)))
    for sid in known:
        yield Act("current_ownership", (sid,))
        yield Act("recv", (sid, *roles))
    yield from (Act("close", (sid,)) for sid in known[::2])
    yield from (Act("close", (first + count,)) for count in range(2, _REAPED))
    yield from (Act(name, ()) for name in _LOOKS)
    yield Act("reap_closed", ())
    yield from (Act(name, ()) for name in _LOOKS)
    yield from (Act("open", (roles, {}, None)) for _ in range(3))
    yield from (Act("open_with_sid", (sid, roles, types, None)) for sid in (U64_MAX, U64_MAX, 0))
    yield Act("next_session_id", ())
    yield Act("close", (U64_MAX,))
    yield Act("reap_sessions", ([U64_MAX],))
    yield RELOAD
    yield Act("open", (roles, {}, None))
    yield from (Act(name, ()) for name in _LOOKS)


def many_plans(draw: Drawing, store: Store) -> Iterator[Act]:
    """Open from more plans than a small table keeps, each a little different, and from some of them again."""
    roles = draw.cast.role[:2]
    plans = [
        PlanInput({roles[0]: Send(roles[1], (Branch(Label(f"m{number}"), None, END),))}, roles)
        for number in range(_PLANS)
    ]
    again = (0, 1, _PLANS - 64, _PLANS - 2, _PLANS - 1)
    for plan in (*plans, *(plans[number] for number in again)):
        sid = store.next_sid
        yield Act("open_with_sid_from_plan", (sid, plan, None))
        yield Act("lookup_type", (Endpoint(role=roles[0], sid=sid),))


def many_roles(draw: Drawing, store: Store) -> Iterator[Act]:
    """Open a session with more roles than a byte counts; the last ones send to the first ones."""
    roles = tuple(f"{draw.cast.role[0]}{number}" for number in range(_ROLES))
    pairs = [(0, 1), (0, 256), (256, 0), (257, 256), (1, 257), (255, 256), *((place, 2) for place in range(3, 43))]
    types: dict[str, LocalType] = {}
    for sender, receiver in pairs:
        types[roles[sender]] = Send(roles[receiver], (Branch(Label("m"), None, types.get(roles[sender], END)),))
    sid = store.next_sid
    yield Act("plan", (roles, types))
    yield Act("open", (roles, types, None))
    yield from (Act("send", (sid, roles[one], roles[other], Nat(one))) for one, other in pairs)
    yield Act("observe", (sid,))
    yield from (Act("recv", (sid, roles[one], roles[other])) for one, other in pairs)
    yield from (Act("advance", (Endpoint(role=role, sid=sid), "m")) for role in [*types][:6])
    yield Act("claim_ownership", (sid, "a", SESSION))
    live = OwnershipCapability(0, "a", SESSION, sid)
    edge = Edge(receiver=roles[1], sender=roles[0], sid=sid)
    yield Act("apply_owned_session_mutation", (live, UpdateTrace(edge, ("Nat", "Bool", "Unit") * 100)))
    yield Act("lookup_trace", (edge,))
    edges = [Edge(receiver=roles[0], sender=roles[place], sid=sid) for place in range(1, 75)]
    yield from (Act("apply_owned_session_mutation", (live, UpdateEdgeHandler(edge, edge.sender))) for edge in edges)
    yield from (Act("lookup_handler", (edge,)) for edge in edges[::9])
    yield Act("attenuate_ownership_scope", (live, Fragments(roles)))
    yield Act("current_ownership", (sid,))
    yield from (Act("lookup_type", (Endpoint(role=roles[place], sid=sid),)) for place in (0, 255, 256, 257))


def many_branches(draw: Drawing, store: Store) -> Iterator[Act]:
    """Choose among many branches, each with its own partner: follow the first ones, the last, one between."""
    count = draw.one_of((10, 17, 33, 257))
    labels = [f"{draw.cast.label[0]}{number}" for number in range(count)]
    branches = tuple(
        Branch(Label(label, "Nat" if place % 2 else "Unit"), None, Recv(f"P{place}", (Branch(Label("m"), None, END),)))
        for place, label in enumerate(labels)
    )
    followed = sorted({0, 1, 2, 8, count // 2, count - 1})
    roles = (*draw.cast.role[:2], *(f"P{place}" for place in followed))
    for place in followed:
        asked = (labels[place], labels[-1], "none")
        yield from _followed(store, roles, Send(roles[1], branches), asked)


def _followed(store: Store, roles: tuple[str, ...], followed: LocalType, labels: tuple[str, ...]) -> Iterator[Act]:
    """Open a session whose first role has a type; resolve each label there, and follow the first."""
    sid = store.next_sid
    endpoint = Endpoint(role=roles[0], sid=sid)
    yield Act("open", (roles, {roles[0]: followed}, None))
    yield from (Act("lookup_branch_resolution", (endpoint, label)) for label in labels)
    yield Act("advance", (endpoint, labels[0]))
    yield Act("lookup_type", (endpoint,))
    yield Act("observe", (sid,))


def deep_types(draw: Drawing, store: Store) -> Iterator[Act]:
    """Nest choices, recursions and payloads, with a new partner at the bottom; follow the type down to it."""
    depth = 20 + draw.below(15)
    a, b, c = "A", "B", "C"
    deep: LocalType = Send(c, (Branch(Label("last"), _nested_type(depth), Var("v0")),))
    for level in reversed(range(depth)):
        other = (Branch(Label("other"), None, END),) if level % 5 == 0 else ()
        deep = Send(b, (*other, Branch(Label("m"), None, deep)))
        if level % 4 == 0:
            deep = Mu(f"v{level}", deep)
    chain: LocalType = Send(c, (Branch(Label("last"), None, END),))
    for _ in range(depth):
        chain = Recv(a, (Branch(Label("m"), None, chain),))
    sid = store.next_sid
    endpoint = Endpoint(role=a, sid=sid)
    yield Act("plan", ((a, b, c), {a: deep, b: chain}))
    yield Act("open", ((a, b, c), {a: deep, b: chain}, None))
    yield Act("send", (sid, b, c, _nested_value(2 * depth)))
    yield Act("observe", (sid,))
    yield Act("send", (sid, a, c, _nested_value(depth)))
    yield Act("recv", (sid, a, c))
    yield from (Act("advance", (endpoint, "m")) for _ in range(depth))
    yield Act("lookup_branch_resolution", (endpoint, "last"))
    yield Act("advance", (endpoint, "last"))
    yield Act("lookup_type", (endpoint,))
    yield Act("unfold_mu", (deep,))


def _nested_type(depth: int) -> ValType:
    nested: ValType = "Nat"
    for level in range(depth):
        nested = ProdType(nested, "Bool") if level % 2 else ProdType("String", nested)
    return nested


def _nested_value(depth: int) -> Value:
    nested: Value = Nat(depth)
    for level in range(depth):
        nested = ProdValue(nested, Nat(level)) if level % 2 else ProdValue(Str("x"), nested)
    return nested


def large_capacities(draw: Drawing, store: Store) -> Iterator[Act]:
    """Give capacities that fewer bits do not hold: of buffers that are not there, and as what a buffer may reach."""
    types = {"A": Send("B", (Branch(Label("m"), None, END),))}
    for capacity in _CAPACITIES:
        sid = store.next_sid
        without = BufferConfig(initial_capacity=capacity, mode="Fifo", policy=Resize(ResizeBounds(capacity)))
        yield Act("open", (("A", "B"), {}, without))
        yield Act("observe", (sid,))
        sid = store.next_sid
        growing = BufferConfig(initial_capacity=1, mode="Fifo", policy=Resize(ResizeBounds(capacity)))
        yield Act("open", (("A", "B"), types, growing))
        yield from (Act("send", (sid, "A", "B", Nat(capacity - number))) for number in range(3))
        yield Act("observe", (sid,))
        yield from (Act("recv", (sid, "A", "B")) for _ in range(3))


def long_texts(draw: Drawing, store: Store) -> Iterator[Act]:
    """Use names of thousands of characters, each with another that differs in its last one."""
    length = draw.one_of(_LENGTHS)
    letter = draw.one_of(("x", "é", "😀")) if length < _LENGTHS[-1] else "x"
    text, other = f"{letter * length}a", f"{letter * length}b"
    roles = (text, other, "B")
    types: dict[str, LocalType] = {
        text: Send("B", (Branch(Label(text), None, END), Branch(Label(other), None, Recv("B", ()))))
    }
    sid = store.next_sid
    edge = Edge(receiver="B", sender=text, sid=sid)
    yield Act("open", (roles, types, None))
    yield Act("claim_ownership", (sid, text, SESSION))
    live = OwnershipCapability(0, text, SESSION, sid)
    yield Act("validate_ownership_capability", (OwnershipCapability(0, other, SESSION, sid),))
    yield Act("issue_readiness_witness", (live, text))
    yield Act("apply_owned_session_mutation", (live, SetDefaultHandler(text)))
    yield Act("apply_owned_session_mutation", (live, UpdateEdgeHandler(edge, other)))
    yield Act("lookup_handler", (edge,))
    yield Act("lookup_handler", (Edge(receiver="B", sender=other, sid=sid),))
    yield Act("default_handler_for_session", (sid,))
    yield Act("send", (sid, text, "B", Str(text)))
    yield Act("send", (sid, other, "B", Str(other)))
    yield Act("recv", (sid, text, "B"))
    yield Act("advance", (Endpoint(role=other, sid=sid), text))
    yield Act("advance", (Endpoint(role=text, sid=sid), other))
    yield Act("attenuate_ownership_scope", (live, Fragments((text, other))))
    yield Act("mark_owner_died", (sid, other))
    sid = store.next_sid
    yield Act("open", (roles, types, None))
    yield Act("claim_ownership", (sid, text, SESSION))
    live = OwnershipCapability(0, text, SESSION, sid)
    yield Act("begin_ownership_transfer", (live, other, Fragments((other, text))))
    pending = store.sessions[sid].ownership.pending
    if pending is not None:
        yield Act("rollback_ownership_transfer", (msgspec.structs.replace(pending, to_owner_id=text),))
        yield Act("fault_failed_transfer_commit", (pending, other))
    yield Act("issue_timeout_witness", (text, 1))
    yield Act("issue_timeout_witness", (other, 1))
    yield Act("advance_clock", (max(1, store.timeouts.clock),))
    yield Act("observe", (sid,))


def numbers_as_json(draw: Drawing, store: Store) -> Iterator[Act]:
    """Give every spelling of a number as a session id, in both forms of an edge, with a hint and without."""
    for spelling in SPELLINGS:
        sid: object = SpelledNumber(spelling)
        yield Act("decode_edge_json", ({"receiver": "B", "sender": "A", "sid": sid}, draw.one_of((None, 7))))
        yield Act("decode_edge_json", ([sid, "A", "B"], draw.one_of((None, 7))))
    for number in NUMBERS:
        yield Act("decode_edge_json", ({"receiver": "B", "sender": "A", "sid": number}, None))
        yield Act("decode_edge_json", (["A", "B"], number))
        yield Act("decode_edge_json", ({"receiver": "B", "sender": "A"}, number))


Sized = Callable[[Drawing, Store], Iterator[Act]]
SIZES: Final[dict[str, Sized]] = {
    "many sessions": many_sessions,
    "many plans": many_plans,
    "many roles": many_roles,
    "many branches": many_branches,
    "deep type": deep_types,
    "large capacity": large_capacities,
    "long text": long_texts,
    "number as JSON": numbers_as_json,
}
"""By the relation that the cells of their steps have."""
