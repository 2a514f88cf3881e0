"""JSON values of any depth and size: printed as the encoder prints them, compared exactly, shown within bounds."""

from __future__ import annotations

import json
import pickle
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from telltale_conformance.lean_traces import printing
from telltale_conformance.lean_traces.json_values import (
    ABSENT,
    CHARACTERS_SHOWN,
    ITEMS_SHOWN,
    LEVELS_SHOWN,
    PARTS_SHOWN,
    differences,
    same_json,
    shown,
)
from telltale_conformance.lean_traces.printing import as_json, decode, encode
from telltale_conformance.lean_traces.programs import Step
from telltale_conformance.model.values import U64_MAX
from telltale_conformance.readable import both_ends

DEPTH = 1990
leaves = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), U64_MAX)
    | st.floats(allow_nan=False, allow_infinity=False).filter(bool)
    | st.text(max_size=4)
)
documents = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=20,
)


def nested(levels: int, leaf: Any = 0) -> Any:
    for level in range(levels):
        leaf = {"a": leaf} if level % 2 else [leaf]
    return leaf


class Held(Struct, kw_only=True):
    kind: str = msgspec.field(name="class")
    args: Any
    absent: int | msgspec.UnsetType = msgspec.UNSET


@given(documents)
def test_the_deep_printer_prints_what_the_shallow_one_does(document: Any) -> None:
    assert printing._encode_deep(document, sorted) == encode(document)
    held = Held(kind="x", args=document)
    assert printing._encode_deep([held], sorted) == encode([held])


def test_what_is_too_deep_for_the_encoder_is_printed_and_read_back() -> None:
    document = nested(DEPTH, "leaf")
    with pytest.raises(RecursionError):
        msgspec.json.encode(document)
    printed = encode(Held(kind="x", args=document))
    assert printed.count(b"[") + printed.count(b"{") == DEPTH + 1
    assert same_json(decode(printed)["args"], document)
    assert same_json(as_json({"z": document, "a": 1}), {"a": 1, "z": document})


def test_a_step_with_deep_arguments_goes_to_another_process() -> None:
    step = Step(args={"value": nested(DEPTH)}, op="decode_edge_json", seq=3)
    again = pickle.loads(pickle.dumps(step))
    assert (again.op, again.seq) == (step.op, step.seq)
    assert same_json(again.args, step.args)


def test_comparing_is_exact_at_every_depth() -> None:
    assert same_json(nested(DEPTH), nested(DEPTH))
    (found,) = differences(nested(DEPTH, 1), nested(DEPTH, 2))
    assert (found.expected, found.actual) == (1, 2)
    assert found.path.count("[") == DEPTH // 2


@given(documents, documents)
def test_two_values_are_the_same_when_they_print_the_same(one: Any, other: Any) -> None:
    assert same_json(one, one)
    assert same_json(one, other) == (encode(one) == encode(other)) or "sort" in json.dumps([one, other])


def test_a_million_differences_cost_no_memory() -> None:
    found = differences([], [0] * 1_000_000)
    assert next(found).path == "$[0]"
    assert next(found).expected is ABSENT


@given(documents)
def test_what_fits_is_shown_as_it_is(document: Any) -> None:
    assert shown(document) is document


def test_what_is_deep_long_or_large_is_cut_with_a_mark() -> None:
    deep = shown(nested(DEPTH))
    text = json.dumps(deep)
    assert f"nested deeper than {LEVELS_SHOWN} levels" in text
    assert text.count("[") + text.count("{") == LEVELS_SHOWN
    many = shown([0] * (ITEMS_SHOWN + 7))
    assert len(many) == ITEMS_SHOWN + 1
    assert many[-1] == "… 7 more"
    named = shown({f"{number:06}": number for number in range(ITEMS_SHOWN + 7)})
    assert len(named) == ITEMS_SHOWN + 1
    assert named["…"] == "7 more"
    long = shown({"k" * 50_000: "v" * 50_000})
    ((name, value),) = long.items()
    assert max(len(name), len(value)) < CHARACTERS_SHOWN + 100
    assert "characters left out" in name
    assert len(shown({"k" * 50_000 + "1" + "k" * 500: 1, "k" * 50_000 + "2" + "k" * 500: 2})) == 2
    assert len(json.dumps(shown([[0] * 900] * 900))) < 10 * PARTS_SHOWN
    assert shown({"a": ABSENT}) == {"a": "(absent)"}


def test_a_long_text_keeps_beginning_and_end() -> None:
    text = "session " + "9" * 20_000 + " not found"
    cut = both_ends(text, CHARACTERS_SHOWN)
    assert cut.startswith("session 999")
    assert cut.endswith(" not found")
    assert both_ends("short", 100) == "short"
