"""JSON forms of local types, sorts, value types and values."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given

from telltale_conformance.generators.local_types import any_local_types, sorts, val_types, values
from telltale_conformance.lean_traces.strict_json import parse
from telltale_conformance.model.types.json_shape import TypeJsonError
from telltale_conformance.model.types.lean_json import encode_type_lean, type_from_lean_json
from telltale_conformance.model.types.local_types import Choice, LocalType, Recv, Send
from telltale_conformance.model.types.payloads import (
    UNIT,
    Bool,
    Chan,
    EndpointValue,
    Nat,
    PayloadSort,
    ProdSort,
    ProdType,
    ProdValue,
    Str,
    ValType,
    Value,
    Vector,
    encode_sort,
    encode_val_type,
    encode_value,
    sort_from_json,
    val_type_from_json,
    value_from_json,
)
from telltale_conformance.model.types.trees import END, Branch, Label, Mu, Var, postorder, remembered_encoding
from telltale_conformance.model.types.type_json import encode_type, type_from_json


def canonical(encoded: bytes) -> bytes:
    """The same document as the fast JSON library prints it with ascending keys."""
    return msgspec.json.encode(msgspec.json.decode(encoded), order="sorted")


@given(any_local_types(), sorts(), val_types(), values())
def test_printed_json_is_canonical(tree: LocalType, sort: PayloadSort, kind: ValType, value: Value) -> None:
    for encoded in (
        encode_type(tree),
        encode_type_lean(tree),
        encode_sort(sort),
        encode_val_type(kind),
        encode_value(value),
    ):
        assert encoded == canonical(encoded)


@given(any_local_types(), sorts(), val_types(), values())
def test_reading_what_was_printed_gives_the_same(
    tree: LocalType, sort: PayloadSort, kind: ValType, value: Value
) -> None:
    assert type_from_json(json.loads(encode_type(tree))) == tree
    assert sort_from_json(json.loads(encode_sort(sort))) == sort
    assert val_type_from_json(json.loads(encode_val_type(kind))) == kind
    assert value_from_json(json.loads(encode_value(value))) == value


@given(any_local_types())
def test_the_lean_form_keeps_all_but_value_types(tree: LocalType) -> None:
    back = type_from_lean_json(json.loads(encode_type_lean(tree)))
    assert encode_type_lean(back) == encode_type_lean(tree)
    assert all(
        branch.value_type is None for node in postorder(back) if isinstance(node, Choice) for branch in node.branches
    )


TREE = Mu(
    "t",
    Send(
        "B",
        (
            Branch(Label("m", ProdSort("Nat", Vector(3))), ProdType("Nat", Chan(0, "é")), Var("t")),
            Branch(Label('"\n'), None, Recv("A", ())),
        ),
    ),
)


def test_the_own_form_is_as_recorded() -> None:
    text = (
        '{"Mu":{"body":{"Send":{"branches":[[{"name":"m","sort":{"Prod":["Nat",{"Vector":3}]}},'
        '{"Prod":["Nat",{"Chan":{"role":"é","sid":0}}]},{"Var":"t"}],[{"name":"\\"\\n","sort":"Unit"},null,'
        '{"Recv":{"branches":[],"partner":"A"}}]],"partner":"B"}},"var":"t"}}'
    )
    assert encode_type(TREE).decode() == text
    assert encode_type(END) == b'"End"'


def test_the_lean_form_is_as_recorded() -> None:
    text = (
        '{"body":{"branches":[{"continuation":{"kind":"var","name":"t"},'
        '"label":{"name":"m","sort":{"prod":["nat",{"vector":3}]}}},'
        '{"continuation":{"branches":[],"kind":"recv","partner":"A"},"label":{"name":"\\"\\n","sort":"unit"}}],'
        '"kind":"send","partner":"B"},"kind":"rec","var":"t"}'
    )
    assert encode_type_lean(TREE).decode() == text
    assert encode_type_lean(END) == b'{"kind":"end"}'


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (UNIT, '"Unit"'),
        (Nat(7), '{"Nat":7}'),
        (Bool(True), '{"Bool":true}'),
        (Str("x"), '{"Str":"x"}'),
        (ProdValue(UNIT, Bool(False)), '{"Prod":["Unit",{"Bool":false}]}'),
        (EndpointValue(1, "A"), '{"Endpoint":{"role":"A","sid":1}}'),
    ],
)
def test_values_are_written_as_recorded(value: Value, text: str) -> None:
    assert encode_value(value).decode() == text


def test_an_absent_sort_reads_as_unit() -> None:
    body = {"partner": "B", "branches": [[{"name": "m"}, None, "End"]]}
    assert type_from_json({"Send": body}) == Send("B", (Branch(Label("m"), None, END),))


def send(**change: Any) -> Any:
    """A well-formed Send with some fields changed; a field changed to ... is left out."""
    fields = {"partner": "B", "branches": [[{"name": "m", "sort": "Unit"}, None, "End"]], **change}
    return {"Send": {name: value for name, value in fields.items() if value is not ...}}


def branch(label: Any = None, value_type: Any = None, continuation: Any = "End") -> Any:
    """A Send with one branch."""
    return send(branches=[[{"name": "m"} if label is None else label, value_type, continuation]])


BAD_TYPES: list[tuple[Any, str, str]] = [
    ("Endd", "$", "this is the text"),
    (None, "$", "null"),
    (7, "$", "an integer"),
    ([], "$", "an array"),
    ({}, "$", "exactly one field, this one has 0"),
    ({"Mu": {}, "Var": "t"}, "$", "exactly one field, this one has 2"),
    ({"End": None}, "$", 'not "End"'),
    ({"Var": 3}, "$.Var", "a variable name is due"),
    ({"Var": "\ud800"}, "$.Var", "lone surrogate"),
    ({"Mu": {"var": "t"}}, "$.Mu", '"body" of a Mu is missing'),
    ({"Mu": {"var": "t", "body": "End", "x": 1}}, "$.Mu", 'unknown field "x" of a Mu'),
    ({"Mu": {"var": None, "body": "End"}}, "$.Mu.var", "a variable name is due"),
    ({"Mu": {"var": "t", "body": "end"}}, "$.Mu.body", "a local type"),
    ({"Send": []}, "$.Send", "an array"),
    (send(partner=...), "$.Send", '"partner" of a Send is missing'),
    (send(partner=1), "$.Send.partner", "a role name is due"),
    (send(extra=1), "$.Send", 'unknown field "extra"'),
    (send(branches={}), "$.Send.branches", "an object"),
    (send(branches=[[]]), "$.Send.branches[0]", "a branch is due"),
    (send(branches=[[{"name": "m"}, "End"]]), "$.Send.branches[0]", "a branch is due"),
    (branch(label="m"), "$.Send.branches[0][0]", "a label is due"),
    (branch(label={"sort": "Nat"}), "$.Send.branches[0][0]", '"name" of a label is missing'),
    (branch(label={"name": "m", "sort": "nat"}), "$.Send.branches[0][0].sort", "a payload sort is due"),
    (branch(label={"name": "m", "sort": None}), "$.Send.branches[0][0].sort", "null"),
    (branch(label={"name": "m", "sort": {"Vector": True}}), "$.Send.branches[0][0].sort.Vector", "true"),
    (branch(label={"name": "m", "sort": {"Vector": 1.0}}), "$.Send.branches[0][0].sort.Vector", "a point or exponent"),
    (branch(label={"name": "m", "sort": {"Vector": -1}}), "$.Send.branches[0][0].sort.Vector", "0..2^64-1"),
    (branch(label={"name": "m", "sort": {"Vector": 2**64}}), "$.Send.branches[0][0].sort.Vector", "0..2^64-1"),
    (branch(label={"name": "m", "sort": {"Prod": ["Nat"]}}), "$.Send.branches[0][0].sort.Prod", "array of two"),
    (branch(label={"name": "m", "sort": {"Prod": ["Nat", 1]}}), "$.Send.branches[0][0].sort.Prod[1]", "an integer"),
    (branch(label={"name": "m", "sort": {"List": 1}}), "$.Send.branches[0][0].sort", "Vector or Prod"),
    (branch(value_type="Real"), "$.Send.branches[0][1]", "a value type is due"),
    (branch(value_type={"Chan": {"sid": 0}}), "$.Send.branches[0][1].Chan", '"role" of an endpoint is missing'),
    (branch(value_type={"Chan": {"sid": "0", "role": "A"}}), "$.Send.branches[0][1].Chan.sid", "a session id is due"),
    (branch(value_type={"Nat": 1}), "$.Send.branches[0][1]", "Prod or Chan"),
    (branch(continuation=branch(continuation=0)), "$.Send.branches[0][2].Send.branches[0][2]", "an integer"),
]


@pytest.mark.parametrize(("document", "path", "words"), BAD_TYPES, ids=[f"{i}" for i in range(len(BAD_TYPES))])
def test_a_wrong_type_is_refused_with_its_place(document: Any, path: str, words: str) -> None:
    with pytest.raises(TypeJsonError) as caught:
        type_from_json(document)
    assert caught.value.path == path
    assert words in caught.value.message


@pytest.mark.parametrize(
    ("document", "path", "words"),
    [
        ("end", "$", "with a kind of"),
        ({"kind": "End"}, "$", "of kind"),
        ({"kind": "end", "x": 0}, "$", "unknown field"),
        ({"kind": "rec", "var": "t"}, "$", '"body"'),
        ({"kind": "var", "name": 1}, "$.name", "a variable name is due"),
        ({"kind": "send", "partner": "B", "branches": [["m", "End"]]}, "$.branches[0]", "a branch is due"),
        (
            {
                "kind": "recv",
                "partner": "B",
                "branches": [{"label": {"name": "m", "sort": "Nat"}, "continuation": {"kind": "end"}}],
            },
            "$.branches[0].label.sort",
            "lower case",
        ),
    ],
)
def test_a_wrong_lean_type_is_refused_with_its_place(document: Any, path: str, words: str) -> None:
    with pytest.raises(TypeJsonError) as caught:
        type_from_lean_json(document)
    assert caught.value.path == path
    assert words in caught.value.message


@pytest.mark.parametrize(
    ("document", "path"),
    [
        ("unit", "$"),
        (None, "$"),
        ({"Nat": 1.5}, "$.Nat"),
        ({"Nat": True}, "$.Nat"),
        ({"Bool": 1}, "$.Bool"),
        ({"Str": None}, "$.Str"),
        ({"Prod": ["Unit", "Unit", "Unit"]}, "$.Prod"),
        ({"Prod": ["Unit", {"Nat": -1}]}, "$.Prod[1].Nat"),
        ({"Endpoint": {"sid": 0, "role": "A", "x": 0}}, "$.Endpoint"),
        ({"Chan": {"sid": 0, "role": "A"}}, "$"),
    ],
)
def test_a_wrong_value_is_refused_with_its_place(document: Any, path: str) -> None:
    with pytest.raises(TypeJsonError) as caught:
        value_from_json(document)
    assert caught.value.path == path


def deep_text(levels: int) -> bytes:
    """The JSON of so many nested sends."""
    head = b'{"Send":{"branches":[[{"name":"m","sort":"Unit"},null,'
    return head * levels + b'"End"' + b']],"partner":"B"}}' * levels


@pytest.mark.parametrize("levels", [400, 499])
def test_four_hundred_levels_and_more_are_read_within_the_nesting_limit(levels: int) -> None:
    text = deep_text(levels)
    tree = type_from_json(parse(text, nesting=2000))
    assert encode_type(tree) == text


def test_deep_documents_need_no_stack() -> None:
    document: Any = "End"
    lean: Any = {"kind": "end"}
    for _ in range(20_000):
        document = {"Send": {"partner": "B", "branches": [[{"name": "m"}, None, document]]}}
        lean = {"kind": "send", "partner": "B", "branches": [{"label": {"name": "m"}, "continuation": lean}]}
    tree = type_from_json(document)
    assert tree == type_from_lean_json(lean)
    assert encode_type(tree) == deep_text(20_000)
    deepest = document
    while deepest != "End":
        deepest, parent = deepest["Send"]["branches"][0][2], deepest
    parent["Send"]["branches"][0][2] = 7
    with pytest.raises(TypeJsonError, match=r"… \d+ steps …"):
        type_from_json(document)


def test_deep_pairs_need_no_stack() -> None:
    text = b'{"Prod":["Nat",' * 20_000 + b'"Nat"' + b"]}" * 20_000
    document: Any = "Nat"
    for _ in range(20_000):
        document = {"Prod": ["Nat", document]}
    assert encode_sort(sort_from_json(document)) == text
    assert encode_val_type(val_type_from_json(document)) == text


def test_the_encoding_is_kept_only_on_the_node_it_was_asked_for() -> None:
    inner = Send("B", (Branch(Label("m"), None, END),))
    outer = Mu("t", inner)
    assert encode_type(outer) is encode_type(outer)
    assert remembered_encoding(inner) is None
