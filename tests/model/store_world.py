"""What the tests of the store share: steps, plain JSON forms, snapshots, small sessions."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

import msgspec

from telltale_conformance.model.buffers import Buffer
from telltale_conformance.model.clock import Timeouts
from telltale_conformance.model.contract import HARDENED, TELLTALE_17, Contract
from telltale_conformance.model.operations import OPERATIONS, step
from telltale_conformance.model.state import ComputedTrees, Ownership, Session, TypeEntry
from telltale_conformance.model.store import Store, Totals
from telltale_conformance.model.types.immutable import Node
from telltale_conformance.model.types.local_types import LocalType, Recv, Send
from telltale_conformance.model.types.payloads import (
    Chan,
    ProdType,
    Value,
    encode_val_type,
    encode_value,
    val_type_from_json,
    value_from_json,
)
from telltale_conformance.model.types.trees import END, Branch, Label, Mu, Var
from telltale_conformance.model.types.type_json import encode_type, type_from_json
from telltale_conformance.model.values import SESSION, BufferConfig, DomainValue, Fragments, OwnershipCapability, Scope

BOTH = (TELLTALE_17, HARDENED)
TOP = 2**64 - 1

XY = Fragments(("x", "y"))
X = Fragments(("x",))
XZ = Fragments(("x", "z"))
NOTHING = Fragments(())


def branch(label: str, then: LocalType = END) -> Branch:
    """A branch without a value type."""
    return Branch(Label(label), None, then)


PING: dict[str, LocalType] = {"A": Send("B", (branch("ping"),)), "B": Recv("A", (branch("ping"),))}
"""A sends once to B: one edge, A → B."""

LOOP: dict[str, LocalType] = {
    "A": Mu("t", Send("B", (branch("more", Recv("B", (branch("ack", Var("t")),))), branch("stop")))),
    "B": Mu("t", Recv("A", (branch("more", Send("A", (branch("ack", Var("t")),))), branch("stop")))),
}
"""A and B talk in both directions: two edges, A → B and B → A."""


def plain(value: object) -> Any:
    """A model value as the JSON that the wire prints of it."""

    def node(value: object) -> msgspec.Raw:
        if isinstance(value, LocalType):
            return msgspec.Raw(encode_type(value))
        if isinstance(value, ProdType | Chan):
            return msgspec.Raw(encode_val_type(value))
        return msgspec.Raw(encode_value(cast("Value", value)))

    return json.loads(msgspec.json.encode(value, enc_hook=node))


@dataclass(frozen=True)
class Answer:
    """What an operation answered, in JSON; ``value`` is the model's own ok value."""

    ok: Any
    err: Any
    audit: list[Any]
    value: Any
    guard: str | None = None
    """The name of the guard that refused it."""


def run(store: Store, name: str, *arguments: object) -> Answer:
    """Carry out one operation of the contract by name."""
    outcome = step(store, OPERATIONS[name], arguments)
    error = None if outcome.error is None else plain(outcome.error.to_json())
    guard = None if outcome.error is None else outcome.error.guard.name
    return Answer(plain(outcome.ok), error, plain(list(outcome.audit)), outcome.ok, guard)


def do(store: Store, name: str, *arguments: object) -> Any:
    """Carry out one operation that must succeed; return the model's own value."""
    answer = run(store, name, *arguments)
    assert answer.err is None, (name, answer.err)
    return answer.value


def refusal(store: Store, name: str, *arguments: object, logs: Iterable[Any] = (), by: str | None = None) -> Any:
    """Carry out one operation that must be refused, change nothing and log just ``logs``; return its error.

    Args:
        store: the store.
        name: the operation.
        arguments: its arguments.
        logs: the records that the refusal appends.
        by: the name of the guard that must refuse it, where the test is about that.
    """
    before = snapshot(store)
    answer = run(store, name, *arguments)
    assert answer.err is not None, (name, answer.ok)
    after = snapshot(store)
    appended = []
    for sid, session in after["sessions"].items():
        length = len(before["sessions"][sid]["log"])
        appended += session["log"][length:]
        del session["log"][length:]
    assert after == before
    assert plain(appended) == answer.audit == list(logs)
    assert by is None or answer.guard == by, (name, answer.guard)
    return answer.err


def snapshot(value: Any) -> Any:
    """Everything a store holds, as plain comparable data; not which sessions a reload would look at."""
    if isinstance(value, Session):
        held = {name: getattr(value, name) for name in value.__slots__}
        fields = {name: snapshot(part) for name, part in held.items() if not isinstance(part, ComputedTrees)}
        return {**fields, "log": list(value.log)}
    if isinstance(value, Store | Ownership | TypeEntry | Buffer | Timeouts | Totals):
        return {name: snapshot(getattr(value, name)) for name in value.__slots__ if name != "unlike_reloaded"}
    if isinstance(value, Mapping):
        return {key: snapshot(each) for key, each in value.items()}
    if isinstance(value, list | deque):
        return [snapshot(each) for each in value]
    if isinstance(value, set):
        return set(value)
    assert isinstance(value, DomainValue | Node | tuple | str | bytes | int | None) or value in BOTH, type(value)
    return value


def opened(
    contract: Contract = TELLTALE_17,
    types: Mapping[str, LocalType] = PING,
    config: BufferConfig | None = None,
    roles: tuple[str, ...] = ("A", "B"),
) -> Store:
    """A store with one session, 0."""
    store = Store(contract)
    do(store, "open", roles, types, config)
    return store


def owned(
    contract: Contract = TELLTALE_17,
    scope: Scope = SESSION,
    owner: str = "ann",
    types: Mapping[str, LocalType] = PING,
) -> tuple[Store, OwnershipCapability]:
    """A store with one session, claimed; and its capability."""
    store = opened(contract, types)
    return store, do(store, "claim_ownership", 0, owner, scope)


def ended(contract: Contract) -> Store:
    """Sessions 0 active, 1 closed, 2 cancelled, 3 faulted by death, 4 faulted by a commit, 5 active."""
    store = Store(contract)
    for _ in range(6):
        do(store, "open", ("A", "B"), LOOP)
    do(store, "close", 1)
    for sid in (2, 3, 4):
        cap = do(store, "claim_ownership", sid, "ann", SESSION)
        if sid == 3:
            do(store, "mark_owner_died", 3, "ann")
        else:
            receipt = do(store, "begin_ownership_transfer", cap, "bob", SESSION)
            ending = ("cancel_abandoned_transfer",) if sid == 2 else ("fault_failed_transfer_commit",)
            do(store, *ending, receipt, *(() if sid == 2 else ("why",)))
    return store


def record(kind: str, artifact: object, event: str, reason: str | None = None, tick: int | None = None) -> Any:
    """An audit record in JSON."""
    return {"artifact": {kind: plain(artifact)}, "event": event, "reason": reason, "tick": tick}


def cap_record(artifact: object, event: str, reason: str | None = None) -> Any:
    """A capability's audit record."""
    return record("OwnershipCapability", artifact, event, reason)


def receipt_record(artifact: object, event: str, reason: str | None = None) -> Any:
    """A receipt's audit record."""
    return record("OwnershipReceipt", artifact, event, reason)


def witness_record(artifact: object, event: str, reason: str | None = None) -> Any:
    """A readiness witness's audit record."""
    return record("Readiness", artifact, event, reason)


typed = type_from_json
val_type = val_type_from_json
value = value_from_json


def _nat(number: int) -> Any:
    return value({"Nat": number})


TAMPERING = ["corrupt", "wrong_edge", "wrong_value"]


def tampered(contract: Contract, kind: str) -> Store:
    """Two messages A → B, 1 and 2, the first with a bad signature; and others elsewhere."""
    store = opened(contract, LOOP)
    do(store, "open", ("A", "B"), LOOP)
    for sid, pair in ((0, ("B", "A")), (1, ("A", "B"))):
        do(store, "send", sid, *pair, _nat(1))
    do(store, "send_signed", 0, "A", "B", _nat(1), kind)
    do(store, "send", 0, "A", "B", _nat(2))
    return store
