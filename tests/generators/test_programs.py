"""Seeded programs: the same wherever they are made, meaningful, over everything."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from telltale_conformance.generators.floor import floor_of
from telltale_conformance.generators.profiles import PROFILES
from telltale_conformance.generators.programs import Generator, generate_program
from telltale_conformance.generators.tried import ALL_OPERATIONS
from telltale_conformance.lean_traces.printing import encode_answer, encode_as_written
from telltale_conformance.lean_traces.programs import read_program, write_program
from telltale_conformance.model.contract import CONTRACTS
from telltale_conformance.oracle.reference.run import run_on_reference

ROOT = Path(__file__).parents[2]


def digest(seed: int, index: int) -> str:
    lines = (
        step.operation.name.encode() + step.args + encode_answer(step.outcome, audited=True)
        for step in Generator(seed, index).steps()
    )
    return hashlib.sha256(b"\n".join(lines)).hexdigest()


def test_a_program_is_the_same_in_any_process() -> None:
    code = "from tests.generators.test_programs import digest; print(*(digest(7, index) for index in range(20)))"
    outputs = [
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()
        for hash_seed in ("1", "2")
    ]
    assert outputs[0] == outputs[1] == [digest(7, index) for index in range(20)]
    assert len(set(outputs[0])) == 20
    assert digest(8, 0) != outputs[0][0]


@pytest.mark.parametrize("contract", CONTRACTS)
def test_references_give_what_was_generated(contract: str) -> None:
    for index in range(len(PROFILES) * 2):
        steps = list(Generator(3, index, contract=contract).steps())
        run = list(run_on_reference(generate_program(3, index, contract=contract)))
        assert [answer.skipped for answer in run] == [None] * len(steps)
        for step, answer in zip(steps, run, strict=True):
            assert answer.outcome is not None
            assert encode_answer(answer.outcome, audited=True) == encode_answer(step.outcome, audited=True)
            assert encode_as_written(answer.args) == step.args


def test_a_program_survives_its_file(tmp_path: Path) -> None:
    program = generate_program(1, 4)
    write_program(tmp_path / "program.jsonl", program)
    assert read_program(tmp_path / "program.jsonl") == program


def test_only_offered_operations_are_used() -> None:
    offered = frozenset({"open", "claim_ownership", "observe", "current_ownership"})
    used = {step.operation.name for index in range(20) for step in Generator(0, index, offered=offered).steps()}
    assert used == offered
    assert list(Generator(0, 0, offered=frozenset()).steps()) == []


def test_every_operation_is_used_under_some_profile() -> None:
    used = {step.operation.name for index in range(60) for step in Generator(5, index).steps()}
    assert used == ALL_OPERATIONS


def test_swarm_leaves_different_operations_out() -> None:
    mixed = [frozenset(Generator(0, index)._selection.names) for index in range(0, 100, len(PROFILES))]
    assert len(set(mixed)) == len(mixed)


@pytest.mark.parametrize("contract", CONTRACTS)
def test_the_floor_names_every_operation(contract: str) -> None:
    floor = floor_of(contract, ALL_OPERATIONS)
    assert {cell.operation.split("/")[0] for cell in floor} == ALL_OPERATIONS
    assert len(floor) > 250
    assert not {cell for cell in floor_of(contract, ALL_OPERATIONS - {"claim_ownership"}) if cell.phase == "claimed"}


@pytest.mark.nightly
@pytest.mark.parametrize("contract", CONTRACTS)
@pytest.mark.parametrize("seed", range(20))
def test_any_seed_reaches_the_floor(seed: int, contract: str) -> None:
    cells = {step.cell for index in range(600) for step in Generator(seed, index, contract=contract).steps()}
    assert floor_of(contract, ALL_OPERATIONS) <= cells
