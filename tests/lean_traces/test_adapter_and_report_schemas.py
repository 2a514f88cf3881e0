"""What the schemas of the adapter protocol, baselines, verdicts and reports take and refuse."""

from __future__ import annotations

import pytest

from tests.lean_traces.schema_world import CLAIM, STEP, accepts

# --- adapters

HELLO = {
    "protocol": 1,
    "name": "n",
    "version": "v",
    "language": "rust",
    "contract": "telltale-17",
    "ops": ["open"],
    "observes": ["audit"],
}


@pytest.mark.parametrize(
    "request_line",
    [
        {"id": 0, "op": "hello", "args": {"protocol": 1}},
        {"id": 1, "op": "reset", "args": {}},
        {"id": 2, "op": "claim_ownership", "args": CLAIM["args"]},
        {"id": 3, "op": "bye", "args": {}},
    ],
)
def test_adapter_request_is_taken(request_line: object) -> None:
    assert accepts("adapter-request", request_line)


@pytest.mark.parametrize(
    "request_line",
    [
        {"id": 0, "op": "hello", "args": {}},
        {"id": 0, "op": "hello", "args": {"protocol": 2}},
        {"id": 0, "op": "reset", "args": {"sid": 1}},
        {"id": 0, "op": "unknown", "args": {}},
        {"id": 0, "op": "session_ids"},
        {"op": "session_ids", "args": {}},
        {"id": 0, "op": "close", "args": {"sid": {"$ref": 0}}},
        {"id": 0, "op": "session_ids", "args": {}, "seq": 0},
    ],
)
def test_other_adapter_request_is_refused(request_line: object) -> None:
    assert not accepts("adapter-request", request_line)


@pytest.mark.parametrize(
    "answer",
    [
        {"ok": None},
        {"err": {"x": 1}, "audit": []},
        {"unsupported": "why"},
        {"panic": "what"},
        {"bad_request": "what"},
    ],
)
def test_adapter_answer_is_taken(answer: dict[str, object]) -> None:
    assert accepts("adapter-answer", {"id": 2, **answer})


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"ok": 1, "err": 1},
        {"panic": None},
        {"ok": 1, "audit": None},
        {"ok": 1, "more": 1},
        {"id": 2.0, "ok": 1},
    ],
)
def test_other_adapter_answer_is_refused(answer: dict[str, object]) -> None:
    assert not accepts("adapter-answer", {"id": 2, **answer})


def test_adapter_says_who_it_is() -> None:
    assert accepts("adapter-answer", {"id": 0, "ok": HELLO}, "hello")
    assert not accepts("adapter-answer", {"id": 0, "ok": {**HELLO, "protocol": 2}}, "hello")
    assert not accepts("adapter-answer", {"id": 0, "err": "no"}, "hello")


# --- baseline and report

ENTRY = {
    "fingerprint": "0" * 64,
    "op": "close",
    "class": "payload",
    "expected": "number",
    "actual": "null",
    "guard": "-",
    "place": "ok $",
    "claim": None,
    "lanes": ["corpus"],
    "owner": "o",
    "reason": "r",
    "link": None,
    "expires": "2030-01-31",
}
BASELINE = {
    "schema": "telltale-conformance/baseline",
    "version": 2,
    "scheme": 3,
    "contract": "telltale-17",
    "entries": [ENTRY],
}
DIVERGENCE = {
    "seq": 3,
    "op": "close",
    "class": "outcome",
    "expected": {"ok": None},
    "actual": {"err": "session 1 not found"},
    "guard": "G-found",
    "reason": "refused by G-found: there is no live session of that id",
}


def test_baseline_is_taken() -> None:
    assert accepts("baseline", BASELINE)
    assert accepts("baseline", {**BASELINE, "entries": []})
    assert not accepts("baseline", {**BASELINE, "scheme": 2})
    assert not accepts("baseline", {**BASELINE, "version": 1})


@pytest.mark.parametrize(
    "change",
    [
        {"expires": "2030-13-01"},
        {"expires": None},
        {"class": "wrong"},
        {"op": "wrong"},
        {"fingerprint": "0"},
        {"claim": "K19"},
        {"lanes": []},
        {"lanes": ["corpus", "corpus"]},
        {"more": 1},
    ],
)
def test_other_baseline_entry_is_refused(change: dict[str, object]) -> None:
    assert not accepts("baseline", {**BASELINE, "entries": [{**ENTRY, **change}]})


def test_trace_verdict_is_taken() -> None:
    verdict = {
        "trace": "t",
        "verdict": "diverge",
        "events": 9,
        "judged": 4,
        "uncovered": 0,
        "first_divergence": DIVERGENCE,
        "error": None,
        "kind": "trace",
        "not_judged": {},
        "not_explained": 0,
    }
    assert accepts("report", verdict, "traceVerdict")
    assert accepts("report", {**verdict, "kind": "audit-log", "not_judged": {"Publication": 3}}, "traceVerdict")
    assert not accepts("report", {**verdict, "verdict": "fine"}, "traceVerdict")


def test_claim_verdict_is_taken() -> None:
    verdict = {
        "claim": "K7",
        "contract": "hardened",
        "status": "bounded",
        "bound": 6,
        "method": "bounded search",
        "counterexample": None,
        "seconds": 0.5,
    }
    assert accepts("report", verdict, "claimVerdict")
    assert accepts("report", {**verdict, "status": "refuted", "bound": None, "counterexample": [STEP]}, "claimVerdict")
    assert not accepts("report", {**verdict, "counterexample": [CLAIM]}, "claimVerdict")


def test_report_is_taken() -> None:
    key = {name: ENTRY[name] for name in ("op", "class", "expected", "actual", "guard", "place", "claim")}
    found = {
        "fingerprint": "0" * 64,
        "stand": "new",
        "rule": "close",
        "class": key,
        "lanes": ["corpus"],
        "cases": ["corpus: t, step 3"],
        "divergence": DIVERGENCE,
        "trace": None,
        "folder": "divergences/0123456789ab",
        "ending": "minimal",
        "remark": "",
        "rate": {"times": 2, "runs": 2},
        "minimal": True,
        "program": [STEP],
        "notes": {"0": "needed"},
        "reproducers": [{"title": "Shell", "text": "true"}],
    }
    lane = {
        "lane": "corpus",
        "verdict": "diverge",
        "why_not_run": None,
        "complete": True,
        "evidence": [
            {"kind": "traces", "planned": 2, "shown": 1, "against": 1, "missing": 0, "missing_ones": []},
        ],
        "cases": 1,
        "judged": 4,
        "uncovered": 0,
        "not_judged": 0,
        "at_limit": 0,
        "skipped": 0,
        "faults": 0,
        "seconds": 1,
        "figures": {"states": 3},
        "claims": {"K1": {"status": "kept", "occasions": 3}},
        "notes": [],
        "unsupported": ["send"],
        "coverage": [["close", "ok", "claimed", "-", "-"]],
    }
    test = {"name": "near-miss", "verdict": "shown", "shown_on": "2030-01-31", "remembered": True, "result": lane}
    kinds = ("restricted_to", "lanes_not_run", "lanes_not_in_full", "operations_not_offered", "operations_unsupported")
    more = ("operations_not_judged", "claims_not_judged", "not_compared", "self_tests_not_shown", "words")
    nothing: dict[str, list[str]] = {kind: [] for kind in (*kinds, *more)}
    report = {
        "schema": "telltale-conformance/report",
        "version": 2,
        "harness": "0.1.0",
        "verdict": "diverge",
        "headline": "h",
        "last_line": "diverge: 4 answers judged",
        "exit_code": 1,
        "complete": True,
        "cut_short": None,
        "contract": "telltale-17",
        "level": "state",
        "seed": 0,
        "effort": "quick",
        "cases": None,
        "time_limit": 60,
        "seconds": 1.5,
        "command": None,
        "configured": None,
        "implementation": HELLO,
        "lanes": [lane],
        "self_tests": [test],
        "required": {"by": "the baseline", "operations": ["close", "open"], "lacking": ["open"]},
        "not_covered": nothing | {"lanes_not_run": ["graph"], "words": ["lanes not run: graph"]},
        "findings": [found],
        "coverage": {"close": {"ok": 1}},
        "claims": {"K1": {"status": "kept", "occasions": 3}},
        "baseline": {
            "path": "known.json",
            "new": ["0" * 64],
            "known": [],
            "stale": [],
            "expired": [],
            "unobserved": ["1" * 64],
        },
    }
    assert accepts("report", report)
    assert accepts("report", {**report, "required": None, "cases": 40, "time_limit": None})
    assert accepts("report", {**report, "baseline": None, "complete": False, "cut_short": "interrupted by SIGINT"})
    for change in (
        {"exit_code": 4},
        {"lanes": [{**lane, "verdict": "fine"}]},
        {"findings": [{**found, "stand": "old"}]},
        {"findings": [{**found, "ending": "smaller"}]},
        {"findings": [{**found, "folder": "../elsewhere"}]},
        {"findings": [{**found, "rate": 0.5}]},
        {"claims": {"K19": "kept"}},
        {"claims": {"K": {"status": "kept", "occasions": 3}}},
        {"effort": "huge"},
        {"self_tests": [{**test, "verdict": "agree"}]},
        {"not_covered": {"words": []}},
        {"more": 1},
    ):
        assert not accepts("report", {**report, **change})
