"""Text syntax: parsing and printing local types and protocol files."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given

from telltale_conformance.generators.local_types import ODD_NAMES, any_local_types, protocols
from telltale_conformance.model.types.local_types import LocalType, Recv, Send
from telltale_conformance.model.types.payloads import Chan, ProdSort, ProdType, Vector
from telltale_conformance.model.types.printer import print_local_type, print_name, print_pretty, print_protocol
from telltale_conformance.model.types.syntax import parse_local_type, parse_protocol, parse_with_positions
from telltale_conformance.model.types.syntax_problems import SyntaxProblem
from telltale_conformance.model.types.trees import END, Branch, Label, Mu, Var

NOTATION: list[tuple[str, LocalType]] = [
    ("end", END),
    ("t", Var("t")),
    ("!B{msg(Nat)<Nat>. end}", Send("B", (Branch(Label("msg", "Nat"), "Nat", END),))),
    ("?A{yes. t, no. end}", Recv("A", (Branch(Label("yes"), None, Var("t")), Branch(Label("no"), None, END)))),
    ("A!msg. end", Send("A", (Branch(Label("msg"), None, END),))),
    ("B?msg. end", Recv("B", (Branch(Label("msg"), None, END),))),
    ("μt. t", Mu("t", Var("t"))),
    ("μ t.t", Mu("t", Var("t"))),
    ("µt. t", Mu("t", Var("t"))),
    ("rec t. t", Mu("t", Var("t"))),
    ("mu t. t", Mu("t", Var("t"))),
    ("record", Var("record")),
    ("ends", Var("ends")),
    ("!B{}", Send("B", ())),
    ("?B { }", Recv("B", ())),
    ('"end"!"a b". "rec"', Send("end", (Branch(Label("a b"), None, Var("rec")),))),
    (r'"\u0041\n"', Var("A\n")),
    ("B!m(Unit). end", Send("B", (Branch(Label("m"), None, END),))),
    ("B!m<Unit>. end", Send("B", (Branch(Label("m"), "Unit", END),))),
    (
        'B!m(Prod(Real, Vector(3)))<Prod(Bool, Chan(7, "x y"))>. end',
        Send(
            "B",
            (Branch(Label("m", ProdSort("Real", Vector(3))), ProdType("Bool", Chan(7, "x y")), END),),
        ),
    ),
    ("B!m. -- to the end of the line } { \n # and this\n end", Send("B", (Branch(Label("m"), None, END),))),
    ("漢字?été. end", Recv("漢字", (Branch(Label("été"), None, END),))),
]


@pytest.mark.parametrize(("text", "tree"), NOTATION, ids=[text for text, _ in NOTATION])
def test_the_notation_means_what_the_grammar_says(text: str, tree: LocalType) -> None:
    assert parse_local_type(text) == tree


@given(any_local_types())
def test_printing_then_parsing_gives_the_same_type(tree: LocalType) -> None:
    assert parse_local_type(print_local_type(tree)) == tree


@given(any_local_types())
def test_ascii_printing_is_ascii_and_parses_to_the_same_type(tree: LocalType) -> None:
    text = print_local_type(tree, ascii=True)
    assert text.isascii()
    assert parse_local_type(text) == tree


@given(any_local_types())
def test_pretty_printing_parses_to_the_same_type(tree: LocalType) -> None:
    text = print_pretty(tree, indent=4, width=30)
    assert parse_local_type(text) == tree
    assert not any(line.endswith(" ") for line in text.split("\n"))


@given(protocols())
def test_a_printed_protocol_parses_to_the_same(protocol: tuple[tuple[str, ...], dict[str, LocalType]]) -> None:
    roles, types = protocol
    parsed = parse_protocol(print_protocol(roles, types))
    assert (parsed.roles, parsed.types) == (roles, types)


@pytest.mark.parametrize("name", ODD_NAMES, ids=ascii)
def test_every_odd_name_survives_in_every_place(name: str) -> None:
    tree = Mu(name, Send(name, (Branch(Label(name), Chan(0, name), Var(name)), Branch(Label("z"), None, END))))
    assert parse_local_type(print_local_type(tree)) == tree
    assert parse_local_type(print_local_type(tree, ascii=True)) == tree


@pytest.mark.parametrize(
    ("name", "written"),
    [("A", "A"), ("end", '"end"'), ("μt", '"μt"'), ("", '""'), ("é", "é"), ('a"b', r'"a\"b"'), ("\n", r'"\n"')],
)
def test_a_name_is_quoted_only_where_it_must(name: str, written: str) -> None:
    assert print_name(name) == written


GOLDEN = """\
Seller!ask(String). μt. ?Seller{
  offer(Nat). !Seller{
    more. t,
    take. Bank!pay(Nat)<Nat>.
    end
  },
  none. end,
  never. !Seller{}
}"""


def test_the_pretty_form_is_as_recorded() -> None:
    text = "Seller!ask(String). μt. ?Seller{offer(Nat). !Seller{more. t, take. Bank!pay(Nat)<Nat>. end},"
    text += " none. end, never. !Seller{}}"
    tree = parse_local_type(text)
    assert print_local_type(tree) == text
    assert print_pretty(tree, width=32) == GOLDEN


BAD: list[tuple[str, int, int, tuple[str, ...]]] = [
    ("", 1, 1, ("a type",)),
    ("end end", 1, 5, ("the end of the text",)),
    ("!B", 1, 3, ("'{'",)),
    ("!B{", 1, 4, ("a label name", "'}'")),
    ("!B{m", 1, 5, ("'('", "'<'", "'.'")),
    ("!B{m.\n}", 2, 1, ("a type",)),
    ("!B{m. end", 1, 10, ("'}'", "','")),
    ("!B{m. end,}", 1, 11, ("a label name",)),
    ("!{m. end}", 1, 2, ("a role name",)),
    ("B!", 1, 3, ("a label name", "'{'")),
    ("B!. end", 1, 3, ("a label name", "'{'")),
    ("rec . end", 1, 5, ("a variable name", "'('")),
    ("μt end", 1, 4, ("'.'",)),
    ("B!m(3). end", 1, 5, ("a payload sort",)),
    ("B!m(Natt). end", 1, 5, ("a payload sort",)),
    ("B!m(Vector(B)). end", 1, 12, ("a payload sort",)),
    ("B!m<Real>. end", 1, 5, ("a value type",)),
    ("B!m<Prod(Nat, !)>. end", 1, 15, ("a value type",)),
    ("B!m<Chan(3, !)>. end", 1, 13, ("a role name",)),
    ("B!end. end", 1, 3, ("a label name", "'{'")),
    ('B!"abc. end', 1, 3, ("a label name", "'{'")),
    ("B!m. - end", 1, 6, ("a type",)),
    ("t }", 1, 3, ("the end of the text",)),
]


@pytest.mark.parametrize(("text", "line", "column", "expected"), BAD, ids=[ascii(text) for text, *_ in BAD])
def test_bad_text_says_where_and_what_was_expected(
    text: str, line: int, column: int, expected: tuple[str, ...]
) -> None:
    with pytest.raises(SyntaxProblem) as caught:
        parse_local_type(text, source="x.session")
    problem = caught.value
    assert (problem.line, problem.column) == (line, column)
    assert sorted(problem.expected) == sorted(expected)
    assert str(problem).startswith(f"x.session:{line}:{column}: ")
    assert str(problem).split("\n")[-1] == " " * len(str(line)) + " | " + " " * (column - 1) + "^"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a@b", 'not an identifier; write it in quotes: "a@b"'),
        (r'"\x"', "not a JSON string"),
        (r'"\ud800"', "lone surrogate"),
        ("B!m(Vector(18446744073709551616)). end", "above 2^64-1"),
        ("B!m(Vector(" + "9" * 5000 + ")). end", "above 2^64-1"),
        ("B!end. end", "word of the syntax"),
        ("rec End. end", 'write it in quotes: "End"'),
        ('"abc', "not closed in its line"),
    ],
)
def test_misused_words_are_explained(text: str, words: str) -> None:
    with pytest.raises(SyntaxProblem, match=r".") as caught:
        parse_local_type(text)
    assert words in caught.value.message


def test_the_caret_stands_under_wide_characters_and_control_characters_do_not_reach_the_terminal() -> None:
    with pytest.raises(SyntaxProblem) as caught:
        parse_local_type("漢!\t\x1b[31m")
    shown = caught.value.excerpt
    assert "\x1b" not in str(caught.value)
    assert shown.split("\n")[1] == "  |     ^"


def test_a_long_line_is_cut_around_the_place() -> None:
    with pytest.raises(SyntaxProblem) as caught:
        parse_local_type("B!m. " * 1000 + "}" + " B!m." * 1000)
    line, caret = caught.value.excerpt.split("\n")
    assert len(line) < 200
    assert line[caret.index("^")] == "}"


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        ("A = end", 1, 1, "expected 'roles'"),
        ("roles A, = end", 1, 10, "expected a role name"),
        ("roles A\nA = end\nA = end", 3, 1, "already given a type in line 2"),
        ("roles A\nA = end end", 2, 9, "a role name"),
        ("roles A\nB", 2, 2, "expected '='"),
    ],
)
def test_bad_protocol_files_say_where(text: str, line: int, column: int, words: str) -> None:
    with pytest.raises(SyntaxProblem) as caught:
        parse_protocol(text)
    assert (caught.value.line, caught.value.column) == (line, column)
    assert words in caught.value.message


def test_parts_keep_where_they_were_written() -> None:
    tree, positions, _ = parse_with_positions("!B{\n  m. t,\n  n. rec u. A?x. u\n}")
    assert isinstance(tree, Send)
    first, second = tree.branches
    assert positions[id(tree)] == (1, 1)
    assert positions[id(first)] == (2, 3)
    assert positions[id(first.continuation)] == (2, 6)
    assert positions[id(second.continuation)] == (3, 6)


def test_a_failed_parse_leaves_nothing_behind() -> None:
    with pytest.raises(SyntaxProblem):
        parse_local_type("!B{m. t, ")
    assert parse_local_type("t") == Var("t")


def test_importing_the_syntax_builds_no_parser() -> None:
    code = "import sys, telltale_conformance.model.types.syntax; sys.exit('lark' in sys.modules)"
    done: subprocess.CompletedProcess[Any] = subprocess.run([sys.executable, "-c", code], check=False)
    assert done.returncode == 0
