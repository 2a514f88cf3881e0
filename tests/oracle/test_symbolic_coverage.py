"""The coverage map is complete and right: every cell reached by the default program, or proved out of reach."""

from __future__ import annotations

from dataclasses import replace

import pytest

from telltale_conformance.generators.claim_programs import coverage_map, coverage_program
from telltale_conformance.lean_traces.programs import without
from telltale_conformance.oracle.symbolic.map import reachable as coverage_gate
from telltale_conformance.oracle.symbolic.map.reachable import (
    Questions,
    cells,
    invariants_hold,
    reached_by_default_program,
    settle,
    unreached,
)
from telltale_conformance.oracle.symbolic.proof.solving import MOST_WORK, Limits
from telltale_conformance.oracle.symbolic.statement import guards
from telltale_conformance.oracle.symbolic.statement.state import Contract
from tools.coverage_map import Index, document, table
from tools.regenerate import DOCS, MAP_BOUNDS

CONTRACTS = [contract.value for contract in Contract]


@pytest.mark.parametrize("contract", CONTRACTS)
def test_every_cell_is_settled(contract: str) -> None:
    index = Index(coverage_map(contract))
    verdicts = {cell: index.verdict(cell) for cell in cells()}
    assert "unsettled" not in verdicts.values()
    assert "not_found" not in verdicts.values()


@pytest.mark.parametrize("contract", CONTRACTS)
def test_the_default_program_reaches_exactly_the_reachable_cells(contract: str) -> None:
    reached = {tuple(cell) for cell in reached_by_default_program(contract)}
    assert reached == {tuple(row) for row in coverage_map(contract)["reached"]}
    assert unreached(contract) == []


def test_a_step_left_out_of_the_default_program_fails_the_gate(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = coverage_program("hardened")
    cut = without(whole, [step.seq for step in whole.steps if step.op == "close"])
    monkeypatch.setattr(coverage_gate, "coverage_program", lambda contract: cut)
    assert ("close", "ok") in {cell[:2] for cell in unreached("hardened")}


@pytest.mark.parametrize("contract", CONTRACTS)
def test_the_invariants_of_the_map_are_inductive(contract: str) -> None:
    assert invariants_hold(Contract(contract), Limits()) is None


@pytest.mark.parametrize("contract", CONTRACTS)
def test_no_state_with_the_invariants_reaches_an_unreachable_cell(contract: str) -> None:
    found = coverage_map(contract)
    for op in sorted({row[0] for row in found["unreachable"]}):
        questions = Questions(Contract(contract), op, Limits())
        for row in found["unreachable"]:
            if row[0] == op:
                assert not questions.possible(tuple(row[1:]), early=False), row
        for row in found["beyond_horizon"]:
            if row[0] == op:
                assert questions.possible(tuple(row[1:]), early=False), row
                assert not questions.possible(tuple(row[1:]), early=True), row


@pytest.mark.parametrize("contract", CONTRACTS)
def test_the_table_in_the_docs_is_the_map(contract: str) -> None:
    assert table(coverage_map(contract)) in (DOCS / "generated" / "coverage.md").read_text(encoding="utf-8")


def test_a_cell_that_a_wrong_rule_opens_is_not_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    right = guards.active
    monkeypatch.setattr(guards, "active", lambda contract, s: replace(right(contract, s), passes=s.exists))
    row = ("ok", "closed")
    assert ["claim_ownership", *row] in coverage_map("hardened")["unreachable"]
    assert Questions(Contract.HARDENED, "claim_ownership", Limits()).possible(row, early=False)


@pytest.mark.nightly
@pytest.mark.parametrize("contract", CONTRACTS)
def test_settling_again_gives_the_map(contract: str) -> None:
    assert document(contract, settle(Contract(contract), Limits(MOST_WORK), MAP_BOUNDS)) == coverage_map(contract)
