"""The program that uses signed messages, reload, host calls and plans so that each claim about them can be broken."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from telltale_conformance.lean_traces.programs import Program, Step
from telltale_conformance.model.operations import those

_PLAN: Final = {
    "roles": ["A", "B"],
    "initial_types": {
        "A": {"Send": {"branches": [[{"name": "m", "sort": "Unit"}, None, "End"]], "partner": "B"}},
        "B": {"Recv": {"branches": [[{"name": "m", "sort": "Unit"}, None, "End"]], "partner": "A"}},
    },
}
_OTHER_PLAN: Final = {**_PLAN, "initial_types": {"A": "End", "C": "End"}}
_SIGNATURES: Final = ("corrupt", "wrong_edge", "wrong_value", "other_receiver", "other_sequence", "valid")
_RECEIVES: Final = sorted(those(lambda operation: operation.result in ("value", "signed message")))
_A_TO_B: Final = {"sender": "A", "receiver": "B"}
_PLANNED: Final = range(10, 14)


def surface_program(contract: str) -> Program:
    """Return the program."""
    steps = (*_proofs(), *_plans(), *_signatures(), *_sequence(), *_host_calls(), *_reloads())
    numbered = tuple(Step(args=args, op=op, seq=seq) for seq, (op, args) in enumerate(steps))
    return Program(contract=contract, meta={"purpose": "surface"}, steps=numbered)


def _plans() -> Iterator[tuple[str, dict[str, Any]]]:
    """Open sessions from two plans, and see what one says of the others (contract §13)."""
    for plan in (_PLAN, _OTHER_PLAN):
        yield "plan", dict(plan)
    for sid in _PLANNED:
        yield "open_with_sid_from_plan", {"sid": sid, "plan": _OTHER_PLAN if sid % 2 else _PLAN}
        yield "observe", {"sid": sid}
        for plan in (_PLAN, _OTHER_PLAN):
            yield "plan", dict(plan)
    yield "advance", {"ep": {"sid": _PLANNED[0], "role": "A"}, "label": "m"}
    yield "send", {"sid": _PLANNED[0], "from": "A", "to": "B", "val": {"Nat": 1}}
    yield "observe", {"sid": _PLANNED[2]}
    yield "close", {"sid": _PLANNED[1]}
    yield "observe", {"sid": _PLANNED[3]}


def _signatures() -> Iterator[tuple[str, dict[str, Any]]]:
    """Receive messages with every kind of signature in every way (contract §14)."""
    for sid, receive in enumerate(_RECEIVES, 20):
        yield "open_with_sid", {**_PLAN, "sid": sid}
        edge = {"sid": sid, "from": "A", "to": "B"}
        for number, signature in enumerate(_SIGNATURES):
            yield "send_signed", {**edge, "val": {"Nat": number}, "signature": signature}
            yield receive, edge
            yield "has_message", edge
            yield "recv_signed", edge
        yield "observe", {"sid": sid}


def _sequence() -> Iterator[tuple[str, dict[str, Any]]]:
    """Receive messages with and without numbers of their own (contract §14)."""
    edge = {"sid": 30, "from": "A", "to": "B"}
    yield "open_with_sid", {**_PLAN, "sid": 30}
    for number in (0, 1, 2, 2, 1, 3, 4, 5):
        yield "send_with_sequence", {**edge, "val": {"Nat": number}, "sequence_no": number}
        yield "send", {**edge, "val": {"Nat": number}}
    for _ in range(8):
        yield "recv_verified_signed", edge
        yield "recv_verified", edge
        yield "recv_signed", edge


def _host_calls() -> Iterator[tuple[str, dict[str, Any]]]:
    """Ask for what only the owner may change, of an owned and of an ended session (contract §16)."""
    sid = 40
    edge = {"sid": sid, **_A_TO_B}
    yield "open_with_sid", {**_PLAN, "sid": sid}
    yield "update_handler", {"edge": edge, "handler": "mine"}
    yield "observe", {"sid": sid}
    yield "set_default_handler_for_session", {"sid": sid, "handler": "all"}
    yield "update_trace", {"edge": edge, "trace": ["Nat"]}
    yield "observe", {"sid": sid}
    yield "claim_ownership", {"sid": sid, "owner_id": "a", "scope": "Session"}
    for round_, end in enumerate((None, "mark_owner_died")):
        if end is not None:
            yield end, {"sid": sid, "owner_id": "a"}
        yield "update_handler", {"edge": edge, "handler": f"other-{round_}"}
        yield "set_default_handler_for_session", {"sid": sid, "handler": ""}
        yield "update_trace", {"edge": edge, "trace": ["Bool"] * (round_ + 2)}
        yield "lookup_handler", {"edge": edge}
        yield "lookup_trace", {"edge": edge}
        yield "default_handler_for_session", {"sid": sid}
        yield "observe", {"sid": sid}
    yield "has_bound_handler", {"sid": sid}


def _questions() -> Iterator[tuple[str, dict[str, Any]]]:
    for sid in (_PLANNED[0], _PLANNED[1], 20, 30, 40):
        yield "observe", {"sid": sid}
    yield "lookup_handler", {"edge": {"sid": 40, **_A_TO_B}}
    yield "authority_audit_log", {"sid": 40}
    yield "memory_usage", {}
    yield "archived_closed", {}
    yield "next_session_id", {}


def _reloads() -> Iterator[tuple[str, dict[str, Any]]]:
    """Ask everything before and after a reload (contract §15)."""
    for _ in range(2):
        yield from _questions()
        yield "reload", {"form": "binary"}
    yield from _questions()


def _proofs() -> list[tuple[str, dict[str, Any]]]:
    """Give proofs for leaves that are not where they say (contract §17); no hash is named, so every hash will do.

    It stands first, because it refers to its own steps.
    """
    edge = {"sid": 1, "edge": {"sid": 1, **_A_TO_B}}
    steps: list[tuple[str, dict[str, Any]]] = [("open_with_sid", {**_PLAN, "sid": 1}), ("auth_root", edge)]
    for number in range(3):
        steps.append(("send", {"sid": 1, "from": "A", "to": "B", "val": {"Nat": number}}))
        steps.append(("auth_leaves", edge))
        steps.append(("auth_root", edge))
        root = {"$ref": len(steps) - 1}
        for index in range(number + 1):
            steps.append(("auth_proof", {**edge, "index": index}))
            proof = {"$ref": len(steps) - 1}
            for forged in ({}, {"set": {"index": index + 4}}):
                steps.append(("auth_verify", {"root": root, "leaf": root, "proof": proof | forged}))
        bare = {"index": number, "siblings": [], "sibling_on_left": []}
        steps.append(("auth_verify", {"root": root, "leaf": root, "proof": bare}))
    return steps
