"""Claims on an audit log alone: kept on occasions, implied and not shown, or broken."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from telltale_conformance.lean_traces.limits import DEFAULT_LIMITS
from telltale_conformance.lean_traces.telltale.audit_logs import AuditLogReader
from telltale_conformance.lean_traces.telltale.documents import recognise
from telltale_conformance.lean_traces.telltale.json_stream import JsonStream
from telltale_conformance.oracle.telltale.judging import judge_document
from telltale_conformance.oracle.telltale.log_events import LogClaims
from telltale_conformance.oracle.telltale.logs import judge_logs
from telltale_conformance.oracle.verdict.compare import Level
from tests.oracle.log_records import BEGUN, COMMIT, CONSUMED, DEATH, ISSUED, READY, RELEASED


def claims_of(*records: Any) -> dict[str, tuple[str, int]]:
    watched = LogClaims()
    stream = JsonStream(io.BytesIO(json.dumps(records).encode()), "log.json", DEFAULT_LIMITS)
    judge_logs(AuditLogReader(stream, "authority_audit_log"), "log.json", "telltale-17", Level.state, watched.see)
    return {claim: (verdict.verdict, verdict.occasions) for claim, verdict in watched.claims().items()}


def changed(record: dict[str, Any], **fields: Any) -> dict[str, Any]:
    ((kind, artifact),) = record["artifact"].items()
    return {**record, "artifact": {kind: {**artifact, **fields}}}


def test_claims_are_kept_on_a_log_with_their_occasions() -> None:
    found = claims_of(ISSUED, READY, CONSUMED, BEGUN, *COMMIT)
    assert set(found) == {"K1", "K2", "K3", "K7", "K8", "K9", "K12"}
    assert found["K8"] == ("kept", 1)
    assert found["K7"] == ("not judged", 0)
    assert found["K12"] == ("not judged", 0)  # the state beside the log is inferred from it
    assert found["K9"] == ("not judged", 0)


def test_what_a_log_only_implies_of_a_claim_is_counted_and_noted(tmp_path: Path) -> None:
    path = tmp_path / "log.json"
    path.write_text(json.dumps([ISSUED, BEGUN, *COMMIT]))
    result, claims = judge_document(path, recognise(path), claims=True)
    assert result.notes == (
        "claim K12 audit-completeness is implied on 3 operations, not shown: "
        "the state beside the log is inferred from the log",
    )
    assert claims is not None
    assert claims["K12"].verdict == "not judged"
    path.write_text(json.dumps(BROKEN["K12"]))
    _, claims = judge_document(path, recognise(path), claims=True)
    assert claims is not None
    assert (claims["K12"].verdict, claims["K12"].occasions) == ("broken", len(claims["K12"].violations))


BROKEN = {
    "K1": [ISSUED, RELEASED, ISSUED, READY],
    "K2": [ISSUED, READY, RELEASED, ISSUED, CONSUMED],
    "K3": [ISSUED, READY, READY],
    "K7": [ISSUED, BEGUN, changed(BEGUN, claim_id=2)],
    "K8": [ISSUED, BEGUN, *COMMIT[:2], changed(COMMIT[2], generation=0)],
    "K9": [*DEATH, ISSUED],
    "K12": [ISSUED, BEGUN, *DEATH[1:]],
}


@pytest.mark.parametrize("claim", BROKEN)
def test_a_claim_broken_on_a_log_is_reported_whether_or_not_the_log_is_one_of_the_contract(claim: str) -> None:
    assert claims_of(*BROKEN[claim])[claim][0] == "broken"
