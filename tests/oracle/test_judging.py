"""Judging answers: what agrees, what does not, and what says nothing."""

from collections.abc import Iterable, Iterator
from functools import partial
from itertools import islice

import msgspec
import pytest

from telltale_conformance.generators.programs import Generator
from telltale_conformance.oracle.adapters import AdapterFault, Answer, Request
from telltale_conformance.oracle.adapters.faults import Exited, MalformedAnswer
from telltale_conformance.oracle.reference.judging import Asked, CaseResult, judge_answer, judge_cases
from telltale_conformance.oracle.verdict.compare import Level
from tests.oracle.lane_world import Stub, stubbed


def asked(index: int = 0) -> list[Asked]:
    return [
        Asked(step.seq, step.operation.name, step.args, step.outcome, step.cell)
        for step in Generator(0, index).steps(30)
    ]


def judged(adapter: Stub, count: int = 3, level: Level = Level.state) -> list[CaseResult]:
    return list(judge_cases(adapter, [partial(asked, index) for index in range(count)], level))


def rewritten(answer: Answer, change: bytes) -> Answer:
    return answer._replace(payload=change)


def unsorted(value: object) -> bytes:
    """Print JSON with its keys the other way round."""

    def turned(part: object) -> object:
        if isinstance(part, dict):
            return {name: turned(part[name]) for name in reversed(part)}
        return [turned(item) for item in part] if isinstance(part, list) else part

    return msgspec.json.encode(turned(value))


@pytest.mark.parametrize(
    "form",
    [unsorted, lambda value: b" " + msgspec.json.format(msgspec.json.encode(value), indent=1).replace(b"\n", b" ")],
)
def test_any_printing_of_the_same_json_agrees(form: object) -> None:
    def change(request: object, number: int, answer: Answer) -> Answer:
        return rewritten(answer, form(msgspec.json.decode(answer.payload)))

    results = judged(Stub(change))
    assert [result.divergence for result in results] == [None] * 3
    assert sum(result.judged for result in results) == sum(len(asked(index)) for index in range(3))


@pytest.mark.parametrize("payload", [b"1", b"0.0", b"-0", b"0e0", b"false", b'"0"', b"null", b"[0]"])
def test_what_is_no_zero_is_refused_for_zero(payload: bytes) -> None:
    first = asked()[0]
    assert first.op == "open"
    assert judge_answer("open", first.expected, Answer("ok", b"0", b"[]"), Level.state) is None
    divergence = judge_answer("open", first.expected, Answer("ok", payload, b"[]"), Level.state)
    assert divergence is not None
    assert divergence.kind == "payload"


@pytest.mark.parametrize("payload", [b'{"a":1,"a":1}', b"00", b"NaN", b"18446744073709551616"])
def test_what_is_no_strict_json_is_no_answer(payload: bytes) -> None:
    first = asked()[0]
    with pytest.raises(MalformedAnswer):
        judge_answer("open", first.expected, Answer("ok", payload, b"[]"), Level.state)


def test_a_repeated_key_is_refused() -> None:
    claim = next(one for one in asked(1) if one.op == "claim_ownership" and one.expected.error is None)
    right = msgspec.json.encode(claim.expected.ok)
    audit = msgspec.json.encode(claim.expected.audit)
    assert judge_answer(claim.op, claim.expected, Answer("ok", right, audit), Level.state) is None
    twice = right[:-1] + b',"generation":0}'
    with pytest.raises(MalformedAnswer):
        judge_answer(claim.op, claim.expected, Answer("ok", twice, audit), Level.state)


def test_after_a_divergence_the_rest_of_the_case_counts_as_not_judged() -> None:
    adapter = Stub(lambda request, number, answer: answer._replace(payload=b"9") if number == 5 else answer)
    results = judged(adapter)
    assert [result.judged for result in results] == [6, 6, 6]
    assert [result.not_judged for result in results] == [len(asked(index)) - 6 for index in range(3)]
    assert all(result.divergence is not None and result.diverged_at is not None for result in results)
    assert [result.diverged_at.seq for result in results if result.diverged_at] == [5, 5, 5]


def test_a_panic_diverges_as_such() -> None:
    adapter = stubbed({"observe": Answer("panic", b'"index out of bounds"', None)})
    kinds = {result.divergence.kind for result in judged(adapter) if result.divergence}
    assert kinds == {"panic"}


def test_unsupported_is_uncovered_and_ends_a_case_only_where_something_changed() -> None:
    results = judged(stubbed({"observe": Answer("unsupported", b'"no"', None)}))
    assert sum(result.uncovered for result in results) > 0
    assert [(result.not_judged, result.divergence, result.fault) for result in results] == [(0, None, None)] * 3
    results = judged(stubbed({"open": Answer("unsupported", b'"no"', None)}))
    assert [result.uncovered for result in results] == [1, 1, 1]
    assert all(result.not_judged == len(asked(index)) - 1 for index, result in enumerate(results))


def test_a_bad_request_is_inconclusive() -> None:
    results = judged(stubbed({"observe": Answer("bad_request", b'"what?"', None)}))
    assert {result.fault for result in results} == {"the adapter answered observe with bad_request: what?"}
    assert {result.divergence for result in results} == {None}


def test_a_fault_costs_its_own_case_only() -> None:
    calls = iter(range(10**6))

    def change(request: object, number: int, answer: Answer) -> Answer:
        if next(calls) == len(asked(0)) + 3:
            raise Exited("it ended")
        return answer

    results = judged(Stub(change))
    assert [result.fault is not None for result in results] == [False, True, False]
    assert [result.divergence for result in results] == [None] * 3
    assert results[1].judged + results[1].not_judged <= len(asked(1))
    assert results[2].judged == len(asked(2))


def test_what_was_asked_ahead_of_a_fault_is_not_judged_in_its_own_case_alone() -> None:
    class Ahead(Stub):
        def submit(self, requests: Iterable[Request]) -> Iterator[Answer]:
            yield from islice(super().submit(list(requests)), len(asked(0)) + 3)
            raise Exited("it ended")

    results = list(islice(judge_cases(Ahead(), [partial(asked, index) for index in range(3)], Level.state), 2))
    assert [(result.judged, result.not_judged) for result in results] == [
        (len(asked(0)), 0),
        (3, len(asked(1)) - 3),
    ]


def test_an_adapter_that_cannot_start_again_ends_the_run() -> None:
    class Dead(Stub):
        def reset(self) -> None:
            raise Exited("for good")

    def change(request: object, number: int, answer: Answer) -> Answer:
        raise Exited("it ended")

    results = judged(Dead(change))
    assert len(results) == 1
    assert results[0].fault is not None
    assert issubclass(Exited, AdapterFault)


def test_levels_are_kept() -> None:
    adapter = Stub(lambda request, number, answer: answer._replace(audit=b'[{"wrong":1}]'))
    assert {result.divergence for result in judged(adapter, level=Level.payload)} == {None}
    assert {result.divergence.kind for result in judged(adapter, level=Level.audit) if result.divergence} == {"audit"}


def test_after_a_fault_of_the_harness_the_rest_of_the_case_is_not_judged() -> None:
    def watch(one: Asked, answer: Answer) -> None:
        if one.seq == 2:
            raise RuntimeError("made up")

    results = list(judge_cases(Stub(), [partial(asked, 0), partial(asked, 1)], Level.state, watch))
    for index, result in enumerate(results):
        assert result.fault is not None
        assert result.fault.startswith("fault of the harness while the answer to ")
        assert result.fault.endswith(" was judged (step 2): RuntimeError: made up")
        assert result.judged + result.not_judged + result.uncovered == len(asked(index))
        assert result.judged <= 3 < result.not_judged
        assert not result.shown
