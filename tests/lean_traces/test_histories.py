"""Histories are read strictly, and written so that they are read again."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from random import Random
from typing import Any

import pytest

from telltale_conformance.lean_traces.histories import HistoryReader, open_history, write_history
from telltale_conformance.lean_traces.history import HistoryHeader, event_document
from telltale_conformance.lean_traces.limits import Limits
from telltale_conformance.lean_traces.schemas import validator
from telltale_conformance.lean_traces.strict_json import parse
from telltale_conformance.lean_traces.trace import MalformedTrace, Source
from tests.oracle.history_world import overlapping, performed
from tests.trace_files import end_line, printed

HEADER: dict[str, Any] = {
    "clients": 2,
    "contract": "telltale-17",
    "meta": {},
    "observes": ["audit"],
    "schema": "telltale-conformance/history",
    "source": {"kind": "implementation", "name": "test", "version": "1"},
    "version": 1,
}
CALL = {"client": 0, "call": 0, "op": "close", "args": {"sid": 0}}
OTHER = {"client": 1, "call": 1, "op": "close", "args": {"sid": 0}}
RETURN = {"client": 0, "return": 0, "err": "session 0 not found"}


def history(*events: dict[str, Any] | bytes, header: Any = None, end: bytes | None = None) -> bytes:
    lines = [printed(HEADER if header is None else header)]
    for seq, event in enumerate(events):
        lines.append(event if isinstance(event, bytes) else printed({"seq": seq, **event}))
    return b"".join([*lines, end_line(lines, len(events)) if end is None else end])


def read(content: bytes, limits: Limits | None = None) -> list[Any]:
    return list(HistoryReader(io.BytesIO(content), "h", limits or Limits(), packed=False))


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    events = overlapping(Random(3), list(performed(3, 0, 50)), 3, crashes=0.1)
    header = HistoryHeader(
        clients=3, contract="telltale-17", observes=["audit"], source=Source(kind="reference", name="r", version="1")
    )
    for path in (tmp_path / "h.jsonl", tmp_path / "h.jsonl.gz"):
        write_history(path, header, events)
        with open_history(path) as reader:
            assert reader.header == header
            assert [event_document(event) for event in reader] == [event_document(event) for event in events]
    lines = (tmp_path / "h.jsonl").read_bytes().splitlines()
    assert validator("history-header").is_valid(parse(lines[0], 100))
    assert all(validator("history-event").is_valid(parse(line, 200)) for line in lines[1:-1])
    assert validator("trace-end").is_valid(parse(lines[-1], 100))


def test_order_of_members_is_free_and_a_call_may_stay_open() -> None:
    shuffled = b'{"op": "close", "args": {"sid": 0}, "call": 0, "client": 0, "seq": 0}\n'
    assert len(read(history(shuffled, OTHER, RETURN))) == 3


@pytest.mark.parametrize(
    ("events", "problem"),
    [
        ([RETURN], "return of 0, which is no open call of client 0"),
        ([CALL, {**RETURN, "client": 1}], "return of 0, which is no open call of client 1"),
        ([CALL, RETURN, RETURN], "return of 0, which is no open call"),
        ([CALL, {"client": 0, "crash": 7}], "crash of 7, which is no open call"),
        ([CALL, {**CALL, "call": 1}], "client 0 calls 1 while its call 0 is open"),
        ([CALL, {**OTHER, "call": 0}], "id 0 is that of an open call of client 0"),
        ([CALL, RETURN, CALL], "id 0 is not above 0, the last one of client 0"),
        ([{**CALL, "client": 2}], "there is no client 2: the header counts 2"),
        ([{**CALL, "client": -1}], "`client` is -1"),
        ([{**CALL, "client": True}], "`client` is true"),
        ([{**CALL, "call": 2**64}], "`call` is "),
        ([{**CALL, "return": 0}], "the event is call and return"),
        ([{"client": 0}], "the event is no call, return or crash"),
        ([{"client": 0, "call": 0, "op": "close"}], "missing field `args`"),
        ([{**CALL, "ok": None}], "unknown field `ok`"),
        ([{**CALL, "op": "shut"}], 'unknown operation "shut"'),
        ([{**CALL, "args": {}}], "args of close: missing field `sid`"),
        ([CALL, {"client": 0, "return": 0}], "the return has neither `ok` nor `err`"),
        ([CALL, {**RETURN, "ok": 1}], "the return has both `ok` and `err`"),
        ([CALL, {**RETURN, "audit": 1}], "`audit` is not an array"),
        ([{**CALL, "seq": 5}], "seq is 5, not 0"),
        ([b'{"seq":0,"seq":0,"client":0,"crash":1}\n'], "repeated key"),
        ([b"[]\n"], "the line is not a JSON object"),
        ([b'{"seq":0}\r\n'], "the line ends in CR LF"),
        ([b"\xff\n"], "not UTF-8"),
    ],
)
def test_a_malformed_event_is_refused_with_its_line(events: list[Any], problem: str) -> None:
    with pytest.raises(MalformedTrace) as refused:
        read(history(*events))
    assert problem in str(refused.value)
    assert str(refused.value).startswith(f"h:{len(events) + 1}: ")
    assert refused.value.remedy


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"schema": "telltale-conformance/trace"}, "`schema` is "),
        ({"version": 2}, "`version` is 2"),
        ({"clients": 0}, "0 clients"),
        ({"clients": 10**6}, "1000000 clients"),
        ({"clients": "2"}, "header: "),
        ({"more": 1}, "header: "),
        ({"observes": ["audit", "audit"]}, "names audit twice"),
        ({"meta": None}, "header: "),
    ],
)
def test_a_malformed_header_is_refused(change: dict[str, Any], problem: str) -> None:
    with pytest.raises(MalformedTrace, match=r"^h:1: ") as refused:
        read(history(header={**HEADER, **change}))
    assert problem in str(refused.value)
    assert not validator("history-header").is_valid({**HEADER, **change})


def test_audit_must_be_observed() -> None:
    with pytest.raises(MalformedTrace, match="unknown field `audit`"):
        read(history(CALL, {**RETURN, "audit": []}, header={**HEADER, "observes": []}))


def test_the_end_must_fit() -> None:
    whole = history(CALL, RETURN)
    lines = whole.splitlines(keepends=True)
    wrong = printed({"digest": "sha256:" + hashlib.sha256(b"").hexdigest(), "end": True, "events": 2})
    for content, problem in (
        (b"", "the file is empty"),
        (b"".join(lines[:-1]), "there is no end line"),
        (whole[:-1], "the last line has no line end"),
        (whole + lines[1], "there is a line after the end line"),
        (history(CALL, RETURN, end=wrong), "the digest is not that of the lines before"),
        (history(CALL, RETURN, end=wrong.replace(b'"events":2', b'"events":3')), "counts 3 events, there are 2"),
    ):
        with pytest.raises(MalformedTrace, match=problem):
            read(content)


def test_limits_are_kept() -> None:
    with pytest.raises(MalformedTrace, match="2 clients"):
        read(history(CALL), Limits(clients=1))
    with pytest.raises(MalformedTrace, match="line longer than 300 bytes"):
        read(history({**CALL, "args": {"sid": 0, "x": "y" * 300}}), Limits(line_bytes=300))
    deep = history({"client": 0, "call": 0, "op": "close", "args": {"sid": [[[[[[[[[0]]]]]]]]]}})
    with pytest.raises(MalformedTrace, match="nested deeper than 8 levels"):
        read(deep, Limits(nesting=8))
