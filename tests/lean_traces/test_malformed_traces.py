"""Every malformed trace is refused with file, line and remedy; nothing in it is judged."""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from telltale_conformance.lean_traces.limits import Limits
from telltale_conformance.lean_traces.reader import read_trace
from telltale_conformance.lean_traces.strict_json import nests_within
from telltale_conformance.lean_traces.trace import MalformedTrace
from telltale_conformance.oracle.reference.replay import replay_file
from tests.trace_files import CAP, CLAIM, CLOSE, HEADER, OPEN, end_line, printed, trace_bytes

Patch = dict[str, Any]


def refused(tmp_path: Path, content: bytes, limits: Limits | None = None, suffix: str = ".jsonl") -> MalformedTrace:
    path = tmp_path / f"trace{suffix}"
    path.write_bytes(content)
    with pytest.raises(MalformedTrace) as caught:
        for _ in read_trace(path, limits or Limits()):
            pass
    error = caught.value
    assert str(error).startswith(str(path))
    assert error.remedy
    result = replay_file(path, limits=limits or Limits())
    assert (result.verdict, result.judged, result.events) == ("malformed", 0, 0)
    assert result.error == str(error)
    return error


def event(**changes: Any) -> dict[str, Any]:
    return {key: value for key, value in {**OPEN, **changes}.items() if value is not ...}


def raw(text: str) -> bytes:
    return text.encode() + b"\n"


EVENT_LINE = printed({**OPEN, "seq": 0}).decode().rstrip("\n")

MALFORMED_EVENTS: dict[str, tuple[Any, str]] = {
    "not UTF-8": (raw(EVENT_LINE).replace(b'"A"', b'"\xff"'), "not UTF-8"),
    "overlong UTF-8": (raw(EVENT_LINE).replace(b'"A"', b'"\xc0\x80"'), "not UTF-8"),
    "UTF-8 surrogate": (raw(EVENT_LINE).replace(b'"A"', b'"\xed\xa0\x80"'), "not UTF-8"),
    "lone surrogate escape": (raw(EVENT_LINE.replace('"A"', r'"\ud800"')), "surrogate"),
    "not JSON": (raw(EVENT_LINE[:-1]), "not JSON"),
    "text after the object": (raw(EVENT_LINE + "x"), "not JSON"),
    "two objects": (raw(EVENT_LINE + EVENT_LINE), "not JSON"),
    "no object": (raw("[1]"), "not a JSON object"),
    "empty line": (raw(""), "not JSON"),
    "control character in text": (raw(EVENT_LINE.replace('"A"', '"\t"')), "not JSON"),
    "byte order mark": (b"\xef\xbb\xbf" + raw(EVENT_LINE), "byte order mark"),
    "CR LF": (raw(EVENT_LINE + "\r"), "CR LF"),
    "repeated key": (raw(EVENT_LINE[:-1] + ',"op":"open"}'), 'repeated key "op"'),
    "repeated key in args": (raw(EVENT_LINE.replace('"roles"', '"initial_types":{},"roles"')), "repeated key"),
    "repeated key in answer": (raw(EVENT_LINE.replace('"ok":0', '"ok":{"a":1,"a":1}')), 'repeated key "a"'),
    "NaN": (raw(EVENT_LINE.replace('"ok":0', '"ok":NaN')), "NaN"),
    "infinity": (raw(EVENT_LINE.replace('"ok":0', '"ok":-Infinity')), "Infinity"),
    "number out of range": (raw(EVENT_LINE.replace('"ok":0', '"ok":1e999')), "out of range"),
    "no args": (event(args=...), "missing field `args`"),
    "no op": (event(op=...), "missing field `op`"),
    "no audit": (event(audit=...), "missing field `audit`"),
    "audit is no array": (event(audit={}), "`audit` is not an array"),
    "no answer": (event(ok=...), "neither `ok` nor `err`"),
    "two answers": (event(err="x"), "both `ok` and `err`"),
    "unknown field": (event(note="x"), "unknown field `note`"),
    "unknown op": (event(op="opne"), 'unknown operation "opne"'),
    "op is no text": (event(op=["open"]), "unknown operation"),
    "args is no object": (event(args=[]), "args must be an object"),
    "unknown argument": (event(args={**OPEN["args"], "x": 1}), "unknown field `x`"),
    "missing argument": (event(args={"roles": []}), "missing field `initial_types`"),
    "argument of a wrong kind": (event(args={"roles": "A", "initial_types": {}}), "`roles`"),
    "type of a wrong shape": (event(args={"roles": [], "initial_types": {"A": {"Send": {}}}}), "partner"),
    "integer with a point": (raw(printed({**CLOSE, "seq": 0}).decode().strip().replace('"sid":0', '"sid":0.0')), "sid"),
    "integer with exponent": (
        raw(printed({**CLOSE, "seq": 0}).decode().strip().replace('"sid":0', '"sid":1e1')),
        "sid",
    ),
    "minus zero": (raw(printed({**CLOSE, "seq": 0}).decode().strip().replace('"sid":0', '"sid":-0')), "sid"),
    "negative": ({**CLOSE, "args": {"sid": -1}}, "sid"),
    "above u64": ({**CLOSE, "args": {"sid": 2**64}}, "sid"),
    "far above u64": ({**CLOSE, "args": {"sid": 10**300}}, "sid"),
    "true as integer": ({**CLOSE, "args": {"sid": True}}, "sid"),
    "above u64 within": (
        {**CLAIM, "op": "release_ownership", "args": {"capability": {**CAP, "generation": 2**64}}},
        "generation",
    ),
    "unknown field within": (
        {**CLAIM, "op": "release_ownership", "args": {"capability": {**CAP, "x": 1}}},
        "capability",
    ),
    "missing field within": (
        {**CLAIM, "op": "release_ownership", "args": {"capability": {"session_id": 0}}},
        "capability",
    ),
    "scope of a wrong kind": ({**CLAIM, "args": {"owner_id": "a", "scope": "Fragments", "sid": 0}}, "scope"),
    "two variants at once": (
        {
            **CLOSE,
            "op": "apply_owned_session_mutation",
            "args": {
                "capability": CAP,
                "mutation": {
                    "SetDefaultHandler": {"handler": "h"},
                    "UpdateEdgeHandler": {"edge": {"sid": 0, "sender": "A", "receiver": "B"}, "handler": "h"},
                },
            },
        },
        "mutation",
    ),
    "seq starts at 1": (raw(EVENT_LINE.replace('"seq":0', '"seq":1')), "seq is 1, not 0"),
    "seq is true": (raw(EVENT_LINE.replace('"seq":0', '"seq":false')), "seq is false"),
    "seq with a point": (raw(EVENT_LINE.replace('"seq":0', '"seq":0.0')), "seq is"),
}


@pytest.mark.parametrize(("bad", "problem"), MALFORMED_EVENTS.values(), ids=MALFORMED_EVENTS)
def test_a_malformed_event_is_refused_at_its_line(tmp_path: Path, bad: Any, problem: str) -> None:
    error = refused(tmp_path, trace_bytes([bad]))
    assert error.line == 2
    assert problem in error.problem


@pytest.mark.parametrize(("bad", "problem"), MALFORMED_EVENTS.values(), ids=MALFORMED_EVENTS)
def test_it_is_refused_after_a_divergence_too(tmp_path: Path, bad: Any, problem: str) -> None:
    if isinstance(bad, bytes):
        bad = bad.replace(b'"seq":0', b'"seq":1').replace(b'"seq":false', b'"seq":true')
    if problem == "seq is 1, not 0":
        bad = bad.replace(b'"seq":1', b'"seq":5')
        problem = "seq is 5, not 1"
    error = refused(tmp_path, trace_bytes([{**OPEN, "ok": 7}, bad]))
    assert error.line == 3


HEADERS: dict[str, tuple[Any, str]] = {
    "another schema": ({**HEADER, "schema": "other"}, "`schema` is"),
    "no schema": ({key: value for key, value in HEADER.items() if key != "schema"}, "`schema` is missing"),
    "another version": ({**HEADER, "version": 2}, "`version` is 2"),
    "version with a point": (printed(HEADER).replace(b'"version":1}', b'"version":1.0}'), "`version` is"),
    "unknown field": ({**HEADER, "x": 1}, "header"),
    "no contract": ({key: value for key, value in HEADER.items() if key != "contract"}, "contract"),
    "no meta": ({key: value for key, value in HEADER.items() if key != "meta"}, "meta"),
    "unknown source kind": ({**HEADER, "source": {"kind": "x", "name": "n", "version": "1"}}, "source"),
    "source lacks a field": ({**HEADER, "source": {"kind": "lean", "name": "n"}}, "source"),
    "unknown observation": ({**HEADER, "observes": ["state"]}, "observes"),
    "observation twice": ({**HEADER, "observes": ["audit", "audit"]}, "observes"),
    "an event instead": ({**OPEN, "seq": 0}, "`schema` is missing"),
    "not JSON": (b"{\n", "not JSON"),
}


@pytest.mark.parametrize(("header", "problem"), HEADERS.values(), ids=HEADERS)
def test_a_malformed_header_is_refused(tmp_path: Path, header: Any, problem: str) -> None:
    error = refused(tmp_path, trace_bytes([OPEN], header))
    assert error.line == 1
    assert problem in error.problem


WORDED: dict[str, tuple[Any, Any, str]] = {
    "another schema": (
        {**HEADER, "schema": "other"},
        OPEN,
        'trace.jsonl:1: `schema` is "other"; a trace begins with "schema":"telltale-conformance/trace"',
    ),
    "a field of the header": (
        {**HEADER, "x": 1},
        OPEN,
        "trace.jsonl:1: header: Object contains unknown field `x`; see `telltale-conformance schema trace-header`",
    ),
    "two answers": (
        HEADER,
        event(err="x"),
        "trace.jsonl:2: the event has both `ok` and `err`; give exactly one of them",
    ),
    "audit": (
        HEADER,
        event(audit={}),
        "trace.jsonl:2: `audit` is not an array; give the records that were appended",
    ),
    "a long operation": (
        HEADER,
        event(op="o" * 200),
        f'trace.jsonl:2: unknown operation "{"o" * 41}… (202 characters);'
        " see `telltale-conformance schema trace-event`",
    ),
}


@pytest.mark.parametrize(("header", "first", "said"), WORDED.values(), ids=WORDED)
def test_a_refusal_says_what_is_wrong_where_and_what_to_do(tmp_path: Path, header: Any, first: Any, said: str) -> None:
    assert str(refused(tmp_path, trace_bytes([first], header))).replace(f"{tmp_path}/", "") == said


def lines_of(events: list[Any]) -> list[bytes]:
    return trace_bytes(events).splitlines(keepends=True)


def with_end(**changes: Any) -> bytes:
    *lines, end = lines_of([OPEN, CLAIM])
    document = {key: value for key, value in {**json.loads(end), **changes}.items() if value is not ...}
    return b"".join(lines) + printed(document)


ENDS: dict[str, tuple[bytes, str]] = {
    "no end line": (b"".join(lines_of([OPEN])[:-1]), "no end line"),
    "a header only": (printed(HEADER), "no end line"),
    "wrong count": (with_end(events=3), "counts 3 events"),
    "count with a point": (with_end(events=2.0), "counts"),
    "wrong digest": (with_end(digest="sha256:" + "0" * 64), "digest is not that"),
    "digest of another form": (with_end(digest="md5:00"), "`digest` is not"),
    "no digest": (with_end(digest=...), "end line is not"),
    "end is false": (with_end(end=False), "end line is not"),
    "end is 1": (with_end(end=1), "end line is not"),
    "an event after the end": (trace_bytes([OPEN]) + printed({**CLOSE, "seq": 1}), "line after the end"),
    "an empty line after the end": (trace_bytes([OPEN]) + b"\n", "line after the end"),
    "two end lines": (trace_bytes([OPEN]) + lines_of([OPEN])[-1], "line after the end"),
    "last line cut off": (trace_bytes([OPEN])[:-1], "no line end"),
    "empty file": (b"", "empty"),
}


@pytest.mark.parametrize(("content", "problem"), ENDS.values(), ids=ENDS)
def test_a_trace_that_does_not_end_in_order_is_refused(tmp_path: Path, content: bytes, problem: str) -> None:
    assert problem in refused(tmp_path, content).problem


def test_a_changed_byte_is_found_by_the_digest(tmp_path: Path) -> None:
    content = trace_bytes([{**OPEN, "args": {"initial_types": {}, "roles": ["B"]}}])
    assert "digest" in refused(tmp_path, content.replace(b'"B"', b'"C"')).problem


def test_a_long_line_is_refused_at_the_limit(tmp_path: Path) -> None:
    content = trace_bytes([{**OPEN, "args": {"initial_types": {}, "roles": ["A" * 2000]}}])
    longest = max(len(line) for line in content.splitlines(keepends=True))
    error = refused(tmp_path, content, Limits(line_bytes=longest - 1))
    assert (error.line, error.problem) == (2, f"line longer than {longest - 1} bytes")
    (tmp_path / "t.jsonl").write_bytes(content)
    assert replay_file(tmp_path / "t.jsonl", limits=Limits(line_bytes=longest)).verdict == "agree"


def nested(levels: int) -> bytes:
    """An event of our own form whose line nests that deep."""
    value = "[" * (levels - 2) + "]" * (levels - 2)
    ending = ',"audit":[],"err":"invalid edge json: x","op":"decode_edge_json","seq":0}'
    return f'{{"args":{{"value":{value}}}{ending}\n'.encode()


@pytest.mark.parametrize("limit", [8, 100, 2000])
def test_deep_nesting_is_refused_at_the_limit(tmp_path: Path, limit: int) -> None:
    error = refused(tmp_path, trace_bytes([nested(limit + 1)]), Limits(nesting=limit))
    assert (error.line, error.problem) == (2, f"nested deeper than {limit} levels")
    (tmp_path / "t.jsonl").write_bytes(trace_bytes([nested(limit)]))
    assert replay_file(tmp_path / "t.jsonl", limits=Limits(nesting=limit)).verdict == "agree"


def test_deep_nesting_in_a_line_of_another_form(tmp_path: Path) -> None:
    spaced = nested(2001).replace(b'"args":', b'"args" : ')
    assert "nested deeper" in refused(tmp_path, trace_bytes([spaced])).problem
    (tmp_path / "t.jsonl").write_bytes(trace_bytes([nested(2000).replace(b'"args":', b'"args" : ')]))
    assert replay_file(tmp_path / "t.jsonl").verdict == "agree"


def test_brackets_within_text_do_not_nest(tmp_path: Path) -> None:
    roles = ["[{" * 3000, '\\"[{']
    content = trace_bytes([{**OPEN, "args": {"initial_types": {}, "roles": roles}}])
    (tmp_path / "t.jsonl").write_bytes(content)
    assert replay_file(tmp_path / "t.jsonl").verdict == "agree"


def test_a_packed_trace_has_a_limit_on_what_it_unpacks_to(tmp_path: Path) -> None:
    content = trace_bytes([OPEN] + [{**CLAIM, "op": "session_ids", "args": {}, "ok": [0], "audit": []}] * 50)
    error = refused(tmp_path, gzip.compress(content), Limits(unpacked_bytes=1000), ".jsonl.gz")
    assert "unpacks to more than 1000 bytes" in error.problem


def test_the_lines_before_damage_in_packed_data_are_read(tmp_path: Path) -> None:
    path = tmp_path / "cut.jsonl.gz"
    content = gzip.compress(trace_bytes([OPEN] * 3000), compresslevel=1)
    path.write_bytes(content[: len(content) // 2])
    read = []
    with pytest.raises(MalformedTrace, match="damaged gzip data") as cut:
        read.extend(event.seq for _, event in read_trace(path))
    assert len(read) > 1000
    assert cut.value.line == len(read) + 2


@pytest.mark.parametrize("damage", [slice(0, -12), slice(5, None), slice(0, 15)])
def test_damaged_gzip_data_are_refused(tmp_path: Path, damage: slice) -> None:
    content = gzip.compress(trace_bytes([OPEN]))[damage]
    assert "cannot be read" in (problem := refused(tmp_path, content, suffix=".jsonl.gz").problem) or (
        "damaged" in problem or "no line end" in problem
    )


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    result = replay_file(tmp_path / "none.jsonl")
    assert result.verdict == "malformed"
    assert "No such file" in str(result.error)


def test_other_forms_of_well_formed_lines_are_read(tmp_path: Path) -> None:
    reordered = b'{ "seq":0, "op":"open", "ok":0 , "audit":[],"args":{"roles":["\\u0041"],"initial_types":{}}}\n'
    lines = [printed(dict(reversed(HEADER.items()))), reordered]
    (tmp_path / "t.jsonl").write_bytes(b"".join([*lines, end_line(lines, 1)]))
    result = replay_file(tmp_path / "t.jsonl")
    assert (result.verdict, result.judged) == ("agree", 1)


@pytest.mark.parametrize("text", [b"[" * 10**6, b'"' + b'\\"' * 10**6 + b"[" * 3000, b"[]," * 10**6])
def test_the_depth_of_a_hostile_line_is_found_in_one_pass(text: bytes) -> None:
    passes = 0

    def profile(frame: object, event: str, argument: object) -> None:
        nonlocal passes
        passes += 1

    sys.setprofile(profile)
    try:
        within = nests_within(text, 2000)
    finally:
        sys.setprofile(None)
    assert within == (not text.startswith(b"[["))
    assert passes < 20


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (raw(EVENT_LINE + "\r"), "the line ends in CR LF; lines end in LF alone"),
        (raw("[1]"), "the line is not a JSON object; every line is one JSON object"),
        (printed(event(seq=0, more=1)), "unknown field `more`; remove it"),
    ],
    ids=["CR LF", "no object", "another field"],
)
def test_a_malformed_line_is_explained_word_for_word(tmp_path: Path, line: bytes, text: str) -> None:
    error = refused(tmp_path, printed(HEADER) + line)
    assert str(error) == f"{tmp_path / 'trace.jsonl'}:2: {text}"


def test_records_that_the_header_does_not_announce_are_explained(tmp_path: Path) -> None:
    error = refused(tmp_path, printed({**HEADER, "observes": []}) + printed({**OPEN, "seq": 0, "audit": []}))
    assert str(error).endswith(":2: unknown field `audit`; the header's `observes` does not name it")


def test_a_line_in_our_own_form_is_refused_where_it_nests_deeper_than_the_limit(tmp_path: Path) -> None:
    deep: Any = "End"
    for _ in range(10):
        deep = {"Mu": {"body": deep, "var": "t"}}
    line = printed({**OPEN, "args": {"initial_types": {"A": deep}, "roles": ["A"]}, "seq": 0})
    error = refused(tmp_path, printed(HEADER) + line, limits=Limits(nesting=12))
    assert "12" in str(error)
