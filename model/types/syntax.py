"""Parsing local types, global types and protocol files (the syntax of ``grammar.lark``).

The parser is built on first use: importing this module costs next to nothing. It is LALR with the tree built
on the way, so a type of any depth is parsed in linear time and without recursion.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from telltale_conformance.files import packaged
from telltale_conformance.model.types.caret import Position
from telltale_conformance.model.types.global_types import Comm, GlobalType, roles_of
from telltale_conformance.model.types.json_shape import U64_MAX
from telltale_conformance.model.types.local_types import Choice, LocalType, Recv, Send
from telltale_conformance.model.types.notation import rewritten
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
from telltale_conformance.model.types.syntax_problems import (
    SyntaxProblem,
    WrittenName,
    shown_name,
    token_position,
    unexpected,
)
from telltale_conformance.model.types.trees import END, Branch, Branching, Label, Mu, SessionType, Var, postorder
from telltale_conformance.readable import visible

if TYPE_CHECKING:
    from lark import Lark, Token

__all__ = [
    "ParsedType",
    "parse_global_type",
    "parse_local_type",
    "parse_protocol",
    "parse_with_positions",
]


class ParsedType(NamedTuple):
    """A type and where its parts were written: Var, Mu, choice, communication or Branch, by ``id()``."""

    type: SessionType
    positions: Mapping[int, Position]
    is_global: bool
    """It has a communication; a type without any, like ``end``, counts as local."""


def parse_local_type(text: str, *, source: str = "<text>") -> LocalType:
    """Parse one local type; SyntaxProblem when the text is none. ``source`` names the text in messages."""
    parsed, positions = _parse("session_type", text, source)
    _only(Choice, parsed, positions, text, source)
    return cast("LocalType", parsed)


def parse_global_type(text: str, *, source: str = "<text>") -> GlobalType:
    """Parse one global type; SyntaxProblem when the text is none."""
    parsed, positions = _parse("session_type", text, source)
    _only(Comm, parsed, positions, text, source)
    return cast("GlobalType", parsed)


def parse_with_positions(text: str, *, source: str = "<text>") -> ParsedType:
    """Parse one type, local or global, and keep where its parts were written."""
    parsed, positions = _parse("session_type", text, source)
    is_global = any(isinstance(node, Comm) for node in postorder(parsed))
    _only(Comm if is_global else Choice, parsed, positions, text, source)
    return ParsedType(parsed, positions, is_global)


def parse_protocol(text: str, *, source: str = "<text>") -> Protocol:
    """Parse a protocol file: ``roles A, B``, then ``A = TYPE`` for each role and ``global = TYPE``, in any order.

    Where a global type is given the types of roles may be left out, and the roles too: they are then those that
    take part. ``global`` means a role where it is among the roles or in quotes. A role that is listed twice, has
    no type or is not listed is for ``model.types.protocol`` to report; a second type for one role is refused here.
    """
    (names, definitions), positions = _parse("protocol", text, source)
    roles = names or []
    role_called_global = any(name.text == "global" for name in roles)
    types: dict[str, LocalType] = {}
    places: dict[str, Position] = {}
    global_place: dict[str, Position] = {}
    global_type: GlobalType | None = None
    for name, defined in definitions:
        is_global = name.text == "global" and name.plain and not role_called_global
        _only(Comm if is_global else Choice, defined, positions, text, source)
        places_of_kind = global_place if is_global else places
        if name.text in places_of_kind:
            first = places_of_kind[name.text].line
            message = f"{shown_name(name.text)} was already given a type in line {first}"
            raise SyntaxProblem(message, text, name.position, source=source)
        places_of_kind[name.text] = name.position
        if is_global:
            global_type = defined
        else:
            types[name.text] = defined
    if names is None and global_type is None:
        where = definitions[0][0].position if definitions else Position(1, 1)
        message = "a protocol begins with its roles, `roles A, B`, or is a global type, `global = …`; expected 'roles'"
        raise SyntaxProblem(message, text, where, source=source, expected=("'roles'",))
    return Protocol(
        roles=tuple(name.text for name in roles) if global_type is None or names else roles_of(global_type),
        types=types,
        source=source,
        text=text,
        positions=positions,
        role_positions=tuple(name.position for name in roles),
        type_positions=places,
        global_type=global_type,
    )


def _only(
    form: type[Choice | Comm], tree: SessionType, positions: Mapping[int, Position], text: str, source: str
) -> None:
    """Refuse a tree with a branching of the other kind: local and global types do not mix."""
    for node in reversed(postorder(tree)):
        if isinstance(node, Branching) and not isinstance(node, form):
            if form is Comm:
                what = "this is a send or receive of one role; a global type says who sends to whom: A -> B : msg. G"
            else:
                what = "this is a communication of a global type; a local type says what its own role does: B!msg. T"
            raise SyntaxProblem(what, text, positions[id(node)], source=source)


class _Misused(Exception):
    """A token that fits the grammar and yet means nothing: an unknown sort, a bad escape."""

    def __init__(self, token: Token, message: str, expected: Sequence[str] = ()) -> None:
        self.token, self.message, self.expected = token, message, expected


_lock: Final = threading.Lock()


@cache
def _parser() -> tuple[Lark, _Builder]:
    from lark import Lark

    grammar = packaged("telltale_conformance.model.types", "grammar.lark")
    builder = _Builder()
    return Lark(
        grammar.decode(),
        parser="lalr",
        lexer="basic",
        start=["session_type", "protocol"],
        transformer=cast("Any", builder),
        maybe_placeholders=True,
    ), builder


def _parse(start: str, text: str, source: str) -> tuple[Any, dict[int, Position]]:
    try:
        return _attempt(start, text, source)
    except SyntaxProblem as problem:
        line = rewritten(text, problem.line, lambda candidate: _first_problem(start, candidate))
        if line is None:
            raise
        message = f"{problem.message}; write: {visible(line)}"
        place = Position(problem.line, problem.column)
        raise SyntaxProblem(message, text, place, source=source, expected=problem.expected) from None


def _first_problem(start: str, text: str) -> int | None:
    """Return the line of what is wrong with a text; None when it parses."""
    try:
        _attempt(start, text, "")
    except SyntaxProblem as problem:
        return problem.line
    return None


def _attempt(start: str, text: str, source: str) -> tuple[Any, dict[int, Position]]:
    from lark.exceptions import UnexpectedInput, VisitError

    with _lock:  # the builder holds the positions of one text at a time
        parser, builder = _parser()
        positions = builder.positions = {}
        try:
            return parser.parse(text, start=start), positions
        except UnexpectedInput as error:
            problem = unexpected(error, text, source)
        except (_Misused, VisitError) as error:
            cause = error.orig_exc if isinstance(error, VisitError) else error
            if not isinstance(cause, _Misused):
                raise
            place = token_position(cause.token)
            problem = SyntaxProblem(cause.message, text, place, source=source, expected=cause.expected)
        finally:
            builder.positions = {}
    raise problem


class _Builder:
    """The tree of each grammar rule, made when the rule is complete."""

    def __init__(self) -> None:
        self.positions: dict[int, Position] = {}

    def session_type(self, children: list[Any]) -> SessionType:
        return cast("SessionType", children[0])

    def protocol(self, children: list[Any]) -> tuple[list[WrittenName], list[tuple[WrittenName, SessionType]]]:
        return children[0], children[1:]

    def names(self, children: list[Any]) -> list[WrittenName]:
        return _grown(children)

    def definition(self, children: list[Any]) -> tuple[WrittenName, SessionType]:
        return children[0], children[1]

    def end(self, children: list[Any]) -> SessionType:
        return END

    def zero(self, children: list[Any]) -> SessionType:
        (number,) = children
        if number != "0":
            raise _Misused(number, "a number is no type; where the protocol ends, write end")
        return END

    def var(self, children: list[Any]) -> SessionType:
        (name,) = children
        return END if name.plain and name.text == "End" else self.at(name.position, Var(name.text))

    def rec_sign(self, children: list[Any]) -> Token:
        return cast("Token", children[0])

    def rec(self, children: list[Any]) -> SessionType:
        sign, name, body = children
        if name.plain and name.text == "End":
            raise _Misused(sign, 'End is read as end; to use it as the name of a variable, write it in quotes: "End"')
        return self.at(token_position(sign), Mu(name.text, body))

    def choice(self, children: list[Any]) -> SessionType:
        direction, partner, branches = children
        return self.at(token_position(direction), _form(direction)(partner.text, tuple(branches or ())))

    def partner_choice(self, children: list[Any]) -> SessionType:
        partner, direction, branches = children
        return self.at(partner.position, _form(direction)(partner.text, tuple(branches or ())))

    def short_choice(self, children: list[Any]) -> SessionType:
        partner, direction, branch = children
        return self.at(partner.position, _form(direction)(partner.text, (branch,)))

    def comm(self, children: list[Any]) -> SessionType:
        sender, receiver, branches = children
        return self.at(sender.position, Comm(sender.text, receiver.text, tuple(branches or ())))

    def short_comm(self, children: list[Any]) -> SessionType:
        sender, receiver, branch = children
        return self.at(sender.position, Comm(sender.text, receiver.text, (branch,)))

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

    def plain_name(self, children: list[Any]) -> WrittenName:
        (token,) = children
        name = str(token)
        if not name.isidentifier():
            raise _Misused(token, f"{visible(name)} is not an identifier; write it in quotes: {shown_name(name)}")
        return WrittenName(name, token_position(token), plain=True)

    def quoted_name(self, children: list[Any]) -> WrittenName:
        (token,) = children
        try:
            name = json.loads(str(token))
            name.encode()
        except UnicodeEncodeError:
            raise _Misused(token, "this name contains a lone surrogate, which is no Unicode character") from None
        except ValueError as error:
            reason = str(error).split(":")[0].lower()
            raise _Misused(token, f"this quoted name is not a JSON string: {reason}") from None
        return WrittenName(name, token_position(token), plain=False)

    def at(self, position: Position, node: SessionType) -> SessionType:
        """Keep where ``node`` was written."""
        self.positions[id(node)] = position
        return node


def _grown(children: list[Any]) -> list[Any]:
    """Return the list of a left-recursive rule: a first element, or the list so far and one more."""
    if len(children) == 1:
        return children
    grown: list[Any] = children[0]
    grown.append(children[1])
    return grown


def _form(direction: Token) -> type[Send | Recv]:
    return Send if direction in "!⊕" else Recv


def _known(token: Token, known: Sequence[str], what: str, others: str = "") -> str:
    if token not in known:
        names = ", ".join(known) + (f", {others}" if others else "")
        raise _Misused(token, f"{visible(str(token))} is not {what}; known: {names}", (what,))
    return str(token)


def _u64(token: Token) -> int:
    if len(token) > 20 or int(token) > U64_MAX:
        raise _Misused(token, "this number is above 2^64-1")
    return int(token)
