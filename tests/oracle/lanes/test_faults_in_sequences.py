"""Lane ``stateful``: a fault leaves its sequence without a verdict, and nothing more is asked after it."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice

import pytest

from telltale_conformance.generators.programs import Generator
from telltale_conformance.oracle.adapters import Answer, Request
from telltale_conformance.oracle.adapters.faults import Exited
from telltale_conformance.oracle.lanes import machines
from telltale_conformance.oracle.lanes.machines import AdapterCounterpart
from telltale_conformance.oracle.lanes.stateful import judged_by_machine
from telltale_conformance.oracle.lanes.subject import Settings
from tests.oracle.lane_world import Stub

STEPS = list(islice(Generator(0, 0).steps(), 3))
Change = Callable[[Answer], Answer]


def ends(answer: Answer) -> Answer:
    raise Exited("it is gone")


def played(change: Change) -> tuple[AdapterCounterpart, int]:
    """Play two sequences of three steps, the first of which has its second answer changed; say how many were asked."""
    asked = 0

    def answered(request: Request, number: int, answer: Answer) -> Answer:
        nonlocal asked
        asked += 1
        return change(answer) if asked == 2 else answer

    counterpart = AdapterCounterpart(Stub(answered))
    for _ in range(2):
        counterpart.reset()
        for step in STEPS:
            counterpart.compare(step, step.args)
    return counterpart, asked


def test_without_a_fault_both_are_shown() -> None:
    counterpart, asked = played(lambda answer: answer)
    assert (asked, [result.shown for result in counterpart.results]) == (6, [True, True])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (ends, "it is gone"),
        (lambda answer: Answer("bad_request", b'"what?"', None), "bad_request"),
        (lambda answer: answer._replace(kind="ok", payload=b'{"a":1,"a":1}'), "a"),
    ],
)
def test_a_fault_is_that_of_its_sequence_and_ends_the_asking(change: Change, said: str) -> None:
    counterpart, asked = played(change)
    (result,) = counterpart.results
    assert (asked, result.shown, result.judged, result.not_judged, result.divergence) == (2, False, 1, 1, None)
    assert said in (result.fault or "")
    assert counterpart.fault == result.fault


def test_a_fault_of_the_harness_is_one_of_its_sequence(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*given: object) -> None:
        raise RuntimeError("no idea")

    monkeypatch.setattr(machines, "judge_one", fails)
    counterpart, asked = played(lambda answer: answer)
    (result,) = counterpart.results
    assert (asked, result.not_judged) == (1, 1)
    assert "RuntimeError: no idea" in (result.fault or "")


def test_sequences_that_were_not_drawn_are_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hypothesis.stateful.run_state_machine_as_test", lambda *given, **more: None)
    cases = judged_by_machine(
        AdapterCounterpart(Stub()), 0, examples=5, settings=Settings(), contract="telltale-17"
    ).evidence.cases
    assert (cases.planned, cases.shown, cases.missing) == (5, 0, 5)


def test_what_fails_without_a_divergence_is_no_result(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*given: object, **more: object) -> None:
        raise RuntimeError("no idea")

    monkeypatch.setattr("hypothesis.stateful.run_state_machine_as_test", fails)
    with pytest.raises(RuntimeError, match="no idea"):
        judged_by_machine(AdapterCounterpart(Stub()), 0, examples=5, settings=Settings(), contract="telltale-17")
