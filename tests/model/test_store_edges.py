"""Edges from JSON of any origin (contract §10)."""

from __future__ import annotations

from typing import Any

import pytest

from telltale_conformance.model.contract import Contract
from telltale_conformance.model.store import Store
from tests.model.store_world import BOTH, TOP, Answer, refusal, run

pytestmark = pytest.mark.parametrize("contract", BOTH, ids=lambda c: c.name)

AB = {"sender": "A", "receiver": "B"}
NO_SIDS: tuple[Any, ...] = (-1, TOP + 1, 1.0, 0.5, True, False, "1", [], {})


def decode(contract: Contract, *arguments: Any) -> Answer:
    return run(Store(contract), "decode_edge_json", *arguments)


@pytest.mark.parametrize("sid", [0, 1, TOP])
@pytest.mark.parametrize("hint", [(), (None,), (9,)], ids=str)
def test_an_edge_with_its_sid_needs_no_hint(contract: Contract, sid: int, hint: tuple[Any, ...]) -> None:
    for value in ({**AB, "sid": sid}, [sid, "A", "B"], {**AB, "sid": sid, "more": [1]}):
        assert decode(contract, value, *hint).ok == {**AB, "sid": sid}


@pytest.mark.parametrize("value", [AB, {**AB, "sid": None}, {**AB, "x": 1}, [None, "A", "B"]], ids=str)
def test_a_missing_sid_is_the_hint(contract: Contract, value: Any) -> None:
    for hint in (0, 9, TOP):
        assert decode(contract, value, hint).ok == {**AB, "sid": hint}
    assert refusal(Store(contract), "decode_edge_json", value) == "missing sid in edge json"
    assert refusal(Store(contract), "decode_edge_json", value, None) == "missing sid in edge json"


@pytest.mark.parametrize("text", ["", "é→", "A" * 300])
def test_names_may_be_any_text(contract: Contract, text: str) -> None:
    assert decode(contract, [1, text, text]).ok == {"sid": 1, "sender": text, "receiver": text}


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        1,
        1.5,
        "edge",
        "abc",
        [],
        ["A", "B"],
        [1, "A"],
        [1, "A", "B", None],
        [1, 2, "B"],
        [1, "A", None],
        [[1, "A", "B"]],
        {},
        {"sid": 1},
        {"sid": 1, "sender": "A"},
        {"sid": 1, "receiver": "B"},
        {"sid": 1, "sender": None, "receiver": "B"},
        {"sid": 1, "sender": "A", "receiver": 2},
        {"sid": 1, "sender": ["A"], "receiver": "B"},
        {"edge": {"sid": 1, **AB}},
        *({**AB, "sid": sid} for sid in NO_SIDS),
        *([sid, "A", "B"] for sid in NO_SIDS),
    ],
    ids=str,
)
@pytest.mark.parametrize("hint", [(), (3,)], ids=str)
def test_anything_else_is_no_edge(contract: Contract, value: Any, hint: tuple[Any, ...]) -> None:
    assert refusal(Store(contract), "decode_edge_json", value, *hint).startswith("invalid edge json: ")


def test_a_wrong_shape_decides_before_a_missing_sid(contract: Contract) -> None:
    assert refusal(Store(contract), "decode_edge_json", {"sender": "A"}).startswith("invalid edge json: ")


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ([0, "A", None], "sender and receiver must be text"),
        ({"sender": "A"}, "sender and receiver must be text"),
        ([0, "A"], "an object or an array of three is needed"),
        ([-1, "A", "B"], "sid must be an unsigned 64-bit integer"),
    ],
    ids=str,
)
def test_the_text_of_a_refusal_says_what_is_wrong(contract: Contract, value: Any, reason: str) -> None:
    assert refusal(Store(contract), "decode_edge_json", value) == f"invalid edge json: {reason}"
