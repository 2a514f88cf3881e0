"""The programs of a report are made small on the implementation itself, within their time, or shown as they are."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from oracle.compare import Level
from oracle.fingerprints import fingerprint_of
from oracle.lanes import LaneDivergence, LaneResult, Settings, Subject
from oracle.lanes.programs import run
from oracle.reports import findings
from oracle.reports.minimal import minimising

ROOT = Path(__file__).parents[2]


def wrong(name: str) -> Subject:
    return Subject(command=f"{sys.executable} -m tests.wrong_stores {name}")


@pytest.fixture(scope="module")
def seen() -> LaneResult:
    """Return what the lane of programs says of a store that lets a witness be consumed twice."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        return run(wrong("witness_is_consumed_twice"), Settings(budget=10, seed=1))


def first(seen: LaneResult) -> LaneDivergence:
    return next(one for one in seen.divergences if one.op == "consume_readiness_witness")


def test_a_program_is_made_small_and_every_step_explained(seen: LaneResult, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    subject = wrong("witness_is_consumed_twice")
    with minimising(subject, Level.state, 120.0) as minimise:
        found = findings([seen], command=subject.command, minimise=minimise)
    finding = next(one for one in found if one.key == fingerprint_of(first(seen)))
    assert finding.minimal
    assert finding.program is not None
    assert [step.op for step in finding.program.steps] == [
        "open",
        "claim_ownership",
        "issue_readiness_witness",
        "consume_readiness_witness",
        "consume_readiness_witness",
    ]
    assert set(finding.notes) == {step.seq for step in finding.program.steps}
    assert finding.divergence.seq == finding.program.steps[-1].seq
    assert [one.title for one in finding.reproducers] == ["Shell", "Program", "pytest"]
    assert len(finding.reproducers[0].text.splitlines()) <= 11


def test_what_does_not_come_back_is_shown_as_it_is(seen: LaneResult, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    for subject, seconds in ((wrong("correct"), 60.0), (wrong("witness_is_consumed_twice"), 0.0), (Subject(), 60.0)):
        with minimising(subject, Level.state, seconds) as minimise:
            assert minimise(first(seen)) is None


def test_a_fault_of_the_adapter_makes_nothing_smaller(seen: LaneResult) -> None:
    with minimising(Subject(command="/nonexistent/adapter"), Level.state, 60.0) as minimise:
        assert minimise(first(seen)) is None
