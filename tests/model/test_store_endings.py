"""Endings of ownership: death, abandoned and failed transfers, and what is refused afterwards (contract §2)."""

from __future__ import annotations

from typing import Any

import pytest

from telltale_conformance.model.contract import HARDENED, Contract
from telltale_conformance.model.values import (
    SESSION,
    OwnershipCapability,
    OwnershipReceipt,
    ReadinessWitness,
    SetDefaultHandler,
)
from tests.model.ownership_world import Effects, both, ownership_of
from tests.model.store_world import (
    X,
    cap_record,
    do,
    owned,
    plain,
    receipt_record,
    record,
    refusal,
    run,
    witness_record,
)


@both
def test_an_owner_s_death_faults_the_session(contract: Contract) -> None:
    store, cap = owned(contract, owner="ann`s")
    cap = do(store, "attenuate_ownership_scope", cap, X)
    answer, changes = Effects(store)("mark_owner_died", 0, "ann`s")
    reason = {"OwnerDied": {"owner_id": "ann`s"}}
    cancellation = {"witness_id": 1, "session_id": 0, "owner_id": "ann`s", "generation": 1, "reason": reason}
    assert answer.ok == cancellation
    assert answer.audit == [
        cap_record(cap, "Invalidated", "owner died"),
        record("Cancellation", cancellation, "Issued"),
    ]
    assert changes == {
        "status",
        "ended",
        "ownership.current",
        "ownership.terminal",
        "ownership.next_witness_id",
        "log",
    }
    state = run(store, "observe", 0).ok
    assert state["status"] == {"Faulted": {"reason": "ownership owner `ann`s` died"}}
    assert state["ownership"]["terminal_reason"] == reason
    assert state["ownership"]["current"] is None
    assert state["ownership"]["next_witness_id"] == 2


def test_under_telltale_17_a_receipt_pending_at_the_owner_s_death_gets_no_record() -> None:
    store, cap = owned()
    do(store, "begin_ownership_transfer", cap, "bob", SESSION)
    answer = run(store, "mark_owner_died", 0, "ann")
    assert [each["event"] for each in answer.audit] == ["Invalidated", "Issued"]
    assert ownership_of(store)["pending_transfer"] is None


@both
def test_the_death_of_another_changes_nothing(contract: Contract) -> None:
    store, cap = owned(contract)
    cap = do(store, "attenuate_ownership_scope", cap, SESSION)
    receipt = do(store, "begin_ownership_transfer", cap, "bob", SESSION)
    assert receipt.to_owner_id == "bob"
    fields = {"session_id": 0, "owner_id": "bob", "expected_generation": 1, "actual_generation": 1}
    assert refusal(store, "mark_owner_died", 0, "bob") == {"StaleCapability": fields}


@both
def test_an_abandoned_transfer_cancels_the_session(contract: Contract) -> None:
    store, cap = owned(contract)
    receipt = do(store, "begin_ownership_transfer", cap, "bob", X)
    answer, changes = Effects(store)("cancel_abandoned_transfer", receipt)
    reason = {"TransferAbandoned": {"owner_id": "ann", "claim_id": 1}}
    cancellation = {"witness_id": 1, "session_id": 0, "owner_id": "ann", "generation": 0, "reason": reason}
    assert answer.ok == cancellation
    assert answer.audit == [
        cap_record(cap, "Invalidated", "transfer abandoned"),
        receipt_record(receipt, "RolledBack", "transfer abandoned"),
        record("Cancellation", cancellation, "Issued"),
    ]
    assert changes == {
        "status",
        "ended",
        "ownership.current",
        "ownership.pending",
        "ownership.terminal",
        "ownership.next_witness_id",
        "log",
    }
    state = run(store, "observe", 0).ok
    assert state["status"] == "Cancelled"
    assert state["ownership"]["terminal_reason"] == reason
    assert state["ownership"]["next_witness_id"] == 2


@both
@pytest.mark.parametrize("why", ["", "disk full", "`x`"])
def test_a_failed_commit_faults_the_session(contract: Contract, why: str) -> None:
    store, cap = owned(contract)
    receipt = do(store, "begin_ownership_transfer", cap, "bob", X)
    answer, changes = Effects(store)("fault_failed_transfer_commit", receipt, why)
    assert answer.ok is None
    assert answer.audit == [
        cap_record(cap, "Invalidated", "transfer commit failed"),
        receipt_record(receipt, "RolledBack", why),
    ]
    assert changes == {"status", "ended", "ownership.current", "ownership.pending", "ownership.terminal", "log"}
    state = run(store, "observe", 0).ok
    assert state["status"] == {"Faulted": {"reason": f"ownership transfer commit failed: {why}"}}
    failed = {"owner_id": "ann", "claim_id": 1, "reason": why}
    assert state["ownership"]["terminal_reason"] == {"TransferCommitFailed": failed}
    assert state["ownership"]["next_witness_id"] == 1


@both
@pytest.mark.parametrize("ending", ["cancel", "fault"])
def test_without_a_live_owner_an_ending_by_receipt_logs_no_capability(contract: Contract, ending: str) -> None:
    """Unreachable through the operations: a pending transfer implies a live owner."""
    store, cap = owned(contract)
    receipt = do(store, "begin_ownership_transfer", cap, "bob", SESSION)
    store.sessions[0].ownership.current = None
    if ending == "cancel":
        answer = run(store, "cancel_abandoned_transfer", receipt)
        rest = [record("Cancellation", answer.ok, "Issued")]
        reason = "transfer abandoned"
    else:
        answer = run(store, "fault_failed_transfer_commit", receipt, "why")
        rest, reason = [], "why"
    assert answer.audit == [receipt_record(receipt, "RolledBack", reason), *rest]


def every_operation(cap: OwnershipCapability, receipt: OwnershipReceipt) -> list[tuple[Any, ...]]:
    witness = ReadinessWitness(
        generation=0, owner_id="ann", predicate_ref="p", scope=SESSION, session_id=0, witness_id=1
    )
    return [
        ("claim_ownership", 0, "eve", SESSION),
        ("release_ownership", cap),
        ("validate_ownership_capability", cap),
        ("begin_ownership_transfer", cap, "eve", SESSION),
        ("commit_ownership_transfer", receipt),
        ("rollback_ownership_transfer", receipt),
        ("cancel_abandoned_transfer", receipt),
        ("fault_failed_transfer_commit", receipt, "why"),
        ("attenuate_ownership_scope", cap, X),
        ("apply_owned_session_mutation", cap, SetDefaultHandler("h")),
        ("issue_readiness_witness", cap, "p"),
        ("consume_readiness_witness", cap, witness),
        ("mark_owner_died", 0, "ann"),
    ]


@both
@pytest.mark.parametrize("ending", ["died", "cancelled", "faulted"])
@pytest.mark.parametrize("closed", [False, True])
def test_after_an_ending_every_ownership_operation_is_refused(contract: Contract, ending: str, closed: bool) -> None:
    store, cap = owned(contract)
    receipt = do(store, "begin_ownership_transfer", cap, "bob", SESSION)
    if ending == "died":
        do(store, "mark_owner_died", 0, "ann")
    elif ending == "cancelled":
        do(store, "cancel_abandoned_transfer", receipt)
    else:
        do(store, "fault_failed_transfer_commit", receipt, "why")
    if closed:
        do(store, "close", 0)
    reason = ownership_of(store)["terminal_reason"]
    for name, *arguments in every_operation(cap, receipt):
        logs = []
        if contract is HARDENED:
            given = {"commit": receipt_record, "rollback": receipt_record, "cancel": receipt_record}
            given |= {"fault": receipt_record, "consume": witness_record}
            if of := given.get(name.split("_")[0]):
                artifact = arguments[-1] if name.startswith("consume") else receipt
                logs = [of(artifact, "Rejected", "ownership terminated")]
        error = refusal(store, name, *arguments, logs=logs)
        assert error == {"Terminal": {"session_id": 0, "reason": reason}}, name


def test_under_telltale_17_a_closed_session_takes_every_ownership_operation() -> None:
    store, cap = owned()
    do(store, "close", 0)
    assert run(store, "current_ownership", 0).ok == plain(cap)
    do(store, "validate_ownership_capability", cap)
    witness = do(store, "issue_readiness_witness", cap, "p")
    do(store, "consume_readiness_witness", cap, witness)
    cap = do(store, "attenuate_ownership_scope", cap, SESSION)
    receipt = do(store, "begin_ownership_transfer", cap, "bob", SESSION)
    do(store, "rollback_ownership_transfer", receipt)
    receipt = do(store, "begin_ownership_transfer", cap, "bob", SESSION)
    cap = do(store, "commit_ownership_transfer", receipt)
    do(store, "release_ownership", cap)
    cap = do(store, "claim_ownership", 0, "eve", SESSION)
    do(store, "mark_owner_died", 0, "eve")
    assert run(store, "observe", 0).ok["status"] == {"Faulted": {"reason": "ownership owner `eve` died"}}


def test_under_telltale_17_a_transfer_pending_at_close_can_be_committed_or_ended() -> None:
    for operation, *more in (
        ("commit_ownership_transfer",),
        ("cancel_abandoned_transfer",),
        ("fault_failed_transfer_commit", "why"),
    ):
        store, cap = owned()
        receipt = do(store, "begin_ownership_transfer", cap, "bob", SESSION)
        do(store, "close", 0)
        assert ownership_of(store)["pending_transfer"] == plain(receipt)
        do(store, operation, receipt, *more)
