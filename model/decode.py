"""Reading a value of a named type from a JSON text, and printing it back (contract §20)."""

from __future__ import annotations

from typing import Any

from telltale_conformance.model import guard_table as table
from telltale_conformance.model.contract import TELLTALE_17
from telltale_conformance.model.decoding.reading import reading_of
from telltale_conformance.model.decoding.rows import Leniency
from telltale_conformance.model.decoding.table import TypeName
from telltale_conformance.model.errors import NotJudged, StringError
from telltale_conformance.model.store import Store


class Decoded:
    """A value that was read, as plain JSON, and by which rows it was although it is printed otherwise."""

    __slots__ = ("leniencies", "value")

    def __init__(self, value: Any, leniencies: tuple[Leniency, ...]) -> None:
        self.value = value
        self.leniencies = leniencies


def decode(store: Store, type_: TypeName, text: str) -> Decoded:
    """Read a text as a value of a type; return the value as it is printed.

    Raises:
        StringError: a row of §20 refuses the text.
        NotJudged: the contract leaves open what becomes of it.
    """
    reading = reading_of(type_, text, hardened=store.contract != TELLTALE_17)
    if reading.refusal is not None:
        raise StringError(table.DECODING[reading.refusal], type_, reading.refusal.failed)
    if reading.doubts:
        raise NotJudged(table.LEFT_OPEN, "; ".join(doubt.value for doubt in reading.doubts))
    return Decoded(reading.value, reading.leniencies)
