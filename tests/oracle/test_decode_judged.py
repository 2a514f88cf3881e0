"""Judging ``decode``: what its error text must say, a type that is not there, and what the contract leaves open."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from telltale_conformance.generators.decoding_programs import decoding_programs
from telltale_conformance.lean_traces.programs import Program, Step
from telltale_conformance.oracle.adapters import Answer, Request
from telltale_conformance.oracle.cli.check import run_lane
from telltale_conformance.oracle.lanes.asked import asked_of
from telltale_conformance.oracle.lanes.chunks import Plan, answered_in_part, collect, merged
from telltale_conformance.oracle.lanes.subject import Settings
from telltale_conformance.oracle.reference.judging import CaseResult, judge_cases
from telltale_conformance.oracle.reference.replay import replay_file
from telltale_conformance.oracle.verdict.compare import Level
from telltale_conformance.oracle.verdict.not_covered import unsupported_by
from telltale_conformance.oracle.verdict.results import LaneResult
from tests.oracle.lane_world import Stub
from tests.trace_files import trace_bytes
from tests.wrong_stores.tellers import Told

DEEP = '{"Prod":["Unit",' * 31 + '"Unit"' + "]}" * 31
"""62 levels of nesting."""
EDGE = '{"sid":1,"sender":"A","receiver":"B"}'
OPENED = ("open", {"roles": ["A", "B"], "initial_types": {}})


def judged(*texts: tuple[str, str], change: Callable[..., Answer]) -> CaseResult:
    """Return what a case comes to that decodes these texts and opens a session, each answer changed."""
    given = [*(("decode", {"type": type_, "text": text}) for type_, text in texts), OPENED]
    steps = tuple(Step(args=args, op=op, seq=seq) for seq, (op, args) in enumerate(given))
    store = Stub(change)
    asked, _, _ = asked_of(Program(contract="telltale-17", steps=steps), "telltale-17", store.hello.ops)
    (result,) = judge_cases(store, [partial(iter, asked)], Level.state)
    return result


def to_decode(given: Answer) -> Callable[..., Answer]:
    """Give that answer to each ``decode``, and the right one to all else."""

    def change(request: Request, number: int, answer: Answer) -> Answer:
        return given if request.op == "decode" else answer

    return change


def to_edges(given: Answer) -> Callable[..., Answer]:
    """Give that answer to each text of an edge, and the right one to all else."""
    return lambda request, number, answer: given if b'"type":"Edge"' in request.args else answer


@pytest.mark.parametrize(
    "answer",
    [
        Answer("ok", b'"Unit"', b"[]"),
        Answer("err", b'"cannot decode Value: too deep"', b"[]"),
        Answer("err", b'"anything"', b"[]"),
        Answer("panic", b'"stack overflow"', None),
    ],
)
def test_whatever_is_answered_where_the_contract_is_open_is_not_judged(answer: Answer) -> None:
    result = judged(("Value", DEEP), change=to_decode(answer))
    assert (result.judged, result.not_judged, result.divergence, result.fault) == (1, 1, None, None)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (b'"cannot decode Edge: missing field `receiver`"', None),
        (b'"cannot decode Edge: "', None),
        (b'"cannot decode Edge"', "payload"),
        (b'"cannot decode Endpoint: missing field"', "payload"),
        (b'"cannot read Edge: missing field"', "outcome"),
        (b'{"SessionNotFound":{"session_id":0}}', "outcome"),
    ],
)
def test_the_text_of_a_refusal_names_the_type_and_is_free_after_that(text: bytes, kind: str | None) -> None:
    result = judged(("Edge", '{"sid":1,"sender":"A"}'), change=to_decode(Answer("err", text, b"[]")))
    assert (None if result.divergence is None else result.divergence.kind) == kind


def test_a_type_that_is_not_there_is_uncovered_alone() -> None:
    def change(request: Request, number: int, answer: Answer) -> Answer:
        return Answer("unsupported", b'"internal"', None) if b'"Edge"' in request.args else answer

    result = judged(("Edge", EDGE), ("Endpoint", '{"sid":1,"role":"A"}'), change=change)
    assert (result.judged, result.uncovered, result.unsupported) == (2, 1, {"decode Edge"})
    assert not result.over


@pytest.mark.parametrize(("texts", "verdict"), [((EDGE,), "agree"), ((EDGE, '{"sid":2}'), "inconclusive")])
def test_a_type_is_left_out_whole_or_is_missing(texts: tuple[str, ...], verdict: str) -> None:
    """Else a store could be asked only what it answers rightly."""

    def change(request: Request, number: int, answer: Answer) -> Answer:
        return Answer("unsupported", b'"internal"', None) if b"receiver" in request.args else answer

    seen = [judged(*(("Edge", text) for text in texts), ("Endpoint", '{"sid":1,"role":"A"}'), change=change)]
    chunk = collect("programs", seen, 1, describe=lambda number, result: pytest.fail("nothing diverges"))
    assert bool(answered_in_part([chunk])) == (verdict == "inconclusive")
    result = merged("fixed", Plan("programs", 1, 1), [chunk], cut_off=False, closing=())
    assert result.verdict == verdict


def test_the_lanes_of_a_check_leave_a_type_out_together_or_not_at_all() -> None:
    """Else a store could answer the texts of one lane and leave out those of another, which it reads wrongly."""

    def lane(name: str, *texts: tuple[str, str], change: Callable[..., Answer]) -> LaneResult:
        chunk = collect(name, [judged(*texts, change=change)], 1, describe=lambda number, result: pytest.fail("agrees"))
        return merged(name, Plan(name, 1, 1), [chunk], cut_off=False, closing=())

    edge, endpoint = ("Edge", EDGE), ("Endpoint", '{"sid":1,"role":"A"}')
    without = lane("fixed", edge, endpoint, change=to_edges(Answer("unsupported", b'"internal"', None)))
    answers = lane("programs", edge, change=lambda request, number, answer: answer)
    panics = LaneResult(lane="programs", decoded=judged(edge, change=to_edges(Answer("panic", b'"no"', None))).decoded)
    assert unsupported_by([without]) == {"decode Edge"}
    for other in (answers, panics):
        assert unsupported_by([without, other]) == unsupported_by([other, without]) == {"decode", "decode Edge"}
    assert unsupported_by([lane("fixed", edge, change=to_edges(Answer("unsupported", b'"no"', None)))]) >= {"decode"}


def test_a_check_names_the_types_that_are_not_there() -> None:
    def change(request: Request, number: int, answer: Answer) -> Answer:
        internal = request.op == "decode" and b'"type":"SessionStore"' in request.args
        return Answer("unsupported", b'"internal"', None) if internal else answer

    offered = Told(command="in this process", contract="telltale-17", make=lambda: Stub(change))
    result = run_lane("fixed", offered, Settings())
    left_out = sum(len(one.steps) for one in decoding_programs() if one.name.startswith("decode SessionStore,"))
    assert result.unsupported == {"decode SessionStore"}
    assert result.tally.uncovered == left_out > 20
    assert not result.divergences


def events(*texts: str) -> list[dict[str, Any]]:
    answers = {DEEP: {"err": "cannot decode Value: too deep"}, '"Unit"': {"ok": "Unit"}}
    return [
        {"seq": seq, "op": "decode", "args": {"type": "Value", "text": text}, **answers[text], "audit": []}
        for seq, text in enumerate(texts)
    ]


def test_in_a_trace_what_is_open_counts_as_not_judged(tmp_path: Path) -> None:
    path = tmp_path / "trace.jsonl"
    path.write_bytes(trace_bytes(events('"Unit"', DEEP, '"Unit"')))
    result = replay_file(path)
    assert (result.verdict, result.events, result.judged, result.not_judged) == ("agree", 3, 2, 1)


def test_a_trace_of_which_all_is_open_is_inconclusive(tmp_path: Path) -> None:
    path = tmp_path / "trace.jsonl"
    path.write_bytes(trace_bytes(events(DEEP)))
    result = replay_file(path)
    assert (result.verdict, result.judged) == ("inconclusive", 0)
    assert result.error == f"{result.trace}: the contract leaves every answer of the trace open"
