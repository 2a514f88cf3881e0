"""The minimiser asks the implementation a fifth as often as plain delta debugging, and ends no longer."""

from __future__ import annotations

import pytest

from telltale_conformance.oracle.minimise.lifting import lift
from tests.benchmarks.bench_minimise import by_picire, ours, recorded

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
