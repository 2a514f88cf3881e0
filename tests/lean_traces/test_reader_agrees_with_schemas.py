"""The strict reader takes exactly the documents that jsonschema takes.

Documents are generated from the schemas themselves and then spoilt: a field dropped, added or renamed, a value
of another kind, a number outside 0..2^64-1 or written with a point. Each is read twice, in our
writer's form (the reader's fast way) and in another form (its strict way).
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import tempfile
from copy import deepcopy
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from telltale_conformance.lean_traces import schemas
from telltale_conformance.lean_traces.printing import encode
from telltale_conformance.lean_traces.programs import read_program, references
from telltale_conformance.lean_traces.reader import TraceReader
from telltale_conformance.lean_traces.schemas import validator
from telltale_conformance.lean_traces.strict_json import StrictJsonError, parse
from telltale_conformance.lean_traces.trace import MalformedTrace
from telltale_conformance.model.errors import StringError
from telltale_conformance.model.guard import Guard
from telltale_conformance.model.operations import Outcome

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
HEADER = {
    "contract": "telltale-17",
    "meta": {},
    "observes": ["audit"],
    "schema": "telltale-conformance/trace",
    "source": {"kind": "reference", "name": "n", "version": "v"},
    "version": 1,
}
PROGRAM_HEADER = {"contract": "telltale-17", "meta": {}, "schema": "telltale-conformance/program", "version": 1}
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
]
ODD_VALUES += [{"Fragments": ["a"]}, {"Var": "t"}, [None], [["A"]], {"$ref": 0}]


# --- documents that the schemas describe


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


@st.composite
def events(draw: Any) -> dict[str, Any]:
    op = draw(st.sampled_from(OPERATIONS))
    args = FromSchema(draw, "operations").instance(SCHEMAS["operations"]["$defs"][op])
    answer = draw(st.sampled_from(["ok", "err"]))
    return {"args": args, "audit": [], answer: draw(st.sampled_from(ODD_VALUES)), "op": op, "seq": 0}


# --- and what is done to them


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


# --- the two verdicts


def parsed(line: bytes) -> Any:
    try:
        return parse(line, NESTING)
    except StrictJsonError:
        return None


def reader_refuses(*lines: bytes) -> str:
    """Read a trace to its end; return what the reader says against it, or nothing."""
    body = b"".join(line + b"\n" for line in lines)
    try:
        reader = TraceReader(io.BytesIO(body), "t.jsonl", packed=False)
        for item in reader:
            strict = reader.parse_event(item.line, item.line_number)
            assert item.arguments == strict[1], "the fast way reads other arguments than the strict way"
            item.answer()
    except MalformedTrace as problem:
        return str(problem)
    return ""


def end_line(*lines: bytes) -> bytes:
    digest = hashlib.sha256(b"".join(line + b"\n" for line in lines)).hexdigest()
    return encode({"digest": f"sha256:{digest}", "end": True, "events": len(lines) - 1})


def assert_agree(line: bytes, taken: bool, refusal: str) -> None:
    event("taken" if taken else "refused")
    assert taken == (refusal == ""), (
        f"schema {'takes' if taken else 'refuses'}, reader: {refusal or 'takes'}: {line.decode()}"
    )


often = settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@often
@given(texts(events()))
def test_events(line: bytes) -> None:
    document = parsed(line)
    taken = validator("trace-event").is_valid(document) and "audit" in document and document["seq"] == 0
    header = encode(HEADER)
    assert_agree(line, taken, reader_refuses(header, line, end_line(header, line)))


@often
@given(texts(events()))
def test_events_of_a_trace_that_observes_nothing(line: bytes) -> None:
    document = parsed(line)
    if isinstance(document, dict):
        document.pop("audit", None)
        line = encode(document)
    taken = validator("trace-event").is_valid(document) and document["seq"] == 0
    header = encode({**HEADER, "observes": []})
    assert_agree(line, taken, reader_refuses(header, line, end_line(header, line)))


ANY_TEXT = Guard(name="any", holds="always", failed="never", error="any", origin="§12", text="{}")


@often
@given(texts(events()))
def test_a_line_that_is_exactly_an_outcome_is_well_formed(line: bytes) -> None:
    document = parsed(line)
    if not isinstance(document, dict):
        return
    refusal = StringError(ANY_TEXT, document["err"]) if "err" in document else None
    header = encode(HEADER)
    try:
        reader = TraceReader(io.BytesIO(header + b"\n" + line + b"\n"), "t.jsonl", packed=False)
        item = next(iter(reader), None)
    except MalformedTrace:
        return
    if item is not None and item.is_exactly(Outcome(document.get("ok"), refusal, [])):
        event("exactly")
        assert validator("trace-event").is_valid(document), line.decode()


@pytest.mark.parametrize("op", OPERATIONS)
@settings(max_examples=40, deadline=None)
@given(st.data())
def test_every_operation_is_taken(op: str, data: st.DataObject) -> None:
    args = FromSchema(data.draw, "operations").instance(SCHEMAS["operations"]["$defs"][op])
    line = encode({"args": args, "audit": [], "ok": None, "op": op, "seq": 0})
    header = encode(HEADER)
    assert validator("trace-event").is_valid(parsed(line))
    assert reader_refuses(header, line, end_line(header, line)) == ""


@often
@given(texts(st.just(HEADER)))
def test_headers(line: bytes) -> None:
    taken = validator("trace-header").is_valid(parsed(line))
    assert_agree(line, taken, reader_refuses(line, end_line(line)))


@often
@given(st.data())
def test_ends(data: st.DataObject) -> None:
    header = encode(HEADER)
    right = json.loads(end_line(header))
    line = data.draw(texts(st.just(right)))
    document = parsed(line)
    taken = validator("trace-end").is_valid(document) and document == right
    assert_agree(line, taken, reader_refuses(header, line))


# --- programs


@st.composite
def steps(draw: Any) -> dict[str, Any]:
    """Draw a step with references in the place of some of its values."""
    op = draw(st.sampled_from(OPERATIONS))
    args = FromSchema(draw, "operations").instance(SCHEMAS["operations"]["$defs"][op])
    for _ in range(draw(st.integers(0, 2))):
        spots = places(args)
        if spots:
            container, key = draw(st.sampled_from(spots))
            container[key] = deepcopy(draw(st.sampled_from([*REFERENCES, *REFERENCES, *ODD_REFERENCES])))
    return {"args": args, "op": op, "seq": 4}


@often
@given(texts(steps()))
def test_steps(line: bytes) -> None:
    document = parsed(line)
    taken = (
        validator("program", "step").is_valid(document)
        and document["seq"] > 0
        and all(reference < document["seq"] for reference in references(document["args"]))
    )
    first = encode({"args": {}, "op": "session_ids", "seq": 0})
    assert_agree(line, taken, program_refuses(encode(PROGRAM_HEADER), first, line, encode({"end": True, "steps": 2})))


@often
@given(texts(st.just(PROGRAM_HEADER)))
def test_headers_of_programs(line: bytes) -> None:
    taken = validator("program", "header").is_valid(parsed(line))
    assert_agree(line, taken, program_refuses(line, encode({"end": True, "steps": 0})))


@often
@given(texts(st.just({"end": True, "steps": 1})))
def test_ends_of_programs(line: bytes) -> None:
    document = parsed(line)
    taken = validator("program", "end").is_valid(document) and document["steps"] == 1
    step = encode({"args": {}, "op": "session_ids", "seq": 0})
    assert_agree(line, taken, program_refuses(encode(PROGRAM_HEADER), step, line))


def program_refuses(*lines: bytes) -> str:
    """Read a program; return what the reader says against it, or nothing."""
    with tempfile.NamedTemporaryFile(suffix=".jsonl") as file:
        file.write(b"".join(line + b"\n" for line in lines))
        file.flush()
        try:
            read_program(Path(file.name))
        except MalformedTrace as problem:
            return str(problem)
    return ""


# --- what the schemas cannot see


@often
@given(texts(events()), st.data())
def test_a_repeated_key_is_refused(line: bytes, data: st.DataObject) -> None:
    text = line.decode()
    members = list(re.finditer(r'(?<=[{,])"(\w+)":(null|true|false|\d+|"\w*"|\[\]|\{\})(?=[,}])', text))
    if not members:
        return
    member = data.draw(st.sampled_from(members))
    repeated = (text[: member.end()] + "," + member[0] + text[member.end() :]).encode()
    header = encode(HEADER)
    try:
        msgspec.json.decode(repeated)
    except msgspec.DecodeError:
        return
    assert reader_refuses(header, repeated, end_line(header, repeated))
