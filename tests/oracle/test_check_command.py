"""The command ``check``: what it prints, and its exit codes."""

import json
import sys
from pathlib import Path

import pytest

from telltale_conformance.model.contract import CONTRACTS
from telltale_conformance.oracle.adapters.reference import reference_hello
from telltale_conformance.oracle.cli import check as check_command
from telltale_conformance.oracle.gate import Check, Gate
from telltale_conformance.oracle.lanes.effort import Effort
from telltale_conformance.oracle.lanes.subject import Settings, Subject
from telltale_conformance.oracle.lanes.table import LANES, Lane
from telltale_conformance.oracle.verdict.exit_codes import AGREE, DIVERGE, INCONCLUSIVE, USAGE
from telltale_conformance.oracle.verdict.results import LaneResult
from tests.oracle.lane_world import PATIENT, served
from tests.oracle.report_world import accepted, lane

QUICK = {"lanes": ["corpus", "graph"], "effort": Effort.quick}


def test_a_newcomer_sees_the_reference_agree(capsys: pytest.CaptureFixture[str]) -> None:
    assert check_command.run(**QUICK) == AGREE
    output = capsys.readouterr().out
    assert "corpus     agree" in output
    assert "graph      agree" in output
    assert "exit code 0" in output


REFERENCE = f"{sys.executable} -m telltale_conformance.adapters.reference"


OWN = "no implementation judged: by its name this is the built-in reference"


@pytest.mark.parametrize("sut", [None, REFERENCE])
def test_the_reference_in_the_place_of_an_implementation_is_named(
    sut: str | None, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """The command of an example stays in a workflow, and the gate is green for good."""
    gate = Gate(report=tmp_path / "r")
    assert check_command.run(sut=sut, lanes=["fixed"], only="lifecycle_state", limits=PATIENT, gate=gate) == AGREE
    words = json.loads((tmp_path / "r" / "report.json").read_text())["not_covered"]["words"]
    assert OWN in capsys.readouterr().out.splitlines()[-1]
    assert OWN in words
    assert "Name your adapter with --sut" in (tmp_path / "r" / "summary.md").read_text()


def test_what_diverges_is_not_the_reference_whatever_its_name() -> None:
    hello = reference_hello(CONTRACTS["telltale-17"])
    for divergences, named in (((), True), ((accepted(),), False)):
        check = Check(
            subject=Subject(command="x"), hello=hello, settings=Settings(), results=(lane("programs", *divergences),)
        )
        assert (OWN in Gate().assembled(check, (), None).not_covered.not_compared) == named


def test_json_is_one_object_per_lane_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    check_command.run(**QUICK, as_json=True)
    lanes = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [lane["lane"] for lane in lanes] == ["corpus", "graph"]
    assert all(lane["judged"] > 0 for lane in lanes)


def test_a_divergence_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    code = check_command.run(sut=served("generation_is_not_compared"), lanes=["programs"], seed=5, limits=PATIENT)
    output = capsys.readouterr().out
    assert code == DIVERGE
    assert output.index("\nnew ") < output.index("\nlane ") < output.index("\nall claims and the coverage: ")
    assert "StaleCapability" in output
    assert "exit code 1" in output


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"lanes": ["nonsense"]}, "unknown lane"),
        ({"time_limit": 0.0}, "time limit"),
        ({"cases": 5}, "name that lane with --lanes"),
        ({"cases": 5, "lanes": ["programs", "stateful"]}, "one of programs, guided, stateful"),
        ({"cases": 5, "lanes": ["graph"]}, "one of programs, guided, stateful"),
        ({"cases": 0, "lanes": ["programs"]}, "at least 1"),
        ({"workers": 0}, "workers"),
        ({"sut": "'"}, ""),
    ],
)
def test_what_makes_no_sense_is_a_usage_error(
    options: dict[str, object], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check_command.run(**options) == USAGE
    assert words in capsys.readouterr().err


@pytest.mark.parametrize("sut", ["false", "/no/such/adapter", f"{sys.executable} -c print(1)"])
def test_an_adapter_that_does_not_speak_is_inconclusive(sut: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert check_command.run(sut=sut) == INCONCLUSIVE
    assert "inconclusive" in capsys.readouterr().err


def test_a_floor_that_is_not_reached_is_inconclusive(capsys: pytest.CaptureFixture[str]) -> None:
    assert check_command.run(lanes=["programs"], cases=20) == INCONCLUSIVE
    assert "cells of the floor not shown" in capsys.readouterr().out


def test_the_self_test_alone_judges_nothing() -> None:
    assert check_command.run(lanes=["near-miss"]) == INCONCLUSIVE


def test_a_fault_of_the_harness_is_inconclusive(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(subject: Subject, settings: Settings) -> LaneResult:
        raise ZeroDivisionError("a mistake")

    monkeypatch.setattr(check_command, "LANES", {**LANES, "programs": Lane(broken, {})})
    result = check_command.run_lane("programs", Subject(), Settings())
    assert result.verdict == "inconclusive"
    assert "ZeroDivisionError: a mistake" in result.notes[0]


def test_every_lane_says_how_long_it_usually_takes() -> None:
    for one in LANES.values():
        assert one.usual.keys() == set(Effort)
        assert all(seconds > 0 for seconds in one.usual.values())
