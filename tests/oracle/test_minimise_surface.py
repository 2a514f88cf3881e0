"""The minimiser on the operations of contract §13 to §19: what is left is the shortest way to the defect."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from telltale_conformance.model import host_calls, messages, reload, sessions
from telltale_conformance.model.errors import StringError
from telltale_conformance.model.guard_table import KNOWN_SESSION
from telltale_conformance.model.store import Store
from telltale_conformance.oracle.minimise.minimiser import minimise
from tests.oracle.minimise_world import plain, program
from tests.oracle.wrong_references import WrongReference

EDGE = {"sid": {"$ref": 0}, "sender": "A", "receiver": "B"}
SENDS = {"Send": {"partner": "B", "branches": [[{"name": "m", "sort": "Unit"}, "Nat", "End"]]}}
TYPES: dict[str, Any] = {"roles": ["A", "B"], "initial_types": {"A": SENDS}}
SMALL = {"initial_capacity": 4, "mode": "Fifo", "policy": "Block"}
MESSAGE = {"sid": {"$ref": 0}, "from": "A", "to": "B"}
LONG = program(
    ("open_with_sid_from_plan", {"sid": 3, "plan": TYPES, "buffer_config": SMALL}),
    ("lifecycle_state", {"event": "Issued"}),
    ("send_with_sequence", {**MESSAGE, "val": {"Nat": 7}, "sequence_no": 41}),
    ("send_signed", {**MESSAGE, "val": {"Nat": 8}, "signature": "corrupt", "sequence_no": 9}),
    ("claim_ownership", {"sid": {"$ref": 0}, "owner_id": "a", "scope": "Session"}),
    ("update_handler", {"edge": EDGE, "handler": "printer"}),
    ("set_default_handler_for_session", {"sid": {"$ref": 0}, "handler": ""}),
    ("update_trace", {"edge": EDGE, "trace": ["Nat", "Bool"]}),
    ("has_bound_handler", {"sid": {"$ref": 0}}),
    ("recv_verified", MESSAGE),
    ("reload", {"form": "binary"}),
    ("recv_signed", MESSAGE),
    ("lookup_trace", {"edge": EDGE}),
    ("recv_verified_signed", MESSAGE),
    ("open_with_sid_from_plan", {"sid": 4, "plan": TYPES}),
    ("observe", {"sid": {"$ref": 14}}),
)


def every_message_is_valid(store: Store, sid: int, from_: str, to: str) -> Any:
    message = messages.recv_signed(store, sid, from_, to)
    return None if message is None else replace(message, valid=True)


def traces_are_not_written(store: Store, form: Any) -> None:
    reload.reload(store, form)
    for session in store.sessions.values():
        session.edge_traces.clear()


def only_the_default_handler_counts(store: Store, sid: int) -> bool:
    return bool(sessions.found(store, sid).default_handler)


def a_plan_gives_its_second_session_one_role(store: Store, sid: int, plan: Any, buffer_config: Any = None) -> int:
    if store.sessions:
        plan = replace(plan, roles=plan.roles[:1])
    return sessions.open_with_sid_from_plan(store, sid, plan, buffer_config)


NO_ROLES = {"plan": {"initial_types": {}, "roles": []}, "sid": 0}
TO_B = {"Send": {"branches": [[{"name": "m", "sort": "Unit"}, None, "End"]], "partner": "B"}}
ONE_EDGE = {"initial_types": {"A": TO_B}, "roles": ["A", "B"]}
OPENED = {"sid": {"$ref": 0}}
PLAIN_EDGE = {"receiver": "A", "sender": "A", **OPENED}
DEFECTS: dict[str, tuple[Callable[..., Any], list[Any], int]] = {
    "recv_signed": (
        every_message_is_valid,
        [
            ("open_with_sid_from_plan", {"plan": ONE_EDGE, "sid": 0}),
            (
                "send_signed",
                {"from": "A", "sequence_no": 0, **OPENED, "signature": "corrupt", "to": "B", "val": "Unit"},
            ),
            ("recv_signed", {"from": "A", **OPENED, "to": "B"}),
        ],
        6,
    ),
    "reload": (
        traces_are_not_written,
        [
            ("open_with_sid_from_plan", NO_ROLES),
            ("update_trace", {"edge": PLAIN_EDGE, "trace": []}),
            ("reload", {"form": "binary"}),
            ("lookup_trace", {"edge": PLAIN_EDGE}),
        ],
        16,
    ),
    "has_bound_handler": (
        only_the_default_handler_counts,
        [
            ("open_with_sid_from_plan", NO_ROLES),
            ("update_handler", {"edge": PLAIN_EDGE, "handler": "h"}),
            ("set_default_handler_for_session", {"handler": "", **OPENED}),
            ("has_bound_handler", OPENED),
        ],
        25,
    ),
    "open_with_sid_from_plan": (
        a_plan_gives_its_second_session_one_role,
        [
            ("open_with_sid_from_plan", NO_ROLES),
            ("open_with_sid_from_plan", {"plan": ONE_EDGE, "sid": {"$ref": 0}}),
            ("observe", {"sid": {"$ref": 1}}),
        ],
        12,
    ),
}
"""Of each defect what is left of ``LONG``, whole, and how many programs may be run for it."""


@pytest.mark.parametrize("name", DEFECTS)
def test_what_is_left_is_the_shortest_and_plainest_way_to_the_defect(name: str) -> None:
    function, shortest, runs = DEFECTS[name]
    result = minimise(WrongReference({name: function}), LONG)
    assert result.ending == "minimal"
    assert list(plain(result.program)) == shortest
    assert result.runs.implementation <= runs
    needed = {left.step for left in result.remaining if left.step >= 0}
    assert needed == set(range(len(shortest) - 1)), "each step but the last is shown to be needed"


def test_another_defect_that_shows_once_messages_are_gone_is_not_slid_to() -> None:
    def only_after_a_message(store: Store, edge: Any, trace: Any) -> None:
        if not sessions.found(store, edge.sid).auth_leaves:
            raise StringError(KNOWN_SESSION, edge.sid)
        host_calls.update_trace(store, edge, trace)

    result = minimise(WrongReference({"reload": traces_are_not_written, "update_trace": only_after_a_message}), LONG)
    assert result.ending == "minimal"
    assert result.fingerprint is not None
    assert result.fingerprint.op == "lookup_trace"
    left = [op for op, _ in plain(result.program)]
    assert left[0] == "open_with_sid_from_plan"
    assert left[1] in ("send_with_sequence", "send_signed")
    assert left[2:] == ["update_trace", "reload", "lookup_trace"]


def test_what_the_contract_alone_decides_is_not_asked_of_the_implementation() -> None:
    result = minimise(WrongReference({"recv_signed": every_message_is_valid}), LONG)
    assert {(left.verdict, left.decided_by) for left in result.remaining} == {("impossible", "contract")}


def test_a_signature_that_must_be_bad_stays_bad() -> None:
    result = minimise(WrongReference({"recv_signed": every_message_is_valid}), LONG)
    sent = dict(plain(result.program))["send_signed"]
    assert sent["signature"] in ("corrupt", "wrong_edge", "wrong_value")
    assert sent.get("sequence_no") in (None, 0)


def test_host_calls_that_ignore_the_owner_are_told_under_hardened() -> None:
    def unguarded(store: Store, edge: Any, handler: str) -> None:
        host_calls.bind_handler(store, store.sessions[edge.sid], edge, handler)

    result = minimise(
        WrongReference({"update_handler": unguarded}, "hardened"), program(*plain(LONG), contract="hardened")
    )
    assert [op for op, _ in plain(result.program)] == ["open_with_sid_from_plan", "claim_ownership", "update_handler"]
