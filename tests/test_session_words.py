"""Words of session types: the grammar, the lexer for Pygments, the TextMate grammar and the document say the same."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from lark import Lark
from pygments.token import Comment, Whitespace

from telltale_conformance.generators.strategies import type_texts
from telltale_conformance.session_lexer import PAYLOADS, SessionLexer
from tests.installed_wheel import Installed

ROOT = Path(__file__).parents[1]
EXTENSION = ROOT / "editors" / "session"
GRAMMAR = Lark(
    (ROOT / "model" / "types" / "grammar.lark").read_text(encoding="utf-8"),
    start=["session_type", "protocol"],
    lexer="basic",
    parser="lalr",
)
TERMINALS = {str(terminal.name) for terminal in GRAMMAR.terminals} - {"__IGNORE_1"}
TEXTMATE = json.loads((EXTENSION / "syntaxes" / "session.tmLanguage.json").read_text(encoding="utf-8"))
PATTERNS = [(re.compile(one["match"]), one["name"]) for one in TEXTMATE["patterns"]]


class Shown(NamedTuple):
    """How a terminal is highlighted."""

    pygments: str
    scope: str


def table() -> dict[str, Shown]:
    """The table of the document: how each terminal, and each payload, is highlighted."""
    section = (ROOT / "docs" / "editors.md").read_text(encoding="utf-8").split("## What is a word\n")[1]
    rows = re.findall(r"^\| (`[A-Z_].*?) \| .* \| `([\w.]+)` \| `([\w.]+)` \|$", section, re.MULTILINE)
    found = {}
    for words, pygments, scope in rows:
        for name in re.findall(r"`(\w+)`", words):
            key = f"{name} of a payload" if words.endswith("of a payload") else name
            assert key not in found
            found[key] = Shown(pygments, scope)
    return found


TABLE = table()


def by_grammar(text: str) -> list[tuple[str, str]]:
    """The words of a text with the keys of the table."""
    words = []
    for word in GRAMMAR.lex(text):
        kind = "END" if word == "End" else "NAME of a payload" if word in PAYLOADS else word.type
        words.append((kind, str(word)))
    return words


def by_pygments(text: str) -> list[tuple[str, str]]:
    found = [(kind, value) for _, kind, value in SessionLexer().get_tokens_unprocessed(text)]
    words = [(kind, value) for kind, value in found if kind not in Whitespace and kind not in Comment]
    return [(str(kind).removeprefix("Token."), value) for kind, value in words]


def by_textmate(text: str) -> list[tuple[str, str]]:
    """Read a text as an editor does: line by line, the earliest match of the first pattern that has it."""
    found = []
    for line in text.split("\n"):
        at = 0
        while matches := [(match, scope) for one, scope in PATTERNS if (match := one.search(line, at))]:
            match, scope = min(matches, key=lambda pair: pair[0].start())
            found.append((scope, match[0]))
            at = match.end()
    return [(scope, word) for scope, word in found if not scope.startswith("comment.")]


def same_words(text: str) -> None:
    words = by_grammar(text)
    assert by_pygments(text) == [(TABLE[kind].pygments, word) for kind, word in words]
    assert by_textmate(text) == [(TABLE[kind].scope, word) for kind, word in words]


def test_every_terminal_of_the_grammar_has_a_row_and_a_scope() -> None:
    assert set(TABLE) == TERMINALS | {"NAME of a payload"}
    named = {name for one in TEXTMATE["patterns"] for name in re.findall(r"\b_?[A-Z]+(?:_[A-Z]+)?\b", one["comment"])}
    assert named == TERMINALS
    assert {shown.scope for shown in TABLE.values()} == {one["name"] for one in TEXTMATE["patterns"]}


@given(text=type_texts())
@settings(max_examples=80)
def test_generated_types_have_the_same_words_for_all(text: str) -> None:
    same_words(text)


@given(text=type_texts("protocol"))
@settings(max_examples=30)
def test_generated_protocols_have_the_same_words_for_all(text: str) -> None:
    same_words(text)


@pytest.mark.parametrize(
    "path", sorted((ROOT / "tests" / "data" / "protocols").glob("*.session")), ids=lambda path: path.stem
)
def test_the_protocols_of_the_tests_have_the_same_words_for_all(path: Path) -> None:
    same_words(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ends End end endings rec record mu mum roles roles2 Nat Nats xNat",
        'μt µt tμ "μ" "a\\"b" "end" x--y\n--\n#\n->→-->x',
        "0 12a a12 é été 名前 A->B:{x.end} <Chan(18446744073709551615,A)>",
    ],
)
def test_corners_have_the_same_words_for_all(text: str) -> None:
    same_words(text)


def test_what_is_no_word_is_an_error_for_pygments_and_plain_for_an_editor() -> None:
    assert ("Error", ";") in by_pygments("A; B")
    assert by_textmate("A; B") == [("variable.other.session", "A"), ("variable.other.session", "B")]


def test_the_extension_names_its_files() -> None:
    package = json.loads((EXTENSION / "package.json").read_text(encoding="utf-8"))["contributes"]
    (language,), (grammar,) = package["languages"], package["grammars"]
    assert (EXTENSION / language["configuration"]).is_file()
    assert (EXTENSION / grammar["path"]).is_file()
    assert language["id"] == grammar["language"]
    assert grammar["scopeName"] == TEXTMATE["scopeName"]
    assert language["extensions"] == [".session"]
    json.loads((EXTENSION / language["configuration"]).read_text(encoding="utf-8"))


def test_pygments_finds_the_lexer_where_the_wheel_is_installed(wheel_environment: Installed, tmp_path: Path) -> None:
    (tmp_path / "a.session").write_text("A = B!x. end\n", encoding="utf-8")
    shown = wheel_environment.run("python", "-m", "pygments", "-f", "raw", "a.session", cwd=tmp_path)
    assert "Token.Keyword.Constant\t'end'" in shown.stdout, shown.stderr
