"""Parsing local types and protocol files (the syntax of ``grammar.lark``).

The parser is built on first use: importing this module costs next to nothing. It is LALR with the tree built
on the way, so a type of any depth is parsed in linear time and without recursion.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping, Sequence
from functools import cache
from pkgutil import get_data
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from telltale_conformance.model.types.caret import Position, excerpt, visible
from telltale_conformance.model.types.json_shape import U64_MAX
from telltale_conformance.model.types.local_types import END, Branch, Label, LocalType, Mu, Recv, Send, Var
from telltale_conformance.model.types.payloads import (
    BASIC_SORTS,
    BASIC_VAL_TYPES,
    Chan,
    PayloadSort,
    ProdSort,
    ProdType,
    ValType,
    Vector,
)
from telltale_conformance.model.types.protocol import Protocol

if TYPE_CHECKING:
    from lark import Lark, Token
    from lark.exceptions import UnexpectedInput
    from lark.parsers.lalr_interactive_parser import InteractiveParser


class SyntaxProblem(ValueError):
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
        super().__init__(f"{source}:{self.line}:{self.column}: {message}\n{self.excerpt}")


class ParsedType(NamedTuple):
    """A type and where its parts were written: Var, Mu, choice or Branch, by ``id()``."""

    local_type: LocalType
    positions: Mapping[int, Position]


def parse_local_type(text: str, *, source: str = "<text>") -> LocalType:
    """Parse one local type; SyntaxProblem when the text is none. `source` names the text in messages."""
    return parse_with_positions(text, source=source).local_type


def parse_with_positions(text: str, *, source: str = "<text>") -> ParsedType:
    """Parse one local type and keep where its parts were written."""
    local_type, positions = _parse("local_type", text, source)
    return ParsedType(local_type, positions)


def parse_protocol(text: str, *, source: str = "<text>") -> Protocol:
    """Parse a protocol file: ``roles A, B`` and then ``A = TYPE`` for each role, in any order.

    A role that is listed twice, has no type or is not listed is for ``model.types.protocol`` to report; a second
    type for one role is refused here.
    """
    (names, definitions), positions = _parse("protocol", text, source)
    types: dict[str, LocalType] = {}
    places: dict[str, Position] = {}
    for name, local_type in definitions:
        if name.text in types:
            first = places[name.text].line
            message = f"{_shown(name.text)} was already given a type in line {first}"
            raise SyntaxProblem(message, text, name.position, source=source)
        types[name.text], places[name.text] = local_type, name.position
    return Protocol(
        roles=tuple(name.text for name in names),
        types=types,
        source=source,
        text=text,
        positions=positions,
        role_positions=tuple(name.position for name in names),
        type_positions=places,
    )


class _Name(NamedTuple):
    text: str
    position: Position


class _Misused(Exception):
    """A token that fits the grammar and yet means nothing: an unknown sort, a bad escape."""

    def __init__(self, token: Token, message: str, expected: Sequence[str] = ()) -> None:
        self.token, self.message, self.expected = token, message, expected


_lock: Final = threading.Lock()


@cache
def _parser() -> tuple[Lark, _Builder]:
    from lark import Lark

    grammar = get_data("telltale_conformance.model.types", "grammar.lark")
    assert grammar is not None
    builder = _Builder()
    return Lark(
        grammar.decode(),
        parser="lalr",
        lexer="basic",
        start=["local_type", "protocol"],
        transformer=cast("Any", builder),
        maybe_placeholders=True,
    ), builder


def _parse(start: str, text: str, source: str) -> tuple[Any, dict[int, Position]]:
    from lark.exceptions import UnexpectedInput, VisitError

    with _lock:  # the builder holds the positions of one text at a time
        parser, builder = _parser()
        positions = builder.positions = {}
        try:
            return parser.parse(text, start=start), positions
        except UnexpectedInput as error:
            problem = _unexpected(error, text, source)
        except (_Misused, VisitError) as error:
            cause = error.orig_exc if isinstance(error, VisitError) else error
            if not isinstance(cause, _Misused):
                raise
            problem = SyntaxProblem(cause.message, text, _position(cause.token), source=source, expected=cause.expected)
        finally:
            builder.positions = {}
    raise problem


def _position(token: Token) -> Position:
    assert token.line is not None
    assert token.column is not None
    return Position(token.line, token.column)


def _shown(text: str) -> str:
    return visible(json.dumps(text if len(text) <= 40 else text[:40] + "…", ensure_ascii=False))


class _Builder:
    """The tree of each grammar rule, made when the rule is complete."""

    def __init__(self) -> None:
        self.positions: dict[int, Position] = {}

    def local_type(self, children: list[Any]) -> LocalType:
        return cast("LocalType", children[0])

    def protocol(self, children: list[Any]) -> tuple[list[_Name], list[tuple[_Name, LocalType]]]:
        return children[0], children[1:]

    def names(self, children: list[Any]) -> list[_Name]:
        return _grown(children)

    def definition(self, children: list[Any]) -> tuple[_Name, LocalType]:
        return children[0], children[1]

    def end(self, children: list[Any]) -> LocalType:
        return END

    def var(self, children: list[Any]) -> LocalType:
        (name,) = children
        return self.at(name.position, Var(name.text))

    def rec(self, children: list[Any]) -> LocalType:
        sign, name, body = children
        return self.at(_position(sign), Mu(name.text, body))

    def empty_choice(self, children: list[Any]) -> LocalType:
        direction, partner = children
        return self.at(_position(direction), _form(direction)(partner.text, ()))

    def choice(self, children: list[Any]) -> LocalType:
        direction, partner, branches = children
        return self.at(_position(direction), _form(direction)(partner.text, tuple(branches)))

    def short_choice(self, children: list[Any]) -> LocalType:
        partner, direction, branch = children
        return self.at(partner.position, _form(direction)(partner.text, (branch,)))

    def branches(self, children: list[Any]) -> list[Branch]:
        return _grown(children)

    def branch(self, children: list[Any]) -> Branch:
        name, sort, value_type, continuation = children
        branch = Branch(Label(name.text, "Unit" if sort is None else sort), value_type, continuation)
        self.positions[id(branch)] = name.position
        return branch

    def basic_sort(self, children: list[Any]) -> PayloadSort:
        return cast("PayloadSort", _known(children[0], BASIC_SORTS, "a payload sort", "Vector(n), Prod(a, b)"))

    def vector_sort(self, children: list[Any]) -> PayloadSort:
        _known(children[0], ("Vector",), "a payload sort with a number")
        return Vector(_u64(children[1]))

    def prod_sort(self, children: list[Any]) -> PayloadSort:
        _known(children[0], ("Prod",), "a payload sort with two parts")
        return ProdSort(children[1], children[2])

    def basic_val_type(self, children: list[Any]) -> ValType:
        return cast("ValType", _known(children[0], BASIC_VAL_TYPES, "a value type", "Prod(a, b), Chan(sid, role)"))

    def prod_val_type(self, children: list[Any]) -> ValType:
        _known(children[0], ("Prod",), "a value type with two parts")
        return ProdType(children[1], children[2])

    def chan_val_type(self, children: list[Any]) -> ValType:
        _known(children[0], ("Chan",), "a value type with a session id and a role")
        return Chan(_u64(children[1]), children[2].text)

    def plain_name(self, children: list[Any]) -> _Name:
        (token,) = children
        name = str(token)
        if not name.isidentifier():
            raise _Misused(token, f"{visible(name)} is not an identifier; write it in quotes: {_shown(name)}")
        return _Name(name, _position(token))

    def quoted_name(self, children: list[Any]) -> _Name:
        (token,) = children
        try:
            name = json.loads(str(token))
            name.encode()
        except UnicodeEncodeError:
            raise _Misused(token, "this name contains a lone surrogate, which is no Unicode character") from None
        except ValueError as error:
            reason = str(error).split(":")[0].lower()
            raise _Misused(token, f"this quoted name is not a JSON string: {reason}") from None
        return _Name(name, _position(token))

    def at(self, position: Position, node: LocalType) -> LocalType:
        """Keep where `node` was written."""
        self.positions[id(node)] = position
        return node


def _grown(children: list[Any]) -> list[Any]:
    """The list of a left-recursive rule: a first element, or the list so far and one more."""
    if len(children) == 1:
        return children
    grown: list[Any] = children[0]
    grown.append(children[1])
    return grown


def _form(direction: Token) -> type[Send | Recv]:
    return Send if direction == "!" else Recv


def _known(token: Token, known: Sequence[str], what: str, others: str = "") -> str:
    if token not in known:
        names = ", ".join(known) + (f", {others}" if others else "")
        raise _Misused(token, f"{visible(str(token))} is not {what}; known: {names}", (what,))
    return str(token)


def _u64(token: Token) -> int:
    if len(token) > 20 or int(token) > U64_MAX:
        raise _Misused(token, "this number is above 2^64-1")
    return int(token)


# --- what was expected

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
    "COMMA": "','",
    "EQUAL": "'='",
}
_WORDS: Final = {"ROLES", "END", "REC", "MU", "MU_SIGN"}
_TYPE_BEGINS: Final = {"END", "REC", "MU", "MU_SIGN", "DIRECTION", "NAME", "QUOTED"}


def _unexpected(error: UnexpectedInput, text: str, source: str) -> SyntaxProblem:
    """The problem that a token out of place is, or a character that begins none, in words of the language."""
    expected = _expected(error)
    wanted = expected[0] if len(expected) == 1 else ", ".join(expected[:-1]) + " or " + expected[-1]
    token: Token | None = getattr(error, "token", None)
    if token is None:
        position = Position(error.line, error.column)
        assert error.pos_in_stream is not None
        char = text[error.pos_in_stream]
        found = "this quoted name is not closed in its line" if char == '"' else f"{_shown(char)} cannot stand here"
    elif token.type == "$END":
        position, found = _end_of(text), "the text ends here"
    else:
        position = _position(token)
        if token.type in _WORDS and any("name" in one for one in expected):
            found = f"{token} is a word of the syntax; to use it as a name, write it in quotes"
        else:
            found = f"{_shown(str(token))} cannot stand here"
    return SyntaxProblem(f"{found}; expected {wanted}", text, position, source=source, expected=expected)


def _end_of(text: str) -> Position:
    """Just behind the last character that is not white space."""
    kept = text.rstrip()
    return Position(kept.count("\n") + 1, len(kept) - kept.rfind("\n"))


def _expected(error: UnexpectedInput) -> list[str]:
    parser: InteractiveParser = error.interactive_parser
    accepted: set[str] = set(parser.accepts())  # type: ignore[no-untyped-call]
    expected: list[str] = []
    if accepted >= _TYPE_BEGINS:
        accepted -= _TYPE_BEGINS
        expected.append("a local type")
    if accepted & {"NAME", "QUOTED"}:
        accepted -= {"NAME", "QUOTED"}
        expected.append(_kind_of_name(parser.parser_state.value_stack))
    return expected + [words for name, words in _TERMINALS.items() if name in accepted]


def _kind_of_name(values: Sequence[object]) -> str:
    """What kind of name belongs after what the parser holds so far: finished parts and tokens."""
    last = getattr(values[-1], "type", None) if values else None
    before = values[-2] if len(values) > 1 else None
    if last in ("REC", "MU", "MU_SIGN"):
        return "a variable name"
    if last == "DIRECTION":
        return "a label name" if isinstance(before, _Name) else "a role name"
    if last == "LBRACE" or (last == "COMMA" and _list_of(before, Branch)):
        return "a label name"
    if last in ("LPAR", "LESSTHAN") or (last == "COMMA" and not _list_of(before, _Name)):
        if getattr(before, "type", None) == "NUMBER":
            return "a role name"
        for value in reversed(values):
            if isinstance(value, _Name):
                return "a payload sort"
            if getattr(value, "type", None) == "LESSTHAN":
                return "a value type"
    return "a role name"


def _list_of(value: object, kind: type) -> bool:
    return isinstance(value, list) and isinstance(value[0], kind)
