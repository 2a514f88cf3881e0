"""A store that loses another guard has another fingerprint, also where the two guards answer with one error."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from telltale_conformance.lean_traces.json_values import Difference
from telltale_conformance.lean_traces.printing import encode
from telltale_conformance.model.contract import HARDENED, TELLTALE_17, Contract
from telltale_conformance.model.guard_table import GUARDS
from telltale_conformance.model.operations import OPERATIONS, Outcome, step
from telltale_conformance.model.store import Store
from telltale_conformance.oracle.verdict.baseline import read_baseline
from telltale_conformance.oracle.verdict.compare import Divergence
from telltale_conformance.oracle.verdict.fingerprints import Fingerprint, fingerprint
from tests.model.guard_world import ERRORS, NAMES, ROWS, row, situation
from tests.model.store_world import TOP, opened

ROOT = Path(__file__).parents[2]


def named(guard: str) -> str:
    return NAMES.get(guard, f"G-{guard}")


def sharing(contract: Contract) -> list[Any]:
    """The pairs of guards of one row that answer with one error variant."""
    return [
        pytest.param(contract, operation, one, other, id=f"{contract.name}-{operation}-{one}-{other}")
        for operation in ROWS
        for one, other in combinations(row(operation, contract), 2)
        if GUARDS[named(one)].error == GUARDS[named(other)].error
    ]


def accepted(operation: str, outcome: Outcome) -> Fingerprint:
    """The class of a store that answers ok where the contract answers so."""
    assert outcome.error is not None
    expected = {"err": json.loads(encode(outcome.error.to_json()))}
    actual: dict[str, Any] = {"ok": None}
    return fingerprint(
        operation, outcome, Divergence("outcome", expected, actual, (Difference("$", expected, actual),))
    )


def refused(operation: str, contract: Contract, guard: str) -> Outcome:
    made = situation(operation, contract, frozenset({guard}))
    outcome = step(made.store, OPERATIONS[operation], made.arguments(operation))
    assert outcome.error is not None
    assert outcome.error.guard.name == named(guard)
    return outcome


@pytest.mark.parametrize(("contract", "operation", "one", "other"), [*sharing(TELLTALE_17), *sharing(HARDENED)])
def test_two_guards_of_a_row_with_one_error_are_two_classes(
    contract: Contract, operation: str, one: str, other: str
) -> None:
    marks = [accepted(operation, refused(operation, contract, guard)) for guard in (one, other)]
    assert marks[0].expected == marks[1].expected
    assert [mark.guard for mark in marks] == [named(one), named(other)]
    assert marks[0].digest != marks[1].digest


def test_the_pairs_that_the_contracts_have() -> None:
    pairs = {(case.values[2], case.values[3]) for case in sharing(HARDENED)}
    assert pairs == {
        ("honest", "scope"),
        ("honest", "within"),
        ("generation", "claim_id"),
        ("issued", "unchanged"),
        ("issued", "bound"),
        ("unchanged", "bound"),
    }
    assert {*ERRORS} == {guard for contract in (TELLTALE_17, HARDENED) for op in ROWS for guard in row(op, contract)}


def test_a_stale_capability_a_stale_receipt_and_a_wrong_name_are_three_classes() -> None:
    outcomes = [
        refused("validate_ownership_capability", HARDENED, "live"),
        refused("commit_ownership_transfer", HARDENED, "giver"),
        refused("mark_owner_died", HARDENED, "named"),
    ]
    marks = [accepted("commit_ownership_transfer", outcome) for outcome in outcomes]  # the operation is not what tells
    assert {mark.expected for mark in marks} == {"StaleCapability"}
    assert [mark.guard for mark in marks] == ["G-live", "G-giver", "G-named"]
    assert len({mark.digest for mark in marks}) == 3


def test_two_texts_that_are_one_error_are_two_classes() -> None:
    store = opened(HARDENED)
    roles: tuple[Any, ...] = (("A",), {})
    passed = step(store, OPERATIONS["open_with_sid"], (0, *roles))
    step(store, OPERATIONS["open_with_sid"], (TOP, *roles))
    unused = step(store, OPERATIONS["open_with_sid"], (TOP, *roles))
    marks = [accepted("open_with_sid", outcome) for outcome in (passed, unused)]
    assert [mark.guard for mark in marks] == ["H7 ahead", "H7 unused"]
    edges = [1, {"sender": 1, "receiver": "B", "sid": 0}, {"sender": "A", "receiver": "B", "sid": -1}]
    outcomes = [step(Store(), OPERATIONS["decode_edge_json"], (value,)) for value in edges]
    marks += [accepted("decode_edge_json", outcome) for outcome in outcomes]
    assert [mark.guard for mark in marks[2:]] == ["§10.1 form", "§10.1 roles", "§10.1 sid"]
    assert len({mark.digest for mark in marks}) == 5


def check(baseline: Path, store: str, *more: str) -> tuple[int, str]:
    """Run the gate on a wrong store under ``hardened``, through the process of its adapter."""
    sut = f"{sys.executable} -m tests.wrong_stores {store} --contract hardened"
    main = "from telltale_conformance.oracle.cli.app import main; main()"
    options = ["--sut", sut, "--lanes", "fixed", "--baseline", str(baseline), *more]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "GITHUB_ACTIONS": "false"}
    command = [sys.executable, "-c", main, "check", *options]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_a_store_that_loses_a_second_guard_of_one_error_fails_the_gate(tmp_path: Path) -> None:
    baseline = tmp_path / "known.json"
    code, said = check(baseline, "issue_without_honest", "--update")
    assert code == 0, said
    assert {entry.guard for entry in read_baseline(baseline).entries} == {"G-honest"}

    code, said = check(baseline, "issue_without_honest_and_scope")
    assert code == 1, said
    assert ", 1 new, " in said
    assert "issue_readiness_witness: expected ScopeViolation (G-scope), answered ok" in said
