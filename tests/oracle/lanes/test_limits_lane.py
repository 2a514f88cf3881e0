"""Within the limits of the contract every store must do its work; beyond, several answers are admitted and counted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from telltale_conformance.generators.limit_programs import limit_programs
from telltale_conformance.generators.programs import Generator
from telltale_conformance.generators.pumps import PUMPS
from telltale_conformance.lean_traces.printing import encode
from telltale_conformance.model import limits, plan
from telltale_conformance.model.operations import OPERATIONS, those
from telltale_conformance.oracle.adapters import Answer, ReferenceAdapter, Request
from telltale_conformance.oracle.cli import check as check_command
from telltale_conformance.oracle.lanes import limits as lane
from telltale_conformance.oracle.lanes import table
from telltale_conformance.oracle.lanes.subject import Settings, Subject
from telltale_conformance.oracle.lanes.table import Lane
from telltale_conformance.oracle.reference.replay import replay_bytes
from telltale_conformance.oracle.verdict.results import LaneResult, not_run
from tests.oracle.lane_world import Stub
from tests.trace_files import trace_bytes

WITHIN = sum(not one.beyond for one in limit_programs())
BEYOND = len(limit_programs()) - WITHIN
SMALL = 70


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MOST", SMALL)
    monkeypatch.setattr(plan, "MOST_ROLES", SMALL)


class Behind(ReferenceAdapter):
    """The reference, but for what it answers where it says that a limit is exceeded."""

    def __init__(self, beyond: Callable[[Answer], Answer], first: str = "limit exceeded") -> None:
        super().__init__()
        self._beyond, self._first = beyond, first.encode()

    def _answer(self, request: Request) -> Answer:
        answer = super()._answer(request)
        return self._beyond(answer) if answer.kind == "err" and self._first in answer.payload else answer


def ran(beyond: Callable[[Answer], Answer], monkeypatch: pytest.MonkeyPatch) -> LaneResult:
    monkeypatch.setattr(Subject, "start", lambda self: Behind(beyond))
    return lane.run(Subject(), Settings(divergences=100))


ADMITTED: dict[str, Callable[[Answer], Answer]] = {
    "the refusal": lambda answer: answer,
    "its older form": lambda answer: Answer("err", b'"too many roles: 65537"', b"[]"),
    "an unlimited store": lambda answer: Answer("ok", b"null", b"[]"),
    "a panic": lambda answer: Answer("panic", b'"capacity overflow"', None),
}


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("kind", ADMITTED)
def test_beyond_a_limit_a_refusal_a_result_and_a_panic_are_admitted_and_counted(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = ran(ADMITTED[kind], monkeypatch)
    assert result.verdict == "agree"
    assert (result.tally.cases, result.tally.at_limit) == (WITHIN + BEYOND, BEYOND)
    assert (result.evidence.cases.planned, result.evidence.cases.shown) == (WITHIN, WITHIN)
    assert any(f"{BEYOND} at a limit" in note for note in result.notes)


@pytest.mark.usefixtures("small")
def test_beyond_a_limit_another_error_diverges(monkeypatch: pytest.MonkeyPatch) -> None:
    result = ran(lambda answer: Answer("err", b'"session 0 not found"', b"[]"), monkeypatch)
    assert result.verdict == "diverge"
    assert len(result.divergences) == BEYOND


def test_within_the_limits_a_panic_and_a_refusal_diverge(monkeypatch: pytest.MonkeyPatch) -> None:
    for answer in (Answer("panic", b'"full"', None), Answer("err", b'"limit exceeded: roles"', b"[]")):
        with monkeypatch.context() as patch:
            patch.setattr(limits, "MOST", SMALL)
            patch.setattr(plan, "MOST_ROLES", SMALL)

            class Lesser(ReferenceAdapter):
                def _answer(self, request: Request, answer: Answer = answer) -> Answer:
                    return answer if b"n69" in request.args else super()._answer(request)

            patch.setattr(Subject, "start", lambda self, made=Lesser: made())
            result = lane.run(Subject(), Settings(divergences=100))
        assert result.verdict == "diverge"
        assert {found.kind for found in result.divergences} == {"panic" if answer.kind == "panic" else "outcome"}


@pytest.mark.usefixtures("small")
def test_a_maximum_that_is_cut_to_the_limit_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    class Cut(ReferenceAdapter):
        def _answer(self, request: Request) -> Answer:
            cut = request.args.replace(b'"max_capacity":%d' % (2 * SMALL - 1), b'"max_capacity":%d' % SMALL)
            return super()._answer(request._replace(args=cut))

    monkeypatch.setattr(Subject, "start", lambda self: Cut())
    result = lane.run(Subject(), Settings(divergences=100))
    assert [found.case for found in result.divergences] == ["capacity within"]


@pytest.mark.usefixtures("small")
def test_a_program_with_an_operation_that_is_not_offered_is_not_played_in_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Subject, "start", lambda self: Stub(ops=OPERATIONS.keys() - {"open"}))
    result = lane.run(Subject(), Settings(divergences=100))
    without = [one for one in limit_programs() if "open" not in {step.op for step in one.program("telltale-17").steps}]
    assert len(without) < WITHIN + BEYOND
    assert (result.tally.cases, result.tally.uncovered > 0) == (WITHIN + BEYOND, True)
    assert result.evidence.cases.planned == result.evidence.cases.shown + result.evidence.cases.missing
    assert result.evidence.cases.shown == sum(not one.beyond for one in without)


@pytest.mark.usefixtures("small")
def test_it_runs_where_it_is_asked_for(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    nothing = Lane(lambda subject, settings: not_run("fixed", "for this test"), table.LANES["fixed"].usual)
    monkeypatch.setattr(check_command, "LANES", {"fixed": nothing})
    assert check_command.run(lanes=["fixed"], beyond_limits=True) == check_command.run(lanes=["limits"]) == 0
    assert capsys.readouterr().out.count(f"{BEYOND} at a limit of the contract") == 2
    assert check_command.run(lanes=["fixed"]) == 3
    assert "at a limit" not in capsys.readouterr().out


LEFT_OPEN = {"type": "Value", "text": '{"Prod":["Unit",' * 31 + '"Unit"' + "]}" * 31}
"""It is nested deeper than the contract judges."""


def test_a_trace_is_judged_up_to_a_limit(tmp_path: Path) -> None:
    roles = [str(number) for number in range(65_537)]
    opening = {"roles": roles, "initial_types": {}}
    for answer, verdict in (({"ok": 0}, "inconclusive"), ({"err": "session 1 not found"}, "diverge")):
        events = [
            {"seq": 0, "op": "live_count", "args": {}, "ok": 0, "audit": []},
            {"seq": 1, "op": "decode", "args": LEFT_OPEN, "err": "cannot decode Value: too deep", "audit": []},
            {"seq": 2, "op": "open", "args": opening, **answer, "audit": []},
            {"seq": 3, "op": "live_count", "args": {}, "ok": 1, "audit": []},
        ]
        result = replay_bytes(trace_bytes(events), "t.jsonl")
        assert (result.verdict, result.events) == (verdict, 4)
        assert verdict == "diverge" or (result.judged == 1 and "§18 roles" in str(result.error))


def test_what_is_generated_stays_within_the_limits() -> None:
    for contract in ("telltale-17", "hardened"):
        for index in range(20):
            for made in Generator(1, index, contract=contract).steps(60):
                assert made.outcome.error is None or not made.outcome.error.guard.limit
    naming = those(lambda operation: "Session.edge_handlers" in operation.grows)
    assert naming
    assert max(pump.most for pump in PUMPS if naming & {*pump.cycle} and pump.change != "trace") < limits.MOST


@pytest.mark.nightly
def test_the_reference_works_up_to_the_true_limits() -> None:
    result = lane.run(Subject(), Settings())
    assert (result.verdict, result.tally.at_limit) == ("agree", BEYOND)
    assert encode(limits.MOST) == b"65536"
