"""Stores with one wrong rule each, behind real processes: the default check refuses every one of them.

A check stops nowhere before its lanes have run, so what one of its lanes refuses it refuses. The default suite asks the
lane of programs, which is the first to see most of them; ``nightly`` runs the whole check as a command.
"""

import subprocess
import sys

import pytest

from telltale_conformance.generators.tried import ALL_OPERATIONS
from telltale_conformance.oracle.cli.check import run_lane
from telltale_conformance.oracle.lanes import programs
from telltale_conformance.oracle.lanes.subject import Settings
from telltale_conformance.oracle.verdict.exit_codes import AGREE, DIVERGE
from tests.oracle.lane_world import ROOT, served, subject
from tests.wrong_stores.rules import RULES

LANES = "corpus,programs,stateful,graph"


def command(name: str, *options: str) -> subprocess.CompletedProcess[str]:
    code = "import sys; from telltale_conformance.oracle.cli.app import main; sys.exit(main())"
    words = [sys.executable, "-c", code, "check", "--sut", served(name), *options]
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)


def test_there_are_at_least_thirty_and_the_right_one_is_none_of_them() -> None:
    assert len(RULES) >= 30
    assert "correct" not in RULES


@pytest.mark.parametrize("name", RULES)
def test_a_wrong_store_is_refused(name: str) -> None:
    result = programs.run(subject(name), Settings(seed=11, divergences=1))
    assert result.verdict == "diverge", f"{name}: {result.notes}"
    first = result.divergences[0]
    assert first.expected != first.actual
    assert first.program is not None


def test_the_right_store_is_not_refused() -> None:
    """The check that README shows has all lanes and the floor (``tests/test_docs.py``)."""
    result = programs.run(subject("correct"), Settings(seed=101, cases=40))
    assert result.divergences == ()
    assert result.tally.judged > 4000


@pytest.mark.nightly
@pytest.mark.parametrize("seed", [101, 102])
def test_the_right_store_passes(seed: int) -> None:
    result = run_lane("programs", subject("correct"), Settings(seed=seed))
    assert result.verdict == "agree", result
    (floor,) = result.evidence.further
    assert (floor.kind, floor.missing) == ("cells of the floor", 0)
    assert floor.planned > 250
    assert {cell.operation.split("/")[0] for cell in result.coverage} >= ALL_OPERATIONS


@pytest.mark.nightly
@pytest.mark.parametrize("name", RULES)
def test_the_command_refuses_a_wrong_store(name: str) -> None:
    done = command(name, "--workers", "2", "--seed", "12", "--lanes", LANES)
    assert done.returncode == DIVERGE, done.stdout + done.stderr


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(20))
def test_the_command_passes_the_right_store(seed: int) -> None:
    done = command("correct", "--workers", "2", "--seed", str(seed), "--lanes", LANES)
    assert done.returncode == AGREE, done.stdout + done.stderr
