"""The symbolic rules and the reference make the same step: outcome, error and fields, log records, state after."""

from __future__ import annotations

from collections import Counter

import pytest

from telltale_conformance.model.contract import Contract as ModelContract
from telltale_conformance.oracle.symbolic.agreement.agreement import admits_only
from telltale_conformance.oracle.symbolic.map.explore import Bounds
from telltale_conformance.oracle.symbolic.statement.operations import OPERATIONS
from tests.oracle.agreeing import CONTRACTS, on_every_situation, on_graph, on_parts
from tests.oracle.situations import every_situation, some_situations
from tools.lint.__main__ import ROOT

SITUATIONS = {"telltale-17": 4802, "hardened": 6466}
"""How many combinations of answers there are: each is compared, with what no rule asks for drawn."""
WITH_KINDS = {"telltale-17": 33582, "hardened": 41198}
"""How many with every kind of an answer: terminal reasons, statuses, fields that differ."""


@pytest.mark.parametrize("contract", CONTRACTS)
def test_every_situation_that_the_rules_tell_apart(contract: str) -> None:
    seen, found = on_every_situation(contract, seed=1)
    assert found is None
    assert seen.keys() == OPERATIONS.keys()
    assert seen.total() == SITUATIONS[contract]


@pytest.mark.nightly
@pytest.mark.parametrize("contract", CONTRACTS)
@pytest.mark.parametrize("seed", range(2, 5))
def test_every_situation_with_every_kind_of_an_answer(contract: str, seed: int) -> None:
    seen, found = on_every_situation(contract, seed, kinds=True)
    assert found is None
    assert seen.total() == WITH_KINDS[contract]


def test_the_documented_counts_are_these() -> None:
    text = (ROOT / "docs" / "claims.md").read_text(encoding="utf-8")
    for count in (*SITUATIONS.values(), *WITH_KINDS.values()):
        assert f"{count:,}" in text


UNREACHABLE = {
    "pending without an owner": lambda s: s.pending is not None and s.current is None,
    "terminal with an owner": lambda s: s.terminal is not None and s.current is not None,
    "terminal and Active": lambda s: s.terminal is not None and s.status == "Active",
    "Cancelled without a reason": lambda s: s.status == "Cancelled" and s.terminal is None,
    "pending at the end of the generations": lambda s: s.pending is not None and s.next_generation > 2**64 - 1,
    "a pending receipt of somebody else": lambda s: (
        s.pending is not None and s.current is not None and s.pending["from_owner_id"] != s.current["owner_id"]
    ),
    "an owner whose generation is not the one before the next": lambda s: (
        s.current is not None and s.next_generation != s.current["generation"] + 1
    ),
    "closed with an owner": lambda s: s.status == "Closed" and s.current is not None,
    "a witness of another session": lambda s: any(w["session_id"] != s.sid for w in s.issued.values()),
    "a counter that has not begun": lambda s: s.next_claim_id == 0,
    "closed and terminal": lambda s: s.status == "Closed" and s.terminal is not None,
}


def test_states_that_no_operation_leads_to_are_among_them() -> None:
    met: Counter[str] = Counter()
    for op in OPERATIONS:
        for situation in every_situation("hardened", op, seed=1):
            met.update(name for name, holds in UNREACHABLE.items() if holds(situation.state))
    assert met.keys() == UNREACHABLE.keys()
    assert min(met.values()) > 50, met


def test_a_statement_that_differs_in_unreachable_states_only_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pending at the end of the counter; and a receipt that names another generation than the next one."""
    with monkeypatch.context() as patch:
        patch.setattr(ModelContract, "committed_generation", lambda self, following, promised: promised)
        _, found = on_every_situation("hardened", seed=1, ops=["commit_ownership_transfer"])
        assert found is not None
    with monkeypatch.context() as patch:
        right = ModelContract.closed_status
        patch.setattr(
            ModelContract, "closed_status", lambda self, status: status if status == "Active" else right(self, status)
        )
        _, found = on_every_situation("hardened", seed=1, ops=["close"])
        assert found is not None


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


@pytest.mark.parametrize("contract", CONTRACTS)
def test_a_solver_finds_no_other_state_after(contract: str) -> None:
    for op in OPERATIONS:
        for situation in some_situations(contract, op, seed=11, number=6):
            assert admits_only(contract, situation.state, op, situation.args), (op, situation.state)


def test_buffers_and_session_ids() -> None:
    assert on_parts(seed=5, rounds=60) is None
