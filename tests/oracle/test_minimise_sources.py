"""Whatever diverges gets into ``minimise``: recordings, programs, Hypothesis failures, counterexamples."""

from __future__ import annotations

from pathlib import Path

import pytest

from telltale_conformance.generators.hypothesis_profiles import settings_of
from telltale_conformance.generators.programs import generate_program
from telltale_conformance.lean_traces.programs import read_program, write_program
from telltale_conformance.oracle.adapters import SubprocessAdapter
from telltale_conformance.oracle.lanes.machines import Disagreement, machine_for
from tests.installed import run
from tests.oracle.lane_world import PATIENT, served

WRONG_STORE = served("attenuation_keeps_the_generation")
MINIMAL = ["open", "claim_ownership", "attenuate_ownership_scope"]


def minimised(given: Path, *options: str) -> list[str]:
    output = given.with_name("small.jsonl")
    done = run("minimise", given, "-o", output, *options)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1-minimal: " in done.stdout
    return [step.op for step in read_program(output).steps]


def generated(tmp_path: Path) -> Path:
    write_program(tmp_path / "given.jsonl", generate_program(6, 1, steps=80))
    return tmp_path / "given.jsonl"


def test_a_generated_program(tmp_path: Path) -> None:
    assert minimised(generated(tmp_path), "--sut", WRONG_STORE) == MINIMAL


@pytest.mark.parametrize("options", [(), ("--sut", WRONG_STORE)])
def test_a_recorded_trace(options: tuple[str, ...], tmp_path: Path) -> None:
    trace = tmp_path / "t.jsonl"
    assert run("record", "--sut", WRONG_STORE, "--program", generated(tmp_path), "-o", trace).returncode == 0
    assert minimised(trace, *options) == MINIMAL


def test_a_failure_of_the_state_machine(tmp_path: Path) -> None:
    kept = tmp_path / "failing.program.jsonl"
    with SubprocessAdapter(WRONG_STORE, PATIENT) as adapter:
        machine = machine_for(adapter, keep=kept)
        machine.settings = settings_of(max_examples=400, stateful_step_count=20)
        with pytest.raises(Disagreement, match=r"failing\.program\.jsonl, for telltale-conformance minimise"):
            machine("runTest").debug()
    assert minimised(kept, "--sut", WRONG_STORE)[-1] == read_program(kept).steps[-1].op


def test_a_counterexample_of_the_prover(tmp_path: Path) -> None:
    asked = run("prove", "--contract", "telltale-17", "--claim", "K1", "--programs", tmp_path)
    assert asked.returncode == 0, asked.stderr
    (found,) = tmp_path.iterdir()
    assert found.name == "K1.telltale-17.program.jsonl"
    operations = ["open", "claim_ownership", "release_ownership", "claim_ownership"]
    assert minimised(found, "--contract", "hardened") == operations
