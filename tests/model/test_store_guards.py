"""Guards: for every operation, contract and set of failing guards, the first in the row decides.

For every row each subset of its guards is broken in a state built for it: 2^n states per row.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, combinations
from typing import Any

import pytest
from msgspec.structs import replace

from telltale_conformance.model.contract import HARDENED, TELLTALE_17, Contract
from telltale_conformance.model.values import SESSION, Edge, Fragments, Scope, UpdateEdgeHandler, UpdateTrace
from tests.model.guard_world import (
    ERRORS,
    NAMES,
    NARROW,
    REFUSES_RECEIPT,
    ROWS,
    invalid,
    rejection,
    row,
    scope_violation,
    situation,
    stale,
)
from tests.model.store_world import BOTH, TOP, XY, XZ, X, do, plain, receipt_record, refusal


def subsets(guards: list[str]) -> Iterator[frozenset[str]]:
    return map(frozenset, chain.from_iterable(combinations(guards, n) for n in range(1, len(guards) + 1)))


CASES = [pytest.param(contract, name, id=f"{contract.name}-{name}") for contract in BOTH for name in ROWS]


@pytest.mark.parametrize(("contract", "operation"), CASES)
def test_with_no_guard_broken_the_operation_succeeds(contract: Contract, operation: str) -> None:
    s = situation(operation, contract)
    do(s.store, operation, *s.arguments(operation))


@pytest.mark.parametrize(("contract", "operation"), CASES)
def test_the_first_failing_guard_decides(contract: Contract, operation: str) -> None:
    guards = row(operation, contract)
    for broken in subsets(guards):
        s = situation(operation, contract, broken)
        first = next(guard for guard in guards if guard in broken)
        logs, by = rejection(s, operation, first), NAMES.get(first, f"G-{first}")
        error = refusal(s.store, operation, *s.arguments(operation), logs=logs, by=by)
        assert error == ERRORS[first](s), sorted(broken)


@pytest.mark.parametrize("operation", ROWS)
def test_telltale_17_has_none_of_the_added_guards(operation: str) -> None:
    added = frozenset(row(operation, HARDENED)) - frozenset(row(operation, TELLTALE_17))
    for broken in subsets(sorted(added)):
        s = situation(operation, TELLTALE_17, broken)
        ownership = s.session.ownership
        ownership.next_claim_id = min(ownership.next_claim_id, TOP)
        ownership.next_witness_id = min(ownership.next_witness_id, TOP)
        do(s.store, operation, *s.arguments(operation))


NOT_WALKED = {
    "owned": ("rollback_ownership_transfer", "cancel_abandoned_transfer", "fault_failed_transfer_commit"),
    "idle": (
        "validate_ownership_capability",
        "apply_owned_session_mutation",
        "issue_readiness_witness",
        "consume_readiness_witness",
        "mark_owner_died",
    ),
    "scope": (
        "release_ownership",
        "validate_ownership_capability",
        "rollback_ownership_transfer",
        "commit_ownership_transfer",
        "mark_owner_died",
    ),
    "giver": ("rollback_ownership_transfer", "cancel_abandoned_transfer", "fault_failed_transfer_commit"),
}
UNLISTED = [(guard, name) for guard, names in NOT_WALKED.items() for name in names]


@pytest.mark.parametrize("contract", BOTH, ids=lambda c: c.name)
@pytest.mark.parametrize(("guard", "operation"), UNLISTED)
def test_a_guard_that_a_row_does_not_list_is_not_walked(contract: Contract, guard: str, operation: str) -> None:
    assert guard not in row(operation, contract)
    s = situation(operation, contract, frozenset({guard}))
    do(s.store, operation, *s.arguments(operation))


@pytest.mark.parametrize("contract", BOTH, ids=lambda c: c.name)
@pytest.mark.parametrize("status", ["Active", "Draining", "Cancelled"])
@pytest.mark.parametrize("operation", ROWS)
def test_no_other_status_is_a_guard(contract: Contract, operation: str, status: Any) -> None:
    s = situation(operation, contract)
    s.session.status = status
    do(s.store, operation, *s.arguments(operation))


LIVE_USERS = [name for name in ROWS if " live" in ROWS[name]]


@pytest.mark.parametrize("contract", BOTH, ids=lambda c: c.name)
@pytest.mark.parametrize("operation", LIVE_USERS)
@pytest.mark.parametrize(
    "forged",
    [{"owner_id": "bob"}, {"generation": 4}, {"generation": 0}, {"owner_id": "bob", "generation": 2}, {"owner_id": ""}],
    ids=str,
)
def test_live_compares_owner_and_generation(contract: Contract, operation: str, forged: dict[str, Any]) -> None:
    s = situation(operation, contract)
    s.capability = replace(s.capability, **forged)
    logs = rejection(s, operation, "live")
    assert refusal(s.store, operation, *s.arguments(operation), logs=logs) == stale(s)


@pytest.mark.parametrize("operation", LIVE_USERS)
def test_under_telltale_17_the_scope_of_the_given_capability_is_not_compared(operation: str) -> None:
    s = situation(operation, TELLTALE_17, frozenset({"honest"}))
    do(s.store, operation, *s.arguments(operation))


@pytest.mark.parametrize("contract", BOTH, ids=lambda c: c.name)
@pytest.mark.parametrize("operation", REFUSES_RECEIPT)
@pytest.mark.parametrize(
    "forged",
    [
        {"claim_id": 8},
        {"from_generation": 2},
        {"from_owner_id": "eve"},
        {"to_generation": 5},
        {"to_owner_id": "eve"},
        {"scope": SESSION},
        {"scope": XY},
    ],
    ids=str,
)
def test_match_compares_every_field_of_the_receipt(contract: Contract, operation: str, forged: dict[str, Any]) -> None:
    s = situation(operation, contract)
    s.receipt = replace(s.receipt, **forged)
    error = refusal(s.store, operation, *s.arguments(operation), logs=rejection(s, operation, "match"))
    assert error == {"ReceiptMismatch": {"session_id": 0, "claim_id": s.receipt.claim_id}}


@pytest.mark.parametrize("contract", BOTH, ids=lambda c: c.name)
def test_a_receipt_naming_another_session_is_judged_there(contract: Contract) -> None:
    s = situation("commit_ownership_transfer", contract)
    elsewhere = replace(s.receipt, session_id=1)
    logs = [receipt_record(elsewhere, "Rejected", "receipt is no longer pending")]
    error = refusal(s.store, "commit_ownership_transfer", elsewhere, logs=logs)
    assert error == {"TransferNotPending": {"session_id": 1}}
    assert s.store.sessions[1].log[-1].event == "Rejected"


@pytest.mark.parametrize("contract", BOTH, ids=lambda c: c.name)
def test_the_last_check_of_commit_compares_the_owner_too(contract: Contract) -> None:
    s = situation("commit_ownership_transfer", contract)
    s.receipt = replace(s.receipt, from_owner_id="eve")
    s.session.ownership.pending = s.receipt
    error = refusal(
        s.store, "commit_ownership_transfer", s.receipt, logs=rejection(s, "commit_ownership_transfer", "giver")
    )
    fields = {"session_id": 0, "owner_id": "eve", "expected_generation": 3, "actual_generation": 3}
    assert error == {"StaleCapability": fields}


@pytest.mark.parametrize("contract", BOTH, ids=lambda c: c.name)
@pytest.mark.parametrize(
    "forged",
    [
        {"generation": 2},
        {"owner_id": "eve"},
        {"predicate_ref": "q"},
        {"scope": XY},
        {"session_id": 1},
    ],
    ids=str,
)
def test_a_witness_is_compared_in_every_field(contract: Contract, forged: dict[str, Any]) -> None:
    s = situation("consume_readiness_witness", contract)
    s.witness = replace(s.witness, **forged)
    logs = rejection(s, "consume_readiness_witness", "unchanged")
    error = refusal(s.store, "consume_readiness_witness", s.capability, s.witness, logs=logs)
    assert error == invalid("witness payload mismatch")(s)


@pytest.mark.parametrize("contract", BOTH, ids=lambda c: c.name)
@pytest.mark.parametrize(
    "bound_to", [{"generation": 2}, {"owner_id": "eve"}, {"scope": XY}, {"session_id": 1}], ids=str
)
def test_an_issued_witness_must_be_bound_to_the_given_capability(contract: Contract, bound_to: dict[str, Any]) -> None:
    s = situation("consume_readiness_witness", contract)
    s.witness = s.session.ownership.issued[5] = replace(s.witness, **bound_to)
    logs = rejection(s, "consume_readiness_witness", "bound")
    error = refusal(s.store, "consume_readiness_witness", s.capability, s.witness, logs=logs)
    assert error == invalid("live ownership no longer matches witness")(s)


@pytest.mark.parametrize("contract", BOTH, ids=lambda c: c.name)
def test_a_consumed_id_decides_alone_and_names_the_witness_s_own_session(contract: Contract) -> None:
    s = situation("consume_readiness_witness", contract, frozenset({"unconsumed"}))
    s.witness = replace(s.witness, session_id=1, owner_id="eve", generation=9, predicate_ref="q")
    logs = rejection(s, "consume_readiness_witness", "unconsumed")
    error = refusal(s.store, "consume_readiness_witness", s.capability, s.witness, logs=logs)
    assert error == {"WitnessConsumed": {"session_id": 1, "witness_id": 5}}


@pytest.mark.parametrize("edge", [("A", "B", 1), ("A", "C", 0), ("C", "A", 0), ("A", "B", TOP)], ids=str)
@pytest.mark.parametrize("kind", ["handler", "trace"])
def test_hardened_refuses_an_edge_of_another_session_or_role(edge: tuple[str, str, int], kind: str) -> None:
    s = situation("apply_owned_session_mutation", HARDENED)
    named = Edge(sender=edge[0], receiver=edge[1], sid=edge[2])
    s.mutation = UpdateEdgeHandler(named, "h") if kind == "handler" else UpdateTrace(named, ())
    error = refusal(s.store, "apply_owned_session_mutation", s.capability, s.mutation)
    assert error == {"ForeignEdge": {"session_id": 0, "edge": plain(named)}}


@pytest.mark.parametrize("granted", [SESSION, XZ, Fragments(("z",)), Fragments(("x", "y", "z"))], ids=str)
@pytest.mark.parametrize("operation", NARROW)
def test_hardened_grants_nothing_outside_the_live_scope(operation: str, granted: Scope) -> None:
    s = situation(operation, HARDENED)
    s.new_scope = granted
    assert refusal(s.store, operation, *s.arguments(operation)) == scope_violation(s, granted)


@pytest.mark.parametrize("granted", [XY, X, Fragments(()), Fragments(("y", "x", "y"))], ids=str)
@pytest.mark.parametrize("operation", NARROW)
def test_hardened_grants_all_within_the_live_scope(operation: str, granted: Scope) -> None:
    s = situation(operation, HARDENED)
    s.new_scope = granted
    assert do(s.store, operation, *s.arguments(operation)).scope == granted


@pytest.mark.parametrize("granted", [SESSION, XY, Fragments(())], ids=str)
@pytest.mark.parametrize("operation", NARROW)
def test_the_scope_session_contains_all(operation: str, granted: Scope) -> None:
    s = situation(operation, HARDENED)
    s.live = s.session.ownership.current = s.capability = replace(s.live, scope=SESSION)
    s.new_scope = granted
    assert do(s.store, operation, *s.arguments(operation)).scope == granted
