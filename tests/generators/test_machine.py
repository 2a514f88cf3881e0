"""The state machine: sound on the reference alone, refuses wrong implementations, readable when it does."""

import unittest
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Verbosity, seed, settings
from hypothesis.database import DirectoryBasedExampleDatabase
from hypothesis.stateful import run_state_machine_as_test

from telltale_conformance.generators.hypothesis_profiles import (
    PROFILES,
    NoExampleDatabase,
    drawing_by_seed_alone,
    example_database,
    settings_of,
)
from telltale_conformance.generators.machine import SessionStoreMachine
from telltale_conformance.generators.tried import ALL_OPERATIONS
from telltale_conformance.model.operations import OPERATIONS, Outcome
from telltale_conformance.oracle.adapters import Answer, Request
from telltale_conformance.oracle.adapters.faults import Exited
from telltale_conformance.oracle.lanes.effort import Effort
from telltale_conformance.oracle.lanes.machines import Disagreement, Unusable, machine_for
from telltale_conformance.oracle.lanes.stateful import EXAMPLES, SEQUENCES, STEPS
from tests.oracle.lane_world import Stub

FEW = settings_of(max_examples=15, stateful_step_count=20)
MANY = settings_of(max_examples=100, stateful_step_count=50, derandomize=True)


def test_the_reference_alone_is_sound() -> None:
    run_state_machine_as_test(seed(1)(SessionStoreMachine), settings=FEW)


def run(case: Any, few: settings = FEW) -> None:
    """Run a test case as unittest does, and raise what it raises."""
    case.settings = few
    case("runTest").debug()


def test_an_implementation_that_agrees_passes() -> None:
    case = machine_for(Stub())
    assert issubclass(case, unittest.TestCase)
    run(case)


def forgets_scopes(request: Request, number: int, answer: Answer) -> Answer:
    if request.op == "claim_ownership" and answer.kind == "ok":
        return answer._replace(payload=answer.payload.replace(b'"a"', b'"b"'))
    return answer


def test_a_wrong_implementation_fails_with_steps_to_read() -> None:
    with pytest.raises(Disagreement) as raised:
        run(machine_for(Stub(forgets_scopes)))
    notes = "\n".join(raised.value.__notes__)
    assert "claim_ownership diverges in payload" in str(raised.value)
    assert "state = MachineOfCounterpart()" in notes
    assert "→ ok" in notes


class Counting(Stub):
    """An adapter that counts how often it is started afresh."""

    started = 0

    def reset(self) -> None:
        self.started += 1
        super().reset()


@pytest.mark.parametrize("asked_before", [0, 1, 30, 200])
def test_an_adapter_that_fails_ends_the_run_within_a_few_cases(asked_before: int) -> None:
    asked = 0

    def fails(request: Request, number: int, answer: Answer) -> Answer:
        nonlocal asked
        asked += 1
        if asked > asked_before:
            raise Exited("it ended")
        return answer

    adapter = Counting(fails)
    with pytest.raises(Unusable, match="it ended"):
        run(machine_for(adapter), MANY)
    assert asked == asked_before + 1, "nothing more is asked after the fault"
    assert adapter.started <= 1 + asked_before // 4


def test_an_adapter_that_fails_at_the_same_place_is_not_asked_a_second_time() -> None:
    closed = 0

    def fails(request: Request, number: int, answer: Answer) -> Answer:
        nonlocal closed
        if request.op == "close":
            closed += 1
            raise Exited("close killed it")
        return answer

    case = machine_for(Stub(fails))
    for runs in (1, 2):
        with pytest.raises(Unusable, match="close killed it"):
            run(case, MANY)
        assert closed == runs, "a run ends with its first fault"


def test_a_divergence_before_the_fault_is_told() -> None:
    diverged = 0

    def fails(request: Request, number: int, answer: Answer) -> Answer:
        nonlocal diverged
        diverged += request.op == "claim_ownership"
        if diverged > 3:
            raise Exited("it ended")
        return forgets_scopes(request, number, answer)

    with pytest.raises(Disagreement, match=r"claim_ownership diverges in payload.*; then the adapter failed.*it ended"):
        run(machine_for(Stub(fails)))


def test_pytest_shows_the_fault_of_a_dying_adapter_and_no_more(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        "import sys\n"
        "from telltale_conformance.oracle.adapters import SubprocessAdapter\n"
        "from telltale_conformance.oracle.lanes.machines import machine_for\n"
        "command = f'{sys.executable} -m telltale_conformance.adapters.fault_kit dies'\n"
        "TestMyStore = machine_for(SubprocessAdapter(command))\n"
    )
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E *Unusable: the adapter ended before it answered*"])
    assert "FlakyStrategyDefinition" not in result.stdout.str()


def test_operations_that_are_not_offered_are_not_asked() -> None:
    asked = set()

    def note(request: Request, number: int, answer: Answer) -> Answer:
        asked.add(request.op)
        return answer

    offered = {"open", "claim_ownership", "observe"}
    run(machine_for(Stub(note, ops=offered)))
    assert asked == offered


def test_examples_are_kept_where_they_are_wanted(tmp_path: Path) -> None:
    assert example_database(None) is None
    assert isinstance(example_database(str(tmp_path)), DirectoryBasedExampleDatabase)
    kept = settings_of(max_examples=15, stateful_step_count=20, place=str(tmp_path), derandomize=False)
    with pytest.raises(Disagreement):
        run(machine_for(Stub(forgets_scopes)), kept)
    assert list(tmp_path.iterdir())


def test_redis_without_its_client_is_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "redis", None)
    with pytest.raises(NoExampleDatabase, match="install the package redis"):
        example_database("redis://localhost:6379/0")


def test_profiles_are_ordered() -> None:
    assert PROFILES["pr"].examples < PROFILES["nightly"].examples


def test_successes_outnumber_refusals_and_every_operation_succeeds() -> None:
    said: Counter[tuple[str, bool]] = Counter()

    class Counting(SessionStoreMachine):
        def carry_out(self, name: str, *arguments: Any) -> Outcome | None:
            outcome = super().carry_out(name, *arguments)
            assert outcome is not None
            said[name, outcome.error is None] += 1
            return outcome

    amount = settings_of(shrink=False, max_examples=EXAMPLES, stateful_step_count=STEPS, verbosity=Verbosity.quiet)
    for number in range(SEQUENCES[Effort.default] // EXAMPLES):
        with drawing_by_seed_alone():
            run_state_machine_as_test(seed(number)(Counting), settings=amount)
    changing = {name for name, operation in OPERATIONS.items() if not operation.reads_only}
    succeeded = sum(count for (name, good), count in said.items() if good and name in changing)
    refused = sum(count for (name, good), count in said.items() if not good and name in changing)
    assert succeeded > 3 * refused
    assert {name for name, good in said if good} >= ALL_OPERATIONS
