"""Lane ``concurrent`` on adapters in processes of their own: clients of one, and one process for each."""

from __future__ import annotations

import shlex
import sys

import pytest

from telltale_conformance.oracle.adapters import AdapterLimits
from telltale_conformance.oracle.adapters.fault_kit import RACING
from telltale_conformance.oracle.cli.check import run
from telltale_conformance.oracle.gate import Check, gate_code
from telltale_conformance.oracle.lanes import concurrent
from telltale_conformance.oracle.lanes.effort import Effort
from telltale_conformance.oracle.lanes.subject import Settings, Subject
from telltale_conformance.oracle.verdict.evidence import Evidence, Items, Tally
from telltale_conformance.oracle.verdict.results import LaneResult
from tests.oracle.adapter_world import conclude, kit
from tests.oracle.report_world import HELLO

PYTHON = shlex.quote(sys.executable)
REFERENCE = f"{PYTHON} -m telltale_conformance.adapters.reference"
QUICK = Settings(effort=Effort.quick, seed=1)


def way(name: str, settings: Settings = QUICK, **limits: float) -> LaneResult:
    command = f"{PYTHON} -m tests.concurrent_stores.serve {shlex.quote(name)}"
    return concurrent.run(Subject(command=command, limits=AdapterLimits(**limits)), settings)


@pytest.mark.parametrize("contract", ["telltale-17", "hardened"])
def test_the_reference_agrees(contract: str) -> None:
    result = concurrent.run(Subject(command=f"{REFERENCE} --contract {contract}", contract=contract), QUICK)
    assert result.verdict == "agree"
    answers, pairs = result.evidence.further
    assert (answers.kind, pairs.kind) == ("answers", "race pairs")
    assert answers.planned > 0
    assert not answers.missing
    assert not pairs.missing


def test_answers_may_come_in_any_order() -> None:
    assert way("backwards").verdict == "agree"


def test_an_adapter_with_one_client_is_not_run_and_that_is_said() -> None:
    result = way("one client")
    assert result.verdict == "not run"
    assert result.why_not_run == concurrent.NO_CLIENTS
    assert not result.open


def test_one_client_is_no_ground_for_inconclusive() -> None:
    judged = LaneResult(lane="claims", evidence=Evidence(Items("claims", 1, 1)), tally=Tally(judged=1))
    subject = Subject(command="x")
    check = Check(subject=subject, hello=HELLO, settings=Settings(), results=(judged, way("one client")))
    assert gate_code(check, None) == 0


@pytest.mark.parametrize(
    ("name", "code"), [("silent", "deadline"), ("twice", "two-answers"), ("unknown client", "wrong-id")]
)
def test_a_fault_of_the_adapter_is_no_verdict(name: str, code: str) -> None:
    result = way(name, deadline=1.0, restarts=0)
    assert result.verdict == "inconclusive"
    assert result.tally.faults == 1
    assert f"[{code}]" in result.notes[0]


@pytest.mark.parametrize("name", RACING)
def test_the_racing_ones_of_the_fault_kit_end_as_its_table_says(name: str) -> None:
    command = shlex.join(kit(name))
    result = concurrent.run(Subject(command=command, limits=AdapterLimits(deadline=0.5, restarts=0)), QUICK)
    if (wanted := RACING[name].ends_as) in ("agree", "diverge"):
        assert result.verdict == wanted
    else:
        assert result.verdict == "inconclusive"
        assert f"[{wanted}]" in result.notes[0]
    assert conclude(kit(name))[0] == "agree"  # while one client asks, nothing goes wrong


def test_a_panic_diverges() -> None:
    result = way("panics")
    assert result.verdict == "diverge"
    assert {found.kind for found in result.divergences} == {"panic"}


def test_what_is_answered_as_unsupported_is_not_covered() -> None:
    result = way("unsupported")
    assert result.verdict == "inconclusive"
    assert result.unsupported == {"recv"}
    assert "recv is answered as unsupported" in result.evidence.cases.missing_ones


def test_clients_that_share_nothing_are_refused() -> None:
    result = concurrent.run(Subject(clients=REFERENCE), QUICK)
    assert result.verdict == "diverge"


def test_clients_alone_are_for_this_lane(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(sut_clients=REFERENCE, lanes=["claims"]) == 2
    assert "--sut-clients alone is for lane concurrent" in capsys.readouterr().err
