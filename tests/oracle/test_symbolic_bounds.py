"""K3, K8 and K19 of telltale-17 hold below the counters' bound and fail at it; the bounds reported are exact."""

from __future__ import annotations

from dataclasses import replace

from telltale_conformance.oracle.claims.monitors import Monitors
from telltale_conformance.oracle.reference.run import ReferenceRun
from telltale_conformance.oracle.symbolic.agreement.snapshot import Snapshot, install
from telltale_conformance.oracle.symbolic.claims.identity import K3, K8
from telltale_conformance.oracle.symbolic.claims.transfers import K19
from telltale_conformance.oracle.symbolic.proof.induction import find_gap
from telltale_conformance.oracle.symbolic.proof.solving import Limits
from telltale_conformance.oracle.symbolic.statement.state import Contract
from telltale_conformance.oracle.symbolic.statement.terms import LAST

OLD = Contract.TELLTALE_17


def owned(generation: int, next_witness_id: int = 1, next_claim_id: int = 1) -> ReferenceRun:
    live = {"session_id": 0, "owner_id": "alice", "generation": generation, "scope": "Session"}
    state = Snapshot(current=live, next_witness_id=next_witness_id, next_claim_id=next_claim_id)
    return ReferenceRun("telltale-17", install(state, "telltale-17"))


def test_one_more_operation_than_the_bound_is_not_provable() -> None:
    for claim, bound in ((K3, 2**64 + 1), (K8, 2**64 + 2), (K19, 2**65)):
        assert claim.horizon is not None
        assert claim.horizon[OLD] == bound
        further = replace(claim, horizon={OLD: bound + 1})
        gap = find_gap(further, OLD, Limits())
        assert gap is not None
        assert gap.part == "claim"


def test_at_the_bound_witness_ids_repeat_on_the_reference() -> None:
    run, monitors = owned(0, next_witness_id=LAST), Monitors()
    monitors.feed({"seq": 0, "op": "open", "args": {"roles": ["A", "B"], "initial_types": {}}, "ok": 0})
    args = {"capability": {"session_id": 0, "owner_id": "alice", "generation": 0, "scope": "Session"}}
    violations = []
    for seq in (1, 2):
        event = run.perform(seq, "issue_readiness_witness", {**args, "predicate_ref": "p"})
        assert event["ok"]["witness_id"] == LAST
        violations += monitors.feed(event)
    assert [(violation.claim, violation.seq) for violation in violations if violation.claim == "K3"] == [("K3", 2)]


def test_at_the_bound_a_commit_leaves_the_generation_and_the_old_capability_live() -> None:
    run, monitors = owned(LAST), Monitors()
    monitors.feed({"seq": 0, "op": "open", "args": {"roles": ["A", "B"], "initial_types": {}}, "ok": 0})
    cap = {"session_id": 0, "owner_id": "alice", "generation": LAST, "scope": "Session"}
    begun = {"capability": cap, "new_owner_id": "alice", "new_scope": "Session"}
    receipt = run.perform(1, "begin_ownership_transfer", begun)["ok"]
    event = run.perform(2, "commit_ownership_transfer", {"receipt": receipt})
    assert event["ok"]["generation"] == LAST
    assert any(violation.claim == "K8" for violation in monitors.feed(event))
    assert "ok" in run.perform(3, "validate_ownership_capability", {"capability": cap})


def test_at_the_bound_claim_ids_repeat_and_a_receipt_is_used_again() -> None:
    run, monitors = owned(0, next_claim_id=LAST), Monitors()
    monitors.feed({"seq": 0, "op": "open", "args": {"roles": ["A", "B"], "initial_types": {}}, "ok": 0})
    live = {"session_id": 0, "owner_id": "alice", "generation": 0, "scope": "Session"}
    begin = {"capability": live, "new_owner_id": "bob", "new_scope": "Session"}
    violations, given = [], []
    for seq in (1, 3):
        event = run.perform(seq, "begin_ownership_transfer", begin)
        given.append(event["ok"])
        violations += monitors.feed(event)
        violations += monitors.feed(run.perform(seq + 1, "rollback_ownership_transfer", {"receipt": given[-1]}))
    assert given[0] == given[1]
    assert given[0]["claim_id"] == LAST
    assert [violation.seq for violation in violations if violation.claim == "K19"] == [3, 4]


def test_hardened_refuses_at_the_bound() -> None:
    live = {"session_id": 0, "owner_id": "alice", "generation": LAST, "scope": "Session"}
    state = Snapshot(current=live, next_generation=LAST + 1, next_witness_id=LAST + 1)
    run = ReferenceRun("hardened", install(state, "hardened"))
    refused = run.perform(1, "issue_readiness_witness", {"capability": live, "predicate_ref": "p"})
    assert refused["err"] == {"CounterExhausted": {"session_id": 0, "counter": "witness_id"}}
    begun = {"capability": live, "new_owner_id": "bob", "new_scope": "Session"}
    refused = run.perform(2, "begin_ownership_transfer", begun)
    assert refused["err"] == {"CounterExhausted": {"session_id": 0, "counter": "generation"}}
