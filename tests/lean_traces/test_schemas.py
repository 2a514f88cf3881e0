"""The schemas are sound, say what the formats demand, and take every recording."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from telltale_conformance.lean_traces import schemas
from telltale_conformance.lean_traces.schemas import UnknownSchema, validator
from telltale_conformance.model.operations import OPERATIONS
from tests import trace_files
from tools.program_schema import printed, program_schema

RECORDINGS = sorted(trace_files.RECORDINGS.glob("*.jsonl.gz"))
SAMPLE = [path for index, path in enumerate(RECORDINGS) if index % 5 == 0 or path.name.startswith("corner")]

CAP = {"generation": 0, "owner_id": "a", "scope": "Session", "session_id": 0}
CLAIM = {
    "seq": 0,
    "op": "claim_ownership",
    "args": {"sid": 0, "owner_id": "a", "scope": "Session"},
    "ok": CAP,
    "audit": [],
}
OPEN = {"seq": 0, "op": "open", "args": {"roles": ["A"], "initial_types": {"A": "End"}}, "ok": 0}
HEADER = {
    "schema": "telltale-conformance/trace",
    "version": 1,
    "source": {"kind": "reference", "name": "n", "version": "v"},
    "contract": "telltale-17",
    "observes": ["audit"],
    "meta": {},
}
END = {"end": True, "events": 0, "digest": "sha256:" + "0" * 64}
NOT_INTEGERS: list[Any] = [1.0, -1, 2**64, float(2**64), True, "1", None, [1], {}]


def accepts(name: str, document: Any, definition: str | None = None) -> bool:
    return bool(validator(name, definition).is_valid(document))


def with_args(**args: Any) -> dict[str, Any]:
    return {**CLAIM, "args": {**CLAIM["args"], **args}}  # type: ignore[dict-item] # CLAIM's values are mixed


# --- the files


@pytest.mark.parametrize("name", schemas.NAMES)
def test_schema_is_valid_under_its_own_dialect(name: str) -> None:
    Draft202012Validator.check_schema(schemas.load(name))


@pytest.mark.parametrize("name", schemas.NAMES)
def test_schema_has_identity_title_and_description(name: str) -> None:
    schema = schemas.load(name)
    assert schema["$id"].endswith(f"/{name}.json")
    assert schema["title"]
    assert schema["description"]


def test_every_file_is_named_and_every_name_has_a_file() -> None:
    folder = Path(schemas.__file__).parent / "schemas"
    assert sorted(path.stem for path in folder.glob("*.json")) == list(schemas.NAMES)


@pytest.mark.parametrize("name", schemas.NAMES)
def test_every_reference_resolves(name: str) -> None:
    for reference in references(schemas.load(name)):
        file, _, pointer = reference.partition("#")
        target = schemas.load(file.removesuffix(".json") or name)
        for step in pointer.removeprefix("/").split("/") if pointer else []:
            target = target[step]
        assert isinstance(target, dict)


@pytest.mark.parametrize("name", schemas.NAMES)
def test_every_definition_can_be_validated_against(name: str) -> None:
    for definition in schemas.load(name).get("$defs", {}):
        assert not accepts(name, object(), definition)


def test_operations_are_those_of_the_model() -> None:
    schema = schemas.load("operations")
    assert schema["properties"]["op"]["enum"] == list(OPERATIONS)
    assert list(schema["$defs"]) == list(OPERATIONS)
    for name, operation in OPERATIONS.items():
        assert set(schema["$defs"][name]["properties"]) == {parameter.rstrip("_") for parameter in operation.parameters}


def test_program_schema_is_derived_from_operations_and_domain() -> None:
    derived = printed(program_schema())
    assert schemas.text("program") == derived, "run python -m tools.program_schema"


def test_unknown_schema_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(UnknownSchema, match=r"'trace': there are adapter-answer, .*trace-header"):
        schemas.load("trace")


def test_unknown_definition_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(UnknownSchema, match="does not define 'Nothing': it defines U64"):
        validator("domain", "Nothing")
    with pytest.raises(UnknownSchema, match="it defines nothing"):
        validator("trace-end", "Nothing")


def test_a_loaded_schema_belongs_to_the_caller() -> None:
    schemas.load("domain").clear()
    assert schemas.load("domain")


def test_validators_are_made_once() -> None:
    assert validator("trace-event") is validator("trace-event")


# --- integers and other kinds


@pytest.mark.parametrize("number", [0, 1, 2**63, 2**64 - 1])
def test_u64_takes_every_unsigned_64_bit_integer(number: int) -> None:
    assert accepts("domain", number, "U64")


@pytest.mark.parametrize("value", NOT_INTEGERS)
def test_u64_takes_nothing_else(value: object) -> None:
    assert not accepts("domain", value, "U64")


@pytest.mark.parametrize("version", [1.0, True, 2, 0, "1", None])
def test_version_is_the_integer_one(version: object) -> None:
    assert not accepts("trace-header", {**HEADER, "version": version})


# --- traces


def test_header_is_taken() -> None:
    assert accepts("trace-header", HEADER)
    assert accepts("trace-header", {**HEADER, "observes": [], "contract": "another"})


@pytest.mark.parametrize("field", HEADER)
def test_header_needs_every_field(field: str) -> None:
    assert not accepts("trace-header", {name: value for name, value in HEADER.items() if name != field})


@pytest.mark.parametrize(
    "change",
    [
        {"more": 1},
        {"schema": "telltale-conformance/program"},
        {"source": {"kind": "person", "name": "n", "version": "v"}},
        {"source": {"kind": "lean", "name": "n"}},
        {"source": {"kind": "lean", "name": "n", "version": "v", "more": 1}},
        {"contract": 17},
        {"observes": ["state"]},
        {"observes": ["audit", "audit"]},
        {"observes": "audit"},
    ],
)
def test_header_takes_nothing_else(change: dict[str, object]) -> None:
    assert not accepts("trace-header", {**HEADER, **change})


@pytest.mark.parametrize("event", [CLAIM, OPEN])
@pytest.mark.parametrize("answer", [None, 0, False, "", [], {"wrong": "shape"}])
def test_event_leaves_the_answer_open(event: dict[str, Any], answer: object) -> None:
    assert accepts("trace-event", {**event, "ok": answer})
    refused = {**event, "err": answer, "audit": [answer]}
    del refused["ok"]
    assert accepts("trace-event", refused)


@pytest.mark.parametrize(
    "event",
    [
        {**CLAIM, "err": None},
        {name: value for name, value in CLAIM.items() if name != "ok"},
        {**CLAIM, "more": 1},
        {**CLAIM, "audit": None},
        {**CLAIM, "audit": {}},
        {**CLAIM, "op": "steal_ownership"},
        {**CLAIM, "op": None},
        {**CLAIM, "args": []},
        {**CLAIM, "seq": -1},
        {**CLAIM, "seq": 0.0},
        with_args(more=1),
        with_args(sid=0.0),
        with_args(owner_id=None),
        with_args(scope="session"),
        with_args(scope={"Fragments": [1]}),
        with_args(scope={"Fragments": [], "Session": []}),
        with_args(scope={}),
        with_args(**{"$ref": 0}),
        with_args(owner_id={"$ref": 0}),
    ],
)
def test_event_is_closed(event: dict[str, Any]) -> None:
    assert not accepts("trace-event", event)


@pytest.mark.parametrize("field", ["seq", "op", "args"])
def test_event_needs_every_field(field: str) -> None:
    assert not accepts("trace-event", {name: value for name, value in CLAIM.items() if name != field})


@pytest.mark.parametrize("fragments", [[], ["b", "a"], ["a", "a"]])
def test_fragments_are_read_in_any_order(fragments: list[str]) -> None:
    assert accepts("trace-event", with_args(scope={"Fragments": fragments}))


@pytest.mark.parametrize(
    "config", [None, {"mode": "Fifo", "initial_capacity": 1, "policy": {"Resize": {"max_capacity": 2}}}]
)
def test_optional_arguments_may_be_null(config: object) -> None:
    assert accepts("trace-event", {**OPEN, "args": {**OPEN["args"], "buffer_config": config}})  # type: ignore[dict-item] # mixed values


def test_other_arguments_may_not_be_null() -> None:
    assert not accepts("trace-event", {**OPEN, "args": {"roles": None, "initial_types": {}}})


@pytest.mark.parametrize("value", [None, 1, "x", [], {"sid": 1.5}, {"$ref": 1}])
def test_edge_json_may_be_anything(value: object) -> None:
    assert accepts("trace-event", {"seq": 0, "op": "decode_edge_json", "args": {"value": value}, "ok": 0})


def test_end_is_taken() -> None:
    assert accepts("trace-end", END)


@pytest.mark.parametrize(
    "change",
    [
        {"end": 1},
        {"end": False},
        {"events": 1.0},
        {"events": -1},
        {"digest": "sha256:" + "0" * 63},
        {"digest": "sha256:" + "A" * 64},
        {"digest": "sha256:" + "0" * 64 + "\n"},
        {"digest": None},
        {"more": 1},
    ],
)
def test_end_takes_nothing_else(change: dict[str, object]) -> None:
    assert not accepts("trace-end", {**END, **change})


# --- domain values


@pytest.mark.parametrize(
    ("definition", "value"),
    [
        ("LocalType", {"Send": {"partner": "B", "branches": []}}),
        ("LocalType", {"Recv": {"partner": "B", "branches": [[{"name": "m"}, None, {"Var": "t"}]]}}),
        ("LocalType", {"Mu": {"var": "t", "body": {"Var": "t"}}}),
        ("LeanLocalType", {"kind": "rec", "var": "t", "body": {"kind": "var", "name": "t"}}),
        (
            "LeanLocalType",
            {
                "kind": "send",
                "partner": "B",
                "branches": [{"label": {"name": "m", "sort": {"vector": 1}}, "continuation": {"kind": "end"}}],
            },
        ),
        ("PayloadSort", {"Prod": [{"Vector": 3}, "Real"]}),
        ("ValType", {"Prod": [{"Chan": {"sid": 0, "role": "A"}}, "Nat"]}),
        ("Value", {"Prod": [{"Str": ""}, {"Bool": False}]}),
        ("Value", {"Endpoint": {"sid": 0, "role": "A"}}),
        ("SessionStatus", {"Faulted": {"reason": ""}}),
        ("OwnershipError", {"Terminal": {"session_id": 0, "reason": {"OwnerDied": {"owner_id": "a"}}}}),
        (
            "AuthorityAuditRecord",
            {
                "tick": 3,
                "artifact": {"Timeout": {"witness_id": 0, "site": "s", "issued_at_tick": 0, "until_tick": 9}},
                "event": "Expired",
                "reason": None,
            },
        ),
        (
            "SessionHostMutation",
            {"UpdateTrace": {"edge": {"sid": 0, "sender": "A", "receiver": "B"}, "trace": ["Nat"]}},
        ),
    ],
)
def test_domain_value_is_taken(definition: str, value: object) -> None:
    assert accepts("domain", value, definition)


@pytest.mark.parametrize(
    ("definition", "value"),
    [
        ("LocalType", "end"),
        ("LocalType", {"End": {}}),
        ("LocalType", {"Send": {"partner": "B"}}),
        ("LocalType", {"Send": {"partner": "B", "branches": [[{"name": "m"}, None]]}}),
        ("LocalType", {"Send": {"partner": "B", "branches": [[{"name": "m"}, None, "End", "End"]]}}),
        ("LocalType", {"Send": {"partner": "B", "branches": [["m", None, "End"]]}}),
        ("LocalType", {"Mu": {"var": "t", "body": "End"}, "Var": "t"}),
        ("LocalType", {"kind": "end"}),
        ("LeanLocalType", "End"),
        ("LeanLocalType", {"kind": "end", "name": "t"}),
        ("PayloadSort", {"Prod": ["Nat"]}),
        ("PayloadSort", "nat"),
        ("ValType", "Real"),
        ("Value", {"Nat": 1.0}),
        ("Value", {"Bool": 1}),
        ("Value", "Nat"),
        ("SessionStatus", "Faulted"),
        ("OwnershipError", "Unclaimed"),
        (
            "AuthorityAuditRecord",
            {"artifact": {"Readiness": CAP}, "event": "Issued", "reason": None, "tick": None},
        ),
        ("Label", {"name": "m", "sort": None}),
        ("BufferConfig", {"mode": "Fifo", "initial_capacity": 1}),
    ],
)
def test_other_value_is_refused(definition: str, value: object) -> None:
    assert not accepts("domain", value, definition)


# --- programs

STEP = {"seq": 4, "op": "release_ownership", "args": {"capability": CAP}}


@pytest.mark.parametrize(
    "capability",
    [
        CAP,
        {"$ref": 3},
        {"$ref": 3, "set": {"scope": "Session", "owner_id": {"$ref": 1}}},
        {**CAP, "session_id": {"$ref": 0}},
        {**CAP, "scope": {"Fragments": [{"$ref": 0}]}},
    ],
)
def test_reference_may_stand_for_any_value(capability: object) -> None:
    assert accepts("program", {**STEP, "args": {"capability": capability}})


@pytest.mark.parametrize(
    "capability",
    [
        {"$ref": -1},
        {"$ref": 1.0},
        {"$ref": "3"},
        {"$ref": 3, "more": 1},
        {"$ref": 3, "set": []},
        {"set": {}},
        {**CAP, "$ref": 3},
        {**CAP, "generation": 1.0},
        None,
    ],
)
def test_malformed_reference_is_refused(capability: object) -> None:
    assert not accepts("program", {**STEP, "args": {"capability": capability}})


def test_reference_may_stand_for_a_part_of_a_type() -> None:
    branch = [{"$ref": 0}, {"$ref": 1}, {"Mu": {"var": "t", "body": {"$ref": 2}}}]
    roles = {"A": {"Send": {"partner": {"$ref": 3}, "branches": [branch, {"$ref": 4}]}}, "B": {"$ref": 5}}
    step = {
        "seq": 9,
        "op": "open",
        "args": {"roles": ["A", {"$ref": 6}], "initial_types": roles, "buffer_config": {"$ref": 7}},
    }
    assert accepts("program", step)


def test_a_role_may_be_called_ref() -> None:
    step = {"seq": 0, "op": "plan", "args": {"roles": ["$ref"], "initial_types": {"$ref": "End"}}}
    assert accepts("program", step)


@pytest.mark.parametrize(
    "line",
    [
        {"seq": {"$ref": 0}, "op": "session_ids", "args": {}},
        {"seq": 0, "op": {"$ref": 0}, "args": {}},
        {"seq": 1, "op": "session_ids", "args": {"$ref": 0}},
        {"seq": 1, "op": "session_ids", "args": {}, "ok": []},
        {"schema": "telltale-conformance/program", "version": 1, "contract": "telltale-17"},
        {"end": True, "steps": 1, "digest": "sha256:" + "0" * 64},
        {"end": True},
        {},
        [],
    ],
)
def test_other_line_of_a_program_is_refused(line: object) -> None:
    assert not accepts("program", line)


def test_header_and_end_of_a_program_are_taken() -> None:
    header = {
        "schema": "telltale-conformance/program",
        "version": 1,
        "contract": "telltale-17",
        "meta": {"seed": 3},
    }
    assert accepts("program", header)
    assert accepts("program", {"end": True, "steps": 0})


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


# --- recordings

RESULTS = {
    **dict.fromkeys(("open", "open_with_sid", "active_count", "live_count", "next_session_id"), "U64"),
    **dict.fromkeys(("closed_session_ids", "session_ids"), "[U64]"),
    **dict.fromkeys(("reap_closed", "reap_sessions", "archived_closed"), "[ClosedSessionSummary]"),
    **dict.fromkeys(
        ("claim_ownership", "commit_ownership_transfer", "attenuate_ownership_scope"), "OwnershipCapability"
    ),
    **dict.fromkeys(("mark_owner_died", "cancel_abandoned_transfer"), "CancellationWitness"),
    **dict.fromkeys(("lookup_type", "original_type"), "LocalType?"),
    **dict.fromkeys(("unfold_mu", "unfold_if_var"), "LocalType"),
    "memory_usage": "MemoryUsage",
    "plan": "OpenPlan",
    "begin_ownership_transfer": "OwnershipReceipt",
    "issue_readiness_witness": "ReadinessWitness",
    "current_ownership": "OwnershipCapability?",
    "authority_audit_log": "[AuthorityAuditRecord]?",
    "lookup_handler": "Text?",
    "default_handler_for_session": "Text?",
    "lookup_trace": "[ValType]?",
    "lookup_branch_resolution": "BranchResolution?",
    "advance": "AdvanceResult",
    "unfold_if_var_with_scope": "[LocalType?]",
    "send": "EnqueueResult",
    "recv": "Value?",
    "observe": "SessionState",
    "decode_edge_json": "Edge",
}
"""What an operation answers: a definition of ``domain``, [several], or (?) null too; else null or a truth."""


def shaped(value: object, shape: str) -> bool:
    """Say whether a recorded answer is what the table names."""
    if shape.endswith("?"):
        return value is None or shaped(value, shape[:-1])
    if shape.startswith("["):
        return isinstance(value, list) and all(shaped(element, shape[1:-1]) for element in value)
    return accepts("domain", value, shape)


def lines(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def references(schema: object) -> Iterator[str]:
    """Yield the targets of all ``$ref`` keywords in a schema."""
    if isinstance(schema, list):
        for part in schema:
            yield from references(part)
    elif isinstance(schema, dict):
        for keyword, part in schema.items():
            if keyword == "$ref" and isinstance(part, str):
                yield part
            else:
                yield from references(part)


@pytest.mark.parametrize("path", SAMPLE, ids=lambda path: path.name)
def test_recording_is_taken_and_its_answers_are_domain_values(path: Path) -> None:
    header, *events, end = lines(path)
    validator("trace-header").validate(header)
    validator("trace-end").validate(end)
    for event in events:
        validator("trace-event").validate(event)
        for record in event["audit"]:
            validator("domain", "AuthorityAuditRecord").validate(record)
        op = event["op"]
        if "ok" in event:
            assert shaped(event["ok"], RESULTS[op]) if op in RESULTS else event["ok"] in (None, True, False)
        elif not isinstance(event["err"], str):
            validator("domain", "AdvanceError" if op == "advance" else "OwnershipError").validate(event["err"])


def test_there_are_recordings() -> None:
    assert len(RECORDINGS) == 146
