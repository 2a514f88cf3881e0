"""Replay reads and compares lines in our own form by their bytes: never another verdict than the strict way gives."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telltale_conformance.generators.profiles import PROFILES
from telltale_conformance.generators.programs import Generator
from telltale_conformance.lean_traces.printing import encode, encode_answer
from telltale_conformance.lean_traces.reader import TraceReader
from telltale_conformance.oracle.reference.replay import TraceResult, replay_bytes
from tests.trace_files import HEADER

EVENTS = 25
PIECES = (
    *(b"", b" ", b'"', b"\\", b"{", b"}", b"[", b"]", b",", b":", b"0", b"1", b"-", b".0", b"e0", b"\r", b"\xff"),
    *(b"null", b"true", b"{}", b"[]", b'"sid":0,', b',"sid":0', b'"ok":null', b',"audit":[]', b',"err":"x"'),
    *(b'"op":"close"', b',"seq":0', b"\\u0041", b"Session", b"18446744073709551616", b'"sort":"Unit"', b'"Var":"t"'),
)


@cache
def recorded(profile: int, audited: bool) -> tuple[bytes, ...]:
    """The lines of a recording that agrees, without its end."""
    lines = [encode({**HEADER, "observes": ["audit"] if audited else []})]
    for seq, step in enumerate(Generator(11, profile).steps(EVENTS)):
        answer = encode_answer(step.outcome, audited=audited)[1:-1]
        lines.append(b'{"args":%s,%s,"op":"%s","seq":%d}' % (step.args, answer, step.operation.name.encode(), seq))
    return tuple(lines)


def ended(lines: list[bytes]) -> bytes:
    """A whole trace, with the count and digest of these lines."""
    body = b"\n".join(lines) + b"\n"
    end = {"digest": f"sha256:{hashlib.sha256(body).hexdigest()}", "end": True, "events": len(lines) - 1}
    return body + encode(end) + b"\n"


def strictly(data: bytes) -> TraceResult:
    """Replay with every line parsed whole, and every answer compared as a document."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TraceReader, "_fast", lambda _, block, *__: [None] * len(block))
        return replay_bytes(data, "t.jsonl")


@st.composite
def broken(draw: st.DrawFn) -> bytes:
    """A recording with one line changed: a piece cut out, doubled, replaced, or taken from another line."""
    lines = [*recorded(draw(st.integers(0, len(PROFILES) - 1)), draw(st.booleans()))]
    at = draw(st.integers(1, len(lines) - 1))
    line = lines[at]
    places = [place.end() for place in re.finditer(rb"[][{},:]", line)] if draw(st.booleans()) else range(len(line) + 1)
    begin = draw(st.sampled_from(places))
    stop = draw(st.sampled_from([place for place in places if place >= begin][: draw(st.sampled_from((1, 2, 4, 99)))]))
    other = draw(st.sampled_from(lines[1:]))
    put = draw(
        st.one_of(
            st.sampled_from(PIECES),
            st.just(line[begin:stop] * 2),
            st.builds(
                lambda from_, length: other[from_ : from_ + length], st.integers(0, len(other)), st.integers(1, 99)
            ),
        )
    )
    lines[at] = line[:begin] + put + line[stop:]
    return ended(lines)


@st.composite
def exchanged(draw: st.DrawFn) -> bytes:
    """A recording in which the answer of one line is that of another, or its arguments are."""
    lines = [*recorded(draw(st.integers(0, len(PROFILES) - 1)), draw(st.booleans()))]
    after = b',"audit":[' if b'"audit"' in lines[0] else b',"ok":'
    at, other = (draw(st.integers(1, len(lines) - 1)) for _ in range(2))
    parts = []
    for line in (lines[at], lines[other]):
        begin, stop = line.find(after), line.rfind(b',"op":')
        parts.append((line[:begin], line[begin:stop], line[stop:]))
    (args, answer, op), (other_args, other_answer, _) = parts
    lines[at] = args + other_answer + op if draw(st.booleans()) else other_args + answer + op
    return ended(lines)


MEMBER = re.compile(rb'"\w+":(?:\d+|"[^"\\]*"|null|true|false|\[\]|\{[^{}]*\})')


@st.composite
def repeated(draw: st.DrawFn) -> bytes:
    """A recording in which one member stands twice, or a member of another name beside it."""
    lines = [*recorded(draw(st.integers(0, len(PROFILES) - 1)), draw(st.booleans()))]
    at = draw(st.integers(1, len(lines) - 1))
    member = draw(st.sampled_from([*MEMBER.finditer(lines[at])]))
    beside = member[0] if draw(st.booleans()) else draw(st.sampled_from([*MEMBER.findall(lines[at])]))
    lines[at] = lines[at][: member.end()] + b"," + beside + lines[at][member.end() :]
    return ended(lines)


@pytest.mark.parametrize("kind", [broken, exchanged, repeated])
def test_a_broken_recording_gets_the_verdict_that_the_strict_way_gives(
    kind: Callable[[], st.SearchStrategy[bytes]],
) -> None:
    @settings(max_examples=150, deadline=None)
    @given(kind())
    def holds(data: bytes) -> None:
        assert replay_bytes(data, "t.jsonl") == strictly(data)

    holds()


@pytest.mark.parametrize("audited", [True, False])
@pytest.mark.parametrize("profile", range(len(PROFILES)), ids=[profile.name for profile in PROFILES])
def test_a_recording_of_each_profile_agrees_in_both_ways(profile: int, audited: bool) -> None:
    data = ended([*recorded(profile, audited)])
    result = replay_bytes(data, "t.jsonl")
    assert result.verdict == "agree"
    assert result.judged >= EVENTS
    assert result == strictly(data)


def moved(lines: list[bytes], at: int, old: bytes, new: bytes) -> bytes:
    """The trace of these lines, in one of which, and over its end, something else stands."""
    body = b"\n".join(lines[at : at + 2])
    assert old in body
    return ended([*lines[:at], *body.replace(old, new, 1).split(b"\n"), *lines[at + 2 :]])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"}\n{", b"}{"),
        (b"}\n{", b"} {\n"),
        (b"}\n{", b"}{\n\n"),
        (b"}\n{", b"}\n\n{"),
        (b"}\n{", b"},\n{"),
        (b',"op"', b',\n"op"'),
        (b',"op"', b',"end":true,"op"'),
        (b',"op"', b',"\\u0065nd":null,"op"'),
        (b',"op"', b',"panic":"x","op"'),
        (b'"seq":3', b'"seq":-3'),
        (b'"seq":3', b'"seq":3.0'),
        (b'"seq":3', b'"seq":4'),
        (b'"seq":3', b'"seq":3,"seq":3'),
        (b'{"args":', b'{"args":{},"args":'),
        (b'{"args":', b'{"x":0,"args":'),
        (b'{"args":', b' {"args":'),
        (b"}\n{", b"}\r\n{"),
        (b"}\n{", b" }\n{"),
    ],
)
def test_lines_that_are_not_one_event_each_get_the_verdict_that_the_strict_way_gives(old: bytes, new: bytes) -> None:
    for profile in (0, 1, 5):
        data = moved([*recorded(profile, audited=True)], 4, old, new)
        assert replay_bytes(data, "t.jsonl") == strictly(data)


def test_events_of_a_line_stay_together_where_one_of_a_block_is_in_another_form() -> None:
    lines = [*recorded(0, audited=True)]
    lines[7] = lines[7].replace(b'"op":', b'"op": ')
    result = replay_bytes(ended(lines), "t.jsonl")
    assert (result.verdict, result.events) == ("agree", len(lines) - 1)
