"""The second store, written from the text of the contract alone, agrees with the gate: the text says enough."""

import subprocess
import sys

import pytest

from telltale_conformance.oracle.cli.check import run_lane
from telltale_conformance.oracle.lanes import corpus
from telltale_conformance.oracle.lanes.subject import Settings
from telltale_conformance.oracle.verdict.exit_codes import AGREE
from tests.oracle.lane_world import ROOT
from tests.second_store.in_process import InThisProcess
from tests.wrong_stores.tellers import Told

CONTRACTS = ("telltale-17", "hardened")
CORPUS = corpus.corpus_files()


@pytest.mark.parametrize("contract", CONTRACTS)
@pytest.mark.parametrize("lane", ["fixed", "programs", "corpus"])
def test_it_agrees_in_this_process(lane: str, contract: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every third trace of the corpus; ``test_its_adapter_agrees_at_default_effort`` has them all."""
    cases = 120 if lane == "programs" else None
    monkeypatch.setattr(corpus, "corpus_files", lambda: CORPUS[::3])
    subject = Told(command="in this process", contract=contract, make=lambda: InThisProcess(contract))
    result = run_lane(lane, subject, Settings(seed=7, cases=cases))
    assert result.divergences == ()
    assert result.tally.judged > 10_000


@pytest.mark.nightly
@pytest.mark.parametrize("contract", CONTRACTS)
@pytest.mark.parametrize("seed", [1, 2])
def test_its_adapter_agrees_at_default_effort(contract: str, seed: int) -> None:
    served = f"{sys.executable} -m tests.second_store {contract}"
    code = "import sys; from telltale_conformance.oracle.cli.app import main; sys.exit(main())"
    words = [sys.executable, "-c", code, "check", "--sut", served, "--seed", str(seed), "--workers", "2"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == AGREE, done.stdout + done.stderr
