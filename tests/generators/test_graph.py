"""The bounded exploration: complete within its bound, symmetric states merged, every edge in a tour."""

from collections import Counter

import pytest

from telltale_conformance.generators.graph import DEFAULT_BOUND, Bound, canonical, explore, key_of_session
from telltale_conformance.generators.graph_labels import ROLES, TYPES, instantiate
from telltale_conformance.generators.tours import tour_program, tours
from telltale_conformance.model.contract import CONTRACTS
from telltale_conformance.model.operations import OPERATIONS, step
from telltale_conformance.model.store import Store
from telltale_conformance.oracle.reference.run import run_on_reference

SMALL = Bound(witnesses=1)


def test_the_default_bound_has_more_than_fifty_thousand_edges() -> None:
    graph = explore(DEFAULT_BOUND)
    assert graph.edges >= 50_000
    assert len(graph.states) == len({state.key for state in graph.states})
    covering = sum(visit.covers for tour in tours(graph) for visit in tour)
    assert covering == graph.edges


def test_states_that_differ_in_names_are_one() -> None:
    keys = []
    for owner in ("a", "b"):
        store = Store()
        for name, arguments in (("open", (["A"], {})), ("claim_ownership", (0, owner, "Session"))):
            step(store, OPERATIONS[name], arguments)
        keys.append(canonical(key_of_session(store.sessions[0]))[0])
    assert keys[0] == keys[1]


@pytest.mark.parametrize("contract", CONTRACTS)
def test_every_step_of_a_tour_can_be_taken(contract: str) -> None:
    for tour in tours(explore(SMALL, contract)):
        run = list(run_on_reference(tour_program(tour, contract)))
        assert all(answer.skipped is None for answer in run)


@pytest.mark.parametrize("contract", CONTRACTS)
def test_tours_go_through_the_states_they_claim(contract: str) -> None:
    graph = explore(SMALL, contract)
    index = {state.key: number for number, state in enumerate(graph.states)}
    seen: Counter[tuple[int, object]] = Counter()
    for tour in tours(graph):
        store = Store(contract)
        step(store, OPERATIONS["open"], (ROLES, TYPES))
        for visit in tour:
            if visit.label is None:
                continue
            before = index[canonical(key_of_session(store.sessions[0]))[0]]
            step(store, OPERATIONS[visit.label[0]], instantiate(visit.label, swapped=visit.swapped))
            if visit.covers:
                seen[before, visit.label] += 1
    every = {(number, label) for number, state in enumerate(graph.states) for label, _ in state.stays}
    every |= {(number, move.label) for number, state in enumerate(graph.states) for move in state.moves}
    assert seen == Counter(dict.fromkeys(every, 1))


def test_the_graph_of_hardened_is_another() -> None:
    assert set(explore(SMALL, "hardened").labelled_edges()) != set(explore(SMALL).labelled_edges())


@pytest.mark.parametrize(("contract", "states", "edges"), [("telltale-17", 1694, 86_424), ("hardened", 223, 15_746)])
def test_how_large_the_graphs_are(contract: str, states: int, edges: int) -> None:
    graph = explore(DEFAULT_BOUND, contract)
    assert (len(graph.states), graph.edges) == (states, edges)


def test_operations_that_are_not_offered_are_left_out() -> None:
    offered = frozenset(OPERATIONS) - {"close", "mark_owner_died"}
    labels = {label[0] for _, label, _, _ in explore(SMALL, offered=offered).labelled_edges()}
    assert labels <= offered
    assert "claim_ownership" in labels
