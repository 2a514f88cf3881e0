"""Plans opened from, reload, host calls and lifecycle states (contract §13, §15, §16, §19; H7, H13, H17, H20)."""

from __future__ import annotations

from typing import Any

import pytest

from telltale_conformance.model import limits
from telltale_conformance.model.contract import HARDENED, TELLTALE_17, Contract
from telltale_conformance.model.plan import PlanInput
from telltale_conformance.model.store import Store
from telltale_conformance.model.values import SESSION, Edge, SetDefaultHandler, UpdateEdgeHandler
from tests.model.store_world import BOTH, LOOP, PING, do, opened, owned, plain, refusal, run, snapshot, value

both = pytest.mark.parametrize("contract", BOTH, ids=lambda contract: contract.name)
PLAN = PlanInput(roles=("A", "B"), initial_types=PING)
OWN = Edge(sender="A", receiver="B", sid=0)


def seen(store: Store, sid: int = 0) -> Any:
    return plain(do(store, "observe", sid))


# §13


@both
def test_a_session_opened_from_a_plan_is_one_opened_with_its_roles_and_types(contract: Contract) -> None:
    from_plan, directly = Store(contract), Store(contract)
    assert do(from_plan, "open_with_sid_from_plan", 3, PLAN) == 3
    do(directly, "open_with_sid", 3, PLAN.roles, PLAN.initial_types)
    assert snapshot(from_plan) == snapshot(directly)


@both
def test_nothing_of_one_session_shows_in_another_of_the_plan(contract: Contract) -> None:
    store = Store(contract)
    do(store, "open_with_sid_from_plan", 0, PLAN)
    fresh = seen(store)
    planned = do(store, "plan", PLAN.roles, PLAN.initial_types)
    cap = do(store, "claim_ownership", 0, "ann", SESSION)
    do(store, "apply_owned_session_mutation", cap, SetDefaultHandler("mine"))
    do(store, "send", 0, "A", "B", value("Unit"))
    do(store, "reload", "binary")
    do(store, "open_with_sid_from_plan", 7, PLAN)
    other = seen(store, 7)
    assert str(other).replace("'sid': 7", "'sid': 0") == str(fresh)
    assert do(store, "plan", PLAN.roles, PLAN.initial_types) == planned
    do(store, "close", 7)
    assert seen(store)["status"] == "Active"


def test_under_telltale_17_a_live_session_is_replaced_and_h7_refuses() -> None:
    store, cap = owned(TELLTALE_17)
    do(store, "open_with_sid_from_plan", 0, PLAN)
    assert refusal(store, "validate_ownership_capability", cap) == {"Unclaimed": {"session_id": 0}}
    assert do(store, "archived_closed") == []
    store, cap = owned(HARDENED)
    assert refusal(store, "open_with_sid_from_plan", 0, PLAN) == "session 0 already used"
    twice = PlanInput(roles=("A", "A"), initial_types={})
    assert refusal(store, "open_with_sid_from_plan", 0, twice) == "session 0 already used"
    assert refusal(store, "open_with_sid_from_plan", 1, twice) == "repeated role: A"


# §15


def test_under_telltale_17_the_binding_of_the_greatest_sid_is_found_after_a_reload() -> None:
    store, cap = owned(TELLTALE_17)
    for sid in (9, 0, 4):
        do(store, "apply_owned_session_mutation", cap, UpdateEdgeHandler(Edge("B", "A", sid), f"h{sid}"))
    assert do(store, "lookup_handler", OWN) == "h4"
    bindings = seen(store)["edge_handlers"]
    do(store, "reload", "binary")
    assert do(store, "lookup_handler", OWN) == "h9"
    assert seen(store)["edge_handlers"] == bindings
    do(store, "update_handler", OWN, "now")
    assert do(store, "lookup_handler", OWN) == "now"
    do(store, "reload", "binary")
    assert do(store, "lookup_handler", OWN) == "h9"


@both
def test_a_closed_session_shows_no_edges_after_a_reload_or_the_same_ones(contract: Contract) -> None:
    store = opened(contract, LOOP)
    edges = seen(store)["edges"]
    do(store, "reload", "binary")
    assert seen(store)["edges"] == edges != []
    do(store, "close", 0)
    assert seen(store)["edges"] == edges
    do(store, "reload", "binary")
    assert seen(store)["edges"] == ([] if contract is TELLTALE_17 else edges)
    assert refusal(store, "send", 0, "A", "B", value("Unit")) == "no buffer for edge A → B"


@both
def test_all_else_is_as_before_and_a_second_reload_changes_nothing(contract: Contract) -> None:
    store, cap = owned(contract, types=LOOP)
    witness = do(store, "issue_readiness_witness", cap, "p")
    receipt = do(store, "begin_ownership_transfer", cap, "bob", SESSION)
    do(store, "send_signed", 0, "A", "B", value("Unit"), "corrupt")
    do(store, "send", 0, "A", "B", value({"Nat": 1}))
    do(store, "apply_owned_session_mutation", cap, UpdateEdgeHandler(OWN, "h"))
    do(store, "issue_timeout_witness", "gate", 5)
    before = snapshot(store)
    for _ in range(2):
        do(store, "reload", "binary")
        after = snapshot(store)
        before["sessions"][0]["labels"] = after["sessions"][0]["labels"]
        assert after == before
    assert do(store, "recv_signed", 0, "A", "B").valid is False
    do(store, "consume_readiness_witness", cap, witness)
    do(store, "commit_ownership_transfer", receipt)


@both
def test_names_that_are_not_in_use_count_no_more(contract: Contract, monkeypatch: pytest.MonkeyPatch) -> None:
    store = opened(contract)
    monkeypatch.setattr(limits, "MOST", 3)
    for name in ("x", "y"):
        do(store, "update_handler", OWN, name)
    assert refusal(store, "update_handler", OWN, "z") == "limit exceeded: handlers"
    do(store, "reload", "binary")
    do(store, "update_handler", OWN, "z")
    assert refusal(store, "set_default_handler_for_session", 0, "w") == "limit exceeded: handlers"
    do(store, "set_default_handler_for_session", 0, "")


# §16


@both
def test_host_calls_without_a_session_do_nothing(contract: Contract) -> None:
    store = opened(contract)
    before = snapshot(store)
    other = Edge(sender="A", receiver="B", sid=5)
    assert do(store, "update_handler", other, "h") is None
    assert do(store, "update_trace", other, ()) is None
    assert do(store, "set_default_handler_for_session", 5, "h") is None
    assert snapshot(store) == before
    assert refusal(store, "has_bound_handler", 5) == "session 5 not found"


@both
def test_what_host_calls_store_and_what_is_bound(contract: Contract) -> None:
    store = opened(contract)
    assert do(store, "has_bound_handler", 0) is True
    do(store, "set_default_handler_for_session", 0, "")
    assert do(store, "has_bound_handler", 0) is False
    unknown = Edge(sender="A", receiver="?", sid=0)
    do(store, "update_handler", unknown, "")
    assert do(store, "has_bound_handler", 0) is True
    assert do(store, "lookup_handler", unknown) is None
    do(store, "update_handler", OWN, "")
    assert do(store, "lookup_handler", OWN) == ""
    do(store, "update_trace", unknown, ())
    assert do(store, "lookup_trace", unknown) == ()
    shown = seen(store)
    assert (shown["default_handler"], len(shown["edge_handlers"]), len(shown["edge_traces"])) == ("", 2, 1)


CALLS: list[tuple[Any, ...]] = [
    ("update_handler", OWN, "h"),
    ("set_default_handler_for_session", 0, "h"),
    ("update_trace", OWN, ()),
]


def endings() -> dict[str, Any]:
    """Sessions in which H20 refuses, by the guard that does."""
    owned_by_ann, _ = owned(HARDENED)
    dead, _ = owned(HARDENED)
    do(dead, "mark_owner_died", 0, "ann")
    closed = opened(HARDENED)
    do(closed, "close", 0)
    return {"G-unowned": owned_by_ann, "G-open": dead, "G-active": closed}


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call[0])
def test_h20_host_calls_are_refused_for_a_session_that_is_owned_or_over(call: tuple[Any, ...]) -> None:
    reason = {"OwnerDied": {"owner_id": "ann"}}
    errors = {
        "G-unowned": {"AlreadyClaimed": {"current_owner_id": "ann", "session_id": 0}},
        "G-open": {"Terminal": {"reason": reason, "session_id": 0}},
        "G-active": {"SessionClosed": {"session_id": 0}},
    }
    for guard, store in endings().items():
        assert refusal(store, *call, by=guard) == errors[guard]


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call[0])
def test_under_telltale_17_nothing_stops_a_host_call(call: tuple[Any, ...]) -> None:
    store, cap = owned(TELLTALE_17)
    do(store, "begin_ownership_transfer", cap, "bob", SESSION)
    do(store, *call)
    do(store, "mark_owner_died", 0, "ann")
    do(store, *call)
    do(store, "close", 0)
    assert run(store, *call).audit == []
    shown = seen(store)
    assert shown["default_handler"] == "h" or shown["edge_handlers"] or shown["edge_traces"]


# §19


def test_the_state_of_each_event() -> None:
    events = ["Issued", "Consumed", "Invalidated", "Committed", "RolledBack", "Rejected", "Expired"]
    states = ["issued", "consumed", "invalidated", "committed", "rolled_back", "rejected", "expired"]
    assert [do(Store(), "lifecycle_state", event) for event in events] == states
