"""The corpus of exported Lean traces: all of it agrees, it is of today's model, and it covers the contract."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from pathlib import Path

import pytest

from telltale_conformance.lean_traces.lean_bundle import model_hash
from telltale_conformance.lean_traces.lean_program import LEAN_OPERATIONS
from telltale_conformance.lean_traces.reader import read_trace
from telltale_conformance.lean_traces.shipped import CORPUS
from telltale_conformance.model.contract import CONTRACTS, Contract
from telltale_conformance.oracle.reference.replay import replay_file
from tests.oracle.lane_world import ROOT
from tests.wrong_stores.rules import RULES
from tools.corpus_coverage import covered, table

TRACES = sorted(CORPUS.glob("*.jsonl.gz"))

ERRORS = {
    "telltale-17": {
        "SessionNotFound",
        "AlreadyClaimed",
        "Unclaimed",
        "StaleCapability",
        "ScopeViolation",
        "TransferPending",
        "TransferNotPending",
        "ReceiptMismatch",
        "InvalidWitness",
        "WitnessConsumed",
        "Terminal",
        "NoBranch",
        "session not found",
        "no buffer",
        "missing sid",
        "invalid edge json",
        "clock",
        "signature verification failed",
    },
    "hardened": {
        "SessionClosed",
        "ForeignEdge",
        "session already used",
        "session ids exhausted",
        "repeated role",
        "sequence number",
    },
}
"""All errors but two: CounterExhausted takes 2^64 operations, and a limit is beyond what the harness sends."""


def test_there_are_at_least_300_traces_and_all_agree() -> None:
    results = [replay_file(path) for path in TRACES]
    assert len(results) >= 300
    assert [result for result in results if result.verdict != "agree"] == []


def test_every_trace_names_the_model_that_answered() -> None:
    expected = model_hash()
    for path in TRACES:
        header, _ = next(read_trace(path))
        assert (header.source.kind, header.source.version) == ("lean", expected), path.name


@pytest.mark.parametrize("contract", ["telltale-17", "hardened"])
def test_every_operation_and_error_is_covered(contract: str) -> None:
    counts, _ = covered()
    reached = {(operation, outcome) for given, operation, outcome in counts if given == contract}
    assert {operation for operation, _ in reached} == LEAN_OPERATIONS
    outcomes = {outcome for _, outcome in reached}
    missing = (ERRORS["telltale-17"] | ERRORS[contract]) - outcomes
    assert missing == set()


def test_the_documented_table_is_that_of_the_files() -> None:
    assert (Path(__file__).parent.parent.parent / "docs" / "generated" / "corpus.md").read_text() == table()


CAPABILITY_OPERATIONS = {
    "apply_owned_session_mutation",
    "attenuate_ownership_scope",
    "begin_ownership_transfer",
    "consume_readiness_witness",
    "issue_readiness_witness",
    "release_ownership",
    "validate_ownership_capability",
}
READS = {"authority_audit_log", "current_ownership", "observe"}
SHOWN_BY = {
    "generation_is_not_compared": CAPABILITY_OPERATIONS,
    "owner_is_not_compared": CAPABILITY_OPERATIONS,
    "scope_of_the_given_capability_decides": {"issue_readiness_witness"},
    "pending_transfer_does_not_stop_a_release": {"release_ownership"},
    "receipt_is_matched_by_claim_id_alone": {"commit_ownership_transfer", "rollback_ownership_transfer"},
    "terminal_is_checked_after_the_owner": {"validate_ownership_capability"},
    "claim_goes_on_counting_generations": {"claim_ownership"},
    "rejected_receipt_is_not_logged": {"commit_ownership_transfer"},
    "rollback_clears_the_owner": CAPABILITY_OPERATIONS | READS,
    "begin_does_not_count_claims": {"begin_ownership_transfer", "observe"},
    "attenuation_keeps_the_generation": {"attenuate_ownership_scope"},
    "transfer_grants_the_givers_scope": {"commit_ownership_transfer"},
    "death_keeps_the_pending_transfer": {"observe"},
    "cancelling_reuses_witness_ids": {"observe"},
    "failed_commit_is_cancelled": {"observe", "reap_closed", "reap_sessions"},
    "witness_is_consumed_twice": {"consume_readiness_witness", "observe"},
    "witness_outlives_its_generation": {"consume_readiness_witness"},
    "witness_payload_is_not_compared": {"consume_readiness_witness"},
    "handler_of_an_unknown_role_is_found": {"lookup_handler"},
    "lookup_falls_back_to_the_default_handler": {"lookup_handler"},
    "empty_trace_is_not_stored": {"lookup_trace"},
    "close_does_not_count_epochs": {"observe", "reap_closed", "reap_sessions"},
    "close_keeps_edge_traces": {"lookup_trace", "observe"},
    "reaping_takes_the_order_of_ids": {"reap_sessions"},
    "reopened_sid_keeps_the_log": {"authority_audit_log", "observe"},
    "memory_counts_ended_sessions_as_active": {"active_count", "memory_usage"},
    "repeated_role_takes_its_first_id": {"plan", "observe"},
    "first_of_repeated_labels_counts": {"lookup_branch_resolution", "advance"},
    "advancing_keeps_the_original": {"advance", "observe", "original_type"},
    "variable_of_another_name_is_kept": {"unfold_if_var", "unfold_if_var_with_scope", "advance"},
    "resize_stops_at_its_maximum": {"send", "observe"},
    "dropping_buffer_loses_the_oldest": {"recv"},
    "has_message_needs_two": {"has_message"},
    "hint_wins_over_the_sid": {"decode_edge_json"},
    "timeouts_expire_after_their_tick": {"advance_clock", "runtime_audit_log"},
    "expired_timeouts_come_in_order_of_issue": {"advance_clock", "runtime_audit_log"},
}
"""Where a change of the reference shows first: in the operation that it changes, or in what reads its effect."""


@pytest.mark.parametrize("rule", ["correct", *RULES])
def test_a_changed_reference_differs_from_the_models_answers_where_it_was_changed(rule: str) -> None:
    command = [sys.executable, "-m", "tests.oracle.changed_reference", rule]
    named = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
    assert named in SHOWN_BY.get(rule, {"nothing"})


UNREACHABLE_RULES = {"h2": "takes 2^64 operations", "h16": "no operation makes a bad signature"}
RULES_H = [field.name for field in dataclasses.fields(Contract) if field.name not in {"name", *UNREACHABLE_RULES}]


@pytest.mark.parametrize("contract", ["telltale-17", "hardened"])
@pytest.mark.parametrize("rule", RULES_H)
def test_a_reference_with_one_rule_of_the_other_contract_differs_from_the_models_answers(
    rule: str, contract: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = CONTRACTS[contract]
    changed = dataclasses.replace(right, **{rule: not getattr(right, rule)})
    monkeypatch.setitem(CONTRACTS, contract, changed)
    paths = (path for path in TRACES if path.name.startswith(contract))
    assert any(replay_file(path).verdict == "diverge" for path in paths)
