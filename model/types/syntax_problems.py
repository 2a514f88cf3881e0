"""What is wrong with a text that is no type or protocol: where, what was found, what was expected."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from telltale_conformance.errors import HarnessError
from telltale_conformance.model.types.caret import Position, excerpt
from telltale_conformance.model.types.trees import Branch
from telltale_conformance.readable import shortened, visible

if TYPE_CHECKING:
    from lark import Token
    from lark.exceptions import UnexpectedInput
    from lark.parsers.lalr_interactive_parser import InteractiveParser


class SyntaxProblem(HarnessError, ValueError):
    """Thrown when a text is no local type or protocol: where, what was found, what was expected.

    ``str()`` gives the whole message: source, line and column, the sentence, the line with a caret.
    """

    def __init__(
        self, message: str, text: str, position: Position, *, source: str, expected: Sequence[str] = ()
    ) -> None:
        self.message = message
        self.line, self.column = position
        self.source = source
        self.expected = tuple(expected)
        self.excerpt = excerpt(text, position)
        super().__init__(message, place=f"{source}:{self.line}:{self.column}", detail=self.excerpt)


class WrittenName(NamedTuple):
    """A name as a text has it: in quotes or plain, and where."""

    text: str
    position: Position
    plain: bool


def shown_name(name: str) -> str:
    """Return a name for a message: quoted, cut when it is long, control characters replaced."""
    return visible(json.dumps(shortened(name, 40), ensure_ascii=False))


def token_position(token: Token) -> Position:
    """Where a token stands."""
    assert token.line is not None
    assert token.column is not None
    return Position(token.line, token.column)


_TERMINALS: Final = {
    "$END": "the end of the text",
    "ROLES": "'roles'",
    "DIRECTION": "'!' or '?'",
    "NUMBER": "a number",
    "LBRACE": "'{'",
    "RBRACE": "'}'",
    "LPAR": "'('",
    "RPAR": "')'",
    "LESSTHAN": "'<'",
    "MORETHAN": "'>'",
    "DOT": "'.'",
    "COLON": "':'",
    "_ARROW": "'->'",
    "COMMA": "','",
    "EQUAL": "'='",
}
_WORDS: Final = {"ROLES", "END", "REC", "MU", "MU_SIGN"}
_TYPE_BEGINS: Final = {"END", "REC", "MU", "MU_SIGN", "DIRECTION", "NAME", "QUOTED", "LPAR", "NUMBER"}


def unexpected(error: UnexpectedInput, text: str, source: str) -> SyntaxProblem:
    """Return the problem that a token out of place is, or a character that begins none, in words of the language."""
    expected = _expected(error)
    wanted = expected[0] if len(expected) == 1 else ", ".join(expected[:-1]) + " or " + expected[-1]
    token: Token | None = getattr(error, "token", None)
    if token is None:
        position = Position(error.line, error.column)
        assert error.pos_in_stream is not None
        char = text[error.pos_in_stream]
        found = "this quoted name is not closed in its line" if char == '"' else f"{shown_name(char)} cannot stand here"
    elif token.type == "$END":
        position, found = _end_of(text), "the text ends here"
    else:
        position = token_position(token)
        if token.type in _WORDS and any("name" in one for one in expected):
            found = f"{token} is a word of the syntax; to use it as a name, write it in quotes"
        else:
            found = f"{shown_name(str(token))} cannot stand here"
    if expected == [_TERMINALS["$END"]]:
        wanted += ", for a text holds one type, or a protocol that begins with its roles, `roles A, B`"
    return SyntaxProblem(f"{found}; expected {wanted}", text, position, source=source, expected=expected)


def _end_of(text: str) -> Position:
    """Just behind the last character that is not white space."""
    kept = text.rstrip()
    return Position(kept.count("\n") + 1, len(kept) - kept.rfind("\n"))


def _expected(error: UnexpectedInput) -> list[str]:
    parser: InteractiveParser = error.interactive_parser
    accepted: set[str] = set(parser.accepts())  # type: ignore[no-untyped-call] # lark has no type for it
    expected: list[str] = []
    if accepted >= _TYPE_BEGINS:
        accepted -= _TYPE_BEGINS
        expected.append("a type")
    if accepted & {"NAME", "QUOTED"}:
        accepted -= {"NAME", "QUOTED"}
        expected.append(_kind_of_name(parser.parser_state.value_stack))
    return expected + [words for name, words in _TERMINALS.items() if name in accepted]


def _kind_of_name(values: Sequence[object]) -> str:
    """Return what kind of name belongs after what the parser holds so far: finished parts and tokens."""
    last = getattr(values[-1], "type", None) if values else None
    before = values[-2] if len(values) > 1 else None
    binds = ("REC", "MU", "MU_SIGN")
    if last in binds or (last == "LPAR" and getattr(before, "type", None) in binds):
        return "a variable name"
    if last == "DIRECTION":
        return "a label name" if isinstance(before, WrittenName) else "a role name"
    if last in ("LBRACE", "COLON") or (last == "COMMA" and _list_of(before, Branch)):
        return "a label name"
    if last in ("LPAR", "LESSTHAN") or (last == "COMMA" and not _list_of(before, WrittenName)):
        if getattr(before, "type", None) == "NUMBER":
            return "a role name"
        for value in reversed(values):
            if isinstance(value, WrittenName):
                return "a payload sort"
            if getattr(value, "type", None) == "LESSTHAN":
                return "a value type"
    return "a role name"


def _list_of(value: object, kind: type) -> bool:
    return isinstance(value, list) and isinstance(value[0], kind)
