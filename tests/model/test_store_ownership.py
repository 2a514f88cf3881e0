"""Ownership: what each operation does, answers and logs when its guards pass (contract §2)."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from telltale_conformance.model.contract import TELLTALE_17, Contract
from telltale_conformance.model.values import (
    LIFECYCLE_STATES,
    SESSION,
    Fragments,
    Scope,
)
from tests.model.ownership_world import Effects, both, ownership_of
from tests.model.store_world import (
    NOTHING,
    TOP,
    XY,
    Answer,
    X,
    cap_record,
    do,
    opened,
    owned,
    plain,
    receipt_record,
    refusal,
    run,
)


@both
def test_a_fresh_session_is_unowned(contract: Contract) -> None:
    store = opened(contract)
    assert ownership_of(store) == {
        "consumed_witnesses": [],
        "current": None,
        "issued_readiness": [],
        "next_claim_id": 1,
        "next_witness_id": 1,
        "pending_transfer": None,
        "terminal_reason": None,
    }
    assert run(store, "authority_audit_log", 0).ok == []
    assert run(store, "current_ownership", 0).ok is None


@both
@pytest.mark.parametrize("scope", [SESSION, X, XY, NOTHING], ids=str)
def test_claim_makes_the_owner(contract: Contract, scope: Scope) -> None:
    store = opened(contract)
    cap = {"session_id": 0, "owner_id": "ann", "generation": 0, "scope": plain(scope)}
    answer, changes = Effects(store)("claim_ownership", 0, "ann", scope)
    assert answer.ok == cap
    assert answer.audit == [cap_record(cap, "Issued")]
    assert changes - {"ownership.next_generation"} == {"ownership.current", "log"}
    assert run(store, "current_ownership", 0).ok == cap
    assert run(store, "authority_audit_log", 0).ok == answer.audit


@both
@pytest.mark.parametrize("owner", ["", "ann", "Ä/`x`\n", "a" * 1000], ids=["empty", "plain", "odd", "long"])
def test_an_owner_may_have_any_name(contract: Contract, owner: str) -> None:
    store, cap = owned(contract, owner=owner)
    assert cap.owner_id == owner
    do(store, "validate_ownership_capability", cap)


def test_under_telltale_17_every_claim_gives_generation_0() -> None:
    store, cap = owned()
    for _ in range(3):
        do(store, "release_ownership", cap)
        assert do(store, "claim_ownership", 0, "ann", SESSION) == cap
    narrowed = do(store, "attenuate_ownership_scope", cap, X)
    do(store, "release_ownership", narrowed)
    assert do(store, "claim_ownership", 0, "bob", SESSION).generation == 0


@both
def test_release_ends_ownership(contract: Contract) -> None:
    store, cap = owned(contract)
    answer, changes = Effects(store)("release_ownership", cap)
    assert answer.ok is None
    assert answer.audit == [cap_record(cap, "Invalidated", "ownership released")]
    assert changes == {"ownership.current", "log"}
    assert run(store, "current_ownership", 0).ok is None


def test_under_telltale_17_release_logs_the_given_capability() -> None:
    store, cap = owned()
    forged = replace(cap, scope=X)
    assert run(store, "release_ownership", forged).audit == [cap_record(forged, "Invalidated", "ownership released")]


@both
@pytest.mark.parametrize("scope", [SESSION, X, NOTHING], ids=str)
def test_begin_stages_a_transfer(contract: Contract, scope: Scope) -> None:
    store, cap = owned(contract)
    answer, changes = Effects(store)("begin_ownership_transfer", cap, "bob", scope)
    assert answer.ok == {
        "claim_id": 1,
        "from_generation": 0,
        "from_owner_id": "ann",
        "scope": plain(scope),
        "session_id": 0,
        "to_generation": 1,
        "to_owner_id": "bob",
    }
    assert answer.audit == [receipt_record(answer.value, "Issued")]
    assert changes == {"ownership.pending", "ownership.next_claim_id", "log"}
    assert ownership_of(store)["pending_transfer"] == answer.ok
    assert ownership_of(store)["next_claim_id"] == 2
    assert run(store, "current_ownership", 0).ok == plain(cap)


@both
def test_claim_ids_count_up_over_rollback_and_commit(contract: Contract) -> None:
    store, cap = owned(contract)
    seen = []
    for turn in range(4):
        receipt = do(store, "begin_ownership_transfer", cap, "ann", SESSION)
        seen.append(receipt.claim_id)
        if turn % 2:
            do(store, "rollback_ownership_transfer", receipt)
        else:
            cap = do(store, "commit_ownership_transfer", receipt)
    assert seen == [1, 2, 3, 4]


def test_under_telltale_17_any_scope_may_be_granted() -> None:
    store, cap = owned(scope=X)
    receipt = do(store, "begin_ownership_transfer", cap, "bob", SESSION)
    assert do(store, "commit_ownership_transfer", receipt).scope == SESSION


@both
def test_commit_hands_over(contract: Contract) -> None:
    store, cap = owned(contract)
    receipt = do(store, "begin_ownership_transfer", cap, "bob", X)
    answer, changes = Effects(store)("commit_ownership_transfer", receipt)
    new = {"session_id": 0, "owner_id": "bob", "generation": 1, "scope": {"Fragments": ["x"]}}
    assert answer.ok == new
    assert answer.audit == [
        cap_record(cap, "Invalidated", "ownership transferred"),
        receipt_record(receipt, "Committed"),
        cap_record(new, "Issued"),
    ]
    assert changes - {"ownership.next_generation"} == {"ownership.current", "ownership.pending", "log"}
    assert ownership_of(store)["current"] == new
    assert ownership_of(store)["pending_transfer"] is None
    refusal(store, "validate_ownership_capability", cap)
    do(store, "validate_ownership_capability", answer.value)


def test_under_telltale_17_commit_logs_the_live_capability_not_the_one_that_began() -> None:
    store, cap = owned()
    receipt = do(store, "begin_ownership_transfer", replace(cap, scope=X), "bob", SESSION)
    log = run(store, "commit_ownership_transfer", receipt).audit
    assert log[0] == cap_record(cap, "Invalidated", "ownership transferred")


@both
def test_rollback_keeps_the_owner(contract: Contract) -> None:
    store, cap = owned(contract)
    receipt = do(store, "begin_ownership_transfer", cap, "bob", SESSION)
    answer, changes = Effects(store)("rollback_ownership_transfer", receipt)
    assert answer.ok is None
    assert answer.audit == [receipt_record(receipt, "RolledBack")]
    assert changes == {"ownership.pending", "log"}
    do(store, "validate_ownership_capability", cap)
    assert ownership_of(store)["pending_transfer"] is None


@both
@pytest.mark.parametrize("operation", ["commit_ownership_transfer", "rollback_ownership_transfer"])
def test_a_receipt_is_used_once(contract: Contract, operation: str) -> None:
    store, cap = owned(contract)
    receipt = do(store, "begin_ownership_transfer", cap, "bob", SESSION)
    do(store, operation, receipt)
    for again in ("commit_ownership_transfer", "rollback_ownership_transfer"):
        logs = [receipt_record(receipt, "Rejected", "receipt is no longer pending")]
        assert refusal(store, again, receipt, logs=logs) == {"TransferNotPending": {"session_id": 0}}


@both
@pytest.mark.parametrize("scope", [SESSION, X, NOTHING], ids=str)
def test_attenuate_replaces_the_capability(contract: Contract, scope: Scope) -> None:
    store, cap = owned(contract)
    answer, changes = Effects(store)("attenuate_ownership_scope", cap, scope)
    new = {"session_id": 0, "owner_id": "ann", "generation": 1, "scope": plain(scope)}
    assert answer.ok == new
    assert answer.audit == [
        cap_record(cap, "Invalidated", "ownership scope attenuated"),
        cap_record(new, "Issued"),
    ]
    assert changes - {"ownership.next_generation"} == {"ownership.current", "log"}
    refusal(store, "validate_ownership_capability", cap)


def test_under_telltale_17_attenuating_may_widen_and_logs_the_given_capability() -> None:
    store, cap = owned(scope=X)
    forged = replace(cap, scope=NOTHING)
    answer = run(store, "attenuate_ownership_scope", forged, SESSION)
    assert answer.ok["scope"] == "Session"
    assert answer.audit[0] == cap_record(forged, "Invalidated", "ownership scope attenuated")


@both
def test_validate_changes_nothing(contract: Contract) -> None:
    store, cap = owned(contract, scope=X)
    answer, changes = Effects(store)("validate_ownership_capability", cap)
    assert (answer.ok, answer.audit, changes) == (None, [], set())


def test_under_telltale_17_generations_saturate() -> None:
    store, cap = owned()
    top = replace(cap, generation=TOP)
    store.sessions[0].ownership.current = top
    assert do(store, "attenuate_ownership_scope", top, SESSION) == top
    receipt = do(store, "begin_ownership_transfer", top, "ann", SESSION)
    assert receipt.to_generation == TOP
    assert do(store, "commit_ownership_transfer", receipt) == top
    do(store, "validate_ownership_capability", top)


def test_under_telltale_17_claim_and_witness_ids_saturate() -> None:
    store, cap = owned()
    ownership = store.sessions[0].ownership
    ownership.next_claim_id = ownership.next_witness_id = TOP - 1
    ids = []
    for _ in range(3):
        receipt = do(store, "begin_ownership_transfer", cap, "bob", SESSION)
        do(store, "rollback_ownership_transfer", receipt)
        ids.append((receipt.claim_id, do(store, "issue_readiness_witness", cap, "p").witness_id))
    assert ids == [(TOP - 1, TOP - 1), (TOP, TOP), (TOP, TOP)]
    assert do(store, "mark_owner_died", 0, "ann").witness_id == TOP
    assert ownership_of(store)["next_witness_id"] == ownership_of(store)["next_claim_id"] == TOP


def test_one_counter_numbers_readiness_and_cancellation_witnesses() -> None:
    store, cap = owned()
    assert do(store, "issue_readiness_witness", cap, "p").witness_id == 1
    assert do(store, "issue_readiness_witness", cap, "p").witness_id == 2
    receipt = do(store, "begin_ownership_transfer", cap, "bob", SESSION)
    assert do(store, "cancel_abandoned_transfer", receipt).witness_id == 3


@both
def test_look_ups_of_an_unknown_session_give_null(contract: Contract) -> None:
    store = opened(contract)
    assert run(store, "current_ownership", 7).ok is None
    assert run(store, "authority_audit_log", 7) == Answer(None, None, [], None)


@both
def test_the_log_is_the_records_in_order_and_the_answer_is_a_copy(contract: Contract) -> None:
    store, cap = owned(contract)
    receipt = do(store, "begin_ownership_transfer", cap, "bob", SESSION)
    earlier = do(store, "authority_audit_log", 0)
    new = do(store, "commit_ownership_transfer", receipt)
    assert len(earlier) == 2
    assert run(store, "authority_audit_log", 0).ok == [
        cap_record(cap, "Issued"),
        receipt_record(receipt, "Issued"),
        cap_record(cap, "Invalidated", "ownership transferred"),
        receipt_record(receipt, "Committed"),
        cap_record(new, "Issued"),
    ]


@both
def test_sessions_do_not_share_ownership(contract: Contract) -> None:
    store, cap = owned(contract)
    do(store, "open", ("A",), {})
    other = do(store, "claim_ownership", 1, "ann", SESSION)
    assert plain(other) == {**plain(cap), "session_id": 1}
    do(store, "issue_readiness_witness", cap, "p")
    do(store, "begin_ownership_transfer", cap, "bob", SESSION)
    assert do(store, "issue_readiness_witness", other, "p").witness_id == 1
    assert do(store, "begin_ownership_transfer", other, "bob", SESSION).claim_id == 1
    do(store, "mark_owner_died", 0, "ann")
    do(store, "validate_ownership_capability", other)


@both
@pytest.mark.parametrize("given", [("y", "x"), ("x", "y", "x"), ("y", "y", "x")])
def test_scopes_are_sets(contract: Contract, given: tuple[str, ...]) -> None:
    scope = Fragments(given)
    assert scope == XY
    store = opened(contract)
    answer = run(store, "claim_ownership", 0, "ann", scope)
    assert answer.ok["scope"] == {"Fragments": ["x", "y"]}
    assert answer.audit[0]["artifact"]["OwnershipCapability"]["scope"] == {"Fragments": ["x", "y"]}
    receipt = do(store, "begin_ownership_transfer", answer.value, "bob", scope)
    do(store, "commit_ownership_transfer", replace(receipt, scope=Fragments(("y", "x"))))


def test_scopes_are_sorted_by_bytes() -> None:
    assert Fragments(("é", "b", "B", "\U0001f600", "\uffff")).Fragments == ("B", "b", "é", "\uffff", "\U0001f600")


def test_every_audit_event_has_the_state_of_its_name() -> None:
    assert LIFECYCLE_STATES == {
        "Issued": "issued",
        "Consumed": "consumed",
        "Rejected": "rejected",
        "Invalidated": "invalidated",
        "Committed": "committed",
        "RolledBack": "rolled_back",
        "Expired": "expired",
    }


def test_a_step_reports_the_records_of_the_session_that_it_names() -> None:
    store, cap = owned(TELLTALE_17)
    assert run(store, "open", ("A",), {}).audit == []
    assert run(store, "close", 0).audit == []
    other = do(store, "claim_ownership", 1, "bob", SESSION)
    assert run(store, "release_ownership", other).audit == [cap_record(other, "Invalidated", "ownership released")]
    assert run(store, "open_with_sid", 0, ("A",), {}).audit == []
    assert run(store, "release_ownership", cap).err == {"Unclaimed": {"session_id": 0}}
