"""The programs of the corpus that walk through the further surface of the store (contract §13 to §16 and §19)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, TypeAlias, get_args

from telltale_conformance.model.operations import those
from telltale_conformance.model.signatures import SignatureKind
from telltale_conformance.model.values import AuditEvent

Call: TypeAlias = tuple[str, dict[str, Any]]

_LOOP: Final[dict[str, Any]] = {
    "Mu": {
        "body": {"Send": {"branches": [[{"name": "m", "sort": "Nat"}, "Nat", {"Var": "t"}]], "partner": "B"}},
        "var": "t",
    }
}
_PLAN: Final[dict[str, Any]] = {"initial_types": {"A": _LOOP}, "roles": ["A", "B"]}
_RECEIVES: Final = tuple(sorted(those(lambda operation: operation.name.startswith("recv"))))
_EDGE: Final[dict[str, Any]] = {"receiver": "B", "sender": "A"}


def signed_calls() -> Iterator[Call]:
    """Yield sends with every signature, each received in every way; then sequence numbers, right and wrong."""
    yield "open", _PLAN
    edge = {"from": "A", "sid": 0, "to": "B"}
    for receive in _RECEIVES:
        for signature in get_args(SignatureKind):
            yield "send_signed", {**edge, "signature": signature, "val": {"Str": signature}}
            yield "has_message", edge
            yield receive, edge
            yield "recv_signed", edge
        yield "observe", {"sid": 0}
    for number in (0, 24, 24, 25, 7):
        yield "send_with_sequence", {**edge, "sequence_no": number, "val": {"Nat": number}}
        yield "send_signed", {**edge, "sequence_no": number, "signature": "valid", "val": {"Nat": number}}
    for _ in range(6):
        yield "recv_verified_signed", edge
    yield from _refused_messages(edge)


def _refused_messages(edge: dict[str, Any]) -> Iterator[Call]:
    """Yield sends and receives without a session, without a buffer, and after a close."""
    for other in ({**edge, "sid": 1}, {**edge, "to": "Z"}, {**edge, "from": "B", "to": "A"}):
        yield "send_signed", {**other, "signature": "corrupt", "val": "Unit"}
        yield "send_with_sequence", {**other, "sequence_no": 0, "val": "Unit"}
        for receive in _RECEIVES:
            yield receive, other
    yield "send", {**edge, "val": "Unit"}
    yield "close", {"sid": 0}
    yield "send_with_sequence", {**edge, "sequence_no": 0, "val": "Unit"}
    for receive in _RECEIVES:
        yield receive, edge


def host_calls() -> Iterator[Call]:
    """Yield the calls of the host before and after every change of the ownership, with reloads between them."""
    yield "open", _PLAN
    yield from _changed_by_the_host(0, "first")
    yield "claim_ownership", {"owner_id": "a", "scope": "Session", "sid": 0}
    yield from _changed_by_the_host(0, "owned")
    for sid, handler in ((7, "foreign"), (0, "own")):
        edge = {**_EDGE, "sid": sid}
        mutation = {"UpdateEdgeHandler": {"edge": edge, "handler": handler}}
        yield "apply_owned_session_mutation", {"capability": {"$ref": 11}, "mutation": mutation}
        yield "lookup_handler", {"edge": {**_EDGE, "sid": 0}}
        yield "reload", {"form": "binary"}
        yield "lookup_handler", {"edge": {**_EDGE, "sid": 0}}
    yield "mark_owner_died", {"owner_id": "a", "sid": 0}
    yield from _changed_by_the_host(0, "ended")
    yield "open", _PLAN
    yield "set_default_handler_for_session", {"handler": "", "sid": 1}
    yield "has_bound_handler", {"sid": 1}
    yield "close", {"sid": 1}
    yield from _changed_by_the_host(1, "closed")
    yield "reload", {"form": "binary"}
    yield "observe", {"sid": 1}
    yield from _changed_by_the_host(2, "unknown")


def _changed_by_the_host(sid: int, handler: str) -> Iterator[Call]:
    """Yield ten calls: the three that change, for a listed and an unknown role, and what is seen of them."""
    edge = {**_EDGE, "sid": sid}
    unlisted = {**edge, "receiver": "Z"}
    yield "update_handler", {"edge": edge, "handler": handler}
    yield "lookup_handler", {"edge": edge}
    yield "update_handler", {"edge": unlisted, "handler": ""}
    yield "lookup_handler", {"edge": unlisted}
    yield "set_default_handler_for_session", {"handler": handler, "sid": sid}
    yield "default_handler_for_session", {"sid": sid}
    yield "update_trace", {"edge": unlisted, "trace": ["Nat", {"Chan": {"role": "A", "sid": sid}}]}
    yield "lookup_trace", {"edge": unlisted}
    yield "has_bound_handler", {"sid": sid}
    yield "observe", {"sid": sid}


def plan_calls() -> Iterator[Call]:
    """Yield sessions opened from one plan, changed, opened again, and reaped; then the states of artifacts."""
    resize = {"initial_capacity": 1, "mode": "Fifo", "policy": {"Resize": {"max_capacity": 3}}}
    edge = {"from": "A", "sid": 0, "to": "B"}
    yield "open_with_sid_from_plan", {"plan": _PLAN, "sid": 0}
    yield "advance", {"ep": {"role": "A", "sid": 0}, "label": "m"}
    yield "update_type", {"ep": {"role": "A", "sid": 0}, "new_type": "End"}
    yield "claim_ownership", {"owner_id": "a", "scope": "Session", "sid": 0}
    yield "send", {**edge, "val": "Unit"}
    for sid in (3, 4):
        yield "open_with_sid_from_plan", {"buffer_config": resize, "plan": _PLAN, "sid": sid}
        yield "observe", {"sid": sid}
    yield "open_with_sid_from_plan", {"buffer_config": None, "plan": {**_PLAN, "roles": ["B", "A"]}, "sid": 5}
    yield "open_with_sid_from_plan", {"plan": {**_PLAN, "roles": ["A", "B", "A"]}, "sid": 6}
    yield "close", {"sid": 0}
    yield "open_with_sid_from_plan", {"plan": _PLAN, "sid": 0}
    yield "validate_ownership_capability", {"capability": {"$ref": 3}}
    yield "reap_sessions", {"session_ids": [0, 3]}
    yield "reload", {"form": "binary"}
    yield "open_with_sid_from_plan", {"plan": _PLAN, "sid": 8}
    for sid in (0, 4, 5, 6, 8):
        yield "observe", {"sid": sid}
    yield "plan", _PLAN
    yield "memory_usage", {}
    for event in get_args(AuditEvent):
        yield "lifecycle_state", {"event": event}
