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


def test_an_adapter_that_fails_is_an_error_of_its_own() -> None:
    def fails(request: Request, number: int, answer: Answer) -> Answer:
        raise Exited("it ended")

    with pytest.raises(Unusable):
        run(machine_for(Stub(fails)))


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
