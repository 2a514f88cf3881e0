"""The ``types`` command on global types, folders, bundles; whether roles fit; notations of the papers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from telltale_conformance.lean_traces.schemas import validator
from tests.oracle.types_world import here, types, written

__all__ = ["here"]
GLOBAL = "roles A, B, C\nglobal = A -> B : {l. B -> C : x. end, r. B -> C : y. end}\n"
END = {"kind": "end"}
PING = {
    "kind": "comm",
    "sender": "A",
    "receiver": "B",
    "branches": [{"label": {"name": "ping", "sort": "unit"}, "continuation": END}],
}
SEND = {"kind": "send", "partner": "B", "branches": [{"label": {"name": "ping", "sort": "unit"}, "continuation": END}]}
RECV = {"kind": "recv", "partner": "A", "branches": [{"label": {"name": "ping", "sort": "unit"}, "continuation": END}]}


def test_a_global_type_is_printed_with_its_projections_and_their_merging(here: Path) -> None:
    code, out, _ = types(written("g.session", GLOBAL))
    assert code == 0
    assert "\nglobal =\n  A -> B : {\n" in out
    assert "\nC =   # projected, full merging\n  ?B{\n    x. end,\n    y. end\n  }\n" in out
    assert "plain merging, which telltale's Lean has, refuses the projection on C" in out
    assert "the roles fit with Fifo:64:Block (decided, " in out


def test_plain_merging_names_the_role_and_the_branches_that_disagree(here: Path) -> None:
    code, out, _ = types(written("g.session", GLOBAL), "--merge", "plain")
    assert code == 1
    assert "g.session: 1 problem\n" in out  # nothing is said of C's type, which is not known
    assert (
        "g.session:2:10: not projectable: C does not see which branch of A -> B was chosen, and l and r disagree" in out
    )
    assert "(plain merging): B?x. end against B?y. end\n2 | global = A -> B" in out


def test_given_local_types_are_compared_with_the_projections(here: Path) -> None:
    text = GLOBAL + "A = !B{r. end, l. end}\nB = ?A{l. C!x. end, r. C!x. end}\n"
    code, out, _ = types(written("g.session", text))
    assert code == 1
    assert (
        "g.session:4:1: differs from projection: after r the global type has a send of y to C, "
        "the given type a send of x to C (full merging)"
    ) in out
    assert "A =\n" in out


def test_the_picture_has_the_communications_even_where_a_role_has_no_projection(here: Path) -> None:
    written("g.session", GLOBAL)
    for merging in ("full", "plain"):
        types("g.session", "--merge", merging, "--draw", "g.svg")
        picture = Path("g.svg").read_text()
        assert "3 roles, 2 directed edges: A to B; B to C." in picture
        assert "<title>B → C: x, y</title>" in picture


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("roles A, B\nglobal = A -> A : m. end\n", "2:10: self-communication: global type:"),
        ("roles A, B\nglobal = A -> B : m. t\n", "2:22: unbound variable: global type:"),
        ("roles A, B\nglobal = μt. t\n", "2:14: unguarded variable: global type:"),
        ("roles A, B\nglobal = A -> B : {m. end, m. end}\n", "2:28: repeated label: global type:"),
        ("roles A\nglobal = A -> B : m. end\n", 'unlisted role: "B" takes part in the global type'),
    ],
)
def test_what_is_wrong_with_a_global_type_has_file_line_and_column(here: Path, text: str, words: str) -> None:
    code, out, _ = types(written("g.session", text))
    assert code == 1
    assert words in out
    assert "g.session:" in out


def test_json_holds_the_global_type_its_projections_and_whether_the_roles_fit(here: Path) -> None:
    code, out, _ = types(written("g.session", GLOBAL), "--json")
    report = json.loads(out)
    assert code == 0
    assert report["global"]["merging"] == "full"
    assert report["global"]["json"]["kind"] == "comm"
    assert [one["role"] for one in report["global"]["projections"]] == ["A", "B", "C"]
    assert report["compatibility"]["compatible"] == "yes"


def test_a_folder_with_a_global_type_and_a_file_for_each_role_is_one_protocol(here: Path) -> None:
    written("golden/input.json", PING)
    written("golden/A.expected.json", SEND)
    written("golden/B.expected.json", RECV)
    code, out, _ = types("golden")
    assert code == 0
    assert out.startswith("golden: well-formed\n")
    written("golden/B.expected.json", END)
    code, out, _ = types("golden", "--json")
    assert code == 1
    assert [(one["kind"], one["role"]) for one in json.loads(out)["problems"]] == [
        ("differs from projection", "B"),
        ("send without receive", "A"),
        ("orphan message", "B"),
    ]


def test_a_problem_in_a_folder_has_its_file_line_and_caret(here: Path) -> None:
    written("f/global.session", "global =\n  A -> B : {l. B -> C : x. end, r. B -> C : y. end}\n")
    written("f/A.type", "B!l. end")
    written("f/B.type", "A?{l. C!x. end,\n   r. C!y. u}\n")
    written("f/C.type", "end\n")
    code, out, _ = types("f", "--merge", "plain")
    assert code == 1
    unbound = 'f/B.type:2:12: unbound variable: the variable "u" is not bound by any enclosing recursion'
    assert f"{unbound}\n2 |    r. C!y. u}}\n  |            ^\n" in out
    assert "f/A.type:1:1: differs from projection: " in out
    assert "f/global.session:2:3: not projectable: " in out
    assert "f/B.type:2:4: label never sent: " in out
    report = json.loads(types("f", "--json")[1])
    assert list(validator("types").iter_errors(report)) == []
    found = [(one["kind"], one["role"], one["file"], one["line"]) for one in report["problems"]]
    assert ("unbound variable", "B", "B.type", 2) in found
    assert ("differs from projection", "C", "C.type", 1) in found


def test_a_malformed_file_in_a_folder_is_named_with_its_place(here: Path) -> None:
    written("f/A.type", "B!l. end")
    written("f/B.type", "A?{l. end,\n  ! }\n")
    code, out, err = types("f")
    assert (code, out) == (2, "")
    assert err.startswith('telltale-conformance: f/B.type:2:3: "!" cannot stand here')
    assert err.endswith("2 |   ! }\n  |   ^\n")


def test_a_problem_of_a_json_file_in_a_folder_has_its_file(here: Path) -> None:
    written("g/A.json", SEND)
    written("g/B.json", {**RECV, "branches": []})
    code, out, _ = types("g")
    assert code == 1
    assert 'g/B.json:at the root of "B": empty choice: ' in out


def test_a_folder_with_two_global_types_is_refused(here: Path) -> None:
    written("two/a.json", PING)
    written("two/b.json", PING)
    written("two/A.json", SEND)
    code, _, err = types("two")
    assert code == 2
    assert "more than one global type: a.json, b.json" in err


def test_a_bundle_holds_global_and_local_types(here: Path) -> None:
    bundle = {
        "schema_version": "protocol_bundle.v1",
        "global_type": PING,
        "local_types": {"A": SEND, "B": RECV},
        "claims": {},
    }
    code, out, _ = types(written("b.json", bundle))
    assert code == 0
    assert "\nglobal =\n  A -> B : ping. end\n" in out


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"global_type": PING, "color": 1}, "$: unknown field 'color'"),
        ({"global_type": PING, "schema_version": "protocol_bundle.v2"}, "$.schema_version: protocol_bundle.v1"),
        ({"global_type": {"kind": "comm"}}, '$.global_type: the field "sender" of a comm is missing'),
        ({"global_type": PING, "local_types": {"A": 7}}, "$.local_types.A:"),
        ({"global_type": PING, "local_types": []}, "local_types is an object"),
        ({"kind": "comm", "sender": 1, "receiver": "B", "branches": []}, "$.sender: a role name is due"),
    ],
)
def test_bad_json_has_file_path_and_what_is_due(here: Path, document: dict[str, Any], words: str) -> None:
    code, out, err = types(written("b.json", document))
    assert (code, out) == (2, "")
    assert err.startswith("telltale-conformance: b.json: ")
    assert words in err
