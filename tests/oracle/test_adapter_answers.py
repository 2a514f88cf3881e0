"""Lines of an adapter: cut out of a stream, and read in full or refused with a reason."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telltale_conformance.lean_traces.codec import decode_arguments
from telltale_conformance.lean_traces.schemas import validator
from telltale_conformance.lean_traces.strict_json import StrictJsonError, parse
from telltale_conformance.model.operations import OPERATIONS
from telltale_conformance.oracle.adapters import Answer, faults
from telltale_conformance.oracle.adapters.answers import AnswerReader, LineCutter, read_hello, strict_value
from telltale_conformance.oracle.adapters.kit import WELL_FORMED
from telltale_conformance.oracle.adapters.protocol import request_line

NESTING = 2000


def read(line: bytes) -> Answer:
    number, answer = AnswerReader(NESTING).read(line)
    assert number == 7
    return answer


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        (b'{"id":7,"ok":null}', Answer("ok", b"null", None)),
        (b'{"ok":0,"id":7}', Answer("ok", b"0", None)),
        (b'{"id": 7, "ok": [1, 2], "audit": []}', Answer("ok", b"[1, 2]", b"[]")),
        (b'{"audit":[{"tick":null}],"id":7,"ok":false}', Answer("ok", b"false", b'[{"tick":null}]')),
        (b'{"id":7,"err":{"Unclaimed":{}},"audit":[]}', Answer("err", b'{"Unclaimed":{}}', b"[]")),
        (b'{ "id" :7 ,\t"err": "a\\"}b" }\r', Answer("err", b'"a\\"}b"', None)),
        (b'{"id":7,"panic":"no [ here","audit":[]}', Answer("panic", b'"no [ here"', None)),
        (b'{"id":7,"unsupported":"ops"}', Answer("unsupported", b'"ops"', None)),
        (b'{"id":7,"bad_request":"what"}', Answer("bad_request", b'"what"', None)),
        (b'{"\\u006fk":{"ok":1},"\\u0069d":7}', Answer("ok", b'{"ok":1}', None)),
        ('{"id":7,"ok":"ä→𝄞"}'.encode(), Answer("ok", '"ä→𝄞"'.encode(), None)),
        (b'{"id":7,"ok":18446744073709551615}', Answer("ok", b"18446744073709551615", None)),
    ],
)
def test_an_answer_is_read_whatever_its_spacing_and_order(line: bytes, answer: Answer) -> None:
    assert read(line) == answer


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        (b"", faults.NotJson),
        (b"hello", faults.NotJson),
        (b'{"id":7,"ok":1', faults.NotJson),
        (b'{"id":7,"ok":1}{}', faults.NotJson),
        (b'{"id":7,"ok":[1,]}', faults.NotJson),
        (b'{"id":7,"ok":NaN}', faults.NotJson),
        (b'{"id":7,"ok":1,"ok":1}', faults.NotJson),
        (b'{"id":7,"id":7,"ok":1}', faults.NotJson),
        (b'{"id": 7, "ok": 1, "audit": [], "audit": []}', faults.NotJson),
        (b'{"id":7,"ok":"\\ud800"}', faults.NotJson),
        (b'{"id":7,"ok":' + b"[" * 2000 + b"]" * 2000 + b"}", faults.NotJson),
        (b'{"id":7,"ok":"\xe9"}', faults.InvalidUtf8),
        (b'\xff{"id":7,"ok":1}', faults.InvalidUtf8),
        (b"[]", faults.MalformedAnswer),
        (b"7", faults.MalformedAnswer),
        (b'{"ok":1}', faults.MalformedAnswer),
        (b'{"id":7}', faults.MalformedAnswer),
        (b'{"id":"7","ok":1}', faults.MalformedAnswer),
        (b'{"id":7.0,"ok":1}', faults.MalformedAnswer),
        (b'{"id":-7,"ok":1}', faults.MalformedAnswer),
        (b'{"id":true,"ok":1}', faults.MalformedAnswer),
        (b'{"id":7,"ok":1,"err":2}', faults.MalformedAnswer),
        (b'{"id":7,"ok":1,"unsupported":"x"}', faults.MalformedAnswer),
        (b'{"id":7,"ok":1,"more":2}', faults.MalformedAnswer),
        (b'{"id":7,"ok":1,"audit":null}', faults.MalformedAnswer),
        (b'{"id":7,"ok":1,"audit":{}}', faults.MalformedAnswer),
        (b'{"id":7,"panic":1}', faults.MalformedAnswer),
        (b'{"id":7,"audit":[]}', faults.MalformedAnswer),
    ],
)
def test_what_is_no_answer_is_refused(line: bytes, fault: type[faults.AdapterFault]) -> None:
    with pytest.raises(fault) as failure:
        AnswerReader(NESTING).read(line)
    assert len(failure.value.cause) < 800


def test_nesting_within_the_limit_is_read() -> None:
    deep = b"[" * (NESTING - 1) + b"]" * (NESTING - 1)
    assert read(b'{"id":7,"ok":' + deep + b"}").payload == deep


def test_a_hundred_thousand_levels_are_refused_in_one_pass() -> None:
    began = time.process_time()
    with pytest.raises(faults.NotJson, match="2000 levels"):
        read(b'{"id":7,"ok":' + b'{"a":[' * 1_000_000 + b"]}" * 1_000_000 + b"}")
    assert time.process_time() - began < 20  # a pass for every level takes minutes


def test_answers_are_those_of_the_schema() -> None:
    """Edits of well-formed answers are taken exactly when the schema takes them."""
    random.seed(7)
    schema = validator("adapter-answer")
    pieces = ["id", "ok", "err", "audit", "panic", "unsupported", "bad_request", "more"]
    values = [
        "0",
        "7",
        "-1",
        "1.5",
        "true",
        "null",
        '"text"',
        "[]",
        "[1]",
        "{}",
        '{"ok":1}',
        "01",
        '"\\ud800"',
    ]
    taken = 0
    for _ in range(3000):
        members = [f'"{random.choice(pieces)}":{random.choice(values)}' for _ in range(random.randint(0, 3))]
        comma = random.choice([",", ", "])
        line = ("{" + comma.join(['"id":7', *members]) + "}").encode()
        try:
            wanted = schema.is_valid(parse(line, NESTING))
        except StrictJsonError:
            wanted = False
        try:
            AnswerReader(NESTING).read(line)
            taken += 1
        except faults.AdapterFault:
            assert not wanted, line
        else:
            assert wanted, line
    assert taken > 100


def lines_of(cutter: LineCutter, chunks: list[bytes]) -> Iterator[bytes]:
    for chunk in chunks:
        yield from cutter.cut(chunk)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 1000])
def test_lines_are_cut_wherever_the_stream_is(size: int) -> None:
    lines = [b"", b"a", b"b" * 63, b"c" * 10, b"", b"d" * 30]
    stream = b"".join(line + b"\n" for line in lines) + b"rest"
    cutter = LineCutter(64)
    chunks = [stream[at : at + size] for at in range(0, len(stream), size)]
    assert list(lines_of(cutter, chunks)) == lines
    assert cutter.rest() == b"rest"
    assert cutter.unfinished == 4


@pytest.mark.parametrize("size", [1, 5, 64, 1000])
@pytest.mark.parametrize("end", [b"", b"\n", b"\nmore\n"])
def test_a_line_over_the_limit_is_refused_after_those_before(size: int, end: bytes) -> None:
    stream = b"first\n" + b"x" * 64 + end
    cutter = LineCutter(64)
    got: list[bytes] = []
    with pytest.raises(faults.LineTooLong):
        got.extend(lines_of(cutter, [stream[at : at + size] for at in range(0, len(stream), size)]))
    assert got == [b"first"]


@pytest.mark.parametrize("op", OPERATIONS)
def test_a_request_is_one_line_of_json_as_in_the_schema(op: str) -> None:
    request = WELL_FORMED[op]
    line = request_line(3, request)
    assert line.count(b"\n") == 1
    document = json.loads(line)
    assert document == {"id": 3, "op": op, "args": json.loads(request.args)}
    assert validator("adapter-request").is_valid(document)
    decode_arguments(op, request.args, NESTING)


@given(
    number=st.integers(2**64) | st.integers(max_value=-(2**63) - 1) | st.floats(2.0**64, allow_infinity=False),
    levels=st.integers(0, 30),
)
def test_a_number_beyond_the_range_is_malformed_wherever_it_stands(number: float, levels: int) -> None:
    with pytest.raises(faults.MalformedAnswer, match=r"above 2\^64-1 or below|out of range"):
        strict_value(b"[" * levels + json.dumps(number).encode() + b"]" * levels)


@given(number=st.integers(-(2**63), 2**64 - 1))
def test_every_integer_within_the_range_is_read_exactly(number: int) -> None:
    assert strict_value(str(number).encode()) == number


@pytest.mark.parametrize("number", [-9.2e18, -0.5, 0.0, 200.5, 1.8e19])
def test_a_float_within_the_range_is_read(number: float) -> None:
    assert strict_value(json.dumps([number]).encode()) == [number]


HELLO = b'{"protocol":1,"name":"n","version":"1","language":"l","contract":"telltale-17","ops":[],"observes":[]}'


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (b'"contract":', b'"contract":"hardened","contract":', 'repeated key "contract"'),
        (b'"contract":', b'"\\u0063ontract":"hardened","contract":', 'repeated key "contract"'),
        (b'"n"', b'"\\ud800"', "a lone surrogate escape"),
    ],
)
def test_a_hello_that_two_readers_read_differently_is_refused(before: bytes, after: bytes, said: str) -> None:
    assert read_hello(Answer("ok", HELLO, None)).contract == "telltale-17"
    with pytest.raises(faults.MalformedAnswer, match=said):
        read_hello(Answer("ok", HELLO.replace(before, after), None))
