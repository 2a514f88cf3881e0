"""Readiness witnesses: issued, consumed once, refused with a reason (contract §2, §3)."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from telltale_conformance.model.contract import TELLTALE_17, Contract
from telltale_conformance.model.store import Store
from telltale_conformance.model.values import SESSION
from tests.model.store_world import (
    BOTH,
    TOP,
    X,
    do,
    owned,
    plain,
    refusal,
    run,
    snapshot,
    witness_record,
)

both = pytest.mark.parametrize("contract", BOTH, ids=lambda c: c.name)


def witnesses(store: Store) -> tuple[list[Any], list[int], int]:
    ownership = run(store, "observe", 0).ok["ownership"]
    return ownership["issued_readiness"], ownership["consumed_witnesses"], ownership["next_witness_id"]


@both
def test_issuing_stores_a_witness_of_the_capability(contract: Contract) -> None:
    store, cap = owned(contract)
    cap = do(store, "attenuate_ownership_scope", cap, SESSION)
    answer = run(store, "issue_readiness_witness", cap, "ready?")
    assert answer.ok == {
        "generation": 1,
        "owner_id": "ann",
        "predicate_ref": "ready?",
        "scope": "Session",
        "session_id": 0,
        "witness_id": 1,
    }
    assert answer.audit == [witness_record(answer.value, "Issued")]
    assert witnesses(store) == ([answer.ok], [], 2)


def test_under_telltale_17_a_forged_scope_reaches_log_and_witness() -> None:
    store, cap = owned()
    answer = run(store, "issue_readiness_witness", replace(cap, scope=X), "p")
    assert answer.ok["scope"] == {"Fragments": ["x"]}
    assert answer.audit[0]["artifact"]["Readiness"]["scope"] == {"Fragments": ["x"]}
    reason = "live ownership no longer matches witness"
    logs = [witness_record(answer.value, "Rejected", reason)]
    error = refusal(store, "consume_readiness_witness", cap, answer.value, logs=logs)
    assert error == {"InvalidWitness": {"session_id": 0, "witness_id": 1, "reason": reason}}
    do(store, "consume_readiness_witness", replace(cap, scope=X), answer.value)


@both
def test_consuming_moves_a_witness(contract: Contract) -> None:
    store, cap = owned(contract)
    first = do(store, "issue_readiness_witness", cap, "p")
    second = do(store, "issue_readiness_witness", cap, "p")
    before = snapshot(store)
    answer = run(store, "consume_readiness_witness", cap, second)
    assert (answer.ok, answer.audit) == (None, [witness_record(second, "Consumed")])
    assert witnesses(store) == ([plain(first)], [2], 3)
    after = snapshot(store)
    for state in (before, after):
        del state["sessions"][0]["log"]
        for part in ("issued", "consumed"):
            del state["sessions"][0]["ownership"][part]
    assert after == before
    do(store, "consume_readiness_witness", cap, first)
    assert witnesses(store) == ([], [1, 2], 3)


@both
def test_a_witness_is_consumed_once(contract: Contract) -> None:
    store, cap = owned(contract)
    witness = do(store, "issue_readiness_witness", cap, "p")
    do(store, "consume_readiness_witness", cap, witness)
    logs = [witness_record(witness, "Rejected", "witness already consumed")]
    error = refusal(store, "consume_readiness_witness", cap, witness, logs=logs)
    assert error == {"WitnessConsumed": {"session_id": 0, "witness_id": 1}}


@both
@pytest.mark.parametrize("witness_id", [0, 2, TOP])
def test_an_id_that_was_not_issued_is_refused(contract: Contract, witness_id: int) -> None:
    store, cap = owned(contract)
    witness = replace(do(store, "issue_readiness_witness", cap, "p"), witness_id=witness_id)
    reason = "witness was never issued"
    logs = [witness_record(witness, "Rejected", reason)]
    error = refusal(store, "consume_readiness_witness", cap, witness, logs=logs)
    assert error == {"InvalidWitness": {"session_id": 0, "witness_id": witness_id, "reason": reason}}


@both
def test_a_refused_witness_can_still_be_consumed(contract: Contract) -> None:
    store, cap = owned(contract)
    witness = do(store, "issue_readiness_witness", cap, "p")
    forged = replace(witness, predicate_ref="q")
    logs = [witness_record(forged, "Rejected", "witness payload mismatch")]
    refusal(store, "consume_readiness_witness", cap, forged, logs=logs)
    do(store, "consume_readiness_witness", cap, witness)


def test_under_telltale_17_witnesses_survive_release_transfer_and_attenuation() -> None:
    store, cap = owned()
    kept = plain(do(store, "issue_readiness_witness", cap, "p"))
    wide = do(store, "attenuate_ownership_scope", cap, SESSION)
    assert witnesses(store)[0] == [kept]
    receipt = do(store, "begin_ownership_transfer", wide, "bob", SESSION)
    new = do(store, "commit_ownership_transfer", receipt)
    assert witnesses(store)[0] == [kept]
    do(store, "release_ownership", new)
    assert witnesses(store)[0] == [kept]
    do(store, "claim_ownership", 0, "eve", SESSION)
    assert witnesses(store)[0] == [kept]
    do(store, "mark_owner_died", 0, "eve")
    do(store, "close", 0)
    assert witnesses(store)[0] == [kept]


def test_under_telltale_17_a_witness_of_another_generation_is_refused() -> None:
    store, cap = owned()
    witness = do(store, "issue_readiness_witness", cap, "p")
    wide = do(store, "attenuate_ownership_scope", cap, SESSION)
    reason = "live ownership no longer matches witness"
    logs = [witness_record(witness, "Rejected", reason)]
    error = refusal(store, "consume_readiness_witness", wide, witness, logs=logs)
    assert error == {"InvalidWitness": {"session_id": 0, "witness_id": 1, "reason": reason}}
    assert witnesses(store)[0] == [plain(witness)]


def test_under_telltale_17_a_witness_is_consumed_after_the_session_was_claimed_again() -> None:
    store, cap = owned()
    witness = do(store, "issue_readiness_witness", cap, "p")
    do(store, "release_ownership", cap)
    again = do(store, "claim_ownership", 0, "ann", SESSION)
    do(store, "consume_readiness_witness", again, witness)


def test_under_telltale_17_ids_repeat_at_the_top() -> None:
    store, cap = owned(TELLTALE_17)
    store.sessions[0].ownership.next_witness_id = TOP
    first = do(store, "issue_readiness_witness", cap, "p")
    second = do(store, "issue_readiness_witness", cap, "q")
    assert first.witness_id == second.witness_id == TOP
    assert witnesses(store)[0] == [plain(second)]
    logs = [witness_record(first, "Rejected", "witness payload mismatch")]
    refusal(store, "consume_readiness_witness", cap, first, logs=logs)
    do(store, "consume_readiness_witness", cap, second)
    third = do(store, "issue_readiness_witness", cap, "r")
    logs = [witness_record(third, "Rejected", "witness already consumed")]
    error = refusal(store, "consume_readiness_witness", cap, third, logs=logs)
    assert error == {"WitnessConsumed": {"session_id": 0, "witness_id": TOP}}


@both
def test_a_capability_of_another_session_spends_no_witness_of_this_one(contract: Contract) -> None:
    store, cap = owned(contract)
    do(store, "open", ("A",), {})
    other = do(store, "claim_ownership", 1, "ann", SESSION)
    witness = do(store, "issue_readiness_witness", cap, "p")
    logs = [witness_record(witness, "Rejected", "witness was never issued")]
    error = refusal(store, "consume_readiness_witness", other, witness, logs=logs)
    assert error == {"InvalidWitness": {"session_id": 1, "witness_id": 1, "reason": "witness was never issued"}}
    do(store, "consume_readiness_witness", cap, witness)
