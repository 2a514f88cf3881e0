"""The comparison of the symbolic rules with the reference that tests share, up to the first difference."""

from __future__ import annotations

from random import Random

from telltale_conformance.oracle.symbolic.agreement.agreement import Difference, Prepared, difference
from telltale_conformance.oracle.symbolic.agreement.parts import buffer_difference, ids_difference
from telltale_conformance.oracle.symbolic.map.explore import Bounds, random_args, random_state, small_world
from telltale_conformance.oracle.symbolic.statement.operations import OPERATIONS

CONTRACTS = ("telltale-17", "hardened")


def on_random_states(contract: str, seed: int, states: int) -> Difference | None:
    """Every operation in so many random states."""
    rng = Random(seed)
    for _ in range(states):
        state = random_state(rng, contract)
        prepared = Prepared(contract, state)
        for op in OPERATIONS:
            for _ in range(2):
                found = difference(prepared, op, random_args(rng, op, state))
                if found is not None:
                    return found
    return None


def on_graph(contract: str, bounds: Bounds) -> tuple[int, Difference | None]:
    """Every edge of the small world; how many there were."""
    edges, prepared = 0, None
    for edge in small_world(contract, bounds):
        edges += 1
        if prepared is None or prepared.state is not edge.state:
            prepared = Prepared(contract, edge.state)
        found = difference(prepared, edge.op, edge.args)
        if found is not None:
            return edges, found
    return edges, None


def on_parts(seed: int, rounds: int) -> str | None:
    """Buffers and session ids."""
    rng = Random(seed)
    for contract in CONTRACTS:
        for _ in range(rounds):
            found = buffer_difference(contract, rng) or ids_difference(contract, rng)
            if found is not None:
                return found
    return None
