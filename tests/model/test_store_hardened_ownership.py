"""The rules H3–H6 and H8–H11, of ownership: the same steps under both contracts, and where they part."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from telltale_conformance.model.contract import HARDENED, TELLTALE_17
from telltale_conformance.model.store import Store
from telltale_conformance.model.values import SESSION, OwnershipCapability, Scope, SetDefaultHandler
from tests.model.store_world import (
    XY,
    X,
    cap_record,
    do,
    opened,
    owned,
    plain,
    receipt_record,
    record,
    refusal,
    run,
    snapshot,
    witness_record,
)

ENDED = "ownership generation ended"


# H3, H4, H5: scopes


@pytest.mark.parametrize(
    ("operation", "more"), [("attenuate_ownership_scope", ()), ("begin_ownership_transfer", ("bob",))]
)
def test_h3_h4_no_grant_outside_the_live_scope(operation: str, more: tuple[str, ...]) -> None:
    for granted in (SESSION, XY):
        for contract in (TELLTALE_17, HARDENED):
            store, cap = owned(contract, X)
            if contract is TELLTALE_17:
                do(store, operation, cap, *more, granted)
            else:
                fields = {
                    "session_id": 0,
                    "owner_id": "ann",
                    "required": plain(granted),
                    "actual": {"Fragments": ["x"]},
                }
                assert refusal(store, operation, cap, *more, granted) == {"ScopeViolation": fields}
                do(store, operation, cap, *more, X)


def test_h5_a_forged_scope_is_refused() -> None:
    pairs: tuple[tuple[Scope, Scope], ...] = ((SESSION, X), (X, SESSION), (X, XY))
    for contract in (TELLTALE_17, HARDENED):
        for live, forged in pairs:
            store, cap = owned(contract, live)
            lie = replace(cap, scope=forged)
            if contract is TELLTALE_17:
                do(store, "validate_ownership_capability", lie)
            else:
                fields = {"session_id": 0, "owner_id": "ann", "required": plain(forged), "actual": plain(live)}
                assert refusal(store, "validate_ownership_capability", lie) == {"ScopeViolation": fields}


# H6, H8: closing


def test_h6_close_keeps_an_ending() -> None:
    for contract in (TELLTALE_17, HARDENED):
        for ending in ("died", "cancelled"):
            store, cap = owned(contract)
            if ending == "died":
                do(store, "mark_owner_died", 0, "ann")
            else:
                receipt = do(store, "begin_ownership_transfer", cap, "bob", SESSION)
                do(store, "cancel_abandoned_transfer", receipt)
            before = snapshot(store)
            assert run(store, "close", 0).audit == []
            session = before["sessions"][0]
            session["epoch"], session["buffers"], before["totals"]["buffers"] = 1, {}, 0
            if contract is TELLTALE_17:
                session["status"] = "Closed"
            assert snapshot(store) == before


def test_h6_close_keeps_no_other_status() -> None:
    for contract in (TELLTALE_17, HARDENED):
        store = opened(contract)
        store.set_status(store.sessions[0], "Draining")
        do(store, "close", 0)
        assert store.sessions[0].status == "Closed"


def test_h6_close_ends_ownership_on_record() -> None:
    store, cap = owned(HARDENED)
    do(store, "issue_readiness_witness", cap, "p")
    spent = do(store, "issue_readiness_witness", cap, "q")
    last = do(store, "issue_readiness_witness", cap, "r")
    do(store, "consume_readiness_witness", cap, spent)
    receipt = do(store, "begin_ownership_transfer", cap, "bob", SESSION)
    first = store.sessions[0].ownership.issued[1]
    answer = run(store, "close", 0)
    assert answer.ok is None
    assert answer.audit == [
        cap_record(cap, "Invalidated", "session closed"),
        witness_record(first, "Invalidated", ENDED),
        witness_record(last, "Invalidated", ENDED),
        receipt_record(receipt, "RolledBack", "session closed"),
    ]
    state = run(store, "observe", 0).ok
    assert state["status"] == "Closed"
    assert state["ownership"] == {
        "consumed_witnesses": [2],
        "current": None,
        "issued_readiness": [],
        "next_claim_id": 2,
        "next_witness_id": 4,
        "pending_transfer": None,
        "terminal_reason": None,
    }
    assert run(store, "close", 0).audit == []
    assert run(store, "observe", 0).ok["epoch"] == 2


def test_h6_closing_an_unowned_session_logs_nothing() -> None:
    store = opened(HARDENED)
    assert run(store, "close", 0).audit == []


def test_h8_a_closed_session_refuses_every_ownership_operation() -> None:
    store, cap = owned(HARDENED)
    witness = do(store, "issue_readiness_witness", cap, "p")
    receipt = do(store, "begin_ownership_transfer", cap, "bob", SESSION)
    do(store, "close", 0)
    rejected = [receipt_record(receipt, "Rejected", "session closed")]
    calls: list[tuple[list[Any], str, tuple[Any, ...]]] = [
        ([], "claim_ownership", (0, "eve", SESSION)),
        ([], "release_ownership", (cap,)),
        ([], "validate_ownership_capability", (cap,)),
        ([], "begin_ownership_transfer", (cap, "eve", SESSION)),
        (rejected, "commit_ownership_transfer", (receipt,)),
        (rejected, "rollback_ownership_transfer", (receipt,)),
        (rejected, "cancel_abandoned_transfer", (receipt,)),
        (rejected, "fault_failed_transfer_commit", (receipt, "why")),
        ([], "attenuate_ownership_scope", (cap, X)),
        ([], "apply_owned_session_mutation", (cap, SetDefaultHandler("h"))),
        ([], "issue_readiness_witness", (cap, "p")),
        ([witness_record(witness, "Rejected", "session closed")], "consume_readiness_witness", (cap, witness)),
        ([], "mark_owner_died", (0, "ann")),
    ]
    for logs, name, arguments in calls:
        assert refusal(store, name, *arguments, logs=logs) == {"SessionClosed": {"session_id": 0}}, name


# H9, H10: what ends with a generation


def ending_steps(kind: str, store: Store, cap: OwnershipCapability, receipt: Any) -> Any:
    steps: dict[str, tuple[Any, ...]] = {
        "release": ("release_ownership", cap),
        "attenuate": ("attenuate_ownership_scope", cap, SESSION),
        "commit": ("commit_ownership_transfer", receipt),
        "died": ("mark_owner_died", 0, "ann"),
        "cancel": ("cancel_abandoned_transfer", receipt),
        "fault": ("fault_failed_transfer_commit", receipt, "why"),
        "close": ("close", 0),
    }
    return run(store, *steps[kind])


REASONS = {
    "release": "ownership released",
    "attenuate": "ownership scope attenuated",
    "commit": "ownership transferred",
    "died": "owner died",
    "cancel": "transfer abandoned",
    "fault": "transfer commit failed",
    "close": "session closed",
}


@pytest.mark.parametrize("kind", REASONS)
def test_h9_issued_witnesses_end_with_their_generation(kind: str) -> None:
    for contract in (TELLTALE_17, HARDENED):
        store, cap = owned(contract)
        made = [do(store, "issue_readiness_witness", cap, "p") for _ in range(12)]
        do(store, "consume_readiness_witness", cap, made[4])
        transfers = kind in ("commit", "cancel", "fault")
        receipt = do(store, "begin_ownership_transfer", cap, "bob", SESSION) if transfers else None
        answer = ending_steps(kind, store, cap, receipt)
        assert answer.err is None
        ended = [each for each in answer.audit if "Readiness" in each["artifact"]]
        left = run(store, "observe", 0).ok["ownership"]["issued_readiness"]
        if contract is TELLTALE_17:
            assert (ended, len(left)) == ([], 11)
            continue
        assert left == []
        assert answer.audit[0] == cap_record(cap, "Invalidated", REASONS[kind])
        unspent = [each for each in made if each.witness_id != 5]
        assert answer.audit[1:12] == [witness_record(each, "Invalidated", ENDED) for each in unspent]
        assert ended == answer.audit[1:12]


def test_h9_an_ended_witness_was_never_issued() -> None:
    store, cap = owned(HARDENED)
    witness = do(store, "issue_readiness_witness", cap, "p")
    do(store, "release_ownership", cap)
    again = do(store, "claim_ownership", 0, "ann", SESSION)
    reason = "witness was never issued"
    logs = [witness_record(witness, "Rejected", reason)]
    error = refusal(store, "consume_readiness_witness", again, witness, logs=logs)
    assert error == {"InvalidWitness": {"session_id": 0, "witness_id": 1, "reason": reason}}


def test_h9_a_rollback_ends_no_generation() -> None:
    store, cap = owned(HARDENED)
    witness = do(store, "issue_readiness_witness", cap, "p")
    receipt = do(store, "begin_ownership_transfer", cap, "bob", SESSION)
    do(store, "rollback_ownership_transfer", receipt)
    do(store, "consume_readiness_witness", cap, witness)


def test_h10_the_owner_s_death_rolls_a_pending_transfer_back_on_record() -> None:
    for contract in (TELLTALE_17, HARDENED):
        store, cap = owned(contract)
        witness = do(store, "issue_readiness_witness", cap, "p")
        receipt = do(store, "begin_ownership_transfer", cap, "bob", SESSION)
        answer = run(store, "mark_owner_died", 0, "ann")
        first = cap_record(cap, "Invalidated", "owner died")
        last = record("Cancellation", answer.ok, "Issued")
        if contract is TELLTALE_17:
            assert answer.audit == [first, last]
        else:
            assert answer.audit == [
                first,
                witness_record(witness, "Invalidated", ENDED),
                receipt_record(receipt, "RolledBack", "owner died"),
                last,
            ]


# H11: refusals (each reason of each operation: test_store_guards)


def test_h11_cancel_and_fault_log_a_receipt_that_is_not_the_pending_one() -> None:
    for contract in (TELLTALE_17, HARDENED):
        for operation, more in (("cancel_abandoned_transfer", ()), ("fault_failed_transfer_commit", ("why",))):
            store, cap = owned(contract)
            receipt = do(store, "begin_ownership_transfer", cap, "bob", SESSION)
            forged = replace(receipt, to_owner_id="eve")
            logs = [receipt_record(forged, "Rejected", "receipt payload mismatch")] * (contract is HARDENED)
            refusal(store, operation, forged, *more, logs=logs)
            do(store, "rollback_ownership_transfer", receipt)
            logs = [receipt_record(receipt, "Rejected", "receipt is no longer pending")] * (contract is HARDENED)
            refusal(store, operation, receipt, *more, logs=logs)


@pytest.mark.parametrize(
    ("forged", "reason"),
    [
        ({"generation": 5}, "stale capability"),
        ({"owner_id": "eve"}, "stale capability"),
        ({"scope": XY}, "scope mismatch"),
    ],
)
def test_h11_a_refused_consume_logs_the_witness(forged: dict[str, Any], reason: str) -> None:
    store, cap = owned(HARDENED)
    witness = do(store, "issue_readiness_witness", cap, "p")
    logs = [witness_record(witness, "Rejected", reason)]
    refusal(store, "consume_readiness_witness", replace(cap, **forged), witness, logs=logs)
    narrow = do(store, "attenuate_ownership_scope", cap, X)
    logs = [witness_record(witness, "Rejected", "scope violation")]
    refusal(store, "consume_readiness_witness", narrow, witness, logs=logs)
    do(store, "release_ownership", narrow)
    logs = [witness_record(witness, "Rejected", "session unclaimed")]
    refusal(store, "consume_readiness_witness", narrow, witness, logs=logs)


def test_h11_an_unknown_session_has_no_log() -> None:
    store, cap = owned(HARDENED)
    receipt = replace(do(store, "begin_ownership_transfer", cap, "bob", SESSION), session_id=3)
    assert refusal(store, "commit_ownership_transfer", receipt) == {"SessionNotFound": {"session_id": 3}}
