"""The operation ``decode`` (contract §20): read a text as a type, and print the value back."""

from __future__ import annotations

import re
from typing import Any, Final, NamedTuple

from telltale_conformance.model.decoding.rows import Doubt, Leniency, Refusal
from telltale_conformance.model.decoding.shapes import Reader, Refusing
from telltale_conformance.model.decoding.table import TYPES
from telltale_conformance.model.decoding.texts import NESTING, nesting_of, outside_texts, tree_of

_DEEP: Final = 30
"""Some readers stop here."""
_WHITE_SPACE: Final = re.compile(r"[ \t\n\r]")
_ESCAPED_KEY: Final = re.compile(r'"(?:\\u003[0-9]|[0-9])*\\u003[0-9](?:\\u003[0-9]|[0-9])*"\s*:', re.ASCII)


class Reading(NamedTuple):
    """What §20 says of a text: the value as it is printed, the row that refuses it, or why neither."""

    value: Any
    refusal: Refusal | None
    doubts: tuple[Doubt, ...]
    leniencies: tuple[Leniency, ...]
    """The rows by which the text is read although the value is printed otherwise."""


def reading_of(type_: str, text: str, *, hardened: bool = False) -> Reading:
    """Read a text as the named type."""
    nesting = nesting_of(text)
    if nesting > NESTING:
        return Reading(None, None, (Doubt.NESTING,), ())
    reader = Reader(TYPES, hardened)
    try:
        value = TYPES[type_].read(_tree(text), reader)
    except Refusing as refusing:
        return Reading(None, refusing.row, (), tuple(reader.leniencies))
    _use_spellings(text, nesting, reader)
    if type_ == "AuthProof" and len(value["siblings"]) != len(value["sibling_on_left"]):
        reader.use(Leniency.UNEQUAL_LISTS)
    if type_ in ("SessionOwnershipState", "SessionState", "SessionStore") and _ESCAPED_KEY.search(text):
        reader.doubt(Doubt.KEY_SPELLING)
    return Reading(value, None, tuple(reader.doubts), tuple(reader.leniencies))


def _tree(text: str) -> Any:
    try:
        return tree_of(text)
    except ValueError:
        raise Refusing(Refusal.JSON) from None


def _use_spellings(text: str, nesting: int, reader: Reader) -> None:
    """Keep which rows about the text as a whole it makes use of."""
    if "\\" in text:
        reader.use(Leniency.ESCAPES)
    if _WHITE_SPACE.search(outside_texts(text)):
        reader.use(Leniency.WHITE_SPACE)
    if nesting > _DEEP:
        reader.use(Leniency.DEEP)
