"""Lane ``guided``: the right store agrees, rare wrong ones are refused soon, the same for any number of workers."""

import pytest

from telltale_conformance.generators.guided_programs import guided_case
from telltale_conformance.generators.reached import played
from telltale_conformance.oracle.lanes import guided
from telltale_conformance.oracle.lanes.effort import Effort
from telltale_conformance.oracle.lanes.subject import Settings, Subject
from telltale_conformance.oracle.reference.run import run_on_reference
from tests.oracle.lane_world import same, subject
from tests.wrong_stores.beside import WrongAdapter, WrongStore, told_after
from tests.wrong_stores.rare import RARE

CONTRACTS = ("telltale-17", "hardened")
SOON = 10_000
"""By so many answers every rare wrong store differs, with most of the seeds that are tried."""
SEEDS = (1406, 1407, 1408)


def answers_until(name: str, seed: int) -> int | None:
    """Return after how many answers a wrong store differs, with a seed; None after ``SOON``."""
    count = index = 0
    while count < SOON:
        steps = list(played(guided_case(seed, index, "telltale-17"), "telltale-17"))
        told = told_after(WrongStore(RARE[name]), steps)
        if told is not None:
            return count + told
        count += len(steps)
        index += 1
    return None


@pytest.mark.parametrize("name", RARE)
def test_a_store_that_is_wrong_in_rare_orders_differs_soon(name: str) -> None:
    """With two of three seeds: one seed alone says little of a rare store."""
    in_vain = 0
    for place, seed in enumerate(SEEDS):
        in_vain += answers_until(name, seed) is None
        if place - in_vain == 1:
            return  # it differed with two
    pytest.fail(f"it did not differ with {in_vain} of {len(SEEDS)} seeds")


@pytest.mark.parametrize("contract", CONTRACTS)
def test_the_right_store_agrees(contract: str) -> None:
    result = guided.run(Subject(contract=contract), Settings(seed=4, cases=40))
    assert result.verdict == "agree"
    assert result.evidence.cases.shown == 40
    assert result.tally.judged > 6_000


def test_a_wrong_store_is_refused_alike_for_any_number_of_workers() -> None:
    wrong = subject("begin_does_not_count_claims")
    one = guided.run(wrong, Settings(seed=4, cases=60))
    assert one.verdict == "diverge"
    assert same(one) == same(guided.run(wrong, Settings(seed=4, cases=60, workers=2)))


def test_a_divergence_can_be_run_again(monkeypatch: pytest.MonkeyPatch) -> None:
    fault = RARE["death is taken from the receiver"]
    monkeypatch.setattr(Subject, "start", lambda self: WrongAdapter(fault))
    result = guided.run(Subject(), Settings(effort=Effort.quick))
    assert result.verdict == "diverge"
    first = result.divergences[0]
    assert first.program is not None
    last = list(run_on_reference(first.program))[-1]
    assert (last.step.seq, last.args) == (first.seq, first.args)


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("contract", CONTRACTS)
def test_the_right_store_agrees_with_every_seed(seed: int, contract: str) -> None:
    assert guided.run(Subject(contract=contract), Settings(seed=seed)).verdict == "agree"
