"""The alphabet of the bounded exploration: every operation of ownership with every argument of a small domain.

A label is an operation with its arguments as plain tuples, owners by number, so that it can be read with the owners'
names the other way round. All capabilities of the domain are tried with every operation in every state, and those
that are live by owner and generation with every further argument too. Receipts and witnesses are those that the
session has, each of them with every single field changed, and one that it never had. A host call, which H20 refuses
while the session is owned or over, and a reload are tried in every state.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import islice, product
from typing import Any, Final

from telltale_conformance.model.state import Session
from telltale_conformance.model.types.local_types import Recv, Send
from telltale_conformance.model.types.trees import END, Branch
from telltale_conformance.model.types.trees import Label as MessageLabel
from telltale_conformance.model.values import (
    SESSION,
    Edge,
    Fragments,
    OwnershipCapability,
    OwnershipReceipt,
    ReadinessWitness,
    Scope,
    SetDefaultHandler,
    UpdateEdgeHandler,
    UpdateTrace,
)

Label = tuple[Any, ...]
"""An operation's name and its arguments."""

SID: Final = 0
"""The session that is explored: the first one opened."""
ABSENT_SID: Final = 7
OWNERS: Final = ("a", "b")
SCOPES: Final[tuple[Scope, ...]] = (SESSION, Fragments(("x",)))
ROLES: Final = ("A", "B")
TYPES: Final = {
    "A": Send("B", (Branch(MessageLabel("m"), None, END),)),
    "B": Recv("A", (Branch(MessageLabel("m"), None, END),)),
}
_PREDICATES: Final = ("p", "q")
_EDGE: Final = Edge(receiver="B", sender="A", sid=SID)
_MUTATIONS: Final = {
    "edge": UpdateEdgeHandler(_EDGE, "g"),
    "handler": SetDefaultHandler("h"),
    "trace": UpdateTrace(_EDGE, ("Nat",)),
}
_GENERATIONS: Final = (0, 1, 2)

_CAPABILITIES: Final = tuple(
    ("cap", SID, owner, generation, scope) for owner in (0, 1) for generation in _GENERATIONS for scope in (0, 1)
)
"""Every capability of the domain."""
_FOREIGN: Final = ("cap", ABSENT_SID, 0, 0, 0)


def labels_of(session: Session) -> Iterator[Label]:
    """Yield every operation to be tried in a state, always in the same order."""
    for owner in (0, 1):
        for scope in (0, 1):
            yield "claim_ownership", SID, ("owner", owner), ("scope", scope)
        yield "mark_owner_died", SID, ("owner", owner)
    yield "claim_ownership", ABSENT_SID, ("owner", 0), ("scope", 0)
    yield "mark_owner_died", ABSENT_SID, ("owner", 0)
    for capability in (*_CAPABILITIES, _FOREIGN):
        every = None if _may_be_live(session, capability) else 1
        yield "validate_ownership_capability", capability
        yield "release_ownership", capability
        for owner, scope in islice(product((0, 1), (0, 1)), every):
            yield "begin_ownership_transfer", capability, ("owner", owner), ("scope", scope)
        for scope in islice((0, 1), every):
            yield "attenuate_ownership_scope", capability, ("scope", scope)
        for mutation in islice(_MUTATIONS, every):
            yield "apply_owned_session_mutation", capability, ("mutation", mutation)
        yield "issue_readiness_witness", capability, _PREDICATES[0]
        for witness in islice(_witnesses(session), every):
            yield "consume_readiness_witness", capability, witness
    for receipt in _receipts(session):
        yield "commit_ownership_transfer", receipt
        yield "rollback_ownership_transfer", receipt
        yield "cancel_abandoned_transfer", receipt
        yield "fault_failed_transfer_commit", receipt, "broken"
    yield "current_ownership", SID
    yield "default_handler_for_session", SID
    yield "set_default_handler_for_session", SID, "g"
    yield "reload", "binary"
    yield "close", SID


def _may_be_live(session: Session, capability: Label) -> bool:
    """Say whether owner and generation are the live ones, so that the other arguments matter."""
    live = session.ownership.current
    return live is not None and (OWNERS.index(live.owner_id), live.generation) == capability[2:4]


def _witnesses(session: Session) -> Iterator[Label]:
    ownership = session.ownership
    for witness in ownership.issued.values():
        owner = OWNERS.index(witness.owner_id)
        scope = SCOPES.index(witness.scope)
        sound = ("witness", SID, owner, witness.generation, scope, 0, witness.witness_id)
        yield sound
        yield from _changed(sound)
    for witness_id in sorted(ownership.consumed):
        yield "witness", SID, 0, 0, 0, 0, witness_id
    yield "witness", SID, 0, 0, 0, 0, ownership.next_witness_id


def _receipts(session: Session) -> Iterator[Label]:
    pending = session.ownership.pending
    if pending is None:
        sound: Label = ("receipt", SID, 1, 0, 0, 1, 1, 0)
    else:
        sound = (
            "receipt",
            SID,
            pending.claim_id,
            OWNERS.index(pending.from_owner_id),
            pending.from_generation,
            OWNERS.index(pending.to_owner_id),
            pending.to_generation,
            SCOPES.index(pending.scope),
        )
    yield sound
    yield from _changed(sound)


def _changed(artifact: Label) -> Iterator[Label]:
    """Yield the artifact with each of its fields changed in turn."""
    for place, _ in enumerate(artifact[1:], 1):
        value = artifact[place]
        binary = place in _BINARY[artifact[0]]
        other = ABSENT_SID if place == 1 else 1 - value if binary else value + 1
        yield (*artifact[:place], other, *artifact[place + 1 :])


_BINARY: Final = {"witness": {2, 4, 5}, "receipt": {3, 5, 7}}
"""Places of an artifact that hold an owner, a scope or a predicate: one of two."""


@cache
def instantiate(label: Label, *, swapped: bool) -> tuple[Any, ...]:
    """Return the model's arguments of a label, with the owners' names as they are or the other way round."""
    names = OWNERS[::-1] if swapped else OWNERS
    return tuple(_value(argument, names) for argument in label[1:])


def _value(argument: Any, names: tuple[str, ...]) -> Any:
    match argument:
        case ("owner", owner):
            return names[owner]
        case ("scope", scope):
            return SCOPES[scope]
        case ("mutation", name):
            return _MUTATIONS[name]
        case ("cap", sid, owner, generation, scope):
            return OwnershipCapability(generation, names[owner], SCOPES[scope], sid)
        case ("witness", sid, owner, generation, scope, predicate, witness_id):
            return ReadinessWitness(generation, names[owner], _PREDICATES[predicate], SCOPES[scope], sid, witness_id)
        case ("receipt", sid, claim_id, from_owner, from_generation, to_owner, to_generation, scope):
            return OwnershipReceipt(
                claim_id=claim_id,
                from_generation=from_generation,
                from_owner_id=names[from_owner],
                scope=SCOPES[scope],
                session_id=sid,
                to_generation=to_generation,
                to_owner_id=names[to_owner],
            )
    return argument
