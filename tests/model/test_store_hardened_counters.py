"""The rules H1 and H2: generations go on counting, and no counter passes its last number."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from telltale_conformance.model.contract import HARDENED, TELLTALE_17, Contract
from telltale_conformance.model.store import Store
from telltale_conformance.model.values import SESSION, OwnershipCapability
from tests.model.store_world import TOP, do, owned, receipt_record, refusal, run


def stale(cap: OwnershipCapability, actual: int) -> Any:
    return {
        "StaleCapability": {
            "session_id": cap.session_id,
            "owner_id": cap.owner_id,
            "expected_generation": cap.generation,
            "actual_generation": actual,
        }
    }


def test_h1_a_released_capability_is_never_live_again() -> None:
    for contract in (TELLTALE_17, HARDENED):
        store, cap = owned(contract)
        do(store, "release_ownership", cap)
        again = do(store, "claim_ownership", 0, "ann", SESSION)
        if contract is TELLTALE_17:
            do(store, "validate_ownership_capability", cap)
        else:
            assert again.generation == 1
            assert refusal(store, "validate_ownership_capability", cap) == stale(cap, 1)


def test_h1_every_new_capability_takes_the_next_generation() -> None:
    store, cap = owned(HARDENED)
    seen = [cap.generation]
    cap = do(store, "attenuate_ownership_scope", cap, SESSION)
    seen.append(cap.generation)
    receipt = do(store, "begin_ownership_transfer", cap, "bob", SESSION)
    assert (receipt.from_generation, receipt.to_generation) == (1, 2)
    cap = do(store, "commit_ownership_transfer", receipt)
    seen.append(cap.generation)
    do(store, "release_ownership", cap)
    cap = do(store, "claim_ownership", 0, "eve", SESSION)
    seen.append(cap.generation)
    receipt = do(store, "begin_ownership_transfer", cap, "bob", SESSION)
    do(store, "rollback_ownership_transfer", receipt)
    cap = do(store, "attenuate_ownership_scope", cap, SESSION)
    seen.append(cap.generation)
    assert seen == [0, 1, 2, 3, 4]
    assert store.sessions[0].ownership.next_generation == 5


def test_h1_generations_are_each_session_s_own() -> None:
    store, cap = owned(HARDENED)
    do(store, "release_ownership", cap)
    do(store, "open", ("A",), {})
    assert do(store, "claim_ownership", 1, "ann", SESSION).generation == 0


def at_the_top(contract: Contract, **counters: int) -> tuple[Store, OwnershipCapability]:
    """A session whose owner has the last generation, or whose counters are as given."""
    store, cap = owned(contract)
    ownership = store.sessions[0].ownership
    for name, number in counters.items():
        setattr(ownership, name, number)
    if "next_generation" in counters:
        cap = ownership.current = replace(cap, generation=counters["next_generation"] - 1)
    return store, cap


def exhausted(counter: str) -> Any:
    return {"CounterExhausted": {"session_id": 0, "counter": counter}}


def test_h2_the_last_generation_is_given_and_none_after_it() -> None:
    store, cap = at_the_top(HARDENED, next_generation=TOP)
    assert cap.generation == TOP - 1
    cap = do(store, "attenuate_ownership_scope", cap, SESSION)
    assert cap.generation == TOP
    assert refusal(store, "attenuate_ownership_scope", cap, SESSION) == exhausted("generation")
    assert refusal(store, "begin_ownership_transfer", cap, "bob", SESSION) == exhausted("generation")
    do(store, "validate_ownership_capability", cap)
    do(store, "release_ownership", cap)
    assert refusal(store, "claim_ownership", 0, "ann", SESSION) == exhausted("generation")


def test_h2_a_transfer_takes_the_last_generation() -> None:
    store, cap = at_the_top(HARDENED, next_generation=TOP)
    receipt = do(store, "begin_ownership_transfer", cap, "bob", SESSION)
    assert receipt.to_generation == TOP
    cap = do(store, "commit_ownership_transfer", receipt)
    assert cap.generation == TOP
    assert refusal(store, "begin_ownership_transfer", cap, "bob", SESSION) == exhausted("generation")


def test_h2_a_commit_that_would_pass_the_last_generation_is_refused_and_logged() -> None:
    """No operation leads there: the transfer would not have begun."""
    store, cap = at_the_top(HARDENED, next_generation=TOP)
    receipt = do(store, "begin_ownership_transfer", cap, "bob", SESSION)
    store.sessions[0].ownership.next_generation = TOP + 1
    logs = [receipt_record(receipt, "Rejected", "counter exhausted")]
    assert refusal(store, "commit_ownership_transfer", receipt, logs=logs) == exhausted("generation")
    assert store.sessions[0].ownership.pending == receipt


def test_h2_a_transfer_asks_for_the_generation_that_its_receipt_names() -> None:
    """It is the session's next one in every state that operations lead to; in others the receipt's counts."""
    store, cap = at_the_top(HARDENED, next_generation=TOP + 1)
    store.sessions[0].ownership.next_generation = 7
    assert refusal(store, "begin_ownership_transfer", cap, "bob", SESSION) == exhausted("generation")


def test_h2_the_last_claim_id_is_given_and_none_after_it() -> None:
    store, cap = at_the_top(HARDENED, next_claim_id=TOP)
    receipt = do(store, "begin_ownership_transfer", cap, "bob", SESSION)
    assert receipt.claim_id == TOP
    assert run(store, "observe", 0).ok["ownership"]["next_claim_id"] == TOP
    do(store, "rollback_ownership_transfer", receipt)
    for _ in range(2):
        assert refusal(store, "begin_ownership_transfer", cap, "bob", SESSION) == exhausted("claim_id")
    do(store, "attenuate_ownership_scope", cap, SESSION)


def test_h2_the_last_witness_id_is_given_and_none_after_it() -> None:
    store, cap = at_the_top(HARDENED, next_witness_id=TOP)
    witness = do(store, "issue_readiness_witness", cap, "p")
    assert witness.witness_id == TOP
    assert run(store, "observe", 0).ok["ownership"]["next_witness_id"] == TOP
    assert refusal(store, "issue_readiness_witness", cap, "p") == exhausted("witness_id")
    assert refusal(store, "mark_owner_died", 0, "ann") == exhausted("witness_id")
    receipt = do(store, "begin_ownership_transfer", cap, "bob", SESSION)
    logs = [receipt_record(receipt, "Rejected", "counter exhausted")]
    assert refusal(store, "cancel_abandoned_transfer", receipt, logs=logs) == exhausted("witness_id")
    do(store, "consume_readiness_witness", cap, witness)
    do(store, "fault_failed_transfer_commit", receipt, "why")


@pytest.mark.parametrize("ending", ["died", "cancelled"])
def test_h2_the_last_witness_id_may_go_to_a_cancellation(ending: str) -> None:
    store, cap = at_the_top(HARDENED, next_witness_id=TOP)
    if ending == "died":
        assert do(store, "mark_owner_died", 0, "ann").witness_id == TOP
    else:
        receipt = do(store, "begin_ownership_transfer", cap, "bob", SESSION)
        assert do(store, "cancel_abandoned_transfer", receipt).witness_id == TOP


def test_h2_with_several_counters_used_up_the_generation_is_named_first() -> None:
    store, cap = at_the_top(HARDENED, next_generation=TOP + 1, next_claim_id=TOP + 1)
    assert refusal(store, "begin_ownership_transfer", cap, "bob", SESSION) == exhausted("generation")
