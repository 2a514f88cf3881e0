"""One well-formed request for every operation, and the same requests with other names, numbers and types in them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

from telltale_conformance.lean_traces.codec import CODECS
from telltale_conformance.lean_traces.printing import encode
from telltale_conformance.model.operations import OPERATIONS, Operation
from telltale_conformance.oracle.adapters.protocol import Request

_CAPABILITY: Final = {"session_id": 0, "owner_id": "alice", "generation": 0, "scope": "Session"}
_RECEIPT: Final = {
    "session_id": 0,
    "claim_id": 1,
    "from_owner_id": "alice",
    "from_generation": 0,
    "to_owner_id": "bob",
    "to_generation": 1,
    "scope": {"Fragments": ["left", "right"]},
}
_WITNESS: Final = {
    "witness_id": 1,
    "session_id": 0,
    "owner_id": "alice",
    "generation": 0,
    "scope": "Session",
    "predicate_ref": "ready",
}
_LABEL: Final = {"name": "ask", "sort": "Nat"}
_SEND: Final = {"Send": {"partner": "B", "branches": [[_LABEL, "Nat", "End"]]}}
_STOP: Final = {"name": "stop", "sort": "Unit"}
_RECEIVE: Final = {"Recv": {"partner": "A", "branches": [[_LABEL, None, {"Var": "again"}], [_STOP, None, "End"]]}}
_LOOP: Final = {"Mu": {"var": "again", "body": _RECEIVE}}
_EDGE: Final = {"sid": 0, "sender": "A", "receiver": "B"}
_EXAMPLES: Final[dict[str, Any]] = {
    "roles": ["A", "B"],
    "initial_types": {"A": _SEND, "B": _LOOP},
    "buffer_config": {"mode": "Fifo", "initial_capacity": 2, "policy": {"Resize": {"max_capacity": 8}}},
    "sid": 0,
    "session_ids": [0, 7],
    "owner_id": "alice",
    "new_owner_id": "bob",
    "scope": "Session",
    "new_scope": {"Fragments": []},
    "capability": _CAPABILITY,
    "receipt": _RECEIPT,
    "reason": "disk full",
    "mutation": {"UpdateTrace": {"edge": _EDGE, "trace": ["Nat", {"Prod": ["Bool", "String"]}]}},
    "predicate_ref": "ready",
    "witness": _WITNESS,
    "edge": _EDGE,
    "ep": {"sid": 0, "role": "A"},
    "label": "ask",
    "new_type": _SEND,
    "new_original": _LOOP,
    "lt": _LOOP,
    "cont": {"Var": "again"},
    "original": _LOOP,
    "from": "A",
    "to": "B",
    "val": {"Prod": [{"Nat": 3}, {"Str": "three"}]},
    "value": {"sender": "A", "receiver": "B"},
    "session_hint": 0,
    "site": "door",
    "until_tick": 5,
    "tick": 9,
    "plan": {"roles": ["A", "B"], "initial_types": {"A": _SEND, "B": _LOOP}},
    "sequence_no": 0,
    "signature": "valid",
    "form": "binary",
    "handler": "printer",
    "trace": ["Nat", {"Prod": ["Bool", "String"]}],
    "index": 0,
    "root": [0] * 32,
    "leaf": [0] * 32,
    "proof": {"index": 0, "siblings": [[0] * 32], "sibling_on_left": [False]},
    "event": "Issued",
    "type": "Edge",
    "text": '{"sid":0,"sender":"A","receiver":"B"}',
}
"""A value for every argument that an operation takes, by the argument's name."""


def _well_formed(op: str) -> Request:
    arguments = {name: _EXAMPLES[name] for name in CODECS[op].wire_names.values()}
    if "sid" in arguments and OPERATIONS[op].gives == "session":
        arguments["sid"] = 7
    return Request(op, encode(arguments))


def _turn(operation: Operation) -> int:
    """Return when an operation is asked: opening first, what ends sessions last, so that most requests succeed."""
    if operation.gives == "session":
        return 0
    if operation.reads_only or operation.gives:
        return 1
    return 3 if operation.section == "§5" else 2


WELL_FORMED: Final = {
    operation.name: _well_formed(operation.name) for operation in sorted(OPERATIONS.values(), key=_turn)
}
"""The requests by operation, in the order in which they are to be asked."""

SIDS: Final = ("sid", "session_id")
"""The members that name a session."""
NAMES: Final = frozenset({"A", "B", "alice", "bob", "ready", "door", "printer", "ask", "again", "left", "right"})
"""The names that stand in the requests; all of them can be exchanged for others."""


def rebuilt(value: Any, part: Callable[[str, Any], Any], member: str = "") -> Any:
    """Return a JSON value with each part that is neither list nor object replaced, names of members included."""
    if isinstance(value, dict):
        return {part("", name): rebuilt(inner, part, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [rebuilt(inner, part, member) for inner in value]
    return part(member, value)


def with_sid(request: Request, number: int) -> Request:
    """Return a request with this number for every session that it names."""
    return _changed(request, lambda member, value: number if member in SIDS and value is not None else value)


def with_names(request: Request, change: Callable[[str], str]) -> Request:
    """Return a request with every name changed alike."""
    return _changed(request, lambda _, value: change(value) if isinstance(value, str) and value in NAMES else value)


def with_deep_types(request: Request, levels: int) -> Request:
    """Return a request whose every ``End`` of a type is a type of so many levels."""
    deep: Any = "End"
    for _ in range(levels):
        deep = {"Send": {"partner": "B", "branches": [[{"name": "m", "sort": "Unit"}, None, deep]]}}
    return _changed(request, lambda _, value: deep if value == "End" else value)


def _changed(request: Request, part: Callable[[str, Any], Any]) -> Request:
    return Request(request.op, encode(rebuilt(json.loads(request.args), part)))
