"""The corpus of exported Lean traces: all of it agrees, it is of today's model, and it covers the contract."""

from __future__ import annotations

from pathlib import Path

import pytest

from lean_traces.lean_bundle import model_hash
from lean_traces.reader import read_trace
from model.operations import OPERATIONS
from oracle.corpus_coverage import covered, table
from oracle.lean_export import CORPUS
from oracle.replay import replay_file

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
    },
    "hardened": {"SessionClosed", "ForeignEdge", "session already used", "session ids exhausted", "repeated role"},
}
"""All errors but two: CounterExhausted takes 2^64 operations, and "too many roles" a line of 65,537 names."""


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
    assert {operation for operation, _ in reached} == set(OPERATIONS)
    outcomes = {outcome for _, outcome in reached}
    missing = (ERRORS["telltale-17"] | ERRORS[contract]) - outcomes
    assert missing == set()


def test_the_documented_table_is_that_of_the_files() -> None:
    assert (Path(__file__).parent.parent.parent / "docs" / "corpus.md").read_text() == table()
