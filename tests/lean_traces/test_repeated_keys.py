"""Repeated keys in telltale's own documents: found wherever a reader looks, however the document is written."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from telltale_conformance.lean_traces.telltale.malformed import MalformedDocument
from telltale_conformance.lean_traces.telltale.whole_document import Document, repeated_key

KEYS = st.sampled_from(["a", "b", 'q"u', "ü", "\x01", "x\\", "a: ", '": '])
VALUES = st.recursive(
    st.none() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | KEYS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=12,
)
STYLES: tuple[dict[str, Any], ...] = (
    {"separators": (",", ":")},
    {},
    {"indent": 2},
    {"separators": (",", ":"), "ensure_ascii": False},
)


@given(VALUES, st.sampled_from(STYLES))
def test_a_document_without_one_has_none(value: Any, style: dict[str, Any]) -> None:
    assert repeated_key(json.dumps(value, **style).encode()) is None


@given(st.lists(VALUES, max_size=2), KEYS, VALUES, VALUES, st.sampled_from(STYLES))
def test_one_that_is_there_is_found_with_its_place(
    before: list[Any], key: str, first: Any, second: Any, style: dict[str, Any]
) -> None:
    class Twice(dict[str, Any]):
        def items(self) -> Any:
            return [(key, first), (key, second)]

    text = json.dumps([*before, {"in": Twice(a=1)}], **style).encode()
    assert text.count(json.dumps(key, ensure_ascii=style.get("ensure_ascii", True)).encode()) > 1
    assert repeated_key(text) == (f"[{len(before)}].in", key)
    whole = json.dumps(Twice(a=1), **style).encode()
    with pytest.raises(MalformedDocument, match="is given twice; give it once"):
        Document("run.json", whole).members(whole, "$")


@given(st.dictionaries(KEYS, VALUES, max_size=4), st.sampled_from(STYLES))
def test_members_are_those_of_the_object(value: dict[str, Any], style: dict[str, Any]) -> None:
    text = json.dumps(value, **style).encode()
    found = Document("run.json", text).members(text, "$")
    assert {name: json.loads(bytes(part)) for name, part in found.items()} == value


def test_what_is_no_object_is_refused() -> None:
    with pytest.raises(msgspec.DecodeError):
        Document("run.json", b"[1]").members(b"[1]", "$")
