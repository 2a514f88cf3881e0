"""Messages: send, recv, has_message, and the buffers of every mode and policy (contract §8)."""

from __future__ import annotations

from typing import Any, Literal

import pytest

from telltale_conformance.model.contract import TELLTALE_17, Contract
from telltale_conformance.model.store import Store
from telltale_conformance.model.values import BufferConfig, Resize, ResizeBounds
from tests.model.store_world import (
    BOTH,
    LOOP,
    PING,
    TAMPERING,
    TOP,
    do,
    opened,
    refusal,
    run,
    snapshot,
    tampered,
    value,
)

both = pytest.mark.parametrize("contract", BOTH, ids=lambda c: c.name)
Policy = Literal["Block", "Drop", "Error"]


def nat(number: int) -> Any:
    return value({"Nat": number})


def talking(
    capacity: int,
    policy: Policy | Resize = "Block",
    mode: Literal["Fifo", "LatestValue"] = "Fifo",
    contract: Contract = TELLTALE_17,
) -> Store:
    return opened(contract, LOOP, BufferConfig(initial_capacity=capacity, mode=mode, policy=policy))


def resize(maximum: int) -> Resize:
    return Resize(ResizeBounds(maximum))


def sends(store: Store, count: int, first: int = 0) -> list[str]:
    return [run(store, "send", 0, "A", "B", nat(first + number)).ok for number in range(count)]


def received(store: Store) -> list[int]:
    """Empty the buffer A → B."""
    numbers = []
    while do(store, "has_message", 0, "A", "B"):
        numbers.append(run(store, "recv", 0, "A", "B").ok["Nat"])
    return numbers


def buffer(store: Store) -> tuple[int, int]:
    first = run(store, "observe", 0).ok["buffers"][0]
    assert first["edge"] == {"sid": 0, "sender": "A", "receiver": "B"}
    return first["len"], first["capacity"]


VALUES = [
    "Unit",
    {"Nat": 0},
    {"Nat": TOP},
    {"Bool": True},
    {"Bool": False},
    {"Str": ""},
    {"Str": "ä→\U0001f600"},
    {"Prod": [{"Nat": 1}, {"Prod": ["Unit", {"Str": "x"}]}]},
    {"Endpoint": {"sid": 3, "role": "A"}},
]


@both
@pytest.mark.parametrize("sent", VALUES, ids=str)
def test_what_is_sent_is_received(contract: Contract, sent: Any) -> None:
    store = opened(contract)
    answer = run(store, "send", 0, "A", "B", value(sent))
    assert (answer.ok, answer.audit) == ("Ok", [])
    assert run(store, "has_message", 0, "A", "B").ok is True
    answer = run(store, "recv", 0, "A", "B")
    assert (answer.ok, answer.audit) == (sent, [])
    assert run(store, "has_message", 0, "A", "B").ok is False
    assert run(store, "recv", 0, "A", "B").ok is None


@both
def test_messages_arrive_in_order_on_each_edge_alone(contract: Contract) -> None:
    store = opened(contract, LOOP)
    for number in range(3):
        do(store, "send", 0, "A", "B", nat(number))
        do(store, "send", 0, "B", "A", nat(10 + number))
    got = [run(store, "recv", 0, *edge).ok["Nat"] for edge in (("A", "B"), ("B", "A")) for _ in range(3)]
    assert got == [0, 1, 2, 10, 11, 12]


@both
def test_sessions_do_not_share_buffers(contract: Contract) -> None:
    store = opened(contract)
    do(store, "open", ("A", "B"), PING)
    do(store, "send", 1, "A", "B", nat(1))
    assert run(store, "has_message", 0, "A", "B").ok is False
    assert run(store, "recv", 0, "A", "B").ok is None
    assert run(store, "recv", 1, "A", "B").ok == {"Nat": 1}


@both
@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("send", ("A", "B", nat(1))),
        ("recv", ("A", "B")),
        ("has_message", ("A", "B")),
        ("observe", ()),
    ],
)
def test_an_unknown_session(contract: Contract, name: str, arguments: tuple[Any, ...]) -> None:
    store = opened(contract)
    assert refusal(store, name, 7, *arguments) == "session 7 not found"
    assert refusal(store, name, TOP, *arguments) == f"session {TOP} not found"


@both
@pytest.mark.parametrize("pair", [("B", "A"), ("A", "A"), ("A", "X"), ("X", "B"), ("", "")])
def test_without_a_buffer(contract: Contract, pair: tuple[str, str]) -> None:
    store = opened(contract)
    before = snapshot(store)
    assert refusal(store, "send", 0, *pair, nat(1)) == f"no buffer for edge {pair[0]} → {pair[1]}"
    assert run(store, "recv", 0, *pair).ok is None
    assert run(store, "has_message", 0, *pair).ok is False
    assert snapshot(store) == before


@both
def test_after_close_no_edge_has_a_buffer(contract: Contract) -> None:
    store = opened(contract)
    do(store, "send", 0, "A", "B", nat(1))
    do(store, "close", 0)
    assert run(store, "recv", 0, "A", "B").ok is None
    assert run(store, "has_message", 0, "A", "B").ok is False
    assert refusal(store, "send", 0, "A", "B", nat(1)) == "no buffer for edge A → B"
    state = run(store, "observe", 0).ok
    assert state["buffers"] == []
    assert state["edges"] == [[0, 1, "A", "B"]]
    assert state["auth"] == {"leaves": 1, "roots": 1, "trees": 1}


@both
def test_messages_go_on_in_a_faulted_session(contract: Contract) -> None:
    store = opened(contract)
    do(store, "claim_ownership", 0, "ann", "Session")
    do(store, "send", 0, "A", "B", nat(1))
    do(store, "mark_owner_died", 0, "ann")
    do(store, "send", 0, "A", "B", nat(2))
    assert received(store) == [1, 2]


@both
@pytest.mark.parametrize(("policy", "answer"), [("Block", "WouldBlock"), ("Drop", "Dropped"), ("Error", "Full")])
@pytest.mark.parametrize("capacity", [0, 1, 3])
def test_a_full_fifo(contract: Contract, policy: Policy, answer: str, capacity: int) -> None:
    store = talking(capacity, policy, contract=contract)
    room = max(1, capacity)
    assert sends(store, room) == ["Ok"] * room
    before = snapshot(store)
    assert sends(store, 2, first=90) == [answer] * 2
    assert snapshot(store) == before
    assert buffer(store) == (room, room)
    assert received(store) == list(range(room))
    assert sends(store, 1, first=5) == ["Ok"]
    assert received(store) == [5]


def test_under_telltale_17_resize_doubles_past_its_maximum() -> None:
    store = talking(2, resize(3))
    assert sends(store, 3) == ["Ok"] * 3
    assert buffer(store) == (3, 4)
    assert sends(store, 2, first=3) == ["Ok", "Full"]
    assert received(store) == [0, 1, 2, 3]
    assert buffer(store) == (0, 4)


@pytest.mark.parametrize(
    ("capacity", "maximum", "grown"),
    [(1, 8, 8), (3, 8, 12), (1, 1, 1), (2, 2, 2), (4, 2, 4), (0, 4, 4), (0, 0, 1), (2, 0, 2), (3, 4, 6)],
)
def test_under_telltale_17_resize_ends_at_the_first_double_from_the_maximum_on(
    capacity: int, maximum: int, grown: int
) -> None:
    store = talking(capacity, resize(maximum))
    assert sends(store, grown + 2) == ["Ok"] * grown + ["Full"] * 2
    assert buffer(store) == (grown, grown)
    assert received(store) == list(range(grown))


@both
def test_a_capacity_grows_only_when_it_is_needed(contract: Contract) -> None:
    store = talking(2, resize(8), contract=contract)
    for _ in range(5):
        assert sends(store, 2) == ["Ok"] * 2
        received(store)
    assert buffer(store) == (0, 2)


@both
def test_a_capacity_may_be_as_large_as_a_number_gets(contract: Contract) -> None:
    """Of the capacity that a buffer opens with that holds where there is no buffer; of the greatest always (§18)."""
    store = talking(1, resize(TOP), contract=contract)
    assert sends(store, 3) == ["Ok"] * 3
    assert buffer(store) == (3, 4)
    huge = BufferConfig(initial_capacity=TOP, mode="Fifo", policy=resize(TOP))
    assert do(store, "open", ("A",), {}, huge) == 1
    before = snapshot(store)
    assert refusal(store, "open", ("A", "B"), LOOP, huge) == "limit exceeded: capacity"
    assert snapshot(store) == before


@both
def test_a_buffer_may_open_with_a_capacity_of_65536(contract: Contract) -> None:
    store = talking(65_536, resize(TOP), contract=contract)
    assert sends(store, 65_537) == ["Ok"] * 65_537
    assert buffer(store) == (65_537, 131_072)


@both
@pytest.mark.parametrize("policy", ["Block", "Drop", "Error", resize(9)], ids=str)
@pytest.mark.parametrize("capacity", [0, 1, 5])
def test_a_latest_value_buffer_keeps_one_message(contract: Contract, policy: Any, capacity: int) -> None:
    store = talking(capacity, policy, "LatestValue", contract)
    assert buffer(store) == (0, max(1, capacity))
    assert sends(store, 7) == ["Ok"] * 7
    assert buffer(store) == (1, max(1, capacity))
    assert run(store, "memory_usage").ok["live_buffered_messages"] == 1
    assert run(store, "observe", 0).ok["auth"] == {"leaves": 7, "roots": 1, "trees": 1}
    assert received(store) == [6]
    assert buffer(store) == (0, max(1, capacity))


@both
def test_only_accepted_messages_add_leaves(contract: Contract) -> None:
    store = talking(1, "Drop", contract=contract)

    def counts() -> tuple[int, ...]:
        return tuple(run(store, "observe", 0).ok["auth"].values())

    assert counts() == (0, 0, 0)
    sends(store, 4)
    assert counts() == (1, 1, 1)
    received(store)
    sends(store, 1)
    assert counts() == (2, 1, 1)
    do(store, "send", 0, "B", "A", nat(1))
    assert counts() == (3, 2, 2)
    assert run(store, "memory_usage").ok["live_auth_leaf_count"] == 3
    do(store, "recv", 0, "B", "A")
    do(store, "close", 0)
    assert counts() == (3, 2, 2)


@pytest.mark.parametrize("kind", TAMPERING)
def test_under_telltale_17_a_message_with_a_bad_signature_is_lost(kind: str) -> None:
    store = tampered(TELLTALE_17, kind)
    before = snapshot(store)
    answer = run(store, "recv", 0, "A", "B")
    assert (answer.ok, answer.err, answer.audit) == (None, None, [])
    before["sessions"][0]["buffers"]["A", "B"]["messages"].pop(0)
    before["totals"]["messages"] -= 1
    assert snapshot(store) == before
    assert run(store, "recv", 0, "A", "B").ok == {"Nat": 2}
    assert run(store, "has_message", 0, "A", "B").ok is False


@both
def test_equal_messages_may_be_sent_again(contract: Contract) -> None:
    store = opened(contract)
    for _ in range(3):
        do(store, "send", 0, "A", "B", nat(1))
    assert received(store) == [1, 1, 1]
