"""Local and global types as text, in the notation of the papers or with ASCII twins (the syntax of ``grammar.lark``).

Parsing what is printed gives the same type, whatever its names: a name that is not a plain identifier is
written as a JSON string. A choice with one branch is written short, ``B!m. T``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from json.encoder import encode_basestring, encode_basestring_ascii
from typing import Final, TypeAlias

from telltale_conformance.model.types.global_types import Comm, GlobalType
from telltale_conformance.model.types.local_types import Choice, LocalType, Send
from telltale_conformance.model.types.payloads import Chan, PayloadSort, ProdSort, ProdType, ValType, Vector
from telltale_conformance.model.types.trees import Branch, Branching, Mu, SessionType, Var
from telltale_conformance.readable import shortened

KEYWORDS: Final = frozenset({"end", "End", "mu", "rec", "roles"})
"""Words of the syntax; a name that is one of them is written in quotes."""

MU_SIGNS: Final = "μµ"
"""The Greek letter and the micro sign, which many keyboards give; both begin a recursion."""

_MAX_INDENT = 40
_Piece: TypeAlias = "str | SessionType"


def print_name(name: str, *, ascii: bool = False) -> str:
    """Return a role, label or variable name as the syntax writes it: plain where that reads back, else quoted."""
    plain = name.isidentifier() and name not in KEYWORDS and name[0] not in MU_SIGNS
    if plain and (not ascii or name.isascii()):
        return name
    return str(encode_basestring_ascii(name) if ascii else encode_basestring(name))


def print_local_type(local_type: LocalType, *, ascii: bool = False) -> str:
    """Return the type on one line."""
    return "".join(_chunks(local_type, ascii))


def shown(session_type: SessionType, length: int = 200) -> str:
    """Return the beginning of the type's text, at most ``length`` characters, at a cost to match."""
    text = ""
    for chunk in _chunks(session_type, False):
        text += chunk
        if len(text) > length:
            return shortened(text, length)
    return text


def print_sort(sort: PayloadSort) -> str:
    """Return a payload sort: ``Nat``, ``Vector(3)``, ``Prod(Nat, Bool)``."""
    return _payload(sort, False)


def print_val_type(val_type: ValType, *, ascii: bool = False) -> str:
    """Return a value type: ``Nat``, ``Prod(Nat, Bool)``, ``Chan(0, A)``."""
    return _payload(val_type, ascii)


def _payload(payload: PayloadSort | ValType, ascii: bool) -> str:
    if isinstance(payload, str):
        return payload
    parts: list[str] = []
    stack: list[str | tuple[PayloadSort | ValType]] = [(payload,)]
    while stack:
        piece = stack.pop()
        if isinstance(piece, str):
            parts.append(piece)
            continue
        (item,) = piece
        if isinstance(item, ProdSort | ProdType):
            stack += (")", (item.right,), ", ", (item.left,), "Prod(")
        elif isinstance(item, Vector):
            parts.append(f"Vector({item.size})")
        elif isinstance(item, Chan):
            parts.append(f"Chan({item.sid}, {print_name(item.role, ascii=ascii)})")
        else:
            parts.append(str(item))
    return "".join(parts)


def print_global_type(global_type: GlobalType, *, ascii: bool = False) -> str:
    """Return the global type on one line."""
    return "".join(_chunks(global_type, ascii))


def _short(node: Branching, ascii: bool) -> str:
    """Return what comes before the only branch: ``B!``, ``A -> B : ``."""
    if isinstance(node, Choice):
        return print_name(node.partner, ascii=ascii) + ("!" if isinstance(node, Send) else "?")
    return _opening(node, ascii)


def _opening(node: Branching, ascii: bool) -> str:
    """Return what comes before the branches: ``!B``, ``A -> B : ``."""
    if isinstance(node, Choice):
        return ("!" if isinstance(node, Send) else "?") + print_name(node.partner, ascii=ascii)
    assert isinstance(node, Comm)
    return f"{print_name(node.sender, ascii=ascii)} -> {print_name(node.receiver, ascii=ascii)} : "


def _head(branch: Branch, ascii: bool) -> str:
    """Return a branch up to its continuation: ``m(Nat)<Nat>. ``."""
    label = branch.label
    sort = "" if label.sort == "Unit" else f"({print_sort(label.sort)})"
    value_type = "" if branch.value_type is None else f"<{print_val_type(branch.value_type, ascii=ascii)}>"
    return f"{print_name(label.name, ascii=ascii)}{sort}{value_type}. "


def _chunks(session_type: SessionType, ascii: bool) -> Iterator[str]:
    mu = "rec " if ascii else "μ"
    stack: list[_Piece] = [session_type]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, Branching):
            if len(item.branches) == 1:
                yield f"{_short(item, ascii)}{_head(item.branches[0], ascii)}"
                stack.append(item.branches[0].continuation)
            else:
                yield f"{_opening(item, ascii)}{{"
                stack.append("}")
                for index in range(len(item.branches) - 1, -1, -1):
                    branch = item.branches[index]
                    stack += (branch.continuation, (", " if index else "") + _head(branch, ascii))
        elif isinstance(item, Mu):
            yield f"{mu}{print_name(item.var, ascii=ascii)}. "
            stack.append(item.body)
        elif isinstance(item, Var):
            yield print_name(item.name, ascii=ascii)
        else:
            yield "end"


def print_pretty(session_type: SessionType, *, ascii: bool = False, indent: int = 0, width: int = 88) -> str:
    """Return the type on several lines: the branches of a choice below one another, long sequences wrapped.

    The indentation stops growing at 40 columns, so that a deep type's text stays linear in its size.
    """
    mu = "rec " if ascii else "μ"
    parts: list[str] = []
    column = indent
    stack: list[tuple[_Piece, int]] = [(session_type, indent)]

    def newline(margin: int) -> None:
        nonlocal column
        parts[-1] = parts[-1].rstrip(" ")
        parts.append("\n" + " " * margin)
        column = margin

    def put(text: str, margin: int) -> None:
        nonlocal column
        if column > margin and column + len(text.rstrip()) > width:
            newline(margin)
        parts.append(text)
        column += len(text)

    while stack:
        item, margin = stack.pop()
        if isinstance(item, str):
            if item.startswith("\n"):
                newline(margin)
                item = item[1:]
            put(item, margin)
        elif isinstance(item, Branching):
            if len(item.branches) == 1:
                put(f"{_short(item, ascii)}{_head(item.branches[0], ascii)}", margin)
                continuation = item.branches[0].continuation
                if isinstance(item, Comm) and isinstance(continuation, Comm | Mu):
                    newline(margin)
                stack.append((continuation, margin))
            elif not item.branches:
                put(f"{_opening(item, ascii)}{{}}", margin)
            else:
                put(f"{_opening(item, ascii)}{{", margin)
                inner = min(margin + 2, _MAX_INDENT)
                stack.append(("\n}", margin))
                for index in range(len(item.branches) - 1, -1, -1):
                    branch = item.branches[index]
                    if index < len(item.branches) - 1:
                        stack.append((",", inner))
                    stack += ((branch.continuation, inner), ("\n" + _head(branch, ascii), inner))
        elif isinstance(item, Mu):
            put(f"{mu}{print_name(item.var, ascii=ascii)}. ", margin)
            stack.append((item.body, margin))
        elif isinstance(item, Var):
            put(print_name(item.name, ascii=ascii), margin)
        else:
            put("end", margin)
    return "".join(parts)


def print_protocol(
    roles: Sequence[str],
    types: Mapping[str, LocalType],
    global_type: GlobalType | None = None,
    *,
    ascii: bool = False,
) -> str:
    """Return a whole ``.session`` file: roles, global type, the type of each role in that order, any other types."""
    lines = ["roles " + ", ".join(print_name(role, ascii=ascii) for role in roles)] if roles else []
    if global_type is not None:
        lines += ("", "global =", "  " + print_pretty(global_type, ascii=ascii, indent=2))
    for role in dict.fromkeys([*roles, *types]):
        if role in types:
            lines += (
                "",
                f"{_defined_name(role, ascii)} =",
                "  " + print_pretty(types[role], ascii=ascii, indent=2),
            )
    return "\n".join(lines) + "\n"


def _defined_name(role: str, ascii: bool) -> str:
    """Return the name of a role before its type: in quotes where it would mean the global type."""
    return '"global"' if role == "global" else print_name(role, ascii=ascii)


SessionType._shown_by.append(shown)
