"""A store in SQLite that four processes share: right with transactions, refused without."""

from __future__ import annotations

import shlex
import sys

import pytest

from telltale_conformance.oracle.lanes import concurrent
from telltale_conformance.oracle.lanes.effort import Effort
from telltale_conformance.oracle.lanes.subject import Settings, Subject
from telltale_conformance.oracle.verdict.results import LaneResult
from tests.concurrent_stores.sqlite_store import WAYS


def judged(way: str, seed: int, cases: int | None = None, effort: Effort = Effort.default) -> LaneResult:
    command = f"{shlex.quote(sys.executable)} -m tests.concurrent_stores.sqlite_store {{shared}} {shlex.quote(way)}"
    return concurrent.run(Subject(clients=command), Settings(seed=seed, divergences=1, cases=cases, effort=effort))


def test_with_transactions_it_agrees() -> None:
    result = judged("right", 0, cases=48)
    assert result.verdict == "agree", (result.missing, result.notes)
    assert result.figures["ended clients"] == 4


@pytest.mark.parametrize("way", ["claim race", "double consume", "lost generation", "stale replica"])
def test_without_them_it_is_refused(way: str) -> None:
    assert judged(way, 0).verdict == "diverge"


@pytest.mark.nightly
@pytest.mark.parametrize("way", [way for way in WAYS if way != "right"])
def test_without_them_it_is_refused_in_nineteen_of_twenty_seeds(way: str) -> None:
    assert sum(judged(way, seed).verdict == "diverge" for seed in range(20)) >= 19


@pytest.mark.nightly
def test_with_transactions_it_agrees_in_two_hundred_seeds() -> None:
    verdicts = [judged("right", seed, cases=24).verdict for seed in range(200)]
    assert "diverge" not in verdicts
