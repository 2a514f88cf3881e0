"""The seconds given to the minimiser bound all of it: answers that do not come, and the result's confirmation."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from telltale_conformance.lean_traces.programs import write_program
from telltale_conformance.oracle.adapters import Adapter, SubprocessAdapter
from telltale_conformance.oracle.cli.minimise import run
from telltale_conformance.oracle.minimise.explaining import explanation
from telltale_conformance.oracle.minimise.minimiser import Minimised, minimise
from tests.oracle.lane_world import PATIENT, served
from tests.oracle.minimise_world import HANGS, diverging, failing, failure, seen
from tests.oracle.wrong_references import WRONG, WrongReference

NAME = "release ignores a pending transfer"
SECONDS = 4.0


def hanging(folder: Path, last: int) -> str:
    """An adapter that answers nothing after so many resets, however often it is started."""
    return failing(folder, f"n > {last}", served("pending_transfer_does_not_stop_a_release"), HANGS)


def within_the_time(command: str) -> Minimised:
    """Minimise on an adapter that may take longer than the whole search for one answer."""
    with SubprocessAdapter(command, PATIENT) as adapter:
        begun = time.monotonic()
        result = minimise(
            adapter,
            diverging(NAME),
            seconds=SECONDS,
            afresh=lambda left: SubprocessAdapter(command, PATIENT.starting_within(left)),
        )
        assert time.monotonic() - begun < PATIENT.deadline / 2
    return result


def test_an_adapter_that_hangs_takes_no_more_than_the_time_and_the_best_is_kept(tmp_path: Path) -> None:
    result = within_the_time(hanging(tmp_path, 2))
    assert (result.ending, result.confirmed, result.faults, result.died) == ("deadline", False, (), 0)
    assert len(result.program.steps) < len(diverging(NAME).steps)
    assert seen(WrongReference(WRONG[NAME]), result.program).fingerprint == result.fingerprint
    assert "not confirmed on a newly started adapter: the time was over" in explanation(result, None)


def test_where_the_first_run_does_not_end_nothing_is_said_of_the_implementation(tmp_path: Path) -> None:
    result = within_the_time(hanging(tmp_path, 0))
    assert (result.ending, result.fingerprint, result.confirmed) == ("not run", None, None)
    assert result.faults == ()


def test_the_command_says_what_the_time_did_not_suffice_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_program(tmp_path / "given.jsonl", diverging(NAME))
    store, output = hanging(tmp_path, 0), tmp_path / "small.jsonl"
    assert run(tmp_path / "given.jsonl", output=output, sut=store, seconds=0.5, adapter_limits=PATIENT) == 3
    assert "the time was over before the given program was run once" in capsys.readouterr().out
    assert not output.exists()


def test_the_last_runs_of_the_result_are_not_begun_when_the_time_is_over() -> None:
    def afresh(left: float) -> Adapter:
        raise AssertionError("no time is left")

    result = minimise(WrongReference(WRONG[NAME]), diverging(NAME), seconds=0.0, afresh=afresh)
    assert (result.ending, result.confirmed) == ("deadline", False)


def test_a_result_is_confirmed_in_the_time_that_was_kept_for_it() -> None:
    given: list[float] = []

    def afresh(left: float) -> Adapter:
        given.append(left)
        return WrongReference(WRONG[NAME])

    result = minimise(WrongReference(WRONG[NAME]), diverging(NAME), seconds=1000.0, afresh=afresh)
    assert (result.ending, result.confirmed) == ("minimal", True)
    assert 0 < given[0] <= 1000
    assert minimise(WrongReference(WRONG[NAME]), diverging(NAME)).confirmed is None


def test_an_adapter_that_does_not_start_in_time_is_no_fault_of_the_implementation() -> None:
    def afresh(left: float) -> Adapter:
        while time.monotonic() < end:
            pass
        raise failure()

    end = time.monotonic() + 1.5
    result = minimise(WrongReference(WRONG[NAME]), diverging(NAME), seconds=1.0, afresh=afresh)
    assert (result.confirmed, result.faults) == (False, ())
    assert result.ending in ("minimal", "deadline")
