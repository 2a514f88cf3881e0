"""Candidates tried on an implementation: what an attempt returns, and a result confirmed on another adapter."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pytest

from telltale_conformance.lean_traces.programs import Program, Step
from telltale_conformance.oracle.adapters import Adapter, Answer, Request
from telltale_conformance.oracle.minimise import trying
from telltale_conformance.oracle.minimise.minimiser import minimise
from telltale_conformance.oracle.minimise.trying import TO_RATE, Trials, rate
from telltale_conformance.oracle.verdict.compare import Level
from tests.oracle.minimise_world import SometimesWrong, diverging, failure, program, seen
from tests.oracle.wrong_references import WRONG, WrongReference

NAME = "recv gives the newest"
BRANCH = [{"name": "m", "sort": "Unit"}, None, "End"]
SENDS = {"Send": {"branches": [BRANCH], "partner": "B"}}
RECEIVES = {"Recv": {"branches": [BRANCH], "partner": "A"}}


def aimed() -> tuple[Trials, Program, int]:
    """Trials that look for the divergence of a program, the program, and the step at which it diverges."""
    given = diverging(NAME)
    trials = Trials(WrongReference(WRONG[NAME]), Level.state)
    sighting = seen(trials.adapter, given)
    assert sighting.at is not None
    trials.target = sighting.fingerprint
    return trials, given, sighting.at


def test_what_reproduces_ends_at_the_divergence() -> None:
    trials, given, at = aimed()
    more = [Step(args={}, op="session_ids", seq=given.steps[-1].seq + number) for number in (1, 2, 3)]
    attempt = trials.attempt(Program(contract=given.contract, meta=given.meta, steps=(*given.steps, *more)))
    assert attempt.verdict == "reproduces"
    assert attempt.program.steps[-1].seq == at


def test_what_departs_in_another_way_says_in_which() -> None:
    _, given, at = aimed()
    trials = Trials(WrongReference({**WRONG[NAME], "active_count": lambda store: 41}), Level.state)
    trials.target = seen(trials.adapter, given).fingerprint
    before, diverging_step = [step for step in given.steps if step.seq < at], given.steps[at]
    counts = Step(args={}, op="active_count", seq=at)
    later = Step(args=diverging_step.args, op=diverging_step.op, seq=at + 1)
    other = Program(contract=given.contract, meta=given.meta, steps=(*before, counts, later))
    attempt = trials.attempt(other)
    departs = seen(trials.adapter, other).fingerprint
    assert departs is not None
    assert (attempt.verdict, attempt.then) == ("differs", f"it departs in another way: {departs.text()}")


def test_a_candidate_that_was_tried_before_gets_its_own_program_back() -> None:
    trials, _, _ = aimed()
    opened = {"roles": ["A", "B"], "initial_types": {"A": SENDS, "B": RECEIVES}}
    edge = {"sid": {"$ref": 0}, "from": "A", "to": "B"}
    candidate = program(("open", opened), ("send", {**edge, "val": "Unit"}), ("recv", edge))
    first = trials.attempt(candidate)
    again = trials.attempt(Program(contract=candidate.contract, meta={"again": True}, steps=candidate.steps))
    assert (first.verdict, again.verdict, trials.repeated) == ("agrees", "agrees", 1)
    assert again.program.meta == {"again": True}
    assert again.program.steps == candidate.steps


def test_a_result_that_cannot_be_confirmed_is_kept_and_inconclusive() -> None:
    def afresh(_: float) -> Adapter:
        raise failure()

    result = minimise(WrongReference(WRONG[NAME]), diverging(NAME), afresh=afresh)
    assert (result.ending, result.faults) == ("inconclusive", (str(failure().diagnostic()),))
    assert result.fingerprint is not None
    assert result.program.steps


def test_a_divergence_that_comes_and_goes_is_not_rated_beyond_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each run takes a second; after the deadline no more than two are compared."""
    now = [0.0]
    monkeypatch.setattr(trying.time, "monotonic", lambda: now[0])

    class Slow(SometimesWrong):
        def submit(self, requests: Iterable[Request | None]) -> Iterator[Answer]:
            now[0] += 1
            return super().submit(requests)

    name = "release ignores a pending transfer"
    given = diverging(name)
    for seconds, runs in ((0.5, 2), (6.5, 7), (60.0, TO_RATE)):
        now[0] = 0.0
        trials = Trials(Slow(name, lambda run: run % 2 == 1), Level.state, deadline=seconds)
        found, _ = rate(trials, given)
        assert (found.steady, found.runs, trials.runs) == (False, runs, runs)
