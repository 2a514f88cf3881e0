"""Stores that lose a race are refused, and right ones never."""

from __future__ import annotations

import pytest

from telltale_conformance.generators.histories import RACES
from telltale_conformance.oracle.adapters import ReferenceAdapter, Request
from telltale_conformance.oracle.adapters.scheduled import LockedClients, Steps
from telltale_conformance.oracle.lanes import concurrent
from telltale_conformance.oracle.lanes.effort import Effort
from telltale_conformance.oracle.lanes.subject import Settings, Subject
from telltale_conformance.oracle.verdict.results import LaneResult
from tests.concurrent_stores.stepwise import WRONG, StepwiseClients


def judged(name: str | None, seed: int, contract: str = "telltale-17", effort: Effort = Effort.default) -> LaneResult:
    clients = StepwiseClients(None if name is None else WRONG[name], contract)
    settings = Settings(seed=seed, divergences=1, effort=effort)
    return concurrent.judge_clients(clients, Subject(contract=contract), settings)


@pytest.mark.parametrize("name", WRONG)
def test_a_store_that_loses_a_race_is_refused(name: str) -> None:
    verdicts = [judged(name, seed).verdict for seed in range(2)]
    assert "diverge" in verdicts


@pytest.mark.nightly
@pytest.mark.parametrize("name", WRONG)
def test_a_store_that_loses_a_race_is_refused_in_nineteen_of_twenty_seeds(name: str) -> None:
    assert sum(judged(name, seed).verdict == "diverge" for seed in range(20)) >= 19


def test_the_records_of_each_answer_are_judged() -> None:
    class Unlogged(LockedClients):
        def steps(self, client: int, request: Request) -> Steps:
            answer = yield from super().steps(client, request)
            return answer._replace(audit=b"[]") if request.op == "claim_ownership" else answer

    result = concurrent.judge_clients(Unlogged(ReferenceAdapter()), Subject(), Settings(effort=Effort.quick))
    assert result.verdict == "diverge"
    assert {found.op for found in result.divergences} == {"claim_ownership"}


@pytest.mark.parametrize("contract", ["telltale-17", "hardened"])
def test_a_right_store_agrees(contract: str) -> None:
    result = judged(None, 0, contract)
    assert result.verdict == "agree"
    assert result.figures["race pairs"] == len(RACES)
    assert result.tally.cases == result.evidence.cases.shown == concurrent.PER_RACE[Effort.default] * len(RACES)
    assert result.figures["interleavings"] > result.tally.cases // 2


@pytest.mark.nightly
def test_a_right_store_agrees_in_two_hundred_seeds() -> None:
    assert {judged(None, seed).verdict for seed in range(200)} == {"agree"}


def test_the_same_seed_gives_the_same_lane() -> None:
    first, again, other = (judged(None, seed, effort=Effort.quick) for seed in (5, 5, 6))
    assert first.figures == again.figures
    assert first.figures != other.figures


def test_a_refused_history_names_its_race_and_the_answer() -> None:
    result = judged("consume checked, then done", 0)
    (found,) = result.divergences
    assert found.case.startswith("history ")
    assert "consume" in found.case
    assert found.expected != found.actual
