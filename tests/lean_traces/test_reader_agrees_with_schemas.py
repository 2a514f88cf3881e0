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

from telltale_conformance.lean_traces.printing import encode
from telltale_conformance.lean_traces.programs import read_program, references
from telltale_conformance.lean_traces.reader import TraceReader
from telltale_conformance.lean_traces.schemas import validator
from telltale_conformance.lean_traces.strict_json import StrictJsonError, parse
from telltale_conformance.lean_traces.trace import MalformedTrace
from telltale_conformance.model.errors import StringError
from telltale_conformance.model.guard import Guard
from telltale_conformance.model.operations import Outcome
from tests.lean_traces.schema_documents import (
    NESTING,
    ODD_REFERENCES,
    ODD_VALUES,
    OPERATIONS,
    REFERENCES,
    SCHEMAS,
    FromSchema,
    places,
    texts,
)

HEADER = {
    "contract": "telltale-17",
    "meta": {},
    "observes": ["audit"],
    "schema": "telltale-conformance/trace",
    "source": {"kind": "reference", "name": "n", "version": "v"},
    "version": 1,
}
PROGRAM_HEADER = {"contract": "telltale-17", "meta": {}, "schema": "telltale-conformance/program", "version": 1}


@st.composite
def events(draw: Any) -> dict[str, Any]:
    op = draw(st.sampled_from(OPERATIONS))
    args = FromSchema(draw, "operations").instance(SCHEMAS["operations"]["$defs"][op])
    answer = draw(st.sampled_from(["ok", "err"]))
    return {"args": args, "audit": [], answer: draw(st.sampled_from(ODD_VALUES)), "op": op, "seq": 0}


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
