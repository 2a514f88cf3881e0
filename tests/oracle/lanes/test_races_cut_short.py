"""Lane ``concurrent`` in this process: what cuts a race short, or leaves it undecided, is no agreement."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from telltale_conformance.oracle.adapters import Answer, ReferenceAdapter
from telltale_conformance.oracle.adapters.clients import Received
from telltale_conformance.oracle.adapters.scheduled import LockedClients
from telltale_conformance.oracle.histories.judging import HistoryResult
from telltale_conformance.oracle.lanes import concurrent
from telltale_conformance.oracle.lanes.subject import Settings, Subject
from telltale_conformance.oracle.verdict.results import LaneResult


class Changed(LockedClients):
    """The reference, with one thing that is received changed: that of a number, counted from 1."""

    def __init__(self, number: int, change: Callable[[Received], Received]) -> None:
        super().__init__(ReferenceAdapter())
        self._left, self._change = number, change

    def receive(self) -> Received:
        self._left -= 1
        received = super().receive()
        return received if self._left else self._change(received)


def raced(number: int, change: Callable[[Received], Received]) -> LaneResult:
    return concurrent.judge_clients(Changed(number, change), Subject(), Settings(cases=1))


def test_the_race_as_it_is_agrees() -> None:
    assert raced(0, lambda received: received).verdict == "agree"


@pytest.mark.parametrize("number", [1, 2, 4])
def test_a_client_that_dies_is_a_fault(number: int) -> None:
    result = raced(number, lambda received: Received(received.client, None))
    assert (result.verdict, result.tally.faults, result.divergences) == ("inconclusive", 1, ())
    assert "1 client(s) ended before they answered" in result.notes[0]


@pytest.mark.parametrize("number", [1, 2, 4])
def test_a_request_that_is_not_understood_is_a_fault(number: int) -> None:
    said = Answer("bad_request", b'"what?"', None)
    result = raced(number, lambda received: Received(received.client, said))
    assert (result.verdict, result.tally.faults, result.evidence.cases.missing) == ("inconclusive", 1, 1)
    assert "with bad_request" in result.notes[0]


def test_a_history_that_is_not_decided_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    undecided = HistoryResult(trace="", verdict="inconclusive", judged=10**6, error="the budget is spent")
    monkeypatch.setattr(concurrent, "judge_history", lambda *given, **more: undecided)
    result = raced(0, lambda received: received)
    assert (result.verdict, result.evidence.cases.missing) == ("inconclusive", 1)
    assert result.evidence.cases.missing_ones == ("history 0 (claim / claim): the budget is spent",)
