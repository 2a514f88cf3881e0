"""Global types: text and JSON, both ways, and what makes one ill-formed."""

from __future__ import annotations

import json

import pytest
from hypothesis import given

from telltale_conformance.generators.global_types import any_global_types, global_types, projectable_global_types
from telltale_conformance.model.plan import open_plan
from telltale_conformance.model.types.global_types import Comm, GlobalType, communications, roles_of
from telltale_conformance.model.types.json_shape import TypeJsonError
from telltale_conformance.model.types.lean_json import encode_global, global_from_json
from telltale_conformance.model.types.local_types import LocalType
from telltale_conformance.model.types.printer import print_global_type, print_pretty, print_protocol
from telltale_conformance.model.types.syntax import (
    parse_global_type,
    parse_local_type,
    parse_protocol,
    parse_with_positions,
)
from telltale_conformance.model.types.syntax_problems import SyntaxProblem
from telltale_conformance.model.types.trees import END, Branch, Branching, Label, Mu, SessionType, Var, postorder
from telltale_conformance.model.types.wellformed import problems

NOTATION: list[tuple[str, GlobalType]] = [
    ("A -> B : m. end", Comm("A", "B", (Branch(Label("m"), None, END),))),
    ("A→B:m.end", Comm("A", "B", (Branch(Label("m"), None, END),))),
    (
        "A -> B : {m(Nat). end, n<Nat>. t}",
        Comm("A", "B", (Branch(Label("m", "Nat"), None, END), Branch(Label("n"), "Nat", Var("t")))),
    ),
    ("A -> B : {}", Comm("A", "B", ())),
    ("rec t. A -> B : m. t", Mu("t", Comm("A", "B", (Branch(Label("m"), None, Var("t")),)))),
    ('"the bank" -> B : "m n". 0', Comm("the bank", "B", (Branch(Label("m n"), None, END),))),
]


@pytest.mark.parametrize(("text", "tree"), NOTATION, ids=[text for text, _ in NOTATION])
def test_the_notation_means_what_the_grammar_says(text: str, tree: GlobalType) -> None:
    assert parse_global_type(text) == tree
    assert parse_with_positions(text).is_global


@given(any_global_types())
def test_printing_then_parsing_gives_the_same_type(tree: GlobalType) -> None:
    assert parse_global_type(print_global_type(tree)) == tree
    ascii_text = print_global_type(tree, ascii=True)
    assert ascii_text.isascii()
    assert parse_global_type(ascii_text) == tree
    assert parse_global_type(print_pretty(tree, indent=4, width=30)) == tree


@given(any_global_types())
def test_a_printed_protocol_with_a_global_type_parses_to_the_same(tree: GlobalType) -> None:
    types = {"A": parse_local_type("global!m. end"), "global": parse_local_type("A?m. end")}
    parsed = parse_protocol(print_protocol(("A",), types, tree))
    assert (parsed.roles, parsed.types, parsed.global_type) == (("A",), types, tree)


@given(any_global_types())
def test_json_reads_back_but_for_value_types(tree: GlobalType) -> None:
    back = global_from_json(json.loads(encode_global(tree)))
    assert encode_global(back) == encode_global(tree)
    assert print_global_type(back) == print_global_type(without_value_types(tree))


def without_value_types(tree: SessionType) -> SessionType:
    built: dict[int, SessionType] = {}
    for node in postorder(tree):
        if isinstance(node, Branching):
            branches = tuple(Branch(b.label, None, built[id(b.continuation)]) for b in node.branches)
            built[id(node)] = node.with_branches(branches)
        else:
            built[id(node)] = Mu(node.var, built[id(node.body)]) if isinstance(node, Mu) else node
    return built[id(tree)]


@given(global_types())
def test_generated_types_are_well_formed(tree: GlobalType) -> None:
    assert problems(tree) == []


@given(projectable_global_types())
def test_the_communications_are_the_blueprint_of_the_projections(
    projected: tuple[GlobalType, dict[str, LocalType]],
) -> None:
    tree, types = projected
    plan = open_plan(tuple(types), types)
    assert {(sender, receiver) for _, sender, receiver in plan.edge_blueprint} == set(communications(tree))


def test_roles_and_communications_come_in_the_order_of_the_text() -> None:
    tree = parse_global_type("C -> A : {m. A -> B : x. end, n. C -> A : y. end}")
    assert roles_of(tree) == ("C", "A", "B")
    assert communications(tree) == (("C", "A"), ("A", "B"))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("A -> A : m. end", [("self-communication", "A", "the root", (1, 1))]),
        ("A -> B : m. t", [("unbound variable", "t", "0", (1, 13))]),
        ("A -> B : m. μt. t", [("unguarded variable", "t", "0/body", (1, 17))]),
        ("A -> B : {}", [("empty choice", "B", "the root", (1, 1))]),
        ("A -> B : {m. end,\nm. end}", [("repeated label", "m", "1", (2, 1))]),
        ("μt. A -> B : m. t", []),
    ],
)
def test_what_makes_a_type_ill_formed_is_told_with_its_place(text: str, found: list[object]) -> None:
    tree, positions, _ = parse_with_positions(text)
    assert [(one.kind, one.name, str(one.path), positions[id(one.node)]) for one in problems(tree)] == found
    assert all(one.message for one in problems(tree))


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        ("A -> : m. end", 1, 6, "expected a role name"),
        ("A -> B m. end", 1, 8, "expected ':'"),
        ("A -> B : {m. end", 1, 17, "expected '}' or ','"),
        ("A -> B : m. C!x. end", 1, 13, "who sends to whom"),
        ("A -> B :", 1, 9, "expected a label name or '{'"),
    ],
)
def test_bad_text_says_where_and_what_was_expected(text: str, line: int, column: int, words: str) -> None:
    with pytest.raises(SyntaxProblem) as caught:
        parse_global_type(text)
    assert (caught.value.line, caught.value.column) == (line, column)
    assert words in caught.value.message


def test_local_and_global_types_do_not_mix() -> None:
    with pytest.raises(SyntaxProblem, match="says what its own role does") as caught:
        parse_local_type("!B{m. end, n. A -> B : x. end}")
    assert (caught.value.line, caught.value.column) == (1, 15)
    with pytest.raises(SyntaxProblem, match="who sends to whom"):
        parse_protocol("roles A\nglobal = A!m. end")


def test_a_protocol_file_may_have_a_global_type_and_no_roles() -> None:
    protocol = parse_protocol("# who asks whom\nglobal = A -> B : m. B -> C : n. end\nA = B!m. end")
    assert protocol.roles == ("A", "B", "C")
    assert protocol.global_type == parse_global_type("A -> B : m. B -> C : n. end")
    assert protocol.types == {"A": parse_local_type("B!m. end")}


@pytest.mark.parametrize("text", ["roles A, global\nglobal = A?m. end", 'roles A, B\n"global" = A?m. end'])
def test_global_in_quotes_or_among_the_roles_is_a_role(text: str) -> None:
    protocol = parse_protocol(text)
    assert protocol.global_type is None
    assert protocol.types == {"global": parse_local_type("A?m. end")}


@pytest.mark.parametrize(
    ("document", "path", "words"),
    [
        ({"kind": "comm", "sender": "A", "branches": []}, "$", 'field "receiver" of a comm is missing'),
        ({"kind": "comm", "sender": "A", "receiver": "B", "branches": [], "x": 1}, "$", 'unknown field "x"'),
        ({"kind": "comm", "sender": 1, "receiver": "B", "branches": []}, "$.sender", "a role name is due"),
        (
            {"kind": "comm", "sender": "A", "receiver": "B", "branches": [{"label": {"name": "m", "sort": "int"}}]},
            "$.branches[0]",
            'field "continuation" of a branch is missing',
        ),
        ({"kind": "send", "partner": "A", "branches": []}, "$", "a global type is due"),
        ({"kind": "delegate"}, "$", "a delegation is not read"),
        ({"kind": "loop"}, "$", "a global type with a kind of end, comm, rec or var is due"),
        ("End", "$", "a global type with a kind"),
    ],
)
def test_bad_json_says_where_and_what_is_due(document: object, path: str, words: str) -> None:
    with pytest.raises(TypeJsonError) as caught:
        global_from_json(document)
    assert caught.value.path == path
    assert words in caught.value.message


def test_deep_types_need_no_stack() -> None:
    text = "A -> B : m. " * 20_000 + "end"
    tree = parse_global_type(text)
    assert print_global_type(tree) == text
    assert communications(tree) == (("A", "B"),)
    assert problems(tree) == []
