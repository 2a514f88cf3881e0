"""How the readers of contract §20 are changed, at one place at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from telltale_conformance.model import decode
from telltale_conformance.model.decoding import reading, shapes, texts
from telltale_conformance.model.decoding.shapes import Reader
from telltale_conformance.model.decoding.texts import Members, Spelled
from tests.wrong_stores.reference_forms import changed
from tests.wrong_stores.steps import Play
from tests.wrong_stores.wrong import Wrong

LISTED: list[Wrong] = []
"""The decoders that were listed so far."""


def text_of(type_: str, text: str) -> Play:
    """Read one text."""

    def play(s: Any) -> None:
        s.decode(type=type_, text=text)

    return play


def decoder(sentence: str, type_: str, text: str) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """List a wrong reader, with a text that tells it."""
    return changed("decoding", sentence, text_of(type_, text), into=LISTED)


def integers_as(read: Callable[[Any], Any]) -> None:
    """Read what ``read`` makes an integer's digits of a number or a text; None leaves it as it is."""
    right = shapes.Integer.read

    def other(self: shapes.Integer, tree: Any, reader: Reader) -> int:
        digits = read(tree)
        return right(self, tree if digits is None else Spelled(digits), reader)

    shapes.Integer.read = other


def variants_from_objects(read: Callable[[shapes.Variants, Members], Any]) -> None:
    """Read objects as variants as ``read`` makes them over."""
    right = shapes.Variants.read

    def other(self: shapes.Variants, tree: Any, reader: Reader) -> Any:
        return right(self, read(self, tree) if isinstance(tree, Members) else tree, reader)

    shapes.Variants.read = other


def records_from_objects(read: Callable[[shapes.Record, Members], Members]) -> None:
    """Read objects as records as ``read`` makes them over."""
    right = shapes.Record.read

    def other(self: shapes.Record, tree: Any, reader: Reader) -> Any:
        return right(self, read(self, tree) if isinstance(tree, Members) else tree, reader)

    shapes.Record.read = other


def records_from_arrays(read: Callable[[shapes.Record, list[Any]], list[Any]]) -> None:
    """Read arrays as records as ``read`` makes them over."""
    right = shapes.Record.read

    def other(self: shapes.Record, tree: Any, reader: Reader) -> Any:
        return right(self, read(self, tree) if type(tree) is list else tree, reader)

    shapes.Record.read = other


def trees_as(read: Callable[[Callable[[str], Any], str], Any]) -> None:
    """Read texts as trees as ``read`` does with the right way."""
    right = texts.tree_of
    reading.tree_of = lambda text: read(right, text)


def texts_of(type_: str, read: Callable[[str], str]) -> None:
    """Read the texts of one type as other texts."""
    right = decode.reading_of
    decode.reading_of = lambda name, text, **how: right(name, read(text) if name == type_ else text, **how)
