"""The rows of the contract that pages show are those of docs/contract.md as it is, for every operation and guard."""

from __future__ import annotations

import re

import pytest

from telltale_conformance.model.contract import CONTRACTS
from telltale_conformance.model.guard_table import GUARDS
from telltale_conformance.model.operations import OPERATIONS
from telltale_conformance.oracle.reports.page.contract_rows import row_of_guard, row_of_operation
from tools.contract_rows import CONTRACT, ROWS, document

TEXT = CONTRACT.read_text(encoding="utf-8")


def test_they_are_what_the_document_says() -> None:
    assert ROWS.read_text(encoding="utf-8") == document(TEXT), "python -m tools.contract_rows writes them anew"


@pytest.mark.parametrize("contract", CONTRACTS)
def test_every_operation_has_its_row_and_an_anchor_that_is_there(contract: str) -> None:
    for name in OPERATIONS:
        row = row_of_operation(name, contract)
        assert row is not None
        assert f'id="{row.anchor}"' in TEXT
        assert name in re.sub(r"<[^>]+>", "", row.text)


def test_the_row_of_hardened_is_shown_under_hardened_alone() -> None:
    for contract in CONTRACTS:
        row = row_of_operation("close", contract), row_of_operation("claim_ownership", contract)
        assert ("G-active" in str(row[1] and row[1].text)) is (contract == "hardened")


def test_every_guard_has_its_row_or_stands_in_those_of_its_operations() -> None:
    for name, guard in GUARDS.items():
        row = row_of_guard(name)
        if row is None:
            assert guard.text is not None or guard.error == "NoBranch"
            assert guard.origin.partition(",")[0].startswith("§")
        else:
            assert f'id="{row.anchor}"' in TEXT


def test_what_is_no_row_of_the_contract_has_none() -> None:
    assert row_of_operation("no_such_operation", "telltale-17") is None
    assert row_of_guard("passes") is None
