"""The ``types`` command on global types, folders, bundles; whether roles fit; notations of the papers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from telltale_conformance.lean_traces.programs import read_program
from telltale_conformance.lean_traces.schemas import validator
from telltale_conformance.oracle.cli.app import app
from telltale_conformance.oracle.reference.run import run_on_reference

GLOBAL = "roles A, B, C\nglobal = A -> B : {l. B -> C : x. end, r. B -> C : y. end}\n"
ONE_SLOT = """roles A, B, C
A = !B{m. !B{m. !C{go. end}}}
B = ?C{ok. ?A{m. ?A{m. end}}}
C = ?A{go. !B{ok. end}}
"""
DEADLOCK = "roles A, B\nA = ?B{m. !B{n. end}}\nB = ?A{n. !A{m. end}}\n"
END = {"kind": "end"}
PING = {
    "kind": "comm",
    "sender": "A",
    "receiver": "B",
    "branches": [{"label": {"name": "ping", "sort": "unit"}, "continuation": END}],
}
SEND = {"kind": "send", "partner": "B", "branches": [{"label": {"name": "ping", "sort": "unit"}, "continuation": END}]}
RECV = {"kind": "recv", "partner": "A", "branches": [{"label": {"name": "ping", "sort": "unit"}, "continuation": END}]}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    return tmp_path


def types(*args: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, ["types", *args])
    return done.exit_code, done.stdout, done.stderr


def written(name: str, content: str | dict[str, Any]) -> str:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return name


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


# --- do the roles fit?


def row(*args: str) -> tuple[int, dict[str, Any]]:
    code, out, _ = types("--compatible", "--json", *args)
    (line,) = out.splitlines()
    parsed: dict[str, Any] = json.loads(line)
    assert list(validator("compatibility").iter_errors(parsed)) == []
    return code, parsed


def test_the_row_has_exactly_its_members_and_its_run_is_a_program(here: Path) -> None:
    code, found = row(written("d.session", DEADLOCK))
    assert code == 1
    assert set(found) == {"subject", "compatible", "problem", "run", "states", "bound"}
    assert (found["subject"], found["compatible"], found["problem"]) == ("d.session", "no", "deadlock")
    assert [step["op"] for step in found["run"]] == ["open", "lookup_type", "recv", "lookup_type", "recv", "observe"]
    assert found["bound"] is None
    code, fits = row(written("o.session", ONE_SLOT))
    assert (code, fits["compatible"], fits["problem"], fits["run"]) == (0, "yes", None, [])


@pytest.mark.parametrize(
    ("buffer", "exit_code", "problem"),
    [
        ("Fifo:64:Block", 0, None),
        ("Fifo:1:Block", 1, "deadlock"),
        ("fifo:1:drop", 1, "stuck role"),
        ("Fifo:1:Error", 1, "stuck role"),
        ("Fifo:1:Resize:2", 0, None),
        ("LatestValue", 1, "stuck role"),
    ],
)
def test_buffers_are_told_apart(here: Path, buffer: str, exit_code: int, problem: str | None) -> None:
    code, found = row(written("o.session", ONE_SLOT), "--buffer", buffer)
    assert (code, found["problem"]) == (exit_code, problem)


def test_a_protocol_that_deadlocks_only_with_one_slot_is_said_to(here: Path) -> None:
    for args in ([], ["--compatible"]):
        code, out, _ = types(written("o.session", ONE_SLOT), *args)
        assert code == 0
        assert "the least capacity that fits is 2; with Fifo:1:Block: deadlock" in out


def test_the_run_is_written_as_a_program_that_the_reference_carries_out(here: Path) -> None:
    code, out, _ = types(
        written("o.session", ONE_SLOT), "--compatible", "--buffer", "Fifo:1:Block", "--program", "run.jsonl"
    )
    assert code == 1
    assert "   1. A sends m to B\n" in out
    answers = [
        (one.step.op, one.outcome.ok) for one in run_on_reference(read_program(Path("run.jsonl"))) if one.outcome
    ]
    assert [answer for op, answer in answers if op == "send"] == ["Ok", "WouldBlock"]
    code, _, err = types("o.session", "--program", "none.jsonl")
    assert (code, Path("none.jsonl").exists()) == (0, False)
    assert "no run to write" in err


def test_a_problem_of_the_search_is_in_the_ordinary_report(here: Path) -> None:
    code, out, _ = types(written("d.session", DEADLOCK))
    assert code == 1
    assert "d.session:2:1: deadlock: A waits for a message from B; B waits for a message from A" in out


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("roles A, B\nA = B!m(Nat). end\nB = A?m(Bool). end\n", "sort mismatch"),
        ("roles A, B\nA = B!a. B!b. end\nB = A?b. A?a. end\n", "unexpected message"),
    ],
)
def test_sorts_and_orders_that_differ_are_reported(here: Path, text: str, kind: str) -> None:
    code, out, _ = types(written("p.session", text), "--json")
    assert code == 1
    assert [one["kind"] for one in json.loads(out)["problems"]] == [kind]


def test_the_limit_of_states_makes_the_verdict_bounded_and_inconclusive(here: Path) -> None:
    loops = "\n".join(f"{a} = μt. {b}!m. t\n{b} = μt. {a}?m. t" for a, b in ("AB", "CD", "EF"))
    name = written("s.session", f"roles A, B, C, D, E, F\n{loops}\n")
    code, found = row(name, "--buffer", "Fifo:64:Drop", "--states", "500")
    assert (code, found["compatible"], found["states"], found["bound"]) == (3, "bounded", 500, 500)
    code, out, _ = types(name, "--compatible", "--buffer", "Fifo:64:Drop", "--states", "500")
    assert "up to 500 states; not decided" in out


@pytest.mark.parametrize(
    ("buffer", "why"),
    [
        ("Lifo:1:Block", "'Lifo' is no mode"),
        ("Fifo", "capacity and policy are missing"),
        ("Fifo:1", "the policy is missing"),
        ("Fifo:x:Block", "'x' is no capacity"),
        ("Fifo:-1:Block", "'-1' is no capacity"),
        ("Fifo:65537:Block", "'65537' is no capacity"),
        ("Fifo:1:Wait", "'Wait' is no policy"),
        ("Fifo:1:Block:2", "nothing follows the policy Block"),
        ("Fifo:1:Resize", "Resize takes the greatest capacity"),
        ("LatestValue:1:Block", "takes no capacity"),
    ],
)
def test_a_mistaken_buffer_lists_the_forms(here: Path, buffer: str, why: str) -> None:
    code, _, err = types(written("o.session", ONE_SLOT), "--buffer", buffer)
    assert code == 2
    assert why in err
    assert "write Fifo:N:Block, Fifo:N:Drop, Fifo:N:Error, Fifo:N:Resize:MAX or LatestValue" in err


@pytest.mark.parametrize("depth", [600, 5000])
def test_types_too_deep_for_a_program_are_judged_without_one(here: Path, depth: int) -> None:
    name = written("d.session", f"roles A, B\nA = {'B!m. ' * depth}end\nB = {'A?m. ' * (depth - 1)}A?n. end\n")
    code, found = row(name, "--states", "6000")
    assert (code, found["compatible"], found["problem"], found["run"]) == (1, "no", "unexpected message", [])
    code, _, err = types(name, "--states", "6000", "--program", "run.jsonl")
    assert (code, Path("run.jsonl").exists()) == (2, False)
    assert "the type of A nests deeper than a program may" in err


def test_a_run_input_is_no_protocol(here: Path) -> None:
    code, _, err = types(written("r.json", {"schema_version": "lean_bridge.v1", "choreographies": []}))
    assert code == 2
    assert "this is a run input" in err


def test_one_type_alone_has_no_roles_to_fit(here: Path) -> None:
    code, _, err = types(written("t", "A!m. end"), "--compatible")
    assert code == 2
    assert "a single type has no roles to fit" in err


# --- notations


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("p!{l(Nat). end}", "p!l(Nat). end"),
        ("p?{l(Nat). end, k. end}", "?p{\n    l(Nat). end,\n    k. end\n  }"),
        ("q⊕{l. end}", "q!l. end"),
        ("q&{l. end}", "q?l. end"),
        ("⊕q{l. end}", "q!l. end"),
        ("&q{l. end}", "q?l. end"),
        ("μ(t) p!l. t", "μt. p!l. t"),
        ("rec t . p!l . t", "μt. p!l. t"),
        ("(p!l. end)", "p!l. end"),
        ("p!l. End", "p!l. end"),
        ("p!l. 0", "p!l. end"),
    ],
)
def test_what_people_write_is_read_and_printed_in_one_form(here: Path, text: str, printed: str) -> None:
    code, out, _ = types(written("t", text))
    assert (code, out) == (0, f"t: well-formed\n\n  {printed}\n")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("p!{l(S). end}", "p!{l(Nat). end}"),
        ("p!l(Nat); end", "p!l(Nat). end"),
        ("p!l<int>. end", "p!l(Nat). end"),
        ("p!l(string). end", "p!l(String). end"),
        ("&q{l: end, k: end}", "&q{l. end, k. end}"),
        ("+q{l. end, k. end}", "⊕q{l. end, k. end}"),
        ("p!l", "p!l. end"),
        ("p!l(). end", "p!l. end"),
        ("A -> B {m. end}", "A -> B : {m. end}"),
        ("rec t p!l. t", "rec t. p!l. t"),
        ("p!l(S, int). end", "p!l(Prod(Nat, Nat)). end"),
    ],
)
def test_what_is_not_read_is_rewritten_in_the_message(here: Path, text: str, line: str) -> None:
    code, _, err = types(written("t", text))
    assert code == 2
    assert f"; write: {line}\n" in err
    code, out, _ = types(written("u", line))
    assert code == 0, out


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("p!{l(S). end}\np?{l(S). end, k. end}\n", "p!{l(Nat). end}"),
        ("p!l(S).\nq!m(T) end)", "p!l(Nat)."),
        ("roles A, B\nA = B!m(S). end\nB = A?m(S). end }\n", "A = B!m(Nat). end"),
    ],
)
def test_a_line_is_rewritten_where_a_later_one_is_wrong_for_good(here: Path, text: str, line: str) -> None:
    code, _, err = types(written("t", text))
    assert code == 2
    assert f"; write: {line}\n" in err


def test_a_line_that_stays_wrong_is_not_rewritten(here: Path) -> None:
    _, _, err = types(written("t", "p!l(S). end)\n"))
    assert "S is not a payload sort" in err
    assert "write:" not in err


def test_a_second_type_in_a_file_is_explained(here: Path) -> None:
    code, _, err = types(written("t", "p!l. end\nq!k. end\n"))
    assert code == 2
    assert "t:2:1: " in err
    assert "a text holds one type, or a protocol that begins with its roles, `roles A, B`" in err


def test_a_word_of_other_notations_for_the_end_is_rewritten(here: Path) -> None:
    code, out, _ = types(written("t", "p!l. skip"))
    assert code == 1
    assert 't:1:6: unbound variable: the variable "skip" is not bound' in out
    assert "write: p!l. end" in out
