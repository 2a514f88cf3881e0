"""The minimiser asks the implementation a fifth as often as plain delta debugging, and ends no longer."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

import pytest

from telltale_conformance.oracle.minimise.lifting import lift
from tests.benchmarks.bench_minimise import by_picire, ours, recorded
from tests.oracle.minimise_world import diverging
from tests.oracle.wrong_references import WRONG

EVENTS = 1000
"""The length for which ``docs/minimise.md`` states the target; shorter traces leave delta debugging less to do."""


@pytest.mark.parametrize("name", ["reap takes one", "recv gives the newest", "advance goes back"])
def test_a_fifth_of_the_runs_where_the_contract_says_little(name: str) -> None:
    events = recorded(name, EVENTS)
    assert events is not None
    program = lift(events, "telltale-17", {})
    came, other = ours(name, program), by_picire(name, program)
    assert came.steps <= other.steps
    assert came.runs <= other.runs / 5, (came, other)


SEED = 101
"""Of the programs of this seed the minimiser needed 0.165 of the runs of delta debugging in the median."""
HARDEST = [
    ("recv gives the newest", 307),
    ("send drops the third message", 307),
    ("begin refuses the third generation", 302),
    ("begin refuses the third generation", 936),
    ("advance goes back", 934),
    ("release keeps the owner", 945),
]
"""Stores and seeds whose programs needed more than half as many runs."""
LONGER = [("advance goes back", 931), ("advance goes back", 936)]
"""Stores and seeds whose programs once ended longer: names were made alike, so a step more was thought to be needed."""
FEWEST = 6
"""So many runs it takes where two numbers must be tried: the program, a slice, the two, what is left, and it again."""


def against_picire(names: Sequence[str], seed: int) -> list[float]:
    """How many of picire's runs the minimiser needs on a lane's failing program; it must not end longer."""
    ratios = []
    for name in names:
        given = diverging(name, seed=seed)
        came, other = ours(name, given), by_picire(name, given)
        assert came.steps <= other.steps, (name, came, other)
        assert came.runs <= max(other.runs / 2, FEWEST), (name, came, other)
        ratios.append(came.runs / other.runs)
    return ratios


def test_short_programs_need_few_of_the_runs_of_delta_debugging() -> None:
    assert median(against_picire([*WRONG][::4], SEED)) <= 0.15


@pytest.mark.parametrize(("name", "seed"), [*HARDEST, *LONGER])
def test_never_more_than_half_of_them_and_never_longer(name: str, seed: int) -> None:
    against_picire([name], seed)


@pytest.mark.nightly
@pytest.mark.parametrize("seed", [401, 402, 403])
def test_so_do_those_of_all_stores_and_other_seeds(seed: int) -> None:
    assert median(against_picire([*WRONG], seed)) <= 0.15
