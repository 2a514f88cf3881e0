"""``Event.is_exactly``: what a line proves by its bytes, with arguments as our writer prints them or otherwise."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

import msgspec
import pytest

from telltale_conformance.generators.programs import Generator
from telltale_conformance.generators.steps import GeneratedStep
from telltale_conformance.lean_traces.argument_forms import ArgumentError
from telltale_conformance.lean_traces.codec import CODECS, ArgumentCodec
from telltale_conformance.lean_traces.limits import Limits
from telltale_conformance.lean_traces.printing import encode, encode_answer
from telltale_conformance.lean_traces.reader import Event, TraceReader
from telltale_conformance.lean_traces.strict_json import StrictJsonError, parse
from telltale_conformance.lean_traces.trace import MalformedTrace
from telltale_conformance.model.operations import Outcome
from telltale_conformance.model.values import Fragments
from tests.trace_files import HEADER

WRONG = Outcome("something else", None, [])


def steps() -> Iterator[GeneratedStep]:
    """Steps of every profile, some with arguments in a raw form."""
    for index in range(15):
        yield from Generator(3, index).steps(60)


def line_of(args: bytes, outcome: Outcome, op: str) -> bytes:
    answer = encode_answer(outcome, audited=True)
    return b'{"args":' + args + b"," + answer[1:-1] + b',"op":"' + op.encode() + b'","seq":0}\n'


def event_of(line: bytes) -> Event:
    return next(iter(TraceReader(io.BytesIO(encode(HEADER) + b"\n" + line), "t.jsonl", packed=False)))


def proves(line: bytes, outcome: Outcome) -> bool:
    try:
        return event_of(line).is_exactly(outcome)
    except MalformedTrace:
        return False


def test_arguments_in_any_form_prove_their_line_and_no_other() -> None:
    raw = 0
    for step in steps():
        line = line_of(step.args, step.outcome, step.operation.name)
        event = event_of(line)
        assert event.checked is None, "nothing but the arguments needs to be parsed"
        assert event.arguments == event.reader.parse_event(line, 2)[1]
        assert event.is_exactly(step.outcome), line
        assert not event.is_exactly(WRONG), line
        raw += step.args != encode(msgspec.json.decode(step.args))
    assert raw > 30


def test_what_our_writer_prints_is_read_the_fast_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the operation; arguments that may be left out are there or not."""

    def slowly(codec: ArgumentCodec, document: Any) -> Any:
        raise AssertionError(f"{codec.operation.name} is read the slow way: {document}")

    printed = [step for step in islice(steps(), 300) if step.args == encode(msgspec.json.decode(step.args))]
    assert {"send", "open", "observe"} <= {step.operation.name for step in printed}
    monkeypatch.setattr(ArgumentCodec, "from_json", slowly)
    for step in printed:
        CODECS[step.operation.name].read(step.args, 100)


@pytest.mark.parametrize("gap", [b" ", b"\t", b"\r"])
def test_space_among_the_arguments_is_no_matter(gap: bytes) -> None:
    assert proves(line_of(b'{"sid":' + gap + b"0}", Outcome(None, None, []), "close"), Outcome(None, None, []))


@pytest.mark.parametrize(
    "args",
    [
        b'{"sid":0,"sid":0}',
        b'{ "sid":0,"sid":0}',
        b'{"sid":0,"\\u0073id":0}',
        b'{"sid":0.0}',
        b'{"sid":0e0}',
        b'{"sid":-0}',
        b'{"sid":18446744073709551616}',
        b'{"sid":0,"audit":[]}',
        b'{"sid":0},"audit":[],"args":{"sid":0}',
        b'{"sid":0}}',
        b'{"sid":00}',
        b'{"sid":"\xff"}',
        b'{"sid":NaN}',
    ],
)
def test_arguments_that_are_not_well_formed_prove_nothing(args: bytes) -> None:
    outcome: Any = Outcome(None, None, [])
    assert not proves(line_of(args, outcome, "close"), outcome)


def with_one_too_large(document: Any) -> Iterator[Any]:
    """Yield a document again and again, each time with another of its integers above 2^64-1."""
    if type(document) is int:
        yield 2**64
    elif isinstance(document, dict | list):
        for place in document if isinstance(document, dict) else range(len(document)):
            for changed in with_one_too_large(document[place]):
                copy: Any = document.copy()
                copy[place] = changed
                yield copy


def well_formed(line: bytes) -> bool:
    """Say whether the line is, read strictly."""
    reader = TraceReader(io.BytesIO(encode(HEADER) + b"\n" + line), "t.jsonl", packed=False)
    try:
        reader.parse_event(line, 2)
    except MalformedTrace:
        return False
    return True


def test_an_integer_above_64_bits_proves_its_line_only_where_a_strict_reader_takes_it() -> None:
    """It does in what an operation gets to decode, which may be any JSON."""
    shapes, proven = set(), set()
    for step in steps():
        name, given = step.operation.name, json.loads(step.args)
        if (name, shape := json.dumps(given, default=str, sort_keys=True)[:60]) in shapes:
            continue
        shapes.add((name, shape))
        for document in with_one_too_large(given):
            args = json.dumps(document, separators=(",", ":"), sort_keys=True, ensure_ascii=False).encode()
            line = line_of(args, step.outcome, name)
            if proves(line, step.outcome):
                assert well_formed(line), args
                proven.add(name)
    assert len({name for name, _ in shapes}) > 50
    assert "decode_edge_json" in proven


def test_a_member_that_is_repeated_within_an_argument_proves_nothing() -> None:
    outcome = Outcome(None, None, [])
    edge = b'{"ep":{"role":"A","role":"A","sid":0}}'
    assert not proves(line_of(edge, outcome, "remove_type"), outcome)
    assert proves(line_of(b'{"ep":{"sid":0,"role":"A"}}', outcome, "remove_type"), outcome)


@pytest.mark.parametrize(
    "args",
    [
        b'{"sid":100,"owner_id":"a","scope":"Session","sid":100}',
        b'{"sid":1e2,"owner_id":"a","scope":"Session"}',
        b'{"sid":100,"owner_id":"a","scope":{"Fragments":["b"]},"scope":"Session"}',
        b'{"sid":100,"scope":{"Fragments":["b"],"Fragments":["b"]},"owner_id":"a"}',
    ],
)
def test_members_in_another_order_hide_nothing(args: bytes) -> None:
    outcome = Outcome(None, None, [])
    assert not proves(line_of(args, outcome, "claim_ownership"), outcome)
    assert proves(line_of(b'{"sid":100,"owner_id":"a","scope":"Session"}', outcome, "claim_ownership"), outcome)


def _members_that_may_be_missing(kind: msgspec.inspect.Type, within: tuple[type, ...] = ()) -> list[str]:
    """Return the members with a default that is printed where they are missing."""
    if isinstance(kind, msgspec.inspect.StructType):
        if kind.cls in within:
            return []
        below = [
            name for field in kind.fields for name in _members_that_may_be_missing(field.type, (*within, kind.cls))
        ]
        defaults = (field.default for field in kind.fields)
        printed = [default not in (msgspec.NODEFAULT, msgspec.UNSET) for default in defaults]
        return [field.name for field, shown in zip(kind.fields, printed, strict=True) if shown] + below
    inner = getattr(kind, "types", None) or getattr(kind, "item_types", None) or [getattr(kind, "item_type", None)]
    return [name for one in inner if one is not None for name in _members_that_may_be_missing(one, within)]


class _WithDefault(msgspec.Struct):
    inner: list[_Inner]


class _Inner(msgspec.Struct):
    given: int
    missing: int | None = None


def test_printing_arguments_never_adds_a_member() -> None:
    assert _members_that_may_be_missing(msgspec.inspect.type_info(_WithDefault)) == ["missing"]
    found = {op: _members_that_may_be_missing(msgspec.inspect.type_info(codec.struct)) for op, codec in CODECS.items()}
    assert {op: names for op, names in found.items() if names} == {}


def test_the_arguments_of_a_line_are_given_as_they_are_written() -> None:
    for step in islice(steps(), 200):
        assert event_of(line_of(step.args, step.outcome, step.operation.name)).arguments_text() == step.args


@pytest.mark.parametrize(
    "args",
    [
        b'{"sid":0,"sid":0}',
        b'{"sid":-0}',
        b'{"sid":0},"args":{"sid":0}',
        b'{"sid":0},"ok":null,"\\u0061rgs":{"sid":0}',
    ],
)
def test_arguments_that_are_not_well_formed_are_not_given(args: bytes) -> None:
    outcome = Outcome(None, None, [])
    with pytest.raises(MalformedTrace):
        event_of(line_of(args, outcome, "close")).arguments_text()


def test_arguments_that_another_reader_took_are_held_to_the_limits_of_each() -> None:
    deep = b'"Unit"'
    for _ in range(20):
        deep = b'{"Prod":[' + deep + b',"Unit"]}'
    outcome = Outcome("Ok", None, [])
    line = line_of(b'{"from":"A","sid":0,"to":"B","val":' + deep + b"}", outcome, "send")
    assert proves(line, outcome)
    reader = TraceReader(io.BytesIO(encode(HEADER) + b"\n" + line), "t.jsonl", Limits(nesting=20), packed=False)
    with pytest.raises(MalformedTrace, match="nested deeper than 20 levels"):
        next(iter(reader))


@pytest.mark.parametrize("levels", [99, 100, 101, 102])
def test_a_line_of_brackets_alone_is_held_to_the_limit_on_nesting(levels: int) -> None:
    """No line is shorter for its depth: whether a short line is looked through must not matter."""
    inner = levels - 2
    outcome = Outcome(None, None, [])
    line = line_of(b'{"value":' + b"[" * inner + b"]" * inner + b"}", outcome, "decode_edge_json")
    reader = TraceReader(io.BytesIO(encode(HEADER) + b"\n" + line), "t.jsonl", Limits(nesting=100), packed=False)
    if levels <= 100:
        assert next(iter(reader)).is_exactly(outcome)
    else:
        with pytest.raises(MalformedTrace, match="nested deeper than 100 levels"):
            next(iter(reader))


TWICE = b'{"Fragments":["b","a","b"]}'
ONCE = Fragments(("a", "b"))


def test_a_fragment_that_is_named_twice_is_read_the_fast_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(ArgumentCodec, "from_json")
    args = b'{"sid":1,"scope":' + TWICE + b',"owner_id":"a"}'
    assert CODECS["claim_ownership"].read(args, 100) == (1, "a", ONCE)
    capability = b'{"generation":0,"owner_id":"a","scope":' + TWICE + b',"session_id":1}'
    (read,) = CODECS["release_ownership"].read(b'{"capability":' + capability + b"}", 100)
    assert read.scope == ONCE
    assert proves(line_of(args, WRONG, "claim_ownership"), WRONG)


def changed(args: bytes) -> Iterator[bytes]:
    """Yield arguments changed at one place: a member is repeated, something is spelled otherwise or is no text."""
    members = re.findall(rb'"\w+":(?:"\w*"|\d+|\{"Fragments":\[[^\]]*\]\})', args)
    for member in members:
        name, _, value = member.partition(b":")
        for other in (member + b"," + member, b" ".join((name, b":", value)), name + b":null", name + b":-0"):
            yield args.replace(member, other)
        yield args.replace(member, b'"\\u0061' + member[1:])
        yield args.replace(member, name + b":1.0")
        yield args.replace(member, name + b":18446744073709551616")
    yield args.replace(b'"b"', b'"\\u0062"', 1)
    yield args.replace(b'"b"', b'"\\ud800"', 1)


def test_beside_a_fragment_that_is_named_twice_nothing_else_is_passed_over() -> None:
    """Whatever is changed, the arguments are those of the strict reader, or there are none."""
    capability = b'{"session_id":1,"owner_id":"a","scope":' + TWICE + b',"generation":7}'
    receipt = (
        b'{"scope":%s,"claim_id":1,"from_generation":2,"from_owner_id":"a","session_id":0,"to_generation":3' % TWICE
    )
    given = {
        "claim_ownership": b'{"sid":1,"scope":' + TWICE + b',"owner_id":"a"}',
        "begin_ownership_transfer": b'{"new_scope":%s,"new_owner_id":"b","capability":%s}' % (TWICE, capability),
        "commit_ownership_transfer": b'{"receipt":' + receipt + b',"to_owner_id":"c"}}',
    }
    taken = refused = 0
    for op, args in given.items():
        for text in changed(args):
            try:
                strictly = CODECS[op].from_json(parse(text, 100))
            except (ArgumentError, StrictJsonError):
                refused += 1
                with pytest.raises(ArgumentError):
                    CODECS[op].read(text, 100)
            else:
                taken += 1
                assert CODECS[op].read(text, 100) == strictly
            assert proves(line_of(text, WRONG, op), WRONG) <= well_formed(line_of(text, WRONG, op))
    assert taken > 15
    assert refused > 60
