"""The program in which what is done in one place is looked for in another: in a session beside it, or on another edge.

Two owned sessions have the same roles.  One is mutated, sent to and witnessed in, and both are looked at.  Then others
are opened from one plan, with other buffers (contract §2-§8, §13, §15).  At last the store is read back, the
host asks for what only the owner may, and the owner dies.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any, Final

from telltale_conformance.lean_traces.programs import Program, Step

_Asked = Iterator[tuple[str, dict[str, Any]]]
_BRANCHES: Final = [[{"name": "m", "sort": "Unit"}, None, "End"]]
_SENDS: Final = {"Send": {"branches": _BRANCHES, "partner": "B"}}
_PLAN: Final = {"roles": ["A", "B", "C"], "initial_types": {"A": _SENDS}}
_PAIRS: Final = (("B", "A"), ("A", "C"), ("A", "B"))
_BOUNDED: Final = {"mode": "Fifo", "initial_capacity": 2, "policy": "Block"}
_SIDS: Final = (1, 0)
_OWNER, _NEIGHBOUR = {"$ref": 3}, {"$ref": 2}


def neighbours_program(contract: str) -> Program:
    """Return the program, for a contract."""
    steps = chain(
        _owned(),
        _witnessed(),
        _mutated(),
        _sent(),
        _resized(),
        _planned(),
        _opened_again(),
        _read_back(),
        _asked_by_the_host(),
        _died(),
    )
    numbered = tuple(Step(args=args, op=op, seq=seq) for seq, (op, args) in enumerate(steps))
    return Program(contract=contract, meta={}, steps=numbered)


def _owned() -> _Asked:
    for sid in (0, 1):
        yield "open_with_sid", {**_PLAN, "sid": sid}
    for sid in _SIDS:
        yield "claim_ownership", {"sid": sid, "owner_id": "a", "scope": "Session"}


def _witnessed() -> _Asked:
    """Present to each owner what the other one was given: its witness and its receipt."""
    for owner in (_NEIGHBOUR, _OWNER):
        yield "issue_readiness_witness", {"capability": owner, "predicate_ref": "p"}
    yield "consume_readiness_witness", {"capability": _OWNER, "witness": {"$ref": 4}}
    yield "consume_readiness_witness", {"capability": _NEIGHBOUR, "witness": {"$ref": 5}}


def _looks() -> _Asked:
    for sid in _SIDS:
        yield "observe", {"sid": sid}


def _mutated() -> _Asked:
    """Mutate session 0 by its owner, and look at both sessions after each mutation."""
    yield from _looks()
    for sender, receiver in _PAIRS:
        edge = {"sid": 0, "sender": sender, "receiver": receiver}
        for mutation in (
            {"UpdateEdgeHandler": {"edge": edge, "handler": f"{sender}-{receiver}"}},
            {"UpdateTrace": {"edge": edge, "trace": ["Nat"]}},
            {"SetDefaultHandler": {"handler": f"default-{receiver}"}},
        ):
            yield "apply_owned_session_mutation", {"capability": _OWNER, "mutation": mutation}
            yield from _looks()
        for sid in _SIDS:
            yield "lookup_handler", {"edge": {**edge, "sid": sid}}
            yield "lookup_trace", {"edge": {**edge, "sid": sid}}


def _sent() -> _Asked:
    """Send in session 0, and receive everywhere else first; nothing of this is the owner's to look after."""
    for sender, receiver in (*_PAIRS, *_PAIRS[-1:]):
        for value in (1, 2):
            yield "send", {"sid": 0, "from": sender, "to": receiver, "val": {"Nat": value}}
    yield from _looks()
    yield "advance", {"ep": {"sid": 0, "role": "A"}, "label": "m"}
    yield from _looks()
    yield "reload", {"form": "binary"}
    for sid in _SIDS:
        for sender, receiver in (*_PAIRS, *_PAIRS[-1:]):
            for _ in range(3):
                yield "recv", {"sid": sid, "from": sender, "to": receiver}
        yield "authority_audit_log", {"sid": sid}


def _resized() -> _Asked:
    """Let a buffer grow, read the store back, and fill it to its bound."""
    config = {"mode": "Fifo", "initial_capacity": 2, "policy": {"Resize": {"max_capacity": 3}}}
    yield "open_with_sid", {**_PLAN, "sid": 2, "buffer_config": config}
    edge = {"sid": 2, "from": "A", "to": "B"}
    for value in range(3):
        yield "send", {**edge, "val": {"Nat": value}}
    yield "reload", {"form": "binary"}
    yield "observe", {"sid": 2}
    yield "send", {**edge, "val": {"Nat": 3}}


def _planned() -> _Asked:
    """Use one session of a plan, and look for what it did in the next, which has other buffers."""
    edge = {"sender": "A", "receiver": "B"}
    for sid, config in ((10, None), (11, _BOUNDED), (12, {**_BOUNDED, "initial_capacity": 3})):
        yield "open_with_sid_from_plan", {"sid": sid, "plan": _PLAN, "buffer_config": config}
        yield "lookup_handler", {"edge": {**edge, "sid": sid}}
        yield "lookup_trace", {"edge": {**edge, "sid": sid}}
        yield "observe", {"sid": sid}
        yield "update_handler", {"edge": {**edge, "sid": sid}, "handler": "h"}
        yield "update_trace", {"edge": {**edge, "sid": sid}, "trace": ["Nat"]}
        yield "advance", {"ep": {"sid": sid, "role": "A"}, "label": "m"}
        yield "observe", {"sid": sid}
    for types in ({"A": _SENDS}, {"A": "End"}, {"B": "End"}):
        yield "plan", {"roles": ["A", "B", "C", "D"], "initial_types": types}


def _opened_again() -> _Asked:
    """Ask for a session under the id of a live one, and look at that one."""
    for op, given in (("open_with_sid", _PLAN), ("open_with_sid_from_plan", {"plan": _PLAN})):
        yield from _looks()
        yield op, {**given, "sid": 0}
    yield from _looks()


def _read_back() -> _Asked:
    """Open a session of another role, read the store back, and look whether each is still under its id."""
    yield "open_with_sid", {"sid": 20, "roles": ["D"], "initial_types": {}}
    yield "reload", {"form": "binary"}
    for sid in (*_SIDS, 20):
        yield "observe", {"sid": sid}


def _asked_by_the_host() -> _Asked:
    """Bind a handler without a capability in an owned session, and look for it."""
    edge = {"sid": 1, "sender": "A", "receiver": "B"}
    yield "update_handler", {"edge": edge, "handler": "host's"}
    yield "lookup_handler", {"edge": edge}


def _died() -> _Asked:
    """Report the death of an owner who owns the session beside it as well."""
    yield "mark_owner_died", {"sid": 0, "owner_id": "a"}
    yield from _looks()
