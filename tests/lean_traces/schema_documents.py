"""Documents drawn from the schemas, spoilt ones, and their texts in several forms."""

from __future__ import annotations

import json
import re
from copy import deepcopy
from typing import Any

from hypothesis import strategies as st

from telltale_conformance.lean_traces import schemas

NESTING = 2000
SCHEMAS = {name: schemas.load(name) for name in schemas.NAMES}
OPERATIONS: list[str] = SCHEMAS["operations"]["properties"]["op"]["enum"]
NAMES = ["A", "B", "", "Ω", 'quote"', "owner/a", "$ref", "t"]
INTEGERS = [0, 1, 2, 255, 2**53 + 1, 2**63, 2**64 - 1]
ODD_NUMBERS = [
    "1.0",
    "1e2",
    "-0",
    "-0.0",
    "-1",
    "18446744073709551616",
    "18446744073709551615.0",
    "1" + "0" * 30,
    "0.5",
]


REFERENCES: list[Any] = [{"$ref": 0}, {"$ref": 3, "set": {}}, {"$ref": 1, "set": {"scope": {"$ref": 2}}}]
ODD_REFERENCES: list[Any] = [{"$ref": 9}, {"$ref": -1}, {"$ref": "0"}, {"$ref": 0, "set": 1}, {"$ref": 0, "more": 1}]
ODD_VALUES: list[Any] = [
    None,
    True,
    False,
    0,
    1,
    1.0,
    -1,
    256,
    2**64,
    "",
    "A",
    "Session",
    "End",
    [],
    {},
    ["A"],
    {"A": "End"},
    {"Fragments": ["a"]},
    {"Var": "t"},
    [None],
    [["A"]],
    {"$ref": 0},
]


class FromSchema:
    """Draws instances of a schema; the kinds that the schemas use are all it knows."""

    def __init__(self, draw: Any, file: str) -> None:
        self._draw = draw
        self._file = file

    def instance(self, schema: dict[str, Any], depth: int = 0) -> Any:
        """Draw an instance; deep down the first alternative, which is a leaf, is taken."""
        if "$ref" in schema:
            file, _, pointer = schema["$ref"].partition("#/$defs/")
            file = file.removesuffix(".json") or self._file
            return FromSchema(self._draw, file).instance(SCHEMAS[file]["$defs"][pointer], depth + 1)
        if "anyOf" in schema:
            alternatives = schema["anyOf"]
            return self.instance(alternatives[0] if depth > 14 else self._one_of(alternatives), depth + 1)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return self._one_of(schema["enum"])
        match schema.get("type"):
            case "integer":
                return self._one_of([n for n in INTEGERS if schema["minimum"] <= n <= schema.get("maximum", n)])
            case "string":
                return self._one_of(NAMES)
            case "boolean":
                return self._draw(st.booleans())
            case "null":
                return None
            case "array":
                return self._array(schema, depth)
            case "object":
                return self._object(schema, depth)
            case None:
                return self._one_of([*ODD_VALUES, {"sid": 1, "sender": "A", "receiver": "B"}, [1, "A", "B"]])
        raise AssertionError(schema)

    def _one_of(self, options: list[Any]) -> Any:
        return deepcopy(self._draw(st.sampled_from(options)))

    def _array(self, schema: dict[str, Any], depth: int) -> list[Any]:
        if "prefixItems" in schema:
            return [self.instance(part, depth + 1) for part in schema["prefixItems"]]
        least = schema.get("minItems", 0)
        size = self._draw(st.integers(least, schema.get("maxItems", least + 2)))
        return [self.instance(schema["items"], depth + 1) for _ in range(size)]

    def _object(self, schema: dict[str, Any], depth: int) -> dict[str, Any]:
        fields = schema.get("properties", {})
        if schema.get("maxProperties") == 1:
            chosen = self._one_of(list(fields))
            return {chosen: self.instance(fields[chosen], depth + 1)}
        if isinstance(schema["additionalProperties"], dict):
            names = self._draw(st.sets(st.sampled_from(NAMES), max_size=2))
            return {name: self.instance(schema["additionalProperties"], depth + 1) for name in sorted(names)}
        required = schema.get("required", [])
        present = [name for name in fields if name in required or self._draw(st.booleans())]
        return {name: self.instance(fields[name], depth + 1) for name in present}


def places(document: Any) -> list[tuple[Any, Any]]:
    """Return every place in a document as its container and the key or index there."""
    found: list[tuple[Any, Any]] = []
    waiting = [document]
    while waiting:
        container = waiting.pop()
        keys = list(container) if isinstance(container, dict) else range(len(container))
        for key in keys:
            found.append((container, key))
            if isinstance(container[key], dict | list):
                waiting.append(container[key])
    return found


@st.composite
def spoilt(draw: Any, documents: st.SearchStrategy[dict[str, Any]]) -> dict[str, Any]:
    """Draw a document with up to two changes."""
    document = deepcopy(draw(documents))
    for _ in range(draw(st.integers(0, 2))):
        spots = places(document)
        if not spots:
            break
        container, key = draw(st.sampled_from(spots))
        change = draw(st.sampled_from(["drop", "add", "rename", "replace", "wrap", "case", "copy"]))
        value = container[key]
        if change == "drop":
            del container[key]
        elif change == "add":
            extra = deepcopy(draw(st.sampled_from(ODD_VALUES)))
            if isinstance(container, dict):
                container.setdefault(
                    draw(st.sampled_from(["more", "ok", "err", "audit", "sort", "sid", "Var", "Mu", "session_hint"])),
                    extra,
                )
            else:
                container.insert(key, extra)
        elif change == "rename" and isinstance(container, dict):
            container[draw(st.sampled_from(["more", "Send", "Session", "ok", "Str", "sid"]))] = container.pop(key)
        elif change == "replace":
            container[key] = deepcopy(draw(st.sampled_from(ODD_VALUES)))
        elif change == "wrap":
            container[key] = draw(
                st.sampled_from([[value], {"Prod": [value, deepcopy(value)]}, {"Mu": {"var": "t", "body": value}}])
            )
        elif change == "case" and isinstance(value, str):
            container[key] = value.swapcase()
        elif change == "copy":
            container[key] = deepcopy(draw(st.sampled_from([inner[spot] for inner, spot in spots])))
    spoiled: dict[str, Any] = document
    return spoiled


@st.composite
def texts(draw: Any, documents: st.SearchStrategy[dict[str, Any]]) -> bytes:
    """Draw the line of a document, in our form or another, perhaps with one number written oddly."""
    document = draw(spoilt(documents))
    form = draw(st.sampled_from(["ours", "ours", "spaced", "escaped", "reversed"]))
    if form == "reversed":
        document = dict(reversed(list(document.items())))
    text = json.dumps(
        document,
        sort_keys=form == "ours",
        separators=None if form == "spaced" else (",", ":"),
        ensure_ascii=form == "escaped",
    )
    numbers = [match.span() for match in re.finditer(r"(?<=[:,\[ ])\d+(?=[,}\]])", text)]
    if numbers and draw(st.integers(0, 2)) == 0:
        start, end = draw(st.sampled_from(numbers))
        text = text[:start] + draw(st.sampled_from(ODD_NUMBERS)) + text[end:]
    return text.encode()
