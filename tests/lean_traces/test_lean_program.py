"""Programs in the line form: what is refused by name, and what the tokens are."""

from __future__ import annotations

from typing import Any

import pytest

from telltale_conformance.lean_traces.lean_answer import as_lean_escapes, decode_answer
from telltale_conformance.lean_traces.lean_errors import LeanProgramRefused
from telltale_conformance.lean_traces.lean_program import NESTING, encode_request, in_lean
from telltale_conformance.lean_traces.printing import encode
from telltale_conformance.lean_traces.programs import Program, Step


def program(*steps: tuple[str, dict[str, Any]], contract: str = "telltale-17") -> Program:
    return Program(contract=contract, steps=tuple(Step(seq=n, op=op, args=args) for n, (op, args) in enumerate(steps)))


def refusal(asked: Program) -> str:
    with pytest.raises(LeanProgramRefused) as caught:
        encode_request([program(), asked])
    return str(caught.value)


def test_an_unknown_operation_is_refused_by_name() -> None:
    text = refusal(program(("live_count", {}), ("teleport", {})))
    assert "program 1, step 1, operation teleport: the Lean model has no such operation" in text


def test_arguments_are_those_of_the_contract() -> None:
    assert "sid is missing" in refusal(program(("close", {})))
    assert "why is unknown" in refusal(program(("close", {"sid": 0, "why": 1})))


def test_an_unknown_contract_is_refused() -> None:
    assert "no contract 'telltale-18'" in refusal(program(contract="telltale-18"))


def test_steps_ascend() -> None:
    steps = (Step(seq=1, op="live_count", args={}), Step(seq=1, op="live_count", args={}))
    assert "does not ascend" in refusal(Program(steps=steps))


def test_what_is_no_json_is_refused() -> None:
    assert "no JSON value" in refusal(program(("close", {"sid": b"0"})))
    assert "not Unicode" in refusal(program(("observe", {"sid": "\ud800"})))


@pytest.mark.parametrize("levels", [NESTING + 1, 100_000])
def test_too_deep_arguments_are_refused(levels: int) -> None:
    deep: Any = "End"
    for _ in range(levels):
        deep = {"Mu": {"var": "t", "body": deep}}
    assert "nest too deep" in refusal(program(("unfold_mu", {"lt": deep})))
    encode_request([program(("unfold_mu", {"lt": nested(NESTING)}))])


def nested(levels: int) -> Any:
    local_type: Any = "End"
    for _ in range(levels):
        local_type = {"Send": {"partner": "B", "branches": [[{"name": "m"}, None, local_type]]}}
    return local_type


def test_the_line_form() -> None:
    steps = (
        Step(seq=0, op="open", args={"roles": ["a\nb\\", "é"], "initial_types": {}}),
        Step(seq=2, op="observe", args={"sid": {"$ref": 0}}),
        Step(seq=3, op="observe", args={"sid": {"$ref": 1}}),
        Step(seq=4, op="observe", args={"sid": {"$ref": 0, "set": {"x": -1}}}),
        Step(seq=5, op="decode_edge_json", args={"value": [True, None, 1.5, 2**64, False, 7]}),
    )
    assert encode_request([Program(steps=steps)]).text.decode().split("\n") == [
        "telltale-request 2",
        *("ops 3", "open", "observe", "decode_edge_json"),
        *("shapes 2", "0", "1", '"x'),
        *("values 4", "[2", "'a\\nb\\\\", '"é', "{0", "{1", "~-1"),
        *("[6", "t", "n", "~1.5", "~18446744073709551616", "f", "7"),
        "labels 0",
        "types 0",
        "program telltale-17",
        *("0", "@0", "@1", "n"),
        *("1", "$0"),
        *("1", "!"),
        *("1", "=0", "@2"),
        *("2", "@3", "n"),
        *("end", ""),
    ]


def test_the_line_form_of_local_types() -> None:
    label = {"name": "m", "sort": "Nat"}
    odd = {"name": "n", "sort": {"Vector": 2}}
    loop = {"Mu": {"var": "t\n", "body": {"Send": {"partner": "B", "branches": [[label, None, {"Var": "t\n"}]]}}}}
    two = {"Recv": {"branches": [[label, None, "End"], [odd, "Bool", loop]], "partner": "A"}}
    asked = program(
        ("plan", {"roles": [], "initial_types": {"A": loop, "B": two}}),
        ("unfold_mu", {"lt": two}),
        ("unfold_mu", {"lt": {"$ref": 1}}),
    )
    assert encode_request([asked]).text.decode().split("\n") == [
        "telltale-request 2",
        *("ops 2", "plan", "unfold_mu"),
        *("shapes 3", "2", '"A', '"B', "2", '"name', '"sort', "1", '"Vector'),
        *("values 4", "[0", "{1", '"m', '"Nat', "{2", "2", "{1", '"n', "@2"),
        *("labels 2", "@1", "n", "@3", '"Bool'),
        *("types 5", "v", "'t\\n", ">", '"B', "1", "0", "0", "m", "'t\\n", "1"),
        *("e", "<", '"A', "2", "1", "2", "0", "3"),
        "program telltale-17",
        *("0", "@0", "{0", "%2", "%4"),
        *("1", "%4"),
        *("1", "$1"),
        *("end", ""),
    ]


@pytest.mark.parametrize(
    "value",
    [
        {"Send": {"partner": "B"}},
        {"Send": {"partner": 1, "branches": []}},
        {"Send": {"partner": "B", "branches": {}}},
        {"Send": {"partner": "B", "branches": [["m", "End"]]}},
        {"Send": {"partner": "B", "branches": [], "more": 0}},
        {"Recv": {"partner": "B", "branches": [["m", None, {"Var": 1}]]}},
        {"Recv": {"partner": "B", "branches": [[{"$ref": 0}, None, "End"]]}},
        {"Mu": {"var": "t", "body": {"$ref": 0}}},
        {"Mu": {"var": "t"}},
        {"Mu": "t", "Var": "t"},
        {"Stop": "t"},
        "Stop",
        ["End"],
        7,
    ],
)
def test_what_is_no_local_type_is_written_as_any_value(value: Any) -> None:
    steps = (("live_count", {}), ("unfold_mu", {"lt": value}))
    assert "%" not in encode_request([program(*steps)]).text.decode()


def test_equal_values_are_written_once() -> None:
    cap = {"session_id": 0, "owner_id": "a", "generation": 0, "scope": "Session"}
    step = ("validate_ownership_capability", {"capability": cap})
    assert encode_request([program(step, step), program(step)]).text.count(b"owner_id") == 1


def test_a_role_may_look_like_a_reference() -> None:
    asked = program(("plan", {"roles": ["$ref"], "initial_types": {"$ref": "End"}}))
    assert b"$0" not in encode_request([asked]).text


def test_control_characters_come_back() -> None:
    request = encode_request([program(("live_count", {}))])
    lines = rb'{"program":"telltale-17"}' + b"\n" + rb'{"ok":"\x01\\x02\n\"\\\x03","audit":[]}' + b'\n{"end":true}\n'
    assert decode_answer(lines, request)[0].steps[0].value == '\x01\\x02\n"\\\x03'


def test_a_refused_request_is_refused() -> None:
    with pytest.raises(LeanProgramRefused, match="no such shape"):
        decode_answer(b'{"refused":"no such shape"}\n', encode_request([program()]))


def test_the_types_of_a_plan_are_in_the_table_of_local_types() -> None:
    loop = {"Mu": {"var": "t", "body": {"Var": "t"}}}
    plan = {"roles": ["A"], "initial_types": {"A": loop}}
    asked = encode_request(
        [program(("open_with_sid_from_plan", {"sid": 0, "plan": plan}), ("unfold_mu", {"lt": loop}))]
    )
    lines = asked.text.decode().splitlines()
    assert "types 2" in lines
    assert lines.count("%1") == 2


def test_what_lean_leaves_out_is_left_out_of_a_program() -> None:
    asked = program(("live_count", {}), ("decode", {"type": "Edge", "text": "{}"}), ("active_count", {}))
    assert [(step.seq, step.op) for step in in_lean(asked).steps] == [(0, "live_count"), (2, "active_count")]


def test_control_characters_are_spelled_as_lean_spells_them() -> None:
    text = '\x00\x08\t\n\x0b\x0c\r\x1b\x7f\x80 \\ \\x00 \\u0000 " \u2028 é 𝄞'
    spelled = r"\x00\x08\t\n\x0b\x0c\x0d\x1b\x7f" + "\x80" + r" \\ \\x00 \\u0000 \" " + "\u2028 é 𝄞"
    assert as_lean_escapes(encode({"site": text})).decode() == f'{{"site":"{spelled}"}}'
