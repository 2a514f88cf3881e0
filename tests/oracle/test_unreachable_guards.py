"""The list of guards that can never fail is right and complete: by z3, with invariants that every operation keeps."""

from __future__ import annotations

import re
from collections.abc import Collection

import pytest
import z3

from telltale_conformance.generators.claim_programs import coverage_map
from telltale_conformance.generators.floor import floor_of
from telltale_conformance.generators.tried import ALL_OPERATIONS
from telltale_conformance.model.guard_table import GUARDS
from telltale_conformance.model.unreachable import NEVER_TOGETHER, UNREACHABLE, Unreachable
from telltale_conformance.oracle.symbolic.map.failing import Failing, failing
from telltale_conformance.oracle.symbolic.map.reachable import Questions, invariants_hold
from telltale_conformance.oracle.symbolic.proof.solving import Limits
from telltale_conformance.oracle.symbolic.statement.operations import OWNERSHIP
from telltale_conformance.oracle.symbolic.statement.state import Contract
from tools.lint.__main__ import ROOT
from tools.lint.statements.rows import DOCUMENT, read_rows

CONTRACTS = [contract.value for contract in Contract]
ROWS = read_rows((ROOT / DOCUMENT).read_text(encoding="utf-8"))
ALL = ALL_OPERATIONS


def row(contract: str, op: str) -> tuple[str, ...]:
    """The guards that an operation has under a contract."""
    return (ROWS.hardened if contract == "hardened" else ROWS.recorded)[op]


def wrong(contract: str, listed: Collection[Unreachable]) -> set[tuple[str, str, Failing]]:
    """The guards of which the list says something else than z3."""
    said = {
        (entry.operation, entry.guard.name): Failing.BEYOND_HORIZON if entry.after_2_64 else Failing.NEVER
        for entry in listed
        if entry.contract == contract
    }
    found = {
        (op, name): answer
        for op in OWNERSHIP
        for name, answer in failing(Contract(contract), op, Limits()).items()
        if name in row(contract, op)
    }
    assert said.keys() <= found.keys()
    return {(*key, answer) for key, answer in found.items() if said.get(key, Failing.POSSIBLE) is not answer}


@pytest.mark.parametrize("contract", CONTRACTS)
def test_the_list_is_what_z3_finds_from_any_state_that_the_invariants_admit(contract: str) -> None:
    assert invariants_hold(Contract(contract), Limits()) is None
    assert wrong(contract, UNREACHABLE) == set()


@pytest.mark.parametrize("entry", UNREACHABLE, ids=lambda e: f"{e.contract} {e.operation} {e.guard.name}")
def test_an_entry_left_out_is_noticed(entry: Unreachable) -> None:
    answer = Failing.BEYOND_HORIZON if entry.after_2_64 else Failing.NEVER
    rest = [other for other in UNREACHABLE if other is not entry]
    assert wrong(entry.contract, rest) == {(entry.operation, entry.guard.name, answer)}


def test_an_entry_that_can_fail_is_noticed() -> None:
    added = Unreachable("hardened", "release_ownership", GUARDS["G-live"], "a mistake")
    assert wrong("hardened", [*UNREACHABLE, added]) == {("release_ownership", "G-live", Failing.POSSIBLE)}


def both_fail(contract: str, op: str, first: str, second: str) -> bool:
    """Whether some state and arguments let two guards fail together."""
    questions = Questions(Contract(contract), op, Limits())
    passes = {guard.name: guard.passes for _, guard in questions.step.failures}
    return questions.possible_that(z3.And(z3.Not(passes[first]), z3.Not(passes[second])), early=False)


def test_guards_that_never_fail_together() -> None:
    for contract, pairs in NEVER_TOGETHER.items():
        for first, second in pairs:
            for op in OWNERSHIP:
                assert not both_fail(contract, op, first.name, second.name)
    assert both_fail("hardened", "release_ownership", "G-live", "G-idle")


@pytest.mark.parametrize("contract", CONTRACTS)
def test_no_floor_and_no_cell_asks_for_an_error_that_only_such_guards_give(contract: str) -> None:
    """And the cells reached have every other error of every row."""
    asked = {(cell.operation.split("/")[0], cell.outcome) for cell in floor_of(contract, ALL)}
    reached = {(cell[0], cell[1]) for cell in coverage_map(contract)["reached"]}
    never = {(entry.operation, entry.guard.name) for entry in UNREACHABLE if entry.contract == contract}
    for op in OWNERSHIP:
        possible = {GUARDS[name].error for name in row(contract, op) if (op, name) not in never}
        impossible = {GUARDS[name].error for name in row(contract, op)} - possible
        for error in impossible:
            assert not {pair for pair in asked | reached if pair[0] == op and pair[1].startswith(error)}
        assert {(op, error) for error in possible} <= reached


def test_the_document_lists_them() -> None:
    text = (ROOT / DOCUMENT).read_text(encoding="utf-8")
    listed = re.sub(r'<a id="[\w-]+"></a>', "", text[text.index("### Guards that cannot fail") :])
    rows = [
        f"| `{entry.contract}` | `{entry.operation}` | {entry.guard.name} | {entry.why}"
        f"{' (only after some 2^64 operations)' if entry.after_2_64 else ''} |"
        for entry in UNREACHABLE
    ]
    assert "\n".join(rows) in listed
    assert all(f"{a.name} and {b.name}" in listed for pairs in NEVER_TOGETHER.values() for a, b in pairs)
