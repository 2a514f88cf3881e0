"""The symbolic rules and the reference make the same step: outcome, error and fields, log records, state after."""

from __future__ import annotations

from random import Random

import pytest

from telltale_conformance.oracle.symbolic.agreement.agreement import admits_only
from telltale_conformance.oracle.symbolic.map.explore import Bounds, random_args, random_state
from telltale_conformance.oracle.symbolic.statement.operations import OPERATIONS
from tests.oracle.agreeing import CONTRACTS, on_graph, on_parts, on_random_states


@pytest.mark.parametrize("contract", CONTRACTS)
@pytest.mark.parametrize("seed", range(2))
def test_random_states_and_operations(contract: str, seed: int) -> None:
    assert on_random_states(contract, seed, states=60) is None


@pytest.mark.parametrize(
    ("contract", "bounds", "edges"),
    [
        ("telltale-17", Bounds(generation=1, claims=2, witnesses=2, depth=2), 3330),
        ("hardened", Bounds(generation=1, claims=2, witnesses=2, depth=2), 2382),
    ],
)
def test_every_edge_of_the_small_world(contract: str, bounds: Bounds, edges: int) -> None:
    seen, found = on_graph(contract, bounds)
    assert found is None
    assert seen == edges


@pytest.mark.nightly
@pytest.mark.parametrize("contract", CONTRACTS)
def test_every_edge_of_a_larger_world(contract: str) -> None:
    seen, found = on_graph(contract, Bounds(generation=2, claims=3, witnesses=3, depth=4))
    assert found is None
    assert seen > 20_000


@pytest.mark.nightly
@pytest.mark.parametrize("contract", CONTRACTS)
@pytest.mark.parametrize("seed", range(2, 10))
def test_many_random_states(contract: str, seed: int) -> None:
    assert on_random_states(contract, seed, states=500) is None


@pytest.mark.parametrize("contract", CONTRACTS)
def test_a_solver_finds_no_other_state_after(contract: str) -> None:
    rng = Random(11)
    for _ in range(6):
        state = random_state(rng, contract)
        for op in OPERATIONS:
            assert admits_only(contract, state, op, random_args(rng, op, state)), (op, state)


def test_buffers_and_session_ids() -> None:
    assert on_parts(seed=5, rounds=60) is None
