"""What the chunks of a lane come to: a fault, wherever it strikes, costs what it hit, is counted, and hides nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from telltale_conformance.model.operations import Outcome
from telltale_conformance.oracle.adapters import Adapter, ReferenceAdapter
from telltale_conformance.oracle.adapters.faults import Exited
from telltale_conformance.oracle.lanes import asked
from telltale_conformance.oracle.lanes.chunks import REFUSED, Chunk, Plan, collect, run_chunks
from telltale_conformance.oracle.lanes.subject import Settings, Subject
from telltale_conformance.oracle.reference.judging import Asked, CaseResult
from telltale_conformance.oracle.verdict.compare import Divergence
from telltale_conformance.oracle.verdict.results import LaneDivergence, LaneResult
from tests.oracle.report_world import program

PLAN = Plan("programs", 6, 2)
ASKED = Asked(3, "live_count", b"{}", Outcome(1, None, ()))


def agreed() -> CaseResult:
    return CaseResult(judged=1, asked=1)


def departed(fault: str | None = None) -> CaseResult:
    return CaseResult(
        judged=1, asked=1, over=True, fault=fault, diverged_at=ASKED, divergence=Divergence("payload", 1, 2, ())
    )


def told(position: int, result: CaseResult) -> LaneDivergence:
    return LaneDivergence(
        case=f"program {position}",
        seq=3,
        op="live_count",
        kind="payload",
        args={},
        expected=1,
        actual=2,
        guard="passes",
        reason="",
    )


def untold(position: int, result: CaseResult) -> LaneDivergence:
    raise RuntimeError("no words")


def chunk_of(*results: CaseResult, planned: int = 2, describe: Callable[..., LaneDivergence] = told) -> Chunk:
    return collect("programs", results, planned, describe)


def ran(
    *chunks: Chunk | Exception,
    subject: Subject | None = None,
    divergences: int = 3,
    finish: Callable[..., LaneResult] | None = None,
) -> LaneResult:
    """Run chunks that come to these, the last one for all that follow."""

    def task(adapter: Adapter, number: int) -> Chunk:
        made = chunks[min(number, len(chunks) - 1)]
        if isinstance(made, Exception):
            raise made
        return made

    return run_chunks("programs", subject or Subject(), Settings(divergences=divergences), task, PLAN, finish=finish)


GOOD = chunk_of(agreed(), agreed())


def test_cases_that_all_agree_agree() -> None:
    assert (ran(GOOD).verdict, ran(GOOD).missing) == ("agree", ())


@pytest.mark.parametrize(
    ("result", "faults"),
    [
        (CaseResult(judged=1, asked=2, over=True, uncovered=1, unsupported={"close"}), 0),
        (CaseResult(judged=1, asked=2, fault="it is gone"), 1),
        (CaseResult(asked=1), 0),
        (CaseResult(asked=1, elsewhere="close", over=True), 0),
    ],
)
def test_a_case_that_did_not_come_to_its_end_is_missing(result: CaseResult, faults: int) -> None:
    found = ran(chunk_of(agreed(), result), GOOD)
    cases = found.evidence.cases
    assert (found.verdict, cases.planned, cases.shown, cases.against) == ("inconclusive", 6, 5, 0)
    assert found.tally.faults == faults


def test_cases_after_the_end_of_the_adapter_are_missing_and_no_more_is_run() -> None:
    found = ran(GOOD, chunk_of(agreed()), GOOD)
    assert (found.verdict, found.evidence.cases.missing, found.tally.cases) == ("inconclusive", 3, 3)


def test_a_divergence_stays_one_whatever_fails_after_it_or_while_it_is_told() -> None:
    faulty = ran(GOOD, chunk_of(agreed(), departed("it is gone")), GOOD)
    assert (faulty.verdict, len(faulty.divergences), faulty.tally.faults) == ("diverge", 1, 1)
    untellable = ran(GOOD, chunk_of(agreed(), departed(), describe=untold), GOOD)
    assert (untellable.verdict, untellable.divergences[0].kind, untellable.tally.faults) == ("diverge", "payload", 1)
    assert "while case 1 of its chunk was described: RuntimeError: no words" in untellable.notes[0]


def test_a_fault_of_the_harness_costs_its_chunk_alone() -> None:
    found = ran(GOOD, RuntimeError("no idea"), chunk_of(agreed(), departed()))
    cases = found.evidence.cases
    assert (found.verdict, cases.shown, cases.against, cases.missing, found.tally.faults) == ("diverge", 3, 1, 2, 1)
    assert cases.missing_ones == ("fault of the harness in chunk 1: RuntimeError: no idea",)
    assert ran(RuntimeError("no idea"), GOOD).verdict == "inconclusive"


def test_where_more_cannot_be_concluded_the_lane_does_not_agree() -> None:
    def finish(result: LaneResult, chunks: object) -> LaneResult:
        raise RuntimeError("no idea")

    found = ran(GOOD, finish=finish)
    assert (found.verdict, found.tally.faults, found.evidence.cases.shown) == ("inconclusive", 1, 6)
    assert "while the lane was concluded" in found.notes[-1]


class Ending(ReferenceAdapter):
    def close(self) -> None:
        raise Exited("it does not end")


class EndsBadly(Subject, frozen=True):
    def start(self) -> Adapter:
        return Ending()


class NeverStarts(Subject, frozen=True):
    def start(self) -> Adapter:
        raise Exited("it does not start")


def test_a_fault_at_the_start_or_the_end_of_the_adapter_is_counted_once() -> None:
    unstarted = ran(GOOD, subject=NeverStarts())
    assert (unstarted.verdict, unstarted.tally.faults, unstarted.evidence.cases.missing) == ("inconclusive", 1, 6)
    ended = ran(GOOD, subject=EndsBadly())
    assert (ended.verdict, ended.tally.faults, ended.evidence.cases.shown) == ("inconclusive", 1, 6)
    assert "it does not end" in ended.notes[-1]
    known = ran(GOOD, chunk_of(agreed(), CaseResult(fault="it is gone"), planned=3), subject=EndsBadly())
    assert known.tally.faults == 1


def test_a_lane_stops_at_the_chunk_by_which_enough_cases_have_diverged() -> None:
    found = ran(GOOD, chunk_of(departed(), departed()), divergences=2)
    assert (found.verdict, len(found.divergences), found.evidence.cases.missing) == ("diverge", 2, 2)
    assert found.evidence.cases.missing_ones == ("stopped after 2 diverging cases",)


def test_an_operation_that_is_offered_and_never_answered_is_missing_though_its_cases_go_on() -> None:
    without = CaseResult(judged=1, asked=2, uncovered=1, unsupported={"memory_usage"})
    found = ran(chunk_of(without, agreed()), GOOD)
    assert (found.verdict, found.evidence.cases.missing) == ("inconclusive", 0)
    assert found.missing == (f"1 of 1 {REFUSED} not shown: memory_usage",)


def test_a_step_that_is_not_asked_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    real = asked.asked_of

    def without_the_last(*given: Any) -> Any:
        steps, *counts = real(*given)
        return steps[:-1], *counts

    def judged() -> LaneResult:
        return ran(
            asked.judge_programs(ReferenceAdapter(), "programs", [("one", program())], "telltale-17", Settings())
        )

    assert not judged().evidence.further[0].missing
    monkeypatch.setattr(asked, "asked_of", without_the_last)
    assert judged().evidence.further[0].missing == PLAN.chunks
    assert judged().verdict == "inconclusive"
