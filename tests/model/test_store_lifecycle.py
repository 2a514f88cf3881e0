"""Opening, closing, reaping, ids and counts (contract §5)."""

from __future__ import annotations

from typing import Any

import pytest

from telltale_conformance.model.contract import TELLTALE_17, Contract
from telltale_conformance.model.plan import MOST_ROLES
from telltale_conformance.model.store import Store
from telltale_conformance.model.values import (
    SESSION,
    BufferConfig,
    Edge,
    SetDefaultHandler,
    UpdateEdgeHandler,
    UpdateTrace,
)
from tests.model.store_world import (
    BOTH,
    LOOP,
    PING,
    TOP,
    do,
    ended,
    opened,
    owned,
    plain,
    refusal,
    run,
    snapshot,
    value,
)

both = pytest.mark.parametrize("contract", BOTH, ids=lambda c: c.name)
UNIT = value("Unit")


@both
def test_an_empty_store(contract: Contract) -> None:
    store = Store(contract)
    assert run(store, "next_session_id").ok == 0
    assert run(store, "session_ids").ok == run(store, "closed_session_ids").ok == run(store, "reap_closed").ok == []
    assert run(store, "active_count").ok == run(store, "live_count").ok == 0
    assert run(store, "archived_closed").ok == []


@both
def test_open_counts_ids_up_from_0(contract: Contract) -> None:
    store = Store(contract)
    assert [run(store, "open", ("A",), {}).ok for _ in range(3)] == [0, 1, 2]
    assert run(store, "next_session_id").ok == 3
    assert run(store, "session_ids").ok == [0, 1, 2]
    assert run(store, "active_count").ok == run(store, "live_count").ok == 3


@both
def test_a_fresh_session(contract: Contract) -> None:
    store = opened(contract, LOOP)
    state = run(store, "observe", 0).ok
    assert state["status"] == "Active"
    assert state["epoch"] == 0
    assert state["roles"] == ["A", "B"]
    assert state["edges"] == [[0, 1, "A", "B"], [1, 0, "B", "A"]]
    assert state["buffers"] == [
        {"edge": {"sid": 0, "sender": "A", "receiver": "B"}, "len": 0, "capacity": 64},
        {"edge": {"sid": 0, "sender": "B", "receiver": "A"}, "len": 0, "capacity": 64},
    ]
    assert state["auth"] == {"leaves": 0, "roots": 0, "trees": 0}
    assert state["edge_handlers"] == state["edge_traces"] == []
    assert state["audit_len"] == 0


@both
def test_the_buffers_are_configured_at_opening(contract: Contract) -> None:
    config = BufferConfig(initial_capacity=3, mode="Fifo", policy="Error")
    store = opened(contract, config=config)
    do(store, "open", ("A", "B"), PING)
    capacities = [run(store, "observe", sid).ok["buffers"][0]["capacity"] for sid in (0, 1)]
    assert capacities == [3, 64]
    do(store, "open_with_sid", 5, ("A", "B"), PING, config)
    assert run(store, "observe", 5).ok["buffers"][0]["capacity"] == 3


@both
def test_by_default_64_messages_wait_and_then_a_send_blocks(contract: Contract) -> None:
    store = opened(contract)
    assert [run(store, "send", 0, "A", "B", UNIT).ok for _ in range(66)] == ["Ok"] * 64 + ["WouldBlock"] * 2


@both
def test_open_with_sid_moves_the_next_id_past_it(contract: Contract) -> None:
    store = Store(contract)
    assert run(store, "open_with_sid", 7, ("A",), {}).ok == 7
    assert run(store, "next_session_id").ok == 8
    assert run(store, "open", ("A",), {}).ok == 8
    assert run(store, "session_ids").ok == [7, 8]


def test_under_telltale_17_open_with_sid_below_the_next_id_keeps_it() -> None:
    store = Store(TELLTALE_17)
    do(store, "open_with_sid", 7, ("A",), {})
    assert run(store, "open_with_sid", 3, ("A",), {}).ok == 3
    assert run(store, "next_session_id").ok == 8
    assert run(store, "session_ids").ok == [3, 7]


def test_under_telltale_17_open_may_come_upon_a_live_sid() -> None:
    store = Store(TELLTALE_17)
    for sid in (9, 4):
        do(store, "open_with_sid", sid, ("A",), {})
    assert run(store, "session_ids").ok == [4, 9]


def test_under_telltale_17_a_live_session_is_replaced_in_silence() -> None:
    store, cap = owned(TELLTALE_17, types=LOOP)
    do(store, "send", 0, "A", "B", UNIT)
    edge = Edge(sender="A", receiver="B", sid=0)
    do(store, "apply_owned_session_mutation", cap, UpdateEdgeHandler(edge, "h"))
    do(store, "apply_owned_session_mutation", cap, UpdateTrace(edge, ()))
    do(store, "issue_readiness_witness", cap, "p")
    do(store, "close", 0)
    assert run(store, "open_with_sid", 0, ("A", "B"), LOOP).ok == 0
    fresh = opened(TELLTALE_17, LOOP)
    assert snapshot(store) == snapshot(fresh)
    assert run(store, "archived_closed").ok == []
    assert run(store, "closed_session_ids").ok == []
    assert run(store, "memory_usage") == run(fresh, "memory_usage")


def test_under_telltale_17_open_uses_the_top_id_again() -> None:
    store = Store(TELLTALE_17)
    assert run(store, "open_with_sid", TOP - 1, ("A",), {}).ok == TOP - 1
    assert run(store, "open", ("A",), {}).ok == TOP
    assert run(store, "next_session_id").ok == TOP
    do(store, "claim_ownership", TOP, "ann", SESSION)
    assert run(store, "open", ("B",), {}).ok == TOP
    assert run(store, "current_ownership", TOP).ok is None
    assert run(store, "observe", TOP).ok["roles"] == ["B"]
    assert run(store, "next_session_id").ok == TOP
    assert run(store, "session_ids").ok == [TOP - 1, TOP]


@both
@pytest.mark.parametrize("operation", ["open", "open_with_sid", "plan"])
def test_too_many_roles(contract: Contract, operation: str) -> None:
    store = opened(contract)
    before = (5,) if operation == "open_with_sid" else ()
    many = tuple(str(number) for number in range(MOST_ROLES + 1))
    assert refusal(store, operation, *before, many, {}) == "limit exceeded: roles"
    assert run(store, "next_session_id").ok == 1
    do(store, operation, *before, many[:-1], {})


@both
def test_close_takes_messages_and_traces_and_nothing_else(contract: Contract) -> None:
    store, cap = owned(contract, types=LOOP)
    do(store, "apply_owned_session_mutation", cap, SetDefaultHandler("d"))
    edge = Edge(sender="A", receiver="B", sid=0)
    do(store, "apply_owned_session_mutation", cap, UpdateEdgeHandler(edge, "h"))
    do(store, "apply_owned_session_mutation", cap, UpdateTrace(edge, ()))
    do(store, "send", 0, "A", "B", UNIT)
    do(store, "release_ownership", cap)
    before = snapshot(store)
    answer = run(store, "close", 0)
    assert (answer.ok, answer.audit) == (None, [])
    session = before["sessions"][0]
    session.update(status="Closed", epoch=1, buffers={}, edge_traces={})
    before["ended"] = {0}
    before["totals"].update(buffers=0, messages=0, traces=0)
    assert snapshot(store) == before


def test_under_telltale_17_close_keeps_owner_and_pending_transfer() -> None:
    store, cap = owned(TELLTALE_17)
    receipt = do(store, "begin_ownership_transfer", cap, "bob", SESSION)
    before = run(store, "observe", 0).ok["ownership"]
    assert run(store, "close", 0).audit == []
    assert run(store, "observe", 0).ok["ownership"] == before
    assert before["pending_transfer"] == plain(receipt)


@both
def test_closing_again_counts_the_epoch_on(contract: Contract) -> None:
    store = opened(contract)
    for epoch in (1, 2, 3):
        do(store, "close", 0)
        assert run(store, "observe", 0).ok["epoch"] == epoch
        assert run(store, "observe", 0).ok["status"] == "Closed"


@both
def test_the_epoch_saturates(contract: Contract) -> None:
    store = opened(contract)
    store.sessions[0].epoch = TOP - 1
    for _ in range(3):
        do(store, "close", 0)
        assert run(store, "observe", 0).ok["epoch"] == TOP


@both
def test_closing_an_unknown_session(contract: Contract) -> None:
    store = opened(contract)
    assert refusal(store, "close", 3) == "session 3 not found"
    do(store, "close", 0)
    do(store, "reap_closed")
    assert refusal(store, "close", 0) == "session 0 not found"


def test_under_telltale_17_close_overwrites_an_ending() -> None:
    store, _ = owned(TELLTALE_17)
    do(store, "mark_owner_died", 0, "ann")
    do(store, "close", 0)
    state = run(store, "observe", 0).ok
    assert state["status"] == "Closed"
    assert state["ownership"]["terminal_reason"] == {"OwnerDied": {"owner_id": "ann"}}


def sids(answer: Any) -> list[int]:
    return [summary["sid"] for summary in answer.ok]


@both
def test_ended_sessions_are_closed_cancelled_or_faulted(contract: Contract) -> None:
    store = ended(contract)
    assert run(store, "closed_session_ids").ok == [1, 2, 3, 4]
    assert run(store, "active_count").ok == 2
    assert run(store, "live_count").ok == 6
    assert run(store, "session_ids").ok == [0, 1, 2, 3, 4, 5]
    usage = run(store, "memory_usage").ok
    assert (usage["live_sessions"], usage["live_closed_sessions"]) == (6, 4)


@both
def test_reap_closed_takes_the_ended_in_order_of_sid(contract: Contract) -> None:
    store = ended(contract)
    answer = run(store, "reap_closed")
    assert sids(answer) == [1, 2, 3, 4]
    assert run(store, "archived_closed").ok == answer.ok
    assert run(store, "session_ids").ok == [0, 5]
    assert run(store, "reap_closed").ok == run(store, "closed_session_ids").ok == []
    assert run(store, "live_count").ok == run(store, "active_count").ok == 2
    assert [summary["status"] for summary in answer.ok] == [
        "Closed",
        "Cancelled",
        {"Faulted": {"reason": "ownership owner `ann` died"}},
        {"Faulted": {"reason": "ownership transfer commit failed: why"}},
    ]


@both
def test_reap_sessions_follows_its_list_and_skips_the_rest(contract: Contract) -> None:
    store = ended(contract)
    assert sids(run(store, "reap_sessions", (3, 0, 99, 1, 3, TOP, 1, 5))) == [3, 1]
    assert run(store, "session_ids").ok == [0, 2, 4, 5]
    assert sids(run(store, "reap_sessions", ())) == []
    assert sids(run(store, "reap_closed")) == [2, 4]
    assert sids(run(store, "archived_closed")) == [3, 1, 2, 4]


@both
def test_ids_are_kept_in_ascending_order_whatever_the_order_of_opening(contract: Contract) -> None:
    store = Store(contract)
    order = (2, 9, 30) if contract is not TELLTALE_17 else (30, 2, 9)
    for sid in order:
        do(store, "open_with_sid", sid, ("A",), {})
    for sid in (30, 9, 2):
        do(store, "close", sid)
    assert run(store, "session_ids").ok == run(store, "closed_session_ids").ok == [2, 9, 30]
    assert sids(run(store, "reap_closed")) == [2, 9, 30]


def test_a_summary_counts_what_the_session_had() -> None:
    store, cap = owned(TELLTALE_17, types=LOOP)
    for sender, receiver, sid in (("A", "B", 0), ("A", "B", 4), ("A", "X", 0)):
        edge = Edge(sender=sender, receiver=receiver, sid=sid)
        do(store, "apply_owned_session_mutation", cap, UpdateEdgeHandler(edge, "h"))
    for _ in range(3):
        do(store, "send", 0, "A", "B", UNIT)
    do(store, "send", 0, "B", "A", UNIT)
    do(store, "recv", 0, "A", "B")
    do(store, "mark_owner_died", 0, "ann")
    [summary] = run(store, "reap_closed").ok
    assert summary == {
        "auth_leaf_count": 4,
        "auth_root_count": 2,
        "auth_tree_count": 2,
        "edge_count": 2,
        "edge_handler_count": 3,
        "epoch": 0,
        "local_type_entries": 2,
        "role_count": 2,
        "sid": 0,
        "status": {"Faulted": {"reason": "ownership owner `ann` died"}},
    }


def test_a_closed_session_s_summary_has_its_auth_counts_but_no_buffers() -> None:
    store = opened(TELLTALE_17, LOOP, roles=("A", "B", "C", "C"))
    do(store, "send", 0, "A", "B", UNIT)
    do(store, "close", 0)
    do(store, "close", 0)
    [summary] = run(store, "reap_closed").ok
    assert (summary["auth_leaf_count"], summary["auth_tree_count"], summary["auth_root_count"]) == (1, 1, 1)
    assert (summary["edge_count"], summary["epoch"], summary["role_count"]) == (0, 2, 4)
    assert summary["local_type_entries"] == 2


def test_under_telltale_17_a_reaped_sid_may_be_archived_twice() -> None:
    store = Store(TELLTALE_17)
    for roles in (("A",), ("A", "B")):
        do(store, "open_with_sid", 0, roles, {})
        do(store, "close", 0)
        do(store, "reap_closed")
    assert [(each["sid"], each["role_count"]) for each in run(store, "archived_closed").ok] == [(0, 1), (0, 2)]


@both
def test_the_answers_are_copies(contract: Contract) -> None:
    store = ended(contract)
    archive = do(store, "archived_closed")
    ids = do(store, "session_ids")
    do(store, "reap_closed")
    assert archive == []
    assert ids == [0, 1, 2, 3, 4, 5]
