"""Host mutations and the look-ups that read them (contract §4)."""

from __future__ import annotations

from typing import Any

import pytest

from telltale_conformance.model.contract import TELLTALE_17, Contract
from telltale_conformance.model.store import Store
from telltale_conformance.model.values import (
    SESSION,
    Edge,
    OwnershipCapability,
    SetDefaultHandler,
    UpdateEdgeHandler,
    UpdateTrace,
)
from tests.model.store_world import BOTH, TOP, do, opened, owned, plain, run, snapshot, val_type

both = pytest.mark.parametrize("contract", BOTH, ids=lambda c: c.name)


def edge(sender: str, receiver: str, sid: int = 0) -> Edge:
    return Edge(receiver=receiver, sender=sender, sid=sid)


def bind(store: Store, cap: OwnershipCapability, where: Edge, handler: str) -> None:
    answer = run(store, "apply_owned_session_mutation", cap, UpdateEdgeHandler(where, handler))
    assert (answer.ok, answer.err, answer.audit) == (None, None, [])


def trace(store: Store, cap: OwnershipCapability, where: Edge, *types: Any) -> None:
    answer = run(store, "apply_owned_session_mutation", cap, UpdateTrace(where, tuple(map(val_type, types))))
    assert (answer.ok, answer.err, answer.audit) == (None, None, [])


def handlers(store: Store, sid: int = 0) -> list[Any]:
    return [
        (each["edge"]["sid"], each["edge"]["sender"], each["edge"]["receiver"], each["handler"])
        for each in run(store, "observe", sid).ok["edge_handlers"]
    ]


@both
def test_the_default_handler_has_a_name_at_first(contract: Contract) -> None:
    store = opened(contract)
    assert run(store, "default_handler_for_session", 0).ok == "default_handler"
    assert run(store, "observe", 0).ok["default_handler"] == "default_handler"
    assert run(store, "default_handler_for_session", 1).ok is None


@both
def test_setting_the_default_handler(contract: Contract) -> None:
    store, cap = owned(contract)
    before = snapshot(store)
    answer = run(store, "apply_owned_session_mutation", cap, SetDefaultHandler("mine"))
    assert (answer.ok, answer.err, answer.audit) == (None, None, [])
    before["sessions"][0]["default_handler"] = "mine"
    before["sessions"][0]["handler_names"].add("mine")
    assert snapshot(store) == before
    assert run(store, "default_handler_for_session", 0).ok == "mine"
    assert run(store, "lookup_handler", edge("A", "B")).ok is None


@both
def test_an_empty_default_handler_means_none_but_is_observed(contract: Contract) -> None:
    store, cap = owned(contract)
    do(store, "apply_owned_session_mutation", cap, SetDefaultHandler(""))
    assert run(store, "default_handler_for_session", 0).ok is None
    assert run(store, "observe", 0).ok["default_handler"] == ""


@both
def test_a_binding_is_found_under_its_edge_alone(contract: Contract) -> None:
    store, cap = owned(contract)
    do(store, "open", ("A", "B"), {})
    bind(store, cap, edge("A", "B"), "h")
    assert run(store, "lookup_handler", edge("A", "B")).ok == "h"
    for elsewhere in (edge("B", "A"), edge("A", "A"), edge("A", "B", 1), edge("A", "B", 9)):
        assert run(store, "lookup_handler", elsewhere).ok is None
    assert run(store, "default_handler_for_session", 0).ok == "default_handler"


@both
def test_a_later_binding_replaces_an_earlier_one(contract: Contract) -> None:
    store, cap = owned(contract)
    bind(store, cap, edge("A", "B"), "first")
    bind(store, cap, edge("A", "B"), "second")
    bind(store, cap, edge("B", "A"), "")
    assert run(store, "lookup_handler", edge("A", "B")).ok == "second"
    assert run(store, "lookup_handler", edge("B", "A")).ok == ""
    assert handlers(store) == [(0, "A", "B", "second"), (0, "B", "A", "")]
    assert run(store, "memory_usage").ok["live_edge_handler_count"] == 2


@both
def test_a_role_pair_need_not_be_a_blueprint_edge_nor_distinct(contract: Contract) -> None:
    store, cap = owned(contract)
    bind(store, cap, edge("B", "B"), "self")
    assert run(store, "lookup_handler", edge("B", "B")).ok == "self"


def test_under_telltale_17_a_foreign_edge_binds_here_and_not_there() -> None:
    store, cap = owned()
    do(store, "open", ("A", "B"), {})
    bind(store, cap, edge("A", "B", 1), "h")
    assert run(store, "lookup_handler", edge("A", "B", 0)).ok == "h"
    assert run(store, "lookup_handler", edge("A", "B", 1)).ok is None
    assert handlers(store, 0) == [(1, "A", "B", "h")]
    assert handlers(store, 1) == []


def test_under_telltale_17_bindings_of_one_pair_under_two_edges_are_both_kept_and_the_last_is_found() -> None:
    store, cap = owned()
    bind(store, cap, edge("A", "B", 5), "foreign")
    bind(store, cap, edge("A", "B", 0), "own")
    assert run(store, "lookup_handler", edge("A", "B")).ok == "own"
    bind(store, cap, edge("A", "B", 5), "foreign again")
    assert run(store, "lookup_handler", edge("A", "B")).ok == "foreign again"
    assert handlers(store) == [(0, "A", "B", "own"), (5, "A", "B", "foreign again")]
    assert run(store, "memory_usage").ok["live_edge_handler_count"] == 2


def test_under_telltale_17_an_unknown_role_is_kept_but_not_bound() -> None:
    store, cap = owned()
    for where in (edge("A", "C"), edge("C", "A"), edge("C", "C", TOP)):
        bind(store, cap, where, "h")
        assert run(store, "lookup_handler", where).ok is None
        assert run(store, "lookup_handler", edge(where.sender, where.receiver)).ok is None
    assert handlers(store) == [(0, "A", "C", "h"), (0, "C", "A", "h"), (TOP, "C", "C", "h")]


@both
def test_traces_are_stored_under_the_edge(contract: Contract) -> None:
    store, cap = owned(contract)
    trace(store, cap, edge("A", "B"), "Nat", {"Prod": ["Bool", {"Chan": {"sid": 0, "role": "B"}}]})
    trace(store, cap, edge("B", "A"))
    assert run(store, "lookup_trace", edge("A", "B")).ok == [
        "Nat",
        {"Prod": ["Bool", {"Chan": {"sid": 0, "role": "B"}}]},
    ]
    assert run(store, "lookup_trace", edge("B", "A")).ok == []
    for elsewhere in (edge("A", "A"), edge("A", "B", 1)):
        assert run(store, "lookup_trace", elsewhere).ok is None
    trace(store, cap, edge("A", "B"), "Unit")
    assert run(store, "lookup_trace", edge("A", "B")).ok == ["Unit"]
    assert len(run(store, "observe", 0).ok["edge_traces"]) == 2


def test_under_telltale_17_a_foreign_trace_is_found_under_neither_sid() -> None:
    store, cap = owned()
    do(store, "open", ("A", "B"), {})
    trace(store, cap, edge("A", "B", 1), "Nat")
    assert run(store, "lookup_trace", edge("A", "B", 0)).ok is None
    assert run(store, "lookup_trace", edge("A", "B", 1)).ok is None
    assert run(store, "observe", 0).ok["edge_traces"] == [{"edge": plain(edge("A", "B", 1)), "trace": ["Nat"]}]
    assert run(store, "observe", 1).ok["edge_traces"] == []


def test_under_telltale_17_a_trace_checks_no_role() -> None:
    store, cap = owned()
    trace(store, cap, edge("X", "Y"), "Nat")
    assert run(store, "lookup_trace", edge("X", "Y")).ok == ["Nat"]


@both
def test_handlers_stay_on_close_and_traces_go(contract: Contract) -> None:
    store, cap = owned(contract)
    bind(store, cap, edge("A", "B"), "h")
    trace(store, cap, edge("A", "B"), "Nat")
    do(store, "apply_owned_session_mutation", cap, SetDefaultHandler("d"))
    do(store, "close", 0)
    assert run(store, "lookup_handler", edge("A", "B")).ok == "h"
    assert handlers(store) == [(0, "A", "B", "h")]
    assert run(store, "default_handler_for_session", 0).ok == "d"
    assert run(store, "lookup_trace", edge("A", "B")).ok is None
    assert run(store, "observe", 0).ok["edge_traces"] == []


def test_under_telltale_17_a_closed_session_still_takes_mutations() -> None:
    store, cap = owned(TELLTALE_17)
    do(store, "close", 0)
    bind(store, cap, edge("A", "B"), "h")
    trace(store, cap, edge("A", "B"), "Nat")
    assert run(store, "lookup_handler", edge("A", "B")).ok == "h"
    assert run(store, "lookup_trace", edge("A", "B")).ok == ["Nat"]


def test_observe_lists_bindings_and_traces_by_sid_sender_receiver() -> None:
    store, cap = owned()
    where = [edge("b", "a", 2), edge("B", "a", 2), edge("a", "é", 2), edge("a", "z", 2), edge("z", "z", 0)]
    for each in (where[i] for i in (3, 0, 4, 2, 1)):
        bind(store, cap, each, "h")
        trace(store, cap, each)
    expected = [
        {"sid": 0, "sender": "z", "receiver": "z"},
        {"sid": 2, "sender": "B", "receiver": "a"},
        {"sid": 2, "sender": "a", "receiver": "z"},
        {"sid": 2, "sender": "a", "receiver": "é"},
        {"sid": 2, "sender": "b", "receiver": "a"},
    ]
    state = run(store, "observe", 0).ok
    assert [each["edge"] for each in state["edge_handlers"]] == expected
    assert [each["edge"] for each in state["edge_traces"]] == expected


@both
def test_a_replaced_or_reaped_session_leaves_no_handler(contract: Contract) -> None:
    store, cap = owned(contract)
    bind(store, cap, edge("A", "B"), "h")
    do(store, "close", 0)
    do(store, "reap_closed")
    assert run(store, "lookup_handler", edge("A", "B")).ok is None
    assert run(store, "default_handler_for_session", 0).ok is None
    if contract is TELLTALE_17:
        do(store, "open_with_sid", 0, ("A", "B"), {})
        assert run(store, "lookup_handler", edge("A", "B")).ok is None
        do(store, "claim_ownership", 0, "ann", SESSION)
        assert run(store, "default_handler_for_session", 0).ok == "default_handler"


@both
def test_traces_stored_again_take_no_more_room(contract: Contract) -> None:
    store, cap = owned(contract)
    trace(store, cap, edge("A", "B"), "Nat")
    once = run(store, "memory_usage").ok["retained_bytes"]["traces"]
    trace(store, cap, edge("A", "B"), "Bool")
    assert run(store, "memory_usage").ok["retained_bytes"]["traces"] == once > 0
    do(store, "close", 0)
    assert run(store, "memory_usage").ok["retained_bytes"]["traces"] == 0
