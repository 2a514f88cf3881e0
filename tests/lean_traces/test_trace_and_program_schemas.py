"""What the schemas of traces and programs take and refuse."""

from __future__ import annotations

from typing import Any

import pytest

from tests.lean_traces.schema_world import CAP, CLAIM, END, HEADER, NOT_INTEGERS, OPEN, STEP, accepts, with_args

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
    assert accepts("trace-event", {**OPEN, "args": {**OPEN["args"], "buffer_config": config}})


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
