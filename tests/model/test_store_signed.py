"""Signed messages: what each signature comes to on each path, and what sequence numbers do (contract §14, H16–H19)."""

from __future__ import annotations

from typing import Any

import pytest

from telltale_conformance.model.contract import HARDENED, TELLTALE_17, Contract
from telltale_conformance.model.values import BufferConfig
from tests.model.store_world import BOTH, LOOP, TOP, do, opened, refusal, run, value

both = pytest.mark.parametrize("contract", BOTH, ids=lambda contract: contract.name)
AB = (0, "A", "B")
SEVEN = value({"Nat": 7})
BAD = {"corrupt", "wrong_edge", "wrong_value"}
BAD_UNDER = {TELLTALE_17: BAD, HARDENED: BAD | {"other_receiver", "other_sequence"}}
KINDS = ["valid", *sorted(BAD_UNDER[HARDENED])]
UNVERIFIED = "signature verification failed on edge A -> B"


def counts(store: Any) -> tuple[int, int]:
    """How many messages are under way on A → B, and how many leaves there are."""
    seen = run(store, "observe", 0).ok
    (length,) = (buffer["len"] for buffer in seen["buffers"] if buffer["edge"]["sender"] == "A")
    assert do(store, "has_message", *AB) is (length > 0)
    return length, seen["auth"]["leaves"]


@both
@pytest.mark.parametrize("kind", KINDS)
def test_what_each_receive_makes_of_each_signature(contract: Contract, kind: str) -> None:
    bad = kind in BAD_UNDER[contract]
    for op in ("recv", "recv_signed", "recv_verified", "recv_verified_signed"):
        store = opened(contract, LOOP)
        assert do(store, "send_signed", *AB, SEVEN, kind) == "Ok"
        do(store, "send", *AB, value("Unit"))
        assert counts(store) == (2, 2)
        good = {"Nat": 7} if op in ("recv", "recv_verified") else {"payload": {"Nat": 7}, "sequence_no": 0}
        if op.endswith("signed"):
            good["valid"] = not bad
        stays = bad and contract is HARDENED and op != "recv_signed"
        if not bad or op == "recv_signed":
            assert run(store, op, *AB).ok == good
        elif op == "recv" and contract is TELLTALE_17:
            assert run(store, op, *AB).ok is None
        else:
            assert refusal_of(store, op) == UNVERIFIED
        assert counts(store) == (2 if stays else 1, 2)
        if stays:
            assert refusal_of(store, op) == UNVERIFIED
            assert do(store, "recv_signed", *AB).valid is False
        assert do(store, "recv_verified", *AB) == value("Unit")


def refusal_of(store: Any, op: str) -> Any:
    """The error of a receive, which may have taken the message."""
    answer = run(store, op, *AB)
    assert answer.audit == []
    return answer.err


@both
@pytest.mark.parametrize("op", ["recv", "recv_signed", "recv_verified", "recv_verified_signed"])
def test_without_a_session_a_buffer_or_a_message(contract: Contract, op: str) -> None:
    store = opened(contract, LOOP)
    assert refusal(store, op, 5, "A", "B") == "session 5 not found"
    for pair in (("A", "B"), ("A", "A"), ("A", "?")):
        assert do(store, op, 0, *pair) is None
    do(store, "send", *AB, SEVEN)
    do(store, "close", 0)
    assert do(store, op, *AB) is None


@both
def test_sends_that_find_no_session_or_no_buffer(contract: Contract) -> None:
    store = opened(contract, LOOP)
    for op, more in (("send_with_sequence", (9,)), ("send_signed", ("corrupt", 9))):
        assert refusal(store, op, 5, "A", "B", SEVEN, *more) == "session 5 not found"
        assert refusal(store, op, 0, "A", "A", SEVEN, *more) == "no buffer for edge A → A"
    do(store, "close", 0)
    assert refusal(store, "send_signed", *AB, SEVEN, "valid") == "no buffer for edge A → B"


@pytest.mark.parametrize("policy", ["Block", "Drop", "Error"])
def test_only_an_ok_send_adds_a_leaf(policy: Any) -> None:
    store = opened(TELLTALE_17, LOOP, BufferConfig(initial_capacity=1, mode="Fifo", policy=policy))
    answers = [do(store, "send_signed", *AB, SEVEN, "corrupt") for _ in range(3)]
    assert answers[0] == "Ok"
    assert set(answers[1:]) == {{"Block": "WouldBlock", "Drop": "Dropped", "Error": "Full"}[policy]}
    assert counts(store) == (1, 1)


@both
def test_the_latest_value_overwrites_good_by_bad_and_bad_by_good(contract: Contract) -> None:
    store = opened(contract, LOOP, BufferConfig(initial_capacity=1, mode="LatestValue", policy="Block"))
    for kind in ("valid", "corrupt", "valid"):
        assert do(store, "send_signed", *AB, SEVEN, kind) == "Ok"
    assert counts(store) == (1, 3)
    assert do(store, "recv_signed", *AB).valid is True


def test_under_telltale_17_any_number_is_kept_and_none_is_checked() -> None:
    store = opened(TELLTALE_17, LOOP)
    for number in (5, TOP, 5, 0):
        do(store, "send_with_sequence", *AB, SEVEN, number)
    do(store, "send_signed", *AB, SEVEN, "valid")
    received = [do(store, "recv_verified_signed", *AB).sequence_no for _ in range(5)]
    assert received == [5, TOP, 5, 0, 0]


def test_h19_the_next_number_is_the_number_of_leaves() -> None:
    store = opened(HARDENED, LOOP, BufferConfig(initial_capacity=2, mode="Fifo", policy="Block"))
    do(store, "send", *AB, SEVEN)
    wrong = "sequence number 0 is not next on edge A -> B"
    assert refusal(store, "send_with_sequence", *AB, SEVEN, 0, by="H19") == wrong
    assert refusal(store, "send_signed", *AB, SEVEN, "valid", 2) == wrong.replace("0", "2")
    assert do(store, "send_signed", *AB, SEVEN, "valid") == "Ok"
    assert do(store, "send_with_sequence", *AB, SEVEN, 2) == "WouldBlock"
    assert [do(store, "recv_signed", *AB).sequence_no for _ in range(2)] == [0, 1]
    do(store, "reload", "binary")
    assert do(store, "send_with_sequence", *AB, SEVEN, 2) == "Ok"  # what was not stored used no number
    assert do(store, "send_with_sequence", 0, "B", "A", SEVEN, 0) == "Ok"
    assert refusal(store, "send_with_sequence", *AB, SEVEN, 2) == "sequence number 2 is not next on edge A -> B"
    assert refusal(store, "send_with_sequence", 0, "A", "A", SEVEN, 9) == "no buffer for edge A → A"
